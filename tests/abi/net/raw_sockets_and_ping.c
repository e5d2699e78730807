// SPDX-License-Identifier: MPL-2.0
// Raw sockets: echo by ICMP and ICMPv6, what is received with which header, filters, one's own IPv4
// header, unknown protocols, who may.
#include "../lib/net.h"
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

static unsigned short sum(const void *data, int n)
{
	const unsigned short *w = data;
	unsigned s = 0;

	for (; n > 1; n -= 2)
		s += *w++;
	s = (s & 0xffff) + (s >> 16);
	return (unsigned short)~((s & 0xffff) + (s >> 16));
}

static void show4(const char *what, int s)
{
	unsigned char b[200];
	union net_addr from;
	socklen_t n = sizeof(from);
	ssize_t got = recvfrom(s, b, sizeof(b), MSG_DONTWAIT, &from.any, &n);
	struct iphdr *h = (void *)b;

	net_result(what, got);
	if (got < 0)
		return;
	net_show("  from", &from);
	printf("  ihl %d tos %d ttl %d protocol %d length %d sum ok %d then", h->ihl, h->tos,
		h->ttl, h->protocol, ntohs(h->tot_len), sum(h, 20) == 0);
	for (int i = 20; i < got && i < 32; i++)
		printf(" %02x", b[i]);
	printf("\n");
}

static void ping4(void)
{
	struct {
		struct icmphdr h;
		char data[8];
	} p = { .h = { .type = ICMP_ECHO, .un.echo = { htons(77), htons(5) } }, .data = "payload" };
	int s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), filter = ~(1 << ICMP_ECHOREPLY);
	union net_addr to = net_addr("127.0.0.1", 0);

	p.h.checksum = sum(&p, sizeof(p));
	net_result("echo", sendto(s, &p, sizeof(p), 0, &to.any, net_len(&to)));
	show4("request", s);
	show4("reply", s);
	show4("no more", s);
	net_result("filter", setsockopt(s, SOL_RAW, 1, &filter, sizeof(filter)));
	net_result("echo", sendto(s, &p, sizeof(p), 0, &to.any, net_len(&to)));
	show4("reply only", s);
	show4("no more", s);
	p.h.checksum ^= 1;
	net_result("bad sum", sendto(s, &p, sizeof(p), 0, &to.any, net_len(&to)));
	show4("nothing", s);
	net_name("name", s, false);
	net_name("peer", s, true);
	close(s);
}

static void ping6(void)
{
	struct {
		struct icmp6_hdr h;
		char data[8];
	} p = { .data = "payload" };
	int s = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	union net_addr to = net_addr("::1", 0), from;
	struct icmp6_filter f;
	unsigned char b[100];
	socklen_t n;
	ssize_t got;

	p.h.icmp6_type = ICMP6_ECHO_REQUEST;
	p.h.icmp6_id = htons(9);
	ICMP6_FILTER_SETBLOCKALL(&f);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &f);
	net_result("filter", setsockopt(s, IPPROTO_ICMPV6, ICMP6_FILTER, &f, sizeof(f)));
	for (socklen_t n = 0; n <= 40; n += 10) {
		struct icmp6_filter now[2] = { 0 };
		socklen_t len = n;
		net_result("it is", getsockopt(s, IPPROTO_ICMPV6, ICMP6_FILTER, now, &len));
		printf("%d bytes, %s\n", (int)len, memcmp(now, &f, len) ? "other ones" : "these");
	}
	net_result("echo", sendto(s, &p, sizeof(p), 0, &to.any, net_len(&to)));
	for (int i = 0; i < 2; i++) {
		n = sizeof(from);
		got = recvfrom(s, b, sizeof(b), MSG_DONTWAIT, &from.any, &n);
		net_result("reply", got);
		if (got > 0) {
			net_show("  from", &from);
			printf("  type %d id %02x%02x %s\n", b[0], b[4], b[5], b + 8);
		}
	}
	close(s);
}

static void own_header(void)
{
	struct {
		struct iphdr h;
		char data[12];
	} p = { .h = { .version = 4, .ihl = 5, .ttl = 9, .protocol = 200, .tos = 4 },
		.data = "own header" };
	int in = socket(AF_INET, SOCK_RAW, 200), out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	union net_addr to = net_addr("127.0.0.1", 0);

	p.h.daddr = to.in.sin_addr.s_addr;
	net_result("own header", sendto(out, &p, sizeof(p), 0, &to.any, net_len(&to)));
	show4("got", in);
	net_result("plain", sendto(in, "plain", 5, 0, &to.any, net_len(&to)));
	show4("got", in);
	net_result("too short", sendto(out, &p, 10, 0, &to.any, net_len(&to)));
	close(in);
	/* Nobody takes the protocol now: an error comes back. */
	in = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	net_result("unknown", sendto(out, &p, sizeof(p), 0, &to.any, net_len(&to)));
	show4("error", in);
	close(in);
	close(out);
}

int main(void)
{
	net_start();
	ping4();
	ping6();
	own_header();
	net_result("protocol 0", socket(AF_INET, SOCK_RAW, 0));
	if (fork() == 0) {
		setgroups(0, NULL);
		CHECK(setuid(1000) == 0);
		net_result("raw", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
		net_result("raw 6", socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	return 0;
}
