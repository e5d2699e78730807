// SPDX-License-Identifier: MPL-2.0
/*
 * Kinds of links that programs make, as `ip link add` does: a row of functions for each kind, which
 * know its attributes. The devices themselves are in kernel/net/link.
 *
 * A device is complete when it is registered, which tells of it: so what can fail by the request
 * comes before. What is done after that, as bringing it up, takes it away again if it fails; then
 * it leaves, and the request's end does the rest (netdev_reap in rtnetlink.c).
 */
#include <kernel/byteorder.h>
#include <uapi/if.h>

#include "../link/bridge.h"
#include "link.h"

struct TABLE link_kind_row {
	struct lit name;
	/* Makes and registers the device: a reference in *out. NULL: no request can. */
	int (*make)(const struct link_request *r, struct netdev **out);
	/* Changes a device by IFLA_INFO_DATA. NULL: nothing can be changed. */
	int (*change)(struct netdev *d, struct nl_range data);
	/* What stands in IFLA_INFO_DATA. NULL: there is none. */
	void (*tell)(struct nl_writer *w, const struct netdev *d);
};

/* ---- what all kinds have ---- */

/*
 * The fields that attributes set, before the device is registered. 0, -EINVAL, -EADDRNOTAVAIL. The
 * device is not registered yet, so fields are set and nobody is told.
 */
static int fill_in(struct netdev *d, struct nl_range attrs)
{
	struct nl_range v = { 0 };
	u32 mtu = nl_get_u32(attrs, IFLA_MTU, d->mtu);

	if (nl_get(attrs, IFLA_ADDRESS, &v)) {
		if (v.len != ETHERNET_ADDR)
			return -EINVAL;
		if (!ethernet_address_is_good(nl_span(v)))
			return -EADDRNOTAVAIL;
		span_copy(span_of(d->address), nl_span(v));
		d->address_origin = NETDEV_ADDR_SET;
	}
	if (nl_get(attrs, IFLA_BROADCAST, &v) && v.len != ETHERNET_ADDR)
		return -EINVAL;
	link_set_broadcast(d, attrs);
	if (!netdev_mtu_fits(d, mtu))
		return -EINVAL;
	d->mtu = mtu;
	d->txqueuelen = nl_get_u32(attrs, IFLA_TXQLEN, d->txqueuelen);
	d->group = nl_get_u32(attrs, IFLA_GROUP, 0);
	return 0;
}

/*
 * Fills in and registers, under the name of the request or the first free one of the kind.
 * net_config held. When this returns 0, the device can be found by all.
 */
static int link_enter(struct netdev *d, struct nl_range attrs)
{
	struct nl_range name = { 0 };
	bool named = nl_get(attrs, IFLA_IFNAME, &name) && cspan_strlen(nl_span(name));
	u8 pattern[IFNAMSIZ];
	FMT(f, span_of(pattern));
	int err = fill_in(d, attrs);

	if (err)
		return err;
	d->name_origin = named ? NETDEV_NAME_USER : NETDEV_NAME_ENUM;
	if (named)
		return netdev_register_held(d, nl_text(name));
	fmt_span(&f, lit_span(d->ops->kind));
	fmt_lit(&f, LIT("%d"));
	return netdev_register_held(d, fmt_text(&f));
}

/* Registers a device that was just made; without success it is dropped. */
static int enter_one(struct netdev *d, const struct link_request *r, struct netdev **out)
{
	int err = d ? link_enter(d, r->attrs) : -ENOMEM;

	if (err)
		obj_put(&d);
	*out = d;
	return err;
}

/* ---- dummy ---- */

static int dummy_make(const struct link_request *r, struct netdev **out)
{
	return enter_one(dummy_new(), r, out);
}

/* ---- veth ---- */

/*
 * The attributes of the other end, which IFLA_INFO_DATA may have, behind a struct ifinfomsg. 0,
 * -EINVAL, -EOPNOTSUPP.
 */
static int peer_of(const struct link_request *r, struct ifinfomsg *m, struct nl_range *attrs)
{
	struct nl_range peer = { 0 };
	u32 n = (u32)sizeof(*m);

	*m = (struct ifinfomsg){ 0 };
	*attrs = (struct nl_range){ .buf = r->attrs.buf };
	if (!nl_get(r->data, VETH_INFO_PEER, &peer))
		return 0;
	if (!span_read(nl_span(peer), 0, m))
		return -EINVAL;
	*attrs = (struct nl_range){ peer.buf, peer.at + n, peer.len - n };
	if (m->index)
		return m->index < 0 ? -EINVAL : -EOPNOTSUPP;
	return nl_has_unknown(*attrs, LINK_NEW_KNOWN) ? -EOPNOTSUPP : 0;
}

/*
 * The other end comes first, as on Linux: it has the lower index. Both ends are registered under
 * one net_config, so nobody sees a pair of which one end is missing. A failure behind the first
 * registration breaks the pair, by which the registered end leaves.
 */
static int veth_make(const struct link_request *r, struct netdev **out)
{
	struct ifinfomsg m = { 0 };
	struct nl_range attrs = { 0 };
	struct netdev *d = NULL, *peer = NULL;
	int err = peer_of(r, &m, &attrs);

	if (!err && !veth_new(&d, &peer))
		err = -ENOMEM;
	if (err)
		return err;
	err = link_enter(peer, attrs);
	if (!err && (m.flags || m.change))
		err = link_set_flags(peer, &m);
	if (!err)
		err = link_enter(d, r->attrs);
	if (err) {
		veth_break(d);
		obj_put(&d);
	} else {
		veth_pair_made(d, peer);
	}
	obj_put(&peer);
	*out = d;
	return err;
}

/* ---- VLANs ---- */

/* All that IFLA_VLAN_FLAGS can say: the tag is taken off, which is always done. */
static int vlan_flags(struct nl_range data)
{
	struct vlan_flags f;
	struct nl_range v = { 0 };

	if (!nl_get(data, IFLA_VLAN_FLAGS, &v))
		return 0;
	if (!span_read(nl_span(v), 0, &f) || (f.flags & f.mask & ~VLAN_FLAGS_ALL))
		return -EINVAL;
	if (((f.flags ^ VLAN_FLAG_REORDER_HDR) & f.mask) ||
		nl_has_unknown(data,
			bit(IFLA_VLAN_ID) | bit(IFLA_VLAN_FLAGS) | bit(IFLA_VLAN_PROTOCOL)))
		return -EOPNOTSUPP;
	return 0;
}

/* The number that a request chooses. 0, -EINVAL, -ERANGE, -EPROTONOSUPPORT, -EOPNOTSUPP. */
static int vlan_number(const struct link_request *r, u16 *id)
{
	struct nl_range v = { 0 };
	u16 protocol = be16(ETHERTYPE_VLAN);

	if (!r->has_data)
		return -EINVAL;
	if (nl_get(r->data, IFLA_VLAN_PROTOCOL, &v) &&
		(!span_read(nl_span(v), 0, &protocol) || protocol != be16(ETHERTYPE_VLAN)))
		return -EPROTONOSUPPORT;
	if (!nl_get(r->data, IFLA_VLAN_ID, &v) || !span_read(nl_span(v), 0, id))
		return -EINVAL;
	return *id > VLAN_ID_MAX ? -ERANGE : vlan_flags(r->data);
}

/* The VLAN is found by packets only after vlan_attach, when it is registered. */
static int vlan_make(const struct link_request *r, struct netdev **out)
{
	u32 index = nl_get_u32(r->attrs, IFLA_LINK, 0);
	struct netdev *lower;
	u16 id = 0;
	int err = vlan_number(r, &id);

	if (err)
		return err;
	if (!index)
		return -EINVAL;
	lower = netdev_by_index(index);
	if (!lower)
		return -ENODEV;
	err = vlan_new(lower, id, out);
	if (!err && nl_get_u32(r->attrs, IFLA_MTU, 0) > lower->mtu)
		err = -EINVAL;
	if (!err)
		err = link_enter(*out, r->attrs);
	if (!err)
		vlan_attach(*out);
	else
		obj_put(out);
	obj_put(&lower);
	return err;
}

/* Flags only, and those cannot be changed to anything else. */
static int vlan_change(struct netdev *d, struct nl_range data)
{
	(void)d;
	return vlan_flags(data);
}

static void vlan_tell(struct nl_writer *w, const struct netdev *d)
{
	struct vlan_flags f = { VLAN_FLAG_REORDER_HDR, ~0u };

	nl_put_u16(w, IFLA_VLAN_PROTOCOL, be16(ETHERTYPE_VLAN));
	nl_put_u16(w, IFLA_VLAN_ID, (u16)vlan_id(d));
	nl_put(w, IFLA_VLAN_FLAGS, value_cspan(&f));
}

/* ---- bridges ---- */

/*
 * What the request asks of the bridge is checked before the bridge exists, so the change at the end
 * cannot fail.
 */
static int bridge_make(const struct link_request *r, struct netdev **out)
{
	int err = r->has_data ? bridge_may_change(r->data) : 0;

	if (!err)
		err = enter_one(bridge_new(), r, out);
	if (err)
		return err;
	bridge_registered(*out);
	return r->has_data ? bridge_change(*out, r->data) : 0;
}

/* ---- tun: made by TUNSETIFF only ---- */

static void tun_tell(struct nl_writer *w, const struct netdev *d)
{
	struct netdev_tun_info i = { 0 };

	d->ops->tun_info(d, &i);
	nl_put_u8(w, IFLA_TUN_TYPE, i.tap ? 2 : 1);
	if (~i.owner)
		nl_put_u32(w, IFLA_TUN_OWNER, i.owner);
	if (~i.group)
		nl_put_u32(w, IFLA_TUN_GROUP, i.group);
	nl_put_u8(w, IFLA_TUN_PI, i.pi);
	nl_put_u8(w, IFLA_TUN_VNET_HDR, i.vnet);
	nl_put_u8(w, IFLA_TUN_PERSIST, i.persistent);
	nl_put_u8(w, IFLA_TUN_MULTI_QUEUE, i.multi_queue);
	if (i.multi_queue) {
		nl_put_u32(w, IFLA_TUN_NUM_QUEUES, i.nr_queues);
		nl_put_u32(w, IFLA_TUN_NUM_DISABLED_QUEUES, i.nr_disabled);
	}
}

/* ---- the table ---- */

static const struct link_kind_row kinds[] = {
	{ .name = LIT("tun"), .tell = tun_tell },
	{ .name = LIT("dummy"), .make = dummy_make },
	{ .name = LIT("veth"), .make = veth_make },
	{ .name = LIT("vlan"), .make = vlan_make, .change = vlan_change, .tell = vlan_tell },
	{ .name = LIT("bridge"),
		.make = bridge_make,
		.change = bridge_change,
		.tell = bridge_tell },
};

/* A device of no kind in this table (a card, lo) has none. */
static const struct link_kind_row *find_kind(struct cspan name)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		if (cspan_len(name) && cspan_equal(lit_span(kinds[i].name), name))
			return array_at(kinds, i);
	}
	return NULL;
}

/*
 * After make() has succeeded the device exists, and a failure takes it away again with all that has
 * followed from it.
 */
int link_make(const struct link_request *r)
{
	const struct link_kind_row *k = find_kind(nl_text(r->kind));
	struct netdev *d = NULL;
	int err;

	if (!k || !k->make || r->has_port || r->m.index || nl_has_unknown(r->attrs, LINK_NEW_KNOWN))
		return -EOPNOTSUPP;
	err = k->make(r, &d);
	if (err)
		return err;
	link_set_state(d, r->attrs);
	err = link_set_families(d, r->attrs);
	if (!err && (r->m.flags || r->m.change))
		err = link_set_flags(d, &r->m);
	if (!err)
		err = bridge_set_master(d, nl_get_u32(r->attrs, IFLA_MASTER, 0));
	if (err)
		netdev_leave_with(d);
	obj_put(&d);
	return err;
}

/* Only what its kind can change later; a request without data changes nothing. */
int link_change_kind(struct netdev *d, const struct link_request *r)
{
	const struct link_kind_row *k = find_kind(nl_text(r->kind));

	if (!r->has_data)
		return 0;
	if (!k || !k->change || !cspan_equal(lit_span(k->name), lit_span(d->ops->kind)))
		return -EOPNOTSUPP;
	return k->change(d, r->data);
}

void link_tell_kind(struct nl_writer *w, struct netdev *d)
{
	const struct link_kind_row *k = find_kind(lit_span(d->ops->kind));
	u32 at, data;

	if (!k && !d->master_index)
		return;
	at = nl_nest(w, IFLA_LINKINFO);
	if (k)
		nl_put_text(w, IFLA_INFO_KIND, lit_span(k->name));
	if (k && k->tell) {
		data = nl_nest(w, IFLA_INFO_DATA);
		k->tell(w, d);
		nl_nest_end(w, data);
	}
	bridge_tell_port(w, d);
	nl_nest_end(w, at);
}
