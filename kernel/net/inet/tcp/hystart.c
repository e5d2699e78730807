// SPDX-License-Identifier: MPL-2.0
/*
 * HyStart++ (RFC 9406): the first slow start ends before the path's queue overflows.
 *
 * A round ends when all that was under way at its beginning is acknowledged. If the least round-trip
 * time of a round is well above that of the round before, a queue grows: then the window grows by a
 * quarter of slow start's step. Five such rounds end slow start. If the time falls below the one
 * that raised the suspicion, this was a matter of chance, and slow start goes on.
 *
 * The least time of eight samples counts, so a path that reorders, whose times differ widely, does
 * not end slow start. Rounds end by what is acknowledged, also while the window does not grow because
 * the application sends too little: a round that went on would keep the least time of an empty queue.
 */
#include "tcp.h"

#define SAMPLES        8u
#define CAREFUL_SHARE  4u
#define CAREFUL_ROUNDS 5u
#define RISE_MIN_NS    (4 * NSEC_PER_MSEC)
#define RISE_MAX_NS    (16 * NSEC_PER_MSEC)

static void hystart_next_round(struct tcp_sock *ts, struct tcp_hystart *const h)
{
	h->round_end = ts->snd_nxt;
	h->last_rtt = h->round_rtt;
	h->round_rtt = 0;
	h->samples = 0;
	if (h->base_rtt && ++h->rounds >= CAREFUL_ROUNDS) {
		ts->ssthresh = ts->cwnd;
		tcp_count(TCP_HYSTART_DELAY);
		tcp_count_add(TCP_HYSTART_DELAY_CWND, ts->cwnd / max(ts->mss, 1u));
	}
}

static void hystart_judge(struct tcp_hystart *const h)
{
	u64 rise = clamp(h->last_rtt / 8, RISE_MIN_NS, RISE_MAX_NS);

	if (h->base_rtt) {
		if (h->round_rtt < h->base_rtt)
			h->base_rtt = 0;
	} else if (h->last_rtt && h->round_rtt >= h->last_rtt + rise) {
		h->base_rtt = h->round_rtt;
		h->rounds = 0;
	}
}

void tcp_hystart_sample(struct tcp_sock *ts, u64 rtt_ns)
{
	struct tcp_hystart *const h = &ts->hystart;

	if (!h->round_rtt || rtt_ns < h->round_rtt)
		h->round_rtt = rtt_ns;
	if (++h->samples >= SAMPLES)
		hystart_judge(h);
	if (!seq_before(ts->snd_una, h->round_end))
		hystart_next_round(ts, h);
}

u32 tcp_hystart_growth(const struct tcp_sock *ts, u32 acked)
{
	return ts->hystart.base_rtt ? acked / CAREFUL_SHARE : acked;
}
