// SPDX-License-Identifier: MPL-2.0
/*
 * Block devices: the interface between the block layer and the drivers of disks and cards.
 *
 * A driver adds a disk. The block layer reads its partition table, makes the nodes in /dev, and
 * caches the data in the page cache of the device. It submits requests to the driver; each moves a
 * run of sectors to or from whole pages. The block layer may submit a request before the last one
 * is done. The driver queues the requests, moves the data in a task or by interrupts, and calls
 * block_done for each, in any order.
 *
 * A sector is 512 bytes here, whatever the block size of the device is (Linux's rule: see
 * BLKGETSIZE in ioctl_blk(2), /sys/block/DISK/size).
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
struct page_io;

enum block_op {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH /* writes that completed before must reach the medium */
};

/*
 * Sector i of a request is where block_sector_page says. The range lies within the disk. A flush
 * has none.
 */
struct block_request {
	struct obj obj;
	enum block_op op;
	u64 sector;
	u32 nr_sectors;
	u32 skip; /* sectors of the first page before the first of the request */
	struct page *page[REQUEST_PAGES]; /* of @io, which has the references */
	LIST_LINK(block_request) link;    /* for the driver's queue, until done */
	int error;                        /* 0 or -errno, once done */
	bool done;
	struct waitq wait;
	/* The fields from here on belong to the block layer. */
	struct bdev *bdev;  /* it exists until the request is done */
	struct page_io *io; /* reference; NULL: a flush */
};
OBJ_TYPE_DECL(block_request);

/* The page that sector @i of the request is in, borrowed, and where in the page, in bytes. */
static inline struct page *block_sector_page(const struct block_request *rq, u32 i, size_t *at)
{
	u32 n = rq->skip + i;

	*at = n % SECTORS_PER_PAGE * SECTOR_SIZE;
	return rq->page[n / SECTORS_PER_PAGE];
}

struct TABLE block_ops {
	/*
	 * Queues @rq, takes its own reference on it, and returns at once. The block layer does not
	 * submit a request that overlaps one in progress on the same device. Context: task, no
	 * spinlock held; mutexes may be held (locks.h).
	 */
	void (*submit)(struct obj *owner, struct block_request *rq);
};

struct disk_params {
	/*
	 * "mmcblk0", at most 24 bytes. Partitions are NAMEpN if the name ends with a digit, else
	 * NAMEN.
	 */
	struct lit name;
	u32 major, first_minor;
	/*
	 * Device numbers of this major: one for the disk and one for each partition. Further
	 * partitions get numbers of major 259.
	 */
	u32 minors;
	u64 sectors;
	bool read_only, removable;
	u32 physical_block; /* block size of the device in bytes; 0: 512 */
};

/*
 * Registers a disk; it can be opened when this returns. A task of its own reads the partition
 * table, so the task that serves the requests may call this. @owner is passed to the ops; the block
 * layer keeps a reference. Returns 0, -ENOMEM, -ENOSPC, -EINVAL (no name, no sectors, or a name or
 * number in use). Context: task.
 */
int must_check disk_add(const struct disk_params *p, const struct block_ops *ops,
	struct obj *owner);

/*
 * The driver says that the disk of @owner does not answer any more (its card was removed): requests
 * fail from now on without reaching the driver, opens give -ENXIO, and the file systems on it are
 * told. Requests that the driver has are still completed by it. Context: task, no locks held.
 */
void disk_gone(struct obj *owner);

struct TABLE simple_disk_ops {
	/*
	 * Executes @rq, and returns what block_done takes. Context: the disk's own task, no lock
	 * held.
	 */
	int (*execute)(struct obj *owner, struct block_request *rq);
};
/*
 * As disk_add, for a disk that does one thing at a time: its requests wait in a queue, and a task
 * of the disk's own executes them one after the other.
 */
int must_check disk_add_simple(const struct disk_params *p, const struct simple_disk_ops *ops,
	struct obj *owner);
/*
 * Completes @rq; the driver calls this once for each request. @error: 0, or -EIO, -EROFS,
 * -ENOMEDIUM, -ETIMEDOUT. Context: any.
 */
void block_done(struct block_request *rq, int error);

/* ---- for the rest of the kernel ---- */

struct file_ops;
struct file;
struct inode;

#define DISK_NAME_LEN 32u
/* One device, as /proc and /sys show it. */
struct block_info {
	u8 name[DISK_NAME_LEN], disk[DISK_NAME_LEN]; /* a whole disk: both are equal */
	u32 name_len, disk_len;
	u64 dev, disk_dev;
	u32 partition; /* 0: a whole disk */
	u64 start, sectors, readahead_bytes;
	u32 physical_block, minors;
	bool read_only, removable;
	u64 reads, sectors_read, writes, sectors_written, flushes, in_flight;
};
/*
 * Describes the @i-th device in *@out; each disk comes before its partitions. False: @i is past the
 * end. Context: task.
 */
bool block_nth(u32 i, struct block_info *out);
/* Describes the device with number @dev in *@out. False: there is none. Context: task. */
bool block_info_of(u64 dev, struct block_info *out);

/*
 * How a file system opens its device. block_open claims it: no program and no other file system can
 * have it for itself until block_close, it is not removed, and its cache is kept when programs
 * close it. Programs may still open it and write, as on Linux.
 *
 * @ops and @owner: whom to tell when the disk is gone, or NULL. gone may be called by another task
 * at any time until block_close returns, and, if that comes at the same moment, shortly after;
 * @owner, of which the block layer keeps a reference until then, must know. It may close the
 * device.
 *
 * *@out: for block_close. Returns 0, -ENXIO, -EROFS, -EBUSY, -ENOMEM, -EINTR. block_close writes
 * what is dirty and waits for it. Context: task, nothing at or above LOCK_BLOCK_SCAN held.
 */
struct block_file;
struct mapping;
struct TABLE block_holder_ops {
	void (*gone)(struct obj *owner); /* context: task, no locks held */
};
int must_check block_open(u64 dev, bool write, const struct block_holder_ops *ops,
	struct obj *owner, struct block_file **out);
void block_close(struct block_file **bf);
/*
 * Of an open device, valid until it is closed: the mapping of its cache, for mapping_get_meta, and
 * the device for block_submit_io.
 */
struct mapping *block_mapping(struct block_file *bf);
struct bdev *block_device(struct block_file *bf);
/*
 * Flushes the disk's write cache: writes that are complete are on the medium afterwards. Returns 0,
 * -EIO, -ENOMEM. Context: task.
 */
int must_check block_flush(struct block_file *bf);

/*
 * Waits until the partition tables of all registered disks have been read; gives up after a time
 * limit. Context: task.
 */
void block_settle(void);
/* Start-up: registers block special files. */
void block_init(void);
/*
 * Ends the boot phase: disks added from here on are not part of the leak baseline (see
 * leak_baseline_mark).
 */
void block_started(void);
/*
 * Moves the sectors [first, first + nr) of @io, counted from the beginning of its first page, to or
 * from the device, from @sector on, as @io->write says, and ends one part of @io when that is done.
 * So a page may be moved in several parts, to blocks smaller than a page. The device must not be
 * removed meanwhile: the caller has it open. Returns 0, -EIO (behind the end of the device, or of
 * the pages), -ENOMEM: nothing was begun. Context: task; may wait a second for memory to write.
 */
int must_check block_submit_io(struct bdev *b, struct page_io *io, u32 first, u32 nr, u64 sector);
/*
 * Shutdown, when no file has a device open: writes and flushes all dirty pages, then releases the
 * caches.
 */
void block_shutdown(void);
/* Pages in the caches of all devices. Context: task. */
u64 block_cached_pages(void);

#endif
