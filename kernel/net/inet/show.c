// SPDX-License-Identifier: MPL-2.0
/*
 * The texts of /proc/net about the internet protocols (proc_pid_net(5)). Programs read these
 * columns by place, so widths and blanks are Linux's to the byte, and what has no meaning here is
 * 0. A text is made record by record: *@next is the place of the next one, which is found again
 * after any change, so a record may be missed or shown twice, and nothing is locked between two of
 * them.
 */
#include <frame/fmt.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/text.h>

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

/*
 * Single words without the socket's lock. The inode is looked up through the file, which may be in
 * the middle of its release; then the record has another's number, as on Linux.
 */
void inet_show_socket(struct fmt *out, const struct inet_sock *i, u32 number, u32 rmem, u64 drops)
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
		ino ? ino->uid : 0u, 0u, ino ? ino->ino : 0ul, 2u, 0ul, (u32)drops);
	show_line_end(out, from, is4 ? LINE : 0);
}

/* ---- devices, addresses, routes ---- */

/* One record a device: its index is above *@next. False: there are no more. */
bool inet_show_dev(struct fmt *out, u64 *const next)
{
	struct netdev *d = netdev_next((u32)*next);
	struct netdev_stats s = { 0 };
	u32 i;

	if (!d)
		return false;
	netdev_sum_stats(d, &s);
	for (i = (u32)cspan_len(text_in(d->name)); i < 6; i++)
		fmt_char(out, ' ');
	fmt_span(out, text_in(d->name));
	fmt_printf(out, ": %7lu %7lu %4lu %4lu %4u %5u %10u %9lu", s.rx_bytes, s.rx_packets,
		s.rx_errors, s.rx_dropped, 0u, 0u, 0u, s.multicast);
	fmt_printf(out, " %8lu %7lu %4lu %4lu %4u %5u %7u %10u\n", s.tx_bytes, s.tx_packets,
		s.tx_errors, s.tx_dropped, 0u, 0u, 0u, 0u);
	*next = d->index;
	obj_put(&d);
	return true;
}

/* RT scopes of /proc/net/if_inet6. */
static u32 show_scope6(struct ip_addr a)
{
	if (ip_is_loopback(a))
		return 0x10;
	return ip_is_link_local(a) ? 0x20 : ip_is_site_local(a) ? 0x40 : 0;
}

/* One record a device, with all of its addresses. */
bool inet_show_if_inet6(struct fmt *out, u64 *const next)
{
	struct netdev *d = netdev_next((u32)*next);
	struct inet_dev *i = d ? addr_inet(d) : NULL;
	struct inet_addr *a = NULL;

	if (!d)
		return false;
	mutex_lock(&net_config); /* the list stands still */
	if (i)
		a = list_first(&i->addrs);
	for (; a; a = list_next(a, link)) {
		if (ip_is4(a->addr))
			continue;
		fmt_printf(out, "%016lx%016lx %02x %02x %02x %02x ", a->addr.hi, a->addr.lo,
			d->index, a->bits, show_scope6(a->addr), load_once(a->flags) & 0xffu);
		for (u32 n = (u32)cspan_len(text_in(d->name)); n < 8; n++)
			fmt_char(out, ' ');
		fmt_span(out, text_in(d->name));
		fmt_char(out, '\n');
	}
	mutex_unlock(&net_config);
	*next = d->index;
	obj_put(&d);
	return true;
}

#define RTF_UP      1u
#define RTF_GATEWAY 2u
#define RTF_HOST    4u
#define RTF_REJECT  0x200u

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
	if (r->kind == ROUTE_UNREACHABLE || r->kind == ROUTE_PROHIBIT)
		flags |= RTF_REJECT;
	if (r->device)
		fmt_span(out, text_in(r->device->name));
	else
		fmt_char(out, '*');
	fmt_printf(out, "\t%08X\t%08X\t%04X\t%d\t%u\t%d\t%08X\t%d\t%u\t%u", be32(ip4_bits(r->to)),
		ip_is_zero(r->gateway) ? 0u : be32(ip4_bits(r->gateway)), flags, 0, 0u,
		(s32)r->metric, be32(bits ? ~0u << (32 - bits) : 0u), (s32)r->mtu, r->window, 0u);
	show_line_end(out, from, LINE);
}

/* One record an IPv4 route of the main table. Context: task. */
bool inet_show_route(struct fmt *out, u64 *const next)
{
	struct route *r;

	mutex_lock(&net_config);
	r = route_next4(next);
	if (r)
		show_route(out, r);
	mutex_unlock(&net_config);
	if (!r)
		return false;
	obj_put(&r);
	return true;
}
