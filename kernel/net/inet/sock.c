// SPDX-License-Identifier: MPL-2.0
/*
 * AF_INET and AF_INET6: making sockets, addresses of the user, names, and the way of a message
 * (ip(7), ipv6(7)).
 *
 * A socket of AF_INET6 reaches IPv4 by mapped addresses (::ffff:a.b.c.d), unless IPV6_V6ONLY is
 * set; inside the kernel all addresses of IPv4 are such.
 *
 * A struct inet_sock is the part that UDP, TCP and raw sockets share: addresses, ports, options,
 * the route that was used last. The transport's locks guard it (bind_lock, send_lock,
 * tcp_sock.lock); route_lock guards only the cached route, and is a leaf.
 *
 * From an address to a packet: inet_destination decodes what the user gives, inet_message_flow adds
 * the socket's options and the control messages of this call, inet_route finds the way, and
 * ip_output goes it.
 */
#include <kernel/cred.h>
#include <kernel/knobs.h>
#include <kernel/thread.h>

#include "rule.h"
#include "sock.h"

#define SOCKADDR_IN  16u
#define SOCKADDR_IN6 28u

/* ---- addresses of the user ---- */

/*
 * Addresses of the user are bytes in network order at offsets of their own; span_byte gives 0
 * beyond the end.
 */
static u32 sockaddr_get32(const struct sockaddr_any *a, u32 at)
{
	struct cspan d = cspan_of(a->data);

	return (u32)span_byte(d, at) << 24 | (u32)span_byte(d, at + 1) << 16 |
		(u32)span_byte(d, at + 2) << 8 | span_byte(d, at + 3);
}

static void sockaddr_put32(struct sockaddr_any *a, u32 at, u32 v)
{
	struct span d = span_of(a->data);

	span_set_byte(d, at, (u8)(v >> 24));
	span_set_byte(d, at + 1, (u8)(v >> 16));
	span_set_byte(d, at + 2, (u8)(v >> 8));
	span_set_byte(d, at + 3, (u8)v);
}

/* AF_UNSPEC with 0.0.0.0 is what old programs bind to. */
static int address4_in(const struct socket *s, const struct sockaddr_any *a, u32 len,
	struct ip_addr *const addr)
{
	if (len < SOCKADDR_IN)
		return -EINVAL;
	*addr = ip4_addr(sockaddr_get32(a, 2));
	if (a->family == AF_UNSPEC && s->family == AF_INET && !sockaddr_get32(a, 2))
		return 0;
	return a->family == AF_INET ? 0 : -EAFNOSUPPORT;
}

/*
 * A socket of AF_INET6 may be given an address of AF_INET for connect and send, as Linux allows.
 * Scopes count for link-local addresses alone.
 */
int inet_address_in(const struct socket *s, const struct sockaddr_any *a, u32 len,
	struct ip_addr *const addr, u16 *const port, u32 *const scope)
{
	*scope = 0;
	*port = (u16)(a->data[0] << 8 | a->data[1]);
	if (s->family == AF_INET || a->family == AF_INET)
		return address4_in(s, a, len, addr);
	if (len < SOCKADDR_IN6_LEAST)
		return -EINVAL;
	if (a->family != AF_INET6)
		return -EAFNOSUPPORT;
	addr->hi = (u64)sockaddr_get32(a, 6) << 32 | sockaddr_get32(a, 10);
	addr->lo = (u64)sockaddr_get32(a, 14) << 32 | sockaddr_get32(a, 18);
	if (len >= SOCKADDR_IN6 && !ip_is4(*addr) && ip_is_link_local(*addr)) {
		u32 v = sockaddr_get32(a, 22);
		*scope = be32(v); /* in the order of the machine */
	}
	return 0;
}

/*
 * The other way: the struct is written whole, and its length returned, which is that of the family.
 * A scope is told only with an address that needs one.
 */
u32 inet_address_out(const struct socket *s, struct ip_addr addr, u16 port, u32 scope,
	struct sockaddr_any *a)
{
	*a = (struct sockaddr_any){ .family = s->family };
	a->data[0] = (u8)(port >> 8);
	a->data[1] = (u8)port;
	if (s->family == AF_INET) {
		sockaddr_put32(a, 2, ip_is_zero(addr) ? 0 : ip4_bits(addr));
		return SOCKADDR_IN;
	}
	sockaddr_put32(a, 6, (u32)(addr.hi >> 32));
	sockaddr_put32(a, 10, (u32)addr.hi);
	sockaddr_put32(a, 14, (u32)(addr.lo >> 32));
	sockaddr_put32(a, 18, (u32)addr.lo);
	sockaddr_put32(a, 22, ip_is_link_local(addr) && !ip_is4(addr) ? be32(scope) : 0);
	return SOCKADDR_IN6;
}

/*
 * A socket that is bound to ::ffff:0.0.0.0 shows that address, though for the tables it has none.
 */
int inet_getname(const struct inet_sock *i, bool peer, struct sockaddr_any *a)
{
	struct ip_addr addr = peer ? i->peer : i->local;

	if (peer && !i->peer_port)
		return -ENOTCONN;
	if (!peer && i->v4only && ip_is_zero(addr))
		addr = ip4_addr(0);
	return (int)inet_address_out(i->socket, addr, peer ? i->peer_port : i->local_port,
		peer ? i->peer_scope : i->ifindex, a);
}

/* ---- a socket's beginning and end ---- */

/* -1: not set, so the machine's value of the moment counts. */
void inet_sock_init(struct inet_sock *i, struct socket *s)
{
	i->socket = s;
	i->ttl = -1;
	i->hops = -1;
	i->multicast_ttl = -1;
	i->multicast_hops = -1;
	i->mtu_discover = !knob_get(KNOB_NO_PMTU_DISC); /* IP_PMTUDISC_WANT or DONT */
	i->v6only = s->family == AF_INET6 && knob_get(KNOB_BINDV6ONLY);
	i->mtu_discover6 = 1;
	i->flags = INET_MULTICAST_LOOP | INET_MULTICAST_LOOP6 | INET_MULTICAST_ALL;
}

/*
 * The socket is found by nobody any more, but TCP may be in the middle of sending: so the route
 * goes under its lock.
 */
void inet_sock_end(struct inet_sock *i)
{
	struct route *r;

	inet_reuse_leave(i);
	spin_lock(&i->route_lock);
	r = i->route;
	i->route = NULL;
	spin_unlock(&i->route_lock);
	obj_put(&r);
	obj_put_any(&i->groups);
}

/* ---- the way of a message ---- */

#define PMTUDISC_DO    2
#define PMTUDISC_WANT  1
#define PMTUDISC_PROBE 3

/*
 * Time to live, type of service, and whether routers may cut, by the family of the destination.
 * Groups have a hop limit of 1 unless the socket says otherwise: they stay on the link.
 */
static always_inline void set_header_fields(const struct inet_sock *i, struct flow *f)
{
	bool group = ip_is_multicast(f->to);
	s16 ttl;

	if (ip_is4(f->to)) {
		ttl = group ? i->multicast_ttl : i->ttl;
		f->tos = i->tos;
		f->dont_fragment = i->mtu_discover == PMTUDISC_DO ||
			i->mtu_discover == PMTUDISC_PROBE;
		f->discover = i->mtu_discover == PMTUDISC_WANT;
		f->no_loop = !(i->flags & INET_MULTICAST_LOOP);
	} else {
		ttl = group ? i->multicast_hops : i->hops;
		f->tos = i->tclass;
		f->label = i->label;
		f->piece_max = i->piece_max6;
		f->dont_fragment = i->mtu_discover6 == PMTUDISC_DO ||
			i->mtu_discover6 == PMTUDISC_PROBE || (i->flags & INET_DONTFRAG6);
		f->no_loop = !(i->flags & INET_MULTICAST_LOOP6);
	}
	f->ttl = ttl >= 0 ? (u8)ttl : group ? 1 : 0;
	if (group && !f->ifindex) {
		f->ifindex = ip_is4(f->to) ? i->multicast_ifindex : i->multicast_ifindex6;
		if (ip_is4(f->to) && ip_is_zero(f->from))
			f->from = i->multicast_from;
	}
}

/* The socket's own address, if packets can come from it. */
static always_inline struct ip_addr own_address(const struct inet_sock *i)
{
	if (ip_is_any(i->local) || ip_is_multicast(i->local) || ip_is_broadcast(i->local))
		return (struct ip_addr){ 0 };
	return i->local;
}

/* The flow to the peer, for connections and connected datagrams. */
struct flow inet_flow(const struct inet_sock *i, u8 protocol)
{
	struct flow f = { .to = i->peer,
		.from = own_address(i),
		.mark = i->socket ? i->socket->mark : 0,
		.from_port = i->local_port,
		.to_port = i->peer_port,
		.protocol = protocol,
		.transparent = i->flags & INET_TRANSPARENT };

	f.ifindex = i->ifindex ? i->ifindex : i->peer_scope;
	set_header_fields(i, &f);
	return f;
}

/* 0.0.0.0 and :: as destinations mean this machine. */
static struct ip_addr destination(struct ip_addr a)
{
	if (!ip_is_any(a))
		return a;
	return ip_is4(a) ? ip4_addr(0x7f000001) : (struct ip_addr){ 0, 1 };
}

int inet_destination(struct inet_sock *i, const struct sockaddr_any *name, u32 len,
	struct ip_addr *const to, u16 *const port, u32 *const scope)
{
	int err = inet_address_in(i->socket, name, len, to, port, scope);

	if (err)
		return err;
	if (i->socket->family == AF_INET6 && ip_is_any(*to) && ip_is4(i->local) &&
		!ip_is_zero(i->local))
		*to = ip4_addr(0);
	*to = destination(*to);
	if (i->socket->family == AF_INET6 && ip_is4(*to) && i->v6only)
		return -ENETUNREACH;
	if (!ip_is_zero(i->local) && ip_is4(i->local) != ip_is4(*to))
		return -ENETUNREACH;
	return 0;
}

/*
 * The flow is built anew for each message, from words that other threads may change at the same
 * time; it is consistent in itself from here on. A source that a control message names must be this
 * machine's (RFC 3542, 6.2).
 */
int inet_message_flow(struct inet_sock *i, const struct socket_msg *m,
	const struct sockaddr_any *name, u8 protocol, struct flow *f)
{
	const struct ip_control *const c = &m->ip;
	u32 scope = 0;
	int err;

	/* An address without a family is none to IPv6, and one of IPv4 to IPv4 (as on Linux). */
	if (unlikely(name && name->family == AF_UNSPEC)) {
		struct sockaddr_any a = *name;
		a.family = AF_INET;
		return inet_message_flow(i, m, i->socket->family == AF_INET ? &a : NULL, protocol,
			f);
	}
	if (name) {
		*f = (struct flow){ .from = own_address(i),
			.mark = i->socket->mark,
			.from_port = i->local_port,
			.protocol = protocol,
			.transparent = i->flags & INET_TRANSPARENT };
		err = inet_destination(i, name, m->name_len, &f->to, &f->to_port, &scope);
		if (err)
			return err;
		f->ifindex = i->ifindex ? i->ifindex : scope;
		set_header_fields(i, f);
	} else if (i->peer_port || !ip_is_zero(i->peer)) {
		*f = inet_flow(i, protocol);
	} else {
		return -EDESTADDRREQ;
	}
	if (likely(!c->given))
		return 0;
	if (c->given & IP_CONTROL_PKTINFO) {
		if (c->ifindex)
			f->ifindex = c->ifindex;
		if (!ip_is_any(c->local)) {
			if (route_local_kind(c->local) != ROUTE_LOCAL ||
				ip_is4(c->local) != ip_is4(f->to))
				return -EINVAL;
			f->from = c->local;
		}
	}
	if (c->given & IP_CONTROL_TOS)
		f->tos = c->tos;
	if (c->given & IP_CONTROL_TTL)
		f->ttl = c->ttl;
	return 0;
}

/*
 * The cached route if it was made for this flow and nothing has changed; a reference. Everything
 * that chooses a route is compared; the rest of a flow (ports, hop limit) does not matter.
 * route_generation changes with tables, rules, addresses and devices, so the cache needs no other
 * invalidation.
 */
static struct route *cached(struct inet_sock *i, struct flow *f)
{
	struct route *r = NULL;

	spin_lock(&i->route_lock);
	if (i->route && i->route_seen == load_acquire(route_generation) &&
		ip_equal(i->route_to, f->to) && i->route_ifindex == f->ifindex &&
		i->route_tos == f->tos && i->route_mark == f->mark &&
		(ip_is_zero(f->from) || ip_equal(f->from, i->route_from))) {
		r = obj_get(i->route);
		f->from = i->route_from;
	}
	spin_unlock(&i->route_lock);
	return r;
}

/* The cached route is good for all flows that differ in nothing that chooses a route. */
int inet_route(struct inet_sock *i, struct flow *f, struct route **out)
{
	struct route *r = cached(i, f), *old;
	u64 seen = load_acquire(route_generation);
	bool chosen = ip_is_zero(f->from);
	int err;

	*out = r;
	if (likely(r != NULL))
		return 0;
	err = route_output(f, &r);
	if (err)
		return err;
	*out = r;
	/* By a rule the source address that was found may lead another way than none. */
	if ((seen & 1) || (chosen && (load_once(rules_custom) & rules_bit(ip_is4(f->to)))))
		return 0;
	spin_lock(&i->route_lock);
	old = i->route;
	i->route = obj_get(r);
	i->route_seen = seen;
	i->route_to = f->to;
	i->route_from = f->from;
	i->route_ifindex = f->ifindex;
	i->route_tos = f->tos;
	i->route_mark = f->mark;
	spin_unlock(&i->route_lock);
	obj_put(&old);
	return 0;
}

/* Linux's safety catch: broadcasts need SO_BROADCAST. */
int inet_send_route(struct inet_sock *i, struct flow *f, struct route **out)
{
	int err = inet_route(i, f, out);

	if (!err && ((*out)->kind == ROUTE_BROADCAST || ip_is_broadcast(f->to)) &&
		!(load_once(i->socket->options) & OPT_BROADCAST)) {
		obj_put(out);
		err = -EACCES;
	}
	return err;
}

/* ---- families ---- */

/* A protocol of 0 stands for the one that the type has. */
static int inet_create(u32 family, u32 type, u32 protocol, struct socket **out)
{
	if (protocol >= 256)
		return -EINVAL;
	switch (type) {
	case SOCK_STREAM:
		if (protocol && protocol != IP_PROTO_TCP)
			return -EPROTONOSUPPORT;
		return tcp_create(family, out);
	case SOCK_DGRAM:
		if (protocol == IP_PROTO_ICMP || protocol == IP_PROTO_ICMPV6)
			return ping_create(family, protocol, out);
		if (protocol && protocol != IP_PROTO_UDP)
			return -EPROTONOSUPPORT;
		return udp_create(family, IP_PROTO_UDP, out);
	case SOCK_RAW:
		return raw_create(family, protocol, out);
	default:
		return -ESOCKTNOSUPPORT;
	}
}

static int inet4_create(u32 type, u32 protocol, struct socket **out)
{
	return inet_create(AF_INET, type, protocol, out);
}
static int inet6_create(u32 type, u32 protocol, struct socket **out)
{
	return inet_create(AF_INET6, type, protocol, out);
}
static const struct socket_family inet4_family = { .family = AF_INET, .create = inet4_create };
static const struct socket_family inet6_family = { .family = AF_INET6, .create = inet6_create };

/* At boot, by one CPU: nobody looks at a table meanwhile. */
void inet_init(void)
{
	ip_init();
	inet_memory_init();
	inet_reuse_init();
	udp_init();
	tcp_init();
	socket_family_register(&inet4_family);
	socket_family_register(&inet6_family);
}
