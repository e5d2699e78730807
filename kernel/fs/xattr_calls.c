// SPDX-License-Identifier: MPL-2.0
/*
 * The system calls on extended attributes: by path, by link, by descriptor. See setxattr(2),
 * getxattr(2), listxattr(2), removexattr(2).
 *
 * Values and lists pass through a buffer of the kernel: the caller's memory may fault, which must
 * not happen under the lock of the attributes (xattr.c). Its size is bounded by XATTR_SIZE_MAX and
 * XATTR_LIST_MAX before it is allocated.
 *
 * A first call with size 0 returns the length, and a second one gets the value. Nothing is locked
 * between the two, so programs must be ready for -ERANGE, as getxattr(2) says.
 *
 * The four calls copy name and value at different moments, before or after the walk. Which error a
 * call with two mistakes gets depends on that, so each follows Linux.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "fs.h"
#include "xattr.h"

#define XATTR_SIZE_MAX 65536u
#define XATTR_LIST_MAX 65536u

/* Copies a name from user memory. -ERANGE: it is empty or too long. */
static s64 key_get(struct xattr_key *k, struct uaddr name)
{
	ssize_t n = copy_in_str(span_of(k->text), name);

	if (n < 0)
		return n == -ENAMETOOLONG ? -ERANGE : n;
	k->len = (u32)n;
	return n ? 0 : -ERANGE;
}

/* ---- set ---- */

/* The arguments of setxattr, except the file. */
struct xattr_request {
	struct xattr_key key;
	struct buf *value; /* reference */
	u32 len, flags;
};

/* Decodes and copies the arguments. On an error r->value is NULL. */
static s64 request_get(struct xattr_request *r, struct uaddr name, struct uaddr value, u64 size,
	u32 flags)
{
	s64 err;

	r->value = NULL;
	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	err = key_get(&r->key, name);
	if (err)
		return err;
	if (size > XATTR_SIZE_MAX)
		return -E2BIG;
	r->len = (u32)size;
	r->flags = flags;
	if (!size)
		return 0;
	r->value = buf_alloc_dirty(size);
	if (!r->value)
		return -ENOMEM;
	if (copy_in(span_first(buf_span(r->value), size), value)) {
		buf_put(&r->value);
		return -EFAULT;
	}
	return 0;
}

/*
 * The arguments are decoded before the walk, as on Linux; @lookup says whether a link is followed.
 */
static s64 set_path(struct thread *t, struct uaddr path, u32 lookup, struct uaddr name,
	struct uaddr value, u64 size, u32 flags)
{
	struct xattr_request r;
	struct path p;
	s64 err = request_get(&r, name, value, size, flags);

	if (err)
		return err;
	err = path_lookup_user(t, AT_FDCWD, path, lookup, &p);
	if (!err) {
		err = xattr_set(t, &p, &r.key, r.value, r.len, r.flags);
		path_put(&p);
	}
	buf_put(&r.value);
	return err;
}

s64 sys_setxattr(struct thread *t, struct uaddr path, struct uaddr name, struct uaddr value,
	u64 size, u32 flags)
{
	return set_path(t, path, LOOKUP_FOLLOW, name, value, size, flags);
}
s64 sys_lsetxattr(struct thread *t, struct uaddr path, struct uaddr name, struct uaddr value,
	u64 size, u32 flags)
{
	return set_path(t, path, 0, name, value, size, flags);
}
/* The descriptor is checked before the arguments, as on Linux. */
s64 sys_fsetxattr(struct thread *t, s32 fd, struct uaddr name, struct uaddr value, u64 size,
	u32 flags)
{
	struct xattr_request r;
	struct file *f = file_get(t, fd);
	s64 err;

	if (!f)
		return -EBADF;
	err = request_get(&r, name, value, size, flags);
	if (!err)
		err = xattr_set(t, &f->path, &r.key, r.value, r.len, r.flags);
	buf_put(&r.value);
	obj_put(&f);
	return err;
}

/* ---- get ---- */

/* Size 0 asks for the length only. A buffer that is too small gives -ERANGE. */
static s64 get(struct thread *t, const struct path *p, struct uaddr name, struct uaddr out,
	u64 size)
{
	struct xattr_key k;
	struct buf *value = NULL;
	s64 n = key_get(&k, name);

	if (!n)
		n = xattr_get(t, p->dentry->inode, &k, &value);
	if (n > 0 && size) {
		if ((u64)n > size)
			n = -ERANGE;
		else if (copy_out(out, cspan_first(buf_cspan(value), (size_t)n)))
			n = -EFAULT;
	}
	buf_put(&value);
	return n;
}

/* The name is copied after the walk, as on Linux; set_path copies it before. */
static s64 get_path(struct thread *t, struct uaddr path, u32 flags, struct uaddr name,
	struct uaddr value, u64 size)
{
	struct path p;
	s64 ret = path_lookup_user(t, AT_FDCWD, path, flags, &p);

	if (ret)
		return ret;
	ret = get(t, &p, name, value, size);
	path_put(&p);
	return ret;
}

s64 sys_getxattr(struct thread *t, struct uaddr path, struct uaddr name, struct uaddr value,
	u64 size)
{
	return get_path(t, path, LOOKUP_FOLLOW, name, value, size);
}
s64 sys_lgetxattr(struct thread *t, struct uaddr path, struct uaddr name, struct uaddr value,
	u64 size)
{
	return get_path(t, path, 0, name, value, size);
}
s64 sys_fgetxattr(struct thread *t, s32 fd, struct uaddr name, struct uaddr value, u64 size)
{
	struct file *f = file_get(t, fd);
	s64 ret;

	if (!f)
		return -EBADF;
	ret = get(t, &f->path, name, value, size);
	obj_put(&f);
	return ret;
}

/* ---- list ---- */

/*
 * As for get; the names are collected in a buffer of the kernel first, whose size bounds the list.
 */
static s64 list(struct thread *t, const struct path *p, struct uaddr out, u64 size)
{
	struct buf *b;
	u64 n;
	s64 ret;

	size = min(size, (u64)XATTR_LIST_MAX);
	b = buf_alloc_dirty(max(size, 1ul));
	if (!b)
		return -ENOMEM;
	n = xattr_list(t, p->dentry->inode, span_first(buf_span(b), size));
	if (!size)
		ret = (s64)n;
	else if (n > size)
		ret = size == XATTR_LIST_MAX ? -E2BIG : -ERANGE;
	else
		ret = copy_out(out, cspan_first(buf_cspan(b), n)) ? -EFAULT : (s64)n;
	buf_put(&b);
	return ret;
}

/* The buffer is made after the walk, so a path that does not exist is reported first. */
static s64 list_path(struct thread *t, struct uaddr path, u32 flags, struct uaddr out, u64 size)
{
	struct path p;
	s64 ret = path_lookup_user(t, AT_FDCWD, path, flags, &p);

	if (ret)
		return ret;
	ret = list(t, &p, out, size);
	path_put(&p);
	return ret;
}

s64 sys_listxattr(struct thread *t, struct uaddr path, struct uaddr out, u64 size)
{
	return list_path(t, path, LOOKUP_FOLLOW, out, size);
}
s64 sys_llistxattr(struct thread *t, struct uaddr path, struct uaddr out, u64 size)
{
	return list_path(t, path, 0, out, size);
}
s64 sys_flistxattr(struct thread *t, s32 fd, struct uaddr out, u64 size)
{
	struct file *f = file_get(t, fd);
	s64 ret;

	if (!f)
		return -EBADF;
	ret = list(t, &f->path, out, size);
	obj_put(&f);
	return ret;
}

/* ---- remove ---- */

/* The name is copied before the walk. */
static s64 remove_path(struct thread *t, struct uaddr path, u32 flags, struct uaddr name)
{
	struct xattr_key k;
	struct path p;
	s64 ret = key_get(&k, name);

	if (!ret)
		ret = path_lookup_user(t, AT_FDCWD, path, flags, &p);
	if (ret)
		return ret;
	ret = xattr_remove(t, &p, &k);
	path_put(&p);
	return ret;
}

s64 sys_removexattr(struct thread *t, struct uaddr path, struct uaddr name)
{
	return remove_path(t, path, LOOKUP_FOLLOW, name);
}
s64 sys_lremovexattr(struct thread *t, struct uaddr path, struct uaddr name)
{
	return remove_path(t, path, 0, name);
}
/* As sys_fsetxattr: the descriptor first. */
s64 sys_fremovexattr(struct thread *t, s32 fd, struct uaddr name)
{
	struct xattr_key k;
	struct file *f = file_get(t, fd);
	s64 ret;

	if (!f)
		return -EBADF;
	ret = key_get(&k, name);
	if (!ret)
		ret = xattr_remove(t, &f->path, &k);
	obj_put(&f);
	return ret;
}
