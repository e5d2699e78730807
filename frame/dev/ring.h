// SPDX-License-Identifier: MPL-2.0
/*
 * The frame's side of rings (frame/ring.h), between a device's transport and frame/dev/ring.c.
 * Private to frame/dev.
 */
#ifndef FRAME_DEV_RING_H
#define FRAME_DEV_RING_H

#include <frame/errno.h>
#include <frame/ring.h>
#include <frame/sync.h>

#include "../mem.h"

/* Features of virtio rings (OASIS virtio 1.2, chapter 6). */
#define RING_F_INDIRECT  (1ul << 28)
#define RING_F_EVENT_IDX (1ul << 29)

#define RING_MAX        256u /* chains; the descriptors fill a page */
#define RING_LEGACY_MAX 128u /* descriptors and both rings fit in one page */
#define RING_ALIGN      64u  /* of the used ring; legacy devices are told */
#define RING_PAGE_SLOTS 16u  /* slots in a page */

/* Virtio 1.2, 2.7: the split virtqueue. */
struct split_desc {
	u64 addr;
	u32 len;
	u16 flags, next;
};
/* used_event stands behind the ring's last element, wherever that is. */
struct split_avail {
	u16 flags, idx, ring[RING_MAX + 2];
};
struct split_done {
	u32 id, len;
};
/* avail_event stands behind the last element. */
struct split_used {
	u16 flags, idx;
	struct split_done done[RING_MAX + 1];
};

/*
 * The descriptors of an Ethernet controller's ring, 16 bytes each, as two words of 64 bits. The
 * device goes through the ring in order. A chain has a descriptor for each segment, and maybe one
 * before them, without an address, that says how to treat the others (context). Bits that a service
 * chooses are masked, so that no choice makes an address, a length, or another kind of descriptor.
 */
struct ring_format {
	/*
	 * The word with the length, and with the bit that says that the device is done. 1: the
	 * address is the other word; 0: its lower half is in the lower half of this word, and its
	 * upper half in the other one.
	 */
	u32 control;
	u32 len_at;         /* the length's lowest bit in control */
	u64 each;           /* bits of control in each descriptor of a segment */
	u64 last;           /* and in that of a chain's last one */
	u64 wrap;           /* bits of the first word in the ring's last descriptor */
	u64 idle;           /* the first word of a descriptor that the device must not use */
	u64 done;           /* set by the device when it is done with a chain, in control: */
	bool done_is_first; /* of the chain's first descriptor, else of its last */
	u64 option;         /* bits of control that a service may set */
	u64 context_kind, context_may; /* of a context's second word: fixed, a service's. 0: none */
	/* To receive: bytes that the device may write to each descriptor; 0: a ring to send. */
	u32 rx_size, rx_len; /* and a mask: the length that it has written */
};

enum ring_state {
	RING_OFF,    /* not set up yet, or the device has confirmed its reset */
	RING_LIVE,   /* chains may be posted and taken */
	RING_BROKEN, /* by the device, or the device is being reset; pages stay lent */
};

enum slot_state { SLOT_FREE, SLOT_LENT, SLOT_CANCELLED };

/* What the frame knows about a chain. No device writes this memory. */
struct ring_slot {
	u64 cookie;
	u32 writable;             /* bytes that the device may write */
	u16 next;                 /* of a free slot: the next free one */
	u8 nr, state;             /* segments; enum slot_state */
	u8 nr_desc;               /* by format: descriptors */
	struct split_desc *table; /* its indirect descriptors, NULL: none */
	struct page *page[RING_SEGMENTS];
	u64 unused[8];
};
static_assert(sizeof(struct ring_slot) * RING_PAGE_SLOTS == PAGE_SIZE, "slots fill a page");

struct ring {
	struct spinlock lock; /* guards all that follows */
	u32 state;
	bool started; /* the device may be kicked */
	bool overdue; /* so many chains since the last kick that the indices do not tell them */
	bool indirect, event_idx;
	const struct ring_format *format; /* NULL: virtio's; set before the ring is first used */
	u16 size;                         /* elements of the ring, a power of two */
	u16 nr_slots;                     /* chains; a slot's descriptors begin at slot * stride */
	u16 stride, segments;
	u16 avail, kicked;              /* indices: chains posted; of these, the device knows */
	u16 taken;                      /* index of the next completion */
	u16 seen;                       /* the furthest index that the device has been seen at */
	u16 first_free, nr_free;        /* slots */
	u16 drain;                      /* after a reset: slots before this one have been taken */
	struct split_desc *desc;        /* one page */
	void *rings;                    /* one page */
	struct split_avail *avail_ring; /* there, or of a legacy device behind the descriptors */
	struct split_used *used;        /* behind that, aligned to RING_ALIGN */
	volatile u8 *doorbell;          /* takes the queue's index, in 4 bytes or 2 */
	bool doorbell_is_wide;
	u16 line; /* virtio: of its interrupts, while the ring is not off; VIRTIO_CONFIG_LINE */
	u32 doorbell_value; /* by format: what it takes; 0: the number of the next descriptor */
	u16 index;
	struct ring_slot *slots[RING_MAX / RING_PAGE_SLOTS];
};

static inline struct ring_slot *ring_slot(const struct ring *r, u32 i)
{
	return &r->slots[i / RING_PAGE_SLOTS][i % RING_PAGE_SLOTS];
}

#define DESC_NEXT     1u
#define DESC_WRITE    2u
#define DESC_INDIRECT 4u

static inline void ring_release_pages(struct ring_slot *s, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		page_release(s->page[i]);
}

/*
 * Holds the chain's pages and writes a descriptor for each; @base: the number of the first one in
 * its table. Returns 0, or with nothing held -EINVAL, or -EFAULT for what traps. The service may
 * change the chain meanwhile: each word is read once.
 */
static always_inline int ring_lend(struct ring_slot *s, const struct ring_chain *c, u32 nr_out,
	u32 n, struct split_desc *table, u32 base)
{
	u64 off, len, writable = 0;
	struct page *p;
	u32 i, flags = DESC_NEXT;

	for (i = 0; i < n; i++) {
		p = load_once(c->segment[i].page);
		off = load_once(c->segment[i].off);
		len = load_once(c->segment[i].len);
		if (!len || off + len > PAGE_SIZE || !p || !page_hold(p)) {
			/* No address stays where a device that errs would find it. */
			memset(table, 0, i * sizeof(*table));
			ring_release_pages(s, i);
			return !len ? -EINVAL : -EFAULT;
		}
		s->page[i] = p;
		if (i >= nr_out) {
			flags |= DESC_WRITE;
			writable += len;
		}
		if (i + 1 == n)
			flags &= ~DESC_NEXT;
		/* TRUST: the page is held, and the bytes lie in it. */
		table[i] = (struct split_desc){ page_paddr(p) + off, (u32)len, (u16)flags,
			(u16)(base + i + 1) };
	}
	s->nr = (u8)n;
	s->writable = (u32)writable;
	return 0;
}

/* ---- fifo.c, for rings with a format; ring.lock held ---- */
/* As ring_post, for @n segments, of which @nr_out are read. */
int fifo_post(struct ring *r, const struct ring_chain *c, u32 nr_out, u32 n, u64 cookie);
/* As ring_take_status, of a ring that is live. */
int fifo_take(struct ring *r, u64 *cookie, u32 *len, u64 *status);
u64 fifo_done(struct ring *r);
void fifo_kick(struct ring *r);
/* Makes @n descriptors from the @i-th on idle. */
void fifo_clear(struct ring *r, u32 i, u32 n);

/* A ring that is off, with its index; NULL: no memory. */
struct ring *ring_make(u32 index);
/*
 * Makes the ring work, for a device that is reset: empty, with @size elements (a power of two) or
 * fewer (ring.size), for chains of @segments. Returns 0, or -ENOMEM. Context: task.
 */
int must_check ring_open(struct ring *r, u32 size, u32 segments, u64 features);
/* The device works from now on. */
void ring_start(struct ring *r);
/* Nothing is posted or taken any more; the device may still use what it has. */
void ring_stop(struct ring *r);
/* The device has confirmed that it is reset: drops its pages. */
void ring_close(struct ring *r);

#endif
