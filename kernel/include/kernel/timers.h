// SPDX-License-Identifier: MPL-2.0
/*
 * Timers of processes (kernel/time/{itimer,posix_timer}.c), as signal delivery and process exit see
 * them.
 */
#ifndef KERNEL_TIMERS_H
#define KERNEL_TIMERS_H

#include <frame/obj.h>
#include <kernel/signal.h>

/*
 * RLIMIT_CPU of @p, which may be any process, was set, or inherited by fork: it is watched from now
 * on. Context: task, no locks.
 */
void cpu_limit_start(struct process *p);
/* exec: timers of timer_create go, interval timers stay. Context: task. */
void posix_timers_exec(struct process *p);
/* All timers of @p go. Context: task. */
void posix_timers_exit(struct process *p);

#endif
