// SPDX-License-Identifier: MPL-2.0
/*
 * Sockets of AF_NETLINK: names, sending, receiving (netlink(7)). table.c finds sockets, queue.c has
 * what waits for them.
 *
 * A send goes to the kernel (port 0), which does the requests in it at once, in the sender's
 * context; or to another socket, or to the members of a group, which only CAP_NET_ADMIN may do.
 * What the kernel answers, and what it tells a group, is queued at the receiver until it is read.
 * One buffer serves all members of a group.
 *
 * What a sender can make others do: the kernel's requests run in the sender's context and with its
 * privileges, one after the other, and end with a signal; a message to another program is charged
 * to its receiver, so it cannot fill more than that one's buffer. Only one buffer (BUF_MAX) may go
 * to programs; only the kernel takes up to NETLINK_SEND_MAX.
 *
 * Locking: bind_lock guards port, groups and peer; table.c and queue.c take their spinlocks below it.
 */
#include <frame/task.h>
#include <kernel/bpf.h>
#include <kernel/cred.h>
#include <kernel/errqueue.h>
#include <kernel/locks.h>
#include <kernel/netlink.h>
#include <kernel/poll.h>
#include <kernel/random.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>

#include "netlink.h"

/* ---- names ---- */

/* An address of the user: 0 or -EINVAL. */
static int netlink_address(const struct sockaddr_any *a, u32 len, struct sockaddr_nl *out)
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

/*
 * A port once taken stays. The mask of groups replaces the first 32 only; those above were joined
 * by option.
 */
static int netlink_bind(struct socket *s, const struct sockaddr_any *a, u32 len)
{
	struct netlink_sock *ns = netlink_sock_of(s);
	struct sockaddr_nl at;
	int err = netlink_address(a, len, &at);

	if (err)
		return err;
	mutex_lock(&ns->bind_lock);
	if (ns->port)
		err = at.pid == ns->port ? 0 : -EINVAL;
	else
		err = at.pid ? netlink_take_port(ns, at.pid) : netlink_autobind(ns);
	if (!err)
		nl_set_groups(ns, (ns->groups & ~0xfffffffful) | at.groups);
	mutex_unlock(&ns->bind_lock);
	return err;
}

/* Whether the caller may send to other programs. */
static bool netlink_may_send(void)
{
	return cred_capable(thread_current()->cred, CAP_NET_ADMIN);
}

/*
 * Sets where sends without a name go, and nothing else. Port 0 and no groups is the kernel, the
 * default.
 */
static int netlink_connect(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock)
{
	struct netlink_sock *ns = netlink_sock_of(s);
	struct sockaddr_nl to = { 0 };
	int err = 0;

	(void)nonblock;
	if (len < sizeof(a->family))
		return -EINVAL;
	if (a->family != AF_UNSPEC) {
		err = netlink_address(a, len, &to);
		if (!err && (to.groups || to.pid) && !netlink_may_send())
			err = -EPERM;
		if (!err)
			err = netlink_ensure_port(ns);
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
	struct netlink_sock *ns = netlink_sock_of(s);

	return (int)(peer ? address_put(a, ns->peer_port, ns->peer_groups)
			  : address_put(a, ns->port, (u32)ns->groups));
}

/* ---- sending ---- */

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
		(void)netlink_multicast(ns->protocol, to->groups, b->part[0], b->len, like, ns);
	if (to->pid)
		return netlink_send_to(ns, to->pid, b->part[0], b->len, like);
	if (!to->groups)
		nl_requests(ns, b);
	return 0;
}

/*
 * All checks come before the bytes are taken, and all bytes before the first request is looked at:
 * so a request is not half sent, and user memory cannot change under it.
 */
static ssize_t netlink_sendmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	struct netlink_sock *ns = netlink_sock_of(s);
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
		err = netlink_address(name, m->name_len, &to);
	if (!err && (to.pid || to.groups) && !netlink_may_send())
		err = -EPERM;
	if (!err)
		err = netlink_ensure_port(ns);
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

/*
 * The queue comes first, then a pending error (ENOBUFS: something was lost), then a dump that goes
 * on; only then the reader waits. A message that is longer than the buffer is cut, and its rest is
 * lost.
 */
static ssize_t netlink_recvmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	struct netlink_sock *ns = netlink_sock_of(s);
	struct netlink_msg *msg;
	size_t n, len;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	while ((msg = netlink_first_message(ns, m->flags & MSG_PEEK)) == NULL) {
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
	if (load_once(netlink_sock_of(s)->flags) & NL_PKTINFO)
		scm_put_one(o, m, SOL_NETLINK, NETLINK_PKTINFO, value_cspan(&m->ip.ifindex));
}

/*
 * A socket can always be written: a send that finds its receiver full fails, and does not wait. The
 * filter runs here, as a message that it refuses must not make the socket readable.
 */
static u32 netlink_poll(struct socket *s, struct poll_table *pt)
{
	struct netlink_sock *ns = netlink_sock_of(s);
	u32 events = POLLOUT | POLLWRNORM | POLLWRBAND;

	poll_wait(pt, &s->poll);
	netlink_filter_late(ns);
	if (load_once(ns->queue.first) || load_once(ns->dump.ops))
		events |= POLLIN | POLLRDNORM;
	return events | socket_error_events(s);
}

/* ---- the family ---- */

/* Nobody finds it any more; what is in its queue goes with the object. */
static void netlink_release(struct socket *s)
{
	netlink_table_leave(netlink_sock_of(s));
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
	netlink_table_init();
	socket_family_register(&netlink_family);
	rtnetlink_init();
}
