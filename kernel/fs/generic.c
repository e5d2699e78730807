// SPDX-License-Identifier: MPL-2.0
/*
 * Files whose contents are in the page cache: the read loop, the write loop, lseek and fsync, for
 * file systems in memory and for those with a disk behind them, and for block devices.
 *
 * A read takes no lock of the inode: it may see part of a concurrent write, as on Linux. A write
 * holds inode.lock for writing, so the size, O_APPEND and the seals stay consistent; it raises the
 * size after it has copied the data of a page, and before that page can be written to a disk.
 *
 * A long transfer gives way at page boundaries: after each GIVE_WAY bytes other tasks may run, and
 * a signal ends it with the bytes done so far. So a read of a terabyte of holes can be interrupted.
 *
 * A write to a file with a mapping is a small transaction for each page: the client reserves space
 * (write_begin), the bytes are copied and the page becomes dirty, and the client takes back the
 * reservation for bytes that did not arrive (write_end). Then mapping_throttle makes the writer
 * wait if it dirties pages faster than the disk takes them.
 */
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/mapping.h>
#include <kernel/memfd.h>
#include <kernel/mm.h>
#include <kernel/pagecache.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <kernel/thread.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "fs.h"

/* Bytes read or written before other tasks may run; checked at page boundaries. */
#define GIVE_WAY (16 * PAGE_SIZE)

/* Positions are numbers with a sign for programs. */
#define FILE_SIZE_MAX 0x7ffffffffffffffful

void file_accessed(struct file *f)
{
	if (!(load_once(f->flags) & O_NOATIME))
		path_accessed(&f->path);
}

int file_take_page(struct file *f, u64 pos, u64 left, struct page **out)
{
	int err = file_get_page(f, pos, left, out);

	if (err || *out)
		return err;
	*out = page_alloc_wait(PAGE_ZEROED);
	return *out ? 0 : -ENOMEM;
}

/*
 * A hole reads as zeros without allocating a page. The size is read again for each page, so a file
 * that is truncated meanwhile ends the read. A signal ends a long read with the bytes so far.
 */
ssize_t generic_file_read(struct file *f, struct uio *u, u64 *pos)
{
	struct inode *ino = f->host;
	ssize_t done = 0;

	while (u->left) {
		u64 size = load_once(ino->size);
		u64 off = *pos & PAGE_MASK;
		struct page *p = NULL;
		size_t n, want;
		int err;

		if (*pos >= size)
			break;
		want = min(min(u->left, PAGE_SIZE - off), size - *pos);
		err = file_get_page(f, *pos, min(u->left, size - *pos), &p);
		if (err)
			return done || err == -ENXIO ? done : err;
		n = p ? uio_put_page(u, p, off, want) : uio_put_zero(u, want);
		page_put(&p);
		*pos += n;
		done += (ssize_t)n;
		if (n < want)
			return done ? done : -EFAULT;
		if (u->left && !(*pos % GIVE_WAY) && loop_should_end())
			break;
	}
	if (done)
		file_accessed(f);
	return done;
}

/*
 * The bytes that may be written at @pos under RLIMIT_FSIZE; 0: none, and SIGXFSZ has been sent. A
 * write that begins below the limit is cut short without a signal, see setrlimit(2).
 */
static u64 fsize_room(struct thread *t, u64 pos, u64 count)
{
	u64 limit = t ? rlimit_get(t, RLIMIT_FSIZE) : RLIM_INFINITY;

	if (limit == RLIM_INFINITY || pos + count <= limit)
		return count;
	if (pos < limit)
		return limit - pos;
	struct siginfo info = { .signo = SIGXFSZ, .code = SI_USER };
	ignore_error(signal_send_thread(t, &info)); /* a standard signal is never refused */
	return 0;
}

/* Bytes to a page of an inode in memory; a hole gets a page. */
static ssize_t write_cached(struct inode *ino, struct uio *u, u64 pos, size_t want)
{
	struct page *p = NULL;
	int err = pagecache_get(ino, pos >> PAGE_SHIFT, true, &p);
	size_t n;

	if (err)
		return err;
	n = uio_take_page(u, p, pos & PAGE_MASK, want);
	page_put(&p);
	return (ssize_t)n;
}

/*
 * Bytes to a page of an inode with a mapping: first the space for them is reserved; what has not
 * been used is given back.
 */
static ssize_t generic_write_mapped(struct inode *ino, struct uio *u, u64 pos, size_t want)
{
	struct mapping *m = ino->mapping;
	ssize_t n = super_is_aborted(ino->sb) ? -EIO
		: m->ops->write_begin         ? m->ops->write_begin(ino, pos, want)
					      : 0;

	if (n)
		return n;
	n = mapping_write_bytes(m, u, pos, want);
	if (m->ops->write_end)
		m->ops->write_end(ino, pos, want, n > 0 ? (u64)n : 0);
	mapping_throttle(m);
	return n;
}

/*
 * A short copy from user memory ends the write with the bytes so far; an error counts only if there
 * are none.
 */
ssize_t generic_write_pages(struct file *f, struct uio *u, u64 *pos, u64 room)
{
	struct inode *ino = f->host;
	ssize_t done = 0;

	while (u->left && room) {
		size_t want = min(min(u->left, room), PAGE_SIZE - (*pos & PAGE_MASK));
		ssize_t n = ino->mapping ? generic_write_mapped(ino, u, *pos, want)
					 : write_cached(ino, u, *pos, want);

		if (n < 0)
			return done ? done : n;
		*pos += (u64)n;
		done += n;
		room -= (u64)n;
		if (n && !ino->mapping && *pos > ino->size)
			store_once(ino->size, *pos);
		if ((size_t)n < want)
			return done ? done : -EFAULT;
		if (u->left && !(*pos % GIVE_WAY) && loop_should_end())
			break;
	}
	return done;
}

/*
 * A write behind the end leaves a gap, which reads as zeros: a program may have written behind the
 * end through a mapping.
 */
static int zero_gap(struct inode *ino, u64 pos)
{
	u64 size = ino->size;

	return ino->mapping && pos > size
		? mapping_zero(ino->mapping, size, min(pos, round_up(size, PAGE_SIZE)))
		: 0;
}

/* O_APPEND sets the position under inode.lock, so two appends never overwrite each other. */
ssize_t generic_file_write(struct file *f, struct uio *u, u64 *pos)
{
	struct inode *ino = f->inode;
	u64 room;
	ssize_t n;

	if (!u->left)
		return 0;
	rwlock_write_lock(&ino->lock);
	if (u->append || (f->flags & O_APPEND && !u->no_append))
		*pos = ino->size;
	room = *pos < FILE_SIZE_MAX ? min(u->left, FILE_SIZE_MAX - *pos) : 0;
	if (room)
		room = fsize_room(thread_current(), *pos, room);
	if (!room) {
		n = -EFBIG;
		goto out;
	}
	n = ino->seals ? memfd_check_write(ino, *pos, u->left) : zero_gap(ino, *pos);
	if (n)
		goto out;
	n = generic_write_pages(f, u, pos, room);
	if (n > 0) {
		inode_touch(ino, ATTR_MTIME | ATTR_CTIME);
		if (ino->mode & (S_ISUID | S_ISGID))
			inode_kill_suid(ino);
	}
out:
	rwlock_write_unlock(&ino->lock);
	/* Without the lock: this waits for the disk. */
	if (n > 0 && unlikely((f->flags & O_DSYNC) && ino->mapping)) {
		int err = f->ops->fsync(f, true);
		return err ? err : n;
	}
	return n;
}

/*
 * SEEK_DATA and SEEK_HOLE: data are the pages in the cache, see lseek(2). With a disk behind the
 * cache all of the file is taken for data; a file system that knows better has its own operation.
 * The caller holds pos_lock, or is the only user of the file. Each step of SEEK_HOLE over pages
 * that are there gives way, because a program chooses their number.
 */
s64 generic_file_lseek(struct file *f, s64 off, u32 whence)
{
	struct inode *ino = f->inode;
	u64 size = load_once(ino->size);
	u64 index;
	s64 base;

	switch (whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = (s64)f->pos;
		break;
	case SEEK_END:
		base = (s64)size;
		break;
	case SEEK_DATA:
		if (off < 0 || (u64)off >= size)
			return -ENXIO;
		index = ino->mapping ? (u64)off >> PAGE_SHIFT
				     : pagecache_next(&ino->pages, (u64)off >> PAGE_SHIFT);
		if (index == ~0ul || index << PAGE_SHIFT >= size)
			return -ENXIO;
		f->pos = max((u64)off, index << PAGE_SHIFT);
		return (s64)f->pos;
	case SEEK_HOLE:
		if (off < 0 || (u64)off >= size)
			return -ENXIO;
		index = ino->mapping ? div_round_up(size, PAGE_SIZE) : (u64)off >> PAGE_SHIFT;
		while (index << PAGE_SHIFT < size && pagecache_next(&ino->pages, index) == index) {
			index++;
			task_cond_resched();
		}
		f->pos = min(max((u64)off, index << PAGE_SHIFT), size);
		return (s64)f->pos;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, off, &off) || off < 0)
		return -EINVAL;
	f->pos = (u64)off;
	return off;
}

/* For files without contents that could be lost: devices, pipes, files in memory. */
int generic_fsync_none(struct file *f, bool data_only)
{
	(void)f;
	(void)data_only;
	return 0;
}

/*
 * The pages come first, then the inode: its size must not cover blocks that are not written. An
 * error of an earlier write-back is reported once to each open file, by the first fsync that
 * follows it.
 */
int generic_file_fsync(struct file *f, bool data_only)
{
	struct mapping *m = f->host->mapping;
	int err = m ? mapping_sync(m, 0, ~0ul) : 0, e = inode_write(f->host);
	int earlier = inode_error_check(f->host, &f->error_seen);

	(void)data_only;
	return earlier ? earlier : err ? err : e;
}
