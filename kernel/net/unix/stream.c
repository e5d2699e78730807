// SPDX-License-Identifier: MPL-2.0
/*
 * Streams: bytes without message borders, with descriptors and credentials at positions in them.
 *
 * How bytes travel. The receiver owns a ring and two positions: head, the bytes ever written, and
 * tail, the bytes ever read. A writer takes the receiver's write_lock, copies a piece from user
 * memory into the ring at head, adds a mark if descriptors or credentials accompany it, and then
 * publishes the piece by storing head (release). A reader takes read_lock, loads head (acquire),
 * copies out from tail, and then stores tail (release), which lets the writer use the pages again.
 * Neither takes the other's lock. A task that must wait holds none of them.
 *
 * A piece is copied as a whole or not at all: if user memory faults in the middle, head is not
 * moved, and the next writer overwrites the bytes.
 *
 * Marks. A mark covers a range of positions. A read does not cross from one sender's credentials to
 * another's if the receiver asked for them (SO_PASSCRED), and it ends after bytes that brought
 * descriptors. Marks are inserted before their bytes are published and removed when tail has passed
 * them.
 *
 * How a connection ends. The end that is released marks itself dead, sets both shutdown bits of its
 * peer, wakes it, and drops its own bytes (unix_end). The reader loads its shutdown bits before it
 * looks for bytes: bytes sent before the end are found first.
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
	obj_put_any(&m->sender);
	obj_put(&m->next_gone);
	user_uncharge(USER_SOCKET_ITEMS, m->uid, 1);
}
OBJ_TYPE(unix_mark, unix_mark_release);

/* ---- sending ---- */

/*
 * As on Linux a sender that found the buffer full continues when three quarters of it are free, so
 * that it is not scheduled once for each read.
 */
static bool stream_has_room(const struct socket *s, const struct unix_sock *to)
{
	return unix_stream_used(to) * 4 <= unix_send_limit(s);
}

static bool same_cred(const struct ucred *a, const struct ucred *b)
{
	return a->pid == b->pid && a->uid == b->uid && a->gid == b->gid;
}

/*
 * Adds a mark for the bytes from head to @end, which are about to be published. @oob: it is the
 * urgent byte, which MSG_OOB may read from here on. If the last mark
 * has the same credentials and no descriptors follow, it is extended instead. Context: write_lock
 * held. Returns 0, -ENOBUFS or -ETOOMANYREFS; on success m->fds belongs to the mark.
 */
static noinline int put_mark(struct unix_sock *to, struct socket_msg *m, u64 end, bool oob)
{
	u32 uid = thread_current()->cred->uid;
	struct unix_mark *mark, *last;
	int err;

	if (!m->fds && !oob) {
		/* The same sender's bytes: extend the mark. */
		spin_lock(&to->lock);
		last = list_last(&to->marks);
		if (last && last->end == to->head && last->has_cred && last != to->oob &&
			!last->oob_taken && same_cred(&last->cred, &m->cred)) {
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
	mark->sender = m->error ? obj_get_any(m->error) : NULL;
	spin_lock(&to->lock);
	list_push_back(&to->marks, mark, link);
	if (oob)
		store_once(to->oob, mark);
	spin_unlock(&to->lock);
	return 0;
}

/*
 * Copies one piece into the ring, all of it or nothing. Returns its size, -EPIPE, -EAGAIN if the
 * ring is full, -EFAULT, -ENOBUFS or an error of put_mark.
 */
static ssize_t put_piece(struct socket *s, struct unix_sock *to, struct uio *u,
	struct socket_msg *m)
{
	u64 limit = unix_send_limit(s);
	bool oob = (m->flags & MSG_OOB) && u->left == 1;
	size_t left = (m->flags & MSG_OOB) && !oob ? u->left - 1 : u->left;
	size_t n = min(left, min((u64)RING_CHUNK, limit / 2 - 64));
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
	ret = unlikely(m->fds || m->has_cred || oob) ? put_mark(to, m, head + n, oob) : 0;
	if (ret)
		goto out;
	store_release(to->head, head + n);
	ret = (ssize_t)n;
out:
	mutex_unlock(&to->write_lock);
	return ret;
}

/* Waits until a writer may go on: 0, or the error of the wait. No lock held. */
static noinline int stream_wait_room(struct socket *s, const struct unix_sock *to, u64 deadline)
{
	int err;

	wait_event(&s->write_wait,
		stream_has_room(s, to) || (load_once(s->shutdown) & SHUTDOWN_SEND),
		WAIT_INTERRUPTIBLE, deadline, &err);
	return err ? socket_wait_error(err, deadline) : 0;
}

/*
 * Sends piece by piece. Each piece wakes one reader; a reader that leaves bytes behind wakes the
 * next.
 */
static ssize_t send_pieces(struct socket *s, struct socket *peer, struct uio *u,
	struct socket_msg *m)
{
	struct unix_sock *to = unix_of(peer);
	u64 deadline = NO_DEADLINE;
	u32 news = POLLIN | POLLRDNORM | ASYNC_IN;
	bool waited = false;
	ssize_t done = 0, n;
	int err;

	while (u->left) {
		if (unlikely(atomic_load(&s->error)) && (err = socket_take_error(s)) != 0)
			return done ? done : err;
		n = put_piece(s, to, u, m);
		if (n > 0) {
			done += n;
			if (unlikely(m->flags & MSG_OOB) && !u->left)
				news |= POLLPRI | ASYNC_URG;
			waitq_wake_one(&peer->read_wait);
			poll_notify(peer->poll, news);
			continue;
		}
		if (n == -EPIPE)
			return socket_broken(done, m->flags);
		if (n != -EAGAIN || (m->flags & MSG_DONTWAIT))
			return done ? done : n;
		if (!waited) {
			deadline = socket_deadline(s->snd_timeout_ns, false);
			waited = true;
		}
		err = stream_wait_room(s, to, deadline);
		if (err)
			return done ? done : err;
	}
	return done;
}

ssize_t unix_stream_send(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	struct unix_sock *us = unix_of(s), *to;
	struct socket *peer;
	ssize_t n;

	(void)name;
	if ((m->flags & MSG_OOB) && !u->left)
		return -EOPNOTSUPP;
	if (m->name_len)
		return load_once(us->state) == UNIX_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	if (load_acquire(us->state) != UNIX_CONNECTED)
		return -ENOTCONN;
	peer = us->peer;
	to = unix_of(peer);
	if (load_once(s->shutdown) & SHUTDOWN_SEND)
		return socket_broken(0, m->flags);
	unix_add_cred(s, to, m);
	n = send_pieces(s, peer, u, m);
	obj_put_any(&m->error);
	return n;
}
/* ---- receiving ---- */

/* The state of one receive. */
struct stream_read {
	bool peek;
	u64 skip; /* for a peek: distance of the next byte from tail */
	/*
	 * Where a peek goes on: borrowed, since it moves no tail, and so all marks stay while
	 * read_lock is held. A walk from the first one on for each piece would be long: anybody may
	 * make thousands of marks.
	 */
	struct unix_mark *last_mark;
	size_t done;
	bool cred_seen;         /* the credentials of the first bytes are known */
	bool ends;              /* further bytes belong to the next receive */
	struct unix_mark *gone; /* passed marks with descriptors: a chain of references */
};

/*
 * Removes the first mark if tail has passed it, and returns it with the list's reference; else
 * NULL.
 */
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
 * Drops the list's reference. Descriptors that are left are those of an urgent byte; they end when
 * the locks are free (drop_gone).
 */
static void mark_done(struct unix_mark *mark, struct stream_read *r)
{
	if (unlikely(mark->fds)) {
		mark->next_gone = r->gone;
		r->gone = mark;
	} else {
		obj_put(&mark);
	}
}

static void drop_gone(struct stream_read *r)
{
	struct unix_mark *mark;

	while ((mark = r->gone) != NULL) {
		r->gone = mark->next_gone;
		mark->next_gone = NULL;
		unix_fds_unqueue(mark->fds);
		obj_put(&mark);
	}
}

/*
 * Returns the mark at position @pos, or NULL, and cuts *@n to the bytes that share it (or that
 * share having none). Borrowed: only readers remove marks. read_lock held.
 */
static noinline struct unix_mark *mark_find(struct unix_sock *us, u64 pos, u64 *n,
	struct stream_read *r)
{
	struct unix_mark *mark;

	while ((mark = passed_mark(us)) != NULL)
		mark_done(mark, r);
	spin_lock(&us->lock);
	mark = r->last_mark ? r->last_mark : list_first(&us->marks);
	while (mark && mark->end <= pos)
		mark = list_next(mark, link);
	if (r->peek)
		r->last_mark = mark;
	if (mark && mark->start > pos) {
		*n = min(*n, mark->start - pos);
		mark = NULL;
	} else if (mark) {
		*n = min(*n, mark->end - pos);
	}
	spin_unlock(&us->lock);
	return mark;
}

/* mark_find, for the usual stream, which has no marks. */
static inline struct unix_mark *mark_at(struct unix_sock *us, u64 pos, u64 *n,
	struct stream_read *r)
{
	return likely(!load_once(us->marks.first)) ? NULL : mark_find(us, pos, n, r);
}

/*
 * Whether bytes with this mark (NULL: none) have the same sender as the first bytes of this
 * receive. Stores the first ones' credentials in *m.
 */
static noinline bool same_writer(const struct unix_mark *mark, struct socket_msg *m,
	struct stream_read *r)
{
	static const struct ucred nobody;
	bool has = mark && mark->has_cred;

	if (!r->cred_seen) {
		m->has_cred = has;
		m->cred = has ? mark->cred : nobody;
		m->error = mark && mark->sender ? obj_get_any(mark->sender) : NULL;
		r->cred_seen = true;
		return true;
	}
	return m->has_cred == has && (!has || same_cred(&m->cred, &mark->cred));
}

/* Hands over the descriptors of bytes just read; a peek gets copies. */
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

/* Whether there are bytes beyond the first @skip. */
static bool unread_after(const struct unix_sock *us, u64 skip)
{
	return (s64)(load_acquire(us->head) - load_once(us->tail) - skip) > 0;
}

/*
 * Reads bytes that share one mark. Sets r->ends if they are the last of this receive. Context:
 * read_lock held, and there is a byte at tail + skip. Returns 0 or -EFAULT.
 */
static int take_piece(struct socket *s, struct unix_sock *us, struct uio *u, struct socket_msg *m,
	struct stream_read *r)
{
	u64 pos = us->tail + r->skip;
	u64 share = load_acquire(us->head) - pos;
	bool peek = m->flags & MSG_PEEK;
	struct unix_mark *mark = mark_at(us, pos, &share, r);
	size_t n = min(u->left, share);

	switch (mark ? unix_oob_step(us, mark, m->flags, r->done) : UNIX_OOB_READ) {
	case UNIX_OOB_STOP:
		r->ends = true;
		return 0;
	case UNIX_OOB_SKIP:
		if (peek)
			r->skip++;
		else
			store_release(us->tail, pos + 1);
		return 0;
	case UNIX_OOB_READ:
		break;
	}
	if (unlikely(load_once(s->options) & (OPT_PASSCRED | OPT_PASSPIDFD)) &&
		!same_writer(mark, m, r)) {
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

/*
 * Reads what has arrived. *@room: the reads have made enough room for waiting writers (see
 * has_room). read_lock held.
 *
 * A writer may add bytes while they are read, find no room, and wait. So what counts is not how
 * much there was at first, but all that there can have been: from the first tail to the head that
 * is found behind the last store of the tail. The writer stores head, has a full barrier (in
 * waitq_prepare, or when poll registers it), and loads tail; here it is the other way round. So
 * either the writer sees the new tail, or its head is seen here.
 */
static int take_all(struct socket *s, struct unix_sock *us, struct uio *u, struct socket_msg *m,
	struct stream_read *r, bool *room)
{
	u64 limit = unix_send_limit(us->peer), tail = us->tail, head;
	size_t before = r->done;
	int err = 0;

	r->last_mark = NULL;
	do {
		err = take_piece(s, us, u, m, r);
	} while (!err && !r->ends && u->left && unread_after(us, r->skip));
	socket_peek_done(s, m->flags, r->done - before);
	memory_barrier();
	head = load_acquire(us->head);
	*room = (head - tail) * 4 > limit && (head - us->tail) * 4 <= limit;
	return err;
}

/*
 * Wakes writers after enough has been read. If the ring is empty, pages are freed; the lock is only
 * tried, because a writer that holds it is about to use them.
 */
static void tell_writers(struct unix_sock *us)
{
	if (!unix_stream_used(us) && mutex_trylock(&us->write_lock)) {
		unix_ring_trim(us->ring, load_acquire(us->tail));
		mutex_unlock(&us->write_lock);
	}
	socket_wake_writers(us->peer, POLLOUT | POLLWRNORM | POLLWRBAND);
}

/*
 * Whether a waiting receiver has something to look at: bytes, the end of the stream, or an error.
 */
static bool stream_has_news(struct socket *s, const struct unix_sock *us, u64 skip)
{
	return unread_after(us, skip) || (load_once(s->shutdown) & SHUTDOWN_RCV) ||
		atomic_load(&s->error);
}

/* The peer's name; a stream's peer is set once, so the pointer is stable while the file is open. */
static u32 copy_peer_name(struct unix_sock *us, struct sockaddr_any *name)
{
	struct unix_addr *a = load_acquire(unix_of(us->peer)->addr);

	return a ? unix_addr_copy(a, name) : 0;
}

/*
 * Takes what has arrived, in one hold of read_lock. False: there is nothing (any more). *@err: the
 * error of the copy, or 0.
 */
static noinline bool stream_take_round(struct socket *s, struct unix_sock *us, struct uio *u,
	struct socket_msg *m, struct stream_read *r, struct sockaddr_any *name, int *err)
{
	bool room;

	mutex_lock(&us->read_lock);
	if (!unread_after(us, r->skip)) {
		mutex_unlock(&us->read_lock);
		return false;
	}
	*err = take_all(s, us, u, m, r, &room);
	mutex_unlock(&us->read_lock);
	drop_gone(r);
	if (unlikely(room))
		tell_writers(us);
	if (name && !m->name_len && !*err)
		m->name_len = copy_peer_name(us, name);
	return true;
}

/* Waits until there is something to look at: 0, or the error of the wait. No lock held. */
static noinline int stream_wait_news(struct socket *s, const struct unix_sock *us, u64 skip,
	u64 deadline)
{
	int err;

	wait_event(&s->read_wait, stream_has_news(s, us, skip), WAIT_INTERRUPTIBLE, deadline, &err);
	return err ? socket_wait_error(err, deadline) : 0;
}

/*
 * Receives until the target is reached: one byte, SO_RCVLOWAT, or all bytes with MSG_WAITALL. A
 * peek does not wait for more than the first bytes. Each round takes what has arrived under
 * read_lock, and waits without it.
 */
ssize_t unix_stream_recv(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	struct unix_sock *us = unix_of(s);
	struct stream_read r = { .peek = m->flags & MSG_PEEK };
	size_t target;
	u64 deadline = 0;
	bool waited = false, shut, failed;
	int err = 0;

	if (load_acquire(us->state) != UNIX_CONNECTED)
		return -EINVAL;
	if (m->flags & MSG_OOB)
		return unix_oob_recv(s, u, m);
	r.skip = socket_peek_from(s, m->flags);
	target = m->flags & MSG_WAITALL ? u->left
					: max(min((size_t)load_once(s->rcvlowat), u->left), 1ul);
	for (;;) {
		/*
		 * Loaded before head: a peer that sends and then closes stores in this order, so if
		 * the shutdown is seen, no byte can follow the ones seen next.
		 */
		shut = load_acquire(s->shutdown) & SHUTDOWN_RCV;
		failed = atomic_load(&s->error);
		/* A look without the lock, which stream_take_round repeats under it. */
		if (unread_after(us, r.skip) && stream_take_round(s, us, u, m, &r, name, &err)) {
			if (err || r.ends || !u->left || ((m->flags & MSG_PEEK) && r.done))
				break;
			continue;
		}
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
		err = stream_wait_news(s, us, r.skip, deadline);
		if (err)
			break;
	}
	/* A wake-up goes to one reader: if bytes are left, it is passed on. */
	if (load_once(us->head) != load_once(us->tail))
		waitq_wake_one(&s->read_wait);
	return r.done ? (ssize_t)r.done : err;
}

/* ---- the end ---- */

/*
 * write_lock excludes a writer in the middle of a piece: after shut is set, no mark and no byte is
 * added.
 */
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
		store_once(us->oob, NULL);
		spin_unlock(&us->lock);
		if (!mark)
			break;
		if (mark->fds)
			unix_fds_unqueue(mark->fds);
		obj_put(&mark);
	}
}
