// SPDX-License-Identifier: MPL-2.0
/*
 * Inside the futex code: keys, waiters and their queues (futex.c), used by PI and robust futexes
 * (futex_pi.c).
 */
#ifndef KERNEL_PROC_FUTEX_H
#define KERNEL_PROC_FUTEX_H

#include <kernel/thread.h>

#define FUTEX_BUCKETS    256
#define FUTEX_WAITERS    0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK   0x3fffffffu

struct futex_key {
	struct obj *owner; /* mm or inode; a reference in a waiter */
	u64 offset;
	struct obj *held; /* futex_key_hold: the reference on an inode, or NULL */
};
struct futex_waiter {
	struct obj obj;
	struct futex_key key;
	LIST_LINK(futex_waiter) link; /* bucket lock */
	struct task *task;
	s32 tid;
	u32 bucket;
	u32 bitset;
	bool queued;
	bool pi;
	/* PI; bucket lock while queued. owner is only compared. */
	struct thread *thread; /* that waits; borrowed */
	struct thread *owner;
	u32 owner_tid;
	bool granted;    /* unlock made the waiter the owner */
	bool owner_died; /* the owner ended without an unlock */
};
OBJ_TYPE_DECL(futex_waiter);

/*
 * @write: the operation is one that changes the word; shared mappings must allow it then. The
 * owner is borrowed and, if it is an inode, may go at any moment: such a key is good for
 * comparing with those of waiters alone. As each waiter holds its own, an inode that has come to
 * stand in the slot of the one that went can at worst have a waiter woken for nothing.
 */
int futex_key(struct thread *t, struct uaddr a, bool private, bool write, struct futex_key *key);
/* The same, and the owner stays until futex_key_drop: for waiters. */
int futex_key_hold(struct thread *t, struct uaddr a, bool private, bool write,
	struct futex_key *key);
void futex_key_drop(struct futex_key *key);
bool futex_key_equal(const struct futex_key *a, const struct futex_key *b);
u32 futex_hash(const struct futex_key *k);
void futex_bucket_lock(u32 b);
void futex_bucket_unlock(u32 b);
/* The calling thread's waiter, ready for a wait on @key, which is held. NULL: no memory. */
struct futex_waiter *futex_prepare(struct thread *t, const struct futex_key *key, u32 bitset);
/* After the wait, off all queues: the waiter keeps no file. */
void futex_forget(struct thread *t);
void futex_enqueue_locked(struct futex_waiter *w);
void futex_dequeue_locked(struct futex_waiter *w);
/* The next waiter on @key behind @after (NULL: the first). */
struct futex_waiter *futex_first_locked(u32 b, const struct futex_key *key,
	struct futex_waiter *after);
bool futex_cancel(struct futex_waiter *w);
int futex_sleep(struct futex_waiter *w, u64 deadline);
/* Wakes one waiter of either kind of key. */
void futex_wake_one(struct thread *t, struct uaddr a);
/* Wakes all who wait for PI futexes of @owner, as those of an owner that has died. */
void futex_wake_owned(const struct thread *owner);

s64 futex_lock_pi(struct thread *t, struct uaddr a, bool private, u64 deadline, bool try_only);
s64 futex_unlock_pi(struct thread *t, struct uaddr a, bool private);

#endif
