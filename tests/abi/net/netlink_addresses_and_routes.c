// SPDX-License-Identifier: MPL-2.0
// Addresses, routes and rules by NETLINK_ROUTE on a tun device: changes, dumps, look-ups, news.
#include "../lib/netlink.h"
#include "../lib/tap.h"

static int s, news, index_;

static void address(const char *what, int type, int flags, const char *text, int bits,
	const char *broadcast)
{
	struct nl_message m;
	struct ifaddrmsg *a = nl_new(&m, type, NLM_F_ACK | flags, sizeof(*a));

	a->ifa_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	a->ifa_prefixlen = bits;
	a->ifa_index = index_;
	nl_attr_addr(&m, IFA_LOCAL, text);
	nl_attr_addr(&m, IFA_ADDRESS, text);
	if (broadcast)
		nl_attr_addr(&m, IFA_BROADCAST, broadcast);
	nl_ask(what, s, &m);
	nl_news(news);
}

struct way {
	const char *to, *via, *from;
	int bits, metric, type, table, scope, dev;
};

static void route(const char *what, int type, int flags, struct way w)
{
	struct nl_message m;
	struct rtmsg *r = nl_new(&m, type, NLM_F_ACK | flags, sizeof(*r));

	r->rtm_family = strchr(w.to, ':') ? AF_INET6 : AF_INET;
	r->rtm_dst_len = w.bits;
	r->rtm_table = w.table ? w.table : RT_TABLE_MAIN;
	r->rtm_protocol = type == RTM_NEWROUTE ? RTPROT_STATIC : 0;
	r->rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE : w.scope;
	r->rtm_type = w.type ? w.type : type == RTM_NEWROUTE ? RTN_UNICAST : 0;
	if (w.bits)
		nl_attr_addr(&m, RTA_DST, w.to);
	if (w.via)
		nl_attr_addr(&m, RTA_GATEWAY, w.via);
	if (w.from)
		nl_attr_addr(&m, RTA_PREFSRC, w.from);
	if (w.metric)
		nl_attr_u32(&m, RTA_PRIORITY, w.metric);
	if (w.dev)
		nl_attr_u32(&m, RTA_OIF, index_);
	nl_ask(what, s, &m);
	nl_news(news);
}

static void look_up(const char *to, int family)
{
	struct nl_message m;
	struct rtmsg *r = nl_new(&m, RTM_GETROUTE, 0, sizeof(*r));
	char what[64];

	r->rtm_family = family;
	r->rtm_dst_len = family == AF_INET ? 32 : 128;
	r->rtm_flags = RTM_F_LOOKUP_TABLE;
	nl_attr_addr(&m, RTA_DST, to);
	snprintf(what, sizeof(what), "the way to %s", to);
	nl_ask(what, s, &m);
}

static void dump(const char *what, int type, int family)
{
	struct nl_message m;
	unsigned char *p = nl_new(&m, type, NLM_F_DUMP, 16);

	*p = family;
	nl_ask(what, s, &m);
}

int main(void)
{
	int tap;

	net_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	nl_dev = "lo";
	dump("addresses of lo", RTM_GETADDR, AF_INET);
	dump("addresses of lo", RTM_GETADDR, AF_INET6);
	dump("routes of lo", RTM_GETROUTE, AF_INET);
	dump("rules", RTM_GETRULE, AF_INET);
	dump("rules", RTM_GETRULE, AF_INET6);
	nl_dev = NULL;
	look_up("127.0.0.1", AF_INET);
	look_up("192.0.2.1", AF_INET);

	tap = tap_open("tun8", IFF_TUN);
	nl_dev = "tun8";
	index_ = tap_index("tun8");
	news = nl_socket(NETLINK_ROUTE, RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE);
	address("before it is up", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "10.9.0.1", 24,
		"10.9.0.255");
	tap_flags("tun8", IFF_UP);
	nl_news(news);
	address("once more", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "10.9.0.1", 24, NULL);
	address("another network", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "10.9.1.1", 32, NULL);
	address("a prefix of 33 bits", RTM_NEWADDR, NLM_F_CREATE, "10.9.2.1", 33, NULL);
	address("IPv6", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "2001:db8::1", 64, NULL);
	address("gone", RTM_DELADDR, 0, "10.9.1.1", 32, NULL);
	address("gone already", RTM_DELADDR, 0, "10.9.1.1", 32, NULL);
	dump("addresses", RTM_GETADDR, AF_INET);

	route("default", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
		(struct way){ .to = "0.0.0.0", .via = "10.9.0.254" });
	route("default again", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
		(struct way){ .to = "0.0.0.0", .via = "10.9.0.254" });
	route("default replaced", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
		(struct way){ .to = "0.0.0.0", .via = "10.9.0.253" });
	route("without CREATE", RTM_NEWROUTE, 0,
		(struct way){ .to = "10.20.0.0", .bits = 16, .via = "10.9.0.253" });
	route("a gateway nobody knows", RTM_NEWROUTE, NLM_F_CREATE,
		(struct way){ .to = "10.21.0.0", .bits = 16, .via = "10.77.0.1" });
	route("a gateway that is ourselves", RTM_NEWROUTE, NLM_F_CREATE,
		(struct way){ .to = "10.21.0.0", .bits = 16, .via = "10.9.0.1" });
	route("bits behind the prefix", RTM_NEWROUTE, NLM_F_CREATE,
		(struct way){ .to = "10.21.1.0", .bits = 16, .via = "10.9.0.253" });
	route("without a device", RTM_NEWROUTE, NLM_F_CREATE,
		(struct way){ .to = "10.22.0.0", .bits = 16 });
	route("a foreign source", RTM_NEWROUTE, NLM_F_CREATE,
		(struct way){ .to = "10.22.0.0",
			.bits = 16,
			.dev = 1,
			.from = "10.99.0.1",
			.scope = RT_SCOPE_LINK });
	route("on the link", RTM_NEWROUTE, NLM_F_CREATE,
		(struct way){ .to = "10.22.0.0",
			.bits = 16,
			.dev = 1,
			.from = "10.9.0.1",
			.scope = RT_SCOPE_LINK,
			.metric = 50 });
	route("the same with another metric", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
		(struct way){ .to = "10.22.0.0",
			.bits = 16,
			.dev = 1,
			.scope = RT_SCOPE_LINK,
			.metric = 60 });
	nl_dev = NULL;
	route("unreachable", RTM_NEWROUTE, NLM_F_CREATE,
		(struct way){ .to = "10.23.0.0", .bits = 16, .type = RTN_UNREACHABLE });
	route("prohibited", RTM_NEWROUTE, NLM_F_CREATE,
		(struct way){ .to = "10.24.0.0", .bits = 16, .type = RTN_PROHIBIT });
	route("blackhole", RTM_NEWROUTE, NLM_F_CREATE,
		(struct way){ .to = "10.25.0.0", .bits = 16, .type = RTN_BLACKHOLE });
	look_up("10.9.0.77", AF_INET);
	look_up("10.9.0.1", AF_INET);
	look_up("10.22.0.5", AF_INET);
	look_up("192.0.2.1", AF_INET);
	look_up("10.23.0.1", AF_INET);
	look_up("10.24.0.1", AF_INET);
	look_up("10.25.0.1", AF_INET);
	nl_dev = "tun8";
	dump("routes", RTM_GETROUTE, AF_INET);
	route("delete by metric", RTM_DELROUTE, 0,
		(struct way){ .to = "10.22.0.0", .bits = 16, .metric = 60 });
	route("delete any", RTM_DELROUTE, 0, (struct way){ .to = "10.22.0.0", .bits = 16 });
	route("delete none", RTM_DELROUTE, 0, (struct way){ .to = "10.22.0.0", .bits = 16 });
	route("delete by a wrong gateway", RTM_DELROUTE, 0,
		(struct way){ .to = "0.0.0.0", .via = "10.9.0.254" });
	route("delete by gateway", RTM_DELROUTE, 0,
		(struct way){ .to = "0.0.0.0", .via = "10.9.0.253" });
	nl_dev = NULL;
	route("delete unreachable", RTM_DELROUTE, 0,
		(struct way){ .to = "10.23.0.0", .bits = 16, .type = RTN_UNREACHABLE });
	route("delete prohibited", RTM_DELROUTE, 0, (struct way){ .to = "10.24.0.0", .bits = 16 });
	route("delete blackhole", RTM_DELROUTE, 0, (struct way){ .to = "10.25.0.0", .bits = 16 });
	nl_dev = "tun8";
	dump("routes left", RTM_GETROUTE, AF_INET);
	close(news);
	close(tap);
	CHECK(UNTIL(if_nametoindex("tun8") == 0));
	return 0;
}
