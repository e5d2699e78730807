// SPDX-License-Identifier: MPL-2.0
/*
 * Routes: which way packets go, for IPv4 and IPv6 at once (kernel/net/inet/route.c, trie.c).
 *
 * A table maps prefixes to routes; rules say which table is asked for which packets (ip-rule(8)):
 * local, main and default as on Linux, 255, 254, 253. A table is a trie whose nodes are objects.
 * Who looks up takes no lock: it walks down, takes a reference to the route with obj_tryget, and
 * finds by the table's count of changes whether the trie has changed meanwhile; then it looks
 * again. Nodes that were freed are nodes still (frame/obj.h), so a walk never goes astray; it is
 * bounded by the depth of a trie, 128.
 *
 * A route is immutable once it is in a table, but for its end: a change puts another one in its
 * place. A socket keeps the last route that it used, and asks again when route_generation has moved:
 * then no lookup at all is needed for a packet of a connection.
 *
 * Locking: net_config guards changes.
 */
#ifndef KERNEL_ROUTE_H
#define KERNEL_ROUTE_H

#include <frame/obj.h>
#include <kernel/ipaddr.h>
#include <kernel/list.h>

struct netdev;
struct packet;

/* As RTN_* of rtnetlink(7). */
enum route_kind {
	ROUTE_UNICAST = 1,
	ROUTE_LOCAL = 2,
	ROUTE_BROADCAST = 3,
	ROUTE_ANYCAST = 4,
	ROUTE_MULTICAST = 5,
	ROUTE_BLACKHOLE = 6,
	ROUTE_UNREACHABLE = 7,
	ROUTE_PROHIBIT = 8,
	ROUTE_THROW = 9
};

struct route {
	struct obj obj;
	struct ip_addr to; /* prefix */
	u32 bits;
	u8 kind, scope, protocol, tos; /* RTN_*, RT_SCOPE_*, RTPROT_* */
	u32 table, metric;
	u32 flags;             /* RTNH_F_* */
	struct netdev *device; /* reference: route_set_device; NULL: none (blackhole) */
	u32 ifindex;
	struct ip_addr gateway; /* zero: the destination is on the link */
	struct ip_addr source;  /* preferred source; zero: chosen by address (RFC 6724) */
	u32 mtu, advmss, hoplimit, window; /* metrics; 0: not set */
	/* It is removed then; 0: never. net_config: advertisements of routers change it (autoconf.c). */
	u64 expires_ns;
	LIST_LINK(route) link; /* those of one prefix, by metric */
};
OBJ_TYPE_DECL(route);

/* What decides about a packet's way, and what it is sent with. */
struct flow {
	struct ip_addr to, from; /* from: zero: to be chosen */
	u32 ifindex;             /* SO_BINDTODEVICE, scope of the address; 0: any */
	u32 iif;                 /* the device by which a packet came; 0: it is this machine's */
	u32 mark;
	u32 uid;
	u16 from_port, to_port; /* host order */
	u32 label;              /* IPv6: flow label */
	u32 piece_max;          /* IPv6: a packet is cut into no more, with headers; 0: the MTU */
	u8 protocol, tos, ttl;  /* ttl 0: the route's, else the default */
	bool dont_fragment;     /* nobody may cut the packet, this machine neither */
	bool discover;    /* routers may not, if it need not be cut here (path MTU discovery) */
	bool no_loop;     /* a packet to a group: no copy for this machine */
	bool transparent; /* from need not be an address of this machine */
};

/*
 * Changes whenever any lookup could have another result: tables, rules, addresses, devices. It is
 * odd during a change.
 */
extern u64 route_generation;

#define ROUTE_TABLE_DEFAULT 253u
#define ROUTE_TABLE_MAIN    254u
#define ROUTE_TABLE_LOCAL   255u
/* As RT_SCOPE_* of rtnetlink(7). */
enum {
	SCOPE_UNIVERSE = 0,
	SCOPE_SITE = 200,
	SCOPE_LINK = 253,
	SCOPE_HOST = 254,
	SCOPE_NOWHERE = 255
};
/* As RTPROT_*. */
enum {
	ROUTE_BY_REDIRECT = 1,
	ROUTE_BY_KERNEL = 2,
	ROUTE_BY_BOOT = 3,
	ROUTE_BY_STATIC = 4,
	ROUTE_BY_RA = 9
};
#define ROUTE_MAX 65536u /* routes that administrators can make */

/*
 * Finds the way of @f, and sets f->from if it is zero. *@out: a reference. 0, -ENETUNREACH,
 * -EHOSTUNREACH, -EACCES (prohibit), -EINVAL (blackhole), -EADDRNOTAVAIL (no address to send from).
 * -ENETUNREACH also if f->from is no address of this machine, and f->transparent is not set.
 * Context: any but interrupt.
 */
int must_check route_output(struct flow *f, struct route **out);
/*
 * Finds the way of a packet of others, which came by f->iif. *@out: a reference to a route that
 * leads to a device. 0, -ENETUNREACH, -EHOSTUNREACH, -EACCES; -EINVAL: the packet is dropped without
 * a word. Context: any but interrupt.
 */
int must_check route_forward(const struct flow *f, struct route **out);
/*
 * What becomes of a packet to @to that came in by @d: ROUTE_LOCAL, ROUTE_BROADCAST,
 * ROUTE_MULTICAST: it is for this machine; 0: it is not. Context: task.
 */
u32 route_input_kind(const struct netdev *d, struct ip_addr to);
/* The same where rules may come before the local table: as route_forward would go. */
u32 route_input_by_rules(const struct flow *f);
/*
 * The path's MTU: what was learned by ICMP for this destination, else the route's, else the link's.
 */
u32 route_mtu(const struct route *r, struct ip_addr to);
/* The most that one packet of the flow has, if it is one of several of a datagram. */
static inline u32 flow_piece_max(const struct flow *f, u32 mtu)
{
	return f->piece_max && f->piece_max < mtu ? f->piece_max : mtu;
}
/*
 * Learns a path's MTU, if it is lower than what is known (ICMP "fragmentation needed", "packet too
 * big"). Anybody can send such a message: the caller has checked that it is about a packet of this
 * machine.
 */
void route_learn_mtu(struct ip_addr to, u32 mtu);

/*
 * Adds / removes. 0, -EEXIST, -ESRCH, -ENETUNREACH, -ENOMEM. A route is removed that is like @like
 * in what @like says: fields that are zero, or SCOPE_NOWHERE, say nothing; if @like is in the table
 * itself, it is that one. Context: task, net_config held.
 */
int must_check route_add(struct route *r, u32 nlm_flags);
int must_check route_remove(const struct route *like);
/* Removes the routes of a device; @local: also those to its own addresses. */
void route_flush_dev(struct netdev *d, bool local);
/*
 * What kind of route the local table has for @a: ROUTE_LOCAL, ROUTE_BROADCAST...; 0: none. A walk
 * of the trie is needed only for an address that this CPU has not asked for lately. Context: task.
 */
u32 route_local_kind(struct ip_addr a);
/* Whether @a is on the link of the device, as routes say: no gateway leads to it. Context: task. */
bool route_is_on_link(const struct netdev *d, struct ip_addr a);
/* Sets the device of a route that is not in a table yet, and its index. NULL: none. Context: any. */
void route_set_device(struct route *r, struct netdev *d);
/* The index of the device that has the address @a, if it has a route of its own; 0: none. */
u32 route_local_device(struct ip_addr a);
/* A reference to the route after @r in a dump of all tables (NULL: the first), or NULL. */
struct route *route_next(const struct route *r);
/*
 * The IPv4 routes of the main table, one by one: a reference to the one at *@place (0 at first) or
 * the next one, and *@place is moved behind it; NULL: there are no more. net_config held.
 */
struct route *route_next4(u64 *place);
struct inet_addr;
/* Who is told of changes (netlink). Context: task, net_config held. */
struct TABLE inet_watcher {
	void (*address)(struct netdev *d, const struct inet_addr *a, bool gone);
	void (*route)(const struct route *r, bool gone);
};
/* Start-up: there is one. */
void inet_watcher_register(const struct inet_watcher *w);
/* Calls it. */
void inet_tell_address(struct netdev *d, const struct inet_addr *a, bool gone);

/* Lookups may have other results now: an address or a device has changed. */
void route_changed(void);

#endif
