// SPDX-License-Identifier: MPL-2.0
/* The timers of a process: shared by itimer.c and posix_timer.c. */
#ifndef KERNEL_TIME_POSIX_TIMER_H
#define KERNEL_TIME_POSIX_TIMER_H

#include <frame/sync.h>
#include <kernel/tree.h>

#include "time.h"

struct posix_timer;

struct posix_timers {
	struct obj obj;
	struct process *process;              /* borrowed: this goes first */
	struct spinlock lock;                 /* what follows, irqsave */
	struct period real, virt, prof;       /* in time of their clocks */
	u64 xcpu_after;                       /* no SIGXCPU before this CPU time */
	struct timer *real_timer, *cpu_timer; /* references; NULL until setitimer */
	struct sigqueue *alarm;               /* SIGALRM of ITIMER_REAL, a reference */
	TREE_ROOT(posix_timer) timers;        /* by id; references */
	s32 next_id;
	u32 nr_timers;
};

#endif
