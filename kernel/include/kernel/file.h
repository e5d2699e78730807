// SPDX-License-Identifier: MPL-2.0
/*
 * Open files: what open(2) makes, and what a file system or driver supplies for them.
 */
#ifndef KERNEL_FILE_H
#define KERNEL_FILE_H

#include <frame/lit.h>
#include <frame/obj.h>
#include <frame/page.h>
#include <frame/sync.h>
#include <kernel/cred.h>
#include <kernel/list.h>
#include <kernel/mount.h>
#include <kernel/uio.h>

struct fmt;
struct inode;
struct poll_table;
struct thread;
struct vma;

enum { SPLICE_READ = 1, SPLICE_WRITE = 2 };
enum {
	POSIX_FADV_NORMAL,
	POSIX_FADV_RANDOM,
	POSIX_FADV_SEQUENTIAL,
	POSIX_FADV_WILLNEED,
	POSIX_FADV_DONTNEED
};
struct TABLE file_ops {
	int (*open)(struct file *f);
	void (*release)(struct file *f); /* the last reference is gone */
	int (*flush)(struct file *f);    /* each close(2) */
	/* After each close(2): the descriptor's reference is gone, perhaps the file. */
	void (*closed)(void);
	/*
	 * Move at most u->left bytes; *@pos is the offset to use and advance (ignored by streams).
	 */
	ssize_t (*read)(struct file *f, struct uio *u, u64 *pos);
	ssize_t (*write)(struct file *f, struct uio *u, u64 *pos);
	s64 (*lseek)(struct file *f, s64 off, u32 whence);  /* NULL: -ESPIPE */
	int (*readdir)(struct file *f, struct dir_emit *e); /* from f->pos; see dir_emit */
	u32 (*poll)(struct file *f, struct poll_table *pt); /* NULL: always readable and writable */
	s64 (*ioctl)(struct file *f, u32 cmd, u64 arg);     /* NULL: -ENOTTY */
	/* NULL: -ENODEV; generic_file_mmap for page-cache files. */
	int (*mmap)(struct file *f, struct vma *v);
	int (*fsync)(struct file *f, bool data_only); /* NULL: -EINVAL */
	int (*fallocate)(struct file *f, u32 mode, u64 off, u64 len);
	int (*set_flags)(struct file *f, u32 flags); /* F_SETFL changes */
	/*
	 * SPLICE_READ, SPLICE_WRITE: what splice and sendfile may do with it through read and
	 * write.
	 */
	u32 splice;
	/*
	 * Moves at most @len bytes of @in from *@pos on into this file by whole pages, where that
	 * is cheaper than read and write (pipes); see splice_to_pipe.
	 */
	ssize_t (*splice_from)(struct file *in, u64 *pos, struct file *f, size_t len,
		bool nonblock);
	s64 (*fcntl)(struct file *f, u32 cmd,
		u64 arg); /* F_SETPIPE_SZ, F_GETPIPE_SZ; NULL: -EBADF */
	/* posix_fadvise(2), POSIX_FADV_*; @len 0: to the end. NULL: advice is of no use. */
	void (*advise)(struct file *f, u64 off, u64 len, u32 advice);
	/* Writes the dirty pages [first, last] and waits. NULL: nothing is ever dirty. */
	int (*sync_range)(struct file *f, u64 first, u64 last);
	/* Text for /proc/pid/fdinfo. */
	void (*show_fdinfo)(struct file *f, struct fmt *out);
};

/* Who watches an open file: epoll instances (kernel/event/epoll_item.c). */
struct TABLE watch_ops {
	void (*file_gone)(struct file *f); /* the last reference is gone. Does not sleep */
};

struct file {
	struct obj obj;
	const struct file_ops *ops;
	struct path path;    /* references; a private dentry for pipes and sockets */
	struct inode *inode; /* borrowed from path.dentry */
	/* O_*; O_APPEND, O_NONBLOCK, O_DIRECT ... change by F_SETFL (store_once). */
	u32 flags;
	u32 mode; /* FMODE_* */
	u64 pos;  /* pos_lock when the file is shared */
	struct mutex pos_lock;
	struct obj *private; /* reference: pipe end, socket, tty ... */
	struct cred *cred;   /* of the opener; reference */
	LIST_LINK(file) tty_link;
	/* Epoll instances that watch it (kernel/event/epoll.c); NULL until used. */
	struct obj *epolls;
	const struct watch_ops *watch_ops; /* set before epolls */
	bool opened;                       /* release and writer count are due */
	s32 owner;                         /* F_SETOWN */
	u8 owner_type;                     /* F_SETOWN_EX */
	s32 owner_signal;
	struct dentry *last_entry; /* readdir: where it stopped; no reference, checked before use */
};
OBJ_TYPE_DECL(file);
enum {
	FMODE_READ = 1,
	FMODE_WRITE = 2,
	FMODE_PATH = 4 /* O_PATH */,
	FMODE_EXEC = 8,
	FMODE_STREAM = 16 /* no position */,
	FMODE_PREAD = 32,
	FMODE_PWRITE = 64
};

/*
 * readdir: emit each entry with its own position (the position to continue after it); false: full,
 * stop.
 */
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

/*
 * An open file on no path: pipes, sockets, eventfd... @name for /proc/self/fd ("pipe:",
 * "anon_inode:[eventfd]"). Takes @private over (also on failure). NULL: out of memory.
 */
struct file *file_new_anon(struct lit name, const struct file_ops *ops, struct obj *private,
	u32 flags, u32 mode);
/* With the flags: opened to be executed; permissions have been checked. */
#define FILE_OPEN_EXEC 0x80000000u
/*
 * As file_new_anon for an inode that exists (takes its own reference); private is set by the
 * caller.
 */
struct file *file_new_inode(struct lit name, struct inode *ino, const struct file_ops *ops,
	u32 flags, u32 mode);
/* As file_new_inode with a name made at run time (at most NAME_LEN bytes). */
struct file *file_new_named(struct cspan name, struct inode *ino, const struct file_ops *ops,
	u32 flags, u32 mode);
int file_open_path(const struct path *p, u32 flags, struct cred *cred, struct file **out);
/* Kernel open by absolute path (init, exec's interpreter) with the thread's permissions. */
int file_open(struct thread *t, s32 dirfd, struct cspan name, u32 flags, u32 mode,
	struct file **out);
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

#endif
