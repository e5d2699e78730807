// SPDX-License-Identifier: MPL-2.0
/*
 * Links in NETLINK_ROUTE: network devices, as `ip link` shows and changes them.
 *
 * A message about a link (put_link) is the same in a dump, in an answer to RTM_GETLINK, and in the
 * notice that is sent to the group RTNLGRP_LINK after a change. Fields are read one by one while
 * the device works, so counters of one message may be some packets apart.
 *
 * A dump goes by device index: at[0] is the last one that fitted. A device that is added or removed
 * between two pieces of the dump is shown or not; no other is skipped or shown twice.
 *
 * A change first refuses attributes that are not known, so that nothing is changed by half of a
 * request that this kernel does not understand. The attributes that are left are applied one after
 * the other, and the first error ends the request; as on Linux, what was applied before it stays.
 * RTM_NEWLINK with NLM_F_CREATE makes a device of a kind that link_new.c knows. RTM_DELLINK removes
 * only devices that have the operation, those that programs make; it runs without net_config, which
 * the removal takes itself.
 *
 * A request that changes a device is checked as a whole only for unknown attributes. Then its
 * changes are made one by one: one that fails leaves those before it, and Linux does the same.
 */
#include <frame/task.h>
#include <kernel/netdev.h>
#include <kernel/text.h>
#include <uapi/if.h>

#include "../inet/addr.h"
#include "../link/bridge.h"
#include "link.h"

/* struct rtnl_link_stats64 begins with these. */
struct link_stats64 {
	u64 rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped,
		tx_dropped, multicast, others[16];
};
static_assert(sizeof(struct link_stats64) == 200, "the ABI says so");
struct link_stats32 {
	u32 rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped,
		tx_dropped, multicast, others[15];
};
static_assert(sizeof(struct link_stats32) == 96, "the ABI says so");

struct link_map {
	u64 start, end, base;
	u16 irq;
	u8 dma, port, pad[4];
};

/* Both widths are sent, since old programs know the narrow one only; its numbers wrap. */
static void put_stats(struct nl_writer *w, const struct netdev *d)
{
	struct netdev_stats s = { 0 };
	struct link_stats64 wide = { 0 };
	struct link_stats32 narrow = { 0 };

	netdev_sum_stats(d, &s);
	wide.rx_packets = s.rx_packets;
	wide.tx_packets = s.tx_packets;
	wide.rx_bytes = s.rx_bytes;
	wide.tx_bytes = s.tx_bytes;
	wide.rx_errors = s.rx_errors;
	wide.tx_errors = s.tx_errors;
	wide.rx_dropped = s.rx_dropped;
	wide.tx_dropped = s.tx_dropped;
	wide.multicast = s.multicast;
	narrow.rx_packets = (u32)s.rx_packets;
	narrow.tx_packets = (u32)s.tx_packets;
	narrow.rx_bytes = (u32)s.rx_bytes;
	narrow.tx_bytes = (u32)s.tx_bytes;
	narrow.rx_errors = (u32)s.rx_errors;
	narrow.tx_errors = (u32)s.tx_errors;
	narrow.rx_dropped = (u32)s.rx_dropped;
	narrow.tx_dropped = (u32)s.tx_dropped;
	narrow.multicast = (u32)s.multicast;
	nl_put(w, IFLA_STATS64, value_cspan(&wide));
	nl_put(w, IFLA_STATS, value_cspan(&narrow));
}

/*
 * The flags as programs see them. What is not in netdev.flags: there is a carrier, and the device
 * is up.
 */
static u32 link_flags(const struct netdev *d)
{
	u32 f = load_once(d->flags);

	if (netdev_has_link(d))
		f |= IFF_LOWER_UP;
	if (netdev_is_running(d))
		f |= IFF_RUNNING;
	return f;
}

/* IFLA_AF_SPEC: whether IPv6 makes a link-local address. */
static void put_families(struct nl_writer *w, const struct netdev *d)
{
	struct inet_dev *i = addr_inet(d);
	u32 at, six;

	if (!i)
		return;
	at = nl_nest(w, IFLA_AF_SPEC);
	six = nl_nest(w, AF_INET6);
	nl_put_u8(w, IFLA_INET6_ADDR_GEN_MODE,
		load_once(i->no_link_local) ? IN6_ADDR_GEN_MODE_NONE : IN6_ADDR_GEN_MODE_EUI64);
	nl_nest_end(w, six);
	nl_nest_end(w, at);
}

/*
 * How large a packet may be that the device cuts, or that was put together: what Linux' stack has
 * by default. This machine's transports make no larger ones.
 */
static void link_put_sizes(struct nl_writer *w, bool lo)
{
	nl_put_u32(w, IFLA_GSO_MAX_SEGS, 65535);
	nl_put_u32(w, IFLA_GSO_MAX_SIZE, 65536);
	nl_put_u32(w, IFLA_GRO_MAX_SIZE, 65536);
	nl_put_u32(w, IFLA_GSO_IPV4_MAX_SIZE, 65536);
	nl_put_u32(w, IFLA_GRO_IPV4_MAX_SIZE, 65536);
	nl_put_u32(w, IFLA_TSO_MAX_SIZE, lo ? 524280 : 65536);
	nl_put_u32(w, IFLA_TSO_MAX_SEGS, 65535);
}

/* The alias has a lock of its own, so it is copied. */
static void link_put_alias(struct nl_writer *w, const struct netdev *d)
{
	u8 text[NETDEV_ALIAS_MAX];
	size_t n = netdev_get_alias(d, span_of(text));

	if (n)
		nl_put_text(w, IFLA_IFALIAS, cspan_first(cspan_of(text), n));
}

/*
 * Writes the message about a link. False: it does not fit. Words are read without a lock:
 * net_config is held by who changes the device, and by dumps; a message that is sent from elsewhere
 * may be of a moment between two changes, and another one follows.
 */
static bool put_link(struct nl_writer *w, struct netdev *d, const struct nlmsghdr *h, u32 change)
{
	struct ifinfomsg m = { .type = (u16)d->kind,
		.index = (s32)d->index,
		.flags = link_flags(d),
		.change = change };
	struct link_map map = { 0 };
	bool no_queue = d->features & (NETDEV_LOOPBACK | NETDEV_NO_QUEUE);
	u32 lower = load_once(d->lower_index), master = load_once(d->master_index);
	u32 at = nl_begin(w, h, value_cspan(&m));

	nl_put_text(w, IFLA_IFNAME, text_in(d->name));
	nl_put_u32(w, IFLA_TXQLEN, d->txqueuelen);
	nl_put_u8(w, IFLA_OPERSTATE, netdev_operstate(d));
	nl_put_u8(w, IFLA_LINKMODE, d->link_mode);
	nl_put_u32(w, IFLA_MTU, d->mtu);
	nl_put_u32(w, IFLA_MIN_MTU, d->min_mtu);
	nl_put_u32(w, IFLA_MAX_MTU, d->max_mtu); /* 0 here, too: there is no limit */
	nl_put_u32(w, IFLA_GROUP, load_once(d->group));
	if (master)
		nl_put_u32(w, IFLA_MASTER, master);
	if (lower)
		nl_put_u32(w, IFLA_LINK, lower);
	nl_put_u32(w, IFLA_PROMISCUITY, d->promiscuous);
	nl_put_u32(w, IFLA_ALLMULTI, d->allmulti);
	nl_put_u32(w, IFLA_NUM_TX_QUEUES, max(d->nr_queues, 1u));
	link_put_sizes(w, d->features & NETDEV_LOOPBACK);
	nl_put_u32(w, IFLA_NUM_RX_QUEUES, max(d->nr_queues, 1u));
	nl_put_u8(w, IFLA_CARRIER, d->carrier);
	nl_put_text(w, IFLA_QDISC, no_queue ? STR("noqueue") : STR("pfifo"));
	link_put_alias(w, d);
	nl_put_u8(w, IFLA_PROTO_DOWN, 0);
	nl_put(w, IFLA_MAP, value_cspan(&map));
	if (d->address_len) {
		nl_put(w, IFLA_ADDRESS, cspan_first(cspan_of(d->address), d->address_len));
		nl_put(w, IFLA_BROADCAST, cspan_first(cspan_of(d->broadcast), d->address_len));
	}
	put_stats(w, d);
	link_tell_kind(w, d);
	put_families(w, d);
	return nl_end(w, at);
}

void link_changed(struct netdev *d, bool gone)
{
	struct nlmsghdr h = { .type = gone ? RTM_DELLINK : RTM_NEWLINK };
	struct nl_writer w;

	if (!nl_has_listeners(NETLINK_ROUTE, RTNLGRP_LINK))
		return;
	w = nl_writer_new(NETLINK_PIECE);
	if (put_link(&w, d, &h, gone ? ~0u : 0))
		nl_multicast(NETLINK_ROUTE, RTNLGRP_LINK, &w);
	nl_writer_end(&w);
}

/*
 * The index of the last device that fitted is the place, and indices only grow: so the walk goes on
 * rightly after any change.
 */
static bool link_dump(struct nl_dump *d, struct nl_writer *w)
{
	struct nlmsghdr h = nl_reply(&d->rq, RTM_NEWLINK, NLM_F_MULTI);
	struct netdev *dev;
	bool fits = true;

	while (fits && (dev = netdev_next((u32)d->at[0])) != NULL) {
		fits = d->want.family == AF_BRIDGE ? bridge_put_link(w, dev, &h, link_flags(dev))
						   : put_link(w, dev, &h, 0);
		if (fits)
			d->at[0] = dev->index;
		obj_put(&dev);
		task_cond_resched();
	}
	return fits;
}
static const struct nl_dumper link_dumper = { .next = link_dump };

/*
 * The device that a request names: by index, else by name. A reference, or NULL: *err says why. An
 * index counts before a name. With neither the request names nothing (EINVAL).
 */
static struct netdev *link_device(const struct nl_request *rq, struct ifinfomsg *m, int *err)
{
	struct nl_range attrs = nl_attrs(rq, sizeof(*m)), name = { 0 };
	struct netdev *d;

	*err = -ENODEV;
	if (!span_read(nl_span(nl_payload(rq)), 0, m))
		return NULL;
	if (m->index < 0 ||
		(!m->index && !nl_get(attrs, IFLA_IFNAME, &name) &&
			!nl_get(attrs, IFLA_ALT_IFNAME, &name))) {
		*err = -EINVAL;
		return NULL;
	}
	d = m->index ? netdev_by_index((u32)m->index)
		     : netdev_by_name(cspan_first(nl_span(name), cspan_strlen(nl_span(name))));
	return d;
}

/* The device may go meanwhile; the answer tells it as it was. */
static int link_get(const struct nl_request *rq)
{
	struct nlmsghdr h = nl_reply(rq, RTM_NEWLINK, 0);
	struct ifinfomsg m;
	int err = 0;
	struct netdev *d = link_device(rq, &m, &err);
	struct nl_writer w;

	if (!d)
		return err;
	w = nl_writer_new(NETLINK_PIECE);
	if (put_link(&w, d, &h, 0))
		nl_answer(rq, &w);
	nl_writer_end(&w);
	obj_put(&d);
	return 0;
}

/* ---- changes ---- */

#define CHANGEABLE (IFF_UP | IFF_DEBUG | IFF_NOARP | IFF_PROMISC | IFF_ALLMULTI | IFF_MULTICAST)

/* An address that is too long is cut; a device without link addresses has none to set. */
static int link_set_address(struct netdev *d, struct nl_range value)
{
	u8 address[LINK_ADDR_MAX] = { 0 };

	if (!d->address_len || value.len < d->address_len)
		return d->address_len ? -EINVAL : -EOPNOTSUPP;
	span_copy(span_of(address), cspan_first(nl_span(value), d->address_len));
	return netdev_set_address(d, &address);
}

/*
 * IFLA_AF_SPEC: the mode of IPv6's link-local addresses is all that can be chosen. 0, -EINVAL,
 * -EOPNOTSUPP.
 */
int link_set_families(struct netdev *d, struct nl_range attrs)
{
	struct inet_dev *i = addr_inet(d);
	struct nl_range spec = { 0 }, six = { 0 }, v = { 0 };
	u8 mode = 0;

	if (!nl_get(attrs, IFLA_AF_SPEC, &spec))
		return 0;
	if (!i || nl_has_unknown(spec, bit(AF_INET6)))
		return -EOPNOTSUPP;
	if (!nl_get(spec, AF_INET6, &six))
		return 0;
	if (nl_has_unknown(six, bit(IFLA_INET6_ADDR_GEN_MODE)))
		return -EOPNOTSUPP;
	if (!nl_get(six, IFLA_INET6_ADDR_GEN_MODE, &v))
		return -EINVAL;
	if (!span_read(nl_span(v), 0, &mode) || mode > IN6_ADDR_GEN_MODE_RANDOM)
		return -EINVAL;
	if (mode > IN6_ADDR_GEN_MODE_NONE)
		return -EOPNOTSUPP;
	store_once(i->no_link_local, mode == IN6_ADDR_GEN_MODE_NONE);
	return 0;
}

/* Without a mask all flags count that can be changed. */
int link_set_flags(struct netdev *d, const struct ifinfomsg *m)
{
	return netdev_set_flags(d, m->flags, (m->change ? m->change : ~0u) & CHANGEABLE);
}

#define ADDRESS_MAX 32u /* as Linux has it, whatever the device */
/* Their lengths are checked before anything is changed, as on Linux. */
static int check_addresses(const struct netdev *d, struct nl_range attrs)
{
	struct nl_range one = { 0 }, all = { 0 };
	bool has_one = nl_get(attrs, IFLA_ADDRESS, &one);
	bool has_all = nl_get(attrs, IFLA_BROADCAST, &all);

	if (one.len > ADDRESS_MAX || all.len > ADDRESS_MAX)
		return -ERANGE;
	if ((has_one && one.len < d->address_len) || (has_all && all.len < d->address_len))
		return -EINVAL;
	return 0;
}

/* What a program says of the state of the link. */
void link_set_state(struct netdev *d, struct nl_range attrs)
{
	struct nl_range v = { 0 };
	u8 n = 0;

	if (nl_get(attrs, IFLA_OPERSTATE, &v) && span_read(nl_span(v), 0, &n))
		netdev_set_operstate(d, n);
	if (nl_get(attrs, IFLA_LINKMODE, &v) && span_read(nl_span(v), 0, &n))
		netdev_set_link_mode(d, n);
}

void link_set_broadcast(struct netdev *d, struct nl_range attrs)
{
	struct nl_range v = { 0 };

	if (nl_get(attrs, IFLA_BROADCAST, &v))
		span_copy(span_of(d->broadcast), cspan_first(nl_span(v), d->address_len));
}

/* The attributes that change a device, one after the other; the first that fails ends it. */
static int change(struct netdev *d, const struct ifinfomsg *m, struct nl_range attrs)
{
	struct nl_range v = { 0 };
	u32 mtu = nl_get_u32(attrs, IFLA_MTU, 0);
	u32 queue = nl_get_u32(attrs, IFLA_TXQLEN, d->txqueuelen);
	int err = check_addresses(d, attrs);

	if (!err)
		err = link_set_families(d, attrs);
	if (!err && nl_get(attrs, IFLA_ADDRESS, &v))
		err = link_set_address(d, v);
	if (!err && mtu)
		err = netdev_set_mtu(d, mtu);
	if (!err && m->index && nl_get(attrs, IFLA_IFNAME, &v) && cspan_strlen(nl_span(v)))
		err = netdev_rename(d, cspan_first(nl_span(v), cspan_strlen(nl_span(v))));
	if (!err && nl_get(attrs, IFLA_IFALIAS, &v))
		err = netdev_set_alias(d, cspan_first(nl_span(v), cspan_strlen(nl_span(v))));
	if (!err)
		link_set_broadcast(d, attrs);
	if (!err && (m->flags || m->change))
		err = link_set_flags(d, m);
	if (!err && nl_get(attrs, IFLA_MASTER, &v))
		err = bridge_set_master(d, nl_get_u32(attrs, IFLA_MASTER, 0));
	if (!err) {
		store_once(d->txqueuelen, queue);
		if (nl_get(attrs, IFLA_GROUP, &v))
			netdev_set_group(d, nl_get_u32(attrs, IFLA_GROUP, 0));
		link_set_state(d, attrs);
	}
	return err;
}

/* What is understood for a device that exists; namespaces do not exist. */
#define KNOWN                                                                      \
	(bit(IFLA_ADDRESS) | bit(IFLA_IFNAME) | bit(IFLA_MTU) | bit(IFLA_TXQLEN) | \
		bit(IFLA_EXT_MASK) | bit(IFLA_ALT_IFNAME) | bit(IFLA_LINKINFO) |   \
		bit(IFLA_AF_SPEC) | bit(IFLA_BROADCAST) | bit(IFLA_OPERSTATE) |    \
		bit(IFLA_LINKMODE) | bit(IFLA_GROUP) | bit(IFLA_IFALIAS) | bit(IFLA_MASTER))

/* What is not there is an empty range, in which nothing is found: so no reader has to ask. */
int link_parse(const struct nl_request *rq, struct link_request *out)
{
	struct nl_range info = { 0 }, none = { .buf = rq->bytes };

	*out = (struct link_request){
		.attrs = nl_attrs(rq, sizeof(out->m)), .kind = none, .data = none, .port = none
	};
	if (!span_read(nl_span(nl_payload(rq)), 0, &out->m))
		return -EINVAL;
	if (nl_get(out->attrs, IFLA_LINKINFO, &info)) {
		(void)nl_get(info, IFLA_INFO_KIND, &out->kind);
		out->has_data = nl_get(info, IFLA_INFO_DATA, &out->data);
		out->has_port = nl_get(info, IFLA_INFO_SLAVE_DATA, &out->port);
	}
	return 0;
}

/*
 * A device that exists, and a request of @type to change it. The device is there: NLM_F_EXCL asks
 * that it be not. Unknown attributes are refused before anything is changed.
 */
static int change_one(struct netdev *d, const struct nl_request *rq, const struct link_request *r)
{
	bool is_new = rq->h.type == RTM_NEWLINK;
	int err = 0;

	if (is_new && (rq->h.flags & NLM_F_EXCL))
		return -EEXIST;
	if ((is_new && (rq->h.flags & NLM_F_REPLACE)) || nl_has_unknown(r->attrs, KNOWN))
		return -EOPNOTSUPP;
	if (is_new)
		err = link_change_kind(d, r);
	if (!err && r->has_port)
		err = is_new ? bridge_port_change(d, r->port) : -EOPNOTSUPP;
	return err ? err : change(d, &r->m, r->attrs);
}

/* RTM_NEWLINK may name nothing: then a device is made under a name of its kind. */
static int link_set(const struct nl_request *rq)
{
	bool make = rq->h.type == RTM_NEWLINK && (rq->h.flags & NLM_F_CREATE);
	struct nl_range name = { 0 };
	struct link_request r;
	struct netdev *d;
	int err = link_parse(rq, &r);

	if (err)
		return err;
	if (r.m.family == AF_BRIDGE)
		return bridge_link_set(rq, &r);
	if (make && !r.m.index && !nl_get(r.attrs, IFLA_IFNAME, &name) &&
		!nl_get(r.attrs, IFLA_ALT_IFNAME, &name))
		return link_make(&r);
	d = link_device(rq, &r.m, &err);
	if (d)
		err = change_one(d, rq, &r);
	else if (err == -ENODEV && make)
		err = link_make(&r);
	obj_put(&d);
	return err;
}

/*
 * Without net_config, since the operation waits for packets (netdev_unregister). A card cannot be
 * removed: only kinds that programs make have `remove`.
 */
static int link_del(const struct nl_request *rq)
{
	struct ifinfomsg m;
	int err = 0;
	struct netdev *d = link_device(rq, &m, &err);

	if (d)
		err = d->ops->remove && m.family != AF_BRIDGE ? 0 : -EOPNOTSUPP;
	if (d && !err)
		d->ops->remove(d);
	obj_put(&d);
	return err;
}

const struct route_kind_ops link_kind = { .head = sizeof(struct ifinfomsg),
	.set = link_set,
	.del = link_del,
	.del_unlocked = true,
	.get = link_get,
	.dump = &link_dumper };
