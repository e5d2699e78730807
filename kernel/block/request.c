// SPDX-License-Identifier: MPL-2.0
/*
 * Requests: allocation, submission to the driver, completion. cache.c completes their pages.
 *
 * How a device outlives its requests. A request has no reference on its device; in_flight counts it
 * from submission until the end of block_done. Removal of a device waits until the count is 0
 * (request_wait_idle) and then takes idle_lock once: block_done decrements the count and wakes the
 * waiters under that lock, so its last access to the device comes before the removal continues.
 */
#include "bdev.h"

static void block_request_release(struct block_request *rq)
{
	u32 i;

	for (i = 0; i < rq->nr_pages; i++)
		page_put(array_at(rq->page, i));
}
OBJ_TYPE(block_request, block_request_release);

/* The request borrows the device; see "How a device outlives its requests". */
struct block_request *request_new(struct bdev *b, enum block_op op, u64 index)
{
	struct block_request *rq = obj_new(block_request);

	if (!rq)
		return NULL;
	rq->op = op;
	rq->bdev = b;
	rq->index = index;
	return rq;
}

void request_add_page(struct block_request *rq, struct page *p)
{
	*array_at(rq->page, rq->nr_pages) = page_get(p);
	rq->nr_pages++;
}

/* Sets the sectors of the request. The device may end in the middle of the last page. */
static void set_range(struct block_request *rq)
{
	u64 first = rq->index * SECTORS_PER_PAGE;

	rq->sector = rq->bdev->start + first;
	rq->nr_sectors = (u32)min((u64)rq->nr_pages * SECTORS_PER_PAGE, rq->bdev->sectors - first);
}

void request_submit(struct block_request *rq)
{
	struct disk *d = rq->bdev->disk;

	if (rq->nr_pages)
		set_range(rq);
	atomic_add(&rq->bdev->in_flight, 1);
	d->ops->submit(d->owner, rq);
	obj_put(&rq);
}

/* Adds the request to the statistics of one device. */
static void count(struct bdev *b, const struct block_request *rq)
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
	count(b, rq);
	if (b->whole)
		count(b->whole, rq);
	cache_request_done(rq);
	store_release(rq->done, true);
	waitq_wake_all(&rq->wait);
	state = spin_lock_irqsave(&b->idle_lock);
	atomic_sub(&b->in_flight, 1);
	waitq_wake_all(&b->room);
	spin_unlock_irqrestore(&b->idle_lock, state); /* the device may be freed from here on */
}

void request_wait_idle(struct bdev *b)
{
	u64 state;
	int err;

	wait_event(&b->room, !atomic_load(&b->in_flight), WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
	state = spin_lock_irqsave(&b->idle_lock);
	spin_unlock_irqrestore(&b->idle_lock, state);
}

/* A writer waits here, so that one task cannot fill memory with requests. */
void request_wait_room(struct bdev *b)
{
	int err;

	wait_event(&b->room, atomic_load(&b->in_flight) < MAX_IN_FLIGHT, WAIT_UNINTERRUPTIBLE,
		NO_DEADLINE, &err);
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
	rq = request_new(b, BLOCK_FLUSH, 0);
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
