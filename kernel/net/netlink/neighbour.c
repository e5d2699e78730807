// SPDX-License-Identifier: MPL-2.0
/*
 * Neighbours in NETLINK_ROUTE, as `ip neighbour` shows and changes them.
 *
 * Nothing here touches an entry of the table of neighbours. neigh_get and neigh_next copy one to a
 * neigh_info, neigh_set and neigh_forget change it under the lock of the table. Requests are one
 * after the other (net_config), but packets may make or change an entry between the check of
 * NLM_F_EXCL or NLM_F_CREATE and the change. Then the request wins, as if it had come later.
 *
 * Changes of states are reported to the group RTNLGRP_NEIGH through a watcher. They arise under
 * spinlocks and in the middle of packets, so neigh_news.c notes the entry, and the job of the
 * network calls the watcher with the state that the entry has by then. If too many are noted, the
 * rest is not, and the listeners get ENOBUFS: they have missed something.
 */
#include <kernel/neigh.h>

#include "link.h"

/* The counters of the cache info are 0: nobody keeps such times here. */
static bool put_neighbour(struct nl_writer *w, const struct neigh_info *i, const struct nlmsghdr *h)
{
	struct ndmsg m = { .family = ip_is4(i->addr) ? AF_INET : AF_INET6,
		.ifindex = (s32)i->ifindex,
		.state = (u16)i->state,
		.flags = i->router ? NTF_ROUTER : 0,
		.type = 1 /* unicast */ };
	struct nda_cacheinfo c = { 0 };
	u32 at = nl_begin(w, h, value_cspan(&m));

	nl_put_addr(w, NDA_DST, i->addr);
	if (i->state & ~(u32)(NEIGH_INCOMPLETE | NEIGH_FAILED))
		nl_put(w, NDA_LLADDR, cspan_first(cspan_of(i->address), i->address_len));
	nl_put_u32(w, NDA_PROBES, 0);
	nl_put(w, NDA_CACHEINFO, value_cspan(&c));
	return nl_end(w, at);
}

/* ---- news ---- */

static bool news_wanted(void)
{
	return nl_has_listeners(NETLINK_ROUTE, RTNLGRP_NEIGH);
}

static void neighbour_changed(const struct neigh_info *i, bool gone)
{
	struct nlmsghdr h = { .type = gone ? RTM_DELNEIGH : RTM_NEWNEIGH };
	struct nl_writer w = nl_writer_new(256);

	if (put_neighbour(&w, i, &h))
		nl_multicast(NETLINK_ROUTE, RTNLGRP_NEIGH, &w);
	nl_writer_end(&w);
}

static void news_lost(void)
{
	nl_group_overrun(NETLINK_ROUTE, RTNLGRP_NEIGH);
}

const struct neigh_watcher neighbour_watcher = {
	.wanted = news_wanted, .changed = neighbour_changed, .lost = news_lost
};

/* ---- showing ---- */

/*
 * The place is that of neigh_next: a bucket and a number in it. An entry that goes may let another
 * be missed; the reader sees the change in the news.
 */
static bool neighbour_dump(struct nl_dump *d, struct nl_writer *w)
{
	struct nlmsghdr h = nl_reply(&d->rq, RTM_NEWNEIGH, NLM_F_MULTI);
	struct neigh_info i = { 0 };
	u64 next = d->at[0];

	if (d->want.nothing)
		return true;
	if (d->want.family == AF_BRIDGE)
		return bridge_stations_dump(d, w);
	while (neigh_next(&next, &i)) {
		bool wanted = (!d->want.family || (d->want.family == AF_INET) == ip_is4(i.addr)) &&
			(!d->want.ifindex || d->want.ifindex == i.ifindex);

		if (wanted && !put_neighbour(w, &i, &h))
			return false;
		d->at[0] = next;
	}
	return true;
}
static const struct nl_dumper neighbour_dumper = { .next = neighbour_dump };

/* A strict request, as iproute2's are, names the device in the fixed part. */
static void neighbour_select(const struct nl_request *rq, bool strict, struct nl_filter *out)
{
	struct ndmsg m;

	if (span_read(nl_span(nl_payload(rq)), 0, &m)) {
		out->ifindex = strict ? (u32)m.ifindex : 0;
		out->nothing = m.flags == NTF_PROXY; /* this machine is none */
	}
	if (strict)
		out->table = nl_get_u32(nl_attrs(rq, sizeof(m)), NDA_MASTER, 0);
}

/* The device and the address of a request: a reference, or NULL with *err. */
static struct netdev *neighbour_parse(const struct nl_request *rq, struct ndmsg *m,
	struct ip_addr *to, int *err)
{
	struct netdev *d;

	*err = -EINVAL;
	(void)span_read(nl_span(nl_payload(rq)), 0, m);
	if (m->family != AF_INET && m->family != AF_INET6) {
		*err = -EAFNOSUPPORT;
		return NULL;
	}
	if (m->ifindex <= 0 || nl_get_addr(nl_attrs(rq, sizeof(*m)), NDA_DST, m->family, to) <= 0)
		return NULL;
	d = netdev_by_index((u32)m->ifindex);
	*err = d ? 0 : -ENODEV;
	return d;
}

static int neighbour_get(const struct nl_request *rq)
{
	struct nlmsghdr h = nl_reply(rq, RTM_NEWNEIGH, 0);
	struct neigh_info i = { 0 };
	struct ip_addr to = { 0 };
	struct ndmsg m = { 0 };
	struct nl_writer w;
	int err = 0;
	struct netdev *d = neighbour_parse(rq, &m, &to, &err);

	if (m.family == AF_BRIDGE)
		return bridge_station_get(rq);
	if (!d)
		return err;
	if (neigh_get(d, to, &i)) {
		w = nl_writer_new(256);
		if (put_neighbour(&w, &i, &h))
			nl_answer(rq, &w);
		nl_writer_end(&w);
	} else {
		err = -ENOENT;
	}
	obj_put(&d);
	return err;
}

/* The count of probes, which iproute2 repeats, has no effect on Linux either. */
#define KNOWN    (bit(NDA_DST) | bit(NDA_LLADDR) | bit(NDA_CACHEINFO) | bit(NDA_PROBES))
#define SETTABLE ((u32)(NEIGH_PERMANENT | NEIGH_REACHABLE | NEIGH_STALE))

/* A bridge's stations come by the same message, with another family. */
static int neighbour_set(const struct nl_request *rq)
{
	u8 address[LINK_ADDR_MAX] = { 0 };
	struct nl_range v = { 0 };
	struct neigh_info i = { 0 };
	struct ip_addr to = { 0 };
	struct ndmsg m = { 0 };
	bool known;
	int err = 0;
	struct netdev *d = neighbour_parse(rq, &m, &to, &err);

	if (m.family == AF_BRIDGE)
		return bridge_station_set(rq);
	if (!d)
		return err;
	known = neigh_get(d, to, &i);
	/* Proxies, entries to be resolved at once and those of other programs do not exist. */
	if (m.flags || nl_has_unknown(nl_attrs(rq, sizeof(m)), KNOWN))
		err = -EOPNOTSUPP;
	else if (known && (rq->h.flags & NLM_F_EXCL))
		err = -EEXIST;
	else if (!known && !(rq->h.flags & NLM_F_CREATE))
		err = -ENOENT;
	else if (!nl_get(nl_attrs(rq, sizeof(m)), NDA_LLADDR, &v) || v.len < d->address_len)
		err = -EINVAL;
	else if (!(m.state & SETTABLE))
		err = -EOPNOTSUPP;
	if (!err) {
		span_copy(span_of(address), cspan_first(nl_span(v), d->address_len));
		err = neigh_set(d, to, &address, m.state & SETTABLE);
	}
	obj_put(&d);
	return err;
}

static int neighbour_del(const struct nl_request *rq)
{
	struct ip_addr to = { 0 };
	struct ndmsg m = { 0 };
	int err = 0;
	struct netdev *d = neighbour_parse(rq, &m, &to, &err);

	if (m.family == AF_BRIDGE)
		return bridge_station_del(rq);
	if (!d)
		return err;
	err = neigh_forget(d, to) ? -ENOENT : 0;
	obj_put(&d);
	return err;
}

const struct route_kind_ops neighbour_kind = { .head = sizeof(struct ndmsg),
	.select = neighbour_select,
	.set = neighbour_set,
	.del = neighbour_del,
	.get = neighbour_get,
	.dump = &neighbour_dumper };
