// SPDX-License-Identifier: MPL-2.0
// Forwarding of IPv4: the switches, hops, sizes, ways that lead nowhere, redirects, sources that
// cannot be, options.
#include "../lib/forward.h"

#define SYS "/proc/sys/net/ipv4/"

static int s;

static void show_switches(void)
{
	fw_show_file(SYS, "ip_forward");
	fw_show_file(SYS, "conf/all/forwarding");
	fw_show_file(SYS, "conf/default/forwarding");
	fw_show_file(SYS, "conf/lo/forwarding");
	fw_show_file(SYS, "conf/t0/forwarding");
	fw_show_file(SYS, "conf/t1/forwarding");
	fw_counter("/proc/net/snmp", "Ip", "Forwarding");
}

static void route(const char *what, int type, const char *to, int bits, const char *via,
	const char *dev, int mtu)
{
	struct nl_message m;
	struct rtmsg *r = nl_new(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_ACK, sizeof(*r));

	r->rtm_family = AF_INET;
	r->rtm_dst_len = bits;
	r->rtm_table = RT_TABLE_MAIN;
	r->rtm_protocol = RTPROT_STATIC;
	r->rtm_scope = via || !dev ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
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

/* Each packet has a sender of its own, who has credit for an error. */
static void to(const char *what, const char *address, int ttl)
{
	static int senders = 100;
	struct tap_packet p;
	char from[20];

	snprintf(from, sizeof(from), "10.1.0.%d", senders++);
	fw_udp4(&p, from, address, ttl, 20, 0);
	fw_put(what, 0, &p);
}

static void switches(void)
{
	show_switches();
	to("off", "10.2.0.2", 9);
	tap_sysctl(SYS "ip_forward", "1");
	show_switches();
	to("on", "10.2.0.2", 9);
	tap_sysctl(SYS "conf/t0/forwarding", "0");
	show_switches();
	to("off for t0", "10.2.0.2", 9);
	tap_sysctl(SYS "conf/t0/forwarding", "1");
	tap_sysctl(SYS "conf/t1/forwarding", "0");
	to("off for t1", "10.2.0.2", 9);
	tap_sysctl(SYS "conf/all/forwarding", "0");
	show_switches();
	tap_sysctl(SYS "conf/all/forwarding", "1");
	show_switches();
}

static void sizes(void)
{
	struct tap_packet p;

	route("a route with an MTU", RTN_UNICAST, "10.4.0.0", 16, "10.2.0.9", "t1", 600);
	fw_udp4(&p, "10.1.0.2", "10.4.0.2", 9, 1000, IP_DF);
	fw_put("too big", 0, &p);
	fw_udp4(&p, "10.1.0.2", "10.4.0.2", 9, 1000, 0);
	fw_put("cut", 0, &p);
	fw_udp4(&p, "10.1.0.2", "10.4.0.2", 9, 1000, IP_MF | 10);
	fw_put("a fragment, cut", 0, &p);
	fw_udp4(&p, "10.1.0.2", "10.4.0.2", 9, 1000, 10);
	fw_put("the last fragment, cut", 0, &p);
	fw_udp4(&p, "10.1.0.2", "10.4.0.2", 9, 572, IP_DF);
	fw_put("just fits", 0, &p);
	fw_udp4(&p, "10.1.0.2", "10.4.0.2", 9, 573, IP_DF);
	fw_put("just does not", 0, &p);
	fw_udp4(&p, "10.1.0.2", "10.4.0.2", 1, 1000, IP_DF);
	fw_put("too big, and no hops", 0, &p);
}

static void nowhere(void)
{
	route("unreachable", RTN_UNREACHABLE, "10.5.1.0", 24, NULL, NULL, 0);
	route("prohibit", RTN_PROHIBIT, "10.5.2.0", 24, NULL, NULL, 0);
	route("blackhole", RTN_BLACKHOLE, "10.5.3.0", 24, NULL, NULL, 0);
	route("throw", RTN_THROW, "10.5.4.0", 24, NULL, NULL, 0);
	to("no route", "10.77.0.1", 9);
	to("no route, no hops", "10.77.0.1", 1);
	to("to unreachable", "10.5.1.1", 9);
	to("to prohibit", "10.5.2.1", 9);
	to("to blackhole", "10.5.3.1", 9);
	to("to throw", "10.5.4.1", 9);
	to("to 127.0.0.1", "127.0.0.1", 9);
	to("to 0.0.0.5", "0.0.0.5", 9);
	to("to a group", "224.5.5.5", 9);
	to("to the other link's broadcast", "10.2.0.255", 9);
}

static void from(const char *what, const char *address)
{
	struct tap_packet p;

	fw_udp4(&p, address, "10.2.0.2", 9, 20, 0);
	fw_put(what, 0, &p);
}

static void sources(void)
{
	static const char *const modes[] = { "1", "2", "0" };

	from("from 127.0.0.1", "127.0.0.1");
	from("from 0.0.0.0", "0.0.0.0");
	from("from 0.1.0.0", "0.1.0.0");
	from("from a group", "224.0.0.9");
	from("from all", "255.255.255.255");
	from("from this machine", "10.1.0.1");
	from("from the other link's address", "10.2.0.1");
	for (size_t i = 0; i < T_LEN(modes); i++) {
		printf("rp_filter %s\n", modes[i]);
		tap_sysctl(SYS "conf/t0/rp_filter", modes[i]);
		from("from its link", "10.1.0.2");
		from("from the other link", "10.2.0.3");
		from("from nowhere", "10.88.0.1");
	}
	fw_counter("/proc/net/netstat", "TcpExt", "IPReversePathFilter");
}

static void redirects(void)
{
	struct tap_packet p;

	route("a way back", RTN_UNICAST, "10.6.0.0", 16, "10.1.0.7", "t0", 0);
	fw_udp4(&p, "10.1.0.3", "10.6.0.2", 9, 20, 0);
	fw_put("redirected", 0, &p);
	fw_udp4(&p, "10.1.0.4", "10.1.0.5", 9, 20, 0);
	fw_put("redirected on the link", 0, &p);
	fw_udp4(&p, "10.6.0.9", "10.6.0.2", 9, 20, 0);
	fw_put("not from this link", 0, &p);
	fw_udp4(&p, "10.88.0.9", "10.6.0.2", 9, 20, 0);
	fw_put("from nowhere", 0, &p);
	tap_sysctl(SYS "conf/t0/send_redirects", "0");
	fw_udp4(&p, "10.1.0.40", "10.6.0.2", 9, 20, 0);
	fw_put("off for t0 alone", 0, &p);
	tap_sysctl(SYS "conf/all/send_redirects", "0");
	fw_udp4(&p, "10.1.0.50", "10.6.0.2", 9, 20, 0);
	fw_put("off", 0, &p);
	tap_sysctl(SYS "conf/all/send_redirects", "1");
}

/* A UDP packet with options, a multiple of four bytes. */
static void options(const char *what, const char *bytes, int n, int ttl, int len, int frag)
{
	struct tap_packet p = { 0 };
	struct iphdr *h = (void *)p.b;

	tap_ip4(&p, "10.1.0.2", "10.4.0.2", IPPROTO_UDP, n + 8 + len, 78, frag);
	tap_add(&p, bytes, n);
	tap_udp(&p, 1000, 2000, len);
	p.n += len;
	h->ihl = 5 + n / 4;
	h->ttl = ttl;
	h->check = 0;
	h->check = tap_fold(tap_sum(h, h->ihl * 4, 0));
	fw_put(what, 0, &p);
}

int main(void)
{
	fw_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	switches();
	to("one hop left", "10.2.0.2", 1);
	to("no hop left", "10.2.0.2", 0);
	to("two hops left", "10.2.0.2", 2);
	sizes();
	nowhere();
	sources();
	redirects();
	options("record route", "\x07\x0b\x04\0\0\0\0\0\0\0\0\0", 12, 9, 10, 0);
	options("record route, one place", "\x07\x07\x04\0\0\0\0\0", 8, 9, 10, 0);
	options("NOPs", "\1\1\1\0", 4, 9, 10, 0);
	options("router alert, cut", "\x94\4\0\0", 4, 9, 1000, 0);
	options("unknown options, cut", "\x1e\4\1\2\x9e\4\3\4", 8, 9, 1000, 0);
	fw_counter("/proc/net/snmp", "Ip", "InHdrErrors");
	fw_counter("/proc/net/snmp", "Ip", "InAddrErrors");
	fw_counter("/proc/net/snmp", "Ip", "ForwDatagrams");
	fw_counter("/proc/net/snmp", "Ip", "FragOKs");
	fw_counter("/proc/net/snmp", "Ip", "FragFails");
	fw_counter("/proc/net/snmp", "Ip", "FragCreates");
	fw_counter("/proc/net/netstat", "IpExt", "InNoRoutes");
	tap_forward_end();
	return 0;
}
