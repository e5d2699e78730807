// SPDX-License-Identifier: MPL-2.0
/* Extended attributes: between their store (xattr.c) and the calls (xattr_calls.c). */
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

/* A name copied in. */
struct xattr_key {
	u8 text[XATTR_NAME_MAX + 1];
	u32 len;
};
#define key_span(k) (cspan_first(cspan_of((k)->text), (k)->len))

/* Sets the attribute: @value of @len bytes, NULL: empty; the inode takes its own reference. */
s64 xattr_set(struct thread *t, const struct path *p, const struct xattr_key *k, struct buf *value,
	u32 len, u32 flags);
/* The value, a reference in *@value (NULL: empty): its length or the error. */
s64 xattr_get(struct thread *t, struct inode *ino, const struct xattr_key *k, struct buf **value);
/*
 * Writes the names one behind the other as far as they fit; their length in all. trusted.* is for
 * the privileged.
 */
u64 xattr_list(struct thread *t, struct inode *ino, struct span out);
s64 xattr_remove(struct thread *t, const struct path *p, const struct xattr_key *k);

#endif
