// SPDX-License-Identifier: MPL-2.0
// Committed_AS counts what programs were promised, by each call that changes it; with
// vm.overcommit_memory 2 nothing is promised beyond the limit, and MAP_NORESERVE means nothing.
#include "../lib/t.h"

#define MIB  (1ul << 20)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW   (PROT_READ | PROT_WRITE)

static char text[8192];
static long last;

/* Without stdio's buffers and t_slurp's, which would be promised memory themselves. */
static long meminfo(const char *name)
{
	int fd = open("/proc/meminfo", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	char *at;

	close(fd);
	CHECK(n > 0);
	text[n] = 0;
	at = strstr(text, name);
	return at ? atol(at + strlen(name)) : -1;
}

/* By how many KiB the account has changed since the last look. */
static void delta(const char *what)
{
	long now = meminfo("Committed_AS:");

	if (what)
		printf("%s: %ld\n", what, now - last);
	last = meminfo("Committed_AS:");
}

static char *map(size_t len, int prot, int flags, int fd)
{
	return mmap(NULL, len, prot, flags, fd, 0);
}

/* A mapping that has no neighbour to join. */
static char *apart(size_t len, int prot)
{
	char *p = map(len + 8192, PROT_NONE, ANON | MAP_NORESERVE, -1);

	CHECK(p != MAP_FAILED);
	CHECK(mmap(p + 4096, len, prot, ANON | MAP_FIXED, -1, 0) != MAP_FAILED);
	return p + 4096;
}

static void mappings(void)
{
	char *p, *q;
	int fd = open("f", O_RDWR | O_CREAT, 0644);

	CHECK(ftruncate(fd, MIB) == 0);
	delta(NULL);
	p = map(MIB, RW, ANON, -1);
	delta("private");
	munmap(p + MIB / 2, MIB / 2);
	delta("half unmapped");
	munmap(p, MIB);
	delta("unmapped");
	p = map(MIB, PROT_READ, ANON, -1);
	delta("read only");
	munmap(p, MIB);
	p = map(MIB, PROT_NONE, ANON, -1);
	delta("none");
	munmap(p, MIB);
	p = map(MIB, RW, ANON | MAP_NORESERVE, -1);
	delta("no reserve");
	munmap(p, MIB);
	p = map(MIB, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
	delta("shared");
	memset(p, 1, MIB);
	delta("shared, used");
	munmap(p, MIB);
	delta("shared, unmapped");
	p = map(MIB, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	delta("shared, no reserve");
	memset(p, 1, MIB / 4);
	delta("shared, no reserve, used");
	munmap(p, MIB);
	delta("unmapped");
	p = map(MIB, RW, MAP_SHARED, fd);
	delta("shared file");
	memset(p, 1, MIB / 4);
	delta("shared file of memory, used");
	munmap(p, MIB);
	p = map(MIB, RW, MAP_PRIVATE, fd);
	delta("private file");
	munmap(p, MIB);
	delta("unmapped");
	p = map(MIB, PROT_READ, MAP_PRIVATE, fd);
	delta("private file, read only");
	munmap(p, MIB);
	CHECK(ftruncate(fd, 0) == 0);
	delta("truncated");
	q = map(2 * MIB, RW, ANON, -1);
	delta("private");
	p = mmap(q, MIB, RW, ANON | MAP_FIXED, -1, 0);
	delta("replaced");
	p = mmap(q, MIB, PROT_NONE, ANON | MAP_FIXED, -1, 0);
	delta("replaced by none");
	munmap(q, 2 * MIB);
	delta("unmapped");
	close(fd);
	unlink("f");
}

static void rights(void)
{
	char *p = apart(MIB, PROT_READ);

	delta(NULL);
	mprotect(p, MIB / 2, RW);
	delta("half of it writable");
	mprotect(p, MIB / 2, PROT_READ);
	delta("never written");
	mprotect(p, MIB, RW);
	delta("writable");
	p[5] = 1;
	mprotect(p, MIB, PROT_READ);
	delta("written, then read only");
	mprotect(p, MIB, RW);
	delta("writable again");
	munmap(p, MIB);
	delta("unmapped");
}

static void moves(void)
{
	char *p = apart(MIB, RW), *q;

	delta(NULL);
	q = mremap(p, MIB, 3 * MIB, MREMAP_MAYMOVE);
	delta("moved and grown");
	q = mremap(q, 3 * MIB, 2 * MIB, 0);
	delta("shrunk");
	p = apart(MIB, PROT_NONE);
	delta(NULL);
	q = mremap(q, 2 * MIB, MIB, MREMAP_MAYMOVE | MREMAP_FIXED, p);
	delta("moved and shrunk");
	munmap(q, MIB);
	delta("unmapped");
	p = sbrk(0);
	CHECK(brk(p + MIB) == 0);
	delta("heap");
	CHECK(brk(p) == 0);
	delta("heap gives back");
}

/* The stack below: 256 KiB of it are used. */
static __attribute__((noinline)) void use_stack(void)
{
	volatile char room[256 * 1024];

	for (size_t i = sizeof(room); i > 0; i -= 4096)
		room[i - 1] = 1;
}

static void children(void)
{
	char *p = map(4 * MIB, RW, ANON, -1);
	int up[2], down[2];
	long before, grown;

	t_pipe(up);
	t_pipe(down);
	delta(NULL);
	before = last;
	if (!fork()) {
		t_put(up[1]);
		t_get(down[0]);
		munmap(p, 4 * MIB);
		t_put(up[1]);
		t_get(down[0]);
		_exit(0);
	}
	t_get(up[0]);
	grown = meminfo("Committed_AS:") - before;
	IS(grown >= 4096 && grown < 8192);
	delta(NULL);
	t_put(down[1]);
	t_get(up[0]);
	delta("child unmaps");
	t_put(down[1]);
	wait(NULL);
	IS(meminfo("Committed_AS:") == before);
	munmap(p, 4 * MIB);
	delta(NULL);
	before = last;
	use_stack();
	grown = meminfo("Committed_AS:") - before;
	IS(grown >= 64 && grown <= 272);
}

static int set(const char *path, long v)
{
	char line[32];
	int fd = open(path, O_WRONLY), n;

	snprintf(line, sizeof(line), "%ld", v);
	n = (int)write(fd, line, strlen(line));
	close(fd);
	return n > 0 ? 0 : -1;
}

#define VM "/proc/sys/vm/"

static void limited(bool user)
{
	char *p, *q;
	int fd;

	if (user)
		t_drop_root(1000);
	puts(user ? "user" : "root");
	TOK(p = map(32 * MIB, RW, ANON, -1));
	TOK(map(128 * MIB, RW, ANON, -1));
	TOK(map(128 * MIB, RW, ANON | MAP_NORESERVE, -1));
	TOK(q = map(128 * MIB, PROT_READ, ANON, -1));
	TOK(mprotect(q, 128 * MIB, RW));
	TOK(mprotect(q, MIB, RW));
	TOK(map(128 * MIB, RW, MAP_SHARED | MAP_ANONYMOUS, -1));
	TOK(map(128 * MIB, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1));
	TOK(mremap(p, 32 * MIB, 128 * MIB, MREMAP_MAYMOVE));
	TOK(brk((char *)sbrk(0) + 128 * MIB));
	fd = memfd_create("m", 0);
	TOK(ftruncate(fd, 128 * MIB));
	/* Each page of a file counts when it is made. */
	TOK(fallocate(fd, 0, 0, 128 * MIB));
	SHOW(map(128 * MIB, PROT_READ, MAP_PRIVATE, fd) != MAP_FAILED);
	TOK(map(128 * MIB, RW, MAP_SHARED, fd));
	close(fd);
}

static void forks(void)
{
	char *p;
	pid_t child;

	/* More than half of what is left: a fork needs it once more. */
	TOK(p = map(64 * MIB, RW, ANON, -1));
	child = fork();
	if (!child)
		_exit(0);
	if (child < 0)
		printf("fork: %s\n", t_errname(errno));
	munmap(p, 64 * MIB);
	child = fork();
	if (!child)
		_exit(0);
	IS(child > 0);
	if (child > 0)
		wait(NULL);
}

static void modes(void)
{
	long ratio = atol(t_slurp(VM "overcommit_ratio"));
	long admin = atol(t_slurp(VM "admin_reserve_kbytes")),
	     user = atol(t_slurp(VM "user_reserve_kbytes"));

	IS(admin > 0 && admin <= 8192);
	IS(user >= admin && user <= 131072);
	T(set(VM "overcommit_memory", 3));
	CHECK(!set(VM "overcommit_kbytes", meminfo("Committed_AS:") + 96 * 1024));
	T(set(VM "overcommit_memory", 2));
	IN_CHILD("root", { limited(false); });
	IN_CHILD("user", { limited(true); });
	forks();
	/* What is kept for administrators, and what a program leaves free. */
	T(set(VM "user_reserve_kbytes", 0));
	T(set(VM "admin_reserve_kbytes", 80 * 1024));
	IN_CHILD("root has the reserve", { TOK(map(32 * MIB, RW, ANON, -1)); });
	IN_CHILD("a user has not", {
		t_drop_root(1000);
		TOK(map(32 * MIB, RW, ANON, -1));
		TOK(map(4096, RW, ANON, -1));
	});
	T(set(VM "admin_reserve_kbytes", admin));
	T(set(VM "overcommit_memory", 1));
	TOK(map(1ul << 36, RW, ANON, -1));
	T(set(VM "overcommit_memory", 0));
	CHECK(!set(VM "user_reserve_kbytes", user));
	CHECK(!set(VM "overcommit_ratio", ratio));
}

int main(void)
{
	t_start();
	t_tmpfs("");
	setvbuf(stdout, NULL, _IONBF, 0);
	mappings();
	rights();
	moves();
	children();
	modes();
	return 0;
}
