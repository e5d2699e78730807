// SPDX-License-Identifier: MPL-2.0
/*
 * The system calls mount(2) and umount(2), and the mounts that the kernel makes itself at start-up
 * and takes off at the end.
 *
 * One call has many meanings, chosen by its flags: a new mount, a remount, a bind, a move, a change
 * of propagation. All of them resolve the target first, and change the tree under mount_lock. A new
 * file system is made before the lock is taken, since it may read a disk for long. An umount waits
 * for the end of the file system after the lock has been released.
 */
#include <frame/task.h>
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <kernel/namei.h>
#include <kernel/super.h>
#include <kernel/syscall.h>
#include <kernel/text.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include <uapi/fs.h>

#include "mounts.h"

/*
 * Mounts a new file system: copies the strings, makes the mount, attaches it. The reference that is
 * dropped at the end is this function's; the tree has its own if the mount was attached, else the
 * file system ends here, and its end is waited for.
 */
static s64 mount_fresh(const struct path *at, struct uaddr source, struct uaddr type, u32 flags,
	struct uaddr data)
{
	char name[32] = { 0 };
	char dev[64] = "none";
	struct buf *opts = buf_alloc(PAGE_SIZE);
	const struct fs_type *ft;
	struct mount *m = NULL;
	ssize_t n;
	s64 err;

	if (!opts)
		return -ENOMEM;
	n = type.va ? copy_in_str(span_of(name), type) : -EINVAL;
	err = n < 0 ? n : 0;
	if (!err && source.va) {
		n = copy_in_str(span_of(dev), source);
		err = n < 0 ? n : 0;
	}
	if (!err && data.va) {
		/* The options end where readable memory ends. */
		n = copy_in_some(span_first(buf_span(opts), PAGE_SIZE - 1), data);
		err = n < 0 ? n : 0;
	}
	if (err)
		goto out;
	ft = fs_find(text_in(name));
	err = ft ? mount_new(ft, text_in(dev),
			   cspan_first(buf_cspan(opts), cspan_strlen(buf_cspan(opts))), flags, &m)
		 : -ENODEV;
	if (!err) {
		mutex_lock(&mount_lock);
		err = mount_attach(m, at);
		mutex_unlock(&mount_lock);
		mount_put_wait(&m);
	}
out:
	buf_put(&opts);
	return err;
}

#define MS_PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

/*
 * MS_PRIVATE and the others, of the mount whose root is @at, with MS_REC also of the mounts below
 * it. Nothing propagates, so all mounts are private; a private mount that is made a slave is
 * private. MS_SHARED is refused: copies of the mount would have to follow it. mount_lock held.
 */
static s64 set_propagation(const struct path *at, u32 flags)
{
	u32 type = flags & ~(MS_REC | MS_SILENT);
	struct mount *m;

	if ((type & ~MS_PROPAGATION) || (type & (type - 1)) || at->dentry != at->mnt->root ||
		!mount_is_attached(at->mnt) || type == MS_SHARED)
		return -EINVAL;
	list_for_each(m, &all_mounts.list, link) {
		if (type != MS_SLAVE &&
			(m == at->mnt || ((flags & MS_REC) && mount_hangs_on(m, at->mnt))))
			m->unbindable = type == MS_UNBINDABLE;
		task_cond_resched();
	}
	return 0;
}

static s64 change_tree(struct thread *t, const struct path *at, struct uaddr source, u32 flags)
{
	s64 err;

	mutex_lock(&mount_lock);
	err = flags & MS_BIND            ? mount_bind(t, at, source, flags & MS_REC)
		: flags & MS_PROPAGATION ? set_propagation(at, flags)
					 : mount_move(t, at, source);
	mutex_unlock(&mount_lock);
	return err;
}

/*
 * The path is resolved before mount_lock is taken. The kind of operation is chosen in Linux's
 * order.
 */
s64 sys_mount(struct thread *t, struct uaddr source, struct uaddr target, struct uaddr type,
	u32 flags, struct uaddr data)
{
	struct path at;
	s64 err;

	if ((flags & 0xffff0000) == 0xc0ed0000)
		flags &= 0xffff; /* a magic number of old programs */
	err = path_lookup_user(t, AT_FDCWD, target, LOOKUP_FOLLOW, &at);
	if (err)
		return err;
	if (!cred_capable(t->cred, CAP_SYS_ADMIN))
		err = -EPERM;
	else if (flags & MS_REMOUNT)
		err = mount_remount(&at, flags, data);
	else if (flags & (MS_BIND | MS_PROPAGATION | MS_MOVE))
		err = change_tree(t, &at, source, flags);
	else
		err = mount_fresh(&at, source, type, flags, data);
	path_put(&at);
	return err;
}

#define MNT_FORCE       1u
#define MNT_DETACH      2u
#define MNT_EXPIRE      4u
#define UMOUNT_NOFOLLOW 8u
/*
 * Drops the references on mounts that are detached. File systems that were used by nothing else
 * have been written and taken apart when this returns, so that a medium can be removed after
 * umount(2).
 */
static void put_gone(struct mount_list *gone)
{
	struct mount *m;

	while ((m = list_first(&gone->list)) != NULL) {
		list_remove(&gone->list, m, link);
		mount_put_wait(&m);
	}
}

/* The target must be the root of a mount, and not the root of the tree. MNT_FORCE has no effect. */
s64 sys_umount2(struct thread *t, struct uaddr target, u32 flags)
{
	struct mount_list gone = { 0 };
	struct path at;
	s64 err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW) ||
		((flags & MNT_EXPIRE) && (flags & (MNT_FORCE | MNT_DETACH))))
		return -EINVAL;
	err = path_lookup_user(t, AT_FDCWD, target, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW,
		&at);
	if (err)
		return err;
	mutex_lock(&mount_lock);
	if (!cred_capable(t->cred, CAP_SYS_ADMIN))
		err = -EPERM;
	else if (at.dentry != at.mnt->root || !at.mnt->parent)
		err = -EINVAL;
	else if (flags & MNT_DETACH)
		mount_detach_tree(at.mnt, &gone);
	else
		err = mount_detach_unused(at.mnt, flags & MNT_EXPIRE, &gone);
	mutex_unlock(&mount_lock);
	path_put(&at);
	put_gone(&gone);
	return err;
}

/* ---- the kernel's own mounts ---- */

/* Start-up code is alone, so no locks are taken. */
int vfs_init(struct lit root_type, struct cspan options)
{
	const struct fs_type *type = fs_find(lit_span(root_type));
	struct mount *m = NULL;
	int err = type ? files_init() : -ENODEV;

	if (!err)
		err = super_init();
	if (!err)
		err = mount_new(type, STR("rootfs"), options, 0, &m);
	if (err)
		return err;
	m->id = mount_new_id();
	mount_enlist(m);
	mount_set_root(m);
	obj_put(&m);
	return 0;
}

/*
 * Power-off, when all processes are gone: detaches all mounts, the newest first. The root is the
 * oldest, since nothing replaces it, and so the last. File systems whose last user was one of the
 * processes may still be on their way out.
 */
void vfs_shutdown(void)
{
	struct mount *m;

	while ((m = list_last(&all_mounts.list)) != NULL) {
		if (m == root_mount())
			mount_set_root(NULL);
		mount_detach(m);
		mount_put_wait(&m);
	}
	super_wait_all_ends();
}
