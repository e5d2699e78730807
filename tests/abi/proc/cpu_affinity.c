// SPDX-License-Identifier: MPL-2.0
// sched_setaffinity and sched_getaffinity: sizes, empty sets, missing processes; getcpu agrees with
// the mask.
#include "../lib/t.h"

int main(void)
{
	unsigned long mask[16];
	unsigned cpu = 9999, node = 9999;
	cpu_set_t set;

	t_start();
	memset(mask, 0, sizeof(mask));
	long n = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	IS(n > 0 && n % 8 == 0);
	IS(mask[0] & 1);
	T(syscall(SYS_sched_getaffinity, 0, 7, mask));
	T(syscall(SYS_sched_getaffinity, 0, 0, mask));
	T(syscall(SYS_sched_getaffinity, 999999, sizeof(mask), mask));
	T(syscall(SYS_sched_getaffinity, 0, sizeof(mask), NULL));
	T(syscall(SYS_sched_setaffinity, 0, sizeof(mask), NULL));
	CPU_ZERO(&set);
	T(sched_setaffinity(0, sizeof(set), &set));
	CPU_SET(700, &set);
	T(sched_setaffinity(0, sizeof(set), &set));
	CPU_SET(0, &set);
	T(sched_setaffinity(0, sizeof(set), &set));
	CPU_ZERO(&set);
	T(sched_getaffinity(0, sizeof(set), &set));
	SHOW(CPU_COUNT(&set));
	IS(CPU_ISSET(0, &set));
	T(syscall(SYS_getcpu, &cpu, &node, NULL));
	SHOW(cpu);
	SHOW(node);
	T(syscall(SYS_getcpu, NULL, NULL, NULL));
	T(syscall(SYS_getcpu, (void *)8, NULL, NULL));
	T(sched_getcpu());
	IN_CHILD("inherited", {
		sched_getaffinity(0, sizeof(set), &set);
		SHOW(CPU_COUNT(&set));
	});
	T(sched_setaffinity(999999, sizeof(set), &set));
	IN_CHILD("user", {
		t_drop_root(1000);
		T(sched_setaffinity(getppid(), sizeof(set), &set));
		T(sched_setaffinity(0, sizeof(set), &set));
	});
	return 0;
}
