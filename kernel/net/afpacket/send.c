// SPDX-License-Identifier: MPL-2.0
/*
 * Packets that programs send by AF_PACKET: with the link's header (SOCK_RAW), or without it, to a
 * link address (SOCK_DGRAM). They go to the device as they are, past addresses, routes and
 * neighbours. lo has a header of Ethernet for packet sockets only (receive.c): it is read here, and
 * says to whom the packet is.
 *
 * What is checked: the length against the device's MTU, a link header that is there as a whole, and
 * what virtio's header claims. What the frame says otherwise is the sender's business, who has
 * CAP_NET_RAW: any source, any type. Senders see their own frames on no socket of theirs, other
 * packet sockets do.
 */
#include <frame/time.h>
#include <kernel/byteorder.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <kernel/vnet.h>
#include <uapi/if.h>

#include "afpacket.h"

#define ETH_P_802_3 1u
#define ETH_P_802_2 4u
#define ETH_P_8021Q 0x8100u
#define GSO_PIECES  2048u /* packets that one send may be cut into */

u32 packet_link_header(const struct netdev *d)
{
	return d->kind == LINK_LOOPBACK ? ETHERNET_HEADER : d->header_len;
}

/* ---- where to ---- */

/* The name of a send, and the device that it stands for. 0 or -errno. */
static int way_of_name(struct socket *s, const struct sockaddr_any *name, u32 len,
	struct packet_way *w)
{
	struct sockaddr_ll ll = { 0 };

	if (len < sizeof(ll))
		return -EINVAL;
	span_copy(span_from(value_span(&ll), 2), cspan_first(cspan_of(name->data), sizeof(ll) - 2));
	if (len < ll.halen + SOCKADDR_LL_ADDR)
		return -EINVAL;
	w->protocol = be16(ll.protocol);
	w->dev = netdev_by_index((u32)ll.ifindex);
	if (s->type == SOCK_DGRAM) {
		w->has_address = true;
		span_copy(span_of(w->address), cspan_of(ll.addr));
	}
	return 0;
}

int packet_find_way(struct socket *s, const struct sockaddr_any *name, u32 len,
	struct packet_way *w)
{
	struct packet_sock *ps = packet_sock_of(s);
	u32 ifindex = load_once(ps->ifindex);
	int err = 0;

	*w = (struct packet_way){ .protocol = load_once(ps->protocol) };
	if (name)
		err = way_of_name(s, name, len, w);
	else if (ifindex && ifindex != NO_DEVICE)
		w->dev = netdev_by_index(ifindex);
	if (!err && !w->dev)
		err = -ENXIO;
	if (!err && !(load_once(w->dev->flags) & IFF_UP))
		err = -ENETDOWN;
	if (err)
		obj_put(&w->dev);
	return err;
}

/* ---- the header ---- */

/* A header of Ethernet for what is in the packet. False: there is nobody to send it to. */
static bool afpacket_push_header(const struct packet_way *w, struct packet *p)
{
	const struct netdev *d = w->dev;
	bool has_type = w->protocol != ETH_P_802_3 && w->protocol != ETH_P_802_2;
	u32 type = has_type ? w->protocol : p->len;
	bool nobody = !w->has_address;
	struct span h;

	if (nobody && !(load_once(d->flags) & (IFF_LOOPBACK | IFF_NOARP)))
		return false;
	packet_push(p, ETHERNET_HEADER);
	h = packet_head(p);
	span_fill(span_first(h, ETHERNET_ADDR), 0);
	if (!nobody)
		span_copy(span_first(h, ETHERNET_ADDR), cspan_of(w->address));
	span_copy(span_sub(h, ETHERNET_ADDR, ETHERNET_ADDR), cspan_of(d->address));
	span_set_byte(h, 12, (u8)(type >> 8));
	span_set_byte(h, 13, (u8)type);
	return true;
}

/*
 * What the packet is, where the sender does not say it. For the device's driver and for packet
 * sockets; a frame too short for it has type 0.
 */
static u16 type_in(const struct netdev *d, const struct packet *p)
{
	u8 b[2] = { 0 };

	if (packet_link_header(d)) {
		if (!packet_read(p, 12, span_of(b)))
			return 0;
		return (u16)(b[0] << 8 | b[1]);
	}
	if (!packet_read(p, 0, span_first(span_of(b), 1)))
		return 0;
	return b[0] >> 4 == 4 ? ETHERTYPE_IP4 : b[0] >> 4 == 6 ? ETHERTYPE_IP6 : 0;
}

int packet_set_header(struct socket *s, struct packet *p, const struct packet_way *w)
{
	u32 header = packet_link_header(w->dev);

	p->ethertype = w->protocol;
	if (s->type == SOCK_DGRAM && header && !afpacket_push_header(w, p))
		return -EINVAL;
	if (p->len < header || !p->len || !packet_linear(p, header))
		return -EINVAL;
	if (s->type == SOCK_RAW && (!p->ethertype || p->ethertype == ETH_P_ALL))
		p->ethertype = type_in(w->dev, p);
	p->mac = p->head;
	p->net = (u16)(p->head + header);
	return 0;
}

/*
 * The claim is about what stands behind the link's header, so that is taken off while it is
 * checked. A packet that is to be cut must have its sum still to be made: the pieces get theirs
 * from it.
 */
bool packet_set_vnet(struct packet *p, const struct vnet_header *v)
{
	u32 start = p->head, header = (u32)p->net - p->head;
	bool good;

	packet_pull(p, header);
	good = vnet_to_packet(v, p, start);
	if (good && p->gso) {
		/* Only what begins with an internet header can be cut, so not behind a VLAN's tag. */
		good = (p->ethertype == ETHERTYPE_IP4 || p->ethertype == ETHERTYPE_IP6) &&
			p->csum == CSUM_PARTIAL && p->gso_size && p->len / p->gso_size < GSO_PIECES;
		p->transport = p->csum_start;
	}
	packet_push(p, header);
	return good;
}

/* ---- a packet ---- */

/* One that carries a tag of a VLAN may be as much longer. */
static bool fits(const struct netdev *d, const struct packet *p, u32 len, u32 reserve)
{
	u32 most = packet_most(d, reserve);

	if (len <= most)
		return true;
	return len <= most + VLAN_HEADER && d->kind == LINK_ETHERNET &&
		type_in(d, p) == ETH_P_8021Q;
}

/*
 * Charged with its whole memory until the driver has sent it. A device that is down or full is the
 * result of the call, unlike with UDP.
 */
int packet_send(struct socket *s, struct packet *p, const struct packet_way *w,
	const struct socket_msg *m)
{
	u32 len = p->len, reserve = s->type == SOCK_RAW ? packet_link_header(w->dev) : 0;
	int err = p->gso ||
			fits(w->dev, p, len - (s->type == SOCK_RAW ? 0 : (u32)p->net - p->mac),
				reserve)
		? 0
		: -EMSGSIZE;

	if (err) {
		packet_drop(&p);
		return err;
	}
	p->mark = s->mark;
	p->priority = (u32)s->priority;
	p->charge = packet_memory(p);
	p->socket = obj_get(s);
	socket_stamp_packet(s, m, p);
	socket_charge(s, p->charge);
	if (w->dev->kind == LINK_LOOPBACK)
		return loopback_send_frame(w->dev, p);
	return netdev_send(w->dev, p);
}

static int take_vnet(struct uio *u, struct vnet_header *const v)
{
	if (u->left < sizeof(*v))
		return -EINVAL;
	if (uio_take(u, value_span(v)) < sizeof(*v))
		return -EFAULT;
	vnet_correct(v);
	return v->header_len > u->left ? -EINVAL : 0;
}

static int afpacket_send_by(struct socket *s, struct uio *u, const struct packet_way *w,
	const struct socket_msg *m)
{
	bool vnet = load_once(packet_sock_of(s)->vnet);
	u32 reserve = s->type == SOCK_RAW ? packet_link_header(w->dev) : 0;
	struct vnet_header v = { 0 };
	struct packet *p;
	int err = vnet ? take_vnet(u, &v) : 0;

	if (!err &&
		(u->left > PACKET_MAX ||
			(!v.gso && u->left > packet_most(w->dev, reserve) + VLAN_HEADER)))
		err = -EMSGSIZE;
	if (!err)
		err = socket_wait_room(s, m->flags);
	if (err)
		return err;
	p = packet_new(PACKET_ROOM);
	err = p ? packet_fill_user(p, u) : -ENOBUFS;
	if (!err)
		err = packet_set_header(s, p, w);
	if (!err && vnet && !packet_set_vnet(p, &v))
		err = -EINVAL;
	if (!err)
		return packet_send(s, p, w, m);
	packet_drop(&p);
	return err;
}

ssize_t packet_sendmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	size_t len = u->left;
	struct packet_way w;
	int err;

	if (load_once(packet_sock_of(s)->out))
		return packet_send_ring(s, m, name);
	err = packet_find_way(s, name, m->name_len, &w);
	if (err)
		return err;
	err = afpacket_send_by(s, u, &w, m);
	obj_put(&w.dev);
	netdev_run();
	return err ? err : (ssize_t)len;
}
