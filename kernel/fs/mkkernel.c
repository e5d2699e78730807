// SPDX-License-Identifier: MPL-2.0
/* Names that the kernel itself makes at start-up, with its own rights: no process exists yet. */
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <kernel/namei.h>
#include <kernel/stat.h>
#include <kernel/vfs.h>
#include <uapi/fs.h>

#include "fs.h"

/*
 * Makes a directory or a device node at @path, with the rights of the kernel. Returns 0, -EEXIST,
 * or the error of the file system. As in the calls of users the name is looked up and made in one
 * hold of the directory's lock.
 */
static int make_kernel(struct cspan path, u32 mode, u64 rdev)
{
	struct path dir;
	struct last_name last;
	struct dentry *d = NULL;
	struct inode *ino;
	int err = path_parent(NULL, AT_FDCWD, path, 0, &dir, &last);

	if (err)
		return err;
	ino = dir.dentry->inode;
	rwlock_write_lock(&ino->lock);
	err = dir_lookup(dir.dentry, cspan_sub(path, last.off, last.len), true, &d);
	if (!err && d->inode)
		err = -EEXIST;
	if (!err)
		err = S_IS(mode, S_IFDIR) ? ino->ops->mkdir(ino, d, mode & 07777)
					  : ino->ops->mknod(ino, d, mode, rdev);
	rwlock_write_unlock(&ino->lock);
	obj_put(&d);
	path_put(&dir);
	return err;
}

int vfs_mkdir_kernel(struct cspan path, u32 mode)
{
	return make_kernel(path, S_IFDIR | mode, 0);
}

int vfs_mknod_kernel(struct cspan path, u32 mode, u64 rdev)
{
	return make_kernel(path, mode, rdev);
}
