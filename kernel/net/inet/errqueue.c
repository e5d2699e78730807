// SPDX-License-Identifier: MPL-2.0
/*
 * Error queues (ip(7), IP_RECVERR): errors about packets that a socket has sent, with what the
 * error quotes of their data. They are received by MSG_ERRQUEUE: the data, the destination as the
 * address, and a struct sock_extended_err as a control message. Before it stand the control
 * messages that the socket has asked for; they are about the packet that brought the error, so that
 * tracepath can tell from its hop limit how far the sender of the error is.
 *
 * An error of this machine's own says that a datagram was too large to be sent, and the MTU that it
 * did not fit. It has no data and no offender, and does not become the socket's pending error.
 *
 * The queue (kernel/errqueue.h) also has the times at which packets were sent. Their data is the
 * packet with all headers, and the control messages are about that packet: with a socket of IPv4 if
 * OPT_CMSG asks for it. Completions (MSG_ZEROCOPY) have no data and no packet.
 *
 * Who can fill it: anybody who can forge an ICMP error that quotes a packet of this socket, so the
 * queue is short, errors beyond it are dropped, and the quoted data shares the pages of the packet
 * that brought it.
 */
#include <kernel/byteorder.h>
#include <kernel/errqueue.h>
#include <uapi/errno.h>

#include "sock.h"

void inet_error_too_large(struct inet_sock *i, const struct flow *f, u32 mtu)
{
	bool is4 = ip_is4(f->to);
	struct sent_error *se;

	if (!(load_once(i->flags) & (is4 ? INET_RECVERR : INET_RECVERR6)))
		return;
	se = obj_new(sent_error);
	if (!se)
		return;
	se->ee = (struct extended_err){ .error = EMSGSIZE, .origin = ORIGIN_LOCAL, .info = mtu };
	se->to = f->to;
	se->port = is4 ? i->peer_port : f->to_port; /* as on Linux */
	socket_errors_put(i->socket, se);
	poll_notify(i->socket->poll, POLLERR | ASYNC_ERR);
	waitq_wake_all(&i->socket->read_wait);
}

void inet_error_queue(struct inet_sock *i, const struct ip_error *e, struct packet *p, u32 header)
{
	struct sent_error *se = obj_new(sent_error);

	if (!se)
		return;
	se->ee = (struct extended_err){ .error = (u32)e->error,
		.origin = ip_is4(e->flow.to) ? ORIGIN_ICMP : ORIGIN_ICMP6,
		.type = e->type,
		.code = e->code,
		.info = e->error == EMSGSIZE ? e->info : 0 };
	se->to = e->flow.to;
	se->port = e->flow.to_port;
	se->ifindex = e->flow.ifindex;
	se->offender = e->offender;
	se->heard = (struct ip_control){ .given = IP_CONTROL_PKTINFO,
		.ifindex = e->heard.ifindex,
		.to = e->heard.to,
		.ttl = e->heard.ttl,
		.time_ns = p->time_ns,
		.tos = e->heard.tos };
	se->data = packet_slice(p, header, p->len - header, 0);
	if (se->data)
		socket_errors_put(i->socket, se);
	else
		obj_put(&se);
}

ssize_t inet_recv_error(struct inet_sock *i, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	ssize_t n = socket_errors_recv(i->socket, u, m);
	const struct sent_error *e;

	if (n < 0 || !name)
		return n;
	e = obj_cast(sent_error, m->error);
	if (e->ee.origin != ORIGIN_TIMES && e->ee.origin != ORIGIN_ZEROCOPY)
		m->name_len = inet_address_out(i->socket, e->to, e->port, e->ifindex, name);
	return n;
}

/* The header of the packet that was sent stands for the one of a packet that came. */
static void heard_of_sent(struct sent_error *e)
{
	struct ip_control *const c = &e->heard;
	struct cspan h = cspan_from(packet_headers(e->data), (size_t)e->data->net - e->data->head);
	struct ip6_header h6;
	struct ip4_header h4;

	c->ifindex = e->ifindex;
	if (e->data->ethertype == ETHERTYPE_IP4 && span_read(h, 0, &h4)) {
		e->offender = ip4_addr(be32(h4.from));
		c->to = ip4_addr(be32(h4.to));
		c->ttl = h4.ttl;
		c->tos = h4.tos;
	} else if (e->data->ethertype == ETHERTYPE_IP6 && span_read(h, 0, &h6)) {
		e->offender = (struct ip_addr){ be64(h6.from_hi), be64(h6.from_lo) };
		c->to = (struct ip_addr){ be64(h6.to_hi), be64(h6.to_lo) };
		c->ttl = h6.hops;
		c->tos = (u8)(be32(h6.version_class_label) >> 20);
	}
}

/* Whether the address of a packet, and messages about it, are told. */
static bool tells_packet(const struct socket *s, struct sent_error *e)
{
	if (e->ee.origin == ORIGIN_LOCAL || e->ee.origin == ORIGIN_ZEROCOPY)
		return false;
	if (e->ee.origin != ORIGIN_TIMES)
		return true;
	if (!e->ifindex || !e->data || e->data->net < e->data->head || e->data->net > e->data->tail)
		return false;
	if (s->family == AF_INET && !(load_once(s->stamping) & STAMP_OPT_CMSG))
		return false;
	heard_of_sent(e);
	return true;
}

struct error_message {
	struct extended_err ee;
	u8 offender[28];
};

/* IP_RECVERR or IPV6_RECVERR, by the family of the socket; consumes m->error. */
void inet_error_control(struct inet_sock *i, struct socket_msg *m, struct control_out *o)
{
	struct sent_error *e = obj_cast(sent_error, m->error);
	bool is4 = i->socket->family == AF_INET;
	struct error_message msg = { 0 };
	struct sockaddr_any a;
	bool told;
	u32 n;

	if (!e)
		return;
	msg.ee = e->ee;
	told = tells_packet(i->socket, e);
	n = inet_address_out(i->socket, e->offender, 0, 0, &a);
	if (told) {
		span_copy(span_of(msg.offender), cspan_first(value_cspan(&a), n));
		m->ip = e->heard;
		inet_packet_control(i, m, o);
	}
	scm_put_one(o, m, is4 ? 0 : 41, is4 ? 11 : 25,
		cspan_first(value_cspan(&msg), sizeof(msg.ee) + n));
	obj_put_any(&m->error);
}
