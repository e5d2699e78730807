// SPDX-License-Identifier: MPL-2.0
/*
 * Pairs of devices (veth(4)): what one sends, the other receives.
 *
 * Both ends have one object, which holds a reference to each. A sender takes the object's lock,
 * finds the other end, and appends the packet to the backlog of its CPU as the other end's
 * (netdev_receive): whoever runs the backlog goes on with it, so a packet that goes through any
 * number of pairs takes no stack and no second lock of this kind, and what a loop of them can hold
 * is what the backlog may.
 *
 * An end that goes takes the other one along: the object's two references become NULL under its
 * lock, so nobody sends any more, and the other end leaves under the same net_config. The carrier
 * is there while both ends are up.
 *
 * Locking: net_config for the life of a pair; veth.lock, then a backlog's lock.
 */
#include <uapi/errno.h>
#include <uapi/if.h>

#include "virtual.h"

struct veth {
	struct obj obj;
	struct spinlock lock;
	struct netdev *end[2]; /* lock; references. NULL, both: the pair is broken */
};
OBJ_TYPE(veth, NULL_RELEASE);

/* The other end; NULL: the pair is broken. veth.lock or net_config held. */
static struct netdev *other_end(const struct veth *v, const struct netdev *d)
{
	return v->end[0] == d ? v->end[1] : v->end[0];
}

/* Whether an end takes a packet that begins with the link's header. Without a carrier: silently. */
static int takes(const struct netdev *d, const struct packet *p)
{
	if (!d || !(load_once(d->flags) & IFF_UP))
		return -ENETDOWN;
	return p->gso || p->len <= load_once(d->mtu) + ETHERNET_HEADER + VLAN_HEADER ? 0 : -ENOBUFS;
}

static int veth_xmit(struct netdev *d, u32 queue, struct packet *p, bool more)
{
	struct veth *v = obj_cast(veth, d->driver);
	struct netdev *peer;
	int err;

	(void)queue;
	(void)more;
	spin_lock(&v->lock);
	peer = other_end(v, d);
	err = takes(peer, p);
	if (!err) {
		packet_uncharge(p);
		p->priority = 0;
		p->time_ns = 0;
		ethernet_receive(peer, p);
	}
	spin_unlock(&v->lock);
	return err;
}

/*
 * The carrier of both changes when the second end comes up. The other end may be gone for good,
 * then the device cannot be brought up.
 */
static int veth_open(struct netdev *d)
{
	struct netdev *peer = other_end(obj_cast(veth, d->driver), d);

	if (!peer)
		return -ENOTCONN;
	if (peer->flags & IFF_UP) {
		netdev_set_carrier_held(d, true);
		netdev_set_carrier_held(peer, true);
	}
	return 0;
}

static void veth_stop(struct netdev *d)
{
	struct netdev *peer = other_end(obj_cast(veth, d->driver), d);

	netdev_set_carrier_held(d, false);
	if (peer)
		netdev_set_carrier_held(peer, false);
}

/* Breaks the pair: nobody sends after that. The ends that are registered leave. */
static void veth_left(struct netdev *d)
{
	struct veth *v = obj_cast(veth, d->driver);
	struct netdev *one, *other;

	spin_lock(&v->lock);
	one = v->end[0];
	other = v->end[1];
	v->end[0] = v->end[1] = NULL;
	spin_unlock(&v->lock);
	if (!one)
		return;
	if (one != d && one->index)
		netdev_leave_with(one);
	if (other != d && other->index)
		netdev_leave_with(other);
	obj_put(&one);
	obj_put(&other);
}

static const struct netdev_ops veth_ops = { .open = veth_open,
	.stop = veth_stop,
	.xmit = veth_xmit,
	.set_address = virtual_set_address,
	.push_header = ethernet_push_header,
	.remove = netdev_unregister,
	.left = veth_left,
	.kind = LIT("veth") };

static struct netdev *make_end(struct veth *v)
{
	struct netdev *d = virtual_new(&veth_ops, &v->obj);

	if (!d)
		return NULL;
	d->features |= NETDEV_VLAN_TX;
	d->carrier = false;
	d->carrier_told = true;
	d->speed = 10000; /* as Linux says */
	return d;
}

bool veth_new(struct netdev **one, struct netdev **other)
{
	struct veth *v = obj_new(veth);

	if (!v)
		return false;
	*one = make_end(v);
	*other = *one ? make_end(v) : NULL;
	if (*other) {
		v->end[0] = obj_get(*one);
		v->end[1] = obj_get(*other);
	} else {
		obj_put(one);
	}
	obj_put(&v);
	return *other != NULL;
}

void veth_pair_made(struct netdev *one, struct netdev *other)
{
	store_once(one->lower_index, other->index);
	store_once(other->lower_index, one->index);
}

void veth_break(struct netdev *d)
{
	veth_left(d);
}
