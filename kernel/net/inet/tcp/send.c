// SPDX-License-Identifier: MPL-2.0
/*
 * send(2) and its kin on a connection.
 *
 * The user's bytes are copied into a packet with no lock but send_lock, or pages of a file are added
 * to it (kernel/net/sendfile.c), and the packet is appended and sent under the connection's lock.
 * Then netdev_run lets the other end have it, if that is on this machine.
 *
 * What is looked at without the lock (may_send) is a hint, and is looked at again when the packet
 * is appended: meanwhile the connection may have been reset, or shut down for sending. Bytes that
 * were taken from the user then are lost with it, as on Linux.
 *
 * A sender that waits drops send_lock, so others may send between two pieces of a large write;
 * POSIX promises no more for streams. MSG_MORE and what is left of a write hold back a part of a
 * segment (ts->more); whoever waits or ends lets it go.
 */
#include <frame/task.h>
#include <kernel/poll.h>
#include <kernel/signal.h>
#include <kernel/thread.h>
#include <kernel/uio.h>

#include "tcp.h"

#define CONNECTING (bit(TCP_SYN_SENT) | bit(TCP_SYN_RECV))
#define SENDABLE   (bit(TCP_ESTABLISHED) | bit(TCP_CLOSE_WAIT))
#define WAITS_MAX  16u /* then signals are looked at also without a sleep */

/* Whether the sender may go on copying; a hint, without the lock. */
static bool send_has_room(const struct tcp_sock *ts)
{
	if (unlikely(tcp_memory_out()) && load_once(ts->wmem))
		return false;
	return load_once(ts->wmem) < load_once(ts->sndbuf);
}

/* 0, -EAGAIN: wait; -EPIPE, or the pending error, which is left to the next call if @done. */
static int send_may_send(struct socket *s, struct tcp_sock *ts, bool done)
{
	u32 state = load_once(ts->state);
	int err;

	if (unlikely(atomic_load(&s->error))) {
		err = done ? -EPIPE : socket_take_error(s);
		if (err)
			return err;
	}
	if (unlikely(load_once(s->shutdown) & SHUTDOWN_SEND))
		return -EPIPE;
	if (likely(tcp_in(state, SENDABLE)))
		return send_has_room(ts) ? 0 : -EAGAIN;
	return tcp_in(state, CONNECTING) ? -EAGAIN : -EPIPE;
}

/*
 * The last byte that a call has sent is the one that times are told of. It is marked before it is
 * sent; only if the call ended early, its packet may be on its way already.
 */
static noinline void send_stamp(struct tcp_sock *ts, u32 stamps)
{
	struct packet *p = list_last(&ts->unsent);

	if (!p)
		p = list_last(&ts->sent);
	if (!p || !p->len)
		return;
	p->stamps |= (u8)stamps;
	p->stamp_key = p->control[TQ_SEQ] + p->len - 1;
}

static void send_append(struct tcp_sock *ts, struct packet *p, u32 flags, bool more, u32 stamps)
{
	tcp_queue_data(ts, p);
	if (unlikely(stamps))
		send_stamp(ts, stamps);
	if (flags & MSG_OOB) {
		ts->snd_up = ts->write_seq;
		ts->urgent = true;
	}
	ts->more = more;
	tcp_push(ts, false);
	if (unlikely(ts->wmem >= ts->sndbuf))
		tcp_tune_send(ts);
	tcp_timer_update(ts);
}

/* What a call sends: u->left bytes of user memory, or of a file from a position on. */
struct tcp_source {
	struct uio u;
	struct file *in; /* borrowed; NULL: user memory */
	u64 pos;
	u32 stamps; /* of the last byte, until it is marked */
};

/* Bytes for one packet: little if TCP has no memory (tcp_wmem[0], as on Linux). */
static u32 piece_size(const struct tcp_sock *ts, size_t left)
{
	u32 most = tcp_size_goal(ts);

	if (unlikely(tcp_memory_out()))
		most = min(most, tcp_settings.wmem[0]);
	return (u32)min(left, (size_t)most);
}

/*
 * Takes up to @n bytes. 0, or an error if nothing could be taken (-ENXIO: the file has ended).
 * Fewer bytes are no error: memory ended, or the ranges that other senders left were small and
 * many.
 */
static int send_fill(struct packet *p, struct tcp_source *const from, u32 n)
{
	int err;

	if (likely(!from->in)) {
		err = packet_add_user(p, &from->u, n);
	} else {
		err = packet_add_file(p, from->in, from->pos, n);
		from->pos += p->len;
		from->u.left -= p->len;
	}
	return err && p->len && err != -EFAULT ? 0 : err;
}

/* Sends one packet's worth. Returns the bytes, or a negative errno. */
static ssize_t send_piece(struct socket *s, struct tcp_sock *ts, struct tcp_source *const from,
	const struct socket_msg *m, bool done)
{
	struct packet *p;
	u32 n;
	int err = send_may_send(s, ts, done);

	if (err)
		return err;
	p = packet_new(PACKET_ROOM + TCP_HEADER_MAX);
	if (!p)
		return -ENOBUFS;
	err = send_fill(p, from, piece_size(ts, from->u.left));
	n = p->len;
	if (!err) {
		spin_lock(&ts->lock);
		if (likely(tcp_in(ts->state, SENDABLE) &&
			    !(load_once(s->shutdown) & SHUTDOWN_SEND))) {
			send_append(ts, p, from->u.left ? m->flags & ~MSG_OOB : m->flags,
				from->u.left || (m->flags & TCP_MSG_MORE),
				from->u.left ? 0 : from->stamps);
			if (!from->u.left)
				from->stamps = 0;
			p = NULL;
		}
		spin_unlock(&ts->lock);
		netdev_run();
		if (!p)
			return (ssize_t)n;
		err = done ? 0 : socket_take_error(s);
		if (!err)
			err = -EPIPE;
	}
	packet_drop(&p);
	return err;
}

/* The last piece said that more would follow; but nothing does. */
static noinline void end_more(struct tcp_sock *ts)
{
	spin_lock(&ts->lock);
	ts->more = false;
	tcp_push(ts, false);
	tcp_timer_update(ts);
	spin_unlock(&ts->lock);
	netdev_run();
}

/*
 * No memory: it may come back. As on Linux the wait is short, and the deadline of the call holds.
 */
#define MEMORY_WAIT_NS (20 * NSEC_PER_MSEC)

static bool is_over(struct socket *s, const struct tcp_sock *ts)
{
	return atomic_load(&s->error) || (load_once(s->shutdown) & SHUTDOWN_SEND) ||
		!tcp_in(load_once(ts->state), CONNECTING | SENDABLE);
}

static int wait_memory(struct socket *s, struct tcp_sock *ts, u64 deadline)
{
	u64 until = time_mono_ns() + MEMORY_WAIT_NS;
	int err;

	wait_event(&s->write_wait, is_over(s, ts), WAIT_INTERRUPTIBLE, min(until, deadline), &err);
	return err == -ETIMEDOUT && until < deadline ? 0 : err;
}

/* Without send_lock. @why: what the last piece ended with. 0: try again. */
static int send_wait_room(struct socket *s, struct tcp_sock *ts, ssize_t why, u64 deadline)
{
	int err;

	if (load_once(ts->more))
		end_more(ts);
	mutex_unlock(&ts->send_lock);
	if (why == -ENOBUFS)
		err = wait_memory(s, ts, deadline);
	else
		wait_event(&s->write_wait,
			is_over(s, ts) ||
				(!tcp_in(load_once(ts->state), CONNECTING) &&
					tcp_writable_or_mark(ts)),
			WAIT_INTERRUPTIBLE, deadline, &err);
	/* Room that others are always faster to take must not keep a task that is to die. */
	task_cond_resched();
	mutex_lock(&ts->send_lock);
	return err ? socket_wait_error(err, deadline) : 0;
}

struct send_waits {
	u64 deadline; /* with @nr */
	u32 nr;
};

/*
 * What follows when a piece could not be sent (@n), and @done bytes were before: 0: it is to be
 * tried again, else the result of the call.
 */
static noinline ssize_t send_stopped(struct socket *s, struct tcp_sock *ts,
	const struct socket_msg *m, ssize_t n, ssize_t done, struct send_waits *const w)
{
	if (n == -EPIPE)
		return socket_broken(done, m->flags);
	if (n == -EAGAIN && (m->flags & MSG_DONTWAIT))
		(void)tcp_writable_or_mark(ts); /* as SOCK_NOSPACE of Linux */
	if (n == -ENOBUFS && (m->flags & MSG_DONTWAIT))
		n = -EAGAIN;
	if ((n != -EAGAIN && n != -ENOBUFS) || (m->flags & MSG_DONTWAIT))
		return done ? done : n;
	if (!w->nr)
		w->deadline = socket_deadline(s->snd_timeout_ns, false);
	n = send_wait_room(s, ts, n, w->deadline);
	if (!n && w->nr++ >= WAITS_MAX && signal_pending(thread_current()))
		n = socket_wait_error(-EINTR, w->deadline);
	return n && done ? done : n;
}

/*
 * One piece after the other until all is sent. A signal ends it between pieces, and what was sent
 * by then is the result; an error too is left for the next call then. WAITS_MAX keeps a call from
 * going on for ever that always finds a little room.
 */
static ssize_t send_all(struct socket *s, struct tcp_sock *ts, struct tcp_source *const from,
	const struct socket_msg *m)
{
	struct send_waits waits = { 0 };
	ssize_t done = 0, n;

	while (from->u.left) {
		n = send_piece(s, ts, from, m, done != 0);
		if (likely(n > 0)) {
			done += n;
			if (from->u.left && loop_should_end())
				return done;
			continue;
		}
		n = send_stopped(s, ts, m, n, done, &waits);
		if (n)
			return n;
	}
	return done;
}

static ssize_t send_from(struct socket *s, struct tcp_source *const from,
	const struct socket_msg *m)
{
	struct tcp_sock *ts = tcp_of(s);
	bool counted;
	ssize_t ret;

	if (load_once(ts->state) == TCP_CLOSE && !atomic_load(&s->error) &&
		!(load_once(s->shutdown) & SHUTDOWN_SEND))
		return socket_broken(0, m->flags);
	if (unlikely((load_once(s->stamping) | m->stamp) & (STAMP_TX_RECORD | STAMP_GIVEN)))
		from->stamps = socket_stamp_bits(s, m, &counted);
	mutex_lock(&ts->send_lock);
	ret = send_all(s, ts, from, m);
	if (unlikely(from->stamps) && ret > 0) {
		spin_lock(&ts->lock);
		send_stamp(ts, from->stamps);
		spin_unlock(&ts->lock);
	}
	if (unlikely(load_once(ts->more)) && !(m->flags & TCP_MSG_MORE))
		end_more(ts);
	mutex_unlock(&ts->send_lock);
	return ret;
}

ssize_t tcp_sendmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	struct tcp_source from = { .u = *u };
	struct sent_error *copied = NULL;
	ssize_t ret = u->left ? socket_zerocopy_begin(s, m, u->left, &copied) : 0;

	(void)name; /* ignored on a connection, as on Linux */
	if (unlikely(ret))
		return ret;
	ret = send_from(s, &from, m);
	socket_zerocopy_end(s, &copied, ret > 0);
	*u = from.u;
	return ret;
}

ssize_t tcp_send_file(struct socket *s, struct file *in, u64 pos, size_t len, u32 flags)
{
	struct tcp_source from = { .u = { .left = len }, .in = in, .pos = pos };
	struct socket_msg m = { .flags = flags };
	ssize_t ret = send_from(s, &from, &m);

	return ret == -ENXIO ? 0 : ret;
}
