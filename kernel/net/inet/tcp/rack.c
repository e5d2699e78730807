// SPDX-License-Identifier: MPL-2.0
/*
 * Which packets are lost: RACK (RFC 8985). A packet is lost if one that was sent later has arrived,
 * and a round-trip time and a reordering window have passed since it was sent. Without SACK three
 * duplicate acknowledgements mean that the first packet is lost (RFC 6582).
 *
 * Time, not the order of numbers, decides: so a lost retransmission is found as well, and
 * reordering within the window costs nothing. ts->rack_ns and rack_end are of the latest-sent
 * packet that is known to have arrived. All packets that were sent before it and have not arrived
 * are lost when now is beyond their time plus rack_rtt_ns plus the window; for those that are not
 * due yet the reordering timer is armed.
 */
#include "tcp.h"

#define RACK_KEEP 16u /* recoveries for which a wider reordering window stays */
/*
 * How many packets one segment may find to be lost. The next one, or the timer, goes on: a peer
 * that makes us take recoveries back (recover.c) cannot have a large flight marked each time.
 */
#define RACK_MARKS 256u

static bool sent_after(u64 t1, u32 end1, u64 t2, u32 end2)
{
	return t1 > t2 || (t1 == t2 && seq_after(end1, end2));
}

/*
 * A packet has arrived (6.2, step 1 and 2). Of one that was sent again nobody says which of the two
 * has come. Where queues make the round-trip time many times the least one, a bound of that would
 * take the late original for the retransmission: then all that was sent before it would be lost.
 * So what arrives within half of the smoothed time does not count.
 */
void tcp_rack_note(struct tcp_sock *ts, const struct packet *p, struct tcp_ack_state *a)
{
	u64 sent = tq_time(p), rtt = a->now - sent;
	u32 flags = p->control[TQ_FLAGS], end = p->control[TQ_END];

	if (!(flags & TQ_EVER))
		a->rtt_ns = rtt;
	else if (rtt < max(ts->min_rtt_ns, ts->srtt8 / 16))
		return; /* likely the acknowledgement is of an earlier transmission */
	if (!(flags & (TQ_EVER | TQ_SACKED)) && seq_before(end, ts->fack) && ts->sacked) {
		ts->reordering_seen = true;
		ts->reord_seen++;
		tcp_count(TCP_SACK_REORDER);
	}
	if (sent_after(sent, end, ts->rack_ns, ts->rack_end)) {
		ts->rack_ns = sent;
		ts->rack_end = end;
		ts->rack_rtt_ns = rtt;
	}
}

/*
 * The reordering window (6.2, step 4). Zero once three segments are sacked or recovery has begun,
 * while the path has not shown that it reorders: then loss is the better guess. Else a quarter of
 * the least round trip for each step, never more than the smoothed one.
 */
static u64 reo_wnd(const struct tcp_sock *ts)
{
	u64 w;

	if (!ts->reordering_seen) {
		if (ts->recovery >= CA_RECOVERY || ts->sacked >= 3 * ts->mss)
			return 0;
	}
	w = ts->min_rtt_ns / 4 * (1 + ts->rack_steps);
	return min(w, ts->srtt8 / 8);
}

/*
 * A DSACK of what was sent again by RACK: reordering has looked like loss, so the window grows by a
 * step (6.2, step 4), once in a round-trip time. It stays for 16 recoveries (tcp_rack_recovered).
 * DSACKs that answer a probe, or a packet that the network has duplicated, say nothing of order.
 */
void tcp_rack_dsack(struct tcp_sock *ts, struct tcp_range dup)
{
	if (!ts->reordering_seen || (ts->tlp_out && ts->tlp_retrans && dup.end == ts->tlp_high) ||
		ts->dsack_dups > ts->total_retrans)
		return;
	if (ts->rack_keep && seq_before(ts->snd_una, ts->rack_round))
		return;
	ts->rack_round = ts->snd_nxt;
	ts->rack_steps = min(ts->rack_steps + 1, 254u);
	ts->rack_keep = RACK_KEEP;
}

void tcp_rack_recovered(struct tcp_sock *ts)
{
	if (ts->rack_keep && !--ts->rack_keep)
		ts->rack_steps = 0;
}

/* Before @at, the first of those that wait to be sent again; NULL: after them all. */
static void mark_lost_before(struct tcp_sock *ts, struct packet *p, struct packet *at)
{
	u32 flags = p->control[TQ_FLAGS];

	if (flags & TQ_SACKED)
		return;
	if (flags & TQ_RETRANS)
		tcp_count(TCP_LOST_RETRANSMIT); /* the retransmission is lost, too */
	tcp_board_mark_before(ts, p, (flags & TQ_EVER) | TQ_LOST, at);
}

void tcp_mark_lost(struct tcp_sock *ts, struct packet *p)
{
	mark_lost_before(ts, p, NULL);
}

static void detect_without_sack(struct tcp_sock *ts, struct tcp_ack_state *a)
{
	struct packet *p = ts->sent.first;

	if (!p || (p->control[TQ_FLAGS] & TQ_LOST))
		return;
	/* A partial acknowledgement in recovery: the next hole. */
	if (ts->dupacks >= 3 || (ts->recovery == CA_RECOVERY && a->acked)) {
		if (p->len > ts->mss && !tcp_split(ts, p, ts->mss, true))
			return;
		tcp_mark_lost(ts, p);
		a->newly_lost += tq_space(p);
	}
}

static bool was_sent_before_rack(const struct tcp_sock *ts, const struct packet *p)
{
	return sent_after(ts->rack_ns, ts->rack_end, tq_time(p), p->control[TQ_END]);
}

/*
 * What is due is lost. @at: see mark_lost_before. False: it is not due, or the segment has found
 * RACK_MARKS to be lost, and others look further.
 */
static bool mark_due(struct tcp_sock *ts, struct packet *p, struct tcp_ack_state *a, u64 after,
	struct packet *at)
{
	if (tq_time(p) + after > a->now || a->marked >= RACK_MARKS)
		return false;
	a->marked++;
	a->newly_lost += tq_space(p);
	mark_lost_before(ts, p, at);
	return true;
}

/* The search among what was sent again; whether it ended at one that is not due yet. */
static bool detect_repeated(struct tcp_sock *ts, struct tcp_ack_state *a, u64 after)
{
	struct packet *p, *at = list_first(&ts->to_repeat);

	while ((p = list_first(&ts->repeated)) != NULL && was_sent_before_rack(ts, p)) {
		if (!mark_due(ts, p, a, after, at))
			return true;
	}
	return false;
}

/* The same among originals. */
static bool detect_originals(struct tcp_sock *ts, struct tcp_ack_state *a, u64 after)
{
	struct packet *p = tcp_board_find(ts, ts->board_originals);

	for (; p; p = tcp_board_next(p)) {
		ts->board_originals = p->control[TQ_SEQ];
		if (p->control[TQ_FLAGS] & (TQ_LOST | TQ_EVER))
			continue;
		if (!was_sent_before_rack(ts, p))
			return false;
		if (!mark_due(ts, p, a, after, NULL))
			return true;
	}
	return false;
}

/*
 * Called for each acknowledgement that changes what is known, and by the reordering timer. Both
 * searches go by time, so they end at the first packet that is not due, or that was sent after the
 * latest arrival; what they pass has another place on the scoreboard then. The timer waits for the
 * last one that may be due, the latest arrival's neighbour.
 */
void tcp_rack_detect(struct tcp_sock *ts, struct tcp_ack_state *a)
{
	bool waits;
	u64 after;

	if (!ts->sack_ok) {
		detect_without_sack(ts, a);
		return;
	}
	if (!ts->rack_ns)
		return;
	tcp_board_update(ts);
	after = ts->rack_rtt_ns + reo_wnd(ts);
	waits = detect_repeated(ts, a, after);
	if (detect_originals(ts, a, after))
		waits = true;
	if (waits)
		tcp_arm_xmit(ts, XMIT_REORDER,
			max(ts->rack_ns + after, a->now) + TCP_TIMEOUT_MIN_NS);
	else if (ts->xmit_kind == XMIT_REORDER)
		tcp_arm_rto(ts, a->now);
}
