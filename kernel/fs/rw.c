// SPDX-License-Identifier: MPL-2.0
/*
 * read, write and related calls. See read(2), pwritev2(2), lseek(2).
 *
 * Positions. A transfer at the file's own position holds pos_lock, unless the descriptor table and
 * the file have no other user (pos_is_private). Then no other task can use the position during the
 * call.
 *
 * Which calls take a reference on the file: none of the fast ones, if the thread is the only user
 * of its descriptor table (fd_get). A file that is shared is pinned for the call, so a close by
 * another thread does not end a read in progress.
 *
 * User memory. The fast path checks once that the whole range lies in user memory; the bytes are
 * copied by the file's operation, page by page, and a page that is not there makes the transfer
 * short.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/memfd.h>
#include <kernel/notify.h>
#include <kernel/pagecache.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "fdtable.h"
#include "fs.h"

/* ---- one transfer through a file ---- */

/* No byte has a position that is negative as a number with a sign. */
static inline bool is_too_far(const struct uio *u, u64 pos)
{
	return (s64)(pos + u->left) < 0;
}

/* Checks the mode of the file, calls its operation, notifies watchers, and counts. */
static inline ssize_t do_read(struct thread *t, struct file *f, struct uio *u, u64 *pos)
{
	ssize_t n;

	if (!(f->mode & FMODE_READ))
		return -EBADF;
	if (!f->ops->read)
		return S_IS(f->inode->mode, S_IFDIR) ? -EISDIR : -EINVAL;
	if (unlikely(is_too_far(u, *pos)))
		return -EINVAL;
	n = f->ops->read(f, u, pos);
	if (likely(n > 0)) {
		notify_file(f, IN_ACCESS);
		t->io[IO_RCHAR] += (u64)n;
	}
	t->io[IO_SYSCR]++;
	return n;
}

/* The same for a write. */
static inline ssize_t do_write(struct thread *t, struct file *f, struct uio *u, u64 *pos)
{
	ssize_t n;

	if (!(f->mode & FMODE_WRITE))
		return -EBADF;
	if (!f->ops->write)
		return -EINVAL;
	if (unlikely(is_too_far(u, *pos)))
		return -EINVAL;
	n = f->ops->write(f, u, pos);
	if (likely(n > 0)) {
		notify_file(f, IN_MODIFY);
		t->io[IO_WCHAR] += (u64)n;
	}
	t->io[IO_SYSCW]++;
	return n;
}

/*
 * Whether no other task can use the file's position during this call.
 *
 * r.held is NULL if the descriptor table has one user, the calling thread; it cannot close or
 * duplicate the descriptor during its own call. A reference count of 1 means that the only
 * reference is that of the table: no other descriptor, of this process or another one, refers to
 * the file. A new reference could only be taken through this table, by this thread, or by /proc,
 * which takes references but no positions.
 */
static inline bool pos_is_private(struct fd_ref r)
{
	return !r.held && obj_refs(r.file) == 1;
}

/*
 * A transfer at the file's own position: reads the position, transfers, and stores the new one, all
 * under pos_lock unless the position is private. So two readers that share a descriptor never read
 * the same bytes. Streams have no position and take no lock, so a blocked reader of a pipe does not
 * block a writer.
 */
static always_inline ssize_t transfer(struct thread *t, struct fd_ref r, struct uio *u, bool write)
{
	struct file *const f = r.file;
	bool stream = f->mode & FMODE_STREAM;
	bool lock = !stream && !pos_is_private(r);
	ssize_t n;

	if (unlikely(lock))
		mutex_lock(&f->pos_lock);
	u64 pos = stream ? 0 : f->pos;
	n = write ? do_write(t, f, u, &pos) : do_read(t, f, u, &pos);
	if (!stream)
		f->pos = pos;
	if (unlikely(lock))
		mutex_unlock(&f->pos_lock);
	return n;
}

/*
 * The error for a range outside user memory, in Linux's order of checks. The descriptor's mode
 * counts first, then the size, then the memory.
 */
static noinline s64 bad_range(struct fd_ref r, u64 count, u32 mode)
{
	s64 err = !(r.file->mode & mode) ? -EBADF : (s64)count < 0 ? -EINVAL : -EFAULT;

	fd_put(r);
	return err;
}

/*
 * The fast path of read and write. A range outside user memory fails before the file's operation is
 * called. An O_PATH file needs no check of its own: its mode has neither direction.
 */
static always_inline s64 rw(struct thread *t, s32 fd, struct uaddr buf, u64 count, bool write)
{
	struct fd_ref r = fd_ref_of(t, fd);
	ssize_t n;

	if (unlikely(!r.file))
		return -EBADF;
	if (unlikely((s64)count < 0 || !user_range_ok(buf, count)))
		return bad_range(r, count, write ? FMODE_WRITE : FMODE_READ);
	struct uio u = uio_user(buf, count);
	n = transfer(t, r, &u, write);
	fd_put(r);
	return n;
}

s64 sys_read(struct thread *t, s32 fd, struct uaddr buf, u64 count)
{
	return rw(t, fd, buf, count, false);
}

s64 sys_write(struct thread *t, s32 fd, struct uaddr buf, u64 count)
{
	return rw(t, fd, buf, count, true);
}

/* The iovec is copied before the transfer, so a program cannot change it meanwhile. */
static s64 rwv(struct thread *t, s32 fd, struct uaddr iov, u64 count, bool write)
{
	struct fd_ref r = fd_get(t, fd);
	struct uio u;
	ssize_t n;

	if (!r.file)
		return -EBADF;
	n = r.file->mode & (write ? FMODE_WRITE : FMODE_READ) ? uio_iovec(&u, iov, count) : -EBADF;
	if (!n) {
		n = transfer(t, r, &u, write);
		uio_done(&u);
	}
	fd_put(r);
	return n;
}

s64 sys_readv(struct thread *t, s32 fd, struct uaddr iov, u64 count)
{
	return rwv(t, fd, iov, count, false);
}

s64 sys_writev(struct thread *t, s32 fd, struct uaddr iov, u64 count)
{
	return rwv(t, fd, iov, count, true);
}

/* ---- at a given position ---- */

/*
 * A transfer at a given position: the file's own is neither used nor changed, so it needs no lock.
 */
static ssize_t transfer_at(struct thread *t, struct file *f, struct uio *u, s64 pos, bool write)
{
	u64 at = (u64)pos;

	if (f->mode & FMODE_STREAM || !(f->mode & (FMODE_PREAD | FMODE_PWRITE)))
		return -ESPIPE;
	return write ? do_write(t, f, u, &at) : do_read(t, f, u, &at);
}

/* A negative offset is refused before the descriptor is looked at, as on Linux. */
static s64 prw(struct thread *t, s32 fd, struct uaddr buf, u64 count, s64 pos, bool write)
{
	struct fd_ref r;
	struct uio u = uio_user(buf, count);
	ssize_t n;

	if (pos < 0)
		return -EINVAL;
	r = fd_get(t, fd);
	if (!r.file)
		return -EBADF;
	n = transfer_at(t, r.file, &u, pos, write);
	fd_put(r);
	return n;
}

s64 sys_pread64(struct thread *t, s32 fd, struct uaddr buf, u64 count, s64 pos)
{
	return prw(t, fd, buf, count, pos, false);
}

s64 sys_pwrite64(struct thread *t, s32 fd, struct uaddr buf, u64 count, s64 pos)
{
	return prw(t, fd, buf, count, pos, true);
}

#define RWF_HIPRI  1u
#define RWF_DSYNC  2u
#define RWF_SYNC   4u
#define RWF_NOWAIT 8u
#define RWF_APPEND 16u
/* A write at the given offset, although the file is open with O_APPEND. */
#define RWF_NOAPPEND 32u

/*
 * Offset -1 means the file's own position (preadv2). RWF_DSYNC and RWF_SYNC write the file out
 * after the transfer.
 */
static s64 prwv(struct thread *t, s32 fd, struct uaddr iov, u64 count, s64 pos, u32 flags,
	bool write)
{
	struct fd_ref r;
	struct uio u;
	ssize_t n;

	if (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | (write ? RWF_APPEND | RWF_NOAPPEND : 0)))
		return -EOPNOTSUPP;
	if (pos < -1)
		return -EINVAL;
	r = fd_get(t, fd);
	if (!r.file)
		return -EBADF;
	n = uio_iovec(&u, iov, count);
	if (!n) {
		u.append = flags & RWF_APPEND;
		u.no_append = flags & RWF_NOAPPEND;
		n = u.append && u.no_append ? -EINVAL
			: pos == -1         ? transfer(t, r, &u, write)
					    : transfer_at(t, r.file, &u, pos, write);
		uio_done(&u);
		if (n > 0 && write && (flags & (RWF_DSYNC | RWF_SYNC)) && r.file->ops->fsync) {
			int err = r.file->ops->fsync(r.file, true);
			n = err ? err : n;
		}
	}
	fd_put(r);
	return n;
}

/* The offset is one 64-bit argument here; @high is for 32-bit programs and ignored, as on Linux. */
s64 sys_preadv(struct thread *t, s32 fd, struct uaddr iov, u64 count, s64 pos, u64 high)
{
	(void)high;
	return pos < 0 ? -EINVAL : prwv(t, fd, iov, count, pos, 0, false);
}
s64 sys_pwritev(struct thread *t, s32 fd, struct uaddr iov, u64 count, s64 pos, u64 high)
{
	(void)high;
	return pos < 0 ? -EINVAL : prwv(t, fd, iov, count, pos, 0, true);
}
s64 sys_preadv2(struct thread *t, s32 fd, struct uaddr iov, u64 count, s64 pos, u64 high, u32 flags)
{
	(void)high;
	return prwv(t, fd, iov, count, pos, flags, false);
}
s64 sys_pwritev2(struct thread *t, s32 fd, struct uaddr iov, u64 count, s64 pos, u64 high,
	u32 flags)
{
	(void)high;
	return prwv(t, fd, iov, count, pos, flags, true);
}

/* The position is changed under pos_lock, like a transfer at the position; see pos_is_private. */
s64 sys_lseek(struct thread *t, s32 fd, s64 off, u32 whence)
{
	struct fd_ref r = fd_get(t, fd);
	s64 ret;

	if (!r.file)
		return -EBADF;
	if (whence > SEEK_HOLE)
		ret = -EINVAL;
	else if (!r.file->ops->lseek)
		ret = -ESPIPE;
	else if (r.file->mode & FMODE_STREAM) /* no position: the result does not depend on it */
		ret = r.file->ops->lseek(r.file, off, whence);
	else if (pos_is_private(r))
		ret = r.file->ops->lseek(r.file, off, whence);
	else {
		mutex_lock(&r.file->pos_lock);
		ret = r.file->ops->lseek(r.file, off, whence);
		mutex_unlock(&r.file->pos_lock);
	}
	fd_put(r);
	return ret;
}

/* ---- kernel reads and writes ---- */

/*
 * Reads through a buffer, since a span cannot be stored in a uio. An error after some bytes is not
 * reported: the caller sees a short read.
 */
ssize_t file_read_kernel(struct file *f, u64 pos, struct span out)
{
	struct buf *b = buf_alloc_dirty(min(max(span_len(out), 64ul), BUF_MAX));
	size_t done = 0;
	ssize_t n = 0;

	if (!b)
		return -ENOMEM;
	while (done < span_len(out)) {
		size_t want = min(span_len(out) - done, buf_size(b));
		struct uio u = uio_kernel(b, 0, want);
		u64 at = pos + done;
		if (!f->ops->read) {
			n = -EINVAL;
			break;
		}
		n = f->ops->read(f, &u, &at);
		if (n <= 0)
			break;
		span_copy(span_from(out, done), cspan_first(buf_cspan(b), (size_t)n));
		done += (size_t)n;
	}
	buf_put(&b);
	return done ? (ssize_t)done : n;
}

/* The reverse of file_read_kernel. */
ssize_t file_write_kernel(struct file *f, u64 pos, struct cspan in)
{
	struct buf *b = buf_alloc_dirty(min(max(cspan_len(in), 64ul), BUF_MAX));
	size_t done = 0;
	ssize_t n = 0;

	if (!b)
		return -ENOMEM;
	while (done < cspan_len(in)) {
		size_t want = span_copy(buf_span(b), cspan_from(in, done));
		struct uio u = uio_kernel(b, 0, want);
		u64 at = pos + done;
		n = f->ops->write ? f->ops->write(f, &u, &at) : -EINVAL;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	buf_put(&b);
	return done ? (ssize_t)done : n;
}
