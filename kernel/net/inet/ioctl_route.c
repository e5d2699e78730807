// SPDX-License-Identifier: MPL-2.0
/*
 * ioctl on routes and on entries of ARP: SIOCADDRT, SIOCDELRT (rtentry, in6_rtmsg), SIOCSARP,
 * SIOCGARP, SIOCDARP (arp(7)).
 *
 * Linux keeps these calls for route(8) and arp(8). A request becomes a struct route and goes the
 * way of netlink's requests; fields of it that mean nothing here (irtt, refcnt) are not looked at.
 */
#include <kernel/byteorder.h>
#include <kernel/cred.h>
#include <kernel/neigh.h>
#include <kernel/text.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/if.h>

#include "sock.h"

#define SIOCDELRT 0x890cu
#define SIOCDARP  0x8953u
#define SIOCGARP  0x8954u
#define SIOCSARP  0x8955u

/* struct sockaddr_in */
struct user_sockaddr4 {
	u16 family, port;
	u32 address; /* network order */
	u8 zero[8];
};

/* ---- routes ---- */

struct user_rtentry {
	u64 pad1;
	struct user_sockaddr4 dst, gateway, mask;
	u16 flags, pad2;
	u32 pad3[5];
	u16 metric, pad4[3];
	u64 dev, mtu, window;
	u16 irtt, pad5[3];
};
static_assert(sizeof(struct user_rtentry) == 120, "struct rtentry");

/* Flags of a route that are looked at; RTF_UP, which programs set, says nothing. */
#define RTF_GATEWAY 2u
#define RTF_HOST    4u
#define RTF_REJECT  0x200u

/*
 * The prefix of an entry. 0, -EAFNOSUPPORT, -EINVAL. The mask must be one of a prefix, and the
 * address must have no bits beyond it.
 */
static int rtentry_read_prefix(const struct user_rtentry *u, struct route *r)
{
	u32 mask = be32(u->mask.address), to = be32(u->dst.address), bits = bit_count(mask);

	if (u->dst.family != AF_INET)
		return -EAFNOSUPPORT;
	r->to = ip4_addr(to);
	r->bits = 128;
	if (u->flags & RTF_HOST)
		return 0;
	if (u->mask.family != AF_INET && (mask || u->mask.family))
		return -EAFNOSUPPORT;
	if ((bits && mask != ~0u << (32 - bits)) || (to & ~mask))
		return -EINVAL;
	r->bits = IP4_BITS + bits;
	return 0;
}

/* The device that the entry names; *@d: NULL: none, else a reference. 0, -EFAULT, -ENODEV. */
static int read_device(u64 at, struct netdev **d)
{
	u8 name[IFNAMSIZ] = { 0 };
	u32 i;

	for (i = 0; at && i < IFNAMSIZ - 1; i++) {
		u8 c;
		if (user_get(&c, UADDR(at + i)))
			return -EFAULT;
		if (!c)
			break;
		name[i] = c;
	}
	if (!at)
		return 0;
	*d = netdev_by_name(text_in(name));
	return *d ? 0 : -ENODEV;
}

/*
 * The gateway must be on the link of a device, which is the route's if none is named. net_config
 * held. 0 or -errno. RFC 1812 and Linux: a gateway that is itself behind a gateway would be asked
 * for by nobody. The device of the way to it becomes the route's.
 */
static int rtentry_check_gateway(struct route *r)
{
	struct flow f = { .to = r->gateway, .ifindex = r->ifindex };
	struct route *way = NULL;
	int err = route_local_kind(r->gateway) ? -EINVAL : 0;

	if (!err)
		err = route_output(&f, &way);
	if (!err && (way->kind != ROUTE_UNICAST || !ip_is_zero(way->gateway)))
		err = -ENETUNREACH;
	if (!err)
		route_set_device(r, way->device);
	obj_put(&way);
	return err;
}

/* Completes the route and adds it. net_config held. */
static s64 add_route(struct route *r)
{
	int err = 0;

	if (r->kind == ROUTE_UNREACHABLE) {
		r->scope = SCOPE_HOST;
	} else if (!ip_is_zero(r->gateway)) {
		r->scope = SCOPE_UNIVERSE;
		err = rtentry_check_gateway(r);
	} else {
		r->scope = SCOPE_LINK;
		err = !r->device ? -ENODEV : r->device->flags & IFF_UP ? 0 : -ENETDOWN;
	}
	return err ? err : route_add(r, 0);
}

/*
 * The device may have gone since it was found by its name; under net_config that can be seen
 * (gone), and no route is made to it.
 */
static s64 change_route(u32 cmd, struct route *r, struct netdev *d)
{
	s64 err;

	r->table = ROUTE_TABLE_MAIN;
	r->protocol = ROUTE_BY_BOOT;
	route_set_device(r, d);
	mutex_lock(&net_config);
	err = d && load_once(d->gone) ? -ENODEV : cmd == SIOCDELRT ? route_remove(r) : add_route(r);
	mutex_unlock(&net_config);
	return err;
}

/* A metric counts from 1 in the struct. To delete a route its gateway need not be named. */
s64 route_ioctl(u32 cmd, struct uaddr at)
{
	struct user_rtentry u;
	struct netdev *d = NULL;
	struct route *r;
	s64 err;

	if (!cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		return -EPERM;
	if (user_get(&u, at))
		return -EFAULT;
	r = obj_new(route);
	if (!r)
		return -ENOMEM;
	err = rtentry_read_prefix(&u, r);
	/* A route that rejects has no device; route(8) names lo all the same. */
	if (!err && !(u.flags & RTF_REJECT))
		err = read_device(u.dev, &d);
	r->metric = u.metric ? u.metric - 1u : 0;
	r->kind = u.flags & RTF_REJECT ? ROUTE_UNREACHABLE : ROUTE_UNICAST;
	if (u.flags & RTF_REJECT)
		r->gateway = (struct ip_addr){ 0 };
	else if (u.gateway.family == AF_INET && u.gateway.address)
		r->gateway = ip4_addr(be32(u.gateway.address));
	else if ((u.flags & RTF_GATEWAY) && cmd != SIOCDELRT && !err)
		err = -EINVAL;
	if (!err)
		err = change_route(cmd, r, d);
	obj_put(&r);
	obj_put(&d);
	return err;
}

struct user_in6_rtmsg {
	u64 dst[2], src[2], gateway[2];
	u32 type;
	u16 dst_bits, src_bits;
	u32 metric, pad;
	u64 info;
	u32 flags;
	s32 ifindex;
};
static_assert(sizeof(struct user_in6_rtmsg) == 80, "struct in6_rtmsg");

/*
 * By index, not by name, and with a prefix length: a struct of another kind. A route without a
 * gateway needs a device.
 */
s64 route_ioctl6(u32 cmd, struct uaddr at)
{
	struct user_in6_rtmsg u;
	struct netdev *d = NULL;
	struct route *r;
	s64 err = 0;

	if (!cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		return -EPERM;
	if (user_get(&u, at))
		return -EFAULT;
	if (u.dst_bits > 128)
		return -EINVAL;
	r = obj_new(route);
	if (!r)
		return -ENOMEM;
	r->to = (struct ip_addr){ be64(u.dst[0]), be64(u.dst[1]) };
	r->bits = u.dst_bits;
	r->metric = u.metric ? u.metric : 1024;
	r->kind = u.flags & RTF_REJECT ? ROUTE_UNREACHABLE : ROUTE_UNICAST;
	r->gateway = (struct ip_addr){ be64(u.gateway[0]), be64(u.gateway[1]) };
	if (u.ifindex)
		d = netdev_by_index((u32)u.ifindex);
	if ((u.ifindex && !d) || (ip_is_zero(r->gateway) && !d))
		err = -ENODEV;
	if (!err)
		err = change_route(cmd, r, d);
	obj_put(&r);
	obj_put(&d);
	return err;
}

/* ---- ARP ---- */

struct user_arpreq {
	struct user_sockaddr4 pa;
	u16 ha_family;
	u8 ha[14];
	u32 flags;
	u8 netmask[16];
	u8 dev[IFNAMSIZ];
};
static_assert(sizeof(struct user_arpreq) == 68, "struct arpreq");

#define ATF_COM     2u
#define ATF_PERM    4u
#define ATF_PUBL    8u
#define ATF_NETMASK 32u
#define ATF_DONTPUB 64u

/* An entry that is set without ATF_PERM may be replaced by what the neighbour itself says. */
static s64 arp_set(struct netdev *d, const struct user_arpreq *r, struct ip_addr a)
{
	u8 address[LINK_ADDR_MAX] = { 0 };

	if (!(r->flags & (ATF_COM | ATF_PERM)) || d->kind != LINK_ETHERNET)
		return -EINVAL;
	span_copy(span_first(span_of(address), d->address_len), cspan_of(r->ha));
	return neigh_set(d, a, &address, r->flags & ATF_PERM ? NEIGH_PERMANENT : NEIGH_STALE);
}

/* An entry that has no address yet has no flags, which arp(8) shows as incomplete. */
static s64 arp_get(struct netdev *d, struct user_arpreq *r, struct ip_addr a, struct uaddr at)
{
	struct neigh_info n;

	if (!neigh_get(d, a, &n) || n.state == NEIGH_NOARP)
		return -ENXIO;
	r->flags = n.state == NEIGH_PERMANENT                 ? ATF_PERM | ATF_COM
		: n.state & (NEIGH_INCOMPLETE | NEIGH_FAILED) ? 0
							      : ATF_COM;
	r->ha_family = (u16)d->kind;
	span_fill(span_of(r->ha), 0);
	span_copy(span_first(span_of(r->ha), d->address_len), cspan_of(n.address));
	span_copy(span_of(r->dev), cspan_of(d->name));
	return user_put(at, r) ? -EFAULT : 0;
}

/*
 * The device of a request: by its name, or the one that leads to the address. A reference; NULL:
 * none.
 */
static struct netdev *arp_device(const struct user_arpreq *r, struct ip_addr a)
{
	struct flow f = { .to = a };
	struct netdev *d = NULL;
	struct route *way = NULL;

	if (r->dev[0])
		return netdev_by_name(text_in(r->dev));
	if (!route_output(&f, &way))
		d = netdev_by_index(way->ifindex);
	obj_put(&way);
	return d;
}

/* To ask needs no privilege, but the name of a device; to change CAP_NET_ADMIN. */
s64 arp_ioctl(u32 cmd, struct uaddr at)
{
	struct user_arpreq r;
	struct ip_addr a;
	struct netdev *d;
	s64 err;

	if (cmd != SIOCGARP && !cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		return -EPERM;
	if (user_get(&r, at))
		return -EFAULT;
	r.dev[IFNAMSIZ - 1] = 0;
	if (r.pa.family != AF_INET)
		return -EPFNOSUPPORT;
	if (r.flags & ATF_PUBL)
		return -EOPNOTSUPP; /* this machine answers for no other */
	if (r.flags & (ATF_NETMASK | ATF_DONTPUB))
		return -EINVAL;
	a = ip4_addr(be32(r.pa.address));
	d = cmd == SIOCGARP && !r.dev[0] ? NULL : arp_device(&r, a);
	if (!d)
		return -ENODEV;
	if ((r.flags & ATF_COM) && r.ha_family && r.ha_family != d->kind) {
		obj_put(&d);
		return -EINVAL;
	}
	if (cmd == SIOCSARP)
		err = arp_set(d, &r, a);
	else if (cmd == SIOCGARP)
		err = arp_get(d, &r, a, at);
	else
		err = neigh_forget(d, a);
	obj_put(&d);
	return err;
}
