// SPDX-License-Identifier: MPL-2.0
/*
 * Copies from file to file inside the kernel: sendfile(2), copy_file_range(2).
 *
 * Data is copied through a buffer. Only pipes (kernel/ipc/splice.c) and connections of TCP
 * (kernel/net/sendfile.c) take pages by reference, and do so for sendfile.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/notify.h>
#include <kernel/pipe.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "fs.h"

/*
 * Copies up to @count bytes from *@in_pos to *@out_pos and advances both. The input position
 * advances only by bytes that were written, so no data is lost when the output is full. The loop
 * ends after a short write, which means that the output is full, and when the calling thread is
 * killed. Returns the bytes copied, or an error if there are none. The input must have a position
 * (sendfile_check): bytes that were read from a stream and could not be written would be lost.
 */
static ssize_t copy_between(struct file *in, struct file *out, u64 *in_pos, u64 *out_pos,
	size_t count)
{
	struct buf *b = buf_alloc_dirty(min(max(count, 64ul), 16384ul));
	size_t done = 0;
	ssize_t n = 0, w;

	if (!b)
		return -ENOMEM;
	while (done < count) {
		size_t want = min(count - done, buf_size(b));
		struct uio ui = uio_kernel(b, 0, want);
		u64 from = *in_pos;
		n = in->ops->read(in, &ui, &from);
		if (n <= 0)
			break;
		struct uio uo = uio_kernel(b, 0, (size_t)n);
		w = out->ops->write(out, &uo, out_pos);
		if (w < 0) {
			n = w;
			break;
		}
		*in_pos += (size_t)w;
		done += (size_t)w;
		if (w < n || loop_should_end())
			break;
	}
	buf_put(&b);
	if (done) {
		notify_file(in, IN_ACCESS);
		notify_file(out, IN_MODIFY);
	}
	return done ? (ssize_t)done : n;
}

/* The position to use: the user's at @offset, or the file's own if @offset is NULL. */
static s64 position(struct file *f, struct uaddr offset, u64 *pos)
{
	s64 off;

	*pos = f->pos;
	if (!offset.va)
		return 0;
	if (user_get(&off, offset))
		return -EFAULT;
	*pos = (u64)off;
	return 0;
}

/* Stores the new position where the old one was read. */
static s64 put_position(struct file *f, struct uaddr offset, u64 pos)
{
	if (offset.va)
		return user_put(offset, &pos);
	if (!(f->mode & FMODE_STREAM))
		f->pos = pos;
	return 0;
}

/* ---- sendfile ---- */

/*
 * The input must have a position and pages to read; the output must not be opened with O_APPEND,
 * see sendfile(2).
 */
static s64 sendfile_check(const struct file *in, const struct file *out, struct uaddr offset)
{
	if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE))
		return -EBADF;
	if (offset.va && (in->mode & FMODE_STREAM))
		return -ESPIPE;
	if (!in->ops->read || !(in->ops->splice & SPLICE_READ) || (in->mode & FMODE_STREAM) ||
		!in->ops->lseek || (out->flags & O_APPEND))
		return -EINVAL;
	if (!out->ops->splice_from && (!out->ops->write || !(out->ops->splice & SPLICE_WRITE)))
		return -EINVAL;
	return 0;
}

/*
 * No byte has a position that is negative as a number with a sign. The input is checked for all that
 * was asked for, the output for what one call moves at most, as on Linux.
 */
static s64 sendfile_range(u64 in_pos, const struct file *out, u64 count)
{
	if ((s64)(in_pos | count | (in_pos + count)) < 0)
		return -EINVAL;
	if (!(out->mode & FMODE_STREAM) && (s64)(out->pos + min(count, MAX_RW_COUNT)) < 0)
		return -EINVAL;
	return 0;
}

/* Pipes and TCP take the pages themselves; other files get copies. */
static ssize_t send_between(struct file *in, struct file *out, u64 *in_pos, u64 *out_pos,
	size_t count)
{
	ssize_t n = -EOPNOTSUPP;

	if (out->ops->splice_from)
		n = out->ops->splice_from(in, in_pos, out, count, out->flags & O_NONBLOCK);
	return n == -EOPNOTSUPP ? copy_between(in, out, in_pos, out_pos, count) : n;
}

/* What was copied counts as read and as written, in one call of each. */
static void copy_counted(struct thread *t, s64 n)
{
	if (n > 0) {
		t->io[IO_RCHAR] += (u64)n;
		t->io[IO_WCHAR] += (u64)n;
	}
	t->io[IO_SYSCR]++;
	t->io[IO_SYSCW]++;
}

/* Positions are stored even after a short transfer. */
s64 sys_sendfile(struct thread *t, s32 out_fd, s32 in_fd, struct uaddr offset, u64 count)
{
	struct file *in = file_get(t, in_fd);
	struct file *out = file_get(t, out_fd);
	u64 in_pos, out_pos;
	s64 n = in && out ? sendfile_check(in, out, offset) : -EBADF;

	if (!n)
		n = position(in, offset, &in_pos);
	if (n)
		goto out;
	out_pos = out->pos;
	n = sendfile_range(in_pos, out, count);
	if (n)
		goto out;
	count = min(count, MAX_RW_COUNT);
	if (!count)
		n = 0;
	else
		n = send_between(in, out, &in_pos, &out_pos, count);
	copy_counted(t, n);
	if (n >= 0) {
		if (!(out->mode & FMODE_STREAM))
			out->pos = out_pos;
		if (put_position(in, offset, in_pos))
			n = -EFAULT;
	}
out:
	obj_put(&in);
	obj_put(&out);
	return n;
}

/* ---- copy_file_range ---- */

/* Only regular files of one file system, see copy_file_range(2). */
static s64 copy_check(const struct file *in, const struct file *out)
{
	if (S_IS(in->inode->mode, S_IFDIR) || S_IS(out->inode->mode, S_IFDIR))
		return -EISDIR;
	if (!S_IS(in->inode->mode, S_IFREG) || !S_IS(out->inode->mode, S_IFREG))
		return -EINVAL;
	if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE) || (out->flags & O_APPEND))
		return -EBADF;
	if (in->inode->sb != out->inode->sb)
		return -EXDEV;
	if (out->inode->flags & S_IMMUTABLE)
		return -EPERM;
	return in->ops->read && out->ops->write ? 0 : -EINVAL;
}

/*
 * Checks the ranges; returns the number of bytes to copy. Ranges of one file must not overlap. A
 * range that begins behind the end has length 0, which is no error; nor is one that ends behind the
 * last position that a file can have, which is cut. The order of the errors is Linux's.
 */
static s64 copy_length(const struct file *in, const struct file *out, u64 in_pos, u64 out_pos,
	u64 len)
{
	const u64 last = ~0ul >> 1;
	u64 size = load_once(in->inode->size), end;

	if (__builtin_add_overflow(in_pos, len, &end) || __builtin_add_overflow(out_pos, len, &end))
		return -EOVERFLOW;
	if ((s64)in_pos < 0 || (s64)out_pos < 0)
		return -EINVAL;
	if (len && out_pos == last)
		return -EFBIG;
	len = min(len, last - out_pos);
	len = in_pos >= size ? 0 : min(len, size - in_pos);
	if (in->inode == out->inode && in_pos < out_pos + len && out_pos < in_pos + len)
		return -EINVAL;
	return (s64)min(len, MAX_RW_COUNT);
}

/* Each of both positions is the user's or the file's own. */
static s64 copy_range(struct file *in, struct uaddr in_off, struct file *out, struct uaddr out_off,
	u64 len)
{
	u64 in_pos, out_pos;
	s64 n = position(in, in_off, &in_pos);

	if (!n)
		n = position(out, out_off, &out_pos);
	if (!n)
		n = copy_check(in, out);
	if (!n)
		n = copy_length(in, out, in_pos, out_pos, len);
	if (n <= 0)
		return n;
	n = copy_between(in, out, &in_pos, &out_pos, (size_t)n);
	if (n > 0 && (put_position(in, in_off, in_pos) || put_position(out, out_off, out_pos)))
		n = -EFAULT;
	return n;
}

/* Flags are not defined: any gives -EINVAL. */
s64 sys_copy_file_range(struct thread *t, s32 in_fd, struct uaddr in_off, s32 out_fd,
	struct uaddr out_off, u64 len, u32 flags)
{
	struct file *in = file_get(t, in_fd);
	struct file *out = file_get(t, out_fd);
	s64 ret = -EBADF;

	if (in && out)
		ret = flags ? -EINVAL : copy_range(in, in_off, out, out_off, len);
	copy_counted(t, ret);
	obj_put(&in);
	obj_put(&out);
	return ret;
}

s64 file_clone(struct thread *t, s32 in_fd, const struct file *out)
{
	struct file *in = file_get(t, in_fd);
	s64 err = in ? 0 : -EBADF;

	if (!err && in->inode->sb != out->inode->sb)
		err = -EXDEV;
	if (!err)
		err = copy_check(in, out);
	obj_put(&in);
	return err ? err : -EOPNOTSUPP;
}
