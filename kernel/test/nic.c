// SPDX-License-Identifier: MPL-2.0
/*
 * Ethernet controllers' rings (frame/nic.h), with the first controller of the machine, whose driver
 * has it down: attacks of a driver on the frame. Machines without have nothing to test.
 *
 * Calls may fail where a controller is busy; what is always checked is that no page stays lent
 * afterwards: page_map_count is the frame's count of what the device may use.
 */
#include <frame/device.h>
#include <frame/log.h>
#include <frame/nic.h>
#include <uapi/errno.h>

#include "test.h"

static struct device *first;
static struct nic *nic;

static int first_probe(struct device *dev, u32 quirk)
{
	(void)quirk;
	if (!nic && device_nic(dev)) {
		first = dev;
		nic = device_nic(dev);
	}
	return -ENODEV;
}
static const struct dt_match first_match[] = {
	{ LIT("pci8086,10d3"), .quirk = 0 },
	{ LIT("sifive,fu540-c000-gem"), .quirk = 0 },
};
ONLOOKER(first_nic, first_match, first_probe);

static struct ring *rx, *tx;

/*
 * The controller from its reset on; false: there is none.
 *
 * Both rings are there; the controller does not run yet.
 */
static bool set_up(void)
{
	if (!nic)
		return false;
	KTEST_EXPECT(nic_reset(nic) == 0);
	KTEST_EXPECT(nic_ring(nic, NIC_RX, 1, &rx) == 0 && rx);
	KTEST_EXPECT(nic_ring(nic, NIC_TX, 4, &tx) == 0 && tx && tx != rx);
	return true;
}

/* A chain of @out segments to send, then @in to receive into. */
static noinline int post(struct ring *r, struct page *p, u32 out, u32 in, u32 len, u64 cookie)
{
	struct ring_chain c = { .nr_out = out, .nr_in = in };
	u32 i;

	for (i = 0; i < out + in; i++) {
		array_at(c.segment, i)->page = p;
		array_at(c.segment, i)->len = len;
	}
	/* Bits that are not the driver's among them. */
	c.option = c.context[0] = c.context[1] = cookie % 3 ? 0 : ~0ul;
	return ring_post(r, &c, cookie);
}

/*
 * Rings of impossible sizes, rings twice, a start without all rings or twice: errors, and a reset
 * leads back to the beginning from anywhere.
 */
KTEST(nic_calls_come_in_their_order)
{
	struct ring *r = NULL;

	if (!nic)
		return;
	KTEST_EXPECT(device_nic(first) == nic && nic_reset(nic) == 0 && nic_reset(nic) == 0);
	KTEST_EXPECT(nic_start(nic) == -EBUSY);
	KTEST_EXPECT(nic_ring(nic, NIC_TX, 0, &r) == -EINVAL);
	KTEST_EXPECT(nic_ring(nic, NIC_TX, RING_SEGMENTS + 1, &r) == -EINVAL);
	KTEST_EXPECT(nic_ring(nic, NIC_RINGS, 1, &r) == -EINVAL && !r);
	KTEST_EXPECT(nic_ring(nic, NIC_TX, 4, &r) == 0 && r && ring_segments(r) == 4);
	KTEST_EXPECT(nic_ring(nic, NIC_TX, 4, &r) == -EBUSY && nic_start(nic) == -EBUSY);
	KTEST_EXPECT(nic_ring(nic, NIC_RX, 1, &r) == 0 && nic_start(nic) == 0);
	KTEST_EXPECT(nic_start(nic) == -EBUSY && nic_ring(nic, NIC_RX, 1, &r) == -EBUSY);
	nic_set_mode(nic, ~0u);
	nic_set_mode(nic, 0);
	KTEST_EXPECT(nic_reset(nic) == 0 && nic_start(nic) == -EBUSY);
}

/*
 * Wrong directions, too many segments, none, and buffers to receive into that are smaller than what
 * the controller may write. Nothing stays lent.
 */
KTEST(nic_chain_of_a_bad_shape_is_refused)
{
	struct page *p = page_alloc(PAGE_ZEROED);

	if (set_up()) {
		KTEST_EXPECT(post(rx, p, 1, 0, PAGE_SIZE, 0) == -EINVAL);
		KTEST_EXPECT(post(rx, p, 0, 2, PAGE_SIZE, 0) == -EINVAL);
		/* The controller writes a whole page, whatever it is given. */
		KTEST_EXPECT(post(rx, p, 0, 1, PAGE_SIZE - 1, 0) == -EINVAL);
		KTEST_EXPECT(post(rx, p, 0, 1, 64, 0) == -EINVAL);
		KTEST_EXPECT(post(tx, p, 0, 1, 64, 0) == -EINVAL);
		KTEST_EXPECT(post(tx, p, 1, 1, 64, 0) == -EINVAL);
		KTEST_EXPECT(post(tx, p, 5, 0, 64, 0) == -EINVAL);
		KTEST_EXPECT(post(tx, p, 1, 0, 0, 0) == -EINVAL && page_map_count(p) == 0);
		KTEST_EXPECT(post(rx, p, 0, 1, PAGE_SIZE, 0) == 0 && page_map_count(p) == 1);
		KTEST_EXPECT(nic_reset(nic) == 0 && page_map_count(p) == 0);
	}
	page_put(&p);
}

/* The rings wrap; a page that the driver has put stays until its packet is sent. */
KTEST(nic_sends_what_it_was_lent)
{
	struct page *p;
	u64 cookie = 0;
	u32 len = 0, i;
	bool good = set_up() && nic_start(nic) == 0;

	for (i = 0; good && i < 600; i++) {
		p = page_alloc(PAGE_ZEROED);
		good = p && post(tx, p, 1 + i % 4, 0, 64 + i % 300, i) == 0;
		page_put(&p);
		ring_kick(tx);
		good = good && test_take(tx, &cookie, &len) == 0 && cookie == i && !len;
		test_step();
	}
	KTEST_EXPECT(!nic || (good && ring_take(tx, &cookie, &len) == -EAGAIN));
	KTEST_EXPECT(!nic || nic_reset(nic) == 0);
}

/*
 * All buffers are with the controller. After the reset none is lent any more, and the driver gets
 * each cookie back exactly once, as cancelled.
 */
KTEST(nic_reset_in_the_middle)
{
	struct page *p = page_alloc(PAGE_ZEROED);
	u64 cookie = 0, sum = 0;
	u32 len = 1, n = 0, i;

	if (set_up()) {
		while (n < 1000 && post(rx, p, 0, 1, PAGE_SIZE, n) == 0)
			n++;
		KTEST_EXPECT(n == ring_size(rx) && !ring_free(rx) && page_map_count(p) == n);
		KTEST_EXPECT(post(rx, p, 0, 1, PAGE_SIZE, n) == -ENOSPC);
		ring_kick(rx);
		KTEST_EXPECT(nic_start(nic) == 0 && page_map_count(p) == n);
		ring_kick(rx);
		KTEST_EXPECT(nic_reset(nic) == 0 && page_map_count(p) == 0);
		KTEST_EXPECT(post(rx, p, 0, 1, PAGE_SIZE, n) == -EIO && ring_arm(rx));
		for (i = 0; i < n && ring_take(rx, &cookie, &len) == -ECANCELED; i++)
			sum += cookie;
		/* Packets that came meanwhile were not taken, and are not lost as buffers. */
		KTEST_EXPECT(i == n && sum == (u64)n * (n - 1) / 2 && !len);
		KTEST_EXPECT(ring_take(rx, &cookie, &len) == -ESHUTDOWN);
		KTEST_EXPECT(ring_take(tx, &cookie, &len) == -ESHUTDOWN);
	}
	page_put(&p);
}

static struct page *shared_page[4];
static struct atomic posted, resets;

/*
 * Three post, kick and take whatever comes; the fourth resets the controller and sets it up again,
 * without a word to them.
 */
static void compete(unsigned i)
{
	u64 cookie = 0, status = 0;
	u32 len = 0, n;

	for (n = 0; n < 400; n++) {
		struct page *p = *array_at(shared_page, n % 4);
		if (i == 3 && n % 8 == 0) {
			atomic_add(&resets, nic_reset(nic) == 0);
			(void)!nic_ring(nic, NIC_RX, 1, &rx);
			(void)!nic_ring(nic, NIC_TX, 4, &tx);
			(void)!nic_start(nic);
		}
		atomic_add(&posted, post(tx, p, 1 + n % 4, 0, 60, n) == 0);
		atomic_add(&posted, post(rx, p, 0, 1, PAGE_SIZE, n) == 0);
		ring_kick(n % 2 ? rx : tx);
		nic_set_mode(nic, n);
		(void)!ring_take_status(tx, &cookie, &len, &status);
		(void)!ring_take_status(rx, &cookie, &len, &status);
		(void)!ring_arm_after(tx, n);
		ring_disarm(rx);
		test_step();
	}
}
/* Without any lock of the driver. Whatever the calls answer, at the end no page is lent. */
KTEST(nic_is_used_by_all_at_once)
{
	u32 i;

	if (!set_up())
		return;
	KTEST_EXPECT(nic_start(nic) == 0);
	for (i = 0; i < ARRAY_LEN(shared_page); i++) {
		*array_at(shared_page, i) = page_alloc(PAGE_ZEROED);
		KTEST_EXPECT(*array_at(shared_page, i));
	}
	KTEST_EXPECT(test_team(compete, 4) && atomic_load(&posted) && atomic_load(&resets));
	nic_set_mode(nic, 0);
	KTEST_EXPECT(nic_reset(nic) == 0);
	for (i = 0; i < ARRAY_LEN(shared_page); i++) {
		KTEST_EXPECT(page_map_count(*array_at(shared_page, i)) == 0);
		page_put(array_at(shared_page, i));
	}
}

static struct iomem *window;
static u32 window_off;
static void touch_window(void)
{
	(void)iomem_read32(window, window_off);
}
/* Denied is an access that traps: the window has a hole there. */
static bool is_denied(u32 off)
{
	window_off = off;
	return ktest_traps(touch_window);
}
/* Control, receiver, transmitter, rings; for both controllers, at their own offsets. */
KTEST(nic_registers_that_start_dma_are_the_frames)
{
	static const u32 intel[] = { 0x0000, 0x0014, 0x0018, 0x0020, 0x0100, 0x0400, 0x2800, 0x2818,
		0x2828, 0x3800, 0x3818, 0x5008, 0x5480, 0x5818, 0x5b50 };
	static const u32 cadence[] = { 0x000, 0x004, 0x010, 0x018, 0x01c, 0x038, 0x07c, 0x0a8,
		0x440, 0x480, 0x4c8, 0x4d4, 0x500 };
	u32 i;

	window = nic ? device_iomem(first, 0) : NULL;
	if (!window)
		return;
	if (dt_compatible(device_node(first), STR("pci8086,10d3"))) {
		for (i = 0; i < ARRAY_LEN(intel); i++)
			KTEST_EXPECT(is_denied(*array_at(intel, i)));
	} else {
		for (i = 0; i < ARRAY_LEN(cadence); i++)
			KTEST_EXPECT(is_denied(*array_at(cadence, i)));
	}
	KTEST_EXPECT(!device_iomem(first, 1) && !device_iomem(first, 3));
}
