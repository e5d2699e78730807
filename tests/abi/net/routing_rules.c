// SPDX-License-Identifier: MPL-2.0
// Routing rules and tables: what is shown and told, which requests are refused, and the ways that
// packets of others and of sockets take.
#include "../lib/forward.h"

static int s, news;

static void prefix(struct nl_message *m, int type, const char *text, unsigned char *len)
{
	char address[64];

	CHECK(sscanf(text, "%63[^/]/%hhu", address, len) == 2);
	nl_attr_addr(m, type, address);
}

/* A request as ip-rule(8) has it. */
static void rule(int type, int flags, int family, const char *text)
{
	struct nl_message m;
	struct fib_rule_hdr *r = nl_new(&m, type, NLM_F_ACK | flags, sizeof(*r));
	char words[200], *w, *v, *rest;
	unsigned mark, mask = 0;

	strcpy(words, text);
	r->family = family;
	r->action = type == RTM_NEWRULE ? FR_ACT_TO_TBL : 0;
	for (w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
		if (!strcmp(w, "not")) {
			r->flags |= FIB_RULE_INVERT;
			continue;
		}
		v = strtok_r(NULL, " ", &rest);
		CHECK(v);
		if (!strcmp(w, "from"))
			prefix(&m, FRA_SRC, v, &r->src_len);
		else if (!strcmp(w, "to"))
			prefix(&m, FRA_DST, v, &r->dst_len);
		else if (!strcmp(w, "iif"))
			nl_attr(&m, FRA_IIFNAME, v, strlen(v) + 1);
		else if (!strcmp(w, "oif"))
			nl_attr(&m, FRA_OIFNAME, v, strlen(v) + 1);
		else if (!strcmp(w, "table"))
			nl_attr_u32(&m, FRA_TABLE, atoi(v));
		else if (!strcmp(w, "priority"))
			nl_attr_u32(&m, FRA_PRIORITY, atoi(v));
		else if (!strcmp(w, "suppress"))
			nl_attr_u32(&m, FRA_SUPPRESS_PREFIXLEN, atoi(v));
		else if (!strcmp(w, "goto"))
			nl_attr_u32(&m, FRA_GOTO, atoi(v));
		else if (!strcmp(w, "tos"))
			r->tos = strtol(v, NULL, 0);
		else if (!strcmp(w, "action"))
			r->action = atoi(v);
		else if (!strcmp(w, "mark")) {
			if (sscanf(v, "%u/%u", &mark, &mask) == 2)
				nl_attr_u32(&m, FRA_FWMASK, mask);
			nl_attr_u32(&m, FRA_FWMARK, mark);
		}
	}
	printf("%s %s", type == RTM_NEWRULE ? "add" : "delete", text);
	nl_ask("", s, &m);
	nl_news(news);
}

static void add(int family, const char *text)
{
	rule(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, family, text);
}

static void del(int family, const char *text)
{
	rule(RTM_DELRULE, 0, family, text);
}

static void dump(int family)
{
	struct nl_message m;
	struct fib_rule_hdr *r = nl_new(&m, RTM_GETRULE, NLM_F_DUMP, sizeof(*r));

	r->family = family;
	nl_ask("rules", s, &m);
}

static void route(int type, int kind, const char *to, const char *via, const char *dev, int table)
{
	struct nl_message m;
	struct rtmsg *r = nl_new(&m, type, NLM_F_CREATE | NLM_F_ACK, sizeof(*r));
	unsigned char bits = 0;

	prefix(&m, RTA_DST, to, &bits);
	r->rtm_family = strchr(to, ':') ? AF_INET6 : AF_INET;
	r->rtm_dst_len = bits;
	r->rtm_protocol = RTPROT_STATIC;
	r->rtm_scope = RT_SCOPE_UNIVERSE;
	r->rtm_type = kind;
	if (via)
		nl_attr_addr(&m, RTA_GATEWAY, via);
	if (dev)
		nl_attr_u32(&m, RTA_OIF, tap_index(dev));
	nl_attr_u32(&m, RTA_TABLE, table);
	printf("route to %s in table %d", to, table);
	nl_ask("", s, &m);
}

static void requests(void)
{
	dump(AF_INET);
	dump(AF_INET6);
	add(AF_INET, "from 10.1.0.0/24 table 100 priority 50");
	add(AF_INET, "from 10.1.0.0/24 table 100 priority 50");
	rule(RTM_NEWRULE, NLM_F_CREATE, AF_INET, "from 10.1.0.0/24 table 100 priority 50");
	add(AF_INET, "table 5000");
	add(AF_INET, "to 10.9.0.0/16 iif t0 oif nodev tos 16 table 7");
	add(AF_INET, "not mark 7 table 8 suppress 3");
	add(AF_INET, "mark 6/14 action 6");
	add(AF_INET, "mark 0/1 action 7 priority 40000");
	add(AF_INET, "action 8 priority 40000");
	add(AF_INET, "action 4 priority 40001");
	add(AF_INET, "action 2");
	add(AF_INET, "action 1 tos 17 table 9");
	add(AF_INET, "priority 60");
	add(AF_INET6, "priority 60");
	add(AF_INET6, "from 2001:db8::/32 table 100 iif lo");
	add(AF_INET6, "to 2001:db8:7::/48 action 7 priority 1");
	add(77, "table 9");
	dump(AF_INET);
	dump(AF_INET6);
	del(AF_INET, "priority 1234");
	del(AF_INET, "from 10.1.0.0/24");
	del(AF_INET, "from 10.1.0.0/24 table 100 priority 50");
	del(AF_INET, "from 10.1.0.0/24");
	del(AF_INET, "table 5000");
	del(AF_INET, "iif t0");
	del(AF_INET, "mark 7");
	del(AF_INET, "action 6");
	del(AF_INET, "action 7");
	del(AF_INET, "priority 40000");
	del(AF_INET, "action 4");
	del(AF_INET, "priority 60");
	del(AF_INET6, "table 100");
	del(AF_INET6, "priority 1");
	del(AF_INET6, "table 200");
	dump(AF_INET);
	dump(AF_INET6);
}

static void pass(const char *from, const char *to)
{
	struct tap_packet p;

	if (strchr(to, ':'))
		fw_udp6(&p, from, to, 9, 10);
	else
		fw_udp4(&p, from, to, 9, 10, 0);
	printf("%s to %s:", from, to);
	fw_put("", 0, &p);
}

/* A datagram of a new socket; with a mark, from an address or any. */
static void send_one(const char *from, const char *to, int mark)
{
	union net_addr a = net_addr(to, 2000), b;
	int u = socket(a.any.sa_family, SOCK_DGRAM, 0), df = IP_PMTUDISC_DO;

	CHECK(setsockopt(u, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) == 0);
	setsockopt(u, IPPROTO_IP, IP_MTU_DISCOVER, &df, sizeof(df));
	if (from) {
		b = net_addr(from, 1000);
		CHECK(bind(u, &b.any, net_len(&b)) == 0);
	}
	printf("to %s with mark %d: ", to, mark);
	T(sendto(u, "12345", 5, 0, &a.any, net_len(&a)));
	fw_flush();
	close(u);
}

static void ways(void)
{
	route(RTM_NEWROUTE, RTN_UNICAST, "10.64.0.0/10", "10.2.0.9", "t1", 100);
	route(RTM_NEWROUTE, RTN_UNICAST, "10.64.0.0/10", "10.1.0.9", "t0", 101);
	route(RTM_NEWROUTE, RTN_UNICAST, "10.2.0.0/24", "10.2.0.9", "t1", 100);
	route(RTM_NEWROUTE, RTN_THROW, "10.70.0.0/16", NULL, NULL, 100);
	route(RTM_NEWROUTE, RTN_PROHIBIT, "10.71.0.0/16", NULL, NULL, 100);
	pass("10.1.0.20", "10.77.0.1");
	add(AF_INET, "from 10.1.0.21/32 table 100 priority 50");
	pass("10.1.0.21", "10.77.0.1");
	pass("10.1.0.21", "10.70.0.1");
	pass("10.1.0.21", "10.71.0.1");
	pass("10.1.0.22", "10.77.0.1");
	del(AF_INET, "priority 50");
	pass("10.1.0.23", "10.77.0.1");
	add(AF_INET, "iif t0 table 100 priority 50");
	pass("10.1.0.24", "10.77.0.1");
	send_one(NULL, "10.77.0.1", 0);
	del(AF_INET, "priority 50");
	add(AF_INET, "iif lo table 100 priority 50");
	pass("10.1.0.25", "10.77.0.1");
	send_one(NULL, "10.77.0.1", 0);
	del(AF_INET, "priority 50");
	add(AF_INET, "mark 5 table 100 priority 50");
	add(AF_INET, "mark 6 action 6 priority 51");
	add(AF_INET, "mark 7 action 7 priority 51");
	add(AF_INET, "mark 8 action 8 priority 51");
	add(AF_INET, "not mark 0 table 101 priority 52");
	for (int mark = 4; mark < 9; mark++)
		send_one(NULL, "10.77.0.1", mark);
	send_one(NULL, "10.77.0.1", 0);
	send_one("10.2.0.1", "10.77.0.1", 5);
	while (1) {
		struct nl_message m;
		struct fib_rule_hdr *r = nl_new(&m, RTM_DELRULE, NLM_F_ACK, sizeof(*r));
		static int left = 5;
		if (!left--)
			break;
		r->family = AF_INET;
		nl_attr_u32(&m, FRA_PRIORITY, left < 1 ? 52 : left < 4 ? 51 : 50);
		nl_ask("delete", s, &m);
	}
	nl_news(news);
	add(AF_INET, "from 10.1.0.26/32 action 6 priority 50");
	add(AF_INET, "from 10.1.0.27/32 action 7 priority 50");
	add(AF_INET, "from 10.1.0.28/32 action 8 priority 50");
	pass("10.1.0.26", "10.2.0.2");
	pass("10.1.0.27", "10.2.0.2");
	pass("10.1.0.28", "10.2.0.2");
	pass("10.1.0.29", "10.2.0.2");
	for (int i = 0; i < 3; i++)
		del(AF_INET, "priority 50");
}

/* A route that is too short does not count: the next table is asked. */
static void suppressed(void)
{
	route(RTM_NEWROUTE, RTN_UNICAST, "10.64.0.0/10", "10.1.0.9", "t0", 254);
	add(AF_INET, "table 254 suppress 10 priority 50");
	add(AF_INET, "table 100 priority 51");
	pass("10.1.0.30", "10.77.0.1");
	pass("10.1.0.30", "10.2.0.3");
	del(AF_INET, "priority 50");
	del(AF_INET, "priority 51");
	route(RTM_DELROUTE, RTN_UNICAST, "10.64.0.0/10", "10.1.0.9", "t0", 254);
}

/* A rule may come before the routes of its table, and outlive them. */
static void rule_first(void)
{
	add(AF_INET, "to 10.78.0.0/16 table 150 priority 50");
	pass("10.1.0.70", "10.78.0.1");
	route(RTM_NEWROUTE, RTN_UNICAST, "10.78.0.0/16", "10.2.0.9", "t1", 150);
	pass("10.1.0.71", "10.78.0.1");
	route(RTM_DELROUTE, RTN_UNICAST, "10.78.0.0/16", "10.2.0.9", "t1", 150);
	pass("10.1.0.72", "10.78.0.1");
	del(AF_INET, "priority 50");
}

/* What a connected socket has found before is not good after a change. */
static void connected(void)
{
	union net_addr to = net_addr("10.77.0.1", 2000);
	int u, df = IP_PMTUDISC_DO;

	add(AF_INET, "to 10.77.0.0/16 table 100 priority 50");
	u = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(u, IPPROTO_IP, IP_MTU_DISCOVER, &df, sizeof(df));
	T(connect(u, &to.any, net_len(&to)));
	T(send(u, "1", 1, 0));
	fw_flush();
	add(AF_INET, "to 10.77.0.0/16 table 101 priority 49");
	T(send(u, "2", 1, 0));
	fw_flush();
	route(RTM_DELROUTE, RTN_UNICAST, "10.64.0.0/10", "10.1.0.9", "t0", 101);
	T(send(u, "3", 1, 0));
	fw_flush();
	del(AF_INET, "priority 50");
	T(send(u, "4", 1, 0));
	route(RTM_NEWROUTE, RTN_UNICAST, "10.64.0.0/10", "10.1.0.9", "t0", 101);
	T(send(u, "5", 1, 0));
	fw_flush();
	del(AF_INET, "priority 49");
	close(u);
}

/* A socket's way is that of the source address that connect has chosen. */
static void connected_from(void)
{
	union net_addr to = net_addr("10.77.0.1", 2000);
	int u, t, df = IP_PMTUDISC_DO;

	add(AF_INET, "to 10.77.0.0/16 table 100 priority 50");
	add(AF_INET, "from 10.2.0.1/32 table 101 priority 49");
	send_one(NULL, "10.77.0.1", 0);
	u = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(u, IPPROTO_IP, IP_MTU_DISCOVER, &df, sizeof(df));
	T(connect(u, &to.any, net_len(&to)));
	T(send(u, "1", 1, 0));
	fw_flush();
	t = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	T(connect(t, &to.any, net_len(&to)));
	fw_flush();
	close(t);
	close(u);
	del(AF_INET, "priority 50");
	del(AF_INET, "priority 49");
}

/* Another rule before that of the local table: a packet to this machine is forwarded. */
static void before_local(void)
{
	add(AF_INET, "table 255 priority 100");
	add(AF_INET, "from 10.1.0.31/32 table 100 priority 50");
	del(AF_INET, "priority 0");
	pass("10.1.0.31", "10.2.0.1");
	pass("10.1.0.60", "10.2.0.1");
	pass("10.1.0.61", "127.0.0.1");
	pass("10.1.0.31", "127.0.0.1");
	pass("10.2.0.1", "10.2.0.1");
	pass("10.1.0.99", "10.77.0.1");
	add(AF_INET, "table 255 priority 0");
	del(AF_INET, "priority 50");
	del(AF_INET, "priority 100");
	dump(AF_INET);
}

static void ways6(void)
{
	fw_address6(s, "t0", "2001:db8:1::1");
	fw_address6(s, "t1", "2001:db8:2::1");
	tap_sysctl("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	route(RTM_NEWROUTE, RTN_UNICAST, "2001:db8:70::/44", "2001:db8:2::9", "t1", 100);
	pass("2001:db8:1::20", "2001:db8:70::1");
	add(AF_INET6, "from 2001:db8:1::21/128 table 100 priority 50");
	pass("2001:db8:1::21", "2001:db8:70::1");
	pass("2001:db8:1::22", "2001:db8:70::1");
	del(AF_INET6, "priority 50");
	add(AF_INET6, "mark 5 table 100 priority 50");
	add(AF_INET6, "mark 6 action 6 priority 50");
	add(AF_INET6, "mark 7 action 7 priority 50");
	add(AF_INET6, "mark 8 action 8 priority 50");
	for (int mark = 4; mark < 9; mark++)
		send_one(NULL, "2001:db8:70::1", mark);
	for (int i = 0; i < 4; i++)
		del(AF_INET6, "priority 50");
	add(AF_INET6, "from 2001:db8:1::27/128 action 7 priority 50");
	add(AF_INET6, "from 2001:db8:1::28/128 action 8 priority 50");
	pass("2001:db8:1::27", "2001:db8:2::2");
	pass("2001:db8:1::28", "2001:db8:2::2");
	pass("2001:db8:1::29", "2001:db8:2::2");
}

int main(void)
{
	int group = RTNLGRP_IPV6_RULE;

	fw_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	news = nl_socket(NETLINK_ROUTE, RTMGRP_IPV4_RULE);
	CHECK(setsockopt(news, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == 0);
	tap_sysctl("/proc/sys/net/ipv4/ip_forward", "1");
	requests();
	ways();
	suppressed();
	rule_first();
	connected();
	connected_from();
	before_local();
	ways6();
	tap_forward_end();
	return 0;
}
