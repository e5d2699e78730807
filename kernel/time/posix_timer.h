// SPDX-License-Identifier: MPL-2.0
/* The timers of a process: shared by itimer.c and posix_timer.c. */
#ifndef KERNEL_TIME_POSIX_TIMER_H
#define KERNEL_TIME_POSIX_TIMER_H

#include <frame/sync.h>
#include <kernel/tree.h>

#include "time.h"

struct posix_timer;

/* Looks at CPU time that does not go on become rarer. */
struct cpu_rest {
	u64 used_ns; /* at the last look */
	u64 rest_ns;
};

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
	bool ended; /* the process has: no frame timers are made; proc_lock */
	struct cpu_rest cpu_rest;
};

/* How long to leave the CPU time alone that was the same at the last look: see cpu_rest_ns. */
u64 cpu_rest_ns(struct cpu_rest *r, u64 used_ns);

#endif
