// SPDX-License-Identifier: MPL-2.0
/*
 * Ethernet controllers over descriptor rings: transmitting. See card.h.
 *
 * A chain is the packet's head, copied to a slot, and the packet's fragments, as they are. The
 * frame holds the pages until the device has returned the chain, so the packet itself is dropped
 * when it is posted, and its sender's buffer has room again.
 *
 * Sent chains are taken back when there is no room, so there is no interrupt for a packet. If
 * nothing comes back, xmit tells the task, which enables the interrupt, and the core keeps the
 * packets (tx_full). The interrupt wakes the task, which takes back and has the core send on.
 * Chains that nobody has taken back are the task's, after a while: xmit wakes it if it sleeps
 * without a deadline (tx_quiet).
 */
#include "card.h"

/* Where the checksums of TCP and UDP are; the least header of TCP, and where its length is. */
#define TCP_CSUM   16u
#define UDP_CSUM   6u
#define TCP_HEADER 20u
#define TCP_LENGTH 12u

#define tx_lock(c) (&array_at((c)->netdev->queue, 0)->lock)

int card_tx_start(struct card *c)
{
	u32 i;

	for (i = 0; i < CARD_TX_PAGES; i++) {
		*array_at(c->tx_page, i) = page_alloc(0);
		if (!*array_at(c->tx_page, i))
			return -ENOMEM;
	}
	spin_lock(tx_lock(c));
	c->tx_posted = c->tx_taken = 0;
	c->tx_full = false;
	c->tx_quiet = true;
	c->tx_live = true;
	spin_unlock(tx_lock(c));
	return 0;
}

void card_tx_stop(struct card *c)
{
	u32 i;

	spin_lock(tx_lock(c));
	c->tx_live = false;
	store_once(c->tx_full, false);
	c->tx_quiet = true;
	for (i = 0; i < RING_SEGMENTS; i++)
		c->tx_chain.segment[i].page = NULL;
	spin_unlock(tx_lock(c));
	for (i = 0; i < CARD_TX_PAGES; i++)
		page_put(array_at(c->tx_page, i));
}

/* Takes back what the device has sent. The lock is held. */
static void card_tx_reap(struct card *c)
{
	u64 slot = 0;
	u32 len = 0;
	int err;

	while ((err = ring_take(c->tx, &slot, &len)) == 0)
		c->tx_taken++;
	if (unlikely(err == -EIO)) {
		c->tx_live = false;
		card_break(c);
	}
}

/* The packet's checksum is in the packet, or is the device's to write. False: it cannot be. */
static bool tx_checksum(struct card *c, struct packet *p)
{
	u32 n = p->tail - (u32)p->head;
	bool done = false;

	if (p->csum != CSUM_PARTIAL)
		return true;
	if (p->csum_start < p->head || p->csum_start + p->csum_offset + 2u > p->tail)
		return false;
	if (p->csum_offset == TCP_CSUM || p->csum_offset == UDP_CSUM)
		done = c->chip->checksum(p, &c->tx_chain, span_first(span_of(c->tx_head), n));
	if (done)
		return true;
	if (packet_finish_csum(p))
		return false;
	span_copy(span_of(c->tx_head), packet_headers(p));
	return true;
}

/*
 * Has the device cut a packet into segments. The packet may be what a program wrote to a tap: false
 * if its headers are not whole, or a segment would be longer than the device sends.
 */
static bool tx_cut(struct card *c, const struct packet *p)
{
	u32 at = (u32)p->csum_start - p->head, n = p->tail - (u32)p->head, headers;

	if (p->gso == GSO_UDP || !c->chip->cut || !p->gso_size || p->csum != CSUM_PARTIAL ||
		p->csum_offset != TCP_CSUM || p->csum_start < p->head || at + TCP_HEADER > n)
		return false;
	headers = at + (*array_at(c->tx_head, at + TCP_LENGTH) >> 4) * 4u;
	if (headers < at + TCP_HEADER || headers > n || headers >= p->len ||
		headers + p->gso_size > c->chip->max_mtu + ETHERNET_HEADER)
		return false;
	return c->chip->cut(p, &c->tx_chain, span_first(span_of(c->tx_head), n), headers);
}

/* Copies the packet's head, and says in the chain what the device is to do with the packet. */
static bool tx_describe(struct card *c, struct packet *p)
{
	span_copy(span_of(c->tx_head), packet_headers(p));
	c->tx_chain.option = c->tx_chain.context[0] = c->tx_chain.context[1] = 0;
	return p->gso ? tx_cut(c, p) : tx_checksum(c, p);
}

/* Posts the packet by the next slot. 0, -ENOSPC, or an error of the packet or the ring. */
static int card_tx_post(struct card *c, struct packet *p)
{
	u32 slot = c->tx_posted % CARD_RING, len = p->tail - (u32)p->head, i;
	struct page *page = *array_at(c->tx_page, slot / CARD_PAGE_SLOTS);
	u32 off = slot % CARD_PAGE_SLOTS * CARD_SLOT;
	int err;

	if (c->tx_posted - c->tx_taken >= CARD_RING)
		return -ENOSPC;
	if (!len || !tx_describe(c, p))
		return -EINVAL;
	page_write(page, off, cspan_first(cspan_of(c->tx_head), len));
	c->tx_chain.segment[0].page = page;
	c->tx_chain.segment[0].off = off;
	c->tx_chain.segment[0].len = len;
	for (i = 0; i < p->nr_frags; i++) {
		const struct packet_frag *const f = array_at(p->frag, i);
		struct ring_segment *const s = array_at(c->tx_chain.segment, i + 1);
		s->page = f->page;
		s->off = f->off;
		s->len = f->len;
	}
	c->tx_chain.nr_out = 1u + p->nr_frags;
	err = ring_post(c->tx, &c->tx_chain, slot);
	if (!err)
		c->tx_posted++;
	return err;
}

/* Asks the task for an interrupt: it sees that tx_full is not what is armed. */
static int tx_wait_for_room(struct card *c)
{
	ring_kick(c->tx);
	store_release(c->tx_full, true); /* after c->tx: see card_tx_has_work */
	waitq_wake_one(&c->wait);
	return -EBUSY;
}

/*
 * The send queue's lock is held by the core. -EBUSY: the core keeps the packet and is woken when
 * there is room; every other packet is consumed, sent or not. The doorbell is left out while more
 * packets follow.
 */
int card_xmit(struct netdev *d, u32 queue, struct packet *p, bool more)
{
	struct card *c = card_of(d);
	int err = -EIO;

	(void)queue;
	if (likely(c->tx_live))
		err = card_tx_post(c, p);
	if (unlikely(err == -ENOSPC)) {
		card_tx_reap(c);
		if (c->tx_live)
			err = card_tx_post(c, p);
		if (err == -ENOSPC && c->tx_live)
			return tx_wait_for_room(c);
	}
	if (err)
		card_stats(c)->tx_errors++;
	packet_drop(&p);
	if (!more)
		ring_kick(c->tx);
	if (unlikely(c->tx_quiet && c->tx_live)) {
		c->tx_quiet = false;
		waitq_wake_one(&c->wait);
	}
	return 0;
}

/*
 * tx_armed is what the task has enabled. So a request for interrupts that it has not seen counts as
 * work, and is not slept over.
 */
bool card_tx_has_work(struct card *c)
{
	return load_acquire(c->tx_full) && (!c->tx_armed || !ring_arm(c->tx));
}

/* The core is woken without the lock, since it takes the lock to send on. */
void card_tx_look(struct card *c, bool expired)
{
	bool wake = false;
	u32 taken;

	spin_lock(tx_lock(c));
	taken = c->tx_taken;
	if (c->tx_live) {
		card_tx_reap(c);
		/* A controller that stopped as it was told of a packet is told again. */
		if (expired && c->tx_posted != c->tx_taken)
			ring_kick(c->tx);
	}
	if (c->tx_full && (taken != c->tx_taken || !c->tx_live)) {
		store_once(c->tx_full, false);
		wake = true;
	}
	if (expired && (c->tx_posted == c->tx_taken || !c->tx_live))
		c->tx_quiet = true;
	spin_unlock(tx_lock(c));
	if (wake)
		netdev_queue_wake(c->netdev, 0);
}
