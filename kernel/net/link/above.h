// SPDX-License-Identifier: MPL-2.0
/*
 * What stands above a device: VLANs, which take packets with their tag, and the bridge whose port it
 * is, which takes all others. For the files of kernel/net/link only.
 *
 * A device gets a struct above with its first VLAN or bridge, and keeps it: readers find either none
 * or one that stays. Its lock guards what is in it. A reader takes a device out of it, drops the
 * lock and goes on: the device may be taken away meanwhile, but is not freed before the backlog that
 * the reader runs has delivered the reader's packet (netdev_wait_backlogs).
 *
 * Changes pass upwards by a watcher: a device that comes up or goes down takes its VLANs along, they
 * follow its carrier, its address and its MTU, and go when it goes.
 *
 * Devices stand above each other NEST_MAX deep at most, in no circle; so calls that follow them end.
 *
 * Locking: net_config for changes; above.lock, a leaf.
 */
#ifndef KERNEL_NET_LINK_ABOVE_H
#define KERNEL_NET_LINK_ABOVE_H

#include "virtual.h"

#define NEST_MAX     8u /* devices above each other, as on Linux */
#define VLAN_BUCKETS 16u
#define VLAN_ID      0xfffu
#define VLAN_PRESENT 0x1000u /* in packet.vlan: there is a tag */

struct vlan {
	struct obj obj;
	struct netdev *dev;         /* borrowed: its driver is this object */
	struct netdev *lower;       /* reference */
	u32 id;                     /* 0 to 4094 */
	bool promiscuous, allmulti; /* asked for of the device below; net_config */
	LIST_LINK(vlan) link;       /* above.lock of the device below, while attached */
	bool attached;              /* net_config */
};
OBJ_TYPE_DECL(vlan);

struct vlan_bucket {
	LIST_HEAD(vlan) vlans;
};

struct bridge_port;
struct above {
	struct obj obj;
	struct spinlock lock;
	struct vlan_bucket by_id[VLAN_BUCKETS]; /* lock, and net_config for changes */
	struct bridge_port *port; /* the same; borrowed from the bridge; NULL: it is no port */
};
OBJ_TYPE_DECL(above);

/* What stands above the device; NULL: nothing did ever. Context: any. */
struct above *above_of(const struct netdev *d);
/* The same, made if there is none; NULL: no memory. Context: task, net_config held. */
struct above *above_make(struct netdev *d);
/*
 * Whether @upper may stand above @lower. 0, -EBUSY: it would be a circle, -EMLINK: too deep. @upper
 * NULL: a device that nothing stands above yet. Context: task, net_config held.
 */
int must_check above_may_nest(struct netdev *lower, struct netdev *upper);
/* Start-up. */
void above_init(void);

/*
 * Gives a received packet to those above its device, then to those above them. Returns the packet,
 * perhaps another device's now, for the protocols; NULL: somebody has taken it. Context: netdev_run.
 */
struct packet *above_receive(struct packet *p);
/* The packet is @d's now: it is counted, and to this machine if it has @d's address. */
void above_hand_up(struct netdev *d, struct packet *p);

/* ---- vlan.c ---- */

/* The VLAN of that number; NULL: there is none. above.lock or net_config held. */
struct vlan *vlan_find(const struct above *a, u32 id);
/* The device below has changed, or gone. net_config held. */
void vlan_lower_event(struct vlan *v, enum net_event e);
/* A VLAN has changed itself: what it asks of the device below may have, too. */
void vlan_own_event(struct netdev *d);
/*
 * Takes the tag behind the Ethernet header off, which has been pulled: into packet.vlan. False: it
 * is not whole.
 */
bool must_check vlan_untag(struct packet *p);
/* Puts packet.vlan into a packet that begins with an Ethernet header. NULL: no memory; consumed. */
struct packet *vlan_insert_tag(struct packet *p);

/* ---- device.c ---- */

/*
 * Levels of all devices that stand above @from (NULL: above any), which has level 1: netdev.level.
 * Returns the highest, or more than NEST_MAX if there are more. net_config held.
 */
u32 netdev_levels(struct netdev *from);
#endif
