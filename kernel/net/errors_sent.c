// SPDX-License-Identifier: MPL-2.0
/*
 * The error queue of a socket (kernel/errqueue.h).
 *
 * A queue exists from the time on when the socket first asks for errors, times of sending or
 * completions, and until the socket ends; so who puts an entry needs no lock to find it.
 *
 * Three bounds. Errors that packets bring can be forged by anybody, so ERRORS_MAX of them are kept.
 * Times are made by the socket's own packets, and are kept as long as they take less than the
 * receive buffer, as on Linux. Completions must not be lost: a send without room for its own is
 * refused. What the queues of all sockets keep counts in the account of all datagrams
 * (inet/memory.c), since whoever may open many sockets can fill each of them.
 */
#include <kernel/errqueue.h>
#include <kernel/inet.h>
#include <kernel/knobs.h>
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
	u32 nr, nr_heard;            /* lock: entries; those that packets brought */
	u32 optmem;                  /* lock: bytes of completions, queued and to come */
	u32 completed;               /* lock: sends that have a completion; wraps around */
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

static bool is_completion(const struct sent_error *e)
{
	return e->ee.origin == ORIGIN_ZEROCOPY;
}

static bool is_heard(const struct sent_error *e)
{
	return !is_time(e) && !is_completion(e);
}

/* q->lock held. An empty queue keeps nothing of the account, for most sockets hear of one error. */
static void errors_uncharge(struct sent_errors *q, u32 n)
{
	inet_memory_uncharge(&q->memory, n);
	if (!q->memory.used)
		inet_memory_end(&q->memory);
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
	room = is_time(e) ? q->memory.used - q->optmem + n < load_once(s->rcvbuf)
			  : q->nr_heard < ERRORS_MAX;
	if (room && inet_memory_charge(&q->memory, n)) {
		list_push_back(&q->queue, e, link);
		store_once(q->nr, q->nr + 1);
		q->nr_heard += is_heard(e);
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
 * this machine's own has been told by the call that failed; times and completions are no errors.
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
		q->nr_heard -= is_heard(e);
		q->optmem -= is_completion(e) ? sent_error_memory(e) : 0;
		next = list_first(&q->queue);
		errors_uncharge(q, sent_error_memory(e));
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

/* ---- completions ---- */

int socket_completion_new(struct socket *s, struct sent_error **out)
{
	struct sent_error *e;
	struct sent_errors *q;
	bool room;
	u32 n;

	if (socket_errors_enable(s))
		return -ENOBUFS;
	e = obj_new(sent_error);
	if (!e)
		return -ENOBUFS;
	q = sent_errors_of(s);
	n = sent_error_memory(e);
	spin_lock(&q->lock);
	room = q->optmem + n <= knob_get(KNOB_OPTMEM_MAX) && inet_memory_charge(&q->memory, n);
	if (room)
		q->optmem += n;
	spin_unlock(&q->lock);
	if (room) {
		*out = e;
		return 0;
	}
	obj_put(&e);
	return -ENOBUFS;
}

/* The last entry tells of one more send, if it is about those right before it. As on Linux. */
static bool completion_extend(struct sent_error *last, u32 number)
{
	if (!last || !is_completion(last) || last->ee.data + 1 != number || number == last->ee.info)
		return false;
	last->ee.data = number;
	return true;
}

void socket_completion_end(struct socket *s, struct sent_error **place, bool sent)
{
	struct sent_errors *q = sent_errors_of(s);
	struct sent_error *e = *place;
	u32 number;

	*place = NULL;
	spin_lock(&q->lock);
	number = q->completed;
	q->completed += sent;
	if (!sent || completion_extend(list_last(&q->queue), number)) {
		q->optmem -= sent_error_memory(e);
		errors_uncharge(q, sent_error_memory(e));
	} else {
		e->ee = (struct extended_err){ .origin = ORIGIN_ZEROCOPY,
			.code = ZEROCOPY_COPIED,
			.info = number,
			.data = number };
		list_push_back(&q->queue, e, link);
		store_once(q->nr, q->nr + 1);
		e = NULL;
	}
	spin_unlock(&q->lock);
	obj_put(&e);
}
