// SPDX-License-Identifier: MPL-2.0
/*
 * The blocks that this end's selective acknowledgements report (RFC 2018, 2883): the islands that
 * grew last, the newest first, and before them a range that came twice.
 *
 * As on Linux four blocks are remembered and an older island is not reported again, so that both
 * kernels tell a sender the same.
 */
#include "tcp.h"

static void sack_out_put(struct tcp_sock *ts, u32 n, struct tcp_range r)
{
	*array_at(ts->sack_out, n) = r;
}

/* Forgets the blocks that overlap or touch the range. */
static void sack_out_forget(struct tcp_sock *ts, struct tcp_range with)
{
	u32 i, n = 0;

	for (i = 0; i < ts->nr_sack_out; i++) {
		struct tcp_range r = *array_at(ts->sack_out, i);
		if (seq_after(r.start, with.end) || seq_after(with.start, r.end)) {
			sack_out_put(ts, n, r);
			n++;
		}
	}
	ts->nr_sack_out = n;
}

void tcp_sack_grew(struct tcp_sock *ts, struct tcp_range r)
{
	u32 i;

	if (!ts->sack_ok)
		return;
	sack_out_forget(ts, r);
	/* The oldest block is pushed out: the peer must have heard of it before. */
	if (ts->compressed_acks && ts->nr_sack_out + 1 >= TCP_SACK_BLOCKS)
		tcp_send_ack(ts);
	ts->nr_sack_out = min(ts->nr_sack_out, TCP_SACK_BLOCKS - 1);
	for (i = ts->nr_sack_out; i; i--)
		sack_out_put(ts, i, *array_at(ts->sack_out, i - 1));
	sack_out_put(ts, 0, r);
	ts->nr_sack_out++;
}

void tcp_sack_lost(struct tcp_sock *ts, struct tcp_range r)
{
	sack_out_forget(ts, r);
}

void tcp_sack_advance(struct tcp_sock *ts)
{
	u32 i, n = 0;

	for (i = 0; i < ts->nr_sack_out; i++) {
		struct tcp_range r = *array_at(ts->sack_out, i);
		if (seq_after(r.start, ts->rcv_nxt)) {
			sack_out_put(ts, n, r);
			n++;
		}
	}
	ts->nr_sack_out = n;
}

u32 tcp_sack_blocks(struct tcp_sock *ts, struct tcp_out *o)
{
	u32 most = ts->ts_ok ? 3 : TCP_SACK_BLOCKS, n = 0, i;

	if (ts->has_dsack) {
		o->sack[n++] = ts->dsack;
		ts->has_dsack = false;
	}
	for (i = 0; i < ts->nr_sack_out && n < most; i++, n++)
		*array_at(o->sack, n) = *array_at(ts->sack_out, i);
	return n;
}

void tcp_set_dsack(struct tcp_sock *ts, u32 start, u32 end)
{
	if (!ts->sack_ok || start == end)
		return;
	tcp_count(seq_before(start, ts->rcv_nxt) ? TCP_DSACK_OLD_SENT : TCP_DSACK_OFO_SENT);
	ts->has_dsack = true;
	ts->dsack = (struct tcp_range){ start, end };
}
