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
 * A queue exists from the time on when the option is first set. It holds ERRORS_MAX errors at most.
 *
 * Who can fill it: anybody who can forge an ICMP error that quotes a packet of this socket, so the
 * queue is short, errors beyond it are dropped, and the quoted data shares the pages of the packet
 * that brought it. What the queues of all sockets keep counts in the account of all datagrams
 * (memory.c), since whoever may open many sockets can send each of them into an error.
 */
#include <frame/sync.h>
#include <kernel/uio.h>

#include "sock.h"

#define ERRORS_MAX 64u

/* struct sock_extended_err, and the offender's address. */
struct extended_err {
	u32 error;
	u8 origin, type, code, pad;
	u32 info, data;
};
enum { ORIGIN_LOCAL = 1, ORIGIN_ICMP = 2, ORIGIN_ICMP6 = 3 };

struct sent_error {
	struct obj obj;
	struct extended_err ee;
	struct ip_addr to, offender;
	u16 port;
	u32 ifindex;
	struct ip_control heard; /* of the packet that brought it */
	struct packet *data;     /* reference; NULL: none, the error is this machine's own */
	LIST_LINK(sent_error) link;
};
static void sent_error_release(struct sent_error *e)
{
	packet_drop(&e->data);
}
OBJ_TYPE(sent_error, sent_error_release);
OBJ_TYPE_DECL(sent_error);

struct inet_errors {
	struct obj obj;
	struct spinlock lock;
	u32 nr;
	LIST_HEAD(sent_error) queue; /* lock; references */
	struct inet_reserve memory;  /* lock */
};
static void inet_errors_release(struct inet_errors *q)
{
	struct sent_error *e;

	while ((e = list_first(&q->queue)) != NULL) {
		list_remove(&q->queue, e, link);
		obj_put(&e);
	}
	inet_memory_end(&q->memory);
}
OBJ_TYPE(inet_errors, inet_errors_release);
OBJ_TYPE_DECL(inet_errors);

/*
 * Set once and never taken away before the socket's end, so that packets on their way need no lock
 * for it. route_lock is at hand, and only decides between two calls at the same time.
 */
int inet_errors_enable(struct inet_sock *i)
{
	struct inet_errors *q;

	if (load_acquire(i->errors))
		return 0;
	q = obj_new(inet_errors);
	if (!q)
		return -ENOMEM;
	spin_lock(&i->route_lock);
	if (!i->errors) {
		store_release(i->errors, &q->obj);
		q = NULL;
	}
	spin_unlock(&i->route_lock);
	obj_put(&q);
	return 0;
}

/* What an error keeps: its object, and the packet that it quotes. */
static u32 errqueue_memory(const struct sent_error *se)
{
	return (u32)sizeof(*se) + (se->data ? packet_memory(se->data) : 0);
}

/* Puts an error behind the others, if there is room. Consumes @se. */
static void put_error(struct inet_errors *q, struct sent_error *se)
{
	spin_lock(&q->lock);
	if (q->nr < ERRORS_MAX && inet_memory_charge(&q->memory, errqueue_memory(se))) {
		list_push_back(&q->queue, se, link);
		store_once(q->nr, q->nr + 1);
		se = NULL;
	}
	spin_unlock(&q->lock);
	obj_put(&se);
}

void inet_error_too_large(struct inet_sock *i, const struct flow *f, u32 mtu)
{
	struct inet_errors *q = obj_cast(inet_errors, load_acquire(i->errors));
	bool is4 = ip_is4(f->to);
	struct sent_error *se;

	if (!q || !(load_once(i->flags) & (is4 ? INET_RECVERR : INET_RECVERR6)))
		return;
	se = obj_new(sent_error);
	if (!se)
		return;
	se->ee = (struct extended_err){ .error = EMSGSIZE, .origin = ORIGIN_LOCAL, .info = mtu };
	se->to = f->to;
	se->port = is4 ? i->peer_port : f->to_port; /* as on Linux */
	put_error(q, se);
	poll_notify(i->socket->poll, POLLERR | ASYNC_ERR);
	waitq_wake_all(&i->socket->read_wait);
}

void inet_error_queue(struct inet_sock *i, const struct ip_error *e, struct packet *p, u32 header)
{
	struct inet_errors *q = obj_cast(inet_errors, load_acquire(i->errors));
	struct sent_error *se = q ? obj_new(sent_error) : NULL;

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
		put_error(q, se);
	else
		obj_put(&se);
}

bool inet_has_errors(const struct inet_sock *i)
{
	struct inet_errors *q = obj_cast(inet_errors, load_acquire(i->errors));

	return q && load_once(q->nr);
}

static bool is_icmp(const struct sent_error *e)
{
	return e && e->ee.origin != ORIGIN_LOCAL;
}

/*
 * The next error that came in a packet becomes the socket's pending one. The pending error always
 * is that of the first ICMP error in the queue, so poll and the next call tell of it. An error of
 * this machine's own has been told by the call that failed.
 */
static struct sent_error *errqueue_take(struct inet_sock *i, struct inet_errors *q)
{
	struct sent_error *e, *next;

	spin_lock(&q->lock);
	e = list_first(&q->queue);
	if (e) {
		list_remove(&q->queue, e, link);
		store_once(q->nr, q->nr - 1);
		next = list_first(&q->queue);
		if (next)
			inet_memory_uncharge(&q->memory, errqueue_memory(e));
		else
			inet_memory_end(&q->memory);
		if (is_icmp(e) || is_icmp(next))
			atomic_store(&i->socket->error, is_icmp(next) ? next->ee.error : 0);
	}
	spin_unlock(&q->lock);
	return e;
}

ssize_t inet_recv_error(struct inet_sock *i, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	struct inet_errors *q = obj_cast(inet_errors, load_acquire(i->errors));
	struct sent_error *e = q ? errqueue_take(i, q) : NULL;
	size_t n;

	if (!e)
		return -EAGAIN;
	n = e->data ? min((size_t)e->data->len, u->left) : 0;
	if (e->data && n < e->data->len)
		m->out_flags |= MSG_TRUNC;
	m->out_flags |= MSG_ERRQUEUE;
	if (name)
		m->name_len = inet_address_out(i->socket, e->to, e->port, e->ifindex, name);
	if (n && packet_to_user(e->data, 0, u, n) < n) {
		obj_put(&e);
		return -EFAULT;
	}
	m->error = &e->obj;
	m->ip.given = IP_CONTROL_TIME;
	m->ip.time_ns = e->heard.time_ns;
	return (ssize_t)n;
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
	u32 n;

	if (!e)
		return;
	msg.ee = e->ee;
	n = inet_address_out(i->socket, e->offender, 0, 0, &a);
	if (is_icmp(e)) {
		span_copy(span_of(msg.offender), cspan_first(value_cspan(&a), n));
		m->ip = e->heard;
		inet_packet_control(i, m, o);
	}
	scm_put_one(o, m, is4 ? 0 : 41, is4 ? 11 : 25,
		cspan_first(value_cspan(&msg), sizeof(msg.ee) + n));
	obj_put_any(&m->error);
}
