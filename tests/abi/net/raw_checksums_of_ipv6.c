// SPDX-License-Identifier: MPL-2.0
// IPV6_CHECKSUM: where raw sockets of IPv6 have their sums made, and that wrong ones are not
// received.
#include "../lib/net.h"

#define PROTOCOL 200

static union net_addr to;

static void show(const char *what, int s)
{
	unsigned char b[64];
	ssize_t got = recv(s, b, sizeof(b), MSG_DONTWAIT);

	net_result(what, got);
	for (int i = 0; i < got; i++)
		printf(" %02x", b[i]);
	if (got > 0)
		printf("\n");
}

static void set(int s, int level, int at)
{
	int now = 99;
	socklen_t n = sizeof(now);

	printf("level %d at %d: ", level, at);
	net_result("set", setsockopt(s, level, 7, &at, sizeof(at)));
	net_result("  get", getsockopt(s, level, 7, &now, &n));
	printf("  %d, %d bytes\n", now, (int)n);
}

static void send_bytes(const char *what, int s, int n)
{
	unsigned char b[64];

	for (int i = 0; i < n; i++)
		b[i] = (unsigned char)(i * 7 + 1);
	net_result(what, sendto(s, b, n, 0, &to.any, net_len(&to)));
}

int main(void)
{
	int out, in, icmp, four, mh, at = 4;

	net_start();
	to = net_addr("::1", 0);
	out = socket(AF_INET6, SOCK_RAW, PROTOCOL);
	in = socket(AF_INET6, SOCK_RAW, PROTOCOL);
	icmp = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	mh = socket(AF_INET6, SOCK_RAW, 135);
	four = socket(AF_INET, SOCK_RAW, PROTOCOL);
	set(out, IPPROTO_IPV6, 3);
	set(out, IPPROTO_IPV6, -7);
	set(out, 255, 4);
	set(icmp, IPPROTO_IPV6, 2);
	set(icmp, 255, 2);
	set(mh, 255, 4);
	set(four, 255, 4);
	net_result("short", setsockopt(out, 255, 7, &at, 3));
	net_result("bad pointer", setsockopt(out, 255, 7, NULL, sizeof(at)));
	send_bytes("with a sum", out, 12);
	show("received", in);
	show("by itself", out);
	send_bytes("odd length", out, 13);
	show("received", in);
	show("by itself", out);
	send_bytes("too short", out, 5);
	send_bytes("just enough", out, 6);
	show("received", in);
	show("by itself", out);
	set(in, IPPROTO_IPV6, 4);
	set(out, IPPROTO_IPV6, -1);
	send_bytes("without a sum", out, 12);
	show("nothing", in);
	show("by itself", out);
	set(in, IPPROTO_IPV6, 2);
	set(out, IPPROTO_IPV6, 4);
	send_bytes("with a sum", out, 12);
	show("a sum anywhere", in);
	return 0;
}
