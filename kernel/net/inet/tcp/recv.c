// SPDX-License-Identifier: MPL-2.0
/*
 * recv(2) and its kin on a connection.
 *
 * The reader holds recv_lock, so nobody else takes packets off the ready queue. Under the
 * connection's lock it looks how far data reaches; then it copies with no spinlock, walking packets
 * that were there under the lock, and does not look beyond that point. Then it takes the lock again
 * to move copied_seq and to take off the packets that are read.
 */
#include <kernel/poll.h>
#include <kernel/uio.h>

#include "tcp.h"

struct tcp_read {
	u32 seq, end; /* next byte; end of what may be read now */
	size_t done;
	bool peek, discard, inline_oob, at_mark;
};

/* Looks how far data reaches, and where the urgent byte stops it. Returns whether there is any. */
static bool look(struct tcp_sock *ts, struct tcp_read *r, struct packet **first)
{
	spin_lock(&ts->lock);
	if (!r->peek)
		r->seq = ts->copied_seq;
	r->end = tcp_data_end(ts);
	if (unlikely(ts->urg_valid)) {
		if (r->seq == ts->urg_seq && !r->inline_oob) {
			r->seq++; /* the stream goes on behind it */
			if (!r->peek && seq_after(ts->rcv_nxt, ts->urg_seq))
				ts->copied_seq = r->seq;
		}
		if (seq_before(r->seq, ts->urg_seq) && seq_after(r->end, ts->urg_seq))
			r->end = ts->urg_seq;
		r->at_mark = r->end == ts->urg_seq;
	}
	*first = ts->ready.first;
	spin_unlock(&ts->lock);
	return seq_before(r->seq, r->end);
}

/* Copies until r->end or the end of the uio. False: user memory faults. */
static bool copy(struct packet *p, struct uio *u, struct tcp_read *r)
{
	u32 end, off, n;

	for (; p && seq_before(r->seq, r->end) && u->left; p = load_once(p->link.next)) {
		end = p->control[RQ_END];
		if (!seq_after(end, r->seq))
			continue;
		off = r->seq - p->control[RQ_SEQ];
		n = (u32)min(u->left, (size_t)(min(end - r->seq, r->end - r->seq)));
		if (r->discard)
			u->left -= n;
		else if (packet_to_user(p, off, u, n) < n)
			return false;
		r->seq += n;
		r->done += n;
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

	*got = look(ts, r, &first);
	if (!*got)
		return 0;
	good = copy(first, u, r);
	if (r->done == before)
		return good ? 0 : -EFAULT;
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

/* What has come is read at once, also for MSG_WAITALL: that keeps the window open. */
static bool has_news(struct socket *s, const struct tcp_sock *ts, u32 seq)
{
	return tcp_data_end(ts) != seq || (load_once(s->shutdown) & SHUTDOWN_RCV) ||
		atomic_load(&s->error) || load_once(ts->state) == TCP_CLOSE;
}

/* The result when nothing is left to read: 0 at the end of the stream, -EAGAIN: wait. */
static int at_end(struct socket *s, struct tcp_sock *ts)
{
	int err = socket_take_error(s);

	if (err)
		return err;
	if (load_once(s->shutdown) & SHUTDOWN_RCV)
		return 0;
	return load_once(ts->state) == TCP_CLOSE ? -ENOTCONN : -EAGAIN;
}

static int receive(struct socket *s, struct tcp_sock *ts, struct uio *u, struct socket_msg *m,
	struct tcp_read *r)
{
	size_t target = m->flags & MSG_WAITALL
		? u->left
		: max(min((size_t)load_once(s->rcvlowat), u->left), 1ul);
	u64 deadline = 0;
	bool waited = false, got;
	int err;

	r->seq = load_once(ts->copied_seq);
	for (;;) {
		err = read_ready(ts, u, r, &got);
		if (err || !u->left || (r->at_mark && r->done))
			return err;
		if (got && !r->peek)
			continue;
		if (r->done >= target)
			return 0;
		err = at_end(s, ts);
		if (err != -EAGAIN || (m->flags & MSG_DONTWAIT))
			return err;
		if (!waited)
			deadline = socket_deadline(s->rcv_timeout_ns, false);
		waited = true;
		mutex_unlock(&ts->recv_lock);
		wait_event(&s->read_wait, has_news(s, ts, r->seq), WAIT_INTERRUPTIBLE, deadline,
			&err);
		mutex_lock(&ts->recv_lock);
		if (err)
			return socket_wait_error(err, deadline);
	}
}

/* MSG_OOB: the urgent byte, once. */
static ssize_t receive_oob(struct socket *s, struct tcp_sock *ts, struct uio *u,
	struct socket_msg *m)
{
	u8 byte[1];

	if (load_once(s->options) & OPT_OOBINLINE)
		return -EINVAL;
	spin_lock(&ts->lock);
	if (!ts->urg_valid || ts->urg_read || !seq_after(ts->rcv_nxt, ts->urg_seq)) {
		bool coming = ts->urg_valid && !ts->urg_read;
		spin_unlock(&ts->lock);
		return coming ? -EAGAIN : -EINVAL;
	}
	byte[0] = ts->urg_byte;
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

	(void)name;
	if (load_once(ts->state) == TCP_LISTEN)
		return -ENOTCONN;
	if (m->flags & MSG_OOB)
		return receive_oob(s, ts, u, m);
	mutex_lock(&ts->recv_lock);
	err = receive(s, ts, u, m, &r);
	mutex_unlock(&ts->recv_lock);
	return r.done ? (ssize_t)r.done : err;
}
