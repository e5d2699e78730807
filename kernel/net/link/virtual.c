// SPDX-License-Identifier: MPL-2.0
/*
 * What the devices that programs make (virtual.h) have in common. They take packets of any size and
 * kind (nothing is cut or summed for them), as no cable follows; a device below them does it if one
 * does.
 */
#include <kernel/random.h>
#include <kernel/socket.h>
#include <uapi/errno.h>

#include "bridge.h"
#include "virtual.h"

struct netdev *virtual_new(const struct netdev_ops *ops, struct obj *driver)
{
	struct netdev *d = netdev_new(ops, driver, LINK_ETHERNET);

	if (!d)
		return NULL;
	d->features = NETDEV_NO_QUEUE | NETDEV_SG | NETDEV_CSUM | NETDEV_GSO_TCP | NETDEV_GSO_UDP;
	d->max_mtu = PACKET_MAX - 1;
	d->address_origin = NETDEV_ADDR_RANDOM;
	random_bytes(span_first(span_of(d->address), ETHERNET_ADDR));
	d->address[0] = (d->address[0] & 0xfc) | 2; /* one of nobody's */
	return d;
}

bool ethernet_address_is_good(struct cspan address)
{
	u32 i, any = 0;

	for (i = 0; i < ETHERNET_ADDR; i++)
		any |= span_byte(address, i);
	return any && !(span_byte(address, 0) & 1);
}

int virtual_set_address(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX])
{
	(void)d;
	return ethernet_address_is_good(cspan_of(*address)) ? 0 : -EADDRNOTAVAIL;
}

/*
 * The sender's buffer is free again. Called where a packet changes hands inside of the machine: its
 * receiver may keep it for ever.
 */
void packet_uncharge(struct packet *p)
{
	if (p->socket) {
		socket_uncharge(p->socket, p->charge);
		obj_put(&p->socket);
	}
}

void virtual_shutdown(void)
{
	struct netdev *d;
	u32 index = 0;

	while ((d = netdev_next(index)) != NULL) {
		index = d->index;
		if (cspan_len(lit_span(d->ops->kind)) && !d->ops->tun_info)
			netdev_unregister(d);
		obj_put(&d);
	}
	fdb_news_drop();
}
