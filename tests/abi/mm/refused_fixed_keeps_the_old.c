// SPDX-License-Identifier: MPL-2.0
// MAP_FIXED over a mapping counts only what it adds, and leaves the old one when it is refused.
// A fork leaves free what its parent's size requires.
#include "../lib/t.h"

#define MIB  (1ul << 20)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW   (PROT_READ | PROT_WRITE)
#define VM   "/proc/sys/vm/"

/* In a gap of its own; the bytes are 'o'. */
static char *old_mapping(size_t gap, size_t len)
{
	char *p = mmap(NULL, gap, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK(munmap(p, gap) == 0);
	CHECK(mmap(p, len, RW, ANON | MAP_FIXED, -1, 0) == p);
	memset(p, 'o', len);
	return p;
}

static void put(const char *what, char *p, void *got, size_t len)
{
	unsigned char is[1];

	printf("%s: %s", what, got == MAP_FAILED ? t_errname(errno) : "mapped");
	if (got == MAP_FAILED) {
		printf(", old %d", mincore(p, 4096, is) == 0 && *p == 'o');
		printf(" %d", mincore(p + len - 4096, 4096, is) == 0 && p[len - 1] == 'o');
	}
	puts("");
}

static long used(const char *name)
{
	char *at = strstr(t_slurp("/proc/self/status"), name);

	return at ? atol(at + strlen(name)) * 1024 : 0;
}

static void limit(int what, unsigned long v)
{
	struct rlimit r = { v, RLIM_INFINITY };

	CHECK(setrlimit(what, &r) == 0);
}

static void by_size(int what, const char *name)
{
	char *p = old_mapping(64 * MIB, 4 * MIB);

	puts(name);
	limit(what, used(name) + 4 * MIB);
	put("larger", p, mmap(p, 16 * MIB, RW, ANON | MAP_FIXED, -1, 0), 4 * MIB);
	put("around", p, mmap(p + MIB, 16 * MIB, RW, ANON | MAP_FIXED, -1, 0), 4 * MIB);
	put("none", p, mmap(p, 16 * MIB, PROT_NONE, ANON | MAP_FIXED, -1, 0), 4 * MIB);
	limit(what, RLIM_INFINITY);
	munmap(p, 16 * MIB);
	CHECK(mmap(p, 4 * MIB, RW, ANON | MAP_FIXED, -1, 0) == p);
	memset(p, 'o', 4 * MIB);
	limit(what, used(name));
	put("the middle", p, mmap(p + MIB, MIB, RW, ANON | MAP_FIXED, -1, 0), 4 * MIB);
	IS(p[MIB] == 0);
	put("as large", p, mmap(p, 4 * MIB, RW, ANON | MAP_FIXED, -1, 0), 4 * MIB);
	limit(what, RLIM_INFINITY);
	munmap(p, 4 * MIB);
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

static long committed(void)
{
	char *at = strstr(t_slurp("/proc/meminfo"), "Committed_AS:");

	return at ? atol(at + 13) : 0;
}

static void by_promise(void)
{
	char *p = old_mapping(256 * MIB, 4 * MIB);

	puts("promised");
	put("more than there is", p, mmap(p, 64ul << 30, RW, ANON | MAP_FIXED, -1, 0), 4 * MIB);
	CHECK(!set(VM "overcommit_kbytes", committed() + 16 * 1024));
	CHECK(!set(VM "overcommit_memory", 2));
	put("larger", p, mmap(p, 128 * MIB, RW, ANON | MAP_FIXED, -1, 0), 4 * MIB);
	put("around", p, mmap(p + MIB, 128 * MIB, RW, ANON | MAP_FIXED, -1, 0), 4 * MIB);
	put("by as much", p, mmap(p, 4 * MIB, RW, ANON | MAP_FIXED, -1, 0), 4 * MIB);
	CHECK(!set(VM "overcommit_memory", 0));
	munmap(p, 4 * MIB);
}

/* 4 GiB of addresses, which the child does not have: a 32nd of them is 128 MiB. */
static void by_fork(void)
{
	char *p = mmap(NULL, 4096 * MIB, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	long user = atol(t_slurp(VM "user_reserve_kbytes"));
	pid_t child;
	int i, err;

	CHECK(p != MAP_FAILED && madvise(p, 4096 * MIB, MADV_DONTFORK) == 0);
	for (i = 0; i < 2; i++) {
		CHECK(!set(VM "user_reserve_kbytes", i ? 131072 : 0));
		CHECK(!set(VM "overcommit_kbytes", committed() + 64 * 1024));
		CHECK(!set(VM "overcommit_memory", 2));
		child = fork();
		err = errno;
		if (!child)
			_exit(0);
		CHECK(!set(VM "overcommit_memory", 0));
		printf("fork, %s: %s\n", i ? "reserve" : "no reserve",
			child < 0 ? t_errname(err) : "0");
		if (child > 0)
			wait(NULL);
	}
	CHECK(!set(VM "user_reserve_kbytes", user));
}

int main(void)
{
	long ratio = atol(t_slurp(VM "overcommit_ratio"));

	t_start();
	by_size(RLIMIT_AS, "VmSize:");
	by_size(RLIMIT_DATA, "VmData:");
	by_promise();
	by_fork();
	CHECK(!set(VM "overcommit_ratio", ratio));
	return 0;
}
