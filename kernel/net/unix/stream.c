// SPDX-License-Identifier: MPL-2.0
/*
 * Streams: bytes without borders, with descriptors and credentials at places in them.
 *
 * A writer copies from user memory into the receiver's ring under its write_lock and then moves
 * head; a reader copies out under read_lock and then moves tail. Neither waits for the other's
 * lock. Who sleeps holds none.
 */
#include <kernel/list.h>
#include <kernel/poll.h>
#include <kernel/thread.h>
#include <kernel/uio.h>
#include <kernel/user_limit.h>

#include "unix.h"

static void unix_mark_release(struct unix_mark *m)
{
	if (m->fds)
		scm_fds_drop(&m->fds);
	user_uncharge(USER_SOCKET_ITEMS, m->uid, 1);
}
OBJ_TYPE(unix_mark, unix_mark_release);

/* ---- sending ---- */

/*
 * As on Linux a sender that found the buffer full goes on when three quarters are free, so that it
 * does not run once for each read.
 */
static bool has_room(const struct socket *s, const struct unix_sock *to)
{
	return unix_stream_used(to) * 4 <= unix_send_limit(s);
}

static ssize_t broken(ssize_t sent, u32 flags)
{
	struct siginfo info = { .signo = SIGPIPE, .code = SI_USER };

	if (sent)
		return sent;
	if (!(flags & MSG_NOSIGNAL))
		(void)signal_send_thread(thread_current(), &info);
	return -EPIPE;
}

static bool same_cred(const struct ucred *a, const struct ucred *b)
{
	return a->pid == b->pid && a->uid == b->uid && a->gid == b->gid;
}

/* What comes with the bytes up to @end that are about to be published. write_lock held. */
static int put_mark(struct unix_sock *to, struct socket_msg *m, u64 end)
{
	u32 uid = thread_current()->cred->uid;
	struct unix_mark *mark, *last;
	int err;

	if (!m->fds) {
		/* More of the same writer's bytes: the mark grows. */
		spin_lock(&to->lock);
		last = list_last(&to->marks);
		if (last && last->end == to->head && last->has_cred &&
			same_cred(&last->cred, &m->cred)) {
			last->end = end;
			spin_unlock(&to->lock);
			return 0;
		}
		spin_unlock(&to->lock);
	}
	if (!user_charge(USER_SOCKET_ITEMS, uid, 1, UNIX_ITEMS_MAX))
		return -ENOBUFS;
	mark = obj_new(unix_mark);
	if (!mark) {
		user_uncharge(USER_SOCKET_ITEMS, uid, 1);
		return -ENOBUFS;
	}
	mark->uid = uid;
	err = m->fds ? unix_fds_queue(to, m->fds) : 0;
	if (err) {
		obj_put(&mark);
		return err;
	}
	mark->start = to->head;
	mark->end = end;
	mark->fds = m->fds;
	m->fds = NULL;
	mark->has_cred = m->has_cred;
	mark->cred = m->cred;
	spin_lock(&to->lock);
	list_push_back(&to->marks, mark, link);
	spin_unlock(&to->lock);
	return 0;
}

/*
 * Copies one piece into the ring: its size, -EPIPE, -EAGAIN when it is full, -EFAULT. All or
 * nothing.
 */
static ssize_t put_piece(struct socket *s, struct unix_sock *to, struct uio *u,
	struct socket_msg *m)
{
	u64 limit = unix_send_limit(s);
	size_t n = min(u->left, min((u64)RING_CHUNK, limit / 2 - 64));
	u64 tail, head;
	ssize_t ret = -EPIPE;

	mutex_lock(&to->write_lock);
	if (to->shut || (load_once(s->shutdown) & SHUTDOWN_SEND))
		goto out;
	tail = load_acquire(to->tail);
	head = to->head;
	ret = -EAGAIN;
	if (head - tail >= limit)
		goto out;
	ret = -ENOBUFS;
	if (unlikely(!to->ring)) {
		struct unix_ring *r = unix_ring_new();
		if (!r)
			goto out;
		store_release(to->ring, r);
	}
	if (unix_ring_reserve(to->ring, tail, head, head + n))
		goto out;
	ret = -EFAULT;
	if (unix_ring_write(to->ring, head, u, n) < n)
		goto out;
	ret = unlikely(m->fds || m->has_cred) ? put_mark(to, m, head + n) : 0;
	if (ret)
		goto out;
	store_release(to->head, head + n);
	ret = (ssize_t)n;
out:
	mutex_unlock(&to->write_lock);
	return ret;
}

ssize_t unix_stream_send(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	struct unix_sock *us = unix_of(s), *to;
	struct socket *peer;
	u64 deadline = NO_DEADLINE;
	bool waited = false;
	ssize_t done = 0, n;
	int err;

	(void)name;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->name_len)
		return load_once(us->state) == UNIX_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	if (load_acquire(us->state) != UNIX_CONNECTED)
		return -ENOTCONN;
	peer = us->peer;
	to = unix_of(peer);
	if (load_once(s->shutdown) & SHUTDOWN_SEND)
		return broken(0, m->flags);
	if (!m->has_cred && unix_passes_cred(s, to)) {
		m->cred = unix_own_cred();
		m->has_cred = true;
	}
	while (u->left) {
		if (unlikely(atomic_load(&s->error)) && (err = socket_take_error(s)) != 0)
			return done ? done : err;
		n = put_piece(s, to, u, m);
		if (n > 0) {
			done += n;
			waitq_wake_one(&peer->read_wait);
			poll_notify(peer->poll, POLLIN | POLLRDNORM);
			continue;
		}
		if (n == -EPIPE)
			return broken(done, m->flags);
		if (n != -EAGAIN || (m->flags & MSG_DONTWAIT))
			return done ? done : n;
		if (!waited) {
			deadline = socket_deadline(s->snd_timeout_ns, false);
			waited = true;
		}
		wait_event(&s->write_wait,
			has_room(s, to) || (load_once(s->shutdown) & SHUTDOWN_SEND),
			WAIT_INTERRUPTIBLE, deadline, &err);
		if (err)
			return done ? done : socket_wait_error(err, deadline);
	}
	return done;
}

/* ---- receiving ---- */

/* What a receive has gathered so far. */
struct stream_read {
	u64 skip; /* a peek: how far behind tail it is */
	size_t done;
	bool cred_seen; /* the credentials are those of the first bytes */
	bool ends;      /* no further bytes belong to this message */
};

/* Takes off a mark that lies behind, with the list's reference; NULL: none. */
static struct unix_mark *passed_mark(struct unix_sock *us)
{
	struct unix_mark *mark;

	spin_lock(&us->lock);
	mark = list_first(&us->marks);
	if (mark && mark->end <= us->tail)
		list_remove(&us->marks, mark, link);
	else
		mark = NULL;
	spin_unlock(&us->lock);
	return mark;
}

/*
 * The mark of position @pos, and how many bytes of @n share it (or share having none). read_lock
 * held.
 */
static struct unix_mark *mark_at(struct unix_sock *us, u64 pos, u64 *n)
{
	struct unix_mark *mark;

	if (likely(!load_once(us->marks.first)))
		return NULL;
	while ((mark = passed_mark(us)) != NULL)
		obj_put(&mark);
	spin_lock(&us->lock);
	mark = list_first(&us->marks);
	while (mark && mark->end <= pos)
		mark = list_next(mark, link);
	if (mark && mark->start > pos) {
		*n = min(*n, mark->start - pos);
		mark = NULL;
	} else if (mark) {
		*n = min(*n, mark->end - pos);
	}
	spin_unlock(&us->lock);
	return mark;
}

/*
 * Whether bytes with this mark (NULL: none) come from who sent the first ones; notes who that is.
 */
static bool same_writer(const struct unix_mark *mark, struct socket_msg *m, struct stream_read *r)
{
	static const struct ucred nobody;
	bool has = mark && mark->has_cred;

	if (!r->cred_seen) {
		m->has_cred = has;
		m->cred = has ? mark->cred : nobody;
		r->cred_seen = true;
		return true;
	}
	return m->has_cred == has && (!has || same_cred(&m->cred, &mark->cred));
}

/* The descriptors that come with bytes just read. */
static void take_fds(struct unix_mark *mark, struct socket_msg *m, bool peek)
{
	if (peek) {
		m->fds = unix_fds_peek(mark->fds);
		return;
	}
	unix_fds_unqueue(mark->fds);
	m->fds = mark->fds;
	mark->fds = NULL;
}

/*
 * Reads bytes that have the same mark; read_lock held, there is something at tail + skip. 0 or
 * -EFAULT; r->ends when this was the last piece.
 */
static int take_piece(struct socket *s, struct unix_sock *us, struct uio *u, struct socket_msg *m,
	struct stream_read *r)
{
	u64 pos = us->tail + r->skip;
	u64 share = load_acquire(us->head) - pos;
	bool peek = m->flags & MSG_PEEK;
	struct unix_mark *mark = mark_at(us, pos, &share);
	size_t n = min(u->left, share);

	if (unlikely(load_once(s->options) & OPT_PASSCRED) && !same_writer(mark, m, r)) {
		r->ends = true;
		return 0;
	}
	if (unix_ring_read(us->ring, pos, u, n) < n)
		return -EFAULT;
	if (peek)
		r->skip += n;
	else
		store_release(us->tail, pos + n);
	r->done += n;
	if (mark && mark->fds) {
		take_fds(mark, m, peek);
		r->ends = true;
	}
	if (n < share)
		r->ends = true;
	return 0;
}

/* Reads what is there; *@room: by that the writers may go on. read_lock held. */
static int take_all(struct socket *s, struct unix_sock *us, struct uio *u, struct socket_msg *m,
	struct stream_read *r, bool *room)
{
	u64 limit = unix_send_limit(us->peer);
	u64 before = load_acquire(us->head) - us->tail, after;
	int err = 0;

	do {
		err = take_piece(s, us, u, m, r);
	} while (!err && !r->ends && u->left && us->tail + r->skip != load_acquire(us->head));
	after = load_acquire(us->head) - us->tail;
	*room = before * 4 > limit && after * 4 <= limit;
	return err;
}

/* Much has been read. */
static void tell_writers(struct unix_sock *us)
{
	if (!unix_stream_used(us) && mutex_trylock(&us->write_lock)) {
		unix_ring_trim(us->ring, load_acquire(us->tail));
		mutex_unlock(&us->write_lock);
	}
	socket_wake_writers(us->peer, POLLOUT | POLLWRNORM | POLLWRBAND);
}

static bool has_news(struct socket *s, const struct unix_sock *us, u64 skip)
{
	return load_acquire(us->head) != load_once(us->tail) + skip ||
		(load_once(s->shutdown) & SHUTDOWN_RCV) || atomic_load(&s->error);
}

static u32 copy_peer_name(struct unix_sock *us, struct sockaddr_any *name)
{
	struct unix_addr *a = load_acquire(unix_of(us->peer)->addr);

	return a ? unix_addr_copy(a, name) : 0;
}

ssize_t unix_stream_recv(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	struct unix_sock *us = unix_of(s);
	struct stream_read r = { 0 };
	size_t target;
	u64 deadline = 0;
	bool waited = false, room = false, shut, failed;
	int err = 0;

	if (load_acquire(us->state) != UNIX_CONNECTED)
		return -EINVAL;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	target = m->flags & MSG_WAITALL ? u->left
					: max(min((size_t)load_once(s->rcvlowat), u->left), 1ul);
	for (;;) {
		/*
		 * Before the bytes are looked at: whoever sends and goes does it in this order, so
		 * what is seen as the end has nothing before it.
		 */
		shut = load_acquire(s->shutdown) & SHUTDOWN_RCV;
		failed = atomic_load(&s->error);
		mutex_lock(&us->read_lock);
		if (load_acquire(us->head) != us->tail + r.skip) {
			err = take_all(s, us, u, m, &r, &room);
			mutex_unlock(&us->read_lock);
			if (unlikely(room))
				tell_writers(us);
			if (name && !m->name_len && !err)
				m->name_len = copy_peer_name(us, name);
			if (err || r.ends || !u->left || (m->flags & MSG_PEEK))
				break;
			continue;
		}
		mutex_unlock(&us->read_lock);
		if (r.done >= target)
			break;
		err = failed ? socket_take_error(s) : 0;
		if (err || shut)
			break;
		err = -EAGAIN;
		if (m->flags & MSG_DONTWAIT)
			break;
		if (!waited)
			deadline = socket_deadline(s->rcv_timeout_ns, false);
		waited = true;
		wait_event(&s->read_wait, has_news(s, us, r.skip), WAIT_INTERRUPTIBLE, deadline,
			&err);
		if (err) {
			err = socket_wait_error(err, deadline);
			break;
		}
	}
	/* A wake-up went to one reader: whoever leaves something passes it on. */
	if (load_once(us->head) != load_once(us->tail))
		waitq_wake_one(&s->read_wait);
	return r.done ? (ssize_t)r.done : err;
}

/* ---- the end ---- */

void unix_stream_close(struct unix_sock *us)
{
	struct unix_mark *mark;

	mutex_lock(&us->write_lock);
	us->shut = true;
	mutex_unlock(&us->write_lock);
	mutex_lock(&us->read_lock);
	store_release(us->tail, us->head);
	mutex_unlock(&us->read_lock);
	for (;;) {
		spin_lock(&us->lock);
		mark = list_first(&us->marks);
		if (mark)
			list_remove(&us->marks, mark, link);
		spin_unlock(&us->lock);
		if (!mark)
			break;
		if (mark->fds)
			unix_fds_unqueue(mark->fds);
		obj_put(&mark);
	}
}
