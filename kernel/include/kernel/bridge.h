// SPDX-License-Identifier: MPL-2.0
/*
 * Bridges, for the parts that show and change them beside netlink: ioctl and /sys, which brctl uses.
 * Source: kernel/net/link: bridge_ioctl.c, bridge_info.c.
 */
#ifndef KERNEL_BRIDGE_H
#define KERNEL_BRIDGE_H

#include <kernel/netdev.h>
#include <kernel/uaccess.h>

/* Without the spanning tree these are what a bridge has for ever, in hundredths of a second. */
#define BRIDGE_FORWARD_DELAY 1500u
#define BRIDGE_HELLO_TIME    200u
#define BRIDGE_MAX_AGE       2000u
#define BRIDGE_TICK_NS       (NSEC_PER_SEC / 100)
#define BRIDGE_PRIORITY      0x8000u
#define BRIDGE_PORT_PRIORITY 32u

/* IEEE 802.1D's identifier: two bytes of priority, and the address. */
#define BRIDGE_ID_LEN 8u

struct bridge_port_info {
	u32 bridge_index, nr, cost;
	bool forwards;
	u8 bridge_id[BRIDGE_ID_LEN];
};
/* A station of a bridge's table. */
struct bridge_station {
	u8 address[LINK_ADDR_MAX];
	u32 port_nr; /* 0: the bridge itself */
	bool local;
	u64 age_ns;
};

/* Whether the device is a bridge. Context: any. */
bool bridge_is(const struct netdev *d);
/* The identifier of a bridge. Context: any. */
void bridge_get_id(const struct netdev *bridge, u8 (*id)[BRIDGE_ID_LEN]);
/* Spanning tree's cost of a port, by the speed of its link. Context: any. */
u32 bridge_port_cost(const struct netdev *d);
/* What is known of a port. False: the device is none. Context: task, net_config held. */
bool bridge_get_port(const struct netdev *d, struct bridge_port_info *out);
/* The device of the port behind @index in a bridge; NULL: none. A reference. net_config held. */
struct netdev *bridge_next_port(const struct netdev *bridge, u32 index);
/*
 * The station at *@place (0 at first) or behind it; *@place then leads behind it. False: there are no
 * more. Context: task, net_config held.
 */
bool bridge_next_station(struct netdev *bridge, u64 *place, struct bridge_station *out);
/* The time after which a bridge forgets a station, in ticks. bridge_set_ageing: net_config held. */
u64 bridge_ageing(const struct netdev *bridge);
void bridge_set_ageing(struct netdev *bridge, u64 ticks);

/*
 * SIOCBRADDBR, SIOCBRDELBR, SIOCBRADDIF, SIOCBRDELIF. 0, -ENOTTY: it is none of them, or -errno.
 * Context: task.
 */
s64 must_check bridge_ioctl(u32 cmd, struct uaddr at);

#endif
