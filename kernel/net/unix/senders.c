// SPDX-License-Identifier: MPL-2.0
/*
 * Pollers for sending whose peer's queue is full: each socket has a list of sockets to notify when
 * there is room in its queue. (Tasks that sleep in a send wait at the peer's space_wait instead.)
 *
 * How a poller and a receiver meet. The poller puts its socket on the peer's list and then looks at
 * the queue again. The receiver first takes a message out of the queue and then looks at the list.
 * Both order their store before their load, so either the poller sees the room, or the receiver
 * sees the socket on the list and notifies it. A socket that dies sets dead first and then empties
 * its list, which is the same protocol.
 */
#include "unix.h"

static struct spinlock senders_lock; /* guards the senders lists of all sockets */

bool unix_peer_is_full(struct unix_sock *us)
{
	struct socket *peer = unix_peer_get(us);
	struct unix_sock *to = peer ? unix_of(peer) : NULL;
	bool full = to && unix_must_wait(us->socket, to);

	if (full) {
		spin_lock(&senders_lock);
		if (!us->waits_on && !to->dead) {
			us->waits_on = to;
			list_push_back(&to->senders, us, sender_link);
			(void)obj_get(us->socket);
		}
		spin_unlock(&senders_lock);
		memory_barrier(); /* on the list before the second look at the queue */
		full = unix_must_wait(us->socket, to);
	}
	obj_put(&peer);
	return full;
}

/* Takes the first socket off the list, with the list's reference; NULL if it is empty. */
static struct socket *take_sender(struct unix_sock *to)
{
	struct unix_sock *us;

	spin_lock(&senders_lock);
	us = list_first(&to->senders);
	if (us) {
		list_remove(&to->senders, us, sender_link);
		us->waits_on = NULL;
	}
	spin_unlock(&senders_lock);
	return us ? us->socket : NULL;
}

/* The common case is an empty list, seen without the lock. */
void unix_tell_senders(struct unix_sock *us)
{
	struct socket *s;

	while (load_once(us->senders.first) && (s = take_sender(us)) != NULL) {
		socket_wake_writers(s, POLLOUT | POLLWRNORM | POLLWRBAND);
		obj_put(&s);
	}
}

/* The socket is closed, or gets another peer. */
void unix_stop_waiting(struct unix_sock *us)
{
	struct socket *listed = NULL;

	spin_lock(&senders_lock);
	if (us->waits_on) {
		list_remove(&us->waits_on->senders, us, sender_link);
		us->waits_on = NULL;
		listed = us->socket;
	}
	spin_unlock(&senders_lock);
	obj_put(&listed);
}
