// SPDX-License-Identifier: MPL-2.0
/*
 * Requests: connections of which only a SYN has come. A request is small, and each listener has a
 * limited number of them. It is in the hash table, by its key, and in its listener's list; both
 * hold a reference. The listener's timer sends SYN-ACKs again.
 *
 * What a flood of SYNs can take: as many requests as the backlog says (at least 8), for as long as
 * synack_retries allows; beyond that cookies are sent and nothing is kept. SYNs to a listener whose
 * accept queue is full are dropped. An answer goes to the source that the SYN has, so SYN-ACKs that
 * are sent again are the only thing that a forger can multiply, and they are few.
 *
 * A request lives in three steps, each under the listener's lock: added (listed, hashed), claimed
 * by the acknowledgement that makes the child, removed. Between claimed and removed the child is
 * made without a lock; the timer leaves claimed requests alone, and a second acknowledgement finds
 * it claimed and is dropped, since the peer sends it again.
 *
 * Locks: listener's lock, then bucket. request_table.c has the tables.
 */
#include "tcp.h"

/* ---- SYN ---- */

static u16 request_mss(const struct tcp_request *r)
{
	struct flow f = { .to = r->key.peer,
		.from = r->key.local,
		.ifindex = ip_is_link_local(r->key.peer) ? r->key.ifindex : 0,
		.protocol = IP_PROTO_TCP };
	u16 mss = (u16)(1500 - (ip_is4(f.to) ? 20u : 40u) - TCP_HEADER);
	struct route *way = NULL;

	if (!route_output(&f, &way)) {
		mss = tcp_route_mss(way, f.to, route_mtu(way, f.to));
		obj_put(&way);
	}
	return (u16)(r->listener->mss_user ? min((u32)mss, r->listener->mss_user) : mss);
}

/*
 * All that the SYN says and the listener's options make of it. A request that comes from a cookie
 * is filled in by the same function, from an acknowledgement, and tcp_cookie_check corrects it.
 */
void tcp_request_init(struct tcp_request *r, struct tcp_sock *l, const struct tcp_seg *seg,
	const struct tcp_key *k)
{
	struct tcp_start numbers = tcp_start_numbers(k);
	u64 now = time_mono_ns();

	r->key = *k;
	r->listener = obj_get(l);
	r->irs = seg->seq;
	r->rcv_nxt = seg->seq + 1;
	r->mss = (u16)max(seg->mss ? seg->mss : tcp_default_mss(k->peer), TCP_MIN_SND_MSS);
	r->ts_ok = seg->has_ts && tcp_settings.timestamps;
	r->ts_recent = seg->ts_value;
	r->sack_ok = seg->sack_ok && tcp_settings.sack;
	r->wscale_ok = seg->has_wscale && tcp_settings.window_scaling;
	r->snd_wscale = seg->wscale;
	r->rcv_wscale = r->wscale_ok ? tcp_window_scale(l) : 0;
	r->advmss = request_mss(r);
	r->window = tcp_first_window(l, r->advmss - (r->ts_ok ? 12u : 0u));
	r->ecn_ok = tcp_settings.ecn && (seg->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR);
	r->iss = seg->isn ? seg->isn : numbers.isn;
	r->ts_offset = numbers.ts_offset;
	r->since_ns = r->sent_ns = now;
	r->deadline_ns = now + TCP_RTO_INIT_NS;
}

void tcp_request_send(struct tcp_request *r)
{
	struct tcp_out o = { .seq = r->iss,
		.ack = r->rcv_nxt,
		.flags = TCP_SYN | TCP_ACK,
		.window = r->window,
		.wscale = r->wscale_ok ? r->rcv_wscale : -1,
		.sack_ok = r->sack_ok,
		.has_ts = r->ts_ok,
		.ts_echo = r->ts_recent };

	if (r->ts_ok)
		o.ts_value = r->ts_offset + (u32)(time_mono_ns() / NSEC_PER_MSEC);
	if (r->ecn_ok)
		o.flags |= TCP_ECE;
	o.mss = r->advmss;
	tcp_send_bare(&r->key, &o, 0);
}

static bool is_skipped(struct tcp_request *r, const struct tcp_seg *seg, u64 now)
{
	if (tcp_oow_allowed(seg, &r->last_oow_ns, now))
		return false;
	tcp_count(TCP_SKIPPED_SYN_RECV);
	return true;
}

/*
 * The answer to a segment that is not acceptable: an ACK, not our SYN again, and none to a SYN-ACK,
 * which may be our own (a SYN with our address as its source). So no two ends answer each other.
 */
static void request_answer_unacceptable(struct tcp_request *r, const struct tcp_seg *seg)
{
	struct tcp_out o = { .seq = r->iss + 1,
		.ack = r->rcv_nxt,
		.flags = TCP_ACK,
		.window = r->window >> r->rcv_wscale,
		.wscale = -1,
		.has_ts = r->ts_ok,
		.ts_echo = r->ts_recent };
	u64 now = time_mono_ns();

	if ((seg->flags & TCP_RST) || (seg->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) ||
		is_skipped(r, seg, now))
		return;
	if (r->ts_ok)
		o.ts_value = r->ts_offset + (u32)(now / NSEC_PER_MSEC);
	tcp_send_bare(&r->key, &o, 0);
}

static void take_syn(struct tcp_sock *l, const struct tcp_seg *seg, const struct tcp_key *k)
{
	struct tcp_request *r;

	if (load_once(l->nr_accept) > load_once(l->backlog)) {
		tcp_count(TCP_LISTEN_OVERFLOWS);
		tcp_count(TCP_LISTEN_DROPS);
		return; /* the peer tries again */
	}
	r = obj_new(tcp_request);
	if (!r) {
		tcp_count(TCP_LISTEN_DROPS);
		return;
	}
	tcp_request_init(r, l, seg, k);
	/* 2: cookies always. */
	if (tcp_settings.syncookies != 2 && tcp_request_add(r)) {
		tcp_request_send(r);
	} else if (tcp_settings.syncookies && load_once(l->state) == TCP_LISTEN) {
		store_once(l->overflow_ns, time_mono_ns());
		r->iss = tcp_cookie_make(r);
		tcp_count(TCP_REQ_Q_FULL_DO_COOKIES);
		tcp_count(TCP_SYNCOOKIES_SENT);
		tcp_request_send(r);
	} else {
		tcp_count(TCP_REQ_Q_FULL_DROP);
		tcp_count(TCP_LISTEN_DROPS);
	}
	obj_put(&r);
}

/* ---- the answer ---- */

/* There was no memory for the child: the timer sees the request again. */
static void request_unclaim(struct tcp_request *r)
{
	struct tcp_sock *l = r->listener;

	spin_lock(&l->lock);
	r->claimed = false;
	if (r->listed && (!l->keep_ns || r->deadline_ns < l->keep_ns)) {
		l->keep_ns = r->deadline_ns;
		tcp_timer_update(l);
	}
	spin_unlock(&l->lock);
}

/*
 * Consumes @p, and @r is claimed. Order: the child enters the table before the request leaves it,
 * so a segment of the peer finds one of the two (input.c). Its lock is held all the while, so the
 * segment that finds it waits until it has been queued and has seen the acknowledgement. Whoever
 * accepts it meanwhile gets a socket whose lock is taken.
 */
static void become_child(struct tcp_request *r, struct packet *p, struct tcp_seg *seg)
{
	struct tcp_sock *l = r->listener, *c = tcp_child_new(l, r);
	struct socket *s;
	bool good, entered;

	if (!c) {
		request_unclaim(r);
		packet_drop(&p);
		return;
	}
	s = c->inet.socket;
	(void)obj_get(c);
	spin_lock(&c->lock);
	good = entered = !tcp_table_add(c);
	/* Also if the key is taken: the request can never become a connection then. */
	tcp_request_remove(r);
	if (good) {
		c->snd_wnd = seg->window << c->snd_wscale;
		c->max_window = max(c->snd_wnd, 1u);
		tcp_sync_mss(c, c->pmtu);
		good = tcp_accept_queue(l, c);
	}
	if (good) {
		tcp_input(c, p, seg);
		p = NULL;
		tcp_timer_update(c);
	} else {
		/* A second one with the same key must not reset the first. */
		if (entered)
			tcp_abort(c, 0);
		else
			tcp_done(c, 0);
		tcp_orphan(c);
	}
	spin_unlock(&c->lock);
	if (!good)
		obj_put(&s);
	obj_put(&c);
	packet_drop(&p);
}

/* Claims the request: only one segment may make the child. */
static bool request_claim(struct tcp_request *r)
{
	struct tcp_sock *l = r->listener;
	bool mine;

	spin_lock(&l->lock);
	mine = r->listed && !r->claimed && l->nr_accept <= l->backlog;
	if (mine) {
		r->claimed = true;
	} else {
		r->acked = true;
		if (l->nr_accept > l->backlog) {
			tcp_count(TCP_LISTEN_OVERFLOWS);
			tcp_count(TCP_LISTEN_DROPS);
		}
	}
	spin_unlock(&l->lock);
	return mine;
}

/* TCP_DEFER_ACCEPT: an acknowledgement without data does not count yet. */
static bool defers(const struct tcp_request *r, const struct tcp_seg *seg)
{
	u64 s = load_once(r->listener->defer_accept_s);

	return s && !seg->len && !(seg->flags & TCP_FIN) &&
		time_mono_ns() - r->since_ns < s * NSEC_PER_SEC;
}

/* The SYN once more: the peer has not got our answer. */
static bool is_syn_again(const struct tcp_request *r, const struct tcp_seg *seg)
{
	return (seg->flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)) == TCP_SYN &&
		seg->seq == r->irs;
}

/*
 * Consumes @p. RFC 9293, 3.10.7.4, SYN-RECEIVED, in Linux's order: the SYN again, the
 * acknowledgement, the window with the time stamp; then a RST with the right number, or another SYN,
 * ends the request, and what is left completes the handshake.
 */
void tcp_input_request(struct tcp_request *r, struct packet *p, const struct tcp_seg *given,
	const struct tcp_key *k)
{
	struct tcp_seg seg = *given;
	bool old = r->ts_ok && seg.has_ts && (s32)(r->ts_recent - seg.ts_value) > 0;
	bool again = seg.seq == r->irs;

	if (is_syn_again(r, &seg) && !old) {
		if (tcp_oow_allowed(&seg, &r->last_oow_ns, time_mono_ns()))
			tcp_request_send(r);
	} else if ((seg.flags & TCP_ACK) && seg.ack != r->iss + 1) {
		tcp_send_reset_for(&seg, k);
	} else if ((seg.flags & TCP_RST) && !old && seg.seq == r->rcv_nxt) {
		tcp_count(TCP_EMBRYONIC_RSTS);
		tcp_count(TCP_ATTEMPT_FAILS);
		tcp_request_remove(r);
	} else if (old || seq_before(seg.seq + seg.len + again, r->rcv_nxt) ||
		seq_after(seg.seq, r->rcv_nxt + r->window)) {
		request_answer_unacceptable(r, &seg);
	} else if (seg.flags & TCP_RST) {
		/* Not the number that it should have: a challenge (RFC 5961, 3.2). */
		seg.flags = TCP_ACK;
		request_answer_unacceptable(r, &seg);
	} else if ((seg.flags & TCP_SYN) && !again) {
		tcp_send_reset_for(&seg, k);
		tcp_request_remove(r);
	} else if ((seg.flags & TCP_ACK) && defers(r, &seg)) {
		r->acked = true;
		tcp_count(TCP_DEFER_ACCEPT_DROP);
	} else if ((seg.flags & TCP_ACK) && request_claim(r)) {
		become_child(r, p, &seg);
		return;
	}
	packet_drop(&p);
}

/*
 * An ICMP error about our SYN-ACK. One of those that Linux takes for final ends the request; the
 * others may pass.
 */
void tcp_request_error(struct tcp_request *r, const struct ip_error *e)
{
	bool final = ip_is4(r->key.peer)
		? e->type == ICMP_PARAMETER || e->type == ICMP_TIME_EXCEEDED ||
			(e->type == ICMP_UNREACHABLE && e->code <= 1) /* net, host */
		: e->fatal;

	if (final && e->sequence == r->iss)
		tcp_request_remove(r);
}

/*
 * The peer acknowledges a SYN-ACK of which nothing is known. If the number proves to be a cookie, a
 * request is made that no table ever has, and becomes a child at once.
 */
static void take_cookie(struct tcp_sock *l, struct packet *p, const struct tcp_seg *given,
	const struct tcp_key *k)
{
	struct tcp_request *r;
	struct tcp_seg seg = *given;
	u64 sent = load_once(l->overflow_ns);

	/* Where no cookie was sent, none comes back: a stray segment must cost little. */
	if (!tcp_settings.syncookies || !sent || time_mono_ns() - sent > 120 * NSEC_PER_SEC) {
		tcp_send_reset_for(&seg, k);
		packet_drop(&p);
		return;
	}
	r = obj_new(tcp_request);
	if (!r) {
		packet_drop(&p);
		return;
	}
	tcp_request_init(r, l, &seg, k);
	if (!tcp_cookie_check(r, &seg)) {
		tcp_count(TCP_SYNCOOKIES_FAILED);
		tcp_send_reset_for(&seg, k);
		packet_drop(&p);
	} else if (load_once(l->nr_accept) > load_once(l->backlog)) {
		tcp_count(TCP_LISTEN_OVERFLOWS);
		tcp_count(TCP_LISTEN_DROPS);
		packet_drop(&p);
	} else {
		tcp_count(TCP_SYNCOOKIES_RECV);
		become_child(r, p, &seg);
	}
	obj_put(&r);
}

/*
 * RFC 9293, 3.10.7.2. A listener has no numbers that a segment could be compared with, so each is
 * answered from its header alone. A SYN with FIN is of a scanner, and is dropped in silence, as on
 * Linux.
 */
void tcp_input_listen(struct tcp_sock *l, struct packet *p, const struct tcp_seg *seg,
	const struct tcp_key *k)
{
	if (seg->flags & TCP_RST) {
		packet_drop(&p);
	} else if (seg->flags & TCP_ACK) {
		if (seg->flags & TCP_SYN) {
			tcp_send_reset_for(seg, k);
			packet_drop(&p);
		} else {
			take_cookie(l, p, seg, k);
		}
	} else {
		if ((seg->flags & (TCP_SYN | TCP_FIN)) == TCP_SYN)
			take_syn(l, seg, k);
		packet_drop(&p);
	}
}

/* ---- the listener's timer; its lock is held ---- */

/*
 * True: the request is over. Six doublings at most, so the answers come after 1, 2, 4 ... 64
 * seconds. With TCP_DEFER_ACCEPT a peer that has acknowledged is not disturbed while the time of
 * the option lasts: it has our SYN already.
 */
static bool expire(struct tcp_request *r, u64 now)
{
	u32 most = r->listener->syn_count ? r->listener->syn_count : tcp_settings.synack_retries;

	if (r->claimed || r->deadline_ns > now)
		return false;
	if (r->retries >= most)
		return true;
	r->retries++;
	r->deadline_ns = now + (TCP_RTO_INIT_NS << min(r->retries, 6u));
	if (!r->acked || !r->listener->defer_accept_s ||
		now - r->since_ns >= r->listener->defer_accept_s * NSEC_PER_SEC) {
		tcp_count(TCP_RETRANS_SEGS);
		tcp_count(TCP_SYN_RETRANS);
		tcp_request_send(r);
	}
	return false;
}

void tcp_listener_timer(struct tcp_sock *l, u64 now)
{
	struct tcp_request *r, *next;
	u64 first = 0;

	list_for_each_safe(r, next, &l->requests, link) {
		if (expire(r, now)) {
			struct tcp_request *mine = obj_get(r);
			tcp_request_unlink(r);
			obj_put(&mine);
		} else if (!r->claimed && (!first || r->deadline_ns < first)) {
			first = r->deadline_ns;
		}
	}
	l->keep_ns = first;
}
