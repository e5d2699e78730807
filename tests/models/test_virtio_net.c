// SPDX-License-Identifier: MPL-2.0
/*
 * kernel/drivers/net/virtio_net*.c, as they are, over the frame's rings, with a device that says
 * what it likes: lengths, numbers of buffers, offsets, sizes of segments, numbers of chains, values
 * of the configuration, features, answers to commands; or nothing. Memory runs out now and then.
 *
 * Whatever the device does: a packet that the core gets is consistent in itself, its pages are
 * alive, and when the device is reset no page is left. A device that behaves afterwards works, and
 * what it sends and receives is compared byte by byte.
 */
#include <frame/virtio.h>
#include <kernel/netdev.h>
#include <kernel/socket.h>
#include <kernel/uio.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "sim.h"

#define BASE   0x10001000ul
#define MOST   256u
#define QUEUES 33u
#define NR     6000u /* pages */

void *aligned_alloc(size_t align, size_t n);

/* ---- pages: a physical address is where the bytes are ---- */

struct page {
	u32 services, frames;
};
static struct page pages[NR];
static u8 *memory;
static u32 in_use, out_of_memory; /* one in so many allocations fails; 0: none */

static u32 number_of(const struct page *p)
{
	CHECK(p >= pages && p < pages + NR);
	return (u32)(p - pages);
}
static u8 *bytes_of(const struct page *p)
{
	return memory + PAGE_SIZE * (u64)number_of(p);
}

struct page *page_alloc(u32 flags)
{
	static u32 next;
	u32 i;

	(void)flags;
	if (!memory)
		memory = aligned_alloc(PAGE_SIZE, PAGE_SIZE * (u64)NR);
	if (out_of_memory && !unit_random(out_of_memory))
		return NULL;
	for (i = 0; i < NR && (pages[next].services || pages[next].frames); i++)
		next = (next + 1) % NR;
	CHECK(i < NR);
	pages[next].services = 1;
	in_use++;
	return &pages[next];
}
struct page *page_get(struct page *p)
{
	CHECK(p->services);
	p->services++;
	return p;
}
static void drop(u32 *count, struct page *p)
{
	CHECK(*count && number_of(p) < NR);
	--*count;
	if (!p->services && !p->frames)
		in_use--;
}
void page_put(struct page **pp)
{
	if (*pp)
		drop(&(*pp)->services, *pp);
	*pp = NULL;
}
bool page_hold(struct page *p)
{
	if (number_of(p) < NR && (p->services || p->frames))
		p->frames++;
	return p->frames;
}
void page_release(struct page *p)
{
	drop(&p->frames, p);
}
paddr_t page_paddr(const struct page *p)
{
	return (paddr_t)bytes_of(p);
}
void page_read(struct page *p, size_t off, struct span dst)
{
	CHECK(off + dst._n <= PAGE_SIZE && (p->services || p->frames));
	memcpy(dst._p, bytes_of(p) + off, dst._n);
}
void page_write(struct page *p, size_t off, struct cspan src)
{
	CHECK(off + src._n <= PAGE_SIZE && (p->services || p->frames));
	memcpy(bytes_of(p) + off, src._p, src._n);
}

/* ---- the device ---- */

#define VERSION_1 (1ul << 32)
#define RINGS     (1ul << 28 | 1ul << 29 | VERSION_1)
#define CLASS     0xdfffbful

static struct queue {
	u32 num, ready;
	u64 desc, avail, used;
	u16 seen; /* of the available ring */
	u32 doorbells;
} queues[QUEUES];

static struct {
	bool hostile, silent; /* it lies; it answers no command */
	bool is_strange;      /* the test has set its configuration */
	bool legacy;          /* version 1 of the transport */
	u64 offers, accepted, align;
	u32 status, looks, slow_resets, select[2], queue, causes;
	u8 config[16];
} dev = { .offers = RINGS | CLASS };

/* One in @n: what a hostile device does. */
static bool whim(u32 n)
{
	return dev.hostile && !unit_random(n);
}

static struct queue *selected(void)
{
	static struct queue none;

	return dev.queue < QUEUES ? &queues[dev.queue] : &none;
}

static u64 dev_read(void *m, u64 off, unsigned width)
{
	u64 v = 0;

	(void)m;
	if (off >= 0x100) {
		for (u32 i = 0; i < width && off - 0x100 + i < sizeof(dev.config); i++)
			v |= (u64)(whim(60) ? unit_random(256) : dev.config[off - 0x100 + i])
				<< 8 * i;
		return v;
	}
	switch (off) {
	case 0x000:
		return 0x74726976;
	case 0x004:
		return dev.legacy ? 1 : 2;
	case 0x008:
		return VIRTIO_NET;
	case 0x010:
		return (u32)(dev.offers >> 32 * dev.select[0]);
	case 0x034:
		return dev.queue < QUEUES ? MOST : 0;
	case 0x040:
		return (u32)(selected()->desc / PAGE_SIZE);
	case 0x044:
		return selected()->ready;
	case 0x060:
		return dev.causes;
	case 0x070:
		return dev.looks ? dev.looks--, dev.status | 1 : dev.status;
	}
	return whim(2) ? unit_random(1000) : 7;
}

static void set_half(u64 *to, u32 half, u64 v)
{
	*to = half ? (*to & 0xffffffff) | v << 32 : (*to & ~0xfffffffful) | v;
}

static void answer(void);
static void dev_write(void *m, u64 off, unsigned width, u64 v)
{
	struct queue *q = selected();

	(void)m, (void)width;
	if (off >= 0x80 && off < 0xa8)
		set_half(off < 0x90          ? &q->desc
				: off < 0xa0 ? &q->avail
					     : &q->used,
			off >> 2 & 1, v);
	switch (off) {
	case 0x014:
		dev.select[0] = (u32)v;
		return;
	case 0x020:
		set_half(&dev.accepted, dev.select[1], v);
		return;
	case 0x024:
		dev.select[1] = (u32)v;
		return;
	case 0x030:
		dev.queue = (u32)v;
		return;
	case 0x038:
		q->num = (u32)v;
		return;
	case 0x03c:
		dev.align = v;
		return;
	case 0x040:
		CHECK(dev.legacy && dev.align);
		q->desc = v * PAGE_SIZE;
		q->avail = q->desc + 16ul * q->num;
		q->used = (q->avail + 6 + 2ul * q->num + dev.align - 1) & ~(dev.align - 1);
		q->ready = 1;
		return;
	case 0x044:
		CHECK(!dev.legacy);
		q->ready = (u32)v;
		return;
	case 0x050:
		CHECK(v < QUEUES && dev.status & 4);
		queues[v].doorbells++;
		answer();
		return;
	case 0x064:
		dev.causes &= (u32)~v;
		return;
	case 0x070:
		dev.status = (u32)v;
		if (!v) {
			dev.looks = dev.slow_resets;
			dev.causes = 0;
			__builtin_memset(queues, 0, sizeof(queues));
		}
		return;
	}
}
static bool dev_irq(void *m)
{
	(void)m;
	return dev.causes;
}
static const struct model_ops dev_ops = {
	.name = "net", .read = dev_read, .write = dev_write, .irq = dev_irq
};

/* ---- its queues ---- */

static u16 *word(u64 at)
{
	return (u16 *)at;
}
struct desc {
	u64 addr;
	u32 len;
	u16 flags, next;
};

/* A chain of the driver's: its number, and its descriptors; false: there is none. */
struct chain {
	u32 id, n, writable;
	const struct desc *d[RING_SEGMENTS];
};
static bool fetch(struct queue *q, struct chain *c)
{
	const struct desc *table = (const struct desc *)q->desc, *d;
	u32 k;

	if (!q->ready || q->seen == *word(q->avail + 2))
		return false;
	c->id = word(q->avail)[2 + q->seen++ % q->num];
	/* It wants a doorbell for the next one: avail_event. */
	*word(q->used + 4 + 8ul * q->num) = q->seen;
	CHECK(c->id < q->num);
	d = table + c->id;
	if (d->flags & 4)
		table = d = (const struct desc *)d->addr;
	c->n = c->writable = 0;
	for (;; d = table + d->next) {
		/*
		 * The frame has taken a chain back that the device has returned in another's place.
		 */
		if (dev.hostile && !d->addr && !d->len)
			return false;
		CHECK(c->n < RING_SEGMENTS && d->len);
		/* What it may touch is a page that is lent, unless it has said that it is done. */
		k = (u32)((d->addr - (u64)memory) / PAGE_SIZE);
		if (dev.hostile && d->addr >= (u64)memory && k < NR && !pages[k].frames)
			return false;
		CHECK(d->addr >= (u64)memory && k < NR && pages[k].frames);
		CHECK(d->addr % PAGE_SIZE + d->len <= PAGE_SIZE);
		c->d[c->n++] = d;
		c->writable += d->flags & 2 ? d->len : 0;
		if (!(d->flags & 1))
			return true;
	}
}

static void give_back(struct queue *q, u32 id, u32 len)
{
	u16 before = *word(q->used + 2);
	u16 after = (u16)(before + (whim(3000) ? unit_random(300) : 1));
	u32 *e = (u32 *)(q->used + 4 + 8ul * (before % q->num));

	e[0] = whim(2000) ? unit_random(400) : id;
	e[1] = whim(2000) ? (u32)unit_seed : len;
	*word(q->used + 2) = after;
	/* It interrupts when it was asked to. */
	if (dev.accepted & 1 << 29 ? (u16)(after - *word(q->avail + 4 + 2ul * q->num) - 1) <
				(u16)(after - before)
				   : !(*word(q->avail) & 1))
		dev.causes |= 1;
}

/* Copies between a chain and a line of bytes; returns how many. */
static u32 chain_read(const struct chain *c, u8 *to, u32 most)
{
	u32 i, n = 0;

	for (i = 0; i < c->n && !(c->d[i]->flags & 2) && n + c->d[i]->len <= most; i++) {
		memcpy(to + n, (const u8 *)c->d[i]->addr, c->d[i]->len);
		n += c->d[i]->len;
	}
	return n;
}

/* The driver's copy of this: virtio_net.h. */
struct header {
	u8 flags, gso_type;
	u16 header_len, gso_size, csum_start, csum_offset, nr_buffers;
};
/* A legacy device that does not merge buffers does not say how many there are. */
#define HEADER (dev.legacy && !MERGES() ? 10u : (u32)sizeof(struct header))

/* ---- the core, as far as the driver meets it ---- */

struct mutex net_config;
static struct netdev *card;
static u64 received, bad, carrier_changes;
static u8 expected[70000];
static u32 expected_len;
static struct header expected_header;

static void netdev_gone(struct netdev *d)
{
	obj_put_any(&d->driver);
}
OBJ_TYPE(netdev, netdev_gone);

struct netdev *netdev_new(const struct netdev_ops *ops, struct obj *driver, u32 kind)
{
	struct netdev *d = obj_new(netdev);

	CHECK(kind == LINK_ETHERNET);
	d->ops = ops;
	d->driver = obj_get_any(driver);
	d->mtu = d->max_mtu = 1500;
	d->carrier = true;
	return d;
}
int netdev_register(struct netdev *d, struct lit pattern)
{
	(void)pattern;
	CHECK(d->max_mtu >= 68 && d->mtu <= d->max_mtu && !(d->address[0] & 1));
	CHECK(d->nr_queues >= 1 && d->nr_queues <= NETDEV_QUEUES);
	card = obj_get(d);
	return 0;
}
void netdev_set_carrier(struct netdev *d, bool on)
{
	mutex_lock(&net_config);
	carrier_changes += d->carrier != on;
	d->carrier = on;
	mutex_unlock(&net_config);
}
void netdev_run(void)
{
}
void random_bytes(struct span out)
{
	span_fill(out, 0xff);
}
void socket_uncharge(struct socket *s, u32 n)
{
	(void)s, (void)n;
	model_fail("a packet of nobody's");
}
static void socket_gone(struct socket *s)
{
	(void)s;
}
OBJ_TYPE(socket, socket_gone);
size_t uio_take(struct uio *u, struct span to)
{
	(void)u;
	return span_len(to);
}
size_t uio_take_page_rest(struct uio *u, struct page *p, size_t off, size_t len)
{
	(void)u, (void)p, (void)off;
	return len;
}
size_t uio_put(struct uio *u, struct cspan from)
{
	(void)u;
	return cspan_len(from);
}
size_t uio_put_page_rest(struct uio *u, struct page *p, size_t off, size_t len)
{
	(void)u, (void)p, (void)off;
	return len;
}
size_t page_from_user(struct page *p, size_t off, struct uaddr src, size_t len)
{
	(void)p, (void)off, (void)src;
	return len;
}
size_t page_to_user(struct page *p, size_t off, struct uaddr dst, size_t len)
{
	(void)p, (void)off, (void)dst;
	return len;
}

/* A packet of which nothing was said that is not so. */
static void check_packet(const struct packet *p)
{
	u32 sum = (u32)p->tail - p->head, i;

	CHECK(p->head <= p->tail && p->tail <= PACKET_DATA && p->nr_frags <= PACKET_FRAGS);
	for (i = 0; i < p->nr_frags; i++) {
		CHECK(p->frag[i].page->services && p->frag[i].len);
		CHECK((u64)p->frag[i].off + p->frag[i].len <= PAGE_SIZE);
		sum += p->frag[i].len;
	}
	CHECK(sum == p->len && sum <= PACKET_MAX);
	CHECK(!p->gso || p->gso_size);
	CHECK(p->csum != CSUM_PARTIAL ||
		(p->csum_start >= p->head && p->csum_start + p->csum_offset + 2u <= p->tail));
}

static void compare(const struct packet *p)
{
	static u8 is[70000];
	u32 kind = expected_header.gso_type & 0x7f;

	CHECK(p->len + 14 == expected_len && packet_read(p, 0, (struct span){ is, p->len }));
	CHECK(memcmp(is, expected + 14, p->len) == 0);
	CHECK(p->csum ==
		(expected_header.flags & 1                  ? CSUM_PARTIAL
				: expected_header.flags & 2 ? CSUM_GOOD
							    : CSUM_UNKNOWN));
	CHECK(p->gso == (kind == 1 ? GSO_TCP4 : kind == 4 ? GSO_TCP6 : GSO_NONE));
	if (p->csum == CSUM_PARTIAL)
		CHECK(p->csum_start - p->head + 14 == expected_header.csum_start);
}

/* A frame of random bytes may look as if it had a tag; what is in it does not count here. */
bool vlan_untag(struct packet *p)
{
	(void)p;
	return true;
}

void netdev_receive(struct netdev *d, struct packet *p)
{
	static struct packet *kept[64];

	CHECK(d == card);
	check_packet(p);
	if (expected_len)
		compare(p);
	received++;
	/* Some stay for a while. */
	u32 i = unit_random(64);
	if (kept[i])
		packet_drop(&kept[i]);
	if (!expected_len && !unit_random(4))
		kept[i] = p;
	else
		packet_drop(&p);
	if (!card->carrier || expected_len) {
		for (i = 0; i < 64; i++) {
			if (kept[i])
				packet_drop(&kept[i]);
		}
	}
}

static u64 woken;
void netdev_queue_wake(struct netdev *d, u32 queue)
{
	CHECK(d == card && queue < d->nr_queues);
	woken++;
}

/* There is no PCI. */
const struct virtio_transport *virtio_pci_find(struct virtio *of, struct dt_node *n,
	struct lit *why)
{
	(void)of, (void)n, (void)why;
	return NULL;
}

/* ---- what the device does ---- */

#define CTRL     (dev.accepted >> 22 & 1 ? 2u * (dev.config[8] | dev.config[9] << 8) : 2u)
#define MERGES() (dev.accepted >> 15 & 1)

static u32 commands;
/* Commands are answered when the doorbell rings. */
static void answer(void)
{
	struct chain c;
	struct queue *q = CTRL < QUEUES ? &queues[CTRL] : &queues[QUEUES - 1];

	while (!dev.silent && !whim(50) && fetch(q, &c)) {
		CHECK(c.n == 3 && c.d[0]->len == 2 && c.writable == 1);
		*(u8 *)c.d[2]->addr = (u8)(whim(10) ? unit_random(256) : 0);
		give_back(q, c.id, whim(20) ? 0 : 1);
		commands++;
	}
}

static u64 transmitted;
static u8 sent[70000];
static u32 sent_len;
static void transmit(struct queue *q)
{
	struct chain c;

	if (!fetch(q, &c))
		return;
	sent_len = chain_read(&c, sent, sizeof(sent));
	CHECK(!c.writable && sent_len > HEADER);
	transmitted++;
	give_back(q, c.id, 0);
}

/* Fills in the header of a packet of @len bytes. */
static void make_header(struct header *h, u32 len)
{
	u32 kind = unit_random(4);

	*h = (struct header){ 0 };
	if (dev.accepted & 2 && kind && len > 60)
		*h = (struct header){
			.flags = (u8)min(kind, 2u), .csum_start = 34, .csum_offset = 16
		};
	if (h->flags && dev.accepted & 1 << 7 && unit_random(2)) {
		h->gso_type = unit_random(2) ? 1 : 4;
		h->gso_size = (u16)(1 + unit_random(1460));
	}
	if (whim(3)) {
		h->flags = (u8)unit_random(4);
		h->gso_type = (u8)(unit_random(2) ? unit_random(6) : unit_random(256));
		h->gso_size = (u16)unit_random(3);
		h->csum_start = (u16)(unit_random(2) ? unit_random(300) : unit_random(65536));
		h->csum_offset = (u16)(unit_random(2) ? unit_random(300) : unit_random(65536));
	}
}

/* Has the driver receive a packet of @len bytes, in as many buffers as it needs. */
static bool deliver(struct queue *q, u32 len)
{
	static u8 line[70000];
	struct chain c[PACKET_FRAGS];
	u32 n = 0, i, at = 0, room = 0, k;
	struct header h;

	make_header(&h, len);
	for (i = 0; i < len; i++)
		line[HEADER + i] = (u8)unit_random(256);
	while (room < len + HEADER) {
		if (n == (MERGES() ? PACKET_FRAGS : 1) || !fetch(q, &c[n]))
			break;
		/* The frame begins at 14, whatever is before it. */
		CHECK(c[n].writable == PAGE_SIZE - 14 + HEADER && c[n].n == 1);
		room += c[n++].writable;
	}
	if (!n)
		return false;
	len = min(len, room - HEADER);
	h.nr_buffers = (u16)(whim(8) ? unit_random(40) : whim(50) ? unit_random(65536) : n);
	memcpy(line, &h, HEADER);
	expected_len = dev.hostile ? 0 : len;
	expected_header = h;
	memcpy(expected, line + HEADER, len);
	for (i = 0; i < n; i++, at += k) {
		k = min(c[i].writable, len + HEADER - at);
		memcpy((u8 *)c[i].d[0]->addr, line + at, k);
		give_back(q, c[i].id, whim(30) ? unit_random(4097) : k);
	}
	return true;
}

/* ---- the driver's side ---- */

static void settle(void)
{
	sim_run(200 * 1000);
}

static int set_up(bool up)
{
	int err = 0;

	mutex_lock(&net_config);
	if (up)
		err = card->ops->open(card);
	else
		card->ops->stop(card);
	card->flags = up && !err ? IFF_UP : 0;
	mutex_unlock(&net_config);
	return err;
}

static struct packet *new_packet(u32 head, u32 frags, bool cut)
{
	struct packet *p = packet_new(16);
	struct page *page;
	u32 i, len;

	CHECK(p);
	for (i = 0; i < head; i++)
		p->data[p->tail++] = (u8)unit_random(256);
	p->len = head;
	for (i = 0; i < frags; i++) {
		page = page_alloc(0);
		len = 1 + unit_random(4096);
		if (page)
			CHECK(packet_add_page(p, page, unit_random(4097 - len), len) == 0);
		page_put(&page);
	}
	if (unit_random(2) || cut) {
		p->csum = CSUM_PARTIAL;
		p->csum_start = (u16)(p->head + (dev.hostile ? unit_random(head - 12) : 34));
		p->csum_offset = 16;
	}
	if (cut) {
		p->gso = unit_random(2) ? GSO_TCP4 : GSO_TCP6;
		p->gso_size = 1400;
		p->data[p->csum_start + 12] = 0x50; /* the length of TCP's header */
	}
	return p;
}

static void check_sent(const struct packet *p, const u8 *bytes)
{
	struct header h;

	memcpy(&h, sent, HEADER);
	CHECK(sent_len == p->len + HEADER && memcmp(sent + HEADER, bytes, p->len) == 0);
	CHECK(h.flags == (p->csum == CSUM_PARTIAL));
	if (h.flags)
		CHECK(h.csum_start == p->csum_start - p->head && h.csum_offset == p->csum_offset);
	CHECK((h.gso_type & 0x7f) == (p->gso == GSO_TCP4 ? 1 : p->gso == GSO_TCP6 ? 4 : 0));
	CHECK(!p->gso || (h.gso_size == p->gso_size && h.header_len >= 54));
}

/* Sends a packet by a queue, and looks at what the device gets. */
static void send_one(u32 queue)
{
	static u8 bytes[70000];
	struct packet *p = new_packet(60 + unit_random(180), unit_random(PACKET_FRAGS + 1),
			      (card->features & NETDEV_GSO_TCP) && unit_random(2)),
		      *copy = packet_clone(p);
	u64 before = transmitted;
	int err;

	CHECK(packet_read(p, 0, (struct span){ bytes, p->len }));
	spin_lock(&card->queue[queue].lock);
	err = card->ops->xmit(card, queue, p, false);
	spin_unlock(&card->queue[queue].lock);
	if (err) {
		CHECK(err == -EBUSY);
		packet_drop(&p);
	}
	if (!dev.hostile) {
		while (queues[2 * queue + 1].seen != *word(queues[2 * queue + 1].avail + 2))
			transmit(&queues[2 * queue + 1]);
		CHECK(transmitted == before + 1);
		check_sent(copy, bytes);
	}
	packet_drop(&copy);
}

static void boot(void)
{
	static const u8 config[16] = { 2, 0, 0, 0, 0, 1, 1, 0, 3, 0, 0x70, 0x17 };

	if (!dev.is_strange)
		memcpy(dev.config, config, sizeof(config));
	(void)sim_device("net@10001000", "virtio,mmio", BASE, 0x200, 1);
	sim_model(BASE, 0x200, 1, &dev_ops, NULL);
	sim_boot();
}

/* No page is left but those that the packets' own code keeps for ranges. */
static void check_pages(void)
{
	packet_shutdown();
	model_require(!in_use, "%u pages are left", in_use);
}

/* All that the device can do when it behaves. */
static void behave(void)
{
	u32 n, i, pairs = card->nr_queues;
	u64 before;

	dev.hostile = dev.silent = false;
	out_of_memory = dev.slow_resets = 0;
	dev.looks = 0;
	CHECK(set_up(true) == 0);
	settle();
	CHECK(card->carrier);
	for (n = 0; n < 2000; n++) {
		u32 q = unit_random(pairs);
		before = received;
		CHECK(deliver(&queues[2 * q],
			60 + unit_random(MERGES() && unit_random(2) ? 65000 : 1455)));
		settle();
		model_require(received == before + 1, "packet %u was not received", n);
		send_one(q);
	}
	expected_len = 0;
	for (i = 0; i < 3; i++) {
		dev.config[6] = i & 1;
		dev.causes |= 2;
		settle();
		CHECK(card->carrier == (dev.accepted >> 16 & 1 ? i & 1 : true));
	}
	dev.config[6] = 1;
	set_up(false);
	check_pages();
}

MODEL_TEST(a_device_that_behaves)
{
	boot();
	CHECK(card && card->nr_queues == 3 && card->max_mtu == 6000 && card->address[5] == 1);
	CHECK(card->features == (NETDEV_SG | NETDEV_CSUM | NETDEV_GSO_TCP | NETDEV_RX_CSUM));
	behave();
	CHECK(commands >= 5);
	behave();
}

/* Without features, and with those that need others. */
MODEL_TEST(a_device_with_few_features)
{
	dev.offers = RINGS;
	boot();
	CHECK(card->nr_queues == 1 && card->max_mtu == 4066 && card->features == NETDEV_SG);
	behave();
	CHECK(!commands);
}
/* Version 1 of the transport, with and without merged buffers, which makes two headers of it. */
#define ANY_LAYOUT (1ul << 27)
MODEL_TEST(a_legacy_device)
{
	dev.legacy = true;
	dev.offers = (RINGS & ~VERSION_1) | ANY_LAYOUT | CLASS;
	boot();
	CHECK(card->nr_queues == 3 && HEADER == 12);
	behave();
}
MODEL_TEST(a_legacy_device_with_few_features)
{
	dev.legacy = true;
	dev.offers = ANY_LAYOUT | 3;
	boot();
	CHECK(card->nr_queues == 1 && HEADER == 10);
	behave();
}
MODEL_TEST(a_device_without_indirect_descriptors)
{
	dev.offers = VERSION_1 | CLASS;
	boot();
	behave();
}
MODEL_TEST(a_device_with_features_that_need_others)
{
	/* Segments without checksums or merged buffers, queues and addresses without commands. */
	dev.offers = RINGS | (CLASS & ~(3ul | 1 << 15 | 1 << 17));
	boot();
	CHECK(card->nr_queues == 1 && card->features == NETDEV_SG);
	CHECK(!(dev.accepted & (1 << 7 | 1 << 11 | 1 << 18 | 1 << 22 | 1 << 23)));
	behave();
}

/* 300 pairs of queues, the address of a group, an MTU of 20: none of them is used. */
MODEL_TEST(a_device_with_strange_values)
{
	static const u8 config[16] = { 1, 0, 0, 0, 0, 1, 1, 0, 44, 1, 20, 0 };

	dev.is_strange = true;
	memcpy(dev.config, config, sizeof(config));
	boot();
	CHECK(card->nr_queues == 1 && !(dev.accepted & (1 << 22 | 1 << 3)));
	CHECK(card->max_mtu > 65000 && card->address[0] == 0xfe);
	behave();
}

/* The ring fills, the queue is woken when half of it is free; nothing is lost. */
MODEL_TEST(a_transmit_ring_that_is_full)
{
	struct packet *p;
	u32 n = 0;
	int err = 0;

	boot();
	CHECK(set_up(true) == 0);
	settle();
	while (!err) {
		p = new_packet(100, 2, false);
		err = card->ops->xmit(card, 0, p, true);
		n += !err;
	}
	packet_drop(&p);
	/* One doorbell for all, also if the caller has promised another packet. */
	CHECK(err == -EBUSY && n == MOST && !woken && queues[1].doorbells == 1);
	for (n = 0; n < MOST / 2; n++) {
		settle();
		CHECK(!woken);
		transmit(&queues[1]);
	}
	settle();
	CHECK(woken == 1);
	p = new_packet(100, 2, false);
	CHECK(card->ops->xmit(card, 0, p, false) == 0);
	set_up(false);
	check_pages();
}

/* No interrupt, and nobody sends: all the same the pages do not stay with the ring for long. */
MODEL_TEST(what_was_sent_is_taken_back)
{
	struct packet *p;
	u64 irqs;
	u32 n;

	boot();
	CHECK(set_up(true) == 0);
	settle();
	for (n = 0; n < 3; n++) {
		irqs = sim_irqs(1);
		p = new_packet(100, 17, false);
		CHECK(card->ops->xmit(card, 2, p, false) == 0);
		packet_shutdown();
		CHECK(in_use == 3 * MOST + 3 * 19 + 1 + 17);
		transmit(&queues[5]);
		sim_run(NSEC_PER_SEC);
		CHECK(in_use == 3 * MOST + 3 * 19 + 1 && sim_irqs(1) == irqs);
	}
	set_up(false);
	check_pages();
}

/* A packet whose other buffers are missing is dropped, and the next one is received. */
MODEL_TEST(buffers_that_are_missing)
{
	struct chain c;
	struct header h = { .nr_buffers = 3 };
	u64 before;

	boot();
	CHECK(set_up(true) == 0);
	settle();
	before = received;
	CHECK(fetch(&queues[0], &c));
	memcpy((u8 *)c.d[0]->addr, &h, sizeof(h));
	give_back(&queues[0], c.id, 100);
	settle();
	CHECK(received == before && card->stats[0].rx_errors == 1);
	CHECK(deliver(&queues[0], 1000));
	settle();
	CHECK(received == before + 1);
	set_up(false);
	check_pages();
}

/* Nothing is kept for a ring that the device has broken, and the next open mends it. */
static void breaks(u32 queue)
{
	struct chain c;
	struct packet *p;
	u32 n;

	boot();
	CHECK(set_up(true) == 0);
	settle();
	p = new_packet(100, 2, false);
	CHECK(card->ops->xmit(card, 0, p, false) == 0 && fetch(&queues[queue], &c));
	give_back(&queues[queue], 999, 1);
	for (n = 0; n < 2 * MOST; n++) {
		p = new_packet(100, 2, false);
		CHECK(card->ops->xmit(card, 0, p, false) == 0);
		if (!queue)
			transmit(&queues[1]);
	}
	sim_run(NSEC_PER_SEC);
	CHECK(!card->carrier && sim_logged("broke a ring"));
	set_up(false);
	check_pages();
	behave();
}
MODEL_TEST(a_device_that_breaks_a_transmit_ring)
{
	breaks(1);
}
MODEL_TEST(a_device_that_breaks_a_receive_ring)
{
	breaks(0);
}

/* Out of memory for ever: packets are dropped, buffers stay; then it goes on. */
MODEL_TEST(no_memory_for_a_while)
{
	u32 n;
	u64 before;

	boot();
	CHECK(set_up(true) == 0);
	settle();
	before = received;
	out_of_memory = 1;
	for (n = 0; n < 3000; n++) {
		CHECK(deliver(&queues[0], 1500));
		settle();
	}
	CHECK(received == before);
	out_of_memory = 0;
	CHECK(deliver(&queues[0], 1500));
	settle();
	CHECK(received == before + 1);
	set_up(false);
	check_pages();
	/* Opening fails whole. */
	for (n = 0; n < 50; n++) {
		out_of_memory = 1 + unit_random(1000);
		if (!set_up(true))
			set_up(false);
		out_of_memory = 0;
		check_pages();
	}
	behave();
}

MODEL_TEST(a_reset_that_takes_long)
{
	boot();
	CHECK(set_up(true) == 0);
	dev.slow_resets = 1u << 30;
	set_up(false);
	CHECK(in_use && set_up(true) == -EBUSY && set_up(true) == -EBUSY && in_use);
	dev.looks = 0;
	dev.slow_resets = 0;
	behave();
}

MODEL_TEST(a_device_that_answers_no_command)
{
	boot();
	dev.silent = true;
	CHECK(set_up(true) == -ETIMEDOUT && sim_logged("no answer"));
	check_pages();
	behave();
}

static void hostile(u64 seed)
{
	u32 n, round, opened = 0;

	unit_seed ^= seed * 0x9e3779b97f4a7c15ul;
	boot();
	for (round = 0; round < 80; round++) {
		u32 often = 3 + unit_random(40);
		dev.hostile = true;
		out_of_memory = unit_random(2) ? 0 : 20 + unit_random(2000);
		dev.slow_resets = unit_random(4) ? 0 : 5000;
		if (set_up(true))
			continue;
		opened++;
		for (n = 0; n < 300; n++) {
			u32 q = unit_random(card->nr_queues);
			switch (unit_random(often)) {
			case 0:
				send_one(q);
				break;
			case 1:
				transmit(&queues[2 * q + 1]);
				break;
			case 2:
				dev.causes |= 2;
				settle();
				break;
			default:
				deliver(&queues[2 * q], unit_random(unit_random(8) ? 200 : 68000));
				break;
			}
		}
		set_up(false);
	}
	/* The last packets are dropped by the first good ones. */
	behave();
	model_require(opened > 20 && received > 100 && transmitted > 100, "%u %lu %lu", opened,
		received, transmitted);
}
MODEL_TEST(a_hostile_device)
{
	hostile(1);
}
MODEL_TEST(a_hostile_device_2)
{
	hostile(2);
}
MODEL_TEST(a_hostile_device_3)
{
	dev.offers = RINGS | (CLASS & ~(1ul << 15 | 1ul << 22));
	hostile(3);
}
MODEL_TEST(a_hostile_legacy_device)
{
	dev.legacy = true;
	dev.offers = ANY_LAYOUT | (CLASS & ~(1ul << 15 | 1ul << 22));
	hostile(5);
}
MODEL_TEST(a_hostile_device_4)
{
	dev.offers = VERSION_1 | CLASS;
	hostile(4);
}
