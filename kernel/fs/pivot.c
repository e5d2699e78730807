// SPDX-License-Identifier: MPL-2.0
/*
 * pivot_root: another mount becomes the root, and the old root is moved below it. All threads whose
 * root or working directory is the old root get the new one. See pivot_root(2).
 *
 * How it works. Under `moving`, of which there is one holder: first mount_pivot checks everything
 * and changes the mount tree; if it fails, nothing has changed. Then all contexts are updated,
 * which cannot fail (move_all_contexts). A path walk may use the old root without references
 * meanwhile, so each context keeps it in `was` until that walk has ended.
 */
#include <frame/cpu.h>
#include <frame/time.h>
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "mounts.h"

#define WALK_WAIT_NS (5 * NSEC_PER_SEC) /* for walks of before the last pivot_root */

/* ---- the tree ---- */

/* Whether @below lies under @top, in the same mount or in a mount below it. mount_lock held. */
static bool is_reachable(const struct path *below, const struct path *top)
{
	struct mount *m = below->mnt;
	struct dentry *d = below->dentry;

	while (m != top->mnt && m->parent) {
		d = m->point;
		m = m->parent;
	}
	return m == top->mnt && dentry_is_below(d, top->dentry);
}

/*
 * The conditions of pivot_root(2): both the root and the new root are roots of mounts and attached,
 * neither the new root nor @old is on the mount of the present root, and @old is reachable from the
 * new root.
 */
static s64 pivot_check(const struct path *root, const struct path *new, const struct path *old)
{
	if ((new->dentry->inode->flags | old->dentry->inode->flags) & S_DEAD)
		return -ENOENT;
	if (new->mnt == root->mnt || old->mnt == root->mnt)
		return -EBUSY;
	if (root->dentry != root->mnt->root || !root->mnt->parent ||
		new->dentry != new->mnt->root || !new->mnt->parent)
		return -EINVAL;
	return is_reachable(old, new) && is_reachable(new, root) ? 0 : -EINVAL;
}

/*
 * Exchanges the mounts of a pivot_root. The new root is attached before the old one is detached, so
 * the mount point of the root is never without a mount: rmdir could remove it. @old is locked;
 * mount_lock held.
 */
static void pivot_locked(struct mount *root, struct mount *new, const struct path *old,
	struct path *was, struct path *top)
{
	struct path place;

	spin_lock(&mount_list_lock);
	place = (struct path){ root->parent, root->point };
	mount_unhang(new, was);
	mount_hang(new, &place);
	mount_unhang(root, top);
	mount_hang(root, old);
	spin_unlock(&mount_list_lock);
}

/*
 * Checks, the lock of the mount point and the exchange are under mount_lock, so the tree does not
 * change in between. The references that became free are dropped at the end, without locks.
 */
static s64 mount_pivot(const struct path *root, const struct path *new, const struct path *old)
{
	struct path was = { 0 }, top = { 0 };
	s64 err;

	mutex_lock(&mount_lock);
	err = pivot_check(root, new, old);
	if (!err)
		err = mount_place_lock(old, root->dentry);
	if (!err) {
		pivot_locked(root->mnt, new->mnt, old, &was, &top);
		mount_place_unlock(old);
		mount_changed();
	}
	mutex_unlock(&mount_lock);
	path_put(&was);
	path_put(&top);
	return err;
}

/* ---- the contexts of threads ---- */

/* Whether two paths are the same position. */
static bool path_is_same(const struct path *a, const struct path *b)
{
	return a->mnt == b->mnt && a->dentry == b->dentry;
}

/* If *@at is the old root @from, it becomes @to. The old references move to *@gone. */
static void pivot_follow(struct path *at, const struct path *from, const struct path *to,
	struct path *gone)
{
	if (!path_is_same(at, from))
		return;
	*gone = *at;
	*at = *to;
	path_get(at);
}

/*
 * Updates one context. The references on its old root are kept in `was`, since a walk may use them.
 */
static void move_context(struct fs_context *fs, const struct path *from, const struct path *to)
{
	struct path cwd = { 0 };

	spin_lock(&fs->lock);
	pivot_follow(&fs->root, from, to, &fs->was);
	pivot_follow(&fs->cwd, from, to, &cwd);
	spin_unlock(&fs->lock);
	path_put(&cwd);
}

/*
 * Drops the old root of a context, unless a walk may use it. Such a walk drops it when it ends
 * (return_root).
 */
static void drop_if_unused(struct fs_context *fs)
{
	struct path was = { 0 };

	spin_lock(&fs->lock);
	if (!load_once(fs->borrowed)) {
		was = fs->was;
		fs->was = (struct path){ 0 };
	}
	spin_unlock(&fs->lock);
	path_put(&was);
}

/*
 * Updates all contexts from the root @from to @to or, with @to NULL, drops the old roots that they
 * keep. Returns whether any context still keeps one.
 */
static bool for_all_contexts(const struct path *from, const struct path *to)
{
	bool any = false;
	struct fs_context *fs;
	struct thread *t;
	s32 tid = 1;

	while ((t = thread_next(tid)) != NULL) {
		tid = t->tid + 1;
		fs = fs_context_pin(t);
		if (fs && to)
			move_context(fs, from, to);
		else if (fs)
			drop_if_unused(fs);
		any |= fs && load_once(fs->was.mnt);
		obj_put(&fs);
		obj_put(&t);
	}
	return any;
}

/*
 * A walk may use a root without references (namei.c, borrow_root), and counts that in `borrowed`.
 * It has no fences for that; instead this function makes all CPUs execute a fence, twice. In order:
 * root_moves becomes odd; first fence; the roots change; second fence; root_moves becomes even;
 * look at `borrowed`.
 *
 * So a walk that reads root_moves, the root, and root_moves again either lies as a whole between
 * two of these moments, or reads different numbers, or reads an odd number. In the last two cases
 * it takes references instead.
 *
 * A walk that has read an old root had set `borrowed` before the first fence. So this function sees
 * that after the second fence, unless the walk has ended. At its end the walk clears `borrowed`,
 * then reads `was`. This function has set `was` before the second fence and reads `borrowed` after
 * it. So at least one of the two sees the store of the other, and drops the old root. `moving` is
 * held.
 */
static void move_all_contexts(const struct path *from, const struct path *to)
{
	store_once(root_moves, root_moves + 1);
	cpu_sync_icache_all();
	(void)for_all_contexts(from, to);
	cpu_sync_icache_all();
	store_once(root_moves, root_moves + 1);
	(void)for_all_contexts(NULL, NULL);
}

static struct mutex moving; /* one pivot_root at a time; guards root_moves, and setting `was` */

static s64 pivot(const struct path *root, const struct path *new, const struct path *old)
{
	u64 until = time_mono_ns() + WALK_WAIT_NS;
	bool kept;
	s64 err;

	mutex_lock(&moving);
	/*
	 * `was` has room for one old root. It is in use as long as a walk lasts that began before
	 * the last pivot_root: such a walk is waited for, but not one that waits itself, as an open
	 * of a FIFO does.
	 */
	while ((kept = for_all_contexts(NULL, NULL)) && time_mono_ns() < until &&
		!loop_should_end())
		(void)task_sleep_until(time_mono_ns() + NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
	err = kept ? -EBUSY : mount_pivot(root, new, old);
	if (!err)
		move_all_contexts(root, new);
	mutex_unlock(&moving);
	return err;
}

/* The capability comes first, then both paths, then the checks of mount_pivot. */
s64 sys_pivot_root(struct thread *t, struct uaddr new_root, struct uaddr put_old)
{
	struct path root, new = { 0 };
	struct path old = { 0 };
	s64 err;

	if (!cred_capable(t->cred, CAP_SYS_ADMIN))
		return -EPERM;
	err = path_lookup_user(t, AT_FDCWD, new_root, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &new);
	if (err)
		return err;
	err = path_lookup_user(t, AT_FDCWD, put_old, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &old);
	if (!err) {
		spin_lock(&t->fs->lock);
		root = t->fs->root;
		path_get(&root);
		spin_unlock(&t->fs->lock);
		err = pivot(&root, &new, &old);
		path_put(&root);
		path_put(&old);
	}
	path_put(&new);
	return err;
}
