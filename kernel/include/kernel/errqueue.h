// SPDX-License-Identifier: MPL-2.0
/*
 * Error queues of sockets (MSG_ERRQUEUE): errors about packets that were sent (ip(7), IP_RECVERR),
 * the times at which packets were sent (SO_TIMESTAMPING), and the completions of sends with
 * MSG_ZEROCOPY. The queue is the same for all families; what a program reads of an entry is the
 * family's.
 *
 * Context: any, unless said otherwise. Source: kernel/net/errors_sent.c.
 */
#ifndef KERNEL_ERRQUEUE_H
#define KERNEL_ERRQUEUE_H

#include <kernel/packet.h>
#include <kernel/socket.h>

/* struct sock_extended_err */
struct extended_err {
	u32 error;
	u8 origin, type, code, pad;
	u32 info, data;
};
enum {
	ORIGIN_LOCAL = 1,
	ORIGIN_ICMP = 2,
	ORIGIN_ICMP6 = 3,
	ORIGIN_TIMES = 4,
	ORIGIN_ZEROCOPY = 5 /* info to data: numbers of sends whose bytes are the program's again */
};
#define ZEROCOPY_COPIED 1u /* extended_err.code: the bytes were copied after all */

struct sent_error {
	struct obj obj;
	struct extended_err ee;
	struct ip_addr to, offender;
	u16 port;
	u32 ifindex;
	struct ip_control heard; /* of the packet that brought it */
	struct packet *data;     /* reference; NULL: none */
	LIST_LINK(sent_error) link;
};
OBJ_TYPE_DECL(sent_error);

/* Makes the queue if there is none. 0, -ENOMEM. Context: task. */
int must_check socket_errors_enable(struct socket *s);
/* Puts an entry behind the others, if there is a queue and room. Consumes @e. */
void socket_errors_put(struct socket *s, struct sent_error *e);
/* The next entry: a reference; NULL: there is none. Sets the socket's pending error. */
struct sent_error *socket_errors_take(struct socket *s);
/*
 * recvmsg with MSG_ERRQUEUE: takes the next entry and copies its data. m->error is the entry then,
 * for the family's name and control messages; m->ip has its time. Returns the length that was
 * copied, -EAGAIN: there is no entry, -EFAULT: the entry is lost. Context: task.
 */
ssize_t must_check socket_errors_recv(struct socket *s, struct uio *u, struct socket_msg *m);
bool socket_has_errors(const struct socket *s);
/* What poll says of a pending error and of the queue, but for streams: those never say POLLPRI. */
static inline u32 socket_error_events(const struct socket *s)
{
	if (likely(!atomic_load(&s->error) && !socket_has_errors(s)))
		return 0;
	return POLLERR | (load_once(s->options) & OPT_SELECT_ERRORS ? POLLPRI : 0u);
}
/*
 * A place for the completion of a send, which is made before the send, so that the completion cannot
 * fail. 0, or -ENOBUFS: the completions that nobody has read take net.core.optmem_max, or memory is
 * out. Context: task.
 */
int must_check socket_completion_new(struct socket *s, struct sent_error **out);
/*
 * The send gets the next number, and its completion is queued; or it failed (@sent is false), and
 * has no number. Consumes the place.
 */
void socket_completion_end(struct socket *s, struct sent_error **place, bool sent);
#endif
