// SPDX-License-Identifier: MPL-2.0
// Messages that a packet was too big change the MTU of a path, but only downwards.
#include "../lib/tap.h"

static int port;

/* "Fragmentation needed" about a UDP packet of ours. */
static void too_big(int tun, int from_port, int mtu)
{
	struct tap_packet p = { 0 }, quote = { 0 };
	struct icmphdr h = { .type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED };

	h.un.frag.mtu = htons(mtu);
	tap_ip4(&quote, "10.9.0.1", "10.9.0.2", IPPROTO_UDP, 1300, 0, IP_DF);
	tap_udp(&quote, from_port, 7300, 1292);
	h.checksum = tap_fold(tap_sum(quote.b, quote.n, tap_sum(&h, 8, 0)));
	tap_ip4(&p, "10.9.0.3", "10.9.0.1", IPPROTO_ICMP, 8 + quote.n, 0, 0);
	tap_add(&p, &h, 8);
	tap_add(&p, quote.b, quote.n);
	T(tap_write(tun, &p));
}

static void show(int s)
{
	int mtu = 0, err = 0;
	socklen_t n = sizeof(mtu);

	getsockopt(s, SOL_SOCKET, SO_ERROR, &err, &n);
	CHECK(getsockopt(s, IPPROTO_IP, IP_MTU, &mtu, &n) == 0);
	printf("mtu %d, error %s\n", mtu, err ? t_errname(err) : "none");
}

int main(void)
{
	union net_addr to = net_addr("10.9.0.2", 7300);
	int tun, s, on = 1;

	net_start();
	tun = tap_open("t0", IFF_TUN);
	tap_up("t0", "10.9.0.1");
	s = socket(AF_INET, SOCK_DGRAM, 0);
	T(connect(s, &to.any, net_len(&to)));
	port = net_port(s);
	show(s);
	too_big(tun, port, 1200);
	show(s);
	too_big(tun, port, 1400);
	show(s);
	too_big(tun, port, 1000);
	show(s);
	CHECK(setsockopt(s, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) == 0);
	too_big(tun, port, 900);
	show(s);
	return 0;
}
