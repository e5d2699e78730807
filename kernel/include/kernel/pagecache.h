// SPDX-License-Identifier: MPL-2.0
/*
 * The page cache of an inode: a radix tree from page index to page, O(log n), each entry a service
 * reference.
 *
 * lock guards the tree; lookups take it too (short). Pages of tmpfs live here only and have no
 * tags; those of a block device come and go (kernel/block/cache.c).
 */
#ifndef KERNEL_PAGECACHE_H
#define KERNEL_PAGECACHE_H

#include <frame/obj.h>
#include <frame/page.h>
#include <frame/sync.h>
#include <kernel/list.h>

struct inode;
struct vma;

/* page_tag of pages in a cache with a device behind it. */
enum pagecache_tag {
	/*
	 * Its contents are on their way, or whoever set this is putting them in: nobody else looks.
	 */
	PAGE_LOADING = 1,
	PAGE_FAILED = 2, /* they did not come */
	/* Nobody has asked for it since it was read, or since reclaim saw it last. */
	PAGE_IDLE = 4,
	PAGE_DIRTY = 8, /* set and cleared under the cache's lock */
	PAGE_WRITING = 16,
	PAGE_NOT_PLAIN = PAGE_LOADING | PAGE_FAILED | PAGE_IDLE,
};

/* Pages in a row, each a reference. */
#define PAGE_RUN 32u
struct page_run {
	u64 first;
	u32 nr;
	struct page *page[PAGE_RUN];
};

struct pagecache {
	struct spinlock lock; /* tree */
	/* reference: a leaf of 64 pages (height 0) or a node of 64 subtrees. */
	struct obj *root;
	u32 height;
	u64 nr_pages;
	/* How often pages have been cut out; see pagecache_cut. Written under lock. */
	u64 nr_cuts;
	struct spinlock map_lock; /* mappings; taken before lock */
	LIST_HEAD(vma) mappings;  /* VMAs that map the inode, by inode_link */
};

/* Regular files and block devices: what is behind the page cache. */
struct TABLE mapping_ops {
	/*
	 * Data that come from a device: a reference to page @index of the cache, up to date.
	 * Without @wait -EAGAIN when that takes time. Asked when there is no page, or one with a
	 * tag of PAGE_NOT_PLAIN. NULL: what is not in the cache is a hole.
	 */
	int (*read_page)(struct inode *ino, u64 index, bool wait, struct page **out);
	/*
	 * The contents of the page, which the caller holds, have been changed, or can be from now
	 * on through a mapping. NULL: nothing is behind the cache.
	 */
	void (*dirty)(struct inode *ino, u64 index, struct page *p);
	/*
	 * Writes the dirty pages [first, last] and waits for that: 0, -EIO. NULL with @dirty NULL.
	 */
	int (*sync)(struct inode *ino, u64 first, u64 last);
	/* A page is about to be made for writing at a hole: account for it. 0, -ENOSPC. */
	int (*reserve)(struct inode *ino, u64 nr_pages);
	void (*unreserve)(struct inode *ino, u64 nr_pages);
};

/* A reference to the page at @index, or NULL (hole, or not read in yet). */
struct page *pagecache_find(struct pagecache *pc, u64 index);
/*
 * The page at @index, read in or (with @create) made from a hole: 0 and a reference; *out NULL for
 * a hole without @create. -ENOSPC, -ENOMEM, -EIO. Context: task. When memory is out, a new page is
 * waited for (page_alloc_wait); pagecache_get_nowait, for faults under mm.lock, says -ENOMEM at
 * once.
 */
int pagecache_get(struct inode *ino, u64 index, bool create, struct page **out);
int pagecache_get_nowait(struct inode *ino, u64 index, bool create, struct page **out);
/* Inserts unless there is one: then -EEXIST. Takes a reference. */
int pagecache_insert(struct pagecache *pc, u64 index, struct page *p);
/*
 * Takes the next pages of [first, last] out: those of the first PAGE_RUN indices from the first
 * page on, in the run by index, references or NULL. False: there are none. They may be mapped, or
 * be on their way into a mapping: see vm_cut_file_range.
 */
bool pagecache_cut(struct pagecache *pc, u64 first, u64 last, struct page_run *run);

/* Tags @p dirty if it is at @index: true if it is, and was not dirty. */
bool pagecache_set_dirty(struct pagecache *pc, u64 index, struct page *p);
/* First index >= @from with a dirty page, ~0 if none. */
u64 pagecache_next_dirty(struct pagecache *pc, u64 from);
/*
 * Takes the run of dirty pages that begins at @first, up to @last: they are PAGE_WRITING from then
 * on and not dirty. One that is being written already ends the run, so run->nr is 0 if @first is
 * such a page.
 */
void pagecache_take_dirty(struct pagecache *pc, u64 first, u64 last, struct page_run *run);
/*
 * Looks at up to @scan clean pages from *@hand on, which moves (to 0 at the end): those that nobody
 * uses go, without @force only if they were PAGE_IDLE already; the others are from then on. How
 * many went.
 */
u64 pagecache_evict(struct pagecache *pc, u64 *hand, u32 scan, bool force);
/* First index >= @from that has a page, ~0 if none (SEEK_DATA). */
u64 pagecache_next(struct pagecache *pc, u64 from);

/* Pages in all page caches together. */
u64 pagecache_total(void);
/* Releases the tree. The last user of the inode is gone. */
void pagecache_free(struct pagecache *pc);

#endif
