// SPDX-License-Identifier: MPL-2.0
/*
 * The descriptor rings of Ethernet controllers (struct ring_format in ring.h). ring.c calls these
 * functions with ring.lock held.
 *
 * A chain's slot has the number of its first descriptor; avail and taken count descriptors. One is
 * always left, so that a ring that is full does not look like an empty one.
 *
 * A device that looks without being told finds a chain by the first word of its first descriptor,
 * which is written last: the stores of the others, and of the second word, come before by release.
 * Behind the last chain it finds an idle descriptor. A device that is told how far it may go is
 * told under ring.lock (ring_kick), so a late doorbell cannot name descriptors of another life.
 *
 * Memory order: docs/memory-order.md, "Rings".
 * Trust: as in ring.c.
 */
#include "ring.h"

#include <frame/errno.h>

#include "../arch.h"

static u64 *fifo_desc(struct ring *r, u32 i)
{
	return (u64 *)&r->desc[i & (r->size - 1u)];
}

static void fifo_write(struct ring *r, u32 i, u64 first, u64 second)
{
	u64 *d = fifo_desc(r, i);

	if (!((i + 1) & (r->size - 1u)))
		first |= r->format->wrap;
	store_once(d[1], second);
	store_release(d[0], first);
}

void fifo_clear(struct ring *r, u32 i, u32 n)
{
	for (; n--; i++)
		fifo_write(r, i, r->format->idle, 0);
}

/* TRUST: of the service's are only bits of @more that ring_format.option allows. */
static void fifo_describe(struct ring *r, u32 i, const struct split_desc *d, u64 more)
{
	const struct ring_format *f = r->format;
	u64 control = f->each | more | (f->rx_size ? 0 : (u64)d->len << f->len_at);

	if (f->control)
		fifo_write(r, i, d->addr, control);
	else
		fifo_write(r, i, control | (u32)d->addr, d->addr >> 32);
}

int fifo_post(struct ring *r, const struct ring_chain *c, u32 nr_out, u32 n, u64 cookie)
{
	const struct ring_format *f = r->format;
	struct split_desc *table = (struct split_desc *)r->avail_ring; /* the device has no such */
	struct ring_slot *s = ring_slot(r, r->avail & (r->size - 1u));
	u64 option = load_once(c->option) & f->option;
	u64 first = load_once(c->context[0]), second = load_once(c->context[1]);
	u32 context = f->context_kind && (first | second), i;
	int err;

	if (f->rx_size ? nr_out || n > 1 : nr_out != n)
		return -EINVAL;
	if (n + context > r->nr_free)
		return -ENOSPC;
	err = ring_lend(s, c, nr_out, n, table, 0);
	if (err)
		return err;
	/* TRUST: the device writes so many bytes, whatever room there is. */
	if (f->rx_size && table->len != f->rx_size) {
		ring_release_pages(s, n);
		return -EINVAL;
	}
	s->cookie = cookie;
	s->state = SLOT_LENT;
	s->nr_desc = (u8)(n + context);
	for (i = n; i-- > 0;)
		fifo_describe(r, r->avail + context + i, &table[i],
			option | (i + 1 == n ? f->last : 0));
	if (context)
		fifo_write(r, r->avail, first, (second & f->context_may) | f->context_kind);
	r->nr_free -= s->nr_desc;
	r->avail += s->nr_desc;
	return 0;
}

/* The control word of the oldest chain, if the device is done with it, else 0. */
u64 fifo_done(struct ring *r)
{
	const struct ring_format *f = r->format;
	u32 i = r->taken;
	u64 control;

	if (r->taken == r->avail)
		return 0;
	if (!f->done_is_first)
		i += ring_slot(r, i & (r->size - 1u))->nr_desc - 1u;
	/* Before what the device has written into pages. */
	control = load_acquire(fifo_desc(r, i)[f->control]);
	return control & f->done ? control : 0;
}

/* The address in the descriptor is cleared before the page is released, as for virtio. */
int fifo_take(struct ring *r, u64 *cookie, u32 *len, u64 *status)
{
	const struct ring_format *f = r->format;
	struct ring_slot *s = ring_slot(r, r->taken & (r->size - 1u));
	u64 control = fifo_done(r);
	u32 n = (u32)(control >> f->len_at) & f->rx_len;

	if (!control)
		return -EAGAIN;
	if (n > s->writable)
		return -EIO;
	*status = control >> f->len_at;
	*len = n;
	*cookie = s->cookie;
	fifo_clear(r, r->taken, s->nr_desc);
	ring_release_pages(s, s->nr);
	s->state = SLOT_FREE;
	r->taken += s->nr_desc;
	r->nr_free += s->nr_desc;
	return 0;
}

/*
 * With ring.lock held: a device that is told of a chain in another life would look for it. A
 * controller that is not told how far it may go may have stopped at the moment at which it was
 * told, so it is told again of what is still out.
 */
void fifo_kick(struct ring *r)
{
	if (r->state != RING_LIVE || !r->started ||
		r->avail == (r->doorbell_value ? r->taken : r->kicked))
		return;
	r->kicked = r->avail;
	/* TRUST: a register of this ring, mapped for ever; descriptors before it hold lent pages. */
	arch_mmio_write32(r->doorbell,
		r->doorbell_value ? r->doorbell_value : r->avail & (r->size - 1u));
}
