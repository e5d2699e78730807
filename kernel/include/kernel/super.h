// SPDX-License-Identifier: MPL-2.0
/* File systems: their types, and each instance in use (a super). */
#ifndef KERNEL_SUPER_H
#define KERNEL_SUPER_H

#include <frame/atomic.h>
#include <frame/lit.h>
#include <frame/obj.h>
#include <frame/span.h>
#include <frame/sync.h>
#include <frame/wait.h>
#include <kernel/list.h>

struct dentry;
struct error_seq;
struct fmt;
struct inode;
struct inode_slot;
struct inotify_marks;
struct io_room;
struct kstatfs;
struct super;

/* Operations on a file system. Context: task. A NULL operation does nothing. */
struct TABLE super_ops {
	int (*statfs)(struct super *sb, struct kstatfs *out);
	/*
	 * The last mount is gone: releases what the private object holds (pinned dentries). No
	 * other task uses the file system, and none of its operations is called after this.
	 * Evictions of deleted files may have changed more than the last sync_fs wrote: kill writes
	 * that. Returns 0, or an error for the log: something is lost. Runs in a kernel task, which
	 * nobody kills; the other operations run in any thread, also one that is being killed, and
	 * wait uninterruptibly (mapping_get_meta).
	 */
	int (*kill)(struct super *sb);
	/* Appends the mount options to the line of /proc/mounts, after the flags. */
	void (*show_options)(struct super *sb, struct fmt *f);
	/*
	 * New options, and new flags (MS_RDONLY, as sb->flags will be after it). To read-only: no
	 * file is open for writing, all is written, also what others were writing, and no deleted
	 * file is left; the file system writes what makes it clean. From read-only: it gets ready
	 * to write, or refuses with -EROFS. After an error all stays as it was.
	 */
	int (*remount)(struct super *sb, u32 flags, struct cspan data);
	/*
	 * The inode cache (inode_get_at). read_inode fills a new inode that has its super and
	 * number: mode, size, times, operations, mapping. write_inode writes the fields to the disk
	 * or a journal; -ENOMEM, -EAGAIN and -EINTR leave the inode dirty, but the end of the file
	 * system tries for some seconds only. evict: the inode leaves the cache, clean, without
	 * pages, and nobody uses it; if nlink is 0, blocks and number are freed. inode.lock is not
	 * held in any of them. evict of an inode with names may be called wherever memory is waited
	 * for, so it takes no lock under which that happens.
	 *
	 * write_inode is called later than the operation that has changed the inode, by another
	 * task. A file system with a journal, which must have a change of a directory and of the
	 * inode in one transaction, writes the inode itself in that transaction, after
	 * inode_mark_clean; times that the VFS sets afterwards come by write_inode.
	 *
	 * A look-up of a number waits for the evict of the inode that had it. So evict frees the
	 * number last, and begins no transaction afterwards; and nobody who is inside a transaction
	 * calls inode_get_at or inode_create_at: the evict might need it to end.
	 */
	int (*read_inode)(struct inode *ino);
	int (*write_inode)(struct inode *ino);
	void (*evict)(struct inode *ino);
	/*
	 * Writes what the file system has besides the pages of files and the inodes, which have
	 * been written before, by this task or others, and waits until all is on the medium.
	 * Returns 0 or -errno; what -ENOMEM, -EAGAIN and -EINTR leave behind is written by the next
	 * call.
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
	 * Makes or finds the super, with its root dentry, for one mount. @flags: MS_* of mount(2),
	 * of a new super MS_RDONLY counts; @data: text of the mount options. *@out: a reference.
	 * One that is found may be at its end: then the mount waits for the end and calls this
	 * again. Returns 0 or -errno.
	 */
	int (*mount)(const struct fs_type *type, struct cspan source, u32 flags, struct cspan data,
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
	bool no_programs; /* nothing is executed, whatever the mount says; set before it is used */
	struct mutex rename_lock;
	struct atomic next_ino;
	LIST_HEAD(mount) mounts; /* also detached ones; mount.c, mount_list_lock */
	/* Inodes without names that still exist: they prevent that it becomes read-only. */
	struct atomic nr_removed;
	/* Errors of writes, for syncfs; reference; NULL: the super has nothing to write. */
	struct error_seq *errors;
	bool aborted; /* see super_abort */
	/*
	 * Its end (super.c). Held for reading around sync_fs, for writing while the super is
	 * remounted or ends; dead is written under it.
	 */
	struct rwlock active;
	bool dead;
	u32 nr_holds;              /* mounts, and what else keeps it; super.c, ends_lock */
	bool ending, ended;        /* the last hold is gone; all is done. ends_lock */
	LIST_LINK(super) end_link; /* ends_lock */
	/* The inode cache; icache.c. */
	struct spinlock inodes_lock;
	LIST_HEAD(inode_slot) inodes, dirty_inodes;
	LIST_HEAD(inode_slot) dead_inodes, held_inodes; /* references; inode_evict.c */
	LIST_HEAD(inode_slot) writing_inodes; /* the write that has begun first comes first */
	u64 nr_dirty_inodes;
	u64 nr_busy_inodes;   /* being written or evicted */
	u64 write_serial;     /* counts the writes of inodes that have begun */
	u64 nr_undone_inodes; /* writes after which the inode was dirty again */
	bool inode_task, inode_task_kicked;
	struct waitq inode_task_wait;
	struct waitq inodes_changed;
	LIST_HEAD(inotify_marks) marked; /* of inodes that are or were watched; notify.c */
	LIST_LINK(super) sync_link;      /* sync.c, syncs_lock */
	struct io_room *io_room;         /* reference, NULL until used; pagecache/mapping.c */
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
 * A super lives while it is held: by each mount, and by who else needs it. super_hold: false, if
 * its end has begun. super_unhold: the last one hands the super to a task that ends it: writes it,
 * evicts its inodes, calls kill. Context: task; takes a spinlock only, so locks may be held.
 */
bool must_check super_hold(struct super *sb);
void super_unhold(struct super *sb);
/*
 * If the end of @sb has begun, waits until it is over. Uninterruptible. Context: task, no locks
 * held.
 */
void super_wait_end(struct super *sb);
/* The same for all supers whose end has begun; power-off. */
void super_wait_all_ends(void);
/* Start-up: starts the task that ends supers. Returns 0, -ENOMEM. */
int must_check super_init(void);

/*
 * sync(2) and syncfs(2): write the dirty pages of all file systems or of one, then call their
 * sync_fs operations. Return 0 or the first error. super_sync_held: the caller holds sb->active for
 * writing. Context: task, nothing at or above LOCK_SUPER held.
 */
int must_check fs_sync_all(void);
int must_check super_sync(struct super *sb);
int must_check super_sync_held(struct super *sb);
/* super_new lists a super that has something to write; its release takes it off. */
void super_list(struct super *sb);
void super_forget(struct super *sb);

/* Something of the file system could not be written: the next syncfs is told. Context: any. */
void super_error_note(struct super *sb, int error);
/*
 * A file system gives up: its journal has failed, or what it reads makes no sense. From now on it
 * is read-only, writes of files that are open fail with -EIO, and what is dirty is given up with an
 * error instead of tried again. The file system calls it once it has stopped to write itself.
 * Context: any.
 */
void super_abort(struct super *sb, int error);
static inline bool super_is_aborted(const struct super *sb)
{
	return unlikely(load_once(sb->aborted));
}

/*
 * Writes the inodes of @sb that were dirty before that time. Returns 0 or the first error. Context:
 * task.
 */
int must_check super_write_inodes(struct super *sb, u64 before_ns);
/*
 * The same for all that are dirty, and waits until the writes that others have begun are over, too.
 * Returns 0, or the first error of its own writes; -ENOMEM: others' writes found no memory again
 * and again. Context: task.
 */
int must_check super_sync_inodes(struct super *sb);
/*
 * The end of a super: evicts all its inodes, after it has waited for those that are being written
 * or evicted, and has written what is dirty. What cannot be written, however often it is tried, is
 * lost, and noted (super_error_note). Returns 0, or -EBUSY: somebody uses an inode and does not
 * stop. Context: task.
 */
int must_check inode_cache_drop(struct super *sb);
/*
 * Evicts the deleted files that nobody uses any more, and waits until no inode is being written or
 * evicted. Context: task; nobody begins to change the file system.
 */
void inode_cache_settle(struct super *sb);
/*
 * Evicts unused inodes until about @nr_pages pages are free; returns how many. Context: as
 * oom_wait.
 */
u64 inode_cache_shrink(u64 nr_pages);
/*
 * For how long the end of a super waits for a step forward before it gives an inode up; 0: the
 * usual five seconds. For tests.
 */
void inode_cache_set_patience(u64 ns);
/* Inodes in the cache, their limit while some are unused, and the longest chain of the table. */
struct inode_cache_stats {
	u64 inodes, limit;
	u32 longest;
};
void inode_cache_get_stats(struct inode_cache_stats *out);
/* Start-up: makes the table, registers reclaim of inodes. Returns 0, -ENOMEM. */
int must_check inode_cache_init(void);

/* Each file system registers its types; kernel/init calls these before the root is mounted. */
int must_check tmpfs_init(void);
void devtmpfs_init(void);
void devpts_init(void);
void procfs_init(void);
void sysfs_init(void);

#endif
