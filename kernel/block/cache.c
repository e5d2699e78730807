// SPDX-License-Identifier: MPL-2.0
/*
 * The page cache of a block device: pages are read in by requests, waited for, and become dirty.
 *
 * How a page is read. A page is inserted into the cache before it is read, tagged PAGE_LOADING. So
 * at most one read of it is in flight, and no read can overwrite newer contents. The task that sets
 * the tag has the page filled, by the device or by itself; the tag is then cleared and the waiters
 * are woken. If the read fails, the page becomes PAGE_FAILED. The next task that requires it reads
 * it again, alone in its request, so that one bad sector does not fail its neighbours.
 *
 * Who waits where. Waiters for a page share PAGE_WAITQS queues per device, by index; a wake-up
 * wakes all of the queue, and each checks its own page. Completion runs in interrupt context
 * (cache_request_done) and takes no lock that sleeps.
 *
 * Writes in flight are counted by epochs, so that a sync waits for the writes begun before it and
 * for no others; see writeback.c.
 */
#include <kernel/inode.h>
#include <kernel/mm.h>
#include <kernel/pagecache.h>

#include "bdev.h"

/* ---- waiting for a page ---- */

static void page_wake(struct bdev *b, u64 index)
{
	waitq_wake_all(array_at(b->page_wait, index % PAGE_WAITQS));
}

/* Waits until the page's contents are there or have failed; -EINTR if the task is killed. */
static int page_wait_loaded(struct bdev *b, u64 index, struct page *p)
{
	int err;

	wait_event(array_at(b->page_wait, index % PAGE_WAITQS), !(page_tag(p) & PAGE_LOADING),
		WAIT_KILLABLE, NO_DEADLINE, &err);
	return err;
}

/* ---- reading ---- */

u64 bdev_nr_pages(const struct bdev *b)
{
	return div_round_up(b->sectors, SECTORS_PER_PAGE);
}

/*
 * A new page for @index: zeroed if the device ends inside it, because the bytes past the end are
 * not read. @must: wait for memory.
 */
static struct page *new_page(struct bdev *b, u64 index, bool must)
{
	u32 flags = PAGE_USER | (index == b->sectors / SECTORS_PER_PAGE ? PAGE_ZEROED : 0);

	return must ? page_alloc_wait(flags) : page_alloc(flags);
}

/*
 * The cache reclaims from itself first when free memory is low, so that other users find free pages
 * without reclaiming.
 */
static void make_room(u64 nr)
{
	struct page_stats s;

	page_get_stats(&s);
	if (s.free < s.total / 16 + nr)
		(void)cache_reclaim_clean(nr + REQUEST_PAGES);
}

/*
 * Inserts a page that is to be loaded into the cache and adds it to the request. Returns 0, -EEXIST
 * or -ENOMEM.
 */
static int add_loading(struct bdev *b, u64 index, bool must, struct block_request *rq)
{
	struct page *p = new_page(b, index, must);
	int err;

	if (!p)
		return -ENOMEM;
	(void)page_tag_or(p, PAGE_LOADING | PAGE_IDLE);
	err = pagecache_insert(&b->inode->pages, index, p);
	if (!err)
		request_add_page(rq, p);
	page_put(&p);
	return err;
}

/* Whether the page is in the cache, loaded or not. */
static bool is_cached(struct bdev *b, u64 index)
{
	struct page *p = pagecache_find(&b->inode->pages, index);
	bool there = p;

	page_put(&p);
	return there;
}

/*
 * Starts one request for the pages from @first on, up to the next one that is cached. Returns the
 * number of pages; 0 if @first has been inserted by another task; -ENOMEM.
 */
static s64 read_run(struct bdev *b, u64 first, u64 nr, bool must)
{
	struct block_request *rq = request_new(b, BLOCK_READ, first);
	s64 n = 0;
	int err = 0;

	if (!rq)
		return -ENOMEM;
	while ((u64)n < min(nr, (u64)REQUEST_PAGES) && !err &&
		(!n || !is_cached(b, first + (u64)n))) {
		err = add_loading(b, first + (u64)n, must && !n, rq);
		n += !err;
	}
	if (n)
		request_submit(rq);
	else
		obj_put(&rq);
	return n ? n : err == -EEXIST ? 0 : err;
}

/*
 * Runs of pages that are missing become one request each. An error after the first page is ignored:
 * the caller reads that page again when it needs it.
 */
int cache_read(struct bdev *b, u64 first, u64 nr, bool must)
{
	u64 end = min(first + nr, bdev_nr_pages(b)), i = first;
	s64 n;

	make_room(nr);
	while (i < end) {
		if (is_cached(b, i)) {
			i++;
			continue;
		}
		n = read_run(b, i, end - i, must && i == first);
		if (n < 0)
			return i == first ? (int)n : 0;
		i += (u64)n;
	}
	return 0;
}

/*
 * Reads a page again whose read has failed. Returns 0 when a read is in flight, this one or another
 * task's, or the page is good; -ENOMEM.
 */
static int read_again(struct bdev *b, u64 index, struct page *p)
{
	struct block_request *rq = request_new(b, BLOCK_READ, index);

	if (!rq)
		return -ENOMEM;
	if (page_tag_or(p, PAGE_LOADING) & PAGE_LOADING) {
		obj_put(&rq);
		return 0;
	}
	/* Another task has read it meanwhile, with success. */
	if (!(page_tag_and(p, ~(u32)PAGE_FAILED) & PAGE_FAILED)) {
		(void)page_tag_and(p, ~(u32)PAGE_LOADING);
		page_wake(b, index);
		obj_put(&rq);
		return 0;
	}
	request_add_page(rq, p);
	request_submit(rq);
	return 0;
}

/*
 * Makes a page of the cache usable: waits if it is loading, has it read again once if it failed,
 * and clears PAGE_IDLE. Returns 0 if it is usable, 1 to look again, or -errno. *@asked: whether
 * this caller has read it already; then a failure is -EIO.
 */
static int settle(struct bdev *b, u64 index, struct page *p, bool wait, bool *asked)
{
	u32 tag = page_tag(p);

	if (!(tag & (PAGE_LOADING | PAGE_FAILED))) {
		if (tag & PAGE_IDLE)
			(void)page_tag_and(p, ~(u32)PAGE_IDLE);
		return 0;
	}
	if (!wait)
		return -EAGAIN;
	if (tag & PAGE_LOADING) {
		int err = page_wait_loaded(b, index, p);
		return err ? err : 1;
	}
	if (*asked)
		return -EIO;
	*asked = true;
	tag = (u32)read_again(b, index, p);
	return tag ? (int)tag : 1;
}

/* The page may be evicted between the read and the next lookup; then it is read again. */
int cache_get(struct bdev *b, u64 index, bool wait, struct page **out)
{
	bool asked = false;
	int err;

	for (;;) {
		struct page *p = pagecache_find(&b->inode->pages, index);
		err = p ? settle(b, index, p, wait, &asked) : wait ? 1 : -EAGAIN;
		if (!err) {
			*out = p;
			return 0;
		}
		if (!p && err > 0) {
			err = cache_read(b, index, 1, true);
			asked = true;
		}
		page_put(&p);
		if (err < 0)
			return err;
	}
}

/* The read_page operation of the page cache, for mappings. */
static int bdev_read_page(struct inode *ino, u64 index, bool wait, struct page **out)
{
	struct bdev *b = bdev_of(ino);

	if (!b || index >= bdev_nr_pages(b))
		return -EIO;
	/* A fault of a mapping: the neighbours are likely to be needed, so they are read, too. */
	if (wait && !is_cached(b, index))
		(void)cache_read(b, round_down(index, MAP_AROUND), MAP_AROUND, false);
	return cache_get(b, index, wait, out);
}

/* ---- writing into the cache ---- */

/* A page that becomes dirty is counted once; a page that is dirty already costs one test. */
void cache_dirty(struct bdev *b, u64 index, struct page *p)
{
	if (!pagecache_set_dirty(&b->inode->pages, index, p))
		return;
	writeback_count(b, 1, 0);
	writeback_note();
}

static void bdev_dirty(struct inode *ino, u64 index, struct page *p)
{
	struct bdev *b = bdev_of(ino);

	if (b)
		cache_dirty(b, index, p);
}

/*
 * Overwrites a page of the cache with a copy of @p. Holding PAGE_LOADING keeps readers and loads
 * out meanwhile; the old contents, even failed ones, do not matter.
 */
static int overwrite(struct bdev *b, u64 index, struct page *to, struct page *p)
{
	int err;

	while (page_tag_or(to, PAGE_LOADING) & PAGE_LOADING) {
		err = page_wait_loaded(b, index, to);
		if (err)
			return err;
	}
	page_copy(to, p);
	(void)page_tag_and(to, ~(u32)(PAGE_FAILED | PAGE_LOADING));
	page_wake(b, index);
	cache_dirty(b, index, to);
	return 0;
}

/*
 * The page becomes part of the cache if there is none at the index; else its contents replace those
 * of the page that is there.
 */
int cache_put_whole(struct bdev *b, u64 index, struct page *p)
{
	struct page *there;
	int err;

	for (;;) {
		err = pagecache_insert(&b->inode->pages, index, p);
		if (!err)
			cache_dirty(b, index, p);
		if (err != -EEXIST)
			return err;
		there = pagecache_find(&b->inode->pages, index);
		if (!there)
			continue;
		err = overwrite(b, index, there, p);
		page_put(&there);
		return err;
	}
}

static int bdev_sync(struct inode *ino, u64 first, u64 last)
{
	struct bdev *b = bdev_of(ino);

	return b ? cache_sync(b, first, last) : 0;
}

const struct mapping_ops bdev_mops = {
	.read_page = bdev_read_page, .dirty = bdev_dirty, .sync = bdev_sync
};

/*
 * ---- errors of writes, as errseq_t of Linux: each opener gets each error once ----
 *
 * error_seq is even if the last error has not been reported to any opener, odd if it has. A new
 * error after a report makes the number grow; one before it needs no change. An opener remembers
 * the number that it saw last.
 */

/* Records an error. One that has not been reported yet stands for those that follow it. */
static void error_note(struct bdev *b)
{
	u64 old;

	do {
		old = atomic_load(&b->error_seq);
		if (old && !(old & 1))
			return;
	} while (!atomic_cas(&b->error_seq, old, (old | 1) + 1));
}

/* An error that no opener has seen yet is reported to the new opener, too: it starts from 0. */
u64 error_sample(struct bdev *b)
{
	u64 now = atomic_load(&b->error_seq);

	return now & 1 ? now : 0;
}

/* Marks the error as reported, so that the next one gets a new number. */
int error_check(struct bdev *b, u64 *seen)
{
	u64 now = atomic_load(&b->error_seq);

	if (now == *seen)
		return 0;
	(void)atomic_or(&b->error_seq, 1);
	*seen = now | 1;
	return -EIO;
}

/* ---- completion ---- */

/* A failed request marks all its pages; each is then read again alone (read_again). */
static void read_done(struct bdev *b, struct block_request *rq)
{
	u32 i;

	for (i = 0; i < rq->nr_pages; i++) {
		struct page *p = *array_at(rq->page, i);
		if (rq->error)
			(void)page_tag_or(p, PAGE_FAILED);
		(void)page_tag_and(p, ~(u32)PAGE_LOADING);
		page_wake(b, rq->index + i);
	}
}

/* A failed write leaves the page clean, as on Linux: the error is reported to the openers. */
static void write_done(struct bdev *b, struct block_request *rq)
{
	u32 i;

	if (rq->error)
		error_note(b);
	for (i = 0; i < rq->nr_pages; i++) {
		(void)page_tag_and(*array_at(rq->page, i), ~(u32)PAGE_WRITING);
		page_wake(b, rq->index + i);
	}
	writeback_count(b, 0, -(s64)rq->nr_pages);
	writeback_leave(b, rq->epoch);
}

void cache_request_done(struct block_request *rq)
{
	if (rq->op == BLOCK_READ)
		read_done(rq->bdev, rq);
	else if (rq->op == BLOCK_WRITE)
		write_done(rq->bdev, rq);
}
