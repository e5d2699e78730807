// SPDX-License-Identifier: MPL-2.0
// MAP_GROWSDOWN grows downwards on touch and keeps its distance from the mapping below.
#include "../lib/t.h"
#define PA (MAP_PRIVATE | MAP_ANONYMOUS)

int main(void)
{
	t_start();
	size_t area = 1024 * 4096;
	char *base = mmap(NULL, area, PROT_NONE, PA, -1, 0);
	CHECK(base != MAP_FAILED);
	munmap(base, area);
	char *g = mmap(base + area - 8 * 4096, 4096, PROT_READ | PROT_WRITE,
		PA | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
	CHECK(g == base + area - 8 * 4096);
	g[0] = 1;
	IN_CHILD("next page down", {
		g[-1] = 1;
		SHOW(g[-1]);
	});
	IN_CHILD("ten pages down", {
		g[-10 * 4096] = 1;
		SHOW(g[-10 * 4096]);
	});
	char *below = mmap(g - 400 * 4096, 4096, PROT_READ | PROT_WRITE, PA | MAP_FIXED, -1, 0);
	CHECK(below != MAP_FAILED);
	IN_CHILD("into the guard gap of 256 pages", { g[-300 * 4096] = 1; });
	IN_CHILD("above the gap", {
		g[-100 * 4096] = 1;
		SHOW(g[-100 * 4096]);
	});
	return 0;
}
