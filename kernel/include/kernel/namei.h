// SPDX-License-Identifier: MPL-2.0
/*
 * Path walk: from names to places.
 */
#ifndef KERNEL_NAMEI_H
#define KERNEL_NAMEI_H

#include <frame/buf.h>
#include <frame/page.h>
#include <frame/span.h>
#include <kernel/mount.h>

#define PATH_LEN  4096
#define MAX_LINKS 40

struct thread;

enum lookup_flags {
	LOOKUP_FOLLOW = 1,    /* a link in the last place */
	LOOKUP_DIRECTORY = 2, /* must be a directory */
	LOOKUP_EMPTY = 4,     /* "" means the start itself (AT_EMPTY_PATH) */
	LOOKUP_PARENT = 8,
	LOOKUP_NO_MAGIC = 16,
	LOOKUP_NO_XDEV = 32,
	LOOKUP_BENEATH = 64,
	LOOKUP_IN_ROOT = 128,
	LOOKUP_NO_SYMLINKS = 256,
};
/* A path name copied from user memory (a buf from a per-CPU cache): returns it or the error. */
int path_copy_in(struct uaddr name, struct buf **out, size_t *len);
/* Looks up from @dirfd (AT_FDCWD: the working directory); out gets references. */
int path_lookup_user(struct thread *t, s32 dirfd, struct uaddr name, u32 flags, struct path *out);
int path_lookup(struct thread *t, s32 dirfd, struct cspan name, u32 flags, struct path *out);
/* From the root of the mount tree, as root: for the kernel's own use. */
int path_lookup_kernel(struct cspan name, u32 flags, struct path *out);
/*
 * Writes the absolute path within the thread's root into the end of @out; returns the used tail's
 * offset or -ENAMETOOLONG. Whether it is still linked is path_is_unlinked's to say.
 */
ssize_t path_name(struct thread *t, const struct path *p, struct span out);
/* As getcwd(2) tells it: marked when it is not below the root. */
ssize_t path_name_cwd(struct thread *t, const struct path *p, struct span out);

/* Whether it is a file on no path: a pipe, a socket, an eventfd... */
bool path_is_anonymous(const struct path *p);
static inline bool path_is_unlinked(const struct path *p)
{
	return !(p->dentry->flags & (D_HASHED | D_ROOT));
}

/*
 * bind(2): makes a socket node at @name, in *out with references. @bound: the socket has a name
 * already, so -EINVAL when it could be made.
 */
int vfs_mksock(struct thread *t, struct cspan name, u32 mode, bool bound, struct path *out);
/*
 * Looks @name up in the directory; *out: a dentry, negative if there is no such file. dir->lock
 * held for writing if @locked.
 */
int dir_lookup(struct dentry *dir, struct cspan name, bool locked, struct dentry **out);
/*
 * The parent directory and last component of a path. *last points into the path buffer by offset
 * and length.
 */
struct last_name {
	u32 off, len;
	bool trailing_slash;
	u32 kind; /* enum last_kind */
};
enum last_kind { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_ROOT };
int path_parent(struct thread *t, s32 dirfd, struct cspan name, u32 flags, struct path *dir,
	struct last_name *last);

#endif
