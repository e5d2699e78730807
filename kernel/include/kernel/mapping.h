// SPDX-License-Identifier: MPL-2.0
/*
 * Mappings: what connects the page cache of an inode with the disk, or the like, behind it.
 *
 * An inode with a mapping has its pages read in, read ahead, marked dirty, written back and
 * reclaimed by kernel/pagecache. A client (block devices, disk file systems) supplies a table of
 * struct mapping_ops that move pages to and from the disk, and calls inode_set_mapping before other
 * tasks can find the inode. An inode without a mapping (tmpfs) has its contents in the cache only.
 *
 * Lifetime. The inode holds a reference on its mapping, and each page I/O in progress holds one, so
 * an I/O may complete after the inode is gone. All functions here that get a mapping, except those
 * that complete I/O, require that the caller holds a reference on the inode. An inode must not be
 * released while pages of it are dirty: they would be lost. So the client keeps a reference on the
 * inode until mapping_drop.
 *
 * Page I/O. The page cache makes a struct page_io for a run of up to IO_PAGES pages and passes it to
 * the read or write operation. The operation starts the transfer and returns; page_io_done may be
 * called from any context. An I/O may have several parts: the operation holds one, page_io_hold adds
 * one, page_io_done ends one, and the end of the last part completes the I/O.
 *
 * Locking, from the outside inwards: inode.lock; mapping.invalidate_lock; mm.lock; mapping.sync_lock;
 * pagecache.lock.
 *
 * What a client may wait for. The cache waits for writes of pages in many places: a sync, a cut
 * with invalidate_lock held for writing, reclaim on behalf of any task. So:
 *
 * - Operations and completions take no inode.lock, of any inode: a writer that is throttled or that
 *   waits for memory holds one. Nor do they wait for a task that may fault or allocate user memory.
 * - A lock that operations take while invalidate_lock is held has the level LOCK_JOURNAL; read and
 *   page_mkwrite take invalidate_lock of no file, but that of the device, by mapping_get_meta.
 * - A page that is tagged PAGE_WRITING may wait in the client's write. So the end of a transaction
 *   waits for no page and not by mapping_sync or mapping_wait_writes, but only for I/O that the
 *   client itself has submitted; and nobody cuts pages inside a transaction. What may wait for a
 *   transaction belongs in write_prepare.
 * - An operation runs in the thread of any user: in a sync, in fsync, in a throttled writer, in
 *   reclaim. That thread may be killed meanwhile, and what is written is others' data. So an
 *   operation does not wait killable: it gets its own blocks by mapping_get_meta, never by
 *   mapping_get_page. An operation that returns -EINTR all the same is tried again.
 * - If the end of a write needs a task (blocks that become valid after the data), the client holds
 *   a part of the I/O and ends it in a task of its own. A sync and reclaim wait for it: it
 *   allocates no user memory, and when memory is short it tries again and does not fail.
 */
#ifndef KERNEL_MAPPING_H
#define KERNEL_MAPPING_H

#include <frame/atomic.h>
#include <frame/obj.h>
#include <frame/page.h>
#include <frame/sync.h>
#include <frame/wait.h>
#include <kernel/error_seq.h>
#include <kernel/list.h>
#include <kernel/pagecache.h>

struct file;
struct inode;
struct super;
struct uio;

#define IO_PAGES       32u
#define MAPPING_WAITQS 16u

/*
 * How much I/O may be in progress on one device: of the mappings of one file system together, and
 * of each block device. Writers have room of their own: reads that somebody waits for are never
 * refused, so many readers would fill a common one for ever.
 */
struct io_room {
	struct obj obj;
	struct atomic in_flight; /* I/Os passed to the client and not completed */
	struct atomic writes;    /* those of them that write */
	struct waitq wait;       /* woken when one completes */
	/*
	 * With so many writes a writer waits; with so many I/Os, reads that nobody waits for are
	 * dropped. Read by load_once.
	 */
	u32 max;
};
OBJ_TYPE_DECL(io_room);

struct mapping {
	struct obj obj;
	const struct mapping_ops *ops;
	/*
	 * The inode, borrowed: valid as long as the caller holds a reference on it. NULL once the
	 * inode is being released.
	 */
	struct inode *host;
	LIST_LINK(mapping) link;      /* the list of all mappings, kernel/pagecache/mapping.c */
	LIST_LINK(mapping) ring_link; /* the ring of those with pages, there */
	bool on_ring;
	u64 readahead_pages; /* the largest read-ahead window; 0: none. Read with load_once */
	/* The client frees blocks of so many bytes: at most PAGE_SIZE, which is the default. */
	u32 block_size;
	struct io_room *io_room; /* reference */
	/*
	 * Held for reading from the insertion of a page that is to be read until the read has been
	 * passed to the client; held for writing while a range is cut (pagecache/cut.c). So no read
	 * of blocks that are about to be freed enters the cache behind the cut.
	 */
	struct rwlock invalidate_lock;
	struct waitq page_wait[MAPPING_WAITQS]; /* waiters for a page, by index */
	struct atomic in_flight;                /* I/Os passed to the client and not completed */
	struct waitq idle;                      /* woken when an I/O completes */
	/* Epochs of write-back, see pagecache/write.c. */
	struct mutex sync_lock; /* one task at a time waits for the end of an epoch */
	u32 epoch; /* 0 or 1: the epoch that new writes join; written under sync_lock */
	struct atomic writing[2];    /* writes in progress, by the epoch they joined */
	struct waitq written;        /* woken when a write leaves its epoch */
	struct atomic nr_undone;     /* writes that could not begin: their pages are dirty again */
	struct atomic error_seq;     /* see mapping_error_check */
	struct error_seq *sb_errors; /* reference: of the super, for syncfs; or NULL */
	u64 dirty_since_ns; /* since when pages are dirty, or time of the last write-back */
	struct atomic nr_dirty;
	u64 hand; /* the index where reclaim continues; races cost nothing but order */
};
OBJ_TYPE_DECL(mapping);

/* A transfer of consecutive pages of one mapping. */
struct page_io {
	struct obj obj;
	struct mapping *mapping; /* reference */
	bool write;
	u32 nr_pages;
	u64 index;                   /* of the first page */
	struct page *page[IO_PAGES]; /* references */
	u32 epoch;                   /* of a write */
	struct atomic parts;         /* parts that have not ended */
	int error;                   /* of a part that failed */
};
OBJ_TYPE_DECL(page_io);

/*
 * Operations of the client of a mapping, and of file systems in memory. Context: task; no spinlock
 * held. NULL operations do nothing unless stated otherwise.
 */
struct TABLE mapping_ops {
	/*
	 * Start reading or writing the pages of @io. Return 0 if the client has ended or will end
	 * all parts of it; an error if it has begun nothing: then the page cache ends the I/O.
	 * Read: the client fills every page wholly; a hole, and what lies behind the end of the
	 * file, is zero; -EAGAIN is the same as -ENOMEM. Write: -ENOMEM, -EAGAIN and -EINTR leave
	 * the pages dirty, other errors are reported to openers as a failed write. Bytes behind the
	 * end of the file are not meaningful.
	 *
	 * Both may sleep and allocate, but not wait for memory with oom_wait, and not take
	 * inode.lock or this mapping's invalidate_lock: a truncation holds them and waits. read is
	 * called with invalidate_lock held for reading; inode.lock may be held in both. @io is
	 * borrowed: whoever uses it after the call takes a reference.
	 */
	int (*read)(struct mapping *m, struct page_io *io);
	int (*write)(struct mapping *m, struct page_io *io);
	/*
	 * Before each write: a run of dirty pages of [first, last], which begins with @first, is
	 * about to be taken. No page of it is tagged PAGE_WRITING for it yet, and nobody waits for
	 * it as for a write in progress: so here the client may wait for a transaction to end, open
	 * one, and allocate. Returns 0, or an error: then nothing is taken, and the pages stay
	 * dirty (-ENOMEM, -EAGAIN; others count as those). write_finish: the write has been passed
	 * to the client, or there was nothing to write; follows each success, in the same task.
	 */
	int (*write_prepare)(struct mapping *m, u64 first, u64 last);
	void (*write_finish)(struct mapping *m);
	/*
	 * The bytes [pos, pos + len), which lie in one page, are about to be written by write(2):
	 * reserves space for them. Returns 0, -ENOSPC, -EDQUOT, -EFBIG, -EIO. inode.lock held for
	 * writing. After success follows write_end: @copied of the bytes are in the page, which is
	 * dirty, and the size has been raised over them; maybe the page is being written already.
	 * The client gives back the space that it has reserved for the others.
	 */
	int (*write_begin)(struct inode *ino, u64 pos, u64 len);
	void (*write_end)(struct inode *ino, u64 pos, u64 len, u64 copied);
	/*
	 * A program is about to store to page @p at @index through a mapping, and may then store
	 * anywhere in it until the page is written: reserves space for all of its blocks that lie
	 * in the file, also if the page is dirty already (PAGE_RESERVED). If the file grows in the
	 * page, it is called again before the next store. 0, or an error, which is SIGBUS for the
	 * program (-ENOMEM, -EAGAIN: tried again). May sleep, but not wait for memory with
	 * oom_wait. invalidate_lock held for reading, so the page lies in the file and is not cut;
	 * inode.lock not held. May be called for one page by two tasks at once. The page cache
	 * updates the times. NULL: a fault marks the page dirty without asking.
	 */
	int (*page_mkwrite)(struct inode *ino, u64 index, struct page *p);
	/*
	 * File systems in memory: account for pages about to be allocated in a hole (reserve) or
	 * removed (unreserve). 0, -ENOSPC.
	 */
	int (*reserve)(struct inode *ino, u64 nr_pages);
	void (*unreserve)(struct inode *ino, u64 nr_pages);
};

/*
 * Gives a new inode its operations and a mapping, which shares the io_room of its super. Returns 0,
 * -ENOMEM. Context: task; the inode is not visible to others yet.
 */
int must_check inode_set_mapping(struct inode *ino, const struct mapping_ops *ops);
/* Gives the mapping of such an inode an io_room of its own. Returns 0, -ENOMEM. */
int must_check mapping_set_own_room(struct mapping *m);
/* Called when the inode is released: dirty pages that are left are lost. Context: any task. */
void mapping_detach(struct inode *ino);
/* The number of pages of the file, by its size; the last one may be partial. */
u64 mapping_nr_pages(const struct mapping *m);

/* ---- page I/O, for clients ---- */

/*
 * Whether a write that has returned @err has lost nothing, and is tried again later: memory was
 * out, or the task that it ran in was killed.
 */
static inline bool error_is_passing(int err)
{
	return err == -ENOMEM || err == -EAGAIN || err == -EINTR;
}

/* Adds a part to an I/O that has one. Context: any. */
void page_io_hold(struct page_io *io);
/*
 * Ends a part of the I/O, with 0 or -errno; the end of the last part completes the I/O. Any error
 * of a part of a write is a failed write: what is to be tried again is returned by the operation,
 * which has begun nothing then. Context: any.
 */
void page_io_done(struct page_io *io, int error);

/* ---- pages ---- */

/*
 * Returns page @index of the cache, up to date, as a reference. Context: task; with @wait it sleeps
 * until the page is read, killable. Without @wait: -EAGAIN if that takes time, and takes spinlocks
 * only. With @wait: takes invalidate_lock for reading. Returns 0, -EIO, -ENOMEM, -EINTR.
 */
int must_check mapping_get_page(struct mapping *m, u64 index, bool wait, struct page **out);
/*
 * The same for a fault of a program: reads the neighbours of a missing page, too. -EIO: the page
 * lies behind the end.
 */
int must_check mapping_fault_page(struct mapping *m, u64 index, bool wait, struct page **out);
/*
 * The same with @wait, for the operations of file systems, which get blocks of their device by it,
 * perhaps in the middle of write-back: when memory is short, clean pages are reclaimed, but nothing
 * is written and nobody is killed. So write-back does not call itself. Uninterruptible: a kill of
 * the task in which it happens to run is no error of the disk. Returns 0, -EIO, -ENOMEM.
 */
int must_check mapping_get_meta(struct mapping *m, u64 index, struct page **out);
/*
 * Starts reads of those pages of [first, first + nr) that are not in the cache, as far as there is
 * memory. Somebody waits for the first @wanted of them; the others are read only while the io_room
 * is not full. Does not wait for the reads. Returns 0,
 * -ENXIO: behind the end, or an error if not even the first page could be started. Takes
 * invalidate_lock for reading. Context: task.
 */
int must_check mapping_read(struct mapping *m, u64 first, u64 nr, u64 wanted);
/* Marks the page dirty after its contents have changed, and starts the flusher if necessary. */
void mapping_dirty(struct mapping *m, u64 index, struct page *p);
/*
 * Puts a page whose whole contents are new into the cache without reading it, raises the size to
 * @end if it is smaller, and marks the page dirty. Takes a reference of its own. Context: task.
 * Returns 0, -ENOMEM, -EINTR.
 */
int must_check mapping_put_whole(struct mapping *m, u64 index, struct page *p, u64 end);
/*
 * Raises the size of the file to @end if it is smaller: after the bytes are in their page, which
 * becomes dirty only then. inode.lock held for writing, or the size cannot be smaller.
 */
void mapping_grow(struct mapping *m, u64 end);
/*
 * The size has been raised from @old_size. Programs that store to the page that has the old end ask
 * for page_mkwrite again. inode.lock held for writing.
 */
void mapping_grown(struct mapping *m, u64 old_size);

/*
 * Whether a program may store to a page with that tag through a mapping: it is dirty, or if there
 * is page_mkwrite, space has been reserved.
 */
static inline bool mapping_may_store(const struct mapping *m, u32 tag)
{
	return tag & (m->ops->page_mkwrite ? PAGE_RESERVED : PAGE_DIRTY);
}

/*
 * For truncation and holes: the bytes [from, to), which lie in one page, go, and the page stays.
 * mapping_get_edge reads the page, a reference; *@out is NULL if there are no such bytes in the
 * file. mapping_hold_edge zeroes the bytes and marks the page dirty if that changes a block that
 * stays; it takes the page out of all mappings, and waits for a write of it. Until
 * mapping_release_edge, which drops the reference, no write begins, and no program stores to it
 * while invalidate_lock is held. Context: task; inode.lock held for writing, and for the last two
 * invalidate_lock.
 */
int must_check mapping_get_edge(struct mapping *m, u64 from, u64 to, struct page **out);
void mapping_hold_edge(struct mapping *m, u64 from, u64 to, struct page *p);
void mapping_release_edge(struct mapping *m, u64 from, struct page **p);

/*
 * Copies up to @want bytes of @u, which lie in one page, to @pos, raises the size if necessary, and
 * marks the page dirty. Returns the bytes copied (fewer: user memory faulted), -EIO, -ENOMEM,
 * -EINTR. Context: task; the caller keeps the page from being cut (inode.lock).
 */
ssize_t must_check mapping_write_bytes(struct mapping *m, struct uio *u, u64 pos, size_t want);
/*
 * Zeroes the bytes [from, to), which lie in one page; reads the page if necessary, and marks it
 * dirty if it changes. A page behind the end of the file is left alone. Returns 0, -EIO, -ENOMEM,
 * -EINTR. Context: as mapping_write_bytes.
 */
int must_check mapping_zero(struct mapping *m, u64 from, u64 to);

/*
 * A program is about to write to page @index through a mapping: throttles, has the client reserve
 * space (page_mkwrite) and marks the page dirty, unless it is. Returns 0: the fault is tried
 * again, and may find the page dirty; -ENXIO: the page is behind the end; an error of the client or
 * of mapping_get_page. Context: task, nothing at or above LOCK_INVALIDATE held.
 */
int must_check mapping_mkwrite(struct mapping *m, u64 index);

/* ---- reads of open files ---- */

/*
 * Returns the page at @pos of an open file, as a reference; reads ahead. @left: the number of bytes
 * that the read still has to go. *@out is NULL for a hole of an inode without a mapping. Context:
 * task. Returns 0, -EIO, -ENOMEM, -EINTR; -ENXIO: the file has been truncated.
 */
int must_check file_get_page(struct file *f, u64 pos, u64 left, struct page **out);
/* posix_fadvise(2): @advice is POSIX_FADV_*; @len 0 means to the end. */
void file_advise(struct file *f, u64 off, u64 len, u32 advice);

/* ---- write-back ---- */

/*
 * Starts writes of dirty pages of [first, last], about @max of them, up to the end that the file
 * has now. With @all it waits for pages that are being written and are dirty again. Context: task.
 * Returns the number of pages started, or -ENOMEM, -EAGAIN.
 */
s64 must_check mapping_write(struct mapping *m, u64 first, u64 last, u64 max, bool all);
/*
 * Writes the dirty pages of the range, up to the end that the file has now, and waits until all are
 * on the disk, though perhaps only in its write cache. Context: task. Returns 0, -ENOMEM, -EAGAIN;
 * failed writes show in mapping_error_check.
 */
int must_check mapping_sync(struct mapping *m, u64 first, u64 last);
/* Waits until all writes begun before the call are completed. Context: task. */
void mapping_wait_writes(struct mapping *m);
/*
 * Called by a writer: starts writes of its mapping, as far as the io_room has room for them, and
 * waits while too many pages are dirty or being written in the whole machine, killable; but not for
 * ever if nothing is written any more. Of the client's operations only write_prepare and write can
 * make it sleep otherwise. inode.lock may be held, so no client may need an inode.lock to complete
 * a write. Context: task, nothing at or above LOCK_INVALIDATE held.
 */
void mapping_throttle(struct mapping *m);
/* Whether that is so now. Context: any. */
bool writeback_is_over(void);
/* For self-tests: how many pages are too many; 0: as memory says. */
void writeback_set_limit(u64 pages);
/*
 * Errors of writes (error_seq.h). mapping_error_note: something of the inode could not be written;
 * the next fsync, and the next syncfs, of each open file is told. Context: any.
 * mapping_error_sample: the starting value for a new open file. mapping_error_check: if there was
 * an error that this open file has not been told of yet, -EIO, -ENOSPC or -EDQUOT, else 0; advances
 * *@seen.
 */
void mapping_error_note(struct mapping *m, int error);
u64 mapping_error_sample(struct mapping *m);
int must_check mapping_error_check(struct mapping *m, u64 *seen);

/* ---- removal ---- */

/* Evicts all clean pages that only the cache uses, or those of them in [first, last]. */
void mapping_invalidate(struct mapping *m);
void mapping_invalidate_range(struct mapping *m, u64 first, u64 last);
/*
 * Writes the dirty pages, waits for all I/O and empties the cache. Pages that cannot be written for
 * lack of memory are lost, which is logged. Context: task; nobody else uses the inode.
 */
void mapping_drop(struct mapping *m);

/* ---- all mappings ---- */

/* Writes the dirty pages of all mappings, or of those of @sb, and waits. 0 or the first error. */
int must_check pagecache_sync(struct super *sb);
/*
 * When what is dirty is looked for next, NO_DEADLINE: it is not, and how long it may stay dirty, by
 * vm.dirty_writeback_centisecs and vm.dirty_expire_centisecs. Context: any.
 */
u64 writeback_next_ns(void);
u64 writeback_expire_ns(void);
/* One of vm.dirty_* has another value: the flusher takes notice at once. Context: task. */
void writeback_knobs_changed(void);
/* Wakes the flusher to write everything now. It ends if nothing is dirty afterwards. */
void pagecache_flush(void);
/*
 * Reclaims up to @nr_pages cache pages; writes dirty pages first if it must. Returns how many pages
 * were freed. Context: as oom_wait (kernel/mm.h).
 */
u64 pagecache_reclaim(u64 nr_pages);
/*
 * As pagecache_reclaim, but frees clean pages only and never waits for a disk: for tasks that carry
 * out requests and need memory to do so. Context: task, nothing at or above LOCK_MM held.
 */
u64 pagecache_reclaim_clean(u64 nr_pages);
/* Pages of all mappings; of these, those not written yet; those being written. */
struct mapping_stats {
	u64 pages, dirty, writing;
};
/* Fills in *@out; the numbers may be of slightly different moments. Context: task. */
void mapping_get_stats(struct mapping_stats *out);
/* Start-up: registers reclaim. */
void pagecache_init(void);

#endif
