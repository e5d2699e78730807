// SPDX-License-Identifier: MPL-2.0
/*
 * Addresses of interfaces (addr.c).
 *
 * Locking: changes hold net_config; addr_lock (a leaf) guards a device's list against readers.
 */
#ifndef KERNEL_INET_ADDR_H
#define KERNEL_INET_ADDR_H

#include <kernel/inet.h>
#include <kernel/netdev.h>
#include <kernel/route.h>

#define ADDR_MAX  4096u /* addresses of one device */
#define GROUP_MAX 1024u /* groups of one device */

/* As IFA_F_*. */
enum { ADDR_SECONDARY = 1, ADDR_NODAD = 2, ADDR_DEPRECATED = 0x20, ADDR_TENTATIVE = 0x40, ADDR_PERMANENT = 0x80 };

struct inet_addr {
	struct obj obj;
	struct ip_addr addr, broadcast; /* broadcast: zero: none */
	u32 bits;                       /* of the prefix, as of an ip_addr */
	u8 scope;                       /* SCOPE_* */
	u32 flags;                      /* ADDR_* */
	u64 valid_until_ns, preferred_until_ns; /* 0: for ever */
	LIST_LINK(inet_addr) link;
};
OBJ_TYPE_DECL(inet_addr);

/* A group that sockets of this machine have joined on a device. */
struct inet_group {
	struct obj obj;
	struct ip_addr group;
	u32 nr; /* how many have */
	LIST_LINK(inet_group) link;
};
OBJ_TYPE_DECL(inet_group);

/* netdev.inet: what the internet protocols know of a device. */
struct inet_dev {
	struct obj obj;
	LIST_HEAD(inet_addr) addrs; /* addr_lock; references */
	u32 nr_addrs;
	LIST_HEAD(inet_group) groups; /* addr_lock; references */
	u32 nr_groups;
	/* References, set once: the way to groups, and to 255.255.255.255. */
	struct route *link4, *all4, *link6;
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

/* Start-up. */
void addr_init(void);
bool route_init(void);
/* Adds / removes an address and its routes. Context: task, net_config held. 0 or -errno. */
int must_check addr_add(struct netdev *d, const struct inet_addr *a);
int must_check addr_remove(struct netdev *d, struct ip_addr a);
/* A source address for packets to @to by @r (RFC 6724, section 5); zero: there is none. */
struct ip_addr addr_select(const struct route *r, struct ip_addr to);
/* A reference to the route to everything on the link of a device; NULL: no such device. */
struct route *addr_link_route(u32 ifindex, struct ip_addr to);
/* Whether @a is an address of the device. Context: any but interrupt. */
bool addr_on_device(const struct netdev *d, struct ip_addr a);
/* The index of the device that has the address; 0: none. */
u32 addr_find_device(struct ip_addr a);
/* A reference to the address after the @n-th of a device, from 0; NULL: there are no more. */
struct inet_addr *addr_nth(struct netdev *d, u32 n);
/* Counts who is in a group. 0, -ENOMEM, -ENOBUFS, -ENODEV. Context: task, net_config held. */
int must_check addr_join(struct netdev *d, struct ip_addr group);
void addr_leave(struct netdev *d, struct ip_addr group);
/* Whether packets to the group are for this machine. */
bool addr_joined(const struct netdev *d, struct ip_addr group);
/* lo: how packets for this machine go. */
struct netdev *addr_loopback(void);

#endif
