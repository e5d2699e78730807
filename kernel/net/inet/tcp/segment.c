// SPDX-License-Identifier: MPL-2.0
/*
 * Headers of segments: decoding and encoding (RFC 9293, 3.1 and 3.2; RFC 7323; RFC 2018).
 *
 * Decoding trusts nothing: the header's length must lie in the packet and cover the fixed part,
 * each option must lie in the header, and options of SYN segments are ignored in others. An option
 * of an unknown kind is skipped by its length; a length that does not fit ends the list, and what
 * was decoded before it counts, as RFC 9293 (3.1) and Linux have it. Nearly all segments have only
 * time stamps, at one place; they are compared with the whole word first.
 *
 * Encoding writes the sum of the pseudo-header to the field of the checksum. The device, or the
 * software before it, adds the rest (CSUM_PARTIAL, kernel/packet.h).
 */
#include <kernel/byteorder.h>

#include "tcp.h"

enum { OPT_END, OPT_NOP, OPT_MSS, OPT_WSCALE, OPT_SACK_OK, OPT_SACK, OPT_TS = 8 };

struct tcp_header {
	u16 from, to;
	u32 seq, ack;
	u8 offset, flags;
	u16 window, sum, urgent;
};
static_assert(sizeof(struct tcp_header) == TCP_HEADER, "the header of TCP");

/* 0 beyond the end; callers have compared the length before. */
static u32 segment_get32(struct cspan s, size_t at)
{
	u32 v = 0;

	(void)span_read(s, at, &v);
	return be32(v);
}

/* Blocks as they came, in any order; sack.c judges them. */
static void parse_sacks(struct cspan body, struct tcp_seg *seg)
{
	u32 n = min((u32)cspan_len(body) / 8, TCP_SACK_BLOCKS), i;

	for (i = 0; i < n; i++) {
		seg->sack[i].start = segment_get32(body, i * 8);
		seg->sack[i].end = segment_get32(body, i * 8 + 4);
	}
	seg->nr_sacks = n;
}

/*
 * An option twice: the later one counts. A window scale above 14 is taken for 14 (RFC 7323, 2.3).
 */
static void parse_option(u32 kind, struct cspan body, struct tcp_seg *seg)
{
	size_t n = cspan_len(body);
	bool syn = seg->flags & TCP_SYN;

	if (kind == OPT_MSS && n == 2 && syn) {
		seg->mss = (u16)(span_byte(body, 0) << 8 | span_byte(body, 1));
	} else if (kind == OPT_WSCALE && n == 1 && syn) {
		seg->wscale = (u8)min((u32)span_byte(body, 0), TCP_WSCALE_MAX);
		seg->has_wscale = true;
	} else if (kind == OPT_SACK_OK && !n && syn) {
		seg->sack_ok = true;
	} else if (kind == OPT_SACK && n >= 8 && n % 8 == 0 && !syn) {
		parse_sacks(body, seg);
	} else if (kind == OPT_TS && n == 8) {
		seg->has_ts = true;
		seg->ts_value = segment_get32(body, 0);
		seg->ts_echo = segment_get32(body, 4);
	}
}

/* Each step moves on by at least one byte, so 40 bytes of options are the bound. */
static noinline void parse_options(struct cspan o, struct tcp_seg *seg)
{
	size_t at = 0, n = cspan_len(o), len;
	u32 kind;

	while (at < n) {
		kind = span_byte(o, at);
		if (kind == OPT_END)
			return;
		if (kind == OPT_NOP) {
			at++;
			continue;
		}
		if (at + 1 >= n)
			return;
		len = span_byte(o, at + 1);
		if (len < 2 || len > n - at)
			return;
		parse_option(kind, cspan_sub(o, at + 2, len - 2), seg);
		at += len;
	}
}

/* The options that nearly all segments have: NOP, NOP, time stamps. */
struct tcp_ts_option {
	u32 kind, value, echo;
};
#define ONLY_TS 0x0101080au

static bool parse_timestamps(struct cspan o, struct tcp_seg *seg)
{
	struct tcp_ts_option ts;

	if (cspan_len(o) != sizeof(ts) || !span_read(o, 0, &ts) || ts.kind != be32(ONLY_TS))
		return false;
	seg->has_ts = true;
	seg->ts_value = be32(ts.value);
	seg->ts_echo = be32(ts.echo);
	return true;
}

/*
 * False: no segment. Ports are not looked at here, and the sum is checked by the caller (input.c).
 */
bool tcp_parse(const struct packet *p, const struct ip_info *info, struct tcp_seg *seg)
{
	struct cspan head = packet_headers(p);
	struct tcp_header h;
	u32 len;

	if (!span_read(head, 0, &h))
		return false;
	len = (u32)(h.offset >> 4) * 4;
	if (len < TCP_HEADER || len > cspan_len(head))
		return false;
	seg->from_port = be16(h.from);
	seg->to_port = be16(h.to);
	seg->seq = be32(h.seq);
	seg->ack = be32(h.ack);
	seg->flags = h.flags;
	seg->window = be16(h.window);
	seg->urgent = be16(h.urgent);
	seg->header_len = len;
	seg->len = p->len - len;
	seg->congested = (info->tos & 3) == 3;
	if (len > TCP_HEADER) {
		struct cspan o = cspan_sub(head, TCP_HEADER, len - TCP_HEADER);
		if (!parse_timestamps(o, seg))
			parse_options(o, seg);
	}
	return true;
}

/* ---- encoding ---- */

#define OPTION_WORDS ((TCP_HEADER_MAX - TCP_HEADER) / 4)
struct opt_buffer {
	u32 words[OPTION_WORDS]; /* in network order */
	u32 nr;
};

/* No combination of options is longer than the buffer; a word beyond it would be dropped. */
static always_inline void option_put32(struct opt_buffer *b, u32 v)
{
	if (b->nr < OPTION_WORDS)
		b->words[b->nr++] = be32(v);
}

/* In the order in which Linux has them: middleboxes know no other so well. */
static void put_options(struct opt_buffer *b, const struct tcp_out *o)
{
	u32 i;

	if (o->mss)
		option_put32(b, (u32)OPT_MSS << 24 | 4u << 16 | o->mss);
	/* SACK-permitted takes the place of the two NOPs before time stamps. */
	if (o->has_ts) {
		option_put32(b, o->sack_ok ? 0x0402080a : 0x0101080a);
		option_put32(b, o->ts_value);
		option_put32(b, o->ts_echo);
	} else if (o->sack_ok) {
		option_put32(b,
			(u32)OPT_NOP << 24 | (u32)OPT_NOP << 16 | (u32)OPT_SACK_OK << 8 | 2u);
	}
	if (o->wscale >= 0)
		option_put32(b,
			(u32)OPT_NOP << 24 | (u32)OPT_WSCALE << 16 | 3u << 8 | (u32)o->wscale);
	if (o->nr_sacks) {
		option_put32(b, 0x01010500 | (2 + 8 * o->nr_sacks));
		for (i = 0; i < o->nr_sacks && i < TCP_SACK_BLOCKS; i++) {
			option_put32(b, o->sack[i].start);
			option_put32(b, o->sack[i].end);
		}
	}
}

static bool has_only_timestamps(const struct tcp_out *o)
{
	return o->has_ts && !o->mss && !o->sack_ok && o->wscale < 0 && !o->nr_sacks;
}

/* Puts the options before the packet, with room for the header before them; the length of both. */
static u32 tcp_push_timestamps(struct packet *p, const struct tcp_out *o)
{
	struct tcp_ts_option ts = { be32(ONLY_TS), be32(o->ts_value), be32(o->ts_echo) };

	packet_push(p, TCP_HEADER + sizeof(ts));
	(void)span_write(packet_head(p), TCP_HEADER, &ts);
	return TCP_HEADER + sizeof(ts);
}

static noinline u32 tcp_push_options(struct packet *p, const struct tcp_out *o)
{
	struct opt_buffer b = { .nr = 0 };
	u32 len;

	put_options(&b, o);
	len = b.nr * 4;
	packet_push(p, TCP_HEADER + len);
	span_copy(span_from(packet_head(p), TCP_HEADER), cspan_first(value_cspan(&b.words), len));
	return TCP_HEADER + len;
}

void tcp_push_header(struct packet *p, const struct tcp_out *o, const struct flow *f)
{
	struct tcp_header h;
	u32 len = likely(has_only_timestamps(o)) ? tcp_push_timestamps(p, o)
						 : tcp_push_options(p, o);

	h.from = be16(o->from_port);
	h.to = be16(o->to_port);
	h.seq = be32(o->seq);
	h.ack = o->flags & TCP_ACK ? be32(o->ack) : 0;
	h.offset = (u8)(len / 4 << 4);
	h.flags = (u8)o->flags;
	h.window = be16((u16)o->window);
	h.urgent = o->flags & TCP_URG ? be16((u16)o->urgent) : 0;
	h.sum = be16((u16)~sum_fold(ip_pseudo_sum(f->from, f->to, IP_PROTO_TCP, p->len)));
	(void)span_write(packet_head(p), 0, &h);
	p->transport = p->head;
	p->csum = CSUM_PARTIAL;
	p->csum_start = p->head;
	p->csum_offset = offsetof(struct tcp_header, sum);
}
