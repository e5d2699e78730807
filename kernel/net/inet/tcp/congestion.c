// SPDX-License-Identifier: MPL-2.0
/*
 * Congestion control: CUBIC (RFC 9438) and NewReno (RFC 5681). The window counts bytes, CUBIC's
 * function segments and milliseconds.
 *
 * An algorithm is told what was delivered (acked) and what a loss makes of the window (ssthresh).
 * When it is told is decided by recover.c: a window that the sender does not use up does not grow
 * (cwnd_limited), as RFC 7661 and Linux have it. A peer that acknowledges parts of segments wins
 * nothing by it, since bytes are counted, not acknowledgements (RFC 3465).
 */
#include "tcp.h"

/* Slow start; returns the bytes that are left when it has ended. */
static u32 slow_start(struct tcp_sock *ts, u32 acked)
{
	u32 n = min(acked, ts->ssthresh - ts->cwnd);

	ts->cwnd += unlikely(ts->ssthresh == TCP_SSTHRESH_NONE) ? tcp_hystart_growth(ts, n) : n;
	return acked - n;
}

/* A peer may acknowledge for ever without a loss: sums of window and flight must not wrap. */
static void cap(struct tcp_sock *ts)
{
	ts->cwnd = min(ts->cwnd, 1u << 30);
}

/* One segment for each @per bytes. */
static void additive(struct tcp_sock *ts, u32 acked, u32 per)
{
	ts->cwnd_acked += acked;
	if (ts->cwnd_acked >= per) {
		ts->cwnd += ts->cwnd_acked / per * ts->mss;
		ts->cwnd_acked %= per;
	}
	cap(ts);
}

static void reno_init(struct tcp_sock *ts)
{
	ts->cwnd_acked = 0;
}

static void reno_acked(struct tcp_sock *ts, u32 acked, u64 now)
{
	(void)now;
	if (ts->cwnd < ts->ssthresh)
		acked = slow_start(ts, acked);
	if (acked)
		additive(ts, acked, max(ts->cwnd, ts->mss));
}

/*
 * Half of what is in the network if that is less than the window: an application that sends little
 * has a window that was never tried.
 */
static u32 reno_ssthresh(struct tcp_sock *ts)
{
	return max(min(ts->cwnd, ts->snd_nxt - ts->snd_una) / 2, 2 * ts->mss);
}

const struct tcp_congestion tcp_reno = {
	.name = LIT("reno"), .init = reno_init, .acked = reno_acked, .ssthresh = reno_ssthresh
};

/* ---- CUBIC: C = 0.4, beta = 0.7 ---- */

/*
 * By halves, 21 steps: an epoch begins after a reduction, which comes once in a round trip.
 * 2,000,000 is above the root of the largest number that is asked for, and its cube fits into 64
 * bits.
 */
static u64 cube_root(u64 x)
{
	u64 lo = 0, hi = 2000000, mid;

	while (lo < hi) {
		mid = (lo + hi + 1) / 2;
		if (mid * mid * mid <= x)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

static void cubic_init(struct tcp_sock *ts)
{
	ts->cwnd_acked = 0;
	ts->cubic = (struct tcp_cubic){ 0 };
}

/*
 * K = cbrt((W_max - cwnd) / C), in milliseconds. With C = 0.4 the difference is multiplied by 5/2,
 * and by 10^9 since the root is in milliseconds. Above W_max there is no plateau to come back to,
 * and the curve begins where the window is.
 */
static void cubic_epoch(struct tcp_sock *ts, u32 window, u64 now)
{
	struct tcp_cubic *const c = &ts->cubic;

	c->epoch_ns = now;
	c->w_est_micro = (u64)window * 1000000;
	if (window < c->w_max) {
		c->k_ms = cube_root((u64)min(c->w_max - window, 1u << 20) * 5 / 2 * 1000000000ul);
		c->origin = c->w_max;
	} else {
		c->k_ms = 0;
		c->origin = window;
	}
}

/*
 * The window a round-trip time from now: C (t - K)^3 + W_max. In whole numbers: t and K in
 * milliseconds, d^3 divided by 10^9 in two steps so that nothing overflows. The result is at least
 * the window, and at most half more.
 */
static u32 cubic_target(const struct tcp_sock *ts, u32 window, u64 now)
{
	const struct tcp_cubic *const c = &ts->cubic;
	u64 t = min((now - c->epoch_ns + ts->srtt8 / 8) / NSEC_PER_MSEC, 1000000ul);
	u64 d = t > c->k_ms ? t - c->k_ms : c->k_ms - t;
	u64 delta, target;

	d = min(d, 1000000ul);
	delta = d * d / 1000 * d / 1000000 * 2 / 5;
	target = t > c->k_ms ? c->origin + delta : delta < c->origin ? c->origin - delta : 0;
	return (u32)clamp(target, (u64)window, (u64)window + window / 2);
}

static void cubic_acked(struct tcp_sock *ts, u32 acked, u64 now)
{
	struct tcp_cubic *const c = &ts->cubic;
	u32 window, target, alpha, mss = max(ts->mss, 1u);

	if (ts->cwnd < ts->ssthresh)
		acked = slow_start(ts, acked);
	if (!acked)
		return;
	window = max(ts->cwnd / mss, 1u);
	if (!c->epoch_ns)
		cubic_epoch(ts, window, now);
	target = cubic_target(ts, window, now);
	/*
	 * Reno's friend (4.3): alpha = 3 (1 - beta) / (1 + beta) = 0.53, and 1 where the loss was.
	 */
	alpha = c->w_est_micro / 1000000 < c->prior ? 530000 : 1000000;
	c->w_est_micro += (u64)acked * alpha / mss / window;
	target = max(target, (u32)min(c->w_est_micro / 1000000, 1ul << 20));
	if (target > window)
		additive(ts, acked, max(ts->cwnd / (target - window), mss));
	else
		additive(ts, acked, (u32)min((u64)ts->cwnd * 100, 1ul << 31));
}

static u32 cubic_ssthresh(struct tcp_sock *ts)
{
	struct tcp_cubic *const c = &ts->cubic;
	u32 window = ts->cwnd / max(ts->mss, 1u);

	c->epoch_ns = 0;
	c->prior = window;
	/* Fast convergence (4.7). */
	c->w_max = window < c->w_max ? (u32)((u64)window * 17 / 20) : window;
	return max((u32)((u64)ts->cwnd * 7 / 10), 2 * ts->mss);
}

const struct tcp_congestion tcp_cubic = {
	.name = LIT("cubic"), .init = cubic_init, .acked = cubic_acked, .ssthresh = cubic_ssthresh
};

/* ---- common ---- */

const struct tcp_congestion *tcp_congestion_find(struct cspan name)
{
	if (cspan_equal(name, lit_span(tcp_cubic.name)))
		return &tcp_cubic;
	return cspan_equal(name, lit_span(tcp_reno.name)) ? &tcp_reno : NULL;
}

void tcp_cwnd_init(struct tcp_sock *ts)
{
	ts->cwnd = TCP_INIT_CWND * ts->mss;
	ts->ssthresh = TCP_SSTHRESH_NONE;
	ts->hystart = (struct tcp_hystart){ .round_end = ts->snd_nxt };
	ts->congestion->init(ts);
}

/*
 * After an idle time the window is what RFC 5681, 4.1 says, halved for each timeout that passed.
 * The path may have changed while nothing was sent, and a burst of the old window would hit it at
 * once. Half of it is lost for each timeout, not all: as Linux does.
 */
void tcp_cwnd_restart(struct tcp_sock *ts, u64 now)
{
	u32 least = TCP_INIT_CWND * ts->mss;
	u64 idle;

	if (ts->sent.first || !ts->last_snd_ns || !tcp_settings.slow_start_after_idle)
		return;
	idle = now - ts->last_snd_ns;
	if (idle <= tcp_rto(ts) || ts->cwnd <= least)
		return;
	ts->ssthresh = max(ts->ssthresh, ts->cwnd / 4 * 3);
	for (; idle > tcp_rto(ts) && ts->cwnd > least; idle -= tcp_rto(ts))
		ts->cwnd /= 2;
	ts->cwnd = max(ts->cwnd, least);
	ts->last_snd_ns = now;
	ts->cubic.epoch_ns = 0;
}
