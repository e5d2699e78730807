// SPDX-License-Identifier: MPL-2.0
// mremap to a smaller size unmaps the end, whatever is there; the beginning must be mapped.
#include "../lib/t.h"

#define P 4096ul

static char *fresh(void)
{
	char *p = mmap(NULL, 8 * P, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	memset(p, 'x', 8 * P);
	return p;
}

/* Which of the eight pages are mapped. */
static void show(char *p)
{
	unsigned char in;
	int i;

	for (i = 0; i < 8; i++)
		putchar(mincore(p + i * P, P, &in) ? '.' : 'x');
	putchar('\n');
}

int main(void)
{
	char *p;

	t_start();
	p = fresh();
	CHECK(munmap(p + P, P) == 0);
	IS(mremap(p, 4 * P, P, 0) == p);
	show(p);
	p = fresh();
	CHECK(munmap(p + 3 * P, 2 * P) == 0);
	IS(mremap(p, 7 * P, 2 * P, MREMAP_MAYMOVE) == p);
	show(p);
	/* The first part is what stays, also with a hole in it. */
	p = fresh();
	CHECK(munmap(p + P, P) == 0);
	IS(mremap(p, 6 * P, 4 * P, 0) == p);
	show(p);
	IS(mremap(p, 3 * P, 3 * P, 0) == p);
	show(p);
	/* Several mappings. */
	p = fresh();
	CHECK(mprotect(p + 2 * P, P, PROT_READ) == 0);
	IS(mremap(p, 8 * P, P, 0) == p);
	show(p);
	p = fresh();
	CHECK(munmap(p, P) == 0);
	IS(mremap(p, 4 * P, P, 0) == MAP_FAILED && errno == EFAULT);
	show(p);
	/* What grows must be one mapping. */
	p = fresh();
	CHECK(munmap(p + P, P) == 0);
	IS(mremap(p, 4 * P, 5 * P, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT);
	show(p);
	return 0;
}
