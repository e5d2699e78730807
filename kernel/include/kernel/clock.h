// SPDX-License-Identifier: MPL-2.0
/* Wall-clock time over the frame's monotonic clock (kernel/time/clock.c). Context: any. */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H
#include <frame/page.h>
#include <frame/time.h>
#include <kernel/stat.h>

enum clock_id {
	CLOCK_REALTIME,
	CLOCK_MONOTONIC,
	CLOCK_PROCESS_CPUTIME_ID,
	CLOCK_THREAD_CPUTIME_ID,
	CLOCK_MONOTONIC_RAW,
	CLOCK_REALTIME_COARSE,
	CLOCK_MONOTONIC_COARSE,
	CLOCK_BOOTTIME,
	CLOCK_REALTIME_ALARM,
	CLOCK_BOOTTIME_ALARM,
	CLOCK_TAI = 11,
};
/* Nanoseconds since 1970. */
u64 clock_realtime_ns(void);
void clock_set_realtime_ns(u64 ns);
struct timespec64 timespec_of_ns(u64 ns);
/* -EINVAL for a bad timespec, saturates at NO_DEADLINE - 1. */
int timespec_to_ns(const struct timespec64 *ts, u64 *ns);
/*
 * Deadline (monotonic) from a relative timespec in user memory; NULL pointer: NO_DEADLINE; no time
 * at all: 0. -EFAULT, -EINVAL.
 */
int deadline_from_user(struct uaddr timespec, u64 *deadline_ns);
/*
 * Reads the RTC; from now on the time of day stands in @vdso, too, the page that the vDSO reads
 * (kernel/vdso.h).
 */
void clock_init(struct page *vdso);

/* ---- shared by the timers of kernel/time ---- */
struct thread;
struct process;
/*
 * Whether the clock can be read / its current time. CPU-time clocks are the calling thread's
 * (process's).
 */
bool clock_is_wall(s32 clock); /* jumps when the time of day is set */
bool clock_is_cpu(s32 clock);
/* Time of a clock that is not a CPU-time clock; 0 for an unknown one. Context: any. */
u64 clock_now_ns(s32 clock);
/* The time_mono_ns() at which such a clock shows @ns, as things stand. */
u64 clock_deadline(s32 clock, u64 ns);
/* CPU time used. Context: any. */
u64 process_cpu_ns(struct process *p, bool user_only);
u64 thread_cpu_ns(struct thread *t, bool user_only);

/* An expiry that may repeat, in time of some clock; expires 0: disarmed. */
struct period {
	u64 expires_ns, interval_ns;
};
/*
 * Counts the expirations up to @now and moves to the first after it (disarms one that does not
 * repeat).
 */
u64 period_advance(struct period *p, u64 now);
/* What remains, at least 1 ns while armed. */
u64 period_left(const struct period *p, u64 now);

struct itimerspec64 {
	struct timespec64 interval, value;
};
/* Checks and converts; -EINVAL. */
int itimerspec_to_period(const struct itimerspec64 *its, struct period *p);
struct itimerspec64 itimerspec_of(u64 left_ns, u64 interval_ns);

/* Who else follows the time of day: one table, registered by kernel/event before its first timer. */
struct TABLE clock_follower_ops {
	void (*was_set)(void); /* Context: task */
};
void clock_follow(const struct clock_follower_ops *ops);
#endif
