// SPDX-License-Identifier: MPL-2.0
/*
 * NETLINK_ROUTE: requests by kind (rtnetlink(7)), and the news of changes for its groups.
 *
 * The lowest two bits of a type say what is to be done: 0 new, 1 delete, 2 get, 3 set. All but get
 * need CAP_NET_ADMIN. Everything happens under net_config, which all changes of links, addresses
 * and routes hold; so the news come in the order of the changes.
 *
 * A request is parsed by its kind (link.c, address.c, way.c, neighbour.c, rule.c), and what it does
 * is done before the next one of the same send begins. Devices that leave by a request are waited
 * for at its end, without net_config (netdev_reap).
 */
#include <kernel/cred.h>
#include <kernel/neigh.h>
#include <kernel/netdev.h>
#include <kernel/netlink.h>
#include <kernel/thread.h>
#include <uapi/errno.h>

#include "../inet/addr.h"
#include "../link/bridge.h"
#include "netlink.h"

/* ---- objects for next hops: there are none, and none can be made ---- */

static bool nexthop_dump(struct nl_dump *d, struct nl_writer *w)
{
	(void)d;
	(void)w;
	return true;
}
static const struct nl_dumper nexthop_dumper = { .next = nexthop_dump };

static int nexthop_get(const struct nl_request *rq)
{
	(void)rq;
	return -ENOENT;
}
/* struct nhmsg has 8 bytes. */
static const struct route_kind_ops nexthop_kind = {
	.head = 8, .get = nexthop_get, .dump = &nexthop_dumper
};

/* ---- requests ---- */

static const struct route_kind_ops *rtnetlink_kind(u32 type)
{
	switch (type & ~3u) {
	case RTM_NEWLINK:
		return &link_kind;
	case RTM_NEWADDR:
		return &address_kind;
	case RTM_NEWROUTE:
		return &way_kind;
	case RTM_NEWNEIGH:
		return &neighbour_kind;
	case RTM_NEWRULE:
		return &rule_kind;
	case RTM_NEWNETCONF:
		return &netconf_kind;
	case RTM_NEWNEXTHOP:
		return &nexthop_kind;
	default:
		return NULL;
	}
}

/* The request that is being done, without its bytes; net_config. */
static struct {
	const struct route_kind_ops *kind; /* NULL: there is none */
	u32 port, seq;
} current_request;

struct nlmsghdr nl_news(u16 type, const struct route_kind_ops *kind)
{
	bool asked = kind && current_request.kind == kind;

	return (struct nlmsghdr){ .type = type,
		.pid = asked ? current_request.port : 0,
		.seq = asked ? current_request.seq : 0 };
}

/* The length of the fixed part is checked here, once for all kinds. */
static int locked_request(const struct route_kind_ops *k, const struct nl_request *rq)
{
	int (*run)(const struct nl_request *rq);
	int err;

	switch (rq->h.type & 3) {
	case 0:
		run = k->set;
		break;
	case 1:
		run = k->del;
		break;
	case 2:
		run = k->get;
		break;
	default:
		run = k == &link_kind ? k->set : NULL;
		break;
	}
	if (!run)
		return -EOPNOTSUPP;
	if (nl_payload(rq).len < k->head)
		return -EINVAL;
	if (run == k->del && k->del_unlocked)
		return run(rq);
	mutex_lock(&net_config);
	current_request.kind = k;
	current_request.port = rq->from->port;
	current_request.seq = rq->h.seq;
	err = run(rq);
	current_request.kind = NULL;
	mutex_unlock(&net_config);
	netdev_reap();
	return err;
}

/* A dump of one kind. The request is parsed here, once. */
static int rtnetlink_start_dump(const struct route_kind_ops *k, const struct nl_request *rq,
	u32 family)
{
	struct nl_filter want = { .family = family };

	if (!k->dump)
		return -EOPNOTSUPP;
	if (k->select)
		k->select(rq, load_once(rq->from->flags) & NL_STRICT, &want);
	return nl_dump_start(rq, k->dump, &want);
}

/*
 * EPERM comes before the EOPNOTSUPP of a kind that does not exist. A
 * request without a family byte is ignored, as on Linux.
 */
int route_request(const struct nl_request *rq)
{
	const struct route_kind_ops *k = rtnetlink_kind(rq->h.type);
	bool get = (rq->h.type & 3) == 2;
	u8 family = 0;

	if (rq->h.type > RTM_MAX)
		return -EOPNOTSUPP;
	if (!span_read(nl_span(nl_payload(rq)), 0, &family))
		return 0;
	if (!get && !cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		return -EPERM;
	if (!k)
		return -EOPNOTSUPP;
	if (get && (rq->h.flags & NLM_F_DUMP))
		return rtnetlink_start_dump(k, rq, family);
	return locked_request(k, rq);
}

/* ---- news ---- */

/* For each event of a device: udev hears of it first, then the group of links. */
static void on_link(struct netdev *d, enum net_event e)
{
	uevent_net(d, e);
	if (e != NET_DEV_RENAMED)
		link_changed(d, e == NET_DEV_GONE);
}

static const struct net_watcher link_watcher = { .event = on_link };
static const struct inet_watcher inet_watcher = { .address = address_changed,
	.route = route_changed_to };

void rtnetlink_init(void)
{
	net_watcher_register(&link_watcher);
	inet_watcher_register(&inet_watcher);
	neigh_watcher_register(&neighbour_watcher);
	fdb_watcher_register(&bridge_watcher);
}
