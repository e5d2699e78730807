// SPDX-License-Identifier: MPL-2.0
// SO_TIMESTAMPING tells when datagrams were sent: flags, control messages, IPv6, raw, ping, corks.
#include "../lib/stamps.h"
#include <netinet/ip_icmp.h>

static int pair_to(const char *text, int *to)
{
	union net_addr a;
	socklen_t n = sizeof(a);
	int s;

	*to = net_bound(text, 0);
	CHECK(getsockname(*to, &a.any, &n) == 0);
	s = socket(a.any.sa_family, SOCK_DGRAM, 0);
	CHECK(connect(s, &a.any, net_len(&a)) == 0);
	return s;
}

static void try_flags(int s, int flags)
{
	int v[2] = { -1, -1 };
	socklen_t n = sizeof(v);

	printf("flags %#x: %s", flags, stamps_on(s, flags) ? t_errname(errno) : "0");
	CHECK(getsockopt(s, SOL_SOCKET, TSING, v, &n) == 0);
	printf(", are %#x\n", v[0]);
}

/* A send with the flags for this packet alone. */
static void send_with(int s, uint32_t flags, int type, size_t len)
{
	char control[CMSG_SPACE(8)] = { 0 };
	struct iovec iov = { "abc", 3 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(len) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), &flags, sizeof(flags));
	printf("send with %d, %#x:", type, flags);
	net_result("", sendmsg(s, &m, 0));
}

static void udp(const char *text)
{
	int to, on = 1, s = pair_to(text, &to), error = -1;
	socklen_t n = sizeof(error);
	char buf[64];

	printf("-- %s\n", text);
	stamps_get("nothing asked", s, false, 4096);
	CHECK(stamps_on(s, TX_SOFT) == 0);
	write(s, "x", 1);
	stamps_get("not reported", s, true, 4096);
	CHECK(stamps_on(s, TX_SOFT | TX_SCHED | SOFT | OPT_ID) == 0);
	for (int i = 0; i < 2; i++) {
		write(s, "hello", 5);
		stamps_get("scheduled", s, true, 4096);
		stamps_get("sent", s, true, 4096);
	}
	stamps_get("no more", s, false, 4096);
	CHECK(getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && !error);
	CHECK(stamps_on(s, TX_SOFT | SOFT | OPT_ID | TSONLY) == 0);
	write(s, "hello", 5);
	stamps_get("only the time", s, true, 4096);
	CHECK(setsockopt(s, 0, IP_PKTINFO, &on, sizeof(on)) == 0);
	if (strchr(text, ':'))
		CHECK(setsockopt(s, 41, IPV6_RECVPKTINFO, &on, sizeof(on)) == 0);
	CHECK(stamps_on(s, TX_SOFT | SOFT | OPT_CMSG) == 0);
	write(s, "hello", 5);
	stamps_get("with its address", s, true, 4096);
	CHECK(stamps_on(s, TX_SOFT | SOFT | OPT_CMSG | TSONLY) == 0);
	write(s, "hello", 5);
	stamps_get("no address", s, true, 4096);
	CHECK(stamps_on(s, TX_SOFT | SOFT | OPT_ID) == 0);
	write(s, "hello", 5);
	stamps_get("counted anew, cut", s, true, 7);
	CHECK(stamps_on(s, SOFT | OPT_ID) == 0);
	write(s, "hello", 5);
	stamps_get("off", s, false, 4096);
	send_with(s, TX_SOFT, TSING, 4);
	stamps_get("by a message", s, true, 4096);
	send_with(s, TX_SOFT, TSI_NEW, 4);
	stamps_get("by a message", s, true, 4096);
	send_with(s, TX_SOFT | SOFT, TSING, 4);
	send_with(s, TX_SOFT, TSING, 8);
	CHECK(stamps_on(s, TX_SOFT | SOFT | OPT_ID) == 0);
	send_with(s, 0, TSING, 4);
	stamps_get("none by a message", s, false, 4096);
	// A datagram of several parts is one.
	CHECK(send(s, "ab", 2, MSG_MORE) == 2);
	stamps_get("corked", s, false, 4096);
	CHECK(send(s, "cd", 2, 0) == 2);
	stamps_get("of two parts", s, true, 4096);
	write(s, "x", 1);
	stamps_get("next", s, true, 4096);
	on = 1;
	CHECK(setsockopt(s, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)) == 0);
	write(s, "x", 1);
	stamps_get("both times", s, true, 4096);
	while (recv(to, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		;
	close(s);
	close(to);
}

/* More than the receive buffer holds is not kept. */
static void bound(void)
{
	int to, s = pair_to("127.0.0.1", &to), small = 2304;
	struct pollfd p = { s, POLLIN | POLLOUT, 0 };
	bool few = true;
	int n = 0;
	char c[512];

	CHECK(setsockopt(s, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
	CHECK(stamps_on(s, TX_SOFT | SOFT | OPT_ID) == 0);
	for (int i = 0; i < 200; i++)
		write(s, "hello", 5);
	CHECK(poll(&p, 1, 20000) == 1);
	printf("revents %#x\n", p.revents);
	while (recv(s, c, sizeof(c), MSG_ERRQUEUE) >= 0)
		n++;
	few = n >= 1 && n < 50;
	IS(few);
	close(s);
	close(to);
}

static void others(void)
{
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.sequence = htons(1) };
	union net_addr lo = net_addr("127.0.0.1", 0);
	int s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	CHECK(connect(s, &lo.any, net_len(&lo)) == 0);
	CHECK(stamps_on(s, TX_SOFT | TX_SCHED | SOFT | OPT_ID) == 0);
	CHECK(write(s, &echo, sizeof(echo)) == sizeof(echo));
	stamps_get("raw, scheduled", s, true, 4096);
	stamps_get("raw, sent", s, true, 4096);
	close(s);
	t_file("/proc/sys/net/ipv4/ping_group_range", "0 100", 0644);
	s = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	CHECK(s >= 0);
	CHECK(connect(s, &lo.any, net_len(&lo)) == 0);
	CHECK(stamps_on(s, TX_SOFT | SOFT | OPT_ID) == 0);
	CHECK(write(s, &echo, sizeof(echo)) == sizeof(echo));
	stamps_get("ping", s, true, 4096);
	close(s);
	s = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	CHECK(stamps_on(s, TX_SOFT | SOFT | OPT_ID) == 0);
	struct {
		struct iphdr ip;
		char data[4];
	} p = { .ip = { .version = 4,
			.ihl = 5,
			.ttl = 9,
			.protocol = 253,
			.daddr = htonl(0x7f000001) } };
	CHECK(sendto(s, &p, sizeof(p), 0, &lo.any, net_len(&lo)) == sizeof(p));
	stamps_get("own header", s, true, 4096);
	close(s);
}

int main(void)
{
	static const int flags[] = { 1, 2, 3, 256, 512, 128, 1024, 2048, 4096, 4096 | 2048, 8192,
		16384, 32768, 65536, 65536 | 128, 1 << 17, 1 << 28, 0 };
	int s;

	net_start();
	s = socket(AF_INET, SOCK_DGRAM, 0);
	for (size_t i = 0; i < T_LEN(flags); i++)
		try_flags(s, flags[i]);
	close(s);
	udp("127.0.0.1");
	udp("::1");
	bound();
	others();
	return 0;
}
