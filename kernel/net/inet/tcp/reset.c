// SPDX-License-Identifier: MPL-2.0
/*
 * RST for segments without a connection (RFC 9293, 3.5.2), and challenge ACKs (RFC 5961).
 *
 * A RST answers a segment that belongs to no connection, never another RST. Its sequence number is
 * the one that the sender expects, taken from the acknowledgement; without one, the RST
 * acknowledges all of the segment. By either the sender knows that the RST belongs to its segment.
 *
 * A challenge ACK answers a segment that might be forged, such as a SYN, or a RST that lies in the
 * window but not at its start. It shows an honest peer where this end is, and nothing to an
 * attacker who does not see it. Two limits keep it from being an amplifier: one for each connection
 * (tcp_oow_allowed), and one for the machine (tcp_challenge_allowed).
 */
#include <kernel/random.h>

#include "tcp.h"

void tcp_send_reset_for(const struct tcp_seg *seg, const struct tcp_key *k)
{
	struct tcp_out o = { .wscale = -1, .flags = TCP_RST };

	if (seg->flags & TCP_RST)
		return;
	if (seg->flags & TCP_ACK) {
		o.seq = seg->ack;
	} else {
		o.flags |= TCP_ACK;
		o.ack = seg->seq + seg->len + ((seg->flags & TCP_SYN) != 0) +
			((seg->flags & TCP_FIN) != 0);
	}
	tcp_count(TCP_OUT_RSTS);
	tcp_send_bare(k, &o, 0);
}

/*
 * The number of challenges in a second is bounded for the whole machine, and by chance, so that
 * nobody can count on it (CVE-2016-5696). A lost update between CPUs does no harm.
 */
static u64 challenge_second;
static u32 challenges_left;

bool tcp_challenge_allowed(void)
{
	u64 second = time_mono_ns() / NSEC_PER_SEC;
	u32 half = (tcp_settings.challenge_ack_limit + 1) / 2;

	if (load_once(challenge_second) != second) {
		store_once(challenge_second, second);
		store_once(challenges_left, half + (u32)(random_u64() % max(half, 1u)));
	}
	if (!load_once(challenges_left))
		return false;
	store_once(challenges_left, challenges_left - 1);
	return true;
}

bool tcp_oow_allowed(const struct tcp_seg *seg, u64 *const last, u64 now)
{
	u64 before = load_once(*last);

	if ((seg->len || (seg->flags & TCP_FIN)) && !(seg->flags & TCP_SYN))
		return true;
	if (before && now - before < tcp_settings.invalid_ratelimit_ms * NSEC_PER_MSEC)
		return false;
	store_once(*last, now);
	return true;
}

void tcp_challenge_ack(struct tcp_sock *ts)
{
	if (!tcp_challenge_allowed()) {
		tcp_count(TCP_SKIPPED_CHALLENGE);
		return;
	}
	tcp_count(TCP_CHALLENGE_ACK);
	tcp_send_ack(ts);
}
