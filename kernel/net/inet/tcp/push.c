// SPDX-License-Identifier: MPL-2.0
/*
 * The send queue: appending, splitting, and which packet may be sent when.
 *
 * A packet of the queue has up to TCP_GSO_MAX bytes and becomes one packet for the device, which
 * cuts it. It is split where the peer's window or the congestion window ends.
 *
 * Three rules hold data back: the peer's window, the congestion window, and Nagle's with corks. The
 * first two are waited for by timers, as each may open without a segment that tells it (a window
 * update can be lost): while something is under way the retransmission timer runs, else the
 * zero-window probe. The third one is let go by the user, the acknowledgement of what is out, or
 * the probe's timer.
 *
 * A retransmission is a clone of the packet that lies in `sent`, cut to one segment, with a new
 * header. So data is never copied for it, and the pages stay as long as the peer has not
 * acknowledged them.
 */
#include "tcp.h"

#define SENDS                                                                                 \
	(bit(TCP_ESTABLISHED) | bit(TCP_CLOSE_WAIT) | bit(TCP_FIN_WAIT1) | bit(TCP_CLOSING) | \
		bit(TCP_LAST_ACK))

/*
 * Data in one packet: as many full segments as fit. Where a segment holds many pages (loopback),
 * whole pages, which are copied fastest.
 */
u32 tcp_size_goal(const struct tcp_sock *ts)
{
	u32 mss = max(load_once(ts->mss), TCP_MIN_SND_MSS);

	if (mss >= 4 * PAGE_SIZE)
		return min((u32)round_down(mss, PAGE_SIZE),
			(u32)round_down(TCP_GSO_MAX, PAGE_SIZE));
	return TCP_GSO_MAX / mss * mss;
}

static void push_charge(struct tcp_sock *ts, struct packet *p, u32 n)
{
	p->control[TQ_CHARGE] = n;
	ts->wmem += n;
	tcp_memory_charge(n);
}

/* Appends the bytes of @p to @tail, which has not been sent; false: they do not fit. */
static bool coalesce(struct tcp_sock *ts, struct packet *tail, const struct packet *p)
{
	if ((tail->control[TQ_FLAGS] & TQ_FIN) || tail->len + p->len > tcp_size_goal(ts) ||
		!packet_append(tail, p))
		return false;
	tail->control[TQ_END] += p->len;
	tail->control[TQ_CHARGE] += p->len;
	ts->wmem += p->len;
	tcp_memory_charge(p->len);
	return true;
}

/*
 * The charge is what the packet keeps of memory, and counts against sndbuf and tcp_mem until it is
 * acknowledged. A sender that writes bytes fills the last packet, so it pays TCP_PACKET_COST once
 * and not for each.
 */
void tcp_queue_data(struct tcp_sock *ts, struct packet *p)
{
	struct packet *tail = list_last(&ts->unsent);
	u32 len = p->len;

	if (tail && coalesce(ts, tail, p)) {
		packet_drop(&p);
	} else {
		p->control[TQ_SEQ] = ts->write_seq;
		p->control[TQ_END] = ts->write_seq + len;
		p->control[TQ_FLAGS] = 0;
		push_charge(ts, p, len + TCP_PACKET_COST);
		list_push_back(&ts->unsent, p, link);
	}
	ts->write_seq += len;
}

/*
 * Both halves have the flags and the time of the whole: neither sacked, lost nor retrans change as
 * sums of bytes. FIN and PUSH belong to the end.
 */
bool tcp_split(struct tcp_sock *ts, struct packet *p, u32 len, bool sent)
{
	struct packet *rest, *next = list_next(p, link);
	u32 flags = p->control[TQ_FLAGS];

	/*
	 * A peer that acknowledges in crumbs must not make us hold many packets. A retransmission
	 * of the first or last one needs its split in any case. A buffer may be exceeded by one
	 * large packet.
	 */
	if (sent && p != ts->sent.first && p != ts->sent.last &&
		ts->wmem / 2 > ts->sndbuf + 2 * TCP_GSO_MAX)
		return false;
	rest = packet_split(p, len, PACKET_ROOM + TCP_HEADER_MAX);
	if (!rest)
		return false;
	rest->control[TQ_SEQ] = p->control[TQ_SEQ] + len;
	rest->control[TQ_END] = p->control[TQ_END];
	rest->control[TQ_FLAGS] = flags;
	rest->control[TQ_TIME_LO] = p->control[TQ_TIME_LO];
	rest->control[TQ_TIME_HI] = p->control[TQ_TIME_HI];
	p->control[TQ_END] = rest->control[TQ_SEQ];
	if (unlikely(p->stamps) && !seq_before(p->stamp_key, rest->control[TQ_SEQ]))
		packet_stamps_move(rest, p);
	p->control[TQ_FLAGS] = flags & ~(u32)(TQ_FIN | TQ_PUSH);
	/* The sum of both charges is the old one, and the cost of another packet. */
	p->control[TQ_CHARGE] -= min(rest->len, p->control[TQ_CHARGE]);
	push_charge(ts, rest, rest->len + TCP_PACKET_COST);
	ts->wmem -= rest->len;
	tcp_memory_uncharge(rest->len);
	if (sent && next)
		list_insert_before(&ts->sent, next, rest, link);
	else if (sent)
		list_push_back(&ts->sent, rest, link);
	else if (next)
		list_insert_before(&ts->unsent, next, rest, link);
	else
		list_push_back(&ts->unsent, rest, link);
	if (sent)
		tcp_board_split(ts, p, rest);
	return true;
}

static void stamp(struct packet *p, u64 now)
{
	p->control[TQ_TIME_LO] = (u32)now;
	p->control[TQ_TIME_HI] = (u32)(now >> 32);
}

/* The times that a packet of the queue asks for are those of its clone. */
static void push_stamps(const struct tcp_sock *ts, const struct packet *p, struct packet *c)
{
	if (!ts->inet.socket)
		return;
	c->stamps = p->stamps & (u8)~PACKET_STAMP_ACK;
	c->stamp_key = p->stamp_key;
	c->socket = obj_get(ts->inet.socket);
}

/* Sends a clone. 0, -ENOBUFS, or an error of the way, which counts as a loss. */
static int send_clone(struct tcp_sock *ts, struct packet *p)
{
	struct packet *c = packet_clone_data(p);
	u32 flags = TCP_ACK;

	if (!c)
		return -ENOBUFS;
	if (unlikely(p->stamps))
		push_stamps(ts, p, c);
	if (p->control[TQ_FLAGS] & TQ_PUSH)
		flags |= TCP_PSH;
	if (p->control[TQ_FLAGS] & TQ_FIN)
		flags |= TCP_FIN;
	/* A segment that cannot be sent is as one that is lost: the timers send again. */
	ignore_error(tcp_transmit(ts, c, p->control[TQ_SEQ], flags));
	return 0;
}

/*
 * Whether Nagle's rule (as Minshall changed it), or a cork, keeps a segment that is not full. The
 * rule keeps a small segment only while an earlier small one is not acknowledged (snd_small), so a
 * write of many full segments and a rest does not wait for its own acknowledgement. Urgent data and
 * a FIN are never kept.
 */
static bool nagle_keeps(const struct tcp_sock *ts, const struct packet *p)
{
	if ((p->control[TQ_FLAGS] & TQ_FIN) || unlikely(ts->urgent))
		return false;
	if (ts->cork || ts->more)
		return true;
	return !ts->nodelay && seq_after(ts->snd_small, ts->snd_una) &&
		!seq_after(ts->snd_small, ts->snd_nxt);
}

/*
 * How many bytes of the first unsent packet may go now; 0: none. *@stopped: the congestion window
 * is the reason.
 */
static u32 allowance(struct tcp_sock *ts, const struct packet *p, u32 mss, bool force,
	bool *stopped)
{
	u32 flight = tcp_flight(ts), len = p->len, limit;
	s32 window = (s32)(ts->snd_una + ts->snd_wnd - p->control[TQ_SEQ]);

	if (flight >= ts->cwnd) {
		*stopped = true;
		return 0;
	}
	if (window <= 0)
		return 0;
	limit = min((u32)window, max(ts->cwnd - flight, mss));
	/*
	 * Whole pages on loopback: a cut at an odd place would put all data behind it out of line
	 * with the reader's buffer, and its copy takes twice as long.
	 */
	if (mss >= 4 * PAGE_SIZE && limit >= PAGE_SIZE)
		limit = (u32)round_down(limit, PAGE_SIZE);
	if (len > limit) {
		if (limit >= mss)
			return limit / mss * mss;
		/* Silly windows are left alone (RFC 9293, 3.8.6.2.1). */
		return limit >= ts->max_window / 2 || force ? limit : 0;
	}
	if (len < mss && !force && !list_next(p, link) && nagle_keeps(ts, p))
		return 0;
	/* The end of the last packet that is no full segment waits like one that is alone. */
	if (len > mss && len % mss && !force && !list_next(p, link) && nagle_keeps(ts, p))
		return len / mss * mss;
	return len;
}

/* A FIN takes a number of the peer's window, too. */
static u32 fin_fits(const struct tcp_sock *ts, const struct packet *p)
{
	return seq_after(ts->snd_una + ts->snd_wnd, p->control[TQ_SEQ]);
}

/* Sends the first unsent packet, @n bytes of it. */
static int send_first(struct tcp_sock *ts, struct packet *p, u32 n, u32 mss, u64 now)
{
	int err;

	if (n < p->len && !tcp_split(ts, p, n, false))
		return -ENOBUFS;
	if (!list_next(p, link) && !ts->more && p->len)
		p->control[TQ_FLAGS] |= TQ_PUSH;
	stamp(p, now);
	if (!ts->busy_since_ns)
		ts->busy_since_ns = now;
	if (ts->recovery == CA_RECOVERY || ts->recovery == CA_CWR)
		ts->prr_out += n;
	err = send_clone(ts, p);
	if (err)
		return err;
	list_remove(&ts->unsent, p, link);
	list_push_back(&ts->sent, p, link);
	ts->snd_nxt = p->control[TQ_END];
	if (n < mss)
		ts->snd_small = ts->snd_nxt;
	return 0;
}

/*
 * Sends from the front of `unsent` until a rule says no. A packet moves to `sent` after its clone
 * has gone; without memory for the clone it stays where it is, and the timer that is armed at the
 * end tries again.
 */
static noinline void push_unsent(struct tcp_sock *ts, bool force)
{
	u32 mss = tcp_mss_now(ts), n, sent = 0;
	u64 now = time_mono_ns();
	bool stopped = false;
	struct packet *p;

	tcp_cwnd_restart(ts, now);
	while ((p = list_first(&ts->unsent)) != NULL) {
		bool only_fin = !p->len;
		n = only_fin ? fin_fits(ts, p) : allowance(ts, p, mss, force, &stopped);
		if (!n)
			break;
		n = min(n, p->len);
		if (send_first(ts, p, n, mss, now))
			break;
		sent++;
	}
	ts->cwnd_limited = stopped || (ts->cwnd < ts->ssthresh && tcp_flight(ts) > ts->cwnd / 2);
	if (sent && ts->recovery <= CA_DISORDER && tcp_tlp_arm(ts, now))
		return;
	if (sent || (!list_first(&ts->sent) && ts->xmit_kind == XMIT_NONE))
		tcp_arm_rto(ts, now);
}

void tcp_push(struct tcp_sock *ts, bool force)
{
	if (list_first(&ts->unsent) && tcp_in(ts->state, SENDS))
		push_unsent(ts, force);
}

/* ---- again ---- */

/*
 * False: there is no memory, or the packet must not be split; then the timer comes again.
 * undo_retrans and undo_stamp are what later shows that it was needless (recover.c).
 */
bool tcp_retransmit(struct tcp_sock *ts, struct packet *p)
{
	u32 mss = tcp_mss_now(ts), skip = ts->snd_una - p->control[TQ_SEQ], space;
	struct packet *c;
	u64 now = time_mono_ns();

	/* One retransmission is a few segments at most, but for the timer one. */
	if (p->len > mss && !tcp_split(ts, p, mss, true))
		return false;
	space = tq_space(p);
	c = packet_clone_data(p);
	if (!c)
		return false;
	if (unlikely(p->stamps))
		push_stamps(ts, p, c);
	if (!seq_after(ts->snd_una, p->control[TQ_SEQ]))
		skip = 0;
	if (skip)
		packet_drop_front(c, min(skip, c->len));
	tcp_board_mark(ts, p, (p->control[TQ_FLAGS] & TQ_MARKS) | TQ_RETRANS | TQ_EVER);
	stamp(p, now);
	ts->total_retrans++;
	tcp_count(TCP_RETRANS_SEGS);
	ts->bytes_retrans += c->len;
	ts->prr_out += space;
	if (ts->undo_valid) {
		ts->undo_retrans++;
		if (!ts->undo_stamp)
			ts->undo_stamp = tcp_ts_now(ts, now) | 1;
	}
	/* A segment that cannot be sent is as one that is lost: the timers send again. */
	ignore_error(tcp_transmit(ts, c, p->control[TQ_SEQ] + skip,
		TCP_ACK | (p->control[TQ_FLAGS] & TQ_FIN ? TCP_FIN : 0u)));
	return true;
}

/* The oldest first (RFC 6675, NextSeg), but for retransmissions that were lost (scoreboard.c). */
void tcp_retransmit_lost(struct tcp_sock *ts)
{
	struct packet *p;
	u32 n = 0;

	while ((p = list_first(&ts->to_repeat)) != NULL && tcp_flight(ts) < ts->cwnd) {
		/* Beyond the peer's window there is nobody to take it. */
		if (n && seq_after(p->control[TQ_END], ts->snd_una + ts->snd_wnd))
			return;
		/* A large packet is split: its rest comes next. */
		if (!tcp_retransmit(ts, p)) {
			tcp_count(TCP_RETRANS_FAIL);
			return;
		}
		tcp_count(ts->recovery == CA_LOSS ? TCP_SLOW_START_RETRANS : TCP_FAST_RETRANS);
		n++;
	}
}
