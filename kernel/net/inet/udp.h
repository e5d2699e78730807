// SPDX-License-Identifier: MPL-2.0
/* UDP sockets, for the files udp*.c only. */
#ifndef KERNEL_INET_UDP_H
#define KERNEL_INET_UDP_H

#include "sock.h"

struct udp_header {
	u16 from, to, len, csum; /* network order */
};
#define UDP_HEADER 8u

struct udp_sock {
	struct obj obj;
	struct inet_sock inet;  /* bind_lock; others read local, peer and ports as they are */
	struct mutex bind_lock; /* LOCK_BIND: bind, connect, the choice of a port */
	struct inet_queue in;   /* in.lock guards what follows, too */
	bool hashed;            /* packets may come */
	u32 hash_port;          /* where it is hashed: port and address */
	struct ip_addr hash_local;
	LIST_LINK(udp_sock) hash; /* the bucket's lock */
	struct mutex cork_lock;   /* LOCK_CORK; guards what is gathered by MSG_MORE and UDP_CORK */
	bool corked;              /* UDP_CORK */
	struct packet *pending;   /* NULL: nothing */
	struct flow pending_flow;
	struct route *pending_route; /* reference */
	u32 pending_charge;          /* what it counts in the send buffer, before it is sent */
	u32 segment;                 /* UDP_SEGMENT; 0: off */
	bool gro;                    /* UDP_GRO */
	bool auto_local, auto_port;  /* bind_lock: got by connecting */
	bool no_check6_tx, no_check6_rx;
};
OBJ_TYPE_DECL(udp_sock);

static always_inline struct udp_sock *udp_of(const struct socket *s)
{
	return obj_cast(udp_sock, s->proto);
}

/* udp_hash.c: look-ups. */
void udp_hash_init(void);
void udp_hash_add(struct udp_sock *us);
void udp_hash_remove(struct udp_sock *us);
/* Around changes of what a hashed socket matches (connect); nothing sleeps in between. */
void udp_change_begin(void);
void udp_change_end(void);
/* What a packet is for. */
struct udp_key {
	struct ip_addr from, to;
	u16 from_port, to_port;
	u32 ifindex, hash;
	struct packet *packet; /* for programs of SO_REUSEPORT; NULL: they are not asked */
};
/*
 * The socket for a packet, with a reference, and with its lock held: it is hashed, and stays so
 * until the lock is dropped. NULL: nobody.
 */
struct udp_sock *udp_find_locked(const struct udp_key *k);
/* Calls @each for every socket that a packet for a group or broadcast reaches, its lock held. */
struct TABLE udp_visitor {
	void (*each)(struct udp_sock *us, struct packet *p, const struct ip_info *info);
};
u32 udp_for_all(const struct udp_key *k, const struct udp_visitor *v, struct packet *p,
	const struct ip_info *info);

/* udp_in.c: packets come. */
bool udp_in_group(const struct udp_sock *us, const struct ip_info *i);
extern const struct ip_transport udp_transport;
ssize_t must_check udp_recvmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name);
/* udp_out.c */
ssize_t must_check udp_sendmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name);
int must_check udp_autobind(struct udp_sock *us);
/* Sends what was gathered (0 or -errno) / drops it. */
int must_check udp_push(struct udp_sock *us);
void udp_drop_pending(struct udp_sock *us);

extern struct port_table udp_ports;

#endif
