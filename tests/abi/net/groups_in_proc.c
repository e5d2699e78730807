// SPDX-License-Identifier: MPL-2.0
// /proc/net/igmp, igmp6 and dev_mcast: groups that sockets have joined on a tap device of its own
// and on lo, the newest first; the flag of rejecting routes; the scope of a site.
#include "../lib/net.h"
#include "../lib/tap.h"
#include <net/route.h>

#define NAME "groups0"

/* Lines that are about the device, with its index as a letter. */
static void show(const char *path, const char *device, int index)
{
	char line[256], number[16], *at;
	FILE *f = fopen(path, "r");
	int inside = 0, n = snprintf(number, sizeof(number), "%d", index);

	CHECK(f);
	/* In one read: a group that comes between two would make Linux tell another one twice. */
	setvbuf(f, NULL, _IOFBF, 1 << 16);
	printf("%s of %s\n", path, device);
	while (fgets(line, sizeof(line), f)) {
		if (line[0] != '\t')
			inside = !strncmp(line, number, n) && (line[n] == ' ' || line[n] == '\t');
		if (!strncmp(line, "Idx", 3)) {
			printf("%s", line);
		} else if (inside && !strstr(line, "00001ff") &&
			!strstr(line, "3333ff")) { /* not those of the random address */
			/* The index has a column: what fills it depends on how many digits it has. */
			at = line[0] == '\t' ? line : line + n + strspn(line + n, " ");
			printf("%s%s", line[0] == '\t' ? "" : "N", at);
		}
	}
	fclose(f);
}

static void show_all(const char *what, const char *device)
{
	int index = if_nametoindex(device);

	printf("-- %s\n", what);
	show("/proc/net/igmp", device, index);
	show("/proc/net/igmp6", device, index);
	show("/proc/net/dev_mcast", device, index);
}

static void join(int s, const char *group, int index, int leave)
{
	union net_addr a = net_addr(group, 0);
	struct ip_mreqn m4 = { .imr_ifindex = index };
	struct ipv6_mreq m6 = { .ipv6mr_interface = index };

	m4.imr_multiaddr = a.in.sin_addr;
	m6.ipv6mr_multiaddr = a.in6.sin6_addr;
	if (a.any.sa_family == AF_INET)
		net_result(group,
			setsockopt(s, IPPROTO_IP, leave ? IP_DROP_MEMBERSHIP : IP_ADD_MEMBERSHIP,
				&m4, sizeof(m4)));
	else
		net_result(group,
			setsockopt(s, IPPROTO_IPV6,
				leave ? IPV6_DROP_MEMBERSHIP : IPV6_ADD_MEMBERSHIP, &m6,
				sizeof(m6)));
}

static void show_routes(void)
{
	char line[256];
	FILE *f = fopen("/proc/net/route", "r");

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "0171CB") || strstr(line, "006433C6"))
			printf("%s", line);
	fclose(f);
}

/* What route(8) does for `reject`: it names lo. */
static void reject(int s, unsigned long cmd, const char *what)
{
	struct rtentry r = { .rt_flags = RTF_UP | RTF_HOST | RTF_REJECT, .rt_dev = (char *)"lo" };
	union net_addr to = net_addr("203.113.1.1", 0), gateway = net_addr("127.0.0.9", 0);

	memcpy(&r.rt_dst, &to.any, sizeof(r.rt_dst));
	net_result(what, ioctl(s, cmd, &r));
	memcpy(&r.rt_gateway, &gateway.any, sizeof(r.rt_gateway));
	r.rt_dev = (char *)"no such device";
	net_result(what, ioctl(s, cmd, &r));
}

int main(void)
{
	int s, s6, lo, fd, index;

	net_start();
	s = socket(AF_INET, SOCK_DGRAM, 0);
	s6 = socket(AF_INET6, SOCK_DGRAM, 0);
	lo = if_nametoindex("lo");
	fd = tap_open(NAME, IFF_TAP);
	index = tap_index(NAME);
	show("/proc/net/igmp", NAME, index);
	show("/proc/net/igmp6", NAME, index);
	tap_up(NAME, "198.51.100.1");
	show_all("up", NAME);
	join(s, "239.1.2.3", index, 0);
	join(s, "239.1.2.4", index, 0);
	join(socket(AF_INET, SOCK_DGRAM, 0), "239.1.2.4", index, 0);
	join(s6, "ff02::1:2", index, 0);
	join(s6, "ff05::1:3", index, 0);
	join(s6, "ff01::1:4", index, 0);
	show_all("joined", NAME);
	join(s, "239.1.2.3", index, 1);
	join(s, "239.1.2.4", index, 1);
	join(s6, "ff02::1:2", index, 1);
	show("/proc/net/igmp", NAME, index);
	show("/proc/net/igmp6", NAME, index);
	show_all("lo", "lo");
	join(s, "239.1.2.5", lo, 0);
	join(s6, "ff02::1:5", lo, 0);
	show_all("lo, joined", "lo");
	reject(s, SIOCADDRT, "add");
	show_routes();
	reject(s, SIOCDELRT, "remove");
	show_routes();
	close(fd);
	return 0;
}
