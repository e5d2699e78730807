// SPDX-License-Identifier: MPL-2.0
/*
 * File locks inside kernel/fs: locks.c keeps them, lock_calls.c is how programs get them. Leases are
 * in lease.c.
 */
#ifndef KERNEL_FILE_LOCK_H
#define KERNEL_FILE_LOCK_H

#include <frame/sync.h>
#include <kernel/inode.h>
#include <kernel/interval.h>
#include <kernel/list.h>

enum { F_RDLCK, F_WRLCK, F_UNLCK };

#define LOCK_LAST 0x7fffffffffffffffull /* the last offset: a lock up to here has no end */

/* A request. */
struct lock_query {
	struct obj *owner; /* only compared */
	u64 start, end;    /* [start, end] */
	s32 pid;           /* as programs are told: -1 of an open file's lock */
	u32 uid;           /* whose account pays */
	u32 type;
	bool is_flock;
	bool is_lease; /* of a waiter: it breaks leases */
};

struct file_lock {
	struct obj obj;
	INTERVAL_NODE(file_lock) node;
	struct obj *owner; /* only compared: the lock is removed before its owner is released */
	u64 start, end;    /* [start, end]; start does not change while it is in the tree */
	u64 id;            /* one a lock; /proc/locks shows who waits for which by it */
	s32 pid;
	u32 uid; /* whose account has been charged */
	u32 type;
	bool is_flock;
};
OBJ_TYPE_DECL(file_lock);

/* A lease of an open file. */
struct lease {
	struct obj obj;
	struct obj *owner; /* the file; only compared: the lease is removed before its release */
	struct obj *sigio; /* the file's; reference */
	LIST_LINK(lease) link; /* file_locks.leases */
	u64 id;
	s32 pid;
	u32 uid; /* whose account has been charged */
	u32 type;
	bool untold; /* the holder has not been told yet that it is broken */
	/*
	 * Broken: by when it must have ended, or be a read lease, as time_mono_ns(). 0: that is not
	 * demanded; NO_DEADLINE: whenever the holder likes.
	 */
	u64 ends_by, read_by;
	struct lease *gone; /* chain of leases to release */
};
OBJ_TYPE_DECL(lease);

/* A task that waits. */
struct lock_waiter {
	struct obj obj;
	struct lock_query query;
	struct obj *blocker; /* only compared; waiters_lock */
	u64 blocker_id;      /* file_locks.lock */
	LIST_LINK(lock_waiter) link, inode_link;
};
OBJ_TYPE_DECL(lock_waiter);

/* Made at the first lock of an inode, and kept until the inode is released. */
struct file_locks {
	struct obj obj;
	struct spinlock lock; /* guards all below but the last four */
	struct waitq changed;
	TREE_ROOT(file_lock) records;   /* POSIX and OFD; references */
	TREE_ROOT(file_lock) flocks;    /* references */
	LIST_HEAD(lock_waiter) waiting; /* borrowed: each is held by its task */
	LIST_HEAD(lease) leases;        /* references */
	u32 nr;                         /* of both trees and of the leases */
	u32 nr_leases;                  /* also read without the lock: is there any? */
	/* The list of all, for /proc/locks; all_lock guards the node, the others stay. */
	TREE_NODE(file_locks) all_node;
	u64 id, dev, ino;
};
OBJ_TYPE_DECL(file_locks);

#define INDEX_BITS     16
#define LOCKS_OF_INODE (1u << INDEX_BITS)

/* The locks of an inode, borrowed from it; made at the first use. NULL: out of memory. */
struct file_locks *file_locks_of(struct inode *ino);
/*
 * Sets, changes or removes a lock and wakes the waiters. 0; -EAGAIN: another owner's lock conflicts;
 * -ENOLCK: out of memory, or of the user's account, or of the inode's room.
 */
s64 must_check file_lock_set(struct file_locks *fl, const struct lock_query *q);
/*
 * The first lock of another owner that overlaps the request, where one of both is exclusive. flock
 * and record locks do not see each other. fl->lock held.
 */
struct file_lock *file_lock_conflict(struct file_locks *fl, const struct lock_query *q);
/*
 * Charges one lock to the user, in any case: the lock's release takes it back. False: that was one
 * too many, and the caller releases the lock.
 */
bool must_check file_lock_charge(u32 uid);
/* The next number of a lock, for /proc/locks. */
u64 file_lock_new_id(void);
/* What the lease is, or has to become: F_RDLCK, F_WRLCK, F_UNLCK. fl->lock held. */
u32 lease_target(const struct lease *l);

#endif
