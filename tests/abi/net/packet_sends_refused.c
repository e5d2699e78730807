// SPDX-License-Identifier: MPL-2.0
// Sends by packet sockets that fail: no device, bad names, lengths, a device that is down.
#include "../lib/packet.h"

static char big[70000];

static void names(int s)
{
	struct sockaddr_ll a = pk_addr("lo", PK_TYPE);
	unsigned char b[64];
	int n = pk_frame(b, pk_zero, pk_zero, PK_TYPE, 10);

	T(send(s, b, n, 0));
	for (int len = 4; len <= 32; len += 4)
		T(sendto(s, b, n, 0, (struct sockaddr *)&a, len));
	a.sll_halen = 9;
	T(sendto(s, b, n, 0, (struct sockaddr *)&a, 20));
	T(sendto(s, b, n, 0, (struct sockaddr *)&a, 21));
	a.sll_halen = 0;
	T(sendto(s, b, n, 0, (struct sockaddr *)&a, 20));
	a.sll_ifindex = 0;
	T(sendto(s, b, n, 0, (struct sockaddr *)&a, 20));
	a.sll_ifindex = 4242;
	T(sendto(s, b, n, 0, (struct sockaddr *)&a, 20));
	a = pk_addr("lo", PK_TYPE);
	a.sll_family = AF_INET;
	T(sendto(s, b, n, 0, (struct sockaddr *)&a, 20));
	a.sll_family = AF_PACKET;
	T(sendto(s, NULL, n, 0, (struct sockaddr *)&a, 20));
	T(sendto(s, (void *)16, n, 0, (struct sockaddr *)&a, 20));
	T(sendto(s, b, n, MSG_OOB, (struct sockaddr *)&a, 20));
}

static void lengths(const char *dev, int kind, int mtu)
{
	static const int around[] = { -1, 0, 1, 4, 5 };
	struct sockaddr_ll a = pk_addr(dev, PK_TYPE);
	int s = pk_open(kind, dev, PK_TYPE), header = kind == SOCK_RAW ? 14 : 0;

	pk_frame((unsigned char *)big, pk_zero, pk_zero, PK_TYPE, 0);
	for (int n = 0; n <= 16; n++) {
		long r = sendto(s, big, n, 0, (struct sockaddr *)&a, sizeof(a));
		printf("%s %d: %d gives ", dev, kind, n);
		net_result("", r);
	}
	for (size_t i = 0; i < T_LEN(around); i++) {
		long r = sendto(s, big, mtu + header + around[i], 0, (struct sockaddr *)&a,
			sizeof(a));
		printf("%s %d: MTU and %d: %s\n", dev, kind, around[i],
			r < 0 ? t_errname(errno) : "sent");
	}
	/* One that has a tag of a VLAN may be longer. */
	big[12] = (char)0x81;
	big[13] = 0;
	for (size_t i = 0; i < T_LEN(around); i++) {
		long r = sendto(s, big, mtu + header + around[i], 0, (struct sockaddr *)&a,
			sizeof(a));
		printf("%s %d tagged: MTU and %d: %s\n", dev, kind, around[i],
			r < 0 ? t_errname(errno) : "sent");
	}
	close(s);
}

static void down(void)
{
	struct sockaddr_ll a = pk_addr("t1", PK_TYPE);
	int s = socket(AF_PACKET, SOCK_RAW, 0), e = 0;
	socklen_t n = sizeof(e);

	T(bind(s, (struct sockaddr *)&a, sizeof(a)));
	T(getsockopt(s, SOL_SOCKET, SO_ERROR, &e, &n));
	printf("error %s\n", t_errname(e));
	T(send(s, big, 60, 0));
	T(sendto(s, big, 60, 0, (struct sockaddr *)&a, sizeof(a)));
	close(s);
}

int main(void)
{
	int raw, cooked, tap, tun, fd;

	net_start();
	raw = socket(AF_PACKET, SOCK_RAW, 0);
	cooked = socket(AF_PACKET, SOCK_DGRAM, 0);
	tap = tap_open("t0", IFF_TAP);
	tap_up("t0", "10.8.0.1");
	fd = tap_open("t1", IFF_TAP);
	tun = tap_open("t2", IFF_TUN);
	tap_up("t2", "10.8.2.1");
	names(raw);
	names(cooked);
	lengths("t0", SOCK_RAW, 1500);
	lengths("t0", SOCK_DGRAM, 1500);
	lengths("t2", SOCK_RAW, 1500);
	lengths("t2", SOCK_DGRAM, 1500);
	lengths("lo", SOCK_RAW, 1000);
	down();
	close(raw);
	close(cooked);
	cooked = pk_open(SOCK_DGRAM, "t0", PK_TYPE);
	T(send(cooked, "nobody is named", 15, 0));
	close(cooked);
	close(tap);
	close(tun);
	close(fd);
	return 0;
}
