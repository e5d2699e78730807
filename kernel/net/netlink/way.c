// SPDX-License-Identifier: MPL-2.0
/*
 * Routes in NETLINK_ROUTE, as `ip route` shows and changes them.
 *
 * The order and the presence of the attributes of a message follow Linux, whose two families
 * differ: programs compare dumps as texts.
 *
 * A dump of routes may be long. It keeps a reference to the last route that fitted (dump.last) and
 * continues behind it. A piece ends after WALK_PIECE routes even if none of them was wanted, so
 * that net_config is released, and the CPU is offered to others every WALK_PORTION routes.
 *
 * RTM_GETROUTE for a destination does not look at one entry of a table: it asks route_output, the
 * function that packets ask, with the mark, the user, and the device of the request. So the answer
 * is what a packet would do, rules included.
 *
 * A change parses the request into a new route object, and checks everything, before the table is
 * changed; a route in a table is never modified.
 */
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/thread.h>
#include <uapi/if.h>

#include "../inet/addr.h"
#include "netlink.h"

#define TABLE_COMPAT 252u /* the 8-bit field of a table above 255 */
#define HOP_ONLINK   4u   /* RTNH_F_ONLINK */
#define METRIC_IP6   1024u
/* IPv4's longest packet, without 15 bytes that Linux keeps for a link's header; and its MSS. */
#define METRIC_MTU_MOST 65520u
#define METRIC_MSS_MOST 65495u

/* ---- routes: showing ---- */

/* Values that are not set are left out; Linux shows no nest without values. */
static void put_metrics(struct nl_writer *w, const struct route *r)
{
	u32 at;

	if (!r->mtu && !r->window && !r->advmss && !r->hoplimit)
		return;
	at = nl_nest(w, RTA_METRICS);
	if (r->mtu)
		nl_put_u32(w, RTAX_MTU, r->mtu);
	if (r->window)
		nl_put_u32(w, RTAX_WINDOW, r->window);
	if (r->advmss)
		nl_put_u32(w, RTAX_ADVMSS, r->advmss);
	if (r->hoplimit)
		nl_put_u32(w, RTAX_HOPLIMIT, r->hoplimit);
	nl_nest_end(w, at);
}

/* One hop: there are no routes of several here. A refusal has no device. */
static void put_hop(struct nl_writer *w, const struct route *r)
{
	if (!ip_is_zero(r->gateway))
		nl_put_addr(w, RTA_GATEWAY, r->gateway);
	if (r->ifindex)
		nl_put_u32(w, RTA_OIF, r->ifindex);
}

/* Hundredths of a second until a moment; 0 as the moment: never. */
static s32 ticks_until(u64 ns)
{
	u64 now = time_mono_ns();

	return !ns || ns <= now ? 0 : (s32)min((ns - now) / (10 * NSEC_PER_MSEC), 0x7ffffffful);
}

static bool put_route(struct nl_writer *w, const struct route *r, const struct nlmsghdr *h)
{
	bool is4 = ip_is4(r->to);
	struct rtmsg m = { .family = is4 ? AF_INET : AF_INET6,
		.dst_len = (u8)(is4 ? r->bits - IP4_BITS : r->bits),
		.tos = r->tos,
		.table = (u8)(r->table < 256 ? r->table : TABLE_COMPAT),
		.protocol = r->protocol,
		.scope = is4 ? r->scope : SCOPE_UNIVERSE,
		.type = r->kind,
		.flags = r->flags };
	struct rta_cacheinfo c = { .expires = ticks_until(load_once(r->expires_ns)) };
	u32 at = nl_begin(w, h, value_cspan(&m));

	nl_put_u32(w, RTA_TABLE, r->table);
	if (m.dst_len)
		nl_put_addr(w, RTA_DST, r->to);
	if (is4) {
		if (r->metric)
			nl_put_u32(w, RTA_PRIORITY, r->metric);
		put_metrics(w, r);
		if (!ip_is_zero(r->source))
			nl_put_addr(w, RTA_PREFSRC, r->source);
		put_hop(w, r);
	} else {
		if (!ip_is_zero(r->source) && r->kind != ROUTE_LOCAL)
			nl_put_addr(w, RTA_PREFSRC, r->source);
		put_metrics(w, r);
		put_hop(w, r);
		nl_put_u32(w, RTA_PRIORITY, r->metric);
		nl_put(w, RTA_CACHEINFO, value_cspan(&c));
		nl_put_u8(w, RTA_PREF, 0);
	}
	return nl_end(w, at);
}

/* Called with net_config held by the change itself, so news come in the order of the changes. */
void route_changed_to(const struct route *r, bool gone)
{
	struct nlmsghdr h = nl_news(gone ? RTM_DELROUTE : RTM_NEWROUTE, &way_kind);
	u32 group = ip_is4(r->to) ? RTNLGRP_IPV4_ROUTE : RTNLGRP_IPV6_ROUTE;
	struct nl_writer w;

	if (!nl_has_listeners(NETLINK_ROUTE, group))
		return;
	w = nl_writer_new(512);
	if (put_route(&w, r, &h))
		nl_multicast(NETLINK_ROUTE, group, &w);
	nl_writer_end(&w);
}

/* Whether the dump wants the route. */
static bool way_is_wanted(const struct nl_filter *f, const struct route *r)
{
	return !f->nothing && (!f->family || (f->family == AF_INET) == ip_is4(r->to)) &&
		(!f->table || f->table == r->table) && (!f->ifindex || f->ifindex == r->ifindex) &&
		(!f->protocol || f->protocol == r->protocol) && (!f->kind || f->kind == r->kind);
}

/*
 * A walk under net_config lets others have the CPU every 64 routes, and net_config every 1,024.
 */
#define WALK_PORTION 64u
#define WALK_PIECE   1024u

/*
 * d->last keeps the route that was shown last, by a reference: it may leave its table between two
 * pieces, and route_next finds the place behind it by its prefix.
 */
static bool route_dump(struct nl_dump *d, struct nl_writer *w)
{
	struct nlmsghdr h = nl_reply(&d->rq, RTM_NEWROUTE, NLM_F_MULTI);
	struct route *r = NULL, *last = obj_cast(route, d->last);
	bool fits = true;
	u32 n;

	d->last = NULL;
	for (n = 1; fits && n <= WALK_PIECE && (r = route_next(last)) != NULL; n++) {
		if (way_is_wanted(&d->want, r))
			fits = put_route(w, r, &h);
		if (fits) {
			obj_put(&last);
			last = r;
		} else {
			obj_put(&r);
		}
		if (n % WALK_PORTION == 0)
			task_cond_resched();
	}
	if (last)
		d->last = &last->obj;
	return fits && n <= WALK_PIECE;
}
static const struct nl_dumper route_dumper = { .next = route_dump };

/*
 * A strict request selects by its fields, and by attributes. It may ask for the cache, in which
 * there are no routes.
 */
static void route_select(const struct nl_request *rq, bool strict, struct nl_filter *out)
{
	struct nl_range attrs = nl_attrs(rq, sizeof(struct rtmsg));
	struct rtmsg m;

	if (out->family == RTNL_FAMILY_IPMR || out->family == RTNL_FAMILY_IP6MR)
		out->nothing = true; /* there are none */
	if (out->nothing || !strict || !span_read(nl_span(nl_payload(rq)), 0, &m))
		return;
	out->nothing = m.flags & RTM_F_CLONED;
	out->table = nl_get_u32(attrs, RTA_TABLE, m.table);
	out->ifindex = nl_get_u32(attrs, RTA_OIF, 0);
	out->protocol = m.protocol;
	out->kind = m.type;
}

/* ---- routes: asking ---- */

/* RTCF_LOCAL and its kin, in the upper half of an answer's flags. */
static u32 kind_flags(u32 kind)
{
	switch (kind) {
	case ROUTE_LOCAL:
		return 0x80000000u;
	case ROUTE_BROADCAST:
		return 0x10000000u;
	case ROUTE_MULTICAST:
		return 0x20000000u;
	default:
		return 0;
	}
}

/* What the answer to a question for a way says of one family alone, as on Linux. */
static void put_family_part(struct nl_writer *w, u32 family, const struct flow *f,
	const struct route *r)
{
	if (family == AF_INET) {
		if (f->mark)
			nl_put_u32(w, RTA_MARK, f->mark);
		nl_put_u32(w, RTA_UID, f->uid);
		return;
	}
	nl_put_u32(w, RTA_PRIORITY, r->metric);
	nl_put_u8(w, RTA_PREF, 0);
}

/*
 * What a packet to RTA_DST would do, as Linux tells it: a route to this one destination. A question
 * is answered from the caller's request alone: to ask as another user (RTA_UID) or with a mark
 * needs no privilege, since nothing is sent.
 */
static int route_get(const struct nl_request *rq)
{
	struct nlmsghdr h = nl_reply(rq, RTM_NEWROUTE, 0);
	struct nl_range attrs = nl_attrs(rq, sizeof(struct rtmsg));
	struct rtmsg m = { 0 };
	struct flow f = { 0 };
	struct ip_addr asked;
	struct route *r = NULL;
	struct nl_writer w;
	u32 at, table;
	int err;

	(void)span_read(nl_span(nl_payload(rq)), 0, &m);
	if ((m.family != AF_INET && m.family != AF_INET6) || nl_get_u32(attrs, RTA_IIF, 0))
		return -EOPNOTSUPP;
	err = nl_get_addr(attrs, RTA_DST, m.family, &f.to);
	if (err == 0 && m.family == AF_INET)
		f.to = ip4_addr(0);
	if (err < 0 || nl_get_addr(attrs, RTA_SRC, m.family, &f.from) < 0)
		return -EINVAL;
	f.ifindex = nl_get_u32(attrs, RTA_OIF, 0);
	f.mark = nl_get_u32(attrs, RTA_MARK, 0);
	f.uid = nl_get_u32(attrs, RTA_UID, thread_current()->cred->fsuid);
	f.tos = m.tos;
	asked = f.from;
	err = route_output(&f, &r);
	if (err)
		return err;
	table = m.flags & RTM_F_LOOKUP_TABLE ? r->table : ROUTE_TABLE_MAIN;
	if (m.family == AF_INET && table == ROUTE_TABLE_LOCAL)
		table = ROUTE_TABLE_MAIN; /* Linux has both in one */
	m = (struct rtmsg){ .family = m.family,
		.dst_len = m.family == AF_INET ? 32 : 128,
		.src_len = m.family == AF_INET6 ? 128
			: ip_is_any(asked)      ? 0
						: 32,
		.tos = f.tos,
		.table = (u8)(table < 256 ? table : TABLE_COMPAT),
		.protocol = m.family == AF_INET ? 0 : r->protocol,
		.type = r->kind,
		.flags = m.family == AF_INET ? RTM_F_CLONED | kind_flags(r->kind) : 0 };
	w = nl_writer_new(512);
	at = nl_begin(&w, &h, value_cspan(&m));
	nl_put_u32(&w, RTA_TABLE, table);
	nl_put_addr(&w, RTA_DST, f.to);
	nl_put_u32(&w, RTA_OIF, r->kind == ROUTE_LOCAL ? LOOPBACK_INDEX : r->ifindex);
	if (m.src_len)
		nl_put_addr(&w, RTA_SRC, asked);
	if (m.family == AF_INET6 || !ip_equal(asked, f.from))
		nl_put_addr(&w, RTA_PREFSRC, f.from);
	if (!ip_is_zero(r->gateway))
		nl_put_addr(&w, RTA_GATEWAY, r->gateway);
	put_metrics(&w, r);
	put_family_part(&w, m.family, &f, r);
	if (nl_end(&w, at))
		nl_answer(rq, &w);
	nl_writer_end(&w);
	obj_put(&r);
	return 0;
}

/* ---- routes: changing ---- */

#define KNOWN                                                                                    \
	(bit(RTA_DST) | bit(RTA_OIF) | bit(RTA_GATEWAY) | bit(RTA_PRIORITY) | bit(RTA_PREFSRC) | \
		bit(RTA_METRICS) | bit(RTA_CACHEINFO) | bit(RTA_TABLE) | bit(RTA_PREF) |         \
		bit(RTA_EXPIRES))

/*
 * What is more than any packet has is cut to the most, as on Linux: packets take these numbers
 * without a look at them, and a hop limit of 256 would be one of 0.
 */
static void parse_metrics(struct nl_range attrs, struct route *r)
{
	struct nl_range v = { 0 };

	if (!nl_get(attrs, RTA_METRICS, &v))
		return;
	r->mtu = min(nl_get_u32(v, RTAX_MTU, 0), METRIC_MTU_MOST);
	r->window = nl_get_u32(v, RTAX_WINDOW, 0);
	r->advmss = min(nl_get_u32(v, RTAX_ADVMSS, 0), METRIC_MSS_MOST);
	r->hoplimit = min(nl_get_u32(v, RTAX_HOPLIMIT, 0), 255u);
}

/* RTA_EXPIRES, in seconds; 0: never. Only routes of IPv6 end, as on Linux. */
static void parse_end(struct nl_range attrs, struct route *r)
{
	u32 seconds = nl_get_u32(attrs, RTA_EXPIRES, 0);

	if (seconds && !ip_is4(r->to))
		r->expires_ns = time_mono_ns() + seconds * NSEC_PER_SEC;
}

/*
 * The route of a request: a reference, which the caller puts, also after a failure. 0 or -errno. No
 * table is looked at here. The prefix of an IPv4 route must have no bits beyond its length, as on
 * Linux; of IPv6 they are cut off.
 */
static int way_parse(const struct nl_request *rq, struct route **out)
{
	struct nl_range attrs = nl_attrs(rq, sizeof(struct rtmsg));
	struct route *const r = obj_new(route);
	struct rtmsg m = { 0 };
	u32 most;

	*out = r;
	if (!r)
		return -ENOMEM;
	(void)span_read(nl_span(nl_payload(rq)), 0, &m);
	if (m.family != AF_INET && m.family != AF_INET6)
		return -EOPNOTSUPP;
	most = m.family == AF_INET ? 32 : 128;
	if (m.dst_len > most || m.src_len)
		return -EINVAL;
	if (nl_has_unknown(attrs, KNOWN))
		return -EOPNOTSUPP;
	if (m.family == AF_INET)
		r->to = ip4_addr(0);
	if (nl_get_addr(attrs, RTA_DST, m.family, &r->to) < 0 ||
		nl_get_addr(attrs, RTA_GATEWAY, m.family, &r->gateway) < 0 ||
		nl_get_addr(attrs, RTA_PREFSRC, m.family, &r->source) < 0)
		return -EINVAL;
	r->bits = m.dst_len + 128 - most;
	if (m.family == AF_INET && !ip_equal(ip_prefix(r->to, r->bits), r->to))
		return -EINVAL;
	if (ip_is_any(r->gateway))
		r->gateway = (struct ip_addr){ 0 };
	r->kind = m.type;
	r->scope = m.scope;
	r->protocol = m.protocol;
	r->tos = m.tos;
	r->flags = m.flags & HOP_ONLINK;
	r->table = nl_get_u32(attrs, RTA_TABLE, m.table);
	if (!r->table)
		r->table = ROUTE_TABLE_MAIN;
	r->metric = nl_get_u32(attrs, RTA_PRIORITY, 0);
	r->ifindex = nl_get_u32(attrs, RTA_OIF, 0);
	parse_metrics(attrs, r);
	parse_end(attrs, r);
	return 0;
}

/*
 * The gateway must be a neighbour: there is a route to it without a gateway. Finds the device. With
 * `onlink` the administrator answers for it. A link-local gateway is on the link of the device that
 * is named.
 */
static int way_check_gateway(struct route *r)
{
	struct flow f = { .to = r->gateway, .ifindex = r->ifindex };
	struct route *way = NULL;
	int err;

	if (r->flags & HOP_ONLINK)
		return r->ifindex ? 0 : -ENODEV;
	if (!ip_is4(r->gateway) && ip_is_link_local(r->gateway))
		return r->ifindex ? 0 : -EINVAL;
	err = route_output(&f, &way);
	if (err)
		return ip_is4(r->gateway) ? -ENETUNREACH : -EHOSTUNREACH;
	if (way->kind != ROUTE_UNICAST && way->kind != ROUTE_LOCAL)
		err = -EINVAL;
	else if (!ip_is_zero(way->gateway))
		err = ip_is4(r->gateway) ? -ENETUNREACH : -EHOSTUNREACH;
	if (!err && !r->ifindex)
		r->ifindex = way->ifindex;
	obj_put(&way);
	return err;
}

/* Checks a new route and finds its device. */
static int complete(struct route *r)
{
	struct netdev *d;
	int err = 0;

	if (r->kind > ROUTE_THROW || r->kind == 0)
		return -EINVAL;
	if (r->kind >= ROUTE_BLACKHOLE) {
		r->ifindex = ip_is4(r->to) ? 0 : LOOPBACK_INDEX;
		r->gateway = (struct ip_addr){ 0 };
		return 0;
	}
	if (!ip_is_zero(r->source) && route_local_kind(r->source) != ROUTE_LOCAL)
		return -EINVAL;
	if (!ip_is_zero(r->gateway))
		err = way_check_gateway(r);
	if (err)
		return err;
	d = r->ifindex ? netdev_by_index(r->ifindex) : NULL;
	if (!d)
		return -ENODEV;
	if (!(load_once(d->flags) & IFF_UP))
		err = -ENETDOWN;
	route_set_device(r, d);
	obj_put(&d);
	return err;
}

/*
 * A route that another takes the place of (NLM_F_REPLACE) is removed in the same change, so
 * look-ups always find one of the two.
 */
static int route_set(const struct nl_request *rq)
{
	struct route *r = NULL;
	int err = way_parse(rq, &r);

	if (!err)
		err = complete(r);
	if (!err && !ip_is4(r->to) && !r->metric)
		r->metric = METRIC_IP6;
	if (!err && !(rq->h.flags & (NLM_F_CREATE | NLM_F_REPLACE)))
		err = -ENOENT;
	if (!err)
		err = route_add(r, rq->h.flags);
	if (!err)
		route_ends(r);
	obj_put(&r);
	return err;
}

static int route_del(const struct nl_request *rq)
{
	struct route *r = NULL;
	int err = way_parse(rq, &r);

	if (!err)
		err = route_remove(r);
	obj_put(&r);
	return err;
}

const struct route_kind_ops way_kind = { .head = sizeof(struct rtmsg),
	.select = route_select,
	.set = route_set,
	.del = route_del,
	.get = route_get,
	.dump = &route_dumper };
