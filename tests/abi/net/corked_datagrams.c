// SPDX-License-Identifier: MPL-2.0
// Datagrams that are gathered (MSG_MORE) when their way changes: another route, a link that is
// down, a link that has gone, and another one that has come in its place; and what they count
// meanwhile.
#include "../lib/t.h"

#include "../lib/tap.h"
#include <net/route.h>

#define HERE  "10.77.1.1"
#define OTHER "10.77.2.1"
#define PEER  "10.77.1.2"

static int gather(const char *to)
{
	union net_addr a = net_addr(to, 7000);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(connect(s, &a.any, sizeof(a.in)) == 0);
	CHECK(send(s, "gathered ", 9, MSG_MORE) == 9);
	return s;
}

/* What comes out of a tun device, up to a datagram that is sent by it afterwards. */
static void show_until_mark(int fd, const char *to)
{
	union net_addr a = net_addr(to, 7001);
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct tap_packet p;

	CHECK(sendto(s, "mark", 4, 0, &a.any, sizeof(a.in)) == 4);
	while (tap_read(fd, &p, tap_is_udp4)) {
		printf("  datagram from .%d.%d of %d bytes\n", p.b[14], p.b[15], p.n - 28);
		if (p.n == 32)
			break;
	}
	close(s);
}

static void add_host_route(const char *to, const char *dev, unsigned cmd)
{
	struct rtentry r = { 0 };
	union net_addr a = net_addr(to, 0), mask = net_addr("255.255.255.255", 0);

	memcpy(&r.rt_dst, &a.in, sizeof(a.in));
	memcpy(&r.rt_genmask, &mask.in, sizeof(a.in));
	r.rt_flags = RTF_UP | RTF_HOST;
	r.rt_dev = (char *)dev;
	CHECK(ioctl(tap_sock(), cmd, &r) == 0);
}

static void another_route(void)
{
	int a, b, s;

	printf("another route\n");
	a = tap_open("t0", IFF_TUN);
	b = tap_open("t1", IFF_TUN);
	tap_up("t0", HERE);
	tap_up("t1", OTHER);
	s = gather(PEER);
	add_host_route(PEER, "t1", SIOCADDRT);
	T(send(s, "sent", 4, 0));
	printf(" first device\n");
	show_until_mark(a, "10.77.1.3");
	printf(" second device\n");
	show_until_mark(b, "10.77.2.3");
	close(s);
	close(a);
	close(b);
}

static void down(void)
{
	struct ifreq r = { .ifr_name = "t0" };
	int a, s;

	printf("a link that is down\n");
	a = tap_open("t0", IFF_TUN);
	tap_up("t0", HERE);
	s = gather(PEER);
	CHECK(ioctl(tap_sock(), SIOCGIFFLAGS, &r) == 0);
	r.ifr_flags &= ~IFF_UP;
	CHECK(ioctl(tap_sock(), SIOCSIFFLAGS, &r) == 0);
	T(send(s, "sent", 4, 0));
	close(s);
	close(a);
}

/* The datagram is the gone link's: it leaves by no other. */
static void another_link(void)
{
	int a, b, s;

	printf("another link\n");
	a = tap_open("t0", IFF_TUN);
	tap_up("t0", HERE);
	s = gather(PEER);
	close(a);
	b = tap_open("t0", IFF_TUN);
	tap_up("t0", OTHER);
	T(send(s, "sent", 4, 0));
	show_until_mark(b, "10.77.2.3");
	T(send(s, "again", 5, 0));
	close(s);
	close(b);
}

static void gone(void)
{
	int a, s, one = 1, zero = 0;

	printf("a link that has gone\n");
	a = tap_open("t0", IFF_TUN);
	tap_up("t0", HERE);
	s = gather(PEER);
	CHECK(setsockopt(s, IPPROTO_UDP, UDP_CORK, &one, sizeof(one)) == 0);
	close(a);
	T(setsockopt(s, IPPROTO_UDP, UDP_CORK, &zero, sizeof(zero)));
	T(send(s, "again", 5, 0));
	close(s);
}

/* SIOCOUTQ: nothing, something, nothing. */
static void counted(void)
{
	int a, s, n, small = 1;

	printf("counted\n");
	a = tap_open("t0", IFF_TUN);
	tap_up("t0", HERE);
	s = gather(PEER);
	CHECK(ioctl(s, TIOCOUTQ, &n) == 0);
	SHOW(n > 0);
	CHECK(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
	T(send(s, "x", 1, MSG_MORE | MSG_DONTWAIT));
	T(send(s, "y", 1, MSG_DONTWAIT));
	CHECK(ioctl(s, TIOCOUTQ, &n) == 0);
	SHOW(n);
	close(s);
	close(a);
}

int main(void)
{
	net_start();
	another_route();
	down();
	another_link();
	gone();
	counted();
	return 0;
}
