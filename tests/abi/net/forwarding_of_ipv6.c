// SPDX-License-Identifier: MPL-2.0
// Forwarding of IPv6: the switches and what follows from them, hops, sizes, ways that lead nowhere,
// sources that cannot be.
#include "../lib/forward.h"

#define SYS "/proc/sys/net/ipv6/conf/"

static int s;

/* Who is in the group answers. */
static void ping(const char *group)
{
	struct icmp6_hdr h = { .icmp6_type = ICMP6_ECHO_REQUEST };
	struct tap_packet p = { 0 };

	tap_ip6(&p, "2001:db8:1::2", group, IPPROTO_ICMPV6, 8);
	tap_add(&p, &h, 8);
	((struct icmp6_hdr *)(p.b + 40))->icmp6_cksum = tap_sum6(&p, 0, 40, IPPROTO_ICMPV6);
	fw_put(group, 0, &p);
}

static void show_switches(void)
{
	fw_show_file(SYS, "all/forwarding");
	fw_show_file(SYS, "default/forwarding");
	fw_show_file(SYS, "lo/forwarding");
	fw_show_file(SYS, "t0/forwarding");
	fw_show_file(SYS, "t1/forwarding");
	ping("ff01::2");
	ping("ff02::2");
	ping("ff05::2");
}

static void route(const char *what, int type, const char *to, int bits, const char *via,
	const char *dev, int mtu)
{
	struct nl_message m;
	struct rtmsg *r = nl_new(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_ACK, sizeof(*r));

	r->rtm_family = AF_INET6;
	r->rtm_dst_len = bits;
	r->rtm_table = RT_TABLE_MAIN;
	r->rtm_protocol = RTPROT_STATIC;
	r->rtm_scope = RT_SCOPE_UNIVERSE;
	r->rtm_type = type;
	nl_attr_addr(&m, RTA_DST, to);
	if (via)
		nl_attr_addr(&m, RTA_GATEWAY, via);
	if (dev)
		nl_attr_u32(&m, RTA_OIF, tap_index(dev));
	if (mtu) {
		struct {
			struct rtattr a;
			unsigned v;
		} metric = { { 8, RTAX_MTU }, mtu };
		nl_attr(&m, RTA_METRICS, &metric, sizeof(metric));
	}
	nl_ask(what, s, &m);
}

#define HERE  "2001:db8:1::2"
#define THERE "2001:db8:2::2"

/* Each packet from HERE has a sender of its own, who has credit for an error. */
static void pass(const char *what, const char *from, const char *to, int hops, int len)
{
	static int senders = 1;
	char own[64];
	struct tap_packet p;

	if (!strcmp(from, HERE))
		snprintf(own, sizeof(own), "%s:%d", from, senders++);
	else
		strcpy(own, from);
	fw_udp6(&p, own, to, hops, len);
	fw_put(what, 0, &p);
}

static void switches(void)
{
	show_switches();
	pass("off", HERE, THERE, 9, 10);
	pass("off, no route", HERE, "2001:db8:77::1", 9, 10);
	tap_sysctl(SYS "all/forwarding", "1");
	show_switches();
	pass("on", HERE, THERE, 9, 10);
	tap_sysctl(SYS "t0/forwarding", "0");
	tap_sysctl(SYS "t1/forwarding", "0");
	show_switches();
	pass("off for both", HERE, THERE, 9, 10);
	tap_sysctl(SYS "all/forwarding", "0");
	show_switches();
	tap_sysctl(SYS "all/forwarding", "1");
	show_switches();
}

static void sizes(void)
{
	struct ifreq r = { 0 };

	pass("large", HERE, THERE, 9, 1452);
	route("a route with an MTU", RTN_UNICAST, "2001:db8:4::", 48, "2001:db8:2::9", "t1", 1300);
	pass("too big", HERE, "2001:db8:4::1", 9, 1253);
	pass("just fits", HERE, "2001:db8:4::1", 9, 1252);
	pass("too big, and no hops", HERE, "2001:db8:4::1", 1, 1300);
	strcpy(r.ifr_name, "t1");
	r.ifr_mtu = 1400;
	T(ioctl(tap_sock(), SIOCSIFMTU, &r));
	pass("too big for the link", HERE, THERE, 9, 1353);
	pass("just fits the link", HERE, THERE, 9, 1352);
}

static void nowhere(void)
{
	route("unreachable", RTN_UNREACHABLE, "2001:db8:51::", 48, NULL, NULL, 0);
	route("prohibit", RTN_PROHIBIT, "2001:db8:52::", 48, NULL, NULL, 0);
	route("blackhole", RTN_BLACKHOLE, "2001:db8:53::", 48, NULL, NULL, 0);
	pass("no route", HERE, "2001:db8:77::1", 9, 10);
	pass("to unreachable", HERE, "2001:db8:51::1", 9, 10);
	pass("to prohibit", HERE, "2001:db8:52::1", 9, 10);
	pass("to blackhole", HERE, "2001:db8:53::1", 9, 10);
	pass("to ::1", HERE, "::1", 9, 10);
	pass("to a group", HERE, "ff0e::77", 9, 10);
}

static void redirects(void)
{
	fw_address6(s, "t0", "fe80::1");
	route("a way back", RTN_UNICAST, "2001:db8:6::", 48, "fe80::7", "t0", 0);
	pass("redirected", HERE, "2001:db8:6::1", 9, 10);
	pass("redirected on the link", HERE, "2001:db8:1::5", 9, 10);
	pass("large", HERE, "2001:db8:6::1", 9, 1400);
	route("by no link-local address", RTN_UNICAST, "2001:db8:8::", 48, "2001:db8:1::7", "t0",
		0);
	pass("not redirected", HERE, "2001:db8:8::1", 9, 10);
	pass("not from this link", "2001:db8:6::9", "2001:db8:6::1", 9, 10);
	pass("from a link to it", "fe80::9", "2001:db8:6::1", 9, 10);
}

static void counter(const char *name)
{
	char line[200], key[64];
	FILE *f = fopen("/proc/net/snmp6", "r");
	long n;

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %ld", key, &n) == 2 && !strcmp(key, name))
			printf("%s %ld\n", name, n);
	fclose(f);
}

int main(void)
{
	fw_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	fw_address6(s, "t0", "2001:db8:1::1");
	fw_address6(s, "t1", "2001:db8:2::1");
	switches();
	pass("two hops left", HERE, THERE, 2, 10);
	pass("one hop left", HERE, THERE, 1, 10);
	pass("no hop left", HERE, THERE, 0, 10);
	sizes();
	nowhere();
	pass("from nobody", "::", THERE, 9, 10);
	pass("from ::1", "::1", THERE, 9, 10);
	pass("from a link", "fe80::5", THERE, 9, 10);
	pass("from a group", "ff02::5", THERE, 9, 10);
	redirects();
	counter("Icmp6OutRedirects");
	counter("Ip6InTooBigErrors");
	counter("Ip6InNoRoutes");
	counter("Ip6OutForwDatagrams");
	counter("Ip6FragFails");
	tap_forward_end();
	return 0;
}
