// SPDX-License-Identifier: MPL-2.0
// No call cuts mappings into more pieces than vm.max_map_count; at the limit whole mappings can
// still go.
#include "../lib/t.h"

#define PIECES 65530
#define PAGES  140000UL

static char *base;

static int protect(unsigned long i)
{
	return mprotect(base + i * 4096, 4096, PROT_READ);
}

int main(void)
{
	unsigned long i;
	char *far;

	t_start();
	base = mmap(NULL, PAGES * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		0);
	CHECK(base != MAP_FAILED);
	far = mmap(NULL, 8 * 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(far != MAP_FAILED && mprotect(far + 4 * 4096, 4 * 4096, PROT_NONE) == 0);
	for (i = 1; i < PAGES && protect(i) == 0; i += 2)
		;
	IS(errno == ENOMEM);
	IS(i > PIECES - 200 && i < PIECES + 10);
	/* Fill up what is left for calls that need one piece more, not two. */
	while (mprotect(base + (PAGES - 1) * 4096, 4096, PROT_READ) == 0 &&
		mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED &&
		i++ < 2 * PAGES)
		;
	T(protect(PAGES - 100));
	T(munmap(base + (PAGES - 1000) * 4096, 4096));
	T(madvise(base + (PAGES - 1000) * 4096, 4096, MADV_DONTFORK));
	T(mlock(base + (PAGES - 1000) * 4096, 4096));
	TOK(mmap(base + (PAGES - 1000) * 4096, 4096, PROT_READ,
		MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	TOK(mremap(base + (PAGES - 1000) * 4096, 4096, 8192, MREMAP_MAYMOVE));
	/* Of two mappings side by side: the ends where they touch can go, in one call. */
	T(munmap(far + 4096, 4096));
	T(munmap(far + 3 * 4096, 2 * 4096));
	T(munmap(far, 4096));
	T(munmap(far + 6 * 4096, 4096));
	T(munmap(far + 7 * 4096, 4096));
	T(munmap(base + 4096, 8192));
	T(protect(PAGES - 100));
	T(munmap(base, PAGES * 4096));
	return 0;
}
