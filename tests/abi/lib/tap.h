// SPDX-License-Identifier: MPL-2.0
// What tests of links share: tun and tap devices, and packets that are written to them and read
// from them. Linux sends some by itself (neighbour discovery, reports of groups): a reader waits
// for the kind of packet that it names, and skips all others.
#ifndef TESTS_ABI_LIB_TAP_H
#define TESTS_ABI_LIB_TAP_H

#include "net.h"
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/ioctl.h>

#define TAP_WAIT 10000 /* ms: longer than any answer takes */

static int tap_sock(void)
{
	static int s = -1;

	if (s < 0)
		s = socket(AF_INET, SOCK_DGRAM, 0);
	return s;
}

/* A device of this name; IFF_NO_PI is added. */
static int tap_open(const char *name, int flags)
{
	struct ifreq r = { 0 };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	strcpy(r.ifr_name, name);
	r.ifr_flags = flags | IFF_NO_PI;
	CHECK(ioctl(fd, TUNSETIFF, &r) == 0);
	return fd;
}

static void tap_flags(const char *name, int on)
{
	struct ifreq r = { 0 };

	strcpy(r.ifr_name, name);
	CHECK(ioctl(tap_sock(), SIOCGIFFLAGS, &r) == 0);
	r.ifr_flags |= on;
	CHECK(ioctl(tap_sock(), SIOCSIFFLAGS, &r) == 0);
}

static void tap_addr(const char *name, unsigned cmd, const char *address)
{
	union net_addr a = net_addr(address, 0);
	struct ifreq r = { 0 };

	strcpy(r.ifr_name, name);
	memcpy(&r.ifr_addr, &a.in, sizeof(a.in));
	CHECK(ioctl(tap_sock(), cmd, &r) == 0);
}

static int tap_index(const char *name)
{
	struct ifreq r = { 0 };

	strcpy(r.ifr_name, name);
	CHECK(ioctl(tap_sock(), SIOCGIFINDEX, &r) == 0);
	return r.ifr_ifindex;
}

/* Up, with this address of a network of 24 bits. */
static void tap_up(const char *name, const char *address)
{
	tap_addr(name, SIOCSIFADDR, address);
	tap_addr(name, SIOCSIFNETMASK, "255.255.255.0");
	tap_flags(name, IFF_UP | IFF_RUNNING);
}

/* Writes to a file, for /proc/sys. */
static void tap_sysctl(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* Forwarding is off again, for other tests. */
__attribute__((unused)) static void tap_forward_end(void)
{
	tap_sysctl("/proc/sys/net/ipv4/ip_forward", "0");
	tap_sysctl("/proc/sys/net/ipv6/conf/all/forwarding", "0");
}

/* ---- checksums ---- */

static unsigned tap_sum(const void *p, size_t n, unsigned sum)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? b[i] : b[i] << 8;
	return sum;
}
static unsigned short tap_fold(unsigned sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((unsigned short)~sum);
}

/* ---- packets ---- */

struct tap_packet {
	unsigned char b[4096];
	int n;
};

static void tap_add(struct tap_packet *p, const void *bytes, int n)
{
	memcpy(p->b + p->n, bytes, n);
	p->n += n;
}

/* An IPv4 header for @len bytes that follow; @frag as it stands in the header. */
static void tap_ip4(struct tap_packet *p, const char *from, const char *to, int protocol, int len,
	int id, int frag)
{
	struct iphdr h = { .version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = protocol,
		.id = htons(id),
		.frag_off = htons(frag),
		.tot_len = htons(20 + len) };

	inet_pton(AF_INET, from, &h.saddr);
	inet_pton(AF_INET, to, &h.daddr);
	h.check = tap_fold(tap_sum(&h, 20, 0));
	tap_add(p, &h, 20);
}

/* Without a checksum, which IPv4 permits. */
static void tap_udp(struct tap_packet *p, int from, int to, int len)
{
	struct udphdr h = { .source = htons(from), .dest = htons(to), .len = htons(8 + len) };

	tap_add(p, &h, 8);
}

static void tap_ip6(struct tap_packet *p, const char *from, const char *to, int next, int len)
{
	struct ip6_hdr h = { .ip6_flow = htonl(6u << 28),
		.ip6_plen = htons(len),
		.ip6_nxt = next,
		.ip6_hlim = 255 };

	inet_pton(AF_INET6, from, &h.ip6_src);
	inet_pton(AF_INET6, to, &h.ip6_dst);
	tap_add(p, &h, 40);
}

/* The sum of a packet whose IPv6 header begins at @at, from @from on, as protocol @next. */
static unsigned short tap_sum6(const struct tap_packet *p, int at, int from, int next)
{
	unsigned sum = tap_sum(p->b + at + 8, 32, next + p->n - from);

	return tap_fold(tap_sum(p->b + from, p->n - from, sum));
}

static long tap_write(int fd, const struct tap_packet *p)
{
	return write(fd, p->b, p->n);
}

/* The next packet that @wanted accepts; false: none came for @ms. */
static bool tap_read_for(int fd, struct tap_packet *p, bool (*wanted)(const struct tap_packet *),
	int ms)
{
	struct pollfd f = { .fd = fd, .events = POLLIN };

	while (poll(&f, 1, ms) == 1) {
		p->n = read(fd, p->b, sizeof(p->b));
		if (p->n > 0 && wanted(p))
			return true;
	}
	return false;
}

static bool tap_read(int fd, struct tap_packet *p, bool (*wanted)(const struct tap_packet *))
{
	return tap_read_for(fd, p, wanted, TAP_WAIT);
}

/* ---- what packets of a tun device are ---- */

__attribute__((unused)) static bool tap_is_udp4(const struct tap_packet *p)
{
	return p->b[0] >> 4 == 4 && p->b[9] == IPPROTO_UDP;
}
__attribute__((unused)) static bool tap_is_icmp4(const struct tap_packet *p)
{
	return p->b[0] >> 4 == 4 && p->b[9] == IPPROTO_ICMP;
}
/* Errors and echoes, not neighbour discovery. */
__attribute__((unused)) static bool tap_is_icmp6(const struct tap_packet *p)
{
	return p->b[0] >> 4 == 6 && p->b[6] == IPPROTO_ICMPV6 && (p->b[40] < 5 || p->b[40] == 129);
}

#endif
