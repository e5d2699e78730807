// SPDX-License-Identifier: MPL-2.0
/*
 * IPv6 (RFC 8200): the header, in and out, extension headers, and fragmentation by the sender.
 *
 * Extension headers are read in place: they must fit into a packet's head, and there are at most
 * EXTENSIONS_MAX of them.
 *
 * A chain of extension headers is the stranger's chance to cost time and to hide things, so it is
 * short, is read once, and ends at the first fragment header; what is behind that is looked at when
 * the datagram is whole. Routers do not cut: a packet that is too large is answered by its size,
 * and the sender cuts.
 *
 * A device may have IPv6 turned off (disable_ipv6): then nothing comes in by it and nothing goes
 * out.
 */
#include <kernel/random.h>
#include <uapi/if.h>

#include "forward.h"
#include "rule.h"

#define EXTENSIONS_MAX 8u

/* ---- out ---- */

/* A hop limit of 0 in the flow: the route's, else the device's, which a router may have told. */
static void ip6_push_header(struct packet *p, const struct route *r, const struct flow *f, u8 next)
{
	struct ip6_header h = { .next = next };
	u8 hops = f->ttl;

	if (!hops)
		hops = r->hoplimit  ? (u8)r->hoplimit
			: r->device ? load_once(r->device->hops6)
				    : (u8)IP_DEFAULT_TTL;
	h.version_class_label = be32(6u << 28 | (u32)f->tos << 20 | (f->label & 0xfffff));
	h.len = be16((u16)p->len);
	h.hops = hops;
	h.from_hi = be64(f->from.hi);
	h.from_lo = be64(f->from.lo);
	h.to_hi = be64(f->to.hi);
	h.to_lo = be64(f->to.lo);
	packet_push(p, sizeof(h));
	p->net = p->head;
	p->ethertype = ETHERTYPE_IP6;
	if (!span_write(packet_head(p), 0, &h))
		p->len = 0; /* cannot be: the bytes were pushed */
}

/* Only the sender cuts, and the ip6_send_fragments header names the protocol that the first one has. */
static int ip6_send_fragments(struct packet *p, struct route *r, const struct flow *f, u32 mtu)
{
	u32 most = (mtu - (u32)sizeof(struct ip6_header) - (u32)sizeof(struct ip6_fragment)) & ~7u;
	u32 id = (u32)random_u64(), off, n;
	struct packet *piece;
	int err = 0;

	if (p->csum == CSUM_PARTIAL && packet_finish_csum(p))
		err = -EINVAL;
	for (off = 0; off < p->len && !err; off += n) {
		struct ip6_fragment h = { .next = f->protocol, .id = be32(id) };
		n = min(p->len - off, most);
		piece = packet_slice(p, off, n, PACKET_ROOM);
		if (!piece) {
			err = -ENOBUFS;
			break;
		}
		if (unlikely(p->stamps))
			packet_stamps_move(piece, p); /* the first one has them */
		h.offset = be16((u16)(off | (off + n < p->len)));
		packet_push(piece, sizeof(h));
		if (!span_write(packet_head(piece), 0, &h))
			err = -EINVAL;
		ip6_push_header(piece, r, f, IP6_FRAGMENT);
		err = ip_send(piece, r, f);
		ip_count(false, IP_FRAG_CREATES);
	}
	ip_count(false, err ? IP_FRAG_FAILS : IP_FRAG_OKS);
	packet_drop(&p);
	return err;
}

/*
 * A packet with gso is cut behind the route, by the device or for it, so its length is not
 * compared. A socket that chooses the size of pieces (IPV6_MTU) and forbids cutting may send no more
 * than such a piece; else what the path takes goes as a whole, as on Linux.
 */
int ip6_output(struct packet *p, struct route *r, const struct flow *f)
{
	u32 mtu = route_mtu(r, f->to), len = p->len + (u32)sizeof(struct ip6_header);
	u32 most = flow_piece_max(f, mtu);

	if (unlikely(r->device && load_once(r->device->no_ip6))) {
		packet_drop(&p); /* without a word, as on Linux */
		ip_count(false, IP_OUT_REQUESTS);
		ip_count(false, IP_OUT_DISCARDS);
		return 0;
	}
	if (likely(len <= (f->dont_fragment ? most : mtu) || p->gso)) {
		if (unlikely(p->len > 0xffff)) {
			packet_drop(&p);
			return -EMSGSIZE;
		}
		ip_count(false, IP_OUT_REQUESTS);
		ip6_push_header(p, r, f, f->protocol);
		return ip_send(p, r, f);
	}
	/* The sender alone is told: no packet has been made that counts. */
	if (f->dont_fragment || mtu < 1280 || p->len > 0xffff) {
		packet_drop(&p);
		return -EMSGSIZE;
	}
	ip_count(false, IP_OUT_REQUESTS);
	return ip6_send_fragments(p, r, f, most);
}

/* ---- in ---- */

/* Hop-by-hop options must come first (RFC 8200, 4.1), and are not looked into. */
s32 ip6_skip_headers(const struct packet *p, u32 off, u8 *const protocol, u32 *const frag)
{
	u8 b[8];
	u32 i;

	*frag = 0;
	for (i = 0; i < EXTENSIONS_MAX; i++) {
		u8 next = *protocol;
		if (next != IP6_HOPOPTS && next != IP6_ROUTING && next != IP6_FRAGMENT &&
			next != IP6_DSTOPTS)
			return (s32)off;
		if (next == IP6_HOPOPTS && i)
			return -1;
		if (!packet_read(p, off, span_of(b)))
			return -1;
		/* A routing header that leads on is not followed (RFC 5095). */
		if (next == IP6_ROUTING && b[3]) {
			*frag = off;
			return -2;
		}
		*protocol = b[0];
		if (next == IP6_FRAGMENT) {
			*frag = off;
			return (s32)off + 8;
		}
		off += 8u + b[1] * 8u;
	}
	return -1;
}

/* Checks the header; it stays before the head's data. False: the packet is bad. */
static bool check_header(struct packet *p, struct ip6_header *const h)
{
	if (!packet_linear(p, sizeof(*h)) || !span_read(packet_headers(p), 0, h))
		return false;
	if (be32(h->version_class_label) >> 28 != 6 || be16(h->len) > p->len - sizeof(*h))
		return false;
	packet_trim(p, (u32)sizeof(*h) + be16(h->len));
	p->net = p->head;
	return true;
}

/* Makes the header of the first fragment that of the whole datagram. */
static void ip6_set_joined(struct packet *p, u8 next)
{
	struct span at = span_sub(span_of(p->data), p->net, sizeof(struct ip6_header));
	struct ip6_header h;

	if (!span_read(span_const(at), 0, &h))
		return;
	h.next = next;
	h.len = be16((u16)p->len);
	if (!span_write(at, 0, &h))
		p->len = 0; /* cannot be: the header is there */
}

/*
 * Takes a ip6_send_fragments; returns the datagram when it is whole. *@protocol: of what follows. *@protocol
 * is set from the datagram as a whole: further headers may stand behind the ip6_send_fragments header. A
 * ip6_send_fragments header inside of what was reassembled is refused, so there is no recursion. A link-local
 * address is another machine's by another link, so the halves of its datagrams do not fit together.
 */
static struct packet *ip6_reassemble(struct packet *p, u32 at, u8 *const protocol,
	const struct ip6_header *h)
{
	struct ip6_fragment frag;
	struct frag_key k = { .from = ip6_from(h), .to = ip6_to(h), .protocol = IP6_FRAGMENT };
	u32 offset, skipped;
	s32 n;

	if (!packet_read(p, at, value_span(&frag)) || !packet_linear(p, at + 8)) {
		packet_drop(&p);
		return NULL;
	}
	k.id = frag.id;
	if (ip_is_multicast(k.to) || ip_is_link_local(k.to))
		k.ifindex = p->dev->index;
	offset = be16(frag.offset);
	if ((offset & 1) && ((p->len - at) & 7)) {
		/* RFC 8200, 4.5: the pointer is the length of the packet. */
		icmp_send_error(p, 0, 0, ICMP6_PARAMETER, 0, 4);
		packet_drop(&p);
		return NULL;
	}
	packet_pull(p, at + 8);
	p->transport = p->head;
	p->control[1] = frag.next;
	ip_count(false, IP_REASM_REQDS);
	p = frag_add(p, &k, offset & ~7u, offset & 1);
	if (!p)
		return NULL;
	/*
	 * What follows is what the first fragment says (RFC 8200, 4.5); it may be further headers.
	 */
	p->transport = p->head;
	*protocol = (u8)p->control[1];
	ip6_set_joined(p, *protocol);
	n = ip6_skip_headers(p, 0, protocol, &skipped);
	if (n < 0 || skipped || !packet_linear(p, (u32)n)) {
		packet_drop(&p);
		return NULL;
	}
	packet_pull(p, (u32)n);
	return p;
}

/*
 * A sender learns of a routing header that leads on, and of nothing else: other bad headers are
 * counted and dropped.
 */
static void ip6_local_in(struct packet *p, const struct ip6_header *h)
{
	struct ip_info i = { .from = ip6_from(h), .to = ip6_to(h), .ttl = h->hops };
	u32 word = be32(h->version_class_label), frag = 0;
	u8 protocol = h->next;
	s32 off = ip6_skip_headers(p, sizeof(*h), &protocol, &frag);

	if (off < 0 || (!frag && !packet_linear(p, (u32)off))) {
		/* The pointer of the error is the routing header's type. */
		if (off == -2)
			icmp_send_error(p, 0, 0, ICMP6_PARAMETER, 0, frag + 2);
		ip_count(false, IP_IN_HDR_ERRORS);
		packet_drop(&p);
		return;
	}
	if (frag)
		p = ip6_reassemble(p, frag, &protocol, h);
	else
		packet_pull(p, (u32)off);
	if (!p)
		return;
	if (protocol == IP6_NONE) {
		packet_drop(&p);
		return;
	}
	p->transport = p->head;
	i.ifindex = p->dev->index;
	i.protocol = protocol;
	i.tos = (u8)(word >> 20);
	i.label = word & 0xfffff;
	i.multicast = ip_is_multicast(i.to);
	i.header_len = p->transport - p->net;
	ip_deliver(p, &i);
}

/* Groups of scope 0 are nobody's, those of scope 1 this machine's own (RFC 4291, 2.7). */
static bool scope_can_come(const struct packet *p, struct ip_addr group)
{
	u32 scope = group.hi >> 48 & 15;

	return scope > 1 ||
		(scope && (p->kind == PACKET_LOOPBACK || (p->dev->flags & IFF_LOOPBACK)));
}

/* What the packet is by all rules, where one of them may come before the local table. */
static noinline u32 ip6_kind_by_rules(const struct packet *p, const struct ip6_header *h)
{
	struct flow f = { .from = ip6_from(h),
		.to = ip6_to(h),
		.iif = p->dev->index,
		.mark = p->mark,
		.tos = (u8)(be32(h->version_class_label) >> 20),
		.protocol = h->next };

	return ip_is_multicast(f.to) || p->kind == PACKET_LOOPBACK ? route_input_kind(p->dev, f.to)
								   : route_input_by_rules(&f);
}

/* Without rules one look-up of the local table is all. */
static u32 ip6_kind(const struct packet *p, struct ip_addr to, const struct ip6_header *h)
{
	u32 kind = route_input_kind(p->dev, to);

	if (unlikely((kind ? load_once(rules_before_local) : load_once(rules_custom)) &
		    rules_bit(false)))
		kind = ip6_kind_by_rules(p, h);
	return kind;
}

/*
 * As for IPv4, also for packets of lo. Groups are looked at first, as their scope says whether they can have come from a
 * link at all.
 */
static void ip6_receive(struct packet *p)
{
	bool lo = p->dev->flags & IFF_LOOPBACK;
	struct ip_addr from, to;
	struct ip6_header h;

	if (p->kind == PACKET_OTHERHOST) {
		packet_drop(&p);
		return;
	}
	ip_count_two(false, IP_IN_RECEIVES, IP_IN_OCTETS, p->len);
	if (unlikely(load_once(p->dev->no_ip6))) {
		ip_count(false, IP_IN_DISCARDS);
		packet_drop(&p);
		return;
	}
	if (!check_header(p, &h)) {
		ip_count(false, IP_IN_HDR_ERRORS);
		packet_drop(&p);
		return;
	}
	ip_count(false, (enum ip_counter)(IP_IN_NO_ECT + (be32(h.version_class_label) >> 20 & 3)));
	to = ip6_to(&h);
	from = ip6_from(&h);
	if (unlikely(ip_is_multicast(to))) {
		if (!scope_can_come(p, to)) {
			ip_count(false, IP_IN_HDR_ERRORS);
			packet_drop(&p);
			return;
		}
		ip_count_octets(false, IP_IN_MCAST, p->len);
	}
	/* Mapped addresses never stand in a packet (RFC 4942, 2.2). */
	if (unlikely(!ip_source_ok(p, from) || ip_is4(to) || ip_is4(from) || ip_is_any(to) ||
		    (!lo && ip_is_loopback(to)))) {
		ip_count(false, IP_IN_ADDR_ERRORS);
		packet_drop(&p);
	} else if (likely(p->is_routed || ip6_kind(p, to, &h))) {
		ip6_local_in(p, &h);
	} else if (ip_is_multicast(to)) {
		ip_count(false, IP_IN_ADDR_ERRORS);
		packet_drop(&p);
	} else {
		ip6_forward(p, &h);
	}
}

static const struct packet_protocol ip6_protocol = { .ethertype = ETHERTYPE_IP6,
	.receive = ip6_receive };

void ip6_init(void)
{
	packet_protocol_register(&ip6_protocol);
}
