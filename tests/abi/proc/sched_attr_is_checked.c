// SPDX-License-Identifier: MPL-2.0
// sched_setattr: sizes, flags, and what they keep; setparam keeps the policy.
#include "../lib/t.h"

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
	char more[64];
};

static long set(struct attr *a)
{
	return syscall(SYS_sched_setattr, 0, a, 0);
}

static void show(void)
{
	struct attr a = { 0 };

	CHECK(syscall(SYS_sched_getattr, 0, &a, 56, 0) == 0);
	printf("policy %u flags %#lx nice %d priority %u\n", a.policy, (long)a.flags, a.nice,
		a.priority);
}

static void sizes(void)
{
	static const uint32_t size[] = { 0, 1, 47, 48, 52, 56, 60, 100, 4097 };
	struct attr a;

	for (unsigned i = 0; i < T_LEN(size); i++)
		for (int dirty = 0; dirty < 2; dirty++) {
			memset(&a, 0, sizeof(a));
			a.size = size[i];
			a.more[sizeof(a.more) - 30] = dirty;
			printf("size %u %d: ", size[i], dirty);
			TL("set", set(&a));
			SHOW(a.size);
		}
}

static void flags(void)
{
	struct attr a = { .size = 56, .nice = 5 };

	T(set(&a));
	show();
	a = (struct attr){ .size = 56, .policy = SCHED_FIFO, .priority = 3 };
	T(set(&a));
	show();
	a = (struct attr){ .size = 56, .flags = 8, .priority = 4 }; // KEEP_POLICY
	T(set(&a));
	show();
	a = (struct attr){ .size = 56, .flags = 16, .policy = SCHED_RR }; // KEEP_PARAMS
	T(set(&a));
	show();
	a = (struct attr){ .size = 56, .flags = 24 | 1, .nice = 7, .priority = 9 };
	T(set(&a));
	show();
	a = (struct attr){ .size = 56, .nice = 100 };
	T(set(&a));
	show();
	a = (struct attr){ .size = 56, .flags = 16, .nice = 3 };
	T(set(&a));
	show();
	a = (struct attr){ .size = 56, .flags = 0x80 };
	T(set(&a));
	a = (struct attr){ .size = 56, .policy = 77 };
	T(set(&a));
	a = (struct attr){ .size = 56, .policy = SCHED_FIFO };
	T(set(&a));
	a = (struct attr){ .size = 56, .priority = 1 };
	T(set(&a));
}

// SCHED_DEADLINE: the parameters are checked first, then the rights.
static void deadlines(void)
{
	struct attr a = { .size = 56, .policy = 6 };

	T(set(&a));
	a.runtime = 1000000;
	T(set(&a));
	a.deadline = 500000;
	T(set(&a));
	a.deadline = 10000000;
	T(set(&a));
	a.period = 5000000;
	T(set(&a));
	a.period = 5000000000;
	T(set(&a));
	a.period = 20000000;
	T(set(&a));
	a.priority = 1;
	T(set(&a));
	a.priority = 0;
	a.runtime = 1000;
	T(set(&a));
}

static void parameters(void)
{
	struct sched_param p = { .sched_priority = 5 };

	T(sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &p));
	p.sched_priority = 6;
	T(sched_setparam(0, &p));
	show();
	p.sched_priority = 0;
	T(sched_setparam(0, &p));
	T(sched_setscheduler(0, SCHED_OTHER, &p));
	T(sched_setparam(0, &p));
	p.sched_priority = 1;
	T(sched_setparam(0, &p));
	T(sched_setscheduler(0, 6, &p));
	T(sched_setscheduler(0, 4, &p));
	show();
}

static void priorities(void)
{
	int go[2], end[2];
	pid_t other[2];

	t_pipe(go);
	t_pipe(end);
	setpgid(0, 0);
	for (int i = 0; i < 2; i++) {
		other[i] = t_fork();
		if (other[i] == 0) {
			if (i)
				t_drop_root(1000);
			close(end[1]);
			t_put(go[1]);
			t_get(end[0]);
			_exit(0);
		}
		t_get(go[0]);
	}
	t_drop_root(2000);
	T(setpriority(PRIO_PGRP, 0, 5));
	T(getpriority(PRIO_PROCESS, 0));
	T(setpriority(PRIO_PGRP, 0, 3));
	T(setpriority(PRIO_USER, 1000, 5));
	T(setpriority(PRIO_USER, 2000, 6));
	T(setpriority(PRIO_USER, 2000, 5));
	T(setpriority(PRIO_USER, 4000, 5));
	T(setpriority(PRIO_PROCESS, other[0], 5));
	close(end[1]);
	t_wait(other[0]);
	t_wait(other[1]);
}

int main(void)
{
	t_start();
	IN_CHILD("sizes", sizes());
	IN_CHILD("flags", flags());
	IN_CHILD("deadlines", t_drop_root(1000); deadlines());
	IN_CHILD("parameters", parameters());
	IN_CHILD("priorities", priorities());
	return 0;
}
