// SPDX-License-Identifier: MPL-2.0
/*
 * Ethernet controllers over descriptor rings: receiving. See card.h.
 *
 * Each buffer is a page, and each packet lies in one. A short packet is copied, and its page is
 * posted again; of a longer one the headers are copied, and the packet takes the page over. The
 * page is replaced first: without memory for another one the packet is dropped, and the ring never
 * runs dry. The length is checked by the frame to lie in the page; nothing else that the device
 * says is believed but its verdict on checksums.
 */
#include "card.h"

#define RX_BUDGET 64u
#define RX_ROOM   2u /* so that the internet header is aligned */
/* Packets up to this length are copied as a whole; of others, this many bytes. */
#define RX_WHOLE  (PACKET_DATA - RX_ROOM)
#define RX_COPY   128u
#define RX_REFILL 16u

/*
 * Lends the page of a buffer to the controller. The frame takes a reference; the driver reads the
 * page only after it has come back.
 */
static int card_rx_post(struct card *c, u32 cookie)
{
	c->rx_chain.nr_in = 1;
	c->rx_chain.segment[0].page = *array_at(c->rx_page, cookie);
	c->rx_chain.segment[0].len = PAGE_SIZE;
	return ring_post(c->rx, &c->rx_chain, cookie);
}

/* Posts what is free; a doorbell for all. */
static void card_rx_refill(struct card *c)
{
	for (; c->nr_rx_free; c->nr_rx_free--) {
		if (card_rx_post(c, *array_at(c->rx_free, c->nr_rx_free - 1)))
			break;
	}
	ring_kick(c->rx);
}

/* On an error the caller stops again, which drops the pages made so far. */
int card_rx_start(struct card *c)
{
	u32 i, n = min(ring_free(c->rx), CARD_RING);

	for (i = 0; i < n; i++) {
		*array_at(c->rx_page, i) = page_alloc(PAGE_USER);
		if (!*array_at(c->rx_page, i))
			return -ENOMEM;
		if (card_rx_post(c, i))
			return -EIO;
	}
	c->nr_rx_free = 0;
	ring_kick(c->rx);
	store_release(c->live, true); /* after c->rx: see card_has_work */
	return 0;
}

void card_rx_stop(struct card *c)
{
	u32 i;

	store_once(c->live, false);
	c->nr_rx_free = 0;
	c->rx_chain.segment[0].page = NULL;
	for (i = 0; i < CARD_RING; i++)
		page_put(array_at(c->rx_page, i));
}

/* The packet of @len bytes in a buffer. NULL: no memory; the buffer keeps its page. */
static struct packet *rx_packet(struct card *c, u32 cookie, u32 len)
{
	u32 n = len <= RX_WHOLE ? len : RX_COPY;
	struct packet *p = packet_new(RX_ROOM);
	struct page *fresh;

	if (!p)
		return NULL;
	page_read(*array_at(c->rx_page, cookie), 0, span_sub(span_of(p->data), p->tail, n));
	p->tail += (u16)n;
	p->len = len;
	if (n == len)
		return p;
	fresh = page_alloc(PAGE_USER);
	if (!fresh) {
		packet_drop(&p);
		return NULL;
	}
	p->frag[0].page = *array_at(c->rx_page, cookie);
	p->frag[0].off = n;
	p->frag[0].len = len - n;
	p->nr_frags = 1;
	*array_at(c->rx_page, cookie) = fresh;
	return p;
}

/* Takes a packet. 0; -EAGAIN: there is none; -EBADMSG, -ENOMEM: it was dropped; -EIO. */
static int card_rx_take(struct card *c, struct packet **pp)
{
	u64 cookie = 0, status = 0;
	u32 len = 0, buffer;
	enum card_rx verdict;
	int err = ring_take_status(c->rx, &cookie, &len, &status);

	if (err)
		return err;
	buffer = (u32)cookie;
	verdict = c->chip->received(status);
	if (verdict == CARD_RX_BAD || len < ETHERNET_HEADER)
		err = -EBADMSG;
	*pp = err ? NULL : rx_packet(c, buffer, len);
	if (*pp)
		(*pp)->csum = verdict == CARD_RX_CSUM_GOOD ? CSUM_GOOD : CSUM_UNKNOWN;
	else if (!err)
		err = -ENOMEM;
	*array_at(c->rx_free, c->nr_rx_free) = (u16)buffer;
	c->nr_rx_free++;
	return err;
}

/*
 * At most RX_BUDGET packets, so that the task gets to its other work. Buffers are posted again in
 * groups, since each doorbell costs an access to the device.
 */
bool card_rx_burst(struct card *c)
{
	struct packet *p = NULL;
	int err = 0;
	u32 i;

	for (i = 0; i < RX_BUDGET; i++) {
		err = card_rx_take(c, &p);
		if (err == -EAGAIN || err == -EIO)
			break;
		if (!err)
			ethernet_receive(c->netdev, p);
		else if (err == -ENOMEM)
			card_stats(c)->rx_dropped++;
		else
			card_stats(c)->rx_errors++;
		if (c->nr_rx_free >= RX_REFILL)
			card_rx_refill(c);
	}
	if (c->nr_rx_free)
		card_rx_refill(c);
	if (err == -EIO)
		card_break(c);
	return i == RX_BUDGET;
}
