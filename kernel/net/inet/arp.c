// SPDX-License-Identifier: MPL-2.0
/*
 * ARP (RFC 826): questions and answers about link addresses of IPv4, for the table of neighbours.
 *
 * A question to this machine is answered from any of its addresses, and tells who asks: that is
 * remembered if the asker is on the link by the routes, for else no packet goes to it without a
 * gateway. An answer, and an announcement (of the sender's own address, to all), change only what
 * the table has already, and an answer only what was not set within the last second.
 *
 * ARP has no authentication: anybody on the link can claim an address. What can be done is done:
 * only a question for this machine makes an entry, a fresh entry is not replaced by the next answer
 * (NEIGH_LATER), this machine's own addresses are nobody else's, and the table is bounded
 * (neigh.c).
 *
 * A machine has several addresses and maybe several links. As with arp_ignore 0 of Linux, it
 * answers for all of its addresses on each link.
 */
#include <kernel/neigh.h>
#include <kernel/text.h>
#include <uapi/if.h>

#include "ip.h"

#define ETHERTYPE_ARP 0x0806u

/* RFC 826 for Ethernet and IPv4. Network order. */
struct PACKED arp_packet {
	u16 hardware, protocol;
	u8 hardware_len, protocol_len;
	u16 op;
	u8 sender[6];
	u32 sender_ip;
	u8 target[6];
	u32 target_ip;
};
static_assert(sizeof(struct arp_packet) == 28, "RFC 826");
enum arp_op { ARP_REQUEST = 1, ARP_REPLY = 2 };

/*
 * Sends a packet to the link address @to (NULL: to all). The link's header is pushed here, without
 * a neighbour: ARP is what finds neighbours.
 */
static void arp_send(struct netdev *d, u16 op, u32 sender_ip, u32 target_ip,
	const u8 (*target)[LINK_ADDR_MAX], const u8 (*to)[LINK_ADDR_MAX])
{
	struct arp_packet a = { .hardware = be16(LINK_ETHERNET),
		.protocol = be16(ETHERTYPE_IP4),
		.hardware_len = 6,
		.protocol_len = 4,
		.op = be16(op),
		.sender_ip = be32(sender_ip),
		.target_ip = be32(target_ip) };
	struct packet *p = packet_new(PACKET_ROOM);
	int err;

	if (!p)
		return;
	span_copy(span_of(a.sender), cspan_of(d->address));
	if (target)
		span_copy(span_of(a.target), cspan_of(*target));
	p->tail += (u16)sizeof(a);
	p->len = sizeof(a);
	p->ethertype = ETHERTYPE_ARP;
	p->net = p->transport = p->head;
	if (!span_write(packet_head(p), 0, &a) || !d->ops->push_header) {
		packet_drop(&p);
		return;
	}
	d->ops->push_header(d, p, to);
	err = netdev_send(d, p);
	(void)err; /* counted by the device; the question is repeated */
}

static void arp_solicit(struct netdev *d, struct ip_addr to, const u8 (*unicast)[LINK_ADDR_MAX])
{
	struct ip_addr from = addr_on_link_for(d, to);

	if (!ip_is_zero(from))
		arp_send(d, ARP_REQUEST, ip4_bits(from), ip4_bits(to), NULL, unicast);
}

static bool arp_take_packet(struct packet *p, struct arp_packet *const a)
{
	const struct netdev *d = p->dev;

	if (p->kind == PACKET_OTHERHOST || p->kind == PACKET_LOOPBACK ||
		d->flags & (IFF_NOARP | IFF_LOOPBACK))
		return false;
	if (!packet_linear(p, sizeof(*a)) || !span_read(packet_headers(p), 0, a))
		return false;
	return a->hardware == be16(LINK_ETHERNET) && a->protocol == be16(ETHERTYPE_IP4) &&
		a->hardware_len == 6 && a->protocol_len == 4 &&
		(a->op == be16(ARP_REQUEST) || a->op == be16(ARP_REPLY));
}

/*
 * The order is RFC 826's with Linux's exceptions: a probe is answered and not remembered, a
 * question for this machine is answered and may make an entry, all else can only update one.
 */
static void arp_process(struct packet *p, const struct arp_packet *a)
{
	struct ip_addr from = ip4_addr(be32(a->sender_ip)), to = ip4_addr(be32(a->target_ip));
	bool request = a->op == be16(ARP_REQUEST);
	bool announces = ip_equal(from, to) &&
		(request || cspan_equal(cspan_of(a->sender), cspan_of(a->target)));
	u8 sender[LINK_ADDR_MAX] = { 0 };
	struct netdev *d = p->dev;

	if (ip_is_multicast(to) || ip_is_loopback(to))
		return;
	span_copy(span_of(sender), cspan_of(a->sender));
	/* Somebody asks, without an address, whether one is free (RFC 5227). */
	if (ip_is_any(from)) {
		if (request && route_local_kind(to) == ROUTE_LOCAL)
			arp_send(d, ARP_REPLY, ip4_bits(to), 0, &sender, &sender);
		return;
	}
	/* Neither this machine's own addresses nor groups are anybody else's. */
	if (!ip_source_ok(p, from) || sender[0] & 1)
		return;
	if (request && route_local_kind(to) == ROUTE_LOCAL) {
		neigh_learned(d, from, &sender,
			NEIGH_OVERRIDE | (route_is_on_link(d, from) ? NEIGH_CREATE : 0u));
		arp_send(d, ARP_REPLY, ip4_bits(to), ip4_bits(from), &sender, &sender);
		return;
	}
	neigh_learned(d, from, &sender,
		(announces ? NEIGH_OVERRIDE : NEIGH_LATER) |
			(!request && !announces && p->kind == PACKET_HOST ? NEIGH_SOLICITED : 0u));
}

static void arp_receive(struct packet *p)
{
	struct arp_packet a;

	if (arp_take_packet(p, &a))
		arp_process(p, &a);
	packet_drop(&p);
}

static const struct packet_protocol arp_protocol = { .ethertype = ETHERTYPE_ARP,
	.receive = arp_receive };
static const struct neigh_protocol arp_neighbours = {
	.ip4 = true, .solicit = arp_solicit, .failed = icmp_unreachable_host
};

void arp_init(void)
{
	packet_protocol_register(&arp_protocol);
	neigh_protocol_register(&arp_neighbours);
}

/* ---- /proc/net/arp ---- */

void arp_show_header(struct fmt *out)
{
	fmt_lit(out,
		LIT("IP address       HW type     Flags       HW address            Mask     Device\n"));
}

static void show_entry(struct fmt *out, const struct neigh_info *n, const struct netdev *d)
{
	u32 flags = n->state == NEIGH_PERMANENT                ? 6
		: n->state & (NEIGH_INCOMPLETE | NEIGH_FAILED) ? 0
							       : 2;
	u32 a = ip4_bits(n->addr);
	u8 text[24];
	FMT(f, span_of(text));

	fmt_printf(&f, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
	fmt_span_pad(out, fmt_text(&f), 16);
	fmt_printf(out, " 0x%-10x0x%-10x%02x:%02x:%02x:%02x:%02x:%02x", d->kind, flags,
		n->address[0], n->address[1], n->address[2], n->address[3], n->address[4],
		n->address[5]);
	fmt_lit(out, LIT("     *        "));
	fmt_span(out, text_in(d->name));
	fmt_char(out, '\n');
}

bool arp_show(struct fmt *out, u64 *const next)
{
	struct neigh_info n;
	struct netdev *d;

	while (neigh_next(next, &n)) {
		if (!ip_is4(n.addr) || n.state == NEIGH_NOARP)
			continue;
		d = netdev_by_index(n.ifindex);
		if (d)
			show_entry(out, &n, d);
		obj_put(&d);
		return true;
	}
	return false;
}
