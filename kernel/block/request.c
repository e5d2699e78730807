// SPDX-License-Identifier: MPL-2.0
/*
 * Requests: made of page I/O, submitted to the driver, completed.
 *
 * A request moves sectors of the pages of a struct page_io and is one part of it: block_done ends
 * that part. A flush has no pages.
 *
 * How a device outlives its requests. A request has no reference on its device; in_flight counts it
 * from submission until the end of block_done. Removal of a device waits until the count is 0
 * (request_wait_idle) and then takes idle_lock once: block_done decrements the count and wakes the
 * waiters under that lock, so its last access to the device comes before the removal continues.
 */
#include <frame/task.h>
#include <frame/time.h>

#include "bdev.h"

#define NO_MEMORY_TRIES 500u

static void block_request_release(struct block_request *rq)
{
	obj_put(&rq->io);
}
OBJ_TYPE(block_request, block_request_release);

/* The request borrows the device; see "How a device outlives its requests". */
static struct block_request *request_new(struct bdev *b, enum block_op op)
{
	struct block_request *rq = obj_new(block_request);

	if (!rq)
		return NULL;
	rq->op = op;
	rq->bdev = b;
	return rq;
}

/* Hands the request to the driver and drops the caller's reference. */
static void request_submit(struct block_request *rq)
{
	struct disk *d = rq->bdev->disk;

	atomic_add(&rq->bdev->in_flight, 1);
	if (unlikely(load_once(d->gone)))
		block_done(rq, -EIO);
	else
		d->ops->submit(d->owner, rq);
	obj_put(&rq);
}

/*
 * Completed requests free memory, so an allocation for a write is tried again for a while: memory
 * may be short because pages are dirty. Not for ever, because the disk may wait for this task.
 */
static struct block_request *request_for(struct bdev *b, bool write)
{
	enum block_op op = write ? BLOCK_WRITE : BLOCK_READ;
	struct block_request *rq = request_new(b, op);
	u32 tries;

	for (tries = 0; !rq && write && tries < NO_MEMORY_TRIES; tries++) {
		(void)task_sleep_until(time_mono_ns() + 2 * NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
		rq = request_new(b, op);
	}
	return rq;
}

/*
 * @first and @nr: sectors within the I/O; @sector: on the device. A file system calls it once for
 * each run of blocks that lie together.
 */
int block_submit_io(struct bdev *b, struct page_io *io, u32 first, u32 nr, u64 sector)
{
	u32 page = first / SECTORS_PER_PAGE, i;
	u64 size = load_once(b->sectors), end = (u64)first + nr;
	struct block_request *rq;

	static_assert(IO_PAGES <= REQUEST_PAGES, "the pages of an I/O fit a request");
	if (!nr || sector >= size || end > (u64)io->nr_pages * SECTORS_PER_PAGE)
		return -EIO;
	rq = request_for(b, io->write);
	if (!rq)
		return -ENOMEM;
	for (i = 0; page + i < div_round_up(end, SECTORS_PER_PAGE); i++)
		*array_at(rq->page, i) = *array_at(io->page, page + i);
	rq->io = obj_get(io);
	rq->sector = b->start + sector;
	rq->skip = first % SECTORS_PER_PAGE;
	/* The device may end in the middle of the last page. */
	rq->nr_sectors = (u32)min((u64)nr, size - sector);
	request_submit(rq);
	return 0;
}

/* The operations of a device's own mapping: page n is at sector n * SECTORS_PER_PAGE. */
static int bdev_move(struct mapping *m, struct page_io *io)
{
	struct bdev *b = bdev_of(m->host);

	return b ? block_submit_io(b, io, 0, (u32)(io->nr_pages * SECTORS_PER_PAGE),
			   io->index * SECTORS_PER_PAGE)
		 : -EIO;
}

const struct mapping_ops bdev_mops = { .read = bdev_move, .write = bdev_move };

/* Adds the request to the statistics of one device. */
static void request_count(struct bdev *b, const struct block_request *rq)
{
	if (rq->op == BLOCK_FLUSH) {
		atomic_add_relaxed(&b->flushes, 1);
		return;
	}
	atomic_add_relaxed(rq->op == BLOCK_READ ? &b->reads : &b->writes, 1);
	atomic_add_relaxed(rq->op == BLOCK_READ ? &b->sectors_read : &b->sectors_written,
		rq->nr_sectors);
}

/* The order: result and statistics, the pages, the waiter of the request, and last the device. */
void block_done(struct block_request *rq, int error)
{
	struct bdev *b = rq->bdev;
	u64 state;

	rq->error = error > 0 ? -EIO : error;
	if (rq->op == BLOCK_WRITE)
		atomic_add(&b->disk->writes, 1);
	request_count(b, rq);
	if (b->whole)
		request_count(b->whole, rq);
	if (rq->io)
		page_io_done(rq->io, rq->error);
	store_release(rq->done, true);
	waitq_wake_all(&rq->wait);
	state = spin_lock_irqsave(&b->idle_lock);
	atomic_sub(&b->in_flight, 1);
	waitq_wake_all(&b->idle);
	spin_unlock_irqrestore(&b->idle_lock, state); /* the device may be freed from here on */
}

void request_wait_idle(struct bdev *b)
{
	u64 state;
	int err;

	wait_event(&b->idle, !atomic_load(&b->in_flight), WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
	state = spin_lock_irqsave(&b->idle_lock);
	spin_unlock_irqrestore(&b->idle_lock, state);
}

/* A flush is skipped if no write has completed since the last one that succeeded. */
int disk_flush(struct bdev *b)
{
	struct disk *d = b->disk;
	u64 writes = atomic_load(&d->writes);
	struct block_request *rq;
	int err;

	if (atomic_load(&d->flushed) == writes)
		return 0;
	rq = request_new(b, BLOCK_FLUSH);
	if (!rq)
		return -ENOMEM;
	request_submit(obj_get(rq));
	wait_event(&rq->wait, load_acquire(rq->done), WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
	err = rq->error;
	/*
	 * Two flushes at once may set the number back: that costs one more flush later, never one
	 * too few.
	 */
	if (!err)
		atomic_store(&d->flushed, writes);
	obj_put(&rq);
	return err;
}
