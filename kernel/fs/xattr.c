// SPDX-License-Identifier: MPL-2.0
/*
 * Extended attributes: their store, and the permission checks. See xattr(7); the system calls are
 * in xattr_calls.c.
 *
 * The attributes of an inode are kept in memory, in a tree by name, on file systems that account
 * for them (tmpfs). inode.lock guards the tree. A value is immutable: a change replaces the
 * attribute. So a reader takes a reference on the value under the lock and copies it to user memory
 * afterwards.
 */
#include <kernel/cred.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/notify.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <kernel/thread.h>
#include <kernel/tree.h>
#include <uapi/fs.h>

#include "fs.h"
#include "xattr.h"

#define XATTR_OVERHEAD 64u /* overhead of one attribute in the account of the file system */

struct xattr {
	struct obj obj;
	TREE_NODE(xattr) node;
	struct buf *name, *value; /* value NULL: empty */
	u32 name_len, value_len;
};
static void xattr_release(struct xattr *x)
{
	buf_put(&x->name);
	buf_put(&x->value);
}
OBJ_TYPE(xattr, xattr_release);

struct xattrs {
	struct obj obj;
	TREE_ROOT(xattr) all; /* references */
};
static void xattrs_release(struct xattrs *xs)
{
	(void)xs;
}
OBJ_TYPE(xattrs, xattrs_release);

#define xattr_name(x) (cspan_first(buf_cspan((x)->name), (x)->name_len))

/* The result is < 0, 0 or > 0, as for strcmp. */
static s32 compare(struct cspan a, struct cspan b)
{
	size_t i, n = min(cspan_len(a), cspan_len(b));

	for (i = 0; i < n; i++) {
		if (span_byte(a, i) != span_byte(b, i))
			return (s32)span_byte(a, i) - (s32)span_byte(b, i);
	}
	return cspan_len(a) < cspan_len(b) ? -1 : cspan_len(a) > cspan_len(b);
}

static bool xattr_before(const struct xattr *a, const struct xattr *b)
{
	return compare(xattr_name(a), xattr_name(b)) < 0;
}
TREE_DEFINE(xattr_tree, xattr, node, xattr_before)

static struct xattr *xattr_find(struct inode *ino, struct cspan name)
{
	struct xattr *x = ino->xattrs ? ino->xattrs->all : NULL;

	while (x) {
		s32 c = compare(name, xattr_name(x));
		if (!c)
			break;
		x = c < 0 ? x->node.left : x->node.right;
	}
	return x;
}

/*
 * The bytes that an attribute costs in the account of the file system. The node of the tree is in
 * the overhead; the file system counts the sum against its inodes.
 */
static u64 cost(u32 name_len, u64 value_len)
{
	return XATTR_OVERHEAD + name_len + value_len;
}

/* Removes @x from the inode, releases its space and drops it. */
static void xattr_drop(struct inode *ino, struct xattr *x)
{
	xattr_tree_remove(&ino->xattrs->all, x);
	ino->sb->ops->xattr_unreserve(ino->sb, cost(x->name_len, x->value_len));
	obj_put(&x);
}

/* The root of the tree is removed until there is none. */
void xattr_free(struct inode *ino)
{
	while (ino->xattrs && ino->xattrs->all)
		xattr_drop(ino, ino->xattrs->all);
	obj_put(&ino->xattrs);
}

/* ---- names and permission ---- */

/*
 * Whether the thread may read or write (@mask) attributes of the name space of @k: 0 or -errno.
 * Each name space has its own rule: security.* may be read by all and written with a capability;
 * trusted.* requires CAP_SYS_ADMIN for both; user.* follows the permissions of the file, and exists
 * for files and directories only.
 */
static s64 check_space(struct thread *t, struct inode *ino, const struct xattr_key *k, u32 mask)
{
	bool write = mask & MAY_WRITE;

	if (write && (ino->flags & (S_IMMUTABLE | S_APPEND)))
		return -EPERM;
	if (cspan_starts(key_span(k), STR("security.")))
		return write &&
				!cred_capable(t->cred,
					cspan_equal(key_span(k), STR("security.capability"))
						? CAP_SETFCAP
						: CAP_SYS_ADMIN)
			? -EPERM
			: 0;
	if (cspan_starts(key_span(k), STR("system.")))
		return 0;
	if (cspan_starts(key_span(k), STR("trusted."))) {
		if (!cred_capable(t->cred, CAP_SYS_ADMIN))
			return write ? -EPERM : -ENODATA;
		return 0;
	}
	if (cspan_starts(key_span(k), STR("user."))) {
		if (!S_IS(ino->mode, S_IFREG) && !S_IS(ino->mode, S_IFDIR))
			return write ? -EPERM : -ENODATA;
		if (write && S_IS(ino->mode, S_IFDIR) && (ino->mode & S_ISVTX) &&
			!inode_owner_or_capable(ino))
			return -EPERM;
	}
	return inode_permission(ino, mask);
}

/*
 * Whether the file system has extended attributes at all. One that does not account for them would
 * let a user fill the memory.
 */
static bool keeps_xattrs(const struct inode *ino)
{
	return ino->sb->ops && ino->sb->ops->xattr_reserve;
}

/* Whether the file system can store the attribute @k. 0 or -errno. */
static s64 check_supported(const struct inode *ino, const struct xattr_key *k)
{
	struct cspan name = key_span(k);
	size_t prefix = cspan_starts(name, STR("user.")) ? 5
		: cspan_starts(name, STR("trusted."))    ? 8
		: cspan_starts(name, STR("security."))   ? 9
							 : 0;

	if (!prefix || !keeps_xattrs(ino))
		return -EOPNOTSUPP;
	return cspan_len(name) == prefix ? -EINVAL : 0;
}

/* ---- set ---- */

static struct xattr *xattr_new(const struct xattr_key *k, struct buf *value, u32 len)
{
	struct xattr *x = obj_new(xattr);

	if (!x)
		return NULL;
	x->name = buf_alloc_dirty(k->len);
	if (!x->name) {
		obj_put(&x);
		return NULL;
	}
	span_copy(buf_span(x->name), key_span(k));
	x->name_len = k->len;
	x->value = value ? buf_get(value) : NULL;
	x->value_len = len;
	return x;
}

/*
 * Adds @x (consumed), in place of an attribute of the same name. Space is reserved for the new one
 * before the old one is dropped, so a failure leaves the old one. inode.lock held for writing.
 */
static s64 xattr_insert(struct inode *ino, struct xattr *x, u32 flags)
{
	struct xattr *old = xattr_find(ino, xattr_name(x));
	s64 err = 0;

	if (old && (flags & XATTR_CREATE))
		err = -EEXIST;
	else if (!old && (flags & XATTR_REPLACE))
		err = -ENODATA;
	if (!err && !ino->xattrs) {
		ino->xattrs = obj_new(xattrs);
		err = ino->xattrs ? 0 : -ENOMEM;
	}
	if (!err)
		err = ino->sb->ops->xattr_reserve(ino->sb, cost(x->name_len, x->value_len));
	if (err) {
		obj_put(&x);
		return err;
	}
	if (old)
		xattr_drop(ino, old);
	xattr_tree_insert(&ino->xattrs->all, x);
	inode_touch(ino, ATTR_CTIME);
	return 0;
}

/* Whether a value is a struct vfs_cap_data of revision 1 to 3, by its size. */
static bool good_capability(struct buf *value, u32 len)
{
	u32 magic;

	if (!value || !span_read(cspan_first(buf_cspan(value), len), 0, &magic))
		return false;
	magic &= 0xff000000u;
	return (len == 12 && magic == 0x01000000) || (len == 20 && magic == 0x02000000) ||
		(len == 24 && magic == 0x03000000);
}

/* Permission and support are checked under the lock, together with the change. */
int xattr_set(struct thread *t, const struct path *p, const struct xattr_key *k, struct buf *value,
	u32 len, u32 flags)
{
	struct inode *ino = p->dentry->inode;
	struct xattr *x;
	s64 err;

	if (cspan_equal(key_span(k), STR("security.capability")) && !good_capability(value, len))
		return mount_is_readonly(p->mnt) ? -EROFS : -EINVAL;
	err = mount_begin_write(p->mnt);
	if (err)
		return err;
	rwlock_write_lock(&ino->lock);
	err = check_space(t, ino, k, MAY_WRITE);
	if (!err)
		err = check_supported(ino, k);
	if (!err) {
		x = xattr_new(k, value, len);
		err = x ? xattr_insert(ino, x, flags) : -ENOMEM;
	}
	rwlock_write_unlock(&ino->lock);
	mount_end_write(p->mnt);
	if (!err)
		notify_dentry(p->dentry, IN_ATTRIB);
	return err;
}

/* ---- get ---- */

/* A name of trusted.* is -ENODATA for a thread without CAP_SYS_ADMIN, as if it did not exist. */
s64 xattr_get(struct thread *t, struct inode *ino, const struct xattr_key *k, struct buf **value)
{
	struct xattr *x;
	s64 ret;

	rwlock_read_lock(&ino->lock);
	ret = check_space(t, ino, k, MAY_READ);
	if (!ret)
		ret = check_supported(ino, k);
	x = ret ? NULL : xattr_find(ino, key_span(k));
	if (x) {
		ret = x->value_len;
		*value = x->value ? buf_get(x->value) : NULL;
	} else if (!ret) {
		ret = -ENODATA;
	}
	rwlock_read_unlock(&ino->lock);
	return ret;
}

/* ---- list ---- */

u64 xattr_list(struct thread *t, struct inode *ino, struct span out)
{
	struct xattr *x;
	u64 len = 0;

	rwlock_read_lock(&ino->lock);
	for (x = ino->xattrs ? xattr_tree_first(ino->xattrs->all) : NULL; x;
		x = xattr_tree_next(x)) {
		if (cspan_starts(xattr_name(x), STR("trusted.")) &&
			!cred_capable(t->cred, CAP_SYS_ADMIN))
			continue;
		if (len + x->name_len + 1 <= span_len(out)) {
			(void)span_copy(span_from(out, len), xattr_name(x));
			span_set_byte(out, len + x->name_len, 0);
		}
		len += x->name_len + 1;
	}
	rwlock_read_unlock(&ino->lock);
	return len;
}

/* ---- remove ---- */

/* The space comes back at once; a reader that holds the value keeps only its memory. */
int xattr_remove(struct thread *t, const struct path *p, const struct xattr_key *k)
{
	struct inode *ino = p->dentry->inode;
	struct xattr *x;
	s64 err;

	err = mount_begin_write(p->mnt);
	if (err)
		return err;
	rwlock_write_lock(&ino->lock);
	err = check_space(t, ino, k, MAY_WRITE);
	if (!err)
		err = check_supported(ino, k);
	if (!err) {
		x = xattr_find(ino, key_span(k));
		err = x ? 0 : -ENODATA;
		if (x) {
			xattr_drop(ino, x);
			inode_touch(ino, ATTR_CTIME);
		}
	}
	rwlock_write_unlock(&ino->lock);
	mount_end_write(p->mnt);
	if (!err)
		notify_dentry(p->dentry, IN_ATTRIB);
	return err;
}
