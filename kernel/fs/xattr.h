// SPDX-License-Identifier: MPL-2.0
/*
 * Extended attributes: the interface between their store (xattr.c) and the system calls
 * (xattr_calls.c).
 */
#ifndef KERNEL_FS_XATTR_H
#define KERNEL_FS_XATTR_H

#include <frame/buf.h>
#include <frame/span.h>
#include <kernel/mount.h>

struct inode;
struct thread;

#define XATTR_CREATE   1u
#define XATTR_REPLACE  2u
#define XATTR_NAME_MAX 255u

/* The name of an attribute, copied from user memory. */
struct xattr_key {
	u8 text[XATTR_NAME_MAX + 1];
	u32 len;
};
#define key_span(k) (cspan_first(cspan_of((k)->text), (k)->len))

/*
 * Sets an attribute: @value, of @len bytes, or NULL for an empty one; the inode takes its own
 * reference. @flags: XATTR_*. Returns 0, -EEXIST, -ENODATA, -EPERM, -EACCES, -EROFS, -EINVAL,
 * -EOPNOTSUPP, -ENOSPC, -ENOMEM. Context: task; takes inode.lock.
 */
int must_check xattr_set(struct thread *t, const struct path *p, const struct xattr_key *k,
	struct buf *value, u32 len, u32 flags);
/*
 * Gets an attribute: *@value is a reference (NULL: empty). Returns the length, or -ENODATA, -EPERM,
 * -EACCES, -EOPNOTSUPP.
 */
s64 must_check xattr_get(struct thread *t, struct inode *ino, const struct xattr_key *k,
	struct buf **value);
/*
 * Writes as many NUL-terminated names as fit into @out. Returns the length of all names. Names of
 * trusted.* are listed for threads with CAP_SYS_ADMIN only.
 */
u64 xattr_list(struct thread *t, struct inode *ino, struct span out);
/* Removes an attribute. Results as for xattr_set. */
int must_check xattr_remove(struct thread *t, const struct path *p, const struct xattr_key *k);

#endif
