// SPDX-License-Identifier: MPL-2.0
/*
 * Selective acknowledgements (RFC 2018, 2883): which packets of the send queue the peer has.
 *
 * The walk is over the packets that were sent, once for all blocks. A packet of several segments is
 * split where a block begins or ends, at whole segments, and not without limit (tcp_split).
 *
 * A block is advice and may be forged, so it must lie between snd_una and snd_nxt, and it only
 * marks: data is freed by the cumulative acknowledgement alone, as the peer may drop what it has
 * reported (RFC 2018, 8). A DSACK, the block that reports a duplicate, comes first if there is one;
 * it tells recovery that a retransmission was needless, and RACK that the path reorders.
 */
#include "tcp.h"

struct sack_blocks {
	struct tcp_range r[TCP_SACK_BLOCKS];
	u32 n;
};

/* RFC 2883: the first block lies below the acknowledgement, or inside the second. */
static bool is_dsack(const struct tcp_sock *ts, const struct tcp_seg *seg)
{
	struct tcp_range a = seg->sack[0], b = seg->sack[1];

	if (!seq_before(a.start, a.end) || a.end - a.start > max(ts->max_window, 65535u))
		return false; /* no such range was ever sent */
	if (!seq_after(a.end, seg->ack))
		return !seq_after(a.end, ts->snd_nxt);
	return seg->nr_sacks > 1 && !seq_before(a.start, b.start) && !seq_after(a.end, b.end);
}

/*
 * The blocks that are possible, in ascending order. At most four, so by insertion. A block that is
 * not possible is left out by itself: others of the same segment may be good.
 */
static void sort_blocks(const struct tcp_sock *ts, const struct tcp_seg *seg, u32 from,
	struct sack_blocks *b)
{
	u32 i, k;

	b->n = 0;
	for (i = from; i < seg->nr_sacks; i++) {
		struct tcp_range r = seg->sack[i];
		if (!seq_before(r.start, r.end) || seq_after(r.end, ts->snd_nxt) ||
			!seq_after(r.end, ts->snd_una) || seq_before(r.start, ts->snd_una))
			continue;
		for (k = b->n; k && seq_after(b->r[k - 1].start, r.start); k--)
			b->r[k] = b->r[k - 1];
		b->r[k] = r;
		b->n++;
	}
}

static void mark_sacked(struct tcp_sock *ts, struct packet *p, struct tcp_ack_state *a)
{
	u32 flags = p->control[TQ_FLAGS], space = tq_space(p);

	if (flags & TQ_SACKED)
		return;
	tcp_rack_note(ts, p, a);
	a->sacked = true;
	if (!(flags & TQ_EVER) && !seq_after(p->control[TQ_END], ts->high_seq))
		a->original = true;
	if (flags & TQ_LOST)
		ts->lost -= space;
	if (flags & TQ_RETRANS)
		ts->retrans -= space;
	p->control[TQ_FLAGS] = (flags & ~(u32)(TQ_LOST | TQ_RETRANS)) | TQ_SACKED;
	ts->sacked += space;
	a->delivered += space;
	if (seq_after(p->control[TQ_END], ts->fack))
		ts->fack = p->control[TQ_END];
}

static void split_rest(struct tcp_sock *ts, struct packet *p, u32 n)
{
	if (!tcp_split(ts, p, n, true))
		return; /* the packet stays whole, and counts as not sacked */
}

/*
 * Takes a packet apart so that its front lies inside @r or before it as a whole. A split keeps the
 * flags of both halves; their sums in sacked, lost, retrans do not change.
 */
static bool fit(struct tcp_sock *ts, struct packet *p, struct tcp_range r)
{
	u32 seq = p->control[TQ_SEQ], mss = max(ts->mss, 1u), n;

	if (seq_before(seq, r.start)) {
		n = (r.start - seq + mss - 1) / mss * mss;
		/* The rest is looked at next. Without memory for it the block is not used. */
		if (n < p->len)
			split_rest(ts, p, n);
		return false;
	}
	if (!seq_after(p->control[TQ_END], r.end))
		return true;
	n = (r.end - seq) / mss * mss;
	return n && n < p->len && tcp_split(ts, p, n, true);
}

static void mark_blocks(struct tcp_sock *ts, const struct sack_blocks *b, struct tcp_ack_state *a)
{
	struct packet *p = ts->sent.first;
	u32 i = 0;

	while (p && i < b->n) {
		if (!seq_before(p->control[TQ_SEQ], b->r[i].end)) {
			i++;
			continue;
		}
		if (seq_after(p->control[TQ_END], b->r[i].start) &&
			!(p->control[TQ_FLAGS] & TQ_SACKED) && fit(ts, p, b->r[i]))
			mark_sacked(ts, p, a);
		p = list_next(p, link);
	}
}

void tcp_sack_process(struct tcp_sock *ts, const struct tcp_seg *seg, struct tcp_ack_state *a)
{
	struct sack_blocks b;

	a->dsack = is_dsack(ts, seg);
	if (a->dsack) {
		ts->dsack_dups++;
		tcp_count(seq_after(seg->sack[0].end, seg->ack) ? TCP_DSACK_OFO_RECV
								: TCP_DSACK_RECV);
		tcp_count(TCP_DSACK_RECV_SEGS);
		if (ts->undo_valid && ts->undo_retrans && seq_after(seg->sack[0].end, ts->undo_una))
			a->undo = !--ts->undo_retrans;
		tcp_rack_dsack(ts, seg->sack[0]);
	}
	if (!ts->sacked)
		ts->fack = ts->snd_una;
	sort_blocks(ts, seg, a->dsack, &b);
	mark_blocks(ts, &b, a);
}

/* The peer may have dropped what it had reported (reneging): nothing is known any more. */
void tcp_sack_reset(struct tcp_sock *ts)
{
	struct packet *p;

	list_for_each(p, &ts->sent, link)
		p->control[TQ_FLAGS] &= ~(u32)TQ_SACKED;
	ts->sacked = 0;
	ts->fack = ts->snd_una;
}
