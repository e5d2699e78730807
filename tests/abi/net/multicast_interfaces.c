// SPDX-License-Identifier: MPL-2.0
// IP_MULTICAST_IF and IPV6_MULTICAST_IF: by which device datagrams to groups leave, and which
// devices a socket of which kind may choose.
#include "../lib/tap.h"

static int sock(int family, int type)
{
	int s = socket(family, type, 0);

	CHECK(s >= 0);
	return s;
}

static void set6(const char *what, int s, int index)
{
	int now = -1;
	socklen_t n = sizeof(now);

	net_result(what, setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof(index)));
	CHECK(getsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, &now, &n) == 0);
	printf("  it is %s\n", !now ? "none" : now == index ? "this" : "another");
}

static void set4(const char *what, int s, int index, const char *address)
{
	struct ip_mreqn m = { .imr_ifindex = index };

	if (address)
		inet_pton(AF_INET, address, &m.imr_address);
	net_result(what, setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof(m)));
}

int main(void)
{
	int tun, t0, lo = 1, d, s;

	net_start();
	tun = tap_open("t0", IFF_TUN);
	tap_up("t0", "10.9.0.1");
	t0 = tap_index("t0");

	d = sock(AF_INET6, SOCK_DGRAM);
	set6("a device", d, t0);
	set6("one that does not exist", d, 12345);
	set6("a negative one", d, -1);
	set6("none", d, 0);
	T(setsockopt(d, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	set6("bound to another", d, t0);
	set6("bound to it", d, lo);
	set6("bound, none", d, 0);
	close(d);
	s = sock(AF_INET6, SOCK_STREAM);
	set6("of a stream", s, t0);
	close(s);

	d = sock(AF_INET, SOCK_DGRAM);
	set4("a device", d, t0, NULL);
	set4("one that does not exist", d, 12345, NULL);
	set4("by its address", d, 0, "10.9.0.1");
	set4("by an address of nobody", d, 0, "10.99.0.1");
	set4("none", d, 0, NULL);
	T(setsockopt(d, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	set4("bound to another", d, t0, NULL);
	set4("bound to another by its address", d, 0, "10.9.0.1");
	set4("bound to it", d, lo, NULL);
	set4("bound, none", d, 0, NULL);
	close(d);
	s = sock(AF_INET, SOCK_STREAM);
	set4("of a stream", s, t0, NULL);
	set4("of a stream, none", s, 0, NULL);
	close(s);
	close(tun);
	return 0;
}
