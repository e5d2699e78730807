// SPDX-License-Identifier: MPL-2.0
/*
 * SYN cookies: when a listener has too many requests, the initial sequence number is made of a
 * keyed hash of the connection, a count of minutes, and the peer's MSS as an index; so the
 * acknowledgement brings back all that a request would have kept. Options that need more travel in
 * the lowest bits of the time stamp that the peer echoes.
 *
 *	cookie = hash(key, 0) + irs + (minutes << 24) + ((hash(key, minutes) + index) & 0xffffff)
 *
 * Nothing is kept for a SYN then, so a flood of them costs answers and no memory. Who completes the
 * handshake must have seen our answer. A guess is right with a chance of 8 in 2^32: four indices,
 * and the minutes of now and before. A cookie is worth one connection for one to two minutes; it is
 * tried only at a listener that has sent one lately (take_cookie of request.c).
 *
 * Linux's tables have the same four sizes for IPv4; a peer's MSS is rounded down to one of them
 * (and one below 536 up).
 */
#include "tcp.h"

#define COOKIE_MINUTES 2u
#define COOKIE_BITS    0xffffffu
#define TS_BITS        6u
#define TS_MASK        ((1u << TS_BITS) - 1)
#define TS_NO_WSCALE   15u
#define TS_SACK        16u
#define TS_ECN         32u

static const u16 sizes4[4] = { 536, 1300, 1440, 1460 };

static u32 minutes_now(void)
{
	return (u32)(time_mono_ns() / (60 * NSEC_PER_SEC));
}

static u32 cookie_at(const struct tcp_request *r, u32 minutes, u32 index)
{
	u32 base = (u32)tcp_secret(&r->key, SECRET_COOKIE);
	u32 hash = (u32)tcp_secret(&r->key, (u64)minutes << 8 | SECRET_MINUTES);

	return base + r->irs + (minutes << 24) + ((hash + index) & COOKIE_BITS);
}

/* The options that the time stamp carries. */
static u32 option_bits(const struct tcp_request *r)
{
	return (r->wscale_ok ? r->snd_wscale : TS_NO_WSCALE) | (r->sack_ok ? TS_SACK : 0u) |
		(r->ecn_ok ? TS_ECN : 0u);
}

/* Changes the request to what can be remembered; the time stamp's offset gives its lowest bits. */
u32 tcp_cookie_make(struct tcp_request *r)
{
	u32 index = 3, now_ms = (u32)(time_mono_ns() / NSEC_PER_MSEC), ts;

	while (index && sizes4[index] > r->mss)
		index--;
	if (r->ts_ok) {
		ts = ((now_ms + r->ts_offset) & ~TS_MASK) | option_bits(r);
		/* Never ahead of the clock, or the connection's own stamps would go back. */
		if ((s32)(ts - (now_ms + r->ts_offset)) > 0)
			ts -= 1u << TS_BITS;
		r->ts_offset = ts - now_ms;
	} else {
		r->sack_ok = r->wscale_ok = r->ecn_ok = false;
		r->rcv_wscale = 0;
	}
	return cookie_at(r, minutes_now(), index);
}

/*
 * The bits come from the peer, and may be any: they only switch on what this machine would have
 * agreed to. A window scale of another value spoils the connection of who forged it.
 */
static void take_options(struct tcp_request *r, const struct tcp_seg *seg)
{
	u32 bits = seg->ts_echo & TS_MASK;

	r->ts_ok = seg->has_ts && tcp_settings.timestamps;
	r->sack_ok = r->wscale_ok = r->ecn_ok = false;
	r->rcv_wscale = r->snd_wscale = 0;
	if (!r->ts_ok)
		return;
	r->sack_ok = (bits & TS_SACK) && tcp_settings.sack;
	r->ecn_ok = (bits & TS_ECN) && tcp_settings.ecn;
	if ((bits & 15) != TS_NO_WSCALE) {
		r->wscale_ok = true;
		r->snd_wscale = (u8)min(bits & 15, TCP_WSCALE_MAX);
		r->rcv_wscale = tcp_window_scale(r->listener);
	}
}

/* @r was made from the acknowledgement as if it were a SYN. */
bool tcp_cookie_check(struct tcp_request *r, const struct tcp_seg *seg)
{
	u32 now = minutes_now(), age, index, cookie = seg->ack - 1;

	r->irs = seg->seq - 1;
	r->rcv_nxt = seg->seq;
	r->iss = cookie;
	r->retries = 1; /* no round-trip time is known */
	for (age = 0; age < COOKIE_MINUTES && age <= now; age++) {
		index = (cookie - cookie_at(r, now - age, 0)) & COOKIE_BITS;
		if (index < ARRAY_LEN(sizes4) && cookie_at(r, now - age, index) == cookie) {
			r->mss = sizes4[index];
			take_options(r, seg);
			return true;
		}
	}
	return false;
}
