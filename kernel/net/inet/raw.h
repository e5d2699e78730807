// SPDX-License-Identifier: MPL-2.0
/* Raw sockets, and ping sockets, which are raw sockets for echoes alone: for raw.c and ping.c. */
#ifndef KERNEL_INET_RAW_H
#define KERNEL_INET_RAW_H

#include "sock.h"

struct icmp6_filter {
	u32 block[8];
};

struct raw_sock {
	struct obj obj;
	struct inet_sock inet;
	struct mutex bind_lock; /* LOCK_BIND: addresses change */
	struct inet_queue in;
	bool listed; /* the bucket's lock: that of its protocol, or of its number (ping.c) */
	bool ping;   /* SOCK_DGRAM: only echoes, whose number is local_port (ping.c) */
	bool keeps_address, keeps_number; /* ping sockets: bind has named them. bind_lock */
	u32 icmp_filter;                  /* types of ICMP that are not wanted */
	struct icmp6_filter icmp6_filter;
	s32 csum_at; /* IPV6_CHECKSUM: where in the data the kernel puts the sum; -1: nowhere */
	LIST_LINK(raw_sock) link;
};
OBJ_TYPE_DECL(raw_sock);

struct raw_bucket {
	struct spinlock lock;
	LIST_HEAD(raw_sock) socks;
};

static inline struct raw_sock *raw_of(const struct socket *s)
{
	return obj_cast(raw_sock, s->proto);
}

/* A socket that is not listed yet. NULL: no memory. */
struct raw_sock *raw_new(const struct socket_ops *ops, u32 family, u32 type, u32 protocol,
	struct socket **out);
/* Whether a packet is from and to whom the socket wants. Its bucket's lock is held. */
bool raw_matches(const struct raw_sock *rs, const struct ip_info *i);
/* Gives the socket a copy. @steps: as for socket_filter. Its bucket's lock is held. */
void raw_queue(struct raw_sock *rs, const struct packet *p, const struct ip_info *i,
	u32 *const steps);

/* ---- ping.c ---- */

/*
 * Gives a ping socket its number; 0: one that no socket of the family has. 0, -EADDRINUSE. Context:
 * task; the caller serializes the calls for one socket.
 */
int must_check ping_take_number(struct raw_sock *rs, u16 number);
/* The socket is closed: its number is free. */
void ping_drop_number(struct raw_sock *rs);
/* Gives an answer to an echo to a ping socket; returns whether there was one. As raw_deliver. */
bool ping_deliver(const struct packet *p, const struct ip_info *info);

/* Operations that both kinds have. */
void raw_release(struct socket *s);
ssize_t must_check raw_recvmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name);
u32 raw_poll(struct socket *s, struct poll_table *pt);
s64 must_check raw_ioctl(struct socket *s, u32 cmd, u64 arg);
void raw_control_out(struct socket *s, struct socket_msg *m, struct control_out *o);
int must_check raw_shutdown(struct socket *s, u32 how);
int must_check raw_connect(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock);

/* socket_ops.sendmsg of raw sockets (raw_out.c). */
ssize_t must_check raw_sendmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name);

#endif
