// SPDX-License-Identifier: MPL-2.0
/*
 * The receive window, when data is acknowledged, buffers that grow by themselves, and the account
 * of all memory of TCP (tcp_mem).
 *
 * Half of the receive buffer is offered as window; the other half is for what packets cost beside
 * their data.
 *
 * An acknowledgement is delayed by 40 ms, in the hope that a reply carries it. It goes at once for
 * the first segments (quick_acks), when the peer is in slow start, for each second full segment
 * (RFC 9293, 3.8.6.3), behind a gap, and when a duplicate has come: the sender's recovery lives on
 * these.
 */
#include "tcp.h"

struct atomic tcp_memory;

/*
 * tcp_readable is what the reader has not taken; rmem beyond half of the buffer is what packets
 * cost more than was thought. The greater of the two closes the window.
 */
u32 tcp_receive_space(const struct tcp_sock *ts)
{
	u32 all = ts->rcvbuf / 2, used = max(tcp_readable(ts), ts->rmem > all ? ts->rmem - all : 0);

	if (ts->window_clamp)
		all = min(all, ts->window_clamp);
	return used < all ? all - used : 0;
}

/* What the peer may still send, as far as it knows. */
u32 tcp_window_left(const struct tcp_sock *ts)
{
	s32 left = (s32)(load_once(ts->rcv_wup) + load_once(ts->rcv_wnd) - load_once(ts->rcv_nxt));

	return left > 0 ? (u32)left : 0;
}

static void delay_ack(struct tcp_sock *ts, u64 now)
{
	ts->ack_pending = true;
	if (!ts->delack_ns)
		ts->delack_ns = now + TCP_DELACK_MIN_NS;
}

/*
 * Data has come behind a gap, or has filled one of several. The sender learns of a loss by the first
 * few duplicate acknowledgements. Of the others one may stand for those of a millisecond, or of a
 * 20th of the round-trip time: a path that reorders would have one for each segment. The time, the
 * share and the counts are those of Linux (tcp_comp_sack_delay_ns, tcp_comp_sack_nr).
 */
#define COMPRESS_NS   NSEC_PER_MSEC
#define COMPRESS_ACKS 44u
#define DUP_ACKS      3u

static void ack_behind_gap(struct tcp_sock *ts, u64 now)
{
	u64 at = now + min(COMPRESS_NS, ts->srtt8 / (8 * 20));

	if (ts->gap_nxt != ts->rcv_nxt) {
		ts->gap_nxt = ts->rcv_nxt;
		ts->dup_acks_sent = 0;
	}
	if (!ts->sack_ok || ts->compressed_acks >= COMPRESS_ACKS || ts->dup_acks_sent < DUP_ACKS) {
		ts->dup_acks_sent++;
		ts->ack_now = true;
		return;
	}
	ts->compressed_acks++;
	ts->ack_pending = true;
	if (!ts->delack_ns || ts->delack_ns > at)
		ts->delack_ns = at;
}

void tcp_ack_data(struct tcp_sock *ts, u64 now)
{
	u32 since = ts->rcv_nxt - ts->rcv_wup;
	/* What was offered is rounded up to whole units of the scale (tcp_select_window). */
	u32 space = tcp_receive_space(ts) + (1u << ts->rcv_wscale) - 1;

	if (unlikely(ts->has_dsack) || (ts->quick_acks && !ts->pingpong) ||
		(since > ts->rcv_mss && space >= tcp_window_left(ts)))
		ts->ack_now = true;
	else if (unlikely(ts->nr_islands))
		ack_behind_gap(ts, now);
	else
		delay_ack(ts, now);
}

/* The reader has made room: the peer is told if it is worth a segment (RFC 9293, 3.8.6.2.2). */
void tcp_ack_read(struct tcp_sock *ts)
{
	u32 have = tcp_window_left(ts), space;

	if (!tcp_in(ts->state, bit(TCP_ESTABLISHED) | bit(TCP_FIN_WAIT1) | bit(TCP_FIN_WAIT2)))
		return;
	if (ts->ack_pending && ts->rcv_nxt - ts->rcv_wup > ts->rcv_mss) {
		tcp_send_ack(ts);
		return;
	}
	if (have > ts->rcvbuf / 4)
		return;
	space = tcp_receive_space(ts);
	if (space >= 2 * have && space >= min(ts->rcvbuf / 4, ts->rcv_mss))
		tcp_send_ack(ts);
}

/* ---- growth ---- */

/*
 * A receiver does not time its own segments. A full segment that echoes a new time stamp was sent
 * when that had arrived.
 */
void tcp_receive_rtt(struct tcp_sock *ts, const struct tcp_seg *seg, u64 now)
{
	u32 ms;

	if (seg->ts_echo == ts->rcv_rtt_echo || !ts->ts_ok || !seg->has_ts ||
		seg->len < ts->rcv_mss)
		return;
	ts->rcv_rtt_echo = seg->ts_echo;
	ms = max(tcp_ts_now(ts, now) - seg->ts_echo, 1u);
	if (ms < 1000 * 1000)
		ts->rcv_rtt8 += ts->rcv_rtt8 ? ms * NSEC_PER_MSEC - ts->rcv_rtt8 / 8
					     : ms * NSEC_PER_MSEC * 8;
}

/* Until there is a sample: that of the handshake. */
static u64 receive_rtt(const struct tcp_sock *ts)
{
	return max((ts->rcv_rtt8 ? ts->rcv_rtt8 : ts->srtt8) / 8, NSEC_PER_MSEC);
}

/*
 * Once in a round-trip time: if the application has read as much as the buffer offers, it gets
 * twice that, up to tcp_rmem[2] (dynamic right-sizing). SO_RCVBUF ends this.
 */
void tcp_tune_receive(struct tcp_sock *ts, u64 now)
{
	u32 copied, want;

	if (now - ts->tune_ns < receive_rtt(ts))
		return;
	copied = ts->copied_seq - ts->tune_seq;
	ts->tune_ns = now;
	ts->tune_seq = ts->copied_seq;
	if (copied <= ts->tune_space)
		return;
	ts->tune_space = copied;
	want = min(copied, tcp_settings.rmem[2] / 4) * 4;
	if (tcp_settings.moderate_rcvbuf && want > ts->rcvbuf && !tcp_memory_low() &&
		ts->inet.socket && !ts->rcv_fixed) {
		ts->rcvbuf = min(want, tcp_settings.rmem[2]);
		store_once(ts->inet.socket->rcvbuf, ts->rcvbuf);
	}
}

/*
 * The send buffer holds two congestion windows, so that one is there while the other is out. Called
 * when the buffer was full: an application that sends little keeps the buffer that it has.
 */
void tcp_tune_send(struct tcp_sock *ts)
{
	u32 want = min(max(ts->cwnd, TCP_INIT_CWND * ts->mss), tcp_settings.wmem[2] / 4) * 2;

	want = min(want + want / 4, tcp_settings.wmem[2]);
	if (want > ts->sndbuf && !tcp_memory_low() && ts->inet.socket && !ts->snd_fixed) {
		store_once(ts->sndbuf, want);
		store_once(ts->inet.socket->sndbuf, want);
	}
}
