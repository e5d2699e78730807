// SPDX-License-Identifier: MPL-2.0
/*
 * Sending one segment: the header, and which window, options and flags stand in it.
 *
 * A data packet stays in the send queue; its clone goes out. All that is sent carries an
 * acknowledgement, so sending ends the delay of one.
 *
 * The caller holds ts->lock. The packet goes into the queue of a device or into the backlog of lo;
 * the peer on this machine sees it when the caller has dropped the lock and calls netdev_run. A
 * segment that finds no route, or cannot be sent, is treated as lost: the timers send again, by the
 * route of that time. The error is kept as soft_error and is the result if they give up.
 */
#include "tcp.h"

#define WAY_ONCE (~0ul) /* odd: no generation that is complete */

/* Time stamps count milliseconds, from an offset that differs for each pair of addresses. */
u32 tcp_ts_now(const struct tcp_sock *ts, u64 now)
{
	return (u32)(now / NSEC_PER_MSEC) + ts->ts_offset;
}

u32 tcp_mss_now(const struct tcp_sock *ts)
{
	u32 mss = ts->mss, n;

	if (unlikely(ts->nr_sack_out || ts->has_dsack)) {
		n = min(ts->nr_sack_out + ts->has_dsack, ts->ts_ok ? 3u : TCP_SACK_BLOCKS);
		mss -= min(4 + 8 * n, mss - TCP_MIN_SND_MSS / 2);
	}
	return mss;
}

/*
 * The window to be offered now (RFC 9293, 3.8.6.2.2): never less than was offered before, unless
 * that was rounded; and no small steps.
 */
u32 tcp_select_window(struct tcp_sock *ts)
{
	u32 offered = ts->rcv_wup + ts->rcv_wnd - ts->rcv_nxt, space, scale = ts->rcv_wscale;

	if (seq_before(ts->rcv_wup + ts->rcv_wnd, ts->rcv_nxt))
		offered = 0;
	space = tcp_receive_space(ts);
	if (space < min(ts->rcvbuf / 4, ts->rcv_mss))
		space = 0;
	if (space < offered)
		space = offered;
	space = min(space, 65535u << scale);
	/* Rounded up if that keeps what was offered, else down. */
	space = space == offered ? round_up(space, 1u << scale) : round_down(space, 1u << scale);
	if (space < offered)
		space = round_up(offered, 1u << scale);
	space = min(space, 65535u << scale);
	ts->rcv_wnd = space;
	ts->rcv_wup = ts->rcv_nxt;
	return space >> scale;
}

/*
 * RFC 3168: ECE is repeated until the peer's CWR comes, so one lost acknowledgement does no harm.
 * CWR and the mark ECT(0) are for new data only, since a retransmission is no proof that the path
 * can do it (6.1.5).
 */
static u32 ecn_flags(struct tcp_sock *ts, u32 sent, u32 len, bool again)
{
	u32 flags = 0;

	ts->flow.tos &= 0xfc;
	if (sent & (TCP_SYN | TCP_RST))
		return 0;
	if (ts->ecn_echo)
		flags |= TCP_ECE;
	if (len && !again) {
		ts->flow.tos |= 2;
		if (ts->ecn_cwr)
			flags |= TCP_CWR;
		ts->ecn_cwr = false;
	}
	return flags;
}

/*
 * Time stamps echo ts_recent in each segment, also in a RST. The urgent pointer has 16 bits: while
 * the urgent byte is farther away, URG is left out, and a later segment says it.
 */
static void fill_out(struct tcp_sock *ts, struct tcp_out *o, u32 seq, u32 flags, u64 now)
{
	o->from_port = ts->inet.local_port;
	o->to_port = ts->inet.peer_port;
	o->seq = seq;
	o->ack = ts->rcv_nxt;
	o->flags = flags;
	o->wscale = -1;
	o->has_ts = ts->ts_ok;
	if (ts->ts_ok) {
		o->ts_value = tcp_ts_now(ts, now);
		o->ts_echo = ts->ts_recent;
	}
	if (flags & TCP_SYN) {
		o->mss = (u16)ts->advmss;
		o->sack_ok = ts->sack_ok;
		if (ts->wscale_ok)
			o->wscale = ts->rcv_wscale;
		o->window = min(ts->rcv_wnd, 65535u);
	} else {
		if (unlikely(ts->nr_sack_out || ts->has_dsack) && ts->sack_ok)
			o->nr_sacks = tcp_sack_blocks(ts, o);
		o->window = flags & TCP_RST ? 0 : tcp_select_window(ts);
	}
	if (unlikely(ts->urgent) && seq_after(ts->snd_up, seq) && ts->snd_up - seq < 65536) {
		o->flags |= TCP_URG;
		o->urgent = ts->snd_up - seq;
	}
}

/* What is sent says also what is received. */
static void sent_ack(struct tcp_sock *ts)
{
	ts->ack_pending = false;
	ts->ack_now = false;
	ts->delack_ns = 0;
	if (unlikely(ts->compressed_acks)) {
		tcp_count_add(TCP_ACK_COMPRESSED, ts->compressed_acks);
		ts->compressed_acks = 0;
	}
	if (ts->quick_acks)
		ts->quick_acks--;
}

/* Segments that are sent again count as such alone (tcp_retransmit). */
static void count_sent(const struct tcp_sock *ts, u32 seq, u32 flags, u32 len, u32 nr)
{
	if (unlikely(flags & TCP_SYN)) {
		tcp_count(ts->retries ? TCP_RETRANS_SEGS : TCP_OUT_SEGS);
		if (ts->retries)
			tcp_count(TCP_SYN_RETRANS);
		return;
	}
	if (len && unlikely(seq_before(seq, ts->snd_nxt)))
		return;
	if (len)
		tcp_count_two(TCP_OUT_SEGS, TCP_ORIG_DATA_SENT, nr);
	else
		tcp_count(TCP_OUT_SEGS);
}

/* Finds the way anew. It is kept unless routes are being changed, or the source is to be chosen. */
static noinline int way_find(struct tcp_sock *ts, u64 seen)
{
	struct flow *const f = &ts->flow;

	tcp_way_drop(ts);
	*f = inet_flow(&ts->inet, IP_PROTO_TCP);
	ts->way_seen = (seen & 1) || ip_is_zero(f->from) ? WAY_ONCE : seen;
	f->piece_max = 0; /* IPV6_MTU is of datagrams */
	/* IP_PMTUDISC_DONT: routers may cut it. */
	f->dont_fragment = f->dont_fragment || f->discover || !ip_is4(f->to);
	return inet_route(&ts->inet, f, &ts->way);
}

/*
 * A connection's flow and route stay what they are until something changes that they are made of:
 * routes (route_generation), the mark, which all of a socket's protocols share, and the options and
 * addresses, with which tcp_way_drop is called. All under ts->lock, so nobody takes the route away
 * while a segment goes by it, and no count is needed for each.
 */
static always_inline int way_get(struct tcp_sock *ts)
{
	const struct socket *const s = ts->inet.socket;
	u64 seen = load_acquire(route_generation);

	if (likely(ts->way && ts->way_seen == seen && ts->flow.mark == (s ? s->mark : 0)))
		return 0;
	return way_find(ts, seen);
}

int tcp_way(struct tcp_sock *ts)
{
	return way_get(ts);
}

/*
 * Consumes @p, whatever happens. An MTU that turns out to be smaller than what the segment was cut
 * for gives EMSGSIZE: mss is set anew, and the timer sends what was lost by it in smaller segments.
 */
int tcp_transmit(struct tcp_sock *ts, struct packet *p, u32 seq, u32 flags)
{
	struct tcp_out o = { .wscale = -1 };
	u32 len = p->len, mss = tcp_mss_now(ts), nr = 1;
	struct flow *const f = &ts->flow;
	u64 now = time_mono_ns();
	int err = way_get(ts);

	if (unlikely(err)) {
		ts->soft_error = -err;
		packet_drop(&p);
		return err;
	}
	fill_out(ts, &o, seq, flags, now);
	if (unlikely(ts->ecn_ok))
		o.flags |= ecn_flags(ts, flags, len, seq_before(seq, ts->snd_nxt));
	if (len > mss) {
		p->gso = ip_is4(f->to) ? GSO_TCP4 : GSO_TCP6;
		p->gso_size = (u16)mss;
		nr = (len + mss - 1) / max(mss, 1u);
	}
	count_sent(ts, seq, flags, len, nr);
	tcp_push_header(p, &o, f);
	if (flags & TCP_ACK)
		sent_ack(ts);
	ts->segs_out++;
	if (len) {
		ts->data_segs_out++;
		ts->bytes_sent += len;
		ts->last_snd_ns = now;
		/* A reply: the next ones will carry acknowledgements, too. */
		if (now - ts->last_rcv_ns < TCP_DELACK_MIN_NS)
			ts->pingpong = true;
	}
	err = ip_output(p, ts->way, f);
	if (unlikely(err == -EMSGSIZE))
		tcp_sync_mss(ts, route_mtu(ts->way, f->to));
	return err;
}

void tcp_send_ack(struct tcp_sock *ts)
{
	struct packet *p;

	if (ts->state == TCP_CLOSE)
		return;
	p = packet_new(PACKET_ROOM + TCP_HEADER_MAX);
	if (!p) {
		/* The timer tries again. */
		ts->ack_pending = true;
		ts->delack_ns = time_mono_ns() + TCP_DELACK_MIN_NS;
		tcp_timer_update(ts);
		return;
	}
	/* As if the network had lost it: the peer sends again, and gets another one. */
	ignore_error(tcp_transmit(ts, p, ts->snd_nxt, TCP_ACK));
}

/* A sequence number that the peer has already makes it answer at once (RFC 9293, 3.8.4). */
void tcp_send_probe(struct tcp_sock *ts)
{
	struct packet *p = packet_new(PACKET_ROOM + TCP_HEADER_MAX);

	if (p)
		/* As if the network had lost it: the timer probes again. */
		ignore_error(tcp_transmit(ts, p, ts->snd_una - 1, TCP_ACK));
}

void tcp_send_rst(struct tcp_sock *ts)
{
	struct packet *p = packet_new(PACKET_ROOM + TCP_HEADER_MAX);

	if (!p) {
		tcp_count(TCP_ABORT_FAILED);
		return;
	}
	tcp_count(TCP_OUT_RSTS);
	/* As if the network had lost it. */
	ignore_error(tcp_transmit(ts, p, ts->snd_nxt, TCP_RST | TCP_ACK));
}

/* ---- answers of nobody's ---- */

/*
 * For answers without a connection: RST, the SYN-ACK of a request, the acknowledgement of
 * TIME_WAIT. What they need stands in @o and @k, so nothing is held and nothing kept. The device
 * counts only for link-local peers, whose addresses mean nothing without it; all others are
 * answered by the route that holds now.
 */
void tcp_send_bare(const struct tcp_key *k, struct tcp_out *o, u32 tos)
{
	struct flow f = { .to = k->peer,
		.from = k->local,
		.ifindex = k->ifindex,
		.from_port = k->local_port,
		.to_port = k->peer_port,
		.protocol = IP_PROTO_TCP,
		.tos = (u8)tos,
		.dont_fragment = true };
	struct packet *p = packet_new(PACKET_ROOM + TCP_HEADER_MAX);
	struct route *r = NULL;

	if (!p)
		return;
	if (!ip_is_link_local(k->peer))
		f.ifindex = 0;
	if (route_output(&f, &r)) {
		packet_drop(&p);
		return;
	}
	o->from_port = k->local_port;
	o->to_port = k->peer_port;
	tcp_push_header(p, o, &f);
	tcp_count(TCP_OUT_SEGS);
	ignore_error(ip_output(p, r, &f)); /* a lost reset is as one lost on the way */
	obj_put(&r);
}
