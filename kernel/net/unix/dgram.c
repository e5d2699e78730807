// SPDX-License-Identifier: MPL-2.0
/*
 * Datagrams, and the packets of SOCK_SEQPACKET: each receiver has a queue of whole messages.
 *
 * How a message is sent. The sender first waits for room in its own send buffer and charges the
 * message to it, and copies the contents from user memory, without a lock. Descriptors are counted
 * as in flight to the receiver. Then the message is appended to the receiver's queue under the
 * receiver's lock, where everything that may have changed is checked again: whether the receiver is
 * alive, accepts messages from this sender, and has room. If the queue is full the sender waits on
 * the receiver's space_wait. If the receiver has died, a connected sender loses its peer; a sender
 * with a name looks the name up again.
 *
 * Two limits, as on Linux. Messages sent and not yet received count against the sender's send
 * buffer (wmem; released with the message). The queue of a receiver that is not connected to the
 * sender takes few messages (net.unix.max_dgram_qlen).
 *
 * Locking: read_lock serializes receivers; unix_sock.lock guards queue and peer. No lock is held in
 *          a wait.
 */
#include <kernel/bpf.h>
#include <kernel/list.h>
#include <kernel/poll.h>
#include <kernel/thread.h>
#include <kernel/uio.h>
#include <kernel/user_limit.h>

#include "unix.h"

/*
 * Bytes in bufs of messages. The memory of bufs is never used for anything else, so above a limit
 * the contents of further messages go into pages.
 */
static struct atomic buffered;
#define BUFFERED_MAX (4ul << 20)

/*
 * The release of a message: drops its contents and descriptors, and credits the sender's send
 * buffer; waiting writers are woken when it falls to a quarter.
 */
static void unix_msg_release(struct unix_msg *msg)
{
	struct socket *from = msg->from;
	struct unix_sock *us;
	u64 left;

	if (msg->fds)
		scm_fds_drop(&msg->fds);
	obj_put(&msg->addr);
	obj_put_any(&msg->sender);
	if (msg->data)
		(void)atomic_sub(&buffered, buf_size(msg->data));
	buf_put(&msg->data);
	obj_put(&msg->pages);
	if (!from)
		return;
	user_uncharge(USER_SOCKET_ITEMS, msg->uid, 1);
	us = unix_of(from);
	left = atomic_sub(&us->wmem, msg->charge);
	if (left * 4 <= unix_send_limit(from) && (left + msg->charge) * 4 > unix_send_limit(from))
		socket_wake_writers(from, POLLOUT | POLLWRNORM | POLLWRBAND);
	obj_put(&msg->from);
}
OBJ_TYPE(unix_msg, unix_msg_release);
OBJ_TYPE_DECL(unix_msg);

/* ---- making a message ---- */

/* The charge of a message: its bytes and the objects that hold them. */
#define MSG_OVERHEAD 768u

/*
 * A message counts as much memory as its storage takes, so that many small messages cannot take
 * more than the send buffer allows.
 */
static u32 unix_charge_of(size_t len)
{
	return MSG_OVERHEAD +
		(len > MSG_BUF                     ? (u32)round_up(len, PAGE_SIZE)
				: len > MSG_INLINE ? (u32)len
						   : 0u);
}

/* Copies the contents from user memory, into the smallest kind of storage that fits. */
static int unix_msg_fill(struct unix_msg *msg, struct uio *u)
{
	size_t len = msg->len;

	if (len <= MSG_INLINE)
		return uio_take(u, span_first(span_of(msg->small), len)) == len ? 0 : -EFAULT;
	if (len <= MSG_BUF && atomic_load(&buffered) < BUFFERED_MAX) {
		msg->data = buf_alloc_dirty(len);
		if (!msg->data)
			return -ENOBUFS;
		(void)atomic_add(&buffered, buf_size(msg->data));
		return uio_take(u, buf_span(msg->data)) == len ? 0 : -EFAULT;
	}
	msg->pages = unix_ring_new();
	if (!msg->pages || unix_ring_reserve(msg->pages, 0, 0, len))
		return -ENOBUFS;
	return unix_ring_write(msg->pages, 0, u, len) == len ? 0 : -EFAULT;
}

/* Waits until the send buffer has room, and charges it with @n bytes. */
static int unix_charge(struct socket *s, u32 n, bool nonblock)
{
	struct unix_sock *us = unix_of(s);
	u64 deadline = socket_deadline(s->snd_timeout_ns, nonblock);
	int err = socket_take_error(s);

	while (!err) {
		if (load_once(s->shutdown) & SHUTDOWN_SEND)
			return -EPIPE;
		if (atomic_load(&us->wmem) < unix_send_limit(s)) {
			(void)atomic_add(&us->wmem, n);
			return 0;
		}
		if (!deadline)
			return -EAGAIN;
		wait_event(&s->write_wait,
			unix_is_writable(us) || (load_once(s->shutdown) & SHUTDOWN_SEND),
			WAIT_INTERRUPTIBLE, deadline, &err);
		if (err)
			return socket_wait_error(err, deadline);
	}
	return err;
}

/*
 * Creates a message with everything but its descriptors. Returns 0, -EFAULT, -ENOBUFS, -EPIPE, or
 * an error of the wait for the send buffer.
 */
static int message_new(struct socket *s, struct uio *u, const struct socket_msg *m,
	struct unix_msg **out)
{
	struct unix_sock *us = unix_of(s);
	struct unix_addr *addr = load_acquire(us->addr);
	struct unix_msg *msg = obj_new(unix_msg);
	int err;

	if (!msg)
		return -ENOBUFS;
	msg->len = (u32)u->left;
	msg->charge = unix_charge_of(u->left);
	msg->uid = thread_current()->cred->uid;
	err = unix_charge(s, msg->charge, m->flags & MSG_DONTWAIT);
	if (!err && !user_charge(USER_SOCKET_ITEMS, msg->uid, 1, UNIX_ITEMS_MAX)) {
		(void)atomic_sub(&us->wmem, msg->charge);
		err = -ENOBUFS;
	}
	if (!err) {
		msg->from = obj_get(s);
		msg->addr = addr ? obj_get(addr) : NULL;
		err = unix_msg_fill(msg, u);
	}
	if (err)
		obj_put(&msg);
	else
		*out = msg;
	return err;
}

/* ---- the receiver, and whether its queue is full ---- */

static bool queue_is_full(const struct unix_sock *to)
{
	return load_once(to->queue_len) > load_once(to->backlog);
}

bool unix_must_wait(struct socket *s, struct unix_sock *to)
{
	return to->socket != s && load_once(to->peer) != s && queue_is_full(to);
}

/* A receiver that is connected takes messages from its peer only. */
static bool unix_may_send(struct socket *s, const struct unix_sock *to)
{
	struct socket *peer = load_once(to->peer);

	return !peer || peer == s;
}

/*
 * us->lock guards the pointer, so the reference is taken before another task can drop the socket's
 * own.
 */
struct socket *unix_peer_get(struct unix_sock *us)
{
	struct socket *peer;

	spin_lock(&us->lock);
	peer = us->peer ? obj_get(us->peer) : NULL;
	spin_unlock(&us->lock);
	return peer;
}

/*
 * Appends the message if the receiver takes it now. The queue takes a reference of its own. Returns
 * 0, -EAGAIN if the queue is full, -ENOENT if the receiver is dead, -EPERM, -EPIPE.
 */
static int unix_append(struct socket *s, struct socket *peer, struct unix_msg *msg)
{
	struct unix_sock *to = unix_of(peer);
	int err = 0;

	spin_lock(&to->lock);
	if (!unix_may_send(s, to))
		err = -EPERM;
	else if (to->dead)
		err = -ENOENT;
	else if (load_once(peer->shutdown) & SHUTDOWN_RCV)
		err = -EPIPE;
	else if (unix_must_wait(s, to))
		err = -EAGAIN;
	if (!err) {
		list_push_back(&to->queue, msg, link);
		(void)obj_get(msg);
		store_once(to->queue_len, to->queue_len + 1);
		to->queue_bytes += msg->len;
	}
	spin_unlock(&to->lock);
	if (!err) {
		waitq_wake_one(&peer->read_wait);
		poll_notify(peer->poll, POLLIN | POLLRDNORM | ASYNC_IN);
	}
	return err;
}

/*
 * The peer is dead: dissolves the connection to it. Returns the error of the send: -ECONNREFUSED,
 * or -ECONNRESET if @peer is not the connected one.
 */
static int forget_peer(struct socket *s, struct socket *peer)
{
	struct unix_sock *us = unix_of(s);
	struct socket *old = NULL;

	if (s->type == SOCK_SEQPACKET)
		return -EPIPE;
	spin_lock(&us->lock);
	if (us->peer == peer) {
		old = us->peer;
		us->peer = NULL;
		us->state = UNIX_CLOSE;
	}
	spin_unlock(&us->lock);
	if (!old)
		return -ECONNRESET;
	unix_stop_waiting(us);
	obj_put(&old);
	unix_dgram_flush(us);
	return -ECONNREFUSED;
}

/* ---- the receiver's filter ---- */

static u32 message_len(struct obj *o)
{
	return obj_cast(unix_msg, o)->len;
}

static bool message_load(struct obj *o, u32 off, u32 size, u32 *out)
{
	const struct unix_msg *m = obj_cast(unix_msg, o);
	u8 b[4];
	u32 i;

	*out = 0;
	if (off > m->len || size > m->len - off)
		return false;
	if (m->pages) {
		if (!unix_ring_peek(m->pages, off, span_first(span_of(b), size)))
			return false;
	} else {
		span_copy(span_first(span_of(b), size),
			cspan_from(m->data ? buf_cspan(m->data) : cspan_of(m->small), off));
	}
	for (i = 0; i < size; i++)
		*out = *out << 8 | *array_at(b, i);
	return true;
}
static const struct bpf_loads message_loads = {
	.load = message_load, .len = message_len, .ancillary = socket_ancillary
};

/* SO_ATTACH_FILTER of the receiver: false: it wants nothing of the message. */
static bool unix_pass_filter(struct socket *peer, struct unix_msg *msg)
{
	u32 keep = socket_filter(peer, &message_loads, &msg->obj, NULL);

	/* The buf stays whole, and so does what it counts. */
	if (keep)
		msg->len = min(msg->len, keep);
	return keep;
}

/* Whether another unix_append() is worth trying: there is room, or it fails for good. */
static bool can_try(struct socket *s, struct socket *peer)
{
	struct unix_sock *to = unix_of(peer);

	return load_once(to->dead) || (load_once(peer->shutdown) & SHUTDOWN_RCV) ||
		!unix_must_wait(s, to);
}

/* Appends the message, waiting for room. Returns 0, -ENOENT if the receiver is dead, or -errno. */
static int unix_deliver(struct socket *s, struct socket *peer, struct unix_msg *msg, u64 deadline)
{
	int err;

	for (;;) {
		err = unix_append(s, peer, msg);
		if (err != -EAGAIN || !deadline)
			return err;
		wait_event(&unix_of(peer)->space_wait, can_try(s, peer), WAIT_INTERRUPTIBLE,
			deadline, &err);
		if (err)
			return socket_wait_error(err, deadline);
	}
}

/*
 * Sends the message with its descriptors. They are counted as in flight before the message can be
 * received, and taken out of flight again on failure. Consumes @peer; NULL: it is looked up by
 * @name.
 */
static int post(struct socket *s, struct socket *peer, struct unix_msg *msg, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	u64 deadline = socket_deadline(s->snd_timeout_ns, m->flags & MSG_DONTWAIT);
	int err;

	for (;;) {
		if (!peer) {
			err = unix_find(name, m->name_len, s->type, &peer);
			if (err)
				return err;
		}
		if (unlikely(!unix_pass_filter(peer, msg))) {
			obj_put(&peer);
			return 0; /* the sender is not told */
		}
		unix_add_cred(s, unix_of(peer), m);
		msg->has_cred = m->has_cred;
		msg->cred = m->cred;
		if (m->error && !msg->sender)
			msg->sender = obj_get_any(m->error);
		err = 0;
		if (m->fds) {
			err = unix_fds_queue(unix_of(peer), m->fds);
			msg->fds = err ? NULL : m->fds;
		}
		if (!err)
			err = unix_deliver(s, peer, msg, deadline);
		if (!err) {
			m->fds = NULL;
			break;
		}
		if (msg->fds)
			unix_fds_unqueue(msg->fds);
		msg->fds = NULL;
		if (err != -ENOENT)
			break;
		err = forget_peer(s, peer);
		if (!name || err != -ECONNRESET)
			break;
		obj_put(&peer); /* the name may have a new owner */
	}
	obj_put(&peer);
	return err;
}

/* Sends to @name, or to the connected peer. A packet socket ignores the name. */
ssize_t unix_dgram_send(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	struct unix_sock *us = unix_of(s);
	struct socket *peer = NULL;
	struct unix_msg *msg = NULL;
	size_t len = u->left;
	ssize_t err;
	bool named = name != NULL && s->type == SOCK_DGRAM;

	if (s->type == SOCK_SEQPACKET && load_acquire(us->state) != UNIX_CONNECTED)
		return -ENOTCONN;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (named) {
		err = unix_check_addr(name, m->name_len);
		if (err)
			return err;
	} else {
		peer = unix_peer_get(us);
		if (!peer)
			return -ENOTCONN;
	}
	err = load_once(s->options) & (OPT_PASSCRED | OPT_PASSPIDFD) ? unix_autobind(s) : 0;
	if (!err && len > unix_send_limit(s) - 32)
		err = -EMSGSIZE;
	if (!err)
		err = message_new(s, u, m, &msg);
	if (err)
		obj_put(&peer);
	else
		err = post(s, peer, msg, m, named ? name : NULL);
	obj_put_any(&m->error);
	obj_put(&msg);
	return err ? err : (ssize_t)len;
}

/* ---- receiving ---- */

/*
 * Returns the first message as a reference, or NULL; removes it from the queue unless @peek: then it
 * is, with @has_off, the one at *@off bytes (SO_PEEK_OFF), which becomes the offset in it.
 * read_lock held.
 */
static struct unix_msg *unix_first(struct unix_sock *us, bool peek, bool has_off, u32 *off)
{
	struct unix_msg *msg;

	spin_lock(&us->lock);
	msg = list_first(&us->queue);
	if (msg && peek) {
		/* An empty message is peeked at once, if there is an offset. */
		while (msg && has_off && *off >= msg->len && (*off || msg->peeked)) {
			*off -= msg->len;
			msg = list_next(msg, link);
		}
		if (msg) {
			msg->peeked = msg->peeked || !msg->len;
			(void)obj_get(msg);
		}
	} else if (msg) {
		list_remove(&us->queue, msg, link);
		store_once(us->queue_len, us->queue_len - 1);
		us->queue_bytes -= msg->len;
	}
	spin_unlock(&us->lock);
	return msg;
}

/*
 * Copies @n bytes of the contents, behind the first @off, from whichever storage the message has. False: a
 * fault.
 */
static bool copy_body(struct unix_msg *msg, struct uio *u, size_t off, size_t n)
{
	if (msg->pages)
		return unix_ring_read(msg->pages, off, u, n) == n;
	if (msg->data)
		return uio_put(u, cspan_sub(buf_cspan(msg->data), off, n)) == n;
	return uio_put(u, cspan_sub(cspan_of(msg->small), off, n)) == n;
}

/*
 * Copies the message to the receiver: contents, address, credentials, descriptors. Returns its
 * length, or -EFAULT; the message is lost then, as on Linux. read_lock held.
 */
static ssize_t unix_msg_take(struct unix_msg *msg, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name, u32 off)
{
	size_t len = msg->len - off, n = min(u->left, len);

	if (name && msg->addr)
		m->name_len = unix_addr_copy(msg->addr, name);
	if (n < len)
		m->out_flags |= MSG_TRUNC;
	if (!copy_body(msg, u, off, n))
		n = ~0ul;
	m->has_cred = msg->has_cred;
	m->cred = msg->cred;
	m->error = msg->sender ? obj_get_any(msg->sender) : NULL;
	if (msg->fds && (m->flags & MSG_PEEK)) {
		m->fds = n == ~0ul ? NULL : unix_fds_peek(msg->fds);
	} else if (msg->fds) {
		unix_fds_unqueue(msg->fds);
		m->fds = msg->fds;
		msg->fds = NULL;
	}
	if (n == ~0ul)
		return -EFAULT;
	return m->flags & MSG_TRUNC ? (ssize_t)len : (ssize_t)n;
}

/*
 * Waits if the queue is empty. @shut: no message can follow. Returns 0 to look again, 1 at the end
 * of file, or -errno.
 */
static int wait_for_message(struct socket *s, struct unix_sock *us, bool shut, u64 deadline)
{
	int err;

	if (shut && (deadline || s->type == SOCK_SEQPACKET))
		return 1;
	if (!deadline)
		return -EAGAIN;
	wait_event(&s->read_wait,
		load_once(us->queue.first) || (load_once(s->shutdown) & SHUTDOWN_RCV) ||
			atomic_load(&s->error),
		WAIT_INTERRUPTIBLE, deadline, &err);
	return err ? socket_wait_error(err, deadline) : 0;
}

/*
 * Receives one message. The rest of a message that is longer than the buffer is dropped
 * (MSG_TRUNC).
 */
ssize_t unix_dgram_recv(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	struct unix_sock *us = unix_of(s);
	struct unix_msg *msg;
	u64 deadline;
	ssize_t n;
	bool was_full, shut, has_off;
	size_t left;
	u32 off;
	int err;

	if (s->type == SOCK_SEQPACKET && load_acquire(us->state) != UNIX_CONNECTED)
		return -ENOTCONN;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	deadline = socket_deadline(s->rcv_timeout_ns, m->flags & MSG_DONTWAIT);
	for (;;) {
		err = socket_take_error(s);
		if (err)
			return err;
		/*
		 * Loaded before the queue: a peer that sends and then closes stores in this order.
		 */
		shut = load_acquire(s->shutdown) & SHUTDOWN_RCV;
		mutex_lock(&us->read_lock);
		was_full = queue_is_full(us);
		has_off = socket_peeks_at(s, m->flags, &off);
		msg = unix_first(us, m->flags & MSG_PEEK, has_off, &off);
		if (msg)
			break;
		mutex_unlock(&us->read_lock);
		err = wait_for_message(s, us, shut, deadline);
		if (err)
			return err < 0 ? err : 0;
	}
	left = u->left;
	n = unix_msg_take(msg, u, m, name, off);
	if (n >= 0)
		socket_peek_done(s, m->flags, m->flags & MSG_PEEK ? left - u->left : msg->len);
	mutex_unlock(&us->read_lock);
	if (load_once(us->queue.first))
		waitq_wake_one(&s->read_wait);
	if (was_full && !queue_is_full(us)) {
		waitq_wake_all(&us->space_wait);
		unix_tell_senders(us);
	}
	obj_put(&msg);
	return n;
}

/* ---- connecting ---- */

int unix_dgram_connect(struct socket *s, const struct sockaddr_any *a, u32 len)
{
	struct unix_sock *us = unix_of(s);
	struct socket *other = NULL, *old;
	int err = 0;

	if (len < sizeof(a->family))
		return -EINVAL;
	if (a->family != AF_UNSPEC) {
		err = unix_check_addr(a, len);
		if (!err && (load_once(s->options) & (OPT_PASSCRED | OPT_PASSPIDFD)))
			err = unix_autobind(s);
		if (!err)
			err = unix_find(a, len, s->type, &other);
		if (!err && !unix_may_send(s, unix_of(other)))
			err = -EPERM;
		if (err) {
			obj_put(&other);
			return err;
		}
	}
	unix_stop_waiting(us);
	spin_lock(&us->lock);
	old = us->peer;
	us->peer = other;
	us->state = other ? UNIX_CONNECTED : UNIX_CLOSE;
	spin_unlock(&us->lock);
	if (old && old != other) {
		/*
		 * Messages from the old peer are not for the new connection. If the old peer is
		 * still connected to this socket, it gets -ECONNRESET.
		 */
		unix_dgram_flush(us);
		if (!load_once(unix_of(old)->dead) && load_once(unix_of(old)->peer) == s) {
			atomic_store(&old->error, ECONNRESET);
			socket_wake_all(old, POLLERR | ASYNC_ERR);
		}
	}
	obj_put(&old);
	socket_wake_writers(s, POLLOUT | POLLWRNORM | POLLWRBAND);
	return 0;
}

/*
 * Messages are taken one by one: the release of a message may drop descriptors, which needs the
 * locks free.
 */
void unix_dgram_flush(struct unix_sock *us)
{
	struct unix_msg *msg;
	u32 off = 0;

	for (;;) {
		mutex_lock(&us->read_lock);
		msg = unix_first(us, false, false, &off);
		mutex_unlock(&us->read_lock);
		if (!msg)
			break;
		if (msg->fds)
			unix_fds_unqueue(msg->fds);
		obj_put(&msg);
	}
	waitq_wake_all(&us->space_wait);
	unix_tell_senders(us);
}
