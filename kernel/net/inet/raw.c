// SPDX-License-Identifier: MPL-2.0
/*
 * Raw sockets (raw(7)): packets of one protocol number, with the IPv4 header and without that of
 * IPv6. They need CAP_NET_RAW.
 *
 * Each raw socket gets a copy of each packet that matches, before the transport has it. Sockets are
 * on the list of their protocol, under its lock; without raw sockets a packet costs one load.
 *
 * What a stranger reaches here: each packet is compared with each raw socket of its protocol, under
 * the bucket's lock. Only who has CAP_NET_RAW makes such sockets, and their filters share one
 * budget of steps a packet, so the lock is not held for long.
 *
 * A ping socket (ping.c) is a raw socket of another kind: it has a number in place of a list, no
 * header, and needs no capability.
 *
 * Locking: bucket.lock, then inet_queue.lock.
 */
#include <frame/task.h>
#include <kernel/cred.h>
#include <kernel/errqueue.h>
#include <kernel/locks.h>
#include <kernel/poll.h>
#include <kernel/random.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>

#include "diag.h"
#include "raw.h"

#define RAW_BUCKETS 256u /* a protocol each */
static struct raw_bucket buckets[RAW_BUCKETS];

static void raw_sock_release(struct raw_sock *rs)
{
	inet_queue_end(&rs->in);
	inet_sock_end(&rs->inet);
}
OBJ_TYPE(raw_sock, raw_sock_release);

/* ---- in ---- */

/*
 * ICMP_FILTER and ICMP6_FILTER: a bit a type. Types of ICMP beyond 31 pass always, as on Linux,
 * whose mask has 32 bits. A packet too short for a type is nobody's business but the reader's.
 */
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

/* As raw_v4_match of Linux: family, own address, peer, device, and for groups a membership. */
bool raw_matches(const struct raw_sock *rs, const struct ip_info *i)
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
	return !i->multicast || inet_in_group(is, i->to, i->ifindex);
}

/* Who has sums made wants none that are wrong, either: such a packet is counted as lost. */
static bool is_broken(struct raw_sock *rs, const struct packet *p, const struct ip_info *i)
{
	if (likely(load_once(rs->csum_at) < 0) || ip_sum_good(p, i, i->protocol))
		return false;
	(void)atomic_add(&rs->in.drops, 1);
	return true;
}

/*
 * With IPv4 a raw socket gets the packet's header, too. The clone shares the data with the packet
 * that goes on to the transport, so a raw socket costs a head for each packet. Its filter runs on
 * the clone, and its steps are counted together with those of the other receivers.
 */
void raw_queue(struct raw_sock *rs, const struct packet *p, const struct ip_info *i,
	u32 *const steps)
{
	struct packet *c = packet_clone(p);
	u32 charge, keep;
	int err;

	if (!c)
		return;
	if (ip_is4(i->to) && !rs->ping)
		packet_push(c, (u32)c->head - c->net);
	keep = socket_filter_packet(rs->inet.socket, c, steps);
	if (!keep) {
		packet_drop(&c);
		return;
	}
	packet_trim(c, keep);
	charge = (u32)sizeof(*c) + c->len;
	spin_lock(&rs->in.lock);
	err = inet_queue_add(&rs->in, c, i, 0, charge, load_once(rs->inet.socket->rcvbuf));
	spin_unlock(&rs->in.lock);
	if (err) {
		packet_drop(&c);
		return;
	}
	poll_notify(rs->inet.socket->poll, POLLIN | POLLRDNORM | ASYNC_IN);
	waitq_wake_one(&rs->inet.socket->read_wait);
}

/* To the raw sockets of a protocol that has some; returns whether one of them took it. */
static noinline bool deliver_to_bucket(struct raw_bucket *b, struct packet *p,
	const struct ip_info *info)
{
	struct raw_sock *rs;
	bool any = false;
	u32 steps = 0;

	spin_lock(&b->lock);
	list_for_each(rs, &b->socks, link) {
		if (raw_matches(rs, info) && !is_filtered(rs, p, info) && !is_broken(rs, p, info)) {
			raw_queue(rs, p, info, &steps);
			any = true;
		}
	}
	spin_unlock(&b->lock);
	return any;
}

/* True: somebody got a copy, so the sender is not told that the protocol is unknown. */
bool raw_deliver(struct packet *p, const struct ip_info *info)
{
	struct raw_bucket *const b = array_at(buckets, info->protocol);
	bool pings = info->protocol == IP_PROTO_ICMP || info->protocol == IP_PROTO_ICMPV6;
	bool any = unlikely(pings) && ping_deliver(p, info);

	if (likely(!load_once(b->socks.first)))
		return any;
	return deliver_to_bucket(b, p, info) || any;
}

/* Linux returns the length that was there for MSG_TRUNC, but not of ping sockets. */
ssize_t raw_recvmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	struct raw_sock *rs = raw_of(s);
	struct packet *p;
	size_t n, len;
	int err;

	if (m->flags & MSG_ERRQUEUE)
		return inet_recv_error(&rs->inet, u, m, name);
	while ((p = inet_queue_first(&rs->in, m->flags & MSG_PEEK)) == NULL) {
		err = socket_take_error(s);
		if (!err)
			err = inet_queue_wait(s, &rs->in, m->flags);
		if (err)
			return err < 0 ? err : 0;
	}
	len = p->len;
	n = min(len, u->left);
	if (n < len)
		m->out_flags |= MSG_TRUNC;
	if (name)
		m->name_len = inet_address_out(s, packet_address(p, QC_FROM), 0,
			p->control[QC_IFINDEX], name);
	m->ip.given = IP_CONTROL_PKTINFO | IP_CONTROL_TOS | IP_CONTROL_TTL | IP_CONTROL_TIME;
	m->ip.time_ns = p->time_ns;
	m->ip.ifindex = p->control[QC_IFINDEX];
	m->ip.to = packet_address(p, QC_TO);
	m->ip.tos = (u8)(p->control[QC_TOS_TTL] >> 8);
	m->ip.ttl = (u8)p->control[QC_TOS_TTL];
	socket_received(s, p->time_ns);
	err = packet_to_user(p, 0, u, n) == n ? 0 : -EFAULT;
	obj_put(&p);
	if (err)
		return err;
	return (m->flags & MSG_TRUNC) && !rs->ping ? (ssize_t)len : (ssize_t)n;
}

/* ---- names, readiness, options ---- */

/* Enters a socket into the list of its protocol number. / Takes it out. */
static void enlist(struct raw_sock *rs)
{
	struct raw_bucket *const b = array_at(buckets, rs->inet.socket->protocol & 255);

	spin_lock(&b->lock);
	rs->listed = true;
	list_push_back(&b->socks, rs, link);
	spin_unlock(&b->lock);
	socket_list_add(SOCKETS_RAW, rs->inet.socket);
}
static void unlist(struct raw_sock *rs)
{
	struct raw_bucket *const b = array_at(buckets, rs->inet.socket->protocol & 255);

	spin_lock(&b->lock);
	if (rs->listed)
		list_remove(&b->socks, rs, link);
	rs->listed = false;
	spin_unlock(&b->lock);
	socket_list_remove(rs->inet.socket);
}

/* First out of the list, so no packet finds the socket any more; what was queued goes then. */
void raw_release(struct socket *s)
{
	struct raw_sock *rs = raw_of(s);

	if (rs->ping)
		ping_drop_number(rs);
	else
		unlist(rs);
	inet_leave_all(&rs->inet);
	set_bits(s->shutdown, SHUTDOWN_BOTH);
	inet_queue_drop(&rs->in);
}

/*
 * An address only; the port in it says nothing. The socket stays in its list, which goes by the
 * protocol.
 */
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

/*
 * connect to AF_UNSPEC, as on Linux: what was not given to bind of a ping socket is lost, the device
 * too, and a socket without a number stands in no list: it hears nothing more. A raw socket's bind
 * gives nothing for good. bind_lock held.
 */
static void raw_disconnect(struct raw_sock *rs)
{
	struct inet_sock *const i = &rs->inet;

	i->peer = (struct ip_addr){ 0 };
	i->peer_scope = 0;
	i->peer_port = 0;
	store_once(i->ifindex, 0);
	if (!rs->keeps_address)
		i->local = (struct ip_addr){ 0 };
	if (rs->keeps_number)
		return;
	if (rs->ping)
		ping_drop_number(rs);
	else
		unlist(rs);
	store_once(i->local_port, 0);
}

/* Only filters by the peer and chooses a source; nothing is sent. */
int raw_connect(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock)
{
	struct raw_sock *rs = raw_of(s);
	struct inet_sock *const i = &rs->inet;
	struct socket_msg m = { .name_len = len };
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
	if (a->family == AF_UNSPEC) {
		raw_disconnect(rs);
		mutex_unlock(&rs->bind_lock);
		return 0;
	}
	/* A connect that fails leaves the old peer. */
	err = inet_destination(i, a, len, &to, &port, &scope);
	if (!err)
		err = inet_message_flow(i, &m, a, (u8)s->protocol, &f);
	if (!err)
		err = inet_send_route(i, &f, &r);
	obj_put(&r);
	if (!err) {
		if (ip_is_zero(i->local))
			i->local = f.from;
		i->peer = to;
		i->peer_scope = scope;
		i->peer_port = port;
	}
	mutex_unlock(&rs->bind_lock);
	return err;
}

/* The port of a raw socket is its protocol, as Linux shows it, while it stands in the list. */
static int raw_getname(struct socket *s, bool peer, struct sockaddr_any *a)
{
	const struct inet_sock *const i = &raw_of(s)->inet;

	if (peer && !i->peer_port)
		return -ENOTCONN;
	return (int)inet_address_out(s, peer ? i->peer : i->local,
		peer ? i->peer_port : i->local_port, peer ? i->peer_scope : i->ifindex, a);
}

/*
 * Readable, or an error that nobody has fetched; writable while at least half of the send buffer is
 * free.
 */
u32 raw_poll(struct socket *s, struct poll_table *pt)
{
	struct raw_sock *rs = raw_of(s);
	u32 r;

	poll_wait(pt, &s->poll);
	r = socket_error_events(s);
	if (load_once(rs->in.packets.first))
		r |= POLLIN | POLLRDNORM;
	if (atomic_load(&s->wmem) <= load_once(s->sndbuf) / 2)
		r |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return r;
}

s64 raw_ioctl(struct socket *s, u32 cmd, u64 arg)
{
	return inet_queue_ioctl(s, &raw_of(s)->in, cmd, arg);
}

/* ICMP_FILTER has the level SOL_RAW, ICMP6_FILTER that of its protocol: 58. */
#define SOL_IPV6      41
#define SOL_RAW       255
#define ICMP_FILTER   1
#define ICMP6_FILTER  1
#define IPV6_CHECKSUM 7
#define IP_PROTO_MH   135u /* mobility, whose sum is at 4 */

/* IPV6_CHECKSUM is told at two levels. */
static bool is_checksum6(const struct socket *s, s32 level, s32 name)
{
	return s->family == AF_INET6 && name == IPV6_CHECKSUM &&
		(level == SOL_RAW || level == SOL_IPV6);
}

/* A negative number turns it off; an odd one is refused, since a sum of words begins at one. */
static s64 set_csum_at(struct raw_sock *rs, s32 level, struct uaddr value, u32 len)
{
	s32 at;

	if (len < sizeof(at))
		return -EINVAL;
	if (user_get(&at, value))
		return -EFAULT;
	if (rs->inet.socket->protocol == IP_PROTO_ICMPV6 && level == SOL_IPV6)
		return -EINVAL; /* RFC 3542, 3.1 */
	if (at > 0 && (at & 1))
		return -EINVAL;
	store_once(rs->csum_at, max(at, -1));
	return 0;
}

/* A filter may be shorter than the mask: the rest of it stays as it was. */
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
	if (is_checksum6(s, level, name))
		return set_csum_at(rs, level, value, len);
	return inet_setsockopt(&rs->inet, level, name, value, len);
}

/* The length first, as on Linux; then as much of the filter as there is room for. */
static s64 put_filter6(const struct raw_sock *rs, struct uaddr value, struct uaddr len_at, u32 room)
{
	s32 n = (s32)min(room, (u32)sizeof(rs->icmp6_filter));

	if (user_put(len_at, &n))
		return -EFAULT;
	return copy_out(value, cspan_first(value_cspan(&rs->icmp6_filter), (size_t)n)) ? -EFAULT
										       : 0;
}

static s64 raw_getsockopt(struct socket *s, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at, u32 room)
{
	struct raw_sock *rs = raw_of(s);

	if (level == SOL_RAW && name == ICMP_FILTER && s->protocol == IP_PROTO_ICMP)
		return inet_put_int(value, len_at, room, (s32)rs->icmp_filter);
	if (level == IP_PROTO_ICMPV6 && name == ICMP6_FILTER && s->protocol == IP_PROTO_ICMPV6)
		return put_filter6(rs, value, len_at, room);
	if (is_checksum6(s, level, name))
		return inet_put_int(value, len_at, room, load_once(rs->csum_at));
	if (level == SOL_RAW)
		return name == ICMP_FILTER ? -EOPNOTSUPP : -ENOPROTOOPT;
	return inet_getsockopt(&rs->inet, level, name, value, len_at, room);
}

void raw_control_out(struct socket *s, struct socket_msg *m, struct control_out *o)
{
	inet_control_out(&raw_of(s)->inet, m, o);
}

/* As with UDP, but a socket without a peer changes nothing. */
int raw_shutdown(struct socket *s, u32 how)
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

/*
 * A protocol of 0 would match nothing. IPPROTO_RAW is for sending: its packets bring their header.
 */
int raw_create(u32 family, u32 protocol, struct socket **out)
{
	struct raw_sock *rs;

	if (!protocol)
		return -EPROTONOSUPPORT;
	if (!cred_capable(thread_current()->cred, CAP_NET_RAW))
		return -EPERM;
	rs = raw_new(&raw_ops, family, SOCK_RAW, protocol, out);
	if (!rs)
		return -ENOMEM;
	rs->inet.local_port = (u16)protocol; /* as it is shown */
	if (protocol == IP_PROTO_RAW)
		rs->inet.flags |= INET_HDRINCL;
	enlist(rs);
	return 0;
}

/* The caller publishes it in its list when it is whole. */
struct raw_sock *raw_new(const struct socket_ops *ops, u32 family, u32 type, u32 protocol,
	struct socket **out)
{
	struct raw_sock *rs = obj_new(raw_sock);
	struct socket *s;

	if (!rs)
		return NULL;
	lock_level(&rs->bind_lock, LOCK_BIND);
	s = socket_new(ops, family, type, protocol, &rs->obj);
	if (!s)
		return NULL;
	inet_sock_init(&rs->inet, s);
	rs->csum_at = family != AF_INET6      ? -1
		: protocol == IP_PROTO_ICMPV6 ? 2
		: protocol == IP_PROTO_MH     ? 4
					      : -1;
	set_bits(s->options, OPT_REUSEADDR); /* as on Linux */
	*out = s;
	return rs;
}

/* *@next: the id of the socket that was shown last. */
bool raw_show(struct fmt *out, u32 family, u64 *const next)
{
	struct socket *s;
	bool found = false;

	while (!found && (s = socket_list_next(SOCKETS_RAW, *next)) != NULL) {
		*next = s->all_id;
		found = s->family == family;
		if (found)
			inet_show_socket(out, &raw_of(s)->inet, s->protocol & 255,
				load_once(raw_of(s)->in.rmem), atomic_load(&raw_of(s)->in.drops));
		obj_put(&s);
		task_cond_resched();
	}
	return found;
}

/* A place is the id of the socket before it. Ping sockets are not told of, as on Linux. */
void raw_diag_batch(struct inet_diag_walk *w, u32 family)
{
	struct socket *s = NULL;
	u64 id = w->place;
	u32 n;

	for (n = 0; n < DIAG_BATCH; n++) {
		s = socket_list_next(SOCKETS_RAW, id);
		if (!s)
			break;
		if (s->family == family)
			inet_diag_take(w, id, &obj_get(s)->obj);
		id = s->all_id;
		obj_put(&s);
	}
	w->after = id;
	w->last = n < DIAG_BATCH;
}
