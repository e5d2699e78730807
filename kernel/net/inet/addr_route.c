// SPDX-License-Identifier: MPL-2.0
/*
 * The routes that follow from the addresses of interfaces, and those of a link.
 *
 * An address brings a local route to itself, a route to the prefix of its link, and with IPv4 a
 * route to the link's broadcast address. These exist while the device is up; the local routes of
 * IPv4 stay when it goes down.
 *
 * A link also has routes that are in no table, for packets whose sender names the device: to
 * groups, to 255.255.255.255, and to any IPv4 host. struct inet_dev holds them: addr_dev.c makes
 * them and drops them. They hold their device, and the device holds struct inet_dev, so they are
 * dropped when the device goes, under addr_lock, under which they are taken here.
 */
#include <frame/sync.h>
#include <uapi/if.h>

#include "addr.h"

/*
 * As the kernel of Linux makes them: protocol kernel, scope host or link, metric 256 with IPv6. The
 * route is in no table yet, and nobody else sees it.
 */
struct route *addr_make_route(struct netdev *d, u32 table, u32 kind, struct ip_addr to, u32 bits,
	struct ip_addr source)
{
	struct route *r = obj_new(route);

	if (!r)
		return NULL;
	r->to = ip_prefix(to, bits);
	r->bits = bits;
	r->kind = (u8)kind;
	r->table = table;
	r->protocol = ROUTE_BY_KERNEL;
	r->scope = kind == ROUTE_LOCAL ? SCOPE_HOST : SCOPE_LINK;
	route_set_device(r, d);
	r->source = source;
	if (!ip_is4(to))
		r->metric = kind == ROUTE_LOCAL ? 0 : 256;
	return r;
}

/* @add: a route that exists already is as good. */
static void set_route_by(struct netdev *d, bool add, u32 table, u32 kind, struct ip_addr to,
	u32 bits, struct ip_addr source, u32 metric)
{
	struct route *r = addr_make_route(d, table, kind, to, bits, source);
	int err;

	if (!r)
		return;
	if (metric)
		r->metric = metric;
	err = add ? route_add(r, 0) : route_remove(r);
	(void)err;
	obj_put(&r);
}

/* With the usual metric. */
static void set_route(struct netdev *d, bool add, u32 table, u32 kind, struct ip_addr to, u32 bits,
	struct ip_addr source)
{
	set_route_by(d, add, table, kind, to, bits, source, 0);
}

/* The address whose prefix is on the link: that of the other end, if there is one. */
static struct ip_addr prefix_of(const struct inet_addr *a)
{
	return ip_is4(a->addr) && !ip_is_zero(a->peer) ? a->peer : a->addr;
}

/* The last address of the prefix. */
static struct ip_addr last_of(const struct inet_addr *a)
{
	struct ip_addr p = prefix_of(a);

	return (struct ip_addr){ p.hi, p.lo | (a->bits >= 128 ? 0 : ~0ul >> (a->bits - 64)) };
}

/*
 * With IPv4 the prefix of a point-to-point address is the peer's, and its length may be 32. With
 * IPv6 it is the own one's, and there is a route to the peer as well (ip-address(8)).
 */
void addr_set_prefix_routes(struct netdev *d, const struct inet_addr *a, bool add)
{
	bool is4 = ip_is4(a->addr), lo = d->flags & IFF_LOOPBACK;
	struct ip_addr from = is4 ? a->addr : (struct ip_addr){ 0 }, to = prefix_of(a);

	if (a->bits < 128 || !ip_equal(to, a->addr)) {
		if (lo && is4)
			set_route_by(d, add, ROUTE_TABLE_LOCAL, ROUTE_LOCAL, to, a->bits, from,
				a->metric);
		else
			set_route_by(d, add, ROUTE_TABLE_MAIN, ROUTE_UNICAST, to, a->bits, from,
				a->metric);
	}
}

/*
 * The local route is added first and removed last: at no time is there a way to the link without
 * this machine's knowing its own address.
 */
void addr_set_routes(struct netdev *d, const struct inet_addr *a, bool add)
{
	bool is4 = ip_is4(a->addr);
	struct ip_addr from = is4 ? a->addr : (struct ip_addr){ 0 };

	if (add && !(load_once(a->flags) & ADDR_TENTATIVE))
		set_route(d, true, ROUTE_TABLE_LOCAL, ROUTE_LOCAL, a->addr, 128, a->addr);
	if (is4 && !ip_is_zero(a->broadcast))
		set_route(d, add, ROUTE_TABLE_LOCAL, ROUTE_BROADCAST, a->broadcast, 128, from);
	if (!(a->flags & ADDR_NOPREFIX))
		addr_set_prefix_routes(d, a, add);
	if (!is4 && !ip_is_zero(a->peer))
		set_route_by(d, add, ROUTE_TABLE_MAIN, ROUTE_UNICAST, a->peer, 128, from,
			a->metric);
	if (is4 && a->bits < 127)
		set_route(d, add, ROUTE_TABLE_LOCAL, ROUTE_BROADCAST, last_of(a), 128, from);
	if (!add)
		set_route(d, false, ROUTE_TABLE_LOCAL, ROUTE_LOCAL, a->addr, 128, a->addr);
}

/* Whether a route of IPv4 to the broadcast address @to follows from @a. */
static bool has_broadcast(const struct inet_addr *a, struct ip_addr to)
{
	return !ip_is_zero(to) && (ip_equal(a->broadcast, to) || ip_equal(last_of(a), to));
}

/* What addr_remove asks: whether a route that went with @a follows from @b as well. */
bool addr_shares_routes(const struct inet_addr *a, const struct inet_addr *b)
{
	if (ip_is4(a->addr) != ip_is4(b->addr))
		return false;
	if (a->bits == b->bits && a->metric == b->metric &&
		ip_match(prefix_of(a), prefix_of(b), a->bits))
		return true;
	if (!ip_is_zero(a->peer) && ip_equal(a->peer, b->peer))
		return true;
	return ip_is4(a->addr) && (has_broadcast(a, b->broadcast) || has_broadcast(a, last_of(b)));
}

/*
 * No route is looked for in tables: packets to a group go to the link that the sender names,
 * whatever tables say. A device that is down has no such route.
 */
struct route *addr_link_route(u32 ifindex, struct ip_addr to)
{
	struct netdev *d = netdev_by_index(ifindex);
	struct inet_dev *i = d ? addr_inet(d) : NULL;
	struct route *r = NULL;

	if (i && (load_once(d->flags) & IFF_UP)) {
		spin_lock(&addr_lock);
		r = !ip_is4(to) ? load_once(d->flags) & IFF_MULTICAST ? i->link6 : NULL
			: ip_is_multicast(to) ? i->link4
					      : i->all4;
		if (r)
			(void)obj_get(r);
		spin_unlock(&addr_lock);
	}
	obj_put(&d);
	return r;
}

struct route *addr_on_link(u32 ifindex)
{
	struct netdev *d = netdev_by_index(ifindex);
	struct inet_dev *i = d ? addr_inet(d) : NULL;
	struct route *r = NULL;

	if (i && (load_once(d->flags) & IFF_UP)) {
		spin_lock(&addr_lock);
		r = i->on_link4;
		if (r)
			(void)obj_get(r);
		spin_unlock(&addr_lock);
	}
	obj_put(&d);
	return r;
}
