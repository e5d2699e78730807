// SPDX-License-Identifier: MPL-2.0
// SO_PEEK_OFF: streams and datagrams of AF_UNIX, UDP and TCP.
#include "../lib/net.h"

static void set(int s, int v)
{
	int off = 77;
	socklen_t n = sizeof(off);

	net_result("set", setsockopt(s, SOL_SOCKET, SO_PEEK_OFF, &v, sizeof(v)));
	net_result("get", getsockopt(s, SOL_SOCKET, SO_PEEK_OFF, &off, &n));
	printf("  %d\n", off);
}

static void get(int s, int n, int flags)
{
	char buf[64];
	struct iovec iov = { buf, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int off = 77;
	socklen_t len = sizeof(off);
	ssize_t r = recvmsg(s, &m, flags | MSG_DONTWAIT);

	printf("%s%s %d: ", flags & MSG_PEEK ? "peek" : "read", flags & MSG_TRUNC ? " TRUNC" : "",
		n);
	if (r < 0)
		printf("%s", t_errname(errno));
	else
		printf("%zd \"%.*s\" flags %#x", r, (int)(r < n ? r : n), buf, m.msg_flags);
	getsockopt(s, SOL_SOCKET, SO_PEEK_OFF, &off, &len);
	printf(", offset %d\n", off);
}

static void stream(int a, int b)
{
	set(b, 3);
	CHECK(write(a, "0123456789", 10) == 10);
	CHECK(UNTIL(recv(b, (char[16]){ 0 }, 16, MSG_PEEK | MSG_DONTWAIT) == 7));
	set(b, 2);
	get(b, 3, MSG_PEEK);
	get(b, 3, MSG_PEEK);
	get(b, 10, MSG_PEEK);
	get(b, 10, MSG_PEEK);
	get(b, 4, 0);
	get(b, 10, MSG_PEEK);
	set(b, 0);
	get(b, 2, MSG_PEEK);
	get(b, 3, 0);
	get(b, 10, MSG_PEEK);
	set(b, -1);
	get(b, 10, MSG_PEEK);
	get(b, 10, MSG_PEEK);
	get(b, 10, 0);
	set(b, 5);
	get(b, 10, MSG_PEEK);
	set(b, -7);
	close(a);
	close(b);
}

static void datagrams(int a, int b)
{
	set(b, 0);
	CHECK(write(a, "0123", 4) == 4);
	CHECK(send(a, "", 0, 0) == 0);
	CHECK(write(a, "456789", 6) == 6);
	get(b, 2, MSG_PEEK);
	get(b, 10, MSG_PEEK);
	get(b, 10, MSG_PEEK);
	get(b, 10, MSG_PEEK);
	get(b, 10, MSG_PEEK);
	get(b, 10, 0);
	get(b, 10, MSG_PEEK);
	get(b, 10, MSG_PEEK);
	set(b, 0);
	get(b, 10, MSG_PEEK);
	get(b, 2, MSG_PEEK | MSG_TRUNC);
	get(b, 10, MSG_PEEK);
	get(b, 10, 0);
	set(b, 1);
	get(b, 2, MSG_PEEK);
	get(b, 2, 0);
	get(b, 2, 0);
	close(a);
	close(b);
}

static void refused(const char *what, int s)
{
	printf("-- %s\n", what);
	CHECK(s >= 0);
	set(s, 0);
	close(s);
}

int main(void)
{
	union net_addr at = net_addr("127.0.0.1", 0);
	socklen_t n = sizeof(at);
	int s[2], l;

	net_start();
	printf("-- AF_UNIX stream\n");
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	stream(s[0], s[1]);
	printf("-- AF_UNIX datagrams\n");
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
	datagrams(s[0], s[1]);
	printf("-- AF_UNIX packets\n");
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s) == 0);
	datagrams(s[0], s[1]);
	printf("-- TCP\n");
	l = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(bind(l, &at.any, net_len(&at)) == 0 && listen(l, 8) == 0);
	CHECK(getsockname(l, &at.any, &n) == 0);
	s[0] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(s[0], &at.any, net_len(&at)) == 0);
	CHECK((s[1] = accept(l, NULL, NULL)) >= 0);
	stream(s[0], s[1]);
	printf("-- UDP\n");
	at = net_addr("127.0.0.1", 0);
	s[1] = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(bind(s[1], &at.any, net_len(&at)) == 0);
	CHECK(getsockname(s[1], &at.any, &n) == 0);
	s[0] = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(connect(s[0], &at.any, net_len(&at)) == 0);
	datagrams(s[0], s[1]);
	refused("raw", socket(AF_INET, SOCK_RAW, 255));
	refused("packet", socket(AF_PACKET, SOCK_RAW, 0));
	refused("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
	return 0;
}
