// SPDX-License-Identifier: MPL-2.0
/*
 * Bridges in NETLINK_ROUTE: messages of the family AF_BRIDGE, as `bridge` of iproute2 sends them,
 * about ports (RTM_GETLINK) and the tables of stations (RTM_*NEIGH); and what IFLA_LINKINFO tells
 * of bridges and ports.
 *
 * A dump of stations goes by devices: of a port those that are behind it, of a bridge those that it
 * is itself, of each device the groups whose frames it takes. at[0] is the last device that is done,
 * at[1] the place in the next one: behind IN_GROUPS the groups.
 *
 * What this bridge does not have (spanning tree, filters by VLAN, costs that can be set) is shown
 * with Linux's first values, since programs expect the attributes, and refused where a request
 * would change it (bridge_may_change).
 *
 * Locking: net_config for all of it; the table of stations has bridge.lock besides (fdb.c).
 */
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/bridge.h>
#include <kernel/text.h>
#include <uapi/if.h>

#include "../link/bridge.h"
#include "link.h"

#define IN_GROUPS (1ul << 48)

/* ---- ports ---- */

/* Numbers of spanning tree have Linux's first values. */
static void put_port(struct nl_writer *w, const struct bridge_port *port)
{
	nl_put_u8(w, IFLA_BRPORT_STATE, port->forwards ? BR_STATE_FORWARDING : BR_STATE_DISABLED);
	nl_put_u16(w, IFLA_BRPORT_PRIORITY, BRIDGE_PORT_PRIORITY);
	nl_put_u32(w, IFLA_BRPORT_COST, bridge_port_cost(port->dev));
	nl_put_u8(w, IFLA_BRPORT_MODE, !!(port->flags & PORT_HAIRPIN));
	nl_put_u8(w, IFLA_BRPORT_GUARD, 0);
	nl_put_u8(w, IFLA_BRPORT_PROTECT, 0);
	nl_put_u8(w, IFLA_BRPORT_FAST_LEAVE, 0);
	nl_put_u8(w, IFLA_BRPORT_LEARNING, !!(port->flags & PORT_LEARNS));
	nl_put_u8(w, IFLA_BRPORT_UNICAST_FLOOD, !!(port->flags & PORT_FLOODS));
	nl_put_u8(w, IFLA_BRPORT_MCAST_FLOOD, !!(port->flags & PORT_FLOODS_GROUPS));
	nl_put_u8(w, IFLA_BRPORT_BCAST_FLOOD, !!(port->flags & PORT_FLOODS_BROADCAST));
	nl_put_u8(w, IFLA_BRPORT_ISOLATED, !!(port->flags & PORT_ISOLATED));
}

static const struct {
	u32 attribute, flag;
} port_flags[] = {
	{ IFLA_BRPORT_MODE, PORT_HAIRPIN },
	{ IFLA_BRPORT_LEARNING, PORT_LEARNS },
	{ IFLA_BRPORT_UNICAST_FLOOD, PORT_FLOODS },
	{ IFLA_BRPORT_MCAST_FLOOD, PORT_FLOODS_GROUPS },
	{ IFLA_BRPORT_BCAST_FLOOD, PORT_FLOODS_BROADCAST },
	{ IFLA_BRPORT_ISOLATED, PORT_ISOLATED },
};

int bridge_port_change(struct netdev *d, struct nl_range attrs)
{
	struct bridge_port *port = bridge_port_of(d);
	struct nl_range v = { 0 };
	u32 i, mask = 0, flags = 0;
	u64 known = 0;
	u8 on = 0;

	for (i = 0; i < ARRAY_LEN(port_flags); i++) {
		known |= bit(port_flags[i].attribute);
		if (!nl_get(attrs, (u16)port_flags[i].attribute, &v))
			continue;
		if (!span_read(nl_span(v), 0, &on))
			return -ERANGE;
		mask |= port_flags[i].flag;
		flags |= on ? port_flags[i].flag : 0;
	}
	if (!port || nl_has_unknown(attrs, known))
		return -EOPNOTSUPP;
	bridge_port_set_flags(port, mask, flags);
	netdev_state_changed(d);
	return 0;
}

int bridge_link_set(const struct nl_request *rq, const struct link_request *r)
{
	struct nl_range spec = { 0 }, v = { 0 }, ports = { 0 };
	struct netdev *d;
	u16 whose = BRIDGE_FLAGS_MASTER;
	int err;

	if (rq->h.type != RTM_SETLINK ||
		nl_has_unknown(r->attrs,
			bit(IFLA_PROTINFO) | bit(IFLA_AF_SPEC) | bit(IFLA_EXT_MASK)))
		return -EOPNOTSUPP;
	if (nl_get(r->attrs, IFLA_AF_SPEC, &spec) &&
		(nl_has_unknown(spec, bit(IFLA_BRIDGE_FLAGS)) ||
			(nl_get(spec, IFLA_BRIDGE_FLAGS, &v) &&
				!span_read(nl_span(v), 0, &whose)) ||
			whose != BRIDGE_FLAGS_MASTER))
		return -EOPNOTSUPP;
	d = r->m.index > 0 ? netdev_by_index((u32)r->m.index) : NULL;
	if (!d)
		return -ENODEV;
	err = nl_get(r->attrs, IFLA_PROTINFO, &ports) ? bridge_port_change(d, ports) : -EOPNOTSUPP;
	obj_put(&d);
	return err;
}

void bridge_tell_port(struct nl_writer *w, const struct netdev *d)
{
	const struct bridge_port *port = bridge_port_of(d);
	u32 at;

	if (!port)
		return;
	nl_put_text(w, IFLA_INFO_SLAVE_KIND, STR("bridge"));
	at = nl_nest(w, IFLA_INFO_SLAVE_DATA);
	put_port(w, port);
	nl_nest_end(w, at);
}

/* A device that is no port has no such message, and counts as one that fitted. */
bool bridge_put_link(struct nl_writer *w, const struct netdev *d, const struct nlmsghdr *h,
	u32 flags)
{
	const struct bridge_port *port = bridge_port_of(d);
	struct ifinfomsg m = {
		.family = AF_BRIDGE, .type = (u16)d->kind, .index = (s32)d->index, .flags = flags
	};
	u32 at, ports;

	if (!port)
		return true;
	at = nl_begin(w, h, value_cspan(&m));
	nl_put_text(w, IFLA_IFNAME, text_in(d->name));
	nl_put_u32(w, IFLA_MASTER, d->master_index);
	nl_put_u32(w, IFLA_MTU, d->mtu);
	nl_put_u8(w, IFLA_OPERSTATE, netdev_operstate(d));
	nl_put(w, IFLA_ADDRESS, cspan_first(cspan_of(d->address), d->address_len));
	if (d->lower_index)
		nl_put_u32(w, IFLA_LINK, d->lower_index);
	ports = nl_nest(w, IFLA_PROTINFO | NLA_NESTED);
	put_port(w, port);
	nl_nest_end(w, ports);
	return nl_end(w, at);
}

/* ---- bridges ---- */

static void put_id(struct nl_writer *w, u16 type, const struct netdev *d)
{
	u8 id[BRIDGE_ID_LEN] = { 0 };

	bridge_get_id(d, &id);
	nl_put(w, type, cspan_of(id));
}

void bridge_tell(struct nl_writer *w, const struct netdev *d)
{
	nl_put_u32(w, IFLA_BR_FORWARD_DELAY, BRIDGE_FORWARD_DELAY);
	nl_put_u32(w, IFLA_BR_HELLO_TIME, BRIDGE_HELLO_TIME);
	nl_put_u32(w, IFLA_BR_MAX_AGE, BRIDGE_MAX_AGE);
	nl_put_u32(w, IFLA_BR_AGEING_TIME, (u32)bridge_ageing(d));
	nl_put_u32(w, IFLA_BR_STP_STATE, 0);
	nl_put_u16(w, IFLA_BR_PRIORITY, BRIDGE_PRIORITY);
	nl_put_u8(w, IFLA_BR_VLAN_FILTERING, 0);
	nl_put_u16(w, IFLA_BR_GROUP_FWD_MASK, 0);
	put_id(w, IFLA_BR_ROOT_ID, d);
	put_id(w, IFLA_BR_BRIDGE_ID, d);
	nl_put_u16(w, IFLA_BR_ROOT_PORT, 0);
	nl_put_u32(w, IFLA_BR_ROOT_PATH_COST, 0);
}

/* Off may be said of what does not exist: iproute2 and network managers do so. */
int bridge_may_change(struct nl_range data)
{
	u64 known = bit(IFLA_BR_AGEING_TIME) | bit(IFLA_BR_STP_STATE) | bit(IFLA_BR_VLAN_FILTERING);
	struct nl_range v = { 0 };
	u8 on = 0;

	if (nl_has_unknown(data, known) || nl_get_u32(data, IFLA_BR_STP_STATE, 0))
		return -EOPNOTSUPP;
	if (nl_get(data, IFLA_BR_VLAN_FILTERING, &v) && (!span_read(nl_span(v), 0, &on) || on))
		return -EOPNOTSUPP;
	return 0;
}

/*
 * net_config held. A new time counts for stations that are known, too: their age is compared when
 * somebody looks (fdb.c).
 */
int bridge_change(struct netdev *d, struct nl_range data)
{
	int err = bridge_may_change(data);

	if (!err)
		bridge_set_ageing(d, nl_get_u32(data, IFLA_BR_AGEING_TIME, (u32)bridge_ageing(d)));
	return err;
}

/* ---- stations: showing ---- */

/* Ages are in hundredths of a second, as all of rtnetlink's. */
static bool put_station(struct nl_writer *w, const struct fdb_info *i, const struct nlmsghdr *h)
{
	u64 ago = (time_mono_ns() - i->seen_ns) / BRIDGE_TICK_NS;
	struct nda_cacheinfo c = { .used = (u32)ago, .updated = (u32)ago };
	struct ndmsg m = { .family = AF_BRIDGE,
		.ifindex = (s32)i->ifindex,
		.state = i->kind == FDB_LOCAL   ? NUD_PERMANENT
			: i->kind == FDB_STATIC ? NUD_NOARP
			: i->is_old             ? NUD_STALE
						: NUD_REACHABLE };
	u32 at = nl_begin(w, h, value_cspan(&m));

	nl_put(w, NDA_LLADDR, cspan_first(cspan_of(i->address), ETHERNET_ADDR));
	nl_put_u32(w, NDA_MASTER, i->master);
	nl_put(w, NDA_CACHEINFO, value_cspan(&c));
	return nl_end(w, at);
}

/* An address of a device itself, of which a request has said so. */
static bool put_own_address(struct nl_writer *w, const struct fdb_info *i, const struct nlmsghdr *h)
{
	struct ndmsg m = { .family = AF_BRIDGE,
		.ifindex = (s32)i->ifindex,
		.state = i->state,
		.flags = NTF_SELF };
	u32 at = nl_begin(w, h, value_cspan(&m));

	nl_put(w, NDA_LLADDR, cspan_first(cspan_of(i->address), ETHERNET_ADDR));
	return nl_end(w, at);
}

static bool station_news_wanted(void)
{
	return nl_has_listeners(NETLINK_ROUTE, RTNLGRP_NEIGH);
}

static void station_changed(const struct fdb_info *i, bool gone)
{
	struct nlmsghdr h = { .type = gone ? RTM_DELNEIGH : RTM_NEWNEIGH };
	struct nl_writer w = nl_writer_new(256);

	if (i->self ? put_own_address(&w, i, &h) : put_station(&w, i, &h))
		nl_multicast(NETLINK_ROUTE, RTNLGRP_NEIGH, &w);
	nl_writer_end(&w);
}

static void station_news_lost(void)
{
	nl_group_overrun(NETLINK_ROUTE, RTNLGRP_NEIGH);
}

const struct fdb_watcher bridge_watcher = {
	.wanted = station_news_wanted, .changed = station_changed, .lost = station_news_lost
};

/* A group whose frames the device takes. */
static bool put_group(struct nl_writer *w, const struct netdev *d, const struct link_group *g,
	const struct nlmsghdr *h)
{
	struct ndmsg m = { .family = AF_BRIDGE,
		.ifindex = (s32)d->index,
		.state = NUD_PERMANENT,
		.flags = NTF_SELF };
	u32 at = nl_begin(w, h, value_cspan(&m));

	nl_put(w, NDA_LLADDR, cspan_first(cspan_of(g->address), ETHERNET_ADDR));
	return nl_end(w, at);
}

/*
 * What is left of a device. False: it does not fit. at[1] moves only behind what fitted, so the
 * next piece begins with the entry that did not.
 */
static bool bridge_dump_device(struct nl_dump *dump, struct nl_writer *w, struct netdev *d)
{
	struct nlmsghdr h = nl_reply(&dump->rq, RTM_NEWNEIGH, NLM_F_MULTI);
	struct bridge_port *port = bridge_port_of(d);
	struct bridge *b = port ? port->bridge : bridge_of(d);
	struct link_group *g;
	struct fdb_info i = { 0 };
	u64 pos = dump->at[1], nr = IN_GROUPS;

	while (b && pos < IN_GROUPS && fdb_next(b, port, &pos, &i)) {
		if (!put_station(w, &i, &h))
			return false;
		dump->at[1] = pos;
	}
	dump->at[1] = max(dump->at[1], IN_GROUPS);
	if (d->kind != LINK_ETHERNET)
		return true;
	list_for_each(g, &d->groups, link) {
		if (nr++ < dump->at[1])
			continue;
		if (!put_group(w, d, g, &h))
			return false;
		dump->at[1]++;
	}
	return true;
}

/* By the device itself, or by its bridge. */
static bool bridge_is_wanted(const struct nl_filter *want, const struct netdev *d)
{
	if (want->ifindex && want->ifindex != d->index)
		return false;
	return !want->table || want->table == d->index || want->table == d->master_index;
}

/*
 * Each call goes on behind the device that was done last; a table may change between two pieces,
 * and each entry that stays is shown once.
 */
bool bridge_stations_dump(struct nl_dump *dump, struct nl_writer *w)
{
	struct netdev *d;
	bool fits = true;

	while (fits && (d = netdev_next((u32)dump->at[0])) != NULL) {
		fits = !bridge_is_wanted(&dump->want, d) || bridge_dump_device(dump, w, d);
		if (fits) {
			dump->at[0] = d->index;
			dump->at[1] = 0;
		}
		obj_put(&d);
		task_cond_resched();
	}
	return fits;
}

/* The bridge of a request for one station, and its device; @m names a port or it itself. */
static int bridge_to_ask(const struct ndmsg *m, struct nl_range attrs, struct netdev **dev,
	struct bridge **b)
{
	u32 master = nl_get_u32(attrs, NDA_MASTER, 0);
	bool self = (m->flags & NTF_SELF) && !(m->flags & NTF_MASTER);
	struct bridge_port *port;

	if (m->ifindex < 0 || (m->ifindex && master))
		return -EINVAL;
	*dev = netdev_by_index(master ? master : (u32)m->ifindex);
	if (!*dev)
		return master ? -EINVAL : -ENODEV;
	if (master || self) {
		*b = bridge_of(*dev);
		return *b ? 0 : -EOPNOTSUPP;
	}
	port = bridge_port_of(*dev);
	*b = port ? port->bridge : NULL;
	return port ? 0 : -EINVAL;
}

int bridge_station_get(const struct nl_request *rq)
{
	struct nlmsghdr h = nl_reply(rq, RTM_NEWNEIGH, 0);
	struct nl_range attrs = nl_attrs(rq, sizeof(struct ndmsg)), address = { 0 };
	struct netdev *d = NULL;
	struct bridge *b = NULL;
	struct fdb_info i = { 0 };
	struct ndmsg m = { 0 };
	struct nl_writer w;
	int err = -EINVAL;

	(void)span_read(nl_span(nl_payload(rq)), 0, &m);
	if (nl_get(attrs, NDA_LLADDR, &address) && address.len == ETHERNET_ADDR && !m.state &&
		!m.type && !(m.flags & ~(NTF_SELF | NTF_MASTER)) &&
		!nl_has_unknown(attrs, bit(NDA_LLADDR) | bit(NDA_MASTER)))
		err = bridge_to_ask(&m, attrs, &d, &b);
	if (!err)
		err = fdb_get(b, nl_span(address), &i) ? 0 : -ENOENT;
	if (!err) {
		w = nl_writer_new(256);
		if (put_station(&w, &i, &h))
			nl_answer(rq, &w);
		nl_writer_end(&w);
	}
	obj_put(&d);
	return err;
}

/* ---- stations: changing ---- */

/* Whose table a request is about, and the station's address. */
struct station_request {
	struct ndmsg m;
	struct netdev *dev; /* reference */
	struct nl_range address;
};

/* A request holds the device until its end; the caller gives it back, also after a failure. */
static int parse_station(const struct nl_request *rq, struct station_request *out)
{
	struct nl_range attrs = nl_attrs(rq, sizeof(out->m));

	*out = (struct station_request){ 0 };
	if (!span_read(nl_span(nl_payload(rq)), 0, &out->m) || out->m.ifindex <= 0)
		return -EINVAL;
	out->dev = netdev_by_index((u32)out->m.ifindex);
	if (!out->dev)
		return -ENODEV;
	if (!nl_get(attrs, NDA_LLADDR, &out->address) || out->address.len != ETHERNET_ADDR)
		return -EINVAL;
	return 0;
}

/*
 * The bridge that the flags name: the one whose port the device is (master), or itself (self). NULL:
 * neither.
 */
static struct bridge *table_of(const struct station_request *r, struct bridge_port **port)
{
	*port = r->m.flags & NTF_SELF ? NULL : bridge_port_of(r->dev);
	if (*port)
		return (*port)->bridge;
	return r->m.flags & NTF_SELF ? bridge_of(r->dev) : NULL;
}

/*
 * As the checks of Linux's bridge: an entry of the bridge itself must be permanent, and a port that
 * does not forward learns nothing.
 */
static int set_station(const struct nl_request *rq, const struct station_request *r)
{
	struct bridge_port *port = NULL;
	struct bridge *b = table_of(r, &port);
	u32 state = r->m.state, i, any = 0;

	if (!b || (r->m.flags & ~(u32)(NTF_SELF | NTF_MASTER)))
		return -EOPNOTSUPP;
	for (i = 0; i < ETHERNET_ADDR; i++)
		any |= span_byte(nl_span(r->address), i);
	if (!any || !(state & (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE)))
		return -EINVAL;
	if (!port && !(state & NUD_PERMANENT))
		return -EINVAL;
	if (port && !(state & (NUD_PERMANENT | NUD_NOARP)) && !port->forwards)
		return -EPERM;
	return fdb_set(b, port, nl_span(r->address),
		state & NUD_PERMANENT       ? FDB_LOCAL
			: state & NUD_NOARP ? FDB_STATIC
					    : FDB_LEARNED,
		rq->h.flags & NLM_F_CREATE, rq->h.flags & NLM_F_EXCL);
}

int bridge_station_set(const struct nl_request *rq)
{
	struct station_request r;
	int err = parse_station(rq, &r);

	if (!err)
		err = set_station(rq, &r);
	if (!err && (r.m.flags & NTF_SELF))
		fdb_note_self(r.dev, nl_span(r.address), r.m.state, false);
	obj_put(&r.dev);
	return err;
}

int bridge_station_del(const struct nl_request *rq)
{
	struct station_request r;
	struct bridge_port *port = NULL;
	struct bridge *b;
	int err = parse_station(rq, &r);

	if (!err) {
		b = table_of(&r, &port);
		err = b ? fdb_remove(b, port, nl_span(r.address)) : -EOPNOTSUPP;
	}
	if (!err && (r.m.flags & NTF_SELF))
		fdb_note_self(r.dev, nl_span(r.address), r.m.state, true);
	obj_put(&r.dev);
	return err;
}
