// SPDX-License-Identifier: MPL-2.0
/*
 * lo, the device that leads back to this machine. What is sent is received, the very packet: it is
 * neither cut nor summed, and its data is not copied. The receiver finds CSUM_PARTIAL, which says
 * that nothing can have happened to the packet on the way.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "virtual.h"

/*
 * Runs with the sender's locks held (a connection's, say), so it only appends to the backlog; the
 * sender's charge ends here, and the receiver's begins in its queue.
 */
static int loopback_xmit(struct netdev *d, u32 queue, struct packet *p, bool more)
{
	(void)queue;
	(void)more;
	p->kind = PACKET_HOST;
	packet_uncharge(p);
	netdev_receive(d, p);
	return 0;
}

/*
 * A packet socket sends frames by lo with a header of Ethernet, which lo's own packets do not have:
 * it is taken off, and its type counts.
 */
int loopback_send_frame(struct netdev *d, struct packet *p)
{
	struct netdev_stats *const stats = array_at(d->stats, cpu_id());

	if (!(load_once(d->flags) & IFF_UP) || !ethernet_parse(d, p)) {
		stats->tx_dropped++;
		packet_drop(&p);
		return -ENETDOWN;
	}
	p->dev = d;
	packet_tap_see(d, p, true);
	if (unlikely(p->stamps)) {
		packet_stamp_sent(p, PACKET_STAMP_SCHED);
		packet_stamp_sent(p, PACKET_STAMP_SENT);
	}
	stats->tx_packets++;
	stats->tx_bytes += p->len;
	packet_uncharge(p);
	netdev_receive(d, p);
	return 0;
}

/* A clone that has room for a header of Ethernet before its head; NULL: no memory. */
static struct packet *clone_with_room(const struct packet *p)
{
	return packet_headroom(p) >= ETHERNET_HEADER ? packet_clone(p)
						     : packet_with_room(p, ETHERNET_HEADER);
}

/* Puts the header before a packet of lo: the one it came with, or one of zeroes. */
static void push_loopback_header(struct packet *c)
{
	bool has_one = c->mac && c->mac + ETHERNET_HEADER == c->head;
	struct span h;

	packet_push(c, ETHERNET_HEADER);
	if (has_one)
		return;
	h = packet_head(c);
	span_fill(span_first(h, 12), 0);
	span_set_byte(h, 12, (u8)(c->ethertype >> 8));
	span_set_byte(h, 13, (u8)c->ethertype);
}

struct packet *netdev_clone_frame(const struct packet *p)
{
	bool lo = p->dev->kind == LINK_LOOPBACK;
	struct packet *c = lo ? clone_with_room(p) : packet_clone(p);

	if (c && lo)
		push_loopback_header(c);
	return c;
}

static const struct netdev_ops loopback_ops = { .xmit = loopback_xmit };

void loopback_init(void)
{
	struct netdev *d = netdev_new(&loopback_ops, NULL, LINK_LOOPBACK);

	if (!d)
		kernel_panic("no memory for the loopback device");
	d->mtu = PACKET_MAX;
	d->max_mtu = 0;
	d->address_len = ETHERNET_ADDR;
	d->flags = IFF_LOOPBACK;
	d->name_origin = NETDEV_NAME_PREDICTABLE;
	d->features = NETDEV_LOOPBACK | NETDEV_CSUM | NETDEV_GSO_TCP | NETDEV_GSO_UDP | NETDEV_SG;
	if (netdev_register(d, LIT("lo")))
		kernel_panic("there is no loopback device");
	obj_put(&d);
}
