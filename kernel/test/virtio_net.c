// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio's network device (kernel/drivers/net), with two cards and QEMU's user network on one hub:
 * what one card sends the other one receives, and the network answers ARP. Machines without such
 * cards have nothing to test.
 *
 * Frames have a type of their own, for which the test registers a protocol; their bytes are
 * computed from their length, and lengths of MARK mean that what was sent before has arrived.
 */
#include <frame/log.h>
#include <kernel/netdev.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "test.h"

#define TEST_TYPE 0x88b5u /* IEEE 802: for local experiments */
#define ARP_TYPE  0x0806u
#define MARK      46u /* the length of frames that say something by it */

static struct netdev *card[2]; /* references, during a test */
static struct atomic got, wrong, last_kind, marks[2];

/* The byte of a frame of @len bytes of data at @i. */
static u8 pattern(u32 len, u32 i)
{
	return (u8)(len * 7 + i * 13 + (i >> 8));
}

/* Reads piece by piece, whatever pages the packet has. */
static void check_frame(const struct packet *p)
{
	u8 b[64];
	u32 off, n, i;
	bool good = true;

	for (off = 0; off < p->len; off += n) {
		n = min((u32)sizeof(b), p->len - off);
		good = good && packet_read(p, off, span_first(span_of(b), n));
		for (i = 0; i < n; i++)
			good = good && b[i] == pattern(p->len, off + i);
	}
	atomic_add(&wrong, !good);
}

static void frame_receive(struct packet *p)
{
	check_frame(p);
	atomic_store(&last_kind, p->kind);
	atomic_add(&got, 1);
	if (p->len == MARK || p->len == MARK + 1)
		atomic_add(array_at(marks, p->len - MARK), 1);
	packet_drop(&p);
}
static const struct packet_protocol frame_protocol = { .ethertype = TEST_TYPE,
	.receive = frame_receive };

/* As ip link set up, or down. */
static void set_up(struct netdev *d, bool up)
{
	mutex_lock(&net_config);
	KTEST_EXPECT(netdev_set_flags(d, up ? IFF_UP : 0, IFF_UP) == 0);
	mutex_unlock(&net_config);
}

/* Both cards, up; false: the machine has none. */
static bool begin(void)
{
	static bool registered;

	card[0] = netdev_by_name(STR("eth0"));
	card[1] = netdev_by_name(STR("eth1"));
	if (!card[0] || !card[1])
		return false;
	if (!registered)
		packet_protocol_register(&frame_protocol);
	registered = true;
	set_up(card[0], true);
	set_up(card[1], true);
	atomic_store(&got, 0);
	atomic_store(&wrong, 0);
	return true;
}

static void end(void)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		if (card[i])
			set_up(card[i], false);
		obj_put(array_at(card, i));
	}
}

/* Sends a frame of @len bytes of data; @to may be NULL (broadcast). */
static int send(struct netdev *d, u32 type, u32 len, const u8 (*to)[LINK_ADDR_MAX])
{
	struct packet *p = packet_new(PACKET_ROOM);
	u8 b[64];
	u32 off, n, i;
	int err = p ? packet_add_room(p, len) : -ENOMEM;

	for (off = 0; !err && off < len; off += n) {
		n = min((u32)sizeof(b), len - off);
		for (i = 0; i < n; i++)
			b[i] = pattern(len, off + i);
		KTEST_EXPECT(packet_write(p, off, cspan_first(cspan_of(b), n)));
	}
	if (err) {
		packet_drop(&p);
		return err;
	}
	p->ethertype = (u16)type;
	ethernet_push_header(d, p, to);
	err = netdev_send(d, p);
	netdev_run();
	return err;
}

/* The other card's. */
static int send_to(u32 from, u32 len)
{
	return send(card[from], TEST_TYPE, len, &card[1 - from]->address);
}

/* In both directions, each byte checked: short ones are copied, long ones keep their page. */
KTEST(virtio_net_frames_of_all_lengths)
{
	u32 len, sent = 0;

	if (begin()) {
		for (len = 46; len <= 1500; len += len < 300 ? 1 : 37) {
			KTEST_EXPECT(send_to(len % 2, len) == 0);
			sent++;
			KTEST_EXPECT(test_until(&got, sent));
			test_step();
		}
		KTEST_EXPECT(send_to(0, 1500) == 0 && send_to(1, 1500) == 0);
		KTEST_EXPECT(test_until(&got, sent + 2) && !atomic_load(&wrong));
		KTEST_EXPECT(atomic_load(&last_kind) == PACKET_HOST);
	}
	end();
}

static u64 received(const struct netdev *d)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < MAX_CPUS; i++)
		sum += load_once(array_at(d->stats, i)->rx_packets);
	return sum;
}

/* RFC 826, from the first card's address and 10.0.2.15 to 10.0.2.2, which QEMU's network has. */
KTEST(virtio_net_gets_an_answer)
{
	static const u8 fixed[] = { 0, 1, 8, 0, 6, 4, 0, 1 }, mine[] = { 10, 0, 2, 15 },
			his[] = { 0, 0, 0, 0, 0, 0, 10, 0, 2, 2 };
	struct packet *p = begin() ? packet_new(PACKET_ROOM) : NULL;
	u64 deadline = time_mono_ns() + 10 * NSEC_PER_SEC, before;
	struct span s;

	if (p) {
		before = received(card[0]);
		p->tail += 28;
		p->len += 28;
		s = packet_head(p);
		span_copy(s, cspan_of(fixed));
		span_copy(span_from(s, 8), cspan_first(cspan_of(card[0]->address), 6));
		span_copy(span_from(s, 14), cspan_of(mine));
		span_copy(span_from(s, 18), cspan_of(his));
		p->ethertype = ARP_TYPE;
		ethernet_push_header(card[0], p, NULL);
		KTEST_EXPECT(netdev_send(card[0], p) == 0);
		while (received(card[0]) == before && time_mono_ns() < deadline)
			test_sleep_ms(1);
		KTEST_EXPECT(received(card[0]) > before);
	}
	end();
}

/* ---- what is received ---- */

static const u8 group[LINK_ADDR_MAX] = { 1, 0, 0x5e, 1, 2, 3 };

/* Whether the second card receives a frame for @to; one for its own address ends the wait. */
static bool passes(const u8 (*to)[LINK_ADDR_MAX])
{
	u64 deadline = time_mono_ns() + 10 * NSEC_PER_SEC, before = atomic_load(&got);

	atomic_store(array_at(marks, 0), 0);
	KTEST_EXPECT(send(card[0], TEST_TYPE, 100, to) == 0 && send_to(0, MARK) == 0);
	while (!atomic_load(array_at(marks, 0)) && time_mono_ns() < deadline)
		test_sleep_ms(1);
	KTEST_EXPECT(atomic_load(array_at(marks, 0)));
	return atomic_load(&got) - before == 2;
}

/*
 * Frames for a group, for a stranger, and for an address that is not its own any more, while the
 * card has joined the group, listens to all, or has another address.
 */
KTEST(virtio_net_receives_what_it_was_told_to)
{
	static const u8 stranger[LINK_ADDR_MAX] = { 2, 0, 0, 0, 0, 9 };
	u8 old[LINK_ADDR_MAX];
	u32 both = IFF_PROMISC | IFF_ALLMULTI;

	if (begin()) {
		KTEST_EXPECT(!passes(&group) && !passes(&stranger) && passes(NULL));
		mutex_lock(&net_config);
		KTEST_EXPECT(netdev_join(card[1], &group) == 0);
		mutex_unlock(&net_config);
		KTEST_EXPECT(passes(&group) && !passes(&stranger));
		mutex_lock(&net_config);
		netdev_leave(card[1], &group);
		KTEST_EXPECT(netdev_set_flags(card[1], IFF_PROMISC, IFF_PROMISC) == 0);
		mutex_unlock(&net_config);
		KTEST_EXPECT(passes(&group) && passes(&stranger));
		mutex_lock(&net_config);
		KTEST_EXPECT(netdev_set_flags(card[1], IFF_ALLMULTI, both) == 0);
		span_copy(span_of(old), cspan_of(card[1]->address));
		KTEST_EXPECT(card[1]->ops->set_address(card[1], &group) == -EADDRNOTAVAIL);
		KTEST_EXPECT(card[1]->ops->set_address(card[1], &stranger) == 0);
		mutex_unlock(&net_config);
		KTEST_EXPECT(passes(&group) && !passes(&old));
		/* It stays over a restart. */
		set_up(card[1], false);
		set_up(card[1], true);
		KTEST_EXPECT(passes(&group) && !passes(&old));
		mutex_lock(&net_config);
		KTEST_EXPECT(netdev_set_flags(card[1], 0, IFF_ALLMULTI) == 0);
		KTEST_EXPECT(card[1]->ops->set_address(card[1], &old) == 0);
		mutex_unlock(&net_config);
		KTEST_EXPECT(!passes(&group) && !passes(&stranger));
	}
	end();
}

/* ---- many ---- */

#define FLOOD 2000u
static struct atomic accepted;
static void flood(unsigned i)
{
	u32 n;

	for (n = 0; n < FLOOD; n++) {
		atomic_add(&accepted, send_to(i % 2, 60 + n % 1400) == 0);
		test_step();
	}
}

/* Whether a frame gets through each way, after what else is on its way. */
static bool both_ways(void)
{
	u64 deadline = time_mono_ns() + 10 * NSEC_PER_SEC;
	u32 i;

	for (i = 0; i < 2; i++) {
		atomic_store(array_at(marks, i), 0);
		while (!atomic_load(array_at(marks, i)) && time_mono_ns() < deadline) {
			(void)send_to(i, MARK + i);
			test_sleep_ms(1);
			test_step();
		}
	}
	return atomic_load(array_at(marks, 0)) && atomic_load(array_at(marks, 1));
}

/* More than the rings hold, both ways at once; then one more of each gets through. */
KTEST(virtio_net_flood)
{
	if (begin()) {
		atomic_store(&accepted, 0);
		KTEST_EXPECT(test_team(flood, 4) && atomic_load(&accepted) >= FLOOD);
		KTEST_EXPECT(both_ways() && !atomic_load(&wrong));
	}
	end();
}

/* Task 0 sets each card down and up in turn, the others send. */
static void up_and_down(unsigned i)
{
	u32 n;

	if (i) {
		flood(i);
		return;
	}
	for (n = 0; n < 20; n++) {
		set_up(card[n % 2], false);
		test_step();
		set_up(card[n % 2], true);
		test_step();
	}
}

/*
 * The devices are reset and set up again while packets travel: nothing is lost or stuck for ever.
 */
KTEST(virtio_net_goes_down_and_up)
{
	struct page_stats before, after;

	if (begin()) {
		end();
		page_get_stats(&before);
		KTEST_EXPECT(begin() && test_team(up_and_down, 4));
		KTEST_EXPECT(both_ways() && !atomic_load(&wrong));
		end();
		page_get_stats(&after);
		/* A page for ranges is kept by each CPU (kernel/net/packet.c). */
		KTEST_EXPECT(after.user <= before.user + MAX_CPUS);
		return;
	}
	end();
}

/* ---- what it costs (tests/bench/run: where a nanosecond is an instruction) ---- */

#define COST_PACKETS 64u
static struct packet *cost_packets[COST_PACKETS];

/*
 * Packets as TCP makes them: headers, and 1460 bytes in so many pages. All are made before the time
 * is taken.
 */
static u64 cost_of_sends(u32 frags)
{
	struct packet *p;
	struct page *page;
	u64 begin;
	u32 i, k;

	for (i = 0; i < COST_PACKETS; i++) {
		p = packet_new(PACKET_ROOM);
		p->tail += 40;
		p->len += 40;
		for (k = 0; k < frags; k++) {
			page = page_alloc(0);
			KTEST_EXPECT(packet_add_page(p, page, 0, 1460 / frags) == 0);
			page_put(&page);
		}
		p->ethertype = 0x88b6; /* nobody takes it */
		ethernet_push_header(card[0], p, &card[1]->address);
		cost_packets[i] = p;
	}
	begin = time_mono_ns();
	for (i = 0; i < COST_PACKETS; i++) {
		KTEST_EXPECT(netdev_send(card[0], cost_packets[i]) == 0);
		cost_packets[i] = NULL;
	}
	return (time_mono_ns() - begin) / COST_PACKETS;
}

/* As ring_costs. Afterwards the cards still work. */
KTEST(virtio_net_costs)
{
	u64 one, four;

	if (begin()) {
		one = cost_of_sends(1);
		four = cost_of_sends(4);
		log_info("COST %lu virtio-net: send 1500 bytes of 1 page", one);
		log_info("COST %lu virtio-net: send 1500 bytes of 4 pages", four);
		KTEST_EXPECT(both_ways());
	}
	end();
}
