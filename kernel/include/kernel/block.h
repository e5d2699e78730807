// SPDX-License-Identifier: MPL-2.0
/*
 * Block devices: what a driver of disks and cards supplies, and what it is asked.
 *
 * A driver adds a disk; the block layer reads its partition table, makes /dev nodes, and keeps the data in the page cache of the device. It hands the driver
 * requests, each a run of sectors to or from whole pages, and may hand over the next before the last is done. The driver queues them, moves the data in a task or
 * by interrupts, and says block_done for each, in any order.
 *
 * A sector is 512 bytes here, whatever the device's own block is (Linux's rule: see BLKGETSIZE in ioctl_blk(2), /sys/block/DISK/size).
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

struct disk;

enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH /* what was written before is to be on the medium */ };

/* Sector i of a request is in page[i / SECTORS_PER_PAGE], at i % SECTORS_PER_PAGE * SECTOR_SIZE. The range lies within the disk. */
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
};
OBJ_TYPE_DECL(block_request);

struct TABLE block_ops {
	/* Takes a reference of its own and returns at once. Context: task, no lock held. */
	void (*submit)(struct obj *owner, struct block_request *rq);
};

struct disk_params {
	struct lit name;       /* "mmcblk0": partitions are NAMEpN where it ends with a digit, else NAMEN */
	u32 major, first_minor;
	u32 minors;            /* the disk's own and one a partition */
	u64 sectors;
	bool read_only, removable;
};

/* Makes the disk known and reads its partition table. @owner is handed to the ops; a reference is kept. 0, -ENOMEM, -ENOSPC, -EINVAL. Context: task. */
int disk_add(const struct disk_params *p, const struct block_ops *ops, struct obj *owner);
/* The driver has done with @rq: 0, or -EIO, -EROFS, -ENOMEDIUM, -ETIMEDOUT. Once for each request. Context: any. */
void block_done(struct block_request *rq, int error);

#endif
