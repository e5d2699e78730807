// SPDX-License-Identifier: MPL-2.0
/* The texts of /proc/net about the internet protocols (proc_pid_net(5)). */
#include <frame/fmt.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>

#include "udp.h"

#define LINE 127u /* a line of the tables of sockets, with the blanks behind it */

void show_line_end(struct fmt *out, size_t from, size_t width)
{
	size_t n = fmt_len(out) - from;

	if (n < width)
		fmt_fill(out, ' ', width - n);
	fmt_char(out, '\n');
}

void show_address(struct fmt *out, bool is4, struct ip_addr a, u32 port)
{
	if (is4)
		fmt_printf(out, " %08X:%04X", be32(ip_is_zero(a) ? 0 : ip4_bits(a)), port);
	else
		fmt_printf(out, " %08X%08X%08X%08X:%04X", be32((u32)(a.hi >> 32)), be32((u32)a.hi),
			be32((u32)(a.lo >> 32)), be32((u32)a.lo), port);
}

void inet_show_socket_header(struct fmt *out, bool is4)
{
	size_t from = fmt_len(out);

	fmt_lit(out,
		is4 ? LIT("   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops")
		    : LIT("  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops"));
	show_line_end(out, from, is4 ? LINE : 0);
}

void inet_show_socket(struct fmt *out, const struct inet_sock *i, u32 number, u32 rmem)
{
	struct socket *s = i->socket;
	struct file *file = load_acquire(s->file);
	struct inode *ino = file ? load_once(file->inode) : NULL;
	bool is4 = s->family == AF_INET;
	size_t from = fmt_len(out);

	fmt_printf(out, "%5u:", number);
	show_address(out, is4, i->local, i->local_port);
	show_address(out, is4, i->peer, i->peer_port);
	fmt_printf(out, " %02X %08X:%08X %02X:%08lX %08X %5u %8u %lu %u %016lx %u",
		i->peer_port ? 1u : 7u, (u32)atomic_load(&s->wmem), rmem, 0u, 0ul, 0u,
		ino ? ino->uid : 0u, 0u, ino ? ino->ino : 0ul, 2u, 0ul, 0u);
	show_line_end(out, from, is4 ? LINE : 0);
}

/* ---- counters ---- */

struct counter_name {
	struct lit name;
	enum ip_counter counter;
};

/* The types of ICMP that Linux has a column for. */
static const u8 icmp_columns[] = { 3, 11, 12, 4, 5, 8, 0, 13, 14, 17, 18 };

static void show_icmp_types(struct fmt *out, bool sent)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(icmp_columns); i++)
		fmt_printf(out, " %lu", icmp_counter_sum(sent, *array_at(icmp_columns, i)));
}

/* The types that have been seen. */
static void show_icmp_seen(struct fmt *out, bool names)
{
	u32 i;

	for (i = 0; i < 2 * ICMP_TYPES; i++) {
		bool sent = i >= ICMP_TYPES;
		u64 n = icmp_counter_sum(sent, i % ICMP_TYPES);
		if (!n)
			continue;
		if (!names)
			fmt_printf(out, " %lu", n);
		else if (sent)
			fmt_printf(out, " OutType%u", i % ICMP_TYPES);
		else
			fmt_printf(out, " InType%u", i % ICMP_TYPES);
	}
	fmt_char(out, '\n');
}

static void show_icmp(struct fmt *out)
{
	fmt_lit(out,
		LIT("Icmp: InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps OutTimestampReps OutAddrMasks OutAddrMaskReps\n"));
	fmt_printf(out, "Icmp: %lu %lu 0", ip_counter_sum(true, ICMP_IN_MSGS),
		ip_counter_sum(true, ICMP_IN_ERRORS));
	show_icmp_types(out, false);
	fmt_printf(out, " %lu 0", ip_counter_sum(true, ICMP_OUT_MSGS));
	show_icmp_types(out, true);
	fmt_lit(out, LIT("\nIcmpMsg:"));
	show_icmp_seen(out, true);
	fmt_lit(out, LIT("IcmpMsg:"));
	show_icmp_seen(out, false);
}

void inet_show_snmp(struct fmt *out)
{
	fmt_lit(out,
		LIT("Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates OutTransmits\n"));
	fmt_printf(out,
		"Ip: 2 %u %lu %lu %lu 0 %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu",
		(u32)knob_get(KNOB_DEFAULT_TTL), ip_counter_sum(true, IP_IN_RECEIVES),
		ip_counter_sum(true, IP_IN_HDR_ERRORS), ip_counter_sum(true, IP_IN_ADDR_ERRORS),
		ip_counter_sum(true, IP_IN_UNKNOWN_PROTOS), ip_counter_sum(true, IP_IN_DISCARDS),
		ip_counter_sum(true, IP_IN_DELIVERS), ip_counter_sum(true, IP_OUT_REQUESTS),
		ip_counter_sum(true, IP_OUT_DISCARDS), ip_counter_sum(true, IP_OUT_NO_ROUTES),
		ip_counter_sum(true, IP_REASM_TIMEOUT), ip_counter_sum(true, IP_REASM_REQDS),
		ip_counter_sum(true, IP_REASM_OKS), ip_counter_sum(true, IP_REASM_FAILS),
		ip_counter_sum(true, IP_FRAG_OKS), ip_counter_sum(true, IP_FRAG_FAILS),
		ip_counter_sum(true, IP_FRAG_CREATES));
	fmt_printf(out, " %lu\n", ip_counter_sum(true, IP_OUT_REQUESTS));
	show_icmp(out);
	fmt_lit(out,
		LIT("Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors\n"));
	fmt_printf(out, "Udp: %lu %lu %lu %lu %lu %lu %lu 0 %lu\n",
		ip_counter_sum(true, UDP_IN_DATAGRAMS), ip_counter_sum(true, UDP_NO_PORTS),
		ip_counter_sum(true, UDP_IN_ERRORS), ip_counter_sum(true, UDP_OUT_DATAGRAMS),
		ip_counter_sum(true, UDP_RCVBUF_ERRORS), ip_counter_sum(true, UDP_SNDBUF_ERRORS),
		ip_counter_sum(true, UDP_IN_CSUM_ERRORS), ip_counter_sum(true, UDP_MEM_ERRORS));
}

static const struct counter_name snmp6[] = {
	{ LIT("Ip6InReceives"), IP_IN_RECEIVES },
	{ LIT("Ip6InHdrErrors"), IP_IN_HDR_ERRORS },
	{ LIT("Ip6InAddrErrors"), IP_IN_ADDR_ERRORS },
	{ LIT("Ip6InUnknownProtos"), IP_IN_UNKNOWN_PROTOS },
	{ LIT("Ip6InDiscards"), IP_IN_DISCARDS },
	{ LIT("Ip6InDelivers"), IP_IN_DELIVERS },
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
	{ LIT("Icmp6InMsgs"), ICMP_IN_MSGS },
	{ LIT("Icmp6InErrors"), ICMP_IN_ERRORS },
	{ LIT("Icmp6OutMsgs"), ICMP_OUT_MSGS },
	{ LIT("Udp6InDatagrams"), UDP_IN_DATAGRAMS },
	{ LIT("Udp6NoPorts"), UDP_NO_PORTS },
	{ LIT("Udp6InErrors"), UDP_IN_ERRORS },
	{ LIT("Udp6OutDatagrams"), UDP_OUT_DATAGRAMS },
	{ LIT("Udp6RcvbufErrors"), UDP_RCVBUF_ERRORS },
	{ LIT("Udp6SndbufErrors"), UDP_SNDBUF_ERRORS },
	{ LIT("Udp6InCsumErrors"), UDP_IN_CSUM_ERRORS },
	{ LIT("Udp6MemErrors"), UDP_MEM_ERRORS },
};

void inet_show_snmp6(struct fmt *out)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(snmp6); i++) {
		fmt_span_pad(out, lit_span(snmp6[i].name), 32);
		fmt_printf(out, "\t%lu\n", ip_counter_sum(false, snmp6[i].counter));
	}
}

/* ---- devices, addresses, routes ---- */

#define name_of(d) (cspan_first(cspan_of((d)->name), cspan_strlen(cspan_of((d)->name))))

/* One record a device: its index is above *@next. False: there are no more. */
bool inet_show_dev(struct fmt *out, u64 *const next)
{
	struct netdev *d = netdev_next((u32)*next);
	struct netdev_stats s = { 0 };
	u32 i;

	if (!d)
		return false;
	netdev_sum_stats(d, &s);
	for (i = (u32)cspan_len(name_of(d)); i < 6; i++)
		fmt_char(out, ' ');
	fmt_span(out, name_of(d));
	fmt_printf(out, ": %7lu %7lu %4lu %4lu %4u %5u %10u %9lu", s.rx_bytes, s.rx_packets,
		s.rx_errors, s.rx_dropped, 0u, 0u, 0u, s.multicast);
	fmt_printf(out, " %8lu %7lu %4lu %4lu %4u %5u %7u %10u\n", s.tx_bytes, s.tx_packets,
		s.tx_errors, s.tx_dropped, 0u, 0u, 0u, 0u);
	*next = d->index;
	obj_put(&d);
	return true;
}

/* RT scopes of /proc/net/if_inet6. */
static u32 scope6(struct ip_addr a)
{
	return ip_is_loopback(a) ? 0x10 : ip_is_link_local(a) ? 0x20 : 0;
}

/* One record a device, with all of its addresses. */
bool inet_show_if_inet6(struct fmt *out, u64 *const next)
{
	struct netdev *d = netdev_next((u32)*next);
	struct inet_addr *a;
	u32 n;

	if (!d)
		return false;
	for (n = 0; (a = addr_nth(d, n)) != NULL; n++) {
		if (!ip_is4(a->addr)) {
			fmt_printf(out, "%016lx%016lx %02x %02x %02x %02x ", a->addr.hi, a->addr.lo,
				d->index, a->bits, scope6(a->addr), a->flags & 0xffu);
			for (u32 i = (u32)cspan_len(name_of(d)); i < 8; i++)
				fmt_char(out, ' ');
			fmt_span(out, name_of(d));
			fmt_char(out, '\n');
		}
		obj_put(&a);
	}
	*next = d->index;
	obj_put(&d);
	return true;
}

#define RTF_UP      1u
#define RTF_GATEWAY 2u
#define RTF_HOST    4u

void inet_show_route_header(struct fmt *out)
{
	size_t from = fmt_len(out);

	fmt_lit(out,
		LIT("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"));
	show_line_end(out, from, LINE);
}

static void show_route(struct fmt *out, const struct route *r)
{
	u32 bits = r->bits - IP4_BITS, flags = RTF_UP;
	size_t from = fmt_len(out);

	if (!ip_is_zero(r->gateway))
		flags |= RTF_GATEWAY;
	if (bits == 32)
		flags |= RTF_HOST;
	if (r->dev)
		fmt_span(out, name_of(r->dev));
	else
		fmt_char(out, '*');
	fmt_printf(out, "\t%08X\t%08X\t%04X\t%d\t%u\t%d\t%08X\t%d\t%u\t%u", be32(ip4_bits(r->to)),
		ip_is_zero(r->gateway) ? 0u : be32(ip4_bits(r->gateway)), flags, 0, 0u,
		(s32)r->metric, be32(bits ? ~0u << (32 - bits) : 0u), (s32)r->mtu, r->window, 0u);
	show_line_end(out, from, LINE);
}

/* The IPv4 routes of the main table, all in one record. Context: task. */
void inet_show_routes(struct fmt *out)
{
	struct route *r, *next;

	mutex_lock(&net_config);
	for (r = route_next(NULL); r; r = next) {
		if (r->table == ROUTE_TABLE_MAIN && ip_is4(r->to) && r->bits >= IP4_BITS)
			show_route(out, r);
		next = route_next(r);
		obj_put(&r);
	}
	mutex_unlock(&net_config);
}
