// SPDX-License-Identifier: MPL-2.0
/*
 * flock(2) and the lock commands of fcntl(2): how a task requests a lock and waits for it. The locks
 * themselves are in locks.c.
 *
 * How a task waits. It queues itself on `changed`, tries to set the lock, and sleeps if that fails.
 * Every change of an inode's locks wakes all waiters, which try again; so no wake-up is lost, and no
 * queue of requests decides. A waiter is in the inode's list `waiting` only for those who read
 * /proc/locks.
 *
 * Deadlocks (F_SETLKW only; flock and OFD locks have no such check). A waiter records which owner
 * blocks it. Before it sleeps, it follows the chain of blockers, at most 64 steps; if the chain
 * leads back to itself, it gets -EDEADLK. Recording and search are one critical section under
 * waiters_lock, so of several processes that close a cycle at the same time, the last one sees the
 * cycle.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "file_lock.h"
#include "fs.h"

#define LOCK_SH 1u
#define LOCK_EX 2u
#define LOCK_NB 4u
#define LOCK_UN 8u

OBJ_TYPE(lock_waiter, NULL_RELEASE);

static struct spinlock waiters_lock; /* guards waiters; taken under no other lock */
/* borrowed: each is held by its waiter */
static LIST_HEAD(lock_waiter) waiters;

/*
 * Follows the waiters from @blocker on: whom does it wait for, and who that one. A longer chain
 * than the bound counts as no cycle, as on Linux. waiters_lock held.
 */
static bool leads_back(struct obj *owner, struct obj *blocker)
{
	struct lock_waiter *w;
	u32 steps;

	for (steps = 0; steps < 64 && blocker && blocker != owner; steps++) {
		list_for_each(w, &waiters, link) {
			if (w->query.owner == blocker)
				break;
		}
		blocker = w ? w->blocker : NULL;
	}
	return blocker == owner;
}

/*
 * Records that @w waits for the owner of the lock that conflicts with its request. False: that would
 * be a deadlock. If the conflict has disappeared meanwhile, there is no blocker, and the caller,
 * which is queued on `changed` already, is woken by that change.
 */
static bool note_wait(struct file_locks *fl, struct lock_waiter *w, bool deadlocks)
{
	struct file_lock *l;
	struct obj *blocker;
	bool ok;

	spin_lock(&fl->lock);
	l = file_lock_conflict(fl, &w->query);
	blocker = l ? l->owner : NULL;
	w->blocker_id = l ? l->id : 0;
	spin_unlock(&fl->lock);
	if (!deadlocks)
		return true;
	spin_lock(&waiters_lock);
	ok = !leads_back(w->query.owner, blocker);
	w->blocker = blocker;
	spin_unlock(&waiters_lock);
	return ok;
}

/*
 * Waits until the lock is set. The waiter is queued before it tries, so a change between the try
 * and the sleep wakes it. Woken waiters race for the lock; those who lose sleep again.
 */
static s64 wait_for_lock(struct file_locks *fl, struct lock_waiter *w, bool deadlocks)
{
	s64 err;

	for (;;) {
		waitq_prepare(&fl->changed, WAIT_INTERRUPTIBLE);
		err = file_lock_set(fl, &w->query);
		if (err == -EAGAIN && !note_wait(fl, w, deadlocks))
			err = -EDEADLK;
		if (err != -EAGAIN) {
			waitq_cancel();
			return err;
		}
		if (waitq_commit(NO_DEADLINE)) {
			/* the lock may have become free together with the signal */
			err = file_lock_set(fl, &w->query);
			return err == -EAGAIN ? -ERESTARTSYS : err;
		}
	}
}

/*
 * Sets a lock and waits for it. @deadlocks: look for deadlocks. A lock that is free takes no waiter
 * at all.
 */
static s64 set_wait(struct file_locks *fl, const struct lock_query *q, bool deadlocks)
{
	struct lock_waiter *w;
	s64 err = file_lock_set(fl, q);

	if (err != -EAGAIN)
		return err;
	w = obj_new(lock_waiter);
	if (!w)
		return -ENOLCK;
	w->query = *q;
	spin_lock(&fl->lock);
	list_push_back(&fl->waiting, w, inode_link);
	spin_unlock(&fl->lock);
	if (deadlocks) {
		spin_lock(&waiters_lock);
		list_push_back(&waiters, w, link);
		spin_unlock(&waiters_lock);
	}
	err = wait_for_lock(fl, w, deadlocks);
	if (deadlocks) {
		spin_lock(&waiters_lock);
		list_remove(&waiters, w, link);
		spin_unlock(&waiters_lock);
	}
	spin_lock(&fl->lock);
	list_remove(&fl->waiting, w, inode_link);
	spin_unlock(&fl->lock);
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
	struct lock_query q = {
		.end = LOCK_LAST, .is_flock = true, .pid = t->process->pid, .uid = t->cred->uid
	};
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
	if (q.type != F_UNLCK && !(f->mode & (FMODE_READ | FMODE_WRITE))) {
		obj_put(&f);
		return -EBADF; /* a file that is open for ioctls only */
	}
	fl = file_locks_of(f->inode);
	err = !fl ? -ENOLCK : op & LOCK_NB ? file_lock_set(fl, &q) : set_wait(fl, &q, false);
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
 * A negative length means the bytes before the start, and 0 all up to the end of any file.
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
		end = in->len ? start + in->len - 1 : (s64)LOCK_LAST;
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
 * lock is -1. A file that was never locked has no list, and needs none for this.
 */
static s64 get_lock(struct file *f, struct lock_query *q, struct flock64 *io)
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
	l = file_lock_conflict(fl, q);
	if (l) {
		io->type = (s16)l->type;
		io->whence = SEEK_SET;
		io->start = (s64)l->start;
		io->len = l->end >= LOCK_LAST ? 0 : (s64)(l->end - l->start + 1);
		io->pid = l->pid;
	} else {
		io->type = F_UNLCK;
	}
	spin_unlock(&fl->lock);
	return 0;
}

/*
 * Sets a record lock of the process. Another thread that closes the descriptor meanwhile takes it
 * out of the table first and then drops the locks. If our lock were set after that, nobody would
 * ever drop it. So the table is checked after the lock has been set, under the table's lock: a
 * thread that takes the descriptor out later finds the lock. If the descriptor is closed already,
 * the locks of the process are dropped here, as by that close.
 */
static s64 set_posix(struct thread *t, s32 fd, struct file *f, struct file_locks *fl,
	const struct lock_query *q, bool wait)
{
	s64 err = wait ? set_wait(fl, q, true) : file_lock_set(fl, q);

	if (err || q->type == F_UNLCK || fd_is(t, fd, f))
		return err;
	locks_file_closed(f, q->owner);
	return -EBADF;
}

/*
 * Decodes the request, then dispatches: to the query, to a record lock of the process, or to a lock
 * of the open file. A shared lock requires a readable file, an exclusive one a writable file.
 */
s64 locks_fcntl(struct thread *t, s32 fd, struct file *f, u32 cmd, struct uaddr lock)
{
	bool ofd = cmd >= F_OFD_GETLK;
	struct lock_query q = { .uid = t->cred->uid };
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
		err = get_lock(f, &q, &io);
		return err ? err : user_put(lock, &io) ? -EFAULT : 0;
	}
	if ((q.type == F_RDLCK && !(f->mode & FMODE_READ)) ||
		(q.type == F_WRLCK && !(f->mode & FMODE_WRITE)))
		return -EBADF;
	fl = file_locks_of(f->inode);
	if (!fl)
		return -ENOLCK;
	if (!ofd)
		return set_posix(t, fd, f, fl, &q, cmd == F_SETLKW);
	return cmd == F_OFD_SETLKW ? set_wait(fl, &q, false) : file_lock_set(fl, &q);
}
