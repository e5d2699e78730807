// SPDX-License-Identifier: MPL-2.0
/*
 * Character devices by number, and devtmpfs: one instance that holds a node for each registered
 * device.
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

struct chrdev {
	u32 major, first, count;
	struct lit name;
	const struct file_ops *ops;
};
#define MAX_CHRDEVS 64
static struct chrdev chrdevs[MAX_CHRDEVS];
static u32 nr_chrdevs;
static struct spinlock chrdev_lock; /* guards adding */

const struct file_ops *chrdev_find(u64 rdev)
{
	u32 i, n = load_acquire(nr_chrdevs);

	for (i = 0; i < n; i++) {
		const struct chrdev *const c = array_at(chrdevs, i);
		if (c->major == DEV_MAJOR(rdev) && DEV_MINOR(rdev) >= c->first &&
			DEV_MINOR(rdev) - c->first < c->count)
			return c->ops;
	}
	return NULL;
}

bool chrdev_nth(u32 i, struct chrdev_info *out)
{
	if (i >= load_acquire(nr_chrdevs))
		return false;
	*out = (struct chrdev_info){ chrdevs[i].major, chrdevs[i].first, chrdevs[i].count,
		chrdevs[i].name };
	return true;
}

int chrdev_register(u32 major, u32 first, u32 count, struct lit name, u32 mode,
	const struct file_ops *ops)
{
	u32 i;

	spin_lock(&chrdev_lock);
	i = nr_chrdevs;
	if (i < MAX_CHRDEVS) {
		chrdevs[i] = (struct chrdev){ major, first, count, name, ops };
		store_release(nr_chrdevs, i + 1);
	}
	spin_unlock(&chrdev_lock);
	if (i == MAX_CHRDEVS)
		return -ENOSPC;
	return count == 1 ? devtmpfs_add(name, mode, MKDEV(major, first)) : 0;
}

/* ---- the file system: a tmpfs that exists once ---- */

static struct super *dev_super;

static const struct fs_type devtmpfs_type;

static int make_super(void)
{
	if (dev_super)
		return 0;
	int err = tmpfs_type.mount(&devtmpfs_type, STR("devtmpfs"), STR("mode=755"), &dev_super);
	if (!err)
		atomic_add(&dev_super->nr_mounts, 1); /* stays without mounts, too */
	return err;
}

static int devtmpfs_mount(const struct fs_type *type, struct cspan source, struct cspan data,
	struct super **out)
{
	int err = make_super();

	(void)type;
	(void)source;
	(void)data;
	if (!err)
		*out = obj_get(dev_super);
	return err;
}
static const struct fs_type devtmpfs_type = {
	.name = LIT("devtmpfs"), .nodev = true, .mount = devtmpfs_mount
};

void devtmpfs_init(void)
{
	fs_register(&devtmpfs_type);
}

int devtmpfs_add_name(struct cspan path, u32 mode, u64 rdev)
{
	struct dentry *root, *d = NULL;
	size_t slash = cspan_find(path, '/');
	int err = make_super();

	if (err)
		return err;
	root = dev_super->root;
	rwlock_write_lock(&root->inode->lock);
	/* One level of directories: pts, shm, input. */
	err = dir_lookup(root, cspan_first(path, slash), true, &d);
	if (!err && !d->inode)
		err = slash < cspan_len(path) ? tmpfs_add_kernel(root->inode, d, S_IFDIR | 0755, 0)
					      : tmpfs_add_kernel(root->inode, d, mode, rdev);
	rwlock_write_unlock(&root->inode->lock);
	obj_put(&d);
	return err;
}

int devtmpfs_add(struct lit name, u32 mode, u64 rdev)
{
	return devtmpfs_add_name(lit_span(name), mode, rdev);
}

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

void devtmpfs_shutdown(void)
{
	struct dentry *d;

	if (!dev_super)
		return;
	drop_user_names(dev_super->root);
	/* The kernel's own directories are one level deep. */
	list_for_each(d, &dev_super->root->children, child_link)
		drop_user_names(d);
}
