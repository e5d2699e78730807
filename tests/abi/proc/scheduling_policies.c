// SPDX-License-Identifier: MPL-2.0
// sched_setscheduler and friends, priorities, nice values: values given back and arguments refused.
#include "../lib/t.h"

static int policy(int p, int prio)
{
	struct sched_param sp = { prio };

	return sched_setscheduler(0, p, &sp);
}

int main(void)
{
	struct sched_param sp = { -1 };
	struct timespec ts;

	t_start();
	T(sched_getscheduler(0));
	T(sched_getparam(0, &sp));
	SHOW(sp.sched_priority);
	T(sched_get_priority_min(SCHED_OTHER));
	T(sched_get_priority_max(SCHED_OTHER));
	T(sched_get_priority_min(SCHED_FIFO));
	T(sched_get_priority_max(SCHED_RR));
	T(sched_get_priority_max(99));
	T(policy(SCHED_OTHER, 1));
	T(policy(SCHED_FIFO, 0));
	T(policy(SCHED_FIFO, 100));
	T(policy(99, 0));
	T(policy(-1, 0));
	T(policy(SCHED_BATCH, 0));
	T(sched_getscheduler(0));
	T(policy(SCHED_IDLE, 0));
	T(sched_getscheduler(0));
	T(policy(SCHED_OTHER, 0));
	T(sched_getscheduler(999999));
	T(sched_getscheduler(-1));
	T(sched_setscheduler(0, SCHED_OTHER, NULL));
	T(sched_getparam(0, NULL));
	T(sched_rr_get_interval(999999, &ts));
	T(sched_rr_get_interval(0, &ts));
	T(sched_yield());
	IN_CHILD("nice", {
		T(getpriority(PRIO_PROCESS, 0));
		T(setpriority(PRIO_PROCESS, 0, 5));
		T(getpriority(PRIO_PROCESS, 0));
		SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
		T(setpriority(PRIO_PROCESS, 0, 100));
		T(getpriority(PRIO_PROCESS, 0));
		T(setpriority(PRIO_PROCESS, 0, -100));
		SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
		T(setpriority(PRIO_PROCESS, 0, 3));
		T(getpriority(PRIO_PROCESS, 999999));
		T(getpriority(9, 0));
		T(setpriority(9, 0, 0));
		T(nice(1));
		t_drop_root(1000);
		T(setpriority(PRIO_PROCESS, 0, 2));
		T(setpriority(PRIO_PROCESS, 0, 10));
		T(setpriority(PRIO_PROCESS, 1, 10));
		T(policy(SCHED_FIFO, 1));
		T(policy(SCHED_BATCH, 0));
	});
	return 0;
}
