// SPDX-License-Identifier: MPL-2.0
/*
 * UDP packets come in (RFC 768): the check, the socket's queue, errors.
 *
 * The queue of a socket takes packets while they count less than the receive buffer; more are
 * dropped. A large packet of this machine (UDP_SEGMENT) is cut here, unless the socket has asked
 * for it whole (UDP_GRO).
 *
 * A stranger can send to each port at any rate. A datagram without a receiver costs a look-up and,
 * limited in rate, an ICMP error; one for a slow reader costs a look-up and the drop. Checksums are
 * looked at before the table, so a broken packet reaches nobody, and answers to it are not sent.
 */
#include <kernel/poll.h>

#include "udp.h"

/* What a packet counts in the receive buffer: its object, and the data in pages. */
static u32 udp_charge(const struct packet *p)
{
	return (u32)sizeof(*p) + p->len - ((u32)p->tail - p->head);
}

/*
 * Puts the packet, whose head begins with the data, into the queue. The socket's lock is held.
 * False: there is no room; the packet is the caller's.
 */
static bool udp_enqueue(struct udp_sock *us, struct packet *p, const struct ip_info *i, u32 ports)
{
	int err = inet_queue_add(&us->in, p, i, ports, udp_charge(p),
		load_once(us->inet.socket->rcvbuf));

	if (unlikely(err == -ENOMEM))
		ip_count(ip_is4(i->to), UDP_MEM_ERRORS);
	return !err;
}

static void count_full(const struct ip_info *i)
{
	ip_count(ip_is4(i->to), UDP_RCVBUF_ERRORS);
	ip_count(ip_is4(i->to), UDP_IN_ERRORS);
}

/*
 * Cuts a large packet into the datagrams that it was made of, and queues them. Consumes it. One
 * large packet becomes datagrams that share its pages. What does not fit is lost datagram by
 * datagram, as if they had come one by one.
 */
static void enqueue_cut(struct udp_sock *us, struct packet *p, const struct ip_info *i, u32 ports)
{
	struct packet *d;
	u32 off, n;

	for (off = 0; off < p->len; off += n) {
		n = min(p->len - off, (u32)p->gso_size);
		d = packet_slice(p, off, n, 0);
		if (!d)
			(void)atomic_add(&us->in.drops, 1);
		else if (!udp_enqueue(us, d, i, ports)) {
			packet_drop(&d);
			count_full(i);
		}
	}
	packet_drop(&p);
}

/* Queues a packet; drops the lock and the reference. Consumes it. Then readers are woken. */
static void queue_and_unlock(struct udp_sock *us, struct packet *p, const struct ip_info *i,
	u32 ports)
{
	/*
	 * us->inet.socket may be released as soon as the lock is dropped; then the wake-up goes to
	 * whoever has its slot, and is one too many, no more.
	 */
	struct socket *s = us->inet.socket;
	bool full = false;

	if (unlikely(p->gso && !us->gro)) {
		enqueue_cut(us, p, i, ports);
		p = NULL;
	} else {
		full = !udp_enqueue(us, p, i, ports);
	}
	if (s->poll && !full)
		poll_notify(s->poll, POLLIN | POLLRDNORM | ASYNC_IN);
	spin_unlock(&us->in.lock);
	obj_put(&us);
	if (unlikely(full)) {
		count_full(i);
		packet_drop(&p);
		return;
	}
	waitq_wake_one(&s->read_wait);
}

/* ---- groups and broadcasts ---- */

bool udp_in_group(const struct udp_sock *us, const struct ip_info *i)
{
	return !i->multicast || inet_in_group(&us->inet, i->to, i->ifindex);
}

/*
 * SO_ATTACH_FILTER: the filter sees the packet from its UDP header on, where the head is. False: it
 * wants nothing of it. @steps: see socket_filter. The socket's lock is held.
 */
static bool udp_pass_filter(struct udp_sock *us, struct packet *p, u32 *const steps)
{
	u32 keep = socket_filter_packet(us->inet.socket, p, steps);

	if (likely(keep >= p->len))
		return true;
	if (!keep)
		(void)atomic_add(&us->in.drops, 1);
	packet_trim(p, max(keep, UDP_HEADER));
	return keep;
}

/* What a packet for several receivers has in control[]: its ports, the steps of their filters. */
enum { ALL_PORTS, ALL_STEPS };

/* One of several receivers gets a copy. The socket's lock is held. */
static void each_receiver(struct udp_sock *us, struct packet *p, const struct ip_info *i)
{
	struct packet *c;
	u32 ports = p->control[ALL_PORTS];

	if (!udp_in_group(us, i))
		return;
	c = packet_clone(p);
	if (!c) {
		(void)atomic_add(&us->in.drops, 1);
		return;
	}
	packet_push(c, UDP_HEADER);
	if (!udp_pass_filter(us, c, array_at(p->control, ALL_STEPS))) {
		packet_drop(&c);
		return;
	}
	packet_pull(c, UDP_HEADER);
	if (!udp_enqueue(us, c, i, ports)) {
		packet_drop(&c);
		count_full(i);
		return;
	}
	poll_notify(us->inet.socket->poll, POLLIN | POLLRDNORM | ASYNC_IN);
	waitq_wake_one(&us->inet.socket->read_wait);
}
static const struct udp_visitor receivers = { .each = each_receiver };

/* ---- a packet ---- */

static bool checksum_ok(const struct packet *p, const struct ip_info *i, const struct udp_header *h)
{
	if (!h->csum && p->csum == CSUM_UNKNOWN)
		return ip_is4(i->to); /* RFC 8200, 8.1 */
	return ip_sum_good(p, i, IP_PROTO_UDP);
}

static bool udp_take_header(struct packet *p, const struct ip_info *i, struct udp_header *const h)
{
	u32 len;

	if (!packet_linear(p, UDP_HEADER) || !span_read(packet_headers(p), 0, h))
		return false;
	len = be16(h->len);
	if (p->gso)
		len = p->len; /* the field is that of the first datagram */
	if (len < UDP_HEADER || len > p->len)
		return false;
	packet_trim(p, len);
	if (unlikely(!checksum_ok(p, i, h))) {
		ip_count(ip_is4(i->to), UDP_IN_CSUM_ERRORS);
		return false;
	}
	return true;
}

static void nobody(struct packet *p, const struct ip_info *i)
{
	ip_count(ip_is4(i->to), UDP_NO_PORTS);
	if (!i->broadcast && !i->multicast)
		icmp_send_error(p, ICMP_UNREACHABLE, ICMP_PORT, ICMP6_UNREACHABLE, ICMP6_PORT, 0);
	packet_drop(&p);
}

static void udp_receive(struct packet *p, const struct ip_info *i)
{
	struct udp_key k = { .from = i->from, .to = i->to, .ifindex = i->ifindex, .packet = p };
	struct udp_sock *us;
	struct udp_header h;
	u32 ports;

	if (unlikely(!udp_take_header(p, i, &h))) {
		ip_count(ip_is4(i->to), UDP_IN_ERRORS);
		packet_drop(&p);
		return;
	}
	k.from_port = be16(h.from);
	k.to_port = be16(h.to);
	k.hash = (u32)(i->from.lo ^ i->to.lo ^ (u32)h.from << 16 ^ h.to) * 0x9e3779b1u;
	ports = (u32)k.from_port << 16 | k.to_port;
	if (unlikely(i->broadcast || i->multicast)) {
		packet_pull(p, UDP_HEADER);
		p->control[ALL_PORTS] = ports;
		p->control[ALL_STEPS] = 0;
		(void)udp_for_all(&k, &receivers, p, i);
		packet_drop(&p);
		return;
	}
	us = udp_find_locked(&k);
	if (unlikely(!us)) {
		nobody(p, i);
		return;
	}
	if (unlikely(!udp_pass_filter(us, p, NULL))) {
		spin_unlock(&us->in.lock);
		obj_put(&us);
		ip_count(ip_is4(i->to), UDP_IN_ERRORS);
		packet_drop(&p);
		return;
	}
	packet_pull(p, UDP_HEADER);
	queue_and_unlock(us, p, i, ports);
}

/* ---- errors ---- */

/*
 * An error about a datagram that a socket has sent (ip(7), IP_RECVERR; udp(7)). Under the socket's
 * queue lock, as a packet. An error that is not fatal only concerns who asked for it (IP_RECVERR);
 * a fatal one becomes the pending error of a connected socket, and is told once by the next call.
 */
static void udp_error(const struct ip_error *e, struct packet *p)
{
	struct udp_key k = { .from = e->flow.to,
		.to = e->flow.from,
		.from_port = e->flow.to_port,
		.to_port = e->flow.from_port };
	struct udp_sock *us = udp_find_locked(&k);
	struct socket *s;
	bool recverr, tell, fatal, is4;

	if (!us)
		return;
	s = us->inet.socket;
	is4 = ip_is4(e->flow.to);
	recverr = us->inet.flags & (is4 ? INET_RECVERR : INET_RECVERR6);
	fatal = e->fatal;
	if (e->mtu) {
		/* The socket has sent such a packet, so the message may be true. */
		route_learn_mtu(e->flow.to, e->mtu);
		fatal = (is4 ? us->inet.mtu_discover : us->inet.mtu_discover6) != 0;
		recverr = recverr && fatal;
	}
	tell = recverr || (fatal && us->inet.peer_port);
	if (recverr && load_once(us->inet.socket->errors) && p->len >= UDP_HEADER)
		inet_error_queue(&us->inet, e, p, UDP_HEADER);
	if (tell) {
		atomic_store(&s->error, (u64)e->error);
		poll_notify(s->poll, POLLERR | ASYNC_ERR);
	}
	spin_unlock(&us->in.lock);
	obj_put(&us);
	if (tell)
		waitq_wake_all(&s->read_wait);
}

const struct ip_transport udp_transport = {
	.protocol = IP_PROTO_UDP, .receive = udp_receive, .error = udp_error
};
