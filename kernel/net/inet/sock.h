// SPDX-License-Identifier: MPL-2.0
/* Sockets of the internet protocols, for the files of kernel/net/inet only. */
#ifndef KERNEL_INET_SOCK_H
#define KERNEL_INET_SOCK_H

#include "ip.h"

#define SOCKADDR_IN6_LEAST 24u /* struct sockaddr_in6 without the scope (RFC 2133) */

/* memory.c */
void inet_memory_init(void);
/* Bytes that all sockets have in their reserves. */
u64 inet_memory_held(void);

/*
 * queue.c: the packets that wait for the reader of a UDP, raw or ping socket. The receive buffer limits
 * what they count, and the account of memory.c what those of all sockets keep.
 */
struct inet_queue {
	struct spinlock lock; /* guards what follows; a leaf but for wake-ups */
	LIST_HEAD(packet) packets;
	u32 rmem; /* what the packets count */
	struct inet_reserve memory;
	struct atomic drops; /* packets that the reader has not got; wraps */
};
/* What a queued packet's control[] says: words, not a struct, so that they are moved as words. */
enum inet_queue_control {
	QC_FROM = 0,  /* four words: the sender's address (packet_address) */
	QC_TO = 4,    /* four words */
	QC_PORTS = 8, /* sender's << 16 | ours; 0: the protocol has none */
	QC_IFINDEX = 9,
	QC_TOS_TTL = 10, /* tos << 8 | ttl; QC_PEEKED */
	QC_CHARGE = 11   /* what it counts in the receive buffer */
};
#define QC_PEEKED 0x10000u /* an empty packet that was peeked at with SO_PEEK_OFF */
/*
 * Puts a packet, whose head begins with what the reader gets, into the queue. It counts @charge of
 * @rcvbuf. The queue's lock is held. 0; -ENOBUFS: the receive buffer is full, -ENOMEM: the sockets of
 * the machine keep too much; then the packet is the caller's.
 */
int must_check inet_queue_add(struct inet_queue *q, struct packet *p, const struct ip_info *i,
	u32 ports, u32 charge, u32 rcvbuf);
/* Takes the first packet, or a reference to it (@peek). NULL: none. */
struct packet *inet_queue_first(struct inet_queue *q, bool peek);
/*
 * For a peek with SO_PEEK_OFF: the packet at *@off bytes, which becomes the offset in it: a
 * reference; NULL: there is none.
 */
struct packet *inet_queue_at(struct inet_queue *q, u32 *off);
/* Drops all packets. / The socket goes. */
void inet_queue_drop(struct inet_queue *q);
void inet_queue_end(struct inet_queue *q);
/* Waits for a packet, unless MSG_DONTWAIT is in @flags. 0: look again, 1: none will come, or -errno. */
int must_check inet_queue_wait(struct socket *s, const struct inet_queue *q, u32 flags);
/* FIONREAD and SIOCOUTQ; the others are inet_ioctl's. */
s64 must_check inet_queue_ioctl(struct socket *s, struct inet_queue *q, u32 cmd, u64 arg);
/* The packet counts in the send buffer from now on, unless it stays on this machine. */
void inet_charge(struct socket *s, struct packet *p, const struct route *r);

/*
 * reuse.c: groups of SO_REUSEPORT. The socket has a port, and joins if it has the option: 0,
 * -ENOMEM. Context: task.
 */
int must_check inet_reuse_join(struct inet_sock *i);
void inet_reuse_init(void); /* start-up */
void inet_reuse_leave(struct inet_sock *i);
/* Whether it has a group that a program has made, and not a name. */
bool inet_reuse_is_own(const struct inet_sock *i);
/*
 * SO_ATTACH_REUSEPORT_CBPF: consumes @prog. @in_table: packets come to the socket. 0, -EINVAL,
 * -ENOMEM. / SO_DETACH_REUSEPORT_BPF: 0, -EINVAL, -ENOENT.
 */
s64 must_check inet_reuse_attach(struct inet_sock *i, bool in_table, struct bpf_prog *prog);
s64 must_check inet_reuse_detach(struct inet_sock *i);
/*
 * The socket of the group that its program chooses for a packet, which it sees behind the first
 * @header bytes of its head: a reference; NULL: the program does not choose.
 */
struct socket *inet_reuse_select(struct inet_sock *i, struct packet *p, u32 header);

/* A new socket's options. */
void inet_sock_init(struct inet_sock *i, struct socket *s);
/* reserved.c: whether the kernel must not choose the port by itself. Context: any. */
bool port_is_reserved(u32 port);
/* The socket goes: drops what the options and the cache hold. */
void inet_sock_end(struct inet_sock *i);
/* The end of a connection's addresses, for getname: the length or -errno. */
int must_check inet_getname(const struct inet_sock *i, bool peer, struct sockaddr_any *a);
/* Checks the address that a socket shall have, and sets i->local. */
int must_check inet_check_bind(struct inet_sock *i, const struct sockaddr_any *a, u32 len,
	u16 *port);
/*
 * A child of a listener: copies the options, and shares the parent's port: the binding lasts until
 * the last of its users has gone. 0, -ENOMEM. Context: any but interrupt.
 */
int must_check inet_sock_inherit(struct port_table *t, struct inet_sock *child,
	const struct inet_sock *parent);
/*
 * Moves the use of a port from a connection to a binding that TIME_WAIT keeps (NULL: it had none),
 * and ends that use.
 */
struct port_binding *inet_port_take(struct inet_sock *s);
void inet_port_drop(struct port_table *t, struct port_binding **ref);
/* net.ipv4.ip_local_port_range */
void port_range(u32 *first, u32 *last);

/*
 * The flow of a message: to the connected peer or to @name, as the socket's options and m->control
 * say. 0, -EDESTADDRREQ, -EINVAL, -EAFNOSUPPORT, -ENETUNREACH, -EACCES (a broadcast without
 * SO_BROADCAST is found by inet_send_route).
 */
int must_check inet_message_flow(struct inet_sock *i, const struct socket_msg *m,
	const struct sockaddr_any *name, u8 protocol, struct flow *f);
/* The destination of a message or connection. 0, -EINVAL, -EAFNOSUPPORT, -ENETUNREACH. */
int must_check inet_destination(struct inet_sock *i, const struct sockaddr_any *name, u32 len,
	struct ip_addr *to, u16 *port, u32 *scope);
/* The route of such a flow; checks SO_BROADCAST. *@out: a reference. */
int must_check inet_send_route(struct inet_sock *i, struct flow *f, struct route **out);

/* options.c: IPPROTO_IP, IPPROTO_IPV6, and of SOL_SOCKET what is about ports and devices. */
s64 must_check inet_setsockopt(struct inet_sock *i, s32 level, s32 name, struct uaddr value,
	u32 len);
s64 must_check inet_getsockopt(struct inet_sock *i, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at, u32 room);
s64 must_check inet_put_int(struct uaddr value, struct uaddr len_at, u32 room, s32 v);
int must_check inet_control_in(struct socket *s, s32 level, s32 type, struct cspan data,
	struct socket_msg *m);

void inet_control_out(struct inet_sock *i, struct socket_msg *m, struct control_out *o);
/* Only those about the header of a packet, m->ip. */
void inet_packet_control(const struct inet_sock *i, struct socket_msg *m, struct control_out *o);
/* Flags that make a receive fill m->ip in. */
#define INET_WANTS_CONTROL                                                              \
	(INET_PKTINFO | INET_PKTINFO6 | INET_RECVTOS | INET_RECVTCLASS | INET_RECVTTL | \
		INET_RECVHOPS | INET_RECVORIGDST | INET_2292_PKTINFO | INET_2292_HOPS)

/* errqueue.c: errors with their packets, for MSG_ERRQUEUE. */
/* Queues an error; @p: what it quotes, with @header bytes of the transport before the data. */
void inet_error_queue(struct inet_sock *i, const struct ip_error *e, struct packet *p, u32 header);
/*
 * A datagram does not fit: if the socket asks for errors, it is told of the MTU. Context: task.
 */
void inet_error_too_large(struct inet_sock *i, const struct flow *f, u32 mtu);
ssize_t must_check inet_recv_error(struct inet_sock *i, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name);

/* Puts the error of the message; consumes m->error. */
void inet_error_control(struct inet_sock *i, struct socket_msg *m, struct control_out *o);

/* group.c: memberships of multicast groups, by index or address of a device. 0 or -errno. */
s64 must_check inet_join(struct inet_sock *i, struct ip_addr group, u32 ifindex, struct ip_addr at);
s64 must_check inet_leave(struct inet_sock *i, struct ip_addr group, u32 ifindex,
	struct ip_addr at);
void inet_leave_all(struct inet_sock *i);
/* IP_MULTICAST_IF and IPV6_MULTICAST_IF: where packets to groups go. */
s64 must_check inet_multicast_if(struct inet_sock *i, u32 ifindex, struct ip_addr at);
s64 must_check inet_multicast_if6(struct inet_sock *i, u32 ifindex);
bool inet_in_group(const struct inet_sock *i, struct ip_addr group, u32 ifindex);

/*
 * ioctl.c: SIOCGIF* and kin; -ENOTTY: an unknown one. Each but the first has its own file or part.
 */
s64 must_check arp_ioctl(u32 cmd, struct uaddr at);
s64 must_check ethtool_ioctl(struct uaddr at);
s64 must_check route_ioctl(u32 cmd, struct uaddr at);
s64 must_check route_ioctl6(u32 cmd, struct uaddr at);
s64 must_check address_ioctl6(u32 cmd, struct uaddr at);

/* show.c: what the tables of sockets in /proc/net share. */
/* An address and port as Linux prints them: the words as the machine reads them. */
void show_address(struct fmt *out, bool is4, struct ip_addr a, u32 port);
/* Ends the line that began at @from, filled with blanks up to @width. */
void show_line_end(struct fmt *out, size_t from, size_t width);

/* raw.c, ping.c, udp.c, tcp/sock.c */
int must_check ping_create(u32 family, u32 protocol, struct socket **out);
int must_check raw_create(u32 family, u32 protocol, struct socket **out);
int must_check udp_create(u32 family, u32 protocol, struct socket **out);
int must_check tcp_create(u32 family, struct socket **out);

#endif
