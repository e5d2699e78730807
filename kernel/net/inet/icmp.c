// SPDX-License-Identifier: MPL-2.0
/*
 * ICMP and ICMPv6 (RFC 792, RFC 1122, RFC 4443): echo, and errors in and out.
 * Errors are limited (icmp_limit.c), but not on lo.
 *
 * An error quotes a packet that this machine is said to have sent. Anybody can send one, so it must
 * find its socket by the four numbers of the quote, and the transport decides what it believes
 * (TCP: the sequence number must be under way). No error is ever sent about an error, a fragment
 * but the first, a broadcast or a group (RFC 1122, 3.2.2), so two machines never answer each
 * other's errors.
 */
#include <frame/time.h>
#include <kernel/knobs.h>
#include <kernel/random.h>
#include <uapi/if.h>

#include "nd.h"

/* ---- out ---- */

bool icmp_put_header(struct packet *p, struct icmp_header *const h, struct ip_addr from,
	struct ip_addr to)
{
	u32 sum = 0;

	h->csum = 0;
	if (!span_write(packet_head(p), 0, h))
		return false;
	if (!ip_is4(to))
		sum = ip_pseudo_sum(from, to, IP_PROTO_ICMPV6, p->len);
	h->csum = be16(sum_fold(packet_sum(p, 0, p->len, sum)));
	return span_write(packet_head(p), 0, h);
}

/*
 * Fills in the header with its checksum and sends. Consumes @p, whose head begins with the header.
 */
static void send_icmp(struct packet *p, struct flow *f, struct icmp_header *const h)
{
	bool is4 = ip_is4(f->to);
	struct route *r = NULL;

	f->protocol = is4 ? IP_PROTO_ICMP : IP_PROTO_ICMPV6;
	if (route_output(f, &r)) {
		packet_drop(&p);
		return;
	}
	if (!icmp_put_header(p, h, f->from, f->to))
		p->len = 0; /* cannot be: the bytes are there */
	p->csum = CSUM_UNKNOWN;
	p->gso = GSO_NONE;
	icmp_count(is4, true, h->type);
	if (ip_output(p, r, f))
		ip_count(is4, IP_OUT_DISCARDS);
	obj_put(&r);
}

/* What an error quotes at most: 576 and 1280 bytes with its own headers. */
#define QUOTE4 (576u - 20 - 8)
#define QUOTE6 (1280u - 40 - 8)

/* The protocol behind the extension headers of a packet; @h begins with its IPv6 header. */
static u8 last_protocol6(struct cspan h, u8 next)
{
	u32 off = sizeof(struct ip6_header), len, i;

	for (i = 0; i < 8 && off + 8 <= cspan_len(h); i++) {
		if (next != IP6_HOPOPTS && next != IP6_ROUTING && next != IP6_FRAGMENT &&
			next != IP6_DSTOPTS)
			break;
		len = next == IP6_FRAGMENT ? 8u : 8u + span_byte(h, off + 1) * 8u;
		next = span_byte(h, off);
		off += len;
	}
	return next;
}

/*
 * The addresses of the packet that an error is about. False: none must be sent. The answer goes to
 * the quoted packet's source, and comes from its destination if that is an address of this machine.
 * The precedence is that of control traffic, as on Linux.
 */
static bool quoted_flow(const struct packet *p, bool is4, u8 type6, struct flow *const f)
{
	struct cspan h = cspan_from(cspan_of(p->data), p->net);
	struct ip4_header h4;
	struct ip6_header h6;
	u8 protocol, type;

	if (is4) {
		if (!span_read(h, 0, &h4) || (be16(h4.frag) & IP4_OFFSET))
			return false;
		f->to = ip4_addr(be32(h4.from));
		f->from = ip4_addr(be32(h4.to));
		protocol = h4.protocol;
		f->tos = (h4.tos & 0x1e) | 0xc0;
	} else {
		if (!span_read(h, 0, &h6))
			return false;
		f->to = ip6_from(&h6);
		f->from = ip6_to(&h6);
		protocol = last_protocol6(h, h6.next);
	}
	if (ip_is_any(f->to) || ip_is_multicast(f->to) || ip_is_broadcast(f->to))
		return false;
	if (ip_is_multicast(f->from) && type6 != ICMP6_TOO_BIG)
		return false;
	/* No error about an error. */
	type = span_byte(cspan_of(p->data), min((u32)p->transport, PACKET_DATA - 1));
	if (is4 && protocol == IP_PROTO_ICMP && type != ICMP_ECHO && type != ICMP_ECHO_REPLY)
		return false;
	return is4 || protocol != IP_PROTO_ICMPV6 || (type & 0x80);
}

/*
 * Errors that the limit is not about, as on Linux (icmp_ratemask): a sender that is not told of
 * the MTU fails for ever, and redirects have a limit of their own.
 */
static bool is_unlimited(bool is4, const struct icmp_header *h)
{
	if (!is4)
		return h->type == ICMP6_TOO_BIG;
	return h->type == ICMP_REDIRECT ||
		(h->type == ICMP_UNREACHABLE && h->code == ICMP_FRAG_NEEDED);
}

/*
 * @p stays the caller's. Its internet header lies before the head, at p->net; the quote begins
 * there. Local senders are not limited: their sockets are, and a test of one's own machine must see
 * all.
 */
void icmp_send_error(struct packet *p, u8 type4, u8 code4, u8 type6, u8 code6, u32 info)
{
	bool is4 = p->ethertype == ETHERTYPE_IP4;
	struct icmp_header h = {
		.type = is4 ? type4 : type6, .code = is4 ? code4 : code6, .info = be32(info)
	};
	struct packet *whole, *e = NULL;
	struct flow f = { 0 };

	if (p->kind != PACKET_HOST || !quoted_flow(p, is4, type6, &f))
		return;
	if (!(p->dev->flags & IFF_LOOPBACK) && !is_unlimited(is4, &h) &&
		route_local_kind(f.to) != ROUTE_LOCAL &&
		!icmp_limit_take(f.to, time_mono_ns(), random_u64() % 3)) {
		ip_count(is4, ICMP_LIMIT_ONE);
		return;
	}
	if (route_local_kind(f.from) != ROUTE_LOCAL)
		f.from = (struct ip_addr){ 0 };
	if (ip_is_link_local(f.to))
		f.ifindex = p->dev->index;
	whole = packet_clone(p);
	if (!whole)
		return;
	packet_push(whole, (u32)whole->head - whole->net);
	e = packet_slice(whole, 0, min(whole->len, is4 ? QUOTE4 : QUOTE6), PACKET_ROOM);
	packet_drop(&whole);
	if (!e)
		return;
	packet_push(e, sizeof(h));
	send_icmp(e, &f, &h);
}

void icmp_unreachable_host(struct packet *p)
{
	icmp_send_error(p, ICMP_UNREACHABLE, ICMP_HOST, ICMP6_UNREACHABLE, ICMP6_ADDRESS, 0);
}

/* ---- echo ---- */

#define ECHO_ROOM 80u /* an IPv6 header, and a link's */

/*
 * Answers in the very packet, whose headers leave room for those of the answer, unless the answer's
 * link has a longer header than the one by which it came. Consumes it.
 */
static void echo(struct packet *p, const struct ip_info *i, struct icmp_header *const h)
{
	struct flow f = { .to = i->from, .from = i->to, .tos = i->tos, .mark = p->mark };
	bool is4 = ip_is4(i->to);

	/* Answers to broadcasts and groups are many (icmp_echo_ignore_broadcasts). */
	if (knob_get(is4 ? KNOB_ECHO_IGNORE : KNOB_ECHO_IGNORE6) ||
		(is4 && (i->broadcast || i->multicast) && knob_get(KNOB_ECHO_BROADCASTS))) {
		packet_drop(&p);
		return;
	}
	if (unlikely(packet_headroom(p) < ECHO_ROOM)) {
		struct packet *c = packet_slice(p, 0, p->len, PACKET_ROOM);
		packet_drop(&p);
		if (!c)
			return;
		p = c;
	}
	if (i->multicast || i->broadcast)
		f.from = (struct ip_addr){ 0 };
	if (ip_is_link_local(f.to))
		f.ifindex = i->ifindex;
	h->type = is4 ? ICMP_ECHO_REPLY : ICMP6_ECHO_REPLY;
	send_icmp(p, &f, h);
}

/* ---- errors in ---- */

struct icmp_errno {
	u8 error;
	bool fatal;
};
static const struct icmp_errno unreachable4[] = { { ENETUNREACH, false }, { EHOSTUNREACH, false },
	{ ENOPROTOOPT, true }, { ECONNREFUSED, true }, { EMSGSIZE, false }, { EOPNOTSUPP, false },
	{ ENETUNREACH, true }, { EHOSTDOWN, true }, { ENONET, true }, { ENETUNREACH, true },
	{ EHOSTUNREACH, true }, { ENETUNREACH, false }, { EHOSTUNREACH, false },
	{ EHOSTUNREACH, true }, { EHOSTUNREACH, true }, { EHOSTUNREACH, true } };
static const struct icmp_errno unreachable6[] = { { ENETUNREACH, false }, { EACCES, true },
	{ EHOSTUNREACH, false }, { EHOSTUNREACH, false }, { ECONNREFUSED, true }, { EACCES, true },
	{ EACCES, true } };

static void set_errno4(struct ip_error *const e)
{
	e->error = EPROTO;
	e->fatal = true;
	if (e->type == ICMP_UNREACHABLE && e->code < ARRAY_LEN(unreachable4)) {
		e->error = unreachable4[e->code].error;
		e->fatal = unreachable4[e->code].fatal;
	} else if (e->type != ICMP_PARAMETER) {
		e->error = EHOSTUNREACH;
		e->fatal = false;
	}
}

static void set_errno6(struct ip_error *const e)
{
	e->error = EPROTO;
	e->fatal = e->type == ICMP6_PARAMETER;
	if (e->type == ICMP6_UNREACHABLE && e->code < ARRAY_LEN(unreachable6)) {
		e->error = unreachable6[e->code].error;
		e->fatal = unreachable6[e->code].fatal;
	} else if (e->type == ICMP6_TOO_BIG) {
		e->error = EMSGSIZE;
	} else if (e->type == ICMP6_TIME_EXCEEDED) {
		e->error = EHOSTUNREACH;
	}
}

/* Takes the quoted internet header off, and fills in the flow. False: it is not usable. */
static bool take_quote4(struct packet *p, struct ip_error *const e)
{
	struct ip4_header h;
	u32 len;

	if (!packet_linear(p, sizeof(h)) || !span_read(packet_headers(p), 0, &h))
		return false;
	len = (h.version_len & 15u) * 4;
	if (h.version_len >> 4 != 4 || len < sizeof(h) || !packet_linear(p, len) ||
		(be16(h.frag) & IP4_OFFSET))
		return false;
	e->flow.from = ip4_addr(be32(h.from));
	e->flow.to = ip4_addr(be32(h.to));
	e->flow.protocol = h.protocol;
	packet_pull(p, len);
	return true;
}

static bool take_quote6(struct packet *p, struct ip_error *const e)
{
	struct ip6_header h;
	u32 frag;
	s32 off;

	if (!packet_linear(p, sizeof(h)) || !span_read(packet_headers(p), 0, &h))
		return false;
	e->flow.protocol = h.next;
	off = ip6_skip_headers(p, sizeof(h), &e->flow.protocol, &frag);
	if (off < 0 || frag || !packet_linear(p, (u32)off))
		return false;
	e->flow.from = ip6_from(&h);
	e->flow.to = ip6_to(&h);
	packet_pull(p, (u32)off);
	return true;
}

/*
 * The MTU that a router reports; 0: it must not be believed (RFC 8201, 4). An old router reports
 * none, then it is the least that IPv4 learns, as on Linux.
 *
 * The bounds keep a forged report from making this machine send tiny packets.
 */
static u32 reported_mtu(const struct ip_error *e)
{
	if (!ip_is4(e->flow.to))
		return e->info < 1280 ? 0 : e->info;
	return max(e->info, 552u);
}

/*
 * An error about a packet that this machine has sent. Consumes @p, which begins with the quote. The
 * first 8 bytes behind the quoted header are ports and, of TCP, the sequence number: more an old
 * router need not quote (RFC 792). e.mtu is set only for a quote whose source is this machine: what
 * it forwards for others is no business of its own paths.
 */
static void error_in(struct packet *p, const struct ip_info *i, const struct icmp_header *h)
{
	struct ip_error e = { .offender = i->from, .type = h->type, .code = h->code, .heard = *i };
	bool is4 = ip_is4(i->to), too_big;
	const struct ip_transport *t;
	u8 b[8];

	if (!(is4 ? take_quote4(p, &e) : take_quote6(p, &e)) || !packet_read(p, 0, span_of(b))) {
		packet_drop(&p);
		return;
	}
	e.flow.from_port = (u16)(b[0] << 8 | b[1]);
	e.flow.to_port = (u16)(b[2] << 8 | b[3]);
	e.flow.ifindex = ip_is_link_local(e.flow.to) ? i->ifindex : 0;
	e.sequence = (u32)b[4] << 24 | (u32)b[5] << 16 | (u32)b[6] << 8 | b[7];
	e.info = be32(h->info);
	if (is4) {
		e.info = h->type == ICMP_UNREACHABLE ? e.info & 0xffff : e.info >> 24;
		set_errno4(&e);
	} else {
		set_errno6(&e);
	}
	too_big = is4 ? h->type == ICMP_UNREACHABLE && h->code == ICMP_FRAG_NEEDED
		      : h->type == ICMP6_TOO_BIG;
	if (too_big && route_local_kind(e.flow.from) == ROUTE_LOCAL)
		e.mtu = reported_mtu(&e);
	t = ip_transport_of(e.flow.protocol);
	if (t && t->error)
		t->error(&e, p);
	packet_drop(&p);
}

/* ---- in ---- */

static bool is_error(bool is4, u8 type)
{
	if (!is4)
		return type >= ICMP6_UNREACHABLE && type <= ICMP6_PARAMETER;
	return type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER;
}

/* Raw and ping sockets got their copies before (ip_deliver). */
static void icmp_receive(struct packet *p, const struct ip_info *i)
{
	bool is4 = ip_is4(i->to);
	struct icmp_header h;
	bool good = ip_sum_good(p, i, is4 ? IP_PROTO_ICMP : IP_PROTO_ICMPV6);

	if (!good)
		ip_count(is4, ICMP_IN_CSUM_ERRORS);
	if (!good || !packet_linear(p, sizeof(h)) || !span_read(packet_headers(p), 0, &h)) {
		ip_count(is4, ICMP_IN_MSGS);
		ip_count(is4, ICMP_IN_ERRORS);
		packet_drop(&p);
		return;
	}
	icmp_count(is4, false, h.type);
	if (!is4 && h.type >= ND_ROUTER_SOLICIT && h.type <= ND_REDIRECT) {
		nd_receive(p, i, h.type, h.code);
		packet_drop(&p);
	} else if (!is4 && h.type == ICMP6_MLD_QUERY) {
		mld_receive(p, i);
		packet_drop(&p);
	} else if (h.type == (is4 ? ICMP_ECHO : ICMP6_ECHO)) {
		echo(p, i, &h);
	} else if (is_error(is4, h.type)) {
		packet_pull(p, sizeof(h));
		error_in(p, i, &h);
	} else {
		packet_drop(&p); /* raw and ping sockets have seen it */
	}
}

static const struct ip_transport icmp4 = { .protocol = IP_PROTO_ICMP, .receive = icmp_receive };
static const struct ip_transport icmp6 = { .protocol = IP_PROTO_ICMPV6, .receive = icmp_receive };

void icmp_init(void)
{
	icmp_limit_init(random_u64(), random_u64());
	ip_transport_register(&icmp4);
	ip_transport_register(&icmp6);
}
