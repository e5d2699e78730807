// SPDX-License-Identifier: MPL-2.0
/*
 * Futexes with an owner: PI locks (without priority inheritance: docs/caveats.md) and robust lists.
 * See futex(2), get_robust_list(2).
 *
 * How a PI lock works. The word is the owner's thread id, or 0, plus the bits FUTEX_WAITERS and
 * FUTEX_OWNER_DIED. Uncontended, user mode changes it without a call.
 *
 * 1. Lock. try_take takes a free word by compare and swap. If the word has an owner, it finds the
 *    owner's thread, sets FUTEX_WAITERS, so that unlock has to call the kernel, and returns
 *    -EAGAIN.
 * 2. queue_for, under the bucket's lock, checks that the word still has this owner and the bit and
 *    that the owner has not ended, and queues the waiter. If the check fails, step 1 starts over.
 * 3. Unlock. Under the bucket's lock, the owner writes the first waiter's id to the word (with
 *    FUTEX_WAITERS if there are more), marks the waiter as granted and wakes it. The lock is never
 *    free in between, so no third thread can take it first. The other waiters now wait for the new
 *    owner.
 * 4. The waiter finds granted set and has the lock. A timeout or signal at the same moment does not
 *    matter: it finds itself off the queue, so the grant counts.
 *
 * Page faults. Words are changed under the bucket's lock without faulting. Unlock first does a
 * compare and swap that changes nothing, without the lock, to make the page writable; if the page
 * is evicted in between, it starts over.
 *
 * If the owner ends without an unlock, see nr_pi_waiters. The waiters retry with the dead owner's
 * id and take the word with FUTEX_OWNER_DIED.
 */
#include <kernel/futex.h>
#include <kernel/mm.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "futex.h"

#define ROBUST_LIMIT 2048 /* entries followed in a robust list, which may be circular */
#define ROBUST_TRIES 1024 /* tries to change a word that other threads change at the same time */

/*
 * The end of an owner. A thread that ends, or executes another program, wakes the waiters for locks
 * that it still owns (end_pi): they take the lock with FUTEX_OWNER_DIED.
 *
 * Why no waiter is missed. A waiter counts itself in nr_pi_waiters, then queues itself and reads
 * the owner's futex_ended under the bucket's lock. The owner sets futex_ended, then reads the count
 * and, if it is not 0, goes through the buckets. Both have a full barrier in between: either the
 * owner sees the waiter counted, or the waiter sees that the owner has ended. An owner that goes
 * through the buckets takes each bucket's lock. It finds the waiter queued, or it had the lock
 * before the waiter, and then the waiter sees futex_ended.
 */
static struct atomic nr_pi_waiters;

/* The thread that has the lock, by the id in the word. */
struct pi_owner {
	struct thread *thread; /* a reference */
	u32 tid;
};

/*
 * Finds the owner by the id in the word at @a. 0; -EAGAIN: the word has changed, try again; -ESRCH:
 * no such thread; -EFAULT.
 */
static s64 pi_find_owner(struct uaddr a, u32 word, struct pi_owner *o)
{
	u32 now;

	o->tid = word & FUTEX_TID_MASK;
	obj_put(&o->thread);
	o->thread = thread_find((s32)o->tid);
	if (o->thread && !load_once(o->thread->futex_ended))
		return 0;
	/*
	 * A thread that unlocked before it ended has changed the word: then the word is read again.
	 */
	if (user_word_load(a, &now))
		return -EFAULT;
	return now == word ? -ESRCH : -EAGAIN;
}

/*
 * Tries to take the lock until the word is stable. 0: taken. -EAGAIN: *@o owns it, and
 * FUTEX_WAITERS is set if @mark. -EDEADLK: the caller owns it. Other errors. @dead: the id of an
 * owner that ended while the caller waited; its lock may be taken. A killed thread ends the loop.
 */
static s64 try_take(struct thread *t, struct uaddr a, bool mark, u32 dead, struct pi_owner *o)
{
	u32 word, seen, want, tid;
	s64 err;

	for (;;) {
		if (loop_should_end())
			return -ERESTARTNOINTR;
		err = user_word_load(a, &word);
		if (err)
			return err;
		tid = word & FUTEX_TID_MASK;
		if (tid == (u32)t->tid)
			return -EDEADLK;
		if (tid == 0 || tid == dead) {
			want = (word & (FUTEX_WAITERS | FUTEX_OWNER_DIED)) | (u32)t->tid;
			want |= tid ? FUTEX_OWNER_DIED : 0;
		} else {
			err = pi_find_owner(a, word, o);
			if (err == -EAGAIN)
				continue;
			if (err)
				return err;
			if (!mark || (word & FUTEX_WAITERS))
				return -EAGAIN;
			want = word | FUTEX_WAITERS;
		}
		err = user_word_cas(a, word, want, &seen);
		if (err)
			return err;
		if (seen == word && (want & FUTEX_TID_MASK) == (u32)t->tid)
			return 0;
	}
}

/*
 * Queues the waiter, if the word still has the owner @o and FUTEX_WAITERS, so that its unlock calls
 * the kernel. Returns whether it is queued.
 */
static bool queue_for(struct futex_waiter *w, struct uaddr a, const struct pi_owner *o)
{
	bool still;
	u32 word;

	w->pi = true;
	w->owner = o->thread;
	w->owner_tid = o->tid;
	futex_bucket_lock(w->bucket);
	still = user_load32(a, &word) && (word & FUTEX_WAITERS) &&
		(word & FUTEX_TID_MASK) == o->tid && !load_once(o->thread->futex_ended);
	if (still)
		futex_enqueue_locked(w);
	futex_bucket_unlock(w->bucket);
	return still;
}

/*
 * *@o owns the lock: waits for it. 0: the caller owns it; -EAGAIN: try again, *@dead may have been
 * set; -ENOMEM, -ETIMEDOUT, -ERESTARTNOINTR.
 */
static s64 pi_wait_for(struct thread *t, struct uaddr a, const struct futex_key *key,
	const struct pi_owner *o, u64 deadline, u32 *dead)
{
	struct futex_waiter *w = futex_prepare(t, key, ~0u);
	s64 ret = -EAGAIN;

	if (!w)
		return -ENOMEM;
	(void)atomic_add(&nr_pi_waiters, 1);
	if (queue_for(w, a, o)) {
		ret = futex_sleep(w, deadline);
		if (w->owner_died)
			*dead = w->owner_tid;
		if (w->granted)
			ret = 0;
		else if (ret == 0)
			ret = -EAGAIN;
	}
	(void)atomic_sub(&nr_pi_waiters, 1);
	return ret == -EINTR ? -ERESTARTNOINTR : ret;
}

static s64 lock_key(struct thread *t, struct uaddr a, const struct futex_key *key, u64 deadline,
	bool try_only)
{
	struct pi_owner o = { 0 };
	u32 dead = 0;
	s64 ret;

	for (;;) {
		ret = try_take(t, a, !try_only, dead, &o);
		if (ret != -EAGAIN || try_only)
			break;
		/*
		 * Threads that keep changing the word could keep the caller in this loop: a signal
		 * ends it.
		 */
		ret = signal_pending(t) ? -ERESTARTNOINTR
					: pi_wait_for(t, a, key, &o, deadline, &dead);
		if (ret != -EAGAIN)
			break;
	}
	obj_put(&o.thread);
	return ret;
}

int futex_lock_pi(struct thread *t, struct uaddr a, bool private, u64 deadline, bool try_only)
{
	struct futex_key key = { 0 };
	s64 ret = futex_key(t, a, private, true, &key);

	if (ret)
		return ret;
	ret = lock_key(t, a, &key, deadline, try_only);
	futex_forget(t);
	return ret;
}

/* @w owns the lock from now on: the other waiters wait for it. Bucket @b is locked. */
static void wait_for_next_owner(u32 b, const struct futex_key *key, struct futex_waiter *w)
{
	struct futex_waiter *other = w;

	while ((other = futex_first_locked(b, key, other)) != NULL) {
		other->owner = w->thread;
		other->owner_tid = (u32)w->tid;
	}
}

int futex_unlock_pi(struct thread *t, struct uaddr a, bool private)
{
	struct futex_key key = { 0 };
	struct futex_waiter *w;
	struct task *task;
	u32 word, want, seen, b;
	int err = user_get(&word, a);

	if (err)
		return err;
	if ((word & FUTEX_TID_MASK) != (u32)t->tid)
		return -EPERM;
	err = futex_key(t, a, private, true, &key);
	if (err)
		return err;
	for (;;) {
		/* Makes the page writable, which is not possible under the lock. */
		err = user_word_load(a, &word);
		if (!err)
			err = user_word_cas(a, word, word, &seen);
		if (err)
			return err;
		if ((word & FUTEX_TID_MASK) != (u32)t->tid)
			return -EPERM;
		b = futex_hash(&key);
		futex_bucket_lock(b);
		w = futex_first_locked(b, &key, NULL);
		if (w && !w->pi) {
			futex_bucket_unlock(b);
			return -EINVAL;
		}
		want = 0;
		if (w)
			want = (u32)w->tid | (futex_first_locked(b, &key, w) ? FUTEX_WAITERS : 0);
		if (user_cas32(a, word, want, &seen) && seen == word) {
			if (w) {
				task = w->task;
				w->granted = true;
				wait_for_next_owner(b, &key, w);
				futex_dequeue_locked(w);
				task_unpark(task);
			}
			futex_bucket_unlock(b);
			return 0;
		}
		futex_bucket_unlock(b);
		if (loop_should_end())
			return -ERESTARTNOINTR;
	}
}

/* ---- robust lists ---- */

/*
 * The list that user mode keeps. Each entry is the address of the next one, and its futex is at
 * @offset from it. Bit 0 marks a PI futex. @pending is an entry that is being locked or unlocked.
 */
struct robust_head {
	u64 next;
	s64 offset;
	u64 pending;
};

s64 sys_set_robust_list(struct thread *t, struct uaddr head, u64 len)
{
	if (len != sizeof(struct robust_head))
		return -EINVAL;
	t->robust_list = head;
	t->robust_list_len = len;
	return 0;
}

s64 sys_get_robust_list(struct thread *t, s32 pid, struct uaddr head, struct uaddr len)
{
	struct thread *other = pid ? thread_find(pid) : obj_get(t);
	struct uaddr list;
	u64 size = sizeof(struct robust_head);
	int err;

	if (!other)
		return -ESRCH;
	list = other->robust_list;
	err = thread_may_access(other, true);
	obj_put(&other);
	if (err)
		return err;
	return user_put(len, &size) || user_put(head, &list.va) ? -EFAULT : 0;
}

/*
 * @t ends: if it owns the lock at @a, marks the word with FUTEX_OWNER_DIED and wakes one waiter.
 * @pending: the entry is the list's pending one. Returns 0 or -EFAULT.
 */
static int owner_died(struct thread *t, struct uaddr a, bool pi, bool pending)
{
	u32 word, seen, tries = 0;

	if (a.va & 3)
		return -EFAULT;
	for (;;) {
		if (user_word_load(a, &word))
			return -EFAULT;
		/* The thread died in an unlock, between the store and the wake. */
		if (pending && !pi && !word) {
			futex_wake_one(t, a);
			return 0;
		}
		if ((word & FUTEX_TID_MASK) != (u32)t->tid)
			return 0;
		if (user_word_cas(a, word, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &seen))
			return -EFAULT;
		if (seen == word)
			break;
		/*
		 * Other threads keep changing the word: a thread that is killed does not wait for
		 * them. The lock stays owned by the dead thread.
		 */
		if (++tries == ROBUST_TRIES)
			return -EFAULT;
		task_cond_resched();
	}
	if (!pi && (word & FUTEX_WAITERS))
		futex_wake_one(t, a);
	return 0;
}

/*
 * Nothing in the list is trusted: it may be circular or point anywhere. An address that faults ends
 * the walk. The next pointer is read before the entry is released, since its new owner may free the
 * memory.
 */
static void walk_robust_list(struct thread *t)
{
	struct robust_head head;
	u64 entry, next, count;

	if (user_get(&head, t->robust_list))
		return;
	entry = head.next;
	for (count = 0; (entry & ~1ul) != t->robust_list.va && count < ROBUST_LIMIT; count++) {
		bool readable = !user_get(&next, UADDR(entry & ~1ul));
		if ((entry & ~1ul) != (head.pending & ~1ul) &&
			owner_died(t, UADDR((entry & ~1ul) + (u64)head.offset), entry & 1, false))
			return;
		if (!readable)
			return;
		entry = next;
	}
	if (head.pending & ~1ul)
		(void)owner_died(t, UADDR((head.pending & ~1ul) + (u64)head.offset),
			head.pending & 1, true);
}

/* Wakes the waiters for locks that the thread still owns: see nr_pi_waiters. */
static void end_pi(struct thread *t)
{
	store_once(t->futex_ended, true);
	memory_barrier();
	if (atomic_load(&nr_pi_waiters))
		futex_wake_owned(t);
}

/* clear_child_tid is written only if another user of the address space could see it. */
void futex_thread_exit(struct thread *t)
{
	u32 zero = 0;

	if (t->robust_list.va)
		walk_robust_list(t);
	t->robust_list = UADDR(0);
	if (t->clear_child_tid.va && atomic_load(&t->mm->users) > 1) {
		if (!user_put(t->clear_child_tid, &zero))
			futex_wake_one(t, t->clear_child_tid);
	}
	t->clear_child_tid = UADDR(0);
	end_pi(t);
	obj_put(&t->futex);
}

void futex_thread_exec(struct thread *t)
{
	futex_thread_exit(t);
	store_release(t->futex_ended, false);
}
