// SPDX-License-Identifier: MPL-2.0
// A group with many members: each gets each message once, also while others come and go; and
// sockets with many port ids.
#include "../lib/netlink.h"
#include "../lib/tap.h"

#define MEMBERS 300

static int members[MEMBERS];

/* How many members have got how many messages of a kind. */
static void count(const char *what, int type)
{
	int of[4] = { 0 };

	for (int i = 0; i < MEMBERS; i++) {
		char buf[8192];
		int got = 0;
		ssize_t n;

		while (members[i] >= 0 &&
			(n = recv(members[i], buf, sizeof(buf), MSG_DONTWAIT)) > 0)
			for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
				got += h->nlmsg_type == type;
		of[got > 3 ? 3 : got] += members[i] >= 0;
	}
	printf("%s: none %d, one %d, two %d, more %d\n", what, of[0], of[1], of[2], of[3]);
}

static void set_queue(const char *name, int n)
{
	struct nl_message m;
	static int s = -1;
	struct ifinfomsg *i = nl_new(&m, RTM_NEWLINK, NLM_F_ACK, sizeof(*i));

	if (s < 0)
		s = nl_socket(NETLINK_ROUTE, 0);
	i->ifi_index = tap_index(name);
	nl_attr_u32(&m, IFLA_MTU, n);
	nl_ask("a change", s, &m);
}

static volatile bool stop;

/* Joins and leaves all the time, at the front and at the end of the list. */
static void *restless(void *arg)
{
	while (!stop) {
		int a = nl_socket(NETLINK_ROUTE, RTMGRP_LINK), group = RTNLGRP_LINK;

		CHECK(setsockopt(a, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, 4) == 0);
		CHECK(setsockopt(a, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, 4) == 0);
		close(a);
	}
	return arg;
}

int main(void)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	struct nlmsghdr h = { .nlmsg_len = sizeof(h), .nlmsg_type = 77 };
	pthread_t t[2];
	int tap, s;

	net_start();
	tap = tap_open("tun13", IFF_TUN);
	for (int i = 0; i < MEMBERS; i++)
		members[i] = nl_socket(NETLINK_ROUTE, i % 3 ? RTMGRP_LINK : RTMGRP_IPV4_RULE);
	set_queue("tun13", 1400);
	count("news of a link", RTM_NEWLINK);
	s = nl_socket(NETLINK_ROUTE, RTMGRP_LINK);
	T(sendto(s, &h, sizeof(h), 0, (struct sockaddr *)&to, sizeof(to)));
	count("a program's message", 77);
	T(recv(s, &h, sizeof(h), MSG_DONTWAIT));
	for (int i = 0; i < MEMBERS; i += 4) {
		close(members[i]);
		members[i] = -1;
	}
	CHECK(pthread_create(&t[0], NULL, restless, NULL) == 0);
	CHECK(pthread_create(&t[1], NULL, restless, NULL) == 0);
	for (int i = 0; i < 20; i++) {
		struct nlmsghdr note = { .nlmsg_len = sizeof(note), .nlmsg_type = 80 + i };
		CHECK(sendto(s, &note, sizeof(note), 0, (struct sockaddr *)&to, sizeof(to)) ==
			sizeof(note));
		count("while others come and go", 80 + i);
	}
	stop = true;
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	for (int i = 0; i < MEMBERS; i++)
		if (members[i] >= 0)
			close(members[i]);
	// to port ids
	for (int i = 0; i < MEMBERS; i++) {
		struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_pid = 1000000 + i };
		members[i] = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
		CHECK(bind(members[i], (struct sockaddr *)&a, sizeof(a)) == 0);
	}
	to.nl_groups = 0;
	for (int i = 0; i < MEMBERS; i++) {
		h = (struct nlmsghdr){ .nlmsg_len = sizeof(h), .nlmsg_type = 99 };
		to.nl_pid = 1000000 + i;
		CHECK(sendto(s, &h, sizeof(h), 0, (struct sockaddr *)&to, sizeof(to)) == sizeof(h));
	}
	count("to port ids", 99);
	to.nl_pid = 1000000 + MEMBERS;
	T(sendto(s, &h, sizeof(h), 0, (struct sockaddr *)&to, sizeof(to)));
	close(tap);
	return 0;
}
