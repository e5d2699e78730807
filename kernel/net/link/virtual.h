// SPDX-License-Identifier: MPL-2.0
/*
 * Devices that programs make (ip link add). For the files of kernel/net/link that have them, and
 * for kernel/net/netlink/link_new.c, which makes them of the attributes of a request.
 *
 * Each kind has its netdev_ops with ops.kind, by which RTM_NEWLINK and RTM_DELLINK know it. None of
 * them has a queue (NETDEV_NO_QUEUE): what they send is another device's in the same call, or is in
 * a backlog. All functions: context: task, net_config held.
 */
#ifndef KERNEL_NET_LINK_VIRTUAL_H
#define KERNEL_NET_LINK_VIRTUAL_H

#include "link.h"

/* A device of Ethernet with a random address, without a queue; NULL: no memory. */
struct netdev *virtual_new(const struct netdev_ops *ops, struct obj *driver);
/* netdev_ops.set_address: any address of one machine. */
int must_check virtual_set_address(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX]);
/* Whether a device may have the address: it is not zero, and no group's. */
bool ethernet_address_is_good(struct cspan address);
/* The sender's buffer is free when another device has the packet. */
void packet_uncharge(struct packet *p);

/* dummy.c: what it sends is dropped. Not registered yet; NULL: no memory. */
struct netdev *dummy_new(void);

/*
 * veth.c: two devices; what one sends, the other receives. Not registered yet. False: no memory.
 * veth_pair_made: both are registered; veth_break: they are not going to be.
 */
bool veth_new(struct netdev **one, struct netdev **other);
void veth_pair_made(struct netdev *one, struct netdev *other);
void veth_break(struct netdev *d);

/*
 * vlan.c: number @id above @lower. vlan_attach: it is registered, and takes packets from now on. 0,
 * -EOPNOTSUPP: not above such a device, -EEXIST, -EMLINK, -ENOMEM.
 */
int must_check vlan_new(struct netdev *lower, u32 id, struct netdev **out);
void vlan_attach(struct netdev *d);
u32 vlan_id(const struct netdev *d);
#endif
