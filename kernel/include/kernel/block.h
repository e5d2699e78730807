// SPDX-License-Identifier: MPL-2.0
/*
 * Block devices: the interface between drivers of disks and cards and the block layer.
 *
 * A driver adds a disk. The block layer reads its partition table, makes nodes in /dev, and caches
 * its data in the page cache of the device. It passes requests to the driver, each a run of
 * consecutive sectors read into or written from whole pages, and may pass the next one before the
 * last is complete. The driver queues them, moves the data in a task or by interrupts, and calls
 * block_done for each, in any order.
 *
 * A sector is 512 bytes here, whatever the device's own block size is. This is Linux's rule: see
 * BLKGETSIZE in ioctl_blk(2) and /sys/block/DISK/size.
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
	BLOCK_FLUSH /* completed writes are to reach the medium */
};

/*
 * Sector i of a request is in page[i / SECTORS_PER_PAGE], at offset i % SECTORS_PER_PAGE *
 * SECTOR_SIZE. The range lies within the disk. A flush has no range.
 */
struct block_request {
	struct obj obj;
	enum block_op op;
	u64 sector;
	u32 nr_sectors;
	struct page *page[REQUEST_PAGES]; /* references */
	LIST_LINK(block_request) link;    /* for the driver, until completion */
	s32 error;                        /* 0 or -errno, valid after completion */
	bool done;
	struct waitq wait;
	/*
	 * From here on the fields belong to the block layer. @bdev is the device to whose cache the
	 * pages belong, borrowed: it exists until the request is complete.
	 */
	struct bdev *bdev;
	u64 index; /* index of the first page in the cache */
	u32 nr_pages;
	u32 epoch; /* epoch of a write: see writeback.c */
};
OBJ_TYPE_DECL(block_request);

struct TABLE block_ops {
	/*
	 * Queues the request with a reference of its own and returns at once. The block layer does
	 * not submit a request that overlaps one in flight on the same device. Context: task, no
	 * spin lock held; mutexes may be held (locks.h).
	 */
	void (*submit)(struct obj *owner, struct block_request *rq);
};

struct disk_params {
	/*
	 * For example "mmcblk0", at most 24 bytes. Partitions are named NAMEpN if it ends with a
	 * digit, else NAMEN.
	 */
	struct lit name;
	u32 major, first_minor;
	/*
	 * Device numbers: one for the disk, one for each partition. Further partitions get numbers
	 * of major 259.
	 */
	u32 minors;
	u64 sectors;
	bool read_only, removable;
	u32 physical_block; /* the device's own block size in bytes; 0: 512 */
};

/*
 * Adds a disk; it can be opened when this returns. A task of its own reads the partition table, so
 * the caller may be the task that serves requests. @owner is passed to the operations; the disk
 * keeps a reference to it. Context: task. Returns 0, -ENOMEM, -ENOSPC, or -EINVAL (no name, no
 * sectors, a name or number that is taken).
 */
int disk_add(const struct disk_params *p, const struct block_ops *ops, struct obj *owner);
/*
 * Completes @rq with 0, -EIO, -EROFS, -ENOMEDIUM or -ETIMEDOUT. The driver calls this once for each
 * request. Context: any.
 */
void block_done(struct block_request *rq, int error);

/* ---- for the rest of the kernel ---- */

struct file_ops;
struct file;
struct inode;
/*
 * The inode whose page cache an open block special file shows, borrowed; NULL for another kind of
 * file.
 */
struct inode *blkdev_inode(struct file *f);

#define DISK_NAME_LEN 32u
/* A description of one device, for /proc and /sys. */
struct block_info {
	u8 name[DISK_NAME_LEN], disk[DISK_NAME_LEN]; /* for a whole disk both are the same */
	u32 name_len, disk_len;
	u64 dev, disk_dev;
	u32 partition; /* 0: the whole disk */
	u64 start, sectors, readahead_bytes;
	u32 physical_block, minors;
	bool read_only, removable;
	u64 reads, sectors_read, writes, sectors_written, flushes, in_flight;
};
/* Describes the i-th device; disks precede their partitions. Returns false past the end. */
bool block_nth(u32 i, struct block_info *out);
/* Describes the device of that number. Returns false if there is none. */
bool block_info_of(u64 dev, struct block_info *out);

/*
 * Waits until the partition tables of all disks added so far have been read, at most ten seconds.
 * Context: task.
 */
void block_settle(void);
/* Start-up: registers special files, sync and reclaim of block devices. */
void block_init(void);
/*
 * Called when boot is over: devices added later are removed at shutdown (see leak_baseline_mark).
 */
void block_started(void);
/*
 * Writes and flushes all dirty pages of all devices. Context: task, no lock at or above LOCK_BLOCK
 * held. Returns 0, or the first error.
 */
int block_sync(void);
/* Shutdown: writes, flushes and empties all caches. No device is open. */
void block_shutdown(void);
/*
 * Frees about @nr_pages pages of the caches, writing dirty ones first if necessary. Context: as
 * oom_wait (kernel/mm.h). Returns the number of pages freed.
 */
u64 block_reclaim(u64 nr_pages);
/*
 * The same without waiting for a device, for callers that carry out requests and require memory for
 * that. Context: task, no lock at or above LOCK_MM held.
 */
u64 block_reclaim_clean(u64 nr_pages);
/* Pages in the caches of all devices: all of them, dirty ones, and those being written. */
struct block_stats {
	u64 pages, dirty, writing;
};
void block_get_stats(struct block_stats *out);

#endif
