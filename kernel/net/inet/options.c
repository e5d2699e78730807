// SPDX-License-Identifier: MPL-2.0
/*
 * Options of IPPROTO_IP and IPPROTO_IPV6, and their control messages (ip(7), ipv6(7), RFC 3542).
 * Also those of SOL_SOCKET that are about ports and devices.
 */
#include <kernel/byteorder.h>
#include <kernel/clock.h>
#include <kernel/cred.h>
#include <kernel/knobs.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "sock.h"

#define SOL_IP   0
#define SOL_IPV6 41

enum ip_option {
	IP_TOS = 1,
	IP_TTL = 2,
	IP_HDRINCL = 3,
	IP_PKTINFO = 8,
	IP_MTU_DISCOVER = 10,
	IP_RECVERR = 11,
	IP_RECVTTL = 12,
	IP_RECVTOS = 13,
	IP_MTU = 14,
	IP_FREEBIND = 15,
	IP_TRANSPARENT = 19,
	IP_RECVORIGDSTADDR = 20,
	IP_NODEFRAG = 22,
	IP_BIND_ADDRESS_NO_PORT = 24,
	IP_MULTICAST_IF = 32,
	IP_MULTICAST_TTL = 33,
	IP_MULTICAST_LOOP = 34,
	IP_ADD_MEMBERSHIP = 35,
	IP_DROP_MEMBERSHIP = 36,
	IP_MULTICAST_ALL = 49
};
/* Those of the former RFC 2292 are what tracepath and other old programs ask for. */
enum ip6_option {
	IPV6_2292PKTINFO = 2,
	IPV6_2292HOPLIMIT = 8,
	IPV6_UNICAST_HOPS = 16,
	IPV6_MULTICAST_IF = 17,
	IPV6_MULTICAST_HOPS = 18,
	IPV6_MULTICAST_LOOP = 19,
	IPV6_ADD_MEMBERSHIP = 20,
	IPV6_DROP_MEMBERSHIP = 21,
	IPV6_MTU_DISCOVER = 23,
	IPV6_MTU = 24,
	IPV6_RECVERR = 25,
	IPV6_V6ONLY = 26,
	IPV6_MULTICAST_ALL = 29,
	IPV6_RECVPKTINFO = 49,
	IPV6_PKTINFO = 50,
	IPV6_RECVHOPLIMIT = 51,
	IPV6_HOPLIMIT = 52,
	IPV6_RECVTCLASS = 66,
	IPV6_TCLASS = 67,
	IPV6_RECVORIGDSTADDR = 74,
	IPV6_TRANSPARENT = 75,
	IPV6_FREEBIND = 78
};

/* Options that are one bit of inet_sock.flags. */
static u32 inet_option_flag(s32 level, s32 name)
{
	if (level == SOL_IP) {
		switch (name) {
		case IP_HDRINCL:
			return INET_HDRINCL;
		case IP_PKTINFO:
			return INET_PKTINFO;
		case IP_RECVERR:
			return INET_RECVERR;
		case IP_RECVTTL:
			return INET_RECVTTL;
		case IP_RECVTOS:
			return INET_RECVTOS;
		case IP_FREEBIND:
			return INET_FREEBIND;
		case IP_TRANSPARENT:
			return INET_TRANSPARENT;
		case IP_RECVORIGDSTADDR:
			return INET_RECVORIGDST;
		case IP_NODEFRAG:
			return INET_NODEFRAG;
		case IP_BIND_ADDRESS_NO_PORT:
			return INET_BIND_NO_PORT;
		case IP_MULTICAST_LOOP:
			return INET_MULTICAST_LOOP;
		case IP_MULTICAST_ALL:
			return INET_MULTICAST_ALL;
		default:
			return 0;
		}
	}
	switch (name) {
	case IPV6_2292PKTINFO:
		return INET_2292_PKTINFO;
	case IPV6_2292HOPLIMIT:
		return INET_2292_HOPS;
	case IPV6_RECVERR:
		return INET_RECVERR6;
	case IPV6_RECVPKTINFO:
		return INET_PKTINFO6;
	case IPV6_RECVHOPLIMIT:
		return INET_RECVHOPS;
	case IPV6_RECVTCLASS:
		return INET_RECVTCLASS;
	case IPV6_RECVORIGDSTADDR:
		return INET_RECVORIGDST;
	case IPV6_TRANSPARENT:
		return INET_TRANSPARENT;
	case IPV6_FREEBIND:
		return INET_FREEBIND;
	case IPV6_MULTICAST_LOOP:
		return INET_MULTICAST_LOOP6;
	case IPV6_MULTICAST_ALL:
		return INET_MULTICAST_ALL;
	default:
		return 0;
	}
}

static s64 set_flag(struct inet_sock *i, u32 flag, s32 v)
{
	if ((flag & INET_HDRINCL) && i->socket->type != SOCK_RAW)
		return -ENOPROTOOPT;
	if ((flag & INET_TRANSPARENT) && v &&
		!cred_capable(thread_current()->cred, CAP_NET_ADMIN) &&
		!cred_capable(thread_current()->cred, CAP_NET_RAW))
		return -EPERM;
	if ((flag & (INET_MULTICAST_ALL | INET_MULTICAST_LOOP6)) && (v < 0 || v > 1))
		return -EINVAL;
	if ((flag & (INET_RECVERR | INET_RECVERR6)) && v && inet_errors_enable(i))
		return -ENOMEM;
	if (v)
		set_bits(i->flags, flag);
	else
		clear_bits(i->flags, flag);
	return 0;
}

/* -1 stands for the default. */
static s64 set_hops(s16 *const to, s32 v, s32 least)
{
	if (v != -1 && (v < least || v > 255))
		return -EINVAL;
	*to = (s16)v;
	return 0;
}

static s64 set_discover(u8 *const to, s32 v)
{
	if (v < 0 || v > 5)
		return -EINVAL;
	*to = (u8)v;
	return 0;
}

static s64 set_ip(struct inet_sock *i, s32 name, s32 v)
{
	switch (name) {
	case IP_TOS:
		i->tos = (u8)v & ~(i->socket->type == SOCK_STREAM ? 3u : 0u);
		return 0;
	case IP_TTL:
		return set_hops(&i->ttl, v, 1);
	case IP_MTU_DISCOVER:
		return set_discover(&i->mtu_discover, v);
	case IP_MULTICAST_TTL:
		if (i->socket->type == SOCK_STREAM)
			return -EINVAL;
		return set_hops(&i->multicast_ttl, v, 0);
	default:
		return -ENOPROTOOPT;
	}
}

static s64 set_ip6(struct inet_sock *i, s32 name, s32 v)
{
	switch (name) {
	case IPV6_V6ONLY:
		if (i->local_port)
			return -EINVAL;
		i->v6only = v != 0;
		return 0;
	case IPV6_UNICAST_HOPS:
		return set_hops(&i->hops, v, 0);
	case IPV6_MULTICAST_HOPS:
		if (i->socket->type == SOCK_STREAM)
			return -ENOPROTOOPT;
		return set_hops(&i->multicast_hops, v, 0);
	case IPV6_TCLASS:
		if (v < -1 || v > 255)
			return -EINVAL;
		i->tclass = (v < 0 ? 0 : (u8)v) & ~(i->socket->type == SOCK_STREAM ? 3u : 0u);
		return 0;
	case IPV6_MTU_DISCOVER:
		return set_discover(&i->mtu_discover6, v);
	case IPV6_MULTICAST_IF:
		i->multicast_ifindex = (u32)v;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* ---- groups ---- */

/* struct ip_mreqn; without ifindex it is a struct ip_mreq, or a struct in_addr. */
struct user_mreqn {
	u32 group, address;
	s32 ifindex;
};

static s64 set_group4(struct inet_sock *i, s32 name, struct uaddr value, u32 len)
{
	struct user_mreqn r = { 0 };
	struct ip_addr at;

	if (name != IP_MULTICAST_IF && i->socket->type == SOCK_STREAM)
		return -EPROTO;
	if (len < (name == IP_MULTICAST_IF ? 4u : 8u))
		return -EINVAL;
	if (copy_in(span_first(value_span(&r), len), value))
		return -EFAULT;
	if (name == IP_MULTICAST_IF && len < 8) {
		r.address = r.group;
		r.ifindex = 0;
	}
	at = ip4_addr(be32(r.address));
	if (name == IP_ADD_MEMBERSHIP)
		return inet_join(i, ip4_addr(be32(r.group)), (u32)r.ifindex, at);
	if (name == IP_DROP_MEMBERSHIP)
		return inet_leave(i, ip4_addr(be32(r.group)), (u32)r.ifindex, at);
	return inet_multicast_if(i, (u32)r.ifindex, at);
}

struct user_mreq6 {
	u64 hi, lo;
	u32 ifindex;
	u32 pad;
};

static s64 set_group6(struct inet_sock *i, s32 name, struct uaddr value, u32 len)
{
	struct user_mreq6 r = { 0 };
	struct ip_addr group, none = { 0 };

	if (i->socket->type == SOCK_STREAM)
		return -EPROTO;
	if (len < 20)
		return -EINVAL;
	if (copy_in(span_first(value_span(&r), 20), value))
		return -EFAULT;
	group = (struct ip_addr){ be64(r.hi), be64(r.lo) };
	return name == IPV6_ADD_MEMBERSHIP ? inet_join(i, group, r.ifindex, none)
					   : inet_leave(i, group, r.ifindex, none);
}

/* ---- SOL_SOCKET ---- */

static s64 bind_device(struct inet_sock *i, s32 name, struct uaddr value, u32 len)
{
	u8 text[IFNAMSIZ] = { 0 };
	struct netdev *d = NULL;
	s32 index = 0;

	if (name == SO_BINDTOIFINDEX) {
		if (len < sizeof(index))
			return -EINVAL;
		if (user_get(&index, value))
			return -EFAULT;
		d = index ? netdev_by_index((u32)index) : NULL;
	} else {
		if (copy_in(span_first(span_of(text), min(len, IFNAMSIZ - 1)), value))
			return -EFAULT;
		index = text[0];
		d = index
			? netdev_by_name(cspan_first(cspan_of(text), cspan_strlen(cspan_of(text))))
			: NULL;
	}
	if (index && !d)
		return -ENODEV;
	if (i->ifindex && !cred_capable(thread_current()->cred, CAP_NET_RAW)) {
		obj_put(&d);
		return -EPERM;
	}
	store_once(i->ifindex, d ? d->index : 0);
	obj_put(&d);
	return 0;
}

static s64 set_socket(struct inet_sock *i, s32 name, struct uaddr value, u32 len)
{
	return name == SO_BINDTODEVICE || name == SO_BINDTOIFINDEX
		? bind_device(i, name, value, len)
		: -ENOPROTOOPT;
}

/* ---- the two calls ---- */

/* An int, or for IPPROTO_IP also one byte. */
static s64 inet_get_int(s32 level, struct uaddr value, u32 len, s32 *const v)
{
	u8 b;

	if (len >= sizeof(*v))
		return user_get(v, value) ? -EFAULT : 0;
	if (level != SOL_IP || !len)
		return -EINVAL;
	if (user_get(&b, value))
		return -EFAULT;
	*v = b;
	return 0;
}

s64 inet_setsockopt(struct inet_sock *i, s32 level, s32 name, struct uaddr value, u32 len)
{
	u32 flag;
	s32 v = 0;
	s64 err;

	if (level == SOL_SOCKET)
		return set_socket(i, name, value, len);
	if (level != SOL_IP && (level != SOL_IPV6 || i->socket->family != AF_INET6))
		return -ENOPROTOOPT;
	/* A connection is in no group: nobody would leave it at the end. */
	if (i->socket->type == SOCK_STREAM &&
		((level == SOL_IP && (name == IP_ADD_MEMBERSHIP || name == IP_DROP_MEMBERSHIP)) ||
			(level == SOL_IPV6 &&
				(name == IPV6_ADD_MEMBERSHIP || name == IPV6_DROP_MEMBERSHIP))))
		return -EPROTO;
	if (level == SOL_IP &&
		(name == IP_ADD_MEMBERSHIP || name == IP_DROP_MEMBERSHIP ||
			name == IP_MULTICAST_IF))
		return set_group4(i, name, value, len);
	if (level == SOL_IPV6 && (name == IPV6_ADD_MEMBERSHIP || name == IPV6_DROP_MEMBERSHIP))
		return set_group6(i, name, value, len);
	err = inet_get_int(level, value, len, &v);
	if (err)
		return err;
	flag = inet_option_flag(level, name);
	if (flag)
		return set_flag(i, flag, v);
	return level == SOL_IP ? set_ip(i, name, v) : set_ip6(i, name, v);
}

s64 inet_put_int(struct uaddr value, struct uaddr len_at, u32 room, s32 v)
{
	s32 n = (s32)min(room, (u32)sizeof(v));

	if (copy_out(value, cspan_first(value_cspan(&v), (size_t)n)))
		return -EFAULT;
	return user_put(len_at, &n) ? -EFAULT : 0;
}

/* The MTU of the way to the peer. */
static s64 get_mtu(struct inet_sock *i, s32 *const v)
{
	struct flow f = inet_flow(i, 0);
	struct route *r = NULL;

	if (ip_is_zero(i->peer) || inet_route(i, &f, &r))
		return -ENOTCONN;
	*v = (s32)route_mtu(r, f.to);
	obj_put(&r);
	return 0;
}

static s64 get_ip(struct inet_sock *i, s32 name, s32 *const v)
{
	switch (name) {
	case IP_TOS:
		*v = i->tos;
		return 0;
	case IP_TTL:
		*v = i->ttl < 0 ? (s32)knob_get(KNOB_DEFAULT_TTL) : i->ttl;
		return 0;
	case IP_MTU_DISCOVER:
		*v = i->mtu_discover;
		return 0;
	case IP_MULTICAST_TTL:
		*v = i->multicast_ttl < 0 ? 1 : i->multicast_ttl;
		return 0;
	case IP_MULTICAST_IF:
		*v = ip_is_zero(i->multicast_from) ? 0 : (s32)be32(ip4_bits(i->multicast_from));
		return 0;
	case IP_MTU:
		return get_mtu(i, v);
	default:
		return -ENOPROTOOPT;
	}
}

static s64 get_ip6(struct inet_sock *i, s32 name, s32 *const v)
{
	switch (name) {
	case IPV6_V6ONLY:
		*v = i->v6only;
		return 0;
	case IPV6_UNICAST_HOPS:
		*v = i->hops < 0 ? (s32)IP_DEFAULT_TTL : i->hops;
		return 0;
	case IPV6_MULTICAST_HOPS:
		*v = i->multicast_hops < 0 ? 1 : i->multicast_hops;
		return 0;
	case IPV6_TCLASS:
		*v = i->tclass;
		return 0;
	case IPV6_MTU_DISCOVER:
		*v = i->mtu_discover6;
		return 0;
	case IPV6_MULTICAST_IF:
		*v = (s32)i->multicast_ifindex;
		return 0;
	case IPV6_MTU:
		return get_mtu(i, v);
	default:
		return -ENOPROTOOPT;
	}
}

s64 inet_getsockopt(struct inet_sock *i, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at, u32 room)
{
	u32 flag;
	s32 v = 0;
	s64 err;

	if (level == SOL_SOCKET && name == SO_BINDTOIFINDEX)
		return inet_put_int(value, len_at, room, (s32)i->ifindex);
	if (level == SOL_SOCKET)
		return -ENOPROTOOPT;
	if (level != SOL_IP && (level != SOL_IPV6 || i->socket->family != AF_INET6))
		return -EOPNOTSUPP;
	flag = inet_option_flag(level, name);
	if (flag) {
		v = (load_once(i->flags) & flag) != 0;
		err = 0;
	} else {
		err = level == SOL_IP ? get_ip(i, name, &v) : get_ip6(i, name, &v);
	}
	return err ? err : inet_put_int(value, len_at, room, v);
}

/* ---- control messages of a send ---- */

struct user_pktinfo {
	s32 ifindex;
	u32 spec_dst, addr;
};
struct user_pktinfo6 {
	u8 addr[16];
	s32 ifindex;
};

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

int inet_control_in(struct socket *s, s32 level, s32 type, struct cspan data, struct socket_msg *m)
{
	if (level == SOL_IP)
		return control4(type, data, &m->ip);
	if (level == SOL_IPV6 && s->family == AF_INET6)
		return control6(type, data, &m->ip);
	return 0;
}

/* ---- control messages of a receive ---- */

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

void inet_packet_control(const struct inet_sock *i, struct socket_msg *m, struct control_out *o)
{
	if (i->socket->family == AF_INET6)
		put6(i, o, m);
	if (ip_is4(m->ip.to))
		put4(i, o, m);
}

void inet_control_out(struct inet_sock *i, struct socket_msg *m, struct control_out *o)
{
	if (m->error) {
		inet_error_control(i, m, o);
		return;
	}
	if (m->ip.given)
		inet_packet_control(i, m, o);
}
