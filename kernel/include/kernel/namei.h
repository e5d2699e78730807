// SPDX-License-Identifier: MPL-2.0
/* Path walk: from path names to positions in the mount tree. See path_resolution(7). */
#ifndef KERNEL_NAMEI_H
#define KERNEL_NAMEI_H

#include <frame/buf.h>
#include <frame/page.h>
#include <frame/span.h>
#include <kernel/mount.h>
#include <uapi/fs.h>

#define PATH_LEN  4096
#define MAX_LINKS 40

struct thread;

enum lookup_flags {
	LOOKUP_FOLLOW = 1,    /* follow a link in the last component */
	LOOKUP_DIRECTORY = 2, /* must be a directory */
	LOOKUP_EMPTY = 4,     /* "" means the starting point itself (AT_EMPTY_PATH) */
	LOOKUP_MORE = 8,      /* further components follow elsewhere: the last one is not the end */
	/* Those of openat2(2). */
	LOOKUP_NO_MAGIC = 16,
	LOOKUP_NO_XDEV = 32,
	LOOKUP_BENEATH = 64,
	LOOKUP_IN_ROOT = 128,
	LOOKUP_NO_SYMLINKS = 256,
	/* All names begin at the root of the mount tree. */
	LOOKUP_SYSTEM_ROOT = 512,
};
/* LOOKUP_* for the AT_* flags of calls that follow a link at the end unless told not to. */
static inline u32 lookup_of_at(u32 at)
{
	return (at & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
		(at & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}
/* The same for calls that follow a link at the end only if told to. */
static inline u32 lookup_of_at_follow(u32 at)
{
	return (at & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) |
		(at & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}
/*
 * Copies a path name from user memory: *@out is a new buf, *@len the length without the NUL.
 * Returns 0, -EFAULT, -ENAMETOOLONG, -ENOMEM.
 */
int must_check path_copy_in(struct uaddr name, struct buf **out, size_t *len);
/*
 * Resolves @name from @dirfd (AT_FDCWD: the working directory); *@out gets references. @flags:
 * LOOKUP_*. Returns 0, -ENOENT, -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG, -EBADF, -EXDEV, -EAGAIN,
 * -ENOMEM, or an error of the file system. Context: task, no lock at or above LOCK_RENAME held.
 */
int must_check path_lookup_user(struct thread *t, s32 dirfd, struct uaddr name, u32 flags,
	struct path *out);
int must_check path_lookup(struct thread *t, s32 dirfd, struct cspan name, u32 flags,
	struct path *out);
/* Resolves @name from the root of the mount tree with all permissions: for the kernel's own use. */
int must_check path_lookup_kernel(struct cspan name, u32 flags, struct path *out);
/*
 * Writes the absolute path of @p, relative to the thread's root, to the end of @out. Returns the
 * offset where it begins, or -ENAMETOOLONG. Does not check whether @p is still linked: see
 * path_is_unlinked.
 */
ssize_t must_check path_name(struct thread *t, const struct path *p, struct span out);

/* Whether the file has no path: a pipe, a socket, an eventfd. */
bool path_is_anonymous(const struct path *p);
/* Whether the name has been removed. */
static inline bool path_is_unlinked(const struct path *p)
{
	return !(p->dentry->flags & (D_HASHED | D_ROOT));
}

/*
 * bind(2): makes a socket node called @name; *@out gets references. @bound: the socket has a name
 * already, so -EINVAL if the node could be made otherwise.
 */
int must_check vfs_mksock(struct thread *t, struct cspan name, u32 mode, bool bound,
	struct path *out);
/*
 * Looks @name up in directory @dir: in the cache, then in the file system. *@out: a dentry,
 * negative if there is no such name. @locked: the caller holds dir->lock for writing; else the
 * function takes it if the file system must be called. Returns 0 or -errno.
 */
int must_check dir_lookup(struct dentry *dir, struct cspan name, bool locked, struct dentry **out);
/* The last component of a path name: the bytes [off, off + len) of the name. */
struct last_name {
	u32 off, len;
	bool trailing_slash;
	u32 kind; /* enum last_kind */
};
enum last_kind { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_ROOT };
/*
 * Resolves all but the last component of @name: *@dir is the directory (references), *@last the
 * last component. @flags and results as for path_lookup.
 */
int must_check path_parent(struct thread *t, s32 dirfd, struct cspan name, u32 flags,
	struct path *dir, struct last_name *last);

#endif
