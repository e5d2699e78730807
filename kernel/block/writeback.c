// SPDX-License-Identifier: MPL-2.0
/*
 * Writing dirty pages: for a sync, by a writer when there are many, and by the flusher, a task that
 * is there only while something is dirty.
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

/* signed: who takes a page may be faster than who counts it. */
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

/* To be called before the pages are taken: a sync that finds them taken waits for this epoch. */
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

void writeback_wait(struct bdev *b)
{
	u32 e;
	int err;

	mutex_lock(&b->sync_lock);
	e = b->epoch;
	store_once(b->epoch, e ^ 1);
	memory_barrier();
	wait_event(&b->written, !atomic_load(array_at(b->writing, e)), WAIT_UNINTERRUPTIBLE,
		NO_DEADLINE, &err);
	mutex_unlock(&b->sync_lock);
}

/* ---- writing ---- */

/*
 * Memory for a request comes back when others are done; not for ever, for somebody may wait for us.
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

/* One request from page @first on. How many pages; 0: @first is being written already; -ENOMEM. */
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
	/* Programs that have them mapped fault again before they write again. */
	if (atomic_load(&ino->shared_writable))
		vm_unmap_file_range(ino, first, first + run.nr - 1, false);
	for (i = 0; i < run.nr; i++) {
		request_add_page(rq, run.page[i]);
		page_put(array_at(run.page, i));
	}
	request_submit(rq);
	return run.nr;
}

static void wait_written(struct bdev *b, u64 index)
{
	struct page *p = pagecache_find(&b->inode->pages, index);
	int err;

	if (p)
		wait_event(array_at(b->page_wait, index % PAGE_WAITQS),
			!(page_tag(p) & PAGE_WRITING), WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
	page_put(&p);
}

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

int cache_sync(struct bdev *b, u64 first, u64 last)
{
	s64 n = cache_write(b, first, last, ~0ul, true);

	writeback_wait(b);
	return n < 0 ? (int)n : 0;
}

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

static struct spinlock flusher_lock; /* guards whether there is one */
static bool flusher_there;
static bool flusher_kicked;
static struct waitq flusher_wait;

/* Pages beyond which it does not wait for them to grow old / writers wait. */
static u64 some_dirty, too_dirty;

static void set_limits(void)
{
	struct page_stats s;

	page_get_stats(&s);
	store_once(too_dirty, max(s.total / 5, (u64)REQUEST_PAGES));
	store_once(some_dirty, max(s.total / 10, (u64)REQUEST_PAGES));
}

/* What has been dirty for a while, or with @all everything. */
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
 * Nothing is dirty: the flusher may end. Who makes something dirty sees that there is none, or we
 * see that it is dirty.
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

void writeback_throttle(struct bdev *b)
{
	while (count_of(&total_dirty) > load_once(too_dirty)) {
		if (cache_write(b, 0, ~0ul, 2 * REQUEST_PAGES, false) <= 0)
			break;
	}
}
