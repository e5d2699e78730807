// SPDX-License-Identifier: MPL-2.0
/*
 * devtmpfs: a tmpfs that exists once and has a node for each registered device.
 *
 * Nodes that the kernel made have S_KERNEL and are never removed by a shutdown; a user may remove
 * or rename them like other files. The file system stays when it is not mounted.
 *
 * Drivers register devices before anything is mounted, and may do so at any time later, so the file
 * system is made with the first node. A mount only shows it, and a udev or mdev that renames nodes
 * or changes their owners finds them so again after the next mount.
 *
 * Names may have one directory in front (input/event0), which is made when it is missing.
 */
#include <frame/log.h>
#include <kernel/chrdev.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/namei.h>
#include <kernel/super.h>
#include <kernel/tmpfs.h>
#include <uapi/fs.h>

#include "../fs.h"

/* ---- the file system: a tmpfs with one instance ---- */

static struct super *dev_super;

static const struct fs_type devtmpfs_type;

/*
 * Made at the first node or mount. There is no lock: the first caller is start-up code, which is
 * alone.
 */
static int make_super(void)
{
	if (dev_super)
		return 0;
	int err = tmpfs_type.mount(&devtmpfs_type, STR("devtmpfs"), 0, STR("mode=755"), &dev_super);
	if (!err && !super_hold(dev_super)) /* it stays when it is not mounted */
		err = -EBUSY;
	return err;
}

/* All mounts show the one instance; options are ignored, as on Linux. */
static int devtmpfs_mount(const struct fs_type *type, struct cspan source, u32 flags,
	struct cspan data, struct super **out)
{
	int err = make_super();

	(void)type;
	(void)source;
	(void)flags;
	(void)data;
	if (!err)
		*out = obj_get(dev_super);
	return err;
}
static const struct fs_type devtmpfs_type = {
	.name = LIT("devtmpfs"), .nodev = true, .mount = devtmpfs_mount
};

static const struct node_ops dev_nodes = { .add = devtmpfs_add };

void devtmpfs_init(void)
{
	chrdev_set_nodes(&dev_nodes);
	fs_register(&devtmpfs_type);
}

/* Finds or makes an entry of @dir; *@out: a reference. */
static int add_in(struct dentry *dir, struct cspan name, u32 mode, u64 rdev, struct dentry **out)
{
	int err;

	rwlock_write_lock(&dir->inode->lock);
	err = dir_lookup(dir, name, true, out);
	if (!err && !(*out)->inode)
		err = tmpfs_add_kernel(dir->inode, *out, mode, rdev);
	rwlock_write_unlock(&dir->inode->lock);
	return err;
}

/*
 * A path with more than one slash is -EINVAL. A name that exists already stays as it is: a user may
 * have made it.
 */
int devtmpfs_add_name(struct cspan path, u32 mode, u64 rdev)
{
	struct dentry *dir = NULL, *d = NULL;
	size_t slash = cspan_find(path, '/');
	struct cspan rest = slash < cspan_len(path) ? cspan_from(path, slash + 1) : path;
	int err = make_super();

	if (!err && slash < cspan_len(path)) {
		err = add_in(dev_super->root, cspan_first(path, slash), S_IFDIR | 0755, 0, &dir);
		if (!err && cspan_find(rest, '/') < cspan_len(rest))
			err = -EINVAL;
	}
	if (!err && cspan_len(rest))
		err = add_in(dir ? dir : dev_super->root, rest, mode, rdev, &d);
	obj_put(&d);
	obj_put(&dir);
	return err;
}

int devtmpfs_add(struct lit name, u32 mode, u64 rdev)
{
	return devtmpfs_add_name(lit_span(name), mode, rdev);
}

/* A user may have replaced the node, so flag and number are compared. */
void devtmpfs_remove_name(struct cspan name, u64 rdev)
{
	struct dentry *root = dev_super ? dev_super->root : NULL, *d = NULL;

	if (!root)
		return;
	rwlock_write_lock(&root->inode->lock);
	if (!dir_lookup(root, name, true, &d) && d->inode && (d->inode->flags & S_KERNEL) &&
		d->inode->rdev == rdev) {
		rwlock_write_lock(&d->inode->lock);
		(void)root->inode->ops->unlink(root->inode, d);
		rwlock_write_unlock(&d->inode->lock);
	}
	rwlock_write_unlock(&root->inode->lock);
	obj_put(&d);
}

/* Removes the files of users from one directory, with all that is below them. */
static void drop_user_names(struct dentry *dir)
{
	struct dentry *d, *next;

	list_for_each_safe(d, next, &dir->children, child_link) {
		if (!(d->inode->flags & S_KERNEL)) {
			pinned_drop_below(d);
			dentry_unpin(d);
		}
	}
}

/*
 * At power-off, so that the leak count finds what it found at the start. The nodes of the kernel
 * stay.
 */
void devtmpfs_shutdown(void)
{
	struct dentry *d;

	if (!dev_super)
		return;
	drop_user_names(dev_super->root);
	/* The directories of the kernel are one level deep. */
	list_for_each(d, &dev_super->root->children, child_link)
		drop_user_names(d);
}
