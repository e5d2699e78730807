// SPDX-License-Identifier: MPL-2.0
/*
 * Rings and virtio devices (frame/ring.h, frame/virtio.h), with a random number generator of
 * QEMU's. Attacks of a driver on the frame: chains that lie, pages that are put, resets at bad
 * moments. The machine has a second generator for that, which the driver has left alone; machines
 * without have nothing to test.
 *
 * A request to the generator is a page to fill: that it was filled shows that the device got it.
 * Each test begins with a reset and ends with one, after which no page may be lent.
 */
#include <frame/device.h>
#include <frame/log.h>
#include <frame/virtio.h>
#include <uapi/errno.h>

#include "test.h"

static struct device *last_rng;
static struct virtio *rng;

static int last_probe(struct device *dev, u32 quirk)
{
	struct virtio *v = device_virtio(dev);

	(void)quirk;
	if (v && virtio_class(v) == VIRTIO_RNG) {
		last_rng = dev;
		rng = v;
	}
	return -ENODEV;
}
static const struct dt_match last_match[] = {
	{ LIT("virtio,mmio"), .quirk = 0 },
	{ LIT("pci1af4,1005"), .quirk = 0 },
};
ONLOOKER(last, last_match, last_probe);

/*
 * The device from its reset on, with chains of up to @segments; not started yet.
 *
 * All features are asked for, and this device offers none, so none is accepted.
 */
static struct ring *set_up(u32 segments)
{
	struct ring *r = NULL;
	u64 features = ~0ul;

	if (!rng)
		return NULL;
	KTEST_EXPECT(virtio_reset(rng) == 0);
	KTEST_EXPECT(virtio_negotiate(rng, ~0ul, &features) == 0 && features == VIRTIO_F_VERSION_1);
	KTEST_EXPECT(virtio_ring(rng, 0, segments, &r) == 0 && r);
	return r;
}

static struct ring *start(u32 segments)
{
	struct ring *r = set_up(segments);

	KTEST_EXPECT(!r || virtio_start(rng) == 0);
	return r;
}

/* A chain of one segment, which the device writes. */
static noinline int post(struct ring *r, struct page *p, u32 off, u32 len, u64 cookie)
{
	struct ring_chain c = { .nr_in = 1 };

	c.segment[0].page = p;
	c.segment[0].off = off;
	c.segment[0].len = len;
	return ring_post(r, &c, cookie);
}

static bool is_zero(struct page *p, u32 from, u32 to)
{
	u8 b[1];

	for (; from < to; from++) {
		page_read(p, from, span_of(b));
		if (b[0])
			return false;
	}
	return true;
}

struct virtio *test_virtio(void)
{
	return rng;
}
/*
 * For tests of contexts (context.c), which need a ring that is set up and a device that does
 * nothing with it.
 */
struct ring *test_ring_begin(void)
{
	return set_up(1);
}
void test_ring_end(void)
{
	KTEST_EXPECT(virtio_reset(rng) == 0);
}

/* Nothing is lent any more; the pages are given back. */
static void end(struct page **a, struct page **b)
{
	KTEST_EXPECT(virtio_reset(rng) == 0);
	KTEST_EXPECT(page_map_count(*a) == 0 && page_map_count(*b) == 0);
	page_put(a);
	page_put(b);
}

/* A chain of three pieces of two pages: the bytes around them stay zero. */
KTEST(ring_device_writes_what_it_was_lent_and_no_more)
{
	struct ring *r = start(RING_SEGMENTS);
	struct page *a = page_alloc(PAGE_ZEROED), *b = page_alloc(PAGE_ZEROED);
	struct ring_chain c = { .nr_in = 3 };
	u64 cookie = 0;
	u32 len = 0;

	if (r) {
		c.segment[0].page = c.segment[2].page = a;
		c.segment[1].page = b;
		c.segment[0].off = 100;
		c.segment[0].len = 100;
		c.segment[1].len = PAGE_SIZE;
		c.segment[2].off = PAGE_SIZE - 1;
		c.segment[2].len = 1;
		KTEST_EXPECT(ring_post(r, &c, 77) == 0);
		KTEST_EXPECT(page_map_count(a) == 2 && page_map_count(b) == 1);
		ring_kick(r);
		KTEST_EXPECT(test_take(r, &cookie, &len) == 0 && cookie == 77 && len >= 1);
		KTEST_EXPECT(len <= PAGE_SIZE + 101 && ring_take(r, &cookie, &len) == -EAGAIN);
		KTEST_EXPECT(page_map_count(a) == 0 && page_map_count(b) == 0);
		KTEST_EXPECT(is_zero(a, 0, 100) && is_zero(a, 200, PAGE_SIZE - 1));
		end(&a, &b);
	}
	page_put(&a);
	page_put(&b);
}

/* More chains than the ring has elements: its indices wrap. */
KTEST(ring_goes_round)
{
	struct ring *r = start(1);
	struct page *a = page_alloc(PAGE_ZEROED), *b = NULL;
	u64 cookie = 0;
	u32 len = 0, n;
	bool good = true;

	for (n = 0; r && n < 300 && good; n++) {
		good = post(r, a, n, 8, n) == 0;
		ring_kick(r);
		good = good && test_take(r, &cookie, &len) == 0 && cookie == n && len && len <= 8;
		test_step();
	}
	KTEST_EXPECT(good);
	if (r)
		KTEST_EXPECT(ring_free(r) == ring_size(r) && ring_size(r) < 300);
	if (r) {
		b = page_get(a);
		end(&a, &b);
	}
	page_put(&a);
}

static struct atomic rung;
static struct ring *rung_ring;
/* The cause says that a ring has something; the configuration may ring, too. */
static void ring_handle(struct obj *owner)
{
	(void)owner;
	if (virtio_causes(rng) & VIRTIO_CAUSE_RING)
		atomic_add(&rung, 1);
}
static const struct irq_ops ring_irq = { .handle = ring_handle };

/* Arming tells whether something has come already, for which no interrupt would come. */
KTEST(ring_interrupts_when_armed)
{
	struct ring *r = start(1);
	struct irq_line *line = r ? virtio_irq(rng, 0) : NULL;
	struct probe *owner = obj_new(probe);
	struct page *a = page_alloc(0), *b = page_alloc(0);
	u64 cookie = 0, deadline = time_mono_ns() + 10 * NSEC_PER_SEC;
	u32 len = 0;

	KTEST_EXPECT(!r || (line && virtio_irq(rng, ~0u) && virtio_config_irq(rng)));
	if (r && line && irq_line_attach(line, &ring_irq, &owner->obj) == 0) {
		atomic_store(&rung, 0);
		KTEST_EXPECT(ring_arm(r));
		KTEST_EXPECT(post(r, a, 0, 64, 1) == 0);
		ring_kick(r);
		while (!atomic_load(&rung) && time_mono_ns() < deadline)
			test_sleep_ms(1);
		KTEST_EXPECT(atomic_load(&rung));
		/* One that came before arming is not lost: there is no interrupt for it. */
		KTEST_EXPECT(!ring_arm(r) && test_take(r, &cookie, &len) == 0 && cookie == 1);
		KTEST_EXPECT(ring_arm(r));
		ring_disarm(r);
		irq_line_detach(line);
		end(&a, &b);
	}
	obj_put(&owner);
	page_put(&a);
	page_put(&b);
}

/* ---- chains that lie ---- */

static struct ring *bad_ring;
static struct ring_chain bad_chain;
static void post_bad(void)
{
	(void)!ring_post(bad_ring, &bad_chain, 0);
}
static bool traps(u32 off, u32 len)
{
	bad_chain.segment[1].off = off;
	bad_chain.segment[1].len = len;
	return ktest_traps(post_bad);
}

/*
 * Behind the page, across its end, with sums that wrap, without a page, and with a released one; as
 * either direction.
 */
KTEST(ring_segment_outside_its_page_traps)
{
	struct page *a = page_alloc(PAGE_ZEROED), *b = page_alloc(PAGE_ZEROED), *stale = b;
	u32 out;

	bad_ring = start(RING_SEGMENTS);
	for (out = 0; bad_ring && out < 3; out++) {
		bad_chain.nr_out = out;
		bad_chain.nr_in = 2 - out;
		bad_chain.segment[0].page = a;
		bad_chain.segment[0].len = 1;
		bad_chain.segment[1].page = b;
		KTEST_EXPECT(traps(0, 4097) && traps(4096, 1) && traps(4095, 2) && traps(1, 4096));
		KTEST_EXPECT(traps(~0u, 1) && traps(1, ~0u) && traps(~0u, ~0u) && traps(~0u, 2));
		KTEST_EXPECT(traps(1u << 31, 1u << 31) && traps(4097, 0u - 4097));
		bad_chain.segment[1].page = NULL;
		KTEST_EXPECT(traps(0, 1));
		/* What was held before the bad segment is held no more, and the ring works. */
		KTEST_EXPECT(page_map_count(a) == 0 && page_map_count(b) == 0);
		KTEST_EXPECT(ring_free(bad_ring) == ring_size(bad_ring));
	}
	if (bad_ring) {
		page_put(&b);
		bad_chain.segment[1].page = stale;
		KTEST_EXPECT(traps(0, 1) && page_map_count(a) == 0);
		b = page_alloc(0);
		end(&a, &b);
	}
	page_put(&a);
	page_put(&b);
	bad_chain.segment[0].page = bad_chain.segment[1].page = NULL;
}

/*
 * A chain of one byte in each segment, but for the last one, which has @len. It may have more
 * segments than there are: only the first ones exist.
 */
static noinline int post_shape(struct ring *r, struct page *p, u32 out, u32 in, u32 len)
{
	struct ring_chain c = { .nr_out = out, .nr_in = in };
	u32 i;

	for (i = 0; i < RING_SEGMENTS; i++) {
		c.segment[i].page = p;
		c.segment[i].len = i + 1 == out + in ? len : 1;
	}
	return ring_post(r, &c, 0);
}

/*
 * Chains without segments or with too many, also where the two numbers wrap together, and segments
 * of no bytes. Nothing stays lent.
 */
KTEST(ring_chain_of_a_bad_shape_is_refused)
{
	struct ring *r = start(RING_SEGMENTS);
	struct page *a = page_alloc(0), *b = page_alloc(0);
	u32 most;

	if (r) {
		most = ring_segments(r);
		KTEST_EXPECT(most && most <= RING_SEGMENTS && most <= ring_size(r));
		KTEST_EXPECT(post_shape(r, a, 0, 0, 1) == -EINVAL);
		KTEST_EXPECT(post_shape(r, a, 0, RING_SEGMENTS + 1, 1) == -EINVAL);
		KTEST_EXPECT(post_shape(r, a, RING_SEGMENTS + 1, 0, 1) == -EINVAL);
		KTEST_EXPECT(post_shape(r, a, ~0u, 2, 1) == -EINVAL);
		KTEST_EXPECT(post_shape(r, a, 1, ~0u, 1) == -EINVAL);
		KTEST_EXPECT(post_shape(r, a, 1u << 31, 1u << 31, 1) == -EINVAL);
		KTEST_EXPECT(most == RING_SEGMENTS || post_shape(r, a, 1, most, 1) == -EINVAL);
		KTEST_EXPECT(post_shape(r, a, 0, 1, 0) == -EINVAL);
		KTEST_EXPECT(post_shape(r, a, 1, most - 1, 0) == -EINVAL);
		KTEST_EXPECT(page_map_count(a) == 0 && ring_free(r) == ring_size(r));
		KTEST_EXPECT(post_shape(r, a, 1, most - 1, 1) == 0 && page_map_count(a) == most);
		end(&a, &b);
	}
	page_put(&a);
	page_put(&b);
}

/* ---- pages that stay, cookies that come once ---- */

/*
 * The service puts its page, but the device still writes to it: it stays until it is taken back. A
 * page is counted for each segment that has it.
 */
KTEST(ring_keeps_what_is_lent)
{
	struct ring *r = start(2);
	struct page *a = page_alloc(0), *b = page_alloc(0), *lent = a;
	u64 cookie = 0;
	u32 len = 0;

	if (r) {
		KTEST_EXPECT(post(r, a, 0, 64, 5) == 0);
		page_put(&a);
		KTEST_EXPECT(page_refs(lent) == 0 && page_map_count(lent) == 1);
		ring_kick(r);
		KTEST_EXPECT(test_take(r, &cookie, &len) == 0 && cookie == 5);
		KTEST_EXPECT(page_map_count(lent) == 0 && page_refs(lent) == 0);
		/* The same page more than once, in one chain and in two. */
		KTEST_EXPECT(post_shape(r, b, 1, 1, 1) == 0 && post(r, b, 0, 1, 1) == 0);
		KTEST_EXPECT(page_map_count(b) == 3);
		ring_kick(r);
		KTEST_EXPECT(test_take(r, &cookie, &len) == 0 && test_take(r, &cookie, &len) == 0);
		KTEST_EXPECT(page_map_count(b) == 0);
		a = page_alloc(0);
		end(&a, &b);
	}
	page_put(&a);
	page_put(&b);
}

static u8 seen[1024];
/* Until the ring is full; one more is refused and not lent. Each comes back exactly once. */
KTEST(ring_full_and_each_cookie_once)
{
	struct ring *r = start(1);
	struct page *a = page_alloc(0), *b = page_alloc(0);
	u64 cookie = 0;
	u32 len = 0, n = 0, i, once = 0;

	if (r) {
		KTEST_EXPECT(ring_size(r) <= ARRAY_LEN(seen));
		while (n < ARRAY_LEN(seen) && post(r, a, n, 1, n) == 0)
			n++;
		KTEST_EXPECT(n == ring_size(r) && ring_free(r) == 0);
		KTEST_EXPECT(post(r, b, 0, 1, 99) == -ENOSPC && page_map_count(b) == 0);
		KTEST_EXPECT(page_map_count(a) == n);
		ring_kick(r);
		for (i = 0; i < n && test_take(r, &cookie, &len) == 0 && cookie < n; i++)
			*array_at(seen, cookie) += 1;
		for (i = 0; i < n; i++)
			once += seen[i] == 1;
		KTEST_EXPECT(once == n && ring_take(r, &cookie, &len) == -EAGAIN);
		span_fill(span_of(seen), 0);
		end(&a, &b);
	}
	page_put(&a);
	page_put(&b);
}

/* ---- resets ---- */

/*
 * Afterwards no page is lent, posting is -EIO, and the cookies come back as cancelled, until the
 * next start, which forgets those that nobody has fetched.
 */
KTEST(ring_reset_in_the_middle)
{
	struct ring *r = start(1), *again = NULL;
	struct page *a = page_alloc(0), *b = page_alloc(0);
	u64 cookie = 0, features = 0;
	u32 len = 1, n;

	if (r) {
		for (n = 0; n < 4; n++)
			KTEST_EXPECT(post(r, a, 0, 64, 10 + n) == 0);
		KTEST_EXPECT(page_map_count(a) == 4 && virtio_reset(rng) == 0);
		KTEST_EXPECT(page_map_count(a) == 0 && ring_free(r) == 0 && ring_arm(r));
		KTEST_EXPECT(post(r, a, 0, 64, 0) == -EIO && page_map_count(a) == 0);
		ring_kick(r);
		for (n = 0; n < 4; n++) {
			KTEST_EXPECT(ring_take(r, &cookie, &len) == -ECANCELED);
			KTEST_EXPECT(cookie == 10 + n && !len);
		}
		KTEST_EXPECT(ring_take(r, &cookie, &len) == -ESHUTDOWN);
		KTEST_EXPECT(ring_take(r, &cookie, &len) == -ESHUTDOWN && virtio_reset(rng) == 0);
		/* Posted before the start, and kicked too early. */
		again = set_up(2);
		KTEST_EXPECT(again == r && post(r, a, 0, 64, 20) == 0);
		ring_kick(r);
		KTEST_EXPECT(virtio_start(rng) == 0);
		ring_kick(r);
		KTEST_EXPECT(test_take(r, &cookie, &len) == 0 && cookie == 20);
		/* Cookies that nobody has fetched are gone after the next start. */
		KTEST_EXPECT(post(r, a, 0, 64, 30) == 0 && virtio_reset(rng) == 0);
		KTEST_EXPECT(start(1) == r && ring_take(r, &cookie, &len) == -EAGAIN);
		KTEST_EXPECT(virtio_negotiate(rng, 0, &features) == -EBUSY);
		end(&a, &b);
	}
	page_put(&a);
	page_put(&b);
}

static struct page *left_page;
/* The task ends with its page lent, and with it the last reference that a service had. */
static void leave(unsigned i)
{
	struct page *p = page_alloc(0);

	(void)i;
	left_page = p;
	KTEST_EXPECT(p && post(rung_ring, p, 0, 64, 1) == 0);
	page_put(&p);
}
/* A driver that is gone leaves its page to the device. */
KTEST(ring_of_a_driver_that_is_gone)
{
	struct page *a = NULL, *b = NULL;

	rung_ring = start(1);
	if (!rung_ring)
		return;
	KTEST_EXPECT(test_team(leave, 1));
	KTEST_EXPECT(page_refs(left_page) == 0 && page_map_count(left_page) == 1);
	a = page_alloc(0);
	b = page_alloc(0);
	KTEST_EXPECT(a != left_page && b != left_page);
	end(&a, &b);
	KTEST_EXPECT(page_map_count(left_page) == 0);
}

/*
 * Reset, negotiation, rings, start: whatever comes too early or twice is -EBUSY, and rings that the
 * device does not have are errors. Its registers are the frame's.
 */
KTEST(virtio_calls_come_in_their_order)
{
	struct ring *r = NULL;
	u64 features = 0;

	if (!rng)
		return;
	KTEST_EXPECT(device_virtio(last_rng) == rng && !device_iomem(last_rng, 0));
	KTEST_EXPECT(!device_iomem(last_rng, 1) && !device_iomem(last_rng, 3));
	KTEST_EXPECT(virtio_reset(rng) == 0 && virtio_reset(rng) == 0);
	KTEST_EXPECT(virtio_start(rng) == -EBUSY && virtio_ring(rng, 0, 1, &r) == -EBUSY);
	KTEST_EXPECT(virtio_negotiate(rng, 0, &features) == 0);
	KTEST_EXPECT(virtio_negotiate(rng, 0, &features) == -EBUSY);
	KTEST_EXPECT(virtio_ring(rng, VIRTIO_RINGS, 1, &r) == -ENOENT);
	KTEST_EXPECT(virtio_ring(rng, ~0u, 1, &r) == -ENOENT);
	KTEST_EXPECT(virtio_ring(rng, 1, 1, &r) == -ENOENT && !r);
	KTEST_EXPECT(virtio_ring(rng, 0, 0, &r) == -EINVAL);
	KTEST_EXPECT(virtio_ring(rng, 0, RING_SEGMENTS + 1, &r) == -EINVAL && !r);
	KTEST_EXPECT(virtio_ring(rng, 0, 1, &r) == 0 && r && ring_segments(r) == 1);
	KTEST_EXPECT(virtio_ring(rng, 0, 1, &r) == -EBUSY);
	KTEST_EXPECT(virtio_start(rng) == 0 && virtio_start(rng) == -EBUSY);
	KTEST_EXPECT(virtio_ring(rng, 0, 1, &r) == -EBUSY && virtio_reset(rng) == 0);
}

static u32 config_off, config_kind;
/* One access, as touch_register in device.c. */
static void touch_config(void)
{
	switch (config_kind) {
	case 0:
		(void)iomem_read8(virtio_config(rng), config_off);
		break;
	case 1:
		(void)iomem_read16(virtio_config(rng), config_off);
		break;
	case 2:
		(void)iomem_read32(virtio_config(rng), config_off);
		break;
	case 3:
		iomem_write8(virtio_config(rng), config_off, 0);
		break;
	case 4:
		iomem_write16(virtio_config(rng), config_off, 0);
		break;
	default:
		iomem_write32(virtio_config(rng), config_off, 0);
		break;
	}
}
static bool config_traps(u32 off, u32 kind)
{
	config_off = off;
	config_kind = kind;
	return ktest_traps(touch_config);
}
/* All widths, reading and writing: behind the end, at offsets that wrap, and misaligned. */
KTEST(virtio_configuration_ends_where_it_ends)
{
	u32 size = rng ? (u32)iomem_size(virtio_config(rng)) : 0, k;

	if (!rng)
		return;
	for (k = 0; k < 6; k++) {
		KTEST_EXPECT(config_traps(size, k) && config_traps(size + 64, k));
		KTEST_EXPECT(config_traps(~0u, k) && config_traps(0u - 4, k));
		KTEST_EXPECT(config_traps(0u - 0x100, k));
		if (k % 3)
			KTEST_EXPECT(config_traps(1, k) && config_traps(size - 1, k));
	}
}

/* ---- all at once ---- */

#define ROUNDS 200u
static struct atomic posted, returned;
static struct page *team_page[4];
/* Task 0 also resets the device and starts it anew, so the others meet rings that are gone. */
static void compete(unsigned i)
{
	u64 cookie = 0;
	u32 len = 0, n;
	int err;

	for (n = 0; n < ROUNDS; n++) {
		err = post(rung_ring, team_page[n % 4], i, 1, n);
		atomic_add(&posted, err == 0);
		ring_kick(rung_ring);
		err = ring_take(rung_ring, &cookie, &len);
		atomic_add(&returned, err == 0 || err == -ECANCELED);
		(void)!ring_arm(rung_ring);
		if (i == 0 && n % 50 == 49)
			(void)start(1);
		test_step();
	}
}
/*
 * Without any lock, and with restarts in between: no more comes back than was posted, and no page
 * stays lent.
 */
KTEST(ring_is_used_by_all_at_once)
{
	u32 i;

	rung_ring = start(1);
	if (!rung_ring)
		return;
	for (i = 0; i < 4; i++)
		team_page[i] = page_alloc(0);
	atomic_store(&posted, 0);
	atomic_store(&returned, 0);
	KTEST_EXPECT(test_team(compete, 4) && atomic_load(&posted));
	KTEST_EXPECT(atomic_load(&returned) <= atomic_load(&posted));
	KTEST_EXPECT(virtio_reset(rng) == 0);
	for (i = 0; i < 4; i++) {
		KTEST_EXPECT(page_map_count(team_page[i]) == 0);
		page_put(array_at(team_page, i));
	}
}

/* ---- what it costs (tests/bench/run: where a nanosecond is an instruction) ---- */

static struct ring_chain cost_chain;
/* As many chains as the ring holds; the device is not told before the time is taken. */
static u64 cost_of_posts(struct ring *r, struct page *p, u32 segments, u32 n)
{
	u64 begin;
	u32 i;

	cost_chain.nr_in = segments;
	for (i = 0; i < segments; i++) {
		cost_chain.segment[i].page = p;
		cost_chain.segment[i].off = cost_chain.segment[i].len = 1;
	}
	begin = time_mono_ns();
	for (i = 0; i < n; i++)
		KTEST_EXPECT(ring_post(r, &cost_chain, i) == 0);
	return (time_mono_ns() - begin) / n;
}
/* The device returns all of them, and only then they are taken. */
static u64 cost_of_takes(struct ring *r, u32 n)
{
	u64 cookie = 0, begin;
	u32 len = 0, i;

	ring_kick(r);
	KTEST_EXPECT(test_take(r, &cookie, &len) == 0);
	test_sleep_ms(20);
	begin = time_mono_ns();
	for (i = 1; i < n && ring_take(r, &cookie, &len) == 0; i++)
		;
	KTEST_EXPECT(i == n || test_take(r, &cookie, &len) == 0);
	return (time_mono_ns() - begin) / i;
}
/* Fails only if something goes wrong; the numbers are read from the log. */
KTEST(ring_costs)
{
	struct ring *r = start(4);
	struct page *a = page_alloc(0), *b = NULL;
	u64 post, take, post_many, take_many;
	u32 n;

	if (r && a) {
		n = ring_size(r);
		post = cost_of_posts(r, a, 1, n);
		take = cost_of_takes(r, n);
		KTEST_EXPECT(start(4) == r);
		post_many = cost_of_posts(r, a, 4, n);
		take_many = cost_of_takes(r, n);
		log_info("COST %lu ring: post 1 segment", post);
		log_info("COST %lu ring: take 1 segment", take);
		log_info("COST %lu ring: post 4 segments", post_many);
		log_info("COST %lu ring: take 4 segments", take_many);
		cost_chain.nr_in = 0;
		for (n = 0; n < 4; n++)
			cost_chain.segment[n].page = NULL;
		b = page_get(a);
		end(&a, &b);
	}
	page_put(&a);
}
