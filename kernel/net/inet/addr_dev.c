// SPDX-License-Identifier: MPL-2.0
/*
 * What the internet protocols know of a device (struct inet_dev), and what becomes of its addresses
 * and groups when it comes up, goes down, and goes. IPv6 addresses go when the device goes down;
 * IPv4 addresses stay, as on Linux. lo gets 127.0.0.1/8 and ::1/128 when it comes up.
 *
 * The order of a device's end is the reverse of its life: all routes but the local ones first, then
 * addresses with what follows from them, then the local routes that are left, at last the routes in
 * no table. Those hold the device, so without the last step it could never be freed.
 *
 * The state lives in netdev.inet, which is set once (store_release) and freed with the device.
 * Packets read it without a lock.
 */
#include <frame/boot.h>
#include <frame/sync.h>
#include <frame/task.h>
#include <kernel/neigh.h>
#include <uapi/if.h>

#include "nd.h"

static struct netdev *loopback; /* reference */

/* Bounded: a device has ADDR_MAX addresses at most. */
static void inet_dev_release(struct inet_dev *i)
{
	struct inet_group *g;
	struct inet_addr *a;

	while ((a = list_first(&i->addrs)) != NULL) {
		list_remove(&i->addrs, a, link);
		obj_put(&a);
	}
	while ((g = list_first(&i->groups)) != NULL) {
		list_remove(&i->groups, g, link);
		obj_put(&g);
	}
}
OBJ_TYPE(inet_dev, inet_dev_release);

/* Takes a route of the device away from those who look for one; the reference is the caller's. */
static struct route *take_link_route(struct route **const from)
{
	struct route *r;

	spin_lock(&addr_lock);
	r = *from;
	*from = NULL;
	spin_unlock(&addr_lock);
	return r;
}

/* They hold the device, which holds @i: without this neither would ever go. */
static void drop_link_routes(struct inet_dev *i)
{
	struct route *link4 = take_link_route(&i->link4), *all4 = take_link_route(&i->all4);
	struct route *link6 = take_link_route(&i->link6), *any4 = take_link_route(&i->on_link4);

	obj_put(&link4);
	obj_put(&all4);
	obj_put(&link6);
	obj_put(&any4);
}

struct netdev *addr_loopback(void)
{
	return loopback;
}

struct inet_dev *addr_inet(const struct netdev *d)
{
	return obj_cast(inet_dev, d->inet);
}

/*
 * The device is in no list yet. Without memory it has no struct inet_dev, and none of the
 * protocols: all users look for NULL. The routes of the link are made now since a sender must not
 * need memory for them.
 */
static void dev_new(struct netdev *d)
{
	struct inet_dev *i = obj_new(inet_dev);

	if (!i)
		return;
	i->link4 = addr_make_route(d, ROUTE_TABLE_LOCAL, ROUTE_MULTICAST, ip4_addr(0), IP4_BITS,
		(struct ip_addr){ 0 });
	i->all4 = addr_make_route(d, ROUTE_TABLE_LOCAL, ROUTE_BROADCAST, ip4_addr(0), IP4_BITS,
		(struct ip_addr){ 0 });
	i->link6 = addr_make_route(d, ROUTE_TABLE_LOCAL, ROUTE_MULTICAST, (struct ip_addr){ 0 }, 0,
		(struct ip_addr){ 0 });
	i->on_link4 = addr_make_route(d, ROUTE_TABLE_MAIN, ROUTE_UNICAST, ip4_addr(0), IP4_BITS,
		(struct ip_addr){ 0 });
	conf_new(d, i);
	store_release(d->inet, &i->obj);
	addr_set_link_group(d, ND_ALL_NODES, true);
	if (conf6_of(i, CONF6_FORWARDING))
		conf6_join_routers(d, true);
	addr_set_link_group(d, ip4_addr(0xe0000001), true);
	if ((d->flags & IFF_LOOPBACK) && !loopback)
		loopback = obj_get(d);
}

static void loopback_up(struct netdev *d)
{
	struct inet_addr *a = obj_new(inet_addr);
	int err;

	if (!a)
		return;
	a->addr = ip4_addr(0x7f000001);
	a->bits = IP4_BITS + 8;
	a->scope = SCOPE_HOST;
	a->flags = ADDR_PERMANENT;
	err = addr_add(d, a);
	a->addr = (struct ip_addr){ 0, 1 };
	a->proto = ADDR_BY_LOOPBACK; /* Linux does not say it of the one of IPv4 */
	a->bits = 128;
	if (!d->no_ip6)
		err = addr_add(d, a);
	(void)err; /* they may be there already */
	obj_put(&a);
}

static void dev_up(struct netdev *d)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a;

	if (!i)
		return;
	list_for_each(a, &i->addrs, link)
		addr_set_routes(d, a, true);
	if (d->flags & IFF_LOOPBACK)
		loopback_up(d);
	autoconf_up(d);
	mcast_up(d);
	route_changed();
}

static void drop_addresses6(struct netdev *d, struct inet_dev *i)
{
	struct inet_addr *a, *next;
	int err;

	list_for_each_safe(a, next, &i->addrs, link) {
		if (!ip_is4(a->addr)) {
			err = addr_remove(d, a->addr);
			(void)err; /* it is there */
			task_cond_resched();
		}
	}
}

/*
 * Groups whose leaving was still to be reported are dropped: nobody on this link can hear it any
 * more.
 */
static void dev_down(struct netdev *d)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_group *g, *after;

	route_flush_dev(d, false);
	autoconf_down(d);
	if (!i)
		return;
	list_for_each_safe(g, after, &i->groups, link) {
		if (!g->nr)
			addr_forget_group(d, g);
	}
	drop_addresses6(d, i);
	route_changed();
}

/*
 * A walk that lets others run: each step finds the next route before the last is removed
 * (route_next).
 */
void addr_flush_routes(struct netdev *d, bool ip4)
{
	struct route *r = route_next(NULL), *next;
	int err = 0;

	while (r) {
		next = route_next(r);
		if (r->device == d && r->kind != ROUTE_LOCAL && ip_is4(r->to) == ip4)
			err = route_remove(r);
		obj_put(&r);
		r = next;
		task_cond_resched();
	}
	(void)err; /* it is there */
}

void addr_enable6(struct netdev *d, bool on)
{
	struct inet_dev *i = addr_inet(d);

	store_once(d->no_ip6, !on);
	if (!i)
		return;
	if (!on) {
		addr_flush_routes(d, false);
		autoconf_down(d);
		drop_addresses6(d, i);
	} else if (d->flags & IFF_UP) {
		if (d->flags & IFF_LOOPBACK)
			loopback_up(d);
		autoconf_up(d);
	}
}

static void dev_gone(struct netdev *d)
{
	struct inet_addr *a;
	int err;

	dev_down(d);
	while ((a = addr_after(d, NULL, 0)) != NULL) {
		err = addr_remove(d, a->addr);
		(void)err;
		obj_put(&a);
		task_cond_resched();
	}
	route_flush_dev(d, true);
	if (addr_inet(d))
		drop_link_routes(addr_inet(d));
}

static void addr_event(struct netdev *d, enum net_event e)
{
	switch (e) {
	case NET_DEV_NEW:
		dev_new(d);
		break;
	case NET_DEV_UP:
		dev_up(d);
		break;
	case NET_DEV_DOWN:
		dev_down(d);
		break;
	case NET_DEV_CHANGED:
		autoconf_up(d); /* there may be a carrier now */
		break;
	case NET_DEV_GONE:
		dev_gone(d);
		break;
	default:
		break;
	}
}

/*
 * Power-off, in the debug build also the check that nothing leaked: what is taken apart here in
 * order would otherwise hold each other.
 */
void inet_shutdown(void)
{
	struct netdev *d;
	u32 index = 0;

	tcp_shutdown_all();
	mutex_lock(&net_config);
	while ((d = netdev_next(index)) != NULL) {
		index = d->index;
		dev_gone(d);
		obj_put(&d);
	}
	route_shutdown();
	mutex_unlock(&net_config);
	frag_shutdown();
	neigh_shutdown();
	autoconf_shutdown();
}

static const struct net_watcher addr_watcher = { .event = addr_event };

void addr_init(void)
{
	conf_init();
	if (!route_init())
		kernel_panic("no memory for routes");
	net_watcher_register(&addr_watcher);
	route_expire_init();
}
