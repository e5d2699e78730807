// SPDX-License-Identifier: MPL-2.0
/*
 * Addresses of interfaces: the list of each device. It is changed under net_config, and under
 * addr_lock, which is this file's, so that who has only the lock can read it.
 *
 * What an address brings is in other files: routes (addr_route.c), groups and the check for
 * duplicates (autoconf.c). addr_add and addr_remove call them in an order in which nobody sees half
 * an address: it is on the list before its routes exist, and they are gone before it leaves. An
 * IPv6 address on Ethernet is tentative at first and has no local route, so packets to it find
 * nobody, and no source is chosen from it.
 *
 * A device has ADDR_MAX addresses at most, so walks of the list with addr_lock held are short.
 */
#include <frame/sync.h>
#include <uapi/if.h>

#include "nd.h"

struct spinlock addr_lock;

OBJ_TYPE(inet_addr, NULL_RELEASE);

/* The address on the list of the device; NULL: it has none such. Under addr_lock or net_config. */
static struct inet_addr *addr_find(const struct inet_dev *i, struct ip_addr addr)
{
	struct inet_addr *a;

	list_for_each(a, &i->addrs, link) {
		if (ip_equal(a->addr, addr))
			return a;
	}
	return NULL;
}

/* As in the scopes of groups (RFC 4291, 2.7): of the link, of the site, or of the world. */
static u32 scope_of6(struct ip_addr a)
{
	if (ip_is_link_local(a) || ip_is_loopback(a))
		return 2;
	return a.hi >> 54 == 0x3fb ? 5 : 14;
}

/* IPv4: the primary address of a prefix comes first. IPv6: wide scopes and new ones, as on Linux. */
static void enter_in_order(struct inet_dev *i, struct inet_addr *a)
{
	struct inet_addr *at = NULL;

	if (!ip_is4(a->addr)) {
		list_for_each(at, &i->addrs, link) {
			if (!ip_is4(at->addr) && scope_of6(at->addr) <= scope_of6(a->addr))
				break;
		}
	}
	if (at)
		list_insert_before(&i->addrs, at, a, link);
	else
		list_push_back(&i->addrs, a, link);
}

/*
 * autoconf_added may mark the address as tentative, so it comes before the routes, which a
 * tentative address must not have. Netlink is told before the routes follow.
 */
int addr_add(struct netdev *d, const struct inet_addr *from)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a;

	if (!i)
		return -ENODEV;
	if (from->bits > 128 || (ip_is4(from->addr) && from->bits < IP4_BITS))
		return -EINVAL;
	if (d->no_ip6 && !ip_is4(from->addr) && !(d->flags & IFF_LOOPBACK))
		return -EACCES;
	if (addr_find(i, from->addr))
		return -EEXIST;
	if (i->nr_addrs >= ADDR_MAX)
		return -ENOBUFS;
	a = obj_new(inet_addr);
	if (!a)
		return -ENOMEM;
	a->addr = from->addr;
	a->broadcast = from->broadcast;
	a->peer = from->peer;
	span_copy(span_of(a->label), cspan_of(from->label));
	a->bits = from->bits;
	a->scope = from->scope;
	a->proto = from->proto;
	a->flags = from->flags;
	a->metric = from->metric;
	a->valid_until_ns = from->valid_until_ns;
	a->preferred_until_ns = from->preferred_until_ns;
	spin_lock(&addr_lock);
	enter_in_order(i, a);
	i->nr_addrs++;
	spin_unlock(&addr_lock);
	autoconf_added(d, a);
	/* A tentative one that the kernel has made is told of when it can be used, as on Linux. */
	if (!(load_once(a->flags) & ADDR_TENTATIVE) ||
		(a->proto != ADDR_BY_ROUTER && a->proto != ADDR_BY_LINK))
		inet_tell_address(d, a, false);
	if (d->flags & IFF_UP)
		addr_set_routes(d, a, true);
	route_changed();
	return 0;
}

/* Without an address of IPv4 a device has no routes of IPv4, not even those by gateways. */
static void flush_without_address4(struct netdev *d, const struct inet_dev *i)
{
	struct inet_addr *a;

	list_for_each(a, &i->addrs, link) {
		if (ip_is4(a->addr))
			return;
	}
	addr_flush_routes(d, true);
}

/*
 * Two addresses may have a route in common, such as that of their prefix. It goes with the first of
 * them that goes, and is put back for the others; between the two a packet may find no route.
 */
int addr_remove(struct netdev *d, struct ip_addr addr)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a = i ? addr_find(i, addr) : NULL, *other;

	if (!a)
		return -EADDRNOTAVAIL;
	inet_tell_address(d, a, true);
	addr_set_routes(d, a, false);
	autoconf_removed(d, a);
	spin_lock(&addr_lock);
	list_remove(&i->addrs, a, link);
	i->nr_addrs--;
	spin_unlock(&addr_lock);
	/* Routes that follow from others, too, are put back. */
	list_for_each(other, &i->addrs, link) {
		if ((d->flags & IFF_UP) && addr_shares_routes(a, other))
			addr_set_routes(d, other, true);
	}
	if (ip_is4(a->addr))
		flush_without_address4(d, i);
	obj_put(&a);
	route_changed();
	return 0;
}

/* What a renewal may change. */
#define RENEWED (ADDR_PERMANENT | ADDR_DEPRECATED | ADDR_NODAD | ADDR_NOPREFIX)

/*
 * As by `ip address change`: times and flags, not the prefix. Nobody who uses the address notices.
 * Of IPv4 fewer flags can change, as on Linux.
 */
void addr_renew(struct netdev *d, struct inet_addr *a, const struct inet_addr *like)
{
	bool prefix = !(load_once(a->flags) & ADDR_NOPREFIX);
	u32 changed = ip_is4(a->addr) ? ADDR_PERMANENT | ADDR_DEPRECATED : RENEWED;

	if (prefix && (like->flags & changed & ADDR_NOPREFIX))
		addr_set_prefix_routes(d, a, false);
	a->valid_until_ns = like->valid_until_ns;
	a->preferred_until_ns = like->preferred_until_ns;
	if (!ip_is4(a->addr))
		a->proto = like->proto;
	addr_set_flags(a, like->flags & changed, changed);
	if (!prefix && !(load_once(a->flags) & ADDR_NOPREFIX) && (d->flags & IFF_UP))
		addr_set_prefix_routes(d, a, true);
	autoconf_kick();
	if (ip_is4(a->addr) || !(load_once(a->flags) & ADDR_TENTATIVE))
		inet_tell_address(d, a, false);
	route_changed();
}

struct inet_addr *addr_get(const struct inet_dev *i, struct ip_addr addr)
{
	struct inet_addr *a = addr_find(i, addr);

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
	a = addr_find(i, addr);
	if (a)
		*flags = a->flags;
	spin_unlock(&addr_lock);
	return a != NULL;
}

/*
 * False: the address is gone, or is in use already. Then a conflict that a packet reports comes too
 * late and changes nothing: a stranger cannot take away an address that passed the check.
 */
bool addr_mark(const struct netdev *d, struct ip_addr addr, u32 bits)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a;

	if (!i)
		return false;
	spin_lock(&addr_lock);
	a = addr_find(i, addr);
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

/*
 * The check for duplicates has found nobody. Groups are reported only now: a report of MLD needs a
 * link-local source.
 */
void addr_usable(struct netdev *d, struct inet_addr *a)
{
	addr_set_flags(a, 0, ADDR_TENTATIVE);
	inet_tell_address(d, a, false);
	addr_set_routes(d, a, true);
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
	found = addr_find(i, addr) != NULL;
	spin_unlock(&addr_lock);
	return found;
}

u32 addr_find_device(struct ip_addr a)
{
	struct netdev *d;
	u32 index = 0, found = route_local_device(a);

	/* A device that was never up has no routes. */
	while (!found && (d = netdev_next(index)) != NULL) {
		index = d->index;
		if (addr_on_device(d, a))
			found = index;
		obj_put(&d);
	}
	return found;
}

/*
 * For walks that sleep between two addresses. While @last is on the list, the walk goes on behind
 * it; if it was removed, its number @n is the next best place.
 */
struct inet_addr *addr_after(struct netdev *d, const struct inet_addr *last, u32 n)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a;

	if (!i)
		return NULL;
	spin_lock(&addr_lock);
	if (last && list_is_linked(&i->addrs, last, link)) {
		a = list_next(last, link);
	} else {
		a = list_first(&i->addrs);
		while (a && n--)
			a = list_next(a, link);
	}
	if (a)
		(void)obj_get(a);
	spin_unlock(&addr_lock);
	return a;
}
