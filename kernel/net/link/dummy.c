// SPDX-License-Identifier: MPL-2.0
/*
 * Dummy devices: an interface to give addresses to, with nothing behind it. What is sent by it is
 * counted and gone. Linux's has no ARP and no groups either.
 */
#include <uapi/if.h>

#include "virtual.h"

static int dummy_xmit(struct netdev *d, u32 queue, struct packet *p, bool more)
{
	(void)d;
	(void)queue;
	(void)more;
	packet_drop(&p);
	return 0;
}

static const struct netdev_ops dummy_ops = { .xmit = dummy_xmit,
	.set_address = virtual_set_address,
	.push_header = ethernet_push_header,
	.remove = netdev_unregister,
	.kind = LIT("dummy") };

struct netdev *dummy_new(void)
{
	struct netdev *d = virtual_new(&dummy_ops, NULL);

	if (!d)
		return NULL;
	d->min_mtu = d->max_mtu = 0;
	d->flags = (d->flags | IFF_NOARP) & ~IFF_MULTICAST;
	return d;
}
