// SPDX-License-Identifier: MPL-2.0
/*
 * The error queue of a socket (kernel/errqueue.h).
 *
 * A queue exists from the time on when the socket first asks for errors or for times of sending, and
 * until the socket ends; so who puts an entry needs no lock to find it.
 *
 * Two bounds. Errors that packets bring can be forged by anybody, so ERRORS_MAX of them are kept.
 * Times are made by the socket's own packets, and are kept as long as the queue takes less than the
 * receive buffer, as on Linux. What the queues of all sockets keep counts in the account of all
 * datagrams (inet/memory.c), since whoever may open many sockets can fill each of them.
 */
#include <kernel/errqueue.h>
#include <kernel/inet.h>
#include <kernel/uio.h>
#include <uapi/errno.h>

#define ERRORS_MAX 64u

static void sent_error_release(struct sent_error *e)
{
	packet_drop(&e->data);
}
OBJ_TYPE(sent_error, sent_error_release);

struct sent_errors {
	struct obj obj;
	struct spinlock lock;
	u32 nr, nr_heard;            /* lock: entries; those that are no times */
	LIST_HEAD(sent_error) queue; /* lock; references */
	struct inet_reserve memory;  /* lock */
};
static void sent_errors_release(struct sent_errors *q)
{
	struct sent_error *e;

	while ((e = list_first(&q->queue)) != NULL) {
		list_remove(&q->queue, e, link);
		obj_put(&e);
	}
	inet_memory_end(&q->memory);
}
OBJ_TYPE(sent_errors, sent_errors_release);
OBJ_TYPE_DECL(sent_errors);

/* filter_lock is at hand, and only decides between two calls at the same time. */
int socket_errors_enable(struct socket *s)
{
	struct sent_errors *q;

	if (likely(load_acquire(s->errors)))
		return 0;
	q = obj_new(sent_errors);
	if (!q)
		return -ENOMEM;
	spin_lock(&s->filter_lock);
	if (!s->errors) {
		store_release(s->errors, &q->obj);
		q = NULL;
	}
	spin_unlock(&s->filter_lock);
	obj_put(&q);
	return 0;
}

static struct sent_errors *sent_errors_of(const struct socket *s)
{
	return obj_cast(sent_errors, load_acquire(s->errors));
}

/* What an entry keeps: its object, and the packet that it quotes. */
static u32 sent_error_memory(const struct sent_error *e)
{
	return (u32)sizeof(*e) + (e->data ? packet_memory(e->data) : 0);
}

static bool is_time(const struct sent_error *e)
{
	return e->ee.origin == ORIGIN_TIMES;
}

void socket_errors_put(struct socket *s, struct sent_error *e)
{
	struct sent_errors *q = sent_errors_of(s);
	u32 n = sent_error_memory(e);
	bool room;

	if (!q) {
		obj_put(&e);
		return;
	}
	spin_lock(&q->lock);
	room = is_time(e) ? q->memory.used + n < load_once(s->rcvbuf) : q->nr_heard < ERRORS_MAX;
	if (room && inet_memory_charge(&q->memory, n)) {
		list_push_back(&q->queue, e, link);
		store_once(q->nr, q->nr + 1);
		q->nr_heard += !is_time(e);
		e = NULL;
	}
	spin_unlock(&q->lock);
	obj_put(&e);
}

bool socket_has_errors(const struct socket *s)
{
	struct sent_errors *q = sent_errors_of(s);

	return q && load_once(q->nr);
}

static bool is_icmp(const struct sent_error *e)
{
	return e && (e->ee.origin == ORIGIN_ICMP || e->ee.origin == ORIGIN_ICMP6);
}

/*
 * The next error that came in a packet becomes the socket's pending one. The pending error always
 * is that of the first ICMP error in the queue, so poll and the next call tell of it. An error of
 * this machine's own has been told by the call that failed, and a time is no error.
 */
struct sent_error *socket_errors_take(struct socket *s)
{
	struct sent_errors *q = sent_errors_of(s);
	struct sent_error *e, *next;

	if (!q)
		return NULL;
	spin_lock(&q->lock);
	e = list_first(&q->queue);
	if (e) {
		list_remove(&q->queue, e, link);
		store_once(q->nr, q->nr - 1);
		q->nr_heard -= !is_time(e);
		next = list_first(&q->queue);
		if (next)
			inet_memory_uncharge(&q->memory, sent_error_memory(e));
		else
			inet_memory_end(&q->memory);
		if (is_icmp(e) || is_icmp(next))
			atomic_store(&s->error, is_icmp(next) ? next->ee.error : 0);
	}
	spin_unlock(&q->lock);
	return e;
}

ssize_t socket_errors_recv(struct socket *s, struct uio *u, struct socket_msg *m)
{
	struct sent_error *e = socket_errors_take(s);
	size_t len = e && e->data ? e->data->len : 0, n = min(len, u->left);

	if (!e)
		return -EAGAIN;
	if (n < len)
		m->out_flags |= MSG_TRUNC;
	m->out_flags |= MSG_ERRQUEUE;
	if (n && packet_to_user(e->data, 0, u, n) < n) {
		obj_put(&e);
		return -EFAULT;
	}
	m->error = &e->obj;
	m->ip.given = IP_CONTROL_TIME;
	m->ip.time_ns = e->heard.time_ns;
	return (ssize_t)n;
}
