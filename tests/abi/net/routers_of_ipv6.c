// SPDX-License-Identifier: MPL-2.0
// What forwarding of IPv6 makes of a machine on a link: its advertisements as a neighbour say that
// it is a router, it answers to the routers' group, and it believes no other router unless
// accept_ra is 2. Routes that routers advertise have an end, which the next advertisement moves.
#include "../lib/netlink.h"
#include "../lib/tap.h"

#define SYS  "/proc/sys/net/ipv6/conf/t0/"
#define OURS "2001:db8:1::1"
#define PEER "2001:db8:1::5"

static const unsigned char own[6] = { 2, 0, 0, 0, 0, 1 }, peer[6] = { 2, 0, 0, 0, 0, 5 };
static int tap, s, want_type;

/* An ICMPv6 message with these bytes behind its checksum. */
static void inject(const char *from, const char *to, int hops, int type, const void *body, int len)
{
	struct tap_packet p = { 0 };
	unsigned char h[4] = { type }, dst[6] = { 0x33, 0x33 };
	unsigned short sum;
	struct in6_addr a;

	inet_pton(AF_INET6, to, &a);
	if (a.s6_addr[0] == 0xff)
		memcpy(dst + 2, a.s6_addr + 12, 4);
	else
		memcpy(dst, own, 6);
	tap_add(&p, dst, 6);
	tap_add(&p, peer, 6);
	tap_add(&p, "\x86\xdd", 2);
	tap_ip6(&p, from, to, IPPROTO_ICMPV6, 4 + len);
	p.b[14 + 7] = hops;
	tap_add(&p, h, 4);
	tap_add(&p, body, len);
	sum = tap_sum6(&p, 14, 54, IPPROTO_ICMPV6);
	memcpy(p.b + 56, &sum, 2);
	CHECK(tap_write(tap, &p) == p.n);
}

static bool is_wanted(const struct tap_packet *p)
{
	return p->b[12] == 0x86 && p->b[20] == IPPROTO_ICMPV6 && p->b[54] == want_type;
}

/* A neighbour asks for our address. */
static void solicit(void)
{
	unsigned char b[28] = { 0 };

	inet_pton(AF_INET6, OURS, b + 4);
	b[20] = 1;
	b[21] = 1;
	memcpy(b + 22, peer, 6);
	inject(PEER, OURS, 255, 135, b, 28);
}

/* Linux takes packets for a new address a moment later. */
static void ready(void)
{
	struct tap_packet p;

	want_type = 136;
	do {
		solicit();
	} while (!tap_read_for(tap, &p, is_wanted, 200));
	while (tap_read_for(tap, &p, is_wanted, 0))
		;
}

/* Asks for our address, and shows the flags of the answer. */
static void ask(void)
{
	struct tap_packet p;

	solicit();
	want_type = 136;
	CHECK(tap_read(tap, &p, is_wanted));
	printf("flags of the answer %02x\n", p.b[58]);
}

/* Pings the group and us: only the second answer comes if we are not in the group. */
static void ping(const char *group)
{
	struct tap_packet p;

	inject(PEER, group, 64, 128, "\0\1\0\1", 4);
	inject(PEER, OURS, 64, 128, "\0\2\0\2", 4);
	want_type = 129;
	for (int id = 0; id != 2; id = p.b[59]) {
		CHECK(tap_read(tap, &p, is_wanted));
		if (p.b[59] == 1)
			printf("%s answers\n", group);
	}
}

/* A router advertises itself, and nothing else. */
static void advertise(const char *from)
{
	unsigned char b[12] = { 64, 0, 1800 >> 8, 1800 & 255 };

	inject(from, "ff02::1", 255, 134, b, sizeof(b));
}

/* The default routes that routers have told. Returns how many there are. */
static int told(bool print)
{
	static char buf[32768];
	struct nl_message m;
	struct rtmsg *r = nl_new(&m, RTM_GETROUTE, NLM_F_DUMP, sizeof(*r));
	bool end = false;
	int nr = 0;

	r->rtm_family = AF_INET6;
	nl_send(s, &m);
	while (!end) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);
		CHECK(n > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			const struct rtmsg *got = NLMSG_DATA(h);

			end = h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
			if (end || got->rtm_protocol != RTPROT_RA || got->rtm_dst_len)
				continue;
			nr++;
			if (print) {
				nl_put_addr("router", RTM_RTA(got), RTM_PAYLOAD(h), RTA_GATEWAY);
				nl_put_bytes("metrics", RTM_RTA(got), RTM_PAYLOAD(h), RTA_METRICS);
			}
		}
	}
	if (print)
		printf(" routers: %d\n", nr);
	return nr;
}

#define PREFIX "2001:db8:2::"

/* The same with a prefix that is on the link for so many seconds. */
static void advertise_prefix(unsigned seconds)
{
	unsigned char b[12 + 32] = { 64, 0, 1800 >> 8, 1800 & 255, [12] = 3, 4, 64, 0x80 };

	seconds = htonl(seconds);
	memcpy(b + 16, &seconds, 4);
	memcpy(b + 20, &seconds, 4);
	inet_pton(AF_INET6, PREFIX, b + 28);
	inject("fe80::4", "ff02::1", 255, 134, b, sizeof(b));
}

/* For how many seconds a route is there, as the advertisements say it: 0: for ever. */
static int life_of(const struct nlmsghdr *h)
{
	static const int lives[2] = { 1000, 1800 };
	const struct rtmsg *r = NLMSG_DATA(h);
	const struct rta_cacheinfo *c;
	int n;

	c = nl_find(RTM_RTA(r), RTM_PAYLOAD(h), RTA_CACHEINFO, &n);
	CHECK(c);
	for (int i = 0; i < 2; i++) {
		if (c->rta_expires > (lives[i] - 60) * 100 && c->rta_expires <= lives[i] * 100)
			return lives[i];
	}
	return c->rta_expires ? 1 : 0;
}

/* Shows the routes that advertisements make. Returns the life of that to the prefix; -1: none. */
static int prefix_route(bool print)
{
	static char buf[32768];
	struct nl_message m;
	struct rtmsg *r = nl_new(&m, RTM_GETROUTE, NLM_F_DUMP, sizeof(*r));
	struct in6_addr prefix;
	bool end = false;
	int life = -1;

	inet_pton(AF_INET6, PREFIX, &prefix);
	r->rtm_family = AF_INET6;
	nl_send(s, &m);
	while (!end) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);
		CHECK(n > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			const struct rtmsg *got = NLMSG_DATA(h);
			const void *dst;
			int l;

			end = h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
			if (end || got->rtm_table != RT_TABLE_MAIN)
				continue;
			dst = nl_find(RTM_RTA(got), RTM_PAYLOAD(h), RTA_DST, &l);
			if (!dst || memcmp(dst, &prefix, 16))
				continue;
			life = life_of(h);
			if (print)
				printf(PREFIX ": protocol %d, life %d, metrics %d\n",
					got->rtm_protocol, life,
					!!nl_find(RTM_RTA(got), RTM_PAYLOAD(h), RTA_METRICS, &l));
		}
	}
	return life;
}

static void drop_prefix_route(void)
{
	struct nl_message m;
	struct rtmsg *r = nl_new(&m, RTM_DELROUTE, NLM_F_ACK, sizeof(*r));

	r->rtm_family = AF_INET6;
	r->rtm_dst_len = 64;
	r->rtm_table = RT_TABLE_MAIN;
	r->rtm_scope = RT_SCOPE_NOWHERE;
	nl_attr_addr(&m, RTA_DST, PREFIX);
	nl_ask("delete", s, &m);
}

/* Each advertisement gives a route a new end, and adds it again if somebody has deleted it. */
static void ends(void)
{
	printf("ends\n");
	advertise_prefix(1000);
	UNTIL(prefix_route(false) == 1000);
	prefix_route(true);
	advertise_prefix(1800);
	UNTIL(prefix_route(false) == 1800);
	advertise_prefix(0xffffffff);
	UNTIL(prefix_route(false) == 0);
	drop_prefix_route();
	printf("life %d\n", prefix_route(false));
	advertise_prefix(1000);
	UNTIL(prefix_route(false) == 1000);
	prefix_route(true);
	advertise_prefix(0);
	UNTIL(prefix_route(false) == -1);
}

static void address(const char *text)
{
	struct nl_message m;
	struct ifaddrmsg *a = nl_new(&m, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE, sizeof(*a));

	a->ifa_family = AF_INET6;
	a->ifa_prefixlen = 64;
	a->ifa_flags = IFA_F_NODAD;
	a->ifa_index = tap_index("t0");
	nl_attr_addr(&m, IFA_LOCAL, text);
	nl_ask("an address", s, &m);
}

int main(void)
{
	struct ifreq r = { .ifr_name = "t0" };

	net_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	tap = tap_open("t0", IFF_TAP);
	r.ifr_hwaddr.sa_family = 1;
	memcpy(r.ifr_hwaddr.sa_data, own, 6);
	T(ioctl(tap, SIOCSIFHWADDR, &r));
	tap_sysctl(SYS "accept_dad", "0");
	tap_flags("t0", IFF_UP | IFF_RUNNING);
	address(OURS);
	ready();
	ask();
	ping("ff02::2");
	advertise("fe80::1");
	UNTIL(told(false) == 1);
	told(true);
	printf("forwards\n");
	tap_sysctl(SYS "forwarding", "1");
	ask();
	ping("ff02::2");
	told(true);
	advertise("fe80::2");
	ask();
	tap_sysctl(SYS "accept_ra", "2");
	advertise("fe80::3");
	UNTIL(told(false) == 1);
	told(true);
	tap_sysctl(SYS "forwarding", "1");
	told(true);
	tap_sysctl(SYS "accept_ra", "1");
	told(true);
	tap_sysctl(SYS "forwarding", "1");
	told(true);
	tap_sysctl(SYS "forwarding", "2");
	told(true);
	printf("does not\n");
	tap_sysctl(SYS "forwarding", "0");
	ask();
	ping("ff02::2");
	advertise("fe80::4");
	UNTIL(told(false) == 2);
	told(true);
	ends();
	tap_sysctl(SYS "forwarding", "1");
	told(true);
	tap_forward_end();
	return 0;
}
