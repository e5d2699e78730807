// SPDX-License-Identifier: MPL-2.0
// A low hint is raised to the lowest address for mappings; a fixed address may be lower, down to
// vm.mmap_min_addr for users.
#include "../lib/t.h"

int main(void)
{
	unsigned long least = strtoul(t_slurp("/proc/sys/vm/mmap_min_addr"), NULL, 0);
	char *p;

	t_start();
	SHOWX(least);
	for (unsigned long at = 1; at <= 4 * 4096; at *= 4) {
		p = mmap((void *)at, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		SHOWX(p < (char *)0x100000 ? (long)p : 0);
		munmap(p, 4096);
	}
	t_drop_root(1000);
	T(mmap((void *)(least - 4096), 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		  0) == MAP_FAILED);
	TOK(mmap((void *)least, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	return 0;
}
