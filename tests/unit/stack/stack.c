// SPDX-License-Identifier: MPL-2.0
/*
 * A fuzzer of all parsers of packets and of netlink's requests: the whole of kernel/net with the
 * address and undefined-behaviour sanitizers, and frames that are almost right.
 *
 *	stack SEED FRAMES		from a card: ARP, IPv4, IPv6, ICMP, ND, groups, fragments, UDP, TCP, VLANs
 *	stack SEED REQUESTS netlink	requests of AF_NETLINK
 *
 * A frame is made whole by one of the makers, with the right lengths and sums, for the sockets, the
 * neighbours and the connections that are there; then a few of its bytes are changed, it is cut or
 * made longer, and in most cases its sums are made right again, so that what was changed is looked
 * at. Its bytes are in the head of the packet, in pages, or in both. From time to time memory runs
 * out, time passes, and programs receive and send. In the end all is closed, and no object and no
 * page may be left.
 */
#include <kernel/afpacket.h>
#include <kernel/inet.h>
#include <kernel/knobs.h>
#include <kernel/netlink.h>
#include <kernel/socket.h>
#include <kernel/syscall.h>
#include <uapi/if.h>

#include "heap.h"
#include "sim.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int v, size_t n);
int strcmp(const char *a, const char *b);

#define PORT 7
static const u8 our_mac[6] = { 2, 0, 0, 0, 0, 1 }, their_mac[6] = { 2, 0, 0, 0, 0, 2 };
static const u8 our4[4] = { 192, 0, 2, 1 }, their4[4] = { 192, 0, 2, 2 };
static const u8 our6[16] = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 1 };
static const u8 their6[16] = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 2 };
/* What is forwarded: to neighbours of this machine, and beyond them. */
static const u8 beyond4[4] = { 192, 0, 2, 77 };
static const u8 beyond6[16] = { 0x20, 1, [15] = 77 };
static u64 frames_in, frames_out;

/* ---- a frame, as bytes ---- */

static struct {
	u8 b[4096];
	u32 n;
	u32 ip, l4; /* where the headers begin; l4 0: a fragment or none */
	u8 proto;
	bool v6;
} f;

static u8 *grow(u32 n)
{
	u8 *at = f.b + f.n;

	UNIT_CHECK(f.n + n <= sizeof(f.b));
	memset(at, 0, n);
	f.n += n;
	return at;
}

static void put16(u8 *at, u32 v)
{
	at[0] = (u8)(v >> 8);
	at[1] = (u8)v;
}

static void put32(u8 *at, u32 v)
{
	put16(at, v >> 16);
	put16(at + 2, v & 0xffff);
}

static u32 get32(const u8 *at)
{
	return (u32)at[0] << 24 | (u32)at[1] << 16 | (u32)at[2] << 8 | at[3];
}

static u32 chance(u32 n)
{
	return unit_random(n) == 0;
}

/* A number that is often at an edge. */
static u32 edge(void)
{
	static const u32 edges[] = { 0, 1, 2, 4, 7, 8, 15, 16, 20, 28, 40, 60, 63, 64, 127, 128,
		255, 256, 1280, 1500, 0x1fff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, ~0u };

	return chance(2) ? unit_random(~0u) : edges[unit_random(ARRAY_LEN(edges))];
}

static u32 sum(const u8 *at, u32 n, u32 s)
{
	u32 i;

	for (i = 0; i < n; i++)
		s += i & 1 ? at[i] : (u32)at[i] << 8;
	return s;
}

static u32 fold(u32 s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s & 0xffff;
}

/* Makes the sums right, as far as the headers say where they stand. */
static void fix_sums(void)
{
	u32 at = f.proto == 6 ? 16 : f.proto == 17 ? 6 : 2, n = f.n - f.l4, s;

	if (f.ip && !f.v6 && f.ip + 20 <= f.n) {
		u32 len = (f.b[f.ip] & 15u) * 4;
		put16(f.b + f.ip + 10, 0);
		put16(f.b + f.ip + 10, fold(sum(f.b + f.ip, min(len, f.n - f.ip), 0)));
	}
	if (!f.l4 || f.l4 + at + 2 > f.n)
		return;
	s = f.proto == 1 || f.proto == 2 ? 0 : f.proto + n;
	if (s && f.v6)
		s = sum(f.b + f.ip + 8, 32, s);
	else if (s)
		s = sum(f.b + f.ip + 12, 8, s);
	put16(f.b + f.l4 + at, 0);
	put16(f.b + f.l4 + at, fold(sum(f.b + f.l4, n, s)));
}

static void ethernet(u16 type, const u8 *to)
{
	u8 *h;

	memset(&f, 0, sizeof(f));
	h = grow(12);
	memcpy(h, to, 6);
	memcpy(h + 6, their_mac, 6);
	if (chance(12)) {
		h = grow(4);
		put16(h, 0x8100);
		put16(h + 2, chance(2) ? 5 : unit_random(0x10000));
	}
	put16(grow(2), type);
}

static void ip4(u8 proto)
{
	static const u8 group[4] = { 224, 0, 0, 1 };
	u32 options = chance(4) ? unit_random(11) : 0, i;
	u8 *h;

	ethernet(0x0800, our_mac);
	f.ip = f.n;
	f.proto = proto;
	h = grow(20 + options * 4);
	h[0] = (u8)(0x45 + options);
	h[8] = (u8)(chance(8) ? edge() : 64);
	h[9] = proto;
	memcpy(h + 12, their4, 4);
	memcpy(h + 16, proto == 2 || chance(20) ? group : chance(20) ? beyond4 : our4, 4);
	for (i = 0; i < options * 4; i++)
		h[20 + i] = (u8)(chance(2)
				? edge()
				: (u8[]){ 0, 1, 7, 68, 130, 131, 137, 148 }[unit_random(8)]);
	f.l4 = f.n;
}

/* The headers between; the next one's number goes into the last of them. */
static void ip6(u8 proto)
{
	static const u8 kinds[] = { 0, 60, 43, 60, 44, 51 };
	static const u8 group[16] = { 0xff, 2, [15] = 1 };
	u32 nr = chance(3) ? unit_random(5) : 0, i, k, n;
	u8 *h, *next;

	ethernet(0x86dd, our_mac);
	f.ip = f.n;
	f.v6 = true;
	f.proto = proto;
	h = grow(40);
	h[0] = 0x60;
	h[7] = (u8)(chance(10) ? edge() : 255);
	memcpy(h + 8, their6, 16);
	memcpy(h + 24, chance(12) ? group : chance(15) ? beyond6 : our6, 16);
	next = h + 6;
	for (i = 0; i < nr; i++) {
		*next = kinds[i ? 1 + unit_random(5) : unit_random(6)];
		n = *next == 44 ? 8 : 8 + 8 * (chance(3) ? unit_random(4) : 0);
		h = grow(n);
		h[1] = (u8)(*next == 44 ? 0 : n / 8 - 1);
		if (*next == 44)
			put16(h + 2, chance(3) ? edge() & 0xffff : 0);
		else
			for (k = 2; k < n; k++)
				h[k] = (u8)(chance(2) ? 0 : chance(2) ? 1 : edge());
		next = h;
	}
	*next = proto;
	f.l4 = f.n;
}

/* Ends an IP packet: lengths and sums. */
static void ip_done(void)
{
	if (f.v6)
		put16(f.b + f.ip + 4, f.n - f.ip - 40);
	else
		put16(f.b + f.ip + 2, f.n - f.ip);
	if (f.proto == 17)
		put16(f.b + f.l4 + 4, f.n - f.l4);
	fix_sums();
}

static void payload(u32 most)
{
	u32 n = unit_random(most + 1), i;
	u8 *at = grow(n);

	for (i = 0; i < n; i++)
		at[i] = (u8)(chance(4) ? edge() : i);
}

/* ---- the makers ---- */

static void make_arp(void)
{
	static const u8 all[6] = { 255, 255, 255, 255, 255, 255 };
	u8 *h;

	ethernet(0x0806, chance(2) ? all : our_mac);
	h = grow(28);
	put16(h, 1);
	put16(h + 2, 0x0800);
	h[4] = 6;
	h[5] = 4;
	put16(h + 6, 1 + unit_random(2));
	memcpy(h + 8, their_mac, 6);
	memcpy(h + 14, their4, 4);
	memcpy(h + 24, our4, 4);
	if (chance(4))
		h[17] = (u8)edge();
}

static void any_ip(u8 proto)
{
	if (chance(2))
		ip4(proto);
	else
		ip6(proto);
}

static void make_udp(void)
{
	u8 *h;

	any_ip(17);
	h = grow(8);
	put16(h, 1000 + unit_random(3));
	put16(h + 2, chance(5) ? edge() & 0xffff : PORT);
	payload(chance(5) ? 1400 : 40);
	ip_done();
}

/* What this machine has sent last by TCP, so that answers fit. */
static struct {
	u32 seq, ack;
	u16 to_port;
	bool v6;
} last;

static void make_tcp(void)
{
	u32 options = unit_random(11), i;
	static const u8 kinds[] = { 0, 1, 2, 3, 4, 5, 8, 34, 254 };
	u8 *h, flags;

	if (last.v6)
		ip6(6);
	else
		ip4(6);
	h = grow(20 + options * 4);
	put16(h, chance(5) ? 2000 + unit_random(4) : last.to_port ? last.to_port : 2000);
	put16(h + 2, chance(20) ? edge() & 0xffff : PORT);
	put32(h + 4, last.ack + (chance(3) ? edge() : chance(2) ? unit_random(3000) - 1000 : 0));
	put32(h + 8, last.seq + (chance(4) ? edge() : 0));
	flags = (u8)(chance(4) ? unit_random(256)
			       : (u8[]){ 2, 16, 16, 24, 17, 4, 18, 16 }[unit_random(8)]);
	h[12] = (u8)((5 + options) << 4);
	h[13] = flags;
	put16(h + 14, chance(3) ? edge() & 0xffff : 30000);
	for (i = 0; i < options * 4; i++)
		h[20 + i] = (u8)(chance(3) ? edge() : chance(2) ? kinds[unit_random(9)] : 10);
	if (options > 4 && (flags & 2) && !chance(4)) {
		/* what a peer offers: segments, scaling, SACK, time stamps */
		memcpy(h + 20, "\2\4\5\264\1\3\3\7\4\2\10\12", 12);
		put32(h + 32, edge());
		memset(h + 36, 0, 4);
	} else if (options > 2 && !(flags & 2) && chance(2)) {
		/* what it has got behind a gap, and time stamps */
		memcpy(h + 20, "\1\1\5\12", 4);
		put32(h + 24, last.seq + (chance(3) ? edge() : unit_random(3000)));
		put32(h + 28, get32(h + 24) + (chance(4) ? edge() : unit_random(3000)));
		if (options > 5)
			memcpy(h + 32, "\1\1\10\12", 4);
	}
	payload(chance(4) ? 1400 : 30);
	ip_done();
	if (chance(10))
		last.v6 = !last.v6;
}

/* An error quotes a packet of ours. */
static void quote(void)
{
	u32 at = f.n;
	u8 *h = grow(f.v6 ? 40 : 20);

	if (f.v6) {
		h[0] = 0x60;
		h[6] = (u8)(chance(3) ? edge() : chance(2) ? 17 : 6);
		memcpy(h + 8, our6, 16);
		memcpy(h + 24, their6, 16);
	} else {
		h[0] = (u8)(chance(6) ? edge() : 0x45);
		put16(h + 2, 100);
		h[9] = (u8)(chance(3) ? edge() : chance(2) ? 17 : 6);
		memcpy(h + 12, our4, 4);
		memcpy(h + 16, their4, 4);
	}
	h = grow(8);
	put16(h, PORT);
	put16(h + 2, chance(2) && last.to_port ? last.to_port : 1000);
	put32(h + 4, last.seq);
	payload(40);
	if (chance(4))
		f.n = at + unit_random(f.n - at);
}

static void make_icmp4(void)
{
	u8 *h;

	ip4(1);
	h = grow(8);
	h[0] = (u8)(chance(5) ? edge() : (u8[]){ 8, 0, 3, 3, 11, 12, 5, 13, 4 }[unit_random(9)]);
	h[1] = (u8)(chance(3) ? edge() : unit_random(6));
	put32(h + 4, edge());
	if (h[0] == 3 || h[0] == 11 || h[0] == 12 || h[0] == 5)
		quote();
	else
		payload(60);
	ip_done();
}

/* Options of neighbour discovery: addresses, prefixes, an MTU. */
static void nd_options(void)
{
	u32 nr = unit_random(4), i, k;

	for (i = 0; i < nr; i++) {
		u8 kind = (u8)(chance(5) ? edge()
					 : (u8[]){ 1, 2, 3, 4, 5, 24, 25 }[unit_random(7)]);
		u32 units = kind == 3 ? 4 : kind == 5 || kind < 3 ? 1 : 1 + unit_random(4);
		u8 *h = grow(units * 8);
		h[0] = kind;
		h[1] = (u8)(chance(10) ? edge() : units);
		for (k = 2; k < units * 8; k++)
			h[k] = (u8)(chance(3) ? edge() : 0);
		if (kind == 3) {
			h[2] = (u8)(chance(3) ? edge() : 64);
			h[3] = 0xc0;
			put32(h + 4, edge());
			put32(h + 8, edge());
			h[16] = 0x20;
			h[17] = 1;
		} else if (kind < 3) {
			memcpy(h + 2, their_mac, 6);
		}
	}
}

static void make_icmp6(void)
{
	static const u8 types[] = { 128, 129, 1, 2, 3, 4, 130, 131, 132, 133, 134, 134, 135, 135,
		136, 136, 137, 143 };
	u8 *h, type = (u8)(chance(8) ? edge() : types[unit_random(ARRAY_LEN(types))]);

	ip6(58);
	h = grow(8);
	h[0] = type;
	h[1] = (u8)(chance(8) ? edge() : 0);
	put32(h + 4, chance(2) ? edge() : 0xe0000000);
	if (type < 5) {
		quote();
	} else if (type == 134) {
		put32(h + 4, 0x40000000u | unit_random(0x10000));
		(void)grow(8);
		nd_options();
	} else if (type >= 133 && type <= 137) {
		if (type >= 135)
			memcpy(grow(16), chance(3) ? their6 : our6, 16);
		if (type == 137)
			memcpy(grow(16), chance(2) ? their6 : our6, 16);
		nd_options();
	} else if (type >= 130 && type <= 132) {
		memset(grow(16), chance(2) ? 0 : 0xff, 16);
		if (chance(2))
			payload(40);
	} else {
		payload(60);
	}
	ip_done();
}

static void make_igmp(void)
{
	u8 *h;

	ip4(2);
	h = grow(8);
	h[0] = (u8)(chance(6) ? edge() : (u8[]){ 0x11, 0x12, 0x16, 0x17, 0x22 }[unit_random(5)]);
	h[1] = (u8)edge();
	put32(h + 4, chance(2) ? 0 : 0xe0000101);
	if (chance(2))
		payload(24);
	ip_done();
}

/* Pieces of few datagrams, at places that overlap. */
static void make_fragment(void)
{
	u32 at = unit_random(8) * 16, more = unit_random(2);
	u8 *h;

	if (chance(2)) {
		ip4(17);
		put16(f.b + f.ip + 4, unit_random(3));
		put16(f.b + f.ip + 6, (chance(6) ? edge() & 0x1fff : at / 8) | more << 13);
	} else {
		ip6(17);
		h = grow(8);
		h[0] = 17;
		put16(h + 2, (chance(6) ? edge() & 0xfff8 : at) | more);
		put32(h + 4, unit_random(3));
		f.b[f.ip + 6] = 44;
	}
	f.l4 = f.n;
	payload(40);
	while (more && (f.n - f.l4) % 8 && !chance(10))
		(void)grow(1);
	f.l4 = 0;
	if (f.v6)
		put16(f.b + f.ip + 4, f.n - f.ip - 40);
	else
		put16(f.b + f.ip + 2, f.n - f.ip);
	fix_sums();
}

static void make_noise(void)
{
	static const u16 types[] = { 0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x0001, 0x88cc };
	u32 n, i;

	ethernet(types[unit_random(ARRAY_LEN(types))], our_mac);
	n = unit_random(200);
	for (i = 0; i < n; i++)
		*grow(1) = (u8)edge();
	f.n = chance(10) ? unit_random(f.n + 1) : f.n;
}

static void (*const makers[])(void) = { make_arp, make_udp, make_tcp, make_tcp, make_tcp,
	make_icmp4, make_icmp6, make_icmp6, make_igmp, make_fragment, make_noise };

/* A few changes; sums are mostly made right again. */
static void damage(void)
{
	u32 n = chance(3) ? 0 : 1 + unit_random(4);

	while (n-- && f.n) {
		u32 at = unit_random(chance(2) ? min(f.n, 80u) : f.n);
		switch (unit_random(5)) {
		case 0:
			f.b[at] ^= (u8)(1u << unit_random(8));
			break;
		case 1:
			f.b[at] = (u8)edge();
			break;
		case 2:
			if (at + 2 <= f.n)
				put16(f.b + at, edge() & 0xffff);
			break;
		case 3:
			f.n = chance(3) ? at : f.n;
			break;
		default:
			if (f.n + 40 < sizeof(f.b) && chance(3))
				memset(grow(unit_random(40)), (int)edge(), 0);
		}
	}
	if (!chance(6))
		fix_sums();
}

/* ---- the card ---- */

static struct netdev *card;

/* Whether the frame's bytes at @at are those of TCP, and what they say. */
static void note_tcp(struct packet *p)
{
	u8 h[94];
	u32 n = min(p->len, (u32)sizeof(h)), l4;
	bool v6;

	UNIT_CHECK(packet_read(p, 0, (struct span){ h, n }));
	v6 = h[12] == 0x86;
	l4 = v6 ? 54 : 34;
	if (n < l4 + 20 || h[v6 ? 20 : 23] != 6)
		return;
	last.v6 = v6;
	last.to_port = (u16)(h[l4 + 2] << 8 | h[l4 + 3]);
	last.seq = get32(h + l4 + 4) + 1;
	if (h[l4 + 13] & 16)
		last.ack = get32(h + l4 + 8);
}

static int card_open(struct netdev *d)
{
	(void)d;
	return 0;
}

static void card_stop(struct netdev *d)
{
	(void)d;
}

static int card_xmit(struct netdev *d, u32 queue, struct packet *p, bool more)
{
	(void)d;
	(void)queue;
	(void)more;
	frames_out++;
	UNIT_CHECK(p->len >= 14);
	note_tcp(p);
	packet_drop(&p);
	return 0;
}

static const struct netdev_ops card_ops = {
	.open = card_open, .stop = card_stop, .xmit = card_xmit, .push_header = ethernet_push_header
};

static void card_make(void)
{
	card = netdev_new(&card_ops, NULL, LINK_ETHERNET);
	UNIT_CHECK(card);
	card->mtu = 1500;
	card->min_mtu = 68;
	card->max_mtu = 9000;
	card->header_len = 14;
	card->address_len = 6;
	memcpy(card->address, our_mac, 6);
	memset(card->broadcast, 255, 6);
	card->nr_queues = 1;
	card->txqueuelen = 1000;
	card->carrier = true;
	card->features = NETDEV_SG;
	card->flags = IFF_BROADCAST | IFF_MULTICAST;
	UNIT_CHECK(!netdev_register(card, LIT("eth%d")));
}

/* Gives the frame to the stack, some of it in the head and the rest in a page. */
static void receive(void)
{
	struct packet *p = packet_new(64);
	u32 head = min(f.n, chance(3) ? unit_random(160) : 190), rest = f.n - head;
	struct page *page;

	frames_in++;
	if (!p)
		return;
	memcpy(p->data + p->tail, f.b, head);
	p->tail += (u16)head;
	p->len = head;
	if (rest) {
		page = page_alloc(0);
		if (!page) {
			packet_drop(&p);
			return;
		}
		page_write(page, 0, (struct cspan){ f.b + head, rest });
		if (packet_add_page(p, page, 0, rest))
			UNIT_CHECK(!"a page too many");
		page_put(&page);
	}
	if (chance(10))
		p->csum = CSUM_GOOD;
	ethernet_receive(card, p);
	netdev_run();
}

/* ---- the programs ---- */

static u8 *const user = (u8 *)0x10000000ul;
#define AT(n) UADDR((u64)user + (n))

static s32 open_socket(s32 family, u32 type, s32 protocol)
{
	return (s32)sys_socket(sim_thread, family, type | 04000, protocol);
}

static s32 bound(s32 family, u32 type, s32 protocol, u16 port)
{
	s32 fd = open_socket(family, type, protocol);

	UNIT_CHECK(fd >= 0);
	memset(user, 0, 128);
	user[0] = family == 10 && type == 2; /* IPV6_V6ONLY */
	UNIT_CHECK(!user[0] || !sys_setsockopt(sim_thread, fd, 41, 26, AT(0), 4));
	user[0] = (u8)family;
	put16(user + 2, port);
	UNIT_CHECK(!sys_bind(sim_thread, fd, AT(0), family == 2 ? 16 : 28));
	return fd;
}

static s32 netlink, listener, diag, generic;

/* One attribute. */
static void attribute(u32 *n, u32 kind, const void *v, u32 len)
{
	*(u16 *)(user + *n) = (u16)(4 + len);
	*(u16 *)(user + *n + 2) = (u16)kind;
	memcpy(user + *n + 4, v, len);
	*n += round_up(4 + len, 4u);
}

static s64 request_by(s32 fd, u32 n, u32 type, u32 flags)
{
	s64 r;

	*(u32 *)user = n;
	*(u16 *)(user + 4) = (u16)type;
	*(u16 *)(user + 6) = (u16)(flags | 1);
	*(u32 *)(user + 8) = 1;
	*(u32 *)(user + 12) = 0;
	r = sys_sendto(sim_thread, fd, AT(0), n, 0, UADDR(0), 0);
	netdev_run();
	return r;
}

static s64 request(u32 n, u32 type, u32 flags)
{
	return request_by(netlink, n, type, flags);
}

/* The answer of an acknowledged request. */
static s32 answer(void)
{
	s64 n = sys_recvfrom(sim_thread, netlink, AT(65536), 65536, 0100, UADDR(0), UADDR(0));

	return n < 20 ? 1 : *(s32 *)(user + 65536 + 16);
}

static void drain(s32 fd)
{
	u32 i;

	for (i = 0; i < 64; i++) {
		if (sys_recvfrom(sim_thread, fd, AT(65536), 65536, 0100, UADDR(0), UADDR(0)) < 0)
			break;
	}
}

static void configure(void)
{
	u8 address[16];
	u32 n;

	netlink = open_socket(16, 3, 0);
	UNIT_CHECK(netlink >= 0);
	memset(user, 0, 256);
	*(u32 *)(user + 16 + 4) = card->index;
	*(u32 *)(user + 16 + 8) = *(u32 *)(user + 16 + 12) = 1;
	UNIT_CHECK(request(32, 16, 4) == 32 && !answer()); /* RTM_NEWLINK: up */
	memset(user, 0, 256);
	user[16] = 2;
	user[17] = 24;
	*(u32 *)(user + 20) = card->index;
	n = 24;
	attribute(&n, 2, our4, 4);
	attribute(&n, 1, our4, 4);
	UNIT_CHECK(request(n, 20, 4 | 0x600) == n && !answer());
	memset(user, 0, 256);
	user[16] = 10;
	user[17] = 64;
	*(u32 *)(user + 20) = card->index;
	n = 24;
	memcpy(address, our6, 16);
	address[0] = 0x20;
	address[1] = 1;
	attribute(&n, 2, address, 16);
	UNIT_CHECK(request(n, 20, 4 | 0x600) == n && !answer());
	sim_advance(3 * NSEC_PER_SEC);
	drain(netlink);
	UNIT_CHECK(!knob_set(KNOB_PING_GROUP_FIRST, 0));
	mutex_lock(&net_config);
	UNIT_CHECK(!conf4_set(CONF_ALL, NULL, CONF4_FORWARDING, 1));
	UNIT_CHECK(!conf6_set(CONF_ALL, NULL, CONF6_FORWARDING, 2));
	mutex_unlock(&net_config);
}

static s32 readers[16];
static u32 nr_readers;

static void programs(void)
{
	readers[nr_readers++] = bound(2, 2, 0, PORT);
	readers[nr_readers++] = bound(10, 2, 0, PORT);
	readers[nr_readers++] = bound(2, 3, 1, 0);
	readers[nr_readers++] = bound(2, 3, 17, 0);
	readers[nr_readers++] = bound(10, 3, 58, 0);
	readers[nr_readers++] = open_socket(17, 3, 0x0300);
	readers[nr_readers++] = open_socket(17, 2, 0x0300);
	readers[nr_readers++] = bound(2, 2, 1, 3);
	readers[nr_readers++] = bound(10, 2, 58, 3);
	readers[nr_readers++] = diag = open_socket(16, 3, 4);
	readers[nr_readers++] = generic = open_socket(16, 3, 16);
	listener = bound(10, 1, 0, PORT);
	UNIT_CHECK(!sys_listen(sim_thread, listener, 16));
}

/* An option of a socket, with any value. The listener keeps its filter: none. */
static void random_option(s32 fd)
{
	static const s32 levels[] = { 0, 1, 6, 17, 41, 58, 255, 263, 270 };
	s32 level = levels[unit_random(ARRAY_LEN(levels))], name = (s32)unit_random(80);
	u32 i;

	for (i = 0; i < 64; i++)
		user[i] = (u8)(chance(3) ? edge() : 0);
	if (chance(2))
		memcpy(user + 4 * unit_random(4), our4, 4);
	if (chance(4))
		memcpy(user, our6, 16);
	/* Not those by which a test would wait, or hear nothing: lingering, filters, devices. */
	if (level != 1 || (name != 13 && (name < 18 || name > 27)))
		(void)sys_setsockopt(sim_thread, fd, level, name, AT(0),
			(s32)(chance(3) ? edge()
					: (u32[]){ 1, 4, 8, 12, 16, 20, 32 }[unit_random(7)]));
	*(u32 *)(user + 256) = chance(3) ? edge() : unit_random(128);
	(void)sys_getsockopt(sim_thread, fd, level, name, AT(1024), AT(256));
	netdev_run();
}

/* A message with control data, as random as the rest. */
static void random_message(s32 fd, s32 family)
{
	u32 i, n = 0;

	memset(user, 0, 1024);
	*(u64 *)user = (u64)user + 128;
	*(u32 *)(user + 8) = family == 2 ? 16 : 28;
	*(u64 *)(user + 16) = (u64)user + 192;
	*(u64 *)(user + 24) = 1;
	*(u64 *)(user + 32) = (u64)user + 256;
	for (i = unit_random(4); i--;) {
		u32 len = unit_random(40), k;
		*(u64 *)(user + 256 + n) = 16 + (chance(8) ? edge() : len);
		*(u32 *)(user + 256 + n + 8) = (u32[]){ 0, 1, 17, 41 }[unit_random(4)];
		*(u32 *)(user + 256 + n + 12) = unit_random(80);
		for (k = 0; k < len; k++)
			user[256 + n + 16 + k] = (u8)(chance(3) ? edge() : 0);
		n += round_up(16 + len, 8u);
	}
	*(u64 *)(user + 40) = chance(10) ? edge() : n;
	user[128] = (u8)family;
	put16(user + 130, 1000);
	memcpy(user + 132 + (family == 2 ? 0 : 4), family == 2 ? their4 : their6,
		family == 2 ? 4 : 16);
	if (family == 10)
		*(u32 *)(user + 152) = card->index;
	*(u64 *)(user + 192) = (u64)user + 8192;
	*(u64 *)(user + 200) = chance(4) ? edge() % 70000 : unit_random(2000);
	(void)sys_sendmsg(sim_thread, fd, AT(0), 040100);
	netdev_run();
}

/* What programs do now and then. */
static void act(void)
{
	static s32 accepted[64];
	static u32 nr;
	s64 fd;
	u32 i;

	for (i = 0; i < nr_readers; i++)
		drain(readers[i]);
	for (i = unit_random(4); i--;)
		random_option(chance(5) ? listener : readers[unit_random(nr_readers)]);
	random_message(readers[chance(2) ? 0 : 2 + unit_random(2)], 2);
	random_message(readers[chance(2) ? 1 : 4], 10);
	fd = sys_accept4(sim_thread, listener, UADDR(0), UADDR(0), 04000);
	netdev_run();
	if (fd >= 0) {
		if (accepted[nr % 64]) {
			sim_close(accepted[nr % 64]);
			netdev_run();
		}
		accepted[nr++ % 64] = (s32)fd;
	}
	for (i = 0; i < min(nr, 64u); i++) {
		(void)sys_sendto(sim_thread, accepted[i], AT(0), unit_random(3000), 040100,
			UADDR(0), 0);
		netdev_run();
		if (chance(8))
			random_option(accepted[i]);
		drain(accepted[i]);
		netdev_run();
	}
}

/* ---- netlink ---- */

static void random_request(void)
{
	static const u8 types[] = { 16, 17, 18, 19, 20, 21, 22, 24, 25, 26, 28, 29, 30, 32, 33, 34,
		36, 38, 64, 66, 80, 86, 88 };
	u32 type = types[unit_random(ARRAY_LEN(types))], n = 16, depth = 0, inner = 0, i;
	u32 head = (u32[]){ 0, 4, 8, 12, 12, 16, 20 }[unit_random(7)];

	memset(user, 0, 4096);
	if (chance(20))
		type = edge() & 0xffff;
	for (i = 0; i < head; i++)
		user[n + i] = (u8)(chance(2) ? 0 : chance(2) ? unit_random(12) : edge());
	if (chance(2))
		user[n] = (u8)(u8[]){ 0, 2, 7, 10 }[unit_random(4)];
	if (chance(2) && head >= 8)
		*(u32 *)(user + n + 4) = unit_random(5);
	n += head;
	for (i = unit_random(7); i--;) {
		u32 kind = unit_random(chance(4) ? 64 : 16),
		    len = (u32[]){ 0, 1, 2, 4, 4, 4, 8, 6, 16, 16, 20, 30 }[unit_random(12)];
		u8 v[32];
		u32 k;
		for (k = 0; k < 32; k++)
			v[k] = (u8)(chance(3) ? edge() : 0);
		if (chance(4))
			memcpy(v, our4, 4);
		if (chance(6))
			memcpy(v, their6, 16);
		if (chance(6))
			memcpy(v, "eth0", 5);
		if (chance(4))
			*(u32 *)v = unit_random(6);
		if (chance(8) && depth < 3) {
			/* the kinds of links that programs make */
			static const char *const links[] = { "dummy", "veth", "vlan", "bridge" };
			const char *name = links[unit_random(4)];
			u32 at = n;
			n += 4;
			for (k = 0; name[k]; k++)
				;
			attribute(&n, 1, name, k + 1);
			inner = n;
			n += 4;
			if (chance(2))
				attribute(&n, 1, v, len);
			*(u16 *)(user + inner) = (u16)(n - inner);
			*(u16 *)(user + inner + 2) = 2;
			*(u16 *)(user + at) = (u16)(n - at);
			*(u16 *)(user + at + 2) = 18;
			depth++;
			continue;
		}
		attribute(&n, kind, v, len);
		if (chance(20))
			*(u16 *)(user + n - 4) = (u16)edge();
	}
	(void)request_by(chance(8)  ? diag
			: chance(8) ? generic
				    : netlink,
		chance(30) ? unit_random(n + 1) : n, type,
		chance(3) ? edge() & 0xffff
			  : (u32[]){ 4, 0x304, 0x604, 0x404, 0x304, 0x104 }[unit_random(6)]);
	drain(netlink);
}

/* ---- the end ---- */

static void finish(void)
{
	unit_fail_one_of = 0;
	sim_close_all();
	netdev_run();
	sim_advance(200 * NSEC_PER_SEC);
	socket_shutdown_all();
	netdev_unregister(card);
	obj_put(&card);
	sim_advance(200 * NSEC_PER_SEC);
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 2 ? (u32)strtoul(argv[2], NULL, 0) : 1000, i;
	bool requests = argc > 3 && !strcmp(argv[3], "netlink");

	unit_seed ^= strtoul(argc > 1 ? argv[1] : "1", NULL, 0) * 0x9e3779b97f4a7c15ul;
	sim_init();
	socket_init();
	inet_init();
	netlink_init();
	afpacket_init();
	net_init();
	sim_tasks();
	card_make();
	configure();
	programs();
	for (i = 0; i < rounds; i++) {
		if (chance(50))
			unit_fail_one_of = chance(3) ? 4 + unit_random(30) : 0;
		if (requests) {
			random_request();
		} else {
			makers[unit_random(ARRAY_LEN(makers))]();
			damage();
			receive();
		}
		if (chance(20))
			act();
		if (chance(30))
			sim_advance(unit_random(3) * NSEC_PER_SEC / 2 + unit_random(1000000));
	}
	finish();
	printf("%lu in, %lu out, %lu objects and %lu pages left\n", frames_in, frames_out,
		unit_objects, unit_pages);
	unit_list_objects();
	return 0;
}
