// SPDX-License-Identifier: MPL-2.0
/*
 * Block special files: open, read, write, sync, mmap. All of them go through the page cache of the
 * device, so that all openers see the same data: file.host is the device's own inode.
 *
 * Opens and closes are in open.c. Reads and writes take only the locks of the cache; the pages of a
 * device are never cut, so a write needs no inode.lock.
 *
 * O_DIRECT is accepted and checked for its alignment, as on Linux, but the bytes still go through
 * the cache: a write is then complete when it is on the device, and all readers see it. A cache
 * that some openers avoid would have to be kept in step with the device.
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

struct block_file *block_file_of(struct file *f)
{
	return obj_cast(block_file, f->private);
}

static int bdev_open(struct file *f)
{
	struct block_file *bf = NULL;
	int err = bdev_open_number(f->inode->rdev, f->mode & FMODE_WRITE, f->flags & O_EXCL, &bf);

	if (err)
		return err;
	f->host = bf->bdev->inode;
	f->error_seen = mapping_error_sample(mapping_of(bf->bdev));
	f->private = &bf->obj;
	return 0;
}

static void bdev_release(struct file *f)
{
	bdev_close(block_file_of(f));
}

/* ---- reading and writing ---- */

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

static ssize_t bdev_read(struct file *f, struct uio *u, u64 *pos)
{
	if ((f->flags & O_DIRECT) && !is_aligned(u, *pos))
		return -EINVAL;
	return generic_file_read(f, u, pos);
}

/*
 * What O_DIRECT, O_SYNC and O_DSYNC promise for [from, to): written to the device, and with O_DSYNC
 * flushed to the medium.
 */
static int write_through(struct file *f, u64 from, u64 to)
{
	struct bdev *b = block_file_of(f)->bdev;
	int err;

	if (!(f->flags & (O_DIRECT | O_DSYNC)))
		return 0;
	err = mapping_sync(mapping_of(b), from >> PAGE_SHIFT, (to - 1) >> PAGE_SHIFT);
	if (!err && (f->flags & O_DSYNC))
		err = disk_flush(b);
	return err ? err : mapping_error_check(mapping_of(b), &f->error_seen);
}

/*
 * The size of a device is fixed: a write that begins at the end is -ENOSPC, and one that crosses it
 * is cut. A device that was made read-only after the open (BLKROSET) has -EPERM, as on Linux.
 */
static ssize_t bdev_write(struct file *f, struct uio *u, u64 *pos)
{
	struct bdev *b = block_file_of(f)->bdev;
	u64 size = load_once(b->inode->size), from = *pos;
	ssize_t n;
	int err;

	if (load_once(b->read_only))
		return -EPERM;
	if (!u->left)
		return 0;
	if (*pos >= size)
		return -ENOSPC;
	if ((f->flags & O_DIRECT) && !is_aligned(u, *pos))
		return -EINVAL;
	n = generic_write_pages(f, u, pos, size - *pos);
	if (n <= 0)
		return n;
	inode_touch(f->inode, ATTR_MTIME | ATTR_CTIME);
	err = write_through(f, from, *pos);
	return err ? err : n;
}

/* ---- the rest ---- */

/* Unlike a file a device has no positions beyond its end, and no holes. */
static s64 bdev_lseek(struct file *f, s64 off, u32 whence)
{
	u64 size = load_once(f->host->size);
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

/*
 * An error that was recorded earlier and not reported yet has priority. The pages and the inode are
 * written first, then the disk's own cache: after success all that was written before the call is
 * on the medium.
 */
static int bdev_fsync(struct file *f, bool data_only)
{
	int err = generic_file_fsync(f, data_only), flush = disk_flush(block_file_of(f)->bdev);

	return err ? err : flush;
}

const struct file_ops bdev_fops = {
	.splice = SPLICE_READ | SPLICE_WRITE | SPLICE_CACHED,
	.open = bdev_open,
	.release = bdev_release,
	.read = bdev_read,
	.write = bdev_write,
	.lseek = bdev_lseek,
	.ioctl = bdev_ioctl,
	.mmap = bdev_mmap,
	.fsync = bdev_fsync,
};
