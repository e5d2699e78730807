// SPDX-License-Identifier: MPL-2.0
/*
 * Control messages of IPPROTO_IP and IPPROTO_IPV6 (ip(7), ipv6(7), RFC 3542): what a send says of
 * its packet, and what a receive tells about the one that it returns.
 *
 * A socket of AF_INET6 can send to and hear from IPv4 addresses, so it takes messages of both
 * levels, and gets IPV6_PKTINFO for a packet of IPv4, too, with a mapped address.
 *
 * A message of a send is a wish for one packet: what it says stands before the socket's option, and
 * may name a device, a source, or a hop limit. What of it is allowed, the caller of inet_control_in
 * decides when the way is known (inet_message_flow). Messages of other levels are not this file's,
 * and are no error.
 *
 * A receive tells only what options have asked for. The words come from packet->control (udp.c,
 * raw.c), so they are those of the packet's arrival, also if the device has gone since.
 */
#include <kernel/byteorder.h>
#include <uapi/errno.h>

#include "options.h"
#include "sock.h"

/* ---- control messages of a send ---- */

struct user_pktinfo {
	s32 ifindex;
	u32 spec_dst, addr;
};
struct user_pktinfo6 {
	u8 addr[16];
	s32 ifindex;
};

/* Bytes, since control messages have no alignment that one could trust. */
static struct ip_addr addr_of(const struct user_pktinfo6 *u)
{
	struct ip_addr a = { 0 };
	u32 n;

	for (n = 0; n < 8; n++) {
		a.hi = a.hi << 8 | u->addr[n];
		a.lo = a.lo << 8 | u->addr[n + 8];
	}
	return a;
}

/*
 * IP_TOS may also come as one byte, as old programs send it; all else must be an int. Unknown types
 * are EINVAL, as on Linux, so that a program learns that its message had no effect.
 */
static int control4(s32 type, struct cspan data, struct ip_control *const c)
{
	struct user_pktinfo info;
	s32 v = 0;
	u8 b;

	if (type == IP_PKTINFO) {
		if (!span_read(data, 0, &info))
			return -EINVAL;
		c->given |= IP_CONTROL_PKTINFO;
		c->ifindex = (u32)info.ifindex;
		c->local = info.spec_dst ? ip4_addr(be32(info.spec_dst)) : (struct ip_addr){ 0 };
		return 0;
	}
	if (span_read(data, 0, &v))
		b = (u8)v;
	else if (type != IP_TOS || !span_read(data, 0, &b))
		return -EINVAL;
	if (type == IP_TOS) {
		c->given |= IP_CONTROL_TOS;
		c->tos = b;
		return 0;
	}
	if (type != IP_TTL || v < 1 || v > 255)
		return -EINVAL;
	c->given |= IP_CONTROL_TTL;
	c->ttl = b;
	return 0;
}

/* -1 stands for the default, as with the options of the same names. */
static int control6(s32 type, struct cspan data, struct ip_control *const c)
{
	struct user_pktinfo6 info;
	s32 v;

	if (type == IPV6_PKTINFO || type == IPV6_2292PKTINFO) {
		if (!span_read(data, 0, &info))
			return -EINVAL;
		c->given |= IP_CONTROL_PKTINFO;
		c->ifindex = (u32)info.ifindex;
		c->local = addr_of(&info);
		return 0;
	}
	if (!span_read(data, 0, &v) || v < -1 || v > 255)
		return -EINVAL;
	if (type == IPV6_TCLASS) {
		c->given |= IP_CONTROL_TOS;
		c->tos = v < 0 ? 0 : (u8)v;
	} else if (type == IPV6_HOPLIMIT || type == IPV6_2292HOPLIMIT) {
		c->given |= IP_CONTROL_TTL;
		c->ttl = v < 0 ? 0 : (u8)v;
	} else {
		return -EINVAL;
	}
	return 0;
}

/* One message of a send; 0 or -EINVAL, which ends the send. */
int inet_control_in(struct socket *s, s32 level, s32 type, struct cspan data, struct socket_msg *m)
{
	if (level == SOL_IP)
		return control4(type, data, &m->ip);
	if (level == SOL_IPV6 && s->family == AF_INET6)
		return control6(type, data, &m->ip);
	return 0;
}

/* ---- control messages of a receive ---- */

/* The address to which the packet was sent, and the device by which it came. */
static void put_pktinfo6(struct control_out *o, struct socket_msg *m, s32 type)
{
	struct user_pktinfo6 info = { .ifindex = (s32)m->ip.ifindex };
	struct ip_addr a = m->ip.to;
	u32 n;

	for (n = 0; n < 8; n++) {
		info.addr[n] = (u8)(a.hi >> (56 - 8 * n));
		info.addr[n + 8] = (u8)(a.lo >> (56 - 8 * n));
	}
	scm_put_one(o, m, SOL_IPV6, type, value_cspan(&info));
}

/* spec_dst is the address to answer from: none, if the packet was to a group or to all. */
static void put4(const struct inet_sock *i, struct control_out *o, struct socket_msg *m)
{
	struct ip_addr to = m->ip.to;
	bool own = route_local_kind(to) == ROUTE_LOCAL;
	struct user_pktinfo info = { .ifindex = (s32)m->ip.ifindex, .addr = be32(ip4_bits(to)) };
	s32 ttl = m->ip.ttl;

	if (i->flags & INET_PKTINFO) {
		info.spec_dst = own && !m->error ? info.addr : 0; /* Linux: none for an error */
		scm_put_one(o, m, SOL_IP, IP_PKTINFO, value_cspan(&info));
	}
	if (i->flags & INET_RECVTTL)
		scm_put_one(o, m, SOL_IP, IP_TTL, value_cspan(&ttl));
	if (i->flags & INET_RECVTOS)
		scm_put_one(o, m, SOL_IP, IP_TOS, value_cspan(&m->ip.tos));
}

/* What IPv4 packets have no number for is left out; put4 tells theirs. */
static void put6(const struct inet_sock *i, struct control_out *o, struct socket_msg *m)
{
	s32 hops = m->ip.ttl, class = m->ip.tos;

	if (i->flags & INET_PKTINFO6)
		put_pktinfo6(o, m, IPV6_PKTINFO);
	if (ip_is4(m->ip.to))
		return;
	if (i->flags & INET_RECVHOPS)
		scm_put_one(o, m, SOL_IPV6, IPV6_HOPLIMIT, value_cspan(&hops));
	if (i->flags & INET_RECVTCLASS)
		scm_put_one(o, m, SOL_IPV6, IPV6_TCLASS, value_cspan(&class));
	if (i->flags & INET_2292_PKTINFO)
		put_pktinfo6(o, m, IPV6_2292PKTINFO);
	if (i->flags & INET_2292_HOPS)
		scm_put_one(o, m, SOL_IPV6, IPV6_2292HOPLIMIT, value_cspan(&hops));
}

/* In Linux's order, for programs that look at the first message only. */
void inet_packet_control(const struct inet_sock *i, struct socket_msg *m, struct control_out *o)
{
	if (i->socket->family == AF_INET6)
		put6(i, o, m);
	if (ip_is4(m->ip.to))
		put4(i, o, m);
}

/*
 * A message from the error queue has its own (errqueue.c), and those of the packet that brought it.
 */
void inet_control_out(struct inet_sock *i, struct socket_msg *m, struct control_out *o)
{
	if (m->error) {
		inet_error_control(i, m, o);
		return;
	}
	if (m->ip.given & ~(u32)IP_CONTROL_TIME)
		inet_packet_control(i, m, o);
}
