// SPDX-License-Identifier: MPL-2.0
// What tests of forwarding share: two tun devices, t0 and t1, a packet that is put in by one of
// them, and all that leaves by either because of it. A ping behind the packet tells when that is
// all: the process stays on one CPU, where packets are handled in order.
#ifndef TESTS_ABI_LIB_FORWARD_H
#define TESTS_ABI_LIB_FORWARD_H

#include "netlink.h"
#include "tap.h"
#include <sched.h>

#define FW_MARK 0x7e57 /* the identifier of the pings */

static int fw_fd[2];

static void fw_start(void)
{
	cpu_set_t one;
	int s;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
	net_start();
	fw_fd[0] = tap_open("t0", IFF_TUN);
	fw_fd[1] = tap_open("t1", IFF_TUN);
	s = nl_socket(NETLINK_ROUTE, 0);
	no_link_local(s, "t0", 1);
	no_link_local(s, "t1", 1);
	close(s);
	tap_up("t0", "10.1.0.1");
	tap_up("t1", "10.2.0.1");
}

/* An address of IPv6 that needs no check. */
__attribute__((unused)) static void fw_address6(int s, const char *dev, const char *text)
{
	struct nl_message m;
	struct ifaddrmsg *a = nl_new(&m, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE, sizeof(*a));

	a->ifa_family = AF_INET6;
	a->ifa_prefixlen = 64;
	a->ifa_flags = IFA_F_NODAD;
	a->ifa_index = tap_index(dev);
	nl_attr_addr(&m, IFA_LOCAL, text);
	nl_ask("an address", s, &m);
}

/* What a file says, which is named by its place in a folder. */
__attribute__((unused)) static void fw_show_file(const char *folder, const char *path)
{
	char text[64] = "", full[128];
	int fd;

	snprintf(full, sizeof(full), "%s%s", folder, path);
	fd = open(full, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		strcpy(text, "none\n");
	close(fd);
	printf("%s: %s", path, text);
}

static void fw_show4(const char *name, const struct tap_packet *p)
{
	const struct iphdr *h = (const void *)p->b;
	const unsigned char *b = p->b + h->ihl * 4;
	char from[32], to[32];
	int frag = ntohs(h->frag_off);

	inet_ntop(AF_INET, &h->saddr, from, sizeof(from));
	inet_ntop(AF_INET, &h->daddr, to, sizeof(to));
	printf("  %s: %s > %s tos %#x ttl %d protocol %d len %d/%d", name, from, to, h->tos, h->ttl,
		h->protocol, ntohs(h->tot_len), p->n);
	printf(" sum %s", tap_fold(tap_sum(p->b, h->ihl * 4, 0)) ? "bad" : "good");
	if (h->protocol == IPPROTO_ICMP) {
		printf(" icmp %d/%d word %02x%02x%02x%02x %s\n", b[0], b[1], b[4], b[5], b[6], b[7],
			tap_fold(tap_sum(b, p->n - h->ihl * 4, 0)) ? "bad" : "good");
		if (b[0] && b[0] != ICMP_ECHO)
			printf("    about ttl %d of a packet to ..%d\n", b[16], b[27]);
		return;
	}
	/* What the kernel sends itself has any number. */
	printf(" id %s frag %#x", ntohs(h->id) == 77 || ntohs(h->id) == 78 ? "kept" : "any", frag);
	for (int i = 20; i < h->ihl * 4; i++)
		printf("%s%02x", i == 20 ? " options " : "", p->b[i]);
	printf("\n");
}

static void fw_show6(const char *name, const struct tap_packet *p)
{
	const struct ip6_hdr *h = (const void *)p->b;
	const unsigned char *b = p->b + 40;
	char from[64], to[64];

	inet_ntop(AF_INET6, &h->ip6_src, from, sizeof(from));
	inet_ntop(AF_INET6, &h->ip6_dst, to, sizeof(to));
	printf("  %s: %s > %s hops %d next %d len %d/%d", name, from, to, h->ip6_hlim, h->ip6_nxt,
		ntohs(h->ip6_plen), p->n);
	if (h->ip6_nxt == IPPROTO_ICMPV6) {
		printf(" icmp6 %d/%d word %02x%02x%02x%02x %s", b[0], b[1], b[4], b[5], b[6], b[7],
			tap_sum6(p, 0, 40, IPPROTO_ICMPV6) ? "bad" : "good");
		if (b[0] < 128)
			printf(" about hops %d", b[8 + 7]);
		if (b[0] == 137) {
			inet_ntop(AF_INET6, b + 8, from, sizeof(from));
			inet_ntop(AF_INET6, b + 24, to, sizeof(to));
			printf(" redirect of %s to %s option %d of %d about hops %d", to, from,
				b[40], b[41], b[48 + 7]);
		}
	}
	printf("\n");
}

/* What Linux sends by itself: reports of groups, and what looks for routers and neighbours. */
static bool fw_is_noise(const struct tap_packet *p)
{
	if (p->b[0] >> 4 == 4)
		return p->b[9] == IPPROTO_IGMP;
	return p->b[6] == IPPROTO_HOPOPTS ||
		(p->b[6] == IPPROTO_ICMPV6 && p->b[40] >= 130 && p->b[40] != 137);
}

static bool fw_is_mark(const struct tap_packet *p)
{
	return p->b[0] >> 4 == 4 && p->b[9] == IPPROTO_ICMP && p->b[20] == ICMP_ECHOREPLY &&
		p->b[24] == FW_MARK >> 8 && p->b[25] == (FW_MARK & 255);
}

static void fw_see(int i, const struct tap_packet *p)
{
	char name[3] = { 't', '0' + i, 0 };

	if (fw_is_noise(p))
		return;
	if (p->b[0] >> 4 == 4)
		fw_show4(name, p);
	else
		fw_show6(name, p);
}

/* Pings by t0, shows what comes before the answer, then what t1 has. */
static void fw_flush(void)
{
	struct icmphdr h = { .type = ICMP_ECHO };
	struct tap_packet p = { 0 };

	h.un.echo.id = htons(FW_MARK);
	h.checksum = tap_fold(tap_sum(&h, 8, 0));
	tap_ip4(&p, "10.1.0.99", "10.1.0.1", IPPROTO_ICMP, 8, 0, 0);
	tap_add(&p, &h, 8);
	CHECK(tap_write(fw_fd[0], &p) == p.n);
	for (;;) {
		struct pollfd f = { .fd = fw_fd[0], .events = POLLIN };
		CHECK(poll(&f, 1, TAP_WAIT) == 1);
		p.n = read(fw_fd[0], p.b, sizeof(p.b));
		if (fw_is_mark(&p))
			break;
		fw_see(0, &p);
	}
	for (;;) {
		struct pollfd f = { .fd = fw_fd[1], .events = POLLIN };
		if (poll(&f, 1, 0) != 1)
			break;
		p.n = read(fw_fd[1], p.b, sizeof(p.b));
		fw_see(1, &p);
	}
}

/* Puts a packet in by device @i, and shows what comes of it. */
static void fw_put(const char *what, int i, const struct tap_packet *p)
{
	printf("%s\n", what);
	if (tap_write(fw_fd[i], p) != p->n)
		printf("  write: %s\n", t_errname(errno));
	fw_flush();
}

/* A UDP packet with @len bytes of data. */
static void fw_udp4(struct tap_packet *p, const char *from, const char *to, int ttl, int len,
	int frag)
{
	struct iphdr *h = (void *)p->b;

	memset(p, 0, sizeof(*p));
	tap_ip4(p, from, to, IPPROTO_UDP, 8 + len, 77, frag);
	tap_udp(p, 1000, 2000, len);
	p->n += len;
	h->ttl = ttl;
	h->check = 0;
	h->check = tap_fold(tap_sum(h, 20, 0));
}

static void fw_udp6(struct tap_packet *p, const char *from, const char *to, int hops, int len)
{
	memset(p, 0, sizeof(*p));
	tap_ip6(p, from, to, IPPROTO_UDP, 8 + len);
	tap_udp(p, 1000, 2000, len);
	p->n += len;
	p->b[7] = hops;
	((struct udphdr *)(p->b + 40))->check = tap_sum6(p, 0, 40, IPPROTO_UDP);
}

/* A line of a file of counters: the number behind a name of its first line, or of its own line. */
static void fw_counter(const char *file, const char *section, const char *name)
{
	char names[2048], numbers[2048], *a, *b, *sa, *sb;
	FILE *f = fopen(file, "r");

	CHECK(f);
	while (fgets(names, sizeof(names), f) && fgets(numbers, sizeof(numbers), f)) {
		if (strncmp(names, section, strlen(section)) || names[strlen(section)] != ':')
			continue;
		a = strtok_r(names, " \n", &sa);
		b = strtok_r(numbers, " \n", &sb);
		while (a && b) {
			if (!strcmp(a, name))
				printf("%s %s %s\n", section, name, b);
			a = strtok_r(NULL, " \n", &sa);
			b = strtok_r(NULL, " \n", &sb);
		}
	}
	fclose(f);
}

#endif
