// SPDX-License-Identifier: MPL-2.0
/*
 * recv(2) and its kin on a connection.
 *
 * The reader holds recv_lock, so nobody else takes packets off the ready queue: no other reader,
 * and no connect, which drops what an earlier connection has left (tcp_forget). Under the
 * connection's lock it looks how far data reaches; then it copies with no spinlock, walking packets
 * that were there under the lock, and does not look beyond that point. Then it takes the lock again
 * to move copied_seq and to take off the packets that are read.
 *
 * It waits without recv_lock. Meanwhile another reader may have taken what a peek has seen, so the
 * place of a peek counts from copied_seq, and starts there anew when that has moved, as on Linux.
 * Or the socket may have been disconnected (epoch): nothing of another connection is read.
 */
#include <frame/task.h>
#include <kernel/poll.h>
#include <kernel/signal.h>
#include <kernel/thread.h>
#include <kernel/uio.h>

#include "tcp.h"

#define WAITS_MAX 16u /* then signals are looked at also without a sleep */

struct tcp_read {
	u32 seq, end; /* next byte; end of what may be read now */
	u32 from;     /* copied_seq when seq was counted from it */
	u32 skip;     /* SO_PEEK_OFF */
	u32 epoch;    /* the connection that is read */
	u32 waits;
	size_t done;
	u64 time_ns; /* when the last bytes came; 0: not known */
	bool peek, discard, inline_oob, at_mark;
};

/*
 * The urgent byte is no part of the stream, unless SO_OOBINLINE says so. It is stepped over when it
 * has come, and not before: r->seq never passes the end of what is there.
 */
static noinline void look_at_mark(struct tcp_sock *ts, struct tcp_read *r)
{
	if (r->seq == ts->urg_seq && seq_after(r->end, ts->urg_seq) && !r->inline_oob) {
		r->seq++;
		if (!r->peek)
			ts->copied_seq = r->seq;
	}
	if (seq_before(r->seq, ts->urg_seq) && seq_after(r->end, ts->urg_seq))
		r->end = ts->urg_seq;
	r->at_mark = r->end == ts->urg_seq;
}

/* Looks how far data reaches, and where the urgent byte stops it. Returns whether there is any. */
static bool look(struct tcp_sock *ts, struct tcp_read *r, struct packet **first)
{
	bool same;

	spin_lock(&ts->lock);
	same = ts->epoch == r->epoch;
	if (!r->peek || r->from != ts->copied_seq)
		r->seq = (r->from = ts->copied_seq) + r->skip;
	r->end = tcp_data_end(ts);
	r->at_mark = false;
	if (unlikely(ts->urg_valid))
		look_at_mark(ts, r);
	*first = ts->ready.first;
	spin_unlock(&ts->lock);
	return same && seq_before(r->seq, r->end);
}

/* Copies until r->end or the end of the uio. False: user memory faults. */
static bool copy(struct packet *p, struct uio *u, struct tcp_read *r)
{
	u32 end, off, n;

	for (; p && seq_before(r->seq, r->end) && u->left; p = load_once(p->link.next)) {
		end = p->control[RQ_END];
		if (!seq_after(end, r->seq))
			continue;
		if (seq_before(r->seq, p->control[RQ_SEQ]))
			break;
		off = r->seq - p->control[RQ_SEQ];
		n = (u32)min(u->left, (size_t)(min(end - r->seq, r->end - r->seq)));
		if (r->discard)
			u->left -= n;
		else if (packet_to_user(p, off, u, n) < n)
			return false;
		r->seq += n;
		r->done += n;
		if (unlikely(p->time_ns))
			r->time_ns = p->time_ns;
	}
	return true;
}

/* Takes what is read off the queue; returns the packets as a chain. */
static struct packet *consume(struct tcp_sock *ts, u32 seq)
{
	struct packet *chain = NULL, *p;
	u32 freed = 0;

	ts->copied_seq = seq;
	if (ts->urg_valid && seq_after(seq, ts->urg_seq))
		ts->urg_valid = false;
	while ((p = list_first(&ts->ready)) != NULL && !seq_after(p->control[RQ_END], seq)) {
		list_remove(&ts->ready, p, link);
		freed += p->control[RQ_CHARGE];
		p->link.next = chain;
		chain = p;
	}
	ts->rmem -= freed;
	if (freed)
		tcp_memory_uncharge(freed);
	return chain;
}

static void drop_chain(struct packet *p)
{
	struct packet *next;

	while (p) {
		next = p->link.next;
		p->link.next = NULL;
		packet_drop(&p);
		p = next;
	}
}

/* What there is, once. 0 or -EFAULT. *@got: whether there was anything. */
static int read_ready(struct tcp_sock *ts, struct uio *u, struct tcp_read *r, bool *got)
{
	struct packet *first, *chain;
	size_t before = r->done;
	bool good;

	/* A reader mostly comes before the data: that needs no lock. */
	*got = (r->done || seq_after(tcp_data_end(ts), r->seq)) && look(ts, r, &first);
	if (!*got)
		return 0;
	good = copy(first, u, r);
	if (r->done == before)
		return !good ? -EFAULT : u->left ? -EIO : 0; /* -EIO: the queue has a gap, a bug */
	if (!r->peek) {
		spin_lock(&ts->lock);
		chain = consume(ts, r->seq);
		tcp_ack_read(ts);
		tcp_timer_update(ts);
		spin_unlock(&ts->lock);
		drop_chain(chain);
		netdev_run();
	}
	return good ? 0 : -EFAULT;
}

/* No more data comes, or an error is to be told. */
static bool recv_has_ended(struct socket *s, const struct tcp_sock *ts)
{
	return atomic_load(&s->error) || (load_once(s->shutdown) & SHUTDOWN_RCV) ||
		load_once(ts->state) == TCP_CLOSE;
}

/* What has come is read at once, also for MSG_WAITALL: that keeps the window open. */
static bool recv_has_news(struct socket *s, const struct tcp_sock *ts, const struct tcp_read *r)
{
	return seq_after(tcp_data_end(ts), r->seq) || recv_has_ended(s, ts) ||
		load_once(ts->epoch) != r->epoch;
}

/*
 * Data that came since the look, and the end right behind it. Whoever marks the end has the lock,
 * and has queued before what came before it: who gets the lock after that sees it all.
 */
static noinline bool data_before_end(struct tcp_sock *ts, const struct tcp_read *r)
{
	bool some;

	spin_lock(&ts->lock);
	some = seq_after(tcp_data_end(ts), r->seq);
	spin_unlock(&ts->lock);
	return some;
}

#define LOOK_AGAIN 1

/*
 * The result when nothing was left to read: 0 at the end of the stream, -EAGAIN: wait, LOOK_AGAIN.
 * An error is for the next call if this one has bytes to return.
 */
static int at_end(struct socket *s, struct tcp_sock *ts, const struct tcp_read *r)
{
	int err;

	if (load_once(ts->epoch) != r->epoch)
		return -EPIPE; /* another thread has disconnected it, as on Linux */
	if (likely(!recv_has_ended(s, ts)))
		return -EAGAIN;
	if (data_before_end(ts, r))
		return LOOK_AGAIN;
	if (r->done)
		return 0;
	err = socket_take_error(s);
	if (err)
		return err;
	if (load_once(s->shutdown) & SHUTDOWN_RCV)
		return 0;
	return load_once(ts->state) == TCP_CLOSE ? -ENOTCONN : -EAGAIN;
}

/* Without recv_lock. 0: look again. */
static int wait_news(struct socket *s, struct tcp_sock *ts, struct tcp_read *r, u64 deadline)
{
	int err;

	mutex_unlock(&ts->recv_lock);
	wait_event(&s->read_wait, recv_has_news(s, ts, r), WAIT_INTERRUPTIBLE, deadline, &err);
	/* News that others are always faster to take must not keep a task that is to die. */
	task_cond_resched();
	if (!err && r->waits++ >= WAITS_MAX && signal_pending(thread_current()))
		err = -EINTR;
	mutex_lock(&ts->recv_lock);
	return err ? socket_wait_error(err, deadline) : 0;
}

static int recv_receive(struct socket *s, struct tcp_sock *ts, struct uio *u, struct socket_msg *m,
	struct tcp_read *r)
{
	size_t target = m->flags & MSG_WAITALL
		? u->left
		: max(min((size_t)load_once(s->rcvlowat), u->left), 1ul);
	u64 deadline = 0;
	bool waited = false, got;
	int err;

	r->epoch = load_once(ts->epoch);
	r->from = load_once(ts->copied_seq);
	r->seq = r->from + r->skip;
	for (;;) {
		err = read_ready(ts, u, r, &got);
		if (err || !u->left || (r->at_mark && r->done))
			return err;
		if (got && !r->peek) {
			/* Enough, and no more is there; what comes now is for the next call. */
			if (r->done >= target && !seq_after(tcp_data_end(ts), r->seq))
				return 0;
			task_cond_resched(); /* a reader that only drops could go on for long */
			continue;
		}
		if (r->done >= target)
			return 0;
		err = at_end(s, ts, r);
		if (err == LOOK_AGAIN)
			continue;
		if (err != -EAGAIN || (m->flags & MSG_DONTWAIT))
			return err;
		if (!waited)
			deadline = socket_deadline(s->rcv_timeout_ns, false);
		waited = true;
		err = wait_news(s, ts, r, deadline);
		if (err)
			return err;
	}
}

/* The urgent byte has come, and is in the ready queue while urg_valid is true. ts->lock held. */
static bool urgent_byte(struct tcp_sock *ts, struct span to)
{
	const struct packet *p = ts->ready.first;

	while (p && !seq_after(p->control[RQ_END], ts->urg_seq))
		p = p->link.next;
	return p && packet_read(p, ts->urg_seq - p->control[RQ_SEQ], to);
}

/* MSG_OOB: the urgent byte, once. */
static noinline ssize_t receive_oob(struct socket *s, struct tcp_sock *ts, struct uio *u,
	struct socket_msg *m)
{
	u8 byte[1];

	if (load_once(s->options) & OPT_OOBINLINE)
		return -EINVAL;
	spin_lock(&ts->lock);
	if (!ts->urg_valid || ts->urg_read || !seq_after(tcp_data_end(ts), ts->urg_seq)) {
		bool coming = ts->urg_valid && !ts->urg_read;
		spin_unlock(&ts->lock);
		return coming ? -EAGAIN : -EINVAL;
	}
	if (!urgent_byte(ts, span_of(byte))) {
		spin_unlock(&ts->lock);
		return -EINVAL;
	}
	if (!(m->flags & MSG_PEEK))
		ts->urg_read = true;
	spin_unlock(&ts->lock);
	if (!u->left) {
		m->out_flags |= MSG_TRUNC;
		return 0;
	}
	m->out_flags |= MSG_OOB;
	return uio_put(u, cspan_of(byte)) == 1 ? 1 : -EFAULT;
}

ssize_t tcp_recvmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	struct tcp_sock *ts = tcp_of(s);
	struct tcp_read r = { .peek = m->flags & MSG_PEEK,
		.discard = m->flags & MSG_TRUNC,
		.inline_oob = load_once(s->options) & OPT_OOBINLINE };
	int err;

	if (load_once(ts->state) == TCP_LISTEN)
		return -ENOTCONN;
	if (m->flags & MSG_OOB)
		return receive_oob(s, ts, u, m);
	if (m->flags & MSG_ERRQUEUE)
		return inet_recv_error(&ts->inet, u, m, name);
	mutex_lock(&ts->recv_lock);
	r.skip = socket_peek_from(s, m->flags);
	err = recv_receive(s, ts, u, m, &r);
	socket_peek_done(s, m->flags, r.done);
	mutex_unlock(&ts->recv_lock);
	if (unlikely(r.time_ns)) {
		m->ip.given = IP_CONTROL_TIME;
		m->ip.time_ns = r.time_ns;
	}
	return r.done ? (ssize_t)r.done : err;
}
