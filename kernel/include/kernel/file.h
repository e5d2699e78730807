// SPDX-License-Identifier: MPL-2.0
/*
 * Open files: the objects that open(2) makes, and the operations of file systems and drivers on
 * them.
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
struct sigio;
struct thread;
struct vma;

enum { SPLICE_READ = 1, SPLICE_WRITE = 2, SPLICE_CACHED = 4 };
enum {
	POSIX_FADV_NORMAL,
	POSIX_FADV_RANDOM,
	POSIX_FADV_SEQUENTIAL,
	POSIX_FADV_WILLNEED,
	POSIX_FADV_DONTNEED
};
/*
 * Operations on an open file. Context: task. Results are 0, a count or -errno. A NULL operation has
 * the default that its comment states.
 */
struct TABLE file_ops {
	int (*open)(struct file *f);
	void (*release)(struct file *f); /* the last reference is gone; f->path is still valid */
	int (*flush)(struct file *f);    /* called by each close(2), which returns its result */
	/*
	 * Called after each close(2), when the descriptor's reference, and perhaps the file, is
	 * gone.
	 */
	void (*closed)(void);
	/*
	 * Transfer at most u->left bytes. *@pos is the offset to use and to advance; streams ignore
	 * it.
	 */
	ssize_t (*read)(struct file *f, struct uio *u, u64 *pos);
	ssize_t (*write)(struct file *f, struct uio *u, u64 *pos);
	s64 (*lseek)(struct file *f, s64 off, u32 whence);  /* NULL: -ESPIPE */
	int (*readdir)(struct file *f, struct dir_emit *e); /* from f->pos on; see dir_emit */
	u32 (*poll)(struct file *f, struct poll_table *pt); /* NULL: always readable and writable */
	s64 (*ioctl)(struct file *f, u32 cmd, u64 arg);     /* NULL: -ENOTTY */
	/* NULL: -ENODEV. Files in the page cache use generic_file_mmap. */
	int (*mmap)(struct file *f, struct vma *v);
	int (*fsync)(struct file *f, bool data_only); /* NULL: -EINVAL */
	int (*fallocate)(struct file *f, u32 mode, u64 off, u64 len);
	int (*set_flags)(struct file *f, u32 flags); /* F_SETFL is about to set them */
	/*
	 * O_ASYNC: registers by poll_wait with the sources that notify ASYNC_ events. NULL: the
	 * file has no O_ASYNC.
	 */
	void (*async)(struct file *f, struct poll_table *pt);
	/*
	 * SPLICE_READ, SPLICE_WRITE: whether splice and sendfile may use the file as their input or
	 * output through read and write. SPLICE_CACHED: as input, pages of its page cache are moved
	 * instead; read is generic_file_read.
	 */
	u32 splice;
	/*
	 * Moves at most @len bytes of @in, from *@pos on, into this file by whole pages, where that
	 * is cheaper than read and write (pipes: splice_to_pipe; sockets). -EOPNOTSUPP: not these
	 * two files; the caller copies.
	 */
	ssize_t (*splice_from)(struct file *in, u64 *pos, struct file *f, size_t len,
		bool nonblock);
	s64 (*fcntl)(struct file *f, u32 cmd,
		u64 arg); /* F_SETPIPE_SZ, F_GETPIPE_SZ; NULL: -EBADF */
	/* Appends lines to /proc/pid/fdinfo/N. */
	void (*show_fdinfo)(struct file *f, struct fmt *out);
};

/* The module that watches open files: epoll (kernel/event/epoll_item.c). */
struct TABLE watch_ops {
	void (*file_gone)(struct file *f); /* the last reference is gone; must not sleep */
};

/* Where an open file has been reading; see kernel/pagecache/readahead.c. Not locked. */
struct readahead {
	u64 start, end; /* the pages last read for it */
	u64 mark;       /* the marker page: its use triggers the next read-ahead */
	u32 advice;     /* lasting POSIX_FADV_* advice */
};

struct file {
	struct obj obj;
	const struct file_ops *ops;
	struct path path;    /* references; a private dentry for pipes and sockets */
	struct inode *inode; /* borrowed from path.dentry */
	/*
	 * The inode whose page cache has the contents: the same one, or of a block device the
	 * device's own. Borrowed; valid while the file is open.
	 */
	struct inode *host;
	/*
	 * O_*. F_SETFL changes O_APPEND, O_NONBLOCK, O_DIRECT and others by one store (store_once).
	 */
	u32 flags;
	u32 mode; /* FMODE_* */
	u64 pos;  /* under pos_lock when the file is shared */
	struct mutex pos_lock;
	struct obj *private; /* reference: pipe end, socket, tty ... */
	struct cred *cred;   /* of the opener; reference */
	LIST_LINK(file) tty_link;
	/*
	 * The epoll instances that watch it (kernel/event/epoll.c); a reference, NULL until used.
	 */
	struct obj *epolls;
	const struct watch_ops *watch_ops; /* set before epolls is */
	/* the release operation and the writer count are due at the end */
	bool opened;
	struct readahead ra;
	u64 error_seen;            /* of host: see inode_error_check */
	u64 sb_error_seen;         /* of the super, for syncfs */
	struct sigio *sigio;       /* kernel/fs/sigio.c: a reference; NULL until used */
	struct dentry *last_entry; /* where readdir stopped; no reference, compared before use */
};
OBJ_TYPE_DECL(file);
enum {
	FMODE_READ = 1,
	FMODE_WRITE = 2,
	FMODE_PATH = 4 /* O_PATH */,
	FMODE_EXEC = 8,
	FMODE_STREAM = 16 /* no position */,
	FMODE_PREAD = 32,
	FMODE_PWRITE = 64,
	FMODE_CREATED = 128 /* this open made the file */,
	FMODE_WRITER = 256, /* counted in inode.writers */
	FMODE_READER = 512  /* counted in inode.readers */
};

/*
 * The result of a readdir operation. It calls dir_emit for each entry, with the position at which
 * to continue after that entry. False: the buffer is full or a copy failed; readdir stops.
 */
struct dir_emit {
	struct uaddr buf;
	struct buf *entry; /* one entry is assembled here */
	size_t left;
	size_t done;
	int error;
	bool legacy; /* getdents */
};
bool dir_emit(struct dir_emit *e, struct cspan name, u64 ino, u32 type /* DT_* */, u64 next_pos);
/* Emits "." and ".." at positions 0 and 1. False: stop. */
bool dir_emit_dots(struct file *f, struct dir_emit *e);

/*
 * An open file without a path: pipes, sockets, eventfds. @name is shown in /proc/self/fd ("pipe:",
 * "anon_inode:[eventfd]"). @flags: O_*, @mode: FMODE_*. Consumes @private, also on failure. NULL:
 * no memory. Context: task.
 */
struct file *file_new_anon(struct lit name, const struct file_ops *ops, struct obj *private,
	u32 flags, u32 mode);
/*
 * Open files, and how many there may be (fs.file-max) before those without CAP_SYS_ADMIN get none.
 * Context: any.
 */
u64 file_count(void);
u64 file_max(void);
void file_set_max(u64 n);
/* A flag beside O_*: the file is opened to be executed, and permissions have been checked. */
#define FILE_OPEN_EXEC 0x80000000u
/* As file_new_anon for an existing inode (takes its own reference). The caller sets f->private. */
struct file *file_new_inode(struct lit name, struct inode *ino, const struct file_ops *ops,
	u32 flags, u32 mode);
/* As file_new_inode, with a name made at run time (at most NAME_LEN bytes). */
struct file *file_new_named(struct cspan name, struct inode *ino, const struct file_ops *ops,
	u32 flags, u32 mode);
/*
 * Opens the existing file @p with O_* @flags and credentials @cred; takes its own references. Does
 * not check permissions. *@out: a reference. Returns 0 or -errno. Context: task.
 */
int must_check file_open_path(const struct path *p, u32 flags, struct cred *cred,
	struct file **out);
/*
 * open(2) inside the kernel (init, exec): resolves @name from @dirfd with the thread's permissions.
 * *@out: a reference. Returns 0 or -errno. Context: task.
 */
int must_check file_open(struct thread *t, s32 dirfd, struct cspan name, u32 flags, u32 mode,
	struct file **out);
/* The same for an absolute @name, from the root of the mount tree and not from the thread's. */
int must_check file_open_system(struct thread *t, struct cspan name, u32 flags, u32 mode,
	struct file **out);
/*
 * Read or write kernel bytes at offset @pos; a read is short at the end of the file. Returns the
 * number of bytes or -errno. Context: task.
 */
ssize_t must_check file_read_kernel(struct file *f, u64 pos, struct span out);
ssize_t must_check file_write_kernel(struct file *f, u64 pos, struct cspan in);

/*
 * Operations of files whose contents are in the page cache, with a mapping or without one
 * (kernel/fs/generic.c). The write takes inode.lock; with a mapping it reserves space by
 * mapping_ops.write_begin and marks pages dirty; with O_DSYNC it ends with the fsync operation.
 */
ssize_t must_check generic_file_read(struct file *f, struct uio *u, u64 *pos);
ssize_t must_check generic_file_write(struct file *f, struct uio *u, u64 *pos);
/*
 * The inner part of a write: at most @room bytes of @u to f->host, page by page; advances *@pos and
 * the size. Returns the bytes, or an error if there are none. inode.lock held for writing, unless
 * pages of the file are never cut (block devices).
 */
ssize_t must_check generic_write_pages(struct file *f, struct uio *u, u64 *pos, u64 room);
/*
 * fsync of a file with a mapping or in the inode cache, also of a directory: writes its dirty pages
 * and waits, then writes the inode. Returns an error of write-back that this open file has not been
 * told of yet, or of this call. What else the file system has to write it writes afterwards.
 */
int must_check generic_file_fsync(struct file *f, bool data_only);
/*
 * The page at @pos of an open file of the page cache, as a reference; a hole is a page of zeroes.
 * @left: as of file_get_page. Context: task. Returns 0, -EIO, -ENOMEM, -EINTR; -ENXIO: the file has
 * been truncated.
 */
int must_check file_take_page(struct file *f, u64 pos, u64 left, struct page **out);
/* Updates the access time after a read, as the mount's flags and O_NOATIME demand. */
void file_accessed(struct file *f);
/* lseek(2) by the inode's size, with SEEK_DATA and SEEK_HOLE by the pages in the cache. */
s64 must_check generic_file_lseek(struct file *f, s64 off, u32 whence);
/* mmap of the page cache. Returns 0 or -errno. */
int must_check generic_file_mmap(struct file *f, struct vma *v);
/* fsync for files with nothing to write: returns 0. */
int must_check generic_fsync_none(struct file *f, bool data_only);

#endif
