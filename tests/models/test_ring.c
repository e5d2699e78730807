// SPDX-License-Identifier: MPL-2.0
/*
 * frame/dev/ring.c, virtio.c and virtio_mmio.c, as they are, with a device that does all it likes:
 * it returns what it was not given, twice, too long, lets its index jump, scribbles over the memory
 * of the ring, and does not confirm resets. The device also checks what it is told: the order of
 * the status, where queues lie, when the doorbell rings.
 *
 * `record` is what the test knows of the chains that the device has; each result of the ring is
 * compared with what follows from it. A page is held once for each segment, not more and not less.
 */
#include <frame/virtio.h>
#include <uapi/errno.h>

#include "memory.h"

#define BASE  0x10001000ul
#define MOST  256u
#define PAGES 6u

enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, FAILED = 128 };
#define EVENT_IDX (1ul << 29)
#define INDIRECT  (1ul << 28)
#define ANY       (1ul << 27) /* legacy devices: segments cut anywhere */
#define VERSION_1 (1ul << 32)

/* What the device is like, and its registers. */
static struct {
	u32 version, class, queue_most;
	u64 offers;
	bool refuses_features, refuses_queue;
	u32 slow_resets; /* looks until a reset is confirmed */
	u32 status, looks, select[2], queue, num, ready, causes, page_size, align;
	u64 accepted, desc, avail, used;
	u32 doorbells;
} dev = { .version = 2, .class = VIRTIO_RNG, .queue_most = MOST, .offers = VERSION_1 };

static u64 dev_read(void *m, u64 off, unsigned width)
{
	(void)m;
	if (off >= 0x100)
		return 0;
	model_require(width == 4, "a register is read with %u bytes", width);
	switch (off) {
	case 0x000:
		return 0x74726976;
	case 0x004:
		return dev.version;
	case 0x008:
		return dev.class;
	case 0x010:
		/* Word 1 of a legacy device is zero; one that lies is believed nothing there. */
		return (u32)(dev.offers >> 32 * dev.select[0]);
	case 0x034:
		return dev.queue ? 0 : dev.queue_most;
	case 0x040:
		model_require(dev.version == 1, "a legacy register is read");
		return dev.ready ? (u32)(dev.desc / dev.page_size) : 0;
	case 0x044:
		model_require(dev.version == 2, "a modern register is read");
		return dev.ready;
	case 0x060:
		return dev.causes;
	case 0x070:
		if (dev.looks) {
			dev.looks--;
			return dev.status | 1;
		}
		return dev.status;
	}
	model_fail("register %#lx is read", off);
}

static void set_half(u64 *to, u32 half, u64 v)
{
	*to = half ? (*to & 0xffffffff) | v << 32 : (*to & ~0xfffffffful) | v;
}

static void set_status(u32 v)
{
	if (!v) {
		dev.status = dev.ready = dev.queue = dev.causes = 0;
		dev.desc = dev.avail = dev.used = dev.accepted = 0;
		dev.page_size = dev.align = 0;
		dev.looks = dev.slow_resets;
		return;
	}
	model_require(!dev.looks, "status %#x before the reset is confirmed", v);
	model_require(v & FAILED || !(dev.status & ~v), "status %#x after %#x", v, dev.status);
	model_require(!(v & FEATURES_OK) || dev.version == 2, "a legacy device agrees to nothing");
	if (v & FEATURES_OK) {
		model_require(dev.status & DRIVER, "features before there is a driver");
		model_require(!(dev.accepted & ~dev.offers), "features that were not offered");
		if (dev.refuses_features)
			v &= ~FEATURES_OK;
	}
	model_require(!(v & DRIVER_OK) || dev.version == 1 || dev.status & FEATURES_OK,
		"no features yet");
	dev.status = v;
}

/* The queue of a legacy device, by the number of its page (virtio 1.2, 2.7.2). */
static void set_legacy_queue(u32 page)
{
	model_require(dev.version == 1 && dev.status & DRIVER && !dev.ready, "a page too early");
	model_require(page && dev.page_size == PAGE_SIZE && dev.align && dev.num,
		"a queue without a size");
	dev.desc = (u64)page * dev.page_size;
	dev.avail = dev.desc + 16ul * dev.num;
	dev.used = (dev.avail + 6 + 2ul * dev.num + dev.align - 1) & ~(dev.align - 1ul);
	model_require(dev.used + 6 + 8ul * dev.num <= dev.desc + PAGE_SIZE, "beyond the page");
	dev.ready = !dev.refuses_queue;
}

static void dev_write(void *m, u64 off, unsigned width, u64 v)
{
	(void)m;
	if (off >= 0x100)
		return;
	model_require(width == 4, "a register is written with %u bytes", width);
	if (off >= 0x80 && off < 0xa8) {
		model_require(dev.version == 2, "a modern register is written");
		model_require(dev.status & FEATURES_OK && !dev.ready, "an address too early");
		set_half(off < 0x90          ? &dev.desc
				: off < 0xa0 ? &dev.avail
					     : &dev.used,
			off >> 2 & 1, v);
		return;
	}
	switch (off) {
	case 0x014:
		dev.select[0] = (u32)v;
		return;
	case 0x020:
		model_require(!(dev.status & FEATURES_OK), "features too late");
		set_half(&dev.accepted, dev.select[1], v);
		return;
	case 0x024:
		dev.select[1] = (u32)v;
		return;
	case 0x028:
		dev.page_size = (u32)v;
		return;
	case 0x03c:
		model_require(v && !(v & (v - 1)), "aligned to %lu", v);
		dev.align = (u32)v;
		return;
	case 0x040:
		set_legacy_queue((u32)v);
		return;
	case 0x030:
		dev.queue = (u32)v;
		return;
	case 0x038:
		model_require(v && v <= dev.queue_most && !(v & (v - 1)), "%lu elements", v);
		dev.num = (u32)v;
		return;
	case 0x044:
		model_require(dev.version == 2, "a modern register is written");
		model_require(!(dev.desc & 15) && !(dev.avail & 1) && !(dev.used & 3),
			"parts of a queue that are not aligned");
		model_require(dev.desc && dev.avail && dev.used, "a queue without an address");
		dev.ready = dev.refuses_queue ? 0 : (u32)v;
		return;
	case 0x050:
		model_require(dev.status & DRIVER_OK && dev.ready && !v, "a doorbell too early");
		dev.doorbells++;
		return;
	case 0x064:
		dev.causes &= (u32)~v;
		return;
	case 0x070:
		set_status((u32)v);
		return;
	}
	model_fail("register %#lx is written", off);
}
static const struct model_ops dev_ops = { .name = "virtio", .read = dev_read, .write = dev_write };

/* ---- the ring's memory, as the device sees it ---- */

static u16 *word(u64 at)
{
	return (u16 *)at;
}
static u16 *avail_idx(void)
{
	return word(dev.avail + 2);
}
static u16 *used_idx(void)
{
	return word(dev.used + 2);
}
static u16 *used_event(void)
{
	return word(dev.avail + 4 + 2ul * dev.num);
}
static u16 *avail_event(void)
{
	return word(dev.used + 4 + 8ul * dev.num);
}
static u32 *used_element(u32 i)
{
	return (u32 *)(dev.used + 4 + 8ul * (i % dev.num));
}
struct desc {
	u64 addr;
	u32 len;
	u16 flags, next;
};

/* ---- the driver's side ---- */

static struct device *device;
static struct virtio *v;
static struct ring *ring;
static struct page *page[PAGES];

static int keep_probe(struct device *d, u32 quirk)
{
	(void)quirk;
	device = d;
	v = device_virtio(d);
	return 0;
}
/* There is no PCI. */
const struct virtio_transport *virtio_pci_find(struct virtio *of, struct dt_node *n,
	struct lit *why)
{
	(void)of, (void)n, (void)why;
	return NULL;
}

static const struct dt_match keep_match[] = { { LIT("virtio,mmio"), .quirk = 0 } };
DRIVER(keep, keep_match, keep_probe);

/* What the test knows. A chain by the number that the device got for it. */
static struct {
	bool lent;
	u64 cookie;
	u32 writable, n;
	struct page *page[RING_SEGMENTS];
} record[MOST];
static u32 outstanding, held[PAGES];
static u16 taken, kicked, posted, furthest; /* furthest: where the ring has seen the device */
static u64 next_cookie = 1;
static bool broken, wants_idx, scribbles; /* scribbles: the device does, over its queue */

static void boot(void)
{
	u32 i;

	(void)sim_device("virtio@10001000", "virtio,mmio", BASE, 0x200, 1);
	sim_model(BASE, 0x200, 1, &dev_ops, NULL);
	for (i = 0; i < PAGES; i++)
		page[i] = memory_page(0x80001000 + 0x5000ul * i);
	memory_coherent = true;
	sim_boot();
	CHECK(device);
}

static void check_held(void)
{
	u32 i;

	for (i = 0; i < PAGES; i++)
		model_require(page_map_count(page[i]) == held[i], "page %u: held %u times, not %u",
			i, page_map_count(page[i]), held[i]);
}

static u32 number_of(const struct page *p)
{
	u32 i;

	for (i = 0; page[i] != p; i++)
		;
	return i;
}

static void forget(u32 id)
{
	u32 i;

	for (i = 0; i < record[id].n; i++)
		held[number_of(record[id].page[i])]--;
	record[id].lent = false;
	outstanding--;
}

/* The device has confirmed its reset: everything comes back, each cookie once. */
static void all_back(void)
{
	u64 cookie, seen = 0;
	u32 id, len = 1, n = 0, had = outstanding;
	u64 sum = 0;

	for (id = 0; id < MOST; id++) {
		if (record[id].lent) {
			sum += record[id].cookie;
			forget(id);
		}
	}
	check_held();
	while (ring_take(ring, &cookie, &len) == -ECANCELED) {
		seen += cookie;
		n++;
		CHECK(!len);
	}
	CHECK(n == had && seen == sum && ring_take(ring, &cookie, &len) == -ESHUTDOWN);
	CHECK(!ring_free(ring) && ring_arm(ring));
	broken = false;
}

/* Some features of the class, and all that are not a driver's business. */
#define WANTED (0xff | ((1ul << 50) - (1ul << 24)))

static void set_up(u32 segments)
{
	u64 accepted = ~0ul, known = 0xff | EVENT_IDX | INDIRECT;
	u32 n, most = dev.version == 1 ? MOST / 2 : MOST;

	known |= dev.version == 1 ? ANY : VERSION_1 | 1ul << 33 | 1ul << 36;
	dev.doorbells = 0;
	CHECK(virtio_reset(v) == 0 && virtio_negotiate(v, WANTED, &accepted) == 0);
	CHECK(accepted == (dev.offers & known & (0xff | VERSION_1)));
	CHECK(dev.accepted == (dev.offers & known));
	CHECK(virtio_ring(v, 0, segments, &ring) == 0 && virtio_start(v) == 0);
	taken = kicked = posted = furthest = 0;
	wants_idx = dev.accepted & EVENT_IDX;
	for (n = 1; 2 * n <= min(dev.queue_most, most); n *= 2)
		;
	segments = min(segments, n);
	CHECK(dev.num == n && ring_segments(ring) == segments);
	CHECK(ring_size(ring) == (dev.accepted & INDIRECT ? n : n / segments));
	CHECK(ring_free(ring) == ring_size(ring));
	/* Not armed. */
	CHECK(wants_idx ? *used_event() == 0xffff && !*word(dev.avail) : *word(dev.avail) == 1);
}

/* What the descriptors say is what was posted, and the device may follow them. */
static void check_descriptors(const struct ring_chain *c, u32 id)
{
	const struct desc *table = (const struct desc *)dev.desc, *d = table + id;
	u32 n = c->nr_out + c->nr_in, i;
	u8 byte;

	if (d->flags == 4) {
		model_require(dev.accepted & INDIRECT && n > 1 && d->len == 16 * n, "a bad table");
		table = d = (const struct desc *)d->addr;
	}
	for (i = 0; i < n; i++, d = table + d->next) {
		model_require(d->addr == page_paddr(c->segment[i].page) + c->segment[i].off &&
				d->len == c->segment[i].len &&
				d->flags == ((i >= c->nr_out ? 2 : 0) | (i + 1 < n)),
			"descriptor %u of %u", i, n);
		memory_device_read(d->addr + d->len - 1, &byte, 1);
	}
}

/* Where a chain would begin that the device does not have, it finds no address. */
static void check_cleared(void)
{
	const struct desc *table = (const struct desc *)dev.desc;
	u32 id, stride = dev.accepted & INDIRECT ? 1 : ring_segments(ring);

	for (id = 0; id < dev.num && !scribbles; id += stride)
		model_require(record[id].lent || (!table[id].addr && !table[id].len),
			"descriptor %u has an address", id);
}

static void random_chain(struct ring_chain *c, u32 most)
{
	u32 n = 1 + unit_random(most), i;

	c->nr_out = unit_random(n + 1);
	c->nr_in = n - c->nr_out;
	for (i = 0; i < n; i++) {
		c->segment[i].page = page[unit_random(PAGES)];
		c->segment[i].off = unit_random(PAGE_SIZE);
		c->segment[i].len = 1 + unit_random((u32)PAGE_SIZE - c->segment[i].off);
	}
}

static void post(u32 most)
{
	struct ring_chain c = { 0 };
	u32 n, i, id, free = ring_free(ring);
	int err;

	random_chain(&c, most);
	n = c.nr_out + c.nr_in;
	if (!broken && n <= ring_segments(ring) && free && !unit_random(8)) {
		c.segment[unit_random(n)].len = 0;
		CHECK(ring_post(ring, &c, next_cookie) == -EINVAL && ring_free(ring) == free);
		check_cleared();
		return;
	}
	err = ring_post(ring, &c, next_cookie);
	if (broken || n > ring_segments(ring) || !free) {
		CHECK(err == (broken ? -EIO : n > ring_segments(ring) ? -EINVAL : -ENOSPC));
		return;
	}
	CHECK(err == 0 && *avail_idx() == (u16)(posted + 1));
	id = word(dev.avail)[2 + posted % dev.num];
	posted++;
	model_require(id < dev.num && !record[id].lent, "number %u is given twice", id);
	check_descriptors(&c, id);
	record[id].lent = true;
	record[id].cookie = next_cookie++;
	record[id].n = n;
	record[id].writable = 0;
	for (i = 0; i < n; i++) {
		record[id].page[i] = c.segment[i].page;
		held[number_of(c.segment[i].page)]++;
		record[id].writable += i >= c.nr_out ? c.segment[i].len : 0;
	}
	outstanding++;
}

static void take(void)
{
	u64 cookie = 0;
	u32 len = 0;
	u16 n = (u16)(*used_idx() - taken);
	bool back = n < (u16)(furthest - taken);
	u32 id = used_element(taken)[0], claimed = used_element(taken)[1];
	int err = ring_take(ring, &cookie, &len);

	if (!back)
		furthest = (u16)(taken + n);
	if (broken || back || n > outstanding) {
		CHECK(err == -EIO);
		broken = true;
		return;
	}
	if (!n) {
		CHECK(err == -EAGAIN);
		return;
	}
	if (id >= dev.num || !record[id].lent || claimed > record[id].writable) {
		CHECK(err == -EIO);
		broken = true;
		return;
	}
	CHECK(err == 0 && cookie == record[id].cookie && len == claimed);
	forget(id);
	taken++;
}

/* The doorbell rings if the device waits for one of the new chains, and only then. */
static void kick(void)
{
	u16 event = *avail_event(), i;
	bool wanted = !wants_idx && posted != kicked && !(*word(dev.used) & 1);
	u32 before = dev.doorbells;

	for (i = kicked; wants_idx && i != posted; i++)
		wanted |= i == event;
	ring_kick(ring);
	CHECK(dev.doorbells == before + (wanted && !broken));
	if (!broken)
		kicked = posted;
}

static void arm(void)
{
	u32 n = unit_random(3) ? 1 : 1 + unit_random(300);
	u32 wanted = max(1u, min(n, outstanding));
	u16 done = (u16)(*used_idx() - taken), had = (u16)(furthest - taken);
	bool early = done < wanted && done >= had;

	if (unit_random(3) == 0) {
		ring_disarm(ring);
		return;
	}
	CHECK((n == 1 ? ring_arm(ring) : ring_arm_after(ring, n)) == (early || broken));
	if (!broken && done > had)
		furthest = (u16)(taken + done);
	if (!broken)
		CHECK(wants_idx ? *used_event() == (u16)(taken + wanted - 1) : !*word(dev.avail));
}

static void reset(void)
{
	u64 cookie;
	u32 tries, len;

	dev.slow_resets = unit_random(3) ? 0 : 15000;
	tries = dev.slow_resets / 10000;
	while (virtio_reset(v)) {
		CHECK(tries--);
		check_held();
		broken = true;
		post(1);
		CHECK(ring_take(ring, &cookie, &len) == -EIO);
	}
	all_back();
}

/* ---- the device ---- */

static u16 seen; /* of the available ring */
static u32 given[MOST], nr_given;

static void give_back(u32 id, u32 len)
{
	used_element(*used_idx())[0] = id;
	used_element(*used_idx())[1] = len;
	++*used_idx();
}

static void honest(void)
{
	u32 i, id;

	while (seen != *avail_idx() && nr_given < MOST)
		given[nr_given++] = word(dev.avail)[2 + seen++ % dev.num];
	*avail_event() = unit_random(2) ? seen : (u16)unit_random(65536);
	*word(dev.used) = (u16)unit_random(2);
	if (!nr_given)
		return;
	i = unit_random(nr_given);
	id = given[i];
	given[i] = given[--nr_given];
	/* The device may have scribbled over the number. */
	give_back(id, id < MOST ? unit_random(record[id].writable + 1) : 0);
}

static void scribble(u64 at, u64 n)
{
	u8 *b = (u8 *)at;

	for (; n; n--, b++)
		*b = (u8)unit_random(256);
}

static u32 any_id(void)
{
	u32 any[] = { unit_random(dev.num), unit_random(dev.num), dev.num, unit_random(65536), ~0u,
		unit_random(1u << 31), dev.num - 1, 65536 + unit_random(dev.num) };

	/* Half of them are numbers that it has. */
	return nr_given && unit_random(2) ? given[unit_random(nr_given)] % MOST
					  : any[unit_random(ARRAY_LEN(any))];
}

static void hostile(void)
{
	u32 id;

	switch (unit_random(12)) {
	case 0:
		scribble(dev.desc, 16ul * dev.num);
		return;
	case 1: /* the hint at the end stays in the test's hand */
		scribble(dev.avail + 4, 2ul * dev.num);
		return;
	case 2:
		if (((struct desc *)dev.desc)->flags == 4)
			scribble(((struct desc *)dev.desc)->addr, 16);
		return;
	case 3:
		*used_idx() = (u16)unit_random(65536);
		return;
	case 4:
		*used_idx() = (u16)(taken + unit_random(outstanding + 3));
		return;
	case 5:
		--*used_idx();
		return;
	case 6:
		scribble(dev.used, 4 + 8ul * dev.num);
		return;
	case 7:
		id = any_id();
		give_back(id, id < dev.num ? record[id].writable + 1 : 0);
		return;
	case 8:
		give_back(any_id(), unit_random(2) ? ~0u : 0);
		return;
	default:
		give_back(any_id(), unit_random(64));
	}
}

static void fuzz(u64 seed, u32 steps, bool is_hostile)
{
	u32 i, segments;

	boot();
	CHECK(v);
	unit_seed ^= seed * 0x9e3779b97f4a7c15;
	scribbles = is_hostile;
	while (steps) {
		dev.queue_most = unit_random(4) ? 1u << unit_random(11) : 1 + unit_random(1024);
		dev.offers = VERSION_1 | ANY | (unit_random(2) ? EVENT_IDX : 0) |
			(unit_random(3) ? INDIRECT : 0) | unit_random(1u << 24) |
			(u64)unit_random(256) << 32;
		segments = 1 + unit_random(RING_SEGMENTS);
		set_up(segments);
		seen = 0;
		nr_given = 0;
		for (i = unit_random(4000); i && steps; i--, steps--) {
			switch (unit_random(6)) {
			case 0:
			case 1:
				post(min(segments + 1, RING_SEGMENTS));
				break;
			case 2:
				take();
				break;
			case 3:
				kick();
				break;
			case 4:
				arm();
				break;
			default:
				is_hostile && !unit_random(40) ? hostile() : honest();
			}
			check_held();
			CHECK(broken || is_hostile || ring_free(ring) <= ring_size(ring));
		}
		CHECK(is_hostile || !broken);
		reset();
	}
	CHECK(!outstanding);
}

#define FUZZ(name, seed, is_hostile)           \
	MODEL_TEST(name)                       \
	{                                      \
		fuzz(seed, 60000, is_hostile); \
	}
FUZZ(a_device_that_behaves, 1, false)
FUZZ(a_device_that_behaves_again, 2, false)
FUZZ(a_hostile_device, 3, true)
FUZZ(a_hostile_device_2, 4, true)
FUZZ(a_hostile_device_3, 5, true)
FUZZ(a_hostile_device_4, 6, true)
MODEL_TEST(a_legacy_device_that_behaves)
{
	dev.version = 1;
	fuzz(7, 60000, false);
}
MODEL_TEST(a_hostile_legacy_device)
{
	dev.version = 1;
	fuzz(8, 60000, true);
}
MODEL_TEST(another_hostile_legacy_device)
{
	dev.version = 1;
	fuzz(9, 60000, true);
}

/* ---- one lie at a time ---- */

static void ready(void)
{
	u32 i;

	boot();
	dev.queue_most = 8;
	dev.offers = VERSION_1 | INDIRECT | EVENT_IDX;
	set_up(4);
	for (i = 0; i < 3; i++)
		post(1);
}

/* The chain of which the device says so stays lent, and all the others, until the reset. */
static void breaks(u32 id, u32 len)
{
	u64 cookie;
	u32 n;

	ready();
	give_back(id, len);
	CHECK(ring_take(ring, &cookie, &n) == -EIO && ring_take(ring, &cookie, &n) == -EIO);
	broken = true;
	check_held();
	post(1);
	kick();
	arm();
	CHECK(!ring_free(ring) && !dev.doorbells);
	reset();
}

MODEL_TEST(a_number_that_is_not_out)
{
	breaks(3, 0);
}
MODEL_TEST(a_number_beyond_the_ring)
{
	breaks(8, 0);
}
MODEL_TEST(a_number_of_more_bits)
{
	breaks(65536, 0);
}
MODEL_TEST(a_length_beyond_the_chain)
{
	breaks(0, 3 * PAGE_SIZE);
}
MODEL_TEST(a_length_of_all_bits)
{
	breaks(1, ~0u);
}
MODEL_TEST(an_index_that_jumps)
{
	u64 cookie;
	u32 n;

	ready();
	*used_idx() = 4;
	CHECK(ring_take(ring, &cookie, &n) == -EIO);
	broken = true;
	reset();
}
MODEL_TEST(a_number_that_comes_twice)
{
	u64 cookie;
	u32 n;

	ready();
	give_back(1, 0);
	give_back(1, 0);
	take();
	CHECK(!broken && outstanding == 2);
	CHECK(ring_take(ring, &cookie, &n) == -EIO);
	broken = true;
	check_held();
	reset();
}

static int post_one(struct page *p, u64 cookie)
{
	struct ring_chain c = { .nr_in = 1 };

	c.segment[0] = (struct ring_segment){ p, 0, 64 };
	return ring_post(ring, &c, cookie);
}

/*
 * The device returns another chain than the one that it has used, and goes on in order: it finds no
 * address of the chain that was taken.
 */
MODEL_TEST(a_number_of_another_chain)
{
	u64 cookie;
	u32 len;
	u16 head;

	ready();
	reset();
	set_up(4);
	CHECK(post_one(page[0], 1) == 0 && post_one(page[1], 2) == 0);
	head = word(dev.avail)[2 + 1];
	CHECK(((struct desc *)dev.desc)[head].addr == page_paddr(page[1]));
	give_back(head, 0);
	CHECK(ring_take(ring, &cookie, &len) == 0 && cookie == 2 && !page_map_count(page[1]));
	CHECK(!((struct desc *)dev.desc)[head].addr && !((struct desc *)dev.desc)[head].len);
}

/* The same number twice, with a post between: believed, and no address is left. */
MODEL_TEST(a_number_that_comes_twice_after_a_post)
{
	u64 cookie, i;
	u32 len, id;

	ready();
	reset();
	set_up(4);
	for (i = 0; i < 8; i++)
		CHECK(post_one(page[0], i) == 0);
	id = word(dev.avail)[2 + 3];
	give_back(id, 0);
	give_back(id, 0);
	CHECK(ring_take(ring, &cookie, &len) == 0 && cookie == 3);
	CHECK(post_one(page[1], 99) == 0 && word(dev.avail)[2] == id);
	CHECK(((struct desc *)dev.desc)[id].addr == page_paddr(page[1]));
	CHECK(ring_take(ring, &cookie, &len) == 0 && cookie == 99 && !page_map_count(page[1]));
	CHECK(!((struct desc *)dev.desc)[id].addr);
}

/* A device that reads on after its reset finds no address of its last life. */
MODEL_TEST(no_address_outlives_a_reset)
{
	u32 i;

	ready();
	reset();
	set_up(4);
	CHECK(post_one(page[3], 1) == 0 && ((struct desc *)dev.desc)->addr == page_paddr(page[3]));
	CHECK(virtio_reset(v) == 0 && !page_map_count(page[3]));
	set_up(4);
	for (i = 0; i < dev.num; i++)
		CHECK(!((struct desc *)dev.desc)[i].addr);
}

/* An index that goes back is no reason to wait and no reason to look again: the ring breaks. */
MODEL_TEST(an_index_that_goes_back)
{
	u64 cookie;
	u32 len;

	ready();
	reset();
	set_up(4);
	CHECK(post_one(page[0], 1) == 0);
	++*used_idx();
	CHECK(!ring_arm(ring));
	--*used_idx();
	CHECK(!ring_arm(ring));
	CHECK(ring_take(ring, &cookie, &len) == -EIO && ring_arm(ring));
}

/* As many chains without a doorbell as the index has numbers: the doorbell rings. */
MODEL_TEST(a_doorbell_after_65536_chains)
{
	u64 cookie;
	u32 len, i;

	boot();
	dev.offers = VERSION_1 | EVENT_IDX;
	dev.queue_most = 8;
	set_up(1);
	for (i = 0; i < 65536; i++) {
		CHECK(post_one(page[0], i) == 0);
		if (i == 65535)
			break;
		give_back(word(dev.avail)[2 + i % dev.num], 0);
		CHECK(ring_take(ring, &cookie, &len) == 0);
	}
	*avail_event() = 65535;
	ring_kick(ring);
	CHECK(dev.doorbells == 1);
}

/* The indices wrap at 65536. */
MODEL_TEST(a_long_life)
{
	u32 i;

	boot();
	dev.offers = VERSION_1 | EVENT_IDX;
	dev.queue_most = 4;
	set_up(2);
	for (i = 0; i < 70000; i++) {
		post(2);
		*avail_event() = (u16)(posted - unit_random(3));
		kick();
		honest();
		arm();
		take();
		CHECK(!broken && !outstanding);
	}
	reset();
}

/* ---- pages ---- */

MODEL_TEST(a_page_that_is_put_stays)
{
	struct ring_chain c = { .nr_in = 1 };
	struct page *lent;
	u64 cookie;
	u32 len;
	u8 byte = 1;

	ready();
	reset();
	set_up(4);
	lent = page[0];
	c.segment[0] = (struct ring_segment){ lent, 16, 16 };
	CHECK(ring_post(ring, &c, 1) == 0);
	page_put(&page[0]);
	memory_device_write(page_paddr(lent) + 16, &byte, 1);
	give_back(word(dev.avail)[2], 1);
	CHECK(page_map_count(lent) == 1 && ring_take(ring, &cookie, &len) == 0 && len == 1);
	CHECK(page_map_count(lent) == 0);
}

static struct ring_chain bad;
static void post_bad(void)
{
	(void)!ring_post(ring, &bad, 1);
}
static bool panics(u32 off, u32 len)
{
	bad.segment[1].off = off;
	bad.segment[1].len = len;
	return sim_panics(post_bad);
}
MODEL_TEST(segments_beyond_their_page)
{
	struct page *stale;

	ready();
	bad.nr_out = bad.nr_in = 1;
	bad.segment[0] = (struct ring_segment){ page[0], 0, 1 };
	bad.segment[1].page = page[1];
	CHECK(!panics(0, 4096) && !panics(4095, 1) && !panics(0, 0));
	CHECK(panics(0, 4097) && panics(4095, 2) && panics(4096, 1) && panics(1, ~0u) &&
		panics(~0u, 1) && panics(~0u, 2) && panics(1u << 31, 1u << 31));
	bad.segment[1].page = NULL;
	CHECK(panics(0, 1));
	bad.segment[1].page = stale = page[2];
	reset();
	page_put(&page[2]);
	set_up(4);
	CHECK(panics(0, 1));
	(void)stale;
}

/* ---- devices that are refused, or that fail ---- */

static bool is_refused(const char *why)
{
	boot();
	return !v && !device_iomem(device, 0) && sim_logged(why);
}
MODEL_TEST(a_class_that_carries_addresses)
{
	dev.class = 5;
	CHECK(is_refused("its class is not known to be harmless"));
}
MODEL_TEST(a_device_of_a_later_version)
{
	dev.version = 3;
	CHECK(is_refused("of an unknown version"));
}
MODEL_TEST(an_empty_place)
{
	dev.class = 0;
	boot();
	CHECK(!v && !sim_logged("virtio"));
}
MODEL_TEST(a_device_that_firmware_left_running)
{
	dev.status = 15;
	boot();
	CHECK(v && !dev.status);
}
MODEL_TEST(a_device_that_never_resets)
{
	dev.slow_resets = 1u << 30;
	CHECK(is_refused("it does not reset"));
}
MODEL_TEST(a_device_that_is_not_coherent)
{
	sim_prop_cells(sim_soc(), "dma-noncoherent", 0, NULL);
	CHECK(is_refused("it is not coherent"));
}
MODEL_TEST(a_device_behind_a_bus_that_translates)
{
	sim_prop(sim_soc(), "dma-ranges", 0, 0, 0, 0x80000000, 0, 0x80000000);
	CHECK(is_refused("dma-ranges or an IOMMU"));
}
/* Firmware may have left its tables in it. */
MODEL_TEST(a_bus_behind_an_iommu)
{
	sim_prop(sim_soc(), "iommu-map", 0, 1, 0, 0x10000);
	CHECK(is_refused("dma-ranges or an IOMMU"));
}

static void fails(int negotiated, int set_up)
{
	u64 accepted;

	CHECK(virtio_negotiate(v, 0, &accepted) == negotiated);
	if (!negotiated)
		CHECK(virtio_ring(v, 0, 1, &ring) == set_up);
	CHECK(virtio_negotiate(v, 0, &accepted) == -EBUSY);
	CHECK(negotiated ? dev.status == FAILED && virtio_start(v) == -EBUSY : 1);
	CHECK(virtio_reset(v) == 0 && !dev.status && !dev.desc);
}
MODEL_TEST(a_device_that_refuses_or_lacks)
{
	struct ring_chain c = { .nr_in = 1, .segment[0].len = 1 };
	u64 accepted;

	boot();
	dev.offers = INDIRECT;
	fails(-EIO, 0);
	dev.offers = VERSION_1;
	dev.refuses_features = true;
	fails(-EIO, 0);
	dev.refuses_features = false;
	c.segment[0].page = page[0];
	/* Who has the handle from before cannot lend anything to a queue that does not exist. */
	set_up(1);
	CHECK(virtio_reset(v) == 0 && virtio_negotiate(v, 0, &accepted) == 0);
	dev.refuses_queue = true;
	CHECK(virtio_ring(v, 0, 1, &ring) == -EIO && ring_post(ring, &c, 1) == -EIO);
	check_held();
	CHECK(virtio_reset(v) == 0);
	fails(0, -EIO);
	dev.refuses_queue = false;
	dev.queue_most = 0;
	fails(0, -ENOENT);
	dev.queue_most = 1;
	set_up(1);
	post(1);
	honest();
	take();
	CHECK(!outstanding && !broken);
	reset();
}

/* Its segments are cut as a driver likes, so it has to say that it takes that. */
MODEL_TEST(a_legacy_device_that_refuses_or_lacks)
{
	dev.version = 1;
	boot();
	dev.offers = VERSION_1 | INDIRECT;
	fails(-EIO, 0);
	dev.offers = ANY;
	dev.refuses_queue = true;
	fails(0, -EIO);
	dev.refuses_queue = false;
	dev.queue_most = 1024;
	set_up(RING_SEGMENTS);
	post(1);
	honest();
	take();
	CHECK(!outstanding && !broken && dev.num == 128);
	reset();
}

/* The line that the device was told, whatever would be found now. */
MODEL_TEST(a_line_that_comes_later)
{
	struct irq_line *shared;

	sim_prop(sim_device("virtio@10001000", "virtio,mmio", BASE, 0x200, 0), "interrupts", 1, 2);
	sim_model(BASE, 0x200, 1, &dev_ops, NULL);
	sim_boot();
	CHECK(v && virtio_negotiate(v, 0, &(u64){ 0 }) == 0);
	CHECK(virtio_ring(v, 0, 1, &ring) == 0);
	shared = virtio_irq(v, 0);
	CHECK(shared && shared == virtio_config_irq(v) && device_irq(device, 1));
	v->messages = true; /* as if a second message could be had only now */
	CHECK(virtio_irq(v, 0) == shared && virtio_irq(v, VIRTIO_RINGS) == shared);
	CHECK(virtio_reset(v) == 0 && virtio_irq(v, 0) == device_irq(device, 1));
}

MODEL_TEST(a_reset_that_is_not_confirmed)
{
	u64 accepted;

	ready();
	dev.slow_resets = 1u << 30;
	CHECK(virtio_reset(v) == -EBUSY && virtio_reset(v) == -EBUSY && sim_logged("stay lent"));
	check_held();
	CHECK(outstanding == 3 && virtio_negotiate(v, 0, &accepted) == -EBUSY);
	CHECK(virtio_ring(v, 0, 1, &ring) == -EBUSY && virtio_start(v) == -EBUSY);
	broken = true;
	post(1);
	dev.looks = 0;
	CHECK(virtio_reset(v) == 0);
	all_back();
}
