// SPDX-License-Identifier: MPL-2.0
// Each advice of madvise on each kind of mapping: the result, and what the memory holds afterwards.
#include "../lib/t.h"

static const struct t_name advices[] = { { 0, "NORMAL" }, { 1, "RANDOM" }, { 2, "SEQUENTIAL" },
	{ 3, "WILLNEED" }, { 4, "DONTNEED" }, { 5, "5" }, { 7, "7" }, { 8, "FREE" },
	{ 9, "REMOVE" }, { 10, "DONTFORK" }, { 11, "DOFORK" }, { 16, "DONTDUMP" }, { 17, "DODUMP" },
	{ 18, "WIPEONFORK" }, { 19, "KEEPONFORK" }, { 20, "COLD" }, { 21, "PAGEOUT" },
	{ 22, "POPULATE_READ" }, { 23, "POPULATE_WRITE" }, { 24, "DONTNEED_LOCKED" }, { 60, "60" },
	{ -1, "-1" } };

enum kind {
	ANON,
	ANON_RO,
	ANON_NONE,
	SHARED,
	FILE_PRIVATE,
	FILE_SHARED,
	FILE_RO_SHARED,
	FILE_RO_FD,
	LOCKED,
	HOLE,
	PARTLY,
	KINDS
};
static const char *const names[] = { "private", "private, read-only", "private, no access",
	"shared", "file, private", "file, shared", "file, shared, read-only",
	"file opened for reading", "locked", "hole", "with a hole" };

static char *map(enum kind k)
{
	int prot = k == ANON_RO || k == FILE_RO_SHARED || k == FILE_RO_FD ? PROT_READ
									  : PROT_READ | PROT_WRITE;
	int flags = k == SHARED || k >= FILE_SHARED
		? (k == LOCKED || k == HOLE || k == PARTLY ? MAP_PRIVATE : MAP_SHARED)
		: MAP_PRIVATE;
	int fd = -1;
	char *p;

	if (k >= FILE_PRIVATE && k <= FILE_RO_FD) {
		t_file("f", "", 0644);
		truncate("f", 3 * 4096);
		fd = open("f", k == FILE_RO_FD ? O_RDONLY : O_RDWR);
	} else {
		flags |= MAP_ANONYMOUS;
	}
	p = mmap(NULL, 3 * 4096, prot, flags, fd, 0);
	CHECK(p != MAP_FAILED);
	close(fd);
	if (prot & PROT_WRITE)
		memset(p, 'x', 3 * 4096);
	if (k == ANON_NONE)
		mprotect(p, 3 * 4096, PROT_NONE);
	if (k == LOCKED)
		CHECK(mlock(p, 3 * 4096) == 0);
	if (k == HOLE)
		munmap(p, 3 * 4096);
	if (k == PARTLY)
		munmap(p + 4096, 4096);
	return p;
}

int main(void)
{
	t_start();
	t_tmpfs("");
	for (enum kind k = 0; k < KINDS; k++) {
		for (size_t i = 0; i < T_LEN(advices); i++) {
			char *p = map(k);
			int e;
			long r;

			errno = 0;
			r = madvise(p, 3 * 4096, advices[i].value);
			e = errno;
			printf("%s, %s: %ld %s", names[k], advices[i].name, r,
				r ? t_errname(e) : "");
			// FREE and PAGEOUT leave it open when the contents go.
			if (k != ANON_NONE && k != HOLE && advices[i].value != 8)
				printf(" %02x %02x", p[0], p[2 * 4096]);
			printf("\n");
			munmap(p, 3 * 4096);
		}
	}
	// Holes in the middle, of pages and of files that are sealed.
	char *p = map(FILE_SHARED);
	T(madvise(p + 4096, 4096, MADV_REMOVE));
	printf("%02x %02x %02x\n", p[0], p[4096], p[8192]);
	T(madvise(p, 1 << 20, MADV_REMOVE));
	int fd = memfd_create("m", MFD_ALLOW_SEALING);
	ftruncate(fd, 8192);
	pwrite(fd, "x", 1, 0);
	p = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
	T(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	T(fallocate(fd, 0, 0, 16384));
	T(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 8192));
	T(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	T(madvise(p, 4096, MADV_REMOVE));
	SHOWX(p[0]);
	p = map(ANON);
	T(madvise(p + 1, 4096, MADV_NORMAL));
	T(madvise(p, 1, MADV_DONTNEED));
	SHOWX(p[0]);
	SHOWX(p[4096]);
	T(madvise(p, 0, MADV_DONTNEED));
	T(madvise(p + 1, 0, MADV_DONTNEED));
	T(madvise(p, -1ul, MADV_NORMAL));
	T(madvise(p, -4096ul, MADV_NORMAL));
	T(madvise((void *)-4096l, 4096, MADV_NORMAL));
	T(madvise((void *)0x10, 0, 99));
	return 0;
}
