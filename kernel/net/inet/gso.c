// SPDX-License-Identifier: MPL-2.0
/*
 * Segmentation in software: cuts a packet with gso for a link whose device cannot. Each segment
 * gets a copy of the headers with its own lengths, IPv4 id, sequence number, flags, and a checksum
 * that is still to be completed.
 *
 * A packet may have come from a program (tun, AF_PACKET with a header of virtio) or from another
 * machine's card, so nothing in it is believed: headers are read by span_read, the number of
 * segments is bounded, and a packet that cannot be cut is dropped.
 *
 * The data is not copied: segments refer to the pages of the large packet. The sum of the
 * pseudo-header is computed anew for each, since the length is part of it.
 */
#include "forward.h"

#define TCP_FIN 0x01u
#define TCP_PSH 0x08u
#define TCP_CWR 0x80u

#define SEGMENTS_MAX 2048u /* that one packet is cut into */

/* What the segments have in common. */
struct gso_plan {
	u32 headers;        /* bytes from the head to the data */
	u32 net, transport; /* offsets from the head */
	u32 data;           /* bytes of data in the whole packet */
	bool is4, tcp;
	struct ip_addr from, to;
};

/* Reads the headers; false: they cannot be. */
static bool gso_plan(struct packet *p, struct gso_plan *const g)
{
	struct ip4_header h4;
	struct ip6_header h6;
	struct cspan h;
	u32 n;

	if (p->net < p->head || p->transport < p->net || !p->gso_size)
		return false;
	g->net = (u32)p->net - p->head;
	g->transport = (u32)p->transport - p->head;
	g->tcp = p->gso != GSO_UDP;
	g->is4 = p->ethertype == ETHERTYPE_IP4;
	if (!packet_linear(p, g->transport + (g->tcp ? 20 : 8)))
		return false;
	h = packet_headers(p);
	g->headers = g->transport + 8;
	if (g->tcp)
		g->headers = g->transport + (span_byte(h, g->transport + 12) >> 4) * 4u;
	if (!packet_linear(p, g->headers) || g->headers < g->transport + (g->tcp ? 20u : 8u))
		return false;
	g->data = p->len - g->headers;
	/* A program's header may name any size; this machine's transports make far fewer. */
	if (g->data / p->gso_size > SEGMENTS_MAX)
		return false;
	h = packet_headers(p);
	if (g->is4) {
		if (!span_read(h, g->net, &h4))
			return false;
		n = (h4.version_len & 15u) * 4;
		if (n < sizeof(h4) || g->transport < g->net + n)
			return false;
		g->from = ip4_addr(be32(h4.from));
		g->to = ip4_addr(be32(h4.to));
		return true;
	}
	if (!span_read(h, g->net, &h6) || g->transport < g->net + sizeof(h6))
		return false;
	g->from = ip6_from(&h6);
	g->to = ip6_to(&h6);
	return true;
}

static void put16(struct span h, u32 at, u32 v)
{
	span_set_byte(h, at, (u8)(v >> 8));
	span_set_byte(h, at + 1, (u8)v);
}

static u32 gso_get32(struct span h, u32 at)
{
	struct cspan c = span_const(h);

	return (u32)span_byte(c, at) << 24 | (u32)span_byte(c, at + 1) << 16 |
		(u32)span_byte(c, at + 2) << 8 | span_byte(c, at + 3);
}

/* The internet header of segment number @i. */
static void fix_net(struct packet *s, const struct gso_plan *g, u32 i)
{
	struct span h = packet_head(s);
	struct ip4_header h4;

	if (!g->is4) {
		put16(h, g->net + 4, s->len - g->net - (u32)sizeof(struct ip6_header));
		return;
	}
	if (!span_read(span_const(h), g->net, &h4))
		return;
	h4.len = be16((u16)(s->len - g->net));
	h4.id = be16((u16)(be16(h4.id) + i));
	h4.csum = 0;
	if ((h4.version_len & 15) == 5)
		h4.csum = ip4_checksum(&h4);
	if (!span_write(h, g->net, &h4))
		return;
	if ((h4.version_len & 15) != 5) {
		u32 n = (h4.version_len & 15u) * 4;
		put16(h, g->net + 10, sum_fold(bytes_sum(cspan_sub(span_const(h), g->net, n), 0)));
	}
}

/*
 * The transport's header of the segment whose data begins at @off. FIN and PSH are for the last
 * segment, CWR for the first (RFC 3168, 6.1.2): the receiver must see each once.
 */
static void fix_transport(struct packet *s, const struct gso_plan *g, u32 off, bool last)
{
	struct span h = packet_head(s);
	u32 t = g->transport, len = s->len - t, seq;
	u32 sum = ip_pseudo_sum(g->from, g->to, g->tcp ? IP_PROTO_TCP : IP_PROTO_UDP, len);
	u8 flags;

	if (g->tcp) {
		seq = gso_get32(h, t + 4) + off;
		put16(h, t + 4, seq >> 16);
		put16(h, t + 6, seq & 0xffff);
		flags = span_byte(span_const(h), t + 13);
		if (!last)
			flags &= (u8) ~(TCP_FIN | TCP_PSH);
		if (off)
			flags &= (u8)~TCP_CWR;
		span_set_byte(h, t + 13, flags);
	} else {
		put16(h, t + 4, len);
	}
	s->csum = CSUM_PARTIAL;
	s->csum_start = s->transport;
	s->csum_offset = g->tcp ? 16 : 6;
	put16(h, t + s->csum_offset, (u16)~sum_fold(sum));
}

/* Whether the last byte of a send, which times are told of, lies before the end of a segment. */
static bool gso_has_key(struct packet *p, const struct gso_plan *g, u32 end)
{
	return (s32)(p->stamp_key - gso_get32(packet_head(p), g->transport + 4) - end) < 0;
}

/* The segment of @n bytes of data from @off; NULL: no memory. */
static struct packet *make_segment(struct packet *p, const struct gso_plan *g, u32 off, u32 n)
{
	struct packet *s = packet_slice(p, g->headers + off, n,
		(u32)round_up(g->headers + 16u, 8u));

	if (!s)
		return NULL;
	packet_push(s, g->headers);
	span_copy(span_first(packet_head(s), g->headers), packet_headers(p));
	s->mac = s->head;
	s->net = (u16)(s->head + g->net);
	s->transport = (u16)(s->head + g->transport);
	s->vlan = p->vlan;
	fix_net(s, g, off / p->gso_size);
	fix_transport(s, g, off, off + n == g->data);
	if (unlikely(p->stamps) && (!g->tcp || off + n == g->data || gso_has_key(p, g, off + n)))
		packet_stamps_move(s, p);
	return s;
}

/* Returns what could be made: a lost segment at the end is a loss as any other. */
struct packet *gso_segment(struct packet *p)
{
	LIST_HEAD(packet) out = { NULL, NULL };
	struct gso_plan g = { 0 };
	struct packet *s;
	u32 off, n;

	if (!gso_plan(p, &g)) {
		packet_drop(&p);
		return NULL;
	}
	for (off = 0; off < g.data; off += n) {
		n = min(g.data - off, (u32)p->gso_size);
		s = make_segment(p, &g, off, n);
		if (!s)
			break;
		list_push_back(&out, s, link);
	}
	packet_drop(&p);
	return out.first;
}

static const struct packet_segmenter segmenter = { .segment = gso_segment };

void gso_init(void)
{
	packet_segmenter_register(&segmenter);
}
