// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio's network device: receiving (virtio 1.2, 5.1.6.4). See virtio_net.h.
 *
 * A packet is one buffer or, if the device merges them, several, of which the first begins with the
 * header and says how many there are. The device has returned all of them when the first one can be
 * taken. Nothing else that it says is believed: a packet that is too short or too long, whose other
 * buffers are missing, or whose offsets lead out of its headers, is counted as an error and
 * dropped.
 */
#include "virtio_net.h"

#define RX_BUDGET 64u
/* Packets up to this length are copied as a whole; of others, this many bytes. */
#define RX_WHOLE  (PACKET_DATA - RX_ROOM)
#define RX_COPY   128u
#define RX_ROOM   2u /* so that the internet header is aligned */
#define RX_REFILL 16u

/* A packet that is being taken, and the cookies of its buffers from the second on. */
struct virtnet_rx {
	struct virtnet_header header;
	u32 nr; /* buffers */
	u32 cookie, len;
};

/*
 * Where frames begin in a buffer, behind the device's header: the data of a TCP segment with time
 * stamps over IPv4 then begins at 80, aligned like the user's buffer, and is copied in words.
 */
#define RX_FRAME     14u
#define rx_header(q) (RX_FRAME - (q)->net->header)

#define rx_stats(q) (array_at((q)->net->netdev->stats, cpu_id()))

/* ---- buffers ---- */

/* A page for each buffer, whether the device merges them or not. */
static int virtnet_rx_post(struct virtnet_queue *q, u32 cookie)
{
	q->rx_chain.nr_in = 1;
	q->rx_chain.segment[0].page = *array_at(q->rx_page, cookie);
	q->rx_chain.segment[0].off = rx_header(q);
	q->rx_chain.segment[0].len = (u32)PAGE_SIZE - rx_header(q);
	return ring_post(q->rx, &q->rx_chain, cookie);
}

/* Posts what is free; a doorbell for all. */
static void virtnet_rx_refill(struct virtnet_queue *q)
{
	for (; q->nr_rx_free; q->nr_rx_free--) {
		if (virtnet_rx_post(q, *array_at(q->rx_free, q->nr_rx_free - 1)))
			break;
	}
	ring_kick(q->rx);
}

static void rx_recycle(struct virtnet_queue *q, u32 cookie)
{
	*array_at(q->rx_free, q->nr_rx_free) = (u16)cookie;
	q->nr_rx_free++;
}

/* `live` is stored last, with a release: the task must not find a ring of an earlier open. */
int virtnet_rx_start(struct virtnet_queue *q)
{
	u32 i;

	for (i = 0; i < min(ring_size(q->rx), VIRTNET_RING); i++) {
		*array_at(q->rx_page, i) = page_alloc(PAGE_USER);
		if (!*array_at(q->rx_page, i))
			return -ENOMEM;
		if (virtnet_rx_post(q, i))
			return -EIO;
	}
	q->nr_rx_free = 0;
	ring_kick(q->rx);
	store_release(q->live, true); /* after q->rx: see queue_has_work */
	return 0;
}

void virtnet_rx_stop(struct virtnet_queue *q)
{
	u32 i;

	store_once(q->live, false);
	q->nr_rx_free = 0;
	q->rx_chain.segment[0].page = NULL;
	for (i = 0; i < VIRTNET_RING; i++)
		page_put(array_at(q->rx_page, i));
}

/* ---- one packet ---- */

/*
 * Makes the @len bytes from @off of a buffer a fragment. The packet takes the page over, and the
 * buffer gets another one. False: there is no memory, and the buffer keeps its page.
 */
static bool rx_give(struct virtnet_queue *q, struct packet *p, u32 cookie, u32 off, u32 len)
{
	struct page *fresh;
	struct packet_frag *const f = array_at(p->frag, p->nr_frags);

	if (!len)
		return true;
	fresh = page_alloc(PAGE_USER);
	if (!fresh)
		return false;
	f->page = *array_at(q->rx_page, cookie);
	f->off = off;
	f->len = len;
	p->nr_frags++;
	p->len += len;
	*array_at(q->rx_page, cookie) = fresh;
	return true;
}

/* The bytes of the first buffer. NULL: no memory. */
static struct packet *rx_first(struct virtnet_queue *q, const struct virtnet_rx *rx)
{
	u32 header = q->net->header, len = rx->len - header;
	u32 n = len <= RX_WHOLE ? len : RX_COPY;
	struct packet *p = packet_new(RX_ROOM);

	if (!p)
		return NULL;
	page_read(*array_at(q->rx_page, rx->cookie), RX_FRAME,
		span_sub(span_of(p->data), p->tail, n));
	p->tail += (u16)n;
	p->len = n;
	if (!rx_give(q, p, rx->cookie, RX_FRAME + n, len - n))
		packet_drop(&p);
	return p;
}

/*
 * Takes the packet's other buffers; all are taken also if the packet cannot be had. 0, -ENOMEM,
 * -EBADMSG: some are missing, or it is too long; -EIO: the ring is broken.
 */
static int rx_rest(struct virtnet_queue *q, struct packet *p, u32 nr)
{
	u64 cookie = 0;
	u32 len = 0, i;
	int err = 0, one;

	for (i = 1; i < nr; i++) {
		one = ring_take(q->rx, &cookie, &len);
		if (one)
			return one == -EAGAIN ? -EBADMSG : -EIO;
		if (!err && (!p || p->len + len > PACKET_MAX))
			err = p ? -EBADMSG : -ENOMEM;
		if (!err && !rx_give(q, p, (u32)cookie, rx_header(q), len))
			err = -ENOMEM;
		rx_recycle(q, (u32)cookie);
	}
	return err ? err : p ? 0 : -ENOMEM;
}

/*
 * What the header says of checksum and segments (5.1.6.4.2). False: it cannot be. The offsets must
 * lie in the bytes that were copied, where the headers are.
 */
static bool rx_offload(const struct virtnet *n, struct packet *p, const struct virtnet_header *h)
{
	u32 start = h->csum_start, end = start + h->csum_offset + 2u;
	u8 kind = h->gso_type & (u8)~VIRTNET_GSO_ECN;

	if (h->flags & VIRTNET_NEEDS_CSUM) {
		if (!(n->features & VIRTNET_F_GUEST_CSUM) || start < ETHERNET_HEADER ||
			end > (u32)p->tail - p->head)
			return false;
		p->csum = CSUM_PARTIAL;
		p->csum_start = (u16)(p->head + start);
		p->csum_offset = h->csum_offset;
	} else if ((h->flags & VIRTNET_DATA_VALID) && (n->features & VIRTNET_F_GUEST_CSUM)) {
		p->csum = CSUM_GOOD;
	}
	if (kind == VIRTNET_GSO_NONE)
		return true;
	if (!(n->features & VIRTNET_F_GUEST_TSO4) || !h->gso_size || p->csum == CSUM_UNKNOWN ||
		(kind != VIRTNET_GSO_TCP4 && kind != VIRTNET_GSO_TCP6))
		return false;
	p->gso = kind == VIRTNET_GSO_TCP4 ? GSO_TCP4 : GSO_TCP6;
	p->gso_size = h->gso_size;
	return true;
}

/* Takes the first buffer of a packet. 0, -EAGAIN, -EBADMSG: it is none; -EIO. */
static int rx_begin(struct virtnet_queue *q, struct virtnet_rx *const rx)
{
	u64 cookie = 0;
	int err = ring_take(q->rx, &cookie, &rx->len);

	if (err)
		return err;
	rx->cookie = (u32)cookie;
	rx->nr = 1;
	if (rx->len >= q->net->header + ETHERNET_HEADER) {
		page_read(*array_at(q->rx_page, rx->cookie), rx_header(q), value_span(&rx->header));
		if (q->net->features & VIRTNET_F_MRG_RXBUF)
			rx->nr = rx->header.nr_buffers;
		if (rx->nr && rx->nr <= PACKET_FRAGS)
			return 0;
	}
	rx_recycle(q, rx->cookie);
	return -EBADMSG;
}

/* Takes a packet. 0; -EAGAIN: there is none; -EBADMSG, -ENOMEM: it was dropped; -EIO. */
static int virtnet_rx_take(struct virtnet_queue *q, struct packet **pp)
{
	struct virtnet_rx rx = { 0 };
	struct packet *p;
	int err = rx_begin(q, &rx);

	if (err)
		return err;
	p = rx_first(q, &rx);
	rx_recycle(q, rx.cookie);
	err = rx.nr > 1 || !p ? rx_rest(q, p, rx.nr) : 0;
	if (!err && !rx_offload(q->net, p, &rx.header))
		err = -EBADMSG;
	if (err && p)
		packet_drop(&p);
	*pp = p;
	return err;
}

/*
 * As card_rx_burst (card_rx.c). A broken ring ends the burst; the task then reports the device as
 * dead.
 */
bool virtnet_rx_burst(struct virtnet_queue *q)
{
	struct packet *p = NULL;
	int err = 0;
	u32 i;

	for (i = 0; i < RX_BUDGET; i++) {
		err = virtnet_rx_take(q, &p);
		if (err == -EAGAIN || err == -EIO)
			break;
		if (!err)
			ethernet_receive(q->net->netdev, p);
		else if (err == -ENOMEM)
			rx_stats(q)->rx_dropped++;
		else
			rx_stats(q)->rx_errors++;
		if (q->nr_rx_free >= RX_REFILL)
			virtnet_rx_refill(q);
	}
	if (q->nr_rx_free)
		virtnet_rx_refill(q);
	if (err == -EIO)
		virtnet_break(q->net);
	return i == RX_BUDGET;
}
