// SPDX-License-Identifier: MPL-2.0
// riscv_hwprobe: keys known and unknown, the base behaviour bit, flags and sizes that are refused.
#include "../lib/t.h"

struct pair {
	int64_t key;
	uint64_t value;
};

static long probe(struct pair *p, size_t n, size_t cpusetsize, void *cpus, unsigned flags)
{
	return syscall(258, p, n, cpusetsize, cpus, flags);
}

int main(void)
{
	struct pair p[3] = { { 3, 0 }, { 4, 0 }, { 1000000, 77 } };
	unsigned long cpus = 1;

	t_start();
	T(probe(p, 3, 0, NULL, 0));
	SHOW(p[0].key);
	IS(p[0].value & 1);
	IS(p[1].value & 1);
	IS(p[1].value & 2);
	SHOW(p[2].key);
	SHOW(p[2].value);
	T(probe(p, 1, sizeof(cpus), &cpus, 0));
	cpus = 0;
	T(probe(p, 0, 0, NULL, 0));
	T(probe(p, 1, 0, NULL, 0x100));
	T(probe((void *)8, 1, 0, NULL, 0));
	T(probe(p, 1, 8, (void *)8, 0));
	return 0;
}
