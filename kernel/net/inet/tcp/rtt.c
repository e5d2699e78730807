// SPDX-License-Identifier: MPL-2.0
/*
 * The round-trip time and the retransmission timeout (RFC 6298), in nanoseconds. Samples come from
 * packets that were sent once (Karn's rule), or from echoed time stamps. The least round trip of
 * the last five minutes is for RACK; it forgets, because a path can become longer.
 */
#include "tcp.h"

#define MIN_RTT_WINDOW (300 * NSEC_PER_SEC)

/* As Linux bounds it: the variance counts 200 ms at least. */
static void set_rto(struct tcp_sock *ts)
{
	u64 rto = ts->srtt8 / 8 + max(ts->rttvar4, TCP_RTO_MIN_NS);

	ts->rto_ns = min(rto, TCP_RTO_MAX_NS);
}

void tcp_rtt_sample(struct tcp_sock *ts, u64 rtt_ns, u64 now, bool exact)
{
	u64 srtt = ts->srtt8 / 8, diff;

	rtt_ns = max(rtt_ns, 1ul);
	if (exact &&
		(!ts->min_rtt_ns || rtt_ns <= ts->min_rtt_ns ||
			now - ts->min_rtt_seen_ns > MIN_RTT_WINDOW)) {
		ts->min_rtt_ns = rtt_ns;
		ts->min_rtt_seen_ns = now;
	}
	if (!ts->srtt8) {
		ts->srtt8 = rtt_ns * 8;
		ts->rttvar4 = rtt_ns * 2;
	} else {
		diff = rtt_ns > srtt ? rtt_ns - srtt : srtt - rtt_ns;
		ts->rttvar4 += diff - ts->rttvar4 / 4;
		ts->srtt8 += rtt_ns - srtt;
	}
	set_rto(ts);
	ts->backoff = 0;
}

u64 tcp_rto(const struct tcp_sock *ts)
{
	u64 rto = ts->rto_ns << min(ts->backoff, 16u);

	return min(rto, TCP_RTO_MAX_NS);
}
