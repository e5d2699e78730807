// SPDX-License-Identifier: MPL-2.0
/*
 * The node of a bound AF_UNIX socket in the file system. See unix(7), "Pathname sockets".
 *
 * The order of the checks is that of Linux, so that the same error is returned when several apply.
 */
#include <frame/types.h>
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "fs.h"

/*
 * The directory stays locked from the look-up to mknod, so the name is still free then. On an error
 * nothing is held. @bound: the socket has an address already, which is an error that only comes
 * after those of the name.
 */
int vfs_mksock(struct thread *t, struct cspan name, u32 mode, bool bound, struct path *out)
{
	struct path dir;
	struct last_name last;
	struct dentry *d = NULL;
	struct inode *ino;
	bool counted;
	int err = path_parent(t, AT_FDCWD, name, 0, &dir, &last);

	if (err)
		return err;
	ino = dir.dentry->inode;
	counted = !mount_begin_write(dir.mnt);
	rwlock_write_lock(&ino->lock);
	if (last.kind != LAST_NAME)
		err = -EEXIST;
	if (!err)
		err = dir_lookup(dir.dentry, cspan_sub(name, last.off, last.len), true, &d);
	if (!err && d->inode)
		err = -EEXIST;
	if (!err && last.trailing_slash)
		err = -ENOENT;
	if (!err)
		err = counted ? may_create(ino) : -EROFS;
	if (!err && bound)
		err = -EINVAL;
	if (!err && !ino->ops->mknod)
		err = -EPERM;
	if (!err)
		err = ino->ops->mknod(ino, d, S_IFSOCK | (mode & 07777 & ~t->fs->umask), 0);
	rwlock_write_unlock(&ino->lock);
	if (counted)
		mount_end_write(dir.mnt);
	if (!err) {
		out->mnt = obj_get(dir.mnt);
		out->dentry = obj_get(d);
	}
	obj_put(&d);
	path_put(&dir);
	return err;
}
