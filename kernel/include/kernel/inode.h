// SPDX-License-Identifier: MPL-2.0
/*
 * Inodes: a file, whatever its names are.
 *
 * A file system supplies tables of struct inode_ops and struct file_ops. The contents of a regular
 * file are in the inode's page cache, which read, write, mmap and exec share. An inode lives as
 * long as it has references: from its dentries and from its file system.
 */
#ifndef KERNEL_INODE_H
#define KERNEL_INODE_H

#include <frame/atomic.h>
#include <frame/obj.h>
#include <frame/span.h>
#include <frame/sync.h>
#include <kernel/pagecache.h>
#include <kernel/stat.h>
#include <uapi/errno.h>

struct dentry;
struct file_ops;
struct inode_slot;
struct mapping;
struct mapping_ops;
struct mount;
struct socket;
struct super;

/*
 * Operations on inodes. Context: task. They return 0 or -errno unless their comment says otherwise.
 * If an operation that changes a directory is NULL, the system call returns -EPERM (open with
 * O_CREAT: -EACCES).
 */
struct TABLE inode_ops {
	/*
	 * Operations on directories. dir->lock is held for writing (for lookup at least for
	 * reading), as is the lock of the inode whose name is removed, added (link) or moved. The
	 * new name is that of the dentry. On success the operation has called dentry_instantiate
	 * with a complete inode: other tasks find it at once, without any lock.
	 */
	/* Instantiates @d if the name exists, else leaves it negative; returns 0 in both cases. */
	int (*lookup)(struct inode *dir, struct dentry *d);
	int (*create)(struct inode *dir, struct dentry *d, u32 mode);
	int (*mkdir)(struct inode *dir, struct dentry *d, u32 mode);
	int (*mknod)(struct inode *dir, struct dentry *d, u32 mode, u64 rdev);
	int (*symlink)(struct inode *dir, struct dentry *d, struct cspan target);
	int (*link)(struct inode *dir, struct dentry *d, struct inode *target);
	int (*unlink)(struct inode *dir, struct dentry *d);
	int (*rmdir)(struct inode *dir, struct dentry *d);
	/* @flags: RENAME_EXCHANGE, RENAME_WHITEOUT; -EINVAL: not that. */
	int (*rename)(struct inode *from_dir, struct dentry *from, struct inode *to_dir,
		struct dentry *to, u32 flags);
	int (*tmpfile)(struct inode *dir, u32 mode, struct inode **out);
	/*
	 * Symbolic links: readlink writes the target's text and returns its length. A link that
	 * names an object (/proc/self/fd/N) also has follow, which returns the mount and dentry of
	 * the object (references); a path walk then uses follow instead of the text.
	 */
	ssize_t (*readlink)(struct inode *ino, struct span out);
	int (*follow)(struct inode *ino, struct mount **mnt, struct dentry **d);
	/* NULL: inode_fill_kstat. */
	int (*getattr)(struct inode *ino, struct kstat *st);
	/* Permissions have been checked. NULL: the values are stored in the inode's fields. */
	int (*setattr)(struct inode *ino, const struct iattr *a);
	int (*permission)(struct inode *ino, u32 mask); /* NULL: by mode bits */
	/*
	 * Regular files with a mapping. inode.lock and mapping.invalidate_lock are held for writing;
	 * the pages beyond the size, or of the hole, have been cut, and parts of pages zeroed in
	 * the cache. truncate: ino->size has been stored, @old_size was there before; frees blocks,
	 * or makes sure that the larger size is possible (an error takes it back). NULL: nothing to
	 * do. punch: frees the blocks that lie in [off, off + len) as a whole. NULL: -EOPNOTSUPP.
	 * Pages at the edges that stay in part are neither written nor stored to meanwhile. Both
	 * may return 1, when they have freed some blocks and there are more: invalidate_lock is
	 * released for a moment, and they are called again with the same arguments.
	 */
	int (*truncate)(struct inode *ino, u64 old_size);
	int (*punch)(struct inode *ino, u64 off, u64 len);
	/*
	 * For directories whose entries must be checked at each look-up (procfs). False: the dentry
	 * is stale and is dropped. NULL: entries stay valid.
	 */
	bool (*revalidate)(struct dentry *d);
};

struct inode {
	struct obj obj;
	const struct inode_ops *ops;
	const struct file_ops *fops;    /* the operations that open gives to the file */
	const struct mapping_ops *mops; /* regular files, block devices */
	/* reference; NULL: the contents are in the page cache only. Set before others see it. */
	struct mapping *mapping;
	struct inode_slot *slot; /* in the inode cache (kernel/fs/icache.c); reference, or NULL */
	struct super *sb;        /* reference */
	struct obj *private;     /* reference, the file system's own */
	u64 ino;
	u32 mode, nlink, uid, gid;
	u64 rdev;
	u64 size;   /* written under lock; read by load_once */
	u64 blocks; /* 512-byte units; not of regular files in memory */
	struct timespec64 atime, mtime, ctime, btime;
	u32 flags;             /* S_*, below */
	u32 seals;             /* memfd */
	struct atomic writers; /* files open for writing: exec fails with -ETXTBSY */
	struct atomic readers; /* files open for reading only, of a regular file: write leases */
	/* programs that run it: open for writing fails with -ETXTBSY */
	struct atomic exec_deny;
	struct atomic shared_writable; /* shared mappings that may be written: F_SEAL_WRITE */
	struct rwlock lock;            /* see locks.h LOCK_INODE */
	struct pagecache pages;
	struct file_locks *locks;    /* fcntl, flock; NULL until used */
	struct obj *pipe;            /* FIFO while open: its pipe; reference */
	struct socket *socket;       /* the AF_UNIX socket bound to it; borrowed */
	struct inotify_marks *marks; /* NULL until used; reference */
	struct atomic futex_id;      /* 0 until used; futex/futex.c */
	/* Extended attributes; reference, NULL until used; guarded by lock. */
	struct xattrs *xattrs;
};
OBJ_TYPE_DECL(inode);
enum { RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2, RENAME_WHITEOUT = 4 };
enum {
	S_APPEND = 1,
	S_IMMUTABLE = 2,
	S_DEAD = 8 /* removed directory */,
	S_ANON = 16,
	S_TMPFILE = 32 /* made by O_TMPFILE: link is allowed although it has no name */,
	S_KERNEL = 64 /* made by the kernel in devtmpfs */,
	S_NO_MOUNT = 128 /* cannot be a mount point */,
	S_NODUMP = 256 /* FS_NODUMP_FL: kept for dump(8), without an effect */,
	S_NOATIME = 512 /* FS_NOATIME_FL: reads do not set the access time */
};

/*
 * Whether a disk is behind the page cache: dirty pages are tracked, so shared mappings are
 * write-protected until the first write, and the file has no holes.
 */
static inline bool inode_tracks_dirty(const struct inode *ino)
{
	return ino->mapping;
}

/*
 * A new inode of @sb with the next number, nlink 1, and all times now; one reference. NULL: no
 * memory.
 */
struct inode *inode_new(struct super *sb, u32 mode);
/*
 * The inode cache, for file systems with super_ops.read_inode. inode_get_at: the inode of that
 * number, from the cache or filled by read_inode. inode_create_at: a new one; the number has just
 * been allocated (-EIO: the cache has it, so it is in use). It is complete for write_inode when it
 * is marked dirty. *@out: a reference. Return 0, -ENOMEM, or the error of read_inode. Context:
 * task; may wait for an eviction, and may evict other inodes with names: no lock is held that evict
 * takes, and the caller is in no transaction (super_ops.evict).
 */
int must_check inode_get_at(struct super *sb, u64 number, struct inode **out);
int must_check inode_create_at(struct super *sb, u64 number, u32 mode, struct inode **out);
/*
 * Notes that fields of a cached inode have changed, so that write_inode is called; inode_touch does
 * it, too. Other inodes: nothing. Context: task.
 */
void inode_mark_dirty(struct inode *ino);
/*
 * The caller writes the fields of a cached inode itself, into its journal: write_inode is not
 * called for changes made so far. Called before the fields are read, so that a later change marks
 * it dirty again. Context: task.
 */
void inode_mark_clean(struct inode *ino);
/*
 * For walks over mappings, which get references without the knowledge of the inode cache: whether
 * the inode is being evicted, or has been. If not, it is not evicted while the caller keeps its
 * reference, which it has taken before. Context: task; takes a spinlock.
 */
bool inode_is_going(const struct inode *ino);
/* Writes the inode now if it is dirty. Returns 0 or the error of write_inode. Context: task. */
int must_check inode_write(struct inode *ino);
/*
 * Errors of writes of the inode and its pages, whoever has made them, as mapping_error_sample and
 * mapping_error_check; an inode without a mapping has a sequence of its own in the inode cache.
 */
u64 inode_error_sample(const struct inode *ino);
int must_check inode_error_check(struct inode *ino, u64 *seen);
/*
 * Sets the number of names. An inode without names that still exists keeps its super from becoming
 * read-only. inode.lock held for writing, or nobody else sees the inode.
 */
void inode_set_nlink(struct inode *ino, u32 nlink);
/*
 * Drops the reference of a name (a dentry) on the inode. If the inode has no names any more, it is
 * evicted soon. Context: task.
 */
void inode_put_name(struct inode **ino);
/*
 * Whether the calling thread may do @mask (MAY_*) by its fs ids and capabilities: 0 or -EACCES. A
 * kernel task may do all. Context: task; no lock needed.
 */
int must_check inode_permission(struct inode *ino, u32 mask);
enum { MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4 };
/* Sets the times in @which (ATTR_ATIME, ATTR_MTIME, ATTR_CTIME) to now. Takes no lock. */
void inode_touch(struct inode *ino, u32 which);
/* Fills *@st from the inode's fields. Takes no lock: a concurrent change may show in part. */
void inode_fill_kstat(struct inode *ino, struct kstat *st);
/* The time of day, as files' times have it. */
struct timespec64 inode_now(void);
/*
 * Punches a hole: discards [off, off + len) (bytes) of a file's contents (MADV_REMOVE). Returns 0,
 * -EOPNOTSUPP, -EPERM (sealed). Takes inode.lock. Context: task.
 */
int must_check inode_punch(struct inode *ino, u64 off, u64 len);
/*
 * Changes the size to @size bytes. A smaller size removes the pages beyond it from the cache and
 * from all mappings. Returns 0, -EINVAL (not a regular file), -EPERM (sealed). ino->lock held for
 * writing.
 */
int must_check inode_truncate(struct inode *ino, u64 size);
/*
 * Around a change of the contents without a file that is open for writing: meanwhile nobody can run
 * it. inode_begin_write returns 0, or -ETXTBSY: somebody runs it. Context: task; takes no lock.
 */
int must_check inode_begin_write(struct inode *ino);
void inode_end_write(struct inode *ino);
/*
 * Whether the calling thread may extend the file to @size bytes: 0, or sends SIGXFSZ and returns
 * -EFBIG if that exceeds RLIMIT_FSIZE. Context: task of a thread.
 */
int must_check inode_check_size_limit(struct inode *ino, u64 size);
/* inode_punch for a file in the page cache; the size stays. inode.lock held for writing. */
int must_check inode_punch_locked(struct inode *ino, u64 off, u64 len);
/*
 * Clears the set-user-ID and set-group-ID bits, as a write by a user without CAP_FSETID does.
 * inode.lock held for writing.
 */
void inode_kill_suid(struct inode *ino);

/* Whether the calling thread owns the inode or has CAP_FOWNER. */
bool inode_owner_or_capable(const struct inode *ino);
/*
 * Whether the calling thread may remove @victim, which exists, from @dir: checks the permissions of
 * the directory, the sticky bit, and the type (@is_dir: rmdir). Returns 0, -EACCES, -EPERM,
 * -ENOTDIR, -EISDIR, -EBUSY, -ENOENT. dir->lock held.
 */
int must_check may_delete(struct inode *dir, struct dentry *victim, bool is_dir);
/*
 * Whether the calling thread may make a name in @dir. Returns 0, -ENOENT (the directory was
 * removed), -EACCES. dir->lock held, and mount_begin_write has succeeded.
 */
int must_check may_create(struct inode *dir);

#endif
