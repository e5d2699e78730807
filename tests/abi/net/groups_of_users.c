// SPDX-License-Identifier: MPL-2.0
// Many memberships in groups: one user's leave room for another's, a router that asks for all gets
// one report, and sockets of connections have none.
#include "../lib/tap.h"

#define SOCKETS 120

static const unsigned char own[6] = { 2, 0, 0, 0, 0, 1 }, router[6] = { 2, 0, 0, 0, 0, 9 };
static int tap, index0;

/* Joins 20 groups of the 224.x.@net.y. */
static bool join(int s, int net, int first)
{
	struct ip_mreqn m = { .imr_ifindex = index0 };

	for (int i = 0; i < 20; i++) {
		m.imr_multiaddr.s_addr = htonl(0xe1000000 | net << 16 | (first + i));
		if (setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)))
			return false;
	}
	return true;
}

/* One user joins as many as there are, up to 2,400, and stays; then another one joins some. */
static void users(void)
{
	int up[2], s = socket(AF_INET, SOCK_DGRAM, 0), status;
	pid_t first, second;
	char c;

	CHECK(pipe(up) == 0);
	first = fork();
	if (!first) {
		CHECK(setresuid(1001, 1001, 1001) == 0);
		for (int i = 0; i < SOCKETS; i++) {
			int t = socket(AF_INET, SOCK_DGRAM, 0);
			if (t < 0 || !join(t, 1, i * 20))
				break;
		}
		CHECK(write(up[1], "x", 1) == 1);
		for (;;)
			pause();
	}
	CHECK(read(up[0], &c, 1) == 1);
	second = fork();
	if (!second) {
		CHECK(setresuid(1002, 1002, 1002) == 0);
		_exit(!join(s, 2, 0));
	}
	CHECK(waitpid(second, &status, 0) == second);
	printf("another user joins: %s\n", status ? "no" : "yes");
	kill(first, SIGKILL);
	CHECK(waitpid(first, NULL, 0) == first);
	close(up[0]);
	close(up[1]);
	close(s);
}

/* ---- reports ---- */

static int want4, want6; /* how many of our groups a report must have */

static bool is_report4(const struct tap_packet *p)
{
	int at = 14 + (p->b[14] & 15) * 4, n = 0;

	if (p->b[12] != 8 || p->b[13] != 0 || p->b[23] != IPPROTO_IGMP || p->b[at] != 0x22)
		return false;
	for (int r = at + 8; r + 8 <= p->n; r += 8)
		n += p->b[r] == 2 && p->b[r + 4] == 0xe1;
	return n == want4;
}

static bool is_report6(const struct tap_packet *p)
{
	int n = 0;

	if (p->b[12] != 0x86 || p->b[20] != 0 || p->b[54] != IPPROTO_ICMPV6 || p->b[62] != 143)
		return false;
	for (int r = 70; r + 20 <= p->n; r += 20)
		n += p->b[r] == 2 && p->b[r + 18] == 0x77;
	return n == want6;
}

/* From a router: asks for all groups, with as little delay as there is. */
static void query4(void)
{
	static const unsigned char mac[6] = { 1, 0, 0x5e, 0, 0, 1 };
	unsigned char m[12] = { 0x11, 1 };
	struct tap_packet p = { 0 };
	unsigned short sum = tap_fold(tap_sum(m, 12, 0));

	memcpy(m + 2, &sum, 2);
	tap_add(&p, mac, 6);
	tap_add(&p, router, 6);
	tap_add(&p, "\x08\x00", 2);
	tap_ip4(&p, "10.9.0.9", "224.0.0.1", IPPROTO_IGMP, 12, 0, 0);
	tap_add(&p, m, 12);
	CHECK(tap_write(tap, &p) == p.n);
}

static void query6(void)
{
	static const unsigned char mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	static const unsigned char alert[8] = { IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 };
	unsigned char m[28] = { 130 };
	struct tap_packet p = { 0 };
	unsigned short sum;

	tap_add(&p, mac, 6);
	tap_add(&p, router, 6);
	tap_add(&p, "\x86\xdd", 2);
	tap_ip6(&p, "fe80::9", "ff02::1", 0, 8 + sizeof(m));
	p.b[21] = 1;
	tap_add(&p, alert, 8);
	tap_add(&p, m, sizeof(m));
	sum = tap_sum6(&p, 14, 62, IPPROTO_ICMPV6);
	memcpy(p.b + 64, &sum, 2);
	CHECK(tap_write(tap, &p) == p.n);
}

/* A query may be lost on other reports that are due: a router repeats it. */
static bool all_in_one(void (*query)(void), bool (*is_report)(const struct tap_packet *))
{
	struct tap_packet p;

	for (int i = 0; i < 20; i++) {
		query();
		if (tap_read_for(tap, &p, is_report, 1000))
			return true;
	}
	return false;
}

static void reports(void)
{
	struct ipv6_mreq m = { .ipv6mr_interface = index0 };
	int s = socket(AF_INET, SOCK_DGRAM, 0), s6 = socket(AF_INET6, SOCK_DGRAM, 0);

	CHECK(join(s, 1, 0));
	for (int i = 0; i < 20; i++) {
		inet_pton(AF_INET6, "ff02::7700", &m.ipv6mr_multiaddr);
		m.ipv6mr_multiaddr.s6_addr[15] = i;
		CHECK(setsockopt(s6, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m, sizeof(m)) == 0);
	}
	want4 = want6 = 20;
	printf("IGMP in one report: %s\n", all_in_one(query4, is_report4) ? "yes" : "no");
	printf("MLD in one report: %s\n", all_in_one(query6, is_report6) ? "yes" : "no");
	close(s);
	close(s6);
}

static void connections(void)
{
	struct ip_mreqn m = { .imr_ifindex = index0 };
	struct ipv6_mreq m6 = { .ipv6mr_interface = index0 };
	int s = socket(AF_INET, SOCK_STREAM, 0), s6 = socket(AF_INET6, SOCK_STREAM, 0);

	inet_pton(AF_INET, "225.1.2.3", &m.imr_multiaddr);
	inet_pton(AF_INET6, "ff02::7700", &m6.ipv6mr_multiaddr);
	T(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)));
	T(setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &m, sizeof(m)));
	T(setsockopt(s6, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m6, sizeof(m6)));
	T(setsockopt(s6, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &m6, sizeof(m6)));
	close(s);
	close(s6);
}

int main(void)
{
	struct ifreq r = { .ifr_name = "t0" };

	net_start();
	tap = tap_open("t0", IFF_TAP);
	r.ifr_hwaddr.sa_family = 1;
	memcpy(r.ifr_hwaddr.sa_data, own, 6);
	CHECK(ioctl(tap, SIOCSIFHWADDR, &r) == 0);
	tap_up("t0", "10.9.0.1");
	index0 = tap_index("t0");
	reports();
	connections();
	users();
	return 0;
}
