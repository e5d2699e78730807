// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/net/snmp, snmp6, netstat, sockstat, sockstat6 (proc_pid_net(5)), with all rows and columns of
 * Linux in its order. What does not exist here is zero: UDP-Lite, errors of ICMP of unusual
 * types.
 *
 * All numbers are sums over CPUs (ip.c), of no single moment: differences of two readings are exact
 * when nothing is under way. IPv4 has lines of names and of numbers, IPv6 a line a counter. A new
 * counter needs a row here and a place in enum ip_counter, and nothing else.
 */
#include <frame/fmt.h>
#include <kernel/knobs.h>

#include "udp.h"

/* The types of ICMP that Linux has a column for. */
static const u8 icmp_columns[] = { 3, 11, 12, 4, 5, 8, 0, 13, 14, 17, 18 };

/* In the order of Linux's columns, which is not that of the numbers. */
static void show_icmp_types(struct fmt *out, bool sent)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(icmp_columns); i++)
		fmt_printf(out, " %lu", icmp_counter_sum(true, sent, *array_at(icmp_columns, i)));
}

/* The first ICMP_TYPES places are messages that came, the others those that went. */
static u64 icmp_seen(u32 i)
{
	return icmp_counter_sum(true, i >= ICMP_TYPES, i % ICMP_TYPES);
}

/*
 * The types that have been seen: their names, then their numbers; nothing if there is none. The
 * second line must have as many columns as the first, though types may be seen for the first time
 * between the two.
 */
static void show_icmp_seen(struct fmt *out)
{
	u32 i, nr = 0;

	for (i = 0; i < 2 * ICMP_TYPES; i++) {
		if (!icmp_seen(i))
			continue;
		if (!nr++)
			fmt_lit(out, LIT("IcmpMsg:"));
		fmt_lit(out, i >= ICMP_TYPES ? LIT(" OutType") : LIT(" InType"));
		fmt_printf(out, "%u", i % ICMP_TYPES);
	}
	if (!nr)
		return;
	fmt_lit(out, LIT("\nIcmpMsg:"));
	/* Types that were seen for the first time meanwhile have no name in the line above. */
	for (i = 0; i < 2 * ICMP_TYPES && nr; i++) {
		u64 n = icmp_seen(i);
		if (n) {
			fmt_printf(out, " %lu", n);
			nr--;
		}
	}
	fmt_char(out, '\n');
}

static void show_ip(struct fmt *out)
{
	static const enum ip_counter columns[] = { IP_IN_UNKNOWN_PROTOS, IP_IN_DISCARDS,
		IP_IN_DELIVERS, IP_OUT_REQUESTS, IP_OUT_DISCARDS, IP_OUT_NO_ROUTES,
		IP_REASM_TIMEOUT, IP_REASM_REQDS, IP_REASM_OKS, IP_REASM_FAILS, IP_FRAG_OKS,
		IP_FRAG_FAILS, IP_FRAG_CREATES, IP_OUT_TRANSMITS };
	u32 i;

	fmt_lit(out,
		LIT("Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates OutTransmits\n"));
	fmt_printf(out, "Ip: %u %u %lu %lu %lu %lu",
		conf4_get(CONF_ALL, NULL, CONF4_FORWARDING) ? 1u : 2u,
		(u32)knob_get(KNOB_DEFAULT_TTL), ip_counter_sum(true, IP_IN_RECEIVES),
		ip_counter_sum(true, IP_IN_HDR_ERRORS), ip_counter_sum(true, IP_IN_ADDR_ERRORS),
		ip_counter_sum(true, IP_FORWARDED));
	for (i = 0; i < ARRAY_LEN(columns); i++)
		fmt_printf(out, " %lu", ip_counter_sum(true, *array_at(columns, i)));
	fmt_char(out, '\n');
}

static void show_icmp(struct fmt *out)
{
	fmt_lit(out,
		LIT("Icmp: InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutRateLimitGlobal OutRateLimitHost OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps OutTimestampReps OutAddrMasks OutAddrMaskReps\n"));
	fmt_printf(out, "Icmp: %lu %lu %lu", ip_counter_sum(true, ICMP_IN_MSGS),
		ip_counter_sum(true, ICMP_IN_ERRORS), ip_counter_sum(true, ICMP_IN_CSUM_ERRORS));
	show_icmp_types(out, false);
	/* Which of both limits it was is not told apart: they are one decision. */
	fmt_printf(out, " %lu 0 0 %lu", ip_counter_sum(true, ICMP_OUT_MSGS),
		ip_counter_sum(true, ICMP_LIMIT_ONE));
	show_icmp_types(out, true);
	fmt_char(out, '\n');
	show_icmp_seen(out);
}

/* Written into a buffer of the reader's, piece by piece; no lock is held, and a row is whole. */
void inet_show_snmp(struct fmt *out)
{
	show_ip(out);
	show_icmp(out);
	tcp_show_snmp(out);
	fmt_lit(out,
		LIT("Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors\n"));
	fmt_printf(out, "Udp: %lu %lu %lu %lu %lu %lu %lu 0 %lu\n",
		ip_counter_sum(true, UDP_IN_DATAGRAMS), ip_counter_sum(true, UDP_NO_PORTS),
		ip_counter_sum(true, UDP_IN_ERRORS), ip_counter_sum(true, UDP_OUT_DATAGRAMS),
		ip_counter_sum(true, UDP_RCVBUF_ERRORS), ip_counter_sum(true, UDP_SNDBUF_ERRORS),
		ip_counter_sum(true, UDP_IN_CSUM_ERRORS), ip_counter_sum(true, UDP_MEM_ERRORS));
	fmt_lit(out,
		LIT("UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors\nUdpLite: 0 0 0 0 0 0 0 0 0\n"));
}

/* The sums of IPv4 that snmp does not have. */
static const enum ip_counter ip_ext[] = { IP_IN_TRUNCATED, IP_IN_MCAST, IP_OUT_MCAST, IP_IN_BCAST,
	IP_OUT_BCAST, IP_IN_OCTETS, IP_OUT_OCTETS, IP_IN_MCAST_OCTETS, IP_OUT_MCAST_OCTETS,
	IP_IN_BCAST_OCTETS, IP_OUT_BCAST_OCTETS, IP_IN_CSUM_ERRORS, IP_IN_NO_ECT, IP_IN_ECT1,
	IP_IN_ECT0, IP_IN_CE };

void inet_show_netstat(struct fmt *out)
{
	u32 i;

	tcp_show_netstat(out, ip_counter_sum(true, IP_REVERSE_PATH));
	fmt_lit(out,
		LIT("IpExt: InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets OutOctets InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets InCsumErrors InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts ReasmOverlaps\nIpExt:"));
	fmt_printf(out, " %lu", ip_counter_sum(true, IP_IN_NO_ROUTES));
	for (i = 0; i < ARRAY_LEN(ip_ext); i++)
		fmt_printf(out, " %lu", ip_counter_sum(true, *array_at(ip_ext, i)));
	fmt_lit(out, LIT(" 0\n"));
}

/* ---- IPv6: a line for each counter ---- */

/* Rows that are no enum ip_counter: messages in and out, by their type. */
#define ROW_NOTHING  0x100u
#define ROW_ICMP_IN  0x200u
#define ROW_ICMP_OUT 0x300u

struct snmp6_row {
	struct lit name;
	u32 what;
};
static const struct snmp6_row rows6[] = {
	{ LIT("Ip6InReceives"), IP_IN_RECEIVES },
	{ LIT("Ip6InHdrErrors"), IP_IN_HDR_ERRORS },
	{ LIT("Ip6InTooBigErrors"), IP_IN_TOO_BIG },
	{ LIT("Ip6InNoRoutes"), IP_IN_NO_ROUTES },
	{ LIT("Ip6InAddrErrors"), IP_IN_ADDR_ERRORS },
	{ LIT("Ip6InUnknownProtos"), IP_IN_UNKNOWN_PROTOS },
	{ LIT("Ip6InTruncatedPkts"), IP_IN_TRUNCATED },
	{ LIT("Ip6InDiscards"), IP_IN_DISCARDS },
	{ LIT("Ip6InDelivers"), IP_IN_DELIVERS },
	{ LIT("Ip6OutForwDatagrams"), IP_FORWARDED },
	{ LIT("Ip6OutRequests"), IP_OUT_REQUESTS },
	{ LIT("Ip6OutDiscards"), IP_OUT_DISCARDS },
	{ LIT("Ip6OutNoRoutes"), IP_OUT_NO_ROUTES },
	{ LIT("Ip6ReasmTimeout"), IP_REASM_TIMEOUT },
	{ LIT("Ip6ReasmReqds"), IP_REASM_REQDS },
	{ LIT("Ip6ReasmOKs"), IP_REASM_OKS },
	{ LIT("Ip6ReasmFails"), IP_REASM_FAILS },
	{ LIT("Ip6FragOKs"), IP_FRAG_OKS },
	{ LIT("Ip6FragFails"), IP_FRAG_FAILS },
	{ LIT("Ip6FragCreates"), IP_FRAG_CREATES },
	{ LIT("Ip6InMcastPkts"), IP_IN_MCAST },
	{ LIT("Ip6OutMcastPkts"), IP_OUT_MCAST },
	{ LIT("Ip6InOctets"), IP_IN_OCTETS },
	{ LIT("Ip6OutOctets"), IP_OUT_OCTETS },
	{ LIT("Ip6InMcastOctets"), IP_IN_MCAST_OCTETS },
	{ LIT("Ip6OutMcastOctets"), IP_OUT_MCAST_OCTETS },
	{ LIT("Ip6InBcastOctets"), ROW_NOTHING },
	{ LIT("Ip6OutBcastOctets"), ROW_NOTHING },
	{ LIT("Ip6InNoECTPkts"), IP_IN_NO_ECT },
	{ LIT("Ip6InECT1Pkts"), IP_IN_ECT1 },
	{ LIT("Ip6InECT0Pkts"), IP_IN_ECT0 },
	{ LIT("Ip6InCEPkts"), IP_IN_CE },
	{ LIT("Ip6OutTransmits"), IP_OUT_TRANSMITS },
	{ LIT("Icmp6InMsgs"), ICMP_IN_MSGS },
	{ LIT("Icmp6InErrors"), ICMP_IN_ERRORS },
	{ LIT("Icmp6OutMsgs"), ICMP_OUT_MSGS },
	{ LIT("Icmp6OutErrors"), ROW_NOTHING },
	{ LIT("Icmp6InCsumErrors"), ICMP_IN_CSUM_ERRORS },
	{ LIT("Icmp6OutRateLimitHost"), ICMP_LIMIT_ONE },
	{ LIT("Icmp6InDestUnreachs"), ROW_ICMP_IN + 1 },
	{ LIT("Icmp6InPktTooBigs"), ROW_ICMP_IN + 2 },
	{ LIT("Icmp6InTimeExcds"), ROW_ICMP_IN + 3 },
	{ LIT("Icmp6InParmProblems"), ROW_ICMP_IN + 4 },
	{ LIT("Icmp6InEchos"), ROW_ICMP_IN + 128 },
	{ LIT("Icmp6InEchoReplies"), ROW_ICMP_IN + 129 },
	{ LIT("Icmp6InGroupMembQueries"), ROW_ICMP_IN + 130 },
	{ LIT("Icmp6InGroupMembResponses"), ROW_ICMP_IN + 131 },
	{ LIT("Icmp6InGroupMembReductions"), ROW_ICMP_IN + 132 },
	{ LIT("Icmp6InRouterSolicits"), ROW_ICMP_IN + 133 },
	{ LIT("Icmp6InRouterAdvertisements"), ROW_ICMP_IN + 134 },
	{ LIT("Icmp6InNeighborSolicits"), ROW_ICMP_IN + 135 },
	{ LIT("Icmp6InNeighborAdvertisements"), ROW_ICMP_IN + 136 },
	{ LIT("Icmp6InRedirects"), ROW_ICMP_IN + 137 },
	{ LIT("Icmp6InMLDv2Reports"), ROW_ICMP_IN + 143 },
	{ LIT("Icmp6OutDestUnreachs"), ROW_ICMP_OUT + 1 },
	{ LIT("Icmp6OutPktTooBigs"), ROW_ICMP_OUT + 2 },
	{ LIT("Icmp6OutTimeExcds"), ROW_ICMP_OUT + 3 },
	{ LIT("Icmp6OutParmProblems"), ROW_ICMP_OUT + 4 },
	{ LIT("Icmp6OutEchos"), ROW_ICMP_OUT + 128 },
	{ LIT("Icmp6OutEchoReplies"), ROW_ICMP_OUT + 129 },
	{ LIT("Icmp6OutGroupMembQueries"), ROW_ICMP_OUT + 130 },
	{ LIT("Icmp6OutGroupMembResponses"), ROW_ICMP_OUT + 131 },
	{ LIT("Icmp6OutGroupMembReductions"), ROW_ICMP_OUT + 132 },
	{ LIT("Icmp6OutRouterSolicits"), ROW_ICMP_OUT + 133 },
	{ LIT("Icmp6OutRouterAdvertisements"), ROW_ICMP_OUT + 134 },
	{ LIT("Icmp6OutNeighborSolicits"), ROW_ICMP_OUT + 135 },
	{ LIT("Icmp6OutNeighborAdvertisements"), ROW_ICMP_OUT + 136 },
	{ LIT("Icmp6OutRedirects"), ROW_ICMP_OUT + 137 },
	{ LIT("Icmp6OutMLDv2Reports"), ROW_ICMP_OUT + 143 },
};
static const struct snmp6_row rows_udp6[] = {
	{ LIT("Udp6InDatagrams"), UDP_IN_DATAGRAMS },
	{ LIT("Udp6NoPorts"), UDP_NO_PORTS },
	{ LIT("Udp6InErrors"), UDP_IN_ERRORS },
	{ LIT("Udp6OutDatagrams"), UDP_OUT_DATAGRAMS },
	{ LIT("Udp6RcvbufErrors"), UDP_RCVBUF_ERRORS },
	{ LIT("Udp6SndbufErrors"), UDP_SNDBUF_ERRORS },
	{ LIT("Udp6InCsumErrors"), UDP_IN_CSUM_ERRORS },
	{ LIT("Udp6IgnoredMulti"), ROW_NOTHING },
	{ LIT("Udp6MemErrors"), UDP_MEM_ERRORS },
	{ LIT("UdpLite6InDatagrams"), ROW_NOTHING },
	{ LIT("UdpLite6NoPorts"), ROW_NOTHING },
	{ LIT("UdpLite6InErrors"), ROW_NOTHING },
	{ LIT("UdpLite6OutDatagrams"), ROW_NOTHING },
	{ LIT("UdpLite6RcvbufErrors"), ROW_NOTHING },
	{ LIT("UdpLite6SndbufErrors"), ROW_NOTHING },
	{ LIT("UdpLite6InCsumErrors"), ROW_NOTHING },
	{ LIT("UdpLite6MemErrors"), ROW_NOTHING },
};

static void show_row(struct fmt *out, const struct snmp6_row *r)
{
	u64 n = 0;

	if (r->what < NR_IP_COUNTERS)
		n = ip_counter_sum(false, (enum ip_counter)r->what);
	else if (r->what >= ROW_ICMP_IN)
		n = icmp_counter_sum(false, r->what >= ROW_ICMP_OUT, r->what & 0xff);
	fmt_span_pad(out, lit_span(r->name), 32);
	fmt_printf(out, "\t%lu\n", n);
}

/* The types that have been seen have rows of their own. */
static void show_types6(struct fmt *out)
{
	u8 text[24];
	u32 i;
	u64 n;

	for (i = 0; i < 2 * ICMP_TYPES; i++) {
		n = icmp_counter_sum(false, i >= ICMP_TYPES, i % ICMP_TYPES);
		if (!n)
			continue;
		FMT(name, span_of(text));
		fmt_lit(&name, i >= ICMP_TYPES ? LIT("Icmp6OutType") : LIT("Icmp6InType"));
		fmt_printf(&name, "%u", i % ICMP_TYPES);
		fmt_span_pad(out, fmt_text(&name), 32);
		fmt_printf(out, "\t%lu\n", n);
	}
}

void inet_show_snmp6(struct fmt *out)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(rows6); i++)
		show_row(out, array_at(rows6, i));
	show_types6(out);
	for (i = 0; i < ARRAY_LEN(rows_udp6); i++)
		show_row(out, array_at(rows_udp6, i));
}
