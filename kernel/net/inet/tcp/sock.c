// SPDX-License-Identifier: MPL-2.0
/*
 * TCP sockets: creation, readiness, names, ioctls, and their table of operations.
 *
 * A socket and its connection are two objects, because a connection outlives its file: after close
 * it sends what is queued, and waits. ts->inet.socket is NULL then, and wake-ups go nowhere. The
 * file is what the operations below start from, so they have both.
 *
 * Locks. send_lock lets one caller at a time connect, bind, listen or send, recv_lock one receive;
 * both are mutexes, held across sleeps. ts->lock, a spin lock, guards the state that segments and
 * timers change, and is taken inside them.
 *
 * Readiness. poll registers before it reads the state (kernel/poll.h). It reads single words
 * without ts->lock. Only "not writable" is decided under it, with a mark (tcp_writable_or_mark): an
 * acknowledgement that frees room looks at the mark under the same lock, and so notifies exactly
 * those who wait.
 */
#include <kernel/errqueue.h>
#include <kernel/poll.h>
#include <kernel/uaccess.h>

#include "tcp.h"

/* Everything it had is gone since it was finished (close.c). */
OBJ_TYPE(tcp_sock, NULL_RELEASE);

/* ---- wake-ups; the lock is held ---- */

void tcp_wake_readers(struct tcp_sock *ts, u32 events)
{
	if (ts->inet.socket)
		socket_wake_readers(ts->inet.socket, events);
}

void tcp_wake_writers(struct tcp_sock *ts, u32 events)
{
	if (ts->inet.socket)
		socket_wake_writers(ts->inet.socket, events);
}

void tcp_wake_all(struct tcp_sock *ts, u32 events)
{
	if (ts->inet.socket)
		socket_wake_all(ts->inet.socket, events);
}

/* ---- readiness ---- */

bool tcp_is_writable(const struct tcp_sock *ts)
{
	u32 limit = load_once(ts->sndbuf), low = load_once(ts->notsent_lowat);

	/* With tcp_mem exhausted each connection has one packet under way. */
	if (unlikely(tcp_memory_out()) && load_once(ts->wmem))
		return false;
	if (low && load_once(ts->write_seq) - load_once(ts->snd_nxt) >= low)
		return false;
	return load_once(ts->wmem) < limit - limit / 3;
}

/*
 * The mark is set under the lock, where acknowledgements free the buffer: they see it, or this sees
 * the room that they made. So an acknowledgement for which nobody waits notifies nobody.
 */
bool tcp_writable_or_mark(struct tcp_sock *ts)
{
	bool room = tcp_is_writable(ts);

	if (room)
		return true;
	spin_lock(&ts->lock);
	room = tcp_is_writable(ts);
	if (!room)
		ts->nospace = true;
	spin_unlock(&ts->lock);
	return room;
}

/*
 * Below SO_RCVLOWAT a reader still has to wake when the peer can send no more: its window is used
 * up, or the memory of all TCP is. Else both ends would wait for each other.
 */
static u32 connected_events(struct socket *s, struct tcp_sock *ts)
{
	u32 r = 0, have = tcp_readable(ts);
	u32 want = max(min(load_once(s->rcvlowat), load_once(ts->rcvbuf) / 2), 1u);

	if (have >= want ||
		(have && (tcp_memory_low() || tcp_window_left(ts) <= load_once(ts->rcv_mss))))
		r |= TCP_EV_IN; /* the peer may send no more before something is read */
	if (load_once(s->shutdown) & SHUTDOWN_SEND)
		r |= TCP_EV_OUT;
	else if (tcp_writable_or_mark(ts))
		r |= TCP_EV_OUT;
	if (load_once(ts->urg_valid) && !load_once(ts->urg_read) &&
		seq_after(tcp_data_end(ts), load_once(ts->urg_seq)))
		r |= POLLPRI;
	return r;
}

/* As tcp_poll of Linux. */
u32 tcp_poll(struct socket *s, struct poll_table *pt)
{
	struct tcp_sock *ts = tcp_of(s);
	u32 state, shutdown, r = 0;

	poll_wait(pt, &s->poll);
	state = load_acquire(ts->state);
	if (state == TCP_LISTEN)
		return load_once(ts->accept_queue.first) ? TCP_EV_IN : 0;
	shutdown = load_once(s->shutdown);
	if (shutdown == SHUTDOWN_BOTH || state == TCP_CLOSE)
		r |= POLLHUP;
	if (shutdown & SHUTDOWN_RCV)
		r |= TCP_EV_IN | POLLRDHUP;
	if (state == TCP_CLOSE && !(shutdown & SHUTDOWN_RCV))
		r |= TCP_EV_OUT;
	else if (state != TCP_SYN_SENT && state != TCP_SYN_RECV)
		r |= connected_events(s, ts);
	if (atomic_load(&s->error) || socket_has_errors(s))
		r |= POLLERR;
	return r;
}

static void tcp_control_out(struct socket *s, struct socket_msg *m, struct control_out *o)
{
	inet_control_out(&tcp_of(s)->inet, m, o);
}

/* Numbers of sends are places in the stream, which begins with the connection. */
static int tcp_stamp_start(struct socket *s, u32 flags, u32 *const key)
{
	struct tcp_sock *ts = tcp_of(s);
	int err = 0;

	spin_lock(&ts->lock);
	if (ts->state == TCP_CLOSE || ts->state == TCP_LISTEN)
		err = -EINVAL;
	*key = flags & STAMP_OPT_ID_TCP ? ts->write_seq : ts->snd_una;
	spin_unlock(&ts->lock);
	return err;
}

/* ---- names, ioctls ---- */

static int tcp_bind(struct socket *s, const struct sockaddr_any *a, u32 len)
{
	struct tcp_sock *ts = tcp_of(s);
	int err = -EINVAL;

	mutex_lock(&ts->send_lock);
	if (load_once(ts->state) == TCP_CLOSE && !ts->inet.local_port)
		err = inet_bind(&tcp_ports, &ts->inet, a, len);
	if (!err) {
		ts->bound = ts->inet.local_port != 0;
		ts->bound_addr = !ip_is_zero(ts->inet.local);
	}
	mutex_unlock(&ts->send_lock);
	return err;
}

static int tcp_getname(struct socket *s, bool peer, struct sockaddr_any *a)
{
	struct tcp_sock *ts = tcp_of(s);
	int len;

	/* A connection that is over before accept returns it still tells whose it was. */
	if (peer && load_once(s->file) &&
		tcp_in(load_once(ts->state), bit(TCP_CLOSE) | bit(TCP_SYN_SENT)))
		return -ENOTCONN;
	len = inet_getname(&ts->inet, peer, a);
	if (!peer && !load_once(ts->inet.local_port)) {
		a->data[0] = (u8)(load_once(ts->former_port) >> 8);
		a->data[1] = (u8)load_once(ts->former_port);
	}
	return len;
}

#define SIOCOUTQNSD 0x894bu

static s64 tcp_ioctl(struct socket *s, u32 cmd, u64 arg)
{
	struct tcp_sock *ts = tcp_of(s);
	bool listens = load_once(ts->state) == TCP_LISTEN;
	s32 out;

	switch (cmd) {
	case FIONREAD:
		out = (s32)tcp_readable(ts);
		break;
	case SIOCATMARK:
		listens = false;
		out = load_once(ts->urg_valid) &&
			load_once(ts->urg_seq) == load_once(ts->copied_seq);
		break;
	case SIOCOUTQ:
		out = (s32)(load_once(ts->write_seq) - load_once(ts->snd_una));
		break;
	case SIOCOUTQNSD:
		out = (s32)(load_once(ts->write_seq) - load_once(ts->snd_nxt));
		break;
	default:
		return inet_ioctl(s, cmd, arg);
	}
	if (listens)
		return -EINVAL;
	return user_put(UADDR(arg), &out) ? -EFAULT : 0;
}

static bool tcp_is_listening(struct socket *s)
{
	return load_once(tcp_of(s)->state) == TCP_LISTEN;
}

/*
 * A size that the user sets is fixed. Called after setsockopt of SOL_SOCKET has changed the struct
 * socket: the connection has copies of the sizes, under its own lock.
 */
static void tcp_changed(struct socket *s)
{
	struct tcp_sock *ts = tcp_of(s);

	mutex_lock(&ts->send_lock); /* connect and listen change the binding under it */
	spin_lock(&ts->lock);
	inet_port_options(&tcp_ports, &ts->inet);
	if (s->sndbuf != ts->sndbuf)
		store_once(ts->sndbuf, s->sndbuf);
	if (s->rcvbuf != ts->rcvbuf)
		store_once(ts->rcvbuf, s->rcvbuf);
	ts->snd_fixed = load_once(s->options) & OPT_SNDBUF_LOCK;
	ts->rcv_fixed = load_once(s->options) & OPT_RCVBUF_LOCK;
	tcp_arm_keepalive(ts, time_mono_ns());
	tcp_timer_update(ts);
	if (tcp_is_writable(ts))
		tcp_wake_writers(ts, TCP_EV_OUT);
	spin_unlock(&ts->lock);
	mutex_unlock(&ts->send_lock);
}

static s32 take_soft_error(struct socket *s)
{
	struct tcp_sock *ts = tcp_of(s);
	s32 e;

	spin_lock(&ts->lock);
	e = ts->soft_error;
	ts->soft_error = 0;
	spin_unlock(&ts->lock);
	return e;
}

const struct socket_ops tcp_socket_ops = {
	.release = tcp_release,
	.bind = tcp_bind,
	.connect = tcp_connect,
	.listen = tcp_listen,
	.accept = tcp_accept,
	.getname = tcp_getname,
	.sendmsg = tcp_sendmsg,
	.send_file = tcp_send_file,
	.recvmsg = tcp_recvmsg,
	.peek_off = true,
	.poll = tcp_poll,
	.ioctl = tcp_ioctl,
	.shutdown = tcp_shutdown,
	.setsockopt = tcp_setsockopt,
	.getsockopt = tcp_getsockopt,
	.control_out = tcp_control_out,
	.stamp_start = tcp_stamp_start,
	.take_soft_error = take_soft_error,
	.is_listening = tcp_is_listening,
	.changed = tcp_changed,
};

/* ---- creation ---- */

/* The caller gets the reference to the socket; the socket holds the one to the connection. */
struct tcp_sock *tcp_sock_new(u32 family, struct socket **out)
{
	struct tcp_sock *ts = obj_new(tcp_sock);
	struct socket *s;

	if (!ts)
		return NULL;
	lock_level(&ts->send_lock, LOCK_SOCK_CALL);
	lock_level(&ts->recv_lock, LOCK_PIPE);
	lock_level(&ts->lock, LOCK_TCP);
	ts->family = (u16)family;
	ts->state = TCP_CLOSE;
	ts->congestion = tcp_congestion_standard();
	s = socket_new(&tcp_socket_ops, family, SOCK_STREAM, IP_PROTO_TCP, &ts->obj);
	if (!s)
		return NULL;
	s->sndbuf = ts->sndbuf = tcp_settings.wmem[1];
	s->rcvbuf = ts->rcvbuf = tcp_settings.rmem[1];
	inet_sock_init(&ts->inet, s);
	*out = s;
	return ts;
}

int tcp_create(u32 family, struct socket **out)
{
	return tcp_sock_new(family, out) ? 0 : -ENOMEM;
}

static const struct ip_transport tcp_transport = {
	.protocol = IP_PROTO_TCP, .receive = tcp_receive, .error = tcp_error
};

void tcp_init(void)
{
	tcp_settings_init();
	tcp_hash_init();
	tcp_table_init();
	tcp_request_table_init();
	tcp_timewait_init();
	tcp_timer_init();
	ip_transport_register(&tcp_transport);
}
