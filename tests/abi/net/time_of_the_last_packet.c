// SPDX-License-Identifier: MPL-2.0
// SIOCGSTAMP and SIOCGSTAMPNS: the time of the packet that was received last.
#include "../lib/net.h"
#include <linux/if_packet.h>
#include <net/ethernet.h>

#define STAMP_OLD   0x8906
#define STAMPNS_OLD 0x8907
#define STAMP_NEW   _IOR(0x89, 0x06, long long[2])
#define STAMPNS_NEW _IOR(0x89, 0x07, long long[2])

static void ask(const char *what, int s)
{
	static const unsigned long names[] = { STAMP_OLD, STAMPNS_OLD, STAMP_NEW, STAMPNS_NEW };
	struct timespec now;

	printf("%s:", what);
	for (size_t i = 0; i < T_LEN(names); i++) {
		long v[2] = { -1, -1 };
		clock_gettime(CLOCK_REALTIME, &now);
		if (ioctl(s, names[i], v))
			printf(" %s", t_errname(errno));
		else
			printf(" %s",
				v[0] > now.tv_sec - 60 && v[0] <= now.tv_sec + 1 && v[1] >= 0 &&
						v[1] < (i % 2 ? 1000000000 : 1000000)
					? "recent"
					: "wrong");
	}
	printf("\n");
}

static long last(int s)
{
	long v[2] = { 0 };

	CHECK(ioctl(s, STAMPNS_OLD, v) == 0);
	return v[0] * 1000000000 + v[1];
}

/* A datagram of one byte, which @to receives: it has headers if the socket is raw. */
static void pass(int from, int to)
{
	char c[256];

	write(from, "x", 1);
	CHECK(recv(to, c, sizeof(c), 0) > 0);
}

/* A new socket, before anything has come and after it. */
static void ask_new(const char *what, int s, int from)
{
	ask(what, s);
	if (from >= 0) {
		pass(from, s);
		ask(what, s);
	}
	close(s);
}

/*
 * Whether packets bear the time of their arrival. Linux begins with it some time after the first
 * question; until then a packet has the time at which it is read.
 */
static bool stamped(int a, int b)
{
	long first;
	char c;

	write(b, "x", 1);
	CHECK(recv(a, &c, 1, MSG_PEEK) == 1);
	first = last(a);
	CHECK(recv(a, &c, 1, 0) == 1);
	return last(a) == first;
}

int main(void)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	union net_addr at;
	socklen_t n = sizeof(at);
	int a, b, s, on = 1, p[2];
	long first;
	char c;

	net_start();
	a = net_bound("127.0.0.1", 0);
	CHECK(getsockname(a, &at.any, &n) == 0);
	b = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(connect(b, &at.any, net_len(&at)) == 0);
	ask("nothing received", a);
	pass(b, a);
	ask("received", a);
	first = last(a);
	IS(last(a) == first);
	for (int i = 0; i < 500 && !stamped(a, b); i++)
		usleep(10000);
	first = last(a);
	write(b, "x", 1);
	CHECK(recv(a, &c, 1, MSG_PEEK) == 1);
	IS(last(a) > first);
	first = last(a);
	CHECK(recv(a, &c, 1, 0) == 1);
	IS(last(a) == first);
	CHECK(setsockopt(a, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)) == 0);
	pass(b, a);
	IS(last(a) == first);
	T(ioctl(a, STAMP_OLD, NULL));
	ask("nothing received", b);
	ask_new("raw", socket(AF_INET, SOCK_RAW, IPPROTO_UDP), b);
	s = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	ll.sll_ifindex = if_nametoindex("lo");
	CHECK(bind(s, (void *)&ll, sizeof(ll)) == 0);
	ask_new("packet", s, b);
	ask_new("stream", socket(AF_INET, SOCK_STREAM, 0), -1);
	ask_new("of IPv6", socket(AF_INET6, SOCK_DGRAM, 0), -1);
	ask_new("of a path", socket(AF_UNIX, SOCK_DGRAM, 0), -1);
	ask_new("netlink", socket(AF_NETLINK, SOCK_RAW, 0), -1);
	CHECK(pipe(p) == 0);
	ask("pipe", p[0]);
	return 0;
}
