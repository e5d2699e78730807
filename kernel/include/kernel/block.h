// SPDX-License-Identifier: MPL-2.0
/*
 * Block devices: what a driver of disks and cards supplies, and what it is asked.
 *
 * A driver adds a disk; the block layer reads its partition table, makes /dev nodes, and keeps the
 * data in the page cache of the device. It hands the driver requests, each a run of sectors to or
 * from whole pages, and may hand over the next before the last is done. The driver queues them,
 * moves the data in a task or by interrupts, and says block_done for each, in any order.
 *
 * A sector is 512 bytes here, whatever the device's own block is (Linux's rule: see BLKGETSIZE in
 * ioctl_blk(2), /sys/block/DISK/size).
 */
#ifndef KERNEL_BLOCK_H
#define KERNEL_BLOCK_H

#include <frame/lit.h>
#include <frame/obj.h>
#include <frame/page.h>
#include <frame/wait.h>
#include <kernel/list.h>

#define SECTOR_SIZE      512u
#define SECTORS_PER_PAGE (PAGE_SIZE / SECTOR_SIZE)
#define REQUEST_PAGES    32u

struct bdev;

enum block_op {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH /* what was written before is to be on the medium */
};

/*
 * Sector i of a request is in page[i / SECTORS_PER_PAGE], at i % SECTORS_PER_PAGE * SECTOR_SIZE.
 * The range lies within the disk. A flush has none.
 */
struct block_request {
	struct obj obj;
	enum block_op op;
	u64 sector;
	u32 nr_sectors;
	struct page *page[REQUEST_PAGES]; /* references */
	LIST_LINK(block_request) link;    /* the driver's, until it is done */
	s32 error;                        /* 0 or -errno, once done */
	bool done;
	struct waitq wait;
	/*
	 * The block layer's, as what follows: whose cache the pages belong to; there until it is
	 * done.
	 */
	struct bdev *bdev;
	u64 index; /* of the first page there */
	u32 nr_pages;
	u32 epoch; /* of a write: see cache.c */
};
OBJ_TYPE_DECL(block_request);

struct TABLE block_ops {
	/*
	 * Takes a reference of its own and returns at once. Of one device, requests that overlap
	 * one that is not done are not made. Context: task, no spinlock held; mutexes may be
	 * (locks.h).
	 */
	void (*submit)(struct obj *owner, struct block_request *rq);
};

struct disk_params {
	/*
	 * "mmcblk0": partitions are NAMEpN where it ends with a digit, else NAMEN; at most 24
	 * bytes.
	 */
	struct lit name;
	u32 major, first_minor;
	/* The disk's own and one a partition; partitions beyond get numbers of major 259. */
	u32 minors;
	u64 sectors;
	bool read_only, removable;
	u32 physical_block; /* the device's own block in bytes; 0: 512 */
};

/*
 * Makes the disk known: it can be opened when this returns. Its partition table is read by a task
 * of its own, so whoever serves requests may call it. @owner is handed to the ops; a reference is
 * kept. 0, -ENOMEM, -ENOSPC, -EINVAL (no name, no sectors, a name or number that is taken).
 * Context: task.
 */
int disk_add(const struct disk_params *p, const struct block_ops *ops, struct obj *owner);
/*
 * The driver has done with @rq: 0, or -EIO, -EROFS, -ENOMEDIUM, -ETIMEDOUT. Once for each request.
 * Context: any.
 */
void block_done(struct block_request *rq, int error);

/* ---- for the rest of the kernel ---- */

struct file_ops;
struct file;
struct inode;
/*
 * The inode whose page cache an open block special file shows, borrowed; NULL: it is another kind
 * of file.
 */
struct inode *blkdev_inode(struct file *f);

#define DISK_NAME_LEN 32u
/* One device, as /proc and /sys tell of it. */
struct block_info {
	u8 name[DISK_NAME_LEN], disk[DISK_NAME_LEN]; /* the disk's is its own for a whole one */
	u32 name_len, disk_len;
	u64 dev, disk_dev;
	u32 partition; /* 0: a whole disk */
	u64 start, sectors, readahead_bytes;
	u32 physical_block, minors;
	bool read_only, removable;
	u64 reads, sectors_read, writes, sectors_written, flushes, in_flight;
};
/* The i-th device, disks each before their partitions; false past the end. */
bool block_nth(u32 i, struct block_info *out);
bool block_info_of(u64 dev, struct block_info *out);

/*
 * Waits until the partition tables of all disks that are known have been read; not for ever.
 * Context: task.
 */
void block_settle(void);
/* Start-up: special files, sync and reclaim of block devices. */
void block_init(void);
/* From here on what is added is not there for ever (see leak_baseline_mark). */
void block_started(void);
/*
 * All that is dirty goes to the media. 0, or the first error. Context: task, nothing at or above
 * LOCK_BLOCK held.
 */
int block_sync(void);
/* The end: nobody has a device open. Writes, flushes, forgets. */
void block_shutdown(void);
/*
 * Memory is short: gives pages of caches back, writing them first if it must. How many. Context: as
 * oom_wait (kernel/mm.h).
 */
u64 block_reclaim(u64 nr_pages);
/*
 * The same without waiting for a device: for who carries out requests and needs memory for that.
 * Context: task, nothing at or above LOCK_MM held.
 */
u64 block_reclaim_clean(u64 nr_pages);
/* Pages of all devices' caches; those that are not written yet; those on their way. */
struct block_stats {
	u64 pages, dirty, writing;
};
void block_get_stats(struct block_stats *out);

#endif
