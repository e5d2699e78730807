// SPDX-License-Identifier: MPL-2.0
/*
 * Raw sockets (raw(7)): packets of one protocol number, with the IPv4 header and without that of
 * IPv6. They need CAP_NET_RAW.
 *
 * Each raw socket gets a copy of each packet that matches, before the transport has it. Sockets are
 * on the list of their protocol, under its lock; without raw sockets a packet costs one load.
 *
 * Locking: bucket.lock, then raw_sock.lock.
 */
#include <kernel/cred.h>
#include <kernel/locks.h>
#include <kernel/poll.h>
#include <kernel/random.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>

#include "sock.h"

struct icmp6_filter {
	u32 block[8];
};

struct raw_sock {
	struct obj obj;
	struct inet_sock inet;
	struct mutex bind_lock; /* LOCK_BIND: addresses change */
	struct spinlock lock;
	LIST_HEAD(packet) queue; /* lock */
	u32 rmem;                /* lock */
	bool listed;             /* the bucket's lock */
	u32 icmp_filter;         /* types of ICMP that are not wanted */
	struct icmp6_filter icmp6_filter;
	LIST_LINK(raw_sock) link;
};
OBJ_TYPE_DECL(raw_sock);

struct raw_bucket {
	struct spinlock lock;
	LIST_HEAD(raw_sock) socks;
};
static struct raw_bucket buckets[256];

/* What a queued packet's control[] says. */
enum { RC_FROM = 0, RC_TO = 4, RC_IFINDEX = 8, RC_TOS_TTL = 9, RC_CHARGE = 10 };

static void raw_sock_release(struct raw_sock *rs)
{
	struct packet *p;

	while ((p = list_first(&rs->queue)) != NULL) {
		list_remove(&rs->queue, p, link);
		packet_drop(&p);
	}
	inet_sock_end(&rs->inet);
}
OBJ_TYPE(raw_sock, raw_sock_release);

static struct raw_sock *raw_of(const struct socket *s)
{
	return obj_cast(raw_sock, s->proto);
}

/* ---- in ---- */

static void put_address(struct packet *p, u32 at, struct ip_addr a)
{
	p->control[at] = (u32)(a.hi >> 32);
	p->control[at + 1] = (u32)a.hi;
	p->control[at + 2] = (u32)(a.lo >> 32);
	p->control[at + 3] = (u32)a.lo;
}

static struct ip_addr get_address(const struct packet *p, u32 at)
{
	return (struct ip_addr){ (u64)p->control[at] << 32 | p->control[at + 1],
		(u64)p->control[at + 2] << 32 | p->control[at + 3] };
}

static bool is_filtered(const struct raw_sock *rs, const struct packet *p, const struct ip_info *i)
{
	u8 type = 0;

	if (i->protocol != IP_PROTO_ICMP && i->protocol != IP_PROTO_ICMPV6)
		return false;
	if (!packet_read(p, 0, value_span(&type)))
		return false;
	if (i->protocol == IP_PROTO_ICMP)
		return type < 32 && (rs->icmp_filter >> type & 1);
	return rs->icmp6_filter.block[type >> 5] >> (type & 31) & 1;
}

static bool matches(const struct raw_sock *rs, const struct packet *p, const struct ip_info *i)
{
	const struct inet_sock *const is = &rs->inet;

	if ((is->socket->family == AF_INET) != ip_is4(i->to))
		return false;
	if (!ip_is_zero(is->local) && !ip_equal(is->local, i->to))
		return false;
	if (!ip_is_zero(is->peer) && !ip_equal(is->peer, i->from))
		return false;
	if (is->ifindex && is->ifindex != i->ifindex)
		return false;
	if (i->multicast && !inet_in_group(is, i->to, i->ifindex))
		return false;
	return !is_filtered(rs, p, i);
}

/* Gives the socket a copy; with IPv4 its header comes with it. */
static void raw_queue(struct raw_sock *rs, const struct packet *p, const struct ip_info *i)
{
	struct packet *c = packet_clone(p);
	u32 charge;

	if (!c)
		return;
	if (ip_is4(i->to))
		packet_push(c, (u32)c->head - c->net);
	charge = (u32)sizeof(*c) + c->len;
	put_address(c, RC_FROM, i->from);
	put_address(c, RC_TO, i->to);
	c->control[RC_IFINDEX] = i->ifindex;
	c->control[RC_TOS_TTL] = (u32)i->tos << 8 | i->ttl;
	c->control[RC_CHARGE] = charge;
	spin_lock(&rs->lock);
	if (rs->rmem + charge <= load_once(rs->inet.socket->rcvbuf)) {
		rs->rmem += charge;
		list_push_back(&rs->queue, c, link);
		c = NULL;
	}
	spin_unlock(&rs->lock);
	if (c) {
		packet_drop(&c);
		return;
	}
	poll_notify(rs->inet.socket->poll, POLLIN | POLLRDNORM);
	waitq_wake_one(&rs->inet.socket->read_wait);
}

bool raw_deliver(struct packet *p, const struct ip_info *info)
{
	struct raw_bucket *const b = array_at(buckets, info->protocol);
	struct raw_sock *rs;
	bool any = false;

	if (likely(!load_once(b->socks.first)))
		return false;
	spin_lock(&b->lock);
	list_for_each(rs, &b->socks, link) {
		if (matches(rs, p, info)) {
			raw_queue(rs, p, info);
			any = true;
		}
	}
	spin_unlock(&b->lock);
	return any;
}

static struct packet *raw_first(struct raw_sock *rs, bool peek)
{
	struct packet *p;

	spin_lock(&rs->lock);
	p = list_first(&rs->queue);
	if (p && peek) {
		(void)obj_get(p);
	} else if (p) {
		list_remove(&rs->queue, p, link);
		rs->rmem -= p->control[RC_CHARGE];
	}
	spin_unlock(&rs->lock);
	return p;
}

/* Waits for a packet. 0: look again, 1: none will come, or -errno. */
static int wait_packet(struct socket *s, struct raw_sock *rs, u32 flags)
{
	u64 deadline = socket_deadline(s->rcv_timeout_ns, flags & MSG_DONTWAIT);
	int err;

	if (load_once(s->shutdown) & SHUTDOWN_RCV)
		return 1;
	if (!deadline)
		return -EAGAIN;
	wait_event(&s->read_wait,
		load_once(rs->queue.first) || (load_once(s->shutdown) & SHUTDOWN_RCV) ||
			atomic_load(&s->error),
		WAIT_INTERRUPTIBLE, deadline, &err);
	return err ? socket_wait_error(err, deadline) : 0;
}

static ssize_t raw_recvmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	struct raw_sock *rs = raw_of(s);
	struct packet *p;
	size_t n, len;
	int err;

	if (m->flags & MSG_ERRQUEUE)
		return inet_recv_error(&rs->inet, u, m, name);
	while ((p = raw_first(rs, m->flags & MSG_PEEK)) == NULL) {
		err = socket_take_error(s);
		if (!err)
			err = wait_packet(s, rs, m->flags);
		if (err)
			return err < 0 ? err : 0;
	}
	len = p->len;
	n = min(len, u->left);
	if (n < len)
		m->out_flags |= MSG_TRUNC;
	if (name)
		m->name_len = inet_address_out(s, get_address(p, RC_FROM), 0,
			p->control[RC_IFINDEX], name);
	m->ip.given = IP_CONTROL_PKTINFO | IP_CONTROL_TOS | IP_CONTROL_TTL;
	m->ip.ifindex = p->control[RC_IFINDEX];
	m->ip.to = get_address(p, RC_TO);
	m->ip.tos = (u8)(p->control[RC_TOS_TTL] >> 8);
	m->ip.ttl = (u8)p->control[RC_TOS_TTL];
	err = packet_to_user(p, 0, u, n) == n ? 0 : -EFAULT;
	obj_put(&p);
	if (err)
		return err;
	return m->flags & MSG_TRUNC ? (ssize_t)len : (ssize_t)n;
}

/* ---- out ---- */

/* The caller's own IPv4 header: the kernel fills in what stands as 0, the length and the sum. */
static int send_with_header(struct packet *p, struct route *r, const struct flow *f)
{
	struct ip4_header h;
	u32 len;

	if (!packet_linear(p, sizeof(h)) || !span_read(packet_headers(p), 0, &h)) {
		packet_drop(&p);
		return -EINVAL;
	}
	len = (h.version_len & 15u) * 4;
	if (len < sizeof(h) || len > p->len || !packet_linear(p, len)) {
		packet_drop(&p);
		return -EINVAL;
	}
	if (p->len > route_mtu(r, f->to)) {
		packet_drop(&p);
		return -EMSGSIZE;
	}
	if (!h.from)
		h.from = be32(ip4_bits(f->from));
	if (!h.id)
		h.id = be16((u16)random_u64());
	h.len = be16((u16)p->len);
	h.csum = 0;
	if (!span_write(packet_head(p), 0, &h))
		p->len = 0;
	h.csum = be16(sum_fold(bytes_sum(cspan_first(packet_headers(p), len), 0)));
	if (!span_write(packet_head(p), 0, &h))
		p->len = 0;
	p->net = p->head;
	p->ethertype = ETHERTYPE_IP4;
	return ip_send(p, r, f);
}

/* ICMPv6 has a checksum that only the kernel can make: it covers the addresses. */
static int set_checksum6(struct packet *p, const struct flow *f)
{
	u32 sum;

	if (!packet_linear(p, 4))
		return -EINVAL;
	p->data[p->head + 2] = p->data[p->head + 3] = 0;
	sum = ip_pseudo_sum(f->from, f->to, IP_PROTO_ICMPV6, p->len);
	sum = sum_fold(packet_sum(p, 0, p->len, sum));
	p->data[p->head + 2] = (u8)(sum >> 8);
	p->data[p->head + 3] = (u8)sum;
	return 0;
}

static int raw_send_packet(struct raw_sock *rs, struct uio *u, struct route *r, const struct flow *f)
{
	struct socket *s = rs->inet.socket;
	struct packet *p = packet_new(PACKET_ROOM);
	int err = p ? packet_add_user(p, u, (u32)u->left) : -ENOBUFS;

	if (!err && s->protocol == IP_PROTO_ICMPV6)
		err = set_checksum6(p, f);
	if (err) {
		packet_drop(&p);
		return err;
	}
	p->mark = f->mark;
	p->transport = p->head;
	if (r->kind != ROUTE_LOCAL) {
		p->charge = (u32)sizeof(*p) + p->len;
		p->socket = obj_get(s);
		socket_charge(s, p->charge);
	}
	if ((rs->inet.flags & INET_HDRINCL) && s->family == AF_INET)
		return send_with_header(p, r, f);
	return ip_output(p, r, f, false);
}

static ssize_t raw_sendmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	struct raw_sock *rs = raw_of(s);
	size_t len = u->left;
	struct route *r = NULL;
	struct flow f;
	int err;

	if (len > 0xffff)
		return -EMSGSIZE;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = inet_message_flow(&rs->inet, m, name, (u8)s->protocol, &f);
	if (!err)
		err = socket_take_error(s);
	if (!err && load_once(s->shutdown) & SHUTDOWN_SEND)
		err = -EPIPE;
	if (!err && atomic_load(&s->wmem) >= load_once(s->sndbuf))
		err = -EAGAIN;
	if (!err)
		err = inet_send_route(&rs->inet, &f, &r);
	if (!err)
		err = raw_send_packet(rs, u, r, &f);
	obj_put(&r);
	netdev_run();
	return err ? err : (ssize_t)len;
}

/* ---- names, readiness, options ---- */

static void raw_release(struct socket *s)
{
	struct raw_sock *rs = raw_of(s);
	struct raw_bucket *const b = array_at(buckets, s->protocol & 255);
	struct packet *p;

	spin_lock(&b->lock);
	if (rs->listed)
		list_remove(&b->socks, rs, link);
	rs->listed = false;
	spin_unlock(&b->lock);
	inet_leave_all(&rs->inet);
	set_bits(s->shutdown, SHUTDOWN_BOTH);
	while ((p = raw_first(rs, false)) != NULL)
		packet_drop(&p);
}

static int raw_bind(struct socket *s, const struct sockaddr_any *a, u32 len)
{
	struct raw_sock *rs = raw_of(s);
	u16 port;
	int err;

	mutex_lock(&rs->bind_lock);
	err = inet_check_bind(&rs->inet, a, len, &port);
	mutex_unlock(&rs->bind_lock);
	return err;
}

static int raw_connect(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock)
{
	struct raw_sock *rs = raw_of(s);
	struct inet_sock *const i = &rs->inet;
	struct ip_addr to = { 0 };
	struct route *r = NULL;
	struct flow f;
	u32 scope = 0;
	u16 port = 0;
	int err = 0;

	(void)nonblock;
	if (len < sizeof(a->family))
		return -EINVAL;
	mutex_lock(&rs->bind_lock);
	if (a->family != AF_UNSPEC)
		err = inet_destination(i, a, len, &to, &port, &scope);
	if (!err) {
		i->peer = to;
		i->peer_scope = scope;
		i->peer_port = a->family != AF_UNSPEC;
	}
	if (!err && a->family != AF_UNSPEC) {
		f = inet_flow(i, (u8)s->protocol);
		err = inet_send_route(i, &f, &r);
		if (!err && ip_is_zero(i->local))
			i->local = f.from;
		obj_put(&r);
	}
	mutex_unlock(&rs->bind_lock);
	return err;
}

static int raw_getname(struct socket *s, bool peer, struct sockaddr_any *a)
{
	const struct inet_sock *const i = &raw_of(s)->inet;

	if (peer && ip_is_zero(i->peer))
		return -ENOTCONN;
	return (int)inet_address_out(s, peer ? i->peer : i->local, peer ? 0 : (u16)s->protocol,
		peer ? i->peer_scope : i->ifindex, a);
}

static u32 raw_poll(struct socket *s, struct poll_table *pt)
{
	struct raw_sock *rs = raw_of(s);
	u32 r = 0;

	poll_wait(pt, &s->poll);
	if (atomic_load(&s->error) || inet_has_errors(&rs->inet))
		r |= POLLERR;
	if (load_once(rs->queue.first))
		r |= POLLIN | POLLRDNORM;
	if (atomic_load(&s->wmem) <= load_once(s->sndbuf) / 2)
		r |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return r;
}

static s64 raw_ioctl(struct socket *s, u32 cmd, u64 arg)
{
	struct raw_sock *rs = raw_of(s);
	s32 n;

	switch (cmd) {
	case FIONREAD:
		spin_lock(&rs->lock);
		n = rs->queue.first ? (s32)rs->queue.first->len : 0;
		spin_unlock(&rs->lock);
		break;
	case SIOCOUTQ:
		n = (s32)atomic_load(&s->wmem);
		break;
	default:
		return inet_ioctl(cmd, arg);
	}
	return user_put(UADDR(arg), &n) ? -EFAULT : 0;
}

#define SOL_RAW      255
#define ICMP_FILTER  1
#define ICMP6_FILTER 1

static s64 raw_setsockopt(struct socket *s, s32 level, s32 name, struct uaddr value, u32 len)
{
	struct raw_sock *rs = raw_of(s);

	if (level == SOL_RAW && name == ICMP_FILTER) {
		if (s->protocol != IP_PROTO_ICMP)
			return -EOPNOTSUPP;
		len = min(len, (u32)sizeof(rs->icmp_filter));
		return copy_in(span_first(value_span(&rs->icmp_filter), len), value);
	}
	if (level == IP_PROTO_ICMPV6 && name == ICMP6_FILTER) {
		if (s->protocol != IP_PROTO_ICMPV6)
			return -EOPNOTSUPP;
		len = min(len, (u32)sizeof(rs->icmp6_filter));
		return copy_in(span_first(value_span(&rs->icmp6_filter), len), value);
	}
	return inet_setsockopt(&rs->inet, level, name, value, len);
}

static s64 raw_getsockopt(struct socket *s, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at, u32 room)
{
	struct raw_sock *rs = raw_of(s);

	if (level == SOL_RAW && name == ICMP_FILTER && s->protocol == IP_PROTO_ICMP)
		return inet_put_int(value, len_at, room, (s32)rs->icmp_filter);
	return inet_getsockopt(&rs->inet, level, name, value, len_at, room);
}

static void raw_control_out(struct socket *s, struct socket_msg *m, struct control_out *o)
{
	inet_control_out(&raw_of(s)->inet, m, o);
}

static int raw_shutdown(struct socket *s, u32 how)
{
	if (ip_is_zero(raw_of(s)->inet.peer))
		return -ENOTCONN;
	set_bits(s->shutdown, how);
	socket_wake_all(s, POLLIN | POLLRDNORM | POLLOUT | POLLHUP | POLLRDHUP);
	return 0;
}

static const struct socket_ops raw_ops = {
	.release = raw_release,
	.bind = raw_bind,
	.connect = raw_connect,
	.getname = raw_getname,
	.sendmsg = raw_sendmsg,
	.recvmsg = raw_recvmsg,
	.poll = raw_poll,
	.ioctl = raw_ioctl,
	.shutdown = raw_shutdown,
	.setsockopt = raw_setsockopt,
	.getsockopt = raw_getsockopt,
	.control_in = inet_control_in,
	.control_out = raw_control_out,
};

int raw_create(u32 family, u32 protocol, struct socket **out)
{
	struct raw_bucket *const b = array_at(buckets, protocol & 255);
	struct raw_sock *rs;
	struct socket *s;

	if (!protocol)
		return -EPROTONOSUPPORT;
	if (!cred_capable(thread_current()->cred, CAP_NET_RAW))
		return -EPERM;
	rs = obj_new(raw_sock);
	if (!rs)
		return -ENOMEM;
	lock_level(&rs->bind_lock, LOCK_BIND);
	s = socket_new(&raw_ops, family, SOCK_RAW, protocol, &rs->obj);
	if (!s)
		return -ENOMEM;
	inet_sock_init(&rs->inet, s);
	rs->inet.local_port = (u16)protocol; /* as it is shown */
	if (protocol == IP_PROTO_RAW)
		rs->inet.flags |= INET_HDRINCL;
	spin_lock(&b->lock);
	rs->listed = true;
	list_push_back(&b->socks, rs, link);
	spin_unlock(&b->lock);
	*out = s;
	return 0;
}

/* *@next: protocol << 32 | how many of it were shown. */
bool raw_show(struct fmt *out, u32 family, u64 *const next)
{
	struct raw_sock *rs = NULL;
	u64 at = *next;
	u32 n;

	while (!rs && at >> 32 < ARRAY_LEN(buckets)) {
		struct raw_bucket *const b = array_at(buckets, at >> 32);
		spin_lock(&b->lock);
		rs = list_first(&b->socks);
		for (n = 0; rs && (n < (u32)at || rs->inet.socket->family != family); n++)
			rs = rs->link.next;
		if (rs)
			inet_show_socket(out, &rs->inet, (u32)(at >> 32), rs->rmem);
		spin_unlock(&b->lock);
		at = rs ? (at >> 32) << 32 | (n + 1) : ((at >> 32) + 1) << 32;
	}
	*next = at;
	return rs != NULL;
}
