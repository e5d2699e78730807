// SPDX-License-Identifier: MPL-2.0
/*
 * Inside kernel/block: disks, and devices, which are whole disks and partitions.
 *
 * Each device has an inode of its own, on no path, whose page cache all openers share, by whatever
 * special file they came. The device and its inode hold each other until the device is taken out of
 * the registry; nobody has it open then.
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
#define MAX_IN_FLIGHT 32u  /* requests of one device, before a writer waits */
#define MAP_AROUND    16ul /* pages that a fault reads */
#define EXT_MAJOR     259u /* numbers for partitions that the disk has none for */

struct disk {
	struct obj obj;
	struct disk_params params;
	const struct block_ops *ops;
	struct obj *owner; /* reference */
	/* One reads the partition table and changes the devices at a time. */
	struct mutex scan_lock;
	struct mutex lock; /* who has its devices open, and as what */
	u32 nr_open_parts;
	u32 nr_held_parts;     /* exclusively */
	bool scanning;         /* partitions change: they cannot be opened now */
	struct atomic writes;  /* requests that are done */
	struct atomic flushed; /* of these, how many were when the last flush began */
};
OBJ_TYPE_DECL(disk);

struct bdev {
	struct obj obj;
	struct disk *disk;   /* reference */
	struct bdev *whole;  /* reference; NULL: it is the whole disk */
	struct inode *inode; /* reference: the page cache; gone when the device is */
	u64 dev;
	u32 partition;
	u64 start, sectors;
	u8 name[DISK_NAME_LEN];
	u32 name_len;
	bool late;            /* came when the system ran */
	LIST_LINK(bdev) link; /* the registry's, which has a reference */
	/* disk->lock */
	u32 openers;
	bool gone;           /* out of the registry */
	struct file *holder; /* has it open exclusively; never followed */
	/* written by one at a time, read by load_once */
	bool read_only; /* BLKROSET */
	u64 block_size;
	u64 readahead_pages;
	/* cache.c */
	struct waitq page_wait[PAGE_WAITQS];
	struct atomic in_flight;
	struct spinlock idle_lock; /* held for the last that block_done does to it */
	struct waitq room;         /* some of them are done */
	struct mutex sync_lock;    /* one waits for an epoch's end at a time */
	u32 epoch;
	struct atomic writing[2]; /* writes in flight begun in an epoch */
	struct waitq written;
	struct atomic error_seq; /* see error_check */
	u64 dirty_since_ns;      /* when it stopped being clean, or was last flushed */
	struct atomic nr_dirty;
	/* A disk's are its partitions', too. */
	struct atomic reads, sectors_read, writes, sectors_written, flushes;
	u64 hand; /* where reclaim goes on */
};
OBJ_TYPE_DECL(bdev);

/* An open block special file. */
struct block_file {
	struct obj obj;
	struct bdev *bdev; /* reference */
	u64 error_seen;
	u64 ra_start, ra_end; /* pages that were last read for it, or ahead of it */
	u64 ra_mark;          /* whose use calls for those behind */
	u32 advice;           /* POSIX_FADV_* that lasts */
	bool exclusive;
};
OBJ_TYPE_DECL(block_file);

/* ---- disk.c ---- */
/* References, or NULL. */
struct bdev *bdev_find(u64 dev);
struct bdev *bdev_nth(u32 i);
u32 bdev_count(void);
/* The device an inode of ours belongs to, borrowed: as long as the inode is in use. */
struct bdev *bdev_of(struct inode *ino);
u32 physical_block(const struct bdev *b);
/* Reads the partition table of a whole disk again: 0, -EBUSY if a partition is open, -ENOMEM. */
int disk_rescan(struct bdev *whole);
/*
 * BLKPG: adds, takes out, makes longer or shorter one partition, within the disk. 0, -EBUSY (open,
 * overlaps another, exists), -ENXIO (does not), -EINVAL, -ENOMEM.
 */
enum partition_change { PARTITION_ADD = 1, PARTITION_DELETE, PARTITION_RESIZE };
int disk_change_partition(struct bdev *whole, enum partition_change what, u32 number, u64 start,
	u64 sectors);

/* ---- request.c ---- */
struct block_request *request_new(struct bdev *b, enum block_op op, u64 index);
void request_add_page(struct block_request *rq, struct page *p);
/* Hands it to the driver and gives up the reference. */
void request_submit(struct block_request *rq);
/*
 * Waits until all are done, so that none knows of the device any more / until there are not too
 * many.
 */
void request_wait_idle(struct bdev *b);
void request_wait_room(struct bdev *b);
/* What was written before is on the medium. Context: task. */
int disk_flush(struct bdev *b);

/* ---- cache.c ---- */
extern const struct mapping_ops bdev_mops;
/*
 * Page @index up to date in the cache; a reference. -EIO, -ENOMEM, -EINTR; without @wait -EAGAIN
 * when it would take time.
 */
int cache_get(struct bdev *b, u64 index, bool wait, struct page **out);
/*
 * Begins to read what is missing of the pages [first, first + nr). With @must the first one waits
 * for memory. 0, -ENOMEM.
 */
int cache_read(struct bdev *b, u64 first, u64 nr, bool must);
/* The contents of the page have been changed. */
void cache_dirty(struct bdev *b, u64 index, struct page *p);
/*
 * A whole page (or all that the device has of it) that is written anew goes in without being read.
 * Takes no reference. 0, -ENOMEM, -EINTR.
 */
int cache_put_whole(struct bdev *b, u64 index, struct page *p);
void cache_request_done(struct block_request *rq);
/*
 * A new opener's idea of what errors it need not hear of; whether there is one it has not heard of:
 * -EIO, once.
 */
u64 error_sample(struct bdev *b);
int error_check(struct bdev *b, u64 *seen);
u64 bdev_nr_pages(const struct bdev *b);

/* ---- writeback.c ---- */
/*
 * Begins to write dirty pages of the range, about @max of them; with @all it waits for pages that
 * are on their way and dirty again. How many, or -ENOMEM.
 */
s64 cache_write(struct bdev *b, u64 first, u64 last, u64 max, bool all);
/*
 * Writes the dirty pages of the range and waits until all are on the device, though perhaps not on
 * the medium. 0, -ENOMEM; what failed shows in error_seq.
 */
int cache_sync(struct bdev *b, u64 first, u64 last);
/* Waits until all writes that have been begun are done. */
void writeback_wait(struct bdev *b);
/* A write that was begun in that epoch is done. Context: any. */
void writeback_leave(struct bdev *b, u32 epoch);
/* More or fewer dirty pages, and pages on their way. Context: any. */
void writeback_count(struct bdev *b, s64 dirty, s64 writing);
/* Pages are dirty: they will be written in a while, or now if they are many. */
void writeback_note(void);
/* A writer waits here when there are too many. */
void writeback_throttle(struct bdev *b);
/* The flusher looks at once, and ends if nothing is dirty. */
void writeback_kick(void);

/* ---- reclaim.c ---- */
/* Clean pages that nobody uses go. */
void cache_invalidate(struct bdev *b);
/* All go, written if they are dirty; nobody has the device open. */
void cache_drop(struct bdev *b);
/* About @nr clean pages of all devices go, those first that nobody has used of late. How many. */
u64 cache_reclaim_clean(u64 nr);

/* ---- file.c, ioctl.c ---- */
extern const struct file_ops bdev_fops;
s64 bdev_ioctl(struct file *f, u32 cmd, u64 arg);
struct block_file *block_file_of(struct file *f);

#endif
