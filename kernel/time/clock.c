// SPDX-License-Identifier: MPL-2.0
/*
 * Clocks. CLOCK_MONOTONIC is the frame's clock. CLOCK_REALTIME is that plus an offset, which is
 * read from the RTC at start-up and changed by settimeofday and similar calls. The offset is also
 * in the vDSO's data page, so that user mode reads the time without a system call.
 *
 * Locking: clock_lock for writers. Readers load the offset, one word, without it.
 */
#include <frame/page.h>
#include <frame/sync.h>
#include <frame/wait.h>
#include <kernel/clock.h>
#include <kernel/list.h>
#include <kernel/rtc.h>
#include <kernel/stat.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/vdso.h>

#include "time.h"

/* The time if no RTC has it: 2024-01-01. */
#define FALLBACK_NS (1704067200ul * NSEC_PER_SEC)

static struct spinlock clock_lock; /* writers of the offset and of the data page */
static u64 realtime_offset;
static u32 vdso_seq;
static struct page *vdso_page; /* NULL before clock_init */
struct waitq clock_set_wait;
static u64 clock_sets;

static const struct rtc_ops *rtc;
static struct obj *rtc_owner;

u64 clock_realtime_ns(void)
{
	return time_mono_ns() + load_once(realtime_offset);
}

u64 clock_set_count(void)
{
	return load_acquire(clock_sets);
}

/*
 * Writes the page: an odd sequence number, the fields, an even sequence number. The barriers keep
 * that order for readers on other CPUs, which read seq, the fields, and seq again (kernel/vdso.h).
 * clock_lock held.
 */
static void write_vdso_locked(void)
{
	struct vdso_data d = { .known = bit(CLOCK_REALTIME) | bit(CLOCK_MONOTONIC) |
			bit(CLOCK_MONOTONIC_RAW) | bit(CLOCK_REALTIME_COARSE) |
			bit(CLOCK_MONOTONIC_COARSE) | bit(CLOCK_BOOTTIME) | bit(CLOCK_TAI) };
	struct page *page = vdso_page;
	u32 seq;

	if (!page)
		return;
	time_cycles_scale(&d.up, &d.mult, &d.base);
	d.offset[CLOCK_REALTIME] = d.offset[CLOCK_REALTIME_COARSE] = d.offset[CLOCK_TAI] =
		realtime_offset;
	seq = vdso_seq + 1;
	page_write(page, 0, value_cspan(&seq));
	memory_barrier();
	d.seq = seq;
	page_write(page, 0, value_cspan(&d));
	memory_barrier();
	seq++;
	page_write(page, 0, value_cspan(&seq));
	vdso_seq = seq;
}

/*
 * The count grows after the offset and the page are written: a sleeper that sees the new count
 * computes with the new offset.
 */
static void set_offset(u64 offset)
{
	spin_lock(&clock_lock);
	store_once(realtime_offset, offset);
	write_vdso_locked();
	store_release(clock_sets, clock_sets + 1);
	spin_unlock(&clock_lock);
}

static const struct clock_follower_ops *followers;

/* Called at each timerfd_create: the same table each time. */
void clock_follow(const struct clock_follower_ops *ops)
{
	store_release(followers, ops);
}

/*
 * The offset is stored before the sleepers are woken and the timers are moved, so a thread that
 * checks again uses the new one.
 */
void clock_set_realtime_ns(u64 ns)
{
	const struct clock_follower_ops *follower;

	set_offset(ns - time_mono_ns());
	waitq_wake_all(&clock_set_wait);
	follower = load_acquire(followers);
	if (follower)
		follower->was_set();
	posix_timers_clock_was_set();
}

static const struct signal_timer_ops timer_ops = {
	.timer_taken = posix_timer_taken,
	.alarm_taken = itimer_taken,
	.heard = posix_timers_heard,
};

void clock_init(struct page *vdso)
{
	u64 now = rtc_read_ns();

	vdso_page = vdso;
	signal_timers_register(&timer_ops);
	set_offset((now ? now : FALLBACK_NS) - time_mono_ns());
}

/* ---- the RTC ---- */

/* The first RTC that a driver registers is used. */
void rtc_register(const struct rtc_ops *ops, struct obj *owner)
{
	if (rtc)
		return;
	rtc_owner = owner ? obj_get_any(owner) : NULL;
	rtc = ops;
}

u64 rtc_read_ns(void)
{
	return rtc ? rtc->read_ns(rtc_owner) : 0;
}

int rtc_write_ns(u64 ns)
{
	return rtc && rtc->write_ns ? rtc->write_ns(rtc_owner, ns) : -ENODEV;
}

/* ---- conversions ---- */

struct timespec64 timespec_of_ns(u64 ns)
{
	return (struct timespec64){ .sec = (s64)(ns / NSEC_PER_SEC),
		.nsec = (s64)(ns % NSEC_PER_SEC) };
}

/* Saturates far below NO_DEADLINE, so that callers can add the present time. */
int timespec_to_ns(const struct timespec64 *ts, u64 *ns)
{
	if (ts->sec < 0 || ts->nsec < 0 || ts->nsec >= (s64)NSEC_PER_SEC)
		return -EINVAL;
	if ((u64)ts->sec >= (NO_DEADLINE >> 1) / NSEC_PER_SEC)
		*ns = NO_DEADLINE >> 1;
	else
		*ns = (u64)ts->sec * NSEC_PER_SEC + (u64)ts->nsec;
	return 0;
}

int deadline_from_user(struct uaddr timespec, u64 *deadline_ns)
{
	struct timespec64 ts = { 0 };
	int err;
	u64 ns = 0;

	*deadline_ns = NO_DEADLINE;
	if (!timespec.va)
		return 0;
	if (user_get(&ts, timespec))
		return -EFAULT;
	err = timespec_to_ns(&ts, &ns);
	if (!err && (!ns || __builtin_add_overflow(time_mono_ns(), ns, deadline_ns)))
		*deadline_ns = ns ? NO_DEADLINE - 1 : 0;
	return err;
}

/* ---- clocks by number ---- */

bool clock_is_wall(s32 clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI ||
		clock == CLOCK_REALTIME_COARSE;
}

bool clock_is_cpu(s32 clock)
{
	return clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID || clock < 0;
}

u64 clock_now_ns(s32 clock)
{
	return clock_is_wall(clock) ? clock_realtime_ns() : time_mono_ns();
}

/*
 * The offset is read once; if it changes afterwards, the caller is among the followers of
 * clock_set_realtime_ns.
 */
u64 clock_deadline(s32 clock, u64 ns)
{
	u64 offset = load_once(realtime_offset);

	if (!clock_is_wall(clock))
		return ns;
	return ns > offset ? ns - offset : 0;
}

u64 thread_cpu_ns(struct thread *t, bool user_only)
{
	u64 user = 0, system = 0;

	if (t->task)
		task_cpu_time(t->task, &user, &system);
	return user_only ? user : user + system;
}

/*
 * Threads that have exited are in the process's counters, the others in the list, which
 * sighand.lock keeps stable.
 */
u64 process_cpu_ns(struct process *p, bool user_only)
{
	u64 irq = 0;
	struct sighand *s = sighand_lock_process(p, &irq);
	u64 sum = atomic_load(&p->user_ns) + (user_only ? 0 : atomic_load(&p->system_ns));
	struct thread *t;

	if (!s)
		return sum;
	list_for_each(t, &p->threads, group_link) {
		if (!t->exited)
			sum += thread_cpu_ns(t, user_only);
	}
	sighand_unlock(s, irq);
	return sum;
}

/* ---- periods ---- */

/* Division instead of a loop: a period may have passed any number of times. */
u64 period_advance(struct period *p, u64 now)
{
	u64 n;

	if (!p->expires_ns || p->expires_ns > now)
		return 0;
	if (!p->interval_ns) {
		p->expires_ns = 0;
		return 1;
	}
	n = (now - p->expires_ns) / p->interval_ns + 1;
	p->expires_ns += n * p->interval_ns;
	return n;
}

u64 period_left(const struct period *p, u64 now)
{
	if (!p->expires_ns)
		return 0;
	return p->expires_ns > now ? p->expires_ns - now : 1;
}

int itimerspec_to_period(const struct itimerspec64 *its, struct period *p)
{
	int err = timespec_to_ns(&its->value, &p->expires_ns);

	return err ? err : timespec_to_ns(&its->interval, &p->interval_ns);
}

struct itimerspec64 itimerspec_of(u64 left_ns, u64 interval_ns)
{
	return (struct itimerspec64){ .interval = timespec_of_ns(interval_ns),
		.value = timespec_of_ns(left_ns) };
}
