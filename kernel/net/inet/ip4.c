// SPDX-License-Identifier: MPL-2.0
/*
 * IPv4 (RFC 791, RFC 1122): the header, in and out, and fragmentation.
 *
 * A packet from this machine (CSUM_PARTIAL on its way in) has not left it, so its header's checksum
 * is not checked again.
 *
 * In: the header is checked and taken off, then the packet is for this machine (route_input_kind),
 * to be forwarded, or dropped. What a stranger could put into a header is refused early: a length
 * beyond the packet, source routes (RFC 7126), sources that send nothing (ip_source_ok),
 * destinations in 127/8 from outside. All of it happens before a fragment is kept or a socket is
 * looked for.
 *
 * Out: the route's MTU decides between one packet and fragments. Numbers of datagrams are random,
 * since a counter tells strangers how much is sent, and to whom (RFC 7739 says it of IPv6).
 */
#include <kernel/knobs.h>
#include <kernel/random.h>
#include <uapi/if.h>

#include "forward.h"
#include "rule.h"

u16 ip4_checksum(const struct ip4_header *h)
{
	u32 sum = (u32)h->version_len | (u32)h->tos << 8;

	/* The sum of words in the order of the machine is right in that order (RFC 1071, 2). */
	sum += h->len + h->id + h->frag + ((u32)h->ttl | (u32)h->protocol << 8) + h->csum;
	sum += (h->from & 0xffff) + (h->from >> 16) + (h->to & 0xffff) + (h->to >> 16);
	return sum_fold(sum);
}

/* ---- out ---- */

static void ip4_push_header(struct packet *p, const struct route *r, const struct flow *f, u16 frag,
	u16 id)
{
	struct ip4_header h = { .version_len = 0x45, .tos = f->tos, .protocol = f->protocol };
	u8 ttl = f->ttl;

	if (!ttl)
		ttl = r->hoplimit ? (u8)r->hoplimit : (u8)knob_get(KNOB_DEFAULT_TTL);
	packet_push(p, sizeof(h));
	h.len = be16((u16)p->len);
	h.id = be16(id);
	h.frag = be16(frag);
	h.ttl = ttl;
	h.from = be32(ip4_bits(f->from));
	h.to = be32(ip4_bits(f->to));
	h.csum = ip4_checksum(&h);
	p->net = p->head;
	p->ethertype = ETHERTYPE_IP4;
	if (!span_write(packet_head(p), 0, &h))
		p->len = 0; /* cannot be: the bytes were pushed */
}

/*
 * Cuts the packet, which has no header yet, and sends the pieces; the first error counts. The sum
 * of the transport spans all pieces, so it is completed before the cut. Each piece is sent at once;
 * if one fails, the rest is not sent, since the receiver could do nothing with it.
 */
static noinline int ip4_send_fragments(struct packet *p, struct route *r, const struct flow *f,
	u32 mtu)
{
	u32 most = (mtu - sizeof(struct ip4_header)) & ~7u, off, n;
	u16 id = (u16)random_u64();
	struct packet *piece;
	int err = 0;

	if (p->csum == CSUM_PARTIAL && packet_finish_csum(p))
		err = -EINVAL;
	for (off = 0; off < p->len && !err; off += n) {
		n = min(p->len - off, most);
		piece = packet_slice(p, off, n, PACKET_ROOM);
		if (!piece) {
			err = -ENOBUFS;
			break;
		}
		if (unlikely(p->stamps))
			packet_stamps_move(piece, p); /* the first one has them */
		ip4_push_header(piece, r, f, (u16)(off >> 3 | (off + n < p->len ? IP4_MF : 0)), id);
		err = ip_send(piece, r, f);
		ip_count(true, IP_FRAG_CREATES);
	}
	ip_count(true, err ? IP_FRAG_FAILS : IP_FRAG_OKS);
	packet_drop(&p);
	return err;
}

/*
 * A packet with gso is as large as its segments are together, and is cut by netdev_send at the
 * latest, so the MTU does not count for it here.
 */
int ip4_output(struct packet *p, struct route *r, const struct flow *f)
{
	u32 mtu = route_mtu(r, f->to), len = p->len + (u32)sizeof(struct ip4_header);

	if (likely(len <= mtu || p->gso)) {
		if (unlikely(len > 0xffff)) {
			packet_drop(&p);
			return -EMSGSIZE;
		}
		ip_count(true, IP_OUT_REQUESTS);
		/* A packet that is never cut needs no number (RFC 6864). */
		if (f->dont_fragment || f->discover)
			ip4_push_header(p, r, f, IP4_DF, 0);
		else
			ip4_push_header(p, r, f, 0, (u16)random_u64());
		return ip_send(p, r, f);
	}
	/* The sender alone is told: no packet has been made that counts. */
	if (f->dont_fragment || mtu < sizeof(struct ip4_header) + 8 || len > 0xffff) {
		packet_drop(&p);
		return -EMSGSIZE;
	}
	ip_count(true, IP_OUT_REQUESTS);
	return ip4_send_fragments(p, r, f, mtu);
}

/* ---- in ---- */

/* Whether an option asks for a way of its own: loose or strict source routes are refused. */
static noinline bool has_source_route(const struct packet *p, u32 len)
{
	u32 i = sizeof(struct ip4_header);
	struct cspan h = packet_headers(p);

	while (i < len) {
		u8 kind = span_byte(h, i);
		if (!kind)
			break;
		if (kind == 131 || kind == 137)
			return true;
		if (kind == 1) {
			i++;
			continue;
		}
		if (i + 1 >= len || span_byte(h, i + 1) < 2)
			return true; /* broken */
		i += span_byte(h, i + 1);
	}
	return false;
}

/*
 * Checks the header and takes it off. False: the packet is bad; *@truncated: because it is shorter
 * than it says.
 */
static bool ip4_take_header(struct packet *p, struct ip4_header *const h, bool *const truncated)
{
	u32 len;

	if (!packet_linear(p, sizeof(*h)) || !span_read(packet_headers(p), 0, h))
		return false;
	len = (h->version_len & 15u) * 4;
	if (h->version_len >> 4 != 4 || len < sizeof(*h))
		return false;
	ip_count(true, (enum ip_counter)(IP_IN_NO_ECT + (h->tos & 3)));
	if (unlikely(len > sizeof(*h)) && !packet_linear(p, len))
		return false;
	if (p->csum != CSUM_PARTIAL &&
		(len == sizeof(*h) ? ip4_checksum(h)
				   : sum_fold(bytes_sum(cspan_first(packet_headers(p), len), 0)))) {
		ip_count(true, IP_IN_CSUM_ERRORS);
		return false;
	}
	if (be16(h->len) > p->len) {
		ip_count(true, IP_IN_TRUNCATED);
		*truncated = true;
		return false;
	}
	if (be16(h->len) < len)
		return false;
	if (unlikely(be16(h->len) < p->len))
		packet_trim(p, be16(h->len));
	if (len > sizeof(*h) && has_source_route(p, len))
		return false;
	p->net = p->head;
	packet_pull(p, len);
	p->transport = p->head;
	return true;
}

/*
 * Makes the header of the first fragment that of the whole datagram. False: the datagram is too
 * long.
 */
static bool ip4_set_joined(struct packet *p)
{
	u32 headers = (u32)p->head - p->net, len = p->len + headers;
	struct span at = span_sub(span_of(p->data), p->net, headers);
	struct ip4_header h;

	p->transport = p->head;
	if (len > 0xffff || !span_read(span_const(at), 0, &h))
		return false;
	h.len = be16((u16)len);
	h.frag = 0;
	h.csum = 0;
	if (!span_write(at, 0, &h))
		return false;
	h.csum = be16(sum_fold(bytes_sum(span_const(at), 0)));
	return span_write(at, 0, &h);
}

/* NULL: the datagram is not whole yet, or was dropped. */
static noinline struct packet *ip4_reassemble(struct packet *p, const struct ip4_header *h,
	struct ip_info *const i)
{
	u16 frag = be16(h->frag);
	struct frag_key k = { i->from, i->to, be16(h->id), h->protocol, 0 };

	ip_count(true, IP_REASM_REQDS);
	p = frag_add(p, &k, (frag & IP4_OFFSET) * 8u, frag & IP4_MF);
	if (p && !ip4_set_joined(p))
		packet_drop(&p);
	return p;
}

/* The packet is for this machine; @kind: of the route. */
static void ip4_local_in(struct packet *p, const struct ip4_header *h, struct ip_addr from,
	struct ip_addr to, u32 kind)
{
	struct ip_info i = { .from = from, .to = to };

	if (unlikely(kind == ROUTE_MULTICAST || kind == ROUTE_BROADCAST))
		ip_count_octets(true, kind == ROUTE_MULTICAST ? IP_IN_MCAST : IP_IN_BCAST,
			be16(h->len));
	if (h->frag & be16(IP4_MF | IP4_OFFSET)) {
		p = ip4_reassemble(p, h, &i);
		if (!p)
			return;
	}
	i.ifindex = p->dev->index;
	i.protocol = h->protocol;
	i.tos = h->tos;
	i.ttl = h->ttl;
	i.broadcast = kind == ROUTE_BROADCAST;
	i.multicast = ip_is_multicast(i.to);
	i.header_len = p->transport - p->net;
	ip_deliver(p, &i);
}

/*
 * rp_filter: 1: the route back to the source must leave by the device by which the packet came; 2:
 * any route will do. 
 */
bool ip4_source_is_routed(const struct packet *p, struct ip_addr from, struct ip_addr to)
{
	struct flow f = { .to = from, .from = to, .transparent = true, .protocol = 0 };
	u32 mode = conf4_rp_filter(p->dev);
	struct route *r = NULL;
	bool good;

	if (p->dev->flags & IFF_LOOPBACK || p->kind == PACKET_LOOPBACK || ip_is_any(from))
		return true;
	good = !route_output(&f, &r) && r->kind == ROUTE_UNICAST &&
		(mode == 2 || r->device == p->dev);
	obj_put(&r);
	return good;
}

/* Who has no address asks all (DHCP), or groups of the link (IGMP). No answer would reach it. */
static noinline bool may_be_nobody(const struct ip4_header *h, struct ip_addr to)
{
	return ip_is_broadcast(to) || ip4_bits(to) >> 8 == 0xe00000 ||
		(ip_is_multicast(to) && h->protocol == IP_PROTO_IGMP);
}

/* Addresses that no link may carry (RFC 1812, 5.3.7): such a packet is dropped without a word. */
static bool is_martian(const struct packet *p, const struct ip4_header *h, struct ip_addr from,
	struct ip_addr to)
{
	if (!ip_source_ok(p, from))
		return true;
	if (p->dev->flags & IFF_LOOPBACK)
		return false;
	return ip_is_loopback(to) ||
		(unlikely(ip_is_any(from)) && p->kind != PACKET_LOOPBACK && !may_be_nobody(h, to));
}

/* What the packet is by all rules, where one of them may come before the local table. */
static noinline u32 ip4_kind_by_rules(const struct packet *p, const struct ip4_header *h)
{
	struct flow f = { .from = ip4_addr(be32(h->from)),
		.to = ip4_addr(be32(h->to)),
		.iif = p->dev->index,
		.mark = p->mark,
		.tos = h->tos,
		.protocol = h->protocol };

	if (ip_is_multicast(f.to) || ip_is_broadcast(f.to))
		return route_input_kind(p->dev, f.to);
	return route_input_by_rules(&f);
}

/* A router passes the packet on, unless it is to no address or to a group. A host counts it. */
static noinline void not_for_us(struct packet *p, struct ip4_header *const h, struct ip_addr to)
{
	if (ip_is_any(to) || ip_is_multicast(to)) {
		packet_drop(&p);
	} else if (!conf4_forwards(p->dev)) {
		ip_count(true, IP_IN_ADDR_ERRORS);
		packet_drop(&p);
	} else {
		ip4_forward(p, h);
	}
}

/*
 * The order of a packet's life here: header, addresses, then the routes (for whom is it), then
 * rules if any could say otherwise, then the reverse path. A packet of lo has its sender's route,
 * which all of these have chosen; as on Linux it counts, whatever has changed since. No lock is
 * held, and nothing sleeps (netdev_run).
 */
static void ip4_receive(struct packet *p)
{
	struct ip_addr from, to;
	bool truncated = false;
	struct ip4_header h;
	u32 kind;

	if (p->kind == PACKET_OTHERHOST) {
		packet_drop(&p);
		return;
	}
	ip_count_two(true, IP_IN_RECEIVES, IP_IN_OCTETS, p->len);
	if (!ip4_take_header(p, &h, &truncated)) {
		if (!truncated)
			ip_count(true, IP_IN_HDR_ERRORS);
		packet_drop(&p);
		return;
	}
	to = ip4_addr(be32(h.to));
	from = ip4_addr(be32(h.from));
	if (is_martian(p, &h, from, to)) {
		packet_drop(&p);
		return;
	}
	if (p->is_routed) {
		ip4_local_in(p, &h, from, to, ROUTE_LOCAL);
		return;
	}
	kind = route_input_kind(p->dev, to);
	if (unlikely((kind ? load_once(rules_before_local) : load_once(rules_custom)) &
		    rules_bit(true)) &&
		p->kind != PACKET_LOOPBACK) /* no rule is about this machine's own copies */
		kind = ip4_kind_by_rules(p, &h);
	if (likely(kind)) {
		if (likely(!conf4_rp_filter(p->dev)) || ip4_source_is_routed(p, from, to)) {
			ip4_local_in(p, &h, from, to, kind);
			return;
		}
		ip_count(true, IP_REVERSE_PATH);
		packet_drop(&p);
		return;
	}
	not_for_us(p, &h, to);
}

static const struct packet_protocol ip4_protocol = { .ethertype = ETHERTYPE_IP4,
	.receive = ip4_receive };

void ip4_init(void)
{
	packet_protocol_register(&ip4_protocol);
}
