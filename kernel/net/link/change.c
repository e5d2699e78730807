// SPDX-License-Identifier: MPL-2.0
/*
 * Changes of network devices: up and down, flags, MTU, link address, carrier, and the multicast
 * addresses of the link. The caller holds net_config (device.c); netdev_set_carrier takes it.
 *
 * Each function changes the device, lets the driver follow, and tells (netdev_tell): routes, VLANs,
 * bridges and netlink do the rest. The words that packets read (flags, mtu, carrier) are stored
 * once each; a packet sees the old or the new one.
 */
#include <uapi/errno.h>
#include <uapi/if.h>

#include "link.h"

static void link_group_release(struct link_group *g)
{
	(void)g;
}
OBJ_TYPE(link_group, link_group_release);

/*
 * First nobody sends any more (flags), then routes and addresses go (the event), then the driver
 * stops, and at last the packets that wait for it are dropped: a packet that slipped in before the
 * flag changed is among them.
 */
void netdev_bring_down(struct netdev *d, u32 flags)
{
	store_once(d->flags, flags);
	netdev_tell(d, NET_DEV_DOWN);
	if (d->ops->stop)
		d->ops->stop(d);
	netdev_drop_waiting(d);
}

/* Up: the driver opens first and may refuse; then the device is up. Down cannot fail. */
int netdev_set_flags(struct netdev *d, u32 flags, u32 mask)
{
	u32 old = d->flags, now = (old & ~mask) | (flags & mask);
	u32 on = now & ~old, off = old & ~now;
	int err = 0;

	if (off & IFF_UP) {
		netdev_bring_down(d, now);
		return 0;
	}
	if ((on & IFF_UP) && d->ops->open)
		err = d->ops->open(d);
	if (err)
		return err;
	store_once(d->flags, now);
	if ((on | off) & (IFF_PROMISC | IFF_ALLMULTI | IFF_UP) && d->ops->set_rx_mode)
		d->ops->set_rx_mode(d);
	if (on | off)
		netdev_tell(d, on & IFF_UP ? NET_DEV_UP : NET_DEV_CHANGED);
	return 0;
}

/* The driver looks at the count; the flag is the user's own wish (if(4), IFF_PROMISC). */
static void count_mode(struct netdev *d, u32 *const n, bool on)
{
	u32 old = *n;

	*n = on ? old + 1 : old ? old - 1 : 0;
	/* A device that is gone has told so, and tells nothing after that. */
	if (!old == !*n || d->gone)
		return;
	if (d->ops->set_rx_mode && (d->flags & IFF_UP))
		d->ops->set_rx_mode(d);
	netdev_tell(d, NET_DEV_CHANGED);
}

int netdev_set_promiscuous(struct netdev *d, bool on)
{
	count_mode(d, &d->promiscuous, on);
	return 0;
}

int netdev_set_allmulti(struct netdev *d, bool on)
{
	count_mode(d, &d->allmulti, on);
	return 0;
}

#define MTU_MAX 0x7fffffffu /* programs see it as a signed number */

bool netdev_mtu_fits(const struct netdev *d, u32 mtu)
{
	return mtu >= d->min_mtu && mtu <= min(d->max_mtu ? d->max_mtu : MTU_MAX, MTU_MAX);
}

/*
 * The driver may refuse (set_mtu). Routes without an MTU of their own follow the device's with the
 * next packet.
 */
int netdev_set_mtu(struct netdev *d, u32 mtu)
{
	int err = 0;

	if (!netdev_mtu_fits(d, mtu))
		return -EINVAL;
	if (d->ops->set_mtu)
		err = d->ops->set_mtu(d, mtu);
	if (err)
		return err;
	store_once(d->mtu, mtu);
	netdev_tell(d, NET_DEV_CHANGED);
	return 0;
}

/* The driver cuts packets of either kind as they come, whatever the features say by then. */
int netdev_set_features(struct netdev *d, u32 on, u32 mask)
{
	u32 features = (d->features & ~mask) | (on & mask);

	if (mask & ~d->changeable)
		return -EOPNOTSUPP;
	if (d->gone || features == d->features)
		return 0;
	store_once(d->features, features);
	netdev_tell(d, NET_DEV_CHANGED);
	return 0;
}

int netdev_set_address(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX])
{
	int err = d->ops->set_address ? d->ops->set_address(d, address) : -EOPNOTSUPP;

	if (err)
		return err;
	span_copy(span_first(span_of(d->address), d->address_len), cspan_of(*address));
	d->address_origin = NETDEV_ADDR_SET;
	netdev_tell(d, NET_DEV_CHANGED);
	return 0;
}

static bool oper_is_held(u32 state)
{
	return state == IF_OPER_DORMANT || state == IF_OPER_TESTING;
}

/* The state of a device whose carrier comes; 0: it is ready. */
static u8 oper_of_mode(u8 mode)
{
	if (mode == IF_LINK_MODE_DORMANT)
		return IF_OPER_DORMANT;
	return mode == IF_LINK_MODE_TESTING ? IF_OPER_TESTING : 0;
}

/* A device that is gone tells nobody any more. */
void netdev_set_carrier_held(struct netdev *d, bool on)
{
	if (d->carrier == on || d->gone)
		return;
	store_once(d->carrier, on);
	if (on)
		store_once(d->carrier_ups, d->carrier_ups + 1);
	else
		store_once(d->carrier_downs, d->carrier_downs + 1);
	d->carrier_told = true;
	/* A carrier that comes, or one that goes, is the state again; the mode may hold it back. */
	store_once(d->oper, on ? oper_of_mode(d->link_mode) : 0);
	netdev_tell(d, NET_DEV_CHANGED);
}

void netdev_set_operstate(struct netdev *d, u32 wanted)
{
	u32 now = d->oper ? d->oper : d->carrier_told ? IF_OPER_UP : IF_OPER_UNKNOWN;
	bool ready = now == IF_OPER_UP || now == IF_OPER_UNKNOWN;

	if (!d->carrier || now == wanted)
		return;
	if (wanted != IF_OPER_UP && !(ready && oper_is_held(wanted)))
		return;
	store_once(d->oper, (u8)wanted);
	netdev_state_changed(d);
}

void netdev_set_link_mode(struct netdev *d, u8 mode)
{
	store_once(d->link_mode, mode);
	netdev_state_changed(d);
}

void netdev_set_carrier(struct netdev *d, bool on)
{
	mutex_lock(&net_config);
	netdev_set_carrier_held(d, on);
	mutex_unlock(&net_config);
}

/* Only tap devices have a carrier that administrators can set, as on Linux (ndo_change_carrier). */
int netdev_change_carrier(struct netdev *d, bool on)
{
	struct tap_info t;

	if (!tap_get_info(d, &t))
		return -EOPNOTSUPP;
	if (!(d->flags & IFF_UP))
		return -EINVAL;
	netdev_set_carrier_held(d, on);
	return 0;
}

void netdev_set_txqueuelen(struct netdev *d, u32 len)
{
	if (d->txqueuelen == len)
		return;
	store_once(d->txqueuelen, len);
	netdev_tell(d, NET_DEV_CHANGED);
}

/* As on Linux, devices that are down tell nothing of what means nothing for packets. */
void netdev_state_changed(struct netdev *d)
{
	if (d->flags & IFF_UP)
		netdev_tell(d, NET_DEV_CHANGED);
}

void netdev_set_group(struct netdev *d, u32 group)
{
	store_once(d->group, group);
	netdev_state_changed(d);
}

static struct link_group *link_group_find(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX])
{
	struct link_group *g;

	list_for_each(g, &d->groups, link) {
		if (cspan_equal(cspan_of(g->address), cspan_of(*address)))
			return g;
	}
	return NULL;
}

/*
 * net_config held. Addresses are counted, since several groups of internet protocols share one, and
 * packet sockets join too. The driver looks at the whole list (set_rx_mode).
 */
int netdev_join(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX])
{
	struct link_group *g = link_group_find(d, address);

	if (!g) {
		g = obj_new(link_group);
		if (!g)
			return -ENOMEM;
		span_copy(span_of(g->address), cspan_of(*address));
		list_push_back(&d->groups, g, link);
		if (d->ops->set_rx_mode && (d->flags & IFF_UP))
			d->ops->set_rx_mode(d);
	}
	g->nr++;
	return 0;
}

void netdev_leave(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX])
{
	struct link_group *g = link_group_find(d, address);

	if (!g || --g->nr)
		return;
	list_remove(&d->groups, g, link);
	obj_put(&g);
	if (d->ops->set_rx_mode && (d->flags & IFF_UP))
		d->ops->set_rx_mode(d);
}
