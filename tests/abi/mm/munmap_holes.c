// SPDX-License-Identifier: MPL-2.0
// munmap in the middle, of nothing, over several mappings, and its errors.
#include "../lib/t.h"

static int mapped(char *p)
{
	unsigned char v;

	return mincore(p, 4096, &v) == 0;
}

int main(void)
{
	t_start();
	char *m = mmap(NULL, 10 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(m, 'm', 10 * 4096);
	T(munmap(m + 3 * 4096, 4096));
	T(munmap(m + 3 * 4096, 4096));
	T(munmap(m + 5 * 4096, 1));
	T(munmap(m + 6 * 4096, 4097));
	for (int i = 0; i < 10; i++)
		printf("%d", mapped(m + i * 4096));
	printf("\n");
	T(munmap(m + 1, 4096));
	T(munmap(m, 0));
	T(munmap((void *)(1ul << 62), 4096));
	T(munmap(m, (size_t)-4096));
	T(munmap(m, 10 * 4096));
	for (int i = 0; i < 10; i++)
		printf("%d", mapped(m + i * 4096));
	printf("\n");
	// What was unmapped comes back as zeroes.
	char *n = mmap(m, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		0);
	SHOW(n[0]);
	return 0;
}
