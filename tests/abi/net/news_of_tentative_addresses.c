// SPDX-License-Identifier: MPL-2.0
// An address of IPv6 that may be another machine's is told of again when it turns out to be free,
// or not; and a link-local address of one link sends packets to another link, where it is somebody
// else's.
#include "../lib/tap.h"
#include "../lib/virtual.h"

#define FREE  "2001:db8:7::1"
#define TAKEN "2001:db8:7::2"

static int tap;

/* The next news of an address that is not link-local. */
static void next_news(int news)
{
	static char buf[32768];

	for (;;) {
		struct pollfd p = { news, POLLIN, 0 };
		const struct nlmsghdr *h = (void *)buf;
		const struct ifaddrmsg *a = NLMSG_DATA(h);
		const struct in6_addr *addr;
		char text[INET6_ADDRSTRLEN];
		int n = 0;

		CHECK(poll(&p, 1, 20000) == 1 && recv(news, buf, sizeof(buf), 0) > 0);
		addr = nl_find(IFA_RTA(a), IFA_PAYLOAD(h), IFA_ADDRESS, &n);
		CHECK(addr && n == 16);
		if (addr->s6_addr[0] == 0xfe)
			continue;
		printf("news %d: %s flags %x\n", h->nlmsg_type - RTM_NEWADDR,
			inet_ntop(AF_INET6, addr, text, sizeof(text)), a->ifa_flags);
		return;
	}
}

static void add(const char *text)
{
	struct nl_message m;
	struct ifaddrmsg *a = nl_new(&m, RTM_NEWADDR, NLM_F_CREATE, sizeof(*a));

	a->ifa_family = AF_INET6;
	a->ifa_prefixlen = 64;
	a->ifa_index = if_nametoindex("t0");
	nl_attr_addr(&m, IFA_LOCAL, text);
	vl_ask("add", &m);
}

static bool asks_for_taken(const struct tap_packet *p)
{
	struct in6_addr a;

	inet_pton(AF_INET6, TAKEN, &a);
	return p->b[12] == 0x86 && p->b[20] == IPPROTO_ICMPV6 && p->b[54] == 135 &&
		!memcmp(p->b + 62, &a, 16);
}

/* Another machine says that the address is its own. */
static void defend(void)
{
	unsigned char h[8] = { 136, 0, 0, 0, 0x20 }, option[8] = { 2, 1, 2, 0, 0, 0, 0, 9 };
	struct tap_packet p = { 0 };
	struct in6_addr a;
	unsigned short sum;

	inet_pton(AF_INET6, TAKEN, &a);
	tap_add(&p, "\x33\x33\0\0\0\1", 6);
	tap_add(&p, option + 2, 6);
	tap_add(&p, "\x86\xdd", 2);
	tap_ip6(&p, TAKEN, "ff02::1", IPPROTO_ICMPV6, 32);
	p.b[14 + 7] = 255;
	tap_add(&p, h, 8);
	tap_add(&p, &a, 16);
	tap_add(&p, option, 8);
	sum = tap_sum6(&p, 14, 54, IPPROTO_ICMPV6);
	memcpy(p.b + 56, &sum, 2);
	CHECK(tap_write(tap, &p) == p.n);
}

/* Waits until the address may be used: a tentative one cannot be bound. */
static void wait_address(const char *text, const char *link)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_scope_id = if_nametoindex(link) };
	int s = socket(AF_INET6, SOCK_DGRAM, 0);

	inet_pton(AF_INET6, text, &a.sin6_addr);
	CHECK(UNTIL(bind(s, (struct sockaddr *)&a, sizeof(a)) == 0));
	close(s);
}

/*
 * From the link-local address of one end of a cable to that of the other. While the sender's is
 * tentative, Linux would take the address of a third link.
 */
static void across(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(7000) };
	int in = socket(AF_INET6, SOCK_DGRAM, 0), out = socket(AF_INET6, SOCK_DGRAM, 0);
	struct pollfd p = { in, POLLIN, 0 };
	char b[8], text[INET6_ADDRSTRLEN];
	socklen_t n = sizeof(a);

	CHECK(bind(in, (struct sockaddr *)&a, sizeof(a)) == 0);
	inet_pton(AF_INET6, "fe80::ff:fe00:2", &a.sin6_addr);
	a.sin6_scope_id = if_nametoindex("v1");
	wait_address("fe80::ff:fe00:1", "v1");
	wait_address("fe80::ff:fe00:2", "v2");
	UNTIL(sendto(out, "hello", 5, 0, (struct sockaddr *)&a, sizeof(a)) == 5 &&
		poll(&p, 1, 100) == 1);
	T(recvfrom(in, b, sizeof(b), 0, (struct sockaddr *)&a, &n));
	printf("from %s of the receiver's link: %d\n",
		inet_ntop(AF_INET6, &a.sin6_addr, text, sizeof(text)),
		a.sin6_scope_id == if_nametoindex("v2"));
	close(in);
	close(out);
}

int main(void)
{
	int news;

	vl_start();
	tap = tap_open("t0", IFF_TAP);
	news = nl_socket(NETLINK_ROUTE, 1 << (RTNLGRP_IPV6_IFADDR - 1));
	tap_flags("t0", IFF_UP | IFF_RUNNING);
	add(FREE);
	next_news(news);
	next_news(news);
	add(TAKEN);
	next_news(news);
	for (struct tap_packet p; !tap_read_for(tap, &p, asks_for_taken, 10000);)
		CHECK(!"asked");
	defend();
	next_news(news);
	CHECK(vl_make_veth(NULL, "v1", "v2") == 0);
	CHECK(vl_address(NULL, "v1", "\x02\x00\x00\x00\x00\x01") == 0);
	CHECK(vl_address(NULL, "v2", "\x02\x00\x00\x00\x00\x02") == 0);
	CHECK(vl_up(NULL, "v1", true) == 0 && vl_up(NULL, "v2", true) == 0);
	across();
	CHECK(vl_del(NULL, "v1") == 0);
	return 0;
}
