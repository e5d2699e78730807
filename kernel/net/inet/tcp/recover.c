// SPDX-License-Identifier: MPL-2.0
/*
 * Recovery: the states between a loss and the time when all that was sent before it has arrived.
 *
 *	OPEN -> DISORDER	SACKs or duplicate acknowledgements came
 *	any  -> RECOVERY	RACK has found losses: proportional rate reduction (RFC 6937)
 *	any  -> CWR		the peer saw congestion (ECE): the same without losses
 *	any  -> LOSS		the retransmission timer fired: slow start from one segment
 *	... -> OPEN		high_seq, snd_nxt at the beginning, is acknowledged
 *
 * F-RTO (RFC 5682, 3, with SACK) asks after a timeout whether the segments are only late, on a
 * connection without time stamps, too: the first acknowledgement of new data is answered with new
 * data, not with retransmissions. If then data arrives that was sent once, before the timeout, the
 * timeout was needless. If it is the new data, the rest was lost.
 *
 * A reduction is undone if time stamps or DSACKs show that nothing was lost (RFC 3522, 3708).
 *
 * What each state lets go: in OPEN and DISORDER the algorithm of congestion control grows the
 * window. In RECOVERY and CWR the window follows what is delivered (prr), and shrinks to ssthresh
 * within one round trip, without a pause. In LOSS all that is out counts as lost, and slow start
 * sends it again.
 *
 * high_seq keeps one loss from being counted many times: packets that were sent before the
 * reduction do not cause another one. Only a timeout starts over.
 */
#include "tcp.h"

static void recover_begin(struct tcp_sock *ts, enum tcp_recovery state)
{
	if (ts->recovery <= CA_DISORDER || state == CA_LOSS)
		ts->high_seq = ts->snd_nxt;
	ts->recovery = (u8)state;
}

/* What the reduction that follows may have to be taken back to. */
static void remember(struct tcp_sock *ts)
{
	ts->undo_valid = true;
	ts->undo_stamp = 0;
	ts->undo_retrans = 0;
	ts->undo_una = ts->snd_una;
	ts->undo_cwnd = ts->cwnd;
	ts->undo_ssthresh = ts->ssthresh;
}

/*
 * An acknowledgement that echoes a time stamp from before the first retransmission is of the
 * original: nothing was lost (RFC 3522, RFC 4015). With time stamps of a millisecond this is
 * decided only where the round trip is longer.
 */
static bool is_of_original(const struct tcp_sock *ts, const struct tcp_seg *seg,
	const struct tcp_ack_state *a)
{
	return ts->undo_valid && ts->recovery >= CA_RECOVERY && a->acked && seg && seg->has_ts &&
		ts->ts_ok && ts->undo_stamp && (s32)((seg->ts_echo | 1) - ts->undo_stamp) < 0;
}

/*
 * Originals are late, but others may be lost: while retransmissions are under way the reduction is
 * not taken back, and what looks lost at this moment is not sent again. Otherwise each of these
 * acknowledgements would begin another recovery, with the whole window.
 */
bool tcp_is_late(const struct tcp_sock *ts, const struct tcp_seg *seg,
	const struct tcp_ack_state *a)
{
	return ts->recovery == CA_RECOVERY && ts->retrans &&
		seq_before(ts->snd_una, ts->high_seq) && is_of_original(ts, seg, a);
}

static void undo(struct tcp_sock *ts, bool by_dsack)
{
	struct packet *p;

	tcp_count(by_dsack                        ? TCP_DSACK_UNDO
			: ts->recovery == CA_LOSS ? TCP_LOSS_UNDO
						  : TCP_FULL_UNDO);
	/* What RACK took for lost was late: the hole was filled by the original. */
	if (ts->recovery == CA_RECOVERY)
		ts->reordering_seen = true;
	if (ts->undo_valid) {
		ts->cwnd = max(ts->cwnd, ts->undo_cwnd);
		ts->ssthresh = max(ts->ssthresh, ts->undo_ssthresh);
	}
	list_for_each(p, &ts->sent, link)
		p->control[TQ_FLAGS] &= ~(u32)TQ_LOST;
	ts->lost = 0;
	ts->undo_valid = false;
	ts->dupacks = 0;
	ts->recovery = ts->sacked ? CA_DISORDER : CA_OPEN;
}

/* prr_flight is what was out when the reduction began: the pace of PRR is ssthresh / prr_flight. */
static void reduce(struct tcp_sock *ts)
{
	ts->prr_flight = ts->snd_nxt - ts->snd_una;
	ts->prr_delivered = ts->prr_out = 0;
	ts->ssthresh = max(ts->congestion->ssthresh(ts), 2 * ts->mss);
}

static void enter_recovery(struct tcp_sock *ts)
{
	if (ts->recovery != CA_CWR) {
		remember(ts);
		reduce(ts);
	}
	tcp_count(ts->sack_ok ? TCP_SACK_RECOVERY : TCP_RENO_RECOVERY);
	recover_begin(ts, CA_RECOVERY);
	ts->tlp_out = false;
}

void tcp_enter_cwr(struct tcp_sock *ts)
{
	if (ts->recovery > CA_DISORDER)
		return;
	reduce(ts);
	recover_begin(ts, CA_CWR);
	ts->ecn_cwr = true;
}

/*
 * Everything that is not sacked is lost, and the window is one segment (RFC 5681, 3.1). If the
 * first packet is sacked, the peer has acknowledged less than it has reported: it dropped data
 * again (reneging), and none of its SACKs is believed any more. ssthresh is taken only if neither a
 * recovery nor an earlier timeout has just taken it, so timeouts in a row do not halve it each
 * time.
 */
void tcp_enter_loss(struct tcp_sock *ts)
{
	struct packet *p = ts->sent.first;

	/* Not amid another recovery, unless it is the same segment's timeout again (3.2). */
	ts->frto = tcp_settings.frto && ts->sack_ok &&
		(ts->recovery < CA_RECOVERY || ts->retries > 1);
	if (p && (p->control[TQ_FLAGS] & TQ_SACKED)) {
		tcp_count(TCP_SACK_RENEGING);
		tcp_sack_reset(ts);
	}
	if (ts->recovery != CA_LOSS && ts->recovery != CA_RECOVERY) {
		remember(ts);
		ts->ssthresh = max(ts->congestion->ssthresh(ts), 2 * ts->mss);
	}
	list_for_each(p, &ts->sent, link)
		tcp_mark_lost(ts, p);
	recover_begin(ts, CA_LOSS);
	ts->cwnd = ts->mss;
	ts->cwnd_acked = 0;
	ts->dupacks = 0;
	ts->tlp_out = false;
}

static void recover_leave(struct tcp_sock *ts)
{
	if (ts->recovery == CA_RECOVERY || ts->recovery == CA_CWR)
		ts->cwnd = max(ts->ssthresh, ts->mss);
	if (ts->recovery >= CA_RECOVERY)
		tcp_rack_recovered(ts);
	ts->recovery = CA_OPEN;
	ts->undo_valid = false;
	ts->dupacks = 0;
}

/* Proportional rate reduction, with slow start's bound while losses go on (RFC 6937, 3). */
static void prr(struct tcp_sock *ts, const struct tcp_ack_state *a)
{
	u32 pipe = tcp_flight(ts), mss = ts->mss, send;
	u64 goal;

	ts->prr_delivered += a->delivered;
	if (pipe > ts->ssthresh) {
		goal = (u64)ts->prr_delivered * ts->ssthresh + max(ts->prr_flight, 1u) - 1;
		goal /= max(ts->prr_flight, 1u);
		send = goal > ts->prr_out ? (u32)goal - ts->prr_out : 0;
	} else {
		u32 limit = ts->prr_delivered > ts->prr_out ? ts->prr_delivered - ts->prr_out : 0;
		limit = max(limit, a->delivered);
		if (a->acked && !a->newly_lost)
			limit += mss;
		send = min(ts->ssthresh - pipe, limit);
	}
	/* The first retransmission is always allowed. */
	if (!ts->prr_out)
		send = max(send, mss);
	ts->cwnd = max(pipe + send, mss);
}

/*
 * What an acknowledgement newly delivers makes the window grow. Of the bytes that it covers at the
 * end of a recovery most were delivered before, and counted then.
 */
static void grow(struct tcp_sock *ts, const struct tcp_ack_state *a)
{
	if (a->acked && a->delivered && ts->cwnd_limited && !a->ece)
		ts->congestion->acked(ts, a->delivered, a->now);
}

/* A timeout's steps 2 and 3 (RFC 5682, 3.1). True: new data is to be sent, and nothing again. */
static bool frto_step(struct tcp_sock *ts, const struct tcp_ack_state *a)
{
	if (!ts->frto)
		return false;
	if (a->original) {
		tcp_count(TCP_SPURIOUS_RTOS);
		undo(ts, false);
	} else if (seq_after(ts->snd_nxt, ts->high_seq)) {
		/* New data was sent in step 2. */
		if (a->sacked || (!a->acked && !a->data))
			ts->frto = false;
	} else if (a->acked && seq_before(ts->snd_una, ts->high_seq)) {
		ts->high_seq = ts->snd_nxt;
		if (list_first(&ts->unsent) && seq_after(ts->snd_una + ts->snd_wnd, ts->snd_nxt))
			return true;
		ts->frto = false;
	}
	return false;
}

/* Slow start, after a timeout. @fresh: frto_step. True: new data was sent. */
static bool in_loss(struct tcp_sock *ts, const struct tcp_ack_state *a, bool fresh)
{
	if (a->acked && a->delivered)
		ts->congestion->acked(ts, a->delivered, a->now);
	if (likely(!fresh))
		return false;
	tcp_push(ts, true);
	ts->frto = seq_after(ts->snd_nxt, ts->high_seq);
	return ts->frto;
}

static void in_open(struct tcp_sock *ts, const struct tcp_ack_state *a)
{
	if (ts->lost) {
		enter_recovery(ts);
		prr(ts, a);
		return;
	}
	ts->recovery = ts->sacked || ts->dupacks ? CA_DISORDER : CA_OPEN;
	grow(ts, a);
}

/*
 * Without SACK the state lasts until more than high_seq is acknowledged: duplicates of segments
 * that were sent twice draw acknowledgements of high_seq, which would begin another recovery (RFC
 * 6582, 6).
 */
static bool holds_state(const struct tcp_sock *ts)
{
	return !ts->sack_ok && ts->recovery >= CA_RECOVERY && ts->snd_una == ts->high_seq;
}

/*
 * Comes after RACK has marked losses. First a needless reduction is undone, then the end of the
 * state is looked for, then the state does its part, and last what is lost is sent, as far as the
 * window of this moment admits.
 */
void tcp_recover(struct tcp_sock *ts, const struct tcp_seg *seg, struct tcp_ack_state *a)
{
	bool fresh = false;

	if (unlikely(a->ece) && a->acked)
		tcp_enter_cwr(ts);
	if (unlikely(a->late && !a->undo)) {
		ts->reordering_seen = true;
		prr(ts, a);
		return;
	}
	if (unlikely((a->undo && ts->undo_valid && ts->recovery >= CA_RECOVERY) ||
		    is_of_original(ts, seg, a)))
		undo(ts, a->undo);
	if (unlikely(ts->recovery == CA_LOSS))
		fresh = frto_step(ts, a);
	if (ts->recovery >= CA_CWR && !seq_before(ts->snd_una, ts->high_seq) && !ts->lost) {
		if (!holds_state(ts))
			recover_leave(ts);
		else if (ts->recovery == CA_RECOVERY)
			return;
	}
	switch (ts->recovery) {
	case CA_CWR:
		if (ts->lost)
			enter_recovery(ts);
		prr(ts, a);
		break;
	case CA_RECOVERY:
		prr(ts, a);
		break;
	case CA_LOSS:
		if (in_loss(ts, a, fresh))
			return;
		break;
	default:
		in_open(ts, a);
		break;
	}
	if (unlikely(ts->lost))
		tcp_retransmit_lost(ts);
}

/* ---- tail loss probes (RFC 8985, 7) ---- */

bool tcp_tlp_arm(struct tcp_sock *ts, u64 now)
{
	u64 pto = ts->srtt8 / 4, rto = tcp_rto(ts);

	if (!ts->sack_ok || !ts->srtt8 || ts->tlp_out || !ts->sent.first ||
		ts->recovery > CA_DISORDER || ts->sacked)
		return false;
	/*
	 * An acknowledgement may be late although nothing is lost: the peer delays that of an only
	 * segment, and a machine whose CPUs are busy is a few milliseconds late at any time.
	 */
	pto += ts->snd_nxt - ts->snd_una <= ts->mss ? TCP_RTO_MIN_NS : TCP_TIMEOUT_MIN_NS;
	tcp_arm_xmit(ts, XMIT_TLP, now + min(pto, rto));
	return true;
}

/* New data if there is some and the peer has room for it, else the last segment again. */
void tcp_tlp_send(struct tcp_sock *ts)
{
	struct packet *p = list_last(&ts->sent);
	u32 was = ts->snd_nxt, cwnd = ts->cwnd, mss = tcp_mss_now(ts);
	u64 now = time_mono_ns();

	if (!p) {
		tcp_arm_rto(ts, now);
		return;
	}
	ts->tlp_retrans = false;
	tcp_count(TCP_LOSS_PROBES);
	if (list_first(&ts->unsent)) {
		ts->cwnd = tcp_flight(ts) + mss;
		tcp_push(ts, false);
		ts->cwnd = cwnd;
	}
	if (ts->snd_nxt == was) {
		if (p->len > mss && tcp_split(ts, p, (p->len - 1) / mss * mss, true))
			p = list_last(&ts->sent);
		ts->tlp_retrans = tcp_retransmit(ts, p);
	}
	ts->tlp_out = true;
	ts->tlp_high = ts->snd_nxt;
	tcp_arm_rto(ts, now);
}

/*
 * The probe's end (RFC 8985, 7.4). If it was a retransmission, an acknowledgement of more than what
 * had been sent by then tells that a segment was lost and the probe repaired it, which nobody else
 * saw: the window is reduced as for any loss. A DSACK, or a duplicate acknowledgement, is the
 * answer to a probe that was not needed.
 */
void tcp_tlp_acked(struct tcp_sock *ts, const struct tcp_seg *seg, const struct tcp_ack_state *a)
{
	if (seq_before(seg->ack, ts->tlp_high))
		return;
	if (!ts->tlp_retrans || a->dsack) {
		ts->tlp_out = false;
	} else if (seq_after(seg->ack, ts->tlp_high)) {
		ts->tlp_out = false;
		tcp_count(TCP_LOSS_PROBE_RECOVERY);
		tcp_enter_cwr(ts);
	} else if (!a->acked && !a->data && !a->delivered) {
		ts->tlp_out = false;
	}
}
