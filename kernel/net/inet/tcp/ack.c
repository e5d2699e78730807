// SPDX-License-Identifier: MPL-2.0
/*
 * Acknowledgements: what they take off the send queue, and in which order the algorithms hear of
 * it.
 *
 * For each segment: is the number acceptable; does the window change; are there SACK blocks
 * (sack.c); which packets are whole now; what follows for the round-trip time; which packets are
 * lost (rack.c); what the state of recovery makes of it (recover.c); which timer is due next.
 *
 * What a forger can do with an acknowledgement is bounded by its number: below snd_una by more than
 * the largest window, or above snd_nxt, it is no peer's and changes nothing (RFC 5961, 5). A peer
 * that acknowledges data before it has got it only deceives itself.
 */
#include "tcp.h"

/*
 * RFC 9293, 3.10.7.4: SND.WL1 and WL2. The last is implied: old acknowledgements do not come here.
 * As on Linux, a window that closes counts in any case.
 */
bool tcp_updates_window(const struct tcp_sock *ts, const struct tcp_seg *seg)
{
	u32 window = seg->window << ts->snd_wscale;

	return seq_after(seg->ack, ts->snd_una) || seq_after(seg->seq, ts->snd_wl1) ||
		(seg->seq == ts->snd_wl1 && (window > ts->snd_wnd || !window));
}

static bool update_window(struct tcp_sock *ts, const struct tcp_seg *seg)
{
	u32 window = seg->window << ts->snd_wscale;

	if (!tcp_updates_window(ts, seg))
		return false;
	ts->snd_wl1 = seg->seq;
	if (window == ts->snd_wnd)
		return false;
	ts->snd_wnd = window;
	if (window > ts->max_window) {
		ts->max_window = window;
		tcp_sync_mss(ts, ts->pmtu); /* half of it bounds a segment */
	}
	return true;
}

/* The last byte of a send was acknowledged: its socket is told when, if it has asked for that. */
static void ack_stamp(struct tcp_sock *ts, struct packet *p)
{
	if ((p->stamps & PACKET_STAMP_ACK) && ts->inet.socket)
		socket_stamp_sent(ts->inet.socket, p, PACKET_STAMP_ACK);
	p->stamps = 0;
}

/* Takes a packet that is acknowledged as a whole off the queue. */
static void ack_finish(struct tcp_sock *ts, struct packet *p, struct tcp_ack_state *a)
{
	if (!(p->control[TQ_FLAGS] & TQ_SACKED)) {
		a->delivered += tq_space(p);
		tcp_rack_note(ts, p, a);
		if (!(p->control[TQ_FLAGS] & TQ_EVER) &&
			!seq_after(p->control[TQ_END], ts->high_seq))
			a->original = true;
	}
	if (unlikely(p->stamps))
		ack_stamp(ts, p);
	tcp_board_leave(ts, p);
	list_remove(&ts->sent, p, link);
	ts->wmem -= p->control[TQ_CHARGE];
	tcp_memory_uncharge(p->control[TQ_CHARGE]);
	packet_drop(&p);
}

/*
 * A packet of many segments may be acknowledged in part: then its front goes, so that all counts
 * stay sums over the packets of the queue.
 */
static void clean_queue(struct tcp_sock *ts, u32 ack, struct tcp_ack_state *a)
{
	struct packet *p;
	u32 n;

	while ((p = list_first(&ts->sent)) != NULL && seq_after(ack, p->control[TQ_SEQ])) {
		if (seq_after(p->control[TQ_END], ack)) {
			n = ack - p->control[TQ_SEQ];
			if (!(p->control[TQ_FLAGS] & TQ_SACKED))
				a->delivered += n;
			if (unlikely(p->stamps) && seq_before(p->stamp_key, ack))
				ack_stamp(ts, p);
			tcp_board_trim(ts, p, n);
			packet_drop_front(p, min(n, p->len));
			p->control[TQ_SEQ] = ack;
			if (!(p->control[TQ_FLAGS] & TQ_EVER)) {
				tcp_rack_note(ts, p, a);
				if (!(p->control[TQ_FLAGS] & TQ_SACKED) &&
					!seq_after(ack, ts->high_seq))
					a->original = true;
			}
			break;
		}
		ack_finish(ts, p, a);
	}
	ts->snd_una = ack;
}

/* A time stamp that is echoed tells of the retransmission too (RFC 7323, 4). */
static void sample_rtt(struct tcp_sock *ts, const struct tcp_seg *seg,
	const struct tcp_ack_state *a)
{
	u32 ms;

	if (a->rtt_ns) {
		tcp_rtt_sample(ts, a->rtt_ns, a->now, true);
		if (unlikely(ts->ssthresh == TCP_SSTHRESH_NONE))
			tcp_hystart_sample(ts, a->rtt_ns);
	} else if (a->acked && seg->has_ts && ts->ts_ok && seg->ts_echo) {
		/* Less than a tick is a tick, which says nothing of the least time. */
		ms = tcp_ts_now(ts, a->now) - seg->ts_echo;
		if (ms < 1000 * 1000)
			tcp_rtt_sample(ts, max(ms, 1u) * NSEC_PER_MSEC, a->now, false);
	}
}

/*
 * The reordering timer stays unless it has nothing to wait for any more. Without progress the timer
 * that runs is left alone, or a peer that repeats acknowledgements would push the retransmission
 * off for ever.
 */
static void rearm(struct tcp_sock *ts, const struct tcp_ack_state *a)
{
	if (ts->xmit_kind == XMIT_REORDER && ts->lost < ts->snd_nxt - ts->snd_una)
		return;
	if (!a->acked && ts->xmit_kind != XMIT_NONE && ts->xmit_kind != XMIT_PROBE)
		return;
	if (ts->recovery <= CA_DISORDER && !ts->sacked && tcp_tlp_arm(ts, a->now))
		return;
	tcp_arm_rto(ts, a->now);
}

/* An acknowledgement of old data: of no use but for its SACK blocks; one from afar is an attack. */
static noinline bool old_ack(struct tcp_sock *ts, const struct tcp_seg *seg,
	struct tcp_ack_state *a)
{
	if (ts->snd_una - seg->ack > max(ts->max_window, 65535u)) {
		tcp_challenge_ack(ts);
		return false;
	}
	if (seg->nr_sacks && ts->sack_ok) {
		tcp_sack_process(ts, seg, a);
		tcp_rack_detect(ts, a);
		tcp_recover(ts, seg, a);
	}
	return true;
}

static void progress(struct tcp_sock *ts, struct tcp_ack_state *a, bool had_data)
{
	if (a->acked) {
		ts->bytes_acked += a->acked;
		ts->retries = 0;
		ts->retry_since_ns = 0;
		ts->soft_error = 0;
		if (ts->urgent && !seq_after(ts->snd_up, ts->snd_una))
			ts->urgent = false;
		if (had_data && unlikely(ts->nospace) && tcp_is_writable(ts)) {
			ts->nospace = false;
			tcp_wake_writers(ts, TCP_EV_OUT);
		}
	}
	ts->probes = 0;
	ts->last_ack_ns = a->now;
	if (a->delivered) {
		u32 nr = a->delivered / max(ts->mss, 1u);
		ts->delivered += nr;
		tcp_count_add(TCP_DELIVERED, nr);
	}
}

/*
 * False: the segment is dropped, with its data. The order of the calls is the point: SACK blocks
 * mark packets before the cumulative acknowledgement frees them, so both see one queue; RACK looks
 * for losses after all that arrived is known; recovery sends with a window that knows of both; and
 * the timer is armed for what is out at the end.
 */
bool tcp_ack(struct tcp_sock *ts, const struct tcp_seg *seg, u64 now)
{
	struct tcp_ack_state a = {
		.now = now, .data = seg->len != 0, .ece = ts->ecn_ok && (seg->flags & TCP_ECE)
	};
	bool window;

	if (seq_before(seg->ack, ts->snd_una))
		return old_ack(ts, seg, &a);
	if (seq_after(seg->ack, ts->snd_nxt)) {
		/* As on Linux, which is silent while the connection is established. */
		if (ts->state != TCP_ESTABLISHED)
			tcp_challenge_ack(ts);
		return false;
	}
	if (!seg->len)
		tcp_count(TCP_PURE_ACKS);
	window = update_window(ts, seg);
	a.acked = seg->ack - ts->snd_una;
	if (!a.acked && !ts->sent.first) {
		/* Nothing is out; the window may have opened. */
		progress(ts, &a, false);
		if (unlikely(ts->tlp_out))
			tcp_tlp_acked(ts, seg, &a);
		if (window && ts->xmit_kind == XMIT_PROBE) {
			ts->backoff = 0;
			ts->xmit_kind = XMIT_NONE;
			ts->xmit_ns = 0;
		}
		return true;
	}
	if (unlikely(seg->nr_sacks && ts->sack_ok))
		tcp_sack_process(ts, seg, &a);
	if (a.acked)
		clean_queue(ts, seg->ack, &a);
	if (!ts->sent.first && !ts->unsent.first)
		tcp_busy_end(ts, now);
	if (!a.acked && !a.data && !window && !(seg->flags & (TCP_FIN | TCP_SYN)) && !ts->sack_ok)
		ts->dupacks++;
	else if (a.acked)
		ts->dupacks = 0;
	sample_rtt(ts, seg, &a);
	if (unlikely(ts->sacked || ts->recovery != CA_OPEN || ts->dupacks)) {
		a.late = tcp_is_late(ts, seg, &a);
		if (!a.late)
			tcp_rack_detect(ts, &a);
	}
	if (unlikely(ts->tlp_out))
		tcp_tlp_acked(ts, seg, &a);
	progress(ts, &a, true);
	tcp_recover(ts, seg, &a);
	rearm(ts, &a);
	return true;
}
