// SPDX-License-Identifier: MPL-2.0
/*
 * Who polls for sending while the queue of its peer is full: the peer's list of those to be told
 * when there is room.
 *
 * (Who sleeps in a send waits at the peer's space_wait instead.)
 */
#include "unix.h"

static struct spinlock senders_lock; /* all senders lists; few wait there */

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
		memory_barrier(); /* on the list before the last look: whoever makes room sees us */
		full = unix_must_wait(us->socket, to);
	}
	obj_put(&peer);
	return full;
}

/* Takes the first sender off, with the list's reference. */
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

void unix_tell_senders(struct unix_sock *us)
{
	struct socket *s;

	while (load_once(us->senders.first) && (s = take_sender(us)) != NULL) {
		socket_wake_writers(s, POLLOUT | POLLWRNORM | POLLWRBAND);
		obj_put(&s);
	}
}

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
