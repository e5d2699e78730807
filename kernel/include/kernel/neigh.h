// SPDX-License-Identifier: MPL-2.0
/*
 * Neighbours: the link addresses of machines on a link, by ARP and by neighbour discovery (RFC 826,
 * RFC 4861), in one table (kernel/net/link/neigh.c).
 *
 * neigh_send is the way out of both internet protocols. A neighbour whose link address is known and
 * was confirmed lately gets the packet at once; one that is not known is asked for, and keeps up to
 * NEIGH_WAITING packets meanwhile (the oldest is dropped first). States and their times are those of
 * RFC 4861, 7.3.2, also for IPv4, as on Linux.
 *
 * Lookups take no lock but the neighbour's own; the table has a limit (gc_thresh3), and unused
 * entries go first.
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
 * Sends a packet without link header to the neighbour @to; consumes it. 0, -ENOBUFS, -ENETDOWN,
 * -EHOSTUNREACH. Context: any but interrupt; spinlocks of sockets may be held.
 */
int neigh_send(struct netdev *d, struct ip_addr to, struct packet *p);
/* The transport has heard of @to: it is reachable (RFC 4861, 7.3.1). */
void neigh_confirm(struct netdev *d, struct ip_addr to);
/*
 * A protocol has learned @address of @to. @solicited: in an answer to a question; @override: also if
 * another one is known; @router: it is one.
 */
void neigh_learned(struct netdev *d, struct ip_addr to, const u8 (*address)[LINK_ADDR_MAX],
	bool solicited, bool override, bool router);

/* How a protocol asks. */
struct TABLE neigh_protocol {
	bool ip4;
	/* Sends a question; @unicast: to the address that is known. Context: task. */
	void (*solicit)(struct netdev *d, struct ip_addr to, const u8 (*unicast)[LINK_ADDR_MAX]);
	/* Tells a packet that could not be sent that its destination is unreachable; consumes it. */
	void (*failed)(struct packet *p);
};
void neigh_protocol_register(const struct neigh_protocol *proto);

#endif
