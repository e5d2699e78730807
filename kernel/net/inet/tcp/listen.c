// SPDX-License-Identifier: MPL-2.0
/*
 * listen(2) and accept(2), and how a request becomes a connection.
 *
 * A SYN makes a request (request.c), or only a cookie if there are too many (cookies.c). The
 * acknowledgement of our SYN makes the connection: the request is claimed, so that no second
 * segment does the same; the child is made and entered into the table; then the request goes, and
 * the child joins the accept queue, if the listener still listens. The queue holds a reference to
 * the child's socket, and has at most backlog + 1 of them, as on Linux.
 *
 * Who has what: until accept, the child's socket has no file, and the queue's reference is its only
 * one. It goes to the caller of accept, or drop_child ends the connection by a RST. The peer may
 * send, and close, all the while: the child receives from the moment when it is queued.
 *
 * Locks. A child's lock is held when it joins the queue, so a listener's comes after it
 * (LOCK_TCP_LISTENER). tcp_listener_stop sets CLOSE under the listener's lock first;
 * tcp_accept_queue and tcp_request_add look at the state under the same lock, so after that nothing
 * joins any more, and the two loops behind it end.
 */
#include <frame/task.h>
#include <kernel/poll.h>

#include "tcp.h"

/* From CLOSE to LISTEN. Consumes @timer. */
static int listen_begin(struct tcp_sock *ts, u32 backlog, struct timer *timer)
{
	int err;

	/*
	 * A child's lock is held when it joins the queue. A socket that listened once keeps the
	 * level.
	 */
	lock_level(&ts->lock, LOCK_TCP_LISTENER);
	spin_lock(&ts->lock);
	tcp_timer_take(ts, timer);
	ts->backlog = backlog;
	err = inet_listen_begin(&tcp_ports, &ts->inet);
	if (!err) {
		/* Before the entry: a segment that finds it must find a listener. */
		store_once(ts->state, TCP_LISTEN);
		err = inet_reuse_join(&ts->inet);
		if (!err)
			err = tcp_listen_add(ts);
		if (err) {
			inet_reuse_leave(&ts->inet);
			inet_listen_end(&tcp_ports, &ts->inet);
			store_once(ts->state, TCP_CLOSE);
		}
	}
	if (err)
		tcp_timer_drop(ts);
	spin_unlock(&ts->lock);
	return err;
}

int tcp_listen(struct socket *s, u32 backlog)
{
	struct tcp_sock *ts = tcp_of(s);
	struct timer *timer;
	int err = 0;

	mutex_lock(&ts->send_lock);
	if (load_once(ts->state) == TCP_LISTEN) {
		store_once(ts->backlog, backlog);
		goto out;
	}
	err = -EINVAL;
	if (tcp_is_new(ts))
		goto out;
	err = inet_autobind(&tcp_ports, &ts->inet);
	if (err == -EAGAIN)
		err = -EADDRINUSE; /* no port is free */
	if (err)
		goto out;
	err = -ENOBUFS;
	timer = tcp_timer_make(ts);
	if (timer)
		err = listen_begin(ts, backlog, timer);
	/* What bind let pass may be in another listener's way now. */
	if (err && !ts->bound)
		inet_unbind(&tcp_ports, &ts->inet);
out:
	mutex_unlock(&ts->send_lock);
	return err;
}

/* ---- accept ---- */

static struct socket *take_child(struct tcp_sock *l)
{
	struct tcp_sock *c;
	struct socket *s = NULL;

	spin_lock(&l->lock);
	c = list_first(&l->accept_queue);
	if (c) {
		list_remove(&l->accept_queue, c, accept_link);
		l->nr_accept--;
		s = c->inet.socket;
	}
	spin_unlock(&l->lock);
	return s;
}

/*
 * Nothing is held while it waits. wait_event looks again after each wake-up, and the queue is
 * looked at under the lock, so of two callers one takes the connection and the other waits on.
 */
int tcp_accept(struct socket *s, bool nonblock, struct socket **out)
{
	struct tcp_sock *l = tcp_of(s);
	u64 deadline = socket_deadline(s->rcv_timeout_ns, nonblock);
	int err;

	for (;;) {
		if (load_once(l->state) != TCP_LISTEN)
			return -EINVAL;
		*out = take_child(l);
		if (*out)
			return 0;
		if (nonblock)
			return -EAGAIN;
		wait_event(&s->read_wait,
			load_once(l->accept_queue.first) || load_once(l->state) != TCP_LISTEN,
			WAIT_INTERRUPTIBLE, deadline, &err);
		if (err)
			return socket_wait_error(err, deadline);
	}
}

/* Queues a child; false: nobody listens any more, or the queue is full. */
bool tcp_accept_queue(struct tcp_sock *l, struct tcp_sock *child)
{
	bool good;

	spin_lock(&l->lock);
	good = l->state == TCP_LISTEN && l->nr_accept <= l->backlog;
	if (good) {
		list_push_back(&l->accept_queue, child, accept_link);
		l->nr_accept++;
		/* One waiter takes one connection. */
		waitq_wake_one(&l->inet.socket->read_wait);
		poll_notify(l->inet.socket->poll, TCP_EV_IN | ASYNC_IN);
	}
	spin_unlock(&l->lock);
	return good;
}

/* ---- children ---- */

/*
 * The list is Linux's: what is set on the listener holds for connections that are made later. The
 * listener's socket may be closed at this moment (from is NULL): then the child will not be
 * accepted, and only its own defaults count. Sizes of buffers, and whether they are tuned, are those
 * of the connection, under its lock: a setsockopt may have changed only the socket's yet.
 */
static void copy_options(struct tcp_sock *c, const struct tcp_sock *l)
{
	struct socket *const s = c->inet.socket, *const from = l->inet.socket;

	c->nodelay = l->nodelay;
	c->cork = l->cork;
	c->keep_idle_s = l->keep_idle_s;
	c->keep_intvl_s = l->keep_intvl_s;
	c->keep_count = l->keep_count;
	c->user_timeout_ms = l->user_timeout_ms;
	c->linger2_set = l->linger2_set;
	c->linger2_s = l->linger2_s;
	c->window_clamp = l->window_clamp;
	c->notsent_lowat = l->notsent_lowat;
	c->mss_user = l->mss_user;
	c->congestion = l->congestion;
	c->sndbuf = l->sndbuf;
	c->rcvbuf = l->rcvbuf;
	c->snd_fixed = l->snd_fixed;
	c->rcv_fixed = l->rcv_fixed;
	if (!from)
		return;
	s->options = (load_once(from->options) & ~OPT_BUF_LOCKS) |
		(c->snd_fixed ? OPT_SNDBUF_LOCK : 0u) | (c->rcv_fixed ? OPT_RCVBUF_LOCK : 0u);
	socket_stamps_inherit(s, from);
	s->sndbuf = c->sndbuf;
	s->rcvbuf = c->rcvbuf;
	s->rcvlowat = from->rcvlowat;
	s->priority = from->priority;
	s->mark = from->mark;
	s->linger = from->linger;
	s->rcv_timeout_ns = from->rcv_timeout_ns;
	s->snd_timeout_ns = from->snd_timeout_ns;
}

/*
 * The SYN is not kept, so it is rebuilt from what the request has of it. Its window is not: the
 * acknowledgement that makes the child brings a newer one (become_child).
 */
static void copy_request(struct tcp_sock *c, const struct tcp_request *r)
{
	struct tcp_seg seg = { .seq = r->irs,
		.mss = r->mss,
		.has_ts = r->ts_ok,
		.ts_value = r->ts_recent,
		.sack_ok = r->sack_ok,
		.has_wscale = r->wscale_ok,
		.wscale = r->snd_wscale,
		.window = 65535 };

	c->iss = r->iss;
	c->snd_una = c->snd_nxt = c->write_seq = c->snd_small = r->iss + 1;
	c->snd_up = r->iss;
	c->ts_offset = r->ts_offset;
	c->ts_ok = r->ts_ok;
	c->sack_ok = r->sack_ok;
	c->wscale_ok = r->wscale_ok;
	c->ecn_ok = r->ecn_ok;
	c->rcv_wscale = r->rcv_wscale;
	c->rto_ns = TCP_RTO_INIT_NS;
	c->advmss = tcp_advmss(c);
	tcp_agree(c, &seg);
	tcp_init_receive(c);
	c->rcv_wnd = r->window;
	c->retries = r->retries;
	c->syn_ns = r->sent_ns;
}

/* The port, if the listener still has it: its lock guards its binding. */
static int listen_inherit(struct tcp_sock *c, struct tcp_sock *l)
{
	int err;

	spin_lock(&l->lock);
	err = l->state == TCP_LISTEN ? inet_sock_inherit(&tcp_ports, &c->inet, &l->inet) : -ENOMEM;
	spin_unlock(&l->lock);
	return err;
}

/* A reference to the child's own socket is with the caller: inet.socket. NULL: no memory. */
struct tcp_sock *tcp_child_new(struct tcp_sock *l, const struct tcp_request *r)
{
	struct socket *s = NULL;
	struct tcp_sock *c = tcp_sock_new(l->family, &s);

	if (!c)
		return NULL;
	c->inet.local = r->key.local;
	c->inet.peer = r->key.peer;
	c->inet.local_port = r->key.local_port;
	c->inet.peer_port = r->key.peer_port;
	if (ip_is_link_local(r->key.peer))
		c->inet.ifindex = c->inet.peer_scope = r->key.ifindex;
	c->timer = tcp_timer_make(c);
	if (!c->timer || listen_inherit(c, l)) {
		spin_lock(&c->lock);
		tcp_orphan(c);
		spin_unlock(&c->lock);
		obj_put(&s);
		return NULL;
	}
	spin_lock(&l->lock);
	copy_options(c, l);
	spin_unlock(&l->lock);
	copy_request(c, r);
	tcp_establish(c);
	tcp_count(TCP_PASSIVE_OPENS);
	return c;
}

/* ---- the end ---- */

/* A connection that nobody accepts any more is reset. Consumes the queue's reference. */
static void drop_child(struct socket *s)
{
	struct tcp_sock *c = tcp_of(s);

	spin_lock(&c->lock);
	tcp_abort(c, ECONNRESET);
	tcp_orphan(c);
	spin_unlock(&c->lock);
	obj_put(&s);
}

/*
 * Requests and children are ended one by one with the lock free between them: a user can have many,
 * and a child's lock comes before the listener's.
 */
void tcp_listener_stop(struct tcp_sock *l)
{
	struct tcp_request *r;
	struct socket *child;

	spin_lock(&l->lock);
	if (l->state != TCP_LISTEN) {
		spin_unlock(&l->lock);
		return;
	}
	/* Off the chain before the state says so: listen() would enter it a second time. */
	tcp_listen_remove(l);
	inet_reuse_leave(&l->inet);
	inet_listen_end(&tcp_ports, &l->inet);
	store_once(l->state, TCP_CLOSE);
	tcp_timer_drop(l);
	if (!l->bound)
		inet_unbind(&tcp_ports, &l->inet);
	tcp_wake_all(l, TCP_EV_END);
	spin_unlock(&l->lock);
	for (;;) {
		spin_lock(&l->lock);
		r = list_first(&l->requests);
		if (r)
			(void)obj_get(r);
		spin_unlock(&l->lock);
		if (!r)
			break;
		tcp_request_remove(r);
		obj_put(&r);
		task_cond_resched();
	}
	while ((child = take_child(l)) != NULL) {
		drop_child(child);
		netdev_run(); /* the resets are in this CPU's backlog */
		task_cond_resched();
	}
}
