// SPDX-License-Identifier: MPL-2.0
/* What the files of kernel/pagecache share. */
#ifndef PAGECACHE_CACHE_H
#define PAGECACHE_CACHE_H

#include <kernel/inode.h>
#include <kernel/mapping.h>
#include <kernel/pagecache.h>

#define PAGES_OF(m) (&(m)->host->pages)

/* ---- mapping.c ---- */
/*
 * Walks over all mappings, newest first: the one after @m (NULL: the first), with a reference on
 * its inode; drops the reference that the call for @m has returned. NULL: the end. Mappings made
 * during the walk are not seen, so the walk ends.
 */
struct mapping *mapping_next(struct mapping *m);
/*
 * The same for walks that write pages: of @sb, or (NULL) of all, without those whose inodes are
 * being evicted.
 */
struct mapping *mapping_next_to_write(struct mapping *m, const struct super *sb);
/* Ends a walk before its end. */
void mapping_walk_end(struct mapping *m);
/*
 * The next mapping in a ring over those that have pages, with a reference on its inode; NULL: there
 * is none. Reclaim uses it, so that no cache bears it all. *@n: how many are on the ring.
 */
struct mapping *mapping_ring_next(u32 *n);
/* Called after a page has been inserted into the cache: puts the mapping on the ring. */
void mapping_has_pages(struct mapping *m);
/* Whether so much I/O is in progress that reads that nobody waits for are not begun. */
static inline bool io_is_full(const struct mapping *m)
{
	return atomic_load(&m->io_room->in_flight) >= load_once(m->io_room->max);
}
/* Whether as many writes are in progress as may be. Reads do not count: see struct io_room. */
static inline bool writes_are_full(const struct mapping *m)
{
	return atomic_load(&m->io_room->writes) >= load_once(m->io_room->max);
}
/* An I/O without pages yet, with one part; NULL if memory is out. A reference. */
struct page_io *page_io_new(struct mapping *m, u64 index, bool write);
/* Appends a page, with a reference of the I/O. At most IO_PAGES. */
void page_io_add(struct page_io *io, struct page *p);
/*
 * Passes the I/O to the client and drops the caller's reference. Returns what the operation
 * returned; after an error of a read the pages have failed.
 */
int must_check page_io_submit(struct page_io *io);
/* Wakes the waiters for page @index. Context: any. */
void page_wake(struct mapping *m, u64 index);
/* The queue where waiters for page @index sleep. */
#define PAGE_WAITQ(m, index) array_at((m)->page_wait, (index) % MAPPING_WAITQS)

/* ---- reclaim.c ---- */
/*
 * The cache reclaims from itself first when free memory is low, so that other users find free pages
 * without reclaiming: called before @nr pages are allocated for it. Context: as
 * pagecache_reclaim_clean.
 */
void pagecache_make_room(u64 nr);

/* ---- copy.c ---- */
/* Whether a byte of [off, end) of the page is not zero. */
bool page_has_data(struct page *p, size_t off, size_t end);

/* ---- write.c ---- */
/*
 * Adds to the counts of dirty pages and of pages being written; the amounts may be negative.
 * Context: any.
 */
void writeback_count(struct mapping *m, s64 dirty, s64 writing);
/*
 * Called after a page became dirty: starts the flusher if there is none, and wakes it if many pages
 * are dirty.
 */
void writeback_note(void);
/* A write that joined @epoch is complete. Context: any. */
void writeback_leave(struct mapping *m, u32 epoch);

#endif
