// SPDX-License-Identifier: MPL-2.0
/*
 * The parking lot: a hash table of sleeping tasks, keyed by the address of the object they wait
 * for.
 *
 * So a waitq, mutex or rwlock holds no pointer, and its memory may be zeroed or reused at any time:
 * the worst outcome is a sleeper that is not woken. task_park and task_unpark are the same sleep
 * without a queue: one token for each task.
 *
 * How a task sleeps. The task queues itself in the bucket of the key (park_prepare) and checks its
 * condition again. Then it goes to sleep (park_commit) or leaves the queue (park_cancel). To sleep,
 * it takes its task.lock, checks that no waker has woken it yet, sets its state to SLEEPING,
 * unlocks, and calls schedule. A waker takes the same task.lock. If it finds SLEEPING, it sets the
 * state to RUNNABLE and queues the task on a run queue, all before it unlocks. So sleeper and waker
 * cannot miss each other. Of several wakers only one finds SLEEPING, so a task is put on a run
 * queue once for each sleep.
 *
 * How a waker by key works (park_wake). The waker holds the bucket's lock from the moment it finds
 * the task until its last access to it. It takes the task off the bucket's queue, wakes it, clears
 * park_key as its last store, and unlocks task.lock. A timeout or a signal may have woken the task
 * in the meantime, so the task reads park_key when it leaves (park_leave). If park_key is 0, the
 * waker has finished with the task, except for the unlock. If it is not 0, the task takes the
 * bucket's lock: it then waits for a waker in progress, or there is no waker and the task takes
 * itself off the queue. Either way no waker still uses a task that has left, and a wake-up never
 * hits a later sleep. Memory order: the waker's store of park_key is a release and the task's load
 * an acquire. So the waker's accesses to the links come before the task's next accesses to them.
 *
 * How a waker by pointer works (task_unpark, task_interrupt). This waker holds no reference:
 * between any two of its instructions the task may die, its slot may become free, or another task
 * may start in the slot. So task.lock belongs to the slot, not to the task: task_new clears all of
 * a used slot except this lock. A task takes this lock to start, to sleep, and to die. While a
 * waker holds it, the task in the slot can neither begin to sleep nor die. If the waker finds
 * SLEEPING, it wakes the task that sleeps there now, which is the worst that a stale pointer can
 * do, and no other waker can be in the middle of the same. In any other state the waker does not
 * touch the task. The token and the interrupt flags that it leaves behind then belong to the slot's
 * present or next task.
 *
 * Locking: bucket.lock, then task.lock, then a run queue's lock. Waking is allowed in interrupts,
 *          so all of them are taken with interrupts off. The scheduling policy, which runs under
 *          these locks, cannot wake (must_hold_no_lock), so no lock is taken twice.
 * Trust: queue links live in struct task. park_leave takes the task off its queue before the
 *        sleeping call returns, and task_exit before the task dies, so no link is stale. A task is
 *        queued in at most one place: only the task queues itself, never in an interrupt, and not
 *        before it has left the previous queue.
 */
#include <frame/log.h>
#include <frame/time.h>

#include "task.h"

#define BUCKETS 256

static struct bucket {
	struct spinlock lock;
	u32 nr;
	struct task *first, *last;
} buckets[BUCKETS];

static struct bucket *bucket_of(u64 key)
{
	return &buckets[(key * 0x9e3779b97f4a7c15ul) >> 56];
}

/* The caller clears park_key. */
static void bucket_unlink(struct bucket *b, struct task *t)
{
	if (t->park_prev)
		t->park_prev->park_next = t->park_next;
	else
		b->first = t->park_next;
	if (t->park_next)
		t->park_next->park_prev = t->park_prev;
	else
		b->last = t->park_prev;
	store_once(b->nr, b->nr - 1);
}

void park_prepare(u64 key, enum wait_mode mode)
{
	struct task *t = arch_current();
	struct bucket *b = bucket_of(key);
	u64 flags;

	must_be_task();
	if (unlikely(t->park_prepared))
		_kernel_panic("a task between prepare and commit waits for something else");
	t->park_prepared = 1;
	store_once(arch_this_cpu()->ready, NOT_READY); /* makes user_run fail inside a wait */
	t->park_woken = 0;
	t->mode = mode;
	flags = spin_lock_irqsave(&b->lock);
	t->park_key = key;
	t->park_next = NULL;
	t->park_prev = b->last;
	if (b->last)
		b->last->park_next = t;
	else
		b->first = t;
	b->last = t;
	store_once(b->nr, b->nr + 1);
	spin_unlock_irqrestore(&b->lock, flags);
	memory_barrier(); /* in the queue before the caller looks at its condition again */
}

/* Takes the task off its queue. Returns whether it was still queued: then no waker took it off. */
static bool park_leave(struct task *t)
{
	u64 key = load_acquire(t->park_key);
	bool was = false;

	if (key) {
		struct bucket *b = bucket_of(key);
		u64 flags = spin_lock_irqsave(&b->lock);
		was = t->park_key != 0;
		if (was) {
			bucket_unlink(b, t);
			t->park_key = 0;
		}
		spin_unlock_irqrestore(&b->lock, flags);
	}
	t->park_prepared = 0;
	return was;
}

/* Whether the task's pending interrupts end a sleep of this mode. */
static bool task_interrupted(struct task *t, enum wait_mode mode)
{
	u32 flags = load_once(t->interrupts);

	return (mode == WAIT_INTERRUPTIBLE && flags) ||
		(mode == WAIT_KILLABLE && (flags & TASK_INT_KILL));
}

static void task_sleep_timeout(struct timer_node *n)
{
	/* TRUST: only task.timeout has this operation. */
	struct task *t = (struct task *)((u8 *)n - offsetof(struct task, timeout));
	u64 flags = spin_lock_irqsave(&t->lock);

	t->timed_out = 1;
	if (t->state == TASK_SLEEPING)
		task_wake_locked(t);
	spin_unlock_irqrestore(&t->lock, flags);
}

int sleep_until_woken(struct task *t, u32 *woken, enum wait_mode mode, u64 deadline_ns)
{
	int ret;
	u64 flags = _arch_irq_save();

	must_be_task();
	spin_lock(&t->lock);
	if (load_once(*woken) || task_interrupted(t, mode)) {
		spin_unlock(&t->lock);
		_arch_irq_restore(flags);
		return load_once(*woken) ? 0 : -EINTR;
	}
	if (deadline_ns != NO_DEADLINE && deadline_ns <= time_mono_ns()) {
		spin_unlock(&t->lock);
		_arch_irq_restore(flags);
		return -ETIMEDOUT;
	}
	t->mode = mode;
	t->timed_out = 0;
	t->sleeping = 1;
	t->state = TASK_SLEEPING;
	spin_unlock(&t->lock);
	if (deadline_ns != NO_DEADLINE) {
		t->timeout.fire = task_sleep_timeout;
		timer_node_set(&t->timeout, deadline_ns);
	}
	schedule();
	t->sleeping = 0;
	/* A timeout that fires late would end the task's next sleep. */
	if (deadline_ns != NO_DEADLINE && !timer_node_cancel(&t->timeout))
		timer_node_wait(&t->timeout);
	if (load_acquire(*woken))
		ret = 0;
	else if (t->timed_out)
		ret = -ETIMEDOUT;
	else
		ret = -EINTR;
	_arch_irq_restore(flags);
	return ret;
}

int park_commit(u64 deadline_ns)
{
	struct task *t = arch_current();
	int ret;

	if (unlikely(!t->park_prepared))
		_kernel_panic("waitq_commit without waitq_prepare");
	ret = sleep_until_woken(t, &t->park_woken, t->mode, deadline_ns);
	/*
	 * A wake-up at the same time as the timeout counts as a wake-up: the waker took the task
	 * off the queue.
	 */
	if (!park_leave(t) && ret)
		ret = 0;
	return ret;
}

void park_cancel(void)
{
	struct task *t = arch_current();

	must_be_task(); /* an interrupt may have interrupted the task in park_prepare */
	if (t->park_prepared)
		(void)park_leave(t);
}

unsigned park_wake(u64 key, unsigned nr)
{
	struct bucket *b = bucket_of(key);
	struct task *t, *next;
	unsigned woken = 0;
	u64 flags;

	must_hold_no_lock();
	if (!load_once(b->nr))
		return 0;
	flags = spin_lock_irqsave(&b->lock);
	for (t = b->first; t && woken < nr; t = next) {
		next = t->park_next;
		if (t->park_key != key)
			continue;
		bucket_unlink(b, t);
		woken++;
		spin_lock(&t->lock);
		store_release(t->park_woken, 1);
		if (t->state == TASK_SLEEPING)
			task_wake_locked(t);
		store_release(t->park_key, 0); /* from here on the task may leave */
		spin_unlock(&t->lock);
	}
	spin_unlock_irqrestore(&b->lock, flags);
	return woken;
}

/* ---- wait queues: the address is the key, the field only counts ---- */

void waitq_prepare(struct waitq *wq, enum wait_mode mode)
{
	must_be_task(); /* before any change to the task */
	arch_current()->park_waitq = wq;
	_add32_full(&wq->_nr, 1);
	park_prepare((u64)wq, mode);
}

/* The count is only a hint: if the field was zeroed meanwhile, it stays zero. */
static void waitq_uncount(struct task *t)
{
	struct waitq *wq = t->park_waitq;
	u32 old = load_once(wq->_nr);

	while (old && !_cas32_relaxed(&wq->_nr, &old, old - 1))
		;
	t->park_waitq = NULL;
}

int waitq_commit(u64 deadline_ns)
{
	int ret = park_commit(deadline_ns);

	if (arch_current()->park_waitq)
		waitq_uncount(arch_current());
	return ret;
}

void waitq_cancel(void)
{
	park_cancel();
	if (arch_current()->park_waitq)
		waitq_uncount(arch_current());
}

unsigned _waitq_wake(struct waitq *wq, unsigned nr)
{
	return park_wake((u64)wq, nr);
}

/* ---- tokens ---- */

static void park_check_not_prepared(const struct task *t)
{
	if (likely(!t->park_prepared))
		return;
	/*
	 * A policy may also run for a task that is between prepare and commit: then the call is the
	 * policy's fault.
	 */
	must_be_task();
	_kernel_panic("a task between prepare and commit sleeps");
}

int task_park(enum wait_mode mode, u64 deadline_ns)
{
	struct task *t = arch_current();
	int ret;

	park_check_not_prepared(t);
	ret = sleep_until_woken(t, &t->token, mode, deadline_ns);
	task_park_reset();
	return ret;
}

void task_unpark(struct task *t)
{
	u64 flags;

	must_hold_no_lock();
	flags = spin_lock_irqsave(&t->lock);
	store_release(t->token, 1);
	if (t->state == TASK_SLEEPING && !t->park_prepared)
		task_wake_locked(t);
	spin_unlock_irqrestore(&t->lock, flags);
}

void task_park_reset(void)
{
	must_be_task();
	store_once(arch_current()->token, 0);
	/*
	 * Orders the reset before the caller checks its condition. A token given later is kept; of
	 * a token given earlier, the caller sees the cause.
	 */
	memory_barrier();
}

int task_sleep_until(u64 deadline_ns, enum wait_mode mode)
{
	u32 never = 0;
	int ret;

	park_check_not_prepared(arch_current());
	do
		ret = sleep_until_woken(arch_current(), &never, mode, deadline_ns);
	while (ret == -EINTR && mode == WAIT_UNINTERRUPTIBLE);
	return ret == -ETIMEDOUT ? 0 : ret;
}

/* ---- interruption ---- */

void task_interrupt(struct task *t, u32 bits)
{
	u64 flags;

	must_hold_no_lock();
	_or32_full(&t->interrupts, bits & (TASK_INT_SIGNAL | TASK_INT_KILL));
	flags = spin_lock_irqsave(&t->lock);
	if (t->state == TASK_SLEEPING && task_interrupted(t, t->mode)) {
		task_wake_locked(t);
	} else if (t->state == TASK_RUNNABLE && load_once(t->on_cpu)) {
		/* The task may be in user mode: make it leave and check its flags. */
		unsigned cpu = load_once(t->cpu);
		if (cpu < nr_cpus) {
			cpu_not_ready(&cpus[cpu]);
			if (cpu != _arch_cpu_id())
				ipi_send(1ul << cpu, IPI_RESCHED);
		}
	}
	spin_unlock_irqrestore(&t->lock, flags);
}

void task_interrupt_clear(u32 bits)
{
	must_be_task();
	_and32_full(&arch_current()->interrupts, ~bits);
}

u32 task_interrupt_flags(struct task *t)
{
	return load_acquire(t->interrupts);
}
