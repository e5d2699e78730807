// SPDX-License-Identifier: MPL-2.0
/*
 * timer_create and related calls. See timer_create(2), timer_settime(2), timer_getoverrun(2).
 *
 * How a timer expires. Its frame timer fires in an interrupt (posix_timer_fire). If the timer is
 * due, it sends its one queue entry to the process or thread, and is idle. When the signal is
 * taken, posix_timer_taken counts the periods that have passed, reports them as overruns, and sets
 * the frame timer for the next one. So even a tiny interval costs nothing while nobody takes the
 * signal, and a timer never has more than one signal queued.
 *
 * Timers without an effect cost nothing either. One with SIGEV_NONE needs no frame timer: its time
 * is computed when it is read. One whose signal is ignored stops until sigaction changes that
 * (posix_timers_heard). A process that shares its handlers with the one that called sigaction is
 * not notified, so a stopped timer also checks by itself once a second.
 *
 * CPU-time clocks have no hardware timer. The frame timer fires when the CPU time can have been
 * used at the earliest, and is set again if it has not (cpu_timer_deadline). While the clock does
 * not advance, the checks become rarer (cpu_rest_ns).
 *
 * Timers at an absolute time of day are on wall_timers, and get a new deadline when the clock is
 * set.
 *
 * Deletion. The timer leaves the tree first; the thread that removes it there stops it
 * (unlist_locked decides between two). posix_timer_stop_timer clears pt->timer under the lock, so
 * that nobody sets the frame timer again, waits for an operation of the frame timer in progress,
 * and drops the references of the timer. A signal of the timer that is still queued stays queued.
 *
 * References: the process's tree holds the timer, the frame timer does, and the queue entry does.
 * posix_timer_stop_timer breaks these circles by dropping the frame timer and the entry.
 * Locking: posix_timers.lock for the tree; posix_timer.lock (irqsave) for one timer; wall_lock for
 *          the list, before posix_timer.lock. A setter calls posix_timer_update_on_wall after the
 *          unlock.
 */
#include <kernel/list.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "posix_timer.h"

enum { SIGEV_SIGNAL = 0, SIGEV_NONE = 1, SIGEV_THREAD = 2, SIGEV_THREAD_ID = 4 };
#define DELAYTIMER_MAX 0x7fffffffu

static struct spinlock wall_lock;
static LIST_HEAD(posix_timer) wall_timers;

static void posix_timer_release(struct posix_timer *pt)
{
	(void)pt; /* timer_delete has dropped all that it held */
}
OBJ_TYPE(posix_timer, posix_timer_release);

static bool id_before(const struct posix_timer *a, const struct posix_timer *b)
{
	return a->id < b->id;
}
TREE_DEFINE(timer_tree, posix_timer, node, id_before)

static struct posix_timer *posix_timer_find_locked(struct posix_timers *ts, s32 id)
{
	struct posix_timer *pt = ts->timers;

	while (pt && pt->id != id)
		pt = id < pt->id ? pt->node.left : pt->node.right;
	return pt;
}

/*
 * Takes the timer out of the tree. true: the tree's reference is the caller's now. false: another
 * thread has taken it out. ts->lock held.
 */
static bool unlist_locked(struct posix_timers *ts, struct posix_timer *pt)
{
	if (!pt->listed)
		return false;
	timer_tree_remove(&ts->timers, pt);
	pt->listed = false;
	return true;
}

/* ---- the timer's clock ---- */

/*
 * The present time of the timer's clock. pt->lock held, or called in the frame timer's operation:
 * posix_timer_stop_timer clears cpu_thread under the lock, and drops the reference only after the
 * last operation.
 */
static u64 now_as(const struct posix_timer *pt, bool absolute)
{
	struct thread *of = load_once(pt->cpu_thread);

	if (clock_is_cpu(pt->clock))
		return of ? thread_cpu_ns(of, false) : process_cpu_ns(pt->process, false);
	return absolute ? clock_now_ns(pt->clock) : time_mono_ns();
}

static u64 posix_timer_now_of(const struct posix_timer *pt)
{
	return now_as(pt, pt->absolute);
}

/* When the frame timer is to fire, in monotonic time; 0: never. @now is posix_timer_now_of. */
static u64 posix_timer_deadline_of(const struct posix_timer *pt, u64 now)
{
	u64 at = pt->period.expires_ns;

	if (!at || pt->notify == SIGEV_NONE)
		return 0;
	if (clock_is_cpu(pt->clock))
		return cpu_timer_deadline(pt->process, at > now ? at - now : 0);
	return max(pt->absolute ? clock_deadline(pt->clock, at) : at, 1ul);
}

/*
 * The frame timer fired but the timer is not due: CPU time advances more slowly than the frame's
 * clock, and the time of day may have been set.
 */
static u64 look_again_locked(struct posix_timer *pt, u64 now)
{
	u64 next = posix_timer_deadline_of(pt, now);
	u64 rest = clock_is_cpu(pt->clock) ? cpu_rest_ns(&pt->cpu_rest, now) : 0;

	return next ? max(next, time_mono_ns() + max(rest, NSEC_PER_MSEC / 20)) : 0;
}

/*
 * The signal was ignored. Skips the expirations so far and stops until posix_timers_heard, or until
 * the next check in a second. Returns the time of that check; 0 for a timer that does not repeat.
 */
static u64 wait_to_be_heard(struct posix_timer *pt, u64 now)
{
	u64 irq = spin_lock_irqsave(&pt->lock);

	(void)period_advance(&pt->period, now);
	pt->unheard = pt->period.expires_ns;
	if (pt->unheard)
		store_once(pt->process->timers_unheard, true);
	spin_unlock_irqrestore(&pt->lock, irq);
	return pt->unheard ? time_mono_ns() + NSEC_PER_SEC : 0;
}

/*
 * The frame timer's operation, in an interrupt. Returns the next time to fire, 0: none. The signal
 * is sent without pt->lock: the receiver may take it at once, and posix_timer_taken needs the lock.
 */
static u64 posix_timer_fire(struct obj *owner)
{
	struct posix_timer *pt = obj_cast(posix_timer, owner);
	u64 now = posix_timer_now_of(pt);
	u64 next = 0;
	u64 irq = spin_lock_irqsave(&pt->lock);
	bool due = pt->period.expires_ns && pt->period.expires_ns <= now;

	if (!due)
		next = look_again_locked(pt, now);
	spin_unlock_irqrestore(&pt->lock, irq);
	if (!due)
		return next;
	if (signal_send_timer(pt->process, pt->target, pt->entry) >= 0)
		return 0; /* posix_timer_taken sets the next period */
	return wait_to_be_heard(pt, now);
}
static const struct timer_ops posix_timer_ops = { .fire = posix_timer_fire };

/*
 * The checks are repeated under the lock: the timer may have been deleted (timer NULL) or set again
 * (period_advance returns 0) since the signal was sent.
 */
void posix_timer_taken(struct obj *timer, struct siginfo *info)
{
	struct posix_timer *pt = obj_cast(posix_timer, timer);
	u64 now, n, next, irq;

	if (!pt)
		return;
	irq = spin_lock_irqsave(&pt->lock);
	if (pt->timer) {
		now = posix_timer_now_of(pt);
		n = period_advance(&pt->period, now);
		pt->overrun = (u32)min(n ? n - 1 : 0ul, (u64)DELAYTIMER_MAX);
		next = posix_timer_deadline_of(pt, now);
		if (n && next)
			timer_set(pt->timer, next);
	}
	info->pid = pt->id;
	info->uid = pt->overrun;
	spin_unlock_irqrestore(&pt->lock, irq);
}

/* Sets the frame timer again if the last signal was ignored. */
static void go_on_heard(struct posix_timer *pt)
{
	u64 now, next, irq = spin_lock_irqsave(&pt->lock);

	if (pt->unheard && pt->timer) {
		now = posix_timer_now_of(pt);
		(void)period_advance(&pt->period, now);
		next = posix_timer_deadline_of(pt, now);
		if (next)
			timer_set(pt->timer, next);
	}
	pt->unheard = false;
	spin_unlock_irqrestore(&pt->lock, irq);
}

/*
 * The timer with the lowest id from @id on: a reference, or NULL. Timers are visited by id, since
 * the lock cannot be held over the visit.
 */
static struct posix_timer *next_timer(struct posix_timers *ts, s32 id)
{
	struct posix_timer *pt, *found = NULL;
	u64 irq = spin_lock_irqsave(&ts->lock);

	for (pt = ts->timers; pt; pt = pt->id < id ? pt->node.right : pt->node.left) {
		if (pt->id >= id)
			found = pt;
	}
	if (found)
		(void)obj_get(found);
	spin_unlock_irqrestore(&ts->lock, irq);
	return found;
}

void posix_timers_heard(struct process *p)
{
	struct posix_timers *ts = load_acquire(p->timers);
	struct posix_timer *pt;
	s64 id = 0;

	if (!ts || !load_once(p->timers_unheard))
		return;
	store_once(p->timers_unheard, false);
	while (id <= 0x7fffffff && (pt = next_timer(ts, (s32)id)) != NULL) {
		id = (s64)pt->id + 1;
		go_on_heard(pt);
		obj_put(&pt);
	}
}

/* ---- the time of day is set ---- */

/* Sets the frame timer by the present time of day. pt->lock held. */
static void set_again_locked(struct posix_timer *pt)
{
	u64 next = pt->timer ? posix_timer_deadline_of(pt, 0) : 0;

	if (next)
		timer_set(pt->timer, next);
}

/*
 * Enters the timer in the list, or removes it, as its present settings demand: of two tasks that
 * set it at the same time, the later one finds the settings that hold. Between the setting and the
 * entry the clock may have been set, and posix_timers_clock_was_set did not find the timer; so an
 * entry sets the frame timer once more. posix_timer_stop_timer clears pt->timer before it calls
 * this.
 */
static void posix_timer_update_on_wall(struct posix_timer *pt)
{
	u64 irq = spin_lock_irqsave(&wall_lock);
	bool on;

	spin_lock(&pt->lock);
	on = pt->timer && pt->absolute && pt->period.expires_ns;
	if (on && !pt->on_wall)
		list_push_back(&wall_timers, pt, wall_link);
	else if (!on && pt->on_wall)
		list_remove(&wall_timers, pt, wall_link);
	pt->on_wall = on;
	if (on)
		set_again_locked(pt);
	spin_unlock(&pt->lock);
	spin_unlock_irqrestore(&wall_lock, irq);
}

/*
 * A timer in the list keeps its frame timer while wall_lock is held: posix_timer_stop_timer takes
 * this lock between clearing pt->timer and freeing it.
 */
void posix_timers_clock_was_set(void)
{
	struct posix_timer *pt;
	u64 irq = spin_lock_irqsave(&wall_lock);

	list_for_each(pt, &wall_timers, wall_link) {
		spin_lock(&pt->lock);
		set_again_locked(pt);
		spin_unlock(&pt->lock);
	}
	spin_unlock_irqrestore(&wall_lock, irq);
}

/* ---- finding, making, deleting ---- */

/* The timer @id of the thread's process: a reference, or NULL. */
static struct posix_timer *find_timer(struct thread *t, s32 id)
{
	struct posix_timers *ts = load_acquire(t->process->timers);
	struct posix_timer *pt;
	u64 irq;

	if (!ts)
		return NULL;
	irq = spin_lock_irqsave(&ts->lock);
	pt = posix_timer_find_locked(ts, id);
	if (pt)
		(void)obj_get(pt);
	spin_unlock_irqrestore(&ts->lock, irq);
	return pt;
}

/* Stops a timer that is not in the tree. The caller's reference remains. */
static void posix_timer_stop_timer(struct posix_timer *pt)
{
	struct timer *timer = pt->timer;
	struct thread *cpu_thread;
	u64 irq = spin_lock_irqsave(&pt->lock);

	cpu_thread = pt->cpu_thread;
	store_once(pt->cpu_thread, NULL);
	pt->timer = NULL;
	pt->period.expires_ns = 0;
	spin_unlock_irqrestore(&pt->lock, irq);
	posix_timer_update_on_wall(pt);
	(void)timer_cancel_sync(timer);
	timer_put(&timer);
	obj_put(&pt->entry);
	obj_put(&pt->target);
	obj_put(&cpu_thread);
}

/* One timer at a time, without the lock: stopping one waits for its operation. */
static void delete_all(struct posix_timers *ts)
{
	struct posix_timer *pt;
	u64 irq;

	for (;;) {
		irq = spin_lock_irqsave(&ts->lock);
		pt = ts->timers;
		if (pt)
			(void)unlist_locked(ts, pt);
		spin_unlock_irqrestore(&ts->lock, irq);
		if (!pt)
			break;
		posix_timer_stop_timer(pt);
		obj_put(&pt);
	}
}

void posix_timers_exit(struct process *p)
{
	struct posix_timers *ts;

	/*
	 * cpu_limit_start of another process may be about to set the CPU timer: it takes its
	 * reference under proc_lock.
	 */
	spin_lock(&proc_lock);
	ts = p->timers;
	store_release(p->timers, NULL);
	p->timers_ended = true;
	if (ts)
		ts->ended = true;
	spin_unlock(&proc_lock);
	if (!ts)
		return;
	itimers_exit(ts);
	delete_all(ts);
	obj_put(&ts);
}

void posix_timers_exec(struct process *p)
{
	if (p->timers)
		delete_all(p->timers);
}

struct sigevent64 {
	u64 value;
	s32 signo;
	s32 notify;
	s32 tid;
	s32 pad[11];
};
static_assert(sizeof(struct sigevent64) == 64, "struct sigevent");

/*
 * The owner of a CPU-time clock: only the caller's own process and its threads are possible. 0 or
 * -EINVAL.
 */
static s64 cpu_clock_owner(struct thread *t, s32 clock, struct posix_timer *pt)
{
	s32 id = ~(clock >> 3);

	if (clock == CLOCK_THREAD_CPUTIME_ID) {
		pt->cpu_thread = obj_get(t);
	} else if (clock < 0 && (clock & 4)) {
		pt->cpu_thread = id ? process_thread(t->process, id) : obj_get(t);
		return pt->cpu_thread ? 0 : -EINVAL;
	} else if (clock < 0) {
		return id && id != t->process->pid ? -EINVAL : 0;
	}
	return 0;
}

static s64 check_clock(s32 clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		return 0;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return -EOPNOTSUPP;
	default:
		return clock < 0 && (clock & 3) != 3 ? 0 : -EINVAL;
	}
}

/* Fills in the event's fields. 0 or -EINVAL. */
static s64 set_event(struct thread *t, struct posix_timer *pt, const struct sigevent64 *ev)
{
	u32 how = (u32)ev->notify & ~(u32)SIGEV_THREAD_ID;

	if (how != SIGEV_SIGNAL && how != SIGEV_NONE && how != SIGEV_THREAD)
		return -EINVAL;
	if (how != SIGEV_NONE && (ev->signo < 1 || ev->signo > NSIG))
		return -EINVAL;
	if (ev->notify & SIGEV_THREAD_ID) {
		if (how != SIGEV_SIGNAL)
			return -EINVAL;
		pt->target = process_thread(t->process, ev->tid);
		if (!pt->target)
			return -EINVAL;
	}
	pt->notify = how;
	pt->entry->info =
		(struct siginfo){ .signo = ev->signo, .code = SI_TIMER, .value = ev->value };
	return 0;
}

/*
 * A timer with its frame timer and queue entry, not in the tree: a reference, or NULL (no memory,
 * or over RLIMIT_SIGPENDING).
 */
static struct posix_timer *new_timer(struct thread *t, s32 clock)
{
	struct posix_timer *pt = obj_new(posix_timer);

	if (!pt)
		return NULL;
	pt->process = t->process;
	pt->clock = clock;
	pt->entry = sigqueue_new(t, false);
	pt->timer = timer_new(&posix_timer_ops, &pt->obj);
	if (pt->entry && pt->timer) {
		/* The entry leads the receiver of the signal back to the timer. */
		pt->entry->timer = obj_get_any(&pt->obj);
		return pt;
	}
	timer_put(&pt->timer);
	obj_put(&pt->entry);
	obj_put(&pt);
	return NULL;
}

/*
 * Gives the timer a free id and puts it into the tree, which takes over the reference: ids can be
 * guessed, so another thread may delete it at once. Returns the id; with @tells_id it is the
 * signal's value, too.
 */
static s32 publish_timer(struct posix_timers *ts, struct posix_timer *pt, bool tells_id)
{
	u64 irq = spin_lock_irqsave(&ts->lock);
	s32 id;

	do {
		id = ts->next_id;
		ts->next_id = (ts->next_id + 1) & 0x7fffffff;
	} while (posix_timer_find_locked(ts, id));
	pt->id = id;
	if (tells_id)
		pt->entry->info.value = (u64)id;
	pt->listed = true;
	timer_tree_insert(&ts->timers, pt);
	spin_unlock_irqrestore(&ts->lock, irq);
	return id;
}

s64 sys_timer_create(struct thread *t, s32 clock, struct uaddr event, struct uaddr id_out)
{
	struct sigevent64 ev = { .signo = SIGALRM };
	struct posix_timers *ts;
	struct posix_timer *pt;
	s64 err;
	s32 id;

	if (event.va && user_get(&ev, event))
		return -EFAULT;
	err = check_clock(clock);
	if (err)
		return err;
	ts = timers_of(t->process);
	pt = ts ? new_timer(t, clock) : NULL;
	if (!pt)
		return -EAGAIN;
	err = cpu_clock_owner(t, clock, pt);
	if (!err)
		err = set_event(t, pt, &ev);
	if (err) {
		posix_timer_stop_timer(pt);
		obj_put(&pt);
		return err;
	}
	id = publish_timer(ts, pt, !event.va);
	if (user_put(id_out, &id)) {
		(void)sys_timer_delete(t, id);
		return -EFAULT;
	}
	return 0;
}

s64 sys_timer_delete(struct thread *t, s32 id)
{
	struct posix_timer *pt = find_timer(t, id);
	struct posix_timers *ts = t->process->timers;
	struct posix_timer *listed = NULL;
	u64 irq;

	if (!pt)
		return -EINVAL;
	irq = spin_lock_irqsave(&ts->lock);
	if (unlist_locked(ts, pt))
		listed = pt;
	spin_unlock_irqrestore(&ts->lock, irq);
	if (listed) {
		posix_timer_stop_timer(listed);
		obj_put(&listed);
	}
	obj_put(&pt);
	return 0;
}

/* ---- setting and reading ---- */

/*
 * Time until expiry, and the interval. Between an expiry and the taking of its signal, a periodic
 * timer reports the time until its next expiry.
 */
static struct itimerspec64 read_locked(const struct posix_timer *pt, u64 now)
{
	u64 at = pt->period.expires_ns;
	u64 interval = pt->period.interval_ns;
	u64 left = 0;

	if (at > now)
		left = at - now;
	else if (at && interval)
		left = interval - (now - at) % interval;
	return itimerspec_of(left, interval);
}

s64 sys_timer_gettime(struct thread *t, s32 id, struct uaddr value)
{
	struct posix_timer *pt = find_timer(t, id);
	struct itimerspec64 its = { 0 };
	u64 now, irq;

	if (!pt)
		return -EINVAL;
	irq = spin_lock_irqsave(&pt->lock);
	now = posix_timer_now_of(pt);
	its = read_locked(pt, now);
	spin_unlock_irqrestore(&pt->lock, irq);
	obj_put(&pt);
	return user_put(value, &its);
}

/*
 * Old and new values are exchanged under the lock. A frame timer's operation in progress finds the
 * new period, and then it is not due.
 */
s64 sys_timer_settime(struct thread *t, s32 id, u32 flags, struct uaddr value,
	struct uaddr old_value)
{
	struct itimerspec64 its = { 0 }, old = { 0 };
	struct period p = { 0 };
	struct posix_timer *pt;
	bool absolute;
	u64 was, now, next, irq;

	if (!value.va)
		return -EINVAL;
	if (user_get(&its, value))
		return -EFAULT;
	if (itimerspec_to_period(&its, &p))
		return -EINVAL;
	pt = find_timer(t, id);
	if (!pt)
		return -EINVAL;
	absolute = flags & TIMER_ABSTIME && clock_is_wall(pt->clock);
	irq = spin_lock_irqsave(&pt->lock);
	was = posix_timer_now_of(pt);
	now = now_as(pt, absolute);
	old = read_locked(pt, was);
	pt->absolute = absolute;
	pt->overrun = 0;
	pt->unheard = false;
	pt->period = p;
	if (pt->period.expires_ns && !(flags & TIMER_ABSTIME))
		pt->period.expires_ns += now;
	if (pt->timer) {
		(void)timer_cancel(pt->timer);
		next = posix_timer_deadline_of(pt, now);
		if (next)
			timer_set(pt->timer, next);
	}
	spin_unlock_irqrestore(&pt->lock, irq);
	posix_timer_update_on_wall(pt);
	obj_put(&pt);
	return old_value.va ? user_put(old_value, &old) : 0;
}

s64 sys_timer_getoverrun(struct thread *t, s32 id)
{
	struct posix_timer *pt = find_timer(t, id);
	s64 n;

	if (!pt)
		return -EINVAL;
	n = pt->overrun;
	obj_put(&pt);
	return n;
}
