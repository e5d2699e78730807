// SPDX-License-Identifier: MPL-2.0
// MAP_32BIT: where it puts things, that its room ends, and what it does with hints and other flags.
#include "../lib/t.h"

#define PA (MAP_PRIVATE | MAP_ANONYMOUS)

static void *low(void *hint, size_t len, int flags)
{
	return mmap(hint, len, PROT_READ | PROT_WRITE, PA | MAP_32BIT | flags, -1, 0);
}

static bool is_low(void *p)
{
	return (unsigned long)p >= 0x40000000 && (unsigned long)p < 0x80000000;
}

int main(void)
{
	char *a, *b;
	int n = 0;

	t_start();
	a = low(NULL, 4096, 0);
	b = low(NULL, 8192, 0);
	IS(is_low(a) && is_low(b) && a != b);
	a[0] = 1;
	b[8191] = 1;
	IS(low((void *)0x50000000, 4096, 0) == (void *)0x50000000);
	IS(is_low(low((void *)0x50000000, 4096, 0)));
	IS(is_low(low((void *)0x7f0000000000, 4096, 0)));
	IS(low((void *)0x20000000, 4096, 0) == (void *)0x20000000);
	IS(low((void *)0x100000000, 4096, MAP_FIXED) == (void *)0x100000000);
	IS(low((void *)0x100000000, 4096, MAP_FIXED_NOREPLACE) == MAP_FAILED);
	IS(low(NULL, 3ul << 30, 0) == MAP_FAILED && errno == ENOMEM);
	while (n < 64 && mmap(NULL, 64 << 20, PROT_NONE, PA | MAP_32BIT, -1, 0) != MAP_FAILED)
		n++;
	IS(n >= 13 && n <= 16);
	SHOWS(t_errname(errno));
	IS(!is_low(mmap(NULL, 4096, PROT_READ, PA, -1, 0)));
	return 0;
}
