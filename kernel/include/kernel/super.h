// SPDX-License-Identifier: MPL-2.0
/* File systems: their types, and each instance in use (a super). */
#ifndef KERNEL_SUPER_H
#define KERNEL_SUPER_H

#include <frame/atomic.h>
#include <frame/lit.h>
#include <frame/obj.h>
#include <frame/span.h>
#include <frame/sync.h>
#include <kernel/list.h>

struct dentry;
struct fmt;
struct inode;
struct inode_slot;
struct kstatfs;
struct super;

/* Operations on a file system. Context: task. A NULL operation does nothing. */
struct TABLE super_ops {
	int (*statfs)(struct super *sb, struct kstatfs *out);
	/*
	 * The last mount is gone: releases what the private object holds (pinned dentries). No
	 * other task uses the file system.
	 */
	void (*kill)(struct super *sb);
	/* Appends the mount options to the line of /proc/mounts, after the flags. */
	void (*show_options)(struct super *sb, struct fmt *f);
	int (*remount)(struct super *sb, struct cspan data);
	/*
	 * The inode cache (inode_get_at). read_inode fills a new inode that has its super and
	 * number: mode, size, times, operations, mapping. write_inode writes the fields to the disk
	 * or a journal; -ENOMEM and -EAGAIN leave the inode dirty. evict: the inode leaves the
	 * cache, clean, without pages, and nobody uses it; if nlink is 0, blocks and number are
	 * freed. inode.lock is not held in any of them. evict of an inode with names may be called
	 * wherever memory is waited for, so it takes no lock under which that happens.
	 */
	int (*read_inode)(struct inode *ino);
	int (*write_inode)(struct inode *ino);
	void (*evict)(struct inode *ino);
	/*
	 * Writes what the file system has besides the pages of files and the inodes, which have been
	 * written before, and waits until all is on the medium. Returns 0 or -errno.
	 */
	int (*sync_fs)(struct super *sb);
	/*
	 * Accounts for @bytes of extended attributes: 0, -ENOSPC. NULL: the file system has no
	 * extended attributes.
	 */
	int (*xattr_reserve)(struct super *sb, u64 bytes);
	void (*xattr_unreserve)(struct super *sb, u64 bytes);
};
struct TABLE fs_type {
	struct lit name;
	bool nodev;
	/*
	 * Makes or finds the super, with its root dentry, for one mount. @data: text of the mount
	 * options. *@out: a reference. Returns 0 or -errno.
	 */
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
	LIST_HEAD(mount) mounts; /* also detached ones; mount.c, mount_list_lock */
	/* The inode cache; icache.c, cache_lock. */
	LIST_HEAD(inode_slot) inodes, dirty_inodes;
	u64 nr_dirty_inodes;
	LIST_LINK(super) sync_link; /* sync.c, syncs_lock */
};
OBJ_TYPE_DECL(super);
/* Registers a type. Context: start-up. */
void fs_register(const struct fs_type *type);
/* A super with a new device number, no root yet; one reference. NULL: no memory. */
struct super *super_new(const struct fs_type *type, const struct super_ops *ops);
/* The registered type called @name; NULL: none. */
const struct fs_type *fs_find(struct cspan name);
/* For /proc/filesystems: the @i-th type; NULL: past the end. */
const struct fs_type *fs_nth(u32 i);

/*
 * sync(2) and syncfs(2): write the dirty pages of all file systems or of one, then call their
 * sync_fs operations. Return 0 or the first error. Context: task, nothing at or above LOCK_INODE
 * held.
 */
int fs_sync_all(void);
int super_sync(struct super *sb);
/* super_new lists a super that has something to write; its release takes it off. */
void super_list(struct super *sb);
void super_forget(struct super *sb);
/* Walks over these supers, newest first: the one after @sb, as a reference; drops that on @sb. */
struct super *super_next(struct super *sb);
/*
 * Writes the inodes of @sb that were dirty before that time. Returns 0 or the first error. Context:
 * task.
 */
int super_write_inodes(struct super *sb, u64 before_ns);
/* Evicts all inodes of a super without mounts. Context: task. */
void inode_cache_drop(struct super *sb);
/*
 * Evicts unused inodes until about @nr_pages pages are free; returns how many. Context: as oom_wait.
 */
u64 inode_cache_shrink(u64 nr_pages);
/* Start-up: registers reclaim of inodes. */
void inode_cache_init(void);

/* Each file system registers its types; kernel/init calls these before the root is mounted. */
int tmpfs_init(void);
void devtmpfs_init(void);
void devpts_init(void);
void procfs_init(void);
void sysfs_init(void);

#endif
