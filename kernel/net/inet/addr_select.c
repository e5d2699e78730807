// SPDX-License-Identifier: MPL-2.0
/*
 * The choice of a source address among those of the interfaces (RFC 6724, section 5). Takes
 * addr_lock (addr.c), for one device at a time.
 *
 * There are no temporary addresses, no home addresses and no policy table here, so rules 4, 6 and 7
 * decide nothing; rule 5, the outgoing device, is what addr_select begins with.
 */
#include <frame/sync.h>
#include <uapi/if.h>

#include "addr.h"

/*
 * Scopes in the order of RFC 4007: a larger number reaches further. The numbers are those of
 * multicast scopes, in which a smaller one is contained in a larger one.
 */
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
 * Of equal ones the first wins: with IPv4 the primary address of the prefix, with IPv6 the newest.
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
		if (s > *score) {
			*score = s;
			*best = a->addr;
		}
	}
	spin_unlock(&addr_lock);
}

/*
 * The device's own addresses first; if it has none, those of the others (unnumbered links), but not
 * to what is on the device's link alone (RFC 6724, 4).
 */
struct ip_addr addr_select(const struct route *r, struct ip_addr to)
{
	bool own_only = !ip_is4(to) && (ip_is_link_local(to) || ip_is_multicast(to));
	struct ip_addr best = { 0 };
	struct netdev *d;
	u64 score = 0;
	u32 index = 0;

	if (r->device)
		best_of(r->device, ip_is4(to) && !ip_is_zero(r->gateway) ? r->gateway : to, &best,
			&score);
	while (!own_only && !score && (d = netdev_next(index)) != NULL) {
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
