// SPDX-License-Identifier: MPL-2.0
/*
 * What IPv4 and IPv6 share: the table of transports, delivery, the way out, counters.
 *
 * In. ip4.c and ip6.c check the header, reassemble, and call ip_deliver with what stood in it. Raw
 * sockets get a clone first. Then the transport of the protocol number gets the packet itself, and
 * with it the duty to free it. If there is no transport and no raw socket took it, the sender gets
 * an ICMP error.
 *
 * Out. A transport has a packet, a route and a flow. ip_output puts the header before the packet
 * and cuts it if it must (ip4.c, ip6.c), and each piece comes to ip_send. It chooses the neighbour,
 * the gateway or the destination itself; neigh_send resolves the link address and passes the packet
 * to the device. Packets to a group or to all are copied for members on this machine.
 *
 * Each function consumes its packet, whether it succeeds or fails.
 *
 * The table of transports is filled at start-up and read without a lock afterwards. Each CPU has
 * counters of its own; a sum over them is a snapshot.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <kernel/neigh.h>
#include <uapi/if.h>

#include "nd.h"

#define NR_PROTOCOLS 256
static const struct ip_transport *transports[NR_PROTOCOLS];

struct ip_counters ip_counters[MAX_CPUS];

static struct icmp_counters icmp_counters[MAX_CPUS];

void icmp_count(bool is4, bool out, u8 type)
{
	struct icmp_counters *const at = array_at(icmp_counters, cpu_id());
	u64 *const n = array_at(*array_at(*array_at(at->of, is4 ? 0 : 1), out ? 1 : 0), type);

	store_once(*n, *n + 1);
	ip_count(is4, out ? ICMP_OUT_MSGS : ICMP_IN_MSGS);
}

u64 icmp_counter_sum(bool is4, bool out, u32 type)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < cpu_count(); i++)
		sum += load_once(*array_at(*array_at(*array_at(array_at(icmp_counters, i)->of,
							     is4 ? 0 : 1),
						   out ? 1 : 0),
			type));
	return sum;
}

u64 ip_counter_sum(bool is4, enum ip_counter c)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < cpu_count(); i++)
		sum += load_once(*array_at(*array_at(array_at(ip_counters, i)->of, is4 ? 0 : 1),
			c));
	return sum;
}

void ip_transport_register(const struct ip_transport *t)
{
	if (transports[t->protocol])
		kernel_panic("two transports of one protocol number");
	transports[t->protocol] = t;
}

const struct ip_transport *ip_transport_of(u8 protocol)
{
	return transports[protocol];
}

void ip_deliver(struct packet *p, const struct ip_info *info)
{
	const struct ip_transport *t = transports[info->protocol];
	bool raw = raw_deliver(p, info), is4 = ip_is4(info->to);

	if (t) {
		ip_count(is4, IP_IN_DELIVERS);
		t->receive(p, info);
		return;
	}
	if (raw) {
		ip_count(is4, IP_IN_DELIVERS);
	} else {
		ip_count(is4, IP_IN_UNKNOWN_PROTOS);
		icmp_send_error(p, ICMP_UNREACHABLE, ICMP_PROTOCOL, ICMP6_PARAMETER, 1,
			is4 ? 0 : 6);
	}
	packet_drop(&p);
}

/*
 * Groups and broadcast addresses send nothing. This machine's own addresses come by lo only:
 * somebody who forges one would let this machine answer itself, again and again. A link-local one
 * of IPv6 is this machine's on its own link only; on another link it is somebody else's (RFC 4007,
 * 5).
 */
bool ip_source_ok(const struct packet *p, struct ip_addr from)
{
	if (ip_is_multicast(from) || ip_is_broadcast(from))
		return false;
	if (p->dev->flags & IFF_LOOPBACK || p->kind == PACKET_LOOPBACK)
		return true;
	if (!ip_is4(from) && ip_is_link_local(from))
		return !addr_on_device(p->dev, from);
	/* The broadcast address of a link is let through, as on Linux. */
	return !ip_is_loopback(from) && route_local_kind(from) != ROUTE_LOCAL;
}

/* Members on this machine get a copy of what goes to a group or to all. */
static void send_copy(struct netdev *d, const struct packet *p, const struct flow *f)
{
	struct packet *c;

	if (f->no_loop || (ip_is_multicast(f->to) && !addr_joined(d, f->to)))
		return;
	c = packet_clone(p);
	if (!c)
		return;
	if (c->csum == CSUM_UNKNOWN)
		c->csum = CSUM_GOOD;
	c->kind = PACKET_LOOPBACK;
	netdev_receive(d, c);
}

static int drop_silently(struct packet *p)
{
	packet_drop(&p);
	return 0;
}

int ip_send(struct packet *p, struct route *r, const struct flow *f)
{
	struct netdev *d = r->kind == ROUTE_LOCAL ? addr_loopback() : r->device;
	bool is4 = ip_is4(f->to);

	if (!d) {
		packet_drop(&p);
		return -ENETUNREACH;
	}
	ip_count_two(is4, IP_OUT_TRANSMITS, IP_OUT_OCTETS, p->len);
	/* A device that is down drops packets without a word, as Linux's queue of one does. */
	if (d->features & NETDEV_LOOPBACK)
		return load_once(d->flags) & IFF_UP ? netdev_send(d, p) : drop_silently(p);
	if (unlikely(r->kind == ROUTE_BROADCAST || ip_is_multicast(f->to) ||
		    ip_is_broadcast(f->to))) {
		ip_count_octets(is4, ip_is_multicast(f->to) ? IP_OUT_MCAST : IP_OUT_BCAST, p->len);
		send_copy(d, p, f);
	}
	if (unlikely(r->kind == ROUTE_BROADCAST))
		return neigh_send(d, ip4_addr(0xffffffff), false, p);
	if (ip_is_zero(r->gateway))
		return neigh_send(d, f->to, false, p);
	return neigh_send(d, r->gateway, true, p);
}

int ip_output(struct packet *p, struct route *r, const struct flow *f)
{
	p->is_routed = r->kind == ROUTE_LOCAL;
	return ip_is4(f->to) ? ip4_output(p, r, f) : ip6_output(p, r, f);
}

/* Adds the halves of a word. */
static u32 add_word(u32 sum, u64 w)
{
	return sum + (u32)(w >> 48) + (u32)(w >> 32 & 0xffff) + (u32)(w >> 16 & 0xffff) +
		(u32)(w & 0xffff);
}

u32 ip_pseudo_sum(struct ip_addr from, struct ip_addr to, u8 protocol, u32 len)
{
	u32 sum = protocol + (len >> 16) + (len & 0xffff);

	if (ip_is4(to))
		return add_word(sum, (u64)ip4_bits(from) << 32 | ip4_bits(to));
	sum = add_word(add_word(sum, from.hi), from.lo);
	return add_word(add_word(sum, to.hi), to.lo);
}

void ip_init(void)
{
	addr_init();
	frag_init();
	icmp_init();
	gso_init();
	neigh_init();
	arp_init();
	autoconf_init();
	mcast_init();
	ip4_init();
	ip6_init();
}
