// SPDX-License-Identifier: MPL-2.0
/*
 * connect(2), and the states before a connection is established.
 *
 * connect chooses the way, the address and the port, enters the connection into the table, and
 * sends a SYN; the timer repeats it. The answer, in the receive path, moves the state on and wakes
 * the caller. Two ends that connect to each other at once meet in SYN_RECV; so does a socket that
 * connects to itself.
 *
 * The order in start() is what a race would break: the key (addresses and ports) is entered into
 * the table while the connection is still CLOSE, so no other connect can take it, and a segment for
 * it is as one without a connection until begin() has set all numbers under ts->lock and the state
 * is SYN_SENT. Memory for the timer is there before, so nothing can fail between.
 *
 * A stranger who does not see the SYN can guess at the answer: only an acknowledgement of our very
 * number is believed, and a RST without one is ignored (RFC 9293, 3.10.7.3). The number and the
 * port are secrets of the machine (hash.c, choose_port).
 */
#include <frame/task.h>
#include <kernel/poll.h>
#include <kernel/random.h>

#include "tcp.h"

#define CONNECTING (bit(TCP_SYN_SENT) | bit(TCP_SYN_RECV))

/* ---- sizes ---- */

/* Without options: they are taken off where a segment is made (tcp_mss_now, tcp_sync_mss). */
static u32 headers_len(struct ip_addr peer)
{
	return (ip_is4(peer) ? 20u : 40u) + TCP_HEADER;
}

/* As Linux's min_adv_mss of both families: whatever the link is, peers may send so much. */
#define ADVMSS_LEAST4 256u
#define ADVMSS_LEAST6 1220u

u16 tcp_route_mss(const struct route *r, struct ip_addr to, u32 mtu)
{
	u32 head = headers_len(to), least = ip_is4(to) ? ADVMSS_LEAST4 : ADVMSS_LEAST6;
	u32 mss = r->advmss ? r->advmss : max(mtu, head + least) - head;

	return (u16)min(mss, 65535u - head);
}

u16 tcp_advmss(struct tcp_sock *ts)
{
	ts->pmtu = 1500;
	if (tcp_way(ts))
		return (u16)(ts->pmtu - headers_len(ts->inet.peer));
	ts->pmtu = route_mtu(ts->way, ts->flow.to);
	return tcp_route_mss(ts->way, ts->flow.to, ts->pmtu);
}

/*
 * Three things bound a segment: the path, the peer's option and the user (TCP_MAXSEG).
 * TCP_MIN_SND_MSS keeps a peer that offers an MSS of 1 from having each byte sent under 40 bytes of
 * headers. The 12 bytes are the time stamps, which each segment has once both ends agreed.
 */
void tcp_sync_mss(struct tcp_sock *ts, u32 pmtu)
{
	u32 head = headers_len(ts->inet.peer), mss = min(pmtu, 65535u);

	ts->pmtu = pmtu;
	mss -= min(head, mss);
	if (ts->mss_peer)
		mss = min(mss, ts->mss_peer);
	if (ts->mss_user)
		mss = min(mss, ts->mss_user);
	mss = max(mss, TCP_MIN_SND_MSS);
	if (ts->ts_ok)
		mss -= 12;
	/* Never more than half of the largest window that the peer ever had. */
	if (ts->max_window > 2 * TCP_MIN_MSS)
		mss = min(mss, max(ts->max_window / 2, 68u));
	ts->mss = mss;
}

/*
 * The scale is told once, in the SYN, so it must fit the largest window that the buffer may ever
 * grow to.
 */
u8 tcp_window_scale(const struct tcp_sock *ts)
{
	u32 buf = load_once(ts->rcvbuf), clamp = load_once(ts->window_clamp), scale = 0, space;

	/* A buffer of SO_RCVBUF does not grow. */
	space = load_once(ts->rcv_fixed) ? buf / 2 : max(buf, tcp_settings.rmem[2]);
	if (clamp)
		space = min(space, clamp);
	while (space > 65535 && scale < TCP_WSCALE_MAX) {
		space >>= 1;
		scale++;
	}
	return (u8)scale;
}

/*
 * The window of a SYN has 16 bits and no scale. Half of the buffer is for what packets cost beside
 * their data (window.c).
 */
u32 tcp_first_window(const struct tcp_sock *ts, u32 mss)
{
	u32 space = min(load_once(ts->rcvbuf) / 2, 65535u), clamp = load_once(ts->window_clamp);

	if (clamp)
		space = min(space, clamp);
	return space > mss ? space - space % max(mss, 1u) : space;
}

void tcp_init_receive(struct tcp_sock *ts)
{
	ts->rcv_wnd = tcp_first_window(ts, ts->advmss);
	ts->quick_acks = 16;
	ts->rcv_mss = min(ts->advmss, 536u);
	ts->tune_space = ts->rcvbuf / 8;
	ts->tune_ns = time_mono_ns();
}

/*
 * An option counts if both SYNs have it. ts_ok and the others hold what this end has offered, or
 * would accept; the peer's SYN can only take away.
 */
void tcp_agree(struct tcp_sock *ts, const struct tcp_seg *seg)
{
	u64 now = time_mono_ns();

	ts->irs = seg->seq;
	ts->rcv_nxt = ts->rcv_wup = ts->copied_seq = seg->seq + 1;
	ts->tune_seq = ts->copied_seq;
	ts->snd_wl1 = seg->seq;
	ts->mss_peer = seg->mss ? seg->mss : tcp_default_mss(ts->inet.peer);
	ts->mss_peer = max(ts->mss_peer, TCP_MIN_SND_MSS);
	ts->ts_ok = ts->ts_ok && seg->has_ts;
	ts->sack_ok = ts->sack_ok && seg->sack_ok;
	ts->wscale_ok = ts->wscale_ok && seg->has_wscale;
	ts->snd_wscale = ts->wscale_ok ? seg->wscale : 0;
	if (!ts->wscale_ok)
		ts->rcv_wscale = 0;
	if (ts->ts_ok) {
		ts->ts_recent = seg->ts_value;
		ts->ts_recent_ns = now;
	}
	/* The window in a SYN is not scaled. */
	ts->snd_wnd = ts->max_window = seg->window;
	tcp_sync_mss(ts, ts->pmtu);
}

/* ---- connect ---- */

/* Of groups there is no TCP, and a broadcast is told by ENETUNREACH, as on Linux. */
static int tcp_set_peer(struct tcp_sock *ts, const struct sockaddr_any *a, u32 len)
{
	struct ip_addr to;
	u32 scope = 0;
	u16 port;
	int err = inet_destination(&ts->inet, a, len, &to, &port, &scope);

	if (err)
		return err;
	if (ip_is_multicast(to) || (ip_is4(to) && ip4_bits(to) == ~0u))
		return -ENETUNREACH;
	/*
	 * The last attempt has ended when its lock is free; then nobody but us changes the socket.
	 */
	spin_lock(&ts->lock);
	if (ts->state != TCP_CLOSE) {
		err = -EISCONN;
	} else {
		ts->inet.peer = to;
		ts->inet.peer_port = port;
		ts->inet.peer_scope = scope;
	}
	spin_unlock(&ts->lock);
	return err;
}

/* Enters the connection under the key that it has now. *@isn: TIME_WAIT's choice, or 0. */
static int enter_key(struct tcp_sock *ts, u32 *const isn)
{
	struct tcp_key k = tcp_key_of(ts);

	*isn = 0;
	return tcp_timewait_reuse(&k, isn) ? tcp_table_add(ts) : -EADDRNOTAVAIL;
}

/* How far the search for a port has come, by the hash of the destination (RFC 6056, 3.3.4). */
static u32 next_port[256];

/*
 * Chooses a port and enters the connection. Connections share a port if their destinations differ,
 * so the search begins at a place that the destination, and a secret, decide: it is different for
 * each of them, and moves on with each connection. As on Linux ports with the parity of the first
 * come first; bind leaves them to connect while it has others. The socket is in CLOSE, so only we
 * change it, and the search holds no lock.
 */
static int choose_port(struct tcp_sock *ts, u32 *const isn)
{
	struct tcp_key k = tcp_key_of(ts);
	u64 hash = tcp_secret(&k, SECRET_PORT);
	u32 *const next = array_at(next_port, hash >> 32 & 255);
	u32 first, last, range, half, start, i, at;
	int err;

	port_range(&first, &last);
	range = last - first + 1;
	half = (range + 1) / 2;
	start = (u32)hash + load_once(*next);
	for (i = 0; i < range; i++) {
		at = i < half ? (start + i) % half * 2
			      : (start + i) % max(range - half, 1u) * 2 + 1;
		err = port_is_reserved(first + at)
			? -EADDRINUSE
			: inet_bind_connect(&tcp_ports, &ts->inet, first + at);
		if (!err) {
			err = enter_key(ts, isn);
			if (!err) {
				store_once(*next,
					load_once(*next) + i + 1 + (u32)(random_u64() & 7));
				return 0;
			}
			inet_unbind(&tcp_ports, &ts->inet);
		}
		if (err == -ENOMEM)
			return -ENOBUFS;
		task_cond_resched();
	}
	return -EADDRNOTAVAIL;
}

static int connect_enter(struct tcp_sock *ts, u32 *const isn)
{
	return ts->inet.local_port ? enter_key(ts, isn) : choose_port(ts, isn);
}

/*
 * snd_nxt counts the SYN already: it is no packet of the send queue, and its retransmission is made
 * anew each time (tcp_send_syn), not taken from there.
 */
static void init_send(struct tcp_sock *ts, u32 isn)
{
	struct tcp_key k = tcp_key_of(ts);
	struct tcp_start numbers = tcp_start_numbers(&k);

	ts->iss = isn ? isn : numbers.isn;
	ts->ts_offset = numbers.ts_offset;
	ts->snd_una = ts->iss;
	ts->snd_nxt = ts->write_seq = ts->snd_small = ts->iss + 1;
	ts->snd_up = ts->iss;
	ts->ts_ok = tcp_settings.timestamps;
	ts->sack_ok = tcp_settings.sack;
	ts->wscale_ok = tcp_settings.window_scaling;
	ts->rcv_wscale = ts->wscale_ok ? tcp_window_scale(ts) : 0;
	ts->rto_ns = TCP_RTO_INIT_NS;
	ts->advmss = tcp_advmss(ts);
	if (ts->mss_user)
		ts->advmss = min(ts->advmss, ts->mss_user);
	tcp_init_receive(ts);
	tcp_sync_mss(ts, ts->pmtu);
	tcp_cwnd_init(ts);
}

/*
 * ECN is offered by the first SYN only: some routers drop SYNs with these flags, and the second one
 * must pass (RFC 3168, 6.1.1.1).
 */
void tcp_send_syn(struct tcp_sock *ts)
{
	struct packet *p = packet_new(PACKET_ROOM + TCP_HEADER_MAX);
	u32 flags = TCP_SYN;
	u64 now = time_mono_ns();

	if (ts->state == TCP_SYN_RECV)
		flags |= TCP_ACK | (ts->ecn_ok ? TCP_ECE : 0u);
	else if (tcp_settings.ecn == 1 && !ts->retries)
		flags |= TCP_ECE | TCP_CWR;
	if (!ts->retries)
		ts->syn_ns = now;
	if (p)
		/* A segment that cannot be sent is as one that is lost: the timers send again. */
		ignore_error(tcp_transmit(ts, p, ts->iss, flags));
	tcp_arm_xmit(ts, XMIT_RTO, now + tcp_rto(ts));
}

/* From CLOSE to SYN_SENT. Consumes @timer. recv_lock: no reader is inside what is forgotten. */
static void connect_begin(struct socket *s, struct tcp_sock *ts, u32 isn, struct timer *timer)
{
	mutex_lock(&ts->recv_lock);
	spin_lock(&ts->lock);
	tcp_forget(ts);
	tcp_timer_take(ts, timer);
	init_send(ts, isn);
	store_once(ts->state, TCP_SYN_SENT);
	store_once(ts->connecting, true);
	atomic_store(&s->error, 0);
	tcp_send_syn(ts);
	tcp_count(TCP_ACTIVE_OPENS);
	tcp_timer_update(ts);
	spin_unlock(&ts->lock);
	mutex_unlock(&ts->recv_lock);
}

/*
 * Nothing is held but send_lock. An attempt that does not begin (the connection exists, no port is
 * free) leaves the socket without the address that this has chosen, which would bind the next one.
 */
static int start(struct socket *s, struct tcp_sock *ts, const struct sockaddr_any *a, u32 len)
{
	struct route *r = NULL;
	struct ip_addr before;
	struct timer *timer;
	struct flow f;
	u32 isn;
	int err = tcp_set_peer(ts, a, len);

	if (err)
		return err;
	f = inet_flow(&ts->inet, IP_PROTO_TCP);
	err = inet_route(&ts->inet, &f, &r);
	if (err)
		return err;
	obj_put(&r);
	timer = tcp_timer_make(ts);
	if (!timer)
		return -ENOBUFS;
	before = ts->inet.local;
	if (ip_is_any(before))
		ts->inet.local = f.from;
	err = connect_enter(ts, &isn);
	if (err) {
		ts->inet.local = before;
		timer_put(&timer);
	} else {
		connect_begin(s, ts, isn, timer);
	}
	return err;
}

int tcp_is_new(struct tcp_sock *ts)
{
	int err = 0;

	spin_lock(&ts->lock);
	if (ts->connecting)
		err = -EALREADY;
	else if (ts->state != TCP_CLOSE || ts->was_connected)
		err = -EISCONN;
	else if (ts->shut_untold)
		err = -EINVAL;
	spin_unlock(&ts->lock);
	return err;
}

/*
 * A call tells how the attempt has ended, and the next one tells no more of it: 0, or why it failed;
 * then the socket is as it was before. send_lock held.
 */
static int tell_end(struct socket *s, struct tcp_sock *ts)
{
	bool over;
	int err;

	spin_lock(&ts->lock); /* tcp_done has done all, or nothing */
	store_once(ts->connecting, false);
	over = ts->state == TCP_CLOSE;
	spin_unlock(&ts->lock);
	if (!over)
		return 0;
	err = socket_take_error(s);
	tcp_disconnect(ts);
	return err ? err : -ECONNABORTED;
}

/*
 * send_lock is free while this waits, so another thread may disconnect the socket (EPIPE): @epoch
 * tells that attempt from others. One that shuts it down may connect it anew, and then this waits
 * for that, as on Linux. A time limit (SO_SNDTIMEO) leaves the attempt to go on, and says @late:
 * EINPROGRESS, or EALREADY if another call began it.
 */
static int wait_connected(struct socket *s, struct tcp_sock *ts, u32 epoch, int late)
{
	u64 deadline = socket_deadline(s->snd_timeout_ns, false);
	int err;

	for (;;) {
		wait_event(&s->write_wait,
			!tcp_in(load_once(ts->state), CONNECTING) || load_once(ts->epoch) != epoch,
			WAIT_INTERRUPTIBLE, deadline, &err);
		if (err)
			return err == -ETIMEDOUT ? late : socket_wait_error(err, deadline);
		mutex_lock(&ts->send_lock);
		if (ts->epoch != epoch || !tcp_in(load_once(ts->state), CONNECTING))
			break;
		mutex_unlock(&ts->send_lock);
		task_cond_resched();
	}
	err = ts->epoch != epoch ? -EPIPE : tell_end(s, ts);
	mutex_unlock(&ts->send_lock);
	return err;
}

/*
 * A call that does not wait says EINPROGRESS, also if the answer is here by now, and EALREADY
 * while there is none. A later one tells how the attempt has ended, also if SO_ERROR has told that
 * before (ECONNABORTED); from then on EISCONN says that there is a connection.
 */
int tcp_connect(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock)
{
	struct tcp_sock *ts = tcp_of(s);
	bool waits = false;
	u32 epoch;
	int err;

	if (len < sizeof(a->family))
		return -EINVAL;
	mutex_lock(&ts->send_lock);
	if (a->family == AF_UNSPEC) {
		tcp_disconnect(ts);
		err = 0;
	} else {
		err = tcp_is_new(ts);
		if (err == -EALREADY) {
			waits = tcp_in(load_once(ts->state), CONNECTING);
			err = waits ? err : tell_end(s, ts);
		} else if (!err) {
			err = start(s, ts, a, len);
			waits = !err;
			err = waits ? -EINPROGRESS : err;
		}
	}
	epoch = ts->epoch;
	mutex_unlock(&ts->send_lock);
	netdev_run();
	return waits && !nonblock ? wait_connected(s, ts, epoch, err) : err;
}

/* ---- the answers ---- */

void tcp_establish(struct tcp_sock *ts)
{
	u64 now = time_mono_ns();

	/* A simultaneous open that was shut down meanwhile has its FIN queued. */
	store_once(ts->state, ts->fin_queued ? TCP_FIN_WAIT1 : TCP_ESTABLISHED);
	if (!ts->fin_queued)
		tcp_count(TCP_CURR_ESTAB);
	if (!ts->retries && ts->syn_ns)
		tcp_rtt_sample(ts, now - ts->syn_ns, now, true);
	store_once(ts->was_connected, true);
	ts->retries = 0;
	ts->backoff = 0;
	ts->retry_since_ns = 0;
	tcp_arm_xmit(ts, XMIT_NONE, 0);
	tcp_sync_mss(ts, ts->pmtu);
	tcp_cwnd_init(ts);
	ts->rcv_mss = max(ts->rcv_mss, min(ts->mss, 536u));
	ts->last_rcv_ns = ts->last_ack_ns = now;
	tcp_arm_keepalive(ts, now);
	tcp_wake_all(ts, TCP_EV_OUT | ASYNC_OUT);
}

/*
 * RFC 9293, 3.10.7.3. The order counts: first the acknowledgement, then a RST, then a SYN. A SYN
 * alone is a simultaneous open: both ends have asked, and each answers with its own SYN again, now
 * with an acknowledgement.
 */
void tcp_input_syn_sent(struct tcp_sock *ts, struct packet *p, const struct tcp_seg *seg)
{
	bool ack = seg->flags & TCP_ACK;

	packet_drop(&p);
	if (ack && seg->ack != ts->iss + 1) {
		struct tcp_key k = tcp_key_of(ts);
		if (!(seg->flags & TCP_RST))
			tcp_send_reset_for(seg, &k);
		/* It is of an old connection, which our reset ends: then ask anew, and soon. */
		if (!ts->retries)
			tcp_arm_xmit(ts, XMIT_RTO, time_mono_ns() + TCP_TIMEOUT_MIN_NS);
		return;
	}
	if (seg->flags & TCP_RST) {
		if (ack)
			tcp_done(ts, ECONNREFUSED);
		return;
	}
	if (!(seg->flags & TCP_SYN))
		return;
	tcp_agree(ts, seg);
	if (ack) {
		ts->ecn_ok = tcp_settings.ecn == 1 && (seg->flags & (TCP_ECE | TCP_CWR)) == TCP_ECE;
		ts->snd_una = seg->ack;
		tcp_establish(ts);
		tcp_send_ack(ts);
		return;
	}
	store_once(ts->state, TCP_SYN_RECV);
	ts->ecn_ok = tcp_settings.ecn && (seg->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR);
	tcp_send_syn(ts);
}

/* After a simultaneous open. False: the segment is not the answer. */
bool tcp_input_syn_recv(struct tcp_sock *ts, const struct tcp_seg *seg)
{
	struct tcp_key k = tcp_key_of(ts);

	if (seg->ack != ts->snd_nxt) {
		tcp_send_reset_for(seg, &k);
		return false;
	}
	ts->snd_una = seg->ack;
	ts->snd_wnd = seg->window << ts->snd_wscale;
	ts->max_window = max(ts->max_window, ts->snd_wnd);
	tcp_establish(ts);
	return true;
}
