// SPDX-License-Identifier: MPL-2.0
/*
 * rename(2).
 *
 * How it works. A rename changes two directories, the file that moves, and the file that had the
 * new name. The inodes of all four are locked for writing. The order of the locks ensures that two
 * renames never wait for each other, and that a rename and a task that locks a directory below its
 * parent (rmdir) do not either:
 *
 *   1. Two directories: first rename_lock of the file system, so there is one such rename at a
 *      time, and no directory is moved below another one meanwhile. Then the upper directory
 *      before the lower one. If neither is above the other, the order is that of the call.
 *   2. Both names are looked up, and everything is checked, under these locks.
 *   3. The children (lock_children), directories before files.
 *
 * Then the operation of the file system moves the dentry in one step, which cannot fail after its
 * own checks. So a look-up, which takes none of these locks, finds the file under the old name or
 * the new one; and under the new name it finds the replaced file until it finds the moved one. If
 * any check fails, the locks are released and nothing has changed.
 */
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/notify.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "fs.h"

/* Locks both directories, the upper one first. rename_lock keeps their order meanwhile. */
static void lock_dirs(struct dentry *a, struct dentry *b)
{
	if (a == b) {
		rwlock_write_lock(&a->inode->lock);
		return;
	}
	mutex_lock(&a->sb->rename_lock);
	if (dentry_is_ancestor(b, a)) {
		rwlock_write_lock(&b->inode->lock);
		rwlock_write_lock(&a->inode->lock);
	} else {
		rwlock_write_lock(&a->inode->lock);
		rwlock_write_lock(&b->inode->lock);
	}
}

static void unlock_dirs(struct dentry *a, struct dentry *b)
{
	rwlock_write_unlock(&a->inode->lock);
	if (a == b)
		return;
	rwlock_write_unlock(&b->inode->lock);
	mutex_unlock(&a->sb->rename_lock);
}

/*
 * Locks the file that moves and the file that has the new name (either may be NULL: not locked).
 * The locks of both parents are held.
 *
 * Why this cannot deadlock. Within one directory rename_lock is not held, and at most one directory
 * is locked here: the one that is replaced. So a task that waits for a directory without
 * rename_lock holds only that directory's parent, and waits for a directory deeper in the tree than
 * the one it holds. With rename_lock, which has one holder, both may be directories. Neither is
 * above the other, and no chain of waiters below one of them leads to the other. Files are locked
 * after directories; of two files, the one with the lower number first.
 */
static void lock_children(struct inode *a, struct inode *b)
{
	bool b_first = a && b &&
		(S_IS(a->mode, S_IFDIR) ? S_IS(b->mode, S_IFDIR) && b->ino < a->ino
					: S_IS(b->mode, S_IFDIR) || b->ino < a->ino);

	if (b_first)
		rwlock_write_lock(&b->lock);
	if (a)
		rwlock_write_lock(&a->lock);
	if (b && !b_first)
		rwlock_write_lock(&b->lock);
}

static void unlock_children(struct inode *a, struct inode *b)
{
	if (a)
		rwlock_write_unlock(&a->lock);
	if (b)
		rwlock_write_unlock(&b->lock);
}

/*
 * A directory that gets another parent is itself changed (its ".."), so the thread must be allowed
 * to write to it.
 */
static s64 may_change_parent(struct dentry *d)
{
	struct inode *ino = d->inode;

	return ino && S_IS(ino->mode, S_IFDIR) ? inode_permission(ino, MAY_WRITE) : 0;
}

/*
 * All checks of a rename, under the directories' locks: existence, types, permissions, and that no
 * directory becomes its own descendant.
 */
static s64 rename_check(struct target *from, struct target *to, struct dentry *old,
	struct dentry *new, u32 flags)
{
	bool is_dir;
	s64 err;

	if (!old->inode)
		return -ENOENT;
	if ((flags & RENAME_NOREPLACE) && new->inode)
		return -EEXIST;
	if ((flags & RENAME_EXCHANGE) && !new->inode)
		return -ENOENT;
	is_dir = S_IS(old->inode->mode, S_IFDIR);
	if (!is_dir &&
		(from->last.trailing_slash ||
			(!(flags & RENAME_EXCHANGE) && to->last.trailing_slash)))
		return -ENOTDIR;
	/*
	 * Within one directory neither file can be above the other. rename_lock is not held then,
	 * and without it nobody may walk up.
	 */
	if (from->dir.dentry != to->dir.dentry) {
		if (is_dir && dentry_is_ancestor(old, to->dir.dentry))
			return -EINVAL;
		if (new->inode && S_IS(new->inode->mode, S_IFDIR) &&
			dentry_is_ancestor(new, from->dir.dentry))
			return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	}
	err = may_delete(from->dir.dentry->inode, old, is_dir);
	if (err)
		return err;
	if (!new->inode)
		err = may_create(to->dir.dentry->inode);
	else if (flags & RENAME_EXCHANGE)
		err = may_delete(to->dir.dentry->inode, new, S_IS(new->inode->mode, S_IFDIR));
	else
		err = may_delete(to->dir.dentry->inode, new, is_dir);
	if (!err && from->dir.dentry != to->dir.dentry) {
		err = may_change_parent(old);
		if (!err && (flags & RENAME_EXCHANGE))
			err = may_change_parent(new);
	}
	return err;
}

/*
 * Executes a rename that has been checked; remove_locked explains why the children are locked. A
 * directory that keeps its parent is not locked, because nothing in it changes: a mount that is put
 * on it at the same time may come before or after.
 */
static s64 rename_locked(struct inode *from_dir, struct dentry *old, struct inode *to_dir,
	struct dentry *new, u32 flags)
{
	bool stays = from_dir == to_dir;
	struct inode *moved = old->inode, *over = new->inode;
	s64 err;

	if (!from_dir->ops->rename)
		return -EPERM;
	if (stays && S_IS(moved->mode, S_IFDIR))
		moved = NULL;
	if (stays && over && S_IS(over->mode, S_IFDIR) && (flags & RENAME_EXCHANGE))
		over = NULL;
	lock_children(moved, over);
	if (atomic_load(&old->nr_mounts) || atomic_load(&new->nr_mounts))
		err = -EBUSY;
	else
		err = from_dir->ops->rename(from_dir, old, to_dir, new, flags);
	unlock_children(moved, over);
	return err;
}

/* Reports a rename to watchers. @over: the file that had the new name before. */
static void notify_rename(struct target *from, struct target *to, struct inode *moved,
	struct inode *over, bool exchange)
{
	struct inode *a = from->dir.dentry->inode;
	struct inode *b = to->dir.dentry->inode;

	notify_move_event(a, target_name(from), b, target_name(to), S_IS(moved->mode, S_IFDIR));
	if (over && !exchange)
		notify_inode(over, IN_ATTRIB);
	notify_inode(moved, IN_MOVE_SELF);
	if (exchange) {
		notify_move_event(b, target_name(to), a, target_name(from),
			S_IS(over->mode, S_IFDIR));
		notify_inode(over, IN_MOVE_SELF);
	}
}

/*
 * Steps 1 to 3 of the story at the top, in this order: checks that need no lock, the directories'
 * locks, both look-ups, all other checks, and the move under the children's locks. Watchers are
 * notified while the directories are locked, so that their events come in the order of the renames.
 * References on dentries are dropped after the locks: a release may be long.
 */
static s64 rename_targets(struct target *from, struct target *to, u32 flags)
{
	struct dentry *a = from->dir.dentry;
	struct dentry *b = to->dir.dentry;
	struct dentry *old = NULL;
	struct dentry *new = NULL;
	struct inode *over = NULL;
	s64 err;

	if (from->dir.mnt != to->dir.mnt)
		return -EXDEV;
	if (from->last.kind != LAST_NAME || to->last.kind != LAST_NAME)
		return flags & RENAME_NOREPLACE && to->last.kind != LAST_NAME ? -EEXIST : -EBUSY;
	err = target_begin_write(from);
	if (err)
		return err;
	lock_dirs(a, b);
	err = target_lookup(from, &old);
	if (!err)
		err = target_lookup(to, &new);
	if (!err)
		err = rename_check(from, to, old, new, flags);
	/* Two names of one file: POSIX says that rename does nothing and succeeds. */
	if (!err && old->inode != new->inode) {
		over = new->inode;
		err = rename_locked(a->inode, old, b->inode, new, flags);
		if (!err && notify_wanted())
			notify_rename(from, to, old->inode, over, flags & RENAME_EXCHANGE);
	}
	unlock_dirs(a, b);
	obj_put(&old);
	obj_put(&new);
	return err;
}

/* Both parents are resolved before any lock is taken. */
s64 sys_renameat2(struct thread *t, s32 olddirfd, struct uaddr oldpath, s32 newdirfd,
	struct uaddr newpath, u32 flags)
{
	struct target from, to;
	s64 err;

	if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) ||
		((flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) && (flags & RENAME_EXCHANGE)))
		return -EINVAL;
	err = target_get(t, olddirfd, oldpath, &from);
	if (err)
		return err;
	err = target_get(t, newdirfd, newpath, &to);
	if (!err) {
		err = rename_targets(&from, &to, flags);
		target_put(&to);
	}
	target_put(&from);
	return err;
}
