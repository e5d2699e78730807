// SPDX-License-Identifier: MPL-2.0
/* What stands above a device (above.h): the way of a packet upwards, and that of changes. */
#include <frame/cpu.h>
#include <frame/errno.h>
#include <uapi/if.h>

#include "above.h"

OBJ_TYPE(above, NULL_RELEASE);

struct above *above_of(const struct netdev *d)
{
	struct obj *o = load_acquire(d->upper);

	return o ? obj_cast(above, o) : NULL;
}

struct above *above_make(struct netdev *d)
{
	struct above *a = above_of(d);

	if (a)
		return a;
	a = obj_new(above);
	if (a)
		store_release(d->upper, &a->obj); /* the reference is the device's */
	return a;
}

int above_may_nest(struct netdev *lower, struct netdev *upper)
{
	u32 above = 1, below;

	if (upper) {
		above = netdev_levels(upper);
		if (lower == upper || lower->level)
			return -EBUSY;
	}
	(void)netdev_levels(NULL);
	below = lower->level;
	return below + above > NEST_MAX ? -EMLINK : 0;
}

/* ---- packets ---- */

/* The packet is @d's now: it is counted, and shown to who listens there. */
static void hand_up(struct netdev *d, struct packet *p)
{
	struct netdev_stats *const stats = array_at(d->stats, cpu_id());

	p->dev = d;
	stats->rx_packets++;
	stats->rx_bytes += p->len;
	stats->multicast += p->kind == PACKET_MULTICAST;
}

/* Whether the packet is addressed to the device, on the link. */
static bool is_to(const struct packet *p, const struct netdev *d)
{
	return cspan_equal(cspan_sub(cspan_of(p->data), p->mac, ETHERNET_ADDR),
		cspan_first(cspan_of(d->address), ETHERNET_ADDR));
}

/* Gives a packet with a tag to its VLAN. A packet that cannot be the VLAN's is dropped: NULL. */
static struct packet *to_vlan(struct packet *p, struct netdev *d)
{
	p->vlan = 0;
	if (!(load_once(d->flags) & IFF_UP) || load_once(d->gone)) {
		packet_drop(&p);
		return NULL;
	}
	if (p->kind == PACKET_OTHERHOST && is_to(p, d))
		p->kind = PACKET_HOST;
	p->priority = 0;
	hand_up(d, p);
	/* A tag inside: of a VLAN above this one. */
	if (p->ethertype == ETHERTYPE_VLAN && !vlan_untag(p)) {
		packet_drop(&p);
		return NULL;
	}
	packet_tap_see(d, p, false);
	return p;
}

/* The device of the VLAN that the packet's tag names, above the device that has it; or NULL. */
static struct netdev *vlan_of(struct above *a, const struct packet *p)
{
	struct vlan *v;
	struct netdev *d;

	if (!a || !p->vlan)
		return NULL;
	spin_lock(&a->lock);
	v = vlan_find(a, p->vlan & VLAN_ID);
	d = v ? v->dev : NULL;
	spin_unlock(&a->lock);
	return d;
}

struct packet *above_receive(struct packet *p)
{
	struct netdev *d;

	while (p && (d = vlan_of(above_of(p->dev), p)) != NULL)
		p = to_vlan(p, d);
	if (p && p->vlan) {
		/* Nobody's; a tag that has only a priority is no obstacle. */
		if (p->vlan & VLAN_ID)
			p->kind = PACKET_OTHERHOST;
		p->vlan = 0;
	}
	return p;
}

/* ---- changes ---- */

/* A VLAN that leaves is off the list when the call returns: the next one is found anew. */
static void vlans_leave(struct above *a)
{
	u32 i;

	for (i = 0; i < VLAN_BUCKETS; i++) {
		while (a->by_id[i].vlans.first)
			netdev_leave_with(a->by_id[i].vlans.first->dev);
	}
}

static void above_event(struct netdev *d, enum net_event e)
{
	struct above *a = above_of(d);
	struct vlan *v;
	u32 i;

	if (e == NET_DEV_CHANGED)
		vlan_own_event(d);
	if (!a)
		return;
	if (e == NET_DEV_GONE) {
		vlans_leave(a);
		return;
	}
	for (i = 0; i < VLAN_BUCKETS; i++) {
		list_for_each(v, &a->by_id[i].vlans, link)
			vlan_lower_event(v, e);
	}
}
static const struct net_watcher above_watcher = { .event = above_event };

void above_init(void)
{
	net_watcher_register(&above_watcher);
}
