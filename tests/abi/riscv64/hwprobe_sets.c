// SPDX-License-Identifier: MPL-2.0
// riscv_hwprobe: cpu sets in and out, the which-cpus question, keys that every machine answers, and
// agreement with AT_HWCAP.
#include "../lib/t.h"
#include <sys/auxv.h>

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
	struct pair p[4] = { { 4, 0 }, { 7, 0 }, { 8, 0 }, { -5, 9 } };
	unsigned long cpus[16];
	unsigned long hwcap = getauxval(AT_HWCAP);

	t_start();
	T(probe(p, 4, 0, NULL, 0));
	IS(!(p[0].value & 1) == !(hwcap & (1 << ('d' - 'a'))));
	IS(!(p[0].value & 2) == !(hwcap & (1 << ('c' - 'a'))));
	IS(!(p[0].value & 4) == !(hwcap & (1 << ('v' - 'a'))));
	IS(p[1].value >= (1ul << 38) && !(p[1].value & 4095));
	IS(p[2].value > 1000);
	SHOW(p[3].key);
	SHOW(p[3].value);
	uint64_t ext = p[0].value;
	memset(cpus, 0, sizeof(cpus));
	cpus[0] = 1;
	T(probe(p, 1, sizeof(cpus), cpus, 0));
	memset(cpus, 0, sizeof(cpus));
	T(probe(p, 1, sizeof(cpus), cpus, 0));
	T(probe(p, 1, 8, NULL, 0));
	T(probe(p, 1, 0, cpus, 0));
	// Which CPUs have it?
	p[0] = (struct pair){ 3, 1 };
	p[1] = (struct pair){ 4, ext };
	memset(cpus, 0, sizeof(cpus));
	T(probe(p, 2, sizeof(cpus), cpus, 1));
	IS(cpus[0] & 1);
	cpus[0] = 1;
	T(probe(p, 2, 8, cpus, 1));
	SHOW(cpus[0]);
	p[1].value = ~0ul;
	T(probe(p, 2, 8, cpus, 1));
	SHOW(cpus[0]);
	p[1] = (struct pair){ 987654, 1 };
	cpus[0] = 1;
	T(probe(p, 2, 8, cpus, 1));
	SHOW(cpus[0]);
	SHOW(p[1].key);
	SHOW(p[1].value);
	T(probe(p, 1, 0, NULL, 1));
	T(probe(p, 1, 8, NULL, 1));
	T(probe(NULL, 1, 0, NULL, 0));
	T(probe(NULL, 0, 0, NULL, 0));
	T(probe(p, 1, 0, NULL, 2));
	return 0;
}
