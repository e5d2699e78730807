// SPDX-License-Identifier: MPL-2.0
/*
 * Addresses of interfaces, the routes that follow from them, and the choice of a source address.
 *
 * An address brings a local route to itself, a route to the prefix of its link, and with IPv4 a
 * route to the link's broadcast address. These exist while the device is up; the local routes of IPv4
 * stay when it goes down. IPv6 addresses go when the device goes down; IPv4 addresses stay, as on
 * Linux. lo gets 127.0.0.1/8 and ::1/128 when it
 * comes up.
 */
#include <frame/boot.h>
#include <frame/sync.h>
#include <frame/time.h>
#include <kernel/neigh.h>
#include <kernel/random.h>
#include <uapi/if.h>

#include "nd.h"

static struct spinlock addr_lock;
static struct netdev *loopback; /* reference */

OBJ_TYPE(inet_addr, NULL_RELEASE);
OBJ_TYPE(inet_group, NULL_RELEASE);

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
	obj_put(&i->link4);
	obj_put(&i->all4);
	obj_put(&i->link6);
	obj_put(&i->on_link4);
}
OBJ_TYPE(inet_dev, inet_dev_release);

struct netdev *addr_loopback(void)
{
	return loopback;
}

struct inet_dev *addr_inet(const struct netdev *d)
{
	return obj_cast(inet_dev, d->inet);
}

/* ---- routes of an address ---- */

static struct route *make_route(struct netdev *d, u32 table, u32 kind, struct ip_addr to, u32 bits,
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
	r->dev = d;
	r->ifindex = d->index;
	r->source = source;
	if (!ip_is4(to))
		r->metric = kind == ROUTE_LOCAL ? 0 : 256;
	return r;
}

/* @add: a route that exists already is as good. */
static void set_route(struct netdev *d, bool add, u32 table, u32 kind, struct ip_addr to, u32 bits,
	struct ip_addr source)
{
	struct route *r = make_route(d, table, kind, to, bits, source);
	int err;

	if (!r)
		return;
	err = add ? route_add(r, 0) : route_remove(r);
	(void)err;
	obj_put(&r);
}

/* The last address of the prefix. */
static struct ip_addr last_of(const struct inet_addr *a)
{
	return (struct ip_addr){ a->addr.hi,
		a->addr.lo | (a->bits >= 128 ? 0 : ~0ul >> (a->bits - 64)) };
}

static void set_routes(struct netdev *d, const struct inet_addr *a, bool add)
{
	bool is4 = ip_is4(a->addr), lo = d->flags & IFF_LOOPBACK;
	struct ip_addr from = is4 ? a->addr : (struct ip_addr){ 0 };

	if (!add || !(load_once(a->flags) & ADDR_TENTATIVE))
		set_route(d, add, ROUTE_TABLE_LOCAL, ROUTE_LOCAL, a->addr, 128, a->addr);
	if (is4 && !ip_is_zero(a->broadcast))
		set_route(d, add, ROUTE_TABLE_LOCAL, ROUTE_BROADCAST, a->broadcast, 128, from);
	if (a->bits < 128 && !(a->flags & ADDR_NOPREFIX)) {
		if (lo && is4)
			set_route(d, add, ROUTE_TABLE_LOCAL, ROUTE_LOCAL, a->addr, a->bits, from);
		else
			set_route(d, add, ROUTE_TABLE_MAIN, ROUTE_UNICAST, a->addr, a->bits, from);
	}
	if (is4 && a->bits < 127)
		set_route(d, add, ROUTE_TABLE_LOCAL, ROUTE_BROADCAST, last_of(a), 128, from);
}

/* ---- addresses ---- */

/* The address on the list of the device; NULL: it has none such. Under addr_lock or net_config. */
static struct inet_addr *find(const struct inet_dev *i, struct ip_addr addr)
{
	struct inet_addr *a;

	list_for_each(a, &i->addrs, link) {
		if (ip_equal(a->addr, addr))
			return a;
	}
	return NULL;
}

int addr_add(struct netdev *d, const struct inet_addr *from)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a;

	if (!i)
		return -ENODEV;
	if (from->bits > 128 || (ip_is4(from->addr) && from->bits < IP4_BITS))
		return -EINVAL;
	if (find(i, from->addr))
		return -EEXIST;
	if (i->nr_addrs >= ADDR_MAX)
		return -ENOBUFS;
	a = obj_new(inet_addr);
	if (!a)
		return -ENOMEM;
	a->addr = from->addr;
	a->broadcast = from->broadcast;
	a->bits = from->bits;
	a->scope = from->scope;
	a->flags = from->flags;
	a->valid_until_ns = from->valid_until_ns;
	a->preferred_until_ns = from->preferred_until_ns;
	spin_lock(&addr_lock);
	list_push_back(&i->addrs, a, link);
	i->nr_addrs++;
	spin_unlock(&addr_lock);
	autoconf_added(d, a);
	inet_tell_address(d, a, false);
	if (d->flags & IFF_UP)
		set_routes(d, a, true);
	route_changed();
	return 0;
}

int addr_remove(struct netdev *d, struct ip_addr addr)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a = i ? find(i, addr) : NULL, *other;

	if (!a)
		return -EADDRNOTAVAIL;
	inet_tell_address(d, a, true);
	set_routes(d, a, false);
	autoconf_removed(d, a);
	spin_lock(&addr_lock);
	list_remove(&i->addrs, a, link);
	i->nr_addrs--;
	spin_unlock(&addr_lock);
	obj_put(&a);
	/* Addresses of the same prefix share its routes. */
	list_for_each(other, &i->addrs, link) {
		if (d->flags & IFF_UP)
			set_routes(d, other, true);
	}
	route_changed();
	return 0;
}

struct inet_addr *addr_get(const struct inet_dev *i, struct ip_addr addr)
{
	struct inet_addr *a = find(i, addr);

	if (a)
		(void)obj_get(a);
	return a;
}

bool addr_flags(const struct netdev *d, struct ip_addr addr, u32 *const flags)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a;

	if (!i)
		return false;
	spin_lock(&addr_lock);
	a = find(i, addr);
	if (a)
		*flags = a->flags;
	spin_unlock(&addr_lock);
	return a != NULL;
}

bool addr_mark(const struct netdev *d, struct ip_addr addr, u32 bits)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a;

	if (!i)
		return false;
	spin_lock(&addr_lock);
	a = find(i, addr);
	if (a && (a->flags & ADDR_TENTATIVE))
		a->flags |= bits;
	else
		a = NULL;
	spin_unlock(&addr_lock);
	return a != NULL;
}

void addr_set_flags(struct inet_addr *a, u32 on, u32 off)
{
	spin_lock(&addr_lock);
	store_once(a->flags, (a->flags & ~off) | on);
	spin_unlock(&addr_lock);
}

u32 addr_mtu6(const struct netdev *d)
{
	struct inet_dev *i = addr_inet(d);
	u32 mtu = load_once(d->mtu), less = i ? load_once(i->mtu6) : 0;

	return less ? min(mtu, less) : mtu;
}

void addr_usable(struct netdev *d, struct inet_addr *a)
{
	addr_set_flags(a, 0, ADDR_TENTATIVE);
	set_routes(d, a, true);
	route_changed();
	if (!ip_is4(a->addr) && ip_is_link_local(a->addr))
		mcast_up(d);
}

bool addr_on_device(const struct netdev *d, struct ip_addr addr)
{
	struct inet_dev *i = addr_inet(d);
	bool found;

	if (!i)
		return false;
	spin_lock(&addr_lock);
	found = find(i, addr) != NULL;
	spin_unlock(&addr_lock);
	return found;
}

u32 addr_find_device(struct ip_addr a)
{
	struct netdev *d;
	u32 index = 0, found = 0;

	while (!found && (d = netdev_next(index)) != NULL) {
		index = d->index;
		if (addr_on_device(d, a))
			found = index;
		obj_put(&d);
	}
	return found;
}

struct inet_addr *addr_nth(struct netdev *d, u32 n)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a;

	if (!i)
		return NULL;
	spin_lock(&addr_lock);
	a = list_first(&i->addrs);
	while (a && n--)
		a = list_next(a, link);
	if (a)
		(void)obj_get(a);
	spin_unlock(&addr_lock);
	return a;
}

struct route *addr_link_route(u32 ifindex, struct ip_addr to)
{
	struct netdev *d = netdev_by_index(ifindex);
	struct inet_dev *i = d ? addr_inet(d) : NULL;
	struct route *r = NULL;

	if (i && (load_once(d->flags) & IFF_UP))
		r = !ip_is4(to) ? load_once(d->flags) & IFF_MULTICAST ? i->link6 : NULL
			: ip_is_multicast(to) ? i->link4
					      : i->all4;
	if (r)
		(void)obj_get(r);
	obj_put(&d);
	return r;
}

struct route *addr_on_link(u32 ifindex)
{
	struct netdev *d = netdev_by_index(ifindex);
	struct inet_dev *i = d ? addr_inet(d) : NULL;
	struct route *r = i && (load_once(d->flags) & IFF_UP) ? i->on_link4 : NULL;

	if (r)
		(void)obj_get(r);
	obj_put(&d);
	return r;
}

/* ---- groups ---- */

static struct inet_group *find_group(const struct inet_dev *i, struct ip_addr group)
{
	struct inet_group *g;

	list_for_each(g, &i->groups, link) {
		if (ip_equal(g->group, group))
			return g;
	}
	return NULL;
}

/* The filter of the link takes the group's frames, or no longer. */
static void set_link_group(struct netdev *d, struct ip_addr group, bool on)
{
	u8 address[LINK_ADDR_MAX] = { 0 };
	int err = 0;

	if (!d->ops->push_header || !neigh_group_address(group, &address))
		return;
	if (on)
		err = netdev_join(d, &address);
	else
		netdev_leave(d, &address);
	(void)err; /* without memory for it the driver does not know */
}

int addr_join(struct netdev *d, struct ip_addr group)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_group *g = i ? find_group(i, group) : NULL;

	if (!i)
		return -ENODEV;
	if (g) {
		/* Nobody was in it any more: it is joined anew. */
		if (!g->nr++)
			(void)mcast_changed(d, g);
		return 0;
	}
	if (i->nr_groups >= GROUP_MAX)
		return -ENOBUFS;
	g = obj_new(inet_group);
	if (!g)
		return -ENOMEM;
	g->group = group;
	g->nr = 1;
	spin_lock(&addr_lock);
	list_push_back(&i->groups, g, link);
	i->nr_groups++;
	spin_unlock(&addr_lock);
	set_link_group(d, group, true);
	(void)mcast_changed(d, g);
	return 0;
}

void addr_leave(struct netdev *d, struct ip_addr group)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_group *g = i ? find_group(i, group) : NULL;

	if (!g || !g->nr || --g->nr)
		return;
	if (!mcast_changed(d, g))
		addr_forget_group(d, g);
}

void addr_forget_group(struct netdev *d, struct inet_group *g)
{
	struct inet_dev *i = addr_inet(d);

	spin_lock(&addr_lock);
	list_remove(&i->groups, g, link);
	i->nr_groups--;
	spin_unlock(&addr_lock);
	set_link_group(d, g->group, false);
	obj_put(&g);
}

void addr_query_groups(struct netdev *d, bool ip4, struct ip_addr group, u64 most)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_group *g;
	u64 at;

	spin_lock(&addr_lock);
	list_for_each(g, &i->groups, link) {
		if (ip_is4(g->group) != ip4 || (!ip_is_any(group) && !ip_equal(g->group, group)))
			continue;
		at = time_mono_ns() + (most ? random_u64() % most : 0);
		if (!g->answer_due_ns || at < g->answer_due_ns)
			g->answer_due_ns = at;
	}
	spin_unlock(&addr_lock);
}

u64 addr_group_answer(struct inet_group *g, u64 now)
{
	u64 at;

	spin_lock(&addr_lock);
	at = g->answer_due_ns;
	if (at <= now)
		g->answer_due_ns = 0;
	spin_unlock(&addr_lock);
	return at;
}

struct ip_addr addr_link_local(struct netdev *d)
{
	struct inet_dev *i = addr_inet(d);
	struct ip_addr found = { 0 };
	struct inet_addr *a;

	if (!i)
		return found;
	spin_lock(&addr_lock);
	list_for_each(a, &i->addrs, link) {
		if (!ip_is4(a->addr) && ip_is_link_local(a->addr) && !(a->flags & ADDR_TENTATIVE))
			found = a->addr;
	}
	spin_unlock(&addr_lock);
	return found;
}

/* All hosts of a link (224.0.0.1, ff02::1) are always meant. */
bool addr_joined(const struct netdev *d, struct ip_addr group)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_group *g;
	bool found;

	if (ip_is4(group) ? ip4_bits(group) == 0xe0000001u
			  : (group.hi | 0x0003ul << 48) == 0xff03ul << 48 && group.lo == 1)
		return true;
	if (!i)
		return false;
	spin_lock(&addr_lock);
	g = find_group(i, group);
	found = g && g->nr;
	spin_unlock(&addr_lock);
	return found;
}

/* ---- choice of a source address ---- */

/* Scopes in the order of RFC 4007: a larger number reaches further. */
static u32 reach(struct ip_addr a, u32 scope)
{
	if (ip_is_loopback(a) || scope == SCOPE_HOST)
		return 1;
	if (ip_is_link_local(a) || scope == SCOPE_LINK)
		return 2;
	return 14;
}

static u32 bits_in_common(struct ip_addr a, struct ip_addr b)
{
	u64 x = a.hi ^ b.hi;

	if (x)
		return 63 - bit_highest(x);
	x = a.lo ^ b.lo;
	return x ? 127 - bit_highest(x) : 128;
}

/*
 * How well an address suits as the source for @to, the rules of RFC 6724, section 5 from the first
 * on, as digits of a number: 1 the same address, 2 scope, 3 not deprecated, 8 the longest prefix.
 * Of equal ones the first wins with IPv4: the primary address of the prefix; with IPv6 the last, as on
 * Linux.
 */
static u64 suitability(const struct inet_addr *a, struct ip_addr to)
{
	u32 have = reach(a->addr, a->scope), want = reach(to, SCOPE_UNIVERSE);
	u64 score = 0;

	if (ip_is4(a->addr) != ip_is4(to) || (a->flags & ADDR_TENTATIVE))
		return 0;
	score = ip_equal(a->addr, to);
	score = score << 8 | (have >= want ? 32 - have : have);
	score = score << 1 | !(a->flags & ADDR_DEPRECATED);
	score = score << 8 | min(bits_in_common(a->addr, to), a->bits);
	return score << 1 | 1;
}

static void best_of(const struct netdev *d, struct ip_addr to, struct ip_addr *const best,
	u64 *const score)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a;
	u64 s;

	if (!i)
		return;
	spin_lock(&addr_lock);
	list_for_each(a, &i->addrs, link) {
		s = suitability(a, to);
		if (s > *score || (s && s == *score && !ip_is4(to))) {
			*score = s;
			*best = a->addr;
		}
	}
	spin_unlock(&addr_lock);
}

/* The device's own addresses first; if it has none, those of the others (unnumbered links). */
struct ip_addr addr_select(const struct route *r, struct ip_addr to)
{
	struct ip_addr best = { 0 };
	struct netdev *d;
	u64 score = 0;
	u32 index = 0;

	if (r->dev)
		best_of(r->dev, ip_is4(to) && !ip_is_zero(r->gateway) ? r->gateway : to, &best,
			&score);
	while (!score && (d = netdev_next(index)) != NULL) {
		index = d->index;
		if (load_once(d->flags) & IFF_UP && !(d->flags & IFF_LOOPBACK))
			best_of(d, to, &best, &score);
		obj_put(&d);
	}
	return best;
}

struct ip_addr addr_on_link_for(struct netdev *d, struct ip_addr to)
{
	struct ip_addr best = { 0 };
	u64 score = 0;

	best_of(d, to, &best, &score);
	return best;
}

/* ---- devices come and go ---- */

static void dev_new(struct netdev *d)
{
	struct inet_dev *i = obj_new(inet_dev);

	if (!i)
		return;
	i->link4 = make_route(d, ROUTE_TABLE_LOCAL, ROUTE_MULTICAST, ip4_addr(0), IP4_BITS,
		(struct ip_addr){ 0 });
	i->all4 = make_route(d, ROUTE_TABLE_LOCAL, ROUTE_BROADCAST, ip4_addr(0), IP4_BITS,
		(struct ip_addr){ 0 });
	i->link6 = make_route(d, ROUTE_TABLE_LOCAL, ROUTE_MULTICAST, (struct ip_addr){ 0 }, 0,
		(struct ip_addr){ 0 });
	i->on_link4 = make_route(d, ROUTE_TABLE_MAIN, ROUTE_UNICAST, ip4_addr(0), IP4_BITS,
		(struct ip_addr){ 0 });
	store_release(d->inet, &i->obj);
	set_link_group(d, ip4_addr(0xe0000001), true);
	set_link_group(d, ND_ALL_NODES, true);
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
	a->bits = 128;
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
		set_routes(d, a, true);
	if (d->flags & IFF_LOOPBACK)
		loopback_up(d);
	autoconf_up(d);
	mcast_up(d);
	route_changed();
}

static void dev_down(struct netdev *d)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_group *g, *after;
	struct inet_addr *a, *next;
	int err;

	route_flush_dev(d, false);
	autoconf_down(d);
	if (!i)
		return;
	list_for_each_safe(g, after, &i->groups, link) {
		if (!g->nr)
			addr_forget_group(d, g);
	}
	list_for_each_safe(a, next, &i->addrs, link) {
		if (!ip_is4(a->addr)) {
			err = addr_remove(d, a->addr);
			(void)err;
		}
	}
	route_changed();
}

static void dev_gone(struct netdev *d)
{
	struct inet_addr *a;
	int err;

	dev_down(d);
	while ((a = addr_nth(d, 0)) != NULL) {
		err = addr_remove(d, a->addr);
		(void)err;
		obj_put(&a);
	}
	route_flush_dev(d, true);
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
	case NET_DEV_GONE:
		dev_gone(d);
		break;
	default:
		break;
	}
}
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
	if (!route_init())
		kernel_panic("no memory for routes");
	net_watcher_register(&addr_watcher);
}
