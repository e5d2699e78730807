// SPDX-License-Identifier: MPL-2.0
/*
 * Device numbers, the registry of character devices, and the nodes in /dev.
 */
#ifndef KERNEL_CHRDEV_H
#define KERNEL_CHRDEV_H

#include <frame/lit.h>
#include <frame/span.h>

struct file;
struct file_ops;

/*
 * How an open special file of one type gets its operations. open sets f->ops and returns 0, or
 * returns an error.
 */
struct TABLE special_ops {
	int (*open)(struct file *f);
};
/* Registers the ops for special files of @type: S_IFIFO or S_IFBLK. Context: start-up. */
void special_register(u32 type, const struct special_ops *ops);
/* How a registered device gets its node in /dev; devtmpfs supplies this. Context: start-up. */
struct TABLE node_ops {
	int (*add)(struct lit name, u32 mode, u64 rdev);
};
void chrdev_set_nodes(const struct node_ops *ops);

#define MKDEV(major, minor) \
	((((u64)(major) & 0xfff) << 8) | ((minor) & 0xff) | (((u64)(minor) & ~0xfful) << 12))
#define DEV_MAJOR(dev) ((u32)(((dev) >> 8) & 0xfff))
#define DEV_MINOR(dev) ((u32)(((dev) & 0xff) | (((dev) >> 12) & ~0xfful)))
/*
 * Registers the character devices @major:@first to @first + @count - 1, for ever. An open of such
 * an inode gets @ops: the open operation is called and may replace f->ops. If @count is 1, also
 * makes the node /dev/@name with @mode in devtmpfs. Returns 0, -EINVAL, -ENOMEM, or the error of the node.
 * Context: task.
 */
int must_check chrdev_register(u32 major, u32 first, u32 count, struct lit name, u32 mode,
	const struct file_ops *ops);
/* The operations of the character device @rdev; NULL if none is registered. Context: any. */
const struct file_ops *chrdev_find(u64 rdev);
/* For /proc/devices and sysfs: describes the @i-th registration. False: @i is past the end. */
struct chrdev_info {
	u32 major, first, count;
	struct lit name;
};
bool chrdev_nth(u32 i, struct chrdev_info *out);
/*
 * Makes a node in devtmpfs; @mode is S_IFCHR or S_IFBLK with permissions. Returns 0, also if the
 * name exists, or -errno. A @name with one slash has a directory before it, which is made too; one
 * that ends with the slash makes the directory alone. Context: task.
 */
int must_check devtmpfs_add(struct lit name, u32 mode, u64 rdev);
int must_check devtmpfs_add_name(struct cspan name, u32 mode, u64 rdev);
/* Removes the node called @name if the kernel made it and its number is @rdev. */
void devtmpfs_remove_name(struct cspan name, u64 rdev);
/* Shutdown: removes the files that users made in devtmpfs; the nodes of devices stay. */
void devtmpfs_shutdown(void);

#endif
