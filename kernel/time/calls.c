// SPDX-License-Identifier: MPL-2.0
/*
 * Reading, setting and sleeping on clocks. See clock_gettime(2), clock_nanosleep(2),
 * gettimeofday(2), adjtimex(2).
 *
 * Two kinds of sleep. A monotonic one is a single park with a deadline. One until a time of day
 * must follow the clock when that is set: it sleeps until the monotonic time that the clock's
 * present setting gives, and a setting wakes it to compute that anew (sleep_until).
 *
 * Nothing steers the clock between two settings, so the coarse and raw clocks are the same as the
 * fine ones.
 */
#include <kernel/cred.h>
#include <kernel/rtc.h>
#include <kernel/stat.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/resource.h>

#include "time.h"

/*
 * Negative clock numbers are CPU-time clocks of any process or thread: ~id, above three bits for
 * the kind. See clock_getcpuclockid(3).
 */
#define CPUCLOCK_ID(c)         (~((c) >> 3))
#define CPUCLOCK_KIND(c)       ((c) & 3) /* 0: profiling, 1: virtual, 2: scheduler */
#define CPUCLOCK_PER_THREAD(c) ((c) & 4)

/*
 * Threads can be read only in the caller's own process, processes everywhere. 0 or -EINVAL. Id 0 is
 * the caller. A process is named by its leader's id only, as on Linux.
 */
static s64 other_cpu_ns(struct thread *t, s32 clock, u64 *ns)
{
	s32 id = CPUCLOCK_ID(clock);
	struct thread *other;
	bool user_only = CPUCLOCK_KIND(clock) == 1;
	s64 err = 0;

	if (CPUCLOCK_KIND(clock) == 3)
		return -EINVAL;
	other = id ? thread_find(id) : obj_get(t);
	if (!other)
		return -EINVAL;
	if (CPUCLOCK_PER_THREAD(clock)) {
		if (other->process != t->process)
			err = -EINVAL;
		else
			*ns = thread_cpu_ns(other, user_only);
	} else if (other->process->leader != other && id) {
		err = -EINVAL;
	} else {
		*ns = process_cpu_ns(other->process, user_only);
	}
	obj_put(&other);
	return err;
}

/* The present time of any clock. 0, or -EINVAL for one that does not exist. */
static s64 read_clock(struct thread *t, s32 clock, u64 *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*ns = clock_realtime_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = time_mono_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*ns = process_cpu_ns(t->process, false);
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = thread_cpu_ns(t, false);
		return 0;
	default:
		return clock < 0 ? other_cpu_ns(t, clock, ns) : -EINVAL;
	}
}

s64 sys_clock_gettime(struct thread *t, s32 clock, struct uaddr tp)
{
	struct timespec64 ts = { 0 };
	u64 ns = 0;
	s64 err = read_clock(t, clock, &ns);

	if (err)
		return err;
	ts = timespec_of_ns(ns);
	return user_put(tp, &ts);
}

/* All clocks have a resolution of 1 ns, coarse ones too. */
s64 sys_clock_getres(struct thread *t, s32 clock, struct uaddr tp)
{
	struct timespec64 ts = { .nsec = 1 };
	u64 ns = 0;
	s64 err = read_clock(t, clock, &ns);

	if (err)
		return err;
	return tp.va ? user_put(tp, &ts) : 0;
}

/* Sets the time of day, and the RTC if it can be set. 0, -EPERM, -EINVAL. */
static s64 set_realtime(struct thread *t, u64 ns)
{
	if (!cred_capable(t->cred, CAP_SYS_TIME))
		return -EPERM;
	if (ns < time_mono_ns())
		return -EINVAL; /* the machine did not start before 1970 */
	clock_set_realtime_ns(ns);
	ignore_error(rtc_write_ns(ns)); /* not every RTC can be set */
	return 0;
}

s64 sys_clock_settime(struct thread *t, s32 clock, struct uaddr tp)
{
	struct timespec64 ts = { 0 };
	u64 ns = 0;

	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	if (user_get(&ts, tp))
		return -EFAULT;
	if (timespec_to_ns(&ts, &ns))
		return -EINVAL;
	return set_realtime(t, ns);
}

struct timezone32 {
	s32 minutes_west, dst;
};
static struct timezone32 timezone; /* only kept for gettimeofday */

s64 sys_gettimeofday(struct thread *t, struct uaddr tv, struct uaddr tz)
{
	u64 ns = clock_realtime_ns();
	struct timeval64 now = { .sec = (s64)(ns / NSEC_PER_SEC),
		.usec = (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
	struct timezone32 zone = timezone;

	(void)t;
	if (tv.va && user_put(tv, &now))
		return -EFAULT;
	if (tz.va && user_put(tz, &zone))
		return -EFAULT;
	return 0;
}

s64 sys_time(struct thread *t, struct uaddr out)
{
	s64 now = (s64)(clock_realtime_ns() / NSEC_PER_SEC);

	(void)t;
	return out.va && user_put(out, &now) ? -EFAULT : now;
}

/*
 * The checks come in Linux's order: both structures are read, then the time is checked, then the
 * right to set it. The time zone is only stored.
 */
s64 sys_settimeofday(struct thread *t, struct uaddr tv, struct uaddr tz)
{
	struct timeval64 now = { 0 };
	struct timezone32 zone = { 0 };

	if (tv.va && user_get(&now, tv))
		return -EFAULT;
	if (tz.va && user_get(&zone, tz))
		return -EFAULT;
	if (tv.va && (now.sec < 0 || now.usec < 0 || now.usec >= 1000000))
		return -EINVAL;
	if (!cred_capable(t->cred, CAP_SYS_TIME))
		return -EPERM;
	if (tz.va)
		timezone = zone;
	if (!tv.va)
		return 0;
	return set_realtime(t, (u64)now.sec * NSEC_PER_SEC + (u64)now.usec * NSEC_PER_USEC);
}

/* ---- sleeping ---- */

/*
 * Sleeps until the clock shows @until. If the time of day is set meanwhile, the sleeper wakes up
 * and computes its deadline again. The count is read before the deadline, so a setting in between
 * ends the wait at once. 0 or -EINTR.
 */
static int sleep_until(s32 clock, u64 until)
{
	int err = 0;

	if (!clock_is_wall(clock))
		return task_sleep_until(until, WAIT_INTERRUPTIBLE);
	while (clock_realtime_ns() < until && err != -EINTR) {
		u64 sets = clock_set_count();
		wait_event(&clock_set_wait, clock_set_count() != sets, WAIT_INTERRUPTIBLE,
			clock_deadline(clock, until), &err);
	}
	return err == -EINTR ? err : 0;
}

/*
 * Sleeps on a CPU-time clock: wakes up when the time can have been used at the earliest, and
 * checks. 0 or -EINTR.
 */
static int sleep_cpu(struct thread *t, s32 clock, u64 until)
{
	u64 now = 0;
	int err = 0;

	while (!err && !read_clock(t, clock, &now) && now < until)
		err = task_sleep_until(cpu_timer_deadline(t->process, until - now),
			WAIT_INTERRUPTIBLE);
	return err;
}

/* Writes the time until @deadline to the user, if @rem is not NULL. */
static s64 write_remaining(struct uaddr rem, u64 deadline)
{
	u64 now = time_mono_ns();
	struct timespec64 ts = timespec_of_ns(deadline > now ? deadline - now : 0);

	return rem.va && user_put(rem, &ts) ? -EFAULT : 0;
}

static const struct restart_ops nanosleep_restart_ops;

/*
 * A relative sleep on the monotonic clock, and its continuation by restart_syscall with the same
 * deadline. The time that is left is written before the result is known to be a restart; a program
 * only sees it if a handler makes the call end with EINTR.
 */
static s64 sleep_relative(struct thread *t, u64 deadline, struct uaddr rem)
{
	if (!task_sleep_until(deadline, WAIT_INTERRUPTIBLE))
		return 0;
	if (write_remaining(rem, deadline))
		return -EFAULT;
	t->restart = (struct restart_block){
		.ops = &nanosleep_restart_ops, .deadline_ns = deadline, .arg = { rem.va }
	};
	return -ERESTART_RESTARTBLOCK;
}

static s64 nanosleep_restart(struct thread *t)
{
	return sleep_relative(t, t->restart.deadline_ns, UADDR(t->restart.arg[0]));
}
static const struct restart_ops nanosleep_restart_ops = { .resume = nanosleep_restart };

s64 sys_nanosleep(struct thread *t, struct uaddr req, struct uaddr rem)
{
	struct timespec64 ts = { 0 };
	u64 ns = 0;

	if (user_get(&ts, req))
		return -EFAULT;
	if (timespec_to_ns(&ts, &ns))
		return -EINVAL;
	return sleep_relative(t, time_mono_ns() + ns, rem);
}

/*
 * An absolute sleep restarts with the same arguments, a relative one through restart_syscall. A
 * sleep on a CPU-time clock is not restarted: EINTR.
 */
s64 sys_clock_nanosleep(struct thread *t, s32 clock, u32 flags, struct uaddr req, struct uaddr rem)
{
	struct timespec64 ts = { 0 };
	u64 ns = 0, now = 0;
	s64 err = read_clock(t, clock, &now);

	if (err)
		return err;
	if (clock == CLOCK_THREAD_CPUTIME_ID || clock == CLOCK_MONOTONIC_RAW ||
		clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE)
		return -EOPNOTSUPP;
	if (user_get(&ts, req))
		return -EFAULT;
	if (timespec_to_ns(&ts, &ns))
		return -EINVAL;
	if (clock_is_cpu(clock)) {
		err = sleep_cpu(t, clock, flags & TIMER_ABSTIME ? ns : now + ns);
		return err ? -EINTR : 0;
	}
	if (!(flags & TIMER_ABSTIME))
		return sleep_relative(t, time_mono_ns() + ns, rem);
	return sleep_until(clock, ns) ? -ERESTARTNOHAND : 0;
}

/* ---- adjtimex ---- */

struct timex64 {
	u32 modes, pad0;
	s64 offset, freq, maxerror, esterror;
	s32 status, pad1;
	s64 constant, precision, tolerance;
	struct timeval64 time;
	s64 tick, ppsfreq, jitter;
	s32 shift, pad2;
	s64 stabil, jitcnt, calcnt, errcnt, stbcnt;
	s32 tai;
	s32 pad3[11];
};
static_assert(sizeof(struct timex64) == 208, "struct timex");

#define ADJ_SETOFFSET 0x0100u
#define ADJ_NANO      0x2000u
#define STA_UNSYNC    0x0040
/* The clock is not synchronised: there is no discipline, see docs/caveats.md */
#define TIME_ERROR 5

/*
 * Reads the state of the clock. Only ADJ_SETOFFSET changes something; a discipline (frequency,
 * slewing) does not exist.
 */
static s64 do_adjtimex(struct thread *t, struct uaddr buf)
{
	struct timex64 tx = { 0 };
	s64 err = 0;
	s64 delta;
	u64 now;
	u32 modes;

	if (user_get(&tx, buf))
		return -EFAULT;
	modes = tx.modes;
	if (modes && !cred_capable(t->cred, CAP_SYS_TIME))
		return -EPERM;
	if (modes & ~(ADJ_SETOFFSET | ADJ_NANO))
		return -EINVAL;
	if (modes & ADJ_SETOFFSET) {
		delta = tx.time.sec * (s64)NSEC_PER_SEC +
			tx.time.usec * (s64)(modes & ADJ_NANO ? 1 : NSEC_PER_USEC);
		err = set_realtime(t, clock_realtime_ns() + (u64)delta);
		if (err)
			return err;
	}
	now = clock_realtime_ns();
	tx = (struct timex64){ .modes = modes,
		.status = STA_UNSYNC,
		.maxerror = 16000000,
		.esterror = 16000000,
		.constant = 2,
		.precision = 1,
		.tolerance = 32768000,
		.tick = 10000 };
	tx.time.sec = (s64)(now / NSEC_PER_SEC);
	tx.time.usec = (s64)(now % NSEC_PER_SEC / NSEC_PER_USEC);
	return user_put(buf, &tx) ? -EFAULT : TIME_ERROR;
}

s64 sys_adjtimex(struct thread *t, struct uaddr buf)
{
	return do_adjtimex(t, buf);
}

s64 sys_clock_adjtime(struct thread *t, s32 clock, struct uaddr buf)
{
	struct timex64 tx;

	if (clock != CLOCK_REALTIME && user_get(&tx, buf))
		return -EFAULT;
	if (clock != CLOCK_REALTIME)
		return clock < 0 || clock > CLOCK_TAI ? -EINVAL : -EOPNOTSUPP;
	return do_adjtimex(t, buf);
}
