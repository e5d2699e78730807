// SPDX-License-Identifier: MPL-2.0
// Links by NETLINK_ROUTE: dumps, single ones, changes, and who is told.
#include "../lib/netlink.h"
#include "../lib/tap.h"

static int s;

static struct ifinfomsg *link_request(struct nl_message *m, int type, int flags, const char *name)
{
	struct ifinfomsg *i = nl_new(m, type, flags, sizeof(*i));

	if (name)
		i->ifi_index = tap_index(name);
	return i;
}

static void show(const char *what, const char *name)
{
	struct nl_message m;

	link_request(&m, RTM_GETLINK, 0, name);
	nl_ask(what, s, &m);
}

int main(void)
{
	struct nl_message m;
	struct ifinfomsg *i;
	int tap, news;

	net_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	nl_dev = "lo";
	nl_new(&m, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	nl_ask("all", s, &m);
	nl_new(&m, RTM_GETLINK, NLM_F_DUMP, 4); // as old programs ask
	nl_ask("all, by a short request", s, &m);
	show("lo", "lo");
	nl_new(&m, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	nl_attr(&m, IFLA_IFNAME, "lo", 3);
	nl_ask("lo by name", s, &m);
	nl_new(&m, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	nl_attr(&m, IFLA_IFNAME, "nosuch", 7);
	nl_ask("no such name", s, &m);
	nl_new(&m, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	nl_ask("nothing named", s, &m);
	nl_new(&m, RTM_GETLINK, 0, 8);
	nl_ask("too short", s, &m);

	nl_dev = "tun7";
	news = nl_socket(NETLINK_ROUTE, RTMGRP_LINK);
	tap = tap_open("tun7", IFF_TUN);
	show("a tun device", "tun7");
	i = link_request(&m, RTM_NEWLINK, NLM_F_ACK, "tun7");
	i->ifi_flags = i->ifi_change = IFF_UP;
	nl_ask("up", s, &m);
	show("it is up", "tun7");
	link_request(&m, RTM_SETLINK, NLM_F_ACK, "tun7");
	nl_attr_u32(&m, IFLA_MTU, 1234);
	nl_attr_u32(&m, IFLA_TXQLEN, 77);
	nl_ask("MTU and queue", s, &m);
	link_request(&m, RTM_SETLINK, NLM_F_ACK, "tun7");
	nl_attr_u32(&m, IFLA_MTU, 10);
	nl_ask("MTU too small", s, &m);
	link_request(&m, RTM_SETLINK, NLM_F_ACK, "tun7");
	nl_attr(&m, IFLA_ADDRESS, "123456", 6);
	nl_ask("address", s, &m);
	show("changed", "tun7");
	i = link_request(&m, RTM_NEWLINK, NLM_F_ACK, "tun7");
	i->ifi_change = IFF_UP;
	nl_ask("down", s, &m);
	link_request(&m, RTM_NEWLINK, NLM_F_ACK | NLM_F_EXCL | NLM_F_CREATE, "tun7");
	nl_ask("it exists", s, &m);
	nl_new(&m, RTM_NEWLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
	nl_attr(&m, IFLA_IFNAME, "nosuch", 7);
	nl_ask("change of none", s, &m);
	nl_dev = NULL;
	close(tap);
	CHECK(UNTIL(if_nametoindex("tun7") == 0));
	close(news);
	return 0;
}
