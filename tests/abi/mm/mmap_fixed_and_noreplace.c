// SPDX-License-Identifier: MPL-2.0
// MAP_FIXED replaces, MAP_FIXED_NOREPLACE refuses, a hint is taken when it is free.
#include "../lib/t.h"

int main(void)
{
	t_start();
	char *base = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		0);
	CHECK(base != MAP_FAILED);
	memset(base, 'a', 16 * 4096);
	void *r = mmap(base + 4096, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	IS(r == base + 4096);
	printf("%d %d %d\n", base[4095], base[4096], base[8192]);
	TOK(mmap(base + 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
		-1, 0));
	TOK(mmap(base + 15 * 4096, 8192, PROT_READ,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	T(munmap(base + 4096, 4096));
	r = mmap(base + 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
		-1, 0);
	IS(r == base + 4096);
	T(munmap(base + 4096, 8192));
	r = mmap(base + 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	IS(r == base + 4096);
	r = mmap(base + 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	IS(r != MAP_FAILED && r != base + 4096);
	r = mmap(base + 8192 + 100, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	IS(((unsigned long)r & 4095) == 0);
	IS(base[3 * 4096] == 'a');
	return 0;
}
