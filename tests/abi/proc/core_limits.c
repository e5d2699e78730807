// SPDX-License-Identifier: MPL-2.0
// RLIMIT_CORE: no file below a page; a file that is cut where the limit is, and the status says
// that there is a core. Likewise RLIMIT_FSIZE and a file system that is full.
#include "../lib/core.h"

static char *big;
#define BIG (8ul << 20)

static void dump_with(rlim_t limit, rlim_t fsize, const char *label)
{
	struct stat st;
	pid_t pid = t_fork();

	if (pid == 0) {
		struct rlimit r = { fsize, fsize };
		core_limit(limit);
		setrlimit(RLIMIT_FSIZE, &r);
		signal(SIGXFSZ, SIG_IGN);
		raise(SIGQUIT);
	}
	t_reap(label, pid);
	if (stat("core", &st) == 0) {
		struct core c;
		CHECK(core_open("core", &c));
		IS(!memcmp(c.eh->e_ident, ELFMAG, SELFMAG));
		if (limit < (1ul << 30)) {
			IS(st.st_size >= 4096);
			IS((size_t)st.st_size <= c.ph[c.eh->e_phnum - 1].p_offset);
		}
		if (fsize < (1ul << 30))
			IS((rlim_t)st.st_size == fsize);
		core_close(&c);
	} else {
		printf("no file\n");
	}
	unlink("core");
}

/* A hole at the end counts in the size, and takes no space. */
static void holes(void)
{
	struct core c;
	struct stat st;

	IN_CHILD("holes", {
		char *p = mmap(NULL, 1ul << 30, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		CHECK(p != MAP_FAILED);
		p[1ul << 29] = 'm';
		madvise(big, BIG, MADV_DONTDUMP);
		core_limit(RLIM_INFINITY);
		raise(SIGQUIT);
	});
	CHECK(stat("core", &st) == 0);
	IS(st.st_size > (1l << 30));
	IS(st.st_blocks < 8192);
	CHECK(core_open("core", &c));
	IS(c.ph[c.eh->e_phnum - 1].p_offset + c.ph[c.eh->e_phnum - 1].p_filesz == c.size);
	core_close(&c);
	unlink("core");
	/* The limit does not count them. */
	IN_CHILD("holes in a limit", {
		char *p = mmap(NULL, 1ul << 30, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		p[1ul << 29] = 'm';
		madvise(big, BIG, MADV_DONTDUMP);
		core_limit(4ul << 20);
		raise(SIGQUIT);
	});
	unlink("core");
}

static void full(void)
{
	IN_CHILD("full", {
		t_tmpfs("size=1m");
		core_limit(RLIM_INFINITY);
		IN_CHILD("dump", raise(SIGQUIT));
		struct stat st;
		CHECK(stat("core", &st) == 0);
		IS(st.st_blocks <= 2048 && st.st_blocks > 128);
		t_tmpfs_gone();
	});
}

int main(void)
{
	t_start();
	big = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(big, 'b', BIG);
	dump_with(0, RLIM_INFINITY, "none");
	dump_with(1, RLIM_INFINITY, "one byte");
	dump_with(4095, RLIM_INFINITY, "less than a page");
	dump_with(4096, RLIM_INFINITY, "a page");
	dump_with(65536, RLIM_INFINITY, "64 KiB");
	dump_with(BIG, RLIM_INFINITY, "8 MiB");
	dump_with(BIG * 2, RLIM_INFINITY, "16 MiB");
	dump_with(RLIM_INFINITY, 100000, "RLIMIT_FSIZE");
	dump_with(RLIM_INFINITY, RLIM_INFINITY, "all");
	holes();
	full();
	return 0;
}
