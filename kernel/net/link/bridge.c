// SPDX-License-Identifier: MPL-2.0
/*
 * Bridges (bridge.h): ports, and the way of a packet.
 *
 * A packet that a port has received comes here when it is delivered (above.c), with no lock held.
 * The bridge learns its source, and finds its destination under bridge.lock. A packet to one station
 * is sent by that station's port after the lock is dropped, a packet to a group, to all or to nobody
 * known goes to all other ports under it, as clones. What is this machine's goes on as received by
 * the bridge. A port's way out ends in a driver's ring, a queue, or a backlog, and never comes back
 * here in the same call: a loop of bridges turns in the backlog, which drops what is too much and
 * gives way to other tasks.
 *
 * Ports forward while they, the bridge and the cable are up. The bridge has the lowest address of
 * its ports, their least MTU, and a carrier while one of them forwards, unless a program has set the
 * first two.
 *
 * What a stranger on a port would try. Frames with many sources fill the table of stations (fdb.c),
 * which is bounded; then unknown destinations go to all ports, as with any switch that is full. A
 * station can claim another's address: the table follows the last frame, but addresses of this
 * machine are never learned. A frame that goes in a circle is not stopped, since there is no
 * spanning tree: it turns in the backlog, and FLOOD_MOST and the backlog's bounds keep the machine
 * alive.
 *
 * Locking: net_config for ports and settings; bridge.lock for what packets use (ports, their state,
 * the table); above.lock is dropped before it is taken.
 */
#include <frame/cpu.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "bridge.h"

#define AGEING_NS  (300 * NSEC_PER_SEC)
#define FLOOD_MOST 16384u

static void bridge_port_release(struct bridge_port *port)
{
	obj_put(&port->dev);
}
OBJ_TYPE(bridge_port, bridge_port_release);
OBJ_TYPE(bridge, NULL_RELEASE);

/* ---- packets ---- */

/* Addresses in the header of Ethernet: where the receiver stands, and the sender behind it. */
#define to_of(p)   (cspan_sub(cspan_of((p)->data), (p)->mac, ETHERNET_ADDR))
#define from_of(p) (cspan_sub(cspan_of((p)->data), (p)->mac + ETHERNET_ADDR, ETHERNET_ADDR))

/*
 * A packet that begins with its header leaves by a port; consumed. A frame that is too long for the
 * port is dropped, not cut: a bridge has nobody whom it could tell. One with gso is cut by
 * netdev_send to what its header says.
 */
static void bridge_send_by(struct netdev *d, struct packet *p)
{
	if (!p->gso && p->len > load_once(d->mtu) + ETHERNET_HEADER + VLAN_HEADER)
		packet_drop(&p);
	else
		ignore_error(netdev_send(d, p)); /* it drops what it cannot send, and counts that */
}

/*
 * A port may be a VLAN above another bridge, which floods to its ports in the same call, and so on:
 * the numbers of ports are multiplied. So the first flood of a call gets FLOOD_MOST packets for all
 * of them, counted as if each port cut what has gso. Of this CPU: spin locks are held meanwhile.
 */
static struct {
	u32 depth, left;
} fuel[MAX_CPUS];

/* Whether what came by @from, or from this machine (NULL), may leave by a port. */
static bool may_leave_by(const struct bridge_port *port, const struct bridge_port *from)
{
	if (!port->forwards || (port == from && !(port->flags & PORT_HAIRPIN)))
		return false;
	return !from || !(port->flags & from->flags & PORT_ISOLATED);
}

/* The flag of ports that a frame to many leaves by; this machine's own to groups and all always. */
static u32 flood_flag(const struct bridge_port *from, const struct packet *p)
{
	u32 i;

	if (!(span_byte(to_of(p), 0) & 1))
		return PORT_FLOODS;
	for (i = 0; i < ETHERNET_ADDR && span_byte(to_of(p), i) == 0xff;)
		i++;
	if (!from)
		return 0;
	return i == ETHERNET_ADDR ? PORT_FLOODS_BROADCAST : PORT_FLOODS_GROUPS;
}

/* A clone for each port that it may leave by. bridge.lock held. */
static void flood(struct bridge *b, const struct bridge_port *from, const struct packet *p)
{
	u32 wanted = flood_flag(from, p);
	u32 cost = p->gso && p->gso_size ? p->len / p->gso_size + 1 : 1, cpu = cpu_id();
	u32 *const left = &array_at(fuel, cpu)->left;
	struct bridge_port *port;
	struct packet *c;

	if (!array_at(fuel, cpu)->depth++)
		*left = FLOOD_MOST;
	list_for_each(port, &b->ports, link) {
		if (!may_leave_by(port, from) || (port->flags & wanted) != wanted)
			continue;
		c = *left < cost ? NULL : packet_clone(p);
		if (!c) {
			array_at(b->dev->stats, cpu)->tx_dropped++;
			break;
		}
		*left -= cost;
		bridge_send_by(port->dev, c);
	}
	array_at(fuel, cpu)->depth--;
}

/*
 * Finds the way of a packet that begins with its header: 1: it is this machine's, 0: it was flooded,
 * or is to be sent by *@out (a reference) if there is one. bridge.lock held.
 */
static bool bridge_find_way(struct bridge *b, const struct bridge_port *from,
	const struct packet *p, struct bridge_port **out)
{
	bool group = span_byte(to_of(p), 0) & 1;
	struct fdb_entry *e = group ? NULL : fdb_find(b, to_of(p));

	if (!e) {
		flood(b, from, p);
		return group;
	}
	if (e->kind == FDB_LOCAL && from)
		return true;
	if (e->port && may_leave_by(e->port, from))
		*out = obj_get(e->port);
	return false;
}

/* 01-80-c2-00-00-0x, which bridges do not forward; 0 is the spanning tree's, which is not here. */
static u32 link_local(const struct packet *p)
{
	static const u8 prefix[] = { 0x01, 0x80, 0xc2, 0, 0 };
	u32 last = span_byte(to_of(p), ETHERNET_ADDR - 1);

	return cspan_equal(cspan_first(to_of(p), sizeof(prefix)), cspan_of(prefix)) && last < 16
		? last
		: 0;
}

/*
 * The headers' places and the sum, as for a packet that is sent. A port may be a card that has
 * checked the sum: the next one must not believe it, so the frame goes out with the sum that it
 * has.
 */
static void make_outgoing(struct packet *p)
{
	p->net = p->head;
	if (p->csum == CSUM_PARTIAL)
		p->transport = p->csum_start;
	else
		p->csum = CSUM_UNKNOWN;
	packet_push(p, ETHERNET_HEADER);
}

/*
 * Returns the packet if it is this machine's too, now as received by the bridge; NULL: it was sent
 * on or dropped. Addresses 01-80-c2-00-00-0x do not pass a bridge (IEEE 802.1D, 7.12.6) but for the
 * spanning tree's, as on Linux where it is off: the bridge learns from them, and they go to the
 * port's own protocols. Pause frames (01) are dropped.
 */
struct packet *bridge_receive(struct bridge_port *port, struct packet *p)
{
	struct bridge *b = port->bridge;
	struct bridge_port *out = NULL;
	u8 csum = p->csum;
	u32 special;
	bool forwards, mine = false;

	if (p->mac + ETHERNET_HEADER != p->head || !ethernet_address_is_good(from_of(p)))
		goto out_drop;
	special = link_local(p);
	spin_lock(&b->lock);
	forwards = port->forwards && special != 1;
	if (forwards) {
		if (port->flags & PORT_LEARNS)
			fdb_learn(b, port, from_of(p));
		if (!special) {
			make_outgoing(p);
			mine = bridge_find_way(b, port, p, &out);
		}
	}
	spin_unlock(&b->lock);
	if (!forwards)
		goto out_drop;
	if (special)
		return p;
	/* A bridge that is promiscuous has a look at what passes, too. */
	if (!mine && (load_once(b->dev->promiscuous) || load_once(b->dev->flags) & IFF_PROMISC)) {
		struct packet *c = out ? packet_clone(p) : NULL;
		if (c)
			bridge_send_by(out->dev, c);
		mine = true;
	} else if (out) {
		bridge_send_by(out->dev, p);
		obj_put(&out);
		return NULL;
	}
	obj_put(&out);
	if (mine) {
		packet_pull(p, ETHERNET_HEADER);
		p->csum = csum;
		above_hand_up(b->dev, p);
		return p;
	}
out_drop:
	packet_drop(&p);
	return NULL;
}

/* What this machine sends by the bridge. */
static int bridge_xmit(struct netdev *d, u32 queue, struct packet *p, bool more)
{
	struct bridge *b = bridge_of(d);
	struct bridge_port *out = NULL;

	(void)queue;
	(void)more;
	p->mac = p->head;
	spin_lock(&b->lock);
	if (!d->gone)
		(void)bridge_find_way(b, NULL, p, &out);
	spin_unlock(&b->lock);
	if (out)
		bridge_send_by(out->dev, p);
	else
		packet_drop(&p);
	obj_put(&out);
	return 0;
}

/* ---- what a bridge has of its ports ---- */

/* An address as a number: the bytes in their order. */
static u64 bridge_number(const struct netdev *d)
{
	u64 n = 0;
	u32 i;

	for (i = 0; i < ETHERNET_ADDR; i++)
		n = n << 8 | d->address[i];
	return n;
}

/*
 * A bridge has no address of its own to begin with; that of its lowest port is its identity, so it
 * may change as ports come and go. One that a program has set stays.
 */
static void follow_address(struct bridge *b)
{
	u8 none[LINK_ADDR_MAX] = { 0 };
	struct netdev *lowest = NULL;
	struct bridge_port *port;

	if (b->dev->address_origin == NETDEV_ADDR_SET)
		return;
	list_for_each(port, &b->ports, link) {
		if (!lowest || bridge_number(port->dev) < bridge_number(lowest))
			lowest = port->dev;
	}
	if (bridge_number(b->dev) == (lowest ? bridge_number(lowest) : 0))
		return;
	span_copy(span_of(b->dev->address), lowest ? cspan_of(lowest->address) : cspan_of(none));
	netdev_tell(b->dev, NET_DEV_CHANGED);
}

static void follow_mtu(struct bridge *b)
{
	struct bridge_port *port;
	u32 mtu = 0;

	if (b->mtu_set)
		return;
	list_for_each(port, &b->ports, link)
		mtu = mtu ? min(mtu, port->dev->mtu) : port->dev->mtu;
	mtu = mtu ? mtu : 1500;
	if (mtu == b->dev->mtu)
		return;
	store_once(b->dev->mtu, mtu);
	netdev_tell(b->dev, NET_DEV_CHANGED);
}

/*
 * Whether ports forward; @up: the bridge is up. What was learned from one that does not is dropped.
 * The carrier is looked at when a port begins or ceases to forward, or has @left: a bridge that has
 * never had one has it, as on Linux.
 */
static void follow_state(struct bridge *b, bool up, bool left)
{
	struct bridge_port *port;
	bool any = false, changed = left;

	spin_lock(&b->lock);
	list_for_each(port, &b->ports, link) {
		bool now = up && netdev_has_link(port->dev);
		if (port->forwards && !now)
			fdb_drop_port(b, port, false);
		changed = changed || port->forwards != now;
		any = any || now;
		port->forwards = now;
	}
	spin_unlock(&b->lock);
	if (changed) {
		b->dev->carrier_told = true;
		netdev_set_carrier_held(b->dev, any);
	}
}

static void bridge_follow(struct bridge *b, bool left)
{
	follow_address(b);
	follow_mtu(b);
	fdb_set_own(b);
	follow_state(b, b->dev->flags & IFF_UP, left);
}

/* ---- the device ---- */

static int bridge_open(struct netdev *d)
{
	follow_state(bridge_of(d), true, false);
	return 0;
}

static void bridge_stop(struct netdev *d)
{
	follow_state(bridge_of(d), false, false);
}

static int bridge_set_mtu(struct netdev *d, u32 mtu)
{
	(void)mtu;
	bridge_of(d)->mtu_set = true;
	return 0;
}

/*
 * The order: packets lose the way to the port first (a->port), then the bridge loses it (b->ports,
 * the table), under its lock. A packet that has a reference to the port still sends by its device,
 * which lives on.
 */
static void remove_port(struct bridge_port *port)
{
	struct bridge *b = port->bridge;
	struct netdev *d = port->dev;
	struct above *a = above_of(d);
	int err;

	spin_lock(&a->lock);
	a->port = NULL;
	spin_unlock(&a->lock);
	spin_lock(&b->lock);
	port->forwards = false;
	fdb_drop_port(b, port, true);
	list_remove(&b->ports, port, link);
	spin_unlock(&b->lock);
	d->master = NULL;
	store_once(d->master_index, 0);
	err = netdev_set_promiscuous(d, false);
	err = netdev_set_allmulti(d, false);
	(void)err; /* nobody needs them */
	if (!d->gone)
		netdev_tell(d, NET_DEV_CHANGED);
	obj_put(&port);
	if (!b->dev->gone)
		bridge_follow(b, true);
}

static void bridge_left(struct netdev *d)
{
	struct bridge *b = bridge_of(d);

	while (b->ports.first)
		remove_port(b->ports.first);
	if (b->listed)
		fdb_close(b);
	b->listed = false;
}

static const struct netdev_ops bridge_ops = { .open = bridge_open,
	.stop = bridge_stop,
	.xmit = bridge_xmit,
	.passes_on = true,
	.set_address = virtual_set_address,
	.set_mtu = bridge_set_mtu,
	.push_header = ethernet_push_header,
	.remove = netdev_unregister,
	.left = bridge_left,
	.kind = LIT("bridge") };

struct bridge *bridge_of(const struct netdev *d)
{
	return d->ops == &bridge_ops ? obj_cast(bridge, d->driver) : NULL;
}

struct netdev *bridge_new(void)
{
	struct bridge *b = obj_new(bridge);
	struct netdev *d = b ? virtual_new(&bridge_ops, &b->obj) : NULL;

	if (d) {
		b->dev = d;
		b->ageing_ns = AGEING_NS;
		d->features |= NETDEV_VLAN_TX;
	}
	obj_put(&b);
	return d;
}

void bridge_registered(struct netdev *d)
{
	struct bridge *b = bridge_of(d);

	b->listed = true;
	fdb_open(b);
	fdb_set_own(b);
}

/* ---- ports ---- */

struct bridge_port *bridge_port_of(const struct netdev *d)
{
	struct above *a = d->master ? above_of(d) : NULL;

	return a ? a->port : NULL;
}

void bridge_port_set_flags(struct bridge_port *port, u32 mask, u32 flags)
{
	spin_lock(&port->bridge->lock);
	store_once(port->flags, (port->flags & ~mask) | (flags & mask));
	spin_unlock(&port->bridge->lock);
}

/* The first number that no port has. */
static u32 bridge_free_number(const struct bridge *b)
{
	struct bridge_port *port;
	u32 n = 0, last = ~0u;

	while (n != last) {
		last = n;
		list_for_each(port, &b->ports, link) {
			if (port->nr == n + 1)
				n++;
		}
	}
	return n + 1;
}

/* Whether a device may be a port of a bridge. */
static int may_be_port(struct netdev *d, struct netdev *master)
{
	if ((d->flags & IFF_LOOPBACK) || d->kind != LINK_ETHERNET ||
		!ethernet_address_is_good(cspan_of(d->address)))
		return -EINVAL;
	if (bridge_of(d))
		return -ELOOP;
	return above_may_nest(d, master);
}

/*
 * The port is whole before a packet can find it (a->port is set last). The device receives all
 * frames from now on, since the bridge forwards what is not addressed to it.
 */
static int add_port(struct netdev *d, struct netdev *master)
{
	struct bridge *b = bridge_of(master);
	struct bridge_port *port;
	struct above *a;
	int err = b ? may_be_port(d, master) : -EOPNOTSUPP;

	if (err)
		return err;
	a = above_make(d);
	port = a ? obj_new(bridge_port) : NULL;
	if (!port)
		return -ENOMEM;
	port->dev = obj_get(d);
	port->bridge = b;
	port->flags = PORT_LEARNS | PORT_FLOODS | PORT_FLOODS_GROUPS | PORT_FLOODS_BROADCAST;
	port->nr = bridge_free_number(b);
	err = netdev_set_promiscuous(d, true);
	err = netdev_set_allmulti(d, true);
	(void)err; /* a device that cannot tell packets apart has them all */
	spin_lock(&b->lock);
	list_push_back(&b->ports, port, link);
	spin_unlock(&b->lock);
	d->master = master;
	store_once(d->master_index, master->index);
	spin_lock(&a->lock);
	a->port = port;
	spin_unlock(&a->lock);
	bridge_follow(b, false);
	netdev_tell(d, NET_DEV_CHANGED);
	return 0;
}

/*
 * A device has one master. To set another one takes it away from the first; if the second refuses,
 * it has none, as on Linux.
 */
int bridge_set_master(struct netdev *d, u32 index)
{
	struct bridge_port *port = bridge_port_of(d);
	struct netdev *master;
	int err;

	if (port && port->bridge->dev->index == index)
		return 0;
	if (port)
		remove_port(port);
	if (!index)
		return 0;
	master = netdev_by_index(index);
	if (!master)
		return -EINVAL;
	err = add_port(d, master);
	obj_put(&master);
	return err;
}

void bridge_event(struct netdev *d, enum net_event e)
{
	struct bridge_port *port = bridge_port_of(d);
	struct bridge *b = bridge_of(d);

	if (port && e == NET_DEV_GONE)
		remove_port(port);
	else if (port && e != NET_DEV_NEW)
		bridge_follow(port->bridge, false);
	if (b && e == NET_DEV_CHANGED && b->listed)
		fdb_set_own(b);
}
