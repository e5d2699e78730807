// SPDX-License-Identifier: MPL-2.0
/*
 * Clocks: wall-clock time over the frame's monotonic clock (kernel/time/clock.c). All times are in
 * ns. Context: any, if not said otherwise.
 */
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
/* Wall-clock time in ns since 1970. */
u64 clock_realtime_ns(void);
/* Sets it: wakes sleepers on the time of day and moves timers. Context: task. */
void clock_set_realtime_ns(u64 ns);
/* Conversion. */
struct timespec64 timespec_of_ns(u64 ns);
/* Conversion. -EINVAL for a bad timespec; a value that is too large becomes NO_DEADLINE / 2. */
int timespec_to_ns(const struct timespec64 *ts, u64 *ns);
/*
 * A monotonic deadline from a relative timespec in user memory. NULL pointer: NO_DEADLINE. A
 * timespec of zero: 0, do not wait. 0, -EFAULT, -EINVAL. Context: task.
 */
int deadline_from_user(struct uaddr timespec, u64 *deadline_ns);
/*
 * Reads the RTC and registers the timers with kernel/signal. From now on the clock is also in
 * @vdso, the page that the vDSO reads (kernel/vdso.h). Context: start-up.
 */
void clock_init(struct page *vdso);

/* ---- shared by the timers of kernel/time ---- */
struct thread;
struct process;
/* Whether the clock is the time of day, which jumps when it is set; whether it counts CPU time. */
bool clock_is_wall(s32 clock);
bool clock_is_cpu(s32 clock);
/* The time of a clock that is not a CPU-time clock; monotonic for an unknown one. */
u64 clock_now_ns(s32 clock);
/* The time_mono_ns() at which such a clock shows @ns, if it is not set before. */
u64 clock_deadline(s32 clock, u64 ns);
/* CPU time used, in user mode only or in all. process_cpu_ns takes sighand.lock. */
u64 process_cpu_ns(struct process *p, bool user_only);
u64 thread_cpu_ns(struct thread *t, bool user_only);

/* An expiry that may repeat, in time of some clock. expires_ns 0: disarmed. */
struct period {
	u64 expires_ns, interval_ns;
};
/*
 * Counts the expirations up to @now and moves to the first one after it. A period that does not
 * repeat is disarmed.
 */
u64 period_advance(struct period *p, u64 now);
/* The time until expiry, at least 1 ns while armed; 0: disarmed. */
u64 period_left(const struct period *p, u64 now);

struct itimerspec64 {
	struct timespec64 interval, value;
};
/* Checks and converts. 0 or -EINVAL. */
int itimerspec_to_period(const struct itimerspec64 *its, struct period *p);
/* Conversion of a time until expiry and an interval. */
struct itimerspec64 itimerspec_of(u64 left_ns, u64 interval_ns);

/* Another follower of the time of day: kernel/event registers one table before its first timer. */
struct TABLE clock_follower_ops {
	void (*was_set)(void); /* the time of day was set; context: task */
};
void clock_follow(const struct clock_follower_ops *ops);
#endif
