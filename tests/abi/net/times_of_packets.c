// SPDX-License-Identifier: MPL-2.0
// SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMPING on reception: UDP, raw, packet sockets, errors.
#include "../lib/net.h"

#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>

#define TS       29
#define TSNS     35
#define TSING    37
#define TS_NEW   63
#define TSNS_NEW 64
#define TSI_NEW  65

static void show(int s)
{
	static const int names[] = { TS, TSNS, TSING, TS_NEW, TSNS_NEW, TSI_NEW };

	for (size_t i = 0; i < T_LEN(names); i++) {
		int v[2] = { -1, -1 };
		socklen_t n = sizeof(v);
		int r = getsockopt(s, SOL_SOCKET, names[i], v, &n);
		printf(" %d:%s", names[i], r ? t_errname(errno) : "");
		if (!r)
			printf("%d/%u", v[0], n);
	}
	printf("\n");
}

static void set(int s, int name, int v)
{
	printf("set %d to %d: %s", name, v,
		setsockopt(s, SOL_SOCKET, name, &v, sizeof(v)) ? t_errname(errno) : "0");
	show(s);
}

static bool recent(long sec, long ns)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return sec <= now.tv_sec && sec > now.tv_sec - 60 && ns >= 0 && ns < 1000000000;
}

static void get(const char *what, int s, int flags)
{
	char control[512] = { 0 }, buf[2048];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	struct pollfd p = { s, POLLIN, 0 };
	ssize_t n;

	poll(&p, 1, 5000);
	n = recvmsg(s, &m, flags | MSG_DONTWAIT);
	printf("%s:%s", what, n < 0 ? " -1" : "");
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		long *v = (long *)CMSG_DATA(c);
		printf(" [%d %d len %zu", c->cmsg_level, c->cmsg_type, c->cmsg_len);
		if (c->cmsg_level == SOL_SOCKET)
			printf(" %s",
				recent(v[0],
					c->cmsg_type == TS || c->cmsg_type == TS_NEW ? v[1] * 1000
										     : v[1])
					? "recent"
					: "wrong");
		printf("]");
	}
	printf("\n");
}

/* From here on packets bear times, also for those who have asked only now: these sockets stay. */
static void stamps_begin(void)
{
	int flags = 8 | 16, to = net_bound("127.0.0.1", 0), from = socket(AF_INET, SOCK_DGRAM, 0);
	union net_addr at = net_addr("127.0.0.1", net_port(to));

	CHECK(connect(from, &at.any, net_len(&at)) == 0);
	CHECK(setsockopt(to, SOL_SOCKET, TSING, &flags, sizeof(flags)) == 0);
	CHECK(UNTIL(net_has_time(from, to)));
}

int main(void)
{
	static const int names[] = { TS, TSNS, TS_NEW, TSNS_NEW };
	union net_addr at = net_addr("127.0.0.1", 0), gone = net_addr("127.0.0.1", 9);
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	socklen_t n = sizeof(at);
	int a, b, on = 1, s;

	net_start();
	stamps_begin();
	a = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(bind(a, &at.any, net_len(&at)) == 0 && getsockname(a, &at.any, &n) == 0);
	b = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(connect(b, &at.any, net_len(&at)) == 0);
	for (size_t i = 0; i < T_LEN(names); i++) {
		set(a, names[i], 1);
		write(b, "x", 1);
		get("datagram", a, 0);
		set(a, names[i], 0);
		write(b, "x", 1);
		get("off", a, 0);
	}
	set(a, TS, 1);
	set(a, TSNS, 1);
	set(a, TS_NEW, 1);
	set(a, TSNS, 0);
	set(a, TSING, 1 << 30);
	set(a, TSING, 8 | 16);
	write(b, "x", 1);
	get("software", a, 0);
	CHECK(setsockopt(a, 0, IP_PKTINFO, &on, sizeof(on)) == 0);
	set(a, TS, 1);
	write(b, "x", 1);
	get("both", a, 0);
	set(a, TSI_NEW, 8 | 16);
	set(a, TS, 0);
	write(b, "x", 1);
	get("new name", a, 0);
	set(a, TSING, 8);
	write(b, "x", 1);
	get("taken, not told", a, 0);
	set(a, TSING, 4 | 64);
	write(b, "x", 1);
	get("hardware", a, 0);
	set(a, TSING, 0);
	// An error.
	s = socket(AF_INET, SOCK_DGRAM, 0);
	set(s, TS, 1);
	CHECK(setsockopt(s, 0, IP_RECVERR, &on, sizeof(on)) == 0);
	sendto(s, "x", 1, 0, &gone.any, net_len(&gone));
	get("error", s, MSG_ERRQUEUE);
	close(s);
	// Raw and packet sockets.
	s = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	set(s, TSNS, 1);
	write(b, "x", 1);
	get("raw", s, 0);
	close(s);
	s = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	ll.sll_ifindex = if_nametoindex("lo");
	CHECK(bind(s, (void *)&ll, sizeof(ll)) == 0);
	set(s, TS, 1);
	CHECK(setsockopt(s, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) == 0);
	write(b, "x", 1);
	get("packet", s, 0);
	set(s, TSING, 8 | 16);
	write(b, "x", 1);
	get("packet", s, 0);
	close(s);
	s = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	set(s, TS, 1);
	close(s);
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	set(s, TS, 1);
	close(s);
	return 0;
}
