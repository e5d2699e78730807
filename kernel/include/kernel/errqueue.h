// SPDX-License-Identifier: MPL-2.0
/*
 * Error queues of sockets (MSG_ERRQUEUE): errors about packets that were sent (ip(7), IP_RECVERR),
 * and the times at which packets were sent (SO_TIMESTAMPING). The queue is the same for all
 * families; what a program reads of an entry is the family's.
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
enum { ORIGIN_LOCAL = 1, ORIGIN_ICMP = 2, ORIGIN_ICMP6 = 3, ORIGIN_TIMES = 4 };

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
#endif
