// SPDX-License-Identifier: MPL-2.0
// IGMP and MLD on a tap device: reports when a group is joined and left, and answers to queries of
// new and old routers.
#include "../lib/tap.h"

static const unsigned char own[6] = { 2, 0, 0, 0, 0, 1 }, router[6] = { 2, 0, 0, 0, 0, 9 };
static int tap, want_type, want_record;
static bool old_router;
static struct in_addr group4;
static struct in6_addr group6;

static int ip4_len(const struct tap_packet *p)
{
	return (p->b[14] & 15) * 4;
}

/* Offset of the record about our group; 0: there is none. */
static int record4(const struct tap_packet *p)
{
	int at = 14 + ip4_len(p);

	for (int r = at + 8; p->b[at] == 0x22 && r + 8 <= p->n; r += 8 + p->b[r + 3] * 4)
		if (!memcmp(p->b + r + 4, &group4, 4))
			return r;
	return 0;
}

static bool is_igmp(const struct tap_packet *p)
{
	if (p->b[12] != 8 || p->b[13] != 0 || p->b[23] != IPPROTO_IGMP ||
		p->b[14 + ip4_len(p)] != want_type)
		return false;
	if (want_type != 0x22)
		return !memcmp(p->b + 14 + ip4_len(p) + 4, &group4, 4);
	return record4(p) && p->b[record4(p)] == want_record;
}

static void show_igmp(const char *what, int type, int record)
{
	struct tap_packet p;
	char text[2][32];
	int at;

	want_type = type;
	want_record = record;
	printf("%s:", what);
	if (!tap_read(tap, &p, is_igmp)) {
		printf(" none\n");
		return;
	}
	at = 14 + ip4_len(&p);
	printf(" %s -> %s ttl %d tos %02x option %02x%02x sums %d %d\n",
		inet_ntop(AF_INET, p.b + 26, text[0], 32),
		inet_ntop(AF_INET, p.b + 30, text[1], 32), p.b[22], p.b[15], p.b[34], p.b[35],
		tap_fold(tap_sum(p.b + 14, at - 14, 0)), tap_fold(tap_sum(p.b + at, p.n - at, 0)));
	printf("mac %02x:%02x:%02x:%02x:%02x:%02x\n", p.b[0], p.b[1], p.b[2], p.b[3], p.b[4],
		p.b[5]);
}

static void query4(const char *to, const char *group, int code, int len)
{
	unsigned char m[12] = { 0x11, code };
	static const unsigned char mac[6] = { 1, 0, 0x5e, 0, 0, 1 };
	struct tap_packet p = { 0 };
	unsigned short sum;

	inet_pton(AF_INET, group, m + 4);
	sum = tap_fold(tap_sum(m, len, 0));
	memcpy(m + 2, &sum, 2);
	tap_add(&p, mac, 6);
	tap_add(&p, router, 6);
	tap_add(&p, "\x08\x00", 2);
	tap_ip4(&p, "10.9.0.9", to, IPPROTO_IGMP, len, 0, 0);
	tap_add(&p, m, len);
	CHECK(tap_write(tap, &p) == p.n);
}

static void igmp(void)
{
	struct ip_mreqn m = { .imr_ifindex = tap_index("t0") };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, "224.5.6.7", &group4);
	m.imr_multiaddr = group4;
	T(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)));
	show_igmp("joined", 0x22, 4);
	query4("224.0.0.1", "0.0.0.0", 1, 12);
	show_igmp("asked for all", 0x22, 2);
	query4("224.5.6.7", "224.5.6.7", 1, 12);
	show_igmp("asked for one", 0x22, 2);
	T(setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &m, sizeof(m)));
	show_igmp("left", 0x22, 3);
	T(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)));
	show_igmp("joined", 0x22, 4);
	query4("224.0.0.1", "0.0.0.0", 1, 8);
	show_igmp("an old router", 0x16, 0);
	close(s);
	show_igmp("left", 0x17, 0);
}

static int mld_at(const struct tap_packet *p)
{
	return p->b[20] == 0 ? 62 : 54;
}

static int record6(const struct tap_packet *p)
{
	int at = mld_at(p);

	for (int r = at + 8; r + 20 <= p->n; r += 20 + p->b[r + 3] * 16)
		if (!memcmp(p->b + r + 4, &group6, 16))
			return r;
	return 0;
}

static bool is_mld(const struct tap_packet *p)
{
	if (p->b[12] != 0x86 || p->b[20] != 0 || p->b[54] != IPPROTO_ICMPV6 ||
		p->b[62] != want_type)
		return false;
	if (want_type != 143)
		return !memcmp(p->b + 70, &group6, 16);
	return record6(p) && p->b[record6(p)] == want_record;
}

static void query6(int len, int hops)
{
	static const unsigned char mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	static const unsigned char alert[8] = { IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 };
	unsigned char m[28] = { 130, 0, 0, 0, 0, 100 };
	struct tap_packet p = { 0 };
	unsigned short sum;

	tap_add(&p, mac, 6);
	tap_add(&p, router, 6);
	tap_add(&p, "\x86\xdd", 2);
	tap_ip6(&p, "fe80::9", "ff02::1", 0, 8 + len);
	p.b[21] = hops;
	tap_add(&p, alert, 8);
	tap_add(&p, m, len);
	sum = tap_sum6(&p, 14, 62, IPPROTO_ICMPV6);
	memcpy(p.b + 64, &sum, 2);
	CHECK(tap_write(tap, &p) == p.n);
}

static void show_mld(const char *what, int type, int record)
{
	struct tap_packet p;
	char text[2][64];

	want_type = type;
	want_record = record;
	printf("%s:", what);
	/*
	 * A query that comes while other reports are due may be lost on it: routers repeat theirs.
	 */
	for (int i = 0; i < 20 && old_router; i++) {
		query6(24, 1);
		if (tap_read_for(tap, &p, is_mld, 1000))
			break;
	}
	if (!old_router && !tap_read(tap, &p, is_mld)) {
		printf(" none\n");
		return;
	}
	printf(" %s -> %s hops %d option %02x%02x%02x%02x sum %d\n",
		inet_ntop(AF_INET6, p.b + 22, text[0], 64),
		inet_ntop(AF_INET6, p.b + 38, text[1], 64), p.b[21], p.b[56], p.b[57], p.b[58],
		p.b[59], tap_sum6(&p, 14, 62, IPPROTO_ICMPV6));
	printf("mac %02x:%02x:%02x:%02x:%02x:%02x\n", p.b[0], p.b[1], p.b[2], p.b[3], p.b[4],
		p.b[5]);
}

static bool usable(const char *text)
{
	union net_addr a = net_addr(text, 7600);
	int s = socket(AF_INET6, SOCK_DGRAM, 0), r;

	a.in6.sin6_scope_id = tap_index("t0");
	r = bind(s, &a.any, net_len(&a));
	close(s);
	return r == 0;
}

static void mld(void)
{
	struct ipv6_mreq m = { .ipv6mr_interface = tap_index("t0") };
	int s = socket(AF_INET6, SOCK_DGRAM, 0);

	IS(UNTIL(usable("fe80::ff:fe00:1")));
	inet_pton(AF_INET6, "ff02::1234", &group6);
	m.ipv6mr_multiaddr = group6;
	T(setsockopt(s, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m, sizeof(m)));
	show_mld("joined", 143, 4);
	query6(28, 1);
	show_mld("asked for all", 143, 2);
	T(setsockopt(s, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &m, sizeof(m)));
	show_mld("left", 143, 3);
	T(setsockopt(s, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m, sizeof(m)));
	show_mld("joined", 143, 4);
	query6(24, 64);
	old_router = true;
	show_mld("an old router", 131, 0);
	old_router = false;
	close(s);
}

int main(void)
{
	struct ifreq r = { .ifr_name = "t0" };

	net_start();
	tap = tap_open("t0", IFF_TAP);
	r.ifr_hwaddr.sa_family = 1;
	memcpy(r.ifr_hwaddr.sa_data, own, 6);
	T(ioctl(tap, SIOCSIFHWADDR, &r));
	tap_up("t0", "10.9.0.1");
	igmp();
	mld();
	return 0;
}
