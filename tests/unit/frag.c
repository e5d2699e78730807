// SPDX-License-Identifier: MPL-2.0
/*
 * Reassembly of fragments (kernel/net/inet/frag.c): datagrams in random pieces, in any order, some
 * of them twice, some that overlap, end elsewhere or never come. A datagram comes back with its own
 * bytes or not at all; what waits stays below its bound and ends with its time.
 */
#include <kernel/knobs.h>
#include <kernel/netdev.h>

#include "../../kernel/net/inet/ip.h"
#include "heap.h"
#include "host.h"
#include "packet.h"

#define MOST   65535u
#define PIECES 200u
#define BOUND  ((4u << 20) + (1u << 20)) /* FRAG_MEMORY and one datagram */

OBJ_TYPE(netdev, NULL_RELEASE);

static struct netdev *dev;
static const struct net_job *job;
static u64 now_ns = 1;
static u32 told;
struct ip_counters ip_counters[MAX_CPUS];

void _kernel_panic(const char *message)
{
	printf("panic: %s\n", message);
	exit(1);
}
void _spin_wait(struct spinlock *l)
{
	(void)l;
	_kernel_panic("a lock is held");
}
u64 time_mono_ns(void)
{
	return now_ns;
}
u64 random_u64(void)
{
	return (u64)unit_random(~0u) << 32 | unit_random(~0u);
}
u32 knob_values[NR_KNOBS] = { [KNOB_FRAG4_TIME] = 30, [KNOB_FRAG6_TIME] = 30 };
u32 net_job_register(const struct net_job *j)
{
	job = j;
	return 0;
}
void net_job_kick(u32 number)
{
	(void)number;
}
struct netdev *netdev_by_index(u32 index)
{
	return index == dev->index ? obj_get(dev) : NULL;
}
void icmp_send_error(struct packet *p, u8 type4, u8 code4, u8 type6, u8 code6, u32 info)
{
	(void)p, (void)type4, (void)code4, (void)type6, (void)code6, (void)info;
	told++;
}

/* ---- a datagram and its pieces ---- */

static u8 bytes[MOST + 8], back[MOST + 8];
static bool is4;
static u32 headers; /* of each piece */
static struct piece {
	u32 off, len;
	bool more;
} pieces[PIECES];
static u32 nr_pieces;

static struct packet *packet_of(const struct piece *f)
{
	struct packet *p = packet_new(64 + headers);
	u32 i;

	p->dev = dev;
	p->ethertype = is4 ? ETHERTYPE_IP4 : ETHERTYPE_IP6;
	p->net = 64;
	for (i = 0; i < headers; i++)
		p->data[64 + i] = (u8)(f->off / 8 + i);
	UNIT_CHECK(!packet_add_room(p, f->len));
	UNIT_CHECK(packet_write(p, 0, (struct cspan){ bytes + f->off, f->len }));
	return p;
}

/* Pieces of the first @total bytes, at most PIECES. */
static void cut(u32 total)
{
	u32 at = 0, least = round_up(total / 100 + 1, 8), len;

	for (nr_pieces = 0; at < total; nr_pieces++, at += len) {
		len = least + 8 * unit_random(least / 4 + 1);
		len = min(len, total - at);
		pieces[nr_pieces] = (struct piece){ at, len, at + len < total };
	}
}
static void shuffle(void)
{
	u32 i;

	for (i = nr_pieces; i > 1; i--) {
		u32 k = unit_random(i);
		struct piece f = pieces[k];

		pieces[k] = pieces[i - 1];
		pieces[i - 1] = f;
	}
}
/* Whether the datagram need not come back. */
static bool damage(void)
{
	struct piece *f = &pieces[unit_random(nr_pieces)];

	switch (unit_random(8)) {
	case 0: /* one is there twice */
		if (nr_pieces < PIECES)
			pieces[nr_pieces++] = *f;
		return false;
	case 1: /* one never comes */
		*f = pieces[--nr_pieces];
		return true;
	case 2: /* one overlaps its neighbour */
		if (!f->more)
			return false;
		f->len += 8;
		return true;
	case 3: /* two say that they are the last */
		if (!f->more)
			return false;
		f->more = false;
		return true;
	case 4: /* the datagram is too long */
		*f = (struct piece){ 65528, 8, unit_random(2) };
		return true;
	default:
		return false;
	}
}

static void one_datagram(u32 number)
{
	struct frag_key k = { .id = number, .protocol = 17 };
	u32 total = 1 + unit_random(unit_random(8) ? 3000 : MOST - 100), i, nr, used;
	struct packet *whole = NULL, *p;
	bool bad;

	is4 = unit_random(2);
	headers = is4 ? 20 + 4 * unit_random(11) : 40 + 8 * unit_random(4);
	for (i = 0; i < total; i++)
		bytes[i] = (u8)unit_random(256);
	cut(total);
	bad = damage();
	shuffle();
	for (i = 0; i < nr_pieces; i++) {
		p = frag_add(packet_of(&pieces[i]), &k, pieces[i].off, pieces[i].more);
		if (!p)
			continue;
		/* A piece that says too early that it is the last makes a shorter one. */
		UNIT_CHECK(p->len == total || (bad && p->len < total));
		UNIT_CHECK(p->net + (is4 ? headers : 40) == p->head);
		UNIT_CHECK(packet_read(p, 0, (struct span){ back, p->len }));
		UNIT_CHECK(!memcmp(back, bytes, p->len));
		packet_drop(&whole); /* one piece that came twice is a datagram each time */
		whole = p;
	}
	UNIT_CHECK(bad || whole);
	packet_drop(&whole);
	frag_usage(is4, &nr, &used);
	UNIT_CHECK(used <= BOUND);
}

/* The argument is a number of datagrams that is not the usual one. */
int main(int argc, char **argv)
{
	u32 i, n = argc > 1 ? (u32)strtoul(argv[1], NULL, 10) : 6000, nr, used;

	dev = obj_new(netdev);
	dev->index = 1;
	frag_init();
	for (i = 0; i < n; i++) {
		one_datagram(i);
		now_ns += unit_random(10) * NSEC_PER_SEC; /* some wait too long, some for room */
		if (!unit_random(20))
			UNIT_CHECK(job->run(now_ns) > now_ns);
	}
	UNIT_CHECK(argc > 1 || told > 100);
	now_ns += 31 * NSEC_PER_SEC;
	while (job->run(now_ns) != NO_DEADLINE)
		;
	frag_usage(true, &nr, &used);
	UNIT_CHECK(!nr && !used);
	frag_usage(false, &nr, &used);
	UNIT_CHECK(!nr && !used);
	frag_shutdown();
	packet_shutdown();
	UNIT_CHECK(!unit_pages);
	return 0;
}
