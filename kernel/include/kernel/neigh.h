// SPDX-License-Identifier: MPL-2.0
/*
 * Neighbours: the link addresses of machines on a link, by ARP and by neighbour discovery (RFC 826,
 * RFC 4861), in one table (kernel/net/link/neigh.c).
 *
 * neigh_send is the way out of both internet protocols. A neighbour whose link address is known
 * gets the packet at once; one that is not known is asked for, and keeps up to NEIGH_WAITING
 * packets meanwhile (the oldest is dropped first). States and their times are those of RFC 4861,
 * 7.3.2, also for IPv4, as on Linux.
 *
 * A look-up that finds a neighbour takes no lock. The table has a limit for each protocol
 * (gc_thresh3); entries that nobody has sent to go first.
 */
#ifndef KERNEL_NEIGH_H
#define KERNEL_NEIGH_H

#include <kernel/ipaddr.h>
#include <kernel/netdev.h>

#define NEIGH_WAITING 64u

/* As NUD_* of rtnetlink(7). */
enum neigh_state {
	NEIGH_INCOMPLETE = 1,
	NEIGH_REACHABLE = 2,
	NEIGH_STALE = 4,
	NEIGH_DELAY = 8,
	NEIGH_PROBE = 16,
	NEIGH_FAILED = 32,
	NEIGH_NOARP = 64,
	NEIGH_PERMANENT = 128
};

/*
 * Sends a packet without link header to the neighbour @to, which passes it on to others if it is a
 * @gateway; consumes it. 0, -ENOBUFS, -ENETDOWN. Context: any but interrupt; spinlocks of sockets
 * may be held.
 */
int must_check neigh_send(struct netdev *d, struct ip_addr to, bool gateway, struct packet *p);
/* The transport has heard of @to: it is reachable (RFC 4861, 7.3.1). */
void neigh_confirm(struct netdev *d, struct ip_addr to);

/* How a protocol has learned a link address. */
enum neigh_learning {
	NEIGH_SOLICITED = 1, /* by an answer to a question */
	NEIGH_OVERRIDE = 2,  /* it replaces another one that is known */
	NEIGH_LATER = 16, /* the same, if that is known for a second; else this is not believed */
	NEIGH_ROUTER = 4, /* the neighbour is a router */
	NEIGH_CREATE = 8  /* the neighbour may be new */
};
/* A protocol has learned the @address of @to; @how: enum neigh_learning. Context: netdev_run. */
void neigh_learned(struct netdev *d, struct ip_addr to, const u8 (*address)[LINK_ADDR_MAX],
	u32 how);

/* The address of a group on Ethernet (RFC 1112, 6.4; RFC 2464, 7). False: @to is no group. */
bool neigh_group_address(struct ip_addr to, u8 (*out)[LINK_ADDR_MAX]);

/* How a protocol asks. */
struct TABLE neigh_protocol {
	bool ip4;
	/*
	 * Sends a question; @unicast: to the address that is known; NULL: to all. Context: task;
	 * spinlocks of sockets may be held.
	 */
	void (*solicit)(struct netdev *d, struct ip_addr to, const u8 (*unicast)[LINK_ADDR_MAX]);
	/*
	 * Tells the sender of a packet that its destination is unreachable; does not consume it.
	 * Context: task, nothing held.
	 */
	void (*failed)(struct packet *p);
};
/* Start-up. */
void neigh_protocol_register(const struct neigh_protocol *proto);

/* ---- by hand: ioctl, netlink, /proc/net/arp ---- */

struct neigh_info {
	struct ip_addr addr;
	u32 ifindex;
	u32 state; /* enum neigh_state */
	bool router;
	u8 address[LINK_ADDR_MAX];
	u32 address_len;
};
/* Who is told of changes (netlink): there is one. */
struct TABLE neigh_watcher {
	/* Whether anybody wants to know. Context: any but interrupt; spinlocks may be held. */
	bool (*wanted)(void);
	/* What an entry is by now. Context: task, nothing held. */
	void (*changed)(const struct neigh_info *i, bool gone);
	/* There was more news than is kept. Context: as changed. */
	void (*lost)(void);
};
/* Start-up. */
void neigh_watcher_register(const struct neigh_watcher *w);
/* Sets the @address of @to; @state: NEIGH_PERMANENT, NEIGH_REACHABLE, NEIGH_STALE. 0, -ENOBUFS. */
int must_check neigh_set(struct netdev *d, struct ip_addr to, const u8 (*address)[LINK_ADDR_MAX],
	u32 state);
/* Forgets @to. 0, -ENXIO. */
int must_check neigh_forget(struct netdev *d, struct ip_addr to);
/* What is known of @to. False: nothing. */
bool neigh_get(const struct netdev *d, struct ip_addr to, struct neigh_info *out);
/* The neighbours, one by one: *@next is 0 at first. False: there are no more. */
bool neigh_next(u64 *next, struct neigh_info *out);

/* Start-up. */
void neigh_init(void);
/* Power-off: drops all. */
void neigh_shutdown(void);

#endif
