// SPDX-License-Identifier: MPL-2.0
/*
 * MSG_ZEROCOPY: a send whose bytes the program leaves alone until a completion says that they are
 * its own again (Linux: msg_zerocopy.rst).
 *
 * Keel copies the bytes in the send, as Linux does for lo, so the completion is queued when the send
 * returns, and it always says that the bytes were copied (ZEROCOPY_COPIED). A program can tell from
 * that not to ask again: a copy with a completion costs more than the copy.
 *
 * Sends are refused where Linux refuses them: their pages would be locked in memory, and those of
 * one send must fit into RLIMIT_MEMLOCK; and their completions must fit into net.core.optmem_max
 * (errors_sent.c). Since no page stays locked behind a send, those of different sends do not add up.
 */
#include <frame/page.h>
#include <kernel/cred.h>
#include <kernel/errqueue.h>
#include <kernel/inet.h>
#include <kernel/poll.h>
#include <kernel/thread.h>
#include <uapi/errno.h>

#include "net.h"

/* Only TCP and UDP have it, as on Linux. */
s64 socket_zerocopy_set(struct socket *s, s32 v)
{
	bool is_inet = s->family == AF_INET || s->family == AF_INET6;
	bool is_tcp = s->type == SOCK_STREAM && s->protocol == IP_PROTO_TCP;
	bool is_udp = s->type == SOCK_DGRAM && s->protocol == IP_PROTO_UDP;

	if (!is_inet || !(is_tcp || is_udp))
		return -EOPNOTSUPP;
	if (v < 0 || v > 1)
		return -EINVAL;
	if (v)
		set_bits(s->options, OPT_ZEROCOPY);
	else
		clear_bits(s->options, OPT_ZEROCOPY);
	return 0;
}

/* The number of pages that Linux counts: the bytes may begin and end within a page. */
static bool may_pin(size_t len)
{
	struct thread *t = thread_current();

	return cred_capable(t->cred, CAP_IPC_LOCK) ||
		(len >> PAGE_SHIFT) + 2 <= rlimit_get(t, RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

int socket_zerocopy_start(struct socket *s, size_t len, struct sent_error **place)
{
	return may_pin(len) ? socket_completion_new(s, place) : -ENOBUFS;
}

void socket_zerocopy_finish(struct socket *s, struct sent_error **place, bool sent)
{
	socket_completion_end(s, place, sent);
	if (!sent)
		return;
	waitq_wake_all(&s->read_wait);
	poll_notify(s->poll, POLLERR | ASYNC_ERR);
}
