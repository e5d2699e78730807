// SPDX-License-Identifier: MPL-2.0
/*
 * Ethernet: addresses, and the header of 14 bytes: destination, source, type (IEEE 802.3). A type
 * below 1536 is a length: frames of IEEE 802.2, which no protocol here takes but packet sockets
 * see. Nothing of a frame is believed but that it has 14 bytes.
 */
#include <frame/cpu.h>

#include "above.h"

/*
 * Takes the header off; p->mac tells where it stands. The kind is by the destination: a device in
 * promiscuous mode receives frames of others, which protocols drop (PACKET_OTHERHOST).
 */
bool ethernet_parse(const struct netdev *d, struct packet *p)
{
	struct cspan h;
	struct cspan to;

	if (!packet_linear(p, ETHERNET_HEADER))
		return false;
	h = packet_headers(p);
	to = cspan_first(h, ETHERNET_ADDR);
	p->mac = p->head;
	p->ethertype = (u16)(span_byte(h, 12) << 8 | span_byte(h, 13));
	if (span_byte(to, 0) & 1)
		p->kind = cspan_equal(to, cspan_first(cspan_of(d->broadcast), ETHERNET_ADDR))
			? PACKET_BROADCAST
			: PACKET_MULTICAST;
	else if (cspan_equal(to, cspan_first(cspan_of(d->address), ETHERNET_ADDR)))
		p->kind = PACKET_HOST;
	else
		p->kind = PACKET_OTHERHOST;
	if (p->ethertype < ETHERTYPE_FIRST)
		p->ethertype = ETHERTYPE_802_2;
	packet_pull(p, ETHERNET_HEADER);
	return true;
}

bool ethernet_parse_tagged(struct netdev *d, struct packet *p)
{
	/* Behind a tag that is in packet.vlan already stands the next one: it is a later matter. */
	return ethernet_parse(d, p) &&
		(likely(p->ethertype != ETHERTYPE_VLAN) || p->vlan || vlan_untag(p));
}

void ethernet_receive(struct netdev *d, struct packet *p)
{
	if (ethernet_parse_tagged(d, p)) {
		netdev_receive(d, p);
		return;
	}
	array_at(d->stats, cpu_id())->rx_errors++;
	packet_drop(&p);
}

/* The caller has left room; a packet without it was refused before (neigh_send_to). */
void ethernet_push_header(struct netdev *d, struct packet *p, const u8 (*to)[LINK_ADDR_MAX])
{
	struct span h;

	packet_push(p, ETHERNET_HEADER);
	p->mac = p->head;
	h = packet_head(p);
	span_copy(span_first(h, ETHERNET_ADDR), to ? cspan_of(*to) : cspan_of(d->broadcast));
	span_copy(span_sub(h, ETHERNET_ADDR, ETHERNET_ADDR), cspan_of(d->address));
	span_set_byte(h, 12, (u8)(p->ethertype >> 8));
	span_set_byte(h, 13, (u8)p->ethertype);
}
