// SPDX-License-Identifier: MPL-2.0
/*
 * Switches of devices, of all devices, and of those to come, in NETLINK_ROUTE, as `ip netconf` shows
 * them (RTM_GETNETCONF). They are changed by /proc/sys/net alone. What does not exist here is off:
 * forwarding of groups and broadcasts, proxies for neighbours, routes that end with the link.
 */
#include <kernel/inet.h>

#include "netlink.h"

/* NETCONFA_IFINDEX of what is no device. */
enum { NETCONF_ALL = -1, NETCONF_DEFAULT = -2 };
/* A dump goes over the devices, and then over these two, for each protocol: at[1]. */
enum { NETCONF_AT_DEVICES, NETCONF_AT_ALL, NETCONF_AT_DEFAULT, NETCONF_STAGES };

struct netconfmsg {
	u8 family;
};

static void netconf_put4(struct nl_writer *w, enum conf_place place, const struct netdev *d)
{
	nl_put_u32(w, NETCONFA_FORWARDING, (u32)conf4_get(place, d, CONF4_FORWARDING));
	nl_put_u32(w, NETCONFA_RP_FILTER, (u32)conf4_get(place, d, CONF4_RP_FILTER));
	nl_put_u32(w, NETCONFA_MC_FORWARDING, 0);
	nl_put_u32(w, NETCONFA_BC_FORWARDING, 0);
}

static void netconf_put6(struct nl_writer *w, enum conf_place place, const struct netdev *d)
{
	nl_put_u32(w, NETCONFA_FORWARDING, (u32)conf6_get(place, d, CONF6_FORWARDING));
	nl_put_u32(w, NETCONFA_MC_FORWARDING, 0);
}

/* @d: the device of NETCONFA_IFINDEX, or NULL for what is none. False: it does not fit. */
static bool netconf_put(struct nl_writer *w, const struct nlmsghdr *h, u32 family, s32 index,
	const struct netdev *d)
{
	struct netconfmsg m = { .family = (u8)family };
	enum conf_place place = d ? CONF_DEVICE : index == NETCONF_ALL ? CONF_ALL : CONF_DEFAULT;
	u32 at = nl_begin(w, h, value_cspan(&m));

	nl_put_u32(w, NETCONFA_IFINDEX, (u32)index);
	if (family == AF_INET)
		netconf_put4(w, place, d);
	else
		netconf_put6(w, place, d);
	nl_put_u32(w, NETCONFA_PROXY_NEIGH, 0);
	nl_put_u32(w, NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN, 0);
	return nl_end(w, at);
}

static bool netconf_dump_devices(struct nl_dump *dump, struct nl_writer *w,
	const struct nlmsghdr *h, u32 family)
{
	struct netdev *d;
	bool fits = true;

	while (fits && (d = netdev_next((u32)dump->at[0])) != NULL) {
		fits = netconf_put(w, h, family, (s32)d->index, d);
		if (fits)
			dump->at[0] = d->index;
		obj_put(&d);
	}
	if (fits)
		dump->at[0] = 0;
	return fits;
}

static bool netconf_dump(struct nl_dump *dump, struct nl_writer *w)
{
	struct nlmsghdr h = nl_reply(&dump->rq, RTM_NEWNETCONF, NLM_F_MULTI);
	u32 want = dump->want.family, family, stage;
	bool fits = true;

	if (want && want != AF_INET && want != AF_INET6)
		return true;
	for (; fits && dump->at[1] < 2 * NETCONF_STAGES; dump->at[1] += fits) {
		family = dump->at[1] < NETCONF_STAGES ? AF_INET : AF_INET6;
		stage = dump->at[1] % NETCONF_STAGES;
		if (want && want != family)
			continue;
		if (stage == NETCONF_AT_DEVICES)
			fits = netconf_dump_devices(dump, w, &h, family);
		else
			fits = netconf_put(w, &h, family,
				stage == NETCONF_AT_ALL ? NETCONF_ALL : NETCONF_DEFAULT, NULL);
	}
	return fits;
}
static const struct nl_dumper netconf_dumper = { .next = netconf_dump };

static int netconf_get(const struct nl_request *rq)
{
	struct nlmsghdr h = nl_reply(rq, RTM_NEWNETCONF, 0);
	struct nl_range v = { 0 };
	struct netconfmsg m = { 0 };
	struct netdev *d = NULL;
	struct nl_writer w;
	s32 index;

	(void)span_read(nl_span(nl_payload(rq)), 0, &m);
	if (m.family != AF_INET && m.family != AF_INET6)
		return -EOPNOTSUPP;
	if (!nl_get(nl_attrs(rq, sizeof(m)), NETCONFA_IFINDEX, &v) ||
		!span_read(nl_span(v), 0, &index))
		return -EINVAL;
	if (index != NETCONF_ALL && index != NETCONF_DEFAULT) {
		d = index > 0 ? netdev_by_index((u32)index) : NULL;
		if (!d)
			return -ENODEV;
	}
	w = nl_writer_new(256);
	if (netconf_put(&w, &h, m.family, index, d))
		nl_answer(rq, &w);
	nl_writer_end(&w);
	obj_put(&d);
	return 0;
}

const struct route_kind_ops netconf_kind = {
	.head = sizeof(struct netconfmsg), .get = netconf_get, .dump = &netconf_dumper
};
