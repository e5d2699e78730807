// SPDX-License-Identifier: MPL-2.0
/*
 * Disks and block devices, for the files of kernel/block only. A device is a whole disk or a
 * partition.
 *
 * Each device has an inode of its own, which is on no path. All openers share that inode's page
 * cache, whichever special file they opened. The device and its inode hold references on each other
 * until the device is removed from the registry; it is not open then.
 */
#ifndef KERNEL_BLOCK_BDEV_H
#define KERNEL_BLOCK_BDEV_H

#include <frame/atomic.h>
#include <frame/sync.h>
#include <kernel/block.h>
#include <kernel/inode.h>
#include <kernel/locks.h>
#include <kernel/mapping.h>
#include <kernel/pagecache.h>

#define EXT_MAJOR 259u /* device numbers of partitions for which the disk has none */

struct super;

struct disk {
	struct obj obj;
	struct disk_params params;
	const struct block_ops *ops;
	struct obj *owner; /* reference */
	/* Held while the partition table is read and the devices change. */
	struct mutex scan_lock;
	struct mutex lock; /* guards the openers of the disk's devices */
	u32 nr_open_parts;
	u32 nr_held_parts;     /* opened exclusively */
	bool scanning;         /* partitions are changing: they cannot be opened now */
	bool gone;             /* see disk_gone; requests read it with load_once */
	struct atomic writes;  /* completed write requests */
	struct atomic flushed; /* value of writes when the last successful flush began */
};
OBJ_TYPE_DECL(disk);

struct bdev {
	struct obj obj;
	struct disk *disk;   /* reference */
	struct bdev *whole;  /* reference; NULL for the whole disk itself */
	struct inode *inode; /* reference; the page cache; stays after removal */
	u64 dev;
	u32 partition;
	u64 start, sectors;
	u8 name[DISK_NAME_LEN];
	u32 name_len;
	u64 serial;           /* counts registrations */
	bool late;            /* added after boot */
	LIST_LINK(bdev) link; /* the registry's list, which holds a reference */
	/* Under disk->lock. */
	u32 openers;
	bool gone;    /* removed from the registry */
	bool closing; /* the last close is writing; also read with load_once */
	/* The open that has it for itself; borrowed: it ends that first. */
	struct block_file *holder;
	struct waitq closed;
	/* One writer at a time, read with load_once. */
	bool read_only; /* set by BLKROSET */
	u64 block_size;
	/* Requests submitted and not completed. */
	struct atomic in_flight;
	struct spinlock idle_lock; /* held by block_done for its last accesses to the device */
	struct waitq idle;         /* woken when requests complete */
	/* Statistics. The whole disk's include those of its partitions. */
	struct atomic reads, sectors_read, writes, sectors_written, flushes;
};
OBJ_TYPE_DECL(bdev);

/* An open of a device, by a block special file or by the kernel. */
struct block_file {
	struct obj obj;
	struct bdev *bdev; /* reference */
	bool exclusive;
	/* The kernel's; under disk->lock. */
	const struct block_holder_ops *ops;
	struct obj *owner; /* reference */
	bool told;         /* of the end of the disk */
};
OBJ_TYPE_DECL(block_file);

/* ---- registry.c ---- */
/* By device number, or by position in the registry. References, or NULL. */
struct bdev *bdev_find(u64 dev);
struct bdev *bdev_nth(u32 i);
/*
 * The device registered next after that number, which advances; a reference, or NULL. From 0 on it
 * walks over all of them, also while others are removed.
 */
struct bdev *bdev_after(u64 *serial);
/* Any partition of the disk that is in the registry, a reference, or NULL. */
struct bdev *bdev_any_partition(struct disk *d);
/*
 * The partition of that number as a reference, or NULL. *@overlaps: whether another one shares a
 * sector with [start, start + sectors).
 */
struct bdev *bdev_partition(struct disk *d, u32 number, u64 start, u64 sectors, bool *overlaps);
/* The super of the devices' inodes exists afterwards. Returns 0, -ENOMEM. */
int must_check bdev_make_super(void);
/* A device that is not registered; @whole is NULL for a disk. NULL: no memory. */
struct bdev *bdev_new(struct disk *d, struct bdev *whole, u32 partition, u64 start, u64 sectors);
/*
 * Puts the device in the registry, after the devices of its disk with lower numbers, and makes its
 * node in /dev. The registry takes references of its own. A node that cannot be made is only
 * logged. Returns 0, or -EINVAL if the name or number is taken.
 */
int must_check bdev_insert(struct bdev *b);
/*
 * Removes a device that is not open from the registry and empties its cache. Openers that have
 * found it already are kept out. Context: disk->lock not held.
 */
void bdev_remove(struct bdev *b);
/* The device that a block inode belongs to, borrowed: valid as long as the inode is in use. */
struct bdev *bdev_of(struct inode *ino);
/* The mapping of the device's page cache, borrowed; the device has not been removed. */
static inline struct mapping *mapping_of(const struct bdev *b)
{
	return b->inode->mapping;
}
/* The device's physical block size in bytes. */
u32 physical_block(const struct bdev *b);
/* ---- disk.c ---- */
/*
 * super_ops.sync_fs: the last step of sync(2): what file systems have put into the caches of their
 * devices is written, and the disks are flushed, in the order of their registration.
 */
int must_check disk_flush_all(struct super *sb);

/* ---- rescan.c ---- */
/*
 * Reads the partition table of a whole disk again and replaces its partitions. Context: task; takes
 * scan_lock. Returns 0, -EBUSY if a partition is open, -ENOMEM.
 */
int must_check disk_rescan(struct bdev *whole);
/*
 * BLKPG: adds, removes or resizes one partition, within the disk. Returns 0, -EBUSY (open, or
 * overlaps another, or exists), -ENXIO (does not exist), -EINVAL, -ENOMEM.
 */
enum partition_change { PARTITION_ADD = 1, PARTITION_DELETE, PARTITION_RESIZE };
int must_check disk_change_partition(struct bdev *whole, enum partition_change what, u32 number,
	u64 start, u64 sectors);

/* ---- request.c ---- */
extern const struct mapping_ops bdev_mops;
/*
 * Waits until all requests of the device are completed and none uses the device any more. Context:
 * task.
 */
void request_wait_idle(struct bdev *b);
/*
 * Flushes the disk's write cache: writes completed before the call are on the medium afterwards.
 * Context: task. Returns 0, -EIO, -ENOMEM.
 */
int must_check disk_flush(struct bdev *b);

/* ---- open.c ---- */
/*
 * Opens the device of that number. *@out: a reference. Returns 0, -ENXIO, -EROFS, -EBUSY (claimed
 * by another), -ENOMEM, -EINTR (the thread is killed). Context: task.
 */
int must_check bdev_open_number(u64 dev, bool write, bool exclusive, struct block_file **out);
/* Ends an open; the last one writes what is dirty, and empties the cache. Context: task. */
void bdev_close(struct block_file *bf);
/* The disk is gone: refuses opens from now on, and tells the holder of the device, once. */
void bdev_tell_gone(struct bdev *b);

/* ---- file.c, ioctl.c ---- */
extern const struct file_ops bdev_fops;
s64 must_check bdev_ioctl(struct file *f, u32 cmd, u64 arg);
struct block_file *block_file_of(struct file *f);

#endif
