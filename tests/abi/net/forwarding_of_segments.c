// SPDX-License-Identifier: MPL-2.0
// Packets with a virtio header are forwarded: checksums that are still to be completed, segments
// that the next device takes as one packet, or not, or that are larger than its MTU.
#include "../lib/netlink.h"
#include "../lib/tap.h"
#include <linux/virtio_net.h>
#include <netinet/tcp.h>

static int fd[2], s;

struct vnet_packet {
	struct virtio_net_hdr v;
	struct tap_packet p;
};

static bool put(const struct vnet_packet *p)
{
	char b[8192];

	memcpy(b, &p->v, 10);
	memcpy(b + 10, p->p.b, p->p.n);
	return write(fd[0], b, 10 + p->p.n) == 10 + p->p.n;
}

/* The next packet with TCP or UDP, of either family, or an ICMP error; false: none is there. */
static bool take(int f, struct vnet_packet *p, int ms)
{
	struct pollfd w = { .fd = f, .events = POLLIN };
	char b[8192];
	int n;

	while (poll(&w, 1, ms) == 1) {
		n = read(f, b, sizeof(b));
		memcpy(&p->v, b, 10);
		p->p.n = n - 10;
		memcpy(p->p.b, b + 10, n - 10);
		if (b[10] >> 4 == 4 ? b[19] == 6 || b[19] == 17 || b[19] == 1
				    : b[16] == 6 || b[16] == 17 || (b[16] == 58 && b[50] < 5))
			return true;
	}
	return false;
}

/* Whether the sum of TCP or UDP is right; with a sum to be completed, that of the pseudo-header. */
static const char *sum_of(const struct vnet_packet *p)
{
	const unsigned char *b = p->p.b;
	bool is4 = b[0] >> 4 == 4;
	int at = is4 ? (b[0] & 15) * 4 : 40, protocol = is4 ? b[9] : b[6], len = p->p.n - at;
	unsigned sum = tap_sum(b + (is4 ? 12 : 8), is4 ? 8 : 32, protocol + len);

	if (protocol == 1 || protocol == 58)
		return "unseen";
	if (p->v.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		unsigned short want = (unsigned short)~tap_fold(sum), have;
		memcpy(&have, b + at + p->v.csum_offset, 2);
		return p->v.csum_start == at && have == want ? "to be completed" : "confused";
	}
	return tap_fold(tap_sum(b + at, len, sum)) ? "bad" : "good";
}

static void show(int i, const struct vnet_packet *p)
{
	const unsigned char *b = p->p.b;
	bool is4 = b[0] >> 4 == 4;
	int at = is4 ? 20 : 40, protocol = is4 ? b[9] : b[6];

	printf("  t%d: protocol %d hops %d len %d gso %d size %d sum %s", i, protocol,
		is4 ? b[8] : b[7], p->p.n, p->v.gso_type, p->v.gso_size, sum_of(p));
	if (is4 && protocol != 1)
		printf(" header %s id %d frag %#x", tap_fold(tap_sum(b, 20, 0)) ? "bad" : "good",
			b[4] << 8 | b[5], b[6] << 8 | b[7]);
	if (protocol == 6 && !(is4 && (b[6] & 31)) && !(is4 && b[7]))
		printf(" sequence %d flags %#x", b[at + 6] << 8 | b[at + 7], b[at + 13]);
	if (protocol == 1 || protocol == 58)
		printf(" type %d/%d word %d", b[at], b[at + 1], b[at + 6] << 8 | b[at + 7]);
	printf("\n");
}

/* A packet with @len bytes of data, whose sum is that of the pseudo-header alone. */
static void make(struct vnet_packet *p, bool is4, int protocol, int len, int frag)
{
	int head = protocol == 6 ? 20 : 8, at = is4 ? 20 : 40;
	struct tcphdr t = { .source = htons(1000),
		.dest = htons(2000),
		.seq = htonl(100),
		.doff = 5,
		.psh = 1,
		.fin = 1,
		.ack = 1 };
	unsigned short sum;

	memset(p, 0, sizeof(*p));
	if (is4)
		tap_ip4(&p->p, "10.1.0.2", "10.2.0.2", protocol, head + len, 500, frag);
	else
		tap_ip6(&p->p, "2001:db8:1::2", "2001:db8:2::2", protocol, head + len);
	if (protocol == 6)
		tap_add(&p->p, &t, 20);
	else
		tap_udp(&p->p, 1000, 2000, len);
	for (int i = 0; i < len; i++)
		p->p.b[p->p.n + i] = i;
	p->p.n += len;
	sum = ~tap_fold(tap_sum(p->p.b + (is4 ? 12 : 8), is4 ? 8 : 32, protocol + head + len));
	memcpy(p->p.b + at + (protocol == 6 ? 16 : 6), &sum, 2);
	p->v.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	p->v.csum_start = at;
	p->v.csum_offset = protocol == 6 ? 16 : 6;
	p->v.hdr_len = at + head;
}

/* Puts the packet in, and shows what leaves: @nr packets by t1, or an error by t0. */
static void pass(const char *what, const struct vnet_packet *p, int nr, bool error)
{
	struct vnet_packet got;

	printf("%s: %s\n", what, put(p) ? "written" : t_errname(errno));
	for (int i = 0; i < nr && take(fd[1], &got, TAP_WAIT); i++)
		show(1, &got);
	if (error && take(fd[0], &got, TAP_WAIT))
		show(0, &got);
}

static void address(const char *dev, const char *text)
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

static void all(int whole)
{
	struct vnet_packet p;

	make(&p, true, 6, 100, 0);
	pass("TCP", &p, 1, false);
	make(&p, false, 17, 100, 0);
	pass("UDP, IPv6", &p, 1, false);
	make(&p, true, 6, 2500, IP_DF);
	p.v.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	p.v.gso_size = 1000;
	pass("TCP, three segments", &p, whole ? 1 : 3, false);
	p.v.gso_size = 1461;
	pass("TCP, too large segments", &p, 0, true);
	make(&p, false, 6, 2500, 0);
	p.v.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
	p.v.gso_size = 1000;
	pass("TCP, IPv6, three segments", &p, whole ? 1 : 3, false);
	p.v.gso_size = 1441;
	pass("TCP, IPv6, too large segments", &p, 0, true);
	make(&p, true, 6, 2500, 0);
	p.v.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	p.v.gso_size = 1600;
	pass("TCP, segments are cut", &p, 3, false);
	make(&p, true, 17, 2000, 0);
	pass("UDP, cut", &p, 2, false);
}

int main(void)
{
	net_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	for (int i = 0; i < 2; i++) {
		char name[3] = { 't', '0' + i, 0 };
		fd[i] = tap_open(name, IFF_TUN | IFF_VNET_HDR);
		no_link_local(s, name, 1);
	}
	tap_up("t0", "10.1.0.1");
	tap_up("t1", "10.2.0.1");
	address("t0", "2001:db8:1::1");
	address("t1", "2001:db8:2::1");
	tap_sysctl("/proc/sys/net/ipv4/ip_forward", "1");
	tap_sysctl("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	all(0);
	T(ioctl(fd[1], TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6));
	all(1);
	tap_forward_end();
	return 0;
}
