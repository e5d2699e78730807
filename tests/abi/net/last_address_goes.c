// SPDX-License-Identifier: MPL-2.0
// When the last IPv4 address of a device goes, so do all routes of IPv4 over the device, also those
// by gateways.
#include "../lib/tap.h"
#include <net/route.h>

#define NAME "last0"

static void show_routes(const char *what)
{
	char line[256], name[32];
	FILE *f = fopen("/proc/net/route", "r");

	CHECK(f);
	printf("-- %s\n", what);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%31s", name) == 1 && !strcmp(name, NAME))
			printf("%s", line);
	fclose(f);
}

static void route(const char *to, const char *gateway)
{
	struct rtentry r = { .rt_flags = RTF_UP | RTF_HOST | (gateway ? RTF_GATEWAY : 0),
		.rt_dev = (char *)NAME };
	union net_addr a = net_addr(to, 0), g = net_addr(gateway ? gateway : "0.0.0.0", 0);

	memcpy(&r.rt_dst, &a.any, sizeof(r.rt_dst));
	memcpy(&r.rt_gateway, &g.any, sizeof(r.rt_gateway));
	net_result(to, ioctl(tap_sock(), SIOCADDRT, &r));
}

int main(void)
{
	int fd;

	net_start();
	fd = tap_open(NAME, IFF_TUN);
	tap_up(NAME, "198.51.100.1");
	route("203.0.113.1", "198.51.100.2");
	route("203.0.113.2", NULL);
	show_routes("with an address");
	tap_addr(NAME, SIOCSIFADDR, "0.0.0.0");
	show_routes("without one");
	close(fd);
	return 0;
}
