// SPDX-License-Identifier: MPL-2.0
/*
 * Forwarding: this machine as a router (RFC 1812; RFC 8200). forward.h has the two ways in.
 *
 * ip4.c and ip6.c hand over a packet that is not for this machine. The order of the checks is
 * Linux's, since a stranger sees it in the answers: a way must exist, the source must be one that
 * can come from there, then the hops, then the size. Only a packet that passes all is changed: one
 * hop less, and with IPv4 the options that routers fill in. A packet that is larger than the next
 * link takes is cut if its sender permits that (IPv4 without DF); a packet with gso counts by its
 * segments, which netdev_send makes for a device that cannot.
 *
 * The transport's checksum is not looked at: CSUM_PARTIAL, GOOD and UNKNOWN mean the same to the
 * next device as they meant to this one, and the change of the header does not touch the sum.
 *
 * Nothing is kept here: packets wait for a neighbour, or for a ring, under the limits of these. A
 * packet that goes in a circle ends with its hops, also through lo.
 */
#include <frame/time.h>
#include <kernel/clock.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "forward.h"
#include "nd.h"

#define SEGMENTS_MAX 2048u /* of a packet with gso: a program's tun device may name any size */

/*
 * Room before the head for the link's header: the packet itself, or a copy of its head, for a device
 * whose header is longer than the one by which the packet came. Consumes it; NULL: no memory.
 */
static struct packet *forward_with_room(struct packet *p, u32 room)
{
	struct packet *c;

	if (likely(packet_headroom(p) >= room))
		return p;
	c = packet_with_room(p, PACKET_ROOM);
	packet_drop(&p);
	return c;
}

/*
 * What the next link must take: the packet, or with gso the largest segment. 0: it is broken. A
 * packet with gso came as one and will leave as segments of the size that it names, each with the
 * headers in front. A size that no machine would send (2048 segments) is a program's lie.
 */
static u32 size_on_link(struct packet *p)
{
	u32 at = (u32)p->transport - p->head, headers;

	if (!p->gso)
		return p->len;
	if (!p->gso_size || p->transport < p->head || p->len / p->gso_size > SEGMENTS_MAX ||
		!packet_linear(p, at + (p->gso == GSO_UDP ? 8u : 20u)))
		return 0;
	headers = at + (p->gso == GSO_UDP ? 8u : (span_byte(packet_headers(p), at + 12) >> 4) * 4u);
	return min(p->len, headers + p->gso_size);
}

/*
 * The MTU for packets of others with IPv4: no stranger's ICMP changes it (ip_forward_use_pmtu is
 * 0).
 */
static u32 link_mtu4(const struct route *r)
{
	return r->mtu ? r->mtu : load_once(r->device->mtu);
}

/* A router does not care whether the device has taken the packet; the device counts what it drops. */
static void forward_send(struct packet *p, struct route *r, const struct flow *f)
{
	int err = ip_send(p, r, f);

	(void)err;
}

/* ---- IPv4: cutting ---- */

/* Options that only the first fragment has become NOP (RFC 791, 3.1; bit 7: copied). */
static void blank_options(struct span h, u32 len)
{
	u32 i = sizeof(struct ip4_header), n;
	u8 kind;

	while (i < len && (kind = span_byte(span_const(h), i)) != 0) {
		n = kind == 1 || i + 1 >= len ? 1 : max(span_byte(span_const(h), i + 1), (u8)1);
		n = min(n, len - i);
		if (!(kind & 0x80))
			span_fill(span_sub(h, i, n), 1);
		i += n;
	}
}

/* Writes the header of a piece with its length, offset and checksum. False: cannot be. */
static bool set_piece(struct packet *piece, u32 header, u16 frag)
{
	struct span at = span_first(packet_head(piece), header);
	struct ip4_header h;

	if (frag & IP4_OFFSET)
		blank_options(at, header);
	if (!span_read(span_const(at), 0, &h))
		return false;
	h.len = be16((u16)piece->len);
	h.frag = be16(frag);
	h.csum = 0;
	if (!span_write(at, 0, &h))
		return false;
	h.csum = be16(sum_fold(bytes_sum(span_const(at), 0)));
	return span_write(at, 0, &h);
}

/* The piece of @n bytes of data from @off on, with the header of @p; NULL: no memory. */
static struct packet *make_piece(const struct packet *p, u32 header, u32 off, u32 n, u16 frag)
{
	struct packet *piece = packet_slice(p, header + off, n, PACKET_ROOM);

	if (!piece)
		return NULL;
	packet_push(piece, header);
	piece->net = piece->head;
	piece->transport = (u16)(piece->head + header);
	span_copy(packet_head(piece), cspan_first(packet_headers(p), header));
	if (!set_piece(piece, header, frag))
		packet_drop(&piece);
	return piece;
}

/* Cuts a packet, which may be a fragment itself, and sends the pieces. Consumes it. */
static void cut4(struct packet *p, struct route *r, const struct flow *f, u32 mtu)
{
	u32 header = (u32)p->transport - p->head, data = p->len - header, most, off, n;
	struct ip4_header h = { 0 };
	struct packet *piece;
	bool good = span_read(packet_headers(p), 0, &h) && mtu >= header + 8;
	u16 frag = be16(h.frag), at;

	if (p->csum == CSUM_PARTIAL && packet_finish_csum(p))
		good = false;
	most = good ? (mtu - header) & ~7u : 0;
	for (off = 0; off < data && good; off += n) {
		n = min(data - off, most);
		at = (u16)((frag & IP4_OFFSET) + (off >> 3));
		if (at > IP4_OFFSET) {
			good = false; /* behind the end of any datagram */
			break;
		}
		if (off + n < data || (frag & IP4_MF))
			at |= IP4_MF;
		piece = make_piece(p, header, off, n, at);
		good = piece && !ip_send(piece, r, f);
		ip_count(true, IP_FRAG_CREATES);
	}
	ip_count(true, good ? IP_FRAG_OKS : IP_FRAG_FAILS);
	packet_drop(&p);
}

/* Segments that are larger than the link takes: they are made here, and each is cut. */
static void cut_segments4(struct packet *p, struct route *r, const struct flow *f, u32 mtu)
{
	struct packet *next;

	for (p = gso_segment(p); p; p = next) {
		next = list_next(p, link);
		p->link.next = NULL;
		cut4(p, r, f, mtu);
	}
}

/* ---- IPv4: options ---- */

enum { OPTION_RECORD_ROUTE = 7, OPTION_TIME = 68 };
enum { TIME_ONLY = 0, TIME_AND_ADDRESS = 1 };

/* Writes a number of four bytes, in network order. */
static void forward_put_word(struct span h, u32 at, u32 v)
{
	u32 net = be32(v);
	bool fits = span_write(h, at, &net);

	(void)fits; /* the caller has compared it with the option's length */
}

/* Milliseconds since midnight, UTC (RFC 781). */
static u32 time_of_day(void)
{
	return (u32)(clock_realtime_ns() / NSEC_PER_MSEC % (24ul * 3600 * 1000));
}

/*
 * Fills in one option of @len bytes at @i, whose third byte points to the next free place: with
 * the address by which the packet leaves, and the time.
 */
static void fill_option(struct span h, u32 i, u32 len, u32 address)
{
	u32 kind = span_byte(span_const(h), i), at = span_byte(span_const(h), i + 2);
	u32 flags = kind == OPTION_TIME ? span_byte(span_const(h), i + 3) & 15u : 0;
	u32 size = kind == OPTION_RECORD_ROUTE || flags == TIME_ONLY ? 4 : 8;
	bool timed = kind == OPTION_TIME;

	if (timed && flags != TIME_ONLY && flags != TIME_AND_ADDRESS)
		return;
	if (at < (timed ? 5u : 4u))
		return;
	if (at + size - 1 > len) {
		/* Full: the number of routers that had no room. */
		u8 over = timed ? span_byte(span_const(h), i + 3) : 0xf0;
		if (over < 0xf0)
			span_set_byte(h, i + 3, (u8)(over + 0x10));
		return;
	}
	if (!timed || flags == TIME_AND_ADDRESS)
		forward_put_word(h, i + at - 1, address);
	if (timed)
		forward_put_word(h, i + at + size - 5, time_of_day());
	span_set_byte(h, i + 2, (u8)(at + size));
}

/* The options of a header that was checked; its sum is computed anew. */
static void fill_options(struct packet *p, u32 header, u32 address)
{
	struct span h = span_first(packet_head(p), header);
	u32 i = sizeof(struct ip4_header), n;
	u8 kind;

	while (i + 2 < header && (kind = span_byte(span_const(h), i)) != 0) {
		n = kind == 1 ? 1 : span_byte(span_const(h), i + 1);
		if (!n || n > header - i)
			break;
		if ((kind == OPTION_RECORD_ROUTE && n >= 3) || (kind == OPTION_TIME && n >= 4))
			fill_option(h, i, n, address);
		i += n;
	}
	span_set_byte(h, 10, 0);
	span_set_byte(h, 11, 0);
	n = sum_fold(bytes_sum(span_const(h), 0));
	span_set_byte(h, 10, (u8)(n >> 8));
	span_set_byte(h, 11, (u8)n);
}

/* ---- IPv4 ---- */

/* There is no way: the sender is told as the route's kind, or its absence, says. Consumes @p. */
static void no_way4(struct packet *p, int err)
{
	if (err == -ENETUNREACH)
		ip_count(true, IP_IN_NO_ROUTES);
	if (err == -ENETUNREACH || err == -EHOSTUNREACH || err == -EACCES)
		icmp_send_error(p, ICMP_UNREACHABLE,
			err == -EACCES                ? ICMP_FILTERED
				: err == -ENETUNREACH ? ICMP_NET
						      : ICMP_HOST,
			0, 0, 0);
	packet_drop(&p);
}

/*
 * A packet that leaves by the device by which it came: a sender on that link is told of the better
 * way (RFC 1812, 5.2.7.2), as seldom as icmp_limit_redirect allows.
 */
static void redirect4(struct packet *p, const struct route *r, const struct flow *f)
{
	if (r->device != p->dev || !conf4_either(p->dev, CONF4_SEND_REDIRECTS) ||
		!route_is_on_link(p->dev, f->from) || !icmp_limit_redirect(f->from, time_mono_ns()))
		return;
	icmp_send_error(p, ICMP_REDIRECT, ICMP_HOST, 0, 0,
		ip4_bits(ip_is_zero(r->gateway) ? f->to : r->gateway));
}

/* One hop less; the checksum follows (RFC 1141). False: cannot be. */
static bool take_hop4(struct packet *p, struct ip4_header *const h)
{
	u32 sum = be16(h->csum) + 0x100u;

	h->ttl--;
	h->csum = be16((u16)(sum + (sum >= 0xffff)));
	return span_write(packet_head(p), 0, h);
}

/* The packet may go by @r. Its head is the internet header again. Consumes it. */
static void pass4(struct packet *p, struct ip4_header *const h, struct route *r,
	const struct flow *f)
{
	u32 mtu = link_mtu4(r), size = size_on_link(p), header = (u32)p->transport - p->head;

	if (!size) {
		ip_count(true, IP_OUT_DISCARDS);
		packet_drop(&p);
		return;
	}
	ip_count(true, IP_FORWARDED);
	if (size > mtu && (be16(h->frag) & IP4_DF)) {
		ip_count(true, IP_FRAG_FAILS);
		icmp_send_error(p, ICMP_UNREACHABLE, ICMP_FRAG_NEEDED, 0, 0, mtu);
		packet_drop(&p);
		return;
	}
	p = forward_with_room(p, r->device->header_len);
	if (!p || !take_hop4(p, h)) {
		packet_drop(&p);
		return;
	}
	redirect4(p, r, f);
	if (header > sizeof(*h))
		fill_options(p, header, ip4_bits(addr_select(r, f->to)));
	if (likely(size <= mtu))
		forward_send(p, r, f);
	else if (p->gso)
		cut_segments4(p, r, f, mtu);
	else
		cut4(p, r, f, mtu);
}

/*
 * In Linux's order: way, source, kind of the frame, hops. The packet's head is behind the internet
 * header until here; pass4 needs it in front.
 */
void ip4_forward(struct packet *p, struct ip4_header *const h)
{
	struct flow f = { .from = ip4_addr(be32(h->from)),
		.to = ip4_addr(be32(h->to)),
		.iif = p->dev->index,
		.mark = p->mark,
		.tos = h->tos,
		.protocol = h->protocol };
	struct route *r = NULL;
	int err = route_forward(&f, &r);

	if (err) {
		no_way4(p, err);
	} else if (conf4_rp_filter(p->dev) && !ip4_source_is_routed(p, f.from, f.to)) {
		ip_count(true, IP_REVERSE_PATH);
		packet_drop(&p);
	} else if (p->kind != PACKET_HOST) {
		packet_drop(&p);
	} else if (h->ttl <= 1) {
		ip_count(true, IP_IN_HDR_ERRORS);
		icmp_send_error(p, ICMP_TIME_EXCEEDED, 0, 0, 0, 0);
		packet_drop(&p);
	} else {
		packet_push(p, (u32)p->head - p->net);
		pass4(p, h, r, &f);
	}
	obj_put(&r);
}

/* ---- IPv6 ---- */

/* An error of IPv6, and the end of @p. */
static void refuse6(struct packet *p, enum ip_counter c, u8 type, u8 code, u32 info)
{
	ip_count(false, c);
	icmp_send_error(p, 0, 0, type, code, info);
	packet_drop(&p);
}

/* Where the transport's header begins, for errors and segments; the header stays the head. */
static void find_transport6(struct packet *p, const struct ip6_header *h)
{
	u8 protocol = h->next;
	u32 frag = 0;
	s32 off = ip6_skip_headers(p, sizeof(*h), &protocol, &frag);

	if (off < 0 || !packet_linear(p, min((u32)off + 8, p->len)))
		off = sizeof(*h);
	p->transport = (u16)(p->head + (u32)off);
}

/*
 * Whether the source may leave its link: nobody's address, a group's or lo's never, that of a link
 * not (RFC 4291, 2.5.6), whose sender is told.
 */
static bool may_leave(struct packet *p, struct ip_addr from)
{
	if (ip_is_any(from) || ip_is_multicast(from) || ip_is_loopback(from))
		return false;
	if (!ip_is_link_local(from))
		return true;
	icmp_send_error(p, 0, 0, ICMP6_UNREACHABLE, ICMP6_BEYOND_SCOPE, 0);
	return false;
}

/*
 * The packet may go by @r. As on Linux it is compared with the device's MTU as it came, and with
 * that of the route and the path as it leaves. Consumes it.
 */
static void pass6(struct packet *p, struct ip6_header *const h, struct route *r,
	const struct flow *f)
{
	u32 mtu = max(addr_mtu6(r->device), 1280u), size = size_on_link(p);

	ip_count(false, IP_FORWARDED);
	if (size > mtu) {
		ip_count(false, IP_FRAG_FAILS);
		refuse6(p, IP_IN_TOO_BIG, ICMP6_TOO_BIG, 0, mtu);
		return;
	}
	if (size)
		p = forward_with_room(p, r->device->header_len);
	else
		packet_drop(&p);
	h->hops--;
	if (!p || !span_write(packet_head(p), 0, h)) {
		ip_count(false, IP_OUT_DISCARDS);
		packet_drop(&p);
		return;
	}
	mtu = max(route_mtu(r, f->to), 1280u);
	if (unlikely(size > mtu))
		refuse6(p, IP_FRAG_FAILS, ICMP6_TOO_BIG, 0, mtu);
	else
		forward_send(p, r, f);
}

/*
 * The errors' order is Linux's: no route is told even by a host that forwards nothing. Redirects
 * are for packets that leave by the link by which they came.
 */
void ip6_forward(struct packet *p, struct ip6_header *const h)
{
	struct flow f = { .from = ip6_from(h),
		.to = ip6_to(h),
		.iif = p->dev->index,
		.ifindex = ip_is_link_local(ip6_to(h)) ? p->dev->index : 0,
		.mark = p->mark,
		.tos = (u8)(be32(h->version_class_label) >> 20),
		.protocol = h->next };
	struct route *r = NULL;
	int err = route_forward(&f, &r);

	find_transport6(p, h);
	if (err == -EINVAL) {
		packet_drop(&p);
	} else if (err) {
		/* Also by a machine that forwards nothing, as on Linux. */
		refuse6(p, IP_IN_NO_ROUTES, ICMP6_UNREACHABLE,
			err == -EACCES ? ICMP6_PROHIBITED : ICMP6_NO_ROUTE, 0);
	} else if (!conf6_forwards()) {
		ip_count(false, IP_IN_ADDR_ERRORS);
		packet_drop(&p);
	} else if (p->kind != PACKET_HOST || load_once(r->device->no_ip6)) {
		packet_drop(&p);
	} else if (h->hops <= 1) {
		refuse6(p, IP_IN_HDR_ERRORS, ICMP6_TIME_EXCEEDED, 0, 0);
	} else if (r->device != p->dev && !may_leave(p, f.from)) {
		ip_count(false, IP_IN_ADDR_ERRORS);
		packet_drop(&p);
	} else {
		if (r->device == p->dev)
			nd_send_redirect(p, f.from, f.to,
				ip_is_zero(r->gateway) ? f.to : r->gateway);
		pass6(p, h, r, &f);
	}
	obj_put(&r);
}
