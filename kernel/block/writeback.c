// SPDX-License-Identifier: MPL-2.0
/*
 * Write-back: dirty pages are written by a sync, by a writer when too many are dirty, and by the
 * flusher.
 *
 * How a page is written. cache_write finds the next run of dirty pages, allocates a request, joins
 * an epoch, and takes the run: under the cache's lock the pages become PAGE_WRITING and clean
 * (pagecache_take_dirty). Then shared mappings of them are removed, so that a program that writes
 * through one faults and makes the page dirty again. Then the request goes to the driver. The order
 * matters: a store before the unmapping is in the page before the device reads it; a store after it
 * faults, and the page is written once more. On completion PAGE_WRITING is cleared, errors are
 * noted, and the write leaves its epoch (cache.c, write_done).
 *
 * How a sync waits. It must wait for writes that others have started, but not for those that start
 * later, or it might never end. Each write joins the current epoch, 0 or 1, before it takes its
 * pages. A sync starts writes of what is dirty, switches the epoch and waits until the old one is
 * empty. sync_lock allows one such wait at a time, so the other epoch is empty when the switch is
 * made.
 *
 * The flusher is a task that exists only while pages are dirty: the first page that becomes dirty
 * starts it. It looks at the devices every five seconds and writes those that have been dirty that
 * long; when more than a tenth of memory is dirty it is woken at once. When more than a fifth is
 * dirty, writers write pages themselves (writeback_throttle).
 *
 * What if memory is out. A write requires a request object; new_write waits for one for about a
 * second, because completed requests free theirs. Then it fails with -ENOMEM, and the pages stay
 * dirty.
 */
#include <frame/log.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/inode.h>
#include <kernel/mm.h>
#include <kernel/pagecache.h>

#include "bdev.h"

#define FLUSH_INTERVAL_NS (5 * NSEC_PER_SEC)
#define NO_MEMORY_TRIES   500u

/*
 * Signed: a page may be taken before the task that made it dirty has counted it, so that a count is
 * below 0 for a moment.
 */
static struct atomic total_dirty, total_writing;

void writeback_count(struct bdev *b, s64 dirty, s64 writing)
{
	if (dirty) {
		if (atomic_add(&b->nr_dirty, (u64)dirty) == 1)
			store_once(b->dirty_since_ns, time_mono_ns());
		atomic_add(&total_dirty, (u64)dirty);
	}
	if (writing)
		atomic_add(&total_writing, (u64)writing);
}

static u64 count_of(const struct atomic *a)
{
	return (u64)max((s64)atomic_load(a), 0l);
}

void block_get_stats(struct block_stats *out)
{
	struct bdev *b;
	u32 i;

	*out = (struct block_stats){ .dirty = count_of(&total_dirty),
		.writing = count_of(&total_writing) };
	for (i = 0; (b = bdev_nth(i)) != NULL; i++) {
		out->pages += load_once(b->inode->pages.nr_pages);
		obj_put(&b);
	}
}

/* ---- epochs ---- */

void writeback_leave(struct bdev *b, u32 epoch)
{
	atomic_sub(array_at(b->writing, epoch), 1);
	waitq_wake_all(&b->written);
}

/*
 * Joins the current epoch, before the pages are taken: a sync that finds them taken waits for this
 * epoch. If the epoch changes between the load and the count, the sync may have missed the count,
 * so the write leaves and joins the new one. atomic_add and the second load are in order, and so
 * are the store of epoch and the load of the count in writeback_wait: one of the two sides sees the
 * other.
 */
static u32 enter(struct bdev *b)
{
	for (;;) {
		u32 e = load_once(b->epoch);
		atomic_add(array_at(b->writing, e), 1);
		if (load_once(b->epoch) == e)
			return e;
		writeback_leave(b, e);
	}
}

/* The old epoch only shrinks after the switch, so the wait ends. */
void writeback_wait(struct bdev *b)
{
	u32 e;
	int err;

	mutex_lock(&b->sync_lock);
	e = b->epoch;
	store_once(b->epoch, e ^ 1);
	/* The switch before the load of the count: see enter(). */
	memory_barrier();
	wait_event(&b->written, !atomic_load(array_at(b->writing, e)), WAIT_UNINTERRUPTIBLE,
		NO_DEADLINE, &err);
	mutex_unlock(&b->sync_lock);
}

/* ---- writing ---- */

/*
 * Completed requests free memory, so a new one is tried again for a while; not for ever, because
 * the device may wait for this task.
 */
static struct block_request *new_write(struct bdev *b, u64 index)
{
	struct block_request *rq = request_new(b, BLOCK_WRITE, index);
	u32 tries;

	for (tries = 0; !rq && tries < NO_MEMORY_TRIES; tries++) {
		(void)task_sleep_until(time_mono_ns() + 2 * NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
		rq = request_new(b, BLOCK_WRITE, index);
	}
	return rq;
}

/*
 * Starts one request from page @first on. Returns the number of pages, 0 if @first is being written
 * already, or -ENOMEM.
 */
static s64 write_run(struct bdev *b, u64 first, u64 last)
{
	struct block_request *rq = new_write(b, first);
	struct inode *ino = b->inode;
	struct page_run run;
	u32 i;

	if (!rq)
		return -ENOMEM;
	request_wait_room(b);
	rq->epoch = enter(b);
	pagecache_take_dirty(&ino->pages, first, last, &run);
	if (!run.nr) {
		writeback_leave(b, rq->epoch);
		obj_put(&rq);
		return 0;
	}
	writeback_count(b, -(s64)run.nr, run.nr);
	/* Programs that have the pages mapped fault before they write again. */
	if (atomic_load(&ino->shared_writable))
		vm_unmap_file_range(ino, first, first + run.nr - 1, false);
	for (i = 0; i < run.nr; i++) {
		request_add_page(rq, run.page[i]);
		page_put(array_at(run.page, i));
	}
	request_submit(rq);
	return run.nr;
}

/* Waits until the write of the page that is in flight is complete. */
static void wait_written(struct bdev *b, u64 index)
{
	struct page *p = pagecache_find(&b->inode->pages, index);
	int err;

	if (p)
		wait_event(array_at(b->page_wait, index % PAGE_WAITQS),
			!(page_tag(p) & PAGE_WRITING), WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
	page_put(&p);
}

/*
 * A page that is being written already is skipped, or with @all waited for, because it is dirty
 * again.
 */
s64 cache_write(struct bdev *b, u64 first, u64 last, u64 max, bool all)
{
	u64 i = first, begun = 0;
	s64 n;

	while (begun < max && (i = pagecache_next_dirty(&b->inode->pages, i)) <= last &&
		i != ~0ul) {
		n = write_run(b, i, last);
		if (n < 0)
			return n;
		if (!n && all)
			wait_written(b, i);
		else
			i += (u64)max(n, 1l);
		begun += (u64)n;
		task_cond_resched();
	}
	return (s64)begun;
}

/* The epoch is switched after the last write was started, so all of them are waited for. */
int cache_sync(struct bdev *b, u64 first, u64 last)
{
	s64 n = cache_write(b, first, last, ~0ul, true);

	writeback_wait(b);
	return n < 0 ? (int)n : 0;
}

/* sync(2): writes and flushes all devices in the order of the registry. */
int block_sync(void)
{
	struct bdev *b;
	int err = 0, e;
	u32 i;

	for (i = 0; (b = bdev_nth(i)) != NULL; i++) {
		e = cache_sync(b, 0, ~0ul);
		if (!e)
			e = disk_flush(b);
		err = err ? err : e;
		obj_put(&b);
	}
	return err;
}

/* ---- the flusher ---- */

static struct spinlock flusher_lock; /* guards the next two */
static bool flusher_there;
static bool flusher_kicked;
static struct waitq flusher_wait;

/*
 * Limits in pages: above some_dirty the flusher does not wait for pages to age; above too_dirty
 * writers write themselves.
 */
static u64 some_dirty, too_dirty;

static void set_limits(void)
{
	struct page_stats s;

	page_get_stats(&s);
	store_once(too_dirty, max(s.total / 5, (u64)REQUEST_PAGES));
	store_once(some_dirty, max(s.total / 10, (u64)REQUEST_PAGES));
}

/*
 * Writes the devices that have been dirty for FLUSH_INTERVAL_NS, or with @all every device with
 * dirty pages.
 */
static void flush(bool all)
{
	u64 now = time_mono_ns();
	struct bdev *b;
	u32 i;

	for (i = 0; (b = bdev_nth(i)) != NULL; i++) {
		if ((s64)atomic_load(&b->nr_dirty) > 0 &&
			(all || now - load_once(b->dirty_since_ns) >= FLUSH_INTERVAL_NS)) {
			store_once(b->dirty_since_ns, now);
			if (cache_write(b, 0, ~0ul, ~0ul, false) < 0)
				log_warn("no memory to write what is dirty");
		}
		obj_put(&b);
	}
}

/*
 * Nothing is dirty, so the flusher may end. It first announces that it is gone, then looks at the
 * count again; a task that makes a page dirty first counts it, then looks for the flusher. Both
 * sides order their store before their load, so either the flusher sees the page and stays, or the
 * task sees that there is no flusher and starts one.
 */
static bool may_end(void)
{
	bool end;

	spin_lock(&flusher_lock);
	store_once(flusher_there, false);
	memory_barrier();
	end = !count_of(&total_dirty);
	if (!end)
		store_once(flusher_there, true);
	spin_unlock(&flusher_lock);
	return end;
}

/* Sleeps until it is woken or the interval has passed; ends when nothing is dirty. */
static void flusher_run(struct obj *owner)
{
	bool kicked;
	int err;

	(void)owner;
	do {
		wait_event(&flusher_wait, load_once(flusher_kicked), WAIT_UNINTERRUPTIBLE,
			time_mono_ns() + FLUSH_INTERVAL_NS, &err);
		kicked = load_once(flusher_kicked);
		store_once(flusher_kicked, false);
		flush(kicked);
	} while (count_of(&total_dirty) || !may_end());
}
static const struct task_ops flusher_ops = { .run = flusher_run };

/* Of several tasks that find no flusher, one starts it. */
static void start_flusher(void)
{
	struct task *t;
	bool mine;

	spin_lock(&flusher_lock);
	mine = !flusher_there;
	store_once(flusher_there, true);
	spin_unlock(&flusher_lock);
	if (!mine)
		return;
	set_limits();
	t = task_new(&flusher_ops, NULL, LIT("flusher"));
	if (!t) {
		store_once(flusher_there, false); /* the next page that becomes dirty tries again */
		return;
	}
	task_start(t);
	task_put(&t);
}

void writeback_note(void)
{
	if (unlikely(!load_once(flusher_there)))
		start_flusher();
	if (unlikely(count_of(&total_dirty) > load_once(some_dirty)) && !load_once(flusher_kicked))
		writeback_kick();
}

void writeback_kick(void)
{
	store_once(flusher_kicked, true);
	waitq_wake_all(&flusher_wait);
}

/*
 * The writer writes pages of its own device, twice as many as a request has, so that dirty pages
 * become fewer and not more. It stops when the device has no dirty pages or memory is out.
 */
void writeback_throttle(struct bdev *b)
{
	while (count_of(&total_dirty) > load_once(too_dirty)) {
		if (cache_write(b, 0, ~0ul, 2 * REQUEST_PAGES, false) <= 0)
			break;
	}
}
