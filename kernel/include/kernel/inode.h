// SPDX-License-Identifier: MPL-2.0
/*
 * Inodes: a file whatever its names are.
 *
 * A file system fills struct inode_ops and struct file_ops tables. The contents of a regular file
 * are in the inode's page cache, which read, write, mmap and exec share. An inode lives as long as
 * somebody has a reference: its dentries, its file system.
 */
#ifndef KERNEL_INODE_H
#define KERNEL_INODE_H

#include <frame/atomic.h>
#include <frame/obj.h>
#include <frame/span.h>
#include <frame/sync.h>
#include <kernel/pagecache.h>
#include <kernel/stat.h>

struct dentry;
struct file_ops;
struct mount;
struct socket;
struct super;

struct TABLE inode_ops {
	/*
	 * Directories; dir->lock is held for writing (lookup: at least for reading), and that of
	 * the inode whose name goes, comes (link) or moves, too. Names are the dentry's. On success
	 * the op has called dentry_instantiate, with an inode that is whole: others find it at
	 * once, without any lock.
	 */
	/* Instantiates d, or leaves it negative; 0 in both cases. */
	int (*lookup)(struct inode *dir, struct dentry *d);
	int (*create)(struct inode *dir, struct dentry *d, u32 mode);
	int (*mkdir)(struct inode *dir, struct dentry *d, u32 mode);
	int (*mknod)(struct inode *dir, struct dentry *d, u32 mode, u64 rdev);
	int (*symlink)(struct inode *dir, struct dentry *d, struct cspan target);
	int (*link)(struct inode *dir, struct dentry *d, struct inode *target);
	int (*unlink)(struct inode *dir, struct dentry *d);
	int (*rmdir)(struct inode *dir, struct dentry *d);
	int (*rename)(struct inode *from_dir, struct dentry *from, struct inode *to_dir,
		struct dentry *to, u32 flags);
	int (*tmpfile)(struct inode *dir, u32 mode, struct inode **out);
	/*
	 * Symbolic links: the target's text; *@jump is set instead for links that name an object
	 * (/proc/self/fd/N): its mount and dentry, references.
	 */
	ssize_t (*readlink)(struct inode *ino, struct span out);
	int (*follow)(struct inode *ino, struct mount **mnt, struct dentry **d);
	/* NULL: from the inode's fields. */
	int (*getattr)(struct inode *ino, struct kstat *st);
	/* Checked already; NULL: into the fields. */
	int (*setattr)(struct inode *ino, const struct iattr *a);
	int (*permission)(struct inode *ino, u32 mask); /* NULL: by mode bits */
	/*
	 * Directory entries that need revalidation at each lookup (procfs): false drops the dentry.
	 * NULL: always valid.
	 */
	bool (*revalidate)(struct dentry *d);
};

struct inode {
	struct obj obj;
	const struct inode_ops *ops;
	const struct file_ops *fops;    /* default for open */
	const struct mapping_ops *mops; /* regular files */
	struct super *sb;               /* reference */
	struct obj *private;            /* reference, the file system's own */
	u64 ino;
	u32 mode, nlink, uid, gid;
	u64 rdev;
	u64 size;   /* written under lock; read by load_once */
	u64 blocks; /* 512-byte units */
	struct timespec64 atime, mtime, ctime, btime;
	u64 version;                   /* bumped by each change of a directory */
	u32 flags;                     /* S_* below */
	u32 seals;                     /* memfd */
	struct atomic writers;         /* open for writing: ETXTBSY against exec */
	struct atomic exec_deny;       /* running as a program */
	struct atomic shared_writable; /* shared mappings that may be written: F_SEAL_WRITE */
	struct rwlock lock;            /* see locks.h LOCK_INODE */
	struct pagecache pages;
	struct file_locks *locks;    /* fcntl, flock; NULL until used */
	struct obj *pipe;            /* FIFO while open: its pipe; reference */
	struct socket *socket;       /* bound AF_UNIX; borrowed */
	struct inotify_marks *marks; /* NULL until used; reference */
	/* Extended attributes, NULL until used; reference; lock. */
	struct xattrs *xattrs;
};
OBJ_TYPE_DECL(inode);
enum {
	S_APPEND = 1,
	S_IMMUTABLE = 2,
	S_NOATIME = 4,
	S_DEAD = 8 /* removed directory */,
	S_ANON = 16,
	S_TMPFILE = 32 /* O_TMPFILE: may be linked although it has no name */,
	S_KERNEL = 64 /* a node that the kernel made in devtmpfs */,
	S_NO_MOUNT = 128 /* no place for a mount */
};

struct inode *inode_new(struct super *sb, u32 mode);
/* MAY_* by the caller's fs ids and capabilities. */
int inode_permission(struct inode *ino, u32 mask);
enum { MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4 };
/* ATTR_ATIME | ATTR_MTIME | ATTR_CTIME = now (coarse clock). */
void inode_touch(struct inode *ino, u32 which);
void inode_fill_kstat(struct inode *ino, struct kstat *st);
struct timespec64 inode_now(void);
/*
 * Cuts [off, off + len) out of a file's contents (MADV_REMOVE). -EOPNOTSUPP, -EPERM when it is
 * sealed.
 */
int inode_punch(struct inode *ino, u64 off, u64 len);
/* Checks and applies a change of attributes; ino->lock held for writing. */
int inode_setattr(struct inode *ino, struct iattr *a);
int inode_truncate(struct inode *ino, u64 size);
/* Whether the caller may make the file so large: 0, or -EFBIG and SIGXFSZ beyond RLIMIT_FSIZE. */
int inode_check_size_limit(struct inode *ino, u64 size);
/*
 * Cuts [off, off + len) out of the contents of a file in the page cache; its size stays. inode.lock
 * held for writing.
 */
int inode_punch_locked(struct inode *ino, u64 off, u64 len);
/* Clears set-user-ID and set-group-ID as a write or chown by an unprivileged user does. */
void inode_kill_suid(struct inode *ino);

/* Whether the caller owns the inode or may act as if. */
bool inode_owner_or_capable(const struct inode *ino);
int may_delete(struct inode *dir, struct dentry *victim, bool is_dir);
int may_create(struct inode *dir, const struct mount *m);

#endif
