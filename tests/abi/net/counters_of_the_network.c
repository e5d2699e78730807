// SPDX-License-Identifier: MPL-2.0
// /proc/net/snmp, netstat, snmp6: all rows and columns, and what events of TCP, UDP, IP and ICMP
// add to them.
#include "../lib/net.h"
#include "../lib/tap.h"
#include <netinet/tcp.h>

struct counter {
	char name[64];
	long value;
};
struct counters {
	struct counter c[512];
	int n;
};

/* Lines in pairs: PREFIX: NAME..., PREFIX: NUMBER... */
static void read_pairs(const char *path, struct counters *x, bool names)
{
	static char head[8192], body[8192];
	FILE *f = fopen(path, "r");

	CHECK(f);
	while (fgets(head, sizeof(head), f) && fgets(body, sizeof(body), f)) {
		char *h, *b, *hs, *bs, *prefix = strtok_r(head, ": \n", &hs);
		if (!strncmp(prefix, "MPTcp", 5))
			continue;
		if (names && strcmp(prefix, "IcmpMsg"))
			printf("%s:", prefix);
		strtok_r(body, ": \n", &bs);
		while ((h = strtok_r(NULL, " \n", &hs)) && (b = strtok_r(NULL, " \n", &bs))) {
			CHECK(x->n < (int)T_LEN(x->c));
			snprintf(x->c[x->n].name, sizeof(x->c[0].name), "%s.%s", prefix, h);
			x->c[x->n++].value = atol(b);
			if (names && strcmp(prefix, "IcmpMsg"))
				printf(" %s", h);
		}
		if (names && strcmp(prefix, "IcmpMsg"))
			printf("\n");
	}
	fclose(f);
}

static void read_rows(const char *path, struct counters *x, bool names)
{
	char name[64];
	long v;
	FILE *f = fopen(path, "r");

	while (fscanf(f, "%63s %ld", name, &v) == 2) {
		CHECK(x->n < (int)T_LEN(x->c));
		strcpy(x->c[x->n].name, name);
		x->c[x->n++].value = v;
		if (names && !strstr(name, "Type"))
			printf("%s\n", name);
	}
	fclose(f);
}

static struct counters before, after;

static void look(struct counters *x, bool names)
{
	x->n = 0;
	read_pairs("/proc/net/snmp", x, names);
	read_pairs("/proc/net/netstat", x, names);
	read_rows("/proc/net/snmp6", x, names);
}

static long value_of(const struct counters *x, const char *name)
{
	for (int i = 0; i < x->n; i++)
		if (!strcmp(x->c[i].name, name))
			return x->c[i].value;
	return 0;
}

/* How much the counters named in @names, with blanks between them, have grown. */
static void grown(const char *what, const char *names)
{
	char list[1024], *name, *save;

	look(&after, false);
	strcpy(list, names);
	printf("%s:", what);
	for (name = strtok_r(list, " ", &save); name; name = strtok_r(NULL, " ", &save))
		printf(" %s %ld", name, value_of(&after, name) - value_of(&before, name));
	printf("\n");
	look(&before, false);
}

static int listener(int backlog)
{
	union net_addr a = net_addr("127.0.0.1", 7400);
	int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	CHECK(bind(s, &a.any, sizeof(a.in)) == 0 && listen(s, backlog) == 0);
	return s;
}

static int connected(int port)
{
	union net_addr a = net_addr("127.0.0.1", port);
	int s = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(s, &a.any, sizeof(a.in)) == 0)
		return s;
	close(s);
	return -1;
}

static int state_of(int s)
{
	struct tcp_info i = { 0 };
	socklen_t n = sizeof(i);

	getsockopt(s, IPPROTO_TCP, TCP_INFO, &i, &n);
	return i.tcpi_state;
}

#define OPENS                                                                              \
	"Tcp.ActiveOpens Tcp.PassiveOpens Tcp.AttemptFails Tcp.EstabResets Tcp.CurrEstab " \
	"Tcp.OutRsts Tcp.RetransSegs Tcp.InErrs"

static void tcp(void)
{
	struct linger reset = { 1, 0 };
	int l = listener(8), s, c;
	char b[100] = "";

	look(&before, false);
	s = connected(7400);
	c = accept(l, NULL, NULL);
	grown("a connection", OPENS);
	CHECK(write(s, b, 100) == 100 && read(c, b, 100) == 100);
	grown("data", OPENS " TcpExt.TCPOrigDataSent");
	close(c);
	CHECK(UNTIL(state_of(s) == TCP_CLOSE_WAIT));
	grown("one end closes", OPENS);
	close(s);
	CHECK(UNTIL((look(&after, false),
		value_of(&after, "Tcp.CurrEstab") < value_of(&before, "Tcp.CurrEstab"))));
	grown("the other closes", OPENS);
	IS(connected(7499) == -1);
	grown("refused", OPENS);
	s = connected(7400);
	c = accept(l, NULL, NULL);
	setsockopt(s, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(s);
	CHECK(UNTIL(state_of(c) == TCP_CLOSE));
	grown("reset by SO_LINGER", OPENS " TcpExt.TCPAbortOnData TcpExt.TCPAbortOnClose");
	close(c);
	s = connected(7400);
	c = accept(l, NULL, NULL);
	CHECK(write(s, b, 10) == 10);
	CHECK(read(c, b, 1) == 1);
	close(c);
	CHECK(UNTIL(state_of(s) == TCP_CLOSE));
	grown("closed with data unread", OPENS " TcpExt.TCPAbortOnData TcpExt.TCPAbortOnClose");
	close(s);
	tap_sysctl("/proc/sys/net/ipv4/tcp_syncookies", "2");
	s = connected(7400);
	c = accept(l, NULL, NULL);
	grown("a cookie",
		OPENS " TcpExt.SyncookiesSent TcpExt.SyncookiesRecv "
		      "TcpExt.SyncookiesFailed");
	tap_sysctl("/proc/sys/net/ipv4/tcp_syncookies", "1");
	close(s);
	close(c);
	close(l);
}

static void send_to(const char *to, int port, int size)
{
	static char b[4000];
	union net_addr a = net_addr(to, port);
	int s = socket(a.any.sa_family, SOCK_DGRAM, 0);

	CHECK(sendto(s, b, size, 0, &a.any, net_len(&a)) == size);
	close(s);
}

#define IP4                                                                                          \
	"Ip.InReceives Ip.InDelivers Ip.OutRequests Ip.OutTransmits IpExt.InOctets IpExt.OutOctets " \
	"IpExt.InNoECTPkts IpExt.InMcastPkts IpExt.InMcastOctets IpExt.OutMcastPkts "                \
	"IpExt.OutMcastOctets IpExt.InBcastPkts IpExt.OutBcastPkts Udp.InDatagrams "                 \
	"Udp.OutDatagrams Udp.NoPorts"
#define IP6                                                                                    \
	"Ip6InReceives Ip6InDelivers Ip6OutRequests Ip6OutTransmits Ip6InOctets Ip6OutOctets " \
	"Ip6InNoECTPkts Udp6InDatagrams Udp6OutDatagrams Udp6NoPorts Icmp6OutMsgs "            \
	"Icmp6OutDestUnreachs Icmp6InDestUnreachs Icmp6InMsgs Icmp6OutType1 Icmp6InType1"

static void datagrams(void)
{
	int s = net_bound("127.0.0.1", 7401), s6 = net_bound("::1", 7401);

	look(&before, false);
	send_to("127.0.0.1", 7401, 100);
	grown("a datagram", IP4);
	send_to("127.0.0.1", 7498, 100);
	grown("to no port",
		IP4 " Icmp.OutMsgs Icmp.OutDestUnreachs Icmp.InMsgs Icmp.InDestUnreachs "
		    "IcmpMsg.InType3 IcmpMsg.OutType3");
	send_to("::1", 7401, 100);
	grown("of IPv6", IP6);
	send_to("::1", 7498, 100);
	grown("of IPv6 to no port", IP6);
	close(s);
	close(s6);
}

/* The answer may still be on its way. */
static void wait_for(const char *name)
{
	UNTIL((look(&after, false), value_of(&after, name) > value_of(&before, name)));
}

/*
 * Echo requests of raw sockets count as messages that were sent; the kernel counts the answers. They
 * are not all zeroes, for which x86_64's Linux makes a sum that it refuses.
 */
static void echoes(void)
{
	unsigned char b[8] = { 8, 0, 0xe5, 0xcb, 0x12, 0x34 }, b6[8] = { 128 };
	union net_addr a = net_addr("127.0.0.1", 0), a6 = net_addr("::1", 0);
	int s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	int s6 = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);

	look(&before, false);
	CHECK(sendto(s, b, 8, 0, &a.any, net_len(&a)) == 8);
	wait_for("Icmp.InEchoReps");
	grown("an echo",
		"Icmp.OutMsgs Icmp.OutEchos Icmp.OutEchoReps Icmp.InEchos Icmp.InEchoReps "
		"IcmpMsg.OutType8 IcmpMsg.OutType0");
	CHECK(sendto(s6, b6, 8, 0, &a6.any, net_len(&a6)) == 8);
	wait_for("Icmp6InEchoReplies");
	grown("an echo of IPv6",
		"Icmp6OutMsgs Icmp6OutEchos Icmp6OutEchoReplies Icmp6InEchos Icmp6InEchoReplies "
		"Icmp6OutType128 Icmp6OutType129");
	close(s);
	close(s6);
}

/* A packet of UDP that comes by a link, with a field of its header changed. */
static void from_link(int tun, int tos, int len, int badsum, const char *to)
{
	struct tap_packet p = { 0 };
	struct iphdr *h = (struct iphdr *)p.b;

	tap_ip4(&p, "10.9.0.2", to, IPPROTO_UDP, 12, 1, 0);
	tap_udp(&p, 9, 7402, 4);
	tap_add(&p, "data", 4);
	h->tos = tos;
	if (len)
		h->tot_len = htons(len);
	h->check = 0;
	h->check = tap_fold(tap_sum(p.b, 20, 0)) + badsum;
	CHECK(tap_write(tun, &p) > 0);
}

#define FROM_LINK                                                                      \
	"Ip.InReceives Ip.InHdrErrors Ip.InAddrErrors Ip.InDelivers Ip.InDiscards "    \
	"IpExt.InTruncatedPkts IpExt.InCsumErrors IpExt.InNoECTPkts IpExt.InECT1Pkts " \
	"IpExt.InECT0Pkts IpExt.InCEPkts IpExt.InOctets TcpExt.IPReversePathFilter "   \
	"Udp.InDatagrams Udp.InErrors Udp.InCsumErrors"

static void packets(void)
{
	int tun = tap_open("t0", IFF_TUN), s;

	tap_up("t0", "10.9.0.1");
	s = net_bound("0.0.0.0", 7402);
	look(&before, false);
	for (int tos = 0; tos < 4; tos++) {
		from_link(tun, tos, 0, 0, "10.9.0.1");
		grown("from a link", FROM_LINK);
	}
	from_link(tun, 0, 33, 0, "10.9.0.1");
	grown("shorter than it says", FROM_LINK);
	from_link(tun, 0, 19, 0, "10.9.0.1");
	grown("of 19 bytes", FROM_LINK);
	from_link(tun, 0, 0, 1, "10.9.0.1");
	grown("with a bad sum", FROM_LINK);
	tap_sysctl("/proc/sys/net/ipv4/conf/t0/rp_filter", "1");
	tap_addr("t0", SIOCSIFADDR, "10.7.0.1");
	from_link(tun, 0, 0, 0, "10.7.0.1");
	grown("filtered", FROM_LINK);
	close(s);
	close(tun);
	CHECK(UNTIL(if_nametoindex("t0") == 0));
}

int main(void)
{
	net_start();
	look(&before, true);
	tcp();
	datagrams();
	echoes();
	packets();
	return 0;
}
