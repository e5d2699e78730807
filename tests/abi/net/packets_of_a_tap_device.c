// SPDX-License-Identifier: MPL-2.0
// Packet sockets on tap and tun devices: kinds of addresses, headers, sends that the device's
// program reads, a device that goes down, comes up and goes away.
#include "../lib/packet.h"

static bool is_ours(const struct tap_packet *p)
{
	return p->b[12] == PK_TYPE >> 8 && p->b[13] == (PK_TYPE & 255);
}

static bool is_tun_ours(const struct tap_packet *p)
{
	return p->b[0] == 0x4f;
}

static void set_mac(const char *name, const char *mac)
{
	struct ifreq r = { 0 };

	strcpy(r.ifr_name, name);
	r.ifr_hwaddr.sa_family = 1;
	memcpy(r.ifr_hwaddr.sa_data, mac, 6);
	CHECK(ioctl(tap_sock(), SIOCSIFHWADDR, &r) == 0);
}

static void coming(int tap)
{
	static const char *to[] = { "\x02\0\0\0\0\1", pk_all, "\x01\0\x5e\0\0\1",
		"\x33\x33\0\0\0\1", "\x02\0\0\0\0\2" };
	int raw = pk_open(SOCK_RAW, "t0", PK_TYPE), cooked = pk_open(SOCK_DGRAM, NULL, PK_TYPE);
	int lo = pk_open(SOCK_RAW, "lo", PK_TYPE);

	for (size_t i = 0; i < T_LEN(to); i++) {
		struct tap_packet p;
		p.n = pk_frame(p.b, to[i], "\x02\0\0\0\0\x99", PK_TYPE, 6);
		T(tap_write(tap, &p));
		pk_recv("raw", raw, 100, 0, true);
		pk_recv("cooked", cooked, 100, 0, true);
		pk_recv("lo", lo, 100, 0, true);
	}
	close(raw);
	close(cooked);
	close(lo);
}

static void going(int tap)
{
	int raw = pk_open(SOCK_RAW, "t0", ETH_P_ALL), cooked = pk_open(SOCK_DGRAM, "t0", PK_TYPE);
	int sender = socket(AF_PACKET, SOCK_RAW, 0);
	struct sock_filter ours[] = { { BPF_LD | BPF_H | BPF_ABS, 0, 0, 12 },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, PK_TYPE }, { BPF_RET | BPF_K, 0, 0, 100 },
		{ BPF_RET | BPF_K, 0, 0, 0 } };
	struct sockaddr_ll a = pk_addr("t0", PK_TYPE);
	struct tap_packet p;
	unsigned char b[64];
	int n = pk_frame(b, "\x02\0\0\0\0\5", "\x02\0\0\0\0\6", PK_TYPE, 5);

	T(pk_filter(raw, ours, 4));
	pk_drain(raw);
	T(sendto(sender, b, n, 0, (struct sockaddr *)&a, sizeof(a)));
	CHECK(tap_read(tap, &p, is_ours));
	printf("read %d bytes to ..%02x from ..%02x\n", p.n, p.b[5], p.b[11]);
	pk_recv("raw", raw, 100, 0, true);
	memcpy(a.sll_addr, "\x02\0\0\0\0\7", 6);
	T(sendto(cooked, "cooked", 6, 0, (struct sockaddr *)&a, sizeof(a)));
	CHECK(tap_read(tap, &p, is_ours));
	printf("read %d bytes to ..%02x from ..%02x\n", p.n, p.b[5], p.b[11]);
	pk_recv("raw", raw, 100, 0, true);
	pk_recv("cooked", cooked, 100, 0, true);
	close(raw);
	close(cooked);
	close(sender);
}

static void tun_device(int tun)
{
	int raw = pk_open(SOCK_RAW, "t2", ETH_P_IP), cooked = pk_open(SOCK_DGRAM, "t2", ETH_P_IP);
	struct tap_packet p = { 0 };
	char b[40] = "\x4f and what no stack would send";

	tap_ip4(&p, "10.8.2.9", "10.8.2.77", IPPROTO_UDP, 8, 1, 0);
	tap_udp(&p, 9, 7300, 0);
	memset(p.b + 10, 0, 2); /* without its sum */
	T(tap_write(tun, &p));
	pk_recv("raw", raw, 100, 0, true);
	pk_recv("cooked", cooked, 100, 0, true);
	T(send(raw, b, 24, 0));
	CHECK(tap_read(tun, &p, is_tun_ours));
	SHOW(p.n);
	T(send(cooked, b, 25, 0));
	CHECK(tap_read(tun, &p, is_tun_ours));
	SHOW(p.n);
	close(raw);
	close(cooked);
}

static void state(const char *what, int s)
{
	struct pollfd p = { .fd = s, .events = POLLIN };
	struct sockaddr_ll a = { 0 };
	socklen_t n = sizeof(a);

	poll(&p, 1, 0);
	printf("%s: poll %x, ", what, p.revents);
	pk_recv("recv", s, 100, 0, false);
	CHECK(getsockname(s, (struct sockaddr *)&a, &n) == 0);
	printf("%s: type %04x, index %s, len %d\n", what, ntohs(a.sll_protocol),
		a.sll_ifindex > 0       ? "some"
			: a.sll_ifindex ? "-1"
					: "0",
		(int)n);
}

static void changes(void)
{
	int tap = tap_open("t1", IFF_TAP), s, loose = pk_open(SOCK_RAW, NULL, PK_TYPE);
	struct ifreq r = { .ifr_name = "t1" };
	struct tap_packet p;

	tap_up("t1", "10.8.1.1");
	s = pk_open(SOCK_RAW, "t1", PK_TYPE);
	p.n = pk_frame(p.b, pk_all, pk_zero, PK_TYPE, 3);
	T(tap_write(tap, &p));
	CHECK(ioctl(tap_sock(), SIOCGIFFLAGS, &r) == 0);
	r.ifr_flags &= ~IFF_UP;
	CHECK(ioctl(tap_sock(), SIOCSIFFLAGS, &r) == 0);
	state("down", s);
	state("down, again", s);
	state("down, loose", loose);
	T(tap_write(tap, &p));
	T(send(s, p.b, p.n, 0));
	tap_flags("t1", IFF_UP);
	T(tap_write(tap, &p));
	state("up", s);
	state("up, loose", loose);
	T(tap_write(tap, &p));
	close(tap);
	state("gone", s);
	state("gone, again", s);
	T(send(s, p.b, p.n, 0));
	state("gone, loose", loose);
	close(s);
	close(loose);
}

int main(void)
{
	int tap, tun;

	net_start();
	tap = tap_open("t0", IFF_TAP);
	set_mac("t0", "\x02\0\0\0\0\1");
	tap_up("t0", "10.8.0.1");
	tun = tap_open("t2", IFF_TUN);
	tap_up("t2", "10.8.2.1");
	coming(tap);
	going(tap);
	tun_device(tun);
	changes();
	close(tap);
	close(tun);
	return 0;
}
