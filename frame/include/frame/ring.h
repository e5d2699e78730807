// SPDX-License-Identifier: MPL-2.0
/*
 * Rings: queues of buffers that a device fetches and returns by itself (DMA).
 *
 * A driver posts chains of segments. A segment is a range of bytes in a page; the segments that the
 * device reads come first, then those that it writes. The device returns chains in any order, each
 * with the number of bytes that it has written. The driver gives each chain a number of its own,
 * the cookie, and gets the cookie back with the chain.
 *
 *	struct ring_chain c = { .nr_in = 1 };
 *	c.segment[0].page = page; c.segment[0].len = 64;	off is 0
 *	err = ring_post(ring, &c, 7);				as many chains as there are
 *	ring_kick(ring);					one doorbell for all of them
 *	...
 *	do {							after an interrupt of the ring:
 *		while (ring_take(ring, &cookie, &len) == 0)
 *			...					7, and how many bytes of the 64
 *	} while (!ring_arm(ring));
 *
 * A posted page is lent: it stays allocated, whatever services put, until the chain has been taken,
 * or until the device has been reset and has confirmed that (virtio_reset). Meanwhile it is read
 * and written as always (frame/page.h), also by others.
 *
 * A device that returns what it does not have, or claims to have written more than it was given
 * room for, or takes completions back, breaks the ring: from then on the ring takes and posts
 * nothing, and the device has to be reset. That it does not use a chain that it has returned, nor
 * anything after a reset that it has confirmed, is believed.
 *
 * A ring belongs to one queue of one device (virtio_ring, nic_ring), and exists for ever.
 *
 * Context: any. All calls may come from all CPUs at once.
 * Trust: descriptors, indices and completions are the frame's memory, which no service can reach.
 *        The frame writes the address of a page only while it holds the page, and reads nothing
 *        back that a device could have changed, except completions, which it checks against its own
 *        record of what the device has.
 * Source: frame/dev/ring.c.
 */
#ifndef FRAME_RING_H
#define FRAME_RING_H

#include <frame/page.h>

struct ring;

/* Most segments of a chain: 64 KiB in pages, with a header, a trailer and some room. */
#define RING_SEGMENTS 20u

struct ring_segment {
	struct page *page;
	u32 off, len;
};
struct ring_chain {
	u32 nr_out, nr_in; /* segments that the device reads; that it writes */
	struct ring_segment segment[RING_SEGMENTS];
	/* For rings of Ethernet controllers (frame/nic.h); virtio's take no notice. */
	u64 option, context[2];
};

/*
 * Lends the segments to the device. Returns 0; -ENOSPC: the ring is full; -EINVAL: no segment, more
 * than the ring allows (ring_segments), or an empty one; -EIO: the ring does not work (not set up,
 * broken, or its device has been reset). After an error nothing is lent. Traps when a segment
 * leaves its page, and on a page that is not live.
 */
int must_check ring_post(struct ring *r, const struct ring_chain *c, u64 cookie);
/*
 * Tells the device about posted chains, unless the device has said that it looks by itself. Until
 * then the device need not see them. Does nothing before virtio_start.
 */
void ring_kick(struct ring *r);
/*
 * Takes a chain that the device has returned. Returns 0 and the chain's cookie, and the number of
 * bytes that the device says it has written: at most the sum of the segments that it may write,
 * which are filled from the first. -EAGAIN: there is none now. -EIO: the device has broken the
 * ring. After a reset of the device it returns -ECANCELED with the cookie of a chain that was not
 * taken before (@len is 0), once for each, and then -ESHUTDOWN.
 */
int must_check ring_take(struct ring *r, u64 *cookie, u32 *len);
/* The same; of a ring of an Ethernet controller also what the device says of the chain. */
int must_check ring_take_status(struct ring *r, u64 *cookie, u32 *len, u64 *status);
/*
 * Asks for one interrupt when the device has returned @n more chains, or as many as it has, if
 * these are fewer. False: they have been returned already, and no interrupt may come for them:
 * ring_take then does not return -EAGAIN if @n is 1. True also if the ring does not work. A ring
 * may interrupt earlier and more often than it was asked to.
 */
bool must_check ring_arm_after(struct ring *r, u32 n);
/* The same for the next chain: false if there is one to take. */
static inline bool must_check ring_arm(struct ring *r)
{
	return ring_arm_after(r, 1);
}
/* Asks for no interrupts, a hint. A ring that has been set up is not armed. */
void ring_disarm(struct ring *r);

/* Number of chains that can be posted now: a hint, unless a lock of the caller excludes changes. */
u32 ring_free(struct ring *r);
/* Number of chains that the ring holds; most segments of a chain. 0: not set up. */
u32 ring_size(struct ring *r);
u32 ring_segments(struct ring *r);

#endif
