// SPDX-License-Identifier: MPL-2.0
/*
 * The page cache of a mapping: pages are read in, waited for, and become dirty.
 *
 * How a page is read. A page is inserted into the cache before it is read, tagged PAGE_LOADING. So
 * at most one read of it is in flight, and no read can overwrite newer contents. The task that sets
 * the tag has the page filled, by the client or by itself; the tag is then cleared and the waiters
 * are woken. If the read fails, the page becomes PAGE_FAILED. The next task that requires it reads
 * it again, alone in its I/O, so that one bad sector does not fail its neighbours.
 *
 * Who waits where. Waiters for a page share MAPPING_WAITQS queues per mapping, by index; a wake-up
 * wakes all of the queue, and each checks its own page. Completion may run in interrupt context
 * (page_io_done in mapping.c) and takes no lock that sleeps.
 *
 * How reads meet a truncation or a hole. Pages are inserted and passed to the client under
 * invalidate_lock, held for reading. The cutter holds it for writing until the blocks are freed. So
 * a read of the old blocks was inserted before the cut, which removes its page from the cache; the
 * reader that waits for that page looks the index up again and does not use it.
 *
 * Writes in flight are counted by epochs, so that a sync waits for the writes begun before it and
 * for no others; see write.c.
 */
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/inode.h>
#include <kernel/mm.h>
#include <kernel/pagecache.h>
#include <kernel/thread.h>

#include "cache.h"

#define FAULT_AROUND    16ul /* pages that a fault reads in */
#define NO_MEMORY_TRIES 500u

/* ---- waiting for a page ---- */

/*
 * Waits until the page's contents are there or have failed; -EINTR if @mode lets a kill end the
 * wait.
 */
static int page_wait_loaded(struct mapping *m, u64 index, struct page *p, enum wait_mode mode)
{
	int err;

	wait_event(PAGE_WAITQ(m, index), !(page_tag(p) & PAGE_LOADING), mode, NO_DEADLINE, &err);
	return err;
}

/* ---- reading ---- */

/* How a page is allocated when memory is short, and how the disk is waited for. */
enum page_wait {
	NO_WAIT,
	/* Only clean pages are reclaimed, for a while; not killable: see mapping_get_meta. */
	WAIT_CLEAN,
	WAIT_ALL /* as any user memory (oom_wait); killable */
};

/* Allocates while clean pages can be reclaimed, or come back by themselves within a second. */
static struct page *alloc_clean(u32 flags)
{
	struct page *p = page_alloc(flags);
	u32 tries;

	for (tries = 0; !p && tries < NO_MEMORY_TRIES; tries++) {
		if (!pagecache_reclaim_clean(IO_PAGES))
			(void)task_sleep_until(time_mono_ns() + 2 * NSEC_PER_MSEC,
				WAIT_UNINTERRUPTIBLE);
		p = page_alloc(flags);
	}
	return p;
}

/*
 * A new page for @index: zeroed if the file ends inside it, because a disk may have nothing to read
 * behind the end.
 */
static struct page *read_new_page(struct mapping *m, u64 index, enum page_wait wait)
{
	u32 flags = PAGE_USER | (index == load_once(m->host->size) >> PAGE_SHIFT ? PAGE_ZEROED : 0);

	return wait == WAIT_ALL      ? page_alloc_wait(flags)
		: wait == WAIT_CLEAN ? alloc_clean(flags)
				     : page_alloc(flags);
}

/*
 * Inserts @p, which is to be loaded, into the cache and adds it to the I/O; drops the caller's
 * reference. Returns 0, -EEXIST or -ENOMEM (also if @p is NULL).
 */
static int add_loading(struct mapping *m, u64 index, struct page *p, struct page_io *io)
{
	int err;

	if (!p)
		return -ENOMEM;
	(void)page_tag_or(p, PAGE_LOADING | PAGE_IDLE);
	err = pagecache_insert(PAGES_OF(m), index, p);
	if (!err) {
		mapping_has_pages(m);
		page_io_add(io, p);
	}
	page_put(&p);
	return err;
}

/* Whether the page is in the cache, loaded or not. */
static bool is_cached(struct mapping *m, u64 index)
{
	struct page *p = pagecache_find(PAGES_OF(m), index);
	bool there = p;

	page_put(&p);
	return there;
}

/*
 * Starts one I/O for the pages from @first on, up to the next one that is cached, or the end of the
 * file. @p: the first page, consumed. The end is looked at under invalidate_lock: a truncation that
 * stores a smaller size cuts the pages behind it later, under the lock. Returns the number of pages;
 * 0 if @first has been inserted by another task; -ENXIO: it is behind the end; -ENOMEM, or the
 * error with which the client refused.
 */
static s64 read_run(struct mapping *m, u64 first, u64 nr, struct page *p)
{
	struct page_io *io = page_io_new(m, first, false);
	s64 n = 1;
	int err;

	if (!io) {
		page_put(&p);
		return -ENOMEM;
	}
	rwlock_read_lock(&m->invalidate_lock);
	nr = min(min(first + nr, mapping_nr_pages(m)), first + IO_PAGES);
	err = first < nr ? add_loading(m, first, p, io) : -ENXIO;
	if (err == -ENXIO)
		page_put(&p);
	while (!err && first + (u64)n < nr && !is_cached(m, first + (u64)n) &&
		!add_loading(m, first + (u64)n, read_new_page(m, first + (u64)n, NO_WAIT), io))
		n++;
	thread_count_io(IO_READ_BYTES, err ? 0 : (u64)n * PAGE_SIZE);
	if (!err)
		err = page_io_submit(io);
	else
		obj_put(&io);
	rwlock_read_unlock(&m->invalidate_lock);
	return err == -EEXIST ? 0 : err ? err : n;
}

/*
 * Runs of pages that are missing become one I/O each. An error after the first page is ignored: the
 * caller reads that page again when it needs it. @wait: for the first page; memory is waited for
 * without invalidate_lock. @wanted: see mapping_read.
 */
static int read_range(struct mapping *m, u64 first, u64 nr, u64 wanted, enum page_wait wait)
{
	u64 end = min(first + nr, mapping_nr_pages(m)), i = first;
	s64 n;

	if (i >= end)
		return -ENXIO;
	pagecache_make_room(nr);
	while (i < end) {
		task_cond_resched();
		if (i - first >= wanted && io_is_full(m))
			return 0; /* nobody waits for these pages */
		if (is_cached(m, i)) {
			i++;
			continue;
		}
		n = read_run(m, i, end - i, read_new_page(m, i, i == first ? wait : NO_WAIT));
		if (n < 0)
			return i == first ? (int)n : 0;
		i += (u64)n;
	}
	return 0;
}

int mapping_read(struct mapping *m, u64 first, u64 nr, u64 wanted)
{
	return read_range(m, first, nr, wanted, NO_WAIT);
}

/*
 * Reads a page again whose read has failed. If the page has been cut meanwhile, its blocks may be
 * another file's: that is seen under invalidate_lock. Returns 0 when a read is in flight, this one
 * or another task's, or the page is good or gone; -ENOMEM, or the error with which the client
 * refused.
 */
static int read_again(struct mapping *m, u64 index, struct page *p)
{
	struct page_io *io = page_io_new(m, index, false);
	struct page *there;
	int err = 0;

	if (!io)
		return -ENOMEM;
	if (page_tag_or(p, PAGE_LOADING) & PAGE_LOADING) {
		obj_put(&io);
		return 0;
	}
	rwlock_read_lock(&m->invalidate_lock);
	there = pagecache_find(PAGES_OF(m), index);
	/* Not there: a cut has removed it. Not failed: another task has read it meanwhile. */
	if (there != p || !(page_tag_and(p, ~(u32)PAGE_FAILED) & PAGE_FAILED)) {
		(void)page_tag_and(p, ~(u32)PAGE_LOADING);
		page_wake(m, index);
		obj_put(&io);
	} else {
		page_io_add(io, p);
		err = page_io_submit(io);
	}
	rwlock_read_unlock(&m->invalidate_lock);
	page_put(&there);
	return err;
}

/*
 * Makes a page of the cache usable: waits if it is loading, has it read again once if it failed,
 * and clears PAGE_IDLE. Returns 0 if it is usable, 1 to look again, or -errno. *@asked: whether
 * this caller has read it already; then a failure is -EIO.
 */
static int settle(struct mapping *m, u64 index, struct page *p, enum page_wait wait, bool *asked)
{
	u32 tag = page_tag(p);

	if (!(tag & (PAGE_LOADING | PAGE_FAILED))) {
		if (tag & PAGE_IDLE)
			(void)page_tag_and(p, ~(u32)PAGE_IDLE);
		return 0;
	}
	if (wait == NO_WAIT)
		return -EAGAIN;
	if (tag & PAGE_LOADING) {
		int err = page_wait_loaded(m, index, p,
			wait == WAIT_CLEAN ? WAIT_UNINTERRUPTIBLE : WAIT_KILLABLE);
		return err ? err : 1;
	}
	if (*asked)
		return -EIO;
	*asked = true;
	tag = (u32)read_again(m, index, p);
	return tag ? (int)tag : 1;
}

/*
 * The page may be evicted between the read and the next lookup; then it is read again. A client
 * that refuses a read with -EAGAIN means that it has no means at the moment. To callers that wait,
 * that is as no memory: -EAGAIN would tell them to wait for a read that nobody has begun.
 */
static int read_get_page(struct mapping *m, u64 index, enum page_wait wait, struct page **out)
{
	bool asked = false;
	int err;

	for (;;) {
		struct page *p = pagecache_find(PAGES_OF(m), index);
		err = p ? settle(m, index, p, wait, &asked) : wait != NO_WAIT ? 1 : -EAGAIN;
		if (!err) {
			*out = p;
			return 0;
		}
		if (!p && err > 0) {
			err = read_range(m, index, 1, 1, wait);
			asked = true;
		}
		page_put(&p);
		if (err < 0)
			return err == -EAGAIN && wait != NO_WAIT ? -ENOMEM : err;
	}
}

int mapping_get_page(struct mapping *m, u64 index, bool wait, struct page **out)
{
	return read_get_page(m, index, wait ? WAIT_ALL : NO_WAIT, out);
}

int mapping_get_meta(struct mapping *m, u64 index, struct page **out)
{
	return read_get_page(m, index, WAIT_CLEAN, out);
}

int mapping_fault_page(struct mapping *m, u64 index, bool wait, struct page **out)
{
	if (index >= mapping_nr_pages(m))
		return -ENXIO;
	/* An error of another page is none of this fault; mapping_get_page returns its own. */
	if (wait && !is_cached(m, index))
		ignore_error(mapping_read(m, round_down(index, FAULT_AROUND), FAULT_AROUND,
			FAULT_AROUND));
	return mapping_get_page(m, index, wait, out);
}

/* ---- writing into the cache ---- */

/* A page that becomes dirty is counted once; a page that is dirty already costs one test. */
void mapping_dirty(struct mapping *m, u64 index, struct page *p)
{
	if (!pagecache_set_dirty(PAGES_OF(m), index, p))
		return;
	writeback_count(m, 1, 0);
	thread_count_io(IO_WRITE_BYTES, PAGE_SIZE);
	writeback_note();
}

/*
 * Overwrites a page of the cache with a copy of @p. Holding PAGE_LOADING keeps readers and loads
 * out meanwhile; the old contents, even failed ones, do not matter.
 */
static int overwrite(struct mapping *m, u64 index, struct page *to, struct page *p, u64 end)
{
	int err;

	while (page_tag_or(to, PAGE_LOADING) & PAGE_LOADING) {
		err = page_wait_loaded(m, index, to, WAIT_KILLABLE);
		if (err)
			return err;
	}
	page_copy(to, p);
	(void)page_tag_and(to, ~(u32)(PAGE_FAILED | PAGE_LOADING));
	page_wake(m, index);
	mapping_grow(m, end);
	mapping_dirty(m, index, to);
	return 0;
}

/*
 * The page becomes part of the cache if there is none at the index; else its contents replace those
 * of the page that is there.
 */
int mapping_put_whole(struct mapping *m, u64 index, struct page *p, u64 end)
{
	struct page *there;
	int err;

	for (;;) {
		err = pagecache_insert(PAGES_OF(m), index, p);
		if (!err) {
			mapping_has_pages(m);
			mapping_grow(m, end);
			mapping_dirty(m, index, p);
		}
		if (err != -EEXIST)
			return err;
		there = pagecache_find(PAGES_OF(m), index);
		if (!there)
			continue;
		err = overwrite(m, index, there, p, end);
		page_put(&there);
		return err;
	}
}
