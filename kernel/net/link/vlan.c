// SPDX-License-Identifier: MPL-2.0
/*
 * VLANs (IEEE 802.1Q): devices above another one, whose packets have a tag there.
 *
 * On the way out the VLAN puts its number into packet.vlan and sends by the device below, which adds
 * the tag, or has it put into the packet (transmit.c). On the way in a tag is taken off into
 * packet.vlan before the packet is put into the backlog (ethernet.c), and whoever delivers it finds
 * the VLAN by the number (above.c).
 *
 * A VLAN with an address of its own, or that wants all packets, asks the device below for all; one
 * that is up asks for those to all groups.
 *
 * A frame may carry several tags. One is taken off at each step, by whoever the packet belongs to
 * at that step, so a VLAN above a VLAN needs no other code. The number of devices above each other
 * bounds the steps.
 *
 * Locking: net_config for VLANs that come and go; above.lock for the list that packets search.
 */
#include <uapi/errno.h>
#include <uapi/if.h>

#include "above.h"

static void vlan_release(struct vlan *v)
{
	obj_put(&v->lower);
}
OBJ_TYPE(vlan, vlan_release);

#define vlan_of_dev(d) (obj_cast(vlan, (d)->driver))

/* ---- tags ---- */

/*
 * False: the frame ends in the tag. The addresses are moved by four bytes, so that the header in
 * front of the packet is whole again for packet sockets.
 */
bool vlan_untag(struct packet *p)
{
	u8 addresses[2 * ETHERNET_ADDR];
	struct cspan h;
	u32 mac = p->head - ETHERNET_HEADER;

	if (p->head < ETHERNET_HEADER || !packet_linear(p, VLAN_HEADER))
		return false;
	h = packet_headers(p);
	p->vlan = (u16)((u32)(span_byte(h, 0) << 8 | span_byte(h, 1)) | VLAN_PRESENT);
	p->ethertype = (u16)(span_byte(h, 2) << 8 | span_byte(h, 3));
	/* The addresses move to the type behind the tag. */
	span_copy(span_of(addresses), cspan_sub(cspan_of(p->data), mac, sizeof(addresses)));
	span_copy(span_sub(span_of(p->data), mac + VLAN_HEADER, sizeof(addresses)),
		cspan_of(addresses));
	p->mac = (u16)(mac + VLAN_HEADER);
	packet_pull(p, VLAN_HEADER);
	if (p->ethertype < ETHERTYPE_FIRST)
		p->ethertype = ETHERTYPE_802_2;
	return true;
}

/* A packet with room for the tag, of the same bytes; NULL: no memory. Consumes @p. */
static struct packet *vlan_with_room(struct packet *p)
{
	struct packet *c;

	if (packet_headroom(p) >= VLAN_HEADER && packet_linear(p, ETHERNET_HEADER))
		return p;
	c = packet_with_room(p, PACKET_ROOM);
	if (c && unlikely(p->stamps))
		packet_stamps_move(c, p);
	packet_drop(&p);
	if (c && !packet_linear(c, ETHERNET_HEADER))
		packet_drop(&c);
	return c;
}

/*
 * For a device below that cannot add the tag itself. The sums do not cover the link's header, so
 * nothing else changes.
 */
struct packet *vlan_insert_tag(struct packet *p)
{
	u8 addresses[2 * ETHERNET_ADDR];
	u32 tag = p->vlan & ~VLAN_PRESENT;
	struct span h;

	p = vlan_with_room(p);
	if (!p)
		return NULL;
	span_copy(span_of(addresses), packet_headers(p));
	packet_push(p, VLAN_HEADER);
	h = packet_head(p);
	span_copy(h, cspan_of(addresses));
	span_set_byte(h, 12, (u8)(ETHERTYPE_VLAN >> 8));
	span_set_byte(h, 13, (u8)ETHERTYPE_VLAN);
	span_set_byte(h, 14, (u8)(tag >> 8));
	span_set_byte(h, 15, (u8)tag);
	p->mac = p->head;
	p->vlan = 0;
	return p;
}

/* ---- the device ---- */

struct vlan *vlan_find(const struct above *a, u32 id)
{
	const struct vlan_bucket *const b = array_at(a->by_id, id % VLAN_BUCKETS);
	struct vlan *v;

	list_for_each(v, &b->vlans, link) {
		if (v->id == id)
			return v;
	}
	return NULL;
}

/* The device below counts and drops by itself; for the VLAN the packet is sent. */
static int vlan_xmit(struct netdev *d, u32 queue, struct packet *p, bool more)
{
	struct vlan *v = vlan_of_dev(d);

	(void)queue;
	(void)more;
	p->vlan = (u16)(v->id | VLAN_PRESENT);
	ignore_error(netdev_send(v->lower, p)); /* it drops what it cannot send, and counts that */
	return 0;
}

/* Asks the device below for what the VLAN needs; nothing if it is not @up. net_config held. */
static void ask_lower(struct netdev *d, bool up)
{
	struct vlan *v = vlan_of_dev(d);
	bool own = !cspan_equal(cspan_of(d->address), cspan_of(v->lower->address));
	bool all = up && (own || d->promiscuous || (d->flags & IFF_PROMISC));
	int err = 0;

	if (all != v->promiscuous) {
		v->promiscuous = all;
		err = netdev_set_promiscuous(v->lower, all);
	}
	if (up != v->allmulti) {
		v->allmulti = up;
		err = netdev_set_allmulti(v->lower, up);
	}
	(void)err; /* a device that cannot tell packets apart has them all */
}

static int vlan_open(struct netdev *d)
{
	if (!(vlan_of_dev(d)->lower->flags & IFF_UP))
		return -ENETDOWN;
	ask_lower(d, true);
	return 0;
}

static void vlan_stop(struct netdev *d)
{
	ask_lower(d, false);
}

static void vlan_rx_mode(struct netdev *d)
{
	ask_lower(d, d->flags & IFF_UP);
}

static int vlan_set_mtu(struct netdev *d, u32 mtu)
{
	return mtu > vlan_of_dev(d)->lower->mtu ? -ERANGE : 0;
}

static void vlan_left(struct netdev *d)
{
	struct vlan *v = vlan_of_dev(d);
	struct above *a = above_of(v->lower);
	struct vlan_bucket *const b = array_at(a->by_id, v->id % VLAN_BUCKETS);

	if (!v->attached)
		return;
	v->attached = false;
	spin_lock(&a->lock);
	list_remove(&b->vlans, v, link);
	spin_unlock(&a->lock);
}

static const struct netdev_ops vlan_ops = { .open = vlan_open,
	.stop = vlan_stop,
	.xmit = vlan_xmit,
	.passes_on = true,
	.set_rx_mode = vlan_rx_mode,
	.set_address = virtual_set_address,
	.set_mtu = vlan_set_mtu,
	.push_header = ethernet_push_header,
	.remove = netdev_unregister,
	.left = vlan_left,
	.kind = LIT("vlan") };

static void take_address(struct netdev *d, const struct netdev *lower)
{
	d->address_origin = NETDEV_ADDR_STOLEN;
	span_copy(span_of(d->address), cspan_of(lower->address));
}

/* What a VLAN has of the device below when it is made. */
static void vlan_inherit(struct netdev *d, const struct netdev *lower)
{
	/* Sums and segments are left to the device below only if that may leave them, too. */
	u32 features = NETDEV_SG;

	if (lower->features & NETDEV_NO_QUEUE)
		features |= NETDEV_CSUM | NETDEV_GSO_TCP | NETDEV_GSO_UDP;
	d->features = NETDEV_NO_QUEUE | (lower->features & features);
	d->flags = lower->flags & ~(IFF_UP | IFF_PROMISC | IFF_ALLMULTI);
	d->mtu = lower->mtu;
	d->min_mtu = 0;
	d->carrier = lower->carrier;
	d->carrier_told = true;
	d->speed = lower->speed;
	d->lower_index = lower->index;
	take_address(d, lower);
}

/*
 * Made, but not found by packets before vlan_attach: the caller registers it in between, which may
 * fail.
 */
int vlan_new(struct netdev *lower, u32 id, struct netdev **out)
{
	struct above *a;
	struct vlan *v;
	int err;

	*out = NULL;
	if (lower->kind != LINK_ETHERNET)
		return -EOPNOTSUPP;
	a = above_make(lower);
	if (!a)
		return -ENOMEM;
	if (vlan_find(a, id))
		return -EEXIST;
	err = above_may_nest(lower, NULL);
	if (err)
		return err;
	v = obj_new(vlan);
	if (!v)
		return -ENOMEM;
	v->id = id;
	v->lower = obj_get(lower);
	*out = virtual_new(&vlan_ops, &v->obj);
	if (*out) {
		v->dev = *out;
		(*out)->below = lower;
		vlan_inherit(*out, lower);
	}
	obj_put(&v);
	return *out ? 0 : -ENOMEM;
}

void vlan_attach(struct netdev *d)
{
	struct vlan *v = vlan_of_dev(d);
	struct above *a = above_of(v->lower);
	struct vlan_bucket *const b = array_at(a->by_id, v->id % VLAN_BUCKETS);

	spin_lock(&a->lock);
	list_push_back(&b->vlans, v, link);
	spin_unlock(&a->lock);
	v->attached = true;
}

u32 vlan_id(const struct netdev *d)
{
	return vlan_of_dev(d)->id;
}

/* ---- changes ---- */

/*
 * The VLAN follows the device below: down with it, up with it, its carrier, an MTU that is not
 * larger, and its address as long as nobody has set another.
 */
void vlan_lower_event(struct vlan *v, enum net_event e)
{
	struct netdev *d = v->dev, *lower = v->lower;
	bool up = d->flags & IFF_UP;
	int err = 0;

	if (e == NET_DEV_DOWN && up)
		err = netdev_set_flags(d, 0, IFF_UP);
	if (e == NET_DEV_UP && !up)
		err = netdev_set_flags(d, IFF_UP, IFF_UP);
	if (d->carrier != lower->carrier)
		netdev_set_carrier_held(d, lower->carrier);
	if (d->mtu > lower->mtu)
		err = netdev_set_mtu(d, lower->mtu);
	if (d->address_origin == NETDEV_ADDR_STOLEN &&
		!cspan_equal(cspan_of(d->address), cspan_of(lower->address))) {
		take_address(d, lower);
		netdev_tell(d, NET_DEV_CHANGED);
	}
	(void)err; /* what cannot follow stays as it is */
}

void vlan_own_event(struct netdev *d)
{
	if (d->ops == &vlan_ops && !d->gone)
		ask_lower(d, d->flags & IFF_UP);
}
