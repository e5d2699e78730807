// SPDX-License-Identifier: MPL-2.0
/*
 * UDP sockets (udp(7)): creation, names, receiving, readiness, the table of operations.
 *
 * How a socket is found. udp_hash.c has the table; a packet on its way in walks it without a lock.
 * A socket's addresses and ports are part of its place. So a change takes the socket out, changes
 * it, and puts it in again, between udp_change_begin and udp_change_end: a look-up that found
 * nobody meanwhile looks again. bind_lock lets one call at a time do that to a socket, and close
 * does the same: no packet finds the socket afterwards, and what had been queued is dropped.
 *
 * connect sets the peer, the local address of the route to it, and, if there is none, a port. Each
 * of the two that connect chose (auto_local, auto_port) is given up when the socket is connected to
 * AF_UNSPEC; those that bind chose stay.
 *
 * How a datagram is read. Packets queue as they came (inet_queue in queue.c), with what control
 * messages need in packet->control. A reader takes one, or a reference with MSG_PEEK, and copies;
 * if more are there, it wakes the next reader. An error that ICMP reported comes before any packet.
 *
 * Bounds: the queue by the receive buffer and the account of all sockets (memory.c), what is corked
 * by the length of a datagram. An unprivileged user can fill no more than these.
 */
#include <kernel/errqueue.h>
#include <kernel/locks.h>
#include <kernel/poll.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>

#include "udp.h"

struct port_table udp_ports;

static void udp_sock_release(struct udp_sock *us)
{
	inet_queue_end(&us->in);
	inet_sock_end(&us->inet);
}
OBJ_TYPE(udp_sock, udp_sock_release);

/* The file is closed: no packet finds the socket any more, and those that have come go. */
static void udp_release(struct socket *s)
{
	struct udp_sock *us = udp_of(s);

	mutex_lock(&us->bind_lock);
	udp_hash_remove(us);
	inet_reuse_leave(&us->inet);
	inet_unbind(&udp_ports, &us->inet);
	mutex_unlock(&us->bind_lock);
	udp_drop_pending(us);
	inet_leave_all(&us->inet);
	set_bits(s->shutdown, SHUTDOWN_BOTH);
	inet_queue_drop(&us->in);
}

/*
 * A socket that has a port has its name for good: EINVAL. First the port, which may be taken, then
 * the place in the table, which cannot fail.
 */
static int udp_bind(struct socket *s, const struct sockaddr_any *a, u32 len)
{
	struct udp_sock *us = udp_of(s);
	int err;

	mutex_lock(&us->bind_lock);
	err = us->inet.local_port ? -EINVAL : inet_bind(&udp_ports, &us->inet, a, len);
	if (!err && us->inet.local_port) {
		err = inet_reuse_join(&us->inet);
		if (err)
			inet_unbind(&udp_ports, &us->inet);
	}
	if (!err)
		udp_hash_add(us);
	mutex_unlock(&us->bind_lock);
	return err;
}

/*
 * The socket forgets its peer, its device (SO_BINDTODEVICE, too, as on Linux), and an address or
 * port that it got only by connecting.
 */
static void disconnect(struct udp_sock *us)
{
	struct inet_sock *const i = &us->inet;

	udp_change_begin();
	udp_hash_remove(us);
	i->peer = (struct ip_addr){ 0 };
	i->peer_port = 0;
	i->peer_scope = 0;
	store_once(i->ifindex, 0);
	if (us->auto_local) {
		i->local = (struct ip_addr){ 0 };
		inet_reuse_leave(i);
	}
	us->auto_local = false;
	if (i->binding && !us->auto_port)
		udp_hash_add(us);
	udp_change_end();
	if (us->auto_port)
		inet_unbind(&udp_ports, i);
	us->auto_port = false;
}

/*
 * Sets the peer, and the local address that the route to it gives. bind_lock held. What may fail
 * comes first, the route and a port; then the socket is taken out of its bucket, changed and put in
 * again, within one change. Nothing in between can fail.
 */
static int udp_set_peer(struct udp_sock *us, const struct sockaddr_any *a, u32 len)
{
	struct inet_sock *const i = &us->inet;
	struct socket_msg m = { .name_len = len };
	struct route *r = NULL;
	struct flow f;
	u32 scope = 0;
	u16 port;
	struct ip_addr to;
	int err = inet_destination(i, a, len, &to, &port, &scope);

	if (err)
		return err;
	err = inet_message_flow(i, &m, a, IP_PROTO_UDP, &f);
	if (!err)
		err = inet_send_route(i, &f, &r);
	obj_put(&r);
	if (!err && !i->binding) {
		err = inet_autobind(&udp_ports, i);
		us->auto_port = !err;
	}
	if (err)
		return err;
	udp_change_begin();
	udp_hash_remove(us);
	if (ip_is_zero(i->local)) {
		i->local = f.from;
		us->auto_local = true;
		inet_reuse_leave(i); /* as on Linux: the group is that of another address */
	}
	i->peer = to;
	i->peer_port = port;
	i->peer_scope = scope;
	udp_hash_add(us);
	udp_change_end();
	return 0;
}

/*
 * No packet is sent. A connected socket hears only its peer, and is told of errors that ICMP
 * reports.
 */
static int udp_connect(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock)
{
	struct udp_sock *us = udp_of(s);
	int err = 0;

	(void)nonblock;
	if (len < sizeof(a->family))
		return -EINVAL;
	mutex_lock(&us->bind_lock);
	if (a->family == AF_UNSPEC)
		disconnect(us);
	else
		err = udp_set_peer(us, a, len);
	mutex_unlock(&us->bind_lock);
	return err;
}

static int udp_getname(struct socket *s, bool peer, struct sockaddr_any *a)
{
	return inet_getname(&udp_of(s)->inet, peer, a);
}

/* ---- receiving ---- */

/* What the control messages are made of (inet_control_out). */
static void fill_control(const struct udp_sock *us, const struct packet *p, struct socket_msg *m)
{
	struct ip_control *const c = &m->ip;

	c->ifindex = p->control[QC_IFINDEX];
	c->to = c->local = packet_address(p, QC_TO);
	c->tos = (u8)(p->control[QC_TOS_TTL] >> 8);
	c->ttl = (u8)p->control[QC_TOS_TTL];
	c->port = (u16)p->control[QC_PORTS];
	c->given = IP_CONTROL_PKTINFO | IP_CONTROL_TOS | IP_CONTROL_TTL | IP_CONTROL_ORIGDST |
		IP_CONTROL_TIME;
	if (us->gro && p->gso) {
		c->given |= IP_CONTROL_SEGMENT;
		c->segment = p->gso_size;
	}
	c->time_ns = p->time_ns;
}

/*
 * A reader takes the packet off the queue before it copies. If user memory faults, the datagram is
 * lost, as on Linux.
 */
ssize_t udp_recvmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	struct udp_sock *us = udp_of(s);
	struct packet *p;
	size_t n, len;
	u32 off;
	int err;

	if (unlikely(m->flags & MSG_ERRQUEUE))
		return inet_recv_error(&us->inet, u, m, name);
	for (;;) {
		if (unlikely(atomic_load(&s->error))) {
			err = socket_take_error(s);
			if (err)
				return err;
		}
		if (unlikely(socket_peeks_at(s, m->flags, &off)))
			p = inet_queue_at(&us->in, &off);
		else
			p = inet_queue_first(&us->in, m->flags & MSG_PEEK);
		if (likely(p != NULL))
			break;
		err = inet_queue_wait(s, &us->in, m->flags);
		if (err)
			return err < 0 ? err : 0;
	}
	len = p->len;
	n = min(len - off, u->left);
	if (n < len - off)
		m->out_flags |= MSG_TRUNC;
	if (name)
		m->name_len = inet_address_out(s, packet_address(p, QC_FROM),
			(u16)(p->control[QC_PORTS] >> 16), p->control[QC_IFINDEX], name);
	if (unlikely(us->inet.flags & INET_WANTS_CONTROL || us->gro || load_once(s->stamps) ||
		    load_once(s->stamping)))
		fill_control(us, p, m);
	socket_received(s, p->time_ns);
	err = packet_to_user(p, off, u, n) == n ? 0 : -EFAULT;
	if (likely(!err && !(m->flags & MSG_PEEK)))
		ip_count(ip_is4(packet_address(p, QC_FROM)), UDP_IN_DATAGRAMS);
	obj_put(&p);
	if (unlikely(load_once(us->in.packets.first)))
		waitq_wake_one(&s->read_wait);
	if (err)
		return err;
	n = m->flags & MSG_TRUNC ? len : n;
	socket_peek_done(s, m->flags, n);
	return (ssize_t)n;
}

/* ---- readiness ---- */

/* A socket whose both ends are shut says POLLHUP, though nobody hangs up in UDP: so poll ends. */
static u32 udp_poll(struct socket *s, struct poll_table *pt)
{
	struct udp_sock *us = udp_of(s);
	u32 shutdown, r;

	poll_wait(pt, &s->poll);
	shutdown = load_once(s->shutdown);
	r = socket_error_events(s);
	if (shutdown == SHUTDOWN_BOTH)
		r |= POLLHUP;
	if (shutdown & SHUTDOWN_RCV)
		r |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (load_once(us->in.packets.first))
		r |= POLLIN | POLLRDNORM;
	if (atomic_load(&s->wmem) <= load_once(s->sndbuf) / 2)
		r |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return r;
}

/*
 * A socket that is not connected cannot be shut down; the flags are set all the same, as on Linux.
 */
static int udp_shutdown(struct socket *s, u32 how)
{
	set_bits(s->shutdown, how);
	socket_wake_all(s, POLLIN | POLLRDNORM | POLLOUT | POLLHUP | POLLRDHUP);
	return udp_of(s)->inet.peer_port ? 0 : -ENOTCONN;
}

static s64 udp_ioctl(struct socket *s, u32 cmd, u64 arg)
{
	return inet_queue_ioctl(s, &udp_of(s)->in, cmd, arg);
}

/* ---- options ---- */

#define UDP_CORK         1
#define UDP_NO_CHECK6_TX 101
#define UDP_NO_CHECK6_RX 102
#define UDP_SEGMENT      103
#define UDP_GRO          104

/* UDP_CORK off sends what was gathered; an error of that is the option's result. */
static s64 set_own(struct udp_sock *us, s32 name, s32 v)
{
	switch (name) {
	case UDP_CORK:
		store_once(us->corked, v != 0);
		return v ? 0 : udp_push(us);
	case UDP_NO_CHECK6_TX:
		us->no_check6_tx = v != 0;
		return 0;
	case UDP_NO_CHECK6_RX:
		us->no_check6_rx = v != 0;
		return 0;
	case UDP_SEGMENT:
		if (v < 0 || v > 0xffff)
			return -EINVAL;
		us->segment = (u32)v;
		return 0;
	case UDP_GRO:
		us->gro = v != 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* All options of UDP are an int; longer values are cut. */
static s64 udp_setsockopt(struct socket *s, s32 level, s32 name, struct uaddr value, u32 len)
{
	struct udp_sock *us = udp_of(s);
	s32 v;

	if (level != IP_PROTO_UDP)
		return inet_setsockopt(&us->inet, level, name, value, len);
	if (len < sizeof(v))
		return -EINVAL;
	if (user_get(&v, value))
		return -EFAULT;
	return set_own(us, name, v);
}

static s64 udp_getsockopt(struct socket *s, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at, u32 room)
{
	struct udp_sock *us = udp_of(s);
	s32 v;

	if (level != IP_PROTO_UDP)
		return inet_getsockopt(&us->inet, level, name, value, len_at, room);
	switch (name) {
	case UDP_CORK:
		v = us->corked;
		break;
	case UDP_NO_CHECK6_TX:
		v = us->no_check6_tx;
		break;
	case UDP_NO_CHECK6_RX:
		v = us->no_check6_rx;
		break;
	case UDP_SEGMENT:
		v = (s32)us->segment;
		break;
	case UDP_GRO:
		v = us->gro;
		break;
	default:
		return -ENOPROTOOPT;
	}
	return inet_put_int(value, len_at, room, v);
}

/* UDP_SEGMENT for one message. Its size is checked when the route is known (set_segment). */
static int udp_control_in(struct socket *s, s32 level, s32 type, struct cspan data,
	struct socket_msg *m)
{
	u16 size;

	if (level != IP_PROTO_UDP)
		return inet_control_in(s, level, type, data, m);
	if (type != UDP_SEGMENT || cspan_len(data) != sizeof(size) || !span_read(data, 0, &size))
		return -EINVAL;
	m->ip.given |= IP_CONTROL_SEGMENT;
	m->ip.segment = size;
	return 0;
}

static void udp_control_out(struct socket *s, struct socket_msg *m, struct control_out *o)
{
	s32 size = m->ip.segment;

	inet_control_out(&udp_of(s)->inet, m, o);
	if (m->ip.given & IP_CONTROL_SEGMENT)
		scm_put_one(o, m, IP_PROTO_UDP, UDP_GRO, value_cspan(&size));
}

/* Ports are shared by what the options are when another socket comes, not when this one came. */
static void udp_changed(struct socket *s)
{
	struct udp_sock *us = udp_of(s);

	mutex_lock(&us->bind_lock);
	inet_port_options(&udp_ports, &us->inet);
	mutex_unlock(&us->bind_lock);
}

/* No accept and no listen: the calls say EOPNOTSUPP by themselves. */
static const struct socket_ops udp_ops = {
	.release = udp_release,
	.bind = udp_bind,
	.connect = udp_connect,
	.getname = udp_getname,
	.sendmsg = udp_sendmsg,
	.recvmsg = udp_recvmsg,
	.peek_off = true,
	.poll = udp_poll,
	.ioctl = udp_ioctl,
	.shutdown = udp_shutdown,
	.setsockopt = udp_setsockopt,
	.getsockopt = udp_getsockopt,
	.control_in = udp_control_in,
	.control_out = udp_control_out,
	.changed = udp_changed,
};

/*
 * The object that socket_new takes over goes with it, also if it fails. A socket is in no table
 * until it has a port.
 */
int udp_create(u32 family, u32 protocol, struct socket **out)
{
	struct udp_sock *us = obj_new(udp_sock);
	struct socket *s;

	if (!us)
		return -ENOMEM;
	lock_level(&us->bind_lock, LOCK_BIND);
	lock_level(&us->cork_lock, LOCK_CORK);
	s = socket_new(&udp_ops, family, SOCK_DGRAM, protocol, &us->obj);
	if (!s)
		return -ENOMEM;
	inet_sock_init(&us->inet, s);
	*out = s;
	return 0;
}

void udp_init(void)
{
	udp_hash_init();
	ip_transport_register(&udp_transport);
}
