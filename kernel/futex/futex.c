// SPDX-License-Identifier: MPL-2.0
/*
 * Futexes: sleeping and waking on user words. See futex(2).
 *
 * How it works. A waiter is an object that its thread keeps from wait to wait. It is queued in a
 * hash bucket under a key: address space and address for private futexes, a number of the inode and
 * the offset for words in shared mappings.
 *
 * Wait. Under the bucket's lock the thread queues itself, then reads the word. If the word still
 * has the value, it unlocks and sleeps until a waker has taken it off the queue. Otherwise it takes
 * itself off and returns EAGAIN. The word is read without faulting. If the page is not there, the
 * waiter leaves the queue, the lock is dropped, the page is faulted in, and the wait starts over.
 *
 * Wake. The waker changes the word in user mode, then calls. Under the bucket's lock it takes
 * waiters off the queue and unparks their threads. A waiter whose thread ended its sleep by a
 * timeout or signal takes itself off under the same lock (futex_cancel). If it finds itself off
 * already, the wake-up counts and the wait returns 0, so no wake-up is lost.
 *
 * Why an empty bucket needs no lock. The waker: store to the word, full barrier (futex_wake), load
 * of the queue's head. The waiter: store to the queue (futex_enqueue_locked), full barrier
 * (queue_and_sleep), load of the word. At least one of them sees the other's store. Either the
 * waker sees the waiter and takes the lock, or the waiter reads the new value and does not sleep.
 *
 * Requeue. It holds both buckets' locks, the lower number first. It compares the first word under
 * them (CMP_REQUEUE), wakes the first waiters, and moves the next ones to the second key. A moved
 * waiter does not notice: futex_cancel reads its bucket number, locks that bucket, and repeats if
 * the number has changed. The owner of both keys is the caller's own mm, if any, so dropping a
 * moved waiter's old owner is never the last put under a spinlock.
 *
 * If the page of the first word is not there, both locks are dropped and it starts over. A restart
 * happens before the first effect, so waiters are never woken twice.
 *
 * Locking: bucket locks; mm.lock (before them, not with them) to make a key (key.c).
 */
#include <kernel/clock.h>
#include <kernel/futex.h>
#include <kernel/list.h>
#include <kernel/mm.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "futex.h"

struct futex_bucket {
	struct spinlock lock;
	LIST_HEAD(futex_waiter) waiters;
};
static struct futex_bucket buckets[FUTEX_BUCKETS];

static void futex_waiter_release(struct futex_waiter *w)
{
	obj_put_any(&w->key.owner);
}
OBJ_TYPE(futex_waiter, futex_waiter_release);

/* ---- queueing ---- */

void futex_bucket_lock(u32 b)
{
	spin_lock(&buckets[b].lock);
}
void futex_bucket_unlock(u32 b)
{
	spin_unlock(&buckets[b].lock);
}

struct futex_waiter *futex_prepare(struct thread *t, const struct futex_key *key, u32 bitset)
{
	struct futex_waiter *w = t->futex;
	struct obj *old;

	if (!w) {
		w = obj_new(futex_waiter);
		if (!w)
			return NULL;
		w->task = t->task;
		w->thread = t;
		w->tid = t->tid;
		t->futex = w;
	}
	old = w->key.owner;
	if (old != key->owner) {
		w->key.owner = key->owner ? obj_get_any(key->owner) : NULL;
		obj_put_any(&old);
	}
	w->key.id = key->id;
	w->key.offset = key->offset;
	w->bucket = futex_hash(key);
	w->bitset = bitset;
	w->pi = false;
	w->granted = false;
	w->owner_died = false;
	task_park_reset();
	return w;
}

/* The mm's reference stays for the next wait: it is the thread's own address space. */
void futex_forget(struct thread *t)
{
	if (t->futex && t->futex->key.owner != &t->mm->obj)
		obj_put_any(&t->futex->key.owner);
}

void futex_enqueue_locked(struct futex_waiter *w)
{
	list_push_back(&buckets[w->bucket].waiters, w, link);
	w->queued = true;
}

void futex_dequeue_locked(struct futex_waiter *w)
{
	list_remove(&buckets[w->bucket].waiters, w, link);
	store_release(w->queued, false);
}

struct futex_waiter *futex_first_locked(u32 b, const struct futex_key *key,
	struct futex_waiter *after)
{
	struct futex_waiter *w = after ? after->link.next : list_first(&buckets[b].waiters);

	while (w && !futex_key_equal(&w->key, key))
		w = w->link.next;
	return w;
}

/*
 * Takes the waiter off its queue, wherever it is now. Returns whether it was still queued; if not,
 * it was woken. A requeue may move it between the read of its bucket number and the lock, so the
 * number is checked again under the lock. A move changes it under both buckets' locks.
 */
static bool futex_cancel(struct futex_waiter *w)
{
	bool was;

	for (;;) {
		u32 b = load_once(w->bucket);
		spin_lock(&buckets[b].lock);
		if (w->bucket == b)
			break;
		spin_unlock(&buckets[b].lock);
	}
	was = w->queued;
	if (was)
		futex_dequeue_locked(w);
	spin_unlock(&buckets[w->bucket].lock);
	return was;
}

/*
 * The acquire pairs with the release in futex_dequeue_locked: the waker's stores to the waiter
 * (granted, owner_died) are visible.
 */
int futex_sleep(struct futex_waiter *w, u64 deadline)
{
	int err = 0;

	while (load_acquire(w->queued)) {
		err = task_park(WAIT_INTERRUPTIBLE, deadline);
		if (err)
			return futex_cancel(w) ? err : 0;
	}
	return 0;
}

/* ---- wait and wake ---- */

/*
 * The body of a wait. @w is prepared for the key of the word at @a. Returns 0 when woken, -EAGAIN
 * if the word is not @val, -ETIMEDOUT, -EINTR, -EFAULT.
 */
static s64 queue_and_sleep(struct futex_waiter *w, struct uaddr a, u32 val, u64 deadline)
{
	u32 now;
	int err;

	for (;;) {
		spin_lock(&buckets[w->bucket].lock);
		/*
		 * Queued before the word is read. A waker that changes the word and then sees an
		 * empty queue knows that this load returns the new value.
		 */
		futex_enqueue_locked(w);
		memory_barrier();
		if (likely(user_load32(a, &now)))
			break;
		futex_dequeue_locked(w);
		spin_unlock(&buckets[w->bucket].lock);
		err = user_word_load(a, &now);
		if (err)
			return err;
		if (loop_should_end())
			return -EINTR;
	}
	if (now != val)
		futex_dequeue_locked(w);
	spin_unlock(&buckets[w->bucket].lock);
	return now == val ? futex_sleep(w, deadline) : -EAGAIN;
}

static s64 wait_on(struct thread *t, struct uaddr a, bool private, u32 val, u32 bitset,
	u64 deadline)
{
	struct futex_key key = { 0 };
	struct futex_waiter *w;
	s64 ret;
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_key(t, a, private, false, &key);
	if (err)
		return err;
	w = futex_prepare(t, &key, bitset);
	ret = w ? queue_and_sleep(w, a, val, deadline) : -ENOMEM;
	futex_forget(t);
	return ret;
}

static const struct restart_ops futex_restart_ops;

/*
 * A wait with a timeout continues after a signal through restart_syscall, with the same absolute
 * deadline.
 */
static s64 futex_wait(struct thread *t, struct uaddr a, bool private, u32 val, u32 bitset,
	u64 deadline)
{
	s64 ret = wait_on(t, a, private, val, bitset, deadline);

	if (ret != -EINTR)
		return ret;
	if (deadline == NO_DEADLINE)
		return -ERESTARTSYS;
	t->restart = (struct restart_block){ .ops = &futex_restart_ops,
		.deadline_ns = deadline,
		.arg = { a.va, private, val, bitset } };
	return -ERESTART_RESTARTBLOCK;
}

static s64 futex_restart(struct thread *t)
{
	struct restart_block r = t->restart;

	return futex_wait(t, UADDR(r.arg[0]), r.arg[1], (u32)r.arg[2], (u32)r.arg[3],
		r.deadline_ns);
}
static const struct restart_ops futex_restart_ops = { .resume = futex_restart };

/*
 * The task is read first: once the waiter is off the queue, its thread may end and free it.
 * task_unpark works with a stale task (frame/task/park.c).
 */
static void wake_locked(struct futex_waiter *w)
{
	struct task *task = w->task;

	futex_dequeue_locked(w);
	task_unpark(task);
}

/*
 * Wakes at most @nr waiters on @key whose bitset meets @bitset; @nr 0 counts as 1, as in Linux.
 * Returns their number, or -EINVAL if the first one waits for a PI futex.
 */
static s64 wake_key(const struct futex_key *key, u32 nr, u32 bitset)
{
	u32 b = futex_hash(key);
	struct futex_waiter *w, *next;
	s64 woken = 0;

	if (!load_once(buckets[b].waiters.first))
		return 0;
	spin_lock(&buckets[b].lock);
	for (w = futex_first_locked(b, key, NULL); w; w = next) {
		next = futex_first_locked(b, key, w);
		if (w->pi) {
			woken = woken ? woken : -EINVAL;
			break;
		}
		if (!(w->bitset & bitset))
			continue;
		wake_locked(w);
		if (++woken >= nr)
			break;
	}
	spin_unlock(&buckets[b].lock);
	return woken;
}

static s64 futex_wake(struct thread *t, struct uaddr a, bool private, u32 nr, u32 bitset)
{
	struct futex_key key = { 0 };
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_key(t, a, private, false, &key);
	if (err)
		return err;
	/* full barrier: the user's store to the word before the load of the queue's head */
	memory_barrier();
	return wake_key(&key, nr, bitset);
}

/*
 * Goes through all buckets, because the owner has no list of its waiters. Only called when some
 * thread waits for a PI futex.
 */
void futex_wake_owned(const struct thread *owner)
{
	struct futex_waiter *w, *next;
	u32 b;

	for (b = 0; b < FUTEX_BUCKETS; b++) {
		struct futex_bucket *const bucket = array_at(buckets, b);
		spin_lock(&bucket->lock);
		for (w = list_first(&bucket->waiters); w; w = next) {
			next = w->link.next;
			if (!w->pi || w->owner != owner)
				continue;
			w->owner_died = true;
			wake_locked(w);
		}
		spin_unlock(&bucket->lock);
	}
}

void futex_wake_one(struct thread *t, struct uaddr a)
{
	(void)futex_wake(t, a, false, 1, ~0u);
	(void)futex_wake(t, a, true, 1, ~0u);
}

/* ---- requeue ---- */

static void lock_two(u32 a, u32 b)
{
	spin_lock(&buckets[min(a, b)].lock);
	if (a != b)
		spin_lock(&buckets[max(a, b)].lock);
}
static void unlock_two(u32 a, u32 b)
{
	spin_unlock(&buckets[a].lock);
	if (a != b)
		spin_unlock(&buckets[b].lock);
}

/*
 * The old owner is the caller's own mm, if any: this put is not the last one, so no release runs
 * under the lock.
 */
static void move_locked(struct futex_waiter *w, const struct futex_key *to, u32 bucket)
{
	struct obj *old = w->key.owner;

	list_remove(&buckets[w->bucket].waiters, w, link);
	w->key.owner = to->owner ? obj_get_any(to->owner) : NULL;
	w->key.id = to->id;
	w->key.offset = to->offset;
	store_once(w->bucket, bucket);
	list_push_back(&buckets[bucket].waiters, w, link);
	obj_put_any(&old);
}

/*
 * Locks both buckets, at a moment when the word at @from is readable. 0: locked, and the word is
 * @val if @compare. -EAGAIN (another value), -EFAULT, -ERESTARTNOINTR: not locked.
 */
static s64 lock_and_compare(u32 b1, u32 b2, struct uaddr from, bool compare, u32 val)
{
	u32 now;
	int err;

	for (;;) {
		lock_two(b1, b2);
		if (!compare || user_load32(from, &now))
			break;
		unlock_two(b1, b2);
		err = user_word_load(from, &now);
		if (err)
			return err;
		if (loop_should_end())
			return -ERESTARTNOINTR;
	}
	if (!compare || now == val)
		return 0;
	unlock_two(b1, b2);
	return -EAGAIN;
}

/*
 * Returns the number of waiters woken and moved. Equal keys: the waiters beyond @nr_wake stay and
 * count as moved.
 */
static s64 requeue_keys(const struct futex_key *k1, const struct futex_key *k2, struct uaddr from,
	s32 nr_wake, s32 nr_move, bool compare, u32 val)
{
	u32 b1 = futex_hash(k1), b2 = futex_hash(k2);
	s64 done = lock_and_compare(b1, b2, from, compare, val);
	struct futex_waiter *w, *next;

	if (done)
		return done;
	for (w = futex_first_locked(b1, k1, NULL); w && done < (s64)nr_wake + nr_move; w = next) {
		next = futex_first_locked(b1, k1, w);
		if (w->pi) {
			done = done ? done : -EINVAL;
			break;
		}
		if (done < nr_wake)
			wake_locked(w);
		else if (!futex_key_equal(k1, k2))
			move_locked(w, k2, b2);
		done++;
	}
	unlock_two(b1, b2);
	return done;
}

static s64 futex_requeue(struct thread *t, struct uaddr from, struct uaddr to, bool private,
	s32 nr_wake, s32 nr_move, bool compare, u32 val)
{
	struct futex_key k1 = { 0 }, k2 = { 0 };
	s64 ret;

	if (nr_wake < 0 || nr_move < 0)
		return -EINVAL;
	ret = futex_key(t, from, private, false, &k1);
	if (!ret)
		ret = futex_key(t, to, private, false, &k2);
	if (!ret)
		ret = requeue_keys(&k1, &k2, from, nr_wake, nr_move, compare, val);
	return ret;
}

/* The new value of the second word of FUTEX_WAKE_OP. False: there is no such operation. */
static bool op_apply(u32 kind, u32 old, u32 arg, u32 *new)
{
	switch (kind) {
	case 0:
		*new = arg;
		return true;
	case 1:
		*new = old + arg;
		return true;
	case 2:
		*new = old | arg;
		return true;
	case 3:
		*new = old & ~arg;
		return true;
	case 4:
		*new = old ^ arg;
		return true;
	default:
		return false;
	}
}

/* Whether the old value lets the second word's waiters be woken. False: no such comparison. */
static bool op_compare(u32 kind, s32 old, s32 arg, bool *pass)
{
	switch (kind) {
	case 0:
		*pass = old == arg;
		return true;
	case 1:
		*pass = old != arg;
		return true;
	case 2:
		*pass = old < arg;
		return true;
	case 3:
		*pass = old <= arg;
		return true;
	case 4:
		*pass = old > arg;
		return true;
	case 5:
		*pass = old >= arg;
		return true;
	default:
		return false;
	}
}

/*
 * FUTEX_WAKE_OP: changes the second word atomically, wakes waiters on the first one, and waiters on
 * the second if its old value passes the comparison.
 */
static s64 futex_wake_op(struct thread *t, struct uaddr a, struct uaddr a2, bool private, u32 nr,
	u32 nr2, u32 op)
{
	u32 oparg = (u32)((s32)(op << 8) >> 20);
	u32 old, new, seen;
	bool pass;
	s64 ret, more;
	int err;

	if (op >> 31)
		oparg = 1u << (oparg & 31);
	if (a2.va & 3 || a.va & 3)
		return -EINVAL;
	do {
		err = user_word_load(a2, &old);
		if (err)
			return err;
		if (!op_apply((op >> 28) & 7, old, oparg, &new))
			return -ENOSYS;
		err = user_word_cas(a2, old, new, &seen);
		if (err)
			return err;
		if (loop_should_end())
			return -ERESTARTNOINTR;
	} while (seen != old);
	if (!op_compare((op >> 24) & 15, (s32)old, (s32)(op << 20) >> 20, &pass))
		return -ENOSYS;
	ret = futex_wake(t, a, private, nr, ~0u);
	if (ret < 0 || !pass)
		return ret;
	more = futex_wake(t, a2, private, nr2, ~0u);
	return more < 0 ? more : ret + more;
}

/* ---- the call ---- */

enum futex_op {
	FUTEX_WAIT,
	FUTEX_WAKE,
	FUTEX_FD,
	FUTEX_REQUEUE,
	FUTEX_CMP_REQUEUE,
	FUTEX_WAKE_OP,
	FUTEX_LOCK_PI,
	FUTEX_UNLOCK_PI,
	FUTEX_TRYLOCK_PI,
	FUTEX_WAIT_BITSET,
	FUTEX_WAKE_BITSET,
	FUTEX_WAIT_REQUEUE_PI,
	FUTEX_CMP_REQUEUE_PI,
	FUTEX_LOCK_PI2,
	FUTEX_PRIVATE_FLAG = 128,
	FUTEX_CLOCK_REALTIME = 256,
};

/*
 * The monotonic deadline for the timeout argument of command @cmd. It is relative for FUTEX_WAIT,
 * wall-clock time for FUTEX_LOCK_PI and with FUTEX_CLOCK_REALTIME, else monotonic. A wall-clock
 * deadline is converted once: later settings of the clock do not move it.
 */
static int futex_deadline(u32 cmd, bool realtime, struct uaddr timeout, u64 *deadline)
{
	struct timespec64 ts;
	u64 ns, now;
	int err;

	*deadline = NO_DEADLINE;
	if (!timeout.va)
		return 0;
	if (user_get(&ts, timeout))
		return -EFAULT;
	err = timespec_to_ns(&ts, &ns);
	if (err)
		return err;
	if (cmd == FUTEX_WAIT)
		ns += time_mono_ns();
	else if (realtime || cmd == FUTEX_LOCK_PI) {
		now = clock_realtime_ns();
		ns = time_mono_ns() + (ns > now ? ns - now : 0);
	}
	*deadline = min(ns, NO_DEADLINE - 1);
	return 0;
}

/* The timeout argument is a count (nr_move, nr2) for the commands that do not sleep. */
s64 sys_futex(struct thread *t, struct uaddr a, u32 op, u32 val, struct uaddr timeout,
	struct uaddr a2, u32 val3)
{
	u32 cmd = op & ~(u32)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	bool private = op & FUTEX_PRIVATE_FLAG;
	bool realtime = op & FUTEX_CLOCK_REALTIME;
	bool timed = cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_LOCK_PI ||
		cmd == FUTEX_LOCK_PI2;
	u64 deadline = NO_DEADLINE;
	int err;

	if (realtime && cmd != FUTEX_WAIT_BITSET && cmd != FUTEX_LOCK_PI2)
		return -ENOSYS;
	if (timed) {
		err = futex_deadline(cmd, realtime, timeout, &deadline);
		if (err)
			return err;
	}
	switch (cmd) {
	case FUTEX_WAIT:
		return futex_wait(t, a, private, val, ~0u, deadline);
	case FUTEX_WAIT_BITSET:
		return futex_wait(t, a, private, val, val3, deadline);
	case FUTEX_WAKE:
		return futex_wake(t, a, private, val, ~0u);
	case FUTEX_WAKE_BITSET:
		return futex_wake(t, a, private, val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(t, a, a2, private, (s32)val, (s32)timeout.va, false, 0);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(t, a, a2, private, (s32)val, (s32)timeout.va, true, val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(t, a, a2, private, val, (u32)timeout.va, val3);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return futex_lock_pi(t, a, private, deadline, false);
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(t, a, private, deadline, true);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(t, a, private);
	default:
		return -ENOSYS;
	}
}
