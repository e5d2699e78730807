// SPDX-License-Identifier: MPL-2.0
/*
 * frame/dev/nic.c and ring.c, as they are, with the rows of two Ethernet controllers, Intel's
 * 82574L and Cadence's GEM, and models of these that check what they are told (where rings lie, how
 * far the device may go, how much it writes to a buffer, that nothing changes while it runs), and
 * then do what they like: they set the bit that says done where they were given nothing, claim
 * lengths, scribble over the descriptors, and do not stop.
 *
 * `queue` is what the test knows of the chains that the device has; each result of the ring is
 * compared with what follows from it. A page is held once for each segment, not more and not less,
 * and what an honest device finds in its descriptors are addresses of pages that are held.
 */
#include <frame/nic.h>
#include <uapi/errno.h>

#include "memory.h"

#define BASE  0x10090000ul
#define MOST  256u
#define PAGES 6u

#define DONE (1ul << 32) /* the 82574L's descriptors, second word */
#define EOP  (1ul << 24)
/* What a driver may choose: checksums and segments; lengths of data, headers, segments, and bits. */
#define OPTIONS     (1ul << 26 | 3ul << 40)
#define CONTEXT_MAY (0xfffful << 48 | 0xfful << 40 | 7ul << 24 | 0xffffful)

/* ---- the devices ---- */

static bool gem; /* else the 82574L */
static struct {
	u32 word[0x6000 / 4]; /* registers without effects */
	bool rx_on, tx_on;
	bool stops;                 /* it shall use no memory */
	u32 stuck, looks;           /* looks at a register until it has stopped */
	u64 reset_ns, last_step_ns; /* of the reset; of a step to stop */
	u32 queues;                 /* the GEM's design configuration */
	u32 doorbells[NIC_RINGS];
	struct {
		u64 base;
		u32 at, tail, length;
	} q[NIC_RINGS];
} dev;

static u64 *desc(u32 r, u32 i)
{
	return (u64 *)dev.q[r].base + 2 * (i % MOST);
}

static bool is_off(void)
{
	return !dev.rx_on && !dev.tx_on;
}

/* Whether it still uses memory: it says so for a while, or for ever. */
static bool still_busy(void)
{
	if (!dev.looks)
		return false;
	dev.looks--;
	return true;
}

static void set_base(u32 r, u32 half, u64 v)
{
	model_require(is_off() && !dev.looks, "a ring is moved while the device runs");
	dev.q[r].base = half ? (dev.q[r].base & 0xffffffff) | v << 32
			     : (dev.q[r].base & ~0xfffffffful) | v;
	dev.q[r].at = 0;
}

static void check_places(void)
{
	u32 r;

	for (r = 0; r < NIC_RINGS; r++)
		model_require(dev.q[r].base && !(dev.q[r].base & (PAGE_SIZE - 1)) &&
				(gem || (dev.q[r].length == 4096 && !dev.q[r].tail)),
			"it is started without ring %u", r);
}

static void intel_write(u64 off, u32 v)
{
	u32 r = off >= 0x3800;

	switch (off) {
	case 0x0000:
		if ((v & 1u << 2) && !dev.stops)
			dev.looks = dev.stuck;
		dev.stops = v & 1u << 2;
		if (v & 1u << 26) {
			model_require(is_off() && !dev.looks, "a reset while it runs");
			dev.reset_ns = sim_now();
			dev.q[0].tail = dev.q[1].tail = 0;
			dev.q[0].length = dev.q[1].length = 0;
		}
		return;
	case 0x0100:
		if ((v & 2) && !dev.rx_on)
			check_places();
		model_require(!(v & 2) || (v & ~0x00008018u) == 0x06030022, "receiver: %#x", v);
		dev.rx_on = v & 2;
		return;
	case 0x0400:
		if ((v & 2) && !dev.tx_on)
			check_places();
		dev.tx_on = v & 2;
		return;
	case 0x2800:
	case 0x2804:
	case 0x3800:
	case 0x3804:
		set_base(r, off >> 2 & 1, v);
		return;
	case 0x2808:
	case 0x3808:
		model_require(is_off(), "the length of a ring that is used");
		dev.q[r].length = v;
		return;
	case 0x2810:
	case 0x3810:
		model_require(is_off() && !v, "the head of a ring that is used");
		return;
	case 0x2818:
	case 0x3818:
		model_require(v < MOST && (!v || (r ? dev.tx_on : dev.rx_on)), "tail %u", v);
		dev.q[r].tail = v;
		dev.doorbells[r] += dev.tx_on;
		return;
	case 0x5008:
	case 0x5818:
		model_require(!v && is_off(), "%#x at %#lx", v, off);
		return;
	case 0x00d8:
	case 0x3828:
		return;
	}
	model_fail("register %#lx is written", off);
}

static void gem_write(u64 off, u32 v)
{
	switch (off) {
	case 0x000:
		if (!(v & 4) && dev.rx_on)
			dev.looks = dev.stuck;
		if ((v & 4) && is_off())
			check_places();
		else if (v & 4)
			dev.doorbells[(v & 1u << 9) != 0]++;
		model_require(!(v & 1u << 9) || dev.tx_on, "it shall send, and is off");
		dev.rx_on = v & 4;
		dev.tx_on = v & 8;
		return;
	case 0x004:
		model_require(!(v & 3u << 14), "what is received does not begin at its beginning");
		return;
	case 0x010:
		model_require(is_off() && (v >> 16 & 0xff) == 64 && (v & 1u << 30), "DMA: %#x", v);
		return;
	case 0x018:
		set_base(NIC_RX, 0, v);
		return;
	case 0x4d4:
		set_base(NIC_RX, 1, v);
		return;
	case 0x01c:
		set_base(NIC_TX, 0, v);
		return;
	case 0x4c8:
		set_base(NIC_TX, 1, v);
		return;
	case 0x02c:
		dev.last_step_ns = sim_now();
		return;
	}
	model_fail("register %#lx is written", off);
}

/* The 82574L reads its settings after a reset, and does not answer meanwhile. */
static void check_settled(void)
{
	model_require(!dev.reset_ns || sim_now() - dev.reset_ns >= NSEC_PER_MSEC,
		"an access in the middle of a reset");
}

static void dev_write(void *m, u64 off, unsigned width, u64 v)
{
	(void)m;
	model_require(width == 4 && off < sizeof(dev.word), "%u bytes at %#lx", width, off);
	check_settled();
	gem ? gem_write(off, (u32)v) : intel_write(off, (u32)v);
}

static u64 dev_read(void *m, u64 off, unsigned width)
{
	(void)m;
	model_require(width == 4, "%u bytes at %#lx", width, off);
	check_settled();
	/* What the GEM had received is in memory when it says that it has stopped. */
	model_require(!gem || off != 0x014 || !is_off() ||
			sim_now() - dev.last_step_ns >= 10 * NSEC_PER_USEC,
		"a look at a receiver that has just been turned off");
	if (gem)
		return off == 0x014    ? (u64)still_busy() << 3
			: off == 0x294 ? dev.queues
			: off          ? 0
				       : dev.rx_on << 2 | dev.tx_on << 3;
	return off == 0x008    ? (u64)still_busy() << 19
		: off == 0x100 ? dev.rx_on << 1
		: off == 0x400 ? dev.tx_on << 1
			       : 0;
}
static const struct model_ops dev_ops = { .name = "nic", .read = dev_read, .write = dev_write };

/* ---- the driver's side ---- */

static struct device *device;
static struct nic *nic;
static struct ring *ring[NIC_RINGS];
static struct page *page[PAGES];

static int keep_probe(struct device *d, u32 quirk)
{
	(void)quirk;
	device = d;
	nic = device_nic(d);
	return 0;
}
static const struct dt_match keep_match[] = {
	{ LIT("pci8086,10d3"), .quirk = 0 },
	{ LIT("sifive,fu540-c000-gem"), .quirk = 0 },
};
DRIVER(keep, keep_match, keep_probe);

/* What the test knows of each ring: the chains that are out, the oldest first. */
struct chain {
	u64 cookie;
	u32 n, descs, writable;
	struct page *page[RING_SEGMENTS];
};
static struct {
	struct chain chain[MOST];
	u32 first, nr, descs; /* descs: in use */
	u32 posted, taken;    /* descriptors, modulo 2^32 */
	bool broken;
} queue[NIC_RINGS];
static u32 held[PAGES];
static u64 next_cookie = 1;
static bool off, started; /* off: reset, or being reset */

static void boot(void)
{
	u32 i;

	(void)sim_device("ethernet@10090000", gem ? "sifive,fu540-c000-gem" : "pci8086,10d3", BASE,
		0x6000, 1);
	sim_model(BASE, 0x6000, 1, &dev_ops, NULL);
	for (i = 0; i < PAGES; i++)
		page[i] = memory_page(0x80001000 + 0x5000ul * i);
	memory_coherent = true;
	sim_boot();
	CHECK(device);
}

static u32 number_of(const struct page *p)
{
	u32 i;

	for (i = 0; page[i] != p; i++)
		CHECK(i < PAGES);
	return i;
}

static void check_held(void)
{
	u32 i;

	for (i = 0; i < PAGES; i++)
		model_require(page_map_count(page[i]) == held[i], "page %u: held %u times, not %u",
			i, page_map_count(page[i]), held[i]);
}

static void forget(u32 r)
{
	struct chain *c = &queue[r].chain[queue[r].first];
	u32 i;

	for (i = 0; i < c->n; i++)
		held[number_of(c->page[i])]--;
	queue[r].first = (queue[r].first + 1) % MOST;
	queue[r].nr--;
	queue[r].descs -= c->descs;
	queue[r].taken += c->descs;
}

static void set_up(u32 segments)
{
	u32 r;

	CHECK(nic_reset(nic) == 0 && nic_start(nic) == -EBUSY);
	for (r = 0; r < NIC_RINGS; r++) {
		CHECK(nic_ring(nic, r, r == NIC_RX ? 1 : segments, &ring[r]) == 0);
		CHECK(ring_free(ring[r]) == MOST - 1 && ring_size(ring[r]) == MOST - 1);
		CHECK(!queue[r].nr);
		queue[r].posted = queue[r].taken = 0;
		dev.doorbells[r] = 0;
	}
	off = started = false;
}

static void start(void)
{
	CHECK(nic_start(nic) == (started ? -EBUSY : 0) && dev.rx_on && dev.tx_on);
	started = true;
}

static void post(u32 r, u32 most)
{
	struct ring_chain c = { .option = unit_random(2) ? ~0ul : 0 };
	struct chain *record = &queue[r].chain[(queue[r].first + queue[r].nr) % MOST];
	bool context = r == NIC_TX && unit_random(3) == 0, good;
	u32 n = r == NIC_RX ? 1 : 1 + unit_random(most), i, before = queue[r].descs, descs;
	int err;

	if (context)
		c.context[unit_random(2)] = ~0ul;
	descs = n + (context && !gem);
	*(r == NIC_RX ? &c.nr_in : &c.nr_out) = n;
	for (i = 0; i < n; i++) {
		c.segment[i].page = page[unit_random(PAGES)];
		c.segment[i].off = r == NIC_RX ? 0 : unit_random(PAGE_SIZE);
		c.segment[i].len = r == NIC_RX ? PAGE_SIZE
					       : 1 + unit_random((u32)PAGE_SIZE - c.segment[i].off);
	}
	good = unit_random(8);
	if (!good && r == NIC_RX)
		c.segment[0].len -= 1 + unit_random(PAGE_SIZE);
	else if (!good)
		c.nr_in = 1;
	err = ring_post(ring[r], &c, next_cookie);
	if (off || queue[r].broken) {
		CHECK(err == -EIO);
		return;
	}
	if (!good || before + descs > MOST - 1) {
		CHECK(err == (good ? -ENOSPC : -EINVAL) || (!good && err == -ENOSPC));
		return;
	}
	CHECK(err == 0);
	*record = (struct chain){ next_cookie++, n, descs, r == NIC_RX ? (u32)PAGE_SIZE : 0,
		{ 0 } };
	for (i = 0; i < n; i++) {
		record->page[i] = c.segment[i].page;
		held[number_of(c.segment[i].page)]++;
	}
	queue[r].nr++;
	queue[r].descs += descs;
	queue[r].posted += descs;
	CHECK(ring_free(ring[r]) == MOST - 1 - queue[r].descs);
}

/* What the device says of the oldest chain; 0: it is not done. */
static u64 verdict(u32 r)
{
	const struct chain *c = &queue[r].chain[queue[r].first];
	u64 d;

	if (!queue[r].nr || !dev.q[r].base)
		return 0;
	d = desc(r, queue[r].taken + (gem ? 0 : c->descs - 1))[!gem];
	return d & (gem ? r == NIC_RX ? 1 : 1ul << 63 : DONE) ? d : 0;
}

static void take(u32 r)
{
	const struct chain *c = &queue[r].chain[queue[r].first];
	u64 cookie = 0, status = 0, d;
	u32 len = 0, claimed, i;
	int err;

	if (off)
		return;
	d = verdict(r);
	claimed = r == NIC_TX ? 0 : (u32)(gem ? d >> 32 & 0x1fff : d & 0xffff);
	err = ring_take_status(ring[r], &cookie, &len, &status);
	if (queue[r].broken || (d && claimed > c->writable)) {
		CHECK(err == -EIO);
		queue[r].broken = true;
		return;
	}
	CHECK(err == (d ? 0 : -EAGAIN));
	if (err)
		return;
	CHECK(cookie == c->cookie && len == claimed && status == (gem ? d >> 32 : d));
	for (i = 0; i < c->descs; i++) {
		const u64 *e = desc(r, queue[r].taken + i);
		CHECK(!e[1] && !(gem ? (e[0] & 0xfffffffc) : e[0]));
	}
	forget(r);
}

static void kick(u32 r)
{
	u32 before = dev.doorbells[r], tail = dev.q[r].tail;
	bool may = started && !off && !queue[r].broken;

	ring_kick(ring[r]);
	if (!may)
		CHECK(dev.doorbells[r] == before && dev.q[r].tail == tail);
	else if (gem)
		CHECK(dev.doorbells[r] == before + (queue[r].nr != 0));
	else
		CHECK(dev.q[r].tail == queue[r].posted % MOST);
}

static void arm(u32 r)
{
	bool nothing = off || queue[r].broken || !verdict(r);

	CHECK(ring_arm_after(ring[r], 1 + unit_random(300)) == nothing);
	ring_disarm(ring[r]);
}

static void all_back(void)
{
	u64 cookie = 0;
	u32 r, len, want, i;
	u64 sum, got;

	for (r = 0; r < NIC_RINGS; r++) {
		for (sum = got = 0, want = queue[r].nr; queue[r].nr; forget(r))
			sum += queue[r].chain[queue[r].first].cookie;
		for (i = 0; ring_take(ring[r], &cookie, &len) == -ECANCELED; i++)
			got += cookie;
		CHECK(i == want && got == sum && ring_take(ring[r], &cookie, &len) == -ESHUTDOWN);
		queue[r].broken = false;
	}
	check_held();
}

static void reset(bool honest)
{
	u32 r, i;

	dev.stuck = unit_random(3) ? unit_random(5000) : 25000;
	off = true;
	while (nic_reset(nic)) {
		CHECK(dev.looks && sim_logged("its pages stay lent"));
		check_held();
		post(NIC_TX, 1);
		kick(NIC_RX);
		kick(NIC_TX);
		nic_set_mode(nic, unit_random(1u << 31));
		CHECK(nic_ring(nic, NIC_RX, 1, &ring[NIC_RX]) == -EBUSY);
	}
	CHECK(is_off() && !dev.looks);
	started = false;
	all_back();
	kick(NIC_RX);
	kick(NIC_TX);
	for (r = 0; honest && dev.q[0].base && r < NIC_RINGS; r++) {
		for (i = 0; i < MOST; i++)
			CHECK(!desc(r, i)[1] &&
				!(gem ? (desc(r, i)[0] & 0xfffffffc) : desc(r, i)[0]));
	}
}

/* ---- what the devices do ---- */

/* The device uses @n bytes there: they lie in a page that is lent. */
static void use(u64 pa, u32 n, bool writes)
{
	u8 byte = 0;
	u32 i;

	for (i = 0; i < PAGES && page_paddr(page[i]) != round_down(pa, PAGE_SIZE); i++)
		;
	model_require(i < PAGES && held[i], "the device is given %#lx", pa);
	model_require(n && pa % PAGE_SIZE + n <= PAGE_SIZE, "%u bytes at %#lx", n, pa);
	if (writes)
		memory_device_write(pa + n - 1, &byte, 1);
	else
		memory_device_read(pa + n - 1, &byte, 1);
}

static void intel_receives(void)
{
	u64 *d = desc(NIC_RX, dev.q[NIC_RX].at);

	if (dev.q[NIC_RX].at == dev.q[NIC_RX].tail)
		return;
	use(d[0], 4096, true);
	d[0] = 0x0123456789abcdef;
	d[1] = unit_random(4097) | DONE | 1ul << 33 | (u64)unit_random(65536) << 48;
	dev.q[NIC_RX].at = (dev.q[NIC_RX].at + 1) % MOST;
}

/* One packet: maybe a context, then data up to the last descriptor, which is reported. */
static void intel_sends(void)
{
	u64 *d;
	bool first = true, last = false;

	for (; dev.q[NIC_TX].at != dev.q[NIC_TX].tail && !last; first = false) {
		d = desc(NIC_TX, dev.q[NIC_TX].at);
		dev.q[NIC_TX].at = (dev.q[NIC_TX].at + 1) % MOST;
		if (!(d[1] & 1u << 20)) {
			model_require(first && (d[1] & ~CONTEXT_MAY) == 1ul << 29, "context %#lx",
				d[1]);
			first = true;
			continue;
		}
		last = d[1] & EOP;
		model_require((d[1] & ~(0xffffful | EOP | 1ul << 27 | OPTIONS)) ==
					(1ul << 20 | 1ul << 25 | 1ul << 29) &&
				last == (d[1] >> 27 & 1),
			"data %#lx", d[1]);
		use(d[0], d[1] & 0xfffff, false);
		if (last)
			d[1] |= DONE;
	}
	model_require(first || last, "a packet without an end");
}

static void gem_receives(void)
{
	u64 *d = desc(NIC_RX, dev.q[NIC_RX].at);

	if (!dev.rx_on || (d[0] & 1))
		return;
	model_require(((d[0] & 2) != 0) == (dev.q[NIC_RX].at == MOST - 1), "the ring's end");
	use((d[0] & 0xfffffffc) | d[1] << 32, 4096, true);
	d[0] = (d[0] & 0xffffffff) | 1 | (u64)(unit_random(4097) | 3u << 14) << 32;
	dev.q[NIC_RX].at = (dev.q[NIC_RX].at + 1) % MOST;
}

static void gem_sends(void)
{
	u64 *d, *first = NULL;
	bool last = false;

	while (dev.tx_on && !last) {
		d = desc(NIC_TX, dev.q[NIC_TX].at);
		if (d[0] >> 63)
			break;
		model_require(((d[0] >> 62 & 1) != 0) == (dev.q[NIC_TX].at == MOST - 1) &&
				!(d[0] >> 32 & ~(0x3ffful | 1ul << 15 | 1ul << 30)),
			"data %#lx", d[0]);
		use((d[0] & 0xffffffff) | d[1] << 32, d[0] >> 32 & 0x3fff, false);
		first = first ? first : d;
		last = d[0] >> 47 & 1;
		dev.q[NIC_TX].at = (dev.q[NIC_TX].at + 1) % MOST;
	}
	model_require(!first || last, "a packet without an end");
	if (first)
		*first |= 1ul << 63;
}

static void honest(void)
{
	if (!started || off)
		return;
	if (unit_random(2))
		gem ? gem_receives() : intel_receives();
	else
		gem ? gem_sends() : intel_sends();
}

static void hostile(void)
{
	u32 r = unit_random(NIC_RINGS), i = unit_random(MOST), n;
	u64 *d = desc(r, i);

	switch (unit_random(6)) {
	case 0:
		for (n = 1 + unit_random(MOST); n; n--, i++) {
			desc(r, i)[0] = (u64)unit_random(1u << 31) << 33 ^ unit_random(1u << 31);
			desc(r, i)[1] = (u64)unit_random(1u << 31) << 33 ^ unit_random(1u << 31);
		}
		return;
	case 1: /* done, before its turn or without a chain */
		d[!gem] |= gem ? 1ul << 63 | 1 : DONE;
		return;
	case 2: /* a length */
		d = desc(NIC_RX, queue[NIC_RX].taken);
		d[!gem] = gem ? 1 | (u64)unit_random(0x2000) << 32 : DONE | unit_random(65536);
		return;
	case 3: /* takes its word back */
		d[!gem] &= gem ? ~(1ul << 63 | 1) : ~DONE;
		return;
	case 4:
		d[0] = d[1] = 0;
		return;
	default:
		d[0] = d[1] = ~0ul;
	}
}

static void fuzz(u64 seed, u32 steps, bool is_hostile)
{
	u32 i, segments, r;

	boot();
	CHECK(nic);
	unit_seed ^= seed * 0x9e3779b97f4a7c15;
	while (steps) {
		segments = 1 + unit_random(RING_SEGMENTS - 1);
		set_up(segments);
		for (i = unit_random(4000); i && steps; i--, steps--) {
			r = unit_random(NIC_RINGS);
			switch (unit_random(8)) {
			case 0:
			case 1:
				post(r, segments);
				break;
			case 2:
				take(r);
				break;
			case 3:
				kick(r);
				break;
			case 4:
				arm(r);
				break;
			case 5:
				if (!started || !unit_random(20))
					start();
				nic_set_mode(nic, unit_random(1u << 31));
				break;
			default:
				if (!is_hostile)
					honest();
				else if (dev.q[0].base && !unit_random(10))
					hostile();
			}
			check_held();
		}
		if (!is_hostile)
			CHECK(!queue[0].broken && !queue[1].broken);
		reset(!is_hostile);
	}
}

#define FUZZ(name, is_gem, seed, is_hostile)   \
	MODEL_TEST(name)                       \
	{                                      \
		gem = is_gem;                  \
		fuzz(seed, 60000, is_hostile); \
	}
FUZZ(intel_that_behaves, false, 1, false)
FUZZ(intel_that_behaves_again, false, 2, false)
FUZZ(hostile_intel, false, 3, true)
FUZZ(hostile_intel_2, false, 4, true)
FUZZ(gem_that_behaves, true, 5, false)
FUZZ(gem_that_behaves_again, true, 6, false)
FUZZ(hostile_gem, true, 7, true)
FUZZ(hostile_gem_2, true, 8, true)

/* The frame would not set up the others; width of addresses is no queue. */
MODEL_TEST(gem_with_more_queues)
{
	gem = true;
	dev.queues = 1u << 23 | 1u << 3;
	boot();
	CHECK(!nic && sim_logged("it has more queues"));
}
MODEL_TEST(gem_with_wide_addresses)
{
	gem = true;
	dev.queues = 1u << 23 | 1;
	boot();
	CHECK(nic);
}
