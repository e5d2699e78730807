// SPDX-License-Identifier: MPL-2.0
/*
 * ioctls of block special files: ioctl_blk(2), sd(4), hd(4). An unknown ioctl returns -ENOTTY.
 *
 * Which rights a command needs: those that only report need the open file, which its owner and mode
 * guard. Those that change something need CAP_SYS_ADMIN as well, because they affect all openers of
 * the device, not only this one.
 */
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "bdev.h"

enum blk_ioctl {
	HDIO_GETGEO = 0x301,
	BLKROSET = 0x125d,
	BLKROGET,
	BLKRRPART,
	BLKGETSIZE,
	BLKFLSBUF,
	BLKRASET,
	BLKRAGET,
	BLKFRASET,
	BLKFRAGET,
	BLKSECTGET = 0x1267,
	BLKSSZGET,
	BLKPG,
	BLKIOMIN = 0x1278,
	BLKIOOPT,
	BLKALIGNOFF,
	BLKPBSZGET,
	BLKDISCARDZEROES,
	BLKROTATIONAL = 0x127e,
};
#define BLKBSZGET    0x80081270u
#define BLKBSZSET    0x40081271u
#define BLKGETSIZE64 0x80081272u

struct hd_geometry {
	u8 heads, sectors;
	u16 cylinders;
	u32 pad;
	u64 start;
};

/* Results of different widths, as the ioctls have had since their beginnings. */
static s64 give16(u64 arg, u16 v)
{
	return user_put(UADDR(arg), &v) ? -EFAULT : 0;
}

static s64 give32(u64 arg, u32 v)
{
	return user_put(UADDR(arg), &v) ? -EFAULT : 0;
}

static s64 give64(u64 arg, u64 v)
{
	return user_put(UADDR(arg), &v) ? -EFAULT : 0;
}

/* The geometry that flash cards report; only old programs use it. */
static s64 give_geometry(struct bdev *b, u64 arg)
{
	struct hd_geometry g = { .heads = 4,
		.sectors = 16,
		.cylinders = (u16)(b->disk->params.sectors / 64),
		.start = b->start };

	if (!arg)
		return -EINVAL;
	return user_put(UADDR(arg), &g) ? -EFAULT : 0;
}

/*
 * BLKROSET. A medium that is read-only itself cannot be made writable. Files that are open for
 * writing stay open; their writes fail from now on (file.c).
 */
static s64 set_read_only(struct bdev *b, u64 arg)
{
	u32 on;

	if (user_get(&on, UADDR(arg)))
		return -EFAULT;
	if (!on && b->disk->params.read_only)
		return -EACCES;
	store_once(b->read_only, on != 0);
	return 0;
}

/* Whether another file has the device open exclusively. */
static bool is_held_by_other(struct file *f, struct bdev *b)
{
	bool held;

	mutex_lock(&b->disk->lock);
	held = b->holder && b->holder != block_file_of(f);
	mutex_unlock(&b->disk->lock);
	return held;
}

/*
 * BLKBSZSET. The size is only stored and returned, since the cache works in pages. Refused while
 * another file has the device open exclusively.
 */
static s64 set_block_size(struct file *f, struct bdev *b, u64 arg)
{
	u32 size;

	if (!arg)
		return -EINVAL;
	if (user_get(&size, UADDR(arg)))
		return -EFAULT;
	if (size < SECTOR_SIZE || size > PAGE_SIZE || (size & (size - 1)))
		return -EINVAL;
	if (is_held_by_other(f, b))
		return -EBUSY;
	store_once(b->block_size, size);
	return 0;
}

/*
 * BLKRRPART. -EINVAL for a partition, -EBUSY while another file holds the device or a partition is
 * open: its numbers may belong to something else afterwards.
 */
static s64 rescan(struct file *f, struct bdev *b)
{
	if (b->whole)
		return -EINVAL;
	if (is_held_by_other(f, b))
		return -EBUSY;
	/* The table has been written through this cache, so the scan reads its new contents. */
	return disk_rescan(b);
}

struct blkpg_arg {
	s32 op, flags, data_len, pad;
	u64 data;
};
struct blkpg_partition {
	s64 start, length; /* bytes */
	s32 number;
	u8 names[128];
	u8 pad[4];
};

/* BLKPG: the partition is given in bytes, which must be whole sectors within the disk. */
static s64 partition_ioctl(struct bdev *b, u64 arg)
{
	struct blkpg_arg a;
	struct blkpg_partition p;
	u64 start, sectors;

	if (user_get(&a, UADDR(arg)) || user_get(&p, UADDR(a.data)))
		return -EFAULT;
	if (b->whole || p.number <= 0)
		return -EINVAL;
	if (a.op == PARTITION_DELETE)
		return disk_change_partition(b, PARTITION_DELETE, (u32)p.number, 0, 0);
	if (p.start < 0 || p.length <= 0 || (p.start | p.length) % SECTOR_SIZE)
		return -EINVAL;
	start = (u64)p.start / SECTOR_SIZE;
	sectors = (u64)p.length / SECTOR_SIZE;
	if (start >= b->sectors || sectors > b->sectors - start ||
		(a.op != PARTITION_ADD && a.op != PARTITION_RESIZE))
		return -EINVAL;
	return disk_change_partition(b, a.op == PARTITION_ADD ? PARTITION_ADD : PARTITION_RESIZE,
		(u32)p.number, start, sectors);
}

/*
 * BLKFLSBUF: writes the dirty pages and empties the cache as far as it is not in use. A device that
 * is mounted keeps the pages that its file system uses.
 */
static s64 flush_buffers(struct bdev *b)
{
	int err = mapping_sync(mapping_of(b), 0, ~0ul);

	mapping_invalidate(mapping_of(b));
	return err;
}

/* The ioctls that change something; they require CAP_SYS_ADMIN. */
static s64 bdev_change(struct file *f, struct bdev *b, u32 cmd, u64 arg)
{
	if (!cred_capable(thread_current()->cred, CAP_SYS_ADMIN))
		return -EACCES;
	switch (cmd) {
	case BLKROSET:
		return set_read_only(b, arg);
	case BLKBSZSET:
		return set_block_size(f, b, arg);
	case BLKRRPART:
		return rescan(f, b);
	case BLKFLSBUF:
		return flush_buffers(b);
	case BLKPG:
		return partition_ioctl(b, arg);
	default: /* BLKRASET, BLKFRASET: the argument is the number of sectors itself */
		store_once(mapping_of(b)->readahead_pages,
			min(arg / SECTORS_PER_PAGE, 8ul * REQUEST_PAGES));
		return 0;
	}
}

s64 bdev_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct bdev *b = block_file_of(f)->bdev;

	switch (cmd) {
	case BLKGETSIZE:
		return give64(arg, b->sectors);
	case BLKGETSIZE64:
		return give64(arg, b->sectors * SECTOR_SIZE);
	case BLKSSZGET:
		return give32(arg, SECTOR_SIZE);
	case BLKPBSZGET:
	case BLKIOMIN:
		return give32(arg, physical_block(b));
	case BLKIOOPT:
	case BLKALIGNOFF:
	case BLKDISCARDZEROES:
		return give32(arg, 0);
	case BLKBSZGET:
		return give32(arg, (u32)load_once(b->block_size));
	case BLKSECTGET:
		return give16(arg, (u16)(REQUEST_PAGES * SECTORS_PER_PAGE));
	case BLKROTATIONAL:
		return give16(arg, 0);
	case BLKROGET:
		return give32(arg, b->disk->params.read_only || load_once(b->read_only));
	case BLKRAGET:
	case BLKFRAGET:
		if (!arg)
			return -EINVAL;
		return give64(arg, load_once(mapping_of(b)->readahead_pages) * SECTORS_PER_PAGE);
	case HDIO_GETGEO:
		return give_geometry(b, arg);
	case BLKROSET:
	case BLKBSZSET:
	case BLKRRPART:
	case BLKFLSBUF:
	case BLKPG:
	case BLKRASET:
	case BLKFRASET:
		return bdev_change(f, b, cmd, arg);
	default:
		return -ENOTTY;
	}
}
