// SPDX-License-Identifier: MPL-2.0
/*
 * Timers of processes (kernel/time/{itimer,posix_timer}.c): what signal delivery and process exit
 * call.
 */
#ifndef KERNEL_TIMERS_H
#define KERNEL_TIMERS_H

#include <frame/obj.h>
#include <kernel/signal.h>

/*
 * RLIMIT_CPU of @p was set, or inherited by fork: starts to watch it. @p may be any process.
 * Context: task, no locks.
 */
void cpu_limit_start(struct process *p);
/* exec: deletes the timers of timer_create; interval timers stay. Context: task. */
void posix_timers_exec(struct process *p);
/* Deletes all timers of @p, which is exiting. Context: task. */
void posix_timers_exit(struct process *p);

#endif
