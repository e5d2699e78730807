// SPDX-License-Identifier: MPL-2.0
/*
 * What waits in sockets of AF_NETLINK, and the account of it.
 *
 * A receiver that does not read loses messages: what does not fit into its receive buffer is
 * dropped, and it is told once, by ENOBUFS, unless it does not want to be. All queues together may
 * have a 16th of memory.
 *
 * Locking: netlink_sock.lock, a spinlock and a leaf: readers are woken after it.
 */
#include <frame/task.h>
#include <kernel/bpf.h>
#include <kernel/poll.h>
#include <uapi/errno.h>

#include "netlink.h"

static struct atomic all_bytes; /* in all queues */

static void netlink_msg_release(struct netlink_msg *m)
{
	buf_put(&m->data);
}
OBJ_TYPE(netlink_msg, netlink_msg_release);

/* What a message keeps of memory: buffers come in powers of two, from this on. */
#define LEAST_BUF 128u

static u32 netlink_charge(const struct netlink_msg *m)
{
	return (u32)sizeof(*m) + LEAST_BUF + m->len + m->len / 2;
}

static void drop_message(struct netlink_msg *m)
{
	(void)atomic_sub(&all_bytes, m->charge);
	obj_put(&m);
}

/* Bounded by the receive buffer. */
static void netlink_sock_release(struct netlink_sock *ns)
{
	struct netlink_msg *m;

	while ((m = list_first(&ns->queue)) != NULL) {
		list_remove(&ns->queue, m, link);
		drop_message(m);
	}
	nl_filter_end(&ns->dump.want);
	obj_put_any(&ns->dump.last);
}
OBJ_TYPE(netlink_sock, netlink_sock_release);

/* All queues together, and the filters of dumps, may have a 16th of memory. */
static bool account_is_full(void)
{
	struct page_stats mem;

	page_get_stats(&mem);
	return atomic_load(&all_bytes) >= mem.total * PAGE_SIZE / 16;
}

int nl_filter_keep(struct nl_filter *f, u32 size)
{
	if (account_is_full())
		return -ENOBUFS;
	f->bytes = buf_alloc(size);
	if (!f->bytes)
		return -ENOMEM;
	(void)atomic_add(&all_bytes, size);
	return 0;
}

void nl_filter_end(struct nl_filter *f)
{
	if (f->bytes)
		(void)atomic_sub(&all_bytes, buf_size(f->bytes));
	buf_put(&f->bytes);
}

static u32 message_len(struct obj *o)
{
	return obj_cast(netlink_msg, o)->len;
}

static bool message_load(struct obj *o, u32 off, u32 size, u32 *out)
{
	const struct netlink_msg *m = obj_cast(netlink_msg, o);

	*out = 0;
	if (off > m->len || size > m->len - off)
		return false;
	for (; size; size--, off++)
		*out = *out << 8 | span_byte(buf_cspan(m->data), off);
	return true;
}
static const struct bpf_loads message_loads = {
	.load = message_load, .len = message_len, .ancillary = socket_ancillary
};

/*
 * All queues may have a 16th of memory; a message for an empty queue fits always, so what one user
 * leaves unread does not stop the others. A message that does not fit is lost, and the socket is
 * told once until it has read what it has.
 *
 * What is told to a group runs the filters of its members in the context of whoever tells it, which
 * may hold net_config: so all filters together get FILTER_STEPS. Then messages are queued as they
 * come (unfiltered), and the filter runs when somebody reads them.
 */
static bool netlink_enqueue(struct netlink_sock *ns, struct netlink_msg *m, u32 *const steps)
{
	bool full = account_is_full(), fits, tell = false;
	u32 keep = FILTER_ALL;

	m->charge = netlink_charge(m);
	m->unfiltered = steps && *steps >= FILTER_STEPS && load_once(ns->socket->filter);
	if (!m->unfiltered)
		keep = socket_filter(ns->socket, &message_loads, &m->obj, steps);
	if (!keep) {
		obj_put(&m); /* as if it had been read */
		return true;
	}
	m->len = min(m->len, keep);
	spin_lock(&ns->lock);
	fits = !ns->rmem || (!full && ns->rmem + m->charge <= load_once(ns->socket->rcvbuf));
	if (fits) {
		(void)atomic_add(&all_bytes, m->charge);
		ns->rmem += m->charge;
		list_push_back(&ns->queue, m, link);
	} else if (!ns->congested && !(load_once(ns->flags) & NL_NO_ENOBUFS)) {
		ns->congested = tell = true;
	}
	spin_unlock(&ns->lock);
	if (tell)
		(void)atomic_swap(&ns->socket->error, ENOBUFS);
	if (fits || tell)
		socket_wake_readers(ns->socket,
			POLLIN | POLLRDNORM | (tell ? POLLERR | ASYNC_ERR : ASYNC_IN));
	return fits;
}

bool netlink_deliver(struct netlink_sock *ns, struct buf *data, u32 len,
	const struct nl_sender *like, u32 *const steps)
{
	struct netlink_msg *m = obj_new(netlink_msg);

	if (!m)
		return false;
	m->data = buf_get(data);
	m->len = len;
	m->sender = *like;
	if (netlink_enqueue(ns, m, steps))
		return true;
	obj_put(&m);
	return false;
}

/* What the kernel sends has port 0 and root's ids. */
void nl_queue(struct netlink_sock *ns, struct nl_writer *w)
{
	struct netlink_msg *m = w->len ? obj_new(netlink_msg) : NULL;

	if (!m) {
		(void)atomic_swap(&ns->socket->error, ENOBUFS);
		return;
	}
	m->data = w->buf;
	m->len = w->len;
	w->buf = NULL;
	w->len = 0;
	if (!netlink_enqueue(ns, m, NULL))
		obj_put(&m);
}

/* Takes the first message out of the queue. ns->lock held. */
static void take_first(struct netlink_sock *ns, struct netlink_msg *m)
{
	list_remove(&ns->queue, m, link);
	ns->rmem -= m->charge;
	if (list_empty(&ns->queue))
		ns->congested = false;
}

/*
 * Runs the filter over the messages at the head of the queue that came without, up to the first one
 * that is kept. Several readers may run it over the same message: the first to end decides, and the
 * others find the message settled, or gone.
 */
void netlink_filter_late(struct netlink_sock *ns)
{
	struct netlink_msg *m;
	bool gone;
	u32 keep;

	for (;;) {
		spin_lock(&ns->lock);
		m = list_first(&ns->queue);
		m = m && m->unfiltered ? obj_get(m) : NULL;
		spin_unlock(&ns->lock);
		if (!m)
			return;
		keep = socket_filter(ns->socket, &message_loads, &m->obj, NULL);
		spin_lock(&ns->lock);
		gone = m->unfiltered && !keep;
		if (gone)
			take_first(ns, m);
		else if (m->unfiltered)
			m->len = min(m->len, keep);
		m->unfiltered = false;
		spin_unlock(&ns->lock);
		if (gone) {
			struct netlink_msg *queued = m; /* the queue's reference */
			drop_message(queued);
		}
		obj_put(&m);
		task_cond_resched();
	}
}

struct netlink_msg *netlink_first_message(struct netlink_sock *ns, bool peek)
{
	struct netlink_msg *m;

	for (;;) {
		spin_lock(&ns->lock);
		m = list_first(&ns->queue);
		if (likely(!m || !m->unfiltered))
			break;
		spin_unlock(&ns->lock);
		netlink_filter_late(ns);
	}
	if (m && peek)
		(void)obj_get(m);
	else if (m)
		take_first(ns, m);
	spin_unlock(&ns->lock);
	if (m && !peek)
		(void)atomic_sub(&all_bytes, m->charge);
	return m;
}
