// SPDX-License-Identifier: MPL-2.0
/* The timers of a process: shared by itimer.c and posix_timer.c. */
#ifndef KERNEL_TIME_POSIX_TIMER_H
#define KERNEL_TIME_POSIX_TIMER_H

#include <frame/sync.h>
#include <kernel/tree.h>

#include "time.h"

struct posix_timer;

/* Backing off from a CPU-time clock that does not advance; see cpu_rest_ns. */
struct cpu_rest {
	u64 used_ns; /* at the last check */
	u64 rest_ns;
};

/* All timers of one process. Made at first use; process.timers holds a reference until the exit. */
struct posix_timers {
	struct obj obj;
	struct process *process; /* borrowed: the timers stop before the process is released */
	struct spinlock lock;    /* guards the fields below; irqsave */
	struct period real, virt, prof;       /* in time of their clocks */
	u64 xcpu_after;                       /* no SIGXCPU before this CPU time */
	struct timer *real_timer, *cpu_timer; /* references; NULL until setitimer */
	struct sigqueue *alarm;               /* SIGALRM of ITIMER_REAL, a reference */
	TREE_ROOT(posix_timer) timers;        /* by id; references */
	s32 next_id;
	bool ended; /* the process has ended: no frame timers are made any more; proc_lock */
	struct cpu_rest cpu_rest;
};

/*
 * The least time until the next check of a CPU-time clock that shows @used_ns. While it shows the
 * same as at the last check, the wait doubles, up to 16 ms. 0 if it has advanced.
 */
u64 cpu_rest_ns(struct cpu_rest *r, u64 used_ns);

#endif
