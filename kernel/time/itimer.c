// SPDX-License-Identifier: MPL-2.0
/*
 * Interval timers: getitimer, setitimer, alarm; RLIMIT_CPU; and struct posix_timers, which holds
 * all timers of a process. See setitimer(2).
 *
 * ITIMER_REAL runs on the monotonic clock. Since SIGALRM coalesces, its next period starts when the
 * signal is taken (itimer_taken), so no interval is too short for the kernel. ITIMER_VIRTUAL,
 * ITIMER_PROF and RLIMIT_CPU count CPU time. They share one frame timer, which fires when the first
 * of them can be due at the earliest, checks all, and is set again (check_cpu_locked).
 *
 * Locking: posix_timers.lock (irqsave). proc_lock decides which of several threads makes the
 *          objects. The frame timers are stopped before the process is released
 *          (posix_timers_exit), so their operations always find it. Signals are sent after the
 *          unlock.
 */
#include <frame/cpu.h>
#include <kernel/stat.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/resource.h>

#include "posix_timer.h"

enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

static void posix_timers_release(struct posix_timers *ts)
{
	obj_put(&ts->alarm);
}
OBJ_TYPE(posix_timers, posix_timers_release);

/* Several threads may make the object; one publishes it under proc_lock, the others drop theirs. */
struct posix_timers *timers_of(struct process *p)
{
	struct posix_timers *ts = load_acquire(p->timers);
	struct posix_timers *mine;

	if (ts)
		return ts;
	mine = obj_new(posix_timers);
	if (!mine)
		return NULL;
	mine->process = p;
	spin_lock(&proc_lock);
	ts = p->timers;
	if (!ts && !p->timers_ended) {
		ts = mine;
		mine = NULL;
		store_release(p->timers, ts);
	}
	spin_unlock(&proc_lock);
	obj_put(&mine);
	return ts;
}

/* @left_ns of CPU time cannot be used faster than by all threads on all CPUs at once. */
u64 cpu_timer_deadline(struct process *p, u64 left_ns)
{
	u64 runners = clamp((u64)load_once(p->nr_threads), 1ul, (u64)cpu_count());

	return time_mono_ns() + max(left_ns / runners, NSEC_PER_MSEC);
}

#define REST_MAX_NS (16 * NSEC_PER_MSEC)

/*
 * A process that sleeps is checked less and less often, so that many of them cost little. When it
 * runs again, it is noticed at most REST_MAX_NS later.
 */
u64 cpu_rest_ns(struct cpu_rest *r, u64 used_ns)
{
	if (used_ns == r->used_ns)
		r->rest_ns = clamp(r->rest_ns * 2, NSEC_PER_MSEC, REST_MAX_NS);
	else
		r->rest_ns = 0;
	r->used_ns = used_ns;
	return r->rest_ns;
}

/* ---- ITIMER_REAL ---- */

/* The frame timer's operation, in an interrupt. Returns the next time to fire, 0: none. */
static u64 real_fire(struct obj *owner)
{
	struct posix_timers *ts = obj_cast(posix_timers, owner);
	u64 now = time_mono_ns();
	u64 next = 0;
	u64 irq = spin_lock_irqsave(&ts->lock);
	bool due = ts->real.expires_ns && ts->real.expires_ns <= now;

	if (!due)
		next = ts->real.expires_ns;
	else if (!ts->real.interval_ns)
		ts->real.expires_ns = 0;
	spin_unlock_irqrestore(&ts->lock, irq);
	if (!due)
		return next;
	if (signal_send_timer(ts->process, NULL, ts->alarm) >= 0)
		return 0; /* itimer_taken sets the next period */
	/*
	 * SIGALRM is ignored: the timer stops, as on Linux, where the taking of the signal starts
	 * the next period.
	 */
	irq = spin_lock_irqsave(&ts->lock);
	if (ts->real.expires_ns <= now)
		ts->real.expires_ns = 0;
	spin_unlock_irqrestore(&ts->lock, irq);
	return 0;
}
static const struct timer_ops real_ops = { .fire = real_fire };

/*
 * Called when SIGALRM is taken by a handler or a wait. Expiries in the meantime were one signal,
 * and the next one is in the future.
 */
void itimer_taken(struct process *p)
{
	struct posix_timers *ts = p->timers;
	u64 irq;

	if (!ts || !load_once(ts->real.expires_ns))
		return;
	irq = spin_lock_irqsave(&ts->lock);
	if (ts->real.expires_ns && period_advance(&ts->real, time_mono_ns()) && ts->real.expires_ns)
		timer_set(ts->real_timer, ts->real.expires_ns);
	spin_unlock_irqrestore(&ts->lock, irq);
}

/* ---- ITIMER_VIRTUAL, ITIMER_PROF, RLIMIT_CPU ---- */

/*
 * RLIMIT_CPU: SIGXCPU at the soft limit and each second after it, SIGKILL at the hard limit; see
 * setrlimit(2). @all: CPU time used. Adds to the set @due; returns the CPU time of the next check,
 * ~0: none.
 */
static u64 check_limit_locked(struct posix_timers *ts, u64 all, u64 *due)
{
	u64 soft = load_once(ts->process->rlimits.v[RLIMIT_CPU].cur);
	u64 hard = load_once(ts->process->rlimits.v[RLIMIT_CPU].max);
	u64 far = (NO_DEADLINE >> 1) / NSEC_PER_SEC;
	u64 soft_ns = max(min(soft, far) * NSEC_PER_SEC, ts->xcpu_after);
	u64 hard_ns = min(hard, far) * NSEC_PER_SEC;

	if (soft >= far)
		return hard >= far ? ~0ul : hard_ns;
	if (all >= hard_ns) {
		*due |= sigbit(SIGKILL);
	} else if (all >= soft_ns) {
		*due |= sigbit(SIGXCPU);
		ts->xcpu_after = all + NSEC_PER_SEC;
		soft_ns = ts->xcpu_after;
	}
	return min(soft_ns, hard_ns);
}

/*
 * Advances the periods that are due. Returns the set of signals that are due; *@deadline is the
 * monotonic time of the next check, 0: never.
 */
static u64 check_cpu_locked(struct posix_timers *ts, u64 user, u64 all, u64 *deadline)
{
	u64 due = 0;
	u64 left = ~0ul;
	u64 limit = check_limit_locked(ts, all, &due);

	if (period_advance(&ts->virt, user))
		due |= sigbit(SIGVTALRM);
	if (period_advance(&ts->prof, all))
		due |= sigbit(SIGPROF);
	if (ts->virt.expires_ns)
		left = ts->virt.expires_ns - user;
	if (ts->prof.expires_ns)
		left = min(left, ts->prof.expires_ns - all);
	if (limit != ~0ul)
		left = min(left, limit > all ? limit - all : 0);
	*deadline = left == ~0ul ? 0 : cpu_timer_deadline(ts->process, left);
	return due;
}

/*
 * The frame timer's operation, in an interrupt: checks all three clocks and sends the signals after
 * the unlock.
 */
static u64 cpu_fire(struct obj *owner)
{
	struct posix_timers *ts = obj_cast(posix_timers, owner);
	u64 user = process_cpu_ns(ts->process, true);
	u64 all = process_cpu_ns(ts->process, false);
	u64 irq = spin_lock_irqsave(&ts->lock);
	u64 deadline = 0;
	u64 due = check_cpu_locked(ts, user, all, &deadline);

	if (deadline)
		deadline = max(deadline, time_mono_ns() + cpu_rest_ns(&ts->cpu_rest, all));
	spin_unlock_irqrestore(&ts->lock, irq);
	while (due) {
		s32 signo = (s32)bit_lowest(due) + 1;
		due &= ~sigbit(signo);
		signal_kernel(ts->process, signo);
	}
	return deadline;
}
static const struct timer_ops cpu_ops = { .fire = cpu_fire };

/* ---- the calls ---- */

/*
 * Makes the frame timers of @ts, at first use. Of several threads one publishes them under
 * proc_lock. 0, also if the process has ended, or -ENOMEM. real_timer is stored last, with a
 * release: a thread that sees it sees the others.
 */
static int make_timers(struct posix_timers *ts)
{
	struct timer *real = timer_new(&real_ops, &ts->obj);
	struct timer *cpu = timer_new(&cpu_ops, &ts->obj);
	struct sigqueue *alarm = obj_new(sigqueue);
	int err = real && cpu && alarm ? 0 : -ENOMEM;

	if (!err) {
		alarm->info = (struct siginfo){ .signo = SIGALRM, .code = SI_KERNEL };
		spin_lock(&proc_lock);
		if (!ts->real_timer && !ts->ended) {
			ts->alarm = alarm;
			ts->cpu_timer = cpu;
			store_release(ts->real_timer, real);
			real = NULL;
			cpu = NULL;
			alarm = NULL;
		}
		spin_unlock(&proc_lock);
	}
	timer_put(&real);
	timer_put(&cpu);
	obj_put(&alarm);
	return err;
}

/* The process's timers with their frame timers, or NULL (no memory). */
static struct posix_timers *ready_timers(struct process *p)
{
	struct posix_timers *ts = timers_of(p);

	return ts && (load_acquire(ts->real_timer) || !make_timers(ts)) ? ts : NULL;
}

/* A reference, or NULL: @p may be another process, which may exit meanwhile (posix_timers_exit). */
static struct posix_timers *timers_get(struct process *p)
{
	struct posix_timers *ts;

	(void)timers_of(p);
	spin_lock(&proc_lock);
	ts = p->timers ? obj_get(p->timers) : NULL;
	spin_unlock(&proc_lock);
	return ts;
}

/*
 * The limit may be another process's (prlimit). The timer fires at once, and computes from the
 * limits that hold then.
 */
void cpu_limit_start(struct process *p)
{
	struct posix_timers *ts;
	u64 irq;

	if (load_once(p->rlimits.v[RLIMIT_CPU].cur) == RLIM_INFINITY)
		return;
	ts = timers_get(p);
	if (ts && (load_acquire(ts->real_timer) || !make_timers(ts))) {
		irq = spin_lock_irqsave(&ts->lock);
		if (ts->cpu_timer)
			timer_set(ts->cpu_timer, time_mono_ns());
		spin_unlock_irqrestore(&ts->lock, irq);
	}
	obj_put(&ts);
}

/* The present time of the clock that timer @which counts. */
static u64 itimer_now(struct process *p, s32 which)
{
	return which == ITIMER_REAL ? time_mono_ns() : process_cpu_ns(p, which == ITIMER_VIRTUAL);
}

/*
 * Reads timer @which into @old and, if @new is not NULL, sets it. Both are durations. The clocks
 * are read before the lock is taken.
 */
static void itimer_exchange(struct posix_timers *ts, s32 which, const struct period *new,
	struct period *old)
{
	struct process *p = ts->process;
	u64 now = itimer_now(p, which);
	u64 user = process_cpu_ns(p, true);
	u64 all = process_cpu_ns(p, false);
	u64 irq = spin_lock_irqsave(&ts->lock);
	struct period *const per = which == ITIMER_REAL ? &ts->real
		: which == ITIMER_PROF                  ? &ts->prof
							: &ts->virt;
	u64 deadline = 0;

	old->expires_ns = period_left(per, now);
	old->interval_ns = per->interval_ns;
	if (new) {
		per->expires_ns = new->expires_ns ? now + new->expires_ns : 0;
		per->interval_ns = new->interval_ns;
		if (which == ITIMER_REAL) {
			if (!new->expires_ns)
				per->interval_ns = 0;
			deadline = per->expires_ns;
			(void)timer_cancel(ts->real_timer);
			if (deadline)
				timer_set(ts->real_timer, deadline);
		} else {
			(void)check_cpu_locked(ts, user, all, &deadline);
			if (deadline)
				timer_set(ts->cpu_timer, deadline);
		}
	}
	spin_unlock_irqrestore(&ts->lock, irq);
}

struct itimerval64 {
	struct timeval64 interval, value;
};

/* Rounded up, so that a timer that is armed never shows 0. */
static struct timeval64 timeval_of(u64 ns)
{
	u64 us = div_round_up(ns, NSEC_PER_USEC);

	return (struct timeval64){ .sec = (s64)(us / 1000000), .usec = (s64)(us % 1000000) };
}

static int timeval_to_ns(const struct timeval64 *tv, u64 *ns)
{
	struct timespec64 ts = { .sec = tv->sec };

	if (tv->usec < 0 || tv->usec >= 1000000)
		return -EINVAL;
	ts.nsec = tv->usec * (s64)NSEC_PER_USEC;
	return timespec_to_ns(&ts, ns);
}

static s64 put_itimerval(struct uaddr to, const struct period *p)
{
	struct itimerval64 v = { .interval = timeval_of(p->interval_ns),
		.value = timeval_of(p->expires_ns) };

	return user_put(to, &v);
}

/* A process that never had a timer has no object for them: all zeroes. */
s64 sys_getitimer(struct thread *t, s32 which, struct uaddr value)
{
	struct period old = { 0 };
	struct posix_timers *ts = t->process->timers;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	if (ts)
		itimer_exchange(ts, which, NULL, &old);
	return put_itimerval(value, &old);
}

/* Without a value the timer is stopped, as on Linux, although setitimer(2) does not promise it. */
s64 sys_setitimer(struct thread *t, s32 which, struct uaddr value, struct uaddr old_value)
{
	struct itimerval64 v = { 0 };
	struct period new = { 0 }, old = { 0 };
	struct posix_timers *ts;

	if (value.va && user_get(&v, value))
		return -EFAULT;
	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	if (timeval_to_ns(&v.value, &new.expires_ns) ||
		timeval_to_ns(&v.interval, &new.interval_ns))
		return -EINVAL;
	ts = ready_timers(t->process);
	if (!ts)
		return -ENOMEM;
	itimer_exchange(ts, which, &new, &old);
	return old_value.va ? put_itimerval(old_value, &old) : 0;
}

/* ITIMER_REAL in whole seconds. The time that was left of the old one is rounded, but not to 0. */
s64 sys_alarm(struct thread *t, u32 seconds)
{
	struct period new = { .expires_ns = seconds * NSEC_PER_SEC }, old = { 0 };
	struct posix_timers *ts = ready_timers(t->process);
	u64 left;

	if (!ts)
		return 0;
	itimer_exchange(ts, ITIMER_REAL, &new, &old);
	left = (old.expires_ns + NSEC_PER_SEC / 2) / NSEC_PER_SEC;
	return (s64)(old.expires_ns && !left ? 1 : left);
}

/*
 * The pointers are cleared under the lock, so nobody sets the timers again; then their operations
 * are waited for.
 */
void itimers_exit(struct posix_timers *ts)
{
	u64 irq = spin_lock_irqsave(&ts->lock);
	struct timer *real = ts->real_timer, *cpu = ts->cpu_timer;

	ts->real_timer = NULL;
	ts->cpu_timer = NULL;
	spin_unlock_irqrestore(&ts->lock, irq);
	if (!real)
		return;
	(void)timer_cancel_sync(real);
	(void)timer_cancel_sync(cpu);
	timer_put(&real);
	timer_put(&cpu);
}
