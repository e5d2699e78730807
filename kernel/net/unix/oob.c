// SPDX-License-Identifier: MPL-2.0
/*
 * The urgent byte of a stream: MSG_OOB, SO_OOBINLINE, SIOCATMARK. See unix(7).
 *
 * The last byte of a send with MSG_OOB has a mark of its own, which us->oob names until it is read,
 * or until another urgent byte comes: then it is an ordinary byte of the stream. A read stops in
 * front of it; the read that begins there drops it, or returns it with SO_OOBINLINE. What MSG_OOB
 * has read stays as a mark without a byte (oob_taken), so that a read stops at that place, too.
 *
 * A byte that nobody reads may have descriptors. Their end must not come under a lock of the
 * socket: take_piece (stream.c) collects such marks, and drops them behind it.
 *
 * Locking: read_lock, then us->lock, which guards oob and oob_taken.
 */
#include <kernel/list.h>

#include "unix.h"

/* The byte's page is there: only readers move tail, and this one has read_lock. */
ssize_t unix_oob_recv(struct socket *s, struct uio *u, struct socket_msg *m)
{
	struct unix_sock *us = unix_of(s);
	struct unix_mark *mark = NULL;
	ssize_t n = -EINVAL;
	u64 at = 0;

	mutex_lock(&us->read_lock);
	spin_lock(&us->lock);
	if (!(load_once(s->options) & OPT_OOBINLINE))
		mark = us->oob;
	if (mark) {
		at = mark->start;
		if (!(m->flags & MSG_PEEK)) {
			store_once(us->oob, NULL);
			mark->oob_taken = true;
			us->nr_oob_taken++;
		}
	}
	spin_unlock(&us->lock);
	if (mark)
		n = u->left && unix_ring_read(us->ring, at, u, 1) == 1 ? 1 : -EFAULT;
	mutex_unlock(&us->read_lock);
	if (n == 1)
		m->out_flags |= MSG_OOB;
	return n;
}

enum unix_oob_step unix_oob_step(struct unix_sock *us, struct unix_mark *mark, u32 flags,
	bool copied)
{
	bool in_line = load_once(us->socket->options) & OPT_OOBINLINE;
	enum unix_oob_step step = UNIX_OOB_READ;

	spin_lock(&us->lock);
	if (mark->oob_taken) {
		step = copied && !us->oob ? UNIX_OOB_STOP : UNIX_OOB_SKIP;
		if (step == UNIX_OOB_SKIP && !(flags & MSG_PEEK))
			us->nr_oob_taken--; /* the caller passes it */
	} else if (mark == us->oob) {
		step = copied ? UNIX_OOB_STOP : in_line ? UNIX_OOB_READ : UNIX_OOB_SKIP;
		if (!copied && !(flags & MSG_PEEK))
			store_once(us->oob, NULL);
	}
	spin_unlock(&us->lock);
	return step;
}

bool unix_oob_at_mark(struct unix_sock *us)
{
	struct unix_mark *mark, *next;
	bool at = false;

	mutex_lock(&us->read_lock);
	spin_lock(&us->lock);
	mark = list_first(&us->marks);
	while (mark && mark->end <= us->tail)
		mark = list_next(mark, link);
	if (mark && mark->start <= us->tail) {
		next = list_next(mark, link);
		at = mark == us->oob ||
			(mark->oob_taken &&
				(!us->oob || (next == us->oob && next->start == mark->end)));
	}
	spin_unlock(&us->lock);
	mutex_unlock(&us->read_lock);
	return at;
}
