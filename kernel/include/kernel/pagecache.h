// SPDX-License-Identifier: MPL-2.0
/*
 * The page cache of an inode: a radix tree from page index to page. Each entry holds a reference.
 *
 * lock guards the tree; look-ups take it too, for a short time. Pages of tmpfs exist only here and
 * have no tags. The pages of an inode with a mapping (kernel/mapping.h) are read in, written and
 * evicted.
 */
#ifndef KERNEL_PAGECACHE_H
#define KERNEL_PAGECACHE_H

#include <frame/atomic.h>
#include <frame/obj.h>
#include <frame/page.h>
#include <frame/sync.h>
#include <kernel/tree.h>

struct inode;
struct vma;

/* page_tag of the pages of an inode with a mapping. */
enum pagecache_tag {
	/*
	 * The contents are being read, or the task that set this is filling the page: other tasks
	 * do not look at it.
	 */
	PAGE_LOADING = 1,
	PAGE_FAILED = 2, /* the read failed */
	/* Not used since it was read, or since reclaim last saw it. */
	PAGE_IDLE = 4,
	PAGE_DIRTY = 8, /* set and cleared under the cache's lock */
	PAGE_WRITING = 16,
	/*
	 * The client has reserved space for stores anywhere in the page (page_mkwrite). Set under
	 * invalidate_lock; cleared under the cache's lock together with a change of nr_cuts.
	 */
	PAGE_RESERVED = 32,
	PAGE_NOT_PLAIN = PAGE_LOADING | PAGE_FAILED | PAGE_IDLE,
};

/* Consecutive pages; each entry is a reference or NULL. */
#define PAGE_RUN 32u
struct page_run {
	u64 first;
	u32 nr;
	u32 nr_dirty; /* pagecache_cut: how many of them were dirty */
	struct page *page[PAGE_RUN];
};

/* Several of them, in the order of the file, that one walk unmaps (vm_unmap_runs). */
#define PAGE_RUNS 64u
struct page_runs {
	struct obj obj;
	u32 nr;
	struct page_run run[PAGE_RUNS];
};
OBJ_TYPE_DECL(page_runs);

struct pagecache {
	struct spinlock lock; /* tree */
	/* reference: a leaf of 64 pages (height 0) or a node of 64 subtrees. */
	struct obj *root;
	u32 height;
	u64 nr_pages;
	/* Counts the runs that were cut or taken for writing; see vm_unmap_run. Written under lock. */
	u64 nr_cuts;
	/*
	 * Faults that map pages just now, by the lowest bit of the nr_cuts they go by: while
	 * nr_cuts stays, no fault enters the other one.
	 */
	struct atomic mappers[2];
	/* Guards mappings and the walk's fields; taken before lock. */
	struct spinlock map_lock;
	TREE_ROOT(vma) mappings; /* VMAs that map the inode, by vma.file_node */
	/* A walk over the mappings of the pages [walk_first, walk_last], see vm/rmap.c. */
	struct mutex walk_lock; /* one walk at a time */
	struct vma *walk;       /* borrowed: the next VMA; NULL: no walk */
	u64 walk_first, walk_last;
	u64 walk_at; /* the index in the file from which on that VMA is to be visited */
};

/*
 * The page at @index, a reference; NULL: a hole, or not read in yet. Takes pc->lock. Context: task.
 */
struct page *pagecache_find(struct pagecache *pc, u64 index);
/*
 * Gets the page at @index; reads it in, or with @create allocates it for a hole. Returns 0 and a
 * reference in *@out, which is NULL for a hole without @create; -ENOSPC, -ENOMEM, -EIO. Context:
 * task. When memory is short, pagecache_get waits for a page (page_alloc_wait);
 * pagecache_get_nowait, for faults under mm.lock, returns -ENOMEM at once.
 */
int must_check pagecache_get(struct inode *ino, u64 index, bool create, struct page **out);
int must_check pagecache_get_nowait(struct inode *ino, u64 index, bool create, struct page **out);
/* Inserts @p (takes a reference). Returns 0, -EEXIST (the index has a page), -EFBIG, -ENOMEM. */
int must_check pagecache_insert(struct pagecache *pc, u64 index, struct page *p);
/*
 * Removes the next pages of [first, last] from the cache: those of the PAGE_RUN indices that begin
 * with the first page found. @run receives the references, by index; NULL where there was no page.
 * False: no pages are left. Dirty pages are clean afterwards. The pages may still be mapped, or a
 * fault may be about to map them, or they may be being written: see pagecache_cut_range.
 */
bool pagecache_cut(struct pagecache *pc, u64 first, u64 last, struct page_run *run);

/*
 * Removes the pages [first, last] from the file's cache and from all mappings of programs, and waits
 * for those that are being written; returns how many the cache held. @even_cows: private copies are
 * dropped too (truncation: a page beyond the size is not faulted in again). Context: task;
 * inode.lock held for writing, and invalidate_lock of the mapping if there is one.
 */
u64 pagecache_cut_range(struct inode *ino, u64 first, u64 last, bool even_cows);

/* Tags @p dirty if it is the page at @index. True: it is, and was not dirty before. */
bool pagecache_set_dirty(struct pagecache *pc, u64 index, struct page *p);
/*
 * Clears PAGE_RESERVED of @p at @index, and changes nr_cuts: a store needs page_mkwrite again, once
 * the page is unmapped (vm_unmap_run). @hold: also sets PAGE_WRITING, so that no write of the page
 * begins. False: it is set, so the page is being written; nothing has been done then.
 */
bool pagecache_unreserve(struct pagecache *pc, struct page *p, bool hold);
/* The first index >= @from with a dirty page; ~0: none. */
u64 pagecache_next_dirty(struct pagecache *pc, u64 from);
/*
 * Takes the run of dirty pages that begins at @first, up to @last, for writing: tags them
 * PAGE_WRITING and clears PAGE_DIRTY and PAGE_RESERVED. A page that is already being written ends
 * the run, so run->nr is 0 if that is the page at @first.
 */
void pagecache_take_dirty(struct pagecache *pc, u64 first, u64 last, struct page_run *run);
/*
 * Reclaims clean pages. Scans up to @scan of them from *@hand on, up to @last, and advances *@hand
 * (to 0 at the end). A page that nobody else refers to is evicted if it was tagged PAGE_IDLE, or in
 * any case with @force; the others get that tag. Returns how many were evicted.
 */
u64 pagecache_evict(struct pagecache *pc, u64 *hand, u64 last, u32 scan, bool force);
/* The first index >= @from that has a page; ~0: none (SEEK_DATA). */
u64 pagecache_next(struct pagecache *pc, u64 from);

/* The number of pages in all page caches. */
u64 pagecache_total(void);
/*
 * Releases all pages and the tree; others run in between. Called when the inode has no other user.
 * Context: task, no spinlock held.
 */
void pagecache_free(struct pagecache *pc);

#endif
