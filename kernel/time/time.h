// SPDX-License-Identifier: MPL-2.0
/* Shared inside kernel/time. */
#ifndef KERNEL_TIME_TIME_H
#define KERNEL_TIME_TIME_H

#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/clock.h>
#include <kernel/signal.h>
#include <kernel/timers.h>

#define TIMER_ABSTIME 1u

/* ---- clock.c ---- */
/* Wakes when the time of day is set, which clock_set_count counts. */
extern struct waitq clock_set_wait;
u64 clock_set_count(void);

/* ---- itimer.c ---- */
/* The timers of a process; see <kernel/timers.h>. Made at first use. NULL: out of memory. */
struct posix_timers *timers_of(struct process *p);
/* Stops and forgets the interval timers. */
void itimers_exit(struct posix_timers *ts);
/* A moment to look again at a CPU-time clock that has @left_ns to go. */
u64 cpu_timer_deadline(struct process *p, u64 left_ns);
void itimer_taken(struct process *p);       /* struct signal_timer_ops */
void posix_timers_heard(struct process *p); /* struct signal_timer_ops */

/* ---- posix_timer.c ---- */
void posix_timer_taken(struct obj *timer, struct siginfo *info); /* struct signal_timer_ops */
void posix_timers_clock_was_set(void);

#endif
