// SPDX-License-Identifier: MPL-2.0
/*
 * Rings (frame/ring.h): the record of what is lent to a device, and virtio's split virtqueue.
 *
 * How a chain travels. ring_post takes a free slot, holds the page of each segment and writes a
 * descriptor for it, puts the slot's number into the ring of available chains, and publishes the
 * chain by raising the index of that ring. The device fetches the chain, uses the pages, puts the
 * number into the ring of used chains, and raises the index of that one. ring_take finds the raised
 * index, checks the number and the length against the slot, releases the pages and frees the slot.
 *
 * What the device can do to the memory of the ring does not matter: descriptors and the available
 * ring are written and never read; the slots and all indices that the frame goes by (struct ring)
 * are in memory of which the device knows nothing. It reads of the shared memory: used.idx, the
 * element there, and two hints about notifications. used.idx only goes forwards.
 *
 * A chain that the device returns, or has been reset with, it is believed not to use any more:
 * without an IOMMU nobody can take back what it has fetched. But what it has not fetched is taken
 * back: the descriptor of a chain is cleared before its pages are released, so an address does not
 * stay where a device that errs, or that returns another chain than it means, would find it.
 *
 * A chain of several segments has a table of descriptors of its own, to which its one descriptor in
 * the ring points (indirect descriptors). If the device does not know these, the descriptors of the
 * ring are dealt out to fewer slots, `stride` to each, and are linked.
 *
 * The rings of Ethernet controllers (struct ring_format) share lending, slots, cookies and states;
 * their descriptors are written and read by the functions of fifo.c.
 *
 * Locking: ring.lock guards a ring. Taken after virtio.lock, before the page zone lock.
 * Memory order: docs/memory-order.md, "Rings".
 * Trust: the address of a page is in a descriptor that the device may follow only while the page's
 *        frame count is held for the slot. The count drops when the device has returned the very
 *        slot, or has confirmed its reset. A chain's segments are read from the service's memory
 *        once, checked, and used as read.
 */
#include "ring.h"

#include <frame/errno.h>
#include <frame/log.h>
#include <frame/virtio.h>

#include "../arch.h"

#define NO_INTERRUPT 1u /* avail.flags */
#define NO_NOTIFY    1u /* used.flags */

#define TABLE_BYTES (RING_SEGMENTS * sizeof(struct split_desc))

/* ---- the split virtqueue: what is shared with the device ---- */

static u16 *split_used_event(struct ring *r)
{
	return &r->avail_ring->ring[r->size];
}

static u16 *split_avail_event(struct ring *r)
{
	return (u16 *)&r->used->done[r->size];
}

/*
 * Points the head descriptor of slot @i to the @n descriptors in @table, unless they are the same,
 * and publishes the chain. The release orders all of the chain before the index that makes the
 * device look; TRUST: the descriptors are complete, and the slot holds their pages.
 */
static void split_publish(struct ring *r, u32 i, struct split_desc *table, u32 n)
{
	u16 head = (u16)(i * r->stride);

	if (table != &r->desc[head])
		r->desc[head] = (struct split_desc){ arch_virt_to_phys(table),
			(u32)(n * sizeof(*table)), DESC_INDIRECT, 0 };
	r->avail_ring->ring[r->avail & (r->size - 1)] = head;
	r->avail++;
	store_release(r->avail_ring->idx, r->avail);
}

/*
 * Reads the next completion: 0, -EAGAIN, or -EIO if there cannot be so many. The acquire orders the
 * index before the element, and before what the device has written into pages.
 */
static int split_next(struct ring *r, struct split_done *out)
{
	const struct split_done *d = &r->used->done[r->taken & (r->size - 1)];
	u16 idx = load_acquire(r->used->idx), n = (u16)(idx - r->taken);

	if (n < (u16)(r->seen - r->taken))
		return -EIO;
	r->seen = idx;
	if (!n)
		return -EAGAIN;
	*out = (struct split_done){ load_once(d->id), load_once(d->len) };
	return n <= r->nr_slots - r->nr_free ? 0 : -EIO;
}

/* The device finds no address of the chain of slot @i any more. */
static void split_clear(struct ring *r, u32 i)
{
	r->desc[i * r->stride] = (struct split_desc){ 0 };
}

/* Whether the device wants to be told that chains have been published since the last time. */
static bool split_wants_kick(struct ring *r)
{
	u16 fresh = (u16)(r->avail - r->kicked);

	/*
	 * The device publishes what it waits for and then looks at avail.idx; the frame has
	 * published the index and then looks at what the device waits for. With a full fence on
	 * both sides, one of the two sees the other's store.
	 */
	memory_barrier();
	if (r->overdue)
		return true;
	if (!r->event_idx)
		return !(load_once(r->used->flags) & NO_NOTIFY);
	return (u16)(r->avail - load_once(*split_avail_event(r)) - 1) < fresh;
}

/*
 * Asks for an interrupt at the @n-th completion from now on, 0: for none. An event index that was
 * passed a moment ago comes again after 65535 completions.
 */
static void split_set_interrupts(struct ring *r, u32 n)
{
	if (r->event_idx)
		store_once(*split_used_event(r), (u16)(r->taken + n - 1));
	else
		store_once(r->avail_ring->flags, (u16)(n ? 0 : NO_INTERRUPT));
}

/* ---- posting ---- */

static int ring_post_locked(struct ring *r, const struct ring_chain *c, u32 nr_out, u32 n,
	u64 cookie)
{
	u32 i = r->first_free, base = i * r->stride;
	struct split_desc *table = &r->desc[base];
	struct ring_slot *s;
	int err;

	if (unlikely(r->state != RING_LIVE))
		return -EIO;
	if (n > r->segments)
		return -EINVAL;
	if (unlikely(r->format))
		return fifo_post(r, c, nr_out, n, cookie);
	if (!r->nr_free)
		return -ENOSPC;
	s = ring_slot(r, i);
	if (r->indirect && n > 1) {
		table = s->table;
		base = 0;
	}
	err = ring_lend(s, c, nr_out, n, table, base);
	if (err)
		return err;
	s->cookie = cookie;
	s->state = SLOT_LENT;
	r->first_free = s->next;
	r->nr_free--;
	split_publish(r, i, table, n);
	r->overdue |= (u16)(r->avail - r->kicked) == 0x8000;
	return 0;
}

/* Traps only after everything has been taken back, and without the lock. */
int ring_post(struct ring *r, const struct ring_chain *c, u64 cookie)
{
	u32 nr_out = load_once(c->nr_out), nr_in = load_once(c->nr_in);
	u64 flags;
	int err;

	if (nr_out > RING_SEGMENTS || nr_in > RING_SEGMENTS - nr_out || !(nr_out + nr_in))
		return -EINVAL;
	flags = spin_lock_irqsave(&r->lock);
	err = ring_post_locked(r, c, nr_out, nr_out + nr_in, cookie);
	spin_unlock_irqrestore(&r->lock, flags);
	if (unlikely(err == -EFAULT))
		_kernel_panic("a segment beyond its page, or in a page that has been released");
	return err;
}

/*
 * The doorbell comes without the lock, because a device may take long over it. At worst it reaches
 * a device that has been reset meanwhile, whose queues are empty.
 */
void ring_kick(struct ring *r)
{
	u64 flags = spin_lock_irqsave(&r->lock);
	bool due = !r->format && r->state == RING_LIVE && r->started &&
		(r->kicked != r->avail || r->overdue);

	if (r->format)
		fifo_kick(r);
	if (due) {
		due = split_wants_kick(r);
		r->kicked = r->avail;
		r->overdue = false;
	}
	spin_unlock_irqrestore(&r->lock, flags);
	if (!due)
		return;
	/* TRUST: the doorbell of this queue, in a mapping that lasts for ever. */
	if (r->doorbell_is_wide)
		arch_mmio_write32(r->doorbell, r->index);
	else
		arch_mmio_write16(r->doorbell, r->index);
}

/* ---- taking ---- */

static void ring_free_slot(struct ring *r, struct ring_slot *s, u32 i)
{
	s->state = SLOT_FREE;
	s->next = r->first_free;
	r->first_free = (u16)i;
	r->nr_free++;
}

static int ring_take_locked(struct ring *r, u64 *cookie, u32 *len)
{
	struct split_done done = { 0, 0 };
	struct ring_slot *s;
	int err = split_next(r, &done);
	u32 i = done.id;

	if (err)
		return err;
	if (r->stride > 1) {
		i /= r->stride;
		if (i * r->stride != done.id)
			return -EIO;
	}
	if (i >= r->nr_slots)
		return -EIO;
	s = ring_slot(r, i);
	if (s->state != SLOT_LENT || done.len > s->writable)
		return -EIO;
	r->taken++;
	*cookie = s->cookie;
	*len = done.len;
	/*
	 * TRUST: the device had this chain and says that it has done with it. The release of a page
	 * orders the cleared descriptor before all that others do with the page.
	 */
	split_clear(r, i);
	ring_release_pages(s, s->nr);
	ring_free_slot(r, s, i);
	return 0;
}

/* After a reset: the chains that the device has not returned, one at each call. */
static int ring_take_cancelled(struct ring *r, u64 *cookie, u32 *len)
{
	struct ring_slot *s;

	for (; r->drain < r->nr_slots; r->drain++) {
		s = ring_slot(r, r->drain);
		if (s->state == SLOT_CANCELLED) {
			s->state = SLOT_FREE;
			*cookie = s->cookie;
			*len = 0;
			return -ECANCELED;
		}
	}
	return -ESHUTDOWN;
}

/* By the format, which never changes; each caller below is a copy for one of them. */
static always_inline int ring_take_by(struct ring *r, u64 *cookie, u32 *len, u64 *status, bool fifo)
{
	u64 flags = spin_lock_irqsave(&r->lock);
	int err = -EIO;

	if (likely(r->state == RING_LIVE)) {
		err = fifo ? fifo_take(r, cookie, len, status) : ring_take_locked(r, cookie, len);
		if (unlikely(err == -EIO))
			r->state = RING_BROKEN;
	} else if (r->state == RING_OFF) {
		err = ring_take_cancelled(r, cookie, len);
	}
	spin_unlock_irqrestore(&r->lock, flags);
	return err;
}

static noinline int fifo_take_by_ring(struct ring *r, u64 *cookie, u32 *len, u64 *status)
{
	return ring_take_by(r, cookie, len, status, true);
}

int ring_take_status(struct ring *r, u64 *cookie, u32 *len, u64 *status)
{
	*status = 0;
	return r->format ? fifo_take_by_ring(r, cookie, len, status) : ring_take(r, cookie, len);
}

int ring_take(struct ring *r, u64 *cookie, u32 *len)
{
	u64 status;

	if (unlikely(r->format))
		return ring_take_status(r, cookie, len, &status);
	return ring_take_by(r, cookie, len, NULL, false);
}

/* More chains than there are out would never come back. */
bool ring_arm_after(struct ring *r, u32 n)
{
	u64 flags = spin_lock_irqsave(&r->lock);
	bool is_early = true;
	u16 done;

	if (r->format) {
		is_early = r->state != RING_LIVE || !fifo_done(r);
	} else if (r->state == RING_LIVE) {
		n = max(1u, min(n, (u32)r->nr_slots - r->nr_free));
		split_set_interrupts(r, n);
		/*
		 * The device raises used.idx and then looks whether an interrupt is wanted: the
		 * same handshake as in split_wants_kick, with the sides exchanged.
		 */
		memory_barrier();
		done = (u16)(load_once(r->used->idx) - r->taken);
		/* An index that goes back: ring_take will say so, and break the ring. */
		is_early = done < n && done >= (u16)(r->seen - r->taken);
		if (done > (u16)(r->seen - r->taken))
			r->seen = (u16)(r->taken + done);
	}
	spin_unlock_irqrestore(&r->lock, flags);
	return is_early;
}

void ring_disarm(struct ring *r)
{
	u64 flags = spin_lock_irqsave(&r->lock);

	if (r->state == RING_LIVE && !r->format)
		split_set_interrupts(r, 0);
	spin_unlock_irqrestore(&r->lock, flags);
}

u32 ring_free(struct ring *r)
{
	return load_once(r->state) == RING_LIVE ? load_once(r->nr_free) : 0;
}

u32 ring_size(struct ring *r)
{
	u32 n = load_once(r->nr_slots);

	return n && r->format ? n - 1 : n;
}

u32 ring_segments(struct ring *r)
{
	return load_once(r->segments);
}

/* ---- the ring's life, called with virtio.lock held ---- */

/* Memory once allocated is kept for the next time. */
static void *ring_page(void *old)
{
	paddr_t pa = old ? 0 : page_alloc_frame();

	return pa ? arch_phys_to_virt(pa) : old;
}

/* What may be read while others look at a ring that is off stays valid: slots are only added. */
static bool ring_alloc(struct ring *r, u32 size)
{
	u32 i;

	r->desc = ring_page(r->desc);
	r->rings = ring_page(r->rings);
	if (!r->desc || !r->rings)
		return false;
	for (i = 0; i < div_round_up(size, RING_PAGE_SLOTS); i++) {
		r->slots[i] = ring_page(r->slots[i]);
		if (!r->slots[i])
			return false;
	}
	return true;
}

/* A table does not cross the end of its page. */
static bool ring_alloc_tables(struct ring *r)
{
	u32 i, used = PAGE_SIZE;
	u8 *page = NULL;

	for (i = 0; i < r->nr_slots; i++) {
		if (ring_slot(r, i)->table)
			continue;
		if (used + TABLE_BYTES > PAGE_SIZE) {
			page = ring_page(NULL);
			used = 0;
		}
		if (!page)
			return false;
		ring_slot(r, i)->table = (struct split_desc *)(page + used);
		used += TABLE_BYTES;
	}
	return true;
}

#define SPLIT_USED(at, size) round_up((at) + 6 + 2 * (size), RING_ALIGN)
#define SPLIT_END(at, size)  (SPLIT_USED(at, size) + 6 + 8 * (size))
static_assert(SPLIT_END(0, RING_MAX) <= PAGE_SIZE &&
		SPLIT_END(16 * RING_LEGACY_MAX, RING_LEGACY_MAX) <= PAGE_SIZE,
	"both rings in one page; in that of the descriptors for a legacy device");

static void ring_set_shape(struct ring *r, u32 size, u32 segments, u64 features)
{
	bool legacy = !r->format && !(features & VIRTIO_F_VERSION_1);
	u32 at = legacy ? 16 * size : 0;
	u8 *page = legacy ? (u8 *)r->desc : r->rings;

	r->avail_ring = (struct split_avail *)(page + at);
	r->used = (struct split_used *)(page + SPLIT_USED(at, size));
	r->size = (u16)size;
	/* A chain must not be longer than the ring (virtio 1.2, 2.7.5.3.1). */
	r->segments = (u16)min(segments, size);
	r->event_idx = features & RING_F_EVENT_IDX;
	r->indirect = (features & RING_F_INDIRECT) && r->segments > 1;
	r->stride = r->indirect || r->format ? 1 : r->segments;
	r->nr_slots = r->size / r->stride;
}

static void ring_set_empty(struct ring *r)
{
	u32 i;

	r->avail = r->kicked = r->taken = r->seen = 0;
	r->overdue = false;
	r->nr_free = r->first_free = r->drain = 0;
	for (i = r->nr_slots; i-- > 0;)
		ring_free_slot(r, ring_slot(r, i), i);
	memset(r->desc, 0, PAGE_SIZE);
	memset(r->rings, 0, PAGE_SIZE);
	if (r->format) {
		r->nr_free--;
		fifo_clear(r, 0, r->size);
	} else {
		split_set_interrupts(r, 0);
	}
}

/* No state begins with a doorbell: ring_start allows it. */
static void ring_set_state(struct ring *r, u32 state)
{
	u64 flags = spin_lock_irqsave(&r->lock);

	r->state = state;
	r->started = false;
	spin_unlock_irqrestore(&r->lock, flags);
}

struct ring *ring_make(u32 index)
{
	struct ring *r = ring_page(NULL);

	if (r)
		r->index = (u16)index;
	return r;
}

int ring_open(struct ring *r, u32 size, u32 segments, u64 features)
{
	u64 flags;

	if (r->state != RING_OFF)
		return -EBUSY;
	if (!ring_alloc(r, size))
		return -ENOMEM;
	flags = spin_lock_irqsave(&r->lock);
	ring_set_shape(r, size, segments, features);
	ring_set_empty(r);
	spin_unlock_irqrestore(&r->lock, flags);
	if (r->indirect && !ring_alloc_tables(r))
		return -ENOMEM;
	ring_set_state(r, RING_LIVE);
	return 0;
}

/* A ring that the device has broken already stays so: it has no doorbell. */
void ring_start(struct ring *r)
{
	u64 flags = spin_lock_irqsave(&r->lock);

	r->started = r->state == RING_LIVE;
	spin_unlock_irqrestore(&r->lock, flags);
}

void ring_stop(struct ring *r)
{
	if (r->state != RING_OFF)
		ring_set_state(r, RING_BROKEN);
}

/* The ring is stopped: nobody else changes its slots, so the lock is not held for long. */
void ring_close(struct ring *r)
{
	struct ring_slot *s;
	u32 i;

	if (r->state == RING_OFF)
		return;
	for (i = 0; i < r->nr_slots; i++) {
		s = ring_slot(r, i);
		if (s->state == SLOT_LENT) {
			/* TRUST: the device is reset. */
			if (r->format)
				fifo_clear(r, i, s->nr_desc);
			else
				split_clear(r, i);
			ring_release_pages(s, s->nr);
			s->state = SLOT_CANCELLED;
		}
	}
	ring_set_state(r, RING_OFF);
}
