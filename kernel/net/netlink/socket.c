// SPDX-License-Identifier: MPL-2.0
/*
 * Sockets of AF_NETLINK: port ids, groups, queues (netlink(7)).
 *
 * A send goes to the kernel (port 0), which does the requests in it at once, in the sender's
 * context; or to another socket, or to the members of a group, which only CAP_NET_ADMIN may do.
 * What the kernel answers, and what it tells a group, is queued at the receiver until it is read.
 * One buffer serves all members of a group.
 *
 * A receiver that does not read loses messages: what does not fit into its receive buffer is
 * dropped, and it is told once, by ENOBUFS, unless it does not want to be. All queues together may
 * have a 16th of memory.
 *
 * Sockets are found by protocol and port id in a hash table, whose key is the machine's secret, as
 * programs choose their port ids. The members of groups of a protocol are on a list. Both hold no
 * references: a socket leaves them when its file is closed, under table_lock; so whoever finds it
 * there can still take a reference to its struct socket, and uses it when the lock is dropped.
 *
 * A multicast walks the list in portions: programs can make it long, so the lock is held for a few
 * members at a time. The walk keeps a reference to the member that it saw last, and goes on behind
 * it; if that one has left the list, it goes on at the first one that joined later (member_id grows
 * along the list). So a socket that is a member all the time gets the message exactly once.
 *
 * Locking: bind_lock, then table_lock, then netlink_sock.lock. The last two are spinlocks.
 */
#include <frame/task.h>
#include <kernel/bpf.h>
#include <kernel/cred.h>
#include <kernel/locks.h>
#include <kernel/netlink.h>
#include <kernel/poll.h>
#include <kernel/random.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>

#include "netlink.h"

static struct netlink_bucket {
	LIST_HEAD(netlink_sock) socks;
} buckets[NETLINK_BUCKETS]; /* table_lock */
static struct netlink_members {
	LIST_HEAD(netlink_sock) socks; /* table_lock; in the order of member_id */
	u64 last_id;                   /* table_lock */
	u32 nr[NETLINK_GROUPS];        /* members of each group; table_lock, read without it */
} members[NETLINK_MAX];
static u64 table_key; /* set once */
static struct spinlock table_lock;
static struct atomic all_bytes; /* in all queues */

static void netlink_msg_release(struct netlink_msg *m)
{
	buf_put(&m->data);
}
OBJ_TYPE(netlink_msg, netlink_msg_release);

/* What a message keeps of memory: buffers come in powers of two, from this on. */
#define LEAST_BUF 128u

static u32 charge_of(const struct netlink_msg *m)
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

static struct netlink_sock *sock_of(const struct socket *s)
{
	return obj_cast(netlink_sock, s->proto);
}

/* ---- the tables; table_lock held ---- */

static u32 bucket_of(u32 protocol, u32 port)
{
	return (u32)((table_key | 1) * (port + ((u64)protocol << 32)) >> 56) % NETLINK_BUCKETS;
}

static struct netlink_sock *find_locked(u32 protocol, u32 port)
{
	struct netlink_sock *ns;

	list_for_each(ns, &buckets[bucket_of(protocol, port)].socks, hash_link) {
		if (ns->port == port && ns->protocol == protocol)
			return ns;
	}
	return NULL;
}

/* Gives the socket a port id: 0 or -EADDRINUSE. bind_lock held. */
static int take_port(struct netlink_sock *ns, u32 port)
{
	struct netlink_bucket *const b = array_at(buckets, bucket_of(ns->protocol, port));
	int err = -EADDRINUSE;

	spin_lock(&table_lock);
	if (!find_locked(ns->protocol, port)) {
		list_push_back(&b->socks, ns, hash_link);
		store_once(ns->port, port);
		err = 0;
	}
	spin_unlock(&table_lock);
	if (!err)
		socket_list_add(SOCKETS_NETLINK, ns->socket);
	return err;
}

#define TRIES 64u

/* A port id for a socket without one: the process's number, else a random one. bind_lock held. */
static int autobind(struct netlink_sock *ns)
{
	u32 port = (u32)thread_current()->process->pid, i;
	int err = 0;

	if (ns->port)
		return 0;
	for (i = 0; i < TRIES; i++) {
		err = take_port(ns, port);
		if (!err)
			return 0;
		port = (u32)random_u64() | 0x80000000u;
	}
	return err;
}

static int ensure_port(struct netlink_sock *ns)
{
	int err;

	if (likely(load_once(ns->port)))
		return 0;
	mutex_lock(&ns->bind_lock);
	err = autobind(ns);
	mutex_unlock(&ns->bind_lock);
	return err;
}

void nl_set_groups(struct netlink_sock *ns, u64 groups)
{
	struct netlink_members *const list = array_at(members, ns->protocol);
	u32 i;

	spin_lock(&table_lock);
	if (groups && !ns->groups) {
		ns->member_id = ++list->last_id;
		list_push_back(&list->socks, ns, group_link);
	} else if (!groups && ns->groups) {
		list_remove(&list->socks, ns, group_link);
	}
	for (i = 0; i < NETLINK_GROUPS; i++) {
		u32 *const nr = array_at(list->nr, i);
		store_once(*nr, *nr + (u32)(groups >> i & 1) - (u32)(ns->groups >> i & 1));
	}
	store_once(ns->groups, groups);
	spin_unlock(&table_lock);
}

/* ---- queues ---- */

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
static bool enqueue(struct netlink_sock *ns, struct netlink_msg *m, u32 *const steps)
{
	bool full = account_is_full(), fits, tell = false;
	u32 keep = FILTER_ALL;

	m->charge = charge_of(m);
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

/* A message with the contents @data, for one receiver. False: it was dropped. */
static bool deliver(struct netlink_sock *ns, struct buf *data, u32 len,
	const struct nl_sender *like, u32 *const steps)
{
	struct netlink_msg *m = obj_new(netlink_msg);

	if (!m)
		return false;
	m->data = buf_get(data);
	m->len = len;
	m->sender = *like;
	if (enqueue(ns, m, steps))
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
	if (!enqueue(ns, m, NULL))
		obj_put(&m);
}

bool nl_has_listeners(u32 protocol, u32 group)
{
	struct netlink_members *const list = array_at(members, protocol);

	return load_once(*array_at(list->nr, group - 1)) != 0;
}

/* Members that get a message: references. */
#define PORTION      16u
#define PORTION_WALK 64u /* members that are looked at in one hold of the lock */
struct nl_portion {
	u32 nr;
	struct socket *of[PORTION];
	struct netlink_sock *last; /* reference: the member that was looked at last; NULL: none */
	u64 last_id;
};

/* The next portion of the members. Returns whether there are more. */
static bool next_portion(u32 protocol, u64 groups, const struct netlink_sock *but,
	struct nl_portion *p)
{
	struct netlink_members *const list = array_at(members, protocol);
	struct netlink_sock *ns, *seen = NULL;
	u32 n;

	p->nr = 0;
	spin_lock(&table_lock);
	ns = list_first(&list->socks);
	if (p->last && p->last->groups && p->last->member_id == p->last_id)
		ns = list_next(p->last, group_link);
	while (ns && ns->member_id <= p->last_id)
		ns = list_next(ns, group_link);
	for (n = 0; ns && n < PORTION_WALK && p->nr < PORTION; n++) {
		if (ns != but && (ns->groups & groups) && obj_tryget(ns->socket)) {
			p->of[p->nr] = ns->socket;
			p->nr++;
		}
		seen = ns;
		ns = list_next(ns, group_link);
	}
	if (seen) {
		p->last_id = seen->member_id;
		(void)obj_get(seen);
	}
	spin_unlock(&table_lock);
	obj_put(&p->last);
	p->last = seen;
	return ns != NULL;
}

/* Sends to all members of the groups in @groups but @but. Returns how many got it. */
static u32 multicast(u32 protocol, u64 groups, struct buf *data, u32 len,
	const struct nl_sender *like, const struct netlink_sock *but)
{
	struct nl_portion p = { 0 };
	u32 n = 0, steps = 0, i;
	bool more;

	do {
		more = next_portion(protocol, groups, but, &p);
		for (i = 0; i < p.nr; i++) {
			n += deliver(sock_of(*array_at(p.of, i)), data, len, like, &steps);
			obj_put(array_at(p.of, i));
		}
		task_cond_resched();
	} while (more);
	obj_put(&p.last);
	return n;
}

void nl_multicast(u32 protocol, u32 group, struct nl_writer *w)
{
	struct nl_sender like = { .group = group };

	(void)multicast(protocol, bit(group - 1), w->buf, w->len, &like, NULL);
}

/* Members of the group have missed something: as if their buffers had been full. Context: task. */
void nl_group_overrun(u32 protocol, u32 group)
{
	struct nl_portion p = { 0 };
	struct socket *s;
	bool more;
	u32 i;

	do {
		more = next_portion(protocol, bit(group - 1), NULL, &p);
		for (i = 0; i < p.nr; i++) {
			s = *array_at(p.of, i);
			if (!(load_once(sock_of(s)->flags) & NL_NO_ENOBUFS)) {
				(void)atomic_swap(&s->error, ENOBUFS);
				socket_wake_readers(s, POLLIN | POLLRDNORM | POLLERR | ASYNC_ERR);
			}
			obj_put(array_at(p.of, i));
		}
		task_cond_resched();
	} while (more);
	obj_put(&p.last);
}

/* ---- names ---- */

/* An address of the user: 0 or -EINVAL. */
static int address_of(const struct sockaddr_any *a, u32 len, struct sockaddr_nl *out)
{
	if (len < sizeof(*out))
		return -EINVAL;
	out->family = a->family;
	if (a->family != AF_NETLINK || !span_read(cspan_of(a->data), 2, &out->pid) ||
		!span_read(cspan_of(a->data), 6, &out->groups))
		return -EINVAL;
	return 0;
}

static u32 address_put(struct sockaddr_any *a, u32 port, u32 groups)
{
	*a = (struct sockaddr_any){ .family = AF_NETLINK };
	(void)span_write(span_of(a->data), 2, &port);
	(void)span_write(span_of(a->data), 6, &groups);
	return sizeof(struct sockaddr_nl);
}

static int netlink_bind(struct socket *s, const struct sockaddr_any *a, u32 len)
{
	struct netlink_sock *ns = sock_of(s);
	struct sockaddr_nl at;
	int err = address_of(a, len, &at);

	if (err)
		return err;
	mutex_lock(&ns->bind_lock);
	if (ns->port)
		err = at.pid == ns->port ? 0 : -EINVAL;
	else
		err = at.pid ? take_port(ns, at.pid) : autobind(ns);
	if (!err)
		nl_set_groups(ns, (ns->groups & ~0xfffffffful) | at.groups);
	mutex_unlock(&ns->bind_lock);
	return err;
}

/* Whether the caller may send to other programs. */
static bool may_send(void)
{
	return cred_capable(thread_current()->cred, CAP_NET_ADMIN);
}

static int netlink_connect(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock)
{
	struct netlink_sock *ns = sock_of(s);
	struct sockaddr_nl to = { 0 };
	int err = 0;

	(void)nonblock;
	if (len < sizeof(a->family))
		return -EINVAL;
	if (a->family != AF_UNSPEC) {
		err = address_of(a, len, &to);
		if (!err && (to.groups || to.pid) && !may_send())
			err = -EPERM;
		if (!err)
			err = ensure_port(ns);
	}
	if (err)
		return err;
	mutex_lock(&ns->bind_lock);
	store_once(ns->peer_port, to.pid);
	store_once(ns->peer_groups, to.groups);
	mutex_unlock(&ns->bind_lock);
	return 0;
}

static int netlink_getname(struct socket *s, bool peer, struct sockaddr_any *a)
{
	struct netlink_sock *ns = sock_of(s);

	return (int)(peer ? address_put(a, ns->peer_port, ns->peer_groups)
			  : address_put(a, ns->port, (u32)ns->groups));
}

/* ---- sending ---- */

/* To a program: 0 or -ECONNREFUSED. */
static int send_to(struct netlink_sock *ns, u32 port, struct buf *data, u32 len,
	const struct nl_sender *like)
{
	struct netlink_sock *to;
	struct socket *s = NULL;
	int err = -ECONNREFUSED;

	spin_lock(&table_lock);
	to = find_locked(ns->protocol, port);
	if (to && obj_tryget(to->socket))
		s = to->socket;
	spin_unlock(&table_lock);
	if (s)
		err = deliver(sock_of(s), data, len, like, NULL) ? 0 : -ENOBUFS;
	obj_put(&s);
	return err;
}

static void bytes_end(struct nl_bytes *b)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(b->part); i++)
		buf_put(array_at(b->part, i));
}

/* Takes all that is sent, before any of it is looked at. 0, -ENOBUFS, -EFAULT. */
static int bytes_take(struct uio *u, struct nl_bytes *b)
{
	u32 done, n;

	for (done = 0; done < b->len; done += n) {
		struct buf **const part = array_at(b->part, done / BUF_MAX);
		n = min(b->len - done, (u32)BUF_MAX);
		*part = buf_alloc_dirty(n);
		if (!*part)
			return -ENOBUFS;
		if (uio_take(u, buf_span(*part)) != n)
			return -EFAULT;
	}
	return 0;
}

/* To groups, a program, or the kernel: 0 or -errno. The first two take one buffer at most. */
static int dispatch(struct netlink_sock *ns, const struct nl_bytes *b, const struct sockaddr_nl *to,
	const struct nl_sender *like)
{
	if ((to->groups || to->pid) && b->len > BUF_MAX)
		return -ENOBUFS;
	if (to->groups)
		(void)multicast(ns->protocol, to->groups, b->part[0], b->len, like, ns);
	if (to->pid)
		return send_to(ns, to->pid, b->part[0], b->len, like);
	if (!to->groups)
		nl_requests(ns, b);
	return 0;
}

static ssize_t netlink_sendmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	struct netlink_sock *ns = sock_of(s);
	struct sockaddr_nl to = { .pid = load_once(ns->peer_port),
		.groups = load_once(ns->peer_groups) };
	struct nl_sender like = { 0 };
	struct thread *t = thread_current();
	size_t len = u->left;
	struct nl_bytes b = { .len = (u32)len };
	int err = 0;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (name)
		err = address_of(name, m->name_len, &to);
	if (!err && (to.pid || to.groups) && !may_send())
		err = -EPERM;
	if (!err)
		err = ensure_port(ns);
	if (!err && (len > load_once(s->sndbuf) - 32 || len > NETLINK_SEND_MAX))
		err = -EMSGSIZE;
	if (err || !len)
		return err ? err : -ENODATA;
	like.port = ns->port;
	/* Readers of uevents tell by the group that a message was for all. */
	like.group = to.groups ? bit_lowest(to.groups) + 1 : 0;
	like.cred = m->has_cred ? m->cred
				: (struct ucred){ t->process->pid, t->cred->euid, t->cred->egid };
	err = bytes_take(u, &b);
	if (!err)
		err = dispatch(ns, &b, &to, &like);
	bytes_end(&b);
	return err ? err : (ssize_t)len;
}

/* ---- receiving ---- */

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
static void filter_late(struct netlink_sock *ns)
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

/* The first message: a reference; taken off the queue unless @peek. */
static struct netlink_msg *first(struct netlink_sock *ns, bool peek)
{
	struct netlink_msg *m;

	for (;;) {
		spin_lock(&ns->lock);
		m = list_first(&ns->queue);
		if (likely(!m || !m->unfiltered))
			break;
		spin_unlock(&ns->lock);
		filter_late(ns);
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

static int wait_message(struct socket *s, struct netlink_sock *ns, u32 flags)
{
	u64 deadline = socket_deadline(s->rcv_timeout_ns, flags & MSG_DONTWAIT);
	int err;

	if (!deadline)
		return -EAGAIN;
	wait_event(&s->read_wait,
		load_once(ns->queue.first) || load_once(ns->dump.ops) || atomic_load(&s->error),
		WAIT_INTERRUPTIBLE, deadline, &err);
	return err ? socket_wait_error(err, deadline) : 0;
}

static ssize_t netlink_recvmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	struct netlink_sock *ns = sock_of(s);
	struct netlink_msg *msg;
	size_t n, len;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	while ((msg = first(ns, m->flags & MSG_PEEK)) == NULL) {
		err = socket_take_error(s);
		if (!err && !nl_dump_more(ns))
			err = wait_message(s, ns, m->flags);
		if (!err && loop_should_end())
			err = -EINTR;
		if (err)
			return err;
	}
	len = msg->len;
	n = min(len, u->left);
	if (n < len)
		m->out_flags |= MSG_TRUNC;
	if (name)
		m->name_len = address_put(name, msg->sender.port,
			msg->sender.group ? (u32)bit(msg->sender.group - 1) : 0);
	m->has_cred = load_once(s->options) & OPT_PASSCRED;
	m->cred = msg->sender.cred;
	m->ip.ifindex = msg->sender.group; /* for NETLINK_PKTINFO */
	err = uio_put(u, cspan_first(buf_cspan(msg->data), n)) == n ? 0 : -EFAULT;
	obj_put(&msg);
	if (err)
		return err;
	return m->flags & MSG_TRUNC ? (ssize_t)len : (ssize_t)n;
}

static void netlink_control_out(struct socket *s, struct socket_msg *m, struct control_out *o)
{
	if (load_once(sock_of(s)->flags) & NL_PKTINFO)
		scm_put_one(o, m, SOL_NETLINK, NETLINK_PKTINFO, value_cspan(&m->ip.ifindex));
}

static u32 netlink_poll(struct socket *s, struct poll_table *pt)
{
	struct netlink_sock *ns = sock_of(s);
	u32 events = POLLOUT | POLLWRNORM | POLLWRBAND;

	poll_wait(pt, &s->poll);
	filter_late(ns);
	if (load_once(ns->queue.first) || load_once(ns->dump.ops))
		events |= POLLIN | POLLRDNORM;
	return events | (atomic_load(&s->error) ? POLLERR : 0u);
}

/* ---- the family ---- */

/* Nobody finds it any more; what is in its queue goes with the object. */
static void netlink_release(struct socket *s)
{
	struct netlink_sock *ns = sock_of(s);
	struct netlink_bucket *const b = array_at(buckets, bucket_of(ns->protocol, ns->port));

	mutex_lock(&ns->bind_lock);
	nl_set_groups(ns, 0);
	spin_lock(&table_lock);
	if (ns->port)
		list_remove(&b->socks, ns, hash_link);
	spin_unlock(&table_lock);
	socket_list_remove(s);
	mutex_unlock(&ns->bind_lock);
}

static const struct socket_ops netlink_ops = {
	.release = netlink_release,
	.bind = netlink_bind,
	.connect = netlink_connect,
	.getname = netlink_getname,
	.sendmsg = netlink_sendmsg,
	.recvmsg = netlink_recvmsg,
	.control_out = netlink_control_out,
	.poll = netlink_poll,
	.setsockopt = netlink_setsockopt,
	.getsockopt = netlink_getsockopt,
};

static int netlink_create(u32 type, u32 protocol, struct socket **out)
{
	struct netlink_sock *ns;

	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (protocol != NETLINK_ROUTE && protocol != NETLINK_KOBJECT_UEVENT &&
		protocol != NETLINK_GENERIC && protocol != NETLINK_SOCK_DIAG)
		return -EPROTONOSUPPORT;
	ns = obj_new(netlink_sock);
	if (!ns)
		return -ENOMEM;
	ns->protocol = protocol;
	lock_level(&ns->bind_lock, LOCK_BIND);
	lock_level(&ns->dump_lock, LOCK_NET_DUMP);
	*out = socket_new(&netlink_ops, AF_NETLINK, type, protocol, &ns->obj);
	if (!*out)
		return -ENOMEM;
	ns->socket = *out;
	return 0;
}

static const struct socket_family netlink_family = { .family = AF_NETLINK,
	.create = netlink_create };

void netlink_init(void)
{
	table_key = random_u64();
	socket_family_register(&netlink_family);
	rtnetlink_init();
}
