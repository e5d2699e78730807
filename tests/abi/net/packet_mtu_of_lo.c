// SPDX-License-Identifier: MPL-2.0
// AF_PACKET on lo with the largest MTU that it takes: packets are as long as before, and not too long.
#include "../lib/packet.h"

static void set_mtu(int mtu)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_mtu = mtu };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	printf("%d: ", mtu);
	T(ioctl(s, SIOCSIFMTU, &r));
	close(s);
}

int main(void)
{
	int s;

	net_start();
	s = pk_open(SOCK_RAW, "lo", PK_TYPE);
	set_mtu(-1);
	set_mtu(0x7fffffff);
	T(pk_send(s, PK_TYPE, 1000));
	pk_recv("it comes back", s, 16, 0, false);
	set_mtu(1500);
	T(pk_send(s, PK_TYPE, 1500));
	T(pk_send(s, PK_TYPE, 1501));
	set_mtu(65536);
	close(s);
	return 0;
}
