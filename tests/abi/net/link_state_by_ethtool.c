// SPDX-License-Identifier: MPL-2.0
// SIOCETHTOOL: whether a device has a link; commands that it does not know, bad pointers.
#include "../lib/tap.h"
#include <linux/ethtool.h>
#include <linux/sockios.h>

static void link_of(const char *name)
{
	struct ethtool_value v = { .cmd = ETHTOOL_GLINK, .data = 77 };
	struct ifreq r = { 0 };

	strcpy(r.ifr_name, name);
	r.ifr_data = (void *)&v;
	T(ioctl(tap_sock(), SIOCETHTOOL, &r));
	SHOW(v.data);
}

int main(void)
{
	struct ifreq r = { .ifr_name = "t0" };
	int tap, unknown = 0x7777, pid;

	net_start();
	link_of("lo");
	link_of("t0");
	tap = tap_open("t0", IFF_TAP);
	link_of("t0");
	tap_up("t0", "10.8.0.1");
	link_of("t0");
	r.ifr_data = (void *)&unknown;
	T(ioctl(tap_sock(), SIOCETHTOOL, &r));
	r.ifr_data = NULL;
	T(ioctl(tap_sock(), SIOCETHTOOL, &r));
	T(ioctl(tap_sock(), SIOCETHTOOL, NULL));
	pid = fork();
	if (!pid) {
		CHECK(setuid(1000) == 0);
		link_of("t0");
		r.ifr_data = (void *)&unknown;
		T(ioctl(tap_sock(), SIOCETHTOOL, &r));
		exit(0);
	}
	waitpid(pid, NULL, 0);
	close(tap);
	return 0;
}
