// SPDX-License-Identifier: MPL-2.0
/*
 * Parameters of IPv4 and IPv6 for each device, for all, and for those that come later
 * (/proc/sys/net/ipv4/conf, ipv6/conf; ip-sysctl of Linux's documentation).
 *
 * A device gets a copy of the defaults when it is made. What is set for all means: for
 * disable_ipv6, each device and the defaults are set; for accept_dad and rp_filter, the larger of
 * both numbers counts; else nothing, as on Linux.
 *
 * Writers hold net_config. Readers take no lock: each number is a word. What each packet asks for
 * (no_ip6, hops6, rp_filter) is kept in the struct netdev.
 */
#include <kernel/knobs.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "nd.h"

#define MOST 0x7fffffff

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
	[CONF6_HOP_LIMIT] = { 1, 255, IP_DEFAULT_TTL },
	[CONF6_MAX_ADDRESSES] = { -MOST - 1, MOST, 16 },
	[CONF6_MTU] = { 1280, MOST, 1280 },
};

struct conf6_set {
	s32 v[NR_CONF6];
};
static struct conf6_set common[2]; /* CONF_ALL, CONF_DEFAULT */
u32 conf4_rp_common[2];

s32 conf6_of(const struct inet_dev *i, enum conf6 c)
{
	return load_once(*array_at(i->conf6, c));
}

bool conf6_dad(const struct inet_dev *i)
{
	return conf6_get(CONF_ALL, NULL, CONF6_ACCEPT_DAD) > 0 || conf6_of(i, CONF6_ACCEPT_DAD) > 0;
}

void conf_new(struct netdev *d, struct inet_dev *i)
{
	u32 c;

	for (c = 0; c < NR_CONF6; c++)
		*array_at(i->conf6, c) = *array_at(common[CONF_DEFAULT].v, c);
	if (d->flags & (IFF_NOARP | IFF_LOOPBACK))
		i->conf6[CONF6_ACCEPT_DAD] = -1;
	d->no_ip6 = i->conf6[CONF6_DISABLE] != 0;
	d->hops6 = (u8)i->conf6[CONF6_HOP_LIMIT];
	d->rp_filter = (u8)conf4_rp_common[CONF_DEFAULT];
}

/* ---- for /proc ---- */

s32 conf6_get(enum conf_place place, const struct netdev *d, enum conf6 c)
{
	const struct inet_dev *i = place == CONF_DEVICE ? addr_inet(d) : NULL;

	if (place != CONF_DEVICE)
		return load_once(*array_at(array_at(common, place)->v, c));
	if (!i)
		return 0;
	return c == CONF6_MTU ? (s32)addr_mtu6(d) : conf6_of(i, c);
}

/* Sets a number of a device, and does what follows from it. */
static void set_device(struct netdev *d, enum conf6 c, s32 v)
{
	struct inet_dev *i = addr_inet(d);

	if (!i)
		return;
	store_once(*array_at(i->conf6, c), v);
	if (c == CONF6_HOP_LIMIT)
		store_once(d->hops6, (u8)v);
	else if (c == CONF6_MTU)
		store_once(i->mtu6, (u32)v);
	else if (c == CONF6_DISABLE && d->no_ip6 != (v != 0))
		addr_enable6(d, !v);
	route_changed();
}

static void set_all_disable(s32 v)
{
	struct netdev *d;
	u32 index = 0;

	store_once(*array_at(array_at(common, CONF_DEFAULT)->v, CONF6_DISABLE), v);
	while ((d = netdev_next(index)) != NULL) {
		index = d->index;
		if (!d->gone)
			set_device(d, CONF6_DISABLE, v);
		obj_put(&d);
	}
}

int conf6_set(enum conf_place place, struct netdev *d, enum conf6 c, s64 v)
{
	s64 most = range[c].most;

	if (c == CONF6_MTU && place == CONF_DEVICE)
		most = d->mtu;
	if (v < range[c].least || v > most)
		return -EINVAL;
	if (place == CONF_DEVICE) {
		set_device(d, c, (s32)v);
		return 0;
	}
	store_once(*array_at(array_at(common, place)->v, c), (s32)v);
	if (place == CONF_ALL && c == CONF6_DISABLE)
		set_all_disable((s32)v);
	return 0;
}

u32 conf4_rp_get(enum conf_place place, const struct netdev *d)
{
	return place == CONF_DEVICE ? load_once(d->rp_filter)
				    : load_once(*array_at(conf4_rp_common, place));
}

int conf4_rp_set(enum conf_place place, struct netdev *d, s64 v)
{
	if (v < 0 || v > 2)
		return -EINVAL;
	if (place == CONF_DEVICE)
		store_once(d->rp_filter, (u8)v);
	else
		store_once(*array_at(conf4_rp_common, place), (u32)v);
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
}
