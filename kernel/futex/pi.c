// SPDX-License-Identifier: MPL-2.0
/*
 * Futexes that have an owner: PI locks (without the priority boost: docs/caveats.md) and robust
 * lists. See futex(2), get_robust_list(2).
 *
 * The word of a PI futex is the owner's thread id, plus a bit when someone waits. Unlock hands the
 * lock to the first waiter under the bucket lock.
 */
#include <kernel/futex.h>
#include <kernel/mm.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "futex.h"

#define ROBUST_LIMIT 2048 /* entries followed in a robust list that may be circular */

/* One attempt: 0 taken, -EAGAIN somebody owns it (WAITERS is set when @mark), other errors. */
static s64 try_take(struct thread *t, struct uaddr a, bool mark)
{
	struct thread *owner;
	u32 word, seen, want;
	int err;

	for (;;) {
		err = user_word_load(a, &word);
		if (err)
			return err;
		if ((word & FUTEX_TID_MASK) == (u32)t->tid)
			return -EDEADLK;
		if ((word & FUTEX_TID_MASK) == 0) {
			want = (word & (FUTEX_WAITERS | FUTEX_OWNER_DIED)) | (u32)t->tid;
		} else {
			owner = thread_find((s32)(word & FUTEX_TID_MASK));
			if (!owner)
				return -ESRCH;
			obj_put(&owner);
			if (!mark || (word & FUTEX_WAITERS))
				return -EAGAIN;
			want = word | FUTEX_WAITERS;
		}
		err = user_word_cas(a, word, want, &seen);
		if (err)
			return err;
		if (seen == word && (want & FUTEX_TID_MASK) == (u32)t->tid)
			return 0;
		if (loop_should_end())
			return -ERESTARTNOINTR;
	}
}

s64 futex_lock_pi(struct thread *t, struct uaddr a, bool private, u64 deadline, bool try_only)
{
	struct futex_key key = { 0 };
	struct futex_waiter *w;
	u32 word;
	s64 ret;
	int err = futex_key(t, a, private, true, &key);

	if (err)
		return err;
	for (;;) {
		ret = try_take(t, a, !try_only);
		if (ret != -EAGAIN || try_only)
			return ret;
		/* Who changes the word all the time keeps us here. */
		if (loop_should_end() || signal_pending(t))
			return -ERESTARTNOINTR;
		w = futex_prepare(t, &key, ~0u);
		if (!w)
			return -ENOMEM;
		w->pi = true;
		futex_bucket_lock(w->bucket);
		/*
		 * Still owned and marked? Then unlock must come through the kernel and will find
		 * us.
		 */
		if (!user_load32(a, &word) || !(word & FUTEX_WAITERS) || !(word & FUTEX_TID_MASK)) {
			futex_bucket_unlock(w->bucket);
			continue;
		}
		futex_enqueue_locked(w);
		futex_bucket_unlock(w->bucket);
		ret = futex_sleep(w, deadline);
		if (w->granted)
			return 0;
		if (ret)
			return ret == -EINTR ? -ERESTARTNOINTR : ret;
	}
}

s64 futex_unlock_pi(struct thread *t, struct uaddr a, bool private)
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
		/* Also brings the page in for writing, which cannot be done under the lock. */
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

/* The lock at @a is held by a dead thread: mark it so and wake one that waits. */
static int owner_died(struct thread *t, struct uaddr a, bool pi, bool pending)
{
	u32 word, seen;

	if (a.va & 3)
		return -EFAULT;
	for (;;) {
		if (user_word_load(a, &word))
			return -EFAULT;
		/* A release that was interrupted between the store and the wake. */
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
		task_cond_resched();
	}
	if (!pi && (word & FUTEX_WAITERS))
		futex_wake_one(t, a);
	return 0;
}

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
	obj_put(&t->futex);
}
