// SPDX-License-Identifier: MPL-2.0
/*
 * timerfd. See timerfd_create(2).
 *
 * The frame timer fires once, in an interrupt, marks the timer as expired and wakes readers. A read
 * counts the expirations up to then and starts the next period. So a tiny interval costs nothing
 * while nobody reads.
 *
 * Timers at an absolute time of day are on wall_timers: they get a new deadline when the clock is
 * set, and with TFD_TIMER_CANCEL_ON_SET a read returns ECANCELED once.
 *
 * References: the open file holds the timerfd, and so does the frame timer, which the release of
 * the file drops.
 * Locking: timerfd.lock (irqsave); wall_lock before it, for the list.
 */
#include <frame/fmt.h>
#include <frame/sync.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/list.h>
#include <kernel/poll.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "../time/time.h"

#define TFD_NONBLOCK            O_NONBLOCK
#define TFD_CLOEXEC             O_CLOEXEC
#define TFD_TIMER_ABSTIME       1u
#define TFD_TIMER_CANCEL_ON_SET 2u

struct timerfd {
	struct obj obj;
	struct spinlock lock;
	struct timer *timer;
	s32 clock;
	bool absolute; /* set to a time of day: moves when the clock is set */
	bool cancel_on_set, canceled;
	bool expired;
	bool on_wall;
	u32 settime_flags;
	struct period period;
	struct waitq wait;
	struct poll_source *poll;
	LIST_LINK(timerfd) wall_link;
};

static struct spinlock wall_lock;
static LIST_HEAD(timerfd) wall_timers;

static void timerfd_obj_release(struct timerfd *tf)
{
	obj_put(&tf->poll);
}
OBJ_TYPE(timerfd, timerfd_obj_release);

/* The present time of the clock that the deadline is measured by. */
static u64 timerfd_now_of(const struct timerfd *tf)
{
	return tf->absolute ? clock_now_ns(tf->clock) : time_mono_ns();
}

/* When the frame timer is to fire, in monotonic time; 0: never. tf->lock held. */
static u64 timerfd_deadline_of(const struct timerfd *tf)
{
	u64 at = tf->period.expires_ns;

	if (!at)
		return 0;
	return max(tf->absolute ? clock_deadline(tf->clock, at) : at, 1ul);
}

/* Wakes readers and pollers. Also called in interrupts. */
static void notify(struct timerfd *tf)
{
	waitq_wake_all(&tf->wait);
	poll_notify(tf->poll, POLLIN | POLLRDNORM);
}

/*
 * The frame timer's operation, in an interrupt. Returns the next time to fire, 0: none. The clock
 * may have been set back, so it checks whether the timer is due.
 */
static u64 timerfd_fire(struct obj *owner)
{
	struct timerfd *tf = obj_cast(timerfd, owner);
	u64 irq = spin_lock_irqsave(&tf->lock);
	bool due = tf->period.expires_ns && tf->period.expires_ns <= timerfd_now_of(tf);
	u64 next = due ? 0 : timerfd_deadline_of(tf);

	if (due)
		tf->expired = true;
	spin_unlock_irqrestore(&tf->lock, irq);
	if (due)
		notify(tf);
	return next;
}
static const struct timer_ops timerfd_timer_ops = { .fire = timerfd_fire };

/*
 * Enters the timer in the list, or removes it, as its present settings demand: of two tasks that
 * set it at the same time, the later one finds the settings that hold. Between the setting and the
 * entry the clock may have been set, and clock_was_set did not find the timer; so an entry sets the
 * frame timer once more. A release has cleared tf->timer before, so a timer that is being released
 * is not entered again.
 */
static void timerfd_update_on_wall(struct timerfd *tf)
{
	u64 irq = spin_lock_irqsave(&wall_lock);
	bool on;

	spin_lock(&tf->lock);
	on = tf->timer && tf->absolute && (tf->period.expires_ns || tf->cancel_on_set);
	if (on && !tf->on_wall)
		list_push_back(&wall_timers, tf, wall_link);
	else if (!on && tf->on_wall)
		list_remove(&wall_timers, tf, wall_link);
	tf->on_wall = on;
	if (on && tf->period.expires_ns && !tf->expired)
		timer_set(tf->timer, timerfd_deadline_of(tf));
	spin_unlock(&tf->lock);
	spin_unlock_irqrestore(&wall_lock, irq);
}

/*
 * The time of day was set. The frame timer exists while wall_lock is held: the release takes this
 * lock between clearing tf->timer and freeing it.
 */
static void clock_was_set(void)
{
	struct timerfd *tf;
	u64 irq = spin_lock_irqsave(&wall_lock);

	list_for_each(tf, &wall_timers, wall_link) {
		u64 next;
		spin_lock(&tf->lock);
		/* An expired timer gets its next deadline by the read. */
		next = tf->expired ? 0 : timerfd_deadline_of(tf);
		if (next && tf->timer)
			timer_set(tf->timer, next);
		if (tf->cancel_on_set)
			tf->canceled = true;
		spin_unlock(&tf->lock);
		if (tf->cancel_on_set)
			notify(tf);
	}
	spin_unlock_irqrestore(&wall_lock, irq);
}
static const struct clock_follower_ops follower_ops = { .was_set = clock_was_set };

/* ---- file operations ---- */

/*
 * Takes the expirations and starts the next period. -ECANCELED, once after the time of day was set.
 * The count and the next period are one step under the lock, so no expiration is counted twice, by
 * whatever reader.
 */
static s64 take_ticks(struct timerfd *tf, u64 *ticks)
{
	u64 irq = spin_lock_irqsave(&tf->lock);
	s64 err = 0;

	*ticks = 0;
	if (tf->canceled) {
		tf->canceled = false;
		err = -ECANCELED;
	} else if (tf->expired) {
		/* At least 1: the clock may have been set back since the expiry. */
		*ticks = max(period_advance(&tf->period, timerfd_now_of(tf)), 1ul);
		tf->expired = false;
		if (tf->period.expires_ns && tf->timer)
			timer_set(tf->timer, timerfd_deadline_of(tf));
	}
	spin_unlock_irqrestore(&tf->lock, irq);
	return err;
}

/* A snapshot without the lock; take_ticks decides. */
static bool timerfd_readable(const struct timerfd *tf)
{
	return load_acquire(tf->expired) || load_once(tf->canceled);
}

/* Of several readers that are woken one gets the count; the others find none and wait on. */
static ssize_t timerfd_read(struct file *f, struct uio *u, u64 *pos)
{
	struct timerfd *tf = obj_cast(timerfd, f->private);
	u64 ticks = 0;
	s64 ret;
	int err;

	(void)pos;
	if (u->left < sizeof(ticks))
		return -EINVAL;
	for (;;) {
		ret = take_ticks(tf, &ticks);
		if (ret)
			return ret;
		if (ticks)
			break;
		if (load_once(f->flags) & O_NONBLOCK)
			return -EAGAIN;
		wait_event(&tf->wait, timerfd_readable(tf), WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
		if (err)
			return -ERESTARTSYS;
	}
	return uio_put(u, value_cspan(&ticks)) == sizeof(ticks) ? (ssize_t)sizeof(ticks) : -EFAULT;
}

static u32 timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *tf = obj_cast(timerfd, f->private);

	if (pt)
		poll_wait(pt, &tf->poll);
	return timerfd_readable(tf) ? POLLIN | POLLRDNORM : 0;
}

/*
 * The timer is cleared under the lock, so nobody sets it again; then its operation is waited for.
 * That drops the frame timer's reference.
 */
static void timerfd_stop_timer(struct timerfd *tf)
{
	struct timer *timer = tf->timer;
	u64 irq = spin_lock_irqsave(&tf->lock);

	tf->timer = NULL;
	spin_unlock_irqrestore(&tf->lock, irq);
	timerfd_update_on_wall(tf);
	(void)timer_cancel_sync(timer);
	timer_put(&timer);
}

static void timerfd_release(struct file *f)
{
	timerfd_stop_timer(obj_cast(timerfd, f->private));
}

/*
 * The time until expiry, and the interval. A periodic timer that has expired and was not read
 * reports the time until its next expiry. Not 0 before the expiry is noted, because 0 would mean
 * that the timer is not armed. tf->lock held.
 */
static struct itimerspec64 read_spec_locked(const struct timerfd *tf)
{
	u64 now = timerfd_now_of(tf);
	u64 at = tf->period.expires_ns;
	u64 interval = tf->period.interval_ns;
	u64 left = 0;

	if (at > now)
		left = at - now;
	else if (at && interval)
		left = interval - (now - at) % interval;
	else if (at && !tf->expired)
		left = 1;
	return itimerspec_of(left, interval);
}

static struct itimerspec64 read_spec(struct timerfd *tf)
{
	u64 irq = spin_lock_irqsave(&tf->lock);
	struct itimerspec64 its = read_spec_locked(tf);

	spin_unlock_irqrestore(&tf->lock, irq);
	return its;
}

static void timerfd_show(struct file *f, struct fmt *out)
{
	struct timerfd *tf = obj_cast(timerfd, f->private);
	struct itimerspec64 its = read_spec(tf);

	fmt_printf(out, "clockid: %d\nticks: %u\nsettime flags: 0%o\n", tf->clock,
		tf->expired ? 1u : 0u, tf->settime_flags);
	fmt_printf(out, "it_value: (%ld, %ld)\nit_interval: (%ld, %ld)\n", its.value.sec,
		its.value.nsec, its.interval.sec, its.interval.nsec);
}

/* There is no position, but seeking is not an error. */
static s64 timerfd_lseek(struct file *f, s64 off, u32 whence)
{
	(void)f;
	(void)off;
	(void)whence;
	return 0;
}

static const struct file_ops timerfd_ops = {
	.lseek = timerfd_lseek,
	.read = timerfd_read,
	.poll = timerfd_poll,
	.release = timerfd_release,
	.show_fdinfo = timerfd_show,
};

/* ---- the calls ---- */

/*
 * The alarm clocks are the same as those without an alarm, since the machine never sleeps; they
 * need the right nevertheless. The frame timer holds the timerfd and is held by it, until the file
 * is released.
 */
s64 sys_timerfd_create(struct thread *t, s32 clock, u32 flags)
{
	struct timerfd *tf, *keep;
	struct file *f;
	s32 fd;

	if (flags & ~(TFD_NONBLOCK | TFD_CLOEXEC))
		return -EINVAL;
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
		clock != CLOCK_REALTIME_ALARM && clock != CLOCK_BOOTTIME_ALARM)
		return -EINVAL;
	if ((clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) &&
		!cred_capable(t->cred, CAP_WAKE_ALARM))
		return -EPERM;
	clock_follow(&follower_ops);
	tf = obj_new(timerfd);
	if (!tf)
		return -ENOMEM;
	tf->clock = clock;
	tf->timer = timer_new(&timerfd_timer_ops, &tf->obj);
	if (!tf->timer) {
		obj_put(&tf);
		return -ENOMEM;
	}
	keep = obj_get(tf);
	f = file_new_anon(LIT("anon_inode:[timerfd]"), &timerfd_ops, &tf->obj,
		O_RDWR | (flags & TFD_NONBLOCK), FMODE_READ | FMODE_WRITE | FMODE_STREAM);
	if (!f)
		timerfd_stop_timer(
			keep); /* without a file, timer and timerfd would hold each other */
	obj_put(&keep);
	if (!f)
		return -ENOMEM;
	fd = fd_install(t, f, 0, flags & TFD_CLOEXEC);
	obj_put(&f);
	return fd;
}

static struct timerfd *timerfd_of(struct file *f)
{
	return f->ops == &timerfd_ops ? obj_cast(timerfd, f->private) : NULL;
}

/*
 * Sets the timer anew under the lock: earlier expirations are forgotten. An operation of the frame
 * timer in progress finds the new period and is not due. Returns what the timer had before: one step
 * with the setting, so an expiry is either told in the old value, or does not happen.
 */
static struct itimerspec64 arm(struct timerfd *tf, const struct period *p, u32 flags)
{
	bool wall = clock_is_wall(tf->clock);
	u64 irq = spin_lock_irqsave(&tf->lock);
	struct itimerspec64 old = read_spec_locked(tf);

	(void)timer_cancel(tf->timer);
	tf->absolute = wall && (flags & TFD_TIMER_ABSTIME);
	tf->cancel_on_set = tf->absolute && (flags & TFD_TIMER_CANCEL_ON_SET);
	tf->canceled = false;
	tf->expired = false;
	tf->settime_flags = flags;
	tf->period = *p;
	if (p->expires_ns && !(flags & TFD_TIMER_ABSTIME))
		tf->period.expires_ns += time_mono_ns();
	if (p->expires_ns)
		timer_set(tf->timer, timerfd_deadline_of(tf));
	spin_unlock_irqrestore(&tf->lock, irq);
	timerfd_update_on_wall(tf);
	return old;
}

s64 sys_timerfd_settime(struct thread *t, s32 fd, u32 flags, struct uaddr value,
	struct uaddr old_value)
{
	struct itimerspec64 its = { 0 }, old = { 0 };
	struct period p = { 0 };
	struct timerfd *tf;
	struct file *f;

	if (user_get(&its, value))
		return -EFAULT;
	if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) ||
		itimerspec_to_period(&its, &p))
		return -EINVAL;
	f = file_get(t, fd);
	if (!f)
		return -EBADF;
	tf = timerfd_of(f);
	if (tf)
		old = arm(tf, &p, flags);
	obj_put(&f);
	if (!tf)
		return -EINVAL;
	return old_value.va ? user_put(old_value, &old) : 0;
}

s64 sys_timerfd_gettime(struct thread *t, s32 fd, struct uaddr value)
{
	struct itimerspec64 its = { 0 };
	struct timerfd *tf;
	struct file *f = file_get(t, fd);

	if (!f)
		return -EBADF;
	tf = timerfd_of(f);
	if (tf)
		its = read_spec(tf);
	obj_put(&f);
	return tf ? user_put(value, &its) : -EINVAL;
}
