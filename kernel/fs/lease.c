// SPDX-License-Identifier: MPL-2.0
/*
 * Leases: F_SETLEASE, F_GETLEASE. See fcntl(2), and sigio.c for the signal.
 *
 * A lease belongs to an open file and lasts until that is released. Its holder gets a signal before
 * somebody else opens the file in a way that conflicts (for writing, or with a write lease at all),
 * or truncates it by its path: the lease is broken. The breaker sleeps until the holder has given
 * the lease up, or changed it to one that does not conflict, or until fs.lease-break-time is over;
 * then whoever looks next takes it away. With O_NONBLOCK the breaker fails at once, and the lease is
 * broken all the same.
 *
 * Holder and breaker against each other. An open counts the file in inode.writers or inode.readers
 * first, and looks for leases then; a lease is put on the list first, and the counters are read
 * then. Both have full barriers in between, so one of the two sees the other. What is counted before
 * the lease refuses it.
 *
 * The leases of an inode are in one list, under the lock of its other locks (file_lock.h), and in
 * the same accounts and bounds. Signals are sent when that lock has been released: a lease that is
 * broken is `untold` until then. A lease has a reference to the file's sigio, not to the file.
 */
#include <frame/time.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/sigio.h>
#include <kernel/thread.h>
#include <kernel/user_limit.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#include "file_lock.h"
#include "fs.h"

#define NS_PER_SEC 1000000000ul
#define TOLD       16u /* holders that are told between two looks at the list */

static void lease_release(struct lease *l)
{
	obj_put_any(&l->sigio);
	user_uncharge(USER_LOCKS, l->uid, 1);
}
OBJ_TYPE(lease, lease_release);

u32 lease_target(const struct lease *l)
{
	return l->ends_by ? F_UNLCK : l->read_by ? F_RDLCK : l->type;
}

/* ---- changes ---- */

/* Takes the lease off the list and puts it into the chain *@gone. fl->lock held. */
static void lease_unlink(struct file_locks *fl, struct lease *l, struct lease **gone)
{
	list_remove(&fl->leases, l, link);
	store_once(fl->nr_leases, fl->nr_leases - 1);
	fl->nr--;
	l->gone = *gone;
	*gone = l;
}

/*
 * After fl->lock has been released: wakes breakers if something has @changed, and releases the
 * leases that have ended. The files of these have no owner and no signal any more.
 */
static void lease_finish(struct file_locks *fl, struct lease *gone, bool changed)
{
	if (gone || changed)
		waitq_wake_all(&fl->changed);
	while (gone) {
		struct lease *l = gone;

		gone = l->gone;
		l->gone = NULL;
		sigio_disown(l->sigio);
		obj_put(&l);
	}
}

static bool is_past(u64 deadline)
{
	return deadline && deadline != NO_DEADLINE && time_mono_ns() >= deadline;
}

/* Ends or weakens the broken leases whose time is over. Returns whether any. fl->lock held. */
static bool lease_expire(struct file_locks *fl, struct lease **gone)
{
	struct lease *l, *next;
	bool any = false;

	list_for_each_safe(l, next, &fl->leases, link) {
		if (is_past(l->ends_by)) {
			lease_unlink(fl, l, gone);
			any = true;
		} else if (is_past(l->read_by)) {
			l->type = F_RDLCK;
			l->read_by = 0;
			any = true;
		}
	}
	return any;
}

/* ---- setting ---- */

/* -EAGAIN: somebody has the file open in a way that conflicts with such a lease of @f. */
static int lease_check_opens(const struct file *f, u32 type)
{
	const struct inode *ino = f->inode;
	u64 writes = !!(f->mode & FMODE_WRITE);
	u64 reads = !writes && (f->mode & FMODE_READ);

	if (type == F_RDLCK)
		return atomic_load(&ino->writers) ? -EAGAIN : 0;
	return atomic_load(&ino->writers) == writes && atomic_load(&ino->readers) == reads &&
			!atomic_load(&ino->exec_deny)
		? 0
		: -EAGAIN;
}

/* The lease of an open file, or NULL. fl->lock held. */
static struct lease *lease_find(struct file_locks *fl, const struct file *f)
{
	struct lease *l;

	list_for_each(l, &fl->leases, link) {
		if (l->owner == &f->obj)
			break;
	}
	return l;
}

/* -EAGAIN: leases of other files stand against one of this type. fl->lock held. */
static int lease_check_others(struct file_locks *fl, const struct file *f, u32 type)
{
	struct lease *l;

	list_for_each(l, &fl->leases, link) {
		if (l->owner != &f->obj && (type == F_WRLCK || l->ends_by))
			return -EAGAIN;
	}
	return 0;
}

/* A holder's own change of its lease. What a breaker has demanded stays until it is met. */
static void lease_change(struct lease *l, u32 type)
{
	l->type = type;
	if (type == F_RDLCK)
		l->read_by = 0;
}

/*
 * Puts *@new on the list, and takes it over, or changes the lease that the file has. fl->lock held.
 */
static int lease_insert(struct file_locks *fl, const struct file *f, struct lease **new)
{
	u32 type = (*new)->type;
	struct lease *l = lease_find(fl, f);
	struct lease *none = NULL;
	int err = lease_check_opens(f, type);

	if (!err)
		err = lease_check_others(fl, f, type);
	if (!err && !l && fl->nr >= LOCKS_OF_INODE)
		err = -ENOLCK;
	if (err)
		return err;
	if (l) {
		lease_change(l, type);
		return 0;
	}
	l = *new;
	list_push_back(&fl->leases, l, link);
	store_once(fl->nr_leases, fl->nr_leases + 1);
	fl->nr++;
	memory_barrier();
	err = lease_check_opens(f, type);
	if (err)
		lease_unlink(fl, l, &none); /* it stays the caller's */
	else
		*new = NULL;
	return err;
}

static struct lease *lease_new(const struct thread *t, struct file *f, u32 type)
{
	struct lease *l = obj_new(lease);

	if (!l)
		return NULL;
	l->owner = &f->obj;
	l->type = type;
	l->pid = t->process->pid;
	l->uid = t->cred->uid;
	l->id = file_lock_new_id();
	l->sigio = sigio_pin(f);
	if (!file_lock_charge(l->uid) || !l->sigio)
		obj_put(&l);
	return l;
}

static s64 lease_add(struct thread *t, s32 fd, struct file *f, u32 type)
{
	struct file_locks *fl = file_locks_of(f->inode);
	struct lease *new = fl ? lease_new(t, f, type) : NULL;
	struct lease *gone = NULL;
	bool changed;
	int err;

	if (!new)
		return -ENOMEM;
	sigio_set_fd(new->sigio, fd);
	spin_lock(&fl->lock);
	changed = lease_expire(fl, &gone);
	spin_unlock(&fl->lock);
	lease_finish(fl, gone, changed); /* may take the file's owner away, so it comes first */
	/* A breaker tells the owner as soon as the lease is on the list. */
	err = sigio_set_owner(f, F_OWNER_PID, t->process->pid, true);
	if (!err) {
		spin_lock(&fl->lock);
		err = lease_insert(fl, f, &new);
		spin_unlock(&fl->lock);
		lease_finish(fl, NULL, !err);
	}
	obj_put(&new);
	return err;
}

/* Removes the lease of an open file. Returns whether it had one. */
static bool lease_remove(struct file_locks *fl, const struct file *f)
{
	struct lease *gone = NULL;
	struct lease *l;

	spin_lock(&fl->lock);
	l = lease_find(fl, f);
	if (l)
		lease_unlink(fl, l, &gone);
	spin_unlock(&fl->lock);
	lease_finish(fl, gone, false);
	return l != NULL;
}

void lease_file_released(struct file *f)
{
	struct file_locks *fl = load_acquire(f->inode->locks);

	if (fl && load_once(fl->nr_leases))
		(void)lease_remove(fl, f);
}

/* Regular files with contents of their own can have leases, those of procfs cannot. */
s64 lease_set(struct thread *t, s32 fd, struct file *f, u64 arg)
{
	struct inode *ino = f->inode;

	if (arg != F_UNLCK && arg != F_RDLCK && arg != F_WRLCK)
		return -EINVAL;
	if (load_once(ino->uid) != t->cred->fsuid && !cred_capable(t->cred, CAP_LEASE))
		return -EACCES;
	if (!S_IS(ino->mode, S_IFREG) || !ino->mops)
		return -EINVAL;
	if (arg != F_UNLCK)
		return lease_add(t, fd, f, (u32)arg);
	return load_acquire(ino->locks) && lease_remove(ino->locks, f) ? 0 : -EAGAIN;
}

s64 lease_get(struct file *f)
{
	struct file_locks *fl = load_acquire(f->inode->locks);
	struct lease *gone = NULL;
	struct lease *l;
	u32 type = F_UNLCK;
	bool changed;

	if (!fl || !load_once(fl->nr_leases))
		return type;
	spin_lock(&fl->lock);
	changed = lease_expire(fl, &gone);
	l = lease_find(fl, f);
	if (l)
		type = lease_target(l);
	spin_unlock(&fl->lock);
	lease_finish(fl, gone, changed);
	return type;
}

/* ---- breaking ---- */

/* The first lease that conflicts with an open of this type, or NULL. fl->lock held. */
static struct lease *lease_conflict(struct file_locks *fl, u32 type)
{
	struct lease *l;

	list_for_each(l, &fl->leases, link) {
		if (type == F_WRLCK || l->type == F_WRLCK)
			break;
	}
	return l;
}

/*
 * Demands of all conflicting leases that they end, or become read leases. Each gets its time when
 * this is demanded first. fl->lock held.
 */
static void lease_demand(struct file_locks *fl, u32 type)
{
	u64 seconds = knob_get(KNOB_LEASE_BREAK_TIME);
	u64 by = seconds ? time_mono_ns() + seconds * NS_PER_SEC : NO_DEADLINE;
	struct lease *l;

	list_for_each(l, &fl->leases, link) {
		if (l->ends_by || (type == F_RDLCK && (l->type != F_WRLCK || l->read_by)))
			continue;
		if (type == F_WRLCK)
			l->ends_by = by;
		else
			l->read_by = by;
		l->untold = true;
	}
}

/* Signals those whose leases have been broken, some at a time; these go to the list's end. */
static void lease_tell(struct file_locks *fl)
{
	struct obj *told[TOLD];
	struct lease *l, *next;
	u32 n;

	do {
		n = 0;
		spin_lock(&fl->lock);
		list_for_each_safe(l, next, &fl->leases, link) {
			if (n == TOLD)
				break;
			if (!l->untold)
				continue;
			l->untold = false;
			list_remove(&fl->leases, l, link);
			list_push_back(&fl->leases, l, link);
			*array_at(told, n++) = obj_get_any(l->sigio);
		}
		spin_unlock(&fl->lock);
		for (u32 i = 0; i < n; i++) {
			sigio_tell_message(*array_at(told, i));
			obj_put_any(array_at(told, i));
		}
	} while (n == TOLD);
}

/*
 * One look of a breaker that is queued on `changed`. Returns the time of the next look, or 0: nothing
 * is in the way any more, or *@gone is to be released first.
 */
static u64 lease_look(struct file_locks *fl, struct lock_waiter *w, struct lease **gone)
{
	struct lease *l;
	u64 until = 0;

	spin_lock(&fl->lock);
	(void)lease_expire(fl, gone);
	l = *gone ? NULL : lease_conflict(fl, w->query.type);
	if (l) {
		until = min(l->ends_by ? l->ends_by : NO_DEADLINE,
			l->read_by ? l->read_by : NO_DEADLINE);
		w->blocker_id = l->id;
	}
	spin_unlock(&fl->lock);
	return until;
}

/* 0: the conflicting leases are gone. -ERESTARTSYS: a signal came first. */
static int lease_wait(struct file_locks *fl, struct lock_waiter *w)
{
	int err = 0;

	for (;;) {
		struct lease *gone = NULL;
		u64 until;

		waitq_prepare(&fl->changed, WAIT_INTERRUPTIBLE);
		until = lease_look(fl, w, &gone);
		if (!until || err) {
			waitq_cancel();
			lease_finish(fl, gone, false);
			if (!gone)
				return until ? -ERESTARTSYS : 0;
			continue;
		}
		err = waitq_commit(until) == -EINTR ? -EINTR : 0;
	}
}

static int lease_break_wait(struct file_locks *fl, u32 type)
{
	struct lock_waiter *w = obj_new(lock_waiter);
	struct thread *t = thread_current();
	int err;

	if (!w)
		return -ENOMEM;
	w->query.type = type;
	w->query.end = LOCK_LAST;
	w->query.is_lease = true;
	w->query.pid = t ? t->process->pid : 0;
	spin_lock(&fl->lock);
	list_push_back(&fl->waiting, w, inode_link);
	spin_unlock(&fl->lock);
	err = lease_wait(fl, w);
	spin_lock(&fl->lock);
	list_remove(&fl->waiting, w, inode_link);
	spin_unlock(&fl->lock);
	obj_put(&w);
	return err;
}

static int lease_break_all(struct file_locks *fl, u32 flags)
{
	u32 type = flags & O_ACCMODE ? F_WRLCK : F_RDLCK;
	struct lease *gone = NULL;
	bool changed, conflict;

	spin_lock(&fl->lock);
	changed = lease_expire(fl, &gone);
	conflict = lease_conflict(fl, type);
	if (conflict)
		lease_demand(fl, type);
	spin_unlock(&fl->lock);
	lease_finish(fl, gone, changed);
	if (!conflict)
		return 0;
	lease_tell(fl);
	return flags & O_NONBLOCK ? -EAGAIN : lease_break_wait(fl, type);
}

int lease_break(struct inode *ino, u32 flags)
{
	struct file_locks *fl = load_acquire(ino->locks);

	return fl && load_once(fl->nr_leases) ? lease_break_all(fl, flags) : 0;
}
