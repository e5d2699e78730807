// SPDX-License-Identifier: MPL-2.0
/*
 * Block special files: open, read, write, sync, mmap. All of them go through the page cache of the
 * device, so that all openers see the same data.
 *
 * How read-ahead works. Each opener has a window [ra_start, ra_end): the pages that were last read
 * for it, and a marker page ra_mark inside or at the end of it. There are three cases.
 *
 * 1. A read misses: its page is not in the cache. All pages of the request are read. If the request
 *    begins in the window or directly behind it, the reader is sequential, and the new window is
 *    twice as large as the last one, up to readahead_pages. A read of the first page of the device
 *    gets a small window ahead, since sequential readers begin there. The marker is the first page
 *    past the requested range.
 * 2. A read finds a page that has not been used yet (PAGE_IDLE) and that page is the marker: the
 *    reader has caught up with the window. The next window is started behind the old one, and the
 *    marker is its first page. The device reads it while the reader consumes the pages that it has.
 * 3. A read finds any other page: nothing is done. Pages in use cost one test of their tag.
 *
 * The reads are started and not waited for; then the reader waits for its own page (cache_get). If
 * memory for the window is out, less is read ahead. The window is not locked: two reads on one open
 * file may spoil each other's window, which costs speed only.
 *
 * Locking: disk->lock for openers. Reads and writes take only the locks of the cache.
 */
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/mm.h>
#include <kernel/pagecache.h>
#include <kernel/rlimit.h>
#include <kernel/stat.h>
#include <kernel/thread.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "bdev.h"

#define RA_FIRST 4ul /* pages read at the first read from the start of the device */

static void block_file_release(struct block_file *bf)
{
	obj_put(&bf->bdev);
}
OBJ_TYPE(block_file, block_file_release);

struct block_file *block_file_of(struct file *f)
{
	return obj_cast(block_file, f->private);
}

/* ---- open, close ---- */

/*
 * O_EXCL: claims the device, unless it is claimed already or overlaps a claimed one (a whole disk
 * and its partitions). disk->lock held.
 */
static bool claim(struct bdev *b, struct file *f)
{
	struct bdev *whole = b->whole ? b->whole : b;

	if (whole->holder || b->holder || (!b->whole && b->disk->nr_held_parts))
		return false;
	b->holder = f;
	if (b->whole)
		b->disk->nr_held_parts++;
	return true;
}

/* Gives up the exclusive hold. disk->lock held. */
static void unclaim(struct bdev *b)
{
	b->holder = NULL;
	if (b->whole)
		b->disk->nr_held_parts--;
}

/*
 * Counts the opener. -EAGAIN: the partitions are being changed, and this one may be removed.
 * disk->lock held.
 */
static int enter(struct bdev *b, struct block_file *bf, struct file *f)
{
	if (b->gone)
		return -ENXIO;
	if (b->whole && b->disk->scanning)
		return -EAGAIN;
	if ((f->flags & O_EXCL) && !claim(b, f))
		return -EBUSY;
	bf->exclusive = f->flags & O_EXCL;
	b->openers++;
	if (b->whole)
		b->disk->nr_open_parts++;
	return 0;
}

/*
 * Returns the device of that number, as a reference. If its partition table is being changed, it
 * waits for the end of that and looks again.
 */
static struct bdev *find_settled(u64 rdev)
{
	struct bdev *b = bdev_find(rdev);

	if (!b || !b->whole || !load_once(b->disk->scanning))
		return b;
	mutex_lock(&b->disk->scan_lock);
	mutex_unlock(&b->disk->scan_lock);
	obj_put(&b);
	return bdev_find(rdev);
}

/* The device is opened under disk->lock, where a scan or removal is seen. */
static int open_device(struct file *f, struct block_file *bf)
{
	struct bdev *b = find_settled(f->inode->rdev);
	int err;

	if (!b)
		return -ENXIO;
	err = (f->mode & FMODE_WRITE) && b->disk->params.read_only ? -EROFS : 0;
	if (!err) {
		mutex_lock(&b->disk->lock);
		err = enter(b, bf, f);
		mutex_unlock(&b->disk->lock);
	}
	if (err) {
		obj_put(&b);
		return err;
	}
	bf->error_seen = error_sample(b);
	bf->bdev = b;
	return 0;
}

static int bdev_open(struct file *f)
{
	struct block_file *bf = obj_new(block_file);
	int err;

	if (!bf)
		return -ENOMEM;
	do {
		err = open_device(f, bf);
	} while (err == -EAGAIN);
	if (err)
		obj_put(&bf);
	else
		f->private = &bf->obj;
	return err;
}

/*
 * The last close writes the dirty pages and empties the cache: another device may cover the same
 * sectors (a partition and its disk). disk->lock keeps new openers out until the cache is empty.
 */
static void bdev_release(struct file *f)
{
	struct block_file *bf = block_file_of(f);
	struct bdev *b = bf->bdev;
	struct disk *d = b->disk;

	mutex_lock(&d->lock);
	if (bf->exclusive)
		unclaim(b);
	if (b->openers == 1 && !cache_sync(b, 0, ~0ul))
		cache_drop(b);
	b->openers--;
	if (b->whole)
		d->nr_open_parts--;
	mutex_unlock(&d->lock);
}

/* ---- reading ---- */

/*
 * Starts reads for a reader that is at page @index and has @nr pages still to read. @there: the
 * page is in the cache and has not been used yet. See "How read-ahead works" above.
 */
static void read_ahead(struct block_file *bf, u64 index, u64 nr, bool there)
{
	struct bdev *b = bf->bdev;
	u64 window = load_once(b->readahead_pages), last = bf->ra_end - bf->ra_start, wanted = nr;
	bool goes_on = bf->ra_end && index >= bf->ra_start && index <= bf->ra_end;

	if (there && (!goes_on || index != bf->ra_mark))
		return;
	if (bf->advice == POSIX_FADV_SEQUENTIAL)
		window *= 2;
	if (bf->advice == POSIX_FADV_RANDOM || !window)
		nr = there ? 0 : nr;
	else if (goes_on)
		nr = max(nr, min(2 * last, window));
	else if (!index)
		nr = max(nr, min(max(2 * nr, RA_FIRST), window));
	bf->ra_start = there ? bf->ra_end : index;
	bf->ra_end = bf->ra_start + nr;
	bf->ra_mark = there ? bf->ra_start : index + wanted;
	(void)cache_read(b, bf->ra_start, nr, false);
}

/*
 * Returns the page at @pos, as a reference; @left is the number of bytes that the read still has to
 * go.
 */
static int read_page(struct block_file *bf, u64 pos, u64 left, struct page **out)
{
	struct bdev *b = bf->bdev;
	u64 index = pos >> PAGE_SHIFT;
	bool there;

	*out = pagecache_find(&b->inode->pages, index);
	if (*out && likely(!(page_tag(*out) & PAGE_NOT_PLAIN)))
		return 0;
	there = *out;
	page_put(out);
	read_ahead(bf, index,
		min(((pos + left - 1) >> PAGE_SHIFT) - index + 1, 8ul * REQUEST_PAGES), there);
	return cache_get(b, index, true, out);
}

/* O_DIRECT requires that position, lengths and addresses are whole sectors. */
static bool is_aligned(const struct uio *u, u64 pos)
{
	struct iovec v;
	u32 i;

	if ((pos | u->left) % SECTOR_SIZE || (!u->kernel && (u->base | u->len) % SECTOR_SIZE))
		return false;
	for (i = u->iov_next; u->iov && i < u->iov_count; i++) {
		if (span_read(buf_cspan(u->iov), i * sizeof(v), &v) &&
			(v.base | v.len) % SECTOR_SIZE)
			return false;
	}
	return true;
}

/* A signal ends a long read with the bytes read so far. */
static ssize_t bdev_read(struct file *f, struct uio *u, u64 *pos)
{
	struct block_file *bf = block_file_of(f);
	u64 size = bf->bdev->sectors * SECTOR_SIZE;
	ssize_t done = 0;

	if ((f->flags & O_DIRECT) && !is_aligned(u, *pos))
		return -EINVAL;
	while (u->left && *pos < size) {
		u64 off = *pos & PAGE_MASK;
		size_t want = min(min(u->left, PAGE_SIZE - off), size - *pos), n;
		struct page *p = NULL;
		int err = read_page(bf, *pos, min(u->left, size - *pos), &p);
		if (err)
			return done ? done : err;
		n = uio_put_page(u, p, off, want);
		page_put(&p);
		*pos += n;
		done += (ssize_t)n;
		if (n < want)
			return done ? done : -EFAULT;
		if (u->left && loop_should_end())
			break;
	}
	if (done)
		file_accessed(f);
	return done;
}

/* ---- writing ---- */

/*
 * Copies the first @n bytes of page @from into the page of the cache, which is read from the device
 * first if necessary.
 */
static int merge(struct bdev *b, u64 index, struct page *from, size_t n)
{
	u8 some[256];
	struct page *p = NULL;
	size_t at, k;
	int err = cache_get(b, index, true, &p);

	for (at = 0; !err && at < n; at += k) {
		k = min(n - at, sizeof(some));
		page_read(from, at, span_first(span_of(some), k));
		page_write(p, at, cspan_first(cspan_of(some), k));
	}
	if (!err)
		cache_dirty(b, index, p);
	page_put(&p);
	return err;
}

/*
 * Writes a whole page that is not in the cache, without reading it. If user memory faults in the
 * middle, the bytes so far are merged into the page, which then must be read after all.
 */
static ssize_t write_whole(struct bdev *b, struct uio *u, u64 index, size_t want)
{
	struct page *p = page_alloc_wait(want < PAGE_SIZE ? PAGE_ZEROED : 0);
	size_t n;
	int err;

	if (!p)
		return -ENOMEM;
	n = uio_take_page(u, p, 0, want);
	err = n == want ? cache_put_whole(b, index, p) : n ? merge(b, index, p, n) : 0;
	page_put(&p);
	return err ? err : (ssize_t)n;
}

/*
 * Writes to one page. A page that is being loaded or failed counts as missing: a whole page
 * replaces its contents, a part of one waits for them.
 */
static ssize_t write_page(struct bdev *b, struct uio *u, u64 pos, size_t want)
{
	u64 index = pos >> PAGE_SHIFT;
	struct page *p = pagecache_find(&b->inode->pages, index);
	bool whole = !(pos & PAGE_MASK) &&
		(want == PAGE_SIZE || pos + want == b->sectors * SECTOR_SIZE);
	size_t n;
	int err = 0;

	if (!p || (page_tag(p) & (PAGE_LOADING | PAGE_FAILED))) {
		page_put(&p);
		if (whole)
			return write_whole(b, u, index, want);
		err = cache_get(b, index, true, &p);
	}
	if (err)
		return err;
	if (page_tag(p) & PAGE_IDLE)
		(void)page_tag_and(p, ~(u32)PAGE_IDLE);
	n = uio_take_page(u, p, pos & PAGE_MASK, want);
	if (n)
		cache_dirty(b, index, p);
	page_put(&p);
	return (ssize_t)n;
}

/*
 * What O_DIRECT, O_SYNC and O_DSYNC promise for [from, to): written to the device, and with O_DSYNC
 * flushed to the medium.
 */
static int write_through(struct file *f, u64 from, u64 to)
{
	struct block_file *bf = block_file_of(f);
	int err;

	if (!(f->flags & (O_DIRECT | O_DSYNC)))
		return 0;
	err = cache_sync(bf->bdev, from >> PAGE_SHIFT, (to - 1) >> PAGE_SHIFT);
	if (!err && (f->flags & O_DSYNC))
		err = disk_flush(bf->bdev);
	return err ? err : error_check(bf->bdev, &bf->error_seen);
}

/*
 * Writes page by page. A short copy from user memory ends the write with the bytes so far; an error
 * counts only if there are none.
 */
static ssize_t bdev_write(struct file *f, struct uio *u, u64 *pos)
{
	struct bdev *b = block_file_of(f)->bdev;
	u64 size = b->sectors * SECTOR_SIZE, from = *pos;
	ssize_t n = 0;
	int err;

	if (load_once(b->read_only))
		return -EPERM;
	if (!u->left)
		return 0;
	if (*pos >= size)
		return -ENOSPC;
	if ((f->flags & O_DIRECT) && !is_aligned(u, *pos))
		return -EINVAL;
	while (u->left && *pos < size) {
		size_t want = min(min(u->left, PAGE_SIZE - (*pos & PAGE_MASK)), size - *pos);
		n = write_page(b, u, *pos, want);
		*pos += (u64)max(n, 0l);
		if (n < (ssize_t)want)
			break;
		writeback_throttle(b);
		if (u->left && loop_should_end())
			break;
	}
	if (*pos == from)
		return n ? n : -EFAULT;
	inode_touch(f->inode, ATTR_MTIME | ATTR_CTIME);
	err = write_through(f, from, *pos);
	return err ? err : (ssize_t)(*pos - from);
}

/* ---- the rest ---- */

static s64 bdev_lseek(struct file *f, s64 off, u32 whence)
{
	u64 size = block_file_of(f)->bdev->sectors * SECTOR_SIZE;
	s64 base = whence == SEEK_CUR ? (s64)f->pos : whence == SEEK_END ? (s64)size : 0;

	if (whence > SEEK_END || __builtin_add_overflow(base, off, &off) || off < 0 ||
		(u64)off > size)
		return -EINVAL;
	f->pos = (u64)off;
	return off;
}

/*
 * The mapping shows the device's own inode, whichever special file was opened. A device that is
 * read-only cannot be mapped for shared writing.
 */
static int bdev_mmap(struct file *f, struct vma *v)
{
	struct bdev *b = block_file_of(f)->bdev;

	if (load_once(b->read_only) && (v->flags & VMA_SHARED) && (v->flags & VMA_MAYWRITE))
		return -EINVAL;
	v->shared = obj_get(b->inode);
	return 0;
}

/* An error that was recorded earlier and not reported yet has priority. */
static int bdev_fsync(struct file *f, bool data_only)
{
	struct block_file *bf = block_file_of(f);
	int err = cache_sync(bf->bdev, 0, ~0ul), flush = disk_flush(bf->bdev),
	    earlier = error_check(bf->bdev, &bf->error_seen);

	(void)data_only; /* there is no metadata: the size is fixed */
	return earlier ? earlier : err ? err : flush;
}

/* POSIX_FADV_NORMAL, RANDOM and SEQUENTIAL last; WILLNEED and DONTNEED act once. */
static void bdev_advise(struct file *f, u64 off, u64 len, u32 advice)
{
	struct block_file *bf = block_file_of(f);
	u64 first = off >> PAGE_SHIFT, pages = bdev_nr_pages(bf->bdev),
	    end = len && off + len > off ? div_round_up(off + len, PAGE_SIZE) : pages;

	if (advice <= POSIX_FADV_SEQUENTIAL)
		bf->advice = advice;
	if (advice == POSIX_FADV_WILLNEED && first < min(end, pages))
		(void)cache_read(bf->bdev, first, min(end, pages) - first, false);
	if (advice == POSIX_FADV_DONTNEED) {
		(void)cache_write(bf->bdev, first, end, ~0ul, false);
		cache_invalidate(bf->bdev);
	}
}

static int bdev_sync_range(struct file *f, u64 first, u64 last)
{
	return cache_sync(block_file_of(f)->bdev, first, last);
}

const struct file_ops bdev_fops = {
	.splice = SPLICE_READ | SPLICE_WRITE,
	.open = bdev_open,
	.release = bdev_release,
	.read = bdev_read,
	.write = bdev_write,
	.lseek = bdev_lseek,
	.ioctl = bdev_ioctl,
	.mmap = bdev_mmap,
	.fsync = bdev_fsync,
	.sync_range = bdev_sync_range,
	.advise = bdev_advise,
};
