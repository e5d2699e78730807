// SPDX-License-Identifier: MPL-2.0
/*
 * Mounts that show what is mounted elsewhere (MS_BIND), and mounts that move (MS_MOVE). See
 * mount(2).
 */
#include <frame/task.h>
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "mounts.h"

/* A second mount of what @like mounts, or of @root in its file system; NULL: no memory. */
static struct mount *mount_like(struct mount *like, struct dentry *root)
{
	struct mount *m = mount_of_super(like->sb, root, load_once(like->flags));

	if (m) {
		m->source = like->source ? buf_get(like->source) : NULL;
		m->unbindable = like->unbindable;
	}
	return m;
}

/*
 * How MS_BIND | MS_REC copies a tree. Each mount that is copied points to its copy (mount.copy).
 * Passes over the list of all mounts copy those whose parent has a copy already, until a pass finds
 * none: a mount moved (MS_MOVE) may stand before its parent in the list. Of the mounts on the
 * source's own mount only those below the source count. A copy hangs on the copy of its parent, at
 * the same place; no walk finds it, since the top of the copies hangs nowhere. Then the top is
 * attached like any mount, and all appear at once. Unbindable mounts are left out, with what is
 * mounted on them. All of it under mount_lock.
 */
struct copying {
	struct path from;
	LIST_HEAD(mount) copies; /* by link, parents first; without the top; references */
	u32 nr;
};

/* Whether @m is to be copied in this pass. */
static bool is_next_copy(const struct mount *m, const struct copying *c)
{
	if (m->copy || m->unbindable || !m->parent || !m->parent->copy)
		return false;
	return m->parent != c->from.mnt || dentry_is_below(m->point, c->from.dentry);
}

static s64 copy_child(struct mount *m, struct copying *c)
{
	struct path at = { m->parent->copy, m->point };
	struct mount *n = NULL;

	if (mount_has_room(c->nr + 1))
		n = mount_like(m, m->root);
	else
		return -ENOSPC;
	if (!n)
		return -ENOMEM;
	spin_lock(&mount_list_lock);
	n->id = mount_new_id();
	mount_hang(n, &at);
	spin_unlock(&mount_list_lock);
	list_push_back(&c->copies, n, link);
	c->nr++;
	m->copy = n;
	return 0;
}

static s64 copy_children(struct copying *c)
{
	struct mount *m;
	bool found;
	s64 err = 0;

	do {
		found = false;
		list_for_each(m, &all_mounts.list, link) {
			task_cond_resched();
			if (err || !is_next_copy(m, c))
				continue;
			err = copy_child(m, c);
			found = true;
		}
	} while (found && !err);
	return err;
}

/* Ends the copying: the copies enter the list of all mounts, or (@err) are taken apart. */
static void finish_copies(struct copying *c, s64 err)
{
	struct mount *m;
	struct path from;

	list_for_each(m, &all_mounts.list, link)
		m->copy = NULL;
	while ((m = err ? list_last(&c->copies) : list_first(&c->copies)) != NULL) {
		list_remove(&c->copies, m, link);
		from = (struct path){ 0 };
		spin_lock(&mount_list_lock);
		if (err)
			mount_unhang(m, &from);
		else
			mount_enlist(m);
		spin_unlock(&mount_list_lock);
		path_put(&from);
		obj_put(&m);
		task_cond_resched();
	}
	if (!err)
		mount_changed();
}

/*
 * MS_BIND: mounts the tree at @source once more, with MS_REC also the mounts below it. The flags
 * are those of its mount; those of the call are ignored, as on Linux.
 */
int mount_bind(struct thread *t, const struct path *at, struct uaddr source, bool rec)
{
	struct copying c = { 0 };
	struct mount *m = NULL;
	s64 err = path_lookup_user(t, AT_FDCWD, source, LOOKUP_FOLLOW, &c.from);

	if (err)
		return err;
	if (!mount_is_attached(c.from.mnt) || c.from.mnt->unbindable)
		err = -EINVAL; /* a pipe, a memfd, or something in a mount that is gone */
	else
		m = mount_like(c.from.mnt, c.from.dentry);
	if (!m && !err)
		err = -ENOMEM;
	if (!err && rec) {
		m->id = mount_new_id(); /* children hang on it before it is attached */
		c.from.mnt->copy = m;
		err = copy_children(&c);
	}
	if (!err)
		err = mount_attach(m, at);
	if (rec)
		finish_copies(&c, err);
	obj_put(&m);
	path_put(&c.from);
	return err;
}

/* MS_MOVE: only the root of a mount moves, and not below itself. */
static s64 move_check(const struct path *from, const struct path *at)
{
	if (from->dentry != from->mnt->root || !from->mnt->parent)
		return -EINVAL;
	if (!S_IS(at->dentry->inode->mode, S_IFDIR) != !S_IS(from->dentry->inode->mode, S_IFDIR))
		return -EINVAL;
	return mount_hangs_on(at->mnt, from->mnt) ? -ELOOP : 0;
}

/*
 * Off and on in one critical section of mount_list_lock: a walk finds the mount at the old place or
 * the new one.
 */
int mount_move(struct thread *t, const struct path *at, struct uaddr source)
{
	struct path from, old = { 0 };
	s64 err = path_lookup_user(t, AT_FDCWD, source, LOOKUP_FOLLOW, &from);

	if (err)
		return err;
	err = move_check(&from, at);
	if (!err)
		err = mount_place_lock(at, from.dentry);
	if (!err) {
		spin_lock(&mount_list_lock);
		mount_unhang(from.mnt, &old);
		mount_hang(from.mnt, at);
		spin_unlock(&mount_list_lock);
		mount_place_unlock(at);
		mount_changed();
	}
	path_put(&old);
	path_put(&from);
	return err;
}
