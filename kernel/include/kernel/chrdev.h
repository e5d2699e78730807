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

/* How an open special file of a kind gets its operations: sets f->ops, or says why not. */
struct TABLE special_ops {
	int (*open)(struct file *f);
};
/* @type: S_IFIFO or S_IFBLK. Context: the start. */
void special_register(u32 type, const struct special_ops *ops);
/* Who makes nodes in /dev for devices that are registered: devtmpfs. Context: the start. */
struct TABLE node_ops {
	int (*add)(struct lit name, u32 mode, u64 rdev);
};
void chrdev_set_nodes(const struct node_ops *ops);

#define MKDEV(major, minor) \
	((((u64)(major) & 0xfff) << 8) | ((minor) & 0xff) | (((u64)(minor) & ~0xfful) << 12))
#define DEV_MAJOR(dev) ((u32)(((dev) >> 8) & 0xfff))
#define DEV_MINOR(dev) ((u32)(((dev) & 0xff) | (((dev) >> 12) & ~0xfful)))
/*
 * Registers character devices major:first..first+count-1; open of such an inode gets these ops
 * (open is called, may replace f->ops). Also makes /dev/@name in devtmpfs when count is 1.
 */
int chrdev_register(u32 major, u32 first, u32 count, struct lit name, u32 mode,
	const struct file_ops *ops);
const struct file_ops *chrdev_find(u64 rdev);
/* For /proc/devices and sysfs: the i-th registration; false past the end. */
struct chrdev_info {
	u32 major, first, count;
	struct lit name;
};
bool chrdev_nth(u32 i, struct chrdev_info *out);
/* A node (S_IFCHR or S_IFBLK with permissions) in devtmpfs. */
int devtmpfs_add(struct lit name, u32 mode, u64 rdev);
int devtmpfs_add_name(struct cspan name, u32 mode, u64 rdev);
/* Takes the kernel's node of that name and number out again. */
void devtmpfs_remove_name(struct cspan name, u64 rdev);
/* What users made in devtmpfs goes; the nodes of devices stay. */
void devtmpfs_shutdown(void);

#endif
