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
/*
 * Sets the time of day, and notifies timers and the follower of the clock. The RTC is not changed.
 * Context: task, no locks.
 */
void clock_set_realtime_ns(u64 ns);
/* @ns nanoseconds as seconds and nanoseconds. */
struct timespec64 timespec_of_ns(u64 ns);
/*
 * Converts to nanoseconds in *@ns; a longer time becomes NO_DEADLINE >> 1. Returns 0, or -EINVAL:
 * negative, or nsec out of range.
 */
int must_check timespec_to_ns(const struct timespec64 *ts, u64 *ns);
/*
 * Makes a monotonic deadline from a relative timespec in user memory. A NULL pointer gives
 * NO_DEADLINE, a timespec of zero gives 0. Returns 0, -EFAULT, -EINVAL.
 */
int must_check deadline_from_user(struct uaddr timespec, u64 *deadline_ns);
/*
 * Start-up: reads the RTC. From here on the time of day is also kept in @vdso, the page that the
 * vDSO reads (kernel/vdso.h).
 */
void clock_init(struct page *vdso);

/* ---- shared by the timers of kernel/time ---- */
struct thread;
struct process;
/* Kinds of clocks. A CPU-time clock is that of the calling thread or its process. */
bool clock_is_wall(s32 clock); /* it jumps when the time of day is set */
bool clock_is_cpu(s32 clock);
/*
 * The time of a clock other than a CPU-time clock: the time of day for those of clock_is_wall, else
 * monotonic time. The caller has checked the number. Context: any.
 */
u64 clock_now_ns(s32 clock);
/* The time_mono_ns() at which such a clock will show @ns, if nobody sets the time of day before. */
u64 clock_deadline(s32 clock, u64 ns);
/* CPU time used, in nanoseconds. @user_only: only the time in user mode. Context: any. */
u64 process_cpu_ns(struct process *p, bool user_only);
u64 thread_cpu_ns(struct thread *t, bool user_only);

/* An expiry that may repeat, in the time of its clock. expires_ns 0: disarmed. */
struct period {
	u64 expires_ns, interval_ns;
};
/*
 * Counts the expirations up to @now, and advances *@p to the first one after @now; disarms it if it
 * does not repeat. Returns the count.
 */
u64 period_advance(struct period *p, u64 now);
/* Nanoseconds until the expiry: at least 1 while armed, 0 when disarmed. */
u64 period_left(const struct period *p, u64 now);

struct itimerspec64 {
	struct timespec64 interval, value;
};
/* Converts an itimerspec to a period. Returns 0, or -EINVAL for a bad timespec. */
int must_check itimerspec_to_period(const struct itimerspec64 *its, struct period *p);
/* The reverse, for timer_gettime and its like. */
struct itimerspec64 itimerspec_of(u64 left_ns, u64 interval_ns);

/*
 * A module to notify when the time of day is set: one table, registered by kernel/event before its
 * first timer.
 */
struct TABLE clock_follower_ops {
	void (*was_set)(void); /* Context: task */
};
void clock_follow(const struct clock_follower_ops *ops);
#endif
