// SPDX-License-Identifier: MPL-2.0
/*
 * Faults of drivers (fault.c): rings, virtio devices, Ethernet controllers. The devices are those
 * of virtio.c and nic.c. Each fault begins with a reset, so none depends on the one before.
 */
#include <frame/device.h>
#include <frame/nic.h>
#include <frame/virtio.h>
#include <uapi/errno.h>

#include "fault.h"

static struct nic *faulty_nic;
static u32 faulty_nic_window; /* bytes of its registers that are the driver's */
static struct iomem *faulty_nic_io;

/* Remembers the first controller, and leaves it to its driver. */
static int fault_nic_probe(struct device *dev, u32 quirk)
{
	(void)quirk;
	if (!faulty_nic && device_nic(dev)) {
		faulty_nic = device_nic(dev);
		faulty_nic_io = device_iomem(dev, 0);
		faulty_nic_window = faulty_nic_io ? (u32)iomem_size(faulty_nic_io) : 0;
	}
	return -ENODEV;
}
static const struct dt_match fault_nic_match[] = {
	{ LIT("pci8086,10d3"), .quirk = 0 },
	{ LIT("sifive,fu540-c000-gem"), .quirk = 0 },
};
ONLOOKER(fault_nic, fault_nic_match, fault_nic_probe);

static struct page *lent_page, *gone_page;
static u32 lent_before; /* what the other device of the two has of it */
static struct ring_chain faulty_chain;
static struct ring *no_ring;

/* @out and @in segments of 16 bytes in @p, which is also where those behind them are. */
static void chain_set(u32 out, u32 in, struct page *p)
{
	u32 i;

	faulty_chain = (struct ring_chain){ .nr_out = out, .nr_in = in };
	for (i = 0; i < RING_SEGMENTS; i++) {
		array_at(faulty_chain.segment, i)->page = p;
		array_at(faulty_chain.segment, i)->len = 16;
	}
}
/* One of the segments of a chain of @n. */
static void chain_spoil(u32 n, struct page *p, u32 off, u32 len)
{
	struct ring_segment *const s = array_at(faulty_chain.segment, (fault_wild >> 60) % n);

	s->page = p;
	s->off = off;
	s->len = len;
}
static int chain_post(struct ring *r)
{
	return ring_post(r, &faulty_chain, fault_wild);
}
/* How often the page is lent since the case began. */
static u32 nr_lent(void)
{
	return page_map_count(lent_page) - lent_before;
}
/* All calls that take nothing but a ring; none may trap, whatever state the ring is in. */
static void ring_all(struct ring *r)
{
	u64 cookie = 0, status = 0;
	u32 len = 0;

	ring_kick(r);
	(void)!ring_take(r, &cookie, &len);
	(void)!ring_take_status(r, &cookie, &len, &status);
	(void)!ring_arm_after(r, (u32)fault_wild);
	ring_disarm(r);
	ring_kick(r);
	KTEST_EXPECT(ring_free(r) <= ring_size(r));
}

/* ---- virtio's rings ---- */

/* A device after a reset, with one ring, which runs or does not. */
static struct ring *vring_begin(u32 segments, bool started)
{
	struct virtio *v = test_virtio();
	struct ring *r = NULL;
	u64 features = 0;

	KTEST_EXPECT(virtio_reset(v) == 0 && virtio_negotiate(v, fault_wild, &features) == 0);
	lent_before = page_map_count(lent_page);
	KTEST_EXPECT(!(features & ~VIRTIO_F_VERSION_1) && virtio_ring(v, 0, segments, &r) == 0);
	KTEST_EXPECT(!started || virtio_start(v) == 0);
	return r;
}

/* Exactly the chains of a possible shape are lent. */
static void vring_post_any_shape(void)
{
	struct ring *r = vring_begin(RING_SEGMENTS, false);
	u32 out = fault_wild % 24, in = (fault_wild >> 8) % 24, n = out + in;
	int err;

	chain_set(out, in, lent_page);
	err = chain_post(r);
	KTEST_EXPECT(err == (n && n <= ring_segments(r) ? 0 : -EINVAL));
	KTEST_EXPECT(nr_lent() == (err ? 0 : n));
}
/* The numbers of segments are a driver's, so their sum may wrap. */
static void vring_post_wild_shape(void)
{
	struct ring *r = vring_begin(RING_SEGMENTS, true);
	u32 out = (u32)fault_wild | 32, in = (u32)(fault_wild >> 32);

	/* Every other time the sum wraps to a small one. */
	chain_set(out, in & 1 ? 2 - out : in, lent_page);
	KTEST_EXPECT(chain_post(r) == -EINVAL && nr_lent() == 0);
}
/* One segment of several reaches behind its page: none of them may be lent then. */
static void vring_post_beyond(void)
{
	struct ring *r = vring_begin(RING_SEGMENTS, true);
	u32 off = fault_wild % (PAGE_SIZE + 1), n = 1 + (fault_wild >> 16) % 8;

	chain_set(n / 2, n - n / 2, lent_page);
	chain_spoil(n, lent_page, off, PAGE_SIZE + 1 - off + (fault_wild >> 32) % 70000);
	(void)!chain_post(r);
}
/* The segment's end, as a number of 32 bits, is a small one. */
static void vring_post_wraps(void)
{
	struct ring *r = vring_begin(RING_SEGMENTS, true);

	chain_set(0, 4, lent_page);
	chain_spoil(4, lent_page, ~0u - fault_wild % PAGE_SIZE,
		1 + (fault_wild >> 16) % (2 * PAGE_SIZE));
	(void)!chain_post(r);
}
/* The device would write to a page that is free, or the next owner's. */
static void vring_post_stale(void)
{
	struct ring *r = vring_begin(RING_SEGMENTS, true);

	chain_set(2, 2, lent_page);
	chain_spoil(4, gone_page, 0, 16);
	(void)!chain_post(r);
}
/* A segment without a page among others that have one. */
static void vring_post_nothing(void)
{
	struct ring *r = vring_begin(RING_SEGMENTS, true);

	chain_set(1, 3, lent_page);
	chain_spoil(4, NULL, 0, 16);
	(void)!chain_post(r);
}
/* A page that is put while the device has it is nobody else's. */
static void vring_post_and_put(void)
{
	struct ring *r = vring_begin(1, true);
	struct page *p = page_alloc(0), *lent = p, *other;

	chain_set(0, 1, p);
	KTEST_EXPECT(p && chain_post(r) == 0);
	page_put(&p);
	other = page_alloc(0);
	KTEST_EXPECT(other != lent && !page_refs(lent) && page_map_count(lent) == 1);
	page_put(&other);
	KTEST_EXPECT(virtio_reset(test_virtio()) == 0 && !page_map_count(lent));
}
/* The ring is full at its size, and not one chain later: descriptors must not be used twice. */
static void vring_post_too_many(void)
{
	u32 segments = 1 + fault_wild % RING_SEGMENTS, n = 0;
	struct ring *r = vring_begin(segments, fault_wild >> 63);

	chain_set(0, ring_segments(r), lent_page);
	while (n <= ring_size(r) && chain_post(r) == 0)
		n++;
	KTEST_EXPECT(n == ring_size(r) && chain_post(r) == -ENOSPC && !ring_free(r));
	KTEST_EXPECT(nr_lent() == n * ring_segments(r));
}
/* No chain was posted, so none comes back, however often one asks. */
static void vring_calls_for_nothing(void)
{
	struct ring *r = vring_begin(1 + fault_wild % 4, fault_wild >> 63);
	u64 cookie = 0;
	u32 len = 0;

	ring_all(r);
	KTEST_EXPECT(ring_take(r, &cookie, &len) == -EAGAIN && ring_free(r) == ring_size(r));
}
/* Chains of before the reset come back as cancelled, and once. */
static void vring_after_reset(void)
{
	struct ring *r = vring_begin(2, false);
	u64 cookie = 0;
	u32 len = 1, i, n = fault_wild % 4;

	chain_set(1, 1, lent_page);
	for (i = 0; i < n; i++)
		KTEST_EXPECT(chain_post(r) == 0);
	KTEST_EXPECT(virtio_reset(test_virtio()) == 0 && nr_lent() == 0);
	ring_kick(r);
	for (i = 0; i < n; i++) {
		KTEST_EXPECT(ring_take(r, &cookie, &len) == -ECANCELED);
		KTEST_EXPECT(cookie == fault_wild && !len);
	}
	ring_all(r);
	KTEST_EXPECT(ring_take(r, &cookie, &len) == -ESHUTDOWN && chain_post(r) == -EIO);
}
/* The cookie comes back as it was given: the frame does not look at it, nor does the device. */
static void vring_wild_cookie(void)
{
	struct ring *r = vring_begin(1, true);
	u64 cookie = ~fault_wild;
	u32 len = 0;

	chain_set(0, 1, lent_page);
	KTEST_EXPECT(chain_post(r) == 0);
	ring_kick(r);
	KTEST_EXPECT(test_take(r, &cookie, &len) == 0 && cookie == fault_wild && len <= 16);
}
/* No ring: each call of the interface is tried. */
static void vring_null(void)
{
	u64 cookie;
	u32 len;

	if (fault_wild % 6 == 0)
		(void)!chain_post(no_ring);
	if (fault_wild % 6 == 1)
		ring_kick(no_ring);
	if (fault_wild % 6 == 2)
		(void)!ring_take(no_ring, &cookie, &len);
	if (fault_wild % 6 == 3)
		(void)!ring_arm(no_ring);
	if (fault_wild % 6 == 4)
		ring_disarm(no_ring);
	(void)ring_size(no_ring);
}

/* ---- the life of a virtio device ---- */

/* Eight calls in any order, against what virtio.h says of their turns. */
static void virtio_in_any_order(void)
{
	struct virtio *v = test_virtio();
	struct ring *r = NULL;
	bool negotiated = false, running = false, open = false, ready;
	u64 turns = fault_wild, features = 0;
	u32 i;
	int err;

	KTEST_EXPECT(virtio_reset(v) == 0);
	for (i = 0; i < 8; i++, turns /= 4) {
		if (turns % 4 == 0) {
			KTEST_EXPECT(virtio_reset(v) == 0);
			negotiated = running = open = false;
		} else if (turns % 4 == 1) {
			err = virtio_negotiate(v, turns, &features);
			KTEST_EXPECT(err == (negotiated ? -EBUSY : 0));
			negotiated = true;
		} else if (turns % 4 == 2) {
			ready = negotiated && !running && !open;
			KTEST_EXPECT(virtio_ring(v, 0, 1, &r) == (ready ? 0 : -EBUSY));
			open = open || ready;
		} else {
			ready = negotiated && !running;
			KTEST_EXPECT(virtio_start(v) == (ready ? 0 : -EBUSY));
			running = running || ready;
		}
	}
}
/* Rings that the device does not have, and segments that no chain may have. */
static void virtio_ring_wild(void)
{
	struct virtio *v = test_virtio();
	struct ring *r = NULL;

	(void)vring_begin(1, false);
	KTEST_EXPECT(virtio_ring(v, (u32)fault_wild | 64, 1, &r) == -ENOENT);
	KTEST_EXPECT(virtio_ring(v, 1 + fault_wild % (VIRTIO_RINGS - 1), 1, &r) == -ENOENT);
	KTEST_EXPECT(virtio_ring(v, 0, (u32)fault_wild | 32, &r) == -EINVAL && !r);
	KTEST_EXPECT(virtio_ring(v, 0, 0, &r) == -EINVAL && !r);
}
/* A ring without a line of its own has the one of the configuration. */
static void virtio_line_wild(void)
{
	struct virtio *v = test_virtio();

	(void)vring_begin(1, fault_wild & 1);
	(void)virtio_irq(v, 0);
	KTEST_EXPECT(virtio_irq(v, (u32)fault_wild | 64) == virtio_config_irq(v));
	(void)virtio_causes(v);
}
/* Behind the device's configuration may be that of the transport, with the rings' addresses. */
static void virtio_config_beyond(void)
{
	struct iomem *io = virtio_config(test_virtio());

	iomem_write8(io, iomem_size(io) + fault_wild % (1ul << 40), 0);
}
/* No device: each call of the interface is tried. */
static void virtio_null(void)
{
	struct virtio *v = NULL;
	u64 features;

	if (fault_wild & 1)
		(void)!virtio_negotiate(v, 0, &features);
	if (fault_wild & 2)
		(void)!virtio_start(v);
	(void)!virtio_reset(v);
}

/* ---- Ethernet controllers ---- */

static struct ring *nic_rx, *nic_tx;

/* A controller after a reset, with both rings, which does not run yet. */
static void nic_begin(void)
{
	struct nic *n = faulty_nic;

	KTEST_EXPECT(nic_reset(n) == 0 && nic_ring(n, NIC_RX, 1, &nic_rx) == 0);
	KTEST_EXPECT(nic_ring(n, NIC_TX, 4, &nic_tx) == 0);
	lent_before = page_map_count(lent_page);
}
/* A frame is sent from up to four segments, and received into one whole page: no other shape. */
static void nic_post_any_shape(void)
{
	u32 out = fault_wild % 8, in = (fault_wild >> 8) % 3,
	    len = fault_wild & 64 ? PAGE_SIZE : 60;
	bool send, receive;

	nic_begin();
	chain_set(out, in, lent_page);
	faulty_chain.segment[0].len = len;
	send = !in && out && out <= 4;
	receive = !out && in == 1 && len == PAGE_SIZE;
	KTEST_EXPECT(chain_post(nic_tx) == (send ? 0 : -EINVAL));
	KTEST_EXPECT(chain_post(nic_rx) == (receive ? 0 : -EINVAL));
	KTEST_EXPECT(nr_lent() == (send ? out : receive));
}
/* Descriptors have an address and a length: the frame alone knows where the page ends. */
static void nic_post_beyond(void)
{
	nic_begin();
	if (fault_wild & 1) {
		chain_set(0, 1, lent_page);
		faulty_chain.segment[0].off = 1 + fault_wild / 2 % (u64)~0u;
		faulty_chain.segment[0].len = PAGE_SIZE;
		(void)!chain_post(nic_rx);
	} else {
		chain_set(4, 0, lent_page);
		chain_spoil(4, lent_page, PAGE_SIZE - 15 + fault_wild / 2 % 100000, 16);
		(void)!chain_post(nic_tx);
	}
}
/* The controller would send what the page's next owner writes. */
static void nic_post_stale(void)
{
	nic_begin();
	chain_set(4, 0, lent_page);
	chain_spoil(4, gone_page, 0, 16);
	(void)!chain_post(nic_tx);
}
/* All bits that a driver could set in descriptors, of a controller that sends. */
static void nic_send_wild_words(void)
{
	u64 all = fault_wild & 1 ? ~0ul : 0, cookie = ~fault_wild;
	u32 len = 0;

	nic_begin();
	KTEST_EXPECT(nic_start(faulty_nic) == 0);
	chain_set(1 + (fault_wild >> 1) % 4, 0, lent_page);
	faulty_chain.option = faulty_chain.context[0] = faulty_chain.context[1] = all;
	KTEST_EXPECT(chain_post(nic_tx) == 0);
	ring_kick(nic_tx);
	KTEST_EXPECT(test_take(nic_tx, &cookie, &len) == 0 && cookie == fault_wild && !len);
}
/* Eight calls in any order, against what nic.h says of their turns. */
static void nic_in_any_order(void)
{
	bool running = false, rx = false, tx = false, ready;
	u64 turns = fault_wild;
	u32 i;
	int err;

	KTEST_EXPECT(nic_reset(faulty_nic) == 0);
	for (i = 0; i < 8; i++, turns /= 4) {
		if (turns % 4 == 0) {
			KTEST_EXPECT(nic_reset(faulty_nic) == 0);
			running = rx = tx = false;
		} else if (turns % 4 == 1) {
			err = nic_ring(faulty_nic, NIC_RX, 1, &nic_rx);
			KTEST_EXPECT(err == (rx ? -EBUSY : 0));
			rx = true;
		} else if (turns % 4 == 2) {
			err = nic_ring(faulty_nic, NIC_TX, 4, &nic_tx);
			KTEST_EXPECT(err == (tx ? -EBUSY : 0));
			tx = true;
		} else {
			ready = rx && tx && !running;
			KTEST_EXPECT(nic_start(faulty_nic) == (ready ? 0 : -EBUSY));
			running = running || ready;
		}
	}
}
/* Modes are bits of registers that the driver may set: none of them moves a ring. */
static void nic_mode_wild(void)
{
	nic_begin();
	nic_set_mode(faulty_nic, (u32)fault_wild);
	KTEST_EXPECT(nic_start(faulty_nic) == 0);
	nic_set_mode(faulty_nic, (u32)(fault_wild >> 32));
	ring_all(nic_rx);
	ring_all(nic_tx);
	nic_set_mode(faulty_nic, 0);
}
/* Rings that no controller has, and chains that none can send. */
static void nic_ring_wild(void)
{
	struct ring *r = NULL;
	u32 i = (u32)fault_wild | NIC_RINGS;

	KTEST_EXPECT(nic_ring(faulty_nic, (enum nic_ring)i, 1, &r) == -EINVAL && !r);
	KTEST_EXPECT(nic_ring(faulty_nic, NIC_TX, (u32)fault_wild | 32, &r) == -EINVAL && !r);
}
/* Behind the window are, of one family, the registers that say where the rings are. */
static void nic_register_beyond(void)
{
	u64 off = faulty_nic_window + fault_wild % 0x1000 * 4;

	if (fault_wild >> 63)
		iomem_write32(faulty_nic_io, off, 0);
	else
		(void)iomem_read32(faulty_nic_io, off);
}
/* Any value in a register, which is the driver's, or the access traps. The reset ends what it does. */
static void nic_register_wild(void)
{
	u64 off = fault_wild % faulty_nic_window & ~3ul;

	nic_begin();
	KTEST_EXPECT(nic_start(faulty_nic) == 0);
	if (fault_wild >> 62)
		off = faulty_nic_window - 4 - off % 0x280; /* of one family: groups and addresses */
	iomem_write32(faulty_nic_io, off, (u32)(fault_wild >> 16));
}
/* No controller: each call of the interface is tried. */
static void nic_null(void)
{
	struct ring *r;

	if (fault_wild & 1)
		(void)!nic_ring(NULL, NIC_RX, 1, &r);
	if (fault_wild & 2)
		nic_set_mode(NULL, 0);
	(void)!nic_start(NULL);
}

/* ---- the tables ---- */

static const struct fault virtio_faults[] = {
	FAULT(vring_post_any_shape, false),
	FAULT(vring_post_wild_shape, false),
	FAULT(vring_post_beyond, true),
	FAULT(vring_post_wraps, true),
	FAULT(vring_post_stale, true),
	FAULT(vring_post_nothing, true),
	FAULT(vring_post_and_put, false),
	FAULT(vring_post_too_many, false),
	FAULT(vring_calls_for_nothing, false),
	FAULT(vring_after_reset, false),
	FAULT(vring_wild_cookie, false),
	FAULT(vring_null, true),
	FAULT(virtio_in_any_order, false),
	FAULT(virtio_ring_wild, false),
	FAULT(virtio_line_wild, false),
	FAULT(virtio_config_beyond, true),
	FAULT(virtio_null, true),
};
static const struct fault nic_faults[] = {
	FAULT(nic_post_any_shape, false),
	FAULT(nic_post_beyond, true),
	FAULT(nic_post_stale, true),
	FAULT(nic_send_wild_words, false),
	FAULT(nic_in_any_order, false),
	FAULT(nic_mode_wild, false),
	FAULT(nic_ring_wild, false),
	FAULT(nic_register_beyond, true),
	FAULT(nic_register_wild, false),
	FAULT(nic_null, true),
};

const struct fault *fault_of_ring(u32 i)
{
	if (!test_virtio())
		i += ARRAY_LEN(virtio_faults);
	if (i < ARRAY_LEN(virtio_faults))
		return array_at(virtio_faults, i);
	i -= ARRAY_LEN(virtio_faults);
	return faulty_nic && i < ARRAY_LEN(nic_faults) ? array_at(nic_faults, i) : NULL;
}

bool fault_rings_begin(void)
{
	lent_page = page_alloc(PAGE_ZEROED);
	gone_page = page_alloc(0);
	return lent_page && gone_page;
}

/* Puts what is to be stale, and leaves the pointers to it where the faults find them. */
void fault_rings_let_go(void)
{
	struct page *p = gone_page;

	page_put(&p);
}

/* After the reset nothing is lent: the page has the one reference of this file. */
void fault_rings_end(void)
{
	if (!lent_page)
		return;
	if (test_virtio())
		KTEST_EXPECT(virtio_reset(test_virtio()) == 0);
	if (faulty_nic)
		KTEST_EXPECT(nic_reset(faulty_nic) == 0);
	chain_set(0, 0, NULL);
	KTEST_EXPECT(page_map_count(lent_page) == 0 && page_refs(lent_page) == 1);
	page_put(&lent_page);
}
