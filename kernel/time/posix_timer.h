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

/* A timer of timer_create. */
struct posix_timer {
	struct obj obj;
	TREE_NODE(posix_timer) node; /* in posix_timers.timers */
	bool listed;
	LIST_LINK(posix_timer) wall_link;
	/* Borrowed: the frame timer stops before the process is released */
	struct process *process;
	struct thread *target; /* SIGEV_THREAD_ID; a reference */
	/* The thread whose CPU time counts, a reference; NULL: the process */
	struct thread *cpu_thread;
	struct timer *timer;
	struct sigqueue *entry; /* the entry that the timer sends; a reference */
	s32 id;
	s32 clock;
	u32 notify;
	struct spinlock lock;
	struct period period;
	bool absolute; /* set to a time of day: moves when the clock is set */
	bool on_wall;
	u32 overrun;
	bool unheard; /* its last signal was ignored */
	struct cpu_rest cpu_rest;
};
OBJ_TYPE_DECL(posix_timer);
OBJ_TYPE_DECL(posix_timers);

/*
 * The least time until the next check of a CPU-time clock that shows @used_ns. While it shows the
 * same as at the last check, the wait doubles, up to 16 ms. 0 if it has advanced.
 */
u64 cpu_rest_ns(struct cpu_rest *r, u64 used_ns);

#endif
