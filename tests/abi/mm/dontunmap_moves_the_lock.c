// SPDX-License-Identifier: MPL-2.0
// MREMAP_DONTUNMAP moves the lock with the pages: what is locked does not grow, and the old range
// is not locked any more.
#include "../lib/t.h"

#define PAGES 16

static long locked_kb(void)
{
	char line[256];
	long kb = -1;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmLck: %ld", &kb);
	fclose(f);
	return kb;
}

static int is_locked(void *at)
{
	char line[512];
	unsigned long from, to;
	int inside = 0, locked = -1;
	FILE *f = fopen("/proc/self/smaps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = from <= (unsigned long)at && (unsigned long)at < to;
		if (inside && strncmp(line, "VmFlags:", 8) == 0)
			locked = strstr(line, " lo") != NULL;
	}
	fclose(f);
	return locked;
}

int main(void)
{
	struct rlimit lim = { PAGES * 4096L, PAGES * 4096L };
	char *a, *b;
	int i;

	t_start();
	a = mmap(NULL, PAGES * 4096L, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(a != MAP_FAILED);
	T(mlock(a, PAGES * 4096L));
	a[0] = 'x';
	SHOW(locked_kb());
	CHECK(setrlimit(RLIMIT_MEMLOCK, &lim) == 0);
	CHECK(setuid(1000) == 0);
	for (i = 0; i < 3; i++) {
		b = mremap(a, PAGES * 4096L, PAGES * 4096L, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
			NULL);
		CHECK(b != MAP_FAILED);
		SHOW(locked_kb());
		SHOW(is_locked(a));
		SHOW(is_locked(b));
		SHOW(b[0]);
		SHOW(a[0]);
		a = b;
	}
	T(munlock(a, PAGES * 4096L));
	SHOW(locked_kb());
	return 0;
}
