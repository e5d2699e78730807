// SPDX-License-Identifier: MPL-2.0
/*
 * Links in NETLINK_ROUTE, for the files of kernel/net/netlink that have them: link.c shows and
 * changes devices, link_new.c makes them, by kind, and tells what their kind is.
 */
#ifndef KERNEL_NET_NETLINK_LINK_H
#define KERNEL_NET_NETLINK_LINK_H

#include "netlink.h"

/* A request about a link, taken apart. */
struct link_request {
	struct ifinfomsg m;
	struct nl_range attrs;
	/* Of IFLA_LINKINFO; empty: the request has none. has_port: it has IFLA_INFO_SLAVE_DATA. */
	struct nl_range kind, data, port;
	bool has_data, has_port;
};
/* 0, -EINVAL. */
int must_check link_parse(const struct nl_request *rq, struct link_request *out);
/* A text in an attribute, up to its NUL. */
#define nl_text(range) (cspan_first(nl_span(range), cspan_strlen(nl_span(range))))

/* What RTM_NEWLINK may say about any device that is made. */
#define LINK_NEW_KNOWN                                                                           \
	(bit(IFLA_ADDRESS) | bit(IFLA_IFNAME) | bit(IFLA_MTU) | bit(IFLA_LINK) |                 \
		bit(IFLA_MASTER) | bit(IFLA_TXQLEN) | bit(IFLA_EXT_MASK) | bit(IFLA_LINKINFO) |  \
		bit(IFLA_AF_SPEC) | bit(IFLA_GROUP) | bit(IFLA_LINKMODE) | bit(IFLA_OPERSTATE) | \
		bit(IFLA_BROADCAST))

/* ---- link.c ---- */

/* ifi_flags and ifi_change. 0, or an error of the device. */
int must_check link_set_flags(struct netdev *d, const struct ifinfomsg *m);
int must_check link_set_families(struct netdev *d, struct nl_range attrs);
/* IFLA_OPERSTATE and IFLA_LINKMODE; IFLA_BROADCAST, whose length was checked. net_config held. */
void link_set_state(struct netdev *d, struct nl_range attrs);
void link_set_broadcast(struct netdev *d, struct nl_range attrs);

/* ---- bridge.c; net_config held ---- */

/* IFLA_INFO_DATA of a bridge; IFLA_INFO_SLAVE_KIND and _DATA of a port, or nothing. */
void bridge_tell(struct nl_writer *w, const struct netdev *d);
void bridge_tell_port(struct nl_writer *w, const struct netdev *d);
/* Changes a bridge by its IFLA_INFO_DATA; bridge_may_change: whether that can be done. */
int must_check bridge_change(struct netdev *d, struct nl_range data);
int must_check bridge_may_change(struct nl_range data);
/* Changes a port by its IFLA_BRPORT_*; by a request of AF_BRIDGE that has them. */
int must_check bridge_port_change(struct netdev *d, struct nl_range attrs);
int must_check bridge_link_set(const struct nl_request *rq, const struct link_request *r);
/* Writes a port's message of AF_BRIDGE; nothing for others. False: it does not fit. */
bool must_check bridge_put_link(struct nl_writer *w, const struct netdev *d,
	const struct nlmsghdr *h, u32 flags);
/* RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH and a dump of it with AF_BRIDGE. */
int must_check bridge_station_get(const struct nl_request *rq);
int must_check bridge_station_set(const struct nl_request *rq);
int must_check bridge_station_del(const struct nl_request *rq);
bool bridge_stations_dump(struct nl_dump *dump, struct nl_writer *w);

/* ---- link_new.c ---- */

/* Makes a device: RTM_NEWLINK with NLM_F_CREATE that names none. net_config held. */
int must_check link_make(const struct link_request *r);
/* What a request says for a device of its kind that exists. net_config held. */
int must_check link_change_kind(struct netdev *d, const struct link_request *r);
/* IFLA_LINKINFO. */
void link_tell_kind(struct nl_writer *w, struct netdev *d);

#endif
