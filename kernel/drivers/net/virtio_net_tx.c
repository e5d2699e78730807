// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio's network device: transmitting (virtio 1.2, 5.1.6.2). See virtio_net.h.
 *
 * A chain is the packet's head, copied to a slot behind the device's header, and the packet's
 * fragments, as they are. The frame holds the pages until the device has returned the chain, so the
 * packet itself is dropped when it is posted, and its sender's buffer has room again.
 *
 * Sent chains are taken back when half of the slots are out, so there is no interrupt for a packet.
 * When no slot is left, xmit arms the ring for half of what is out, and the core keeps the packets
 * (tx_full). The interrupt wakes the task, which takes back and has the core send on. Chains that
 * nobody has taken back are the task's, after a while: xmit wakes it if it sleeps without a
 * deadline (tx_quiet).
 */
#include "virtio_net.h"

#define tx_lock(q) (&array_at((q)->net->netdev->queue, (q)->index)->lock)

/* A slot for each chain that the ring can hold, at most VIRTNET_RING; all are free. */
int virtnet_tx_start(struct virtnet_queue *q)
{
	u32 i;

	q->nr_tx = min(ring_size(q->tx), VIRTNET_RING);
	for (i = 0; i * TX_PAGE_SLOTS < q->nr_tx; i++) {
		*array_at(q->tx_page, i) = page_alloc(0);
		if (!*array_at(q->tx_page, i))
			return -ENOMEM;
	}
	for (i = 0; i < q->nr_tx; i++)
		*array_at(q->tx_free, i) = (u16)i;
	q->nr_tx_free = q->nr_tx;
	q->tx_full = false;
	q->tx_quiet = true;
	spin_lock(tx_lock(q));
	q->tx_live = true;
	spin_unlock(tx_lock(q));
	return 0;
}

void virtnet_tx_stop(struct virtnet_queue *q)
{
	u32 i;

	spin_lock(tx_lock(q));
	q->tx_live = false;
	store_once(q->tx_full, false);
	q->tx_quiet = true;
	q->nr_tx = q->nr_tx_free = 0;
	for (i = 0; i < RING_SEGMENTS; i++)
		q->tx_chain.segment[i].page = NULL;
	spin_unlock(tx_lock(q));
	for (i = 0; i < TX_PAGES; i++)
		page_put(array_at(q->tx_page, i));
}

/* Takes back what the device has sent. The lock is held. */
static void virtnet_tx_reap(struct virtnet_queue *q)
{
	u64 slot = 0;
	u32 len = 0;
	int err;

	while ((err = ring_take(q->tx, &slot, &len)) == 0) {
		*array_at(q->tx_free, q->nr_tx_free) = (u16)slot;
		q->nr_tx_free++;
	}
	if (unlikely(err == -EIO)) {
		q->tx_live = false;
		virtnet_break(q->net);
	}
}

/*
 * Makes room in a full ring, or asks for an interrupt when there will be. Packets need none in a
 * ring that is broken. The ring holds as many chains as there are slots.
 */
static bool tx_make_room(struct virtnet_queue *q)
{
	do {
		virtnet_tx_reap(q);
		if (q->nr_tx_free || !q->tx_live)
			return true;
	} while (!ring_arm_after(q->tx, q->nr_tx / 2));
	store_release(q->tx_full, true); /* after q->tx: see virtnet_tx_has_room */
	return false;
}

/* The bytes from the head to the end of the TCP header; the checksum starts where that begins. */
static u32 tx_header_len(const struct packet *p)
{
	u32 at = p->csum_start + 12u;

	return at < p->tail ? p->csum_start - p->head + (p->data[at] >> 4) * 4u
			    : (u32)p->tail - p->head;
}

/*
 * What the device is to do with the packet: write the checksum, cut it into segments (5.1.6.2.1).
 */
static void tx_offload(const struct packet *p, struct virtnet_header *const h)
{
	u32 flags_at = p->csum_start + 13u;

	if (p->csum == CSUM_PARTIAL) {
		h->flags = VIRTNET_NEEDS_CSUM;
		h->csum_start = (u16)(p->csum_start - p->head);
		h->csum_offset = p->csum_offset;
	}
	if (!p->gso)
		return;
	h->gso_type = p->gso == GSO_TCP4 ? VIRTNET_GSO_TCP4 : VIRTNET_GSO_TCP6;
	/* The first segment alone may say that the window was reduced (CWR). */
	if (flags_at < p->tail && (p->data[flags_at] & 0x80))
		h->gso_type |= VIRTNET_GSO_ECN;
	h->gso_size = p->gso_size;
	h->header_len = (u16)tx_header_len(p);
}

/* Whether the chain and its header can describe the packet. */
static bool tx_is_good(const struct virtnet_queue *q, const struct packet *p)
{
	if (p->csum == CSUM_PARTIAL &&
		(p->csum_start < p->head || p->csum_start + p->csum_offset + 2u > p->tail))
		return false;
	if (p->gso && (p->gso == GSO_UDP || p->csum != CSUM_PARTIAL))
		return false;
	return p->nr_frags < ring_segments(q->tx) && p->tail > p->head;
}

/* Posts the packet by a slot. */
static int virtnet_tx_post(struct virtnet_queue *q, const struct packet *p, u32 slot)
{
	struct virtnet_header h = { 0 };
	struct page *page = *array_at(q->tx_page, slot / TX_PAGE_SLOTS);
	u32 off = slot % TX_PAGE_SLOTS * TX_SLOT, len = q->net->header + p->tail - p->head, i;

	tx_offload(p, &h);
	(void)!span_write(span_of(q->tx_head), 0, &h);
	span_copy(span_from(span_of(q->tx_head), q->net->header), packet_headers(p));
	page_write(page, off, cspan_first(cspan_of(q->tx_head), len));
	q->tx_chain.segment[0].page = page;
	q->tx_chain.segment[0].off = off;
	q->tx_chain.segment[0].len = len;
	for (i = 0; i < p->nr_frags; i++) {
		const struct packet_frag *const f = array_at(p->frag, i);
		struct ring_segment *const s = array_at(q->tx_chain.segment, i + 1);
		s->page = f->page;
		s->off = f->off;
		s->len = f->len;
	}
	q->tx_chain.nr_out = 1u + p->nr_frags;
	return ring_post(q->tx, &q->tx_chain, slot);
}

/*
 * As card_xmit. A packet that the chain cannot describe is counted as an error and consumed:
 * keeping it would block all others.
 */
int virtnet_xmit(struct netdev *d, u32 queue, struct packet *p, bool more)
{
	struct virtnet_queue *q = *array_at(virtnet_of(d)->queue, queue);

	if (unlikely(!q->tx_live || !tx_is_good(q, p))) {
		array_at(d->stats, cpu_id())->tx_errors++;
		packet_drop(&p);
		return 0;
	}
	if (unlikely(q->nr_tx_free <= q->nr_tx / 2))
		virtnet_tx_reap(q);
	if (unlikely(!q->nr_tx_free && !tx_make_room(q))) {
		ring_kick(q->tx);
		return -EBUSY;
	}
	if (likely(q->tx_live && !virtnet_tx_post(q, p, *array_at(q->tx_free, q->nr_tx_free - 1))))
		q->nr_tx_free--;
	else
		array_at(d->stats, cpu_id())->tx_errors++;
	packet_drop(&p);
	if (!more)
		ring_kick(q->tx);
	if (unlikely(q->tx_quiet)) {
		q->tx_quiet = false;
		waitq_wake_one(&q->wait);
	}
	return 0;
}

bool virtnet_tx_has_room(struct virtnet_queue *q)
{
	return load_acquire(q->tx_full) && !ring_arm_after(q->tx, q->nr_tx / 2);
}

/*
 * Takes back what was sent, for a queue that sends no more by itself. If nothing is out, the task
 * sleeps without a deadline until the next packet (tx_quiet).
 */
void virtnet_tx_look(struct virtnet_queue *q, bool expired)
{
	bool wake;

	spin_lock(tx_lock(q));
	if (q->tx_live)
		virtnet_tx_reap(q);
	wake = q->tx_full && (q->nr_tx_free || !q->tx_live);
	if (wake)
		store_once(q->tx_full, false);
	if (expired && (q->nr_tx_free == q->nr_tx || !q->tx_live))
		q->tx_quiet = true;
	spin_unlock(tx_lock(q));
	if (wake)
		netdev_queue_wake(q->net->netdev, q->index);
}
