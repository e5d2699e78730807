// SPDX-License-Identifier: MPL-2.0
/*
 * What stands above a device (above.h): the way of a packet upwards, and that of changes. A packet
 * goes up step by step in one loop, not by recursion: each step makes it that of the next device,
 * and packet sockets see it there. It ends when nothing stands above, or a bridge has sent it on.
 * The levels of devices bound the number of steps (above_may_nest).
 *
 * The struct above of a device is made once and stays as long as the device, so packets load the
 * pointer without a lock; a->lock guards what is in it, and a device that is found there is alive
 * until net_config lets it go and the backlogs have been waited for (netdev_wait_backlogs).
 */
#include <frame/cpu.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "bridge.h"

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

/*
 * Devices stand on each other in at most NEST_MAX levels and in no circle. netdev_levels counts the
 * levels above @upper; if @lower is one of them, it would stand above itself.
 */
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

/* Whether the packet is addressed to the device, on the link. */
static bool is_to(const struct packet *p, const struct netdev *d)
{
	return cspan_equal(cspan_sub(cspan_of(p->data), p->mac, ETHERNET_ADDR),
		cspan_first(cspan_of(d->address), ETHERNET_ADDR));
}

/*
 * The new device's counters count the packet again, as on Linux. A frame to its own address is its,
 * though the device below took it for another's.
 */
void above_hand_up(struct netdev *d, struct packet *p)
{
	struct netdev_stats *const stats = array_at(d->stats, cpu_id());

	if (p->kind == PACKET_OTHERHOST && is_to(p, d))
		p->kind = PACKET_HOST;
	p->dev = d;
	stats->rx_packets++;
	stats->rx_bytes += p->len;
	stats->multicast += p->kind == PACKET_MULTICAST;
}

/*
 * Gives a packet with a tag to its VLAN. A packet that cannot be the VLAN's is dropped: NULL. The
 * priority of the tag ends here. A VLAN that is down drops what is for it, even if a bridge stands
 * beside it.
 */
static struct packet *to_vlan(struct packet *p, struct netdev *d)
{
	p->vlan = 0;
	if (!(load_once(d->flags) & IFF_UP) || load_once(d->gone)) {
		packet_drop(&p);
		return NULL;
	}
	p->priority = 0;
	above_hand_up(d, p);
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

/* The port that the device is: a reference, or NULL. */
static struct bridge_port *above_port(struct above *a)
{
	struct bridge_port *port;

	if (!a || !load_once(a->port))
		return NULL;
	spin_lock(&a->lock);
	port = a->port ? obj_get(a->port) : NULL;
	spin_unlock(&a->lock);
	return port;
}

/*
 * One step up, by the VLAN of the tag or the bridge. False: there is none, or the packet has gone:
 * *@pp is NULL. This machine's copy of what it sends to a group is for its own protocols only.
 */
static bool above_step(struct packet **pp)
{
	struct packet *p = *pp;
	struct netdev *from = p->dev, *d = vlan_of(above_of(from), p);
	struct bridge_port *port;

	if (d) {
		*pp = to_vlan(p, d);
		return *pp;
	}
	port = p->kind == PACKET_LOOPBACK ? NULL : above_port(above_of(from));
	if (!port)
		return false;
	p = bridge_receive(port, p);
	obj_put(&port);
	*pp = p;
	if (!p || p->dev == from)
		return false;
	packet_tap_see(p->dev, p, false);
	return true;
}

/*
 * VLANs come before the bridge, as on Linux: a port's tagged frames are its VLANs' if it has such.
 */
struct packet *above_receive(struct packet *p)
{
	while (above_step(&p))
		;
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

/*
 * Called for each event of each device, with net_config held; what follows from it for devices
 * above may cause further events, so this nests as deep as devices do.
 */
static void above_event(struct netdev *d, enum net_event e)
{
	struct above *a = above_of(d);
	struct vlan *v;
	u32 i;

	if (e == NET_DEV_CHANGED)
		vlan_own_event(d);
	bridge_event(d, e);
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
	fdb_init();
}
