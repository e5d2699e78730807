// SPDX-License-Identifier: MPL-2.0
// mlock counts what is locked already once; mlockall faults in what is mapped and what will be.
#include "../lib/t.h"

#define PAGES(n) ((n) * 4096ul)

static char *map(size_t pages, int flags)
{
	char *p = mmap(NULL, PAGES(pages), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	return p;
}

static int present(char *p, size_t page)
{
	unsigned char vec;

	CHECK(mincore(p + PAGES(page), PAGES(1), &vec) == 0);
	return vec & 1;
}

static long locked_kb(void)
{
	char *s = strstr(t_slurp("/proc/self/status"), "VmLck:");

	return s ? atol(s + 6) : -1;
}

static void limited(void)
{
	struct rlimit r = { PAGES(16), PAGES(16) };
	char *q = map(16, 0), *hole = map(8, 0);

	munmap(hole + PAGES(4), PAGES(1));
	t_drop_root(1000);
	CHECK(setrlimit(RLIMIT_MEMLOCK, &r) == 0);
	T(mlock(q, PAGES(16)));
	T(mlock(q, PAGES(16)));
	T(mlock(q, PAGES(1)));
	SHOW(locked_kb());
	T(munlock(q, PAGES(1)));
	T(mlock(q, PAGES(16)));
	T(munlock(q, PAGES(16)));
	T(mlock(q, PAGES(8)));
	T(mlock(q + PAGES(4), PAGES(12)));
	T(mlock(q + PAGES(4), PAGES(12) + 1));
	T(munlock(q, PAGES(16)));
	SHOW(locked_kb());
	// Up to the hole, all the same.
	T(mlock(hole, PAGES(8)));
	SHOW(locked_kb());
	T(munlock(hole, PAGES(8)));
	SHOW(locked_kb());
	T(munlock(hole + PAGES(5), PAGES(3)));
	T(mlockall(MCL_CURRENT));
	T(mlockall(MCL_FUTURE));
	TOK(map(8, 0));
	TOK(map(8, 0));
	TOK(map(1, 0));
	T(munlockall());
	TOK(map(17, MAP_LOCKED));
	TOK(map(16, MAP_LOCKED));
	r.rlim_cur = 0;
	setrlimit(RLIMIT_MEMLOCK, &r);
	TOK(map(1, MAP_LOCKED));
	T(mlock(q, PAGES(1)));
	T(mlock(q, 0));
	T(mlockall(MCL_FUTURE));
}

static void everything(void)
{
	char *q = map(16, 0), *r;
	char *s = map(16, MAP_NORESERVE);

	CHECK(mprotect(s, PAGES(16), PROT_NONE) == 0);
	SHOW(present(q, 7));
	T(mlockall(MCL_CURRENT | MCL_ONFAULT));
	SHOW(present(q, 7));
	T(mlockall(MCL_CURRENT));
	SHOW(present(q, 7));
	r = map(16, 0);
	SHOW(present(r, 7));
	T(mlockall(MCL_FUTURE));
	r = map(16, 0);
	SHOW(present(r, 7));
	r = mremap(r, PAGES(16), PAGES(32), MREMAP_MAYMOVE);
	SHOW(present(r, 30));
	r = sbrk(PAGES(16));
	r = (char *)(((unsigned long)r + 4095) & ~4095ul);
	SHOW(present(r, 7));
	T(mlockall(MCL_FUTURE | MCL_ONFAULT));
	r = map(16, 0);
	SHOW(present(r, 7));
	IN_CHILD("forked", SHOW(locked_kb()); r = map(16, 0); SHOW(present(r, 7)));
	T(munlockall());
	SHOW(locked_kb());
	r = map(16, 0);
	SHOW(present(r, 7));
	T(mlockall(0));
	T(mlockall(8));
	T(mlockall(MCL_ONFAULT));
}

int main(void)
{
	t_start();
	IN_CHILD("limited", limited());
	IN_CHILD("everything", everything());
	return 0;
}
