// SPDX-License-Identifier: MPL-2.0
/*
 * How connections end: shutdown, close, FINs, aborts.
 *
 * A released socket leaves its connection to itself, as an orphan: it still sends what is queued
 * and waits for the peer's FIN. Orphans are counted, and end by RST when there are too many of
 * them. A connection that is closed is off the table and has no timer; when its socket has gone as
 * well, nothing is left but the object (finish).
 *
 * Each direction ends by itself. Our FIN takes a sequence number behind the last byte (queue_fin),
 * so it is acknowledged, lost and sent again like data. The peer's FIN counts when all data before
 * it has come (take_fin of input.c). The side whose FIN was acknowledged before the peer's came
 * waits in TIME_WAIT; the other one is done with the last acknowledgement.
 *
 * A RST replaces all of this where the stream cannot end well: the reader closes with data unread
 * (RFC 2525, 2.17), SO_LINGER with a time of 0, data that arrives for an orphan, no memory for a
 * FIN, or too many orphans. A peer that acknowledges and sends no FIN could keep an orphan for
 * ever: so FIN_WAIT2 of an orphan has an end (tcp_fin_timeout, TCP_LINGER2), and a window that
 * stays closed has one, too (timer.c).
 */
#include <frame/task.h>
#include <frame/wait.h>
#include <kernel/poll.h>
#include <kernel/socket.h>
#include <kernel/thread.h>

#include "tcp.h"

struct atomic tcp_orphans;

static void drop_list(struct tcp_sock *ts, struct packet *p)
{
	ts->wmem -= p->control[TQ_CHARGE];
	tcp_memory_uncharge(p->control[TQ_CHARGE]);
	packet_drop(&p);
}

void tcp_purge_send(struct tcp_sock *ts)
{
	struct packet *p;

	tcp_board_clear(ts);
	while ((p = list_first(&ts->sent)) != NULL) {
		list_remove(&ts->sent, p, link);
		drop_list(ts, p);
	}
	while ((p = list_first(&ts->unsent)) != NULL) {
		list_remove(&ts->unsent, p, link);
		drop_list(ts, p);
	}
	tcp_busy_end(ts, time_mono_ns());
	ts->snd_nxt = ts->snd_una;
}

/* Closed, and no socket: all goes. */
static void close_finish(struct tcp_sock *ts)
{
	if (ts->final || ts->inet.socket || ts->state != TCP_CLOSE)
		return;
	ts->final = true;
	tcp_timer_drop(ts); /* of a connect that failed at once */
	tcp_ready_drop(ts);
	tcp_way_drop(ts);
	inet_unbind(&tcp_ports, &ts->inet);
	inet_sock_end(&ts->inet);
}

/* As on Linux the port is somebody else's to take, but getsockname still shows it. */
static void leave_port(struct tcp_sock *ts)
{
	if (ts->inet.local_port)
		ts->former_port = ts->inet.local_port;
	inet_unbind(&tcp_ports, &ts->inet);
}

/*
 * From here on nobody finds the connection: it leaves the table before its queues go, and the timer
 * with it. A worker or a segment that has a reference already sees CLOSE when it gets the lock.
 * Data that came in order stays for the reader, whose socket holds the connection.
 *
 * The socket keeps the port only if bind gave it. An orphan has no socket that could keep anything,
 * so its binding goes with the rest.
 */
void tcp_done(struct tcp_sock *ts, int error)
{
	struct socket *s = ts->inet.socket;

	if (ts->state == TCP_CLOSE)
		return;
	if (tcp_in(ts->state, bit(TCP_ESTABLISHED) | bit(TCP_CLOSE_WAIT))) {
		tcp_count_add(TCP_CURR_ESTAB, -1ul);
		tcp_count(TCP_ESTAB_RESETS);
	} else if (tcp_in(ts->state, bit(TCP_SYN_SENT) | bit(TCP_SYN_RECV))) {
		tcp_count(TCP_ATTEMPT_FAILS);
	}
	/* Who sees the state without the lock, as poll does, must see why. */
	if (s && error)
		atomic_store(&s->error, (u64)error);
	store_release(ts->state, TCP_CLOSE);
	tcp_table_remove(ts);
	tcp_timer_drop(ts);
	tcp_purge_send(ts);
	tcp_islands_drop(ts);
	ts->ack_now = ts->ack_pending = false;
	if (!s) {
		(void)atomic_sub(&tcp_orphans, 1);
		close_finish(ts);
		return;
	}
	set_bits(s->shutdown, SHUTDOWN_BOTH);
	if (!ts->bound)
		leave_port(ts);
	tcp_wake_all(ts, TCP_EV_END | (error ? ASYNC_ERR : 0u));
}

/* In which the peer must be told by RST. */
#define RESETS                                                                                \
	(bit(TCP_ESTABLISHED) | bit(TCP_SYN_RECV) | bit(TCP_FIN_WAIT1) | bit(TCP_FIN_WAIT2) | \
		bit(TCP_CLOSE_WAIT))

void tcp_abort(struct tcp_sock *ts, int error)
{
	if (tcp_in(ts->state, RESETS))
		tcp_send_rst(ts);
	tcp_done(ts, error);
}

/* What a former connection, or an attempt, has left in the fields. State CLOSE. */
void tcp_forget(struct tcp_sock *ts)
{
	tcp_ready_drop(ts);
	tcp_way_drop(ts);
	store_once(ts->was_connected, false);
	ts->shut_untold = false;
	ts->busy_ns = 0;
	ts->fin_queued = ts->has_fin = ts->urg_valid = ts->urgent = ts->more = false;
	ts->nr_sack_out = ts->dup_acks_sent = ts->compressed_acks = 0;
	ts->has_dsack = ts->ecn_ok = ts->ecn_echo = ts->ecn_cwr = ts->pingpong = false;
	ts->copied_seq = ts->rcv_nxt;
	ts->mss_peer = ts->max_window = ts->snd_wnd = 0;
	ts->srtt8 = ts->rttvar4 = ts->min_rtt_ns = ts->rcv_rtt8 = 0;
	ts->recovery = CA_OPEN;
	ts->undo_valid = ts->tlp_out = ts->reordering_seen = false;
	ts->rack_steps = ts->rack_keep = 0;
	ts->rack_ns = ts->retry_since_ns = ts->last_snd_ns = ts->syn_ns = 0;
	ts->backoff = ts->retries = ts->probes = ts->dupacks = 0;
	ts->ts_recent = 0;
	ts->soft_error = 0;
}

/*
 * A connection, or an attempt, has ended: the socket becomes as one that was never connected. One
 * that copies holds recv_lock; the packets it copies from are dropped when it is done.
 */
static void become_new(struct tcp_sock *ts)
{
	struct socket *s = ts->inet.socket;

	netdev_run(); /* the reset is in this CPU's backlog; to wait may change the CPU */
	mutex_lock(&ts->recv_lock);
	spin_lock(&ts->lock);
	tcp_forget(ts);
	ts->inet.peer = (struct ip_addr){ 0 };
	ts->inet.peer_port = 0;
	if (!ts->bound) {
		leave_port(ts);
		ts->inet.local_port = 0; /* TIME_WAIT may have taken the binding over */
	}
	if (!ts->bound_addr)
		ts->inet.local = (struct ip_addr){ 0 };
	if (s)
		clear_bits(s->shutdown, SHUTDOWN_BOTH);
	spin_unlock(&ts->lock);
	mutex_unlock(&ts->recv_lock);
}

/*
 * connect with AF_UNSPEC. First the connection ends, and those who wait learn by the epoch that it
 * was not its peer who ended it.
 */
void tcp_disconnect(struct tcp_sock *ts)
{
	struct socket *s = ts->inet.socket;
	bool broken;

	if (load_once(ts->state) == TCP_LISTEN)
		tcp_listener_stop(ts);
	spin_lock(&ts->lock);
	broken = tcp_in(ts->state, RESETS | bit(TCP_SYN_SENT));
	store_once(ts->epoch, ts->epoch + 1);
	store_once(ts->connecting, false);
	tcp_abort(ts, 0);
	spin_unlock(&ts->lock);
	become_new(ts);
	/* As on Linux the socket has an error of its own making; connect ignores it. */
	if (s)
		atomic_store(&s->error, broken ? ECONNRESET : 0);
}

/* ---- FINs ---- */

/*
 * The FIN joins the last packet that has not been sent, or gets a packet of its own without data.
 * The number that it takes is counted in TQ_END, so acknowledgements, windows and retransmissions
 * need no other case for it.
 */
static bool queue_fin(struct tcp_sock *ts)
{
	struct packet *tail = list_last(&ts->unsent);

	if (!tail) {
		tail = packet_new(PACKET_ROOM + TCP_HEADER_MAX);
		if (!tail)
			return false;
		tail->control[TQ_SEQ] = tail->control[TQ_END] = ts->write_seq;
		tail->control[TQ_FLAGS] = 0;
		tail->control[TQ_CHARGE] = TCP_PACKET_COST;
		ts->wmem += TCP_PACKET_COST;
		tcp_memory_charge(TCP_PACKET_COST);
		list_push_back(&ts->unsent, tail, link);
	}
	tail->control[TQ_FLAGS] |= TQ_FIN;
	tail->control[TQ_END]++;
	ts->write_seq++;
	ts->fin_queued = true;
	return true;
}

void tcp_send_fin(struct tcp_sock *ts)
{
	if (ts->fin_queued)
		return;
	ts->more = false;
	if (!queue_fin(ts)) {
		/* No memory for a FIN: the peer must learn it all the same. */
		tcp_abort(ts, ENOBUFS);
		return;
	}
	if (ts->state == TCP_SYN_RECV)
		return; /* tcp_establish goes on with it */
	store_once(ts->state, ts->state == TCP_CLOSE_WAIT ? TCP_LAST_ACK : TCP_FIN_WAIT1);
	tcp_count_add(TCP_CURR_ESTAB, -1ul);
	tcp_push(ts, true);
}

/* FIN_WAIT2 of an orphan shares the deadline of keepalive, which an orphan does not have. */
static void wait_for_peer(struct tcp_sock *ts)
{
	u64 s = ts->linger2_set ? (u64)max(ts->linger2_s, 0) : tcp_settings.fin_timeout_s;

	ts->keep_ns = time_mono_ns() + s * NSEC_PER_SEC;
}

/*
 * Called for each acknowledgement of all that was sent, so it may be called again in the same
 * state; only these three states have something to do.
 */
void tcp_fin_acked(struct tcp_sock *ts)
{
	switch (ts->state) {
	case TCP_FIN_WAIT1:
		store_once(ts->state, TCP_FIN_WAIT2);
		if (!ts->inet.socket)
			wait_for_peer(ts);
		tcp_wake_writers(ts, TCP_EV_OUT);
		break;
	case TCP_CLOSING:
		tcp_timewait_start(ts);
		break;
	case TCP_LAST_ACK:
		tcp_done(ts, 0);
		break;
	default:
		break;
	}
}

/*
 * The peer sends no more. What lies behind the FIN in islands is forged or of a broken peer, and
 * goes. In FIN_WAIT1 our own FIN is not acknowledged yet: both ends have closed at once (CLOSING).
 */
void tcp_fin_received(struct tcp_sock *ts)
{
	struct socket *s = ts->inet.socket;
	u32 tell = ASYNC_IN;

	if (s)
		set_bits(s->shutdown, SHUTDOWN_RCV);
	tcp_islands_drop(ts);
	ts->ack_now = true;
	switch (ts->state) {
	case TCP_ESTABLISHED:
		store_once(ts->state, TCP_CLOSE_WAIT);
		break;
	case TCP_FIN_WAIT1:
		store_once(ts->state, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT2:
		tcp_send_ack(ts);
		tcp_timewait_start(ts);
		break;
	default:
		break;
	}
	if (s && (ts->state == TCP_CLOSE || load_once(s->shutdown) == SHUTDOWN_BOTH))
		tell = ASYNC_HUP;
	tcp_wake_all(ts, TCP_EV_IN | POLLRDHUP | tell | (ts->state == TCP_CLOSE ? POLLHUP : 0u));
}

/* ---- calls ---- */

static void shutdown_listener(struct tcp_sock *ts, u32 how)
{
	if (!(how & SHUTDOWN_RCV))
		return;
	mutex_lock(&ts->send_lock);
	tcp_listener_stop(ts);
	mutex_unlock(&ts->send_lock);
}

/*
 * An attempt that has no answer yet ends, whatever is shut down: there is nothing that the peer
 * would have to be told. As on Linux the socket is new then, and whoever waits, or asks for the
 * error, is told of a reset. The epoch stays, or calls that wait would say EPIPE. False: the answer
 * was faster.
 */
static bool shutdown_attempt(struct tcp_sock *ts)
{
	bool ends;

	mutex_lock(&ts->send_lock);
	spin_lock(&ts->lock);
	ends = ts->state == TCP_SYN_SENT;
	if (ends) {
		store_once(ts->connecting, false);
		tcp_done(ts, ECONNRESET);
	}
	spin_unlock(&ts->lock);
	if (ends)
		become_new(ts);
	mutex_unlock(&ts->send_lock);
	return ends;
}

/*
 * shutdown of a connection is a FIN; the receiving side is only marked, and what arrives later is
 * still acknowledged. An attempt that has succeeded is a connection, although no connect has told
 * that yet. If it has failed, connect says EINVAL until a disconnect. A socket without a connection
 * is marked, too, and keeps that when it connects. All as on Linux. ts->lock held.
 */
static int shutdown_connection(struct socket *s, struct tcp_sock *ts, u32 how)
{
	bool is_closed = ts->state == TCP_CLOSE;

	if (ts->connecting) {
		ts->shut_untold = is_closed;
		store_once(ts->was_connected, !is_closed);
		store_once(ts->connecting, false);
	}
	set_bits(s->shutdown, how);
	if ((how & SHUTDOWN_SEND) &&
		tcp_in(ts->state, bit(TCP_ESTABLISHED) | bit(TCP_SYN_RECV) | bit(TCP_CLOSE_WAIT)))
		tcp_send_fin(ts);
	tcp_timer_update(ts);
	tcp_wake_all(ts, TCP_EV_END & ~(u32)POLLERR);
	return is_closed ? -ENOTCONN : 0;
}

/* A listener ends by SHUT_RD alone, as on Linux. */
int tcp_shutdown(struct socket *s, u32 how)
{
	struct tcp_sock *ts = tcp_of(s);
	int err;

	for (;;) {
		if (load_once(ts->state) == TCP_LISTEN) {
			shutdown_listener(ts, how);
			return 0;
		}
		if (load_once(ts->state) == TCP_SYN_SENT && shutdown_attempt(ts))
			return 0;
		spin_lock(&ts->lock);
		/* Another task may listen, or connect, just now. */
		if (likely(!tcp_in(ts->state, bit(TCP_LISTEN) | bit(TCP_SYN_SENT))))
			break;
		spin_unlock(&ts->lock);
		task_cond_resched();
	}
	err = shutdown_connection(s, ts, how);
	spin_unlock(&ts->lock);
	netdev_run();
	return err;
}

/*
 * Called once, by the release of the socket, or for a child that nobody accepted. The count of
 * orphans is taken here and given back by tcp_done, which every orphan meets.
 */
void tcp_orphan(struct tcp_sock *ts)
{
	ts->inet.socket = NULL;
	if (ts->state == TCP_CLOSE) {
		close_finish(ts);
		return;
	}
	tcp_ready_drop(ts);
	if (atomic_add(&tcp_orphans, 1) > tcp_settings.max_orphans || tcp_memory_out()) {
		tcp_count(TCP_ABORT_ON_MEMORY);
		tcp_abort(ts, 0);
		return;
	}
	if (ts->state == TCP_FIN_WAIT2) {
		if (ts->linger2_set && ts->linger2_s < 0) {
			tcp_count(TCP_ABORT_ON_LINGER);
			tcp_abort(ts, 0);
		} else {
			wait_for_peer(ts);
		}
	}
	tcp_timer_update(ts);
}

/* All processes are gone: what is left are orphans and TIME_WAIT. */
void tcp_shutdown_all(void)
{
	struct tcp_sock *ts;
	u32 i, n = 0;

	for (i = 0; i < TCP_BUCKETS; i++) {
		while ((ts = tcp_table_next(TCP_LISTEN_BUCKETS + i, 0, &n)) != NULL) {
			spin_lock(&ts->lock);
			tcp_abort(ts, 0);
			spin_unlock(&ts->lock);
			obj_put(&ts);
			netdev_run();
			task_cond_resched();
			n = 0;
		}
	}
	tcp_timewait_expire(TCP_ALL_TIMES);
	tcp_timer_work();
}

#define LINGERS (bit(TCP_FIN_WAIT1) | bit(TCP_CLOSING) | bit(TCP_LAST_ACK))

/*
 * Only who closes waits: not a thread that ends, nor one that happens to drop descriptors that
 * others left in messages, nor the kernel.
 */
static bool may_wait(void)
{
	struct thread *t = thread_current();

	return t && !(load_once(t->work) & WORK_EXIT) && !scm_fds_is_dropping();
}

static void linger(struct socket *s, struct tcp_sock *ts)
{
	u64 ns = (u64)max(s->linger.linger, 0) * NSEC_PER_SEC;
	int err;

	wait_event(&s->write_wait, !tcp_in(load_once(ts->state), LINGERS), WAIT_INTERRUPTIBLE,
		socket_deadline(ns, false), &err);
}

/*
 * Two holds of the lock, and maybe a long wait between them (SO_LINGER): the socket is still there
 * for it, so wake-ups reach it, and the receive path goes on. Only the second hold makes an orphan
 * of the connection.
 */
void tcp_release(struct socket *s)
{
	struct tcp_sock *ts = tcp_of(s);
	bool lost;

	if (load_once(ts->state) == TCP_LISTEN)
		tcp_listener_stop(ts);
	spin_lock(&ts->lock);
	/* Data that nobody will read: the peer learns it by RST (RFC 2525, 2.17). */
	lost = ts->ready.first && seq_before(ts->copied_seq, tcp_data_end(ts));
	if (lost || (s->linger.onoff && !s->linger.linger)) {
		if (ts->state != TCP_CLOSE)
			tcp_count(lost ? TCP_ABORT_ON_CLOSE : TCP_ABORT_ON_DATA);
		tcp_abort(ts, 0);
	} else if (tcp_in(ts->state,
			   bit(TCP_ESTABLISHED) | bit(TCP_SYN_RECV) | bit(TCP_CLOSE_WAIT))) {
		tcp_send_fin(ts);
	} else if (ts->state == TCP_SYN_SENT) {
		tcp_done(ts, 0);
	}
	tcp_timer_update(ts);
	spin_unlock(&ts->lock);
	netdev_run();
	if (s->linger.onoff && s->linger.linger && tcp_in(load_once(ts->state), LINGERS) &&
		may_wait())
		linger(s, ts);
	spin_lock(&ts->lock);
	tcp_orphan(ts);
	spin_unlock(&ts->lock);
	netdev_run();
}
