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

void tcp_mark_lost(struct tcp_sock *ts, struct packet *p)
{
	u32 flags = p->control[TQ_FLAGS], space = tq_space(p);

	if (flags & TQ_SACKED)
		return;
	if (flags & TQ_RETRANS) {
		/* The retransmission is lost, too. */
		tcp_count(TCP_LOST_RETRANSMIT);
		ts->retrans -= space;
		p->control[TQ_FLAGS] &= ~(u32)TQ_RETRANS;
	}
	if (!(flags & TQ_LOST)) {
		ts->lost += space;
		p->control[TQ_FLAGS] |= TQ_LOST;
	}
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

/*
 * Called for each acknowledgement that changes what is known, and by the reordering timer. Packets
 * that were sent once stand in `sent` in the order of their times, so the walk ends at the first
 * one that was sent after the latest arrival; those that were sent again stand anywhere, and are
 * stepped over.
 */
void tcp_rack_detect(struct tcp_sock *ts, struct tcp_ack_state *a)
{
	u64 window, due, latest = 0;
	struct packet *p;

	if (!ts->sack_ok) {
		detect_without_sack(ts, a);
		return;
	}
	if (!ts->rack_ns)
		return;
	window = reo_wnd(ts);
	list_for_each(p, &ts->sent, link) {
		u32 flags = p->control[TQ_FLAGS];
		if ((flags & TQ_SACKED) || ((flags & TQ_LOST) && !(flags & TQ_RETRANS)))
			continue;
		if (!sent_after(ts->rack_ns, ts->rack_end, tq_time(p), p->control[TQ_END])) {
			/* Packets that were never sent again stand in the order of their times. */
			if (!(flags & TQ_EVER))
				break;
			continue;
		}
		due = tq_time(p) + ts->rack_rtt_ns + window;
		if (due <= a->now) {
			tcp_mark_lost(ts, p);
			a->newly_lost += tq_space(p);
		} else {
			latest = max(latest, due);
		}
	}
	if (latest)
		tcp_arm_xmit(ts, XMIT_REORDER, latest + TCP_TIMEOUT_MIN_NS);
	else if (ts->xmit_kind == XMIT_REORDER)
		tcp_arm_rto(ts, a->now);
}
