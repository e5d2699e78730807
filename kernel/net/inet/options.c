// SPDX-License-Identifier: MPL-2.0
/*
 * Options of IPPROTO_IP and IPPROTO_IPV6 (ip(7), ipv6(7), RFC 3542). Also those of SOL_SOCKET that
 * are about ports and devices.
 *
 * Values are stored in single words of the socket without a lock: a message that is sent at the
 * same time has the old or the new one. What a TCP connection copies (its MSS) it takes anew by
 * itself. Errors and bounds are Linux's, down to options that are refused for streams.
 *
 * What lets a program do to others what the route or the firewall would not (IP_TRANSPARENT,
 * SO_BINDTODEVICE once it is set) needs a capability. What costs memory is bounded where it is
 * made: groups (group.c), error queues (errqueue.c).
 */
#include <kernel/bpf.h>
#include <kernel/byteorder.h>
#include <kernel/clock.h>
#include <kernel/cred.h>
#include <kernel/errqueue.h>
#include <kernel/knobs.h>
#include <kernel/text.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "options.h"
#include "sock.h"

/*
 * Options that are one bit of inet_sock.flags. Both levels have options of the same meaning, and
 * some share a bit. 0: the option is no bit.
 */
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
	case IPV6_DONTFRAG:
		return INET_DONTFRAG6;
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

/*
 * Errors of IP_RECVERR need memory for their queue, so this is where it is made: packets that bring
 * errors need none.
 */
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
	if ((flag & (INET_RECVERR | INET_RECVERR6)) && v && socket_errors_enable(i->socket))
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

/* IP_PMTUDISC_DONT to IP_PMTUDISC_OMIT; ip(7) says what each does. */
static s64 set_discover(u8 *const to, s32 v)
{
	if (v < 0 || v > 5)
		return -EINVAL;
	*to = (u8)v;
	return 0;
}

/* The two lowest bits of the type of service are ECN's, and TCP's own. */
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

/*
 * IPV6_V6ONLY is a part of the place of a socket among those of its port, so it stays as it is once
 * there is a port.
 */
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
	case IPV6_MTU:
		if (v && v < 1280)
			return -EINVAL;
		i->piece_max6 = (u32)v;
		return 0;
	case IPV6_MULTICAST_IF:
		return i->socket->type == SOCK_STREAM ? -ENOPROTOOPT
						      : inet_multicast_if6(i, (u32)v);
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

/*
 * Three structs in one: the length says which. A program that passes struct ip_mreq names the
 * device by an address, which costs a search.
 */
static s64 set_group4(struct inet_sock *i, s32 name, struct uaddr value, u32 len)
{
	struct user_mreqn r = { 0 };
	struct ip_addr at;

	if (i->socket->type == SOCK_STREAM)
		return name == IP_MULTICAST_IF ? -EINVAL : -EPROTO;
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

/* struct ipv6_mreq, 20 bytes on the wire of the call; ours is rounded up. */
struct user_mreq6 {
	u64 hi, lo;
	u32 ifindex;
	u32 pad;
};

/*
 * Without a device the route to the group chooses one. A membership is the socket's; two sockets
 * that join count twice (group.c).
 */
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

/*
 * Anybody may bind a socket that is not bound to a device; to change or end it needs CAP_NET_RAW,
 * as on Linux, so a process can be kept to a link by who made its socket.
 */
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
		d = index ? netdev_by_name(text_in(text)) : NULL;
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

/* A raw socket is in its table from the beginning. */
static bool reuse_in_table(struct inet_sock *i)
{
	struct socket *s = i->socket;

	if (s->type == SOCK_STREAM)
		return i->peer_port || s->ops->is_listening(s);
	return s->type == SOCK_RAW || i->local_port;
}

static s64 reuse_attach(struct inet_sock *i, struct uaddr value, u32 len)
{
	struct bpf_prog *prog = NULL;
	s64 err;

	if (load_once(i->socket->filter_locked) && len == sizeof(struct bpf_fprog))
		return -EPERM;
	err = bpf_prog_from_user(value, len, &prog);
	return err ? err : inet_reuse_attach(i, reuse_in_table(i), prog);
}

/* Those of SOL_SOCKET that options.c of kernel/net leaves to the protocol. */
static s64 set_socket(struct inet_sock *i, s32 name, struct uaddr value, u32 len)
{
	switch (name) {
	case SO_BINDTODEVICE:
	case SO_BINDTOIFINDEX:
		return bind_device(i, name, value, len);
	case SO_ATTACH_REUSEPORT_CBPF:
		return reuse_attach(i, value, len);
	case SO_DETACH_REUSEPORT_BPF:
		return inet_reuse_detach(i);
	default:
		return -ENOPROTOOPT;
	}
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

/*
 * Of levels that are not for this socket, ENOPROTOOPT; getsockopt says EOPNOTSUPP, which is as odd
 * as Linux.
 */
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

/*
 * What getsockopt does: the value is cut to the room that there is, and the length written says so.
 */
s64 inet_put_int(struct uaddr value, struct uaddr len_at, u32 room, s32 v)
{
	s32 n = (s32)min(room, (u32)sizeof(v));

	if (copy_out(value, cspan_first(value_cspan(&v), (size_t)n)))
		return -EFAULT;
	return user_put(len_at, &n) ? -EFAULT : 0;
}

/* The MTU of the way to the peer. A socket without a peer has no way, so ENOTCONN. */
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

/*
 * Values are those that packets would have now: an option that was not set has the machine's value.
 */
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

/* The same. IPV6_MTU needs a peer, as IP_MTU does. */
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
		*v = (s32)i->multicast_ifindex6;
		return 0;
	case IPV6_MTU:
		return get_mtu(i, v);
	default:
		return -ENOPROTOOPT;
	}
}

/* Options that are a bit tell 0 or 1, whatever number was set. */
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
