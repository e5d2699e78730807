// SPDX-License-Identifier: MPL-2.0
// Packets that come by a link: whose sources can be, fragments with long headers or by two links,
// what raw sockets see of a datagram that was put together, fragments that stay alone.
#include "../lib/tap.h"

static char b[4096];

static void show(const char *what, int s)
{
	int n = recv(s, b, sizeof(b), MSG_DONTWAIT);

	if (n < 0)
		printf("%s: %s\n", what, t_errname(errno));
	else
		printf("%s: %d bytes, %.8s\n", what, n, b);
}

/* This machine's own addresses come by no link. */
static void sources(int tun)
{
	static const char *from[] = { "10.9.0.1", "127.0.0.1", "10.9.0.255", "224.0.0.1",
		"255.255.255.255", "10.9.0.2", "10.77.0.1" };
	int s = net_bound("0.0.0.0", 7100);

	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		struct tap_packet p = { 0 };
		tap_ip4(&p, from[i], "10.9.0.1", IPPROTO_UDP, 12, 1, 0);
		tap_udp(&p, 9, 7100, 4);
		tap_add(&p, "data", 4);
		T(tap_write(tun, &p));
		show(from[i], s);
	}
	close(s);
}

/* How many packets have been to addresses that are not this machine's. */
static long misses(void)
{
	char line[512];
	FILE *f = fopen("/proc/net/snmp", "r");
	long n = -1;

	CHECK(f);
	while (n < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "Ip: %*d %*d %*d %*d %ld", &n) != 1)
			n = -1;
	fclose(f);
	return n;
}

/* Who has no address yet reaches all, and groups of the link, but no machine alone. */
static void nobody_yet(int tun)
{
	static const char *from[] = { "0.0.0.0", "0.1.2.3", "10.9.0.2", "224.0.0.1" };
	static const char *to[] = { "10.9.0.1", "10.9.0.255", "255.255.255.255", "224.0.0.1",
		"239.1.2.3", "239.1.2.4", "0.0.0.0", "0.1.2.3", "127.0.0.1", "10.77.0.9" };
	long before;
	int s = net_bound("0.0.0.0", 7103);
	struct ip_mreqn m = { .imr_ifindex = tap_index("t0") };

	inet_pton(AF_INET, "239.1.2.3", &m.imr_multiaddr);
	T(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)));
	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		for (size_t k = 0; k < sizeof(to) / sizeof(to[0]); k++) {
			struct tap_packet p = { 0 };
			if (!strcmp(from[i], to[k]))
				continue;
			tap_ip4(&p, from[i], to[k], IPPROTO_UDP, 12, 1, 0);
			tap_udp(&p, 9, 7103, 4);
			tap_add(&p, "data", 4);
			before = misses();
			T(tap_write(tun, &p));
			printf("%s to ", from[i]);
			show(to[k], s);
			printf("  counted: %ld\n", misses() - before);
		}
	}
	close(s);
}

/* Two halves of a datagram from a link-local address, which by another link is another machine's. */
static void halves(int one, int other, int port)
{
	int s = net_bound("::", port);
	char data[8 + 24] = { 0 };
	struct udphdr u = { .source = htons(9), .dest = htons(port), .len = htons(32) };
	struct tap_packet whole = { 0 };

	memcpy(data, &u, 8);
	memcpy(data + 8, "halves that fit together", 24);
	tap_ip6(&whole, "fe80::99", "ff02::1", IPPROTO_UDP, 32);
	tap_add(&whole, data, 32);
	u.check = tap_sum6(&whole, 0, 40, IPPROTO_UDP);
	memcpy(data, &u, 8);
	for (int piece = 0; piece < 2; piece++) {
		struct {
			unsigned char next, zero;
			unsigned short offset;
			unsigned id;
		} f = { IPPROTO_UDP, 0, htons(piece ? 24 : 1), htonl(port) };
		struct tap_packet p = { 0 };

		tap_ip6(&p, "fe80::99", "ff02::1", IPPROTO_FRAGMENT, 8 + (piece ? 8 : 24));
		tap_add(&p, &f, 8);
		tap_add(&p, data + piece * 24, piece ? 8 : 24);
		T(tap_write(piece ? other : one, &p));
	}
	show(one == other ? "by one link" : "by two links", s);
	close(s);
}

/* An IPv6 datagram in two fragments behind destination options of @len bytes. */
static void long_headers(int tun, int len)
{
	/* One option, of a kind that is skipped by those who do not know it. */
	unsigned char options[256] = { IPPROTO_FRAGMENT, len / 8 - 1, 0x1e, len - 4 };
	int s = net_bound("::", 7101);

	for (int piece = 0; piece < 2; piece++) {
		struct {
			unsigned char next, zero;
			unsigned short offset;
			unsigned id;
		} f = { IPPROTO_UDP, 0, htons(piece ? 24 : 1), htonl(77 + len) };
		struct tap_packet p = { 0 };
		char data[8 + 24] = { 0 };
		struct udphdr u = { .source = htons(9), .dest = htons(7101), .len = htons(32) };

		memcpy(data, &u, 8);
		memcpy(data + 8, "whole datagram of 24 by", 24);
		{
			struct tap_packet whole = { 0 };
			tap_ip6(&whole, "fe80::99", "ff02::1", IPPROTO_UDP, 32);
			tap_add(&whole, data, 32);
			u.check = tap_sum6(&whole, 0, 40, IPPROTO_UDP);
			memcpy(data, &u, 8);
		}
		tap_ip6(&p, "fe80::99", "ff02::1", IPPROTO_DSTOPTS, len + 8 + (piece ? 8 : 24));
		tap_add(&p, options, len);
		tap_add(&p, &f, 8);
		tap_add(&p, data + piece * 24, piece ? 8 : 24);
		T(tap_write(tun, &p));
	}
	show("behind options", s);
	close(s);
}

/* A raw socket gets the header of the whole, not that of a fragment. */
static void joined(int tun)
{
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_UDP), s = net_bound("0.0.0.0", 7102), n;
	struct tap_packet p = { 0 };
	struct iphdr h;

	tap_ip4(&p, "10.9.0.2", "10.9.0.1", IPPROTO_UDP, 16, 5, IP_MF);
	tap_udp(&p, 9, 7102, 16);
	tap_add(&p, "12345678", 8);
	T(tap_write(tun, &p));
	p.n = 0;
	tap_ip4(&p, "10.9.0.2", "10.9.0.1", IPPROTO_UDP, 8, 5, 2);
	tap_add(&p, "abcdefgh", 8);
	T(tap_write(tun, &p));
	show("joined", s);
	n = recv(raw, b, sizeof(b), MSG_DONTWAIT);
	SHOW(n);
	memcpy(&h, b, 20);
	SHOW(ntohs(h.tot_len));
	SHOW(ntohs(h.frag_off));
	IS(tap_fold(tap_sum(b, 20, 0)) == 0);
	close(raw);
	close(s);
}

static void alone(int tun)
{
	struct tap_packet p = { 0 };

	/* The first fragment comes alone: its sender is told. */
	tap_sysctl("/proc/sys/net/ipv4/ipfrag_time", "1");
	tap_ip4(&p, "10.9.0.2", "10.9.0.1", IPPROTO_UDP, 16, 6, IP_MF);
	tap_udp(&p, 9, 7102, 16);
	tap_add(&p, "12345678", 8);
	T(tap_write(tun, &p));
	IS(tap_read(tun, &p, tap_is_icmp4));
	printf("type %d code %d of %d bytes\n", p.b[20], p.b[21], p.n);
	tap_sysctl("/proc/sys/net/ipv4/ipfrag_time", "30");
}

int main(void)
{
	int tun, other;

	net_start();
	tun = tap_open("t0", IFF_TUN);
	tap_up("t0", "10.9.0.1");
	sources(tun);
	nobody_yet(tun);
	other = tap_open("t1", IFF_TUN);
	tap_up("t1", "10.10.0.1");
	halves(tun, tun, 7104);
	halves(tun, other, 7105);
	close(other);
	for (int len = 16; len <= 104; len += 8)
		long_headers(tun, len);
	joined(tun);
	alone(tun);
	return 0;
}
