// SPDX-License-Identifier: MPL-2.0
/*
 * The page cache of an inode: a radix tree from page index to page. Each entry is a service
 * reference, so a lookup costs O(log n).
 *
 * pagecache.lock guards the tree; lookups take it, too, for a short time. Pages of tmpfs live in
 * the cache only and have no tags. Pages of a block device are read in, written and evicted
 * (kernel/block/cache.c).
 */
#ifndef KERNEL_PAGECACHE_H
#define KERNEL_PAGECACHE_H

#include <frame/obj.h>
#include <frame/page.h>
#include <frame/sync.h>
#include <kernel/list.h>

struct inode;
struct vma;

/* The tags (page_tag) of pages in a cache with a device behind it. */
enum pagecache_tag {
	/*
	 * The contents are being filled in, by a read from the device or by a writer of a whole
	 * page. The task that set the tag has the page alone; others wait until it is cleared.
	 */
	PAGE_LOADING = 1,
	PAGE_FAILED = 2, /* the read failed */
	/* The page has not been used since it was read, or since reclaim saw it last. */
	PAGE_IDLE = 4,
	PAGE_DIRTY = 8,    /* set and cleared under the cache's lock */
	PAGE_WRITING = 16, /* a write of the page to the device is in flight */
	/* tags that pagecache_get must look at */
	PAGE_NOT_PLAIN = PAGE_LOADING | PAGE_FAILED | PAGE_IDLE,
};

/* Pages with consecutive indices, as references. */
#define PAGE_RUN 32u
struct page_run {
	u64 first;
	u32 nr;
	struct page *page[PAGE_RUN];
};

struct pagecache {
	struct spinlock lock; /* guards the tree */
	/* A reference: a leaf of 64 pages (height 0) or a node of 64 subtrees. */
	struct obj *root;
	u32 height;
	u64 nr_pages;
	/* The number of calls that have cut pages out; see pagecache_cut. Written under lock. */
	u64 nr_cuts;
	struct spinlock map_lock; /* guards mappings; taken before lock */
	LIST_HEAD(vma) mappings;  /* VMAs that map the inode, by inode_link */
};

/* The operations of a regular file or block device below its page cache. */
struct TABLE mapping_ops {
	/*
	 * Returns a reference to page @index of the cache, up to date, for data that a device
	 * holds. Without @wait: -EAGAIN if that takes time. Called when the cache has no page at
	 * @index, or one with a tag of PAGE_NOT_PLAIN. NULL operation: an index without a page is a
	 * hole.
	 */
	int (*read_page)(struct inode *ino, u64 index, bool wait, struct page **out);
	/*
	 * The contents of the page, on which the caller has a reference, have changed, or may
	 * change from now on through a mapping. NULL operation: no device is behind the cache.
	 */
	void (*dirty)(struct inode *ino, u64 index, struct page *p);
	/*
	 * Writes the dirty pages [first, last] and waits until they are written. Returns 0 or -EIO.
	 * NULL if @dirty is NULL.
	 */
	int (*sync)(struct inode *ino, u64 first, u64 last);
	/*
	 * Accounts for a page that a writer is about to allocate at a hole. Returns 0 or -ENOSPC.
	 */
	int (*reserve)(struct inode *ino, u64 nr_pages);
	/* Takes a reservation back for which no page was inserted. */
	void (*unreserve)(struct inode *ino, u64 nr_pages);
};

/*
 * Returns a reference to the page at @index, or NULL (a hole, or not read in yet). Context: task;
 * takes pc->lock.
 */
struct page *pagecache_find(struct pagecache *pc, u64 index);
/*
 * Returns the page at @index, read in or, with @create, allocated at a hole. *out is a reference;
 * NULL for a hole without @create. Returns 0, -ENOSPC, -ENOMEM or -EIO. Context: task, may sleep;
 * if memory is out, pagecache_get waits for it (page_alloc_wait).
 *
 * pagecache_get_nowait is for faults under mm.lock: -ENOMEM at once if memory is out, and -EAGAIN
 * if the page must be read from a device.
 */
int pagecache_get(struct inode *ino, u64 index, bool create, struct page **out);
int pagecache_get_nowait(struct inode *ino, u64 index, bool create, struct page **out);
/*
 * Inserts a page at @index, with a reference of its own. Returns 0, -EEXIST if there is one, -EFBIG
 * or -ENOMEM. Context: task; takes pc->lock.
 */
int pagecache_insert(struct pagecache *pc, u64 index, struct page *p);
/*
 * Cuts the next pages of [first, last] out of the cache: those at the first PAGE_RUN indices from
 * the first page on. The run receives the cache's references, by index, NULL where there was no
 * page. Returns false if the range has no pages. The pages may still be mapped, or a fault may be
 * about to map one: see vm_cut_file_range. Takes pc->lock.
 */
bool pagecache_cut(struct pagecache *pc, u64 first, u64 last, struct page_run *run);

/*
 * Tags @p dirty if it is the page at @index. Returns whether it is and was not dirty before. Takes
 * pc->lock.
 */
bool pagecache_set_dirty(struct pagecache *pc, u64 index, struct page *p);
/* The first index >= @from with a dirty page, ~0 if there is none. */
u64 pagecache_next_dirty(struct pagecache *pc, u64 from);
/*
 * Takes the run of dirty pages that begins at @first and ends at @last at the latest: they become
 * PAGE_WRITING and are no longer dirty. The run receives references. A page that is being written
 * already ends the run, so run->nr is 0 if @first is such a page.
 */
void pagecache_take_dirty(struct pagecache *pc, u64 first, u64 last, struct page_run *run);
/*
 * Evicts clean pages: looks at up to @scan pages from *@hand on and advances *@hand, to 0 at the
 * end of the cache. A page goes if only the cache uses it and it was PAGE_IDLE already, or @force
 * is set; the other unused ones become PAGE_IDLE. Returns the number of pages evicted.
 */
u64 pagecache_evict(struct pagecache *pc, u64 *hand, u32 scan, bool force);
/* The first index >= @from that has a page, ~0 if there is none (SEEK_DATA). */
u64 pagecache_next(struct pagecache *pc, u64 from);

/* The number of pages in all page caches, for meminfo. */
u64 pagecache_total(void);
/*
 * Releases the tree and its pages. The caller is the last user of the inode, or no one else uses
 * the cache.
 */
void pagecache_free(struct pagecache *pc);

#endif
