// SPDX-License-Identifier: MPL-2.0
/*
 * The watches on inodes, and the delivery of events to them (kernel/notify.h). Design and locking:
 * inotify.h.
 *
 * Who keeps whom. A mark is in two structures: the list of its inode, which events walk, and the
 * tree of its instance, which calls search. One lock guards both, so that a mark leaves them
 * together. References are dropped only after the lock, through a chain (mark_remove_locked): the
 * last one may end an inode, and that sleeps.
 */
#include <frame/fmt.h>
#include <frame/task.h>
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/list.h>
#include <kernel/mount.h>
#include <kernel/super.h>
#include <kernel/user_limit.h>

#include "fs.h"
#include "inotify.h"

static struct spinlock notify_lock;
u32 notify_watchers;
static u32 last_cookie;

static void inotify_marks_release(struct inotify_marks *m)
{
	(void)m;
}
OBJ_TYPE(inotify_marks, inotify_marks_release);

static void inotify_mark_release(struct inotify_mark *m)
{
	obj_put(&m->on);
	obj_put(&m->inode);
}
OBJ_TYPE(inotify_mark, inotify_mark_release);

static bool mark_before(const struct inotify_mark *a, const struct inotify_mark *b)
{
	return a->wd < b->wd;
}
TREE_DEFINE(mark_tree, inotify_mark, node, mark_before)

/* ---- removal ---- */

/*
 * Takes the mark off its lists and adds it to the chain *@gone: its references may be the last
 * ones, and a release may sleep. notify_lock held.
 */
static void mark_remove_locked(struct inotify_mark *m, struct inotify_mark **gone)
{
	list_remove(&m->on->list, m, link);
	mark_tree_remove(&m->owner->marks, m);
	store_once(notify_watchers, notify_watchers - 1);
	user_uncharge(USER_INOTIFY_WATCHES, m->owner->uid, 1);
	m->gone = *gone;
	*gone = m;
}

/* Releases a chain of removed marks, without the lock. */
static void release_gone(struct inotify_mark *gone)
{
	while (gone) {
		struct inotify_mark *m = gone;
		gone = m->gone;
		m->gone = NULL;
		obj_put(&m);
	}
}

/*
 * IN_IGNORED is queued before the mark is removed, under one lock: no later event of this mark
 * follows it.
 */
int notify_remove_mark(struct inotify *in, s32 wd)
{
	struct inotify_mark *gone = NULL;
	struct inotify_mark *m;

	spin_lock(&notify_lock);
	m = in->marks;
	while (m && m->wd != wd)
		m = wd < m->wd ? m->node.left : m->node.right;
	if (m) {
		inotify_queue(in, wd, IN_IGNORED, 0, CSPAN_NONE);
		mark_remove_locked(m, &gone);
	}
	spin_unlock(&notify_lock);
	release_gone(gone);
	return m ? 0 : -EINVAL;
}

/* Removes the marks one at a time, so that the lock is never held for long. */
void notify_remove_all(struct inotify *in)
{
	struct inotify_mark *gone;

	do {
		gone = NULL;
		spin_lock(&notify_lock);
		if (in->marks)
			mark_remove_locked(in->marks, &gone);
		spin_unlock(&notify_lock);
		release_gone(gone);
	} while (gone);
}

void notify_count_watcher(s32 change)
{
	spin_lock(&notify_lock);
	store_once(notify_watchers, notify_watchers + (u32)change);
	spin_unlock(&notify_lock);
}

/* ---- events ---- */

/*
 * Queues an event for all marks of the inode whose mask has it. The common case, an inode without
 * marks, takes no lock: the list is published by a release store and lives as long as the inode.
 * @unlinked: the event is of an open file without a name, which IN_EXCL_UNLINK ignores. A mark with
 * IN_ONESHOT is removed after its first event.
 */
static void mark_send(struct inode *ino, u32 event, u32 cookie, struct cspan name, bool unlinked)
{
	struct inotify_marks *marks = load_acquire(ino->marks);
	struct inotify_mark *gone = NULL;
	struct inotify_mark *m, *next;

	if (!marks)
		return;
	spin_lock(&notify_lock);
	list_for_each_safe(m, next, &marks->list, link) {
		if (!(m->mask & event & (IN_ALL_EVENTS | IN_UNMOUNT)) ||
			(unlinked && (m->mask & IN_EXCL_UNLINK)))
			continue;
		inotify_queue(m->owner, m->wd, event, cookie, name);
		if (m->mask & IN_ONESHOT) {
			inotify_queue(m->owner, m->wd, IN_IGNORED, 0, CSPAN_NONE);
			mark_remove_locked(m, &gone);
		}
	}
	spin_unlock(&notify_lock);
	release_gone(gone);
	if (load_once(marks->dnotify.first))
		dnotify_event(marks, event);
}

void notify_inode_event(struct inode *ino, u32 event)
{
	/* IN_DELETE_SELF and IN_MOVE_SELF come without IN_ISDIR, as on Linux. */
	mark_send(ino, event & (IN_DELETE_SELF | IN_MOVE_SELF) ? event : event | notify_isdir(ino),
		0, CSPAN_NONE, false);
}

/* First to the watches of the directory, with the name, then to those of the file itself. */
void notify_dentry_event(struct dentry *d, u32 event, bool by_file)
{
	struct inode *ino = d->inode;
	struct dentry *parent = dentry_parent(d);
	bool unlinked = by_file && !(d->flags & (D_HASHED | D_ROOT));
	u8 name[NAME_LEN];

	event |= notify_isdir(ino);
	if (parent != d && load_once(parent->inode->marks)) {
		size_t n = dentry_name(d, span_of(name));
		mark_send(parent->inode, event, 0, cspan_first(cspan_of(name), n), unlinked);
	}
	mark_send(ino, event, 0, CSPAN_NONE, unlinked);
	obj_put(&parent);
}

void notify_name_event(struct inode *dir, struct cspan name, u32 event)
{
	mark_send(dir, event, 0, name, false);
}

/* Both events have the same cookie, so that a program can match them. */
void notify_move_event(struct inode *from_dir, struct cspan from, struct inode *to_dir,
	struct cspan to, bool is_dir)
{
	u32 dir = is_dir ? IN_ISDIR : 0;
	u32 cookie;

	spin_lock(&notify_lock);
	cookie = ++last_cookie;
	spin_unlock(&notify_lock);
	if (from_dir == to_dir)
		mark_send(from_dir, IN_RENAMED, 0, CSPAN_NONE, false);
	mark_send(from_dir, IN_MOVED_FROM | dir, cookie, from, false);
	mark_send(to_dir, IN_MOVED_TO | dir, cookie, to, false);
}

/* ---- the end of what is watched ---- */

/*
 * Each mark gets @event, if it asks for it, and then IN_IGNORED, and is removed. *@gone: the chain
 * that the caller releases. notify_lock held.
 */
static void end_marks(struct inotify_marks *marks, u32 event, struct inotify_mark **gone)
{
	struct inotify_mark *m, *next;

	list_for_each_safe(m, next, &marks->list, link) {
		if (m->mask & event & (IN_ALL_EVENTS | IN_UNMOUNT))
			inotify_queue(m->owner, m->wd, event, 0, CSPAN_NONE);
		inotify_queue(m->owner, m->wd, IN_IGNORED, 0, CSPAN_NONE);
		mark_remove_locked(m, gone);
	}
}

/* The caller's references keep the inode, so no mark has the last one. */
void notify_inode_deleted(struct inode *ino, u32 others)
{
	struct inotify_marks *marks = load_acquire(ino->marks);
	struct inotify_mark *gone = NULL;
	struct inotify_mark *m;

	if (!marks)
		return;
	spin_lock(&notify_lock);
	list_for_each(m, &marks->list, link)
		others += m->inode != NULL;
	if (obj_refs(ino) == others)
		end_marks(marks, IN_DELETE_SELF, &gone);
	spin_unlock(&notify_lock);
	release_gone(gone);
}

/* The inode has no references left, so no new mark can appear, and none of them holds it. */
void notify_inode_gone(struct inode *ino)
{
	struct inotify_marks *marks = ino->marks;
	struct inotify_mark *gone = NULL;
	bool named = ino->nlink && !(ino->flags & S_DEAD);

	if (!marks)
		return;
	spin_lock(&notify_lock);
	end_marks(marks, named ? IN_UNMOUNT | marks->isdir : IN_DELETE_SELF, &gone);
	if (list_is_linked(&ino->sb->marked, marks, super_link))
		list_remove(&ino->sb->marked, marks, super_link);
	spin_unlock(&notify_lock);
	release_gone(gone);
	obj_put(&ino->marks);
}

/*
 * Inode by inode, so that the lock is not held for long. An inode leaves the list of the super, but
 * keeps its own list of marks, which stays empty. The marks of one that is released meanwhile are
 * removed by notify_inode_gone or here, under the lock, whichever comes first.
 */
void notify_super_gone(struct super *sb)
{
	struct inotify_marks *marks;
	struct inotify_mark *gone;

	do {
		gone = NULL;
		spin_lock(&notify_lock);
		marks = list_first(&sb->marked);
		if (marks) {
			list_remove(&sb->marked, marks, super_link);
			end_marks(marks, IN_UNMOUNT | marks->isdir, &gone);
		}
		spin_unlock(&notify_lock);
		release_gone(gone);
		task_cond_resched();
	} while (marks);
}

/* ---- adding ---- */

/*
 * A mark for the inode at *@p. It holds the inode unless a pinned name or the super does, see
 * inotify.h.
 */
static struct inotify_mark *mark_new(struct inotify *in, const struct path *p, u32 mask)
{
	struct inotify_mark *m = obj_new(inotify_mark);
	struct inode *ino = p->dentry->inode;

	if (!m)
		return NULL;
	m->owner = in;
	m->mask = mask;
	m->ino = ino->ino;
	m->dev = ino->sb->dev;
	if (!(p->dentry->flags & (D_PINNED | D_ROOT)) && ino->nlink)
		m->inode = obj_get(ino);
	return m;
}

struct inotify_marks *notify_marks_of(struct inode *ino)
{
	struct inotify_marks *mine;

	if (load_acquire(ino->marks))
		return ino->marks;
	mine = obj_new(inotify_marks);
	spin_lock(&notify_lock);
	if (!ino->marks && mine) {
		mine->isdir = notify_isdir(ino);
		list_push_front(&ino->sb->marked, mine, super_link); /* the order of Linux */
		store_release(ino->marks, mine);
		mine = NULL;
	}
	spin_unlock(&notify_lock);
	obj_put(&mine);
	return ino->marks;
}

/* The mark of instance @in in the list, or NULL: an instance has at most one mark on an inode. */
static struct inotify_mark *mark_find_owner(struct inotify_marks *marks, const struct inotify *in)
{
	struct inotify_mark *m;

	list_for_each(m, &marks->list, link) {
		if (m->owner == in)
			break;
	}
	return m;
}

/*
 * The next unused watch descriptor after the last one. notify_lock held. Descriptors count up, so
 * one that was removed is not given out again soon: a program may still have events of it to read.
 */
static s32 next_wd(struct inotify *in)
{
	struct inotify_mark *m;

	do {
		in->last_wd = in->last_wd == 0x7fffffff ? 1 : in->last_wd + 1;
		m = in->marks;
		while (m && m->wd != in->last_wd)
			m = in->last_wd < m->wd ? m->node.left : m->node.right;
	} while (m);
	return in->last_wd;
}

/*
 * The new mark and the charge come before the lock, since allocation may sleep; if the instance has
 * a mark on the inode already, they are dropped again. The descriptor of a mark that exists already
 * stays.
 */
s64 notify_add_mark(struct inotify *in, const struct path *p, u32 mask)
{
	u32 keep = (mask & (IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT)) | IN_UNMOUNT;
	struct inotify_marks *marks = notify_marks_of(p->dentry->inode);
	struct inotify_mark *m, *new;
	s64 ret;

	if (!marks)
		return -ENOMEM;
	if (!user_charge(USER_INOTIFY_WATCHES, in->uid, 1, knob_get(KNOB_INOTIFY_WATCHES)))
		return -ENOSPC;
	new = mark_new(in, p, keep);
	spin_lock(&notify_lock);
	m = mark_find_owner(marks, in);
	if (m) {
		m->mask = mask & IN_MASK_ADD ? m->mask | keep : keep;
		ret = mask & IN_MASK_CREATE ? -EEXIST : m->wd;
	} else if (!new) {
		ret = -ENOMEM;
	} else {
		new->on = obj_get(marks);
		new->wd = next_wd(in);
		list_push_back(&marks->list, new, link);
		mark_tree_insert(&in->marks, obj_get(new));
		store_once(notify_watchers, notify_watchers + 1);
		ret = new->wd;
	}
	spin_unlock(&notify_lock);
	if (m || ret < 0)
		user_uncharge(USER_INOTIFY_WATCHES, in->uid, 1);
	obj_put(&new);
	return ret;
}

/* The lower bound in the tree of marks. */
bool notify_show_next(struct inotify *in, s32 *wd, struct fmt *out)
{
	struct inotify_mark *at, *m = NULL;

	spin_lock(&notify_lock);
	for (at = in->marks; at; at = at->wd >= *wd ? at->node.left : at->node.right) {
		if (at->wd >= *wd)
			m = at;
	}
	if (m) {
		fmt_printf(out, "inotify wd:%x ino:%lx sdev:%lx mask:%x ignored_mask:0 \n",
			(u32)m->wd, m->ino, m->dev,
			m->mask & (IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT));
		*wd = m->wd + 1;
	}
	spin_unlock(&notify_lock);
	return m != NULL;
}
