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

/* For /proc/PID/timers: what timer_create was asked for. */
struct posix_timer_info {
	s32 id, clock, signo;
	u64 value;
	u32 notify; /* SIGEV_SIGNAL, SIGEV_NONE or SIGEV_THREAD: 0, 1 or 2 */
	s32 tid;    /* of the thread that gets the signal; 0: the process */
};
/*
 * Describes the timer of @p, which may be exiting, with the highest id below @below. False: there is
 * none. Context: task, no locks.
 */
bool posix_timer_describe(struct process *p, u64 below, struct posix_timer_info *out);

#endif
