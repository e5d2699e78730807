// SPDX-License-Identifier: MPL-2.0
/*
 * File locks: flock, POSIX record locks, open-file-description locks. See flock(2), fcntl(2).
 *
 * A lock belongs to an owner object: the process's descriptor table (POSIX), or the open file
 * (flock, OFD). All locks of an inode are in one list, under one spinlock.
 *
 * How a task waits. It queues itself on `changed`, tries to set the lock, and sleeps if that fails.
 * Every change of the list wakes all waiters, which try again; so no wake-up is lost, and the list
 * needs no queue of requests.
 *
 * Deadlocks (F_SETLKW only; flock and OFD locks have no such check). A waiter records which owner
 * blocks it. Before it sleeps, it follows the chain of blockers, at most 64 steps; if the chain
 * leads back to itself, it gets -EDEADLK. Recording and search are one critical section under
 * waiters_lock, so of several processes that close a cycle at the same time, the last one sees the
 * cycle.
 *
 * When locks end. Those of a process go when it closes any descriptor of the file, as POSIX
 * demands; those of an open file with its last reference. Both are found by comparing owners, so a
 * lock never holds its owner.
 *
 * Locking: file_locks.lock guards the list of an inode; waiters_lock that of the waiters. They are
 * not held together.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "fs.h"

#define LOCK_SH 1u
#define LOCK_EX 2u
#define LOCK_NB 4u
#define LOCK_UN 8u
enum { F_RDLCK, F_WRLCK, F_UNLCK };

struct file_lock {
	struct obj obj;
	LIST_LINK(file_lock) link;
	struct obj *owner; /* only compared: the lock is removed before its owner is released */
	u64 start, end;    /* [start, end] */
	s32 pid;
	u32 type;
	bool is_flock;
};
static void file_lock_release(struct file_lock *l)
{
	(void)l;
}
OBJ_TYPE(file_lock, file_lock_release);

/* Made at the first lock of an inode, and kept until the inode is released. */
struct file_locks {
	struct obj obj;
	struct spinlock lock;
	struct waitq changed;
	LIST_HEAD(file_lock) list; /* references; by start */
};
static void file_locks_release(struct file_locks *fl)
{
	struct file_lock *l;

	while ((l = list_first(&fl->list)) != NULL) {
		list_remove(&fl->list, l, link);
		obj_put(&l);
	}
}
OBJ_TYPE(file_locks, file_locks_release);

/* A request. */
struct lock_query {
	struct obj *owner;
	u64 start, end;
	s32 pid;
	u32 type;
	bool is_flock;
};

/*
 * The list of the inode, made at the first use. inode.lock serializes the makers; the release store
 * publishes the list when it is complete.
 */
static struct file_locks *locks_of(struct inode *ino)
{
	struct file_locks *fl = load_acquire(ino->locks);
	struct file_locks *mine;

	if (fl)
		return fl;
	mine = obj_new(file_locks);
	if (!mine)
		return NULL;
	rwlock_write_lock(&ino->lock);
	if (!ino->locks) {
		store_release(ino->locks, mine);
		mine = NULL;
	}
	fl = ino->locks;
	rwlock_write_unlock(&ino->lock);
	obj_put(&mine);
	return fl;
}

/*
 * The first lock of another owner that overlaps the request, where one of both is exclusive. flock
 * and record locks do not see each other. fl->lock held.
 */
static struct file_lock *find_conflict(struct file_locks *fl, const struct lock_query *q)
{
	struct file_lock *l;

	list_for_each(l, &fl->list, link) {
		if (l->owner != q->owner && l->is_flock == q->is_flock && l->start <= q->end &&
			q->start <= l->end && (l->type == F_WRLCK || q->type == F_WRLCK))
			return l;
	}
	return NULL;
}

/* Inserts by start, after locks with the same start: F_GETLK reports the first conflict. */
static void insert_sorted(struct file_locks *fl, struct file_lock *n)
{
	struct file_lock *l;

	list_for_each(l, &fl->list, link) {
		if (l->start > n->start) {
			list_insert_before(&fl->list, l, n, link);
			return;
		}
	}
	list_push_back(&fl->list, n, link);
}

/*
 * Merges the owner's adjacent locks of the same type into @n. So a program that locks a file record
 * by record has one lock at the end, and unlocking the middle makes two.
 */
static void merge_neighbours(struct file_locks *fl, struct file_lock *n)
{
	struct file_lock *l, *next;

	list_for_each_safe(l, next, &fl->list, link) {
		if (l->owner != n->owner || l->is_flock || l->type != n->type)
			continue;
		if (l->end + 1 == n->start)
			n->start = l->start;
		else if (n->end + 1 == l->start)
			n->end = l->end;
		else
			continue;
		list_remove(&fl->list, l, link);
		obj_put(&l);
	}
}

/*
 * Removes the request's range from the owner's locks: a lock inside the range is removed, one that
 * overlaps an end is cut, and one that contains the range is split. @spare: an entry for the second
 * part; one is enough, because an owner's locks do not overlap.
 */
static void cut_range(struct file_locks *fl, const struct lock_query *q, struct file_lock **spare)
{
	struct file_lock *l, *next;

	list_for_each_safe(l, next, &fl->list, link) {
		if (l->owner != q->owner || l->is_flock != q->is_flock || l->end < q->start ||
			l->start > q->end)
			continue;
		if (l->start < q->start && l->end > q->end && *spare) {
			struct file_lock *tail = *spare;
			*spare = NULL;
			tail->owner = l->owner;
			tail->start = q->end + 1;
			tail->end = l->end;
			tail->pid = l->pid;
			tail->type = l->type;
			l->end = q->start - 1;
			insert_sorted(fl, tail);
		} else if (l->start < q->start) {
			l->end = q->start - 1;
		} else if (l->end > q->end) {
			l->start = q->end + 1;
		} else {
			list_remove(&fl->list, l, link);
			obj_put(&l);
		}
	}
}

/*
 * flock(2): before a lock changes its type, the old one is removed, even if the new one cannot be
 * set. Otherwise two holders of a shared lock that both request an exclusive one would wait for
 * each other. Returns whether there was one.
 */
static bool drop_other_type(struct file_locks *fl, const struct lock_query *q)
{
	struct file_lock *l;

	list_for_each(l, &fl->list, link) {
		if (l->owner == q->owner && l->is_flock && l->type != q->type) {
			list_remove(&fl->list, l, link);
			obj_put(&l);
			return true;
		}
	}
	return false;
}

/*
 * Sets, changes or removes a lock. -EAGAIN: another owner's lock conflicts. The two entries that
 * may be needed are allocated first, so nothing fails half way.
 */
static s64 try_set(struct file_locks *fl, const struct lock_query *q)
{
	struct file_lock *fresh = obj_new(file_lock);
	struct file_lock *spare = obj_new(file_lock);
	bool dropped;
	s64 err = 0;

	if (!fresh || !spare) {
		err = -ENOLCK;
		goto out;
	}
	spin_lock(&fl->lock);
	dropped = q->is_flock && drop_other_type(fl, q);
	if (q->type != F_UNLCK && find_conflict(fl, q)) {
		err = -EAGAIN;
	} else {
		cut_range(fl, q, &spare);
		if (q->type != F_UNLCK) {
			fresh->owner = q->owner;
			fresh->start = q->start;
			fresh->end = q->end;
			fresh->pid = q->pid;
			fresh->type = q->type;
			fresh->is_flock = q->is_flock;
			if (!q->is_flock)
				merge_neighbours(fl, fresh);
			insert_sorted(fl, fresh);
			fresh = NULL;
		}
	}
	spin_unlock(&fl->lock);
	if (!err || dropped)
		waitq_wake_all(&fl->changed);
out:
	obj_put(&fresh);
	obj_put(&spare);
	return err;
}

/* ---- deadlocks: a process that would wait for itself gets EDEADLK ---- */

struct lock_waiter {
	struct obj obj;
	struct obj *owner, *blocker; /* only compared */
	LIST_LINK(lock_waiter) link;
};
OBJ_TYPE(lock_waiter, NULL_RELEASE);

static struct spinlock waiters_lock; /* guards waiters; taken under no other lock */
/* borrowed: each is held by its waiter */
static LIST_HEAD(lock_waiter) waiters;

static bool leads_back(struct obj *owner, struct obj *blocker)
{
	struct lock_waiter *w;
	u32 steps;

	for (steps = 0; steps < 64 && blocker && blocker != owner; steps++) {
		list_for_each(w, &waiters, link) {
			if (w->owner == blocker)
				break;
		}
		blocker = w ? w->blocker : NULL;
	}
	return blocker == owner;
}

/*
 * Records that @w waits for the owner of the lock that conflicts with @q. False: that would be a
 * deadlock. If the conflict has disappeared meanwhile, there is no blocker, and the caller, which
 * is queued on `changed` already, is woken by that change.
 */
static bool note_wait(struct file_locks *fl, const struct lock_query *q, struct lock_waiter *w)
{
	struct file_lock *l;
	struct obj *blocker;
	bool ok;

	spin_lock(&fl->lock);
	l = find_conflict(fl, q);
	blocker = l ? l->owner : NULL;
	spin_unlock(&fl->lock);
	spin_lock(&waiters_lock);
	ok = !leads_back(w->owner, blocker);
	w->blocker = blocker;
	spin_unlock(&waiters_lock);
	return ok;
}

/* Waits until the lock is set. @w: the record for the search for deadlocks, or NULL. */
static s64 wait_for_lock(struct file_locks *fl, const struct lock_query *q, struct lock_waiter *w)
{
	s64 err;

	for (;;) {
		waitq_prepare(&fl->changed, WAIT_INTERRUPTIBLE);
		err = try_set(fl, q);
		if (err == -EAGAIN && w && !note_wait(fl, q, w))
			err = -EDEADLK;
		if (err != -EAGAIN) {
			waitq_cancel();
			return err;
		}
		if (waitq_commit(NO_DEADLINE)) {
			/* the lock may have become free together with the signal */
			err = try_set(fl, q);
			return err == -EAGAIN ? -ERESTARTSYS : err;
		}
	}
}

/* Sets a lock and waits for it. @deadlocks: look for deadlocks. */
static s64 set_wait(struct file_locks *fl, const struct lock_query *q, bool deadlocks)
{
	struct lock_waiter *w = NULL;
	s64 err;

	if (!deadlocks)
		return wait_for_lock(fl, q, NULL);
	w = obj_new(lock_waiter);
	if (!w)
		return -ENOLCK;
	w->owner = q->owner;
	spin_lock(&waiters_lock);
	list_push_back(&waiters, w, link);
	spin_unlock(&waiters_lock);
	err = wait_for_lock(fl, q, w);
	spin_lock(&waiters_lock);
	list_remove(&waiters, w, link);
	spin_unlock(&waiters_lock);
	obj_put(&w);
	return err;
}

/*
 * A flock covers the whole file and belongs to the open file, so duplicates of the descriptor share
 * it.
 */
s64 sys_flock(struct thread *t, s32 fd, u32 op)
{
	struct file *f = file_get(t, fd);
	struct lock_query q = { .end = ~0ul, .is_flock = true, .pid = t->process->pid };
	struct file_locks *fl;
	s64 err;

	if (!f)
		return -EBADF;
	switch (op & ~LOCK_NB) {
	case LOCK_SH:
		q.type = F_RDLCK;
		break;
	case LOCK_EX:
		q.type = F_WRLCK;
		break;
	case LOCK_UN:
		q.type = F_UNLCK;
		break;
	default:
		obj_put(&f);
		return -EINVAL;
	}
	q.owner = &f->obj;
	fl = locks_of(f->inode);
	err = !fl ? -ENOLCK : op & LOCK_NB ? try_set(fl, &q) : set_wait(fl, &q, false);
	obj_put(&f);
	return err;
}

struct flock64 {
	s16 type, whence;
	u32 pad;
	s64 start, len;
	s32 pid;
	u32 pad2;
};

/*
 * Converts the range of a struct flock to absolute offsets, and checks it. 0, -EINVAL, -EOVERFLOW.
 */
static s64 lock_decode(struct file *f, const struct flock64 *in, struct lock_query *q)
{
	s64 base = 0, start, end;

	if (in->whence == SEEK_CUR)
		base = (s64)f->pos;
	else if (in->whence == SEEK_END)
		base = (s64)f->inode->size;
	else if (in->whence != SEEK_SET)
		return -EINVAL;
	if (__builtin_add_overflow(base, in->start, &start))
		return -EOVERFLOW;
	if (start < 0 || (in->len < 0 && start + in->len < 0))
		return -EINVAL;
	if (in->len < 0) {
		end = start - 1;
		start += in->len;
	} else {
		end = in->len ? start + in->len - 1 : 0x7fffffffffffffff;
	}
	if (end < start)
		return -EOVERFLOW;
	if (in->type != F_RDLCK && in->type != F_WRLCK && in->type != F_UNLCK)
		return -EINVAL;
	q->start = (u64)start;
	q->end = (u64)end;
	q->type = (u32)in->type;
	return 0;
}

/*
 * F_GETLK: describes the first conflicting lock, or sets the type to F_UNLCK. The pid of an OFD
 * lock is -1.
 */
static s64 get_lock(struct file *f, struct lock_query *q, struct flock64 *io, bool ofd)
{
	struct file_locks *fl = load_acquire(f->inode->locks);
	struct file_lock *l;

	if (q->type == F_UNLCK)
		return -EINVAL;
	if (!fl) {
		io->type = F_UNLCK;
		return 0;
	}
	spin_lock(&fl->lock);
	l = find_conflict(fl, q);
	if (l) {
		io->type = (s16)l->type;
		io->whence = SEEK_SET;
		io->start = (s64)l->start;
		io->len = l->end >= 0x7fffffffffffffff ? 0 : (s64)(l->end - l->start + 1);
		io->pid = l->pid;
	} else {
		io->type = F_UNLCK;
	}
	spin_unlock(&fl->lock);
	(void)ofd;
	return 0;
}

/*
 * Sets a record lock of the process. Another thread that closes the descriptor meanwhile takes it
 * out of the table first and then drops the locks. If our lock were set after that, nobody would
 * ever drop it. So the table is checked after the lock has been set, under the table's lock: a
 * thread that takes the descriptor out later finds the lock. If the descriptor is closed already,
 * the lock is removed again.
 */
static s64 set_posix(struct thread *t, s32 fd, struct file *f, struct file_locks *fl,
	struct lock_query *q, bool wait)
{
	s64 err = wait ? set_wait(fl, q, true) : try_set(fl, q);

	if (err || q->type == F_UNLCK || fd_is(t, fd, f))
		return err;
	q->type = F_UNLCK;
	(void)try_set(fl, q);
	return -EBADF;
}

/*
 * Decodes the request, then dispatches: to the query, to a record lock of the process, or to a lock
 * of the open file. A shared lock requires a readable file, an exclusive one a writable file.
 */
s64 locks_fcntl(struct thread *t, s32 fd, struct file *f, u32 cmd, struct uaddr lock)
{
	bool ofd = cmd >= F_OFD_GETLK;
	struct lock_query q = { 0 };
	struct flock64 io;
	struct file_locks *fl;
	s64 err;

	if (user_get(&io, lock))
		return -EFAULT;
	if (ofd && io.pid)
		return -EINVAL;
	err = lock_decode(f, &io, &q);
	if (err)
		return err;
	q.owner = ofd ? &f->obj : files_owner(t->files);
	q.pid = ofd ? -1 : t->process->pid;
	if (cmd == F_GETLK || cmd == F_OFD_GETLK) {
		err = get_lock(f, &q, &io, ofd);
		return err ? err : user_put(lock, &io) ? -EFAULT : 0;
	}
	if ((q.type == F_RDLCK && !(f->mode & FMODE_READ)) ||
		(q.type == F_WRLCK && !(f->mode & FMODE_WRITE)))
		return -EBADF;
	fl = locks_of(f->inode);
	if (!fl)
		return -ENOLCK;
	if (!ofd)
		return set_posix(t, fd, f, fl, &q, cmd == F_SETLKW);
	return cmd == F_OFD_SETLKW ? set_wait(fl, &q, false) : try_set(fl, &q);
}

/* Removes all locks of an owner on the inode and wakes the waiters. */
static void drop_owner(struct inode *ino, struct obj *owner, bool flocks_too)
{
	struct file_locks *fl = ino ? load_acquire(ino->locks) : NULL;
	struct file_lock *l, *next;
	bool any = false;

	if (!fl)
		return;
	spin_lock(&fl->lock);
	list_for_each_safe(l, next, &fl->list, link) {
		if (l->owner == owner && (flocks_too || !l->is_flock)) {
			list_remove(&fl->list, l, link);
			obj_put(&l);
			any = true;
		}
	}
	spin_unlock(&fl->lock);
	if (any)
		waitq_wake_all(&fl->changed);
}

void locks_file_closed(struct file *f, struct obj *table)
{
	if (f->inode && load_once(f->inode->locks))
		drop_owner(f->inode, table, false);
}

void locks_file_released(struct file *f)
{
	if (f->inode && load_once(f->inode->locks))
		drop_owner(f->inode, &f->obj, true);
}

void locks_free(struct inode *ino)
{
	obj_put(&ino->locks);
}
