// SPDX-License-Identifier: MPL-2.0
/*
 * The virtual file system: inodes, dentries, mounts, open files, and what a file system or driver supplies.
 *
 * A file system fills `struct inode_ops` and `struct file_ops` tables and a `struct super`. Data of regular files lives in the inode's page cache, which
 * read, write, mmap and exec share. Path walk takes no lock on the way: dentries are type-stable, found by (parent, name) hash, pinned by obj_tryget and
 * checked again.
 */
#ifndef KERNEL_VFS_H
#define KERNEL_VFS_H

#include <frame/atomic.h>
#include <frame/buf.h>
#include <frame/fmt.h>
#include <frame/obj.h>
#include <frame/sync.h>
#include <frame/wait.h>
#include <kernel/cred.h>
#include <kernel/list.h>
#include <kernel/pagecache.h>
#include <kernel/poll.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#define NAME_LEN   255
#define PATH_LEN   4096
#define MAX_LINKS  40
#define DNAME_INLINE 32

struct thread;
struct inode;
struct dentry;
struct mount;
struct super;
struct file;
struct vma;
struct file_lock;
struct pipe;
struct dir_emit;
struct fmt;
struct socket;

struct timespec64 {
	s64 sec;
	s64 nsec;
};

struct kstat {
	u64 dev, ino, size, blocks;
	u32 mode, nlink, uid, gid, blksize;
	u64 rdev;
	struct timespec64 atime, mtime, ctime, btime;
	u64 mnt_id;
	u64 attributes;
};

struct kstatfs {
	u64 type, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen, frsize, flags;
};

/* What notify_change/setattr changes; valid says which. */
struct iattr {
	u32 valid; /* ATTR_* */
	u32 mode, uid, gid;
	u64 size;
	struct timespec64 atime, mtime;
};
enum { ATTR_MODE = 1, ATTR_UID = 2, ATTR_GID = 4, ATTR_SIZE = 8, ATTR_ATIME = 16, ATTR_MTIME = 32, ATTR_CTIME = 64 };

struct TABLE inode_ops {
	/*
	 * Directories; dir->lock is held for writing (lookup: at least for reading), and that of the inode whose name goes, comes (link) or moves, too. Names are
	 * the dentry's. On success the op has called dentry_instantiate, with an inode that is whole: others find it at once, without any lock.
	 */
	int (*lookup)(struct inode *dir, struct dentry *d); /* instantiates d, or leaves it negative; 0 in both cases */
	int (*create)(struct inode *dir, struct dentry *d, u32 mode);
	int (*mkdir)(struct inode *dir, struct dentry *d, u32 mode);
	int (*mknod)(struct inode *dir, struct dentry *d, u32 mode, u64 rdev);
	int (*symlink)(struct inode *dir, struct dentry *d, struct cspan target);
	int (*link)(struct inode *dir, struct dentry *d, struct inode *target);
	int (*unlink)(struct inode *dir, struct dentry *d);
	int (*rmdir)(struct inode *dir, struct dentry *d);
	int (*rename)(struct inode *from_dir, struct dentry *from, struct inode *to_dir, struct dentry *to, u32 flags);
	int (*tmpfile)(struct inode *dir, u32 mode, struct inode **out);
	/* Symbolic links: the target's text; *@jump is set instead for links that name an object (/proc/self/fd/N): its mount and dentry, references. */
	ssize_t (*readlink)(struct inode *ino, struct span out);
	int (*follow)(struct inode *ino, struct mount **mnt, struct dentry **d);
	int (*getattr)(struct inode *ino, struct kstat *st);      /* NULL: from the inode's fields */
	int (*setattr)(struct inode *ino, const struct iattr *a); /* checked already; NULL: into the fields */
	int (*permission)(struct inode *ino, u32 mask);           /* NULL: by mode bits */
	/* Directory entries that need revalidation at each lookup (procfs): false drops the dentry. NULL: always valid. */
	bool (*revalidate)(struct dentry *d);
};

/* Regular files and block devices: what is behind the page cache. */
struct TABLE mapping_ops {
	/*
	 * Data that come from a device: a reference to page @index of the cache, up to date. Without @wait -EAGAIN when that takes time. Asked when there is no
	 * page, or one with a tag of PAGE_NOT_PLAIN. NULL: what is not in the cache is a hole.
	 */
	int (*read_page)(struct inode *ino, u64 index, bool wait, struct page **out);
	/* The contents of the page, which the caller holds, have been changed, or can be from now on through a mapping. NULL: nothing is behind the cache. */
	void (*dirty)(struct inode *ino, u64 index, struct page *p);
	/* Writes the dirty pages [first, last] and waits for that: 0, -EIO. NULL with @dirty NULL. */
	int (*sync)(struct inode *ino, u64 first, u64 last);
	/* A page is about to be made for writing at a hole: account for it. 0, -ENOSPC. */
	int (*reserve)(struct inode *ino, u64 nr_pages);
	void (*unreserve)(struct inode *ino, u64 nr_pages);
};

struct inode {
	struct obj obj;
	const struct inode_ops *ops;
	const struct file_ops *fops;       /* default for open */
	const struct mapping_ops *mops;    /* regular files */
	struct super *sb;                  /* reference */
	struct obj *private;               /* reference, the file system's own */
	u64 ino;
	u32 mode, nlink, uid, gid;
	u64 rdev;
	u64 size;                          /* written under lock; read by load_once */
	u64 blocks;                        /* 512-byte units */
	struct timespec64 atime, mtime, ctime, btime;
	u64 version;                       /* bumped by each change of a directory */
	u32 flags;                         /* S_* below */
	u32 seals;                         /* memfd */
	struct atomic writers;             /* open for writing: ETXTBSY against exec */
	struct atomic exec_deny;           /* running as a program */
	struct atomic shared_writable;     /* shared mappings that may be written: F_SEAL_WRITE */
	struct rwlock lock;                /* see locks.h LOCK_INODE */
	struct pagecache pages;
	struct file_locks *locks;          /* fcntl, flock; NULL until used */
	struct obj *pipe;                  /* FIFO while open: its pipe; reference */
	struct socket *socket;             /* bound AF_UNIX; borrowed */
	struct inotify_marks *marks;       /* NULL until used; reference */
	struct xattrs *xattrs;             /* extended attributes, NULL until used; reference; lock */
};
OBJ_TYPE_DECL(inode);
enum { S_APPEND = 1, S_IMMUTABLE = 2, S_NOATIME = 4, S_DEAD = 8 /* removed directory */, S_ANON = 16, S_TMPFILE = 32 /* O_TMPFILE: may be linked although it has no name */,
	S_KERNEL = 64 /* a node that the kernel made in devtmpfs */, S_NO_MOUNT = 128 /* no place for a mount */ };

/*
 * Who may read what while others rename and unlink:
 * - name and parent change under both directories' locks, both bucket locks and d->lock; the parent also under sb->rename_lock. Whoever holds one of them may
 *   read them. Walking up without references takes rename_lock (each dentry holds its parent, and no parent changes); else dentry_parent, step by step.
 * - inode is set once, before the dentry is hashed, and stays also when the name is unlinked: whoever has the dentry reads it without a lock.
 * - D_HASHED changes under the bucket's lock, and stays set while a name moves; D_PINNED under the directory's.
 */
struct dentry {
	struct obj obj;
	struct dentry *parent;     /* reference; itself at a root; never NULL; changed by rename only */
	struct inode *inode;       /* reference, NULL: negative */
	struct super *sb;          /* reference */
	struct spinlock lock;      /* name, parent, inode, flags */
	u32 flags;
	u32 name_hash;
	u32 serial;                /* spreads the names of one directory over the table */
	u32 bucket;                /* of the table, while hashed */
	u64 cookie;                /* readdir position of a pinned name */
	u64 next_cookie;           /* of its children */
	u16 name_len;
	u8 name[DNAME_INLINE];     /* when name_len <= DNAME_INLINE */
	struct buf *long_name;     /* otherwise */
	LIST_LINK(dentry) hash_link;
	LIST_LINK(dentry) lru_link;
	LIST_LINK(dentry) child_link;
	LIST_HEAD(dentry) children; /* parent's lock; only pinned file systems (tmpfs) need it */
	struct atomic nr_mounts;   /* > 0: a mount is on it (in some place) */
	u32 mount_key;             /* made when the first is put on it: spreads mounts over their table */
};
OBJ_TYPE_DECL(dentry);
enum { D_HASHED = 1, D_ROOT = 2, D_PINNED = 4 /* the file system holds a reference: tmpfs names live here */, D_ON_LRU = 8, D_REFERENCED = 16 };

/*
 * A mount is used by whoever stands in it: a path is a reference on its mount and one on its dentry. So it outlives its unmounting (MNT_DETACH) until the last
 * open file and working directory in it are gone, and its super with it.
 * parent, point and what hangs where change under mount_lock and list_lock (mount.c); whoever holds one of them may read them. sb and root never change. flags:
 * written by remount in one store, read at any time.
 */
struct mount {
	struct obj obj;
	struct super *sb;          /* reference, and a use of the super (nr_mounts) */
	struct dentry *root;       /* reference */
	struct mount *parent;      /* reference; NULL: the root of the tree or detached */
	struct dentry *point;      /* reference: where on the parent */
	u32 flags;                 /* MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME ... */
	s32 id;
	struct atomic writers;     /* regular files open for writing: it cannot become read-only */
	u32 nr_children;           /* mounts that have it as parent; list_lock */
	u64 entered;               /* how often a walk has come in from above; list_lock */
	bool doomed;               /* its tree is being taken off; mount_lock */
	u64 expires;               /* MNT_EXPIRE: entered was so much when it was marked, plus 1; 0: it is not marked; list_lock */
	u32 bucket;                /* of the table, while it hangs somewhere */
	LIST_LINK(mount) hash_link;
	LIST_LINK(mount) link;     /* all mounts, in order */
	struct buf *source;        /* device name for /proc/mounts */
};
OBJ_TYPE_DECL(mount);

/* A place: values with references by convention: path_get / path_put. */
struct path {
	struct mount *mnt;
	struct dentry *dentry;
};
static inline void path_get(struct path *p)
{
	if (p->mnt)
		(void)obj_get(p->mnt);
	if (p->dentry)
		(void)obj_get(p->dentry);
}
static inline void path_put(struct path *p)
{
	obj_put(&p->dentry);
	obj_put(&p->mnt);
}

struct TABLE super_ops {
	int (*statfs)(struct super *sb, struct kstatfs *out);
	/* The last use of the file system is gone: release what its private object holds (pinned dentries). */
	void (*kill)(struct super *sb);
	/* Mount options for /proc/mounts, appended after the flags. */
	void (*show_options)(struct super *sb, struct fmt *f);
	int (*remount)(struct super *sb, struct cspan data);
	/* Extended attributes take / give back @bytes of space: 0, -ENOSPC. NULL: the file system has none. */
	int (*xattr_reserve)(struct super *sb, u64 bytes);
	void (*xattr_unreserve)(struct super *sb, u64 bytes);
};
struct TABLE fs_type {
	struct lit name;
	bool nodev;
	/* Makes or finds the super with its root dentry. @data: mount options text. */
	int (*mount)(const struct fs_type *type, struct cspan source, struct cspan data, struct super **out);
};
struct super {
	struct obj obj;
	const struct fs_type *type;
	const struct super_ops *ops;
	struct dentry *root;       /* reference */
	struct obj *private;
	u64 dev;
	u64 magic;
	u32 flags;
	struct mutex rename_lock;
	struct atomic next_ino;
	struct atomic nr_mounts;
};
OBJ_TYPE_DECL(super);
enum { SPLICE_READ = 1, SPLICE_WRITE = 2 };
/* Puts a type on the list of /proc/filesystems. */
void fs_register(const struct fs_type *type);

struct TABLE file_ops {
	int (*open)(struct file *f);
	void (*release)(struct file *f);           /* the last reference is gone */
	int (*flush)(struct file *f);              /* each close(2) */
	void (*closed)(void);                      /* after each close(2): the descriptor's reference is gone, perhaps the file */
	/* Move at most u->left bytes; *@pos is the offset to use and advance (ignored by streams). */
	ssize_t (*read)(struct file *f, struct uio *u, u64 *pos);
	ssize_t (*write)(struct file *f, struct uio *u, u64 *pos);
	s64 (*lseek)(struct file *f, s64 off, u32 whence); /* NULL: -ESPIPE */
	int (*readdir)(struct file *f, struct dir_emit *e); /* from f->pos; see dir_emit */
	u32 (*poll)(struct file *f, struct poll_table *pt); /* NULL: always readable and writable */
	s64 (*ioctl)(struct file *f, u32 cmd, u64 arg);     /* NULL: -ENOTTY */
	int (*mmap)(struct file *f, struct vma *v);         /* NULL: -ENODEV; generic_file_mmap for page-cache files */
	int (*fsync)(struct file *f, bool data_only);       /* NULL: -EINVAL */
	int (*fallocate)(struct file *f, u32 mode, u64 off, u64 len);
	int (*set_flags)(struct file *f, u32 flags);        /* F_SETFL changes */
	u32 splice;                                         /* SPLICE_READ, SPLICE_WRITE: what splice and sendfile may do with it through read and write */
	/* Text for /proc/pid/fdinfo. */
	void (*show_fdinfo)(struct file *f, struct fmt *out);
};

struct file {
	struct obj obj;
	const struct file_ops *ops;
	struct path path;          /* references; a private dentry for pipes and sockets */
	struct inode *inode;       /* borrowed from path.dentry */
	u32 flags;                 /* O_*; O_APPEND, O_NONBLOCK, O_DIRECT ... change by F_SETFL (store_once) */
	u32 mode;                  /* FMODE_* */
	u64 pos;                   /* pos_lock when the file is shared */
	struct mutex pos_lock;
	struct obj *private;       /* reference: pipe end, socket, tty ... */
	struct cred *cred;         /* of the opener; reference */
	LIST_LINK(file) tty_link;
	struct obj *epolls;        /* epoll instances that watch it (kernel/event/epoll.c); NULL until used */
	bool opened;               /* release and writer count are due */
	s32 owner;                 /* F_SETOWN */
	u8 owner_type;             /* F_SETOWN_EX */
	s32 owner_signal;
	struct dentry *last_entry; /* readdir: where it stopped; no reference, checked before use */
};
OBJ_TYPE_DECL(file);
enum { FMODE_READ = 1, FMODE_WRITE = 2, FMODE_PATH = 4 /* O_PATH */, FMODE_EXEC = 8, FMODE_STREAM = 16 /* no position */, FMODE_PREAD = 32, FMODE_PWRITE = 64 };

/* readdir: emit each entry with its own position (the position to continue after it); false: full, stop. */
struct dir_emit {
	struct uaddr buf;
	struct buf *entry; /* where one is put together */
	size_t left;
	size_t done;
	s32 error;
	bool legacy; /* getdents */
};
bool dir_emit(struct dir_emit *e, struct cspan name, u64 ino, u32 type /* DT_* */, u64 next_pos);
/* "." and ".." for positions 0 and 1; false: stop. */
bool dir_emit_dots(struct file *f, struct dir_emit *e);

/* ---- paths (kernel/fs/namei.c) ---- */
enum lookup_flags {
	LOOKUP_FOLLOW = 1,    /* a link in the last place */
	LOOKUP_DIRECTORY = 2, /* must be a directory */
	LOOKUP_EMPTY = 4,     /* "" means the start itself (AT_EMPTY_PATH) */
	LOOKUP_PARENT = 8,
	LOOKUP_NO_MAGIC = 16, LOOKUP_NO_XDEV = 32, LOOKUP_BENEATH = 64, LOOKUP_IN_ROOT = 128, LOOKUP_NO_SYMLINKS = 256,
};
/* A path name copied from user memory (a buf from a per-CPU cache): returns it or the error. */
int path_copy_in(struct uaddr name, struct buf **out, size_t *len);
/* Looks up from @dirfd (AT_FDCWD: the working directory); out gets references. */
int path_lookup_user(struct thread *t, s32 dirfd, struct uaddr name, u32 flags, struct path *out);
int path_lookup(struct thread *t, s32 dirfd, struct cspan name, u32 flags, struct path *out);
/* From the root of the mount tree, as root: for the kernel's own use. */
int path_lookup_kernel(struct cspan name, u32 flags, struct path *out);
/* Writes the absolute path within the thread's root into the end of @out; returns the used tail's offset or -ENAMETOOLONG. Whether it is still
 * linked is path_is_unlinked's to say. */
ssize_t path_name(struct thread *t, const struct path *p, struct span out);
/* As getcwd(2) tells it: marked when it is not below the root. */
ssize_t path_name_cwd(struct thread *t, const struct path *p, struct span out);

/* Whether it is a file on no path: a pipe, a socket, an eventfd... */
bool path_is_anonymous(const struct path *p);
static inline bool path_is_unlinked(const struct path *p)
{
	return !(p->dentry->flags & (D_HASHED | D_ROOT));
}

/* ---- inodes, dentries (kernel/fs/inode.c, dcache.c) ---- */
struct inode *inode_new(struct super *sb, u32 mode);
int inode_permission(struct inode *ino, u32 mask); /* MAY_* by the caller's fs ids and capabilities */
enum { MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4 };
void inode_touch(struct inode *ino, u32 which); /* ATTR_ATIME | ATTR_MTIME | ATTR_CTIME = now (coarse clock) */
void inode_fill_kstat(struct inode *ino, struct kstat *st);
struct timespec64 inode_now(void);
struct dentry *dentry_new(struct dentry *parent, struct cspan name);
struct dentry *dentry_new_root(struct super *sb, struct inode *ino); /* consumes nothing */
void dentry_instantiate(struct dentry *d, struct inode *ino); /* takes a reference */
/* Copies the name; returns its length. */
size_t dentry_name(struct dentry *d, struct span out);
bool dentry_name_equal(struct dentry *d, struct cspan name);
/* Removes from the hash: no lookup finds it again. */
void dentry_drop(struct dentry *d);
struct super *super_new(const struct fs_type *type, const struct super_ops *ops);

/* ---- open files (kernel/fs/open.c, file.c) ---- */
/* An open file on no path: pipes, sockets, eventfd... @name for /proc/self/fd ("pipe:", "anon_inode:[eventfd]"). Takes @private over (also on failure). NULL: out of memory. */
struct file *file_new_anon(struct lit name, const struct file_ops *ops, struct obj *private, u32 flags, u32 mode);
#define FILE_OPEN_EXEC 0x80000000u /* with the flags: opened to be executed; permissions have been checked */
/* As file_new_anon for an inode that exists (takes its own reference); private is set by the caller. */
struct file *file_new_inode(struct lit name, struct inode *ino, const struct file_ops *ops, u32 flags, u32 mode);
/* As file_new_inode with a name made at run time (at most NAME_LEN bytes). */
struct file *file_new_named(struct cspan name, struct inode *ino, const struct file_ops *ops, u32 flags, u32 mode);
/* FIFOs and pipes (kernel/ipc/pipe.c). */
int fifo_open(struct file *f);
/* The file goes: no epoll instance watches it any more (kernel/event/epoll_item.c). Does not sleep. */
void epoll_file_gone(struct file *f);
s64 pipe_fcntl(struct file *f, u32 cmd, u64 arg);
int file_open_path(const struct path *p, u32 flags, struct cred *cred, struct file **out);
/* Kernel open by absolute path (init, exec's interpreter) with the thread's permissions. */
int file_open(struct thread *t, s32 dirfd, struct cspan name, u32 flags, u32 mode, struct file **out);
/* Reads at an offset into kernel bytes; short at end of file. For exec. */
ssize_t file_read_kernel(struct file *f, u64 pos, struct span out);
ssize_t file_write_kernel(struct file *f, u64 pos, struct cspan in);

/* Page-cache files: the ops that tmpfs uses as they are. */
ssize_t generic_file_read(struct file *f, struct uio *u, u64 *pos);
ssize_t generic_file_write(struct file *f, struct uio *u, u64 *pos);
/* The access time after a read, as the mount and O_NOATIME want it. */
void file_accessed(struct file *f);
s64 generic_file_lseek(struct file *f, s64 off, u32 whence);
int generic_file_mmap(struct file *f, struct vma *v);
int generic_fsync_none(struct file *f, bool data_only);
/* Directories whose entries are the pinned children of the dentry (tmpfs, devpts). */
int pinned_readdir(struct file *f, struct dir_emit *e);

/* bind(2): makes a socket node at @name, in *out with references. @bound: the socket has a name already, so -EINVAL when it could be made. */
int vfs_mksock(struct thread *t, struct cspan name, u32 mode, bool bound, struct path *out);

/* ---- mounts (kernel/fs/mount.c) ---- */
int mount_new(const struct fs_type *type, struct cspan source, struct cspan data, u32 flags, struct mount **out);
/* Crosses mounts that sit on *p (down). */
void path_follow_mounts(struct path *p);
int vfs_init(void);         /* root tmpfs, first mount */
int initramfs_unpack(void); /* boot initrd into the root; logs what is wrong with it */
/* Kernel helpers used by initramfs, devtmpfs, sysfs set-up. */
/* Cuts [off, off + len) out of a file's contents (MADV_REMOVE). -EOPNOTSUPP, -EPERM when it is sealed. */
int inode_punch(struct inode *ino, u64 off, u64 len);
int vfs_mkdir_kernel(struct cspan path, u32 mode);
int vfs_mknod_kernel(struct cspan path, u32 mode, u64 rdev);
int vfs_mount_kernel(struct lit fstype, struct cspan path);
/* Power-off: everything unmounted, caches dropped. */
void vfs_shutdown(void);

/* ---- device numbers ---- */
#define MKDEV(major, minor) ((((u64)(major) & 0xfff) << 8) | ((minor) & 0xff) | (((u64)(minor) & ~0xfful) << 12))
#define DEV_MAJOR(dev)      ((u32)(((dev) >> 8) & 0xfff))
#define DEV_MINOR(dev)      ((u32)(((dev) & 0xff) | (((dev) >> 12) & ~0xfful)))
/* Registers character devices major:first..first+count-1; open of such an inode gets these ops (open is called, may replace f->ops). Also makes /dev/@name in devtmpfs when count is 1. */
int chrdev_register(u32 major, u32 first, u32 count, struct lit name, u32 mode, const struct file_ops *ops);
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

#endif
