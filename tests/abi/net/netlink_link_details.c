// SPDX-License-Identifier: MPL-2.0
// What `ip -d link` shows: groups and aliases, changed by NETLINK_ROUTE and by /sys, and who is
// told; the sizes of large packets; who has made an address.
#include "../lib/netlink.h"
#include "../lib/tap.h"

static int s, news;

static struct ifinfomsg *request(struct nl_message *m, int type, const char *name)
{
	struct ifinfomsg *i = nl_new(m, type, type == RTM_GETLINK ? 0 : NLM_F_ACK, sizeof(*i));

	i->ifi_index = tap_index(name);
	return i;
}

static void show(const char *what, const char *name)
{
	struct nl_message m;

	request(&m, RTM_GETLINK, name);
	nl_ask(what, s, &m);
}

static void put(const char *file, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/tun7/%s", file);
	fd = open(path, O_WRONLY);
	printf("%s: ", file);
	T(write(fd, text, strlen(text)));
	close(fd);
}

// Numbers of the message about a link.
static void sizes(const char *name)
{
	static const int types[] = { 40, 41, 58, 59,
		60 }; // GSO segments, size, GRO size, TSO size, segments
	struct nl_message m;
	union {
		struct nlmsghdr h;
		char b[16384];
	} u;
	int n;

	request(&m, RTM_GETLINK, name);
	CHECK(send(s, &m, m.h.nlmsg_len, 0) == m.h.nlmsg_len);
	n = recv(s, &u, sizeof(u), 0);
	CHECK(n > 0 && u.h.nlmsg_type == RTM_NEWLINK);
	printf("%s:", name);
	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++) {
		int len = 0;
		const unsigned *v = nl_find(IFLA_RTA(NLMSG_DATA(&u.h)), IFLA_PAYLOAD(&u.h),
			types[i], &len);
		printf(" %d: %u", types[i], v && len == 4 ? *v : 0);
	}
	printf("\n");
}

static void changes(void)
{
	struct nl_message m;

	request(&m, RTM_SETLINK, "tun7");
	nl_attr_u32(&m, IFLA_GROUP, 77);
	nl_ask("group", s, &m);
	show("it has one", "tun7");
	put("netdev_group", "78");
	show("another", "tun7");
	request(&m, RTM_SETLINK, "tun7");
	nl_attr(&m, IFLA_IFALIAS, "an alias", 8);
	nl_ask("alias", s, &m);
	show("it has one", "tun7");
	put("ifalias", "by a file\n");
	show("another", "tun7");
	request(&m, RTM_SETLINK, "tun7");
	nl_attr(&m, IFLA_IFALIAS, "", 0);
	nl_ask("no alias", s, &m);
	show("it has none", "tun7");
}

int main(void)
{
	struct nl_message m;
	struct ifinfomsg *i;
	int tap;

	net_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	nl_dev = "lo";
	show("lo", "lo");
	sizes("lo");
	nl_new(&m, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	nl_ask("addresses of lo", s, &m);
	nl_dev = "tun7";
	tap = tap_open("tun7", IFF_TUN);
	sizes("tun7");
	news = nl_socket(NETLINK_ROUTE, RTMGRP_LINK);
	changes();
	nl_news(news);
	i = request(&m, RTM_NEWLINK, "tun7");
	i->ifi_flags = i->ifi_change = IFF_UP;
	nl_ask("up", s, &m);
	nl_news(news);
	changes();
	nl_news(news);
	nl_dev = NULL;
	close(tap);
	CHECK(UNTIL(if_nametoindex("tun7") == 0));
	close(news);
	return 0;
}
