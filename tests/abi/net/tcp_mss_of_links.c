// SPDX-License-Identifier: MPL-2.0
// The MSS that SYN and SYN-ACK tell, by the MTU of the link, also of links with tiny packets.
#include "../lib/tap.h"
#include <netinet/tcp.h>

static int tun;

static bool is_tcp(const struct tap_packet *p)
{
	return p->b[0] >> 4 == 4 && p->b[9] == IPPROTO_TCP;
}

/* The option of the next segment. */
static int told_mss(void)
{
	struct tap_packet p;
	int at = 40, end;

	if (!tap_read(tun, &p, is_tcp))
		return -1;
	end = 20 + (p.b[32] >> 4) * 4;
	while (at < end && p.b[at] != 2)
		at += p.b[at] < 2 ? 1 : p.b[at + 1] ? p.b[at + 1] : end;
	return at < end ? p.b[at + 2] << 8 | p.b[at + 3] : 0;
}

static void send_syn(int port)
{
	unsigned char t[24] = { 0x1f, 0x90, port >> 8, port, 0, 0, 0, 1, 0, 0, 0, 0, 0x60, 2, 0xff,
		0xff, 0, 0, 0, 0, 2, 4, 5, 0xb4 };
	struct tap_packet p = { 0 };
	unsigned short sum;

	tap_ip4(&p, "10.78.0.2", "10.78.0.1", IPPROTO_TCP, sizeof(t), 1, 0);
	tap_add(&p, t, sizeof(t));
	sum = tap_fold(tap_sum(p.b + 12, p.n - 12, IPPROTO_TCP + sizeof(t)));
	memcpy(p.b + 36, &sum, 2);
	CHECK(tap_write(tun, &p) == p.n);
}

static void link_of(int mtu)
{
	struct ifreq r = { .ifr_name = "t0", .ifr_mtu = mtu };
	union net_addr here = net_addr("10.78.0.1", 0), peer = net_addr("10.78.0.2", 80);
	int s, l;

	tun = tap_open("t0", IFF_TUN);
	CHECK(ioctl(tap_sock(), SIOCSIFMTU, &r) == 0);
	tap_up("t0", "10.78.0.1");
	s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CHECK(connect(s, &peer.any, sizeof(peer.in)) < 0 && errno == EINPROGRESS);
	printf("MTU %d: SYN %d", mtu, told_mss());
	close(s);
	l = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(bind(l, &here.any, sizeof(here.in)) == 0 && listen(l, 1) == 0);
	send_syn(net_port(l));
	printf(" SYN-ACK %d\n", told_mss());
	close(l);
	close(tun);
}

int main(void)
{
	net_start();
	link_of(68);
	link_of(100);
	link_of(300);
	link_of(576);
	link_of(1500);
	link_of(65535);
	return 0;
}
