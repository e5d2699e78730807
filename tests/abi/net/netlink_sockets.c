// SPDX-License-Identifier: MPL-2.0
// AF_NETLINK sockets: port ids, groups, options, errors, acknowledgements, partial receives.
#include "../lib/netlink.h"

static void show_name(const char *what, int s)
{
	struct sockaddr_nl a = { 0 };
	socklen_t n = sizeof(a);

	CHECK(getsockname(s, (struct sockaddr *)&a, &n) == 0);
	printf("%s: length %u family %d pid %s groups %#x\n", what, n, a.nl_family,
		!a.nl_pid                                ? "0"
			: a.nl_pid == (unsigned)getpid() ? "own"
							 : "other",
		a.nl_groups);
}

static int bind_to(int s, unsigned pid, unsigned groups, socklen_t len)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_pid = pid, .nl_groups = groups };

	return bind(s, (struct sockaddr *)&a, len);
}

static int option(int s, int name, int value)
{
	return setsockopt(s, SOL_NETLINK, name, &value, sizeof(value));
}

static int get_option(int s, int name)
{
	int v = -1;
	socklen_t n = sizeof(v);

	return getsockopt(s, SOL_NETLINK, name, &v, &n) ? -1 : v;
}

static void receive(const char *what, int s, void *buf, size_t n, int flags)
{
	struct sockaddr_nl a = { 0 };
	struct iovec v = { buf, n };
	struct msghdr m = {
		.msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &v, .msg_iovlen = 1
	};
	ssize_t r = recvmsg(s, &m, flags | MSG_DONTWAIT);

	if (r < 0)
		printf("%s: %s\n", what, t_errname(errno));
	else
		printf("%s: %zd flags %#x from %u groups %#x\n", what, r, m.msg_flags, a.nl_pid,
			a.nl_groups);
}

static short events(int s)
{
	struct pollfd p = { s, POLLIN | POLLOUT, 0 };

	poll(&p, 1, 0);
	return p.revents;
}

int main(void)
{
	struct nl_message m;
	char buf[4096];
	uint64_t groups = 0;
	socklen_t n = sizeof(groups);
	int a, b;

	net_start();
	T(socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE));
	T(socket(AF_NETLINK, SOCK_RAW, 31));
	T(socket(AF_NETLINK, SOCK_RAW, 32));
	T(socket(AF_NETLINK, SOCK_RAW, -1));
	a = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	b = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE);
	show_name("unbound", a);
	T(bind_to(a, 0, 0, 8));
	T(bind_to(a, 0, 1, sizeof(struct sockaddr_nl)));
	show_name("bound", a);
	T(bind_to(a, 0, 0x15, sizeof(struct sockaddr_nl)));
	T(bind_to(a, getpid(), 3, sizeof(struct sockaddr_nl)));
	T(bind_to(a, 12345, 3, sizeof(struct sockaddr_nl)));
	show_name("bound again", a);
	T(bind_to(b, getpid(), 0, sizeof(struct sockaddr_nl)));
	T(bind_to(b, 0, 0, sizeof(struct sockaddr_nl)));
	show_name("second", b);
	// groups and options
	T(option(a, NETLINK_ADD_MEMBERSHIP, RTNLGRP_IPV6_ROUTE));
	T(option(a, NETLINK_ADD_MEMBERSHIP, 0));
	T(option(a, NETLINK_DROP_MEMBERSHIP, 1));
	show_name("after", a);
	T(getsockopt(a, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, &groups, &n));
	SHOWX((uint32_t)groups);
	for (int i = NETLINK_PKTINFO; i <= NETLINK_GET_STRICT_CHK; i++) {
		if (i == 6 || i == 7 || i == NETLINK_LIST_MEMBERSHIPS)
			continue;
		printf("option %d: %d", i, get_option(b, i));
		printf(" set %d", option(b, i, 1));
		printf(" %d\n", get_option(b, i));
	}
	T(option(b, 99, 1));
	T(setsockopt(b, SOL_NETLINK, NETLINK_PKTINFO, &n, 2));
	T(setsockopt(b, SOL_SOCKET, SO_PASSCRED, &n, 4));
	T(listen(b, 1));
	T(shutdown(b, SHUT_WR));
	// requests that are none, and errors
	a = nl_socket(NETLINK_ROUTE, 0);
	SHOWX(events(a));
	nl_new(&m, NLMSG_NOOP, 0, 4);
	nl_send(a, &m);
	receive("no answer to a control message", a, buf, sizeof(buf), 0);
	nl_new(&m, NLMSG_NOOP, NLM_F_ACK, 4);
	nl_ask("acknowledged", a, &m);
	nl_new(&m, RTM_GETLINK, 0, 16);
	m.h.nlmsg_flags = 0;
	nl_send(a, &m);
	receive("no answer without REQUEST", a, buf, sizeof(buf), 0);
	nl_new(&m, RTM_GETLINK, 0, 16);
	m.h.nlmsg_len = 8;
	T(send(a, &m, 32, 0));
	receive("a length below the header", a, buf, sizeof(buf), 0);
	m.h.nlmsg_len = 64;
	T(send(a, &m, 32, 0));
	receive("a length beyond the end", a, buf, sizeof(buf), 0);
	T(send(a, &m, 8, 0));
	nl_new(&m, 120, 0, 16);
	nl_ask("unknown type", a, &m);
	nl_new(&m, RTM_GETLINK, 0, 16);
	((struct ifinfomsg *)NLMSG_DATA(&m.h))->ifi_index = 99999;
	nl_send(a, &m);
	SHOWX(events(a));
	// the error carries the request
	receive("length by peek", a, NULL, 0, MSG_PEEK | MSG_TRUNC);
	receive("a part by peek", a, buf, 20, MSG_PEEK);
	receive("all", a, buf, sizeof(buf), 0);
	receive("nothing more", a, buf, sizeof(buf), 0);
	struct nlmsghdr *h = (void *)buf;
	struct nlmsgerr *e = NLMSG_DATA(h);
	SHOW(h->nlmsg_len);
	SHOW(h->nlmsg_type);
	SHOWX(h->nlmsg_flags);
	IS(h->nlmsg_seq == nl_seq);
	IS(h->nlmsg_pid == (unsigned)getpid() || h->nlmsg_pid != 0);
	SHOWS(t_errname(-e->error));
	IS(!memcmp(&e->msg, &m.h, 16));
	option(a, NETLINK_CAP_ACK, 1);
	nl_send(a, &m);
	receive("capped", a, buf, sizeof(buf), 0);
	SHOWX(h->nlmsg_flags);
	// two requests in one send
	struct nl_message two[2];
	nl_new(&m, NLMSG_NOOP, NLM_F_ACK, 0);
	memcpy(two, &m, m.h.nlmsg_len);
	memcpy((char *)two + m.h.nlmsg_len, &m, m.h.nlmsg_len);
	T(send(a, two, 2 * m.h.nlmsg_len, 0));
	receive("first", a, buf, 18, 0);
	receive("second", a, buf, sizeof(buf), 0);
	receive("no third", a, buf, sizeof(buf), 0);
	// from program to program
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = 4242 };
	b = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	T(sendto(a, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)));
	CHECK(bind_to(b, 4242, 0, sizeof(struct sockaddr_nl)) == 0);
	T(sendto(a, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)));
	T(recv(b, buf, sizeof(buf), MSG_DONTWAIT));
	a = nl_socket(NETLINK_KOBJECT_UEVENT, 2);
	b = nl_socket(NETLINK_KOBJECT_UEVENT, 0);
	to.nl_pid = 0;
	to.nl_groups = 2;
	T(sendto(b, "to a group", 10, 0, (struct sockaddr *)&to, sizeof(to)));
	T(recv(a, buf, sizeof(buf), MSG_DONTWAIT));
	if (t_fork() == 0) {
		CHECK(setresuid(1000, 1000, 1000) == 0);
		a = nl_socket(NETLINK_ROUTE, 1);
		T(sendto(a, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)));
		nl_new(&m, RTM_SETLINK, NLM_F_ACK, 16);
		nl_ask("without privilege", a, &m);
		nl_new(&m, RTM_GETLINK, 0, 16);
		((struct ifinfomsg *)NLMSG_DATA(&m.h))->ifi_index = 99999;
		nl_ask("asking is free", a, &m);
		_exit(0);
	}
	wait(NULL);
	// generic: the controller
	a = nl_socket(NETLINK_GENERIC, 0);
	struct genlmsghdr *g = nl_new(&m, GENL_ID_CTRL, 0, 4);
	g->cmd = CTRL_CMD_GETFAMILY;
	nl_attr(&m, CTRL_ATTR_FAMILY_NAME, "nosuch", 7);
	nl_ask("no such family", a, &m);
	g = nl_new(&m, GENL_ID_CTRL, 0, 4);
	g->cmd = CTRL_CMD_GETFAMILY;
	nl_attr(&m, CTRL_ATTR_FAMILY_NAME, "nlctrl", 7);
	nl_send(a, &m);
	CHECK(recv(a, buf, sizeof(buf), 0) > 20);
	SHOW(h->nlmsg_type);
	SHOW(((struct genlmsghdr *)NLMSG_DATA(h))->cmd);
	struct rtattr *at = (void *)(buf + 20);
	int len = h->nlmsg_len - 20, k;
	SHOWS((const char *)nl_find(at, len, CTRL_ATTR_FAMILY_NAME, &k));
	SHOW(*(const uint16_t *)nl_find(at, len, CTRL_ATTR_FAMILY_ID, &k));
	nl_new(&m, 999, 0, 4);
	nl_ask("no such number", a, &m);
	return 0;
}
