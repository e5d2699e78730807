// SPDX-License-Identifier: MPL-2.0
// MSG_ERRQUEUE: control messages about the packet that brought an error stand before it (tracepath
// counts hops by them), and a datagram that does not fit the link leaves an error of this machine's
// own.
#include "../lib/tap.h"
#include <linux/errqueue.h>

#define NAME "errors0"

static void show_error(const struct cmsghdr *c)
{
	struct sock_extended_err e;
	unsigned char offender[28] = { 0 };
	size_t n = c->cmsg_len - CMSG_LEN(sizeof(e));

	memcpy(&e, CMSG_DATA(c), sizeof(e));
	memcpy(offender, CMSG_DATA(c) + sizeof(e), n < 28 ? n : 28);
	printf("  error %d origin %d type %d code %d info %u data %u, offender", e.ee_errno,
		e.ee_origin, e.ee_type, e.ee_code, e.ee_info, e.ee_data);
	for (size_t i = 0; i < n && i < 28; i++)
		printf(" %02x", offender[i]);
	printf("\n");
}

static void show(const char *what, int s)
{
	char data[64], control[512];
	union net_addr name = { 0 };
	struct iovec io = { data, sizeof(data) };
	struct msghdr m = { .msg_name = &name,
		.msg_namelen = sizeof(name),
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct pollfd p = { s, 0, 0 };
	ssize_t n;

	printf("%s: poll %d", what, poll(&p, 1, 0));
	printf(" events %x\n", p.revents);
	n = recvmsg(s, &m, MSG_ERRQUEUE | MSG_DONTWAIT);
	net_result("recvmsg", n);
	if (n < 0)
		return;
	printf("  flags %x, name of %d bytes, port %d\n", m.msg_flags, (int)m.msg_namelen,
		ntohs(name.in.sin_port));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		int v = 0;
		memcpy(&v, CMSG_DATA(c),
			c->cmsg_len - CMSG_LEN(0) < 4 ? c->cmsg_len - CMSG_LEN(0) : 4);
		printf("  level %d type %d length %d", c->cmsg_level, c->cmsg_type,
			(int)c->cmsg_len);
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
			show_error(c);
		} else if (c->cmsg_len > CMSG_LEN(4)) {
			for (size_t i = 0; i < c->cmsg_len - CMSG_LEN(0); i++)
				printf(" %02x", CMSG_DATA(c)[i]);
			printf("\n");
		} else {
			printf(" value %d\n", v);
		}
	}
}

static void set(int s, int level, int name, int v)
{
	CHECK(setsockopt(s, level, name, &v, sizeof(v)) == 0);
}

static void closed_port(const char *address, bool all)
{
	union net_addr to = net_addr(address, 7999);
	int s = socket(to.any.sa_family, SOCK_DGRAM, 0);

	printf("-- %s, %s\n", address, all ? "all options" : "only errors");
	if (to.any.sa_family == AF_INET6) {
		set(s, IPPROTO_IPV6, IPV6_RECVERR, 1);
		for (int i = 0; all && i < 5; i++)
			set(s, IPPROTO_IPV6,
				(int[]){ IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS, 2,
					8 }[i],
				1);
	} else {
		set(s, IPPROTO_IP, IP_RECVERR, 1);
		for (int i = 0; all && i < 3; i++)
			set(s, IPPROTO_IP, (int[]){ IP_PKTINFO, IP_RECVTTL, IP_RECVTOS }[i], 1);
		set(s, IPPROTO_IP, IP_TOS, 0x28);
	}
	net_result("send", sendto(s, "hello", 5, 0, &to.any, net_len(&to)));
	show("error", s);
	show("no more", s);
	close(s);
}

static void too_large(const char *address, int discover, bool connected, bool asks)
{
	static char data[3000];
	union net_addr to = net_addr(address, 7998);
	bool six = to.any.sa_family == AF_INET6;
	int s = socket(to.any.sa_family, SOCK_DGRAM, 0), level = six ? IPPROTO_IPV6 : IPPROTO_IP;

	printf("-- to %s, discover %d, %s, %s\n", address, discover,
		connected ? "connected" : "not connected", asks ? "asks" : "does not ask");
	set(s, level, six ? IPV6_RECVERR : IP_RECVERR, asks);
	set(s, level, six ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, discover);
	if (connected)
		net_result("connect", connect(s, &to.any, net_len(&to)));
	net_result("send",
		connected ? send(s, data, 2000, 0)
			  : sendto(s, data, 2000, 0, &to.any, net_len(&to)));
	show("error", s);
	net_result("send again",
		connected ? send(s, data, 100, 0) : sendto(s, data, 100, 0, &to.any, net_len(&to)));
	close(s);
}

int main(void)
{
	int fd;

	net_start();
	for (int all = 0; all < 2; all++) {
		closed_port("127.0.0.1", all);
		closed_port("::1", all);
		closed_port("::ffff:127.0.0.1", all);
	}
	fd = tap_open(NAME, IFF_TUN);
	tap_up(NAME, "198.51.100.1");
	for (int discover = 2; discover <= 3; discover++) {
		too_large("198.51.100.2", discover, false, true);
		too_large("198.51.100.2", discover, true, true);
	}
	too_large("198.51.100.2", 2, false, false);
	too_large("198.51.100.2", 0, false, true);
	close(fd);
	return 0;
}
