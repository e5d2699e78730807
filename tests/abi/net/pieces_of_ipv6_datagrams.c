// SPDX-License-Identifier: MPL-2.0
// IPV6_MTU: datagrams that are cut are cut into pieces of that size. What is refused, and what the
// other options make of it.
#include <linux/ipv6.h>

#include "../lib/tap.h"

#ifndef IPV6_DONTFRAG
#define IPV6_DONTFRAG 62
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

static char data[4000];
static int tun;

static bool is_udp(const struct tap_packet *p)
{
	return p->b[0] >> 4 == 6 &&
		(p->b[6] == IPPROTO_UDP || (p->b[6] == 44 && p->b[40] == IPPROTO_UDP));
}

/* Sends @n bytes and shows each packet of them: its length, and where in the datagram it lies. */
static void sends(int s, int n, int packets)
{
	static struct tap_packet p;
	union net_addr to = net_addr("2001:db8::2", 7400);
	int at, more;
	long sent = sendto(s, data, n, 0, &to.any, net_len(&to));

	printf("%d:", n);
	if (sent < 0)
		printf(" %s", t_errname(errno));
	for (; sent >= 0 && packets > 0; packets -= !more) {
		at = more = 0;
		if (!tap_read(tun, &p, is_udp)) {
			printf(" nothing");
			break;
		}
		if (p.b[6] == 44) {
			at = (p.b[42] << 8 | p.b[43]) & ~7;
			more = p.b[43] & 1;
		}
		printf(" %d@%d%s", p.n, at, more ? "+" : "");
	}
	printf("\n");
}

static void sizes(const char *what, int s)
{
	static const int n[] = { 1200, 1233, 1300, 1452, 1453, 2500, 4000 };

	printf("-- %s\n", what);
	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++)
		sends(s, n[i], 1);
}

static void set(int s, int name, int v)
{
	int err = setsockopt(s, IPPROTO_IPV6, name, &v, sizeof(v));

	printf("option %d = %d: %s\n", name, v, err ? t_errname(errno) : "0");
}

int main(void)
{
	struct in6_ifreq r = { .ifr6_prefixlen = 64 };
	int s, v = 0, gso = 1232;
	socklen_t len = sizeof(v);

	net_start();
	tun = tap_open("t0", IFF_TUN);
	tap_flags("t0", IFF_UP | IFF_RUNNING);
	CHECK(inet_pton(AF_INET6, "2001:db8::1", &r.ifr6_addr) == 1);
	r.ifr6_ifindex = tap_index("t0");
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	CHECK(ioctl(s, SIOCSIFADDR, &r) == 0);
	sizes("without", s);
	set(s, IPV6_MTU, 1279);
	set(s, IPV6_MTU, -1);
	set(s, IPV6_MTU, 1280);
	printf("get %s\n",
		getsockopt(s, IPPROTO_IPV6, IPV6_MTU, &v, &len) ? t_errname(errno) : "0");
	sizes("1280", s);
	set(s, IPV6_DONTFRAG, 1);
	sizes("1280, not to be cut", s);
	set(s, IPV6_DONTFRAG, 0);
	set(s, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO);
	sizes("1280, discovers", s);
	set(s, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_WANT);
	T(setsockopt(s, IPPROTO_UDP, UDP_SEGMENT, &gso, sizeof(gso)));
	sends(s, 2000, 2);
	gso = 1233;
	T(setsockopt(s, IPPROTO_UDP, UDP_SEGMENT, &gso, sizeof(gso)));
	sends(s, 2000, 2);
	gso = 0;
	T(setsockopt(s, IPPROTO_UDP, UDP_SEGMENT, &gso, sizeof(gso)));
	set(s, IPV6_MTU, 9000);
	sizes("9000", s);
	set(s, IPV6_MTU, 0);
	sizes("none again", s);
	s = socket(AF_INET6, SOCK_STREAM, 0);
	set(s, IPV6_MTU, 1280);
	return 0;
}
