// SPDX-License-Identifier: MPL-2.0
/*
 * File systems: their types, and each one that is in use.
 */
#ifndef KERNEL_SUPER_H
#define KERNEL_SUPER_H

#include <frame/atomic.h>
#include <frame/lit.h>
#include <frame/obj.h>
#include <frame/span.h>
#include <frame/sync.h>

struct dentry;
struct fmt;
struct kstatfs;
struct super;

struct TABLE super_ops {
	int (*statfs)(struct super *sb, struct kstatfs *out);
	/*
	 * The last use of the file system is gone: release what its private object holds (pinned
	 * dentries).
	 */
	void (*kill)(struct super *sb);
	/* Mount options for /proc/mounts, appended after the flags. */
	void (*show_options)(struct super *sb, struct fmt *f);
	int (*remount)(struct super *sb, struct cspan data);
	/*
	 * Extended attributes take / give back @bytes of space: 0, -ENOSPC. NULL: the file system
	 * has none.
	 */
	int (*xattr_reserve)(struct super *sb, u64 bytes);
	void (*xattr_unreserve)(struct super *sb, u64 bytes);
};
struct TABLE fs_type {
	struct lit name;
	bool nodev;
	/* Makes or finds the super with its root dentry. @data: mount options text. */
	int (*mount)(const struct fs_type *type, struct cspan source, struct cspan data,
		struct super **out);
};
struct super {
	struct obj obj;
	const struct fs_type *type;
	const struct super_ops *ops;
	struct dentry *root; /* reference */
	struct obj *private;
	u64 dev;
	u64 magic;
	u32 flags;
	struct mutex rename_lock;
	struct atomic next_ino;
	struct atomic nr_mounts;
	LIST_HEAD(mount) mounts; /* also those that have been taken off; mount.c, list_lock */
};
OBJ_TYPE_DECL(super);
/* Puts a type on the list of /proc/filesystems. */
void fs_register(const struct fs_type *type);
struct super *super_new(const struct fs_type *type, const struct super_ops *ops);
const struct fs_type *fs_find(struct cspan name);
/* For /proc/filesystems: the i-th type. */
const struct fs_type *fs_nth(u32 i);

/* Writes all that is dirty, and waits: sync(2). Registered at the start. 0 or the first error. */
struct TABLE sync_ops {
	int (*sync)(void);
};
void fs_sync_register(const struct sync_ops *ops);

/* Each file system registers its types; kernel/init calls these before the root is mounted. */
int tmpfs_init(void);
void devtmpfs_init(void);
void devpts_init(void);
void procfs_init(void);
void sysfs_init(void);

#endif
