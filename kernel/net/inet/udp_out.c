// SPDX-License-Identifier: MPL-2.0
/*
 * UDP datagrams go out.
 *
 * No lock is held from the copy of the data to the device: the route is the socket's cached one, and
 * the packet is this task's alone. A packet counts in the send buffer until its device has sent it;
 * one to this machine goes to the receiver's buffer at once, and is not counted.
 */
#include <kernel/thread.h>
#include <kernel/uio.h>

#include "udp.h"

int udp_autobind(struct udp_sock *us)
{
	int err = 0;

	if (likely(load_once(us->inet.local_port)))
		return 0;
	mutex_lock(&us->bind_lock);
	if (!us->inet.local_port) {
		err = inet_autobind(&udp_ports, &us->inet);
		if (!err)
			udp_hash_add(us);
	}
	mutex_unlock(&us->bind_lock);
	return err;
}

/* Waits for room in the send buffer. 0, -EPIPE, -EAGAIN, or an error of the wait. */
static int wait_room(struct socket *s, u32 flags)
{
	u64 deadline;
	int err;

	if (likely(atomic_load(&s->wmem) < load_once(s->sndbuf)))
		return 0;
	deadline = socket_deadline(s->snd_timeout_ns, flags & MSG_DONTWAIT);
	if (!deadline)
		return -EAGAIN;
	wait_event(&s->write_wait,
		atomic_load(&s->wmem) < load_once(s->sndbuf) || atomic_load(&s->error) ||
			(load_once(s->shutdown) & SHUTDOWN_SEND),
		WAIT_INTERRUPTIBLE, deadline, &err);
	return err ? socket_wait_error(err, deadline) : socket_take_error(s);
}

/* The packet counts in the socket's buffer from now on. */
static void charge(struct socket *s, struct packet *p)
{
	p->charge = (u32)sizeof(*p) + p->len;
	p->socket = obj_get(s);
	socket_charge(s, p->charge);
}

/* Puts the header before the data; the sum is left to the device, or to nobody. */
static void push_header(struct udp_sock *us, struct packet *p, const struct flow *f)
{
	struct udp_header h = { be16(f->from_port), be16(f->to_port), 0, 0 };
	u32 len = p->len + UDP_HEADER;
	bool none = ip_is4(f->to) ? load_once(us->inet.socket->options) & OPT_NO_CHECK
				  : us->no_check6_tx;

	h.len = be16((u16)len);
	if (!none) {
		u32 sum = ip_pseudo_sum(f->from, f->to, IP_PROTO_UDP, len);
		h.csum = be16((u16)~sum_fold(sum));
		p->csum = CSUM_PARTIAL;
	}
	packet_push(p, UDP_HEADER);
	p->transport = p->head;
	p->csum_start = p->head;
	p->csum_offset = 6;
	if (!span_write(packet_head(p), 0, &h))
		p->len = 0; /* cannot be: the bytes were pushed */
}

/* UDP_SEGMENT: the data is cut into datagrams of @size bytes. 0, -EINVAL, -EMSGSIZE. */
static int set_segment(struct packet *p, const struct route *r, const struct flow *f, u32 size)
{
	u32 headers = UDP_HEADER + (ip_is4(f->to) ? 20u : 40u);

	if (p->len <= size)
		return 0;
	if (size + headers > route_mtu(r, f->to))
		return -EINVAL;
	if (p->len > size * 128)
		return -EINVAL;
	p->gso = GSO_UDP;
	p->gso_size = (u16)size;
	return 0;
}

/* Makes the packet and sends it. 0 or -errno. */
static int send_one(struct udp_sock *us, struct uio *u, const struct socket_msg *m,
	struct route *r, const struct flow *f)
{
	struct socket *s = us->inet.socket;
	u32 size = m->ip.given & IP_CONTROL_SEGMENT ? m->ip.segment : us->segment;
	struct packet *p = packet_new(PACKET_ROOM);
	int err;

	if (!p)
		return -ENOBUFS;
	err = packet_add_user(p, u, (u32)u->left);
	if (!err && unlikely(size))
		err = set_segment(p, r, f, size);
	if (err) {
		packet_drop(&p);
		return err;
	}
	p->mark = f->mark;
	p->priority = (u32)s->priority;
	push_header(us, p, f);
	if (r->kind != ROUTE_LOCAL)
		charge(s, p);
	ip_count(ip_is4(f->to), UDP_OUT_DATAGRAMS);
	return ip_output(p, r, f, m->flags & MSG_MORE);
}

/* ENOBUFS of a device is no error to those who did not ask for errors (udp(7)). */
static int send_error(const struct inet_sock *i, int err)
{
	return err == -ENOBUFS && !(i->flags & (INET_RECVERR | INET_RECVERR6)) ? 0 : err;
}

ssize_t udp_sendmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	struct udp_sock *us = udp_of(s);
	size_t len = u->left;
	struct route *r = NULL;
	struct flow f;
	int err;

	if (unlikely(len > 0xffff))
		return -EMSGSIZE;
	if (unlikely(m->flags & MSG_OOB))
		return -EOPNOTSUPP;
	err = inet_message_flow(&us->inet, m, name, IP_PROTO_UDP, &f);
	if (!err && !f.to_port)
		err = -EINVAL;
	if (!err)
		err = udp_autobind(us);
	if (!err && unlikely(atomic_load(&s->error)))
		err = socket_take_error(s);
	if (!err && unlikely(load_once(s->shutdown) & SHUTDOWN_SEND))
		err = -EPIPE;
	if (err)
		return err;
	f.from_port = us->inet.local_port;
	err = inet_send_route(&us->inet, &f, &r);
	if (!err && len + UDP_HEADER + (ip_is4(f.to) ? 20u : 0u) > 0xffff)
		err = -EMSGSIZE;
	if (!err)
		err = wait_room(s, m->flags);
	if (!err)
		err = send_error(&us->inet, send_one(us, u, m, r, &f));
	obj_put(&r);
	netdev_run();
	return err ? err : (ssize_t)len;
}
