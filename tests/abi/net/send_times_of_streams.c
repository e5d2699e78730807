// SPDX-License-Identifier: MPL-2.0
// SO_TIMESTAMPING on TCP: times of sending, of acknowledgements, and of what was received.
#include "../lib/stamps.h"
#include <netinet/tcp.h>

static int connected(int *other, const char *text)
{
	union net_addr a = net_addr(text, 0);
	socklen_t n = sizeof(a);
	int l = socket(a.any.sa_family, SOCK_STREAM, 0), s;

	CHECK(bind(l, &a.any, net_len(&a)) == 0 && listen(l, 1) == 0);
	CHECK(getsockname(l, &a.any, &n) == 0);
	s = socket(a.any.sa_family, SOCK_STREAM, 0);
	net_result("a number before there is a connection", stamps_on(s, TX_SOFT | OPT_ID));
	CHECK(connect(s, &a.any, net_len(&a)) == 0);
	*other = accept(l, NULL, NULL);
	CHECK(*other >= 0);
	close(l);
	return s;
}

static void read_all(int s, size_t n)
{
	char buf[4096];

	while (n) {
		ssize_t k = read(s, buf, n < sizeof(buf) ? n : sizeof(buf));
		CHECK(k > 0);
		n -= k;
	}
}

static void sent(const char *text)
{
	static char big[3000];
	int other, s = connected(&other, text), on = 1;

	printf("-- %s\n", text);
	CHECK(setsockopt(s, 6, TCP_NODELAY, &on, sizeof(on)) == 0);
	net_result("number of TCP alone", stamps_on(s, ID_TCP));
	CHECK(stamps_on(s, TX_SOFT | TX_SCHED | TX_ACK | SOFT | OPT_ID) == 0);
	for (int i = 0; i < 2; i++) {
		CHECK(write(s, "hello", 5) == 5);
		read_all(other, 5);
		stamps_get("scheduled", s, true, 4096);
		stamps_get("sent", s, true, 4096);
		stamps_get("acknowledged", s, true, 4096);
	}
	stamps_get("no more", s, false, 4096);
	CHECK(stamps_on(s, TX_SOFT | TX_ACK | SOFT | OPT_ID | TSONLY) == 0);
	CHECK(write(s, big, sizeof(big)) == sizeof(big));
	read_all(other, sizeof(big));
	stamps_get("sent", s, true, 4096);
	stamps_get("acknowledged", s, true, 4096);
	CHECK(stamps_on(s, SOFT) == 0);
	CHECK(write(s, "x", 1) == 1);
	read_all(other, 1);
	stamps_get("off", s, false, 4096);
	CHECK(stamps_on(s, TX_ACK | SOFT | OPT_ID | ID_TCP | TSONLY) == 0);
	CHECK(write(s, "abcdef", 6) == 6);
	read_all(other, 6);
	stamps_get("counted from what was written", s, true, 4096);
	CHECK(stamps_on(s, SOFT | OPT_ID | TSONLY) == 0);
	{
		char control[CMSG_SPACE(4)] = { 0 };
		struct iovec iov = { "xyz", 3 };
		struct msghdr m = { .msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control) };
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		uint32_t flags = TX_ACK;

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = TSING;
		c->cmsg_len = CMSG_LEN(4);
		memcpy(CMSG_DATA(c), &flags, sizeof(flags));
		CHECK(sendmsg(s, &m, 0) == 3);
		read_all(other, 3);
		stamps_get("by a message", s, true, 4096);
		flags = TX_ACK | SOFT;
		memcpy(CMSG_DATA(c), &flags, sizeof(flags));
		net_result("a flag that is no packet's", sendmsg(s, &m, 0));
	}
	close(s);
	close(other);
}

/* The control messages of a read. */
static void get(const char *what, int s, size_t n, int flags)
{
	char control[512] = { 0 }, buf[64];
	struct iovec iov = { buf, n };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t k = recvmsg(s, &m, flags);

	printf("%s: %zd\n", what, k);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		stamps_show_cmsg(c);
}

static void received(void)
{
	int other, s = connected(&other, "127.0.0.1"), on = 1, off = 0;

	CHECK(setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0);
	UNTIL(net_has_time(other, s));
	CHECK(write(other, "abcd", 4) == 4);
	get("peek", s, 2, MSG_PEEK);
	get("half", s, 2, 0);
	get("rest", s, 2, 0);
	CHECK(setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &off, sizeof(off)) == 0);
	CHECK(setsockopt(s, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)) == 0);
	CHECK(stamps_on(s, RX_SOFT | SOFT) == 0);
	CHECK(setsockopt(s, 0, IP_PKTINFO, &on, sizeof(on)) == 0);
	CHECK(write(other, "ab", 2) == 2);
	get("both", s, 2, 0);
	CHECK(setsockopt(s, SOL_SOCKET, SO_TIMESTAMP, &off, sizeof(off)) == 0);
	CHECK(stamps_on(s, RX_SOFT) == 0);
	CHECK(write(other, "ab", 2) == 2);
	get("taken, not told", s, 2, 0);
	CHECK(shutdown(other, SHUT_WR) == 0);
	get("end", s, 2, 0);
	close(s);
	close(other);
}

int main(void)
{
	net_start();
	sent("127.0.0.1");
	sent("::1");
	received();
	return 0;
}
