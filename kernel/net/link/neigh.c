// SPDX-License-Identifier: MPL-2.0
/*
 * Neighbours (kernel/neigh.h). So far: links without link addresses, broadcasts and groups. ARP and
 * neighbour discovery follow; until then a neighbour of an Ethernet link is unreachable.
 */
#include <frame/errno.h>
#include <kernel/neigh.h>
#include <uapi/if.h>

#include "link.h"

/* The address of a group on Ethernet (RFC 1112, 6.4; RFC 2464, 7). False: it is no group. */
static bool group_address(struct ip_addr to, u8 (*const out)[LINK_ADDR_MAX])
{
	u32 a = (u32)to.lo;

	if (!ip_is_multicast(to))
		return false;
	if (ip_is4(to)) {
		(*out)[0] = 1;
		(*out)[2] = 0x5e;
		(*out)[3] = (u8)(a >> 16 & 0x7f);
	} else {
		(*out)[0] = 0x33;
		(*out)[1] = 0x33;
		(*out)[2] = (u8)(a >> 24);
		(*out)[3] = (u8)(a >> 16);
	}
	(*out)[4] = (u8)(a >> 8);
	(*out)[5] = (u8)a;
	return true;
}

int neigh_send(struct netdev *d, struct ip_addr to, struct packet *p)
{
	u8 address[LINK_ADDR_MAX] = { 0 };

	if (!d->ops->push_header)
		return netdev_send(d, p);
	if (group_address(to, &address)) {
		d->ops->push_header(d, p, &address);
		return netdev_send(d, p);
	}
	if (ip_is4(to) && ip4_bits(to) == 0xffffffff) {
		d->ops->push_header(d, p, NULL);
		return netdev_send(d, p);
	}
	packet_drop(&p);
	return -EHOSTUNREACH;
}
