// SPDX-License-Identifier: MPL-2.0
/* Scheduling state of a thread, see sched(7); the policy is kernel/sched/. */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <frame/types.h>
#include <kernel/tree.h>

struct thread;

enum sched_class {
	SCHED_NORMAL = 0,
	SCHED_FIFO = 1,
	SCHED_RR = 2,
	SCHED_BATCH = 3,
	SCHED_IDLE = 5
};

struct sched_state {
	u64 affinity;    /* bit n: may run on CPU n; 0 means all */
	u64 vruntime_ns; /* weighted */
	u32 policy;
	s32 nice;
	u32 rt_priority;
	u32 weight;
	u32 queued_on; /* CPU + 1 of the queue it is on, 0: none; that queue's lock */
	bool reset_on_fork;
	bool yielded;
	u64 key; /* place in the queue: the smallest key runs first */
	TREE_NODE(thread) node;
};

/* Sets the state of a new thread from that of @parent, the calling thread (clone). */
void sched_fork(struct thread *t, const struct thread *parent);
/* The weight of a nice value: 1024 at nice 0. */
u32 sched_weight(s32 nice);
/*
 * Load averages (fixed point, 16 fraction bits) and the number of runnable tasks, for /proc/loadavg
 * and sysinfo. Context: task.
 */
void sched_loadavg(u64 *one, u64 *five, u64 *fifteen);
u32 sched_nr_running(void);

#endif
