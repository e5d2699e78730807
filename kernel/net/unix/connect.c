// SPDX-License-Identifier: MPL-2.0
/*
 * Connections of streams and packets: listen, connect, accept, socketpair.
 *
 * How connect works. It finds the listener by name and claims its own socket (UNIX_CONNECTING), so
 * that no second connect interferes. It creates the other end, the embryo, ties the two sockets
 * together by references, and puts the embryo on the listener's list under the listener's lock,
 * where it checks again that the listener accepts connections and has room. Then its own state
 * becomes UNIX_CONNECTED (release), and a task in accept is woken. If a step fails, the claim is
 * undone; a full queue is waited for (space_wait), and then everything starts again from the name,
 * which may belong to another socket by then.
 *
 * accept takes the embryo off the list and gives it a file. Both ends can send and receive before
 * that. If the listener is released first, unix_drop_embryos resets the connections.
 */
#include <kernel/cred.h>
#include <kernel/list.h>
#include <kernel/poll.h>
#include <kernel/thread.h>
#include <kernel/user_limit.h>

#include "unix.h"

/* As on Linux the queue may be one longer than the backlog. */
static bool is_full(const struct unix_sock *listener)
{
	return load_once(listener->nr_embryos) > load_once(listener->backlog);
}

/*
 * A socket must have a name before it can listen. A second listen changes the backlog, which may
 * make room for tasks that wait to connect.
 */
int unix_listen(struct socket *s, u32 backlog)
{
	struct unix_sock *us = unix_of(s);
	struct thread *t = thread_current();
	int err = 0;

	if (s->type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	if (!load_acquire(us->addr))
		return -EINVAL;
	spin_lock(&us->lock);
	if (us->state != UNIX_CLOSE && us->state != UNIX_LISTEN)
		err = -EINVAL;
	else
		us->state = UNIX_LISTEN;
	if (!err)
		us->backlog = backlog;
	spin_unlock(&us->lock);
	if (err)
		return err;
	unix_set_peer_cred(us, t->cred, t->process);
	waitq_wake_all(&us->space_wait);
	return 0;
}

/* Ties @us to @peer until the end of either: sets the peer, as a reference, and its credentials. */
static void unix_attach(struct unix_sock *us, struct socket *peer, struct cred *cred,
	struct process *p)
{
	unix_set_peer_cred(us, cred, p);
	spin_lock(&us->lock);
	us->peer = obj_get(peer);
	spin_unlock(&us->lock);
}

/*
 * Connects two new sockets. No other task can see them, so the order of the steps does not matter.
 */
int unix_pair(struct socket *a, struct socket *b)
{
	struct unix_sock *ua = unix_of(a), *ub = unix_of(b);
	struct thread *t = thread_current();

	unix_attach(ua, b, t->cred, t->process);
	unix_attach(ub, a, t->cred, t->process);
	store_release(ua->state, UNIX_CONNECTED);
	store_release(ub->state, UNIX_CONNECTED);
	return 0;
}

/* ---- connect ---- */

/* Returns 0 if the listener takes connections, -EAGAIN if its queue is full, -ECONNREFUSED. */
static int check_listener(struct socket *listener)
{
	struct unix_sock *ul = unix_of(listener);

	if (load_once(ul->dead) || load_once(ul->state) != UNIX_LISTEN ||
		(load_once(listener->shutdown) & SHUTDOWN_RCV))
		return -ECONNREFUSED;
	return is_full(ul) ? -EAGAIN : 0;
}

/* Claims the socket for one connect; other connects fail until it is done. Returns 0 or -errno. */
static int unix_claim(struct unix_sock *us)
{
	int err = 0;

	spin_lock(&us->lock);
	if (us->state == UNIX_CLOSE)
		us->state = UNIX_CONNECTING;
	else
		err = us->state == UNIX_CONNECTED  ? -EISCONN
			: us->state == UNIX_LISTEN ? -EINVAL
						   : -EALREADY;
	spin_unlock(&us->lock);
	return err;
}

/* Undoes unix_claim() and unix_attach(). */
static void unix_unclaim(struct unix_sock *us)
{
	struct socket *peer;

	spin_lock(&us->lock);
	peer = us->peer;
	us->peer = NULL;
	us->state = UNIX_CLOSE;
	spin_unlock(&us->lock);
	unix_set_peer_cred(us, NULL, NULL);
	obj_put(&peer);
}

/*
 * Puts the embryo on the listener's list, which gets a reference. Returns 0, -ECONNREFUSED,
 * -EAGAIN.
 */
static int unix_enqueue(struct socket *listener, struct socket *embryo)
{
	struct unix_sock *ul = unix_of(listener), *ue = unix_of(embryo);
	int err;

	spin_lock(&ul->lock);
	err = check_listener(listener);
	if (!err) {
		list_push_back(&ul->embryos, ue, embryo_link);
		(void)obj_get(embryo);
		ul->nr_embryos++;
	}
	spin_unlock(&ul->lock);
	return err;
}

/*
 * Creates the other end of a connection from @s. It has the listener's name, and the client sees
 * the credentials of the task that called listen. Returns a reference, or NULL.
 */
static struct socket *embryo_new(struct socket *s, struct socket *listener)
{
	struct unix_sock *us = unix_of(s), *ul = unix_of(listener), *ue;
	struct thread *t = thread_current();
	struct socket *e = NULL;
	struct process *p;
	struct cred *cred;
	s32 pid;

	if (!user_charge(USER_SOCKET_ITEMS, t->cred->uid, UNIX_EMBRYO_ITEMS, UNIX_ITEMS_MAX))
		return NULL;
	if (unix_create(s->type, 0, &e)) {
		user_uncharge(USER_SOCKET_ITEMS, t->cred->uid, UNIX_EMBRYO_ITEMS);
		return NULL;
	}
	ue = unix_of(e);
	ue->embryo = true;
	ue->embryo_uid = t->cred->uid;
	ue->addr = obj_get(ul->addr);
	unix_attach(ue, s, t->cred, t->process);
	store_release(ue->state, UNIX_CONNECTED);
	cred = listener->ops->peercred(listener, &pid);
	p = unix_peer_process(listener);
	unix_attach(us, e, cred, p);
	obj_put(&cred);
	obj_put(&p);
	return e;
}

/* Ends the embryo state, on accept or when it is dropped, and the charge for it. */
static void no_embryo(struct unix_sock *ue)
{
	ue->embryo = false;
	user_uncharge(USER_SOCKET_ITEMS, ue->embryo_uid, UNIX_EMBRYO_ITEMS);
}

/* Undoes embryo_new; no other task has seen the embryo. */
static void embryo_cancel(struct socket **ep)
{
	struct unix_sock *ue = unix_of(*ep);
	struct socket *peer = ue->peer;

	no_embryo(ue);
	ue->peer = NULL;
	obj_put(&peer);
	obj_put(ep);
}

/* One attempt to connect. Returns 0, -EAGAIN if the queue is full, or another error. */
static int try_connect(struct socket *s, struct socket *listener)
{
	struct unix_sock *us = unix_of(s);
	struct socket *e;
	int err = check_listener(listener);

	if (err)
		return err;
	err = unix_claim(us);
	if (err)
		return err;
	e = embryo_new(s, listener);
	if (!e) {
		unix_unclaim(us);
		return -ENOMEM;
	}
	err = unix_enqueue(listener, e);
	if (err) {
		unix_unclaim(us);
		embryo_cancel(&e);
		return err;
	}
	obj_put(&e);
	store_release(us->state, UNIX_CONNECTED);
	waitq_wake_one(&listener->read_wait);
	poll_notify(listener->poll, POLLIN | POLLRDNORM | ASYNC_IN);
	/* A task that polled before the connection was made saw a hang-up. */
	socket_wake_all(s, POLLOUT | POLLWRNORM | POLLWRBAND);
	return 0;
}

/*
 * Connects, waiting for room in the listener's queue. Each attempt looks the name up again: the
 * listener may have been replaced meanwhile.
 */
static int connect_stream(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock)
{
	u64 deadline = socket_deadline(s->snd_timeout_ns, nonblock);
	struct socket *listener;
	int err;

	for (;;) {
		err = unix_find(a, len, s->type, &listener);
		if (err)
			return err;
		err = try_connect(s, listener);
		if (err == -EAGAIN && deadline) {
			wait_event(&unix_of(listener)->space_wait,
				check_listener(listener) != -EAGAIN, WAIT_INTERRUPTIBLE, deadline,
				&err);
			obj_put(&listener);
			if (err)
				return socket_wait_error(err, deadline);
			continue;
		}
		obj_put(&listener);
		return err;
	}
}

int unix_connect(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock)
{
	int err;

	if (s->type == SOCK_DGRAM)
		return unix_dgram_connect(s, a, len);
	err = unix_check_addr(a, len);
	if (!err && (load_once(s->options) & (OPT_PASSCRED | OPT_PASSPIDFD)))
		err = unix_autobind(s);
	return err ? err : connect_stream(s, a, len, nonblock);
}

/* ---- accept ---- */

/* Takes the first embryo off the list, with its reference; NULL if there is none. */
static struct socket *take_embryo(struct unix_sock *ul)
{
	struct socket *e = NULL;
	struct unix_sock *ue;

	spin_lock(&ul->lock);
	ue = list_first(&ul->embryos);
	if (ue) {
		list_remove(&ul->embryos, ue, embryo_link);
		ul->nr_embryos--;
		e = ue->socket;
	}
	spin_unlock(&ul->lock);
	return e;
}

/* Waits for a connection. A wake-up of one waiter is passed on if more connections are queued. */
int unix_accept(struct socket *s, bool nonblock, struct socket **out)
{
	struct unix_sock *us = unix_of(s);
	struct socket *e;
	u64 deadline;
	int err;

	if (s->type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	if (load_once(us->state) != UNIX_LISTEN)
		return -EINVAL;
	deadline = socket_deadline(s->rcv_timeout_ns, nonblock);
	while (!(e = take_embryo(us))) {
		if (load_once(s->shutdown) & SHUTDOWN_RCV)
			return -EINVAL;
		if (!deadline)
			return -EAGAIN;
		wait_event(&s->read_wait,
			load_once(us->embryos.first) || (load_once(s->shutdown) & SHUTDOWN_RCV),
			WAIT_INTERRUPTIBLE, deadline, &err);
		if (err)
			return socket_wait_error(err, deadline);
	}
	waitq_wake_all(&us->space_wait);
	if (load_once(us->embryos.first))
		waitq_wake_one(&s->read_wait);
	no_embryo(unix_of(e));
	set_bits(e->options, load_once(s->options) & (OPT_PASSCRED | OPT_PASSPIDFD));
	*out = e;
	return 0;
}

/* The listener is dead or being closed, so no embryo is added after the last one is taken. */
void unix_drop_embryos(struct unix_sock *us)
{
	struct socket *e;

	while ((e = take_embryo(us)) != NULL) {
		no_embryo(unix_of(e));
		unix_end(e, true);
		obj_put(&e);
	}
}
