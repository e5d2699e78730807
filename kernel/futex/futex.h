// SPDX-License-Identifier: MPL-2.0
/*
 * Inside the futex code: keys (key.c), waiters and their queues (futex.c), which PI and robust
 * futexes (pi.c) use too.
 */
#ifndef KERNEL_PROC_FUTEX_H
#define KERNEL_PROC_FUTEX_H

#include <kernel/thread.h>

#define FUTEX_BUCKETS    256
#define FUTEX_WAITERS    0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK   0x3fffffffu

/* The identity of a futex word: two words are the same futex if their keys are equal. */
struct futex_key {
	struct obj *owner; /* the mm, or NULL: an inode; a reference only in a waiter's key */
	u64 id;            /* the futex_id of the mm or the inode */
	u64 offset;
};
/* A thread's place in a queue. Each thread has one, which it keeps from wait to wait. */
struct futex_waiter {
	struct obj obj;
	struct futex_key key;
	LIST_LINK(futex_waiter) link; /* guarded by the bucket lock */
	struct task *task;
	s32 tid;
	u32 bucket;
	u32 bitset;
	bool queued;
	bool pi;
	/* For PI futexes; guarded by the bucket lock while queued. owner is only compared. */
	struct thread *thread; /* the thread that waits; borrowed */
	struct thread *owner;
	u32 owner_tid;
	bool granted;    /* an unlock made this waiter the owner */
	bool owner_died; /* the owner ended without an unlock */
};
OBJ_TYPE_DECL(futex_waiter);

/*
 * Computes the key of the word at @a: 0, -EINVAL (not aligned), -EFAULT. @private: only this
 * address space uses the word. @write: the operation changes the word, so a shared mapping must
 * allow writes. Context: task; takes mm.lock unless @private.
 *
 * The mm in the key is the thread's own. An inode is named by a number that no other inode ever
 * has, and not held, as in Linux: a thread may sleep for ever, and would keep a deleted file, or
 * the file system that the inode is on, beyond its mount. A waiter whose inode has gone is woken by
 * nobody but a signal or its timeout: no mapping of the word is left, and a new one of the same
 * file has another inode.
 */
int must_check futex_key(struct thread *t, struct uaddr a, bool private, bool write,
	struct futex_key *key);
/*
 * Whether two keys are of one word. A waiter holds its mm, so another mm does not have the same
 * address.
 */
bool futex_key_equal(const struct futex_key *a, const struct futex_key *b);
/* The number of the bucket of the key. */
u32 futex_hash(const struct futex_key *k);
/*
 * Locks bucket @b. A spinlock, not taken in interrupts. User words are read under it without
 * faulting.
 */
void futex_bucket_lock(u32 b);
void futex_bucket_unlock(u32 b);
/*
 * The calling thread's waiter, prepared for a wait on @key. The waiter takes its own reference on
 * the owner. NULL: no memory. Resets the thread's park token.
 */
struct futex_waiter *futex_prepare(struct thread *t, const struct futex_key *key, u32 bitset);
/* After the wait: drops the waiter's reference on another process's mm (a requeue). */
void futex_forget(struct thread *t);
/*
 * Puts the waiter at the end of its bucket's queue, or takes it off. The bucket is locked. Once it
 * is off the queue (a release store), the thread may return from futex_sleep and use or free the
 * waiter: the caller does not touch it afterwards.
 */
void futex_enqueue_locked(struct futex_waiter *w);
void futex_dequeue_locked(struct futex_waiter *w);
/* The first waiter on @key behind @after (NULL: from the start), or NULL. Bucket @b is locked. */
struct futex_waiter *futex_first_locked(u32 b, const struct futex_key *key,
	struct futex_waiter *after);
/*
 * Sleeps until a waker takes @w off its queue. @deadline in monotonic ns. 0, -ETIMEDOUT or -EINTR;
 * in the two error cases the waiter is off the queue and nobody has woken it.
 */
int must_check futex_sleep(struct futex_waiter *w, u64 deadline);
/*
 * Wakes one waiter on the word at @a, of its private key and of its shared one. Errors are ignored.
 */
void futex_wake_one(struct thread *t, struct uaddr a);
/* Wakes all waiters for PI futexes of @owner, which ends: they take the lock as owner-died. */
void futex_wake_owned(const struct thread *owner);

/*
 * FUTEX_LOCK_PI and FUTEX_TRYLOCK_PI (@try_only), FUTEX_UNLOCK_PI. Results as in futex(2);
 * -ERESTARTNOINTR for a signal. Context: task, may sleep.
 */
int must_check futex_lock_pi(struct thread *t, struct uaddr a, bool private, u64 deadline,
	bool try_only);
int must_check futex_unlock_pi(struct thread *t, struct uaddr a, bool private);

#endif
