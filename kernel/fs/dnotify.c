// SPDX-License-Identifier: MPL-2.0
/*
 * dnotify: F_NOTIFY, signals about a directory. See fcntl(2), and sigio.c for the signal.
 *
 * Events come from where those of inotify come from (notify.c); a watch here is on a second list of
 * the directory's inotify_marks. It belongs to a descriptor table and an open file, and ends when the
 * table closes a descriptor of that file. Without DN_MULTISHOT its first event empties its mask; it is
 * not released there, because a directory is locked, and the release of an owner may sleep.
 *
 * A watch is charged to the user like one of inotify, with the same limit.
 */
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/sigio.h>
#include <kernel/thread.h>
#include <kernel/user_limit.h>
#include <uapi/errno.h>

#include "fs.h"
#include "inotify.h"

enum {
	DN_ACCESS = 1,
	DN_MODIFY = 2,
	DN_CREATE = 4,
	DN_DELETE = 8,
	DN_RENAME = 16,
	DN_ATTRIB = 32,
};
#define DN_MULTISHOT 0x80000000u

struct dnotify {
	struct obj obj;
	struct inotify_marks *on; /* reference */
	struct obj *sigio;        /* of the file; reference */
	struct obj *file, *table; /* only compared: the watch is removed before they are released */
	u32 uid;                  /* whose account has been charged */
	u32 mask;                 /* DN_*; 0: no events any more */
	LIST_LINK(dnotify) link;  /* on->dnotify */
};

static struct spinlock dnotify_lock; /* all lists of watches; sigio_lock is taken under it */

static void dnotify_release(struct dnotify *d)
{
	obj_put(&d->on);
	obj_put_any(&d->sigio);
	user_uncharge(USER_INOTIFY_WATCHES, d->uid, 1);
}
OBJ_TYPE(dnotify, dnotify_release);

/* The DN_ bits that an event of inotify, or DN_RENAME itself, means. */
static u32 dnotify_mask(u32 event)
{
	return (event & IN_ACCESS ? DN_ACCESS : 0) | (event & IN_MODIFY ? DN_MODIFY : 0) |
		(event & (IN_CREATE | IN_MOVED_TO) ? DN_CREATE : 0) |
		(event & (IN_DELETE | IN_MOVED_FROM) ? DN_DELETE : 0) |
		(event & IN_ATTRIB ? DN_ATTRIB : 0) | (event & IN_RENAMED ? DN_RENAME : 0);
}

void dnotify_event(struct inotify_marks *marks, u32 event)
{
	u32 mask = dnotify_mask(event);
	struct dnotify *d;

	if (!mask)
		return;
	spin_lock(&dnotify_lock);
	list_for_each(d, &marks->dnotify, link) {
		if (!(d->mask & mask))
			continue;
		sigio_tell_message(d->sigio);
		if (!(d->mask & DN_MULTISHOT))
			d->mask = 0;
	}
	spin_unlock(&dnotify_lock);
}

/* The watch of a file in a table, or NULL. dnotify_lock held. */
static struct dnotify *dnotify_find(struct inotify_marks *marks, const struct file *f,
	const struct obj *table)
{
	struct dnotify *d;

	list_for_each(d, &marks->dnotify, link) {
		if (d->file == &f->obj && d->table == table)
			break;
	}
	return d;
}

void dnotify_remove(struct file *f, struct obj *table)
{
	struct inotify_marks *marks = load_acquire(f->inode->marks);
	struct dnotify *d;

	if (!marks || !load_once(marks->dnotify.first))
		return;
	spin_lock(&dnotify_lock);
	d = dnotify_find(marks, f, table);
	if (d)
		list_remove(&marks->dnotify, d, link);
	spin_unlock(&dnotify_lock);
	if (d) {
		notify_count_watcher(-1);
		obj_put(&d);
	}
}

/* A watch with everything but its place on the list. -ENOMEM; -ENOSPC: the user has too many. */
static int dnotify_new(const struct thread *t, struct file *f, u32 mask, struct dnotify **out)
{
	struct inotify_marks *marks = notify_marks_of(f->inode);
	struct dnotify *d;

	if (!marks)
		return -ENOMEM;
	if (!user_charge(USER_INOTIFY_WATCHES, t->cred->uid, 1, knob_get(KNOB_INOTIFY_WATCHES)))
		return -ENOSPC;
	d = obj_new(dnotify);
	if (!d) {
		user_uncharge(USER_INOTIFY_WATCHES, t->cred->uid, 1);
		return -ENOMEM;
	}
	d->on = obj_get(marks);
	d->uid = t->cred->uid;
	d->file = &f->obj;
	d->table = files_owner(t->files);
	d->mask = mask;
	d->sigio = sigio_pin(f);
	if (!d->sigio) {
		obj_put(&d);
		return -ENOMEM;
	}
	*out = d;
	return 0;
}

/* Puts @new on the list, or adds to the watch that the file has. */
static void dnotify_add(const struct file *f, struct dnotify *new)
{
	struct dnotify *d;

	notify_count_watcher(1); /* first: who removes the watch at once counts it back */
	spin_lock(&dnotify_lock);
	d = dnotify_find(new->on, f, new->table);
	if (d)
		d->mask |= new->mask;
	else
		list_push_back(&new->on->dnotify, new, link); /* a table that ends finds it first */
	if (!d)
		(void)obj_get(new);
	spin_unlock(&dnotify_lock);
	if (d)
		notify_count_watcher(-1);
}

/*
 * The owner is known before the first event can come. A thread that has closed the descriptor
 * meanwhile found no watch to remove, or will find this one: the table is looked at afterwards.
 */
s64 dnotify_fcntl(struct thread *t, s32 fd, struct file *f, u32 mask)
{
	struct dnotify *new;
	int err;

	if (!(mask & ~DN_MULTISHOT)) {
		dnotify_remove(f, files_owner(t->files));
		return 0;
	}
	if (!S_IS(f->inode->mode, S_IFDIR))
		return -ENOTDIR;
	err = dnotify_new(t, f, mask, &new);
	if (err)
		return err;
	err = sigio_set_owner(f, F_OWNER_PID, t->process->pid, true);
	if (!err) {
		sigio_set_fd(new->sigio, fd);
		dnotify_add(f, new);
		if (!fd_is(t, fd, f))
			dnotify_remove(f, new->table);
	}
	obj_put(&new);
	return err;
}
