// SPDX-License-Identifier: MPL-2.0
/*
 * Parameters of IPv4 and IPv6 for each device, for all, and for those that come later
 * (/proc/sys/net/ipv4/conf, ipv6/conf; ip-sysctl of Linux's documentation).
 *
 * A device gets a copy of the defaults when it is made. What is set for all means: for
 * disable_ipv6 and both kinds of forwarding, each device and the defaults are set; for accept_dad and
 * rp_filter, the larger of both numbers counts; for send_redirects, either; else nothing, as on
 * Linux.
 *
 * A device that forwards IPv6 is a router's: it joins the groups of all routers, its advertisements
 * as a neighbour say so, and it believes no other router unless accept_ra is 2 (RFC 4861, 6.2.2).
 * Whether a packet of IPv6 is forwarded is decided by the number for all; of IPv4 by that of the
 * device that brought the packet.
 *
 * Writers hold net_config. Readers take no lock: each number is a word. What each packet asks for
 * (no_ip6, hops6, rp_filter) is kept in the struct netdev.
 */
#include <frame/task.h>
#include <kernel/knobs.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "nd.h"

#define MOST 0x7fffffff

/* Most bounds are none: Linux stores any int. */
static const struct {
	s32 least, most, first;
} range[NR_CONF6] = {
	[CONF6_ACCEPT_DAD] = { -MOST - 1, MOST, 1 },
	[CONF6_ACCEPT_RA] = { -MOST - 1, MOST, 1 },
	[CONF6_ACCEPT_RA_DEFRTR] = { -MOST - 1, MOST, 1 },
	[CONF6_ACCEPT_RA_MTU] = { -MOST - 1, MOST, 1 },
	[CONF6_ACCEPT_RA_PINFO] = { -MOST - 1, MOST, 1 },
	[CONF6_AUTOCONF] = { -MOST - 1, MOST, 1 },
	[CONF6_DAD_TRANSMITS] = { -MOST - 1, MOST, 1 },
	[CONF6_DISABLE] = { -MOST - 1, MOST, 0 },
	[CONF6_FORWARDING] = { -MOST - 1, MOST, 0 },
	[CONF6_HOP_LIMIT] = { 1, 255, IP_DEFAULT_TTL },
	[CONF6_MAX_ADDRESSES] = { -MOST - 1, MOST, 16 },
	[CONF6_MTU] = { 1280, MOST, 1280 },
};

struct conf6_set {
	s32 v[NR_CONF6];
};
static struct conf6_set common[2]; /* CONF_ALL, CONF_DEFAULT */
struct conf4_set {
	s32 v[NR_CONF4];
};
static struct conf4_set common4[2]; /* CONF_ALL, CONF_DEFAULT */
u32 conf4_rp_all;

s32 conf6_of(const struct inet_dev *i, enum conf6 c)
{
	return load_once(*array_at(i->conf6, c));
}

/* Either can turn it on. */
bool conf6_dad(const struct inet_dev *i)
{
	return conf6_get(CONF_ALL, NULL, CONF6_ACCEPT_DAD) > 0 || conf6_of(i, CONF6_ACCEPT_DAD) > 0;
}

bool conf6_accepts_ra(const struct inet_dev *i)
{
	s32 accept = conf6_of(i, CONF6_ACCEPT_RA);

	return conf6_of(i, CONF6_FORWARDING) ? accept == 2 : accept != 0;
}

/* Of IPv6 the number for all decides for each packet; those of devices say who is a router. */
bool conf6_forwards(void)
{
	return conf6_get(CONF_ALL, NULL, CONF6_FORWARDING) != 0;
}

bool conf4_forwards(const struct netdev *d)
{
	return conf4_get(CONF_DEVICE, d, CONF4_FORWARDING) != 0;
}

bool conf4_either(const struct netdev *d, enum conf4 c)
{
	return conf4_get(CONF_ALL, NULL, c) || conf4_get(CONF_DEVICE, d, c);
}

/* Before the device is registered: no packet and no other reader meanwhile. */
void conf_new(struct netdev *d, struct inet_dev *i)
{
	u32 c;

	for (c = 0; c < NR_CONF4; c++)
		*array_at(i->conf4, c) = *array_at(common4[CONF_DEFAULT].v, c);
	for (c = 0; c < NR_CONF6; c++)
		*array_at(i->conf6, c) = *array_at(common[CONF_DEFAULT].v, c);
	if (d->flags & (IFF_NOARP | IFF_LOOPBACK))
		i->conf6[CONF6_ACCEPT_DAD] = -1;
	d->no_ip6 = i->conf6[CONF6_DISABLE] != 0;
	d->hops6 = (u8)i->conf6[CONF6_HOP_LIMIT];
	d->rp_filter = (u8)i->conf4[CONF4_RP_FILTER];
}

/* ---- for /proc ---- */

/* The MTU of a device is that of now, which a router may have lowered. */
s32 conf6_get(enum conf_place place, const struct netdev *d, enum conf6 c)
{
	const struct inet_dev *i = place == CONF_DEVICE ? addr_inet(d) : NULL;

	if (place != CONF_DEVICE)
		return load_once(*array_at(array_at(common, place)->v, c));
	if (!i)
		return 0;
	return c == CONF6_MTU ? (s32)addr_mtu6(d) : conf6_of(i, c);
}

/* The groups of all routers: of this machine, of the link, of the site (RFC 4291, 2.7.1). */
#define ROUTER_SCOPES 3u
static const u64 router_groups[ROUTER_SCOPES] = { 0xff01ul << 48, 0xff02ul << 48, 0xff05ul << 48 };

void conf6_join_routers(struct netdev *d, bool on)
{
	struct inet_dev *i = addr_inet(d);
	struct ip_addr group = { .lo = 2 };
	u32 n;

	/* Only what was joined is left: the rest may be a socket's. */
	for (n = 0; i && n < ROUTER_SCOPES; n++) {
		group.hi = *array_at(router_groups, n);
		if (!on && (i->router_groups & 1u << n))
			addr_leave(d, group);
		else if (on && !(i->router_groups & 1u << n) && (d->flags & IFF_MULTICAST) &&
			!addr_join(d, group, true))
			i->router_groups |= (u8)(1u << n);
	}
	if (i && !on)
		i->router_groups = 0;
}

/*
 * Default routes that routers have told; those of devices with accept_ra 2 stay. A machine that
 * begins to forward is a router, and believes no other one.
 */
static void drop_told_routers(void)
{
	struct route *r = route_next(NULL), *next;
	int err = 0;

	while (r) {
		next = route_next(r);
		if (r->protocol == ROUTE_BY_RA && !r->bits && r->device && addr_inet(r->device) &&
			!conf6_accepts_ra(addr_inet(r->device)))
			err = route_remove(r);
		obj_put(&r);
		r = next;
		task_cond_resched();
	}
	(void)err; /* it is there */
}

/* Sets a number of a device, and does what follows from it. */
static void set_device(struct netdev *d, enum conf6 c, s32 v)
{
	struct inet_dev *i = addr_inet(d);
	s32 old;

	if (!i)
		return;
	old = conf6_of(i, c);
	store_once(*array_at(i->conf6, c), v);
	if (c == CONF6_FORWARDING && !old != !v)
		conf6_join_routers(d, v);
	if (c == CONF6_HOP_LIMIT)
		store_once(d->hops6, (u8)v);
	else if (c == CONF6_MTU)
		store_once(i->mtu6, (u32)v);
	else if (c == CONF6_DISABLE && d->no_ip6 != (v != 0))
		addr_enable6(d, !v);
	route_changed();
}

/* What is set for all is set for each device, and for those that come later. */
static void set_all(enum conf6 c, s32 v)
{
	struct netdev *d;
	u32 index = 0;

	store_once(*array_at(array_at(common, CONF_DEFAULT)->v, c), v);
	while ((d = netdev_next(index)) != NULL) {
		index = d->index;
		if (!d->gone)
			set_device(d, c, v);
		obj_put(&d);
	}
}

/*
 * @place and @v come from /proc/sys; the caller holds net_config. Linux stores any number for most
 * parameters, so the bounds are wide, and readers compare with 0.
 */
int conf6_set(enum conf_place place, struct netdev *d, enum conf6 c, s64 v)
{
	s64 most = range[c].most;
	bool begins = v && !conf6_get(place, d, c);

	if (c == CONF6_MTU && place == CONF_DEVICE)
		most = d->mtu;
	if (v < range[c].least || v > most)
		return -EINVAL;
	if (place == CONF_DEVICE)
		set_device(d, c, (s32)v);
	else
		store_once(*array_at(array_at(common, place)->v, c), (s32)v);
	if (place == CONF_ALL && (c == CONF6_DISABLE || c == CONF6_FORWARDING))
		set_all(c, (s32)v);
	if (place != CONF_DEFAULT && c == CONF6_FORWARDING && begins)
		drop_told_routers();
	return 0;
}

s32 conf4_get(enum conf_place place, const struct netdev *d, enum conf4 c)
{
	const struct inet_dev *i = place == CONF_DEVICE ? addr_inet(d) : NULL;

	if (place != CONF_DEVICE)
		return load_once(*array_at(array_at(common4, place)->v, c));
	return i ? load_once(*array_at(i->conf4, c)) : 0;
}

static void set_device4(struct netdev *d, enum conf4 c, s32 v)
{
	struct inet_dev *i = addr_inet(d);

	if (!i)
		return;
	store_once(*array_at(i->conf4, c), v);
	if (c == CONF4_RP_FILTER)
		store_once(d->rp_filter, (u8)v);
}

static void set_all_forwarding4(s32 v)
{
	struct netdev *d;
	u32 index = 0;

	store_once(*array_at(array_at(common4, CONF_DEFAULT)->v, CONF4_FORWARDING), v);
	while ((d = netdev_next(index)) != NULL) {
		index = d->index;
		if (!d->gone)
			set_device4(d, CONF4_FORWARDING, v);
		obj_put(&d);
	}
}

int conf4_set(enum conf_place place, struct netdev *d, enum conf4 c, s64 v)
{
	if (v < -(s64)MOST - 1 || v > MOST || (c == CONF4_RP_FILTER && (v < 0 || v > 2)))
		return -EINVAL;
	if (place == CONF_DEVICE)
		set_device4(d, c, (s32)v);
	else
		store_once(*array_at(array_at(common4, place)->v, c), (s32)v);
	if (place == CONF_ALL && c == CONF4_FORWARDING)
		set_all_forwarding4((s32)v);
	if (place == CONF_ALL && c == CONF4_RP_FILTER)
		store_once(conf4_rp_all, (u32)v);
	route_changed();
	return 0;
}

void conf_init(void)
{
	u32 c;

	for (c = 0; c < NR_CONF6; c++) {
		*array_at(common[CONF_ALL].v, c) = array_at(range, c)->first;
		*array_at(common[CONF_DEFAULT].v, c) = array_at(range, c)->first;
	}
	common[CONF_ALL].v[CONF6_ACCEPT_DAD] = 0;
	common4[CONF_ALL].v[CONF4_SEND_REDIRECTS] = 1;
	common4[CONF_DEFAULT].v[CONF4_SEND_REDIRECTS] = 1;
}
