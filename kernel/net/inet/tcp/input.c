// SPDX-License-Identifier: MPL-2.0
/*
 * Received segments: to whom they belong, and what a connection does with them (RFC 9293, 3.10.7,
 * with the checks of RFC 5961 and RFC 7323).
 *
 * Order of the search: connections, TIME_WAIT, requests, then connections again, then listeners. A
 * connection that ends enters TIME_WAIT before it leaves the table, and one that begins enters the
 * table before its request goes; so a segment always finds one of them.
 *
 * What a stranger would try, and what stands against it. A RST needs the very next number, any
 * other in the window is challenged (RFC 5961, 3); a SYN is always challenged (4); an
 * acknowledgement must lie near what was sent (5, ack.c); an ICMP error must quote a number that is
 * under way (RFC 5927), and never ends an established connection. Answers to what is not acceptable
 * are limited in rate (reset.c). The stranger must guess the four numbers of the connection
 * besides.
 *
 * A segment's data is not looked at before all checks of its header have passed, and the checksum
 * before the connection is looked for.
 */
#include "tcp.h"

#define PAWS_AGE (24ul * 24 * 3600 * NSEC_PER_SEC)
#define RECEIVES (bit(TCP_ESTABLISHED) | bit(TCP_FIN_WAIT1) | bit(TCP_FIN_WAIT2))

/* ---- checks ---- */

/*
 * RFC 9293, 3.10.7.4, in one comparison as Linux has it: a segment is acceptable if any of it could
 * be new. Old data is cut later, and is answered by a duplicate acknowledgement.
 */
static bool in_window(const struct tcp_sock *ts, const struct tcp_seg *seg)
{
	u32 end = seg->seq + seg->len + ((seg->flags & TCP_SYN) != 0) +
		((seg->flags & TCP_FIN) != 0);
	u32 limit = ts->rcv_wup + ts->rcv_wnd;

	if (seq_before(limit, ts->rcv_nxt))
		limit = ts->rcv_nxt;
	return !seq_before(end, ts->rcv_wup) && !seq_after(seg->seq, limit);
}

/*
 * A pure acknowledgement that repeats what is known. The peer's CPUs send data and acknowledgements
 * side by side, so one of these may be overtaken; within a timeout it is not of another time.
 */
static bool is_late_ack(const struct tcp_sock *ts, const struct tcp_seg *seg, u32 age_ms)
{
	return !seg->len && !(seg->flags & (TCP_SYN | TCP_FIN)) && (seg->flags & TCP_ACK) &&
		seg->seq == ts->rcv_nxt && seg->ack == ts->snd_una &&
		!tcp_updates_window(ts, seg) && age_ms <= tcp_rto(ts) / NSEC_PER_MSEC;
}

/*
 * RFC 7323, 5: an older time stamp than the last one is of a segment that has wandered about. One
 * tick is forgiven, as on Linux: two segments of neighbouring ticks that two CPUs send at the same
 * time arrive in either order, on lo as well, and dropping the second would be a loss.
 */
static bool paws_rejects(const struct tcp_sock *ts, const struct tcp_seg *seg, u64 now)
{
	s32 age = (s32)(ts->ts_recent - seg->ts_value);

	return ts->ts_ok && seg->has_ts && age > 1 && now - ts->ts_recent_ns < PAWS_AGE &&
		!is_late_ack(ts, seg, (u32)age);
}

/*
 * RFC 7323, 4.3: the stamp to be echoed is the one of the segment that the last acknowledgement was
 * for, so the peer's sample counts the delay of our acknowledgement.
 */
static void note_timestamp(struct tcp_sock *ts, const struct tcp_seg *seg, u64 now)
{
	/* Never back: a segment may be a tick older than the last, or a late acknowledgement. */
	if (ts->ts_ok && seg->has_ts && !seq_after(seg->seq, ts->rcv_wup) &&
		((s32)(ts->ts_recent - seg->ts_value) <= 0 || now - ts->ts_recent_ns >= PAWS_AGE)) {
		ts->ts_recent = seg->ts_value;
		ts->ts_recent_ns = now;
	}
}

static void note_duplicate(struct tcp_sock *ts, const struct tcp_seg *seg)
{
	u32 end = seg->seq + seg->len;

	if (seg->len && seq_before(seg->seq, ts->rcv_nxt))
		tcp_set_dsack(ts, seg->seq, seq_after(end, ts->rcv_nxt) ? ts->rcv_nxt : end);
}

/*
 * @skipped: the counter of answers that are not due. An acknowledgement that says where this end
 * is. An honest peer that has lost its way finds it again by it.
 */
static void tcp_answer_unacceptable(struct tcp_sock *ts, const struct tcp_seg *seg, u64 now,
	enum tcp_counter skipped)
{
	if (!tcp_oow_allowed(seg, &ts->last_oow_ns, now)) {
		tcp_count(skipped);
		return;
	}
	if (seg->len && seq_before(seg->seq, ts->rcv_nxt))
		tcp_count(TCP_DELAYED_ACK_LOST);
	note_duplicate(ts, seg);
	tcp_send_ack(ts);
}

/*
 * After a simultaneous open the peer's SYN comes a second time, now with its acknowledgement of
 * ours: the number before the window's first, and all else as it must be.
 */
static bool completes_crossing(const struct tcp_sock *ts, const struct tcp_seg *seg)
{
	return ts->state == TCP_SYN_RECV && ts->inet.socket && (seg->flags & TCP_ACK) &&
		!seg->len && !(seg->flags & TCP_FIN) && seg->seq + 1 == ts->rcv_nxt &&
		seg->ack == ts->snd_nxt;
}

static void take_reset(struct tcp_sock *ts)
{
	tcp_done(ts,
		ts->state == TCP_SYN_RECV             ? ECONNREFUSED
			: ts->state == TCP_CLOSE_WAIT ? EPIPE
			: ts->state == TCP_CLOSE      ? 0
						      : ECONNRESET);
}

/*
 * Some peers count their FIN and forget it: the number of a RST that follows is the FIN's. It is
 * outside of the window when our acknowledgement has moved that on.
 */
static bool is_of_fin(const struct tcp_sock *ts, const struct tcp_seg *seg)
{
	return seg->seq + 1 == ts->rcv_nxt &&
		tcp_in(ts->state, bit(TCP_CLOSE_WAIT) | bit(TCP_LAST_ACK) | bit(TCP_CLOSING));
}

static void reset_behind_fin(struct tcp_sock *ts, const struct tcp_seg *seg)
{
	if (is_of_fin(ts, seg))
		take_reset(ts);
}

/*
 * False: the segment is dropped, after an answer if one is due. The order is that of RFC 9293,
 * 3.10.7.4: time stamp, window, RST, SYN, and at last there must be an acknowledgement.
 */
static bool acceptable(struct tcp_sock *ts, const struct tcp_seg *seg, u64 now)
{
	if (unlikely(paws_rejects(ts, seg, now)) && !(seg->flags & TCP_RST)) {
		tcp_count(TCP_PAWS_ESTAB);
		tcp_answer_unacceptable(ts, seg, now, TCP_SKIPPED_PAWS);
		return false;
	}
	if (unlikely(!in_window(ts, seg))) {
		if (seg->flags & TCP_RST)
			reset_behind_fin(ts, seg);
		else
			tcp_answer_unacceptable(ts, seg, now, TCP_SKIPPED_SEQ);
		return false;
	}
	if (unlikely(seg->flags & TCP_RST)) {
		if (seg->seq != ts->rcv_nxt && !tcp_is_last_end(ts, seg->seq) &&
			!is_of_fin(ts, seg)) {
			tcp_challenge_ack(ts);
			return false;
		}
		take_reset(ts);
		return false;
	}
	if (unlikely(seg->flags & TCP_SYN)) {
		if (!completes_crossing(ts, seg)) {
			tcp_count(TCP_SYN_CHALLENGE);
			tcp_challenge_ack(ts);
			return false;
		}
		ts->ack_now = true;
	}
	return seg->flags & TCP_ACK;
}

/* ---- data ---- */

/* The urgent pointer names the byte behind the urgent one, as Linux and BSD read it. */
static void note_urgent(struct tcp_sock *ts, const struct tcp_seg *seg)
{
	u32 at = seg->seq + (seg->urgent ? seg->urgent - 1 : 0);

	if (seq_before(at, ts->copied_seq) || seq_before(at, ts->rcv_nxt))
		return;
	if (!ts->urg_valid || seq_after(at, ts->urg_seq)) {
		ts->urg_valid = true;
		ts->urg_read = false;
		ts->urg_seq = at;
		/* SIGURG comes with the announcement, perhaps before the byte. */
		if (ts->inet.socket)
			poll_notify(ts->inet.socket->poll, ASYNC_URG);
	}
}

/*
 * A FIN is remembered by its number. It may come before data that belongs in front of it, and
 * counts when rcv_nxt has reached it; a second FIN at another place is ignored.
 */
static void take_fin(struct tcp_sock *ts, const struct tcp_seg *seg)
{
	if (seg->flags & TCP_FIN) {
		ts->ack_now = true;
		if (!ts->has_fin && !seq_before(seg->seq + seg->len, ts->rcv_nxt)) {
			ts->has_fin = true;
			ts->fin_seq = seg->seq + seg->len;
		}
	}
	if (ts->has_fin && ts->rcv_nxt == ts->fin_seq) {
		ts->rcv_nxt++;
		tcp_fin_received(ts);
	}
}

/* Consumes @p. */
static void take_data(struct tcp_sock *ts, struct packet *p, const struct tcp_seg *seg, u64 now)
{
	if (unlikely(ts->ecn_ok)) {
		if (seg->flags & TCP_CWR)
			ts->ecn_echo = false;
		if (seg->congested && seg->len) {
			ts->ecn_echo = true;
			ts->ack_now = true;
			ts->delivered_ce++;
			tcp_count(TCP_DELIVERED_CE);
		}
	}
	if (unlikely(seg->flags & TCP_URG))
		note_urgent(ts, seg);
	if (seg->len && tcp_in(ts->state, RECEIVES)) {
		if (unlikely(!ts->inet.socket && seq_after(seg->seq + seg->len, ts->rcv_nxt))) {
			/* Nobody will ever read it: the sender must know. */
			struct tcp_key k = tcp_key_of(ts);
			packet_drop(&p);
			tcp_count(TCP_ABORT_ON_DATA);
			tcp_send_reset_for(seg, &k);
			tcp_done(ts, 0);
			return;
		}
		tcp_data(ts, p, seg, now);
		p = NULL;
	}
	packet_drop(&p);
	if (unlikely((seg->flags & TCP_FIN) || ts->has_fin))
		take_fin(ts, seg);
}

/*
 * ts->lock is held from the first look to the last answer, so a connection handles one segment
 * after the other. What it sends meanwhile lies in a queue, and comes back, if the peer is on this
 * machine, only when the lock is free (netdev_run).
 */
void tcp_input(struct tcp_sock *ts, struct packet *p, struct tcp_seg *seg)
{
	u64 now = time_mono_ns();

	ts->segs_in++;
	if (unlikely(ts->state == TCP_SYN_SENT)) {
		tcp_input_syn_sent(ts, p, seg);
		return;
	}
	if (!acceptable(ts, seg, now) ||
		(unlikely(ts->state == TCP_SYN_RECV) && !tcp_input_syn_recv(ts, seg)) ||
		!tcp_ack(ts, seg, now)) {
		packet_drop(&p);
		return;
	}
	note_timestamp(ts, seg, now);
	if (unlikely(ts->fin_queued && ts->snd_una == ts->write_seq))
		tcp_fin_acked(ts);
	if (seg->len || unlikely((seg->flags & (TCP_FIN | TCP_URG)) || ts->ecn_ok))
		take_data(ts, p, seg, now);
	else
		packet_drop(&p);
	ts->last_rcv_ns = now;
	tcp_push(ts, false);
	if (ts->ack_now)
		tcp_send_ack(ts);
}

/* ---- to whom ---- */

/*
 * SO_ATTACH_FILTER: the filter sees the segment from its TCP header on, and may cut its data. False:
 * the segment is to be dropped. Whoever holds the socket is locked.
 */
static bool tcp_pass_filter(struct socket *s, struct packet *p, struct tcp_seg *seg)
{
	u32 keep = unlikely(!s) ? FILTER_ALL : socket_filter_packet(s, p, NULL);

	if (likely(keep >= p->len))
		return true;
	packet_trim(p, max(keep, seg->header_len));
	seg->len = p->len - seg->header_len;
	return keep;
}

/* True: the connection took the segment. */
static bool to_connection(struct packet *p, struct tcp_seg *seg, const struct tcp_key *k)
{
	struct tcp_sock *ts = tcp_find(k);
	bool taken;

	if (!ts)
		return false;
	spin_lock(&ts->lock);
	/* Meanwhile it may have ended, and even be connected to somebody else. */
	taken = ts->state != TCP_CLOSE && ts->state != TCP_LISTEN && tcp_has_key(ts, k);
	if (taken && unlikely(!tcp_pass_filter(ts->inet.socket, p, seg))) {
		packet_drop(&p);
	} else if (taken) {
		tcp_input(ts, p, seg);
		tcp_timer_update(ts);
	}
	spin_unlock(&ts->lock);
	obj_put(&ts);
	return taken;
}

/* The same for a listener, whose lock is not held: its socket may be closed meanwhile. */
static bool listener_passes(struct tcp_sock *l, struct packet *p, struct tcp_seg *seg)
{
	struct socket *s = load_once(l->inet.socket);
	bool passes;

	if (likely(!s || !load_once(s->filter)))
		return true;
	spin_lock(&l->lock);
	s = l->inet.socket && obj_tryget(l->inet.socket) ? l->inet.socket : NULL;
	spin_unlock(&l->lock);
	passes = tcp_pass_filter(s, p, seg);
	obj_put(&s);
	return passes;
}

/* The listener that the program of the group chooses instead of @l. Consumes @l. */
static struct tcp_sock *reuse_listener(struct tcp_sock *l, struct packet *p,
	const struct tcp_seg *seg)
{
	struct socket *s = inet_reuse_select(&l->inet, p, seg->header_len);
	struct tcp_sock *chosen = s ? obj_get(tcp_of(s)) : NULL;

	obj_put(&s);
	if (!chosen || load_once(chosen->state) != TCP_LISTEN) {
		obj_put(&chosen);
		return l;
	}
	obj_put(&l);
	return chosen;
}

/* No connection has it. Consumes @p. */
static noinline void to_others(struct packet *p, struct tcp_seg *seg, const struct tcp_key *k)
{
	struct tcp_timewait *tw = tcp_timewait_find(k);
	struct tcp_request *r;
	struct tcp_sock *l;
	bool opens = true;

	if (tw) {
		opens = tcp_input_timewait(tw, seg, &seg->isn);
		obj_put(&tw);
	}
	if (!opens) {
		packet_drop(&p);
		return;
	}
	r = tcp_request_find(k);
	if (r) {
		if (likely(listener_passes(r->listener, p, seg)))
			tcp_input_request(r, p, seg, k);
		else
			packet_drop(&p);
		obj_put(&r);
		return;
	}
	if (to_connection(p, seg, k))
		return;
	l = tcp_find_listener(k);
	if (l && unlikely(load_once(l->inet.reuse)))
		l = reuse_listener(l, p, seg);
	if (l) {
		if (likely(listener_passes(l, p, seg)))
			tcp_input_listen(l, p, seg, k);
		else
			packet_drop(&p);
		obj_put(&l);
		return;
	}
	if (!(seg->flags & TCP_RST))
		tcp_send_reset_for(seg, k);
	packet_drop(&p);
}

static bool linear_header(struct packet *p)
{
	if (!packet_linear(p, TCP_HEADER))
		return false;
	return packet_linear(p, (u32)(span_byte(packet_headers(p), 12) >> 4) * 4);
}

static bool sum_is_bad(const struct packet *p, const struct ip_info *info)
{
	if (likely(ip_sum_good(p, info, IP_PROTO_TCP)))
		return false;
	tcp_count(TCP_IN_CSUM_ERRORS);
	return true;
}

/* The segment's header is good. */
static void segment_receive(struct packet *p, const struct ip_info *info, struct tcp_seg *seg)
{
	struct tcp_key k = { .local = info->to,
		.peer = info->from,
		.local_port = seg->to_port,
		.peer_port = seg->from_port,
		.ifindex = info->ifindex };

	k.hash = tcp_key_hash(&k); /* for all tables that are searched */
	if (!to_connection(p, seg, &k))
		to_others(p, seg, &k);
}

void tcp_receive(struct packet *p, const struct ip_info *info)
{
	struct tcp_seg seg = { 0 };

	if (p->kind != PACKET_HOST || info->broadcast || info->multicast) {
		packet_drop(&p);
		return;
	}
	tcp_count(TCP_IN_SEGS);
	if (!linear_header(p) || !tcp_parse(p, info, &seg) || sum_is_bad(p, info)) {
		tcp_count(TCP_IN_ERRS);
		packet_drop(&p);
		return;
	}
	segment_receive(p, info, &seg);
}

/* ---- ICMP ---- */

/* Whether the path's MTU counts: not with IP_PMTUDISC_DONT over IPv4. */
static bool discovers(const struct tcp_sock *ts)
{
	return !ip_is4(ts->inet.peer) || ts->inet.mtu_discover;
}

static void connection_error(struct tcp_sock *ts, const struct ip_error *e)
{
	/* An error about what is not under way comes from somebody who guesses (RFC 5927). */
	if (seq_before(e->sequence, ts->snd_una) || seq_after(e->sequence, ts->snd_nxt)) {
		tcp_count(TCP_OUT_OF_WINDOW_ICMPS);
		return;
	}
	if (e->error == EMSGSIZE) {
		if (e->mtu)
			route_learn_mtu(e->flow.to, e->mtu);
		if (e->mtu && e->mtu < ts->pmtu && discovers(ts)) {
			struct packet *p = ts->sent.first;
			tcp_sync_mss(ts, e->mtu);
			if (p && p->len > ts->mss) {
				tcp_mark_lost(ts, p);
				tcp_retransmit_lost(ts);
			}
		}
		return;
	}
	if (tcp_in(ts->state, bit(TCP_SYN_SENT) | bit(TCP_SYN_RECV))) {
		tcp_done(ts, e->error);
	} else if (ts->inet.socket && (ts->inet.flags & (INET_RECVERR | INET_RECVERR6))) {
		atomic_store(&ts->inet.socket->error, (u64)e->error);
		tcp_wake_all(ts, POLLERR | ASYNC_ERR);
	} else {
		ts->soft_error = e->error;
	}
}

void tcp_error(const struct ip_error *e, struct packet *p)
{
	struct tcp_key k = { .local = e->flow.from,
		.peer = e->flow.to,
		.local_port = e->flow.from_port,
		.peer_port = e->flow.to_port,
		.ifindex = e->flow.ifindex };
	struct tcp_sock *ts = tcp_find(&k);
	struct tcp_request *r;

	(void)p;
	if (!ts) {
		r = tcp_request_find(&k);
		if (r)
			tcp_request_error(r, e);
		obj_put(&r);
		return;
	}
	spin_lock(&ts->lock);
	if (ts->state != TCP_CLOSE && ts->state != TCP_LISTEN && tcp_has_key(ts, &k)) {
		connection_error(ts, e);
		tcp_timer_update(ts);
	}
	spin_unlock(&ts->lock);
	obj_put(&ts);
}
