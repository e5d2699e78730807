// SPDX-License-Identifier: MPL-2.0
// PACKET_VNET_HDR: the header before packets that are received and sent: checksums that are still
// to be computed, headers that do not fit.
#include "../lib/packet.h"

struct frame {
	struct virtio_net_hdr v;
	unsigned char b[2000];
} __attribute__((packed));

static void receive(const char *what, int s, int size)
{
	struct frame f;
	int n = recv(s, &f, size, MSG_DONTWAIT);

	if (n < 0)
		printf("%s: %s\n", what, t_errname(errno));
	else
		printf("%s: %d bytes, flags %d gso %d header %d size %d start %d offset %d\n", what,
			n, f.v.flags, f.v.gso_type, f.v.hdr_len, f.v.gso_size, f.v.csum_start,
			f.v.csum_offset);
}

/* An IPv4 datagram in an Ethernet frame, whose sum has the pseudo-header's part only. */
static int datagram(unsigned char *b, int data)
{
	struct tap_packet p = { 0 };
	struct udphdr *u;
	unsigned sum;

	p.n = pk_frame(p.b, pk_zero, pk_zero, ETH_P_IP, 0);
	tap_ip4(&p, "127.0.0.1", "127.0.0.1", IPPROTO_UDP, 8 + data, 7, 0);
	tap_udp(&p, 7700, 7701, data);
	u = (struct udphdr *)(p.b + 34);
	sum = tap_sum(p.b + 26, 8, IPPROTO_UDP + 8 + data);
	u->check = ~tap_fold(sum);
	for (int i = 0; i < data; i++)
		p.b[p.n++] = 'a' + i % 26;
	memcpy(b, p.b, p.n);
	return p.n;
}

/* Headers of a large segment that say that they are shorter or longer than can be: nothing leaves. */
static void broken(int s, int tap, struct sockaddr_ll *a)
{
	static struct frame f;
	struct tap_packet p = { 0 };
	int segments = 0, n;

	p.n = pk_frame(p.b, pk_zero, pk_zero, ETH_P_IP, 0);
	tap_ip4(&p, "10.8.0.1", "10.8.0.2", IPPROTO_TCP, 1800, 7, 0);
	memcpy(f.b, p.b, p.n);
	f.v.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	f.v.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	f.v.gso_size = 500;
	f.v.csum_start = 34;
	f.v.csum_offset = 16;
	for (int words = 0; words < 5; words++) {
		f.b[34 + 12] = words << 4;
		sendto(s, &f, 10 + 34 + 1800, 0, (struct sockaddr *)a, sizeof(*a));
	}
	f.b[34 + 12] = 5 << 4;
	for (int words = 0; words < 16; words++) {
		f.b[14] = 0x40 | words;
		if (words != 5)
			sendto(s, &f, 10 + 34 + 1800, 0, (struct sockaddr *)a, sizeof(*a));
	}
	memset(&f, 0, sizeof(f));
	n = datagram(f.b, 20);
	T(sendto(s, &f, 10 + n, 0, (struct sockaddr *)a, sizeof(*a)));
	do {
		CHECK((p.n = read(tap, p.b, sizeof(p.b))) > 0);
		segments += p.b[12] == 8 && !p.b[13] && p.b[23] == IPPROTO_TCP;
	} while (p.n < 34 || p.b[12] != 8 || p.b[13] || p.b[23] != IPPROTO_UDP);
	printf("%d segments with broken headers\n", segments);
}

static void sends(void)
{
	struct sockaddr_ll a = pk_addr("lo", ETH_P_IP);
	int s = socket(AF_PACKET, SOCK_RAW, 0), tap = tap_open("t0", IFF_TAP), n, len, v = 1;
	struct frame f = { 0 };
	struct tap_packet p;

	tap_up("t0", "10.8.0.1");
	a = pk_addr("t0", ETH_P_IP);
	T(pk_int(s, PACKET_VNET_HDR, v));
	n = datagram(f.b, 20);
	len = 10 + n;
	for (int k = 0; k <= 12; k += 3)
		T(sendto(s, &f, k, 0, (struct sockaddr *)&a, sizeof(a)));
	T(sendto(s, &f, len, 0, (struct sockaddr *)&a, sizeof(a)));
	f.v.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	f.v.csum_start = 34;
	f.v.csum_offset = 6;
	T(sendto(s, &f, len, 0, (struct sockaddr *)&a, sizeof(a)));
	for (int k = 0; k < 2; k++) {
		do
			CHECK((p.n = read(tap, p.b, sizeof(p.b))) > 0);
		while (p.n < 34 || p.b[12] != 8 || p.b[13] || p.b[23] != IPPROTO_UDP);
		printf("read %d bytes, sum %s\n", p.n,
			tap_fold(tap_sum(p.b + 34, p.n - 34,
				tap_sum(p.b + 26, 8, IPPROTO_UDP + p.n - 34)))
				? "not good"
				: "good");
	}
	f.v.csum_start = 60;
	T(sendto(s, &f, len, 0, (struct sockaddr *)&a, sizeof(a)));
	f.v.csum_start = 34;
	f.v.csum_offset = 3000;
	T(sendto(s, &f, len, 0, (struct sockaddr *)&a, sizeof(a)));
	f.v.csum_offset = 6;
	f.v.hdr_len = 3000;
	T(sendto(s, &f, len, 0, (struct sockaddr *)&a, sizeof(a)));
	f.v.hdr_len = 0;
	f.v.gso_type = 77;
	T(sendto(s, &f, len, 0, (struct sockaddr *)&a, sizeof(a)));
	f.v.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	f.v.gso_size = 0;
	T(sendto(s, &f, len, 0, (struct sockaddr *)&a, sizeof(a)));
	broken(s, tap, &a);
	close(s);
	close(tap);
}

int main(void)
{
	int s, u, v = 1;
	union net_addr to = net_addr("127.0.0.1", 7701);

	net_start();
	s = pk_open(SOCK_RAW, "lo", ETH_P_IP);
	u = net_bound("127.0.0.1", 7701);
	T(pk_int(s, PACKET_VNET_HDR, v));
	T(sendto(u, "datagram", 8, 0, &to.any, sizeof(to.in)));
	receive("without a sum", s, 2000);
	setsockopt(u, SOL_SOCKET, SO_NO_CHECK, &v, sizeof(v));
	for (int size = 0; size <= 30; size += 10) {
		T(sendto(u, "datagram", 8, 0, &to.any, sizeof(to.in)));
		receive("short", s, size);
	}
	pk_drain(s);
	close(u);
	close(s);
	sends();
	return 0;
}
