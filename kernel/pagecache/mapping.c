// SPDX-License-Identifier: MPL-2.0
/*
 * Mappings: creation and the list of all of them; page I/O; errors of writes.
 *
 * The list. A mapping is on the list from its creation until its inode is released. Walkers hold a
 * reference on the inode, not on the mapping: it keeps the mapping on the list, so the walk can go
 * on from there. An inode that is being released cannot be referred to any more (obj_tryget) and is
 * skipped. mapping_detach takes the lock of the list before the inode is gone, so the host that a
 * walker finds under the lock is that inode and no later one in its slot. New mappings are put in
 * front, where no walk comes that has begun.
 *
 * The ring. Reclaim goes round those mappings that have pages. A mapping joins the ring when its
 * first page is inserted, and leaves it when reclaim finds it empty.
 *
 * Locking: list_lock, a spin lock, guards the list, the ring and mapping.host. It is a leaf.
 */
#include <frame/log.h>
#include <frame/task.h>
#include <kernel/locks.h>
#include <kernel/super.h>

#include "cache.h"

#define READAHEAD_PAGES 32u
#define MAX_IN_FLIGHT   32u

static struct spinlock list_lock;
static LIST_HEAD(mapping) mappings; /* no references */
/*
 * Those that have pages, perhaps; and where mapping_ring_next goes on, NULL: at the beginning.
 */
static LIST_HEAD(mapping) ring;
static struct mapping *ring_at;
static u32 nr_on_ring;

static void mapping_release(struct mapping *m)
{
	obj_put(&m->io_room);
	obj_put(&m->sb_errors);
}
OBJ_TYPE(mapping, mapping_release);
OBJ_TYPE(io_room, NULL_RELEASE);

static struct io_room *io_room_new(void)
{
	struct io_room *r = obj_new(io_room);

	if (r)
		r->max = MAX_IN_FLIGHT;
	return r;
}

/* The io_room of the super, which is made at the first call; NULL: no memory. A reference. */
static struct io_room *room_of(struct super *sb)
{
	struct io_room *fresh = load_acquire(sb->io_room) ? NULL : io_room_new();

	spin_lock(&list_lock);
	if (!sb->io_room) {
		store_release(sb->io_room, fresh);
		fresh = NULL;
	}
	spin_unlock(&list_lock);
	obj_put(&fresh);
	return sb->io_room ? obj_get(sb->io_room) : NULL;
}

int mapping_set_own_room(struct mapping *m)
{
	struct io_room *r = io_room_new();

	if (!r)
		return -ENOMEM;
	obj_put(&m->io_room);
	m->io_room = r;
	return 0;
}

/* The mapping is put on the list when it is whole: a walker may find it at once. */
int inode_set_mapping(struct inode *ino, const struct mapping_ops *ops)
{
	struct io_room *room = room_of(ino->sb);
	struct mapping *m = room ? obj_new(mapping) : NULL;

	if (!m) {
		obj_put(&room);
		return -ENOMEM;
	}
	m->ops = ops;
	m->host = ino;
	m->io_room = room;
	m->sb_errors = ino->sb->errors ? obj_get(ino->sb->errors) : NULL;
	m->readahead_pages = READAHEAD_PAGES;
	m->block_size = PAGE_SIZE;
	lock_level(&m->invalidate_lock, LOCK_INVALIDATE);
	lock_level(&m->sync_lock, LOCK_SYNC);
	lock_level(&ino->pages.lock, LOCK_PAGECACHE);
	ino->mops = ops;
	ino->mapping = m;
	spin_lock(&list_lock);
	list_push_front(&mappings, m, link);
	spin_unlock(&list_lock);
	return 0;
}

/* list_lock held. */
static void ring_add(struct mapping *m)
{
	list_push_back(&ring, m, ring_link);
	nr_on_ring++;
	store_once(m->on_ring, true);
}

/* list_lock held. */
static void ring_remove(struct mapping *m)
{
	if (ring_at == m)
		ring_at = list_next(m, ring_link);
	list_remove(&ring, m, ring_link);
	nr_on_ring--;
	store_once(m->on_ring, false);
}

/*
 * The page is in the cache before the look at on_ring, and mapping_ring_next takes a mapping off
 * the ring before it looks for pages: one of the two sides sees the other.
 */
void mapping_has_pages(struct mapping *m)
{
	memory_barrier();
	if (likely(load_once(m->on_ring)))
		return;
	spin_lock(&list_lock);
	if (!m->on_ring && m->host)
		ring_add(m);
	spin_unlock(&list_lock);
}

/* I/O in progress has references of its own on the mapping, and on the pages. */
void mapping_detach(struct inode *ino)
{
	struct mapping *m = ino->mapping;

	if (!m)
		return;
	spin_lock(&list_lock);
	if (m->on_ring)
		ring_remove(m);
	list_remove(&mappings, m, link);
	m->host = NULL;
	spin_unlock(&list_lock);
	if ((s64)atomic_load(&m->nr_dirty) > 0)
		log_warn("an inode is released with dirty pages: they are lost");
	writeback_count(m, -(s64)atomic_load(&m->nr_dirty), 0);
	obj_put(&ino->mapping);
}

u64 mapping_nr_pages(const struct mapping *m)
{
	return div_round_up(load_once(m->host->size), PAGE_SIZE);
}

/* ---- walks ---- */

/* The first mapping from @m on whose inode is in use, with a reference on that. list_lock held. */
static struct mapping *get_from(struct mapping *m)
{
	while (m && !obj_tryget(m->host))
		m = list_next(m, link);
	return m;
}

/* The put may end the inode, so it is never done under list_lock. */
void mapping_walk_end(struct mapping *m)
{
	struct inode *ino = m->host;

	obj_put(&ino);
}

struct mapping *mapping_next(struct mapping *m)
{
	struct mapping *next;

	task_cond_resched();
	spin_lock(&list_lock);
	next = get_from(m ? list_next(m, link) : list_first(&mappings));
	spin_unlock(&list_lock);
	if (m)
		mapping_walk_end(m);
	return next;
}

struct mapping *mapping_next_to_write(struct mapping *m, const struct super *sb)
{
	do {
		m = mapping_next(m);
	} while (m && ((sb && m->host->sb != sb) || inode_is_going(m->host)));
	return m;
}

#define RING_STEPS 64u /* in one hold of the lock */

/* The next one that has pages and whose inode is in use; those without pages leave the ring. */
static struct mapping *ring_step(void)
{
	struct mapping *m = ring_at ? ring_at : list_first(&ring);

	if (!m)
		return NULL;
	ring_at = list_next(m, ring_link);
	if (!load_once(PAGES_OF(m)->nr_pages)) {
		ring_remove(m);
		memory_barrier(); /* see mapping_has_pages */
		if (load_once(PAGES_OF(m)->nr_pages))
			ring_add(m);
		return NULL;
	}
	return obj_tryget(m->host) ? m : NULL;
}

/* Looks at each mapping of the ring at most once, and gives way after every RING_STEPS of them. */
struct mapping *mapping_ring_next(u32 *n)
{
	struct mapping *m = NULL;
	u32 i, left;

	spin_lock(&list_lock);
	left = nr_on_ring;
	*n = nr_on_ring;
	for (i = 1; left && !m; i++, left--) {
		m = ring_step();
		if (i % RING_STEPS == 0 && !m) {
			spin_unlock(&list_lock);
			task_cond_resched();
			spin_lock(&list_lock);
		}
	}
	spin_unlock(&list_lock);
	return m;
}

/* ---- page I/O ---- */

static void page_io_release(struct page_io *io)
{
	u32 i;

	for (i = 0; i < io->nr_pages; i++)
		page_put(array_at(io->page, i));
	obj_put(&io->mapping);
}
OBJ_TYPE(page_io, page_io_release);

/* The first part is that of the submission; page_io_hold counts those that the client starts. */
struct page_io *page_io_new(struct mapping *m, u64 index, bool write)
{
	struct page_io *io = obj_new(page_io);

	if (!io)
		return NULL;
	io->mapping = obj_get(m);
	io->write = write;
	io->index = index;
	atomic_store(&io->parts, 1);
	return io;
}

void page_io_add(struct page_io *io, struct page *p)
{
	*array_at(io->page, io->nr_pages) = page_get(p);
	io->nr_pages++;
}

void page_wake(struct mapping *m, u64 index)
{
	waitq_wake_all(PAGE_WAITQ(m, index));
}

/* The openers of the file and those of the file system are both told, each once (error_seq.c). */
void mapping_error_note(struct mapping *m, int error)
{
	error_seq_note(&m->error_seq, error);
	if (m->sb_errors)
		error_seq_note(&m->sb_errors->value, error);
}

u64 mapping_error_sample(struct mapping *m)
{
	return error_seq_sample(&m->error_seq);
}

int mapping_error_check(struct mapping *m, u64 *seen)
{
	return error_seq_check(&m->error_seq, seen);
}

/* A failed read marks all its pages; each is then read again alone (read_again). */
static void read_done(struct page_io *io)
{
	struct mapping *m = io->mapping;
	u32 i;

	for (i = 0; i < io->nr_pages; i++) {
		struct page *p = *array_at(io->page, i);
		if (io->error)
			(void)page_tag_or(p, PAGE_FAILED);
		(void)page_tag_and(p, ~(u32)PAGE_LOADING);
		page_wake(m, io->index + i);
	}
}

/* A failed write leaves the page clean, as on Linux: the error is reported to the openers. */
static void write_done(struct page_io *io)
{
	struct mapping *m = io->mapping;
	u32 i;

	if (io->error)
		mapping_error_note(m, io->error);
	for (i = 0; i < io->nr_pages; i++) {
		(void)page_tag_and(*array_at(io->page, i), ~(u32)PAGE_WRITING);
		page_wake(m, io->index + i);
	}
	writeback_count(m, 0, -(s64)io->nr_pages);
	writeback_leave(m, io->epoch);
}

/* An I/O has ended: others may begin, and who waits for the end of all looks again. */
static void io_left(struct page_io *io)
{
	struct mapping *m = io->mapping;

	if (io->write)
		atomic_sub(&m->io_room->writes, 1);
	atomic_sub(&m->io_room->in_flight, 1);
	waitq_wake_all(&m->io_room->wait);
	atomic_sub(&m->in_flight, 1);
	waitq_wake_all(&m->idle);
}

void page_io_hold(struct page_io *io)
{
	atomic_add(&io->parts, 1);
}

/*
 * atomic_sub is a full barrier: the last part sees the errors that the others stored before they
 * ended. Of several errors one stays.
 */
void page_io_done(struct page_io *io, int error)
{
	if (error)
		store_once(io->error, error > 0 ? -EIO : error);
	if (atomic_sub(&io->parts, 1))
		return;
	if (io->write)
		write_done(io);
	else
		read_done(io);
	io_left(io);
}

/*
 * A write that the client could not begin is taken back: its pages become dirty again before they
 * stop being written, so they never look clean. A page that has been cut meanwhile stays out.
 */
static void write_undo(struct page_io *io)
{
	struct mapping *m = io->mapping;
	u32 i;

	for (i = 0; i < io->nr_pages; i++) {
		if (pagecache_set_dirty(PAGES_OF(m), io->index + i, *array_at(io->page, i)))
			writeback_count(m, 1, 0);
	}
	writeback_note();
	atomic_add(&m->nr_undone, 1); /* before the write ends: see mapping_sync */
	write_done(io);
	io_left(io);
}

/*
 * The client ends the first part, at once or when its device is done. An error says that it will
 * not: then the I/O ends here. A write that was refused for a passing reason, such as a lack of
 * memory, leaves its pages dirty.
 */
int page_io_submit(struct page_io *io)
{
	struct mapping *m = io->mapping;
	int err;

	atomic_add(&m->in_flight, 1);
	atomic_add(&m->io_room->in_flight, 1);
	if (io->write)
		atomic_add(&m->io_room->writes, 1);
	if (io->write)
		err = m->ops->write ? m->ops->write(m, io) : -EIO;
	else
		err = m->ops->read(m, io);
	/* A file system that has given up never writes what is dirty: the pages are clean, and lost. */
	if (io->write && error_is_passing(err) && super_is_aborted(m->host->sb))
		err = -EIO;
	if (io->write && error_is_passing(err))
		write_undo(io);
	else if (err)
		page_io_done(io, err);
	obj_put(&io);
	return err;
}
