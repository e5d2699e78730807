// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/time: the functions that its files share. */
#ifndef KERNEL_TIME_TIME_H
#define KERNEL_TIME_TIME_H

#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/clock.h>
#include <kernel/signal.h>
#include <kernel/timers.h>

#define TIMER_ABSTIME 1u

/* ---- clock.c ---- */
/*
 * Threads that sleep on the time of day wait here; all are woken when it is set. The count grows by
 * one each time.
 */
extern struct waitq clock_set_wait;
u64 clock_set_count(void);

/* ---- itimer.c ---- */
/*
 * The timers of a process (<kernel/timers.h>), made at first use; borrowed, valid in the process's
 * own threads. NULL: no memory. Context: task; takes proc_lock.
 */
struct posix_timers *timers_of(struct process *p);
/* Stops and frees the frame timers of the interval timers. For the exit. */
void itimers_exit(struct posix_timers *ts);
/*
 * The monotonic time at which to check again a CPU-time clock of @p with @left_ns to go: as early
 * as all its threads together can use that much, at least 1 ms from now.
 */
u64 cpu_timer_deadline(struct process *p, u64 left_ns);
void itimer_taken(struct process *p);       /* struct signal_timer_ops */
void posix_timers_heard(struct process *p); /* struct signal_timer_ops */

/* ---- posix_timer.c ---- */
void posix_timer_taken(struct obj *timer, struct siginfo *info); /* struct signal_timer_ops */
/* The time of day was set: timers at an absolute time of day get their new deadlines. */
void posix_timers_clock_was_set(void);

#endif
