// SPDX-License-Identifier: MPL-2.0
// What connect to AF_UNSPEC takes from a socket without connections: its peer, the address and the
// device that connect had chosen; whether it hears afterwards.
#include "../lib/tap.h"
#include <net/if.h>

#define PROTOCOL 200

static void device(int s)
{
	int index = -1;
	socklen_t n = sizeof(index);

	CHECK(getsockopt(s, SOL_SOCKET, SO_BINDTOIFINDEX, &index, &n) == 0);
	printf("  device %s\n", index ? "lo" : "none");
}

/* Whether the socket hears what another one sends to where it is. */
static void hears(int s, int type, int protocol, const char *at)
{
	char b[100];
	int o = socket(at[0] == ':' ? AF_INET6 : AF_INET, type, protocol);
	union net_addr a;
	socklen_t n = sizeof(a);

	CHECK(o >= 0 && getsockname(s, &a.any, &n) == 0);
	if (a.any.sa_family == AF_INET)
		inet_pton(AF_INET, at, &a.in.sin_addr);
	else
		inet_pton(AF_INET6, at, &a.in6.sin6_addr);
	if (type == SOCK_RAW && a.any.sa_family == AF_INET6)
		a.in6.sin6_port = 0;
	net_result("  sendto", sendto(o, "12345678", 8, 0, &a.any, net_len(&a)));
	net_result("  hears", recv(s, b, sizeof(b), MSG_DONTWAIT));
	close(o);
}

/* The number of a ping socket: that of bind, or whether the kernel has chosen one. */
static void number(int s)
{
	union net_addr a = { 0 };
	socklen_t n = sizeof(a);

	CHECK(getsockname(s, &a.any, &n) == 0);
	printf("  number %s\n",
		ntohs(a.in.sin_port) == 77 ? "77"
			: a.in.sin_port    ? "some"
					   : "none");
	a.in.sin_port = 0;
	net_show("  address", &a);
}

static void ping(int family, const char *bound, int port)
{
	unsigned char b[16] = { family == AF_INET ? 8 : 128 };
	const char *to = family == AF_INET ? "127.0.0.1" : "::1";
	int s = socket(family, SOCK_DGRAM, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	union net_addr a;

	printf("---- ping, bound to %s, %d\n", bound ? bound : "nothing", port);
	CHECK(s >= 0);
	if (bound) {
		a = net_addr(bound, port);
		net_result("bind", bind(s, &a.any, net_len(&a)));
	}
	number(s);
	net_result("disconnect first", connect(s, &none, sizeof(none)));
	number(s);
	a = net_addr(to, 7302);
	net_result("connect", connect(s, &a.any, net_len(&a)));
	number(s);
	net_result("disconnect", connect(s, &none, sizeof(none)));
	number(s);
	net_name("peer", s, true);
	net_result("sendto", sendto(s, b, sizeof(b), 0, &a.any, net_len(&a)));
	number(s);
	net_result("hears", recv(s, b, sizeof(b), MSG_DONTWAIT));
	close(s);
}

static void steps(const char *what, int family, int type, int protocol, const char *bound,
	bool bind_dev)
{
	const char *to = family == AF_INET ? "127.0.0.1" : "::1";
	int s = socket(family, type, protocol);
	union net_addr a;
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	printf("---- %s%s%s%s\n", what, bound ? ", bound to " : "", bound ? bound : "",
		bind_dev ? ", bound to lo" : "");
	CHECK(s >= 0);
	if (bind_dev)
		CHECK(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0);
	a = net_addr(bound ? bound : to, type == SOCK_RAW ? 0 : 7301);
	if (bound)
		net_result("bind", bind(s, &a.any, net_len(&a)));
	for (int i = 0; i < 2; i++) {
		a = net_addr(to, 7302);
		net_result("connect", connect(s, &a.any, net_len(&a)));
		net_name("name", s, false);
		net_name("peer", s, true);
		device(s);
		net_result("disconnect", connect(s, &none, sizeof(none)));
		net_name("name", s, false);
		net_name("peer", s, true);
		device(s);
		if (type != SOCK_DGRAM || bound)
			hears(s, type, protocol, to);
	}
	close(s);
}

int main(void)
{
	net_start();
	tap_sysctl("/proc/sys/net/ipv4/ping_group_range", "0 0");
	for (int i = 0; i < 2; i++) {
		int family = i ? AF_INET6 : AF_INET;
		ping(family, NULL, 0);
		ping(family, i ? "::1" : "127.0.0.1", 0);
		ping(family, i ? "::" : "0.0.0.0", 77);
		ping(family, i ? "::1" : "127.0.0.1", 77);
	}
	for (int dev = 0; dev < 2; dev++) {
		steps("udp", AF_INET, SOCK_DGRAM, IPPROTO_UDP, "127.0.0.1", dev);
		steps("udp", AF_INET, SOCK_DGRAM, IPPROTO_UDP, "0.0.0.0", dev);
		steps("udp6", AF_INET6, SOCK_DGRAM, IPPROTO_UDP, "::", dev);
		steps("raw", AF_INET, SOCK_RAW, PROTOCOL, NULL, dev);
		steps("raw", AF_INET, SOCK_RAW, PROTOCOL, "127.0.0.1", dev);
		steps("raw6", AF_INET6, SOCK_RAW, PROTOCOL, NULL, dev);
		steps("raw6", AF_INET6, SOCK_RAW, PROTOCOL, "::1", dev);
	}
	return 0;
}
