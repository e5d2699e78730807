// SPDX-License-Identifier: MPL-2.0
// ICMP_FILTER and ICMP6_FILTER of raw sockets, and packets with a header of the sender's own.
#include "../lib/net.h"
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

#define LEVEL_RAW 255

/* The types that came, one after the other. */
static void came(const char *what, int s, bool four)
{
	unsigned char b[256];
	ssize_t n;

	printf("%s:", what);
	while ((n = recv(s, b, sizeof(b), MSG_DONTWAIT)) > 0)
		printf(" %d", four ? b[20] : b[0]);
	printf("\n");
}

static void ping4(int s)
{
	struct icmphdr h = { .type = ICMP_ECHO, .un.echo.id = htons(7) };
	union net_addr lo = net_addr("127.0.0.1", 0);

	h.checksum = (uint16_t)~(ICMP_ECHO + htons(7));
	CHECK(sendto(s, &h, sizeof(h), 0, &lo.any, net_len(&lo)) == sizeof(h));
}

static void ping6(int s)
{
	struct icmp6_hdr h = { .icmp6_type = ICMP6_ECHO_REQUEST, .icmp6_id = htons(7) };
	union net_addr lo = net_addr("::1", 0);

	CHECK(sendto(s, &h, sizeof(h), 0, &lo.any, net_len(&lo)) == sizeof(h));
}

static void four(void)
{
	int s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), u = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	uint32_t mask = 1, back = 9;
	socklen_t n = sizeof(back);

	T(getsockopt(s, LEVEL_RAW, 1, &back, &n));
	SHOWX(back);
	ping4(s);
	came("all", s, true);
	mask = 1u << ICMP_ECHO;
	T(setsockopt(s, LEVEL_RAW, 1, &mask, sizeof(mask)));
	ping4(s);
	came("no requests", s, true);
	mask = ~(1u << ICMP_ECHO);
	T(setsockopt(s, LEVEL_RAW, 1, &mask, sizeof(mask)));
	ping4(s);
	came("requests alone", s, true);
	n = sizeof(back);
	T(getsockopt(s, LEVEL_RAW, 1, &back, &n));
	SHOWX(back);
	n = 2;
	T(getsockopt(s, LEVEL_RAW, 1, &back, &n));
	SHOW(n);
	n = 8;
	T(getsockopt(s, LEVEL_RAW, 1, &back, &n));
	SHOW(n);
	mask = 0xffff0000;
	T(setsockopt(s, LEVEL_RAW, 1, &mask, 2));
	n = sizeof(back);
	T(getsockopt(s, LEVEL_RAW, 1, &back, &n));
	SHOWX(back);
	T(setsockopt(s, LEVEL_RAW, 1, NULL, 4));
	T(setsockopt(s, LEVEL_RAW, 2, &mask, 4));
	T(setsockopt(u, LEVEL_RAW, 1, &mask, 4));
	n = sizeof(back);
	T(getsockopt(u, LEVEL_RAW, 1, &back, &n));
	close(s);
	close(u);
}

static void six(void)
{
	int s = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	struct icmp6_filter f, back;
	socklen_t n = sizeof(back);

	T(getsockopt(s, IPPROTO_ICMPV6, ICMP6_FILTER, &back, &n));
	SHOWX(back.icmp6_filt[4]);
	ping6(s);
	came("all", s, false);
	ICMP6_FILTER_SETPASSALL(&f);
	ICMP6_FILTER_SETBLOCK(ICMP6_ECHO_REPLY, &f);
	T(setsockopt(s, IPPROTO_ICMPV6, ICMP6_FILTER, &f, sizeof(f)));
	ping6(s);
	came("no replies", s, false);
	ICMP6_FILTER_SETBLOCKALL(&f);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &f);
	T(setsockopt(s, IPPROTO_ICMPV6, ICMP6_FILTER, &f, sizeof(f)));
	ping6(s);
	came("replies alone", s, false);
	n = sizeof(back);
	T(getsockopt(s, IPPROTO_ICMPV6, ICMP6_FILTER, &back, &n));
	IS(!memcmp(&f, &back, sizeof(f)));
	T(setsockopt(s, IPPROTO_ICMPV6, ICMP6_FILTER, NULL, sizeof(f)));
	close(s);
}

/* The fields that the kernel fills in, and those that it leaves alone. */
static void own_header(void)
{
	struct {
		struct iphdr ip;
		char data[8];
	} p = { 0 }, got;
	union net_addr lo = net_addr("127.0.0.1", 0);
	int s = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), in = socket(AF_INET, SOCK_RAW, 200), on, r;
	socklen_t n = sizeof(on);

	CHECK(getsockopt(s, 0, IP_HDRINCL, &on, &n) == 0);
	SHOW(on);
	CHECK(getsockopt(in, 0, IP_HDRINCL, &on, &n) == 0);
	SHOW(on);
	p.ip.version = 4;
	p.ip.ihl = 5;
	p.ip.ttl = 33;
	p.ip.tos = 8;
	p.ip.protocol = 200;
	p.ip.tot_len = 1;
	p.ip.check = 2;
	p.ip.daddr = lo.in.sin_addr.s_addr;
	for (int i = 0; i < 2; i++) {
		p.ip.id = i ? htons(77) : 0;
		p.ip.saddr = i ? htonl(0x7f000005) : 0;
		CHECK(sendto(s, &p, sizeof(p), 0, &lo.any, net_len(&lo)) == sizeof(p));
		CHECK(recv(in, &got, sizeof(got), 0) == sizeof(got));
		printf("%08x %d %d %d %s\n", ntohl(got.ip.saddr), ntohs(got.ip.tot_len), got.ip.ttl,
			got.ip.tos, i ? ntohs(got.ip.id) == 77 ? "the id" : "another id" : "an id");
	}
	r = sendto(s, &p, 10, 0, &lo.any, net_len(&lo));
	net_result("too short", r);
	p.ip.ihl = 15;
	net_result("a long header", sendto(s, &p, sizeof(p), 0, &lo.any, net_len(&lo)));
	T(recv(s, &got, sizeof(got), MSG_DONTWAIT));
	close(s);
	close(in);
}

int main(void)
{
	net_start();
	four();
	six();
	own_header();
	return 0;
}
