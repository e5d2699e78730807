// SPDX-License-Identifier: MPL-2.0
/*
 * Addresses of interfaces, for the files of kernel/net/inet and kernel/net/netlink: the addresses
 * of a device (addr.c), their routes (addr_route.c), its multicast groups (addr_group.c), the
 * choice of a source address (addr_select.c), and devices that come and go (addr_dev.c).
 *
 * Locking: changes hold net_config; addr_lock (a leaf) guards a device's lists against readers.
 */
#ifndef KERNEL_INET_ADDR_H
#define KERNEL_INET_ADDR_H

#include <kernel/inet.h>
#include <kernel/netdev.h>
#include <kernel/route.h>

#define ADDR_MAX  4096u /* addresses of one device */
#define GROUP_MAX 1024u /* groups of one device that only sockets have joined */

/* As IFA_F_*. */
enum {
	ADDR_SECONDARY = 1,
	ADDR_NODAD = 2,
	ADDR_DADFAILED = 8,
	ADDR_MAKES_TEMPORARY = 0x100,
	ADDR_NOPREFIX = 0x200,
	ADDR_CONFLICT = 0x10000, /* another machine has it: for autoconf.c */
	ADDR_DEPRECATED = 0x20,
	ADDR_TENTATIVE = 0x40,
	ADDR_PERMANENT = 0x80
};

/* Who has made an address: the kernel at start-up, a router's advertisement, the link. */
enum { ADDR_BY_LOOPBACK = 1, ADDR_BY_ROUTER, ADDR_BY_LINK };

struct inet_addr {
	struct obj obj;
	struct ip_addr addr, broadcast; /* broadcast: zero: none */
	struct ip_addr peer;            /* the other end of a point-to-point link; zero: none */
	u8 label[IFNAMSIZ];             /* of IPv4; empty: the device's name */
	u32 bits;                       /* of the prefix, as of an ip_addr */
	u8 scope;                       /* SCOPE_* */
	u8 proto;                       /* ADDR_BY_*, or what an administrator says (IFA_PROTO) */
	u32 flags;                      /* ADDR_* */
	u32 metric;                     /* of the prefix's route; 0: the usual one */
	u64 valid_until_ns, preferred_until_ns; /* 0: for ever; net_config */
	u8 dad_left; /* questions for another owner that are still to be sent; net_config */
	u64 due_ns;  /* of a tentative address: the next step; 0: none; net_config */
	LIST_LINK(inet_addr) link;
};
OBJ_TYPE_DECL(inet_addr);

/* A group that sockets of this machine have joined on a device. */
struct inet_group {
	struct obj obj;
	struct ip_addr group;
	u32 nr;          /* how many have; 0: it is only still to be reported that all have left */
	bool counted;    /* in inet_dev.nr_groups: a socket was the first */
	u8 changes_left; /* reports that are still to be sent; net_config */
	u64 change_due_ns; /* net_config */
	u64 answer_due_ns; /* addr_lock: a router has asked; 0: none */
	LIST_LINK(inet_group) link;
};
OBJ_TYPE_DECL(inet_group);

/* netdev.inet: what the internet protocols know of a device. */
struct inet_dev {
	struct obj obj;
	LIST_HEAD(inet_addr) addrs; /* addr_lock; references */
	u32 nr_addrs;
	LIST_HEAD(inet_group) groups; /* addr_lock; references */
	u32 nr_groups;                /* those that count for GROUP_MAX; net_config */
	bool ready;                   /* see autoconf_up; net_config */
	u8 router_groups;             /* bits of conf6_join_routers; net_config */
	u8 rs_left;                   /* questions for routers; net_config */
	u64 rs_due_ns;                /* 0: none; net_config */
	u32 mtu6;                     /* what a router says; 0: nothing */
	s32 conf6[NR_CONF6];          /* net_config, for writing */
	s32 conf4[NR_CONF4];          /* the same */
	/* IN6_ADDR_GEN_MODE_NONE: autoconf.c makes no link-local address. net_config */
	bool no_link_local;
	u64 old4_until_ns, old6_until_ns; /* there is a router that speaks IGMPv2, MLDv1 */
	/* addr_lock; references; NULL once the device goes: to groups, to 255.255.255.255, to all. */
	struct route *link4, *all4, *link6, *on_link4;
};
OBJ_TYPE_DECL(inet_dev);

static always_inline bool ip_is_zero(struct ip_addr a)
{
	return !a.hi && !a.lo;
}
static always_inline bool ip_is_broadcast(struct ip_addr a)
{
	return a.lo == (IP4_MAPPED | 0xffffffff) && !a.hi;
}

/* ---- addr.c ---- */

/*
 * Guards inet_dev.addrs and groups of all devices. Who changes a list holds net_config too, so who
 * holds either may walk it. A leaf: nothing else is taken under it.
 */
extern struct spinlock addr_lock;
/* Adds / removes an address and its routes. Context: task, net_config held. 0 or -errno. */
int must_check addr_add(struct netdev *d, const struct inet_addr *a);
int must_check addr_remove(struct netdev *d, struct ip_addr a);
/*
 * Gives an address that exists the times and flags of @like, and the route to its prefix or none; it
 * stays in use all the time. net_config held.
 */
void addr_renew(struct netdev *d, struct inet_addr *a, const struct inet_addr *like);
/* A reference to an address of the list; NULL: there is none such. net_config held. */
struct inet_addr *addr_get(const struct inet_dev *i, struct ip_addr addr);
/*
 * The ADDR_* of an address of the device. False: it has no such address. Context: any but
 * interrupt.
 */
bool addr_flags(const struct netdev *d, struct ip_addr a, u32 *flags);
/* Sets bits of a tentative address. False: it has none such. Context: any but interrupt. */
bool addr_mark(const struct netdev *d, struct ip_addr a, u32 bits);
void addr_set_flags(struct inet_addr *a, u32 on, u32 off);
/* The MTU of a link for IPv6: a router may say less than the device takes. */
u32 addr_mtu6(const struct netdev *d);
/* The address is no longer tentative. net_config held. */
void addr_usable(struct netdev *d, struct inet_addr *a);
/* Whether @a is an address of the device. Context: any but interrupt. */
bool addr_on_device(const struct netdev *d, struct ip_addr a);
/* The index of the device that has the address; 0: none. */
u32 addr_find_device(struct ip_addr a);
/*
 * The address behind @last of a device's list; if that is NULL, or has left the list meanwhile, the
 * @n-th, from 0. A reference; NULL: there are no more.
 */
struct inet_addr *addr_after(struct netdev *d, const struct inet_addr *last, u32 n);

/* ---- addr_route.c ---- */

/*
 * A route made by the kernel to the prefix of @bits of @to by the device, in no table yet; @kind:
 * ROUTE_*. A reference; NULL: no memory.
 */
struct route *addr_make_route(struct netdev *d, u32 table, u32 kind, struct ip_addr to, u32 bits,
	struct ip_addr source);
/* Adds / removes the routes that follow from an address. Context: task, net_config held. */
void addr_set_routes(struct netdev *d, const struct inet_addr *a, bool add);
/* Whether a route follows from both addresses of a device. */
bool addr_shares_routes(const struct inet_addr *a, const struct inet_addr *b);
/* A reference to the route to everything on the link of a device; NULL: no such device. */
struct route *addr_link_route(u32 ifindex, struct ip_addr to);
/* A reference to the route to any IPv4 host on the link of a device; NULL: no such device. */
struct route *addr_on_link(u32 ifindex);
/* The route to the prefix of an address alone: with a peer it is about the peer's. */
void addr_set_prefix_routes(struct netdev *d, const struct inet_addr *a, bool add);

/* ---- addr_group.c ---- */

/*
 * Counts who is in a group: a socket, or the kernel itself (@own), whose groups no user can use up.
 * 0, -ENOMEM, -ENOBUFS, -ENODEV. Context: task, net_config held.
 */
int must_check addr_join(struct netdev *d, struct ip_addr group, bool own);
void addr_leave(struct netdev *d, struct ip_addr group);
/* Whether packets to the group are for this machine. */
bool addr_joined(const struct netdev *d, struct ip_addr group);
/* The filter of the link takes the group's frames, or no longer. net_config held. */
void addr_set_link_group(struct netdev *d, struct ip_addr group, bool on);
/*
 * A router asks for groups of a family: @group, or with an address that is zero for all; the answer
 * is due within @most, and in a little while at the earliest. @together: all answers are due at the
 * same time, to go in one report. Context: any but interrupt.
 */
void addr_query_groups(struct netdev *d, bool ip4, struct ip_addr group, u64 most, bool together);
/* When the answer to a router is due, 0: there is none; takes it if that is now. */
u64 addr_group_answer(struct inet_group *g, u64 now);
/* Removes a group that nobody is in. net_config held. */
void addr_forget_group(struct netdev *d, struct inet_group *g);

/* ---- addr_dev.c ---- */

/* As route_flush_dev without local routes, of one family alone. net_config held. */
void addr_flush_routes(struct netdev *d, bool ip4);

/* ---- conf.c ---- */

/* Start-up. */
void conf_init(void);
/* The parameters of a new device. */
void conf_new(struct netdev *d, struct inet_dev *i);
s32 conf6_of(const struct inet_dev *i, enum conf6 c);
/* Joins the groups of all routers, or leaves them. net_config held. */
void conf6_join_routers(struct netdev *d, bool on);
/* Whether new addresses are tentative. */
bool conf6_dad(const struct inet_dev *i);
/* Whether router advertisements are accepted: a router accepts them only with accept_ra 2. */
bool conf6_accepts_ra(const struct inet_dev *i);
/* A switch of IPv4 that is on for the device or for all. */
bool conf4_either(const struct netdev *d, enum conf4 c);
/* Whether packets of IPv4 that came by the device are forwarded; of IPv6 by any device. */
bool conf4_forwards(const struct netdev *d);
bool conf6_forwards(void);
/* How sources are checked: 0: not, 1: by the way back, 2: that there is one. */
extern u32 conf4_rp_all;
static always_inline u32 conf4_rp_filter(const struct netdev *d)
{
	return max(load_once(conf4_rp_all), (u32)load_once(d->rp_filter));
}

/* ---- addr_select.c ---- */

/* A source address for packets to @to by @r (RFC 6724, section 5); zero: there is none. */
struct ip_addr addr_select(const struct route *r, struct ip_addr to);
/*
 * The address of the device with which to ask for @to: that of the longest prefix they have in
 * common; of another device if this one has none; zero: there is none.
 */
struct ip_addr addr_on_link_for(struct netdev *d, struct ip_addr to);
/* The link-local address of IPv6 if it can be used; zero: there is none. */
struct ip_addr addr_link_local(struct netdev *d);

/* ---- addr_dev.c ---- */

/* Start-up. */
void addr_init(void);
/* What the internet protocols know of a device, borrowed; NULL: it is not registered. */
struct inet_dev *addr_inet(const struct netdev *d);
/*
 * disable_ipv6 has changed: IPv6 addresses and routes of the device go, or those that it has by
 * itself come. net_config held.
 */
void addr_enable6(struct netdev *d, bool on);
/* lo: how packets for this machine go. */
struct netdev *addr_loopback(void);

/* ---- route.c ---- */

/* Start-up. */
bool route_init(void);
/* ---- route_expire.c ---- */

/* Start-up. */
void route_expire_init(void);
/* Whether this very route is in its table, and not just one like it. net_config held. */
bool route_is_there(const struct route *r);
/* The route, which was added, goes at its end. net_config held. */
void route_ends(const struct route *r);
/* Power-off: all routes and tables go. net_config held. */
void route_shutdown(void);

#endif
