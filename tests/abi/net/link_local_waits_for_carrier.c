// SPDX-License-Identifier: MPL-2.0
// A device gets its link-local address when it is up and has a carrier for the first time since
// then, not before; it keeps the address without the carrier, and loses it when it is set down. A
// device on which nobody can be asked (IFF_NOARP) has one, too.
#include "../lib/t.h"
#include "../lib/tap.h"
#include "../lib/virtual.h"

static int link_locals(const char *device)
{
	char line[256], name[32];
	FILE *f = fopen("/proc/net/if_inet6", "r");
	unsigned scope;
	int n = 0;

	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f))
		n += sscanf(line, "%*s %*x %*x %x %*x %31s", &scope, name) == 2 && scope == 0x20 &&
			!strcmp(name, device);
	fclose(f);
	return n;
}

static void down(const char *device)
{
	struct ifreq r = { 0 };

	strcpy(r.ifr_name, device);
	CHECK(ioctl(tap_sock(), SIOCGIFFLAGS, &r) == 0);
	r.ifr_flags &= ~IFF_UP;
	CHECK(ioctl(tap_sock(), SIOCSIFFLAGS, &r) == 0);
}

int main(void)
{
	struct nl_message m;
	int fd, on = 1, off = 0;

	t_start();
	vl_start();
	fd = tap_open("tap0", IFF_TAP);
	T(ioctl(fd, TUNSETCARRIER, &off));
	tap_flags("tap0", IFF_UP);
	T(link_locals("tap0"));
	T(ioctl(fd, TUNSETCARRIER, &on));
	T(UNTIL(link_locals("tap0") == 1));
	T(ioctl(fd, TUNSETCARRIER, &off));
	T(link_locals("tap0"));
	T(ioctl(fd, TUNSETCARRIER, &on));
	T(link_locals("tap0"));
	T(ioctl(fd, TUNSETCARRIER, &off));
	down("tap0");
	T(UNTIL(link_locals("tap0") == 0));
	tap_flags("tap0", IFF_UP);
	T(link_locals("tap0"));
	close(fd);

	vl_new(&m, "dummy7");
	vl_kind(&m, "dummy");
	T(vl_ask("a dummy", &m));
	T(link_locals("dummy7"));
	tap_flags("dummy7", IFF_UP);
	T(UNTIL(link_locals("dummy7") == 1));
	nl_new(&m, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
	nl_attr(&m, IFLA_IFNAME, "dummy7", 7);
	T(vl_ask("gone", &m));
	return 0;
}
