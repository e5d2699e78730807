// SPDX-License-Identifier: MPL-2.0
// Neighbour discovery on a tap device: addresses that are checked before they are used, routers
// that are asked, what their advertisements bring, questions and answers of neighbours, and those
// that are not believed.
#include "../lib/netlink.h"
#include "../lib/tap.h"
#include <linux/ipv6.h>

#define LL     "fe80::ff:fe00:1"
#define ROUTER "fe80::1"
#define OURS   "2001:db8:1:0:0:ff:fe00:1"
#define PEER   "2001:db8:1::5"

static const unsigned char own[6] = { 2, 0, 0, 0, 0, 1 }, router[6] = { 2, 0, 0, 0, 0, 9 };
static const unsigned char peer[6] = { 2, 0, 0, 0, 0, 5 };
static int tap, want_type;
static const char *want_target; /* NULL: any */

static void ether6(struct tap_packet *p, const unsigned char *to, const unsigned char *from)
{
	tap_add(p, to, 6);
	tap_add(p, from, 6);
	tap_add(p, "\x86\xdd", 2);
}

/* An ICMPv6 message with these bytes behind its checksum. */
static void inject(const unsigned char *mac, const char *from, const char *to, int hops, int type,
	const void *body, int len)
{
	struct tap_packet p = { 0 };
	unsigned char h[4] = { type };
	unsigned short sum;
	struct in6_addr a;
	unsigned char dst[6];

	inet_pton(AF_INET6, to, &a);
	if (a.s6_addr[0] == 0xff) {
		dst[0] = dst[1] = 0x33;
		memcpy(dst + 2, a.s6_addr + 12, 4);
	} else {
		memcpy(dst, own, 6);
	}
	ether6(&p, dst, mac);
	tap_ip6(&p, from, to, IPPROTO_ICMPV6, 4 + len);
	p.b[14 + 7] = hops;
	tap_add(&p, h, 4);
	tap_add(&p, body, len);
	sum = tap_sum6(&p, 14, 54, IPPROTO_ICMPV6);
	memcpy(p.b + 56, &sum, 2);
	CHECK(tap_write(tap, &p) == p.n);
}

/* A solicitation or advertisement of a neighbour. */
static void neighbour(int type, unsigned flags, const char *from, const char *to,
	const char *target, int option, int hops)
{
	unsigned char b[28] = { flags >> 24 };

	inet_pton(AF_INET6, target, b + 4);
	b[20] = option;
	b[21] = 1;
	memcpy(b + 22, peer, 6);
	inject(peer, from, to, hops, type, b, option ? 28 : 20);
}

static void advertise(const char *from, int hops, int lifetime, unsigned valid)
{
	unsigned char b[12 + 8 + 8 + 32] = { 64, 0, lifetime >> 8, lifetime };

	b[12] = 1; /* link address */
	b[13] = 1;
	memcpy(b + 14, router, 6);
	b[20] = 5; /* MTU */
	b[21] = 1;
	b[26] = 1400 >> 8;
	b[27] = 1400 & 255;
	b[28] = 3; /* prefix */
	b[29] = 4;
	b[30] = 64;
	b[31] = 0xc0;
	valid = htonl(valid);
	memcpy(b + 32, &valid, 4);
	memcpy(b + 36, &valid, 4);
	inet_pton(AF_INET6, "2001:db8:1::", b + 44);
	inject(router, from, "ff02::1", hops, 134, b, sizeof(b));
}

static bool is_wanted(const struct tap_packet *p)
{
	struct in6_addr a;

	if (p->b[12] != 0x86 || p->b[20] != IPPROTO_ICMPV6 || p->b[54] != want_type)
		return false;
	if (!want_target)
		return true;
	inet_pton(AF_INET6, want_target, &a);
	return !memcmp(p->b + 62, &a, 16);
}

static bool is_udp(const struct tap_packet *p)
{
	return p->b[12] == 0x86 && p->b[20] == IPPROTO_UDP;
}

static void show_mac(const char *what, const unsigned char *m)
{
	printf(" %s %02x:%02x:%02x:%02x:%02x:%02x", what, m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void show(const struct tap_packet *p)
{
	char text[64];

	show_mac("to", p->b);
	show_mac("from", p->b + 6);
	printf(" %s", inet_ntop(AF_INET6, p->b + 22, text, sizeof(text)));
	printf(" -> %s hops %d", inet_ntop(AF_INET6, p->b + 38, text, sizeof(text)), p->b[21]);
}

/* The next message of a type, about a target. */
static void show_message(int type, const char *target)
{
	struct tap_packet p;
	char text[64];

	want_type = type;
	want_target = target;
	printf("type %d:", type);
	if (!tap_read(tap, &p, is_wanted)) {
		printf(" none\n");
		return;
	}
	show(&p);
	printf(tap_sum6(&p, 14, 54, IPPROTO_ICMPV6) ? " bad sum" : " good sum");
	printf(" flags %02x", p.b[58]);
	if (type >= 135)
		printf(" about %s", inet_ntop(AF_INET6, p.b + 62, text, sizeof(text)));
	for (int at = type >= 135 ? 78 : 62; at + 8 <= p.n && p.b[at + 1]; at += p.b[at + 1] * 8)
		/* Nonces of RFC 3971 are left out. */
		if (p.b[at] != 14) {
			printf(" option %d", p.b[at]);
			show_mac("", p.b + at + 2);
		}
	printf("\n");
}

static void show_udp(void)
{
	struct tap_packet p;

	printf("udp:");
	if (!tap_read(tap, &p, is_udp)) {
		printf(" none\n");
		return;
	}
	show(&p);
	printf(" %.*s\n", p.n - 62, p.b + 62);
}

static bool usable(const char *text)
{
	union net_addr a = net_addr(text, 7500);
	int s = socket(AF_INET6, SOCK_DGRAM, 0), r;

	a.in6.sin6_scope_id = strncmp(text, "fe80", 4) ? 0 : tap_index("t0");
	r = bind(s, &a.any, net_len(&a));
	close(s);
	return r == 0;
}

/* The flags of an address as the table has them; -1: it is not there. */
static int flags_of(const char *address)
{
	char line[200], text[40];
	unsigned index, bits, scope, flags;
	struct in6_addr a;
	FILE *f = fopen("/proc/net/if_inet6", "r");
	int found = -1;

	CHECK(f);
	inet_pton(AF_INET6, address, &a);
	for (int i = 0; i < 16; i++)
		sprintf(text + 2 * i, "%02x", a.s6_addr[i]);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, text, 32) && strstr(line, "t0") &&
			sscanf(line + 32, " %x %x %x %x", &index, &bits, &scope, &flags) == 4)
			found = flags;
	fclose(f);
	return found;
}

static long send_to(int s, const char *to, const char *text)
{
	union net_addr a = net_addr(to, 7501);

	return sendto(s, text, strlen(text), 0, &a.any, net_len(&a));
}

static void add_address(const char *text)
{
	struct in6_ifreq r = { .ifr6_prefixlen = 64, .ifr6_ifindex = tap_index("t0") };
	int s = socket(AF_INET6, SOCK_DGRAM, 0);

	inet_pton(AF_INET6, text, &r.ifr6_addr);
	T(ioctl(s, SIOCSIFADDR, &r));
	close(s);
}

static void comes_up(void)
{
	struct ifreq r = { .ifr_name = "t0" };

	printf("-- comes up\n");
	r.ifr_hwaddr.sa_family = 1;
	memcpy(r.ifr_hwaddr.sa_data, own, 6);
	T(ioctl(tap, SIOCSIFHWADDR, &r));
	tap_flags("t0", IFF_UP | IFF_RUNNING);
	IS(!usable(LL));
	show_message(135, LL);
	show_message(133, NULL);
	IS(usable(LL));
	SHOW(flags_of(LL));
}

static void routers(int s)
{
	union net_addr a = net_addr("2001:db8:9::1", 7501);
	int mtu = 0;

	printf("-- routers\n");
	T(send_to(s, "2001:db8:9::1", "no route"));
	advertise(ROUTER, 64, 1800, 3600);
	advertise("2001:db8::1", 255, 1800, 3600);
	SHOW(flags_of(OURS));
	advertise(ROUTER, 255, 1800, 3600);
	show_message(135, OURS);
	UNTIL(usable(OURS));
	SHOW(flags_of(OURS));
	T(send_to(s, "2001:db8:9::1", "by the router"));
	show_udp();
	T(connect(s, &a.any, net_len(&a)));
	T(getsockopt(s, IPPROTO_IPV6, IPV6_MTU, &mtu, &(socklen_t){ sizeof(mtu) }));
	SHOW(mtu);
	close(s);
}

static void neighbours(int s)
{
	printf("-- asks\n");
	T(send_to(s, PEER, "waits"));
	show_message(135, PEER);
	neighbour(136, 0x60000000, PEER, OURS, PEER, 2, 64);
	neighbour(136, 0x60000000, PEER, "ff02::1", PEER, 2, 255);
	neighbour(136, 0x60000000, PEER, OURS, PEER, 2, 255);
	show_udp();
	printf("-- answers\n");
	neighbour(135, 0, "2001:db8:1::6", "ff02::1:ff00:1", OURS, 1, 255);
	show_message(136, OURS);
	neighbour(135, 0, "2001:db8:1::6", OURS, OURS, 1, 255);
	show_message(136, OURS);
	T(send_to(s, "2001:db8:1::6", "known"));
	show_udp();
	printf("-- is it free\n");
	neighbour(135, 0, "::", "ff02::1:ff00:1", OURS, 0, 255);
	show_message(136, OURS);
	printf("-- not believed\n");
	neighbour(135, 0, "2001:db8:1::7", "ff02::1:ff00:1", OURS, 1, 64);
	neighbour(135, 0, "::", "ff02::1:ff00:1", OURS, 1, 255);
	neighbour(135, 0, "::", OURS, OURS, 0, 255);
	neighbour(135, 0, "2001:db8:1::7", "ff02::1:ff00:1", "ff02::1", 1, 255);
	neighbour(135, 0, "2001:db8:1::8", "ff02::1:ff00:1", OURS, 1, 255);
	show_message(136, OURS);
}

/* Another machine has the address that we check. */
static void conflict(void)
{
	printf("-- conflict\n");
	add_address("2001:db8:1::77");
	show_message(135, "2001:db8:1::77");
	neighbour(136, 0x20000000, "2001:db8:1::77", "ff02::1", "2001:db8:1::77", 2, 255);
	UNTIL(flags_of("2001:db8:1::77") == 0xc8);
	IS(usable("2001:db8:1::77"));
	add_address("2001:db8:1::78");
	show_message(135, "2001:db8:1::78");
	UNTIL(usable("2001:db8:1::78"));
	SHOW(flags_of("2001:db8:1::78"));
}

static void router_goes(int s)
{
	printf("-- router goes\n");
	T(send_to(s, "2001:db8:9::1", "before"));
	show_udp();
	advertise(ROUTER, 255, 0, 3600);
	UNTIL(send_to(s, "2001:db8:9::1", "after") < 0);
	T(send_to(s, "2001:db8:9::1", "after"));
	T(send_to(s, PEER, "on the link"));
}

// Whether an address that a router has given is told to last for ever.
static bool lasts(const char *text)
{
	struct nl_message m;
	struct in6_addr want;
	int s = nl_socket(NETLINK_ROUTE, 0), len, n;
	static char buf[32768];
	bool found = false, done = false;

	inet_pton(AF_INET6, text, &want);
	nl_new(&m, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	nl_send(s, &m);
	while (!done && (n = recv(s, buf, sizeof(buf), 0)) > 0)
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			const struct rtattr *a = IFA_RTA(NLMSG_DATA(h));
			const struct ifa_cacheinfo *c;
			const void *is;

			done = h->nlmsg_type == NLMSG_DONE;
			if (done)
				break;
			is = nl_find(a, IFA_PAYLOAD(h), IFA_ADDRESS, &len);
			if (!is || len != 16 || memcmp(is, &want, 16))
				continue;
			c = nl_find(a, IFA_PAYLOAD(h), IFA_CACHEINFO, &len);
			found = c && c->ifa_valid == ~0u && c->ifa_prefered == ~0u;
		}
	close(s);
	return found;
}

int main(void)
{
	net_start();
	tap = tap_open("t0", IFF_TAP);
	comes_up();
	routers(socket(AF_INET6, SOCK_DGRAM, 0));
	IS(lasts(OURS));
	advertise(ROUTER, 255, 1800, ~0u);
	IS(UNTIL(lasts(OURS)));
	neighbours(socket(AF_INET6, SOCK_DGRAM, 0));
	conflict();
	router_goes(socket(AF_INET6, SOCK_DGRAM, 0));
	return 0;
}
