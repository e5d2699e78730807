// SPDX-License-Identifier: MPL-2.0
/*
 * Timers of processes (kernel/time/itimer.c, posix_timer.c): the interface for signal delivery,
 * fork, exec and exit.
 */
#ifndef KERNEL_TIMERS_H
#define KERNEL_TIMERS_H

#include <frame/obj.h>
#include <kernel/signal.h>

/*
 * RLIMIT_CPU of @p, which may be any process, was set, or inherited by fork: from now on it is
 * enforced. Without memory it is not. Context: task, no locks.
 */
void cpu_limit_start(struct process *p);
/* exec: timers of timer_create are deleted, interval timers stay. Context: task, no locks. */
void posix_timers_exec(struct process *p);
/*
 * The last thread of @p exits: all timers are stopped and freed, and no new ones can be made.
 * Context: task, no locks; waits for operations of frame timers.
 */
void posix_timers_exit(struct process *p);

#endif
