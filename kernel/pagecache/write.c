// SPDX-License-Identifier: MPL-2.0
/*
 * Write-back: dirty pages are written by a sync, by a writer when too many are dirty, and by the
 * flusher.
 *
 * How a page is written. mapping_write finds the next run of dirty pages, allocates an I/O, lets
 * the client prepare (write_prepare), joins an epoch, and takes the run: under the cache's lock the
 * pages become PAGE_WRITING and clean (pagecache_take_dirty). Then shared mappings of them are
 * removed, so that a program that writes through one faults and makes the page dirty again; a fault
 * that has seen the page dirty and is about to map it writable is waited for first (nr_cuts, see
 * vm/fault.c). Then the I/O goes to the client. The order matters: a store before the unmapping is
 * in the page before the disk reads it; a store after it faults, and the page is written once more.
 * On completion PAGE_WRITING is cleared, errors are noted, and the write leaves its epoch
 * (mapping.c, write_done).
 *
 * How a sync waits. It must wait for writes that others have started, but not for those that start
 * later, or it might never end. Each write joins the current epoch, 0 or 1, before it takes its
 * pages. A sync starts writes of what is dirty, switches the epoch and waits until the old one is
 * empty. sync_lock allows one such wait at a time, so the other epoch is empty when the switch is
 * made.
 *
 * The flusher is a task that exists only while pages are dirty: the first page that becomes dirty
 * starts it. It looks at the mappings every five seconds and writes those that have been dirty that
 * long; when more than a tenth of memory is dirty it is woken at once. When more than a fifth is
 * dirty or being written, writers write pages themselves and wait (mapping_throttle). How many
 * writes are in progress at a time is limited for each device (io_room), reads apart: they have no
 * limit as long as somebody waits for them, so they must not take the writers' room. Syncs and the
 * flusher wait for room; a throttled writer does not, since only its wait for the end of a write
 * can be ended by a kill.
 *
 * What a walk leaves out. pagecache_sync, the flusher and reclaim meet inodes that are being
 * evicted. Whoever evicts one has written it, or drops what is dirty; the client may be through
 * with the inode, or gone. So they write none of these (mapping_next_to_write).
 *
 * What if memory is out. A write requires an I/O object; new_write waits for one for about a
 * second, because completed I/O frees theirs. Then it fails with -ENOMEM, and the pages stay dirty.
 * The same if the client is out of memory (mapping.c, write_undo).
 */
#include <frame/log.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/mm.h>
#include <kernel/pagecache.h>

#include "cache.h"

#define NO_MEMORY_TRIES 500u

/*
 * Signed: a page may be taken before the task that made it dirty has counted it, so that a count is
 * below 0 for a moment.
 */
static struct atomic total_dirty, total_writing;
static struct atomic nr_written; /* writes that have ended */
static struct waitq less_dirty;  /* woken by them */

void writeback_count(struct mapping *m, s64 dirty, s64 writing)
{
	if (dirty) {
		if (atomic_add(&m->nr_dirty, (u64)dirty) == 1)
			store_once(m->dirty_since_ns, time_mono_ns());
		atomic_add(&total_dirty, (u64)dirty);
	}
	if (writing)
		atomic_add(&total_writing, (u64)writing);
	if (writing < 0) {
		atomic_add(&nr_written, 1);
		waitq_wake_all(&less_dirty);
	}
}

static u64 count_of(const struct atomic *a)
{
	return (u64)max((s64)atomic_load(a), 0l);
}

void mapping_get_stats(struct mapping_stats *out)
{
	struct mapping *m;

	*out = (struct mapping_stats){ .dirty = count_of(&total_dirty),
		.writing = count_of(&total_writing) };
	for (m = mapping_next(NULL); m; m = mapping_next(m))
		out->pages += load_once(m->host->pages.nr_pages);
}

/* ---- epochs ---- */

void writeback_leave(struct mapping *m, u32 epoch)
{
	atomic_sub(array_at(m->writing, epoch), 1);
	waitq_wake_all(&m->written);
}

/*
 * Joins the current epoch, before the pages are taken: a sync that finds them taken waits for this
 * epoch. If the epoch changes between the load and the count, the sync may have missed the count,
 * so the write leaves and joins the new one. atomic_add and the second load are in order, and so
 * are the store of epoch and the load of the count in mapping_wait_writes: one of the two sides sees the
 * other.
 */
static u32 writer_enter(struct mapping *m)
{
	for (;;) {
		u32 e = load_once(m->epoch);
		atomic_add(array_at(m->writing, e), 1);
		if (load_once(m->epoch) == e)
			return e;
		writeback_leave(m, e);
	}
}

/* The old epoch only shrinks after the switch, so the wait ends. */
void mapping_wait_writes(struct mapping *m)
{
	u32 e;
	int err;

	mutex_lock(&m->sync_lock);
	e = m->epoch;
	store_once(m->epoch, e ^ 1);
	/* The switch before the load of the count: see writer_enter(). */
	memory_barrier();
	wait_event(&m->written, !atomic_load(array_at(m->writing, e)), WAIT_UNINTERRUPTIBLE,
		NO_DEADLINE, &err);
	mutex_unlock(&m->sync_lock);
}

/* ---- writing ---- */

/*
 * Completed I/O frees memory, so an allocation is tried again for a while; not for ever, because the
 * disk may wait for this task.
 */
static struct page_io *new_write(struct mapping *m, u64 index)
{
	struct page_io *io = page_io_new(m, index, true);
	u32 tries;

	for (tries = 0; !io && tries < NO_MEMORY_TRIES; tries++) {
		(void)task_sleep_until(time_mono_ns() + 2 * NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
		io = page_io_new(m, index, true);
	}
	return io;
}

/*
 * A writer waits here, so that the queue of a device stays short, however many files are written.
 */
static void writer_wait_room(struct mapping *m)
{
	int err;

	wait_event(&m->io_room->wait, !writes_are_full(m), WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
}

/* Takes the run and passes it to the client with @io (consumed). Returns as write_run. */
static s64 take_and_submit(struct mapping *m, u64 first, u64 last, struct page_io *io)
{
	struct page_run run;
	u32 i;
	int err;

	io->epoch = writer_enter(m);
	pagecache_take_dirty(PAGES_OF(m), first, last, &run);
	if (!run.nr) {
		writeback_leave(m, io->epoch);
		obj_put(&io);
		return 0;
	}
	writeback_count(m, -(s64)run.nr, run.nr);
	/*
	 * Programs that have the pages mapped, or are about to, fault before they write again. The
	 * pages are clean before the look at the count: a mapping that is made later finds them so.
	 */
	memory_barrier();
	if (atomic_load(&m->host->shared_writable))
		vm_unmap_run(m->host, &run);
	for (i = 0; i < run.nr; i++) {
		page_io_add(io, *array_at(run.page, i));
		page_put(array_at(run.page, i));
	}
	err = page_io_submit(io);
	return err == -ENOMEM ? err : error_is_passing(err) ? -EAGAIN : (s64)run.nr;
}

/* What is done about a page that is being written and dirty again, and without room for a write. */
enum write_mode {
	WRITE_ALL,    /* both are waited for */
	WRITE_ONCE,   /* the page is skipped */
	WRITE_IF_ROOM /* and without room the caller returns */
};

/*
 * Starts one I/O from page @first on. Returns the number of pages, 0 if @first is being written
 * already or is clean, or -ENOMEM, -EAGAIN: the pages are still dirty; -EBUSY: there is no room.
 */
static s64 write_run(struct mapping *m, u64 first, u64 last, enum write_mode mode)
{
	const struct mapping_ops *ops = m->ops;
	struct page_io *io;
	s64 n;

	if (mode == WRITE_IF_ROOM && writes_are_full(m))
		return -EBUSY;
	io = new_write(m, first);
	if (!io)
		return -ENOMEM;
	if (mode != WRITE_IF_ROOM)
		writer_wait_room(m);
	if (ops->write_prepare && ops->write_prepare(m, first, last)) {
		obj_put(&io);
		return -EAGAIN;
	}
	n = take_and_submit(m, first, last, io);
	if (ops->write_finish)
		ops->write_finish(m);
	return n;
}

/* Waits until the write of the page that is in flight is complete. */
static void wait_written(struct mapping *m, u64 index)
{
	struct page *p = pagecache_find(PAGES_OF(m), index);
	int err;

	if (p)
		wait_event(PAGE_WAITQ(m, index), !(page_tag(p) & PAGE_WRITING),
			WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
	page_put(&p);
}

/*
 * Pages that a writer appends meanwhile are left out, so the loop ends: a page is dirty only after
 * the size that covers it has been stored.
 */
static s64 mapping_write_range(struct mapping *m, u64 first, u64 last, u64 max,
	enum write_mode mode)
{
	u64 i = first, begun = 0;
	s64 n;

	last = min(last, max(mapping_nr_pages(m), 1ul) - 1);
	while (begun < max && (i = pagecache_next_dirty(PAGES_OF(m), i)) <= last && i != ~0ul) {
		n = write_run(m, i, last, mode);
		if (n == -EBUSY)
			break;
		if (n < 0)
			return n;
		if (!n && mode == WRITE_ALL)
			wait_written(m, i);
		else
			i += (u64)max(n, 1l);
		begun += (u64)n;
		task_cond_resched();
	}
	return (s64)begun;
}

s64 mapping_write(struct mapping *m, u64 first, u64 last, u64 max, bool all)
{
	return mapping_write_range(m, first, last, max, all ? WRITE_ALL : WRITE_ONCE);
}

#define SYNC_TRIES 4u

/*
 * The epoch is switched after the last write was started, so all of them are waited for. A page that
 * another task has taken to write it does not look dirty here; if that write could not begin, the
 * page is dirty again after the wait (write_undo): then everything is done once more.
 */
int mapping_sync(struct mapping *m, u64 first, u64 last)
{
	u32 i;

	for (i = 0; i < SYNC_TRIES; i++) {
		u64 undone = atomic_load(&m->nr_undone);
		s64 n = mapping_write(m, first, last, ~0ul, true);
		mapping_wait_writes(m);
		if (n < 0)
			return (int)n;
		if (atomic_load(&m->nr_undone) == undone)
			return 0;
	}
	return -ENOMEM;
}

/*
 * First all are started, so that several disks work at the same time, then each is waited for. An
 * error of the first round shows again in the second.
 */
int pagecache_sync(struct super *sb)
{
	struct mapping *m;
	int err = 0, e;

	for (m = mapping_next_to_write(NULL, sb); m; m = mapping_next_to_write(m, sb)) {
		if ((s64)atomic_load(&m->nr_dirty) > 0)
			/* Only starts the writes: the second walk waits, and has the errors. */
			ignore_error(mapping_write(m, 0, ~0ul, ~0ul, false));
	}
	for (m = mapping_next_to_write(NULL, sb); m; m = mapping_next_to_write(m, sb)) {
		e = mapping_sync(m, 0, ~0ul);
		err = err ? err : e;
	}
	return err;
}

/* ---- the flusher ---- */

static struct spinlock flusher_lock; /* guards the next two */
static bool flusher_there;
static bool flusher_kicked;
static bool knobs_changed; /* the flusher reckons its next look anew */
static struct waitq flusher_wait;

/*
 * Limits in pages: above some_dirty the flusher does not wait for pages to age; above too_dirty,
 * with those that are being written, writers write themselves and wait.
 */
static u64 some_dirty, too_dirty, fixed_limit;

static void set_limits(void)
{
	struct page_stats s;
	u64 fixed = load_once(fixed_limit);
	u64 many = knob_get(KNOB_DIRTY_RATIO), some = knob_get(KNOB_DIRTY_BACKGROUND);

	some = some < many ? some : many / 2; /* as on Linux */
	page_get_stats(&s);
	store_once(too_dirty, fixed ? fixed : max(s.total * many / 100, (u64)IO_PAGES));
	store_once(some_dirty, max(s.total * some / 100, (u64)IO_PAGES));
}

void writeback_set_limit(u64 pages)
{
	store_once(fixed_limit, pages);
	set_limits();
}

u64 writeback_expire_ns(void)
{
	return knob_get(KNOB_DIRTY_EXPIRE) * (NSEC_PER_SEC / 100);
}

void writeback_knobs_changed(void)
{
	set_limits();
	store_release(knobs_changed, true);
	waitq_wake_all(&flusher_wait);
}

u64 writeback_next_ns(void)
{
	u64 interval = knob_get(KNOB_DIRTY_WRITEBACK) * (NSEC_PER_SEC / 100);

	return interval ? time_mono_ns() + interval : NO_DEADLINE;
}

/* Writes the mappings that have been dirty for long, or with @all every one with dirty pages. */
static void writeback_flush(bool all)
{
	u64 now = time_mono_ns(), old = writeback_expire_ns();
	struct mapping *m;

	for (m = mapping_next_to_write(NULL, NULL); m; m = mapping_next_to_write(m, NULL)) {
		if ((s64)atomic_load(&m->nr_dirty) <= 0 ||
			(!all && now - load_once(m->dirty_since_ns) < old))
			continue;
		store_once(m->dirty_since_ns, now);
		if (mapping_write(m, 0, ~0ul, ~0ul, false) == -ENOMEM)
			log_warn("no memory to write what is dirty");
	}
}

/*
 * Nothing is dirty, so the flusher may end. It first announces that it is gone, then looks at the
 * count again; a task that makes a page dirty first counts it, then looks for the flusher. Both
 * sides order their store before their load, so either the flusher sees the page and stays, or the
 * task sees that there is no flusher and starts one.
 */
static bool flusher_may_end(void)
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
		wait_event(&flusher_wait, load_once(flusher_kicked) || load_once(knobs_changed),
			WAIT_UNINTERRUPTIBLE, writeback_next_ns(), &err);
		store_once(knobs_changed, false);
		memory_barrier(); /* a change after this is told once more */
		set_limits();
		kicked = load_once(flusher_kicked);
		store_once(flusher_kicked, false);
		writeback_flush(kicked);
	} while (count_of(&total_dirty) || !flusher_may_end());
}
static const struct task_ops flusher_ops = { .run = flusher_run };

/* Of several tasks that find no flusher, one starts it. */
static void start_flusher(void)
{
	struct task *t;
	bool mine;

	spin_lock(&flusher_lock);
	mine = !flusher_there;
	/* Who woke it while it was not there meant pages that are clean by now. */
	if (mine)
		store_once(flusher_kicked, false);
	/* Released: who sees the flusher wakes it after the line above, and is not forgotten. */
	store_release(flusher_there, true);
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
		pagecache_flush();
}

void pagecache_flush(void)
{
	store_once(flusher_kicked, true);
	waitq_wake_all(&flusher_wait);
}

/*
 * Pages that are being written count: else many small files would turn all memory into pages in
 * front of a slow disk.
 */
bool writeback_is_over(void)
{
	return unlikely(count_of(&total_dirty) + count_of(&total_writing) > load_once(too_dirty));
}

#define THROTTLE_NS    (100 * NSEC_PER_MSEC)
#define THROTTLE_TRIES 50u

/*
 * The writer starts writes of its own mapping, twice as many pages as an I/O has if there is room,
 * or wakes the flusher, if the dirty pages are others'; then it waits for the end of any write,
 * which a kill ends. It gives up when memory is out, or when no write has ended for five seconds:
 * other users of memory find their limits elsewhere (oom.c). It does not wait for another disk,
 * which may hang: when its mapping is clean, and no write is in progress on its own disk for a
 * while, it goes on.
 */
void mapping_throttle(struct mapping *m)
{
	u64 busy_ns = time_mono_ns();
	u32 tries = 0;
	int err = 0;

	while (writeback_is_over() && tries++ < THROTTLE_TRIES && err != -EINTR) {
		u64 seen = atomic_load(&nr_written);
		s64 n = mapping_write_range(m, 0, ~0ul, 2 * IO_PAGES, WRITE_IF_ROOM);
		if (n || atomic_load(&m->io_room->writes))
			busy_ns = time_mono_ns();
		if (n < 0 || time_mono_ns() - busy_ns >= THROTTLE_NS)
			return;
		if (!n)
			pagecache_flush();
		wait_event(&less_dirty, atomic_load(&nr_written) != seen || !writeback_is_over(),
			WAIT_KILLABLE, time_mono_ns() + THROTTLE_NS, &err);
		if (atomic_load(&nr_written) != seen)
			tries = 0;
	}
}
