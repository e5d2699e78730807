// SPDX-License-Identifier: MPL-2.0
/*
 * UDP datagrams go out.
 *
 * No lock is held from the copy of the data to the device: the route is the socket's cached one,
 * and the packet is this task's alone. A packet counts in the send buffer until its device has sent
 * it; one to this machine goes to the receiver's buffer at once, and is not counted. What is
 * gathered for a datagram counts, too.
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
		if (!err) {
			us->auto_port = true;
			udp_hash_add(us);
		}
	}
	mutex_unlock(&us->bind_lock);
	return err;
}

/* Puts the header before the data; the sum is left to the device, or to nobody. */
static void udp_push_header(struct udp_sock *us, struct packet *p, const struct flow *f)
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

/*
 * UDP_SEGMENT: the data is cut into datagrams of @size bytes. 0, -EINVAL, -EMSGSIZE. At most 128
 * datagrams a call, and each must fit into the path as it is (Linux: UDP_MAX_SEGMENTS).
 */
static int set_segment(struct packet *p, const struct route *r, const struct flow *f, u32 size)
{
	u32 headers = UDP_HEADER + (ip_is4(f->to) ? 20u : 40u);

	if (p->len <= size)
		return 0;
	if (size + headers > flow_piece_max(f, route_mtu(r, f->to)))
		return -EMSGSIZE;
	if (p->len > size * 128)
		return -EINVAL;
	p->gso = GSO_UDP;
	p->gso_size = (u16)size;
	return 0;
}

/* ENOBUFS of a device is no error to those who did not ask for errors (udp(7)). */
static int send_error(const struct inet_sock *i, int err)
{
	return err == -ENOBUFS && !(i->flags & (INET_RECVERR | INET_RECVERR6)) ? 0 : err;
}

/* Puts the header before a packet's data and sends it. Consumes it. 0 or -errno. */
static int udp_finish(struct udp_sock *us, struct packet *p, struct route *r, const struct flow *f,
	u32 segment)
{
	struct socket *s = us->inet.socket;
	int err = unlikely(segment) ? set_segment(p, r, f, segment) : 0;

	if (err) {
		packet_drop(&p);
		return err;
	}
	p->mark = f->mark;
	p->priority = (u32)s->priority;
	udp_push_header(us, p, f);
	inet_charge(s, p, r);
	ip_count(ip_is4(f->to), UDP_OUT_DATAGRAMS);
	return send_error(&us->inet, ip_output(p, r, f));
}

static u32 segment_of(const struct udp_sock *us, const struct socket_msg *m)
{
	return m->ip.given & IP_CONTROL_SEGMENT ? m->ip.segment : us->segment;
}

/* Makes the packet and sends it. 0 or -errno. */
static int udp_send_one(struct udp_sock *us, struct uio *u, const struct socket_msg *m,
	struct route *r, const struct flow *f)
{
	struct socket *s = us->inet.socket;
	struct packet *p = packet_new(PACKET_ROOM);
	struct sent_error *copied = NULL;
	int err = p ? socket_zerocopy_begin(s, m, u->left + UDP_HEADER, &copied) : -ENOBUFS;

	if (!err)
		err = packet_add_user(p, u, (u32)u->left);
	if (err) {
		socket_zerocopy_end(s, &copied, false);
		packet_drop(&p);
		return err;
	}
	socket_stamp_packet(s, m, p);
	err = udp_finish(us, p, r, f, segment_of(us, m));
	/*
	 * A packet that was lost has a completion, as on Linux; one that was too large has none,
	 * unless its segments were.
	 */
	socket_zerocopy_end(s, &copied, err != -EMSGSIZE || segment_of(us, m));
	return err;
}

/*
 * The way of a message: its flow, and a reference to its route. 0 or -errno. An error that waits is
 * told before anything is sent, so a connected client learns of a port that nobody listens at by
 * its next send.
 */
static int udp_find_way(struct udp_sock *us, const struct socket_msg *m,
	const struct sockaddr_any *name, struct flow *f, struct route **out)
{
	struct socket *s = us->inet.socket;
	int err = inet_message_flow(&us->inet, m, name, IP_PROTO_UDP, f);

	if (!err && !f->to_port)
		err = -EINVAL;
	if (!err)
		err = udp_autobind(us);
	if (!err && unlikely(atomic_load(&s->error)))
		err = socket_take_error(s);
	if (!err && unlikely(load_once(s->shutdown) & SHUTDOWN_SEND))
		err = -EPIPE;
	if (err)
		return err;
	f->from_port = us->inet.local_port;
	return inet_send_route(&us->inet, f, out);
}

/* ---- corking ---- */

/*
 * What is gathered counts in the send buffer as it grows: the pages are the socket's until then.
 * cork_lock held.
 */
static void charge_pending(struct udp_sock *us)
{
	u32 now = us->pending ? packet_memory(us->pending) : 0, old = us->pending_charge;

	us->pending_charge = now;
	if (now > old)
		socket_charge(us->inet.socket, now - old);
	else if (now < old)
		socket_uncharge(us->inet.socket, old - now);
}

/*
 * Sends what was gathered, or drops it if @err. cork_lock held. 0 or -errno.
 *
 * The datagram goes the way of its first part, as on Linux, though there may be another one by now.
 * Is the link down or gone, the datagram is lost without an error.
 */
static int udp_uncork(struct udp_sock *us, int err)
{
	struct packet *p = us->pending;

	us->pending = NULL;
	charge_pending(us);
	if (p && err)
		packet_drop(&p);
	else if (p)
		err = udp_finish(us, p, us->pending_route, &us->pending_flow, us->segment);
	obj_put(&us->pending_route);
	return err == -ENETDOWN ? 0 : err;
}

int udp_push(struct udp_sock *us)
{
	int err;

	mutex_lock(&us->cork_lock);
	err = udp_uncork(us, 0);
	mutex_unlock(&us->cork_lock);
	netdev_run();
	return err;
}

void udp_drop_pending(struct udp_sock *us)
{
	mutex_lock(&us->cork_lock);
	(void)udp_uncork(us, -EPIPE);
	mutex_unlock(&us->cork_lock);
}

#define CORK_FRAGS (PACKET_FRAGS - 5)

/*
 * Many small pieces would use up the packet's fragments: then all data so far moves into as few as
 * possible. 0, -ENOBUFS, -EMSGSIZE.
 */
static int compact(struct udp_sock *us)
{
	struct packet *p = us->pending, *c;
	int err;

	if (likely(p->nr_frags < CORK_FRAGS))
		return 0;
	c = packet_new(PACKET_ROOM);
	err = c ? packet_add_room(c, p->len) : -ENOBUFS;
	if (!err && !packet_copy(c, 0, p))
		err = -ENOBUFS; /* cannot be: there is room */
	if (err) {
		packet_drop(&c);
		return err;
	}
	packet_stamps_move(c, p);
	us->pending = c;
	packet_drop(&p);
	return 0;
}

/* The message's bytes join the pending datagram, whose first ones count with the header. */
static int cork_append(struct udp_sock *us, struct uio *u, const struct socket_msg *m)
{
	struct socket *s = us->inet.socket;
	size_t n = u->left + (us->pending->len ? 0 : UDP_HEADER);
	struct sent_error *copied = NULL;
	int err = n ? socket_zerocopy_begin(s, m, n, &copied) : 0;

	if (!err)
		err = packet_add_user(us->pending, u, (u32)u->left);
	socket_zerocopy_end(s, &copied, !err);
	return err;
}

/*
 * MSG_MORE and UDP_CORK: data is gathered in one packet, until a message without MSG_MORE, or the
 * end of UDP_CORK, sends it. It goes where the first message went. An error drops all of it.
 */
static ssize_t send_corked(struct udp_sock *us, struct uio *u, const struct socket_msg *m,
	const struct sockaddr_any *name)
{
	size_t len = u->left;
	int err = 0;

	mutex_lock(&us->cork_lock);
	if (!us->pending) {
		err = udp_find_way(us, m, name, &us->pending_flow, &us->pending_route);
		if (!err)
			err = socket_wait_room(us->inet.socket, m->flags);
		us->pending = err ? NULL : packet_new(PACKET_ROOM);
		if (!err && !us->pending)
			err = -ENOBUFS;
		if (!err)
			socket_stamp_packet(us->inet.socket, m, us->pending);
	}
	if (!err && us->pending->len + len + UDP_HEADER + 20u > 0xffff)
		err = -EMSGSIZE;
	if (!err)
		err = compact(us);
	if (!err)
		err = cork_append(us, u, m);
	charge_pending(us);
	if (err || !(us->corked || (m->flags & MSG_MORE)))
		err = udp_uncork(us, err);
	mutex_unlock(&us->cork_lock);
	netdev_run();
	return err ? err : (ssize_t)len;
}

/*
 * The lock-free path is for the common case; whoever finds a corked socket, or corks it, takes
 * cork_lock. us->pending is looked at without the lock: two threads that share a socket and cork it
 * have no order among themselves.
 */
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
	if (unlikely(m->flags & MSG_MORE || us->corked || us->pending))
		return send_corked(us, u, m, name);
	err = udp_find_way(us, m, name, &f, &r);
	if (!err && len + UDP_HEADER + (ip_is4(f.to) ? 20u : 0u) > 0xffff)
		err = -EMSGSIZE;
	if (!err)
		err = socket_wait_room(s, m->flags);
	if (!err)
		err = udp_send_one(us, u, m, r, &f);
	if (unlikely(err == -EMSGSIZE && r && !segment_of(us, m)))
		inet_error_too_large(&us->inet, &f, flow_piece_max(&f, route_mtu(r, f.to)));
	obj_put(&r);
	netdev_run();
	return err ? err : (ssize_t)len;
}
