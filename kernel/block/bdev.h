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
#include <kernel/pagecache.h>

#define PAGE_WAITQS   16u
#define MAX_IN_FLIGHT 32u  /* requests of one device in flight before a writer waits */
#define MAP_AROUND    16ul /* pages that a fault reads in */
#define EXT_MAJOR     259u /* device numbers of partitions for which the disk has none */

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
	struct atomic writes;  /* completed write requests */
	struct atomic flushed; /* value of writes when the last successful flush began */
};
OBJ_TYPE_DECL(disk);

struct bdev {
	struct obj obj;
	struct disk *disk;   /* reference */
	struct bdev *whole;  /* reference; NULL for the whole disk itself */
	struct inode *inode; /* reference; the page cache. NULL after removal */
	u64 dev;
	u32 partition;
	u64 start, sectors;
	u8 name[DISK_NAME_LEN];
	u32 name_len;
	bool late;            /* added after boot */
	LIST_LINK(bdev) link; /* the registry's list, which holds a reference */
	/* Under disk->lock. */
	u32 openers;
	bool gone; /* removed from the registry */
	/* The file that has it open exclusively; compared, never dereferenced. */
	struct file *holder;
	/* One writer at a time, read with load_once. */
	bool read_only; /* set by BLKROSET */
	u64 block_size;
	u64 readahead_pages;
	/* cache.c, request.c, writeback.c */
	struct waitq page_wait[PAGE_WAITQS];
	/* Requests submitted and not completed. */
	struct atomic in_flight;
	struct spinlock idle_lock; /* held by block_done for its last accesses to the device */
	struct waitq room;         /* woken when requests complete */
	struct mutex sync_lock;    /* one task at a time waits for the end of an epoch */
	/* 0 or 1: the epoch that new writes join */
	u32 epoch;
	struct atomic writing[2]; /* writes in flight, by the epoch they joined */
	/* Woken when a write leaves its epoch. */
	struct waitq written;
	struct atomic error_seq; /* see error_check */
	u64 dirty_since_ns;      /* since when pages are dirty, or time of the last flush */
	struct atomic nr_dirty;
	/* Statistics. The whole disk's include those of its partitions. */
	struct atomic reads, sectors_read, writes, sectors_written, flushes;
	u64 hand; /* the index where reclaim continues */
};
OBJ_TYPE_DECL(bdev);

/* An open block special file. */
struct block_file {
	struct obj obj;
	struct bdev *bdev; /* reference */
	u64 error_seen;
	u64 ra_start, ra_end; /* the pages last read for this opener */
	u64 ra_mark;          /* the marker page: its use triggers the next read-ahead */
	u32 advice;           /* lasting POSIX_FADV_* advice */
	bool exclusive;
};
OBJ_TYPE_DECL(block_file);

/* ---- disk.c ---- */
/* By device number, or by position in the registry. References, or NULL. */
struct bdev *bdev_find(u64 dev);
struct bdev *bdev_nth(u32 i);
u32 bdev_count(void);
/* The device that a block inode belongs to, borrowed: valid as long as the inode is in use. */
struct bdev *bdev_of(struct inode *ino);
/* The device's physical block size in bytes. */
u32 physical_block(const struct bdev *b);
/*
 * Reads the partition table of a whole disk again and replaces its partitions. Context: task; takes
 * scan_lock. Returns 0, -EBUSY if a partition is open, -ENOMEM.
 */
int disk_rescan(struct bdev *whole);
/*
 * BLKPG: adds, removes or resizes one partition, within the disk. Returns 0, -EBUSY (open, or
 * overlaps another, or exists), -ENXIO (does not exist), -EINVAL, -ENOMEM.
 */
enum partition_change { PARTITION_ADD = 1, PARTITION_DELETE, PARTITION_RESIZE };
int disk_change_partition(struct bdev *whole, enum partition_change what, u32 number, u64 start,
	u64 sectors);

/* ---- request.c ---- */
/*
 * A request for pages from index @index on, without pages yet; NULL if memory is out. A reference.
 */
struct block_request *request_new(struct bdev *b, enum block_op op, u64 index);
/* Appends a page, with a reference of the request. At most REQUEST_PAGES. */
void request_add_page(struct block_request *rq, struct page *p);
/*
 * Hands the request to the driver and drops the caller's reference. The driver calls block_done
 * once.
 */
void request_submit(struct block_request *rq);
/*
 * Wait for requests of the device. request_wait_idle: until all are completed and none uses the
 * device any more. request_wait_room: until fewer than MAX_IN_FLIGHT are in flight. Context: task.
 */
void request_wait_idle(struct bdev *b);
void request_wait_room(struct bdev *b);
/*
 * Flushes the disk's write cache: writes completed before the call are on the medium afterwards.
 * Context: task. Returns 0, -EIO, -ENOMEM.
 */
int disk_flush(struct bdev *b);

/* ---- cache.c ---- */
extern const struct mapping_ops bdev_mops;
/*
 * Returns page @index of the cache, up to date, as a reference. Context: task; with @wait it sleeps
 * until the page is read, killable. Without @wait: -EAGAIN if that takes time. Returns 0, -EIO,
 * -ENOMEM, -EINTR.
 */
int cache_get(struct bdev *b, u64 index, bool wait, struct page **out);
/*
 * Starts reads of those pages of [first, first + nr) that are not in the cache. With @must the
 * first one waits for memory. Does not wait for the reads. Returns 0, or -ENOMEM if not even the
 * first page could be started.
 */
int cache_read(struct bdev *b, u64 first, u64 nr, bool must);
/* Marks the page dirty after its contents have changed, and starts the flusher if necessary. */
void cache_dirty(struct bdev *b, u64 index, struct page *p);
/*
 * Puts a page whose whole contents are new (up to the end of the device) into the cache without
 * reading it. Takes a reference of its own. Context: task. Returns 0, -ENOMEM, -EINTR.
 */
int cache_put_whole(struct bdev *b, u64 index, struct page *p);
/* Completes the pages of a request. Called by block_done. Context: any. */
void cache_request_done(struct block_request *rq);
/*
 * Errors of writes, as errseq_t of Linux. error_sample: the starting value for a new opener.
 * error_check: -EIO if there was an error that this opener has not been reported yet, else 0;
 * advances *@seen.
 */
u64 error_sample(struct bdev *b);
int error_check(struct bdev *b, u64 *seen);
/* The size of the device in pages; the last one may be partial. */
u64 bdev_nr_pages(const struct bdev *b);

/* ---- writeback.c ---- */
/*
 * Starts writes of dirty pages of [first, last], about @max of them. With @all it waits for pages
 * that are being written and are dirty again. Context: task. Returns the number of pages started,
 * or -ENOMEM.
 */
s64 cache_write(struct bdev *b, u64 first, u64 last, u64 max, bool all);
/*
 * Writes the dirty pages of the range and waits until all are on the device, though perhaps only in
 * its write cache. Context: task. Returns 0 or -ENOMEM; failed writes show in error_seq.
 */
int cache_sync(struct bdev *b, u64 first, u64 last);
/* Waits until all writes begun before the call are completed. Context: task. */
void writeback_wait(struct bdev *b);
/* A write that joined @epoch is complete. Context: any. */
void writeback_leave(struct bdev *b, u32 epoch);
/*
 * Adds to the counts of dirty pages and of pages in flight; the amounts may be negative. Context:
 * any.
 */
void writeback_count(struct bdev *b, s64 dirty, s64 writing);
/*
 * Called after a page became dirty: starts the flusher if there is none, and wakes it if many pages
 * are dirty.
 */
void writeback_note(void);
/*
 * Called by a writer: starts writes while too many pages are dirty, so that writers do not outrun
 * the device.
 */
void writeback_throttle(struct bdev *b);
/* Wakes the flusher to write everything now. It ends if nothing is dirty afterwards. */
void writeback_kick(void);

/* ---- reclaim.c ---- */
/* Evicts all clean pages that only the cache uses. */
void cache_invalidate(struct bdev *b);
/* Empties the cache; dirty pages are written first. The device is not open. */
void cache_drop(struct bdev *b);
/*
 * Evicts about @nr clean pages from the caches of all devices, pages unused of late first. Returns
 * the number evicted.
 */
u64 cache_reclaim_clean(u64 nr);

/* ---- file.c, ioctl.c ---- */
extern const struct file_ops bdev_fops;
s64 bdev_ioctl(struct file *f, u32 cmd, u64 arg);
struct block_file *block_file_of(struct file *f);

#endif
