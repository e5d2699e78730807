// SPDX-License-Identifier: MPL-2.0
/*
 * Ping sockets (icmp(7)): SOCK_DGRAM of ICMP or ICMPv6. They send echo requests and receive the
 * answers to them, without privileges, for users of the groups in ping_group_range.
 *
 * A socket has a number, the identifier of its echoes, which takes the place of a port. One that
 * the kernel chooses is the socket's alone among those of its family; one that it asked for can be
 * shared by SO_REUSEADDR, and then one of those that fit has the answer. Otherwise a ping socket is
 * a raw socket.
 *
 * Sockets with a number stand in buckets by family and number, so that neither an answer nor the
 * search for a number looks at all of them: any user may have thousands. A number is shared by
 * SHARE_MAX at most.
 *
 * What a user without privileges may do by it: send echo requests with data of his own to any
 * address, like ping(8). Type and code are checked, the number and the sum are the kernel's.
 *
 * Locking: bind_lock, then a bucket's lock, then inet_queue.lock.
 */
#include <frame/task.h>
#include <kernel/cred.h>
#include <kernel/knobs.h>
#include <kernel/random.h>
#include <kernel/thread.h>
#include <kernel/uio.h>

#include "raw.h"

#define PING_BUCKETS 1024u
#define SHARE_MAX    1024u
#define NUMBERS      65535u /* all but 0 */

static struct raw_bucket buckets[PING_BUCKETS];

static u32 ping_bucket(bool is4, u32 number)
{
	return (number << 1 | is4) % PING_BUCKETS;
}

/* ---- numbers ---- */

/*
 * Whether others of the family are in the way; @alone: any others are. The bucket's lock is held.
 */
static bool is_taken(const struct raw_bucket *b, const struct raw_sock *rs, u32 number, bool alone)
{
	const struct socket *s = rs->inet.socket, *t;
	const struct raw_sock *other;
	u32 n = 0;

	list_for_each(other, &b->socks, link) {
		t = other->inet.socket;
		if (other->inet.local_port != number || t->family != s->family)
			continue;
		if (alone || !(load_once(s->options) & load_once(t->options) & OPT_REUSEADDR) ||
			++n >= SHARE_MAX)
			return true;
	}
	return false;
}

/*
 * Check and entry are under one lock. A socket that got its number in bind or connect keeps it
 * until it is closed.
 */
static bool try_number(struct raw_sock *rs, u32 number, bool alone)
{
	struct raw_bucket *const b = array_at(buckets,
		ping_bucket(rs->inet.socket->family == AF_INET, number));
	bool good;

	spin_lock(&b->lock);
	good = !is_taken(b, rs, number, alone);
	if (good) {
		store_once(rs->inet.local_port, (u16)number);
		rs->listed = true;
		list_push_back(&b->socks, rs, link);
	}
	spin_unlock(&b->lock);
	return good;
}

/* The search from a random number on looks at one bucket a number. All 65,535 taken: EADDRINUSE. */
int ping_take_number(struct raw_sock *rs, u16 number)
{
	u32 i, start = (u32)(random_u64() % NUMBERS);
	bool done = false;

	if (number)
		return try_number(rs, number, false) ? 0 : -EADDRINUSE;
	for (i = 0; i < NUMBERS && !done; i++) {
		done = try_number(rs, 1 + (start + i) % NUMBERS, true);
		task_cond_resched();
	}
	return done ? 0 : -EADDRINUSE;
}

/* First out of the bucket: afterwards no answer finds the socket. */
void ping_drop_number(struct raw_sock *rs)
{
	struct raw_bucket *const b = array_at(buckets,
		ping_bucket(rs->inet.socket->family == AF_INET, rs->inet.local_port));

	spin_lock(&b->lock);
	if (rs->listed)
		list_remove(&b->socks, rs, link);
	rs->listed = false;
	spin_unlock(&b->lock);
}

/* ---- in ---- */

/*
 * One socket gets the answer. The number in an echo reply is the identifier that this machine has
 * sent; a stranger who guesses it reaches the socket only from the peer's address if the socket is
 * connected.
 */
bool ping_deliver(const struct packet *p, const struct ip_info *info)
{
	bool is4 = ip_is4(info->to), found = false;
	struct icmp_header h;
	struct raw_sock *rs;
	u32 number;

	if (!packet_read(p, 0, value_span(&h)) ||
		h.type != (is4 ? ICMP_ECHO_REPLY : ICMP6_ECHO_REPLY))
		return false;
	number = be32(h.info) >> 16;
	struct raw_bucket *const b = array_at(buckets, ping_bucket(is4, number));
	if (!load_once(b->socks.first))
		return false;
	spin_lock(&b->lock);
	list_for_each(rs, &b->socks, link) {
		found = rs->inet.local_port == number && raw_matches(rs, info);
		if (found) {
			raw_queue(rs, p, info, NULL);
			break;
		}
	}
	spin_unlock(&b->lock);
	return found;
}

/* ---- names ---- */

/*
 * Seen without the lock first: a socket gets its number once. Two threads that send at the same
 * time agree under the lock.
 */
static int ping_autobind(struct raw_sock *rs)
{
	int err = 0;

	if (likely(load_once(rs->inet.local_port)))
		return 0;
	mutex_lock(&rs->bind_lock);
	if (!rs->inet.local_port)
		err = ping_take_number(rs, 0);
	mutex_unlock(&rs->bind_lock);
	return err;
}

/* The port of the address is the number. */
static int ping_bind(struct socket *s, const struct sockaddr_any *a, u32 len)
{
	struct raw_sock *rs = raw_of(s);
	u16 number = 0;
	int err;

	mutex_lock(&rs->bind_lock);
	err = rs->inet.local_port ? -EINVAL : inet_check_bind(&rs->inet, a, len, &number);
	if (!err) {
		err = ping_take_number(rs, number);
		if (err)
			rs->inet.local = (struct ip_addr){ 0 };
	}
	if (!err) {
		rs->keeps_address = !ip_is_zero(rs->inet.local);
		rs->keeps_number = number != 0;
	}
	mutex_unlock(&rs->bind_lock);
	return err;
}

static int ping_connect(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock)
{
	int err = 0;

	if (len >= sizeof(a->family) && a->family != AF_UNSPEC)
		err = ping_autobind(raw_of(s));
	return err ? err : raw_connect(s, a, len, nonblock);
}

static int ping_getname(struct socket *s, bool peer, struct sockaddr_any *a)
{
	return inet_getname(&raw_of(s)->inet, peer, a);
}

/* ---- out ---- */

/* A packet of the user's bytes, which must begin with an echo request. 0 or -errno. */
static int make_packet(const struct socket *s, struct uio *u, struct packet **out)
{
	struct packet *p = packet_new(PACKET_ROOM);
	int err = p ? packet_add_user(p, u, (u32)u->left) : -ENOBUFS;
	struct icmp_header h;

	if (!err &&
		(!packet_linear(p, sizeof(h)) || !span_read(packet_headers(p), 0, &h) ||
			h.type != (s->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO) || h.code))
		err = -EINVAL;
	if (err)
		packet_drop(&p);
	*out = p;
	return err;
}

/* The number and the sum are the kernel's, the sequence is the user's. False: cannot be. */
static bool set_header(const struct raw_sock *rs, struct packet *p, const struct flow *f)
{
	struct icmp_header h;

	if (!span_read(packet_headers(p), 0, &h))
		return false;
	h.info = be32((u32)rs->inet.local_port << 16 | (be32(h.info) & 0xffff));
	return icmp_put_header(p, &h, f->from, f->to);
}

/* Sends the packet; consumes it. 0 or -errno. */
static int send_packet(struct raw_sock *rs, struct packet *p, const struct socket_msg *m,
	struct route *r, const struct flow *f)
{
	if (!set_header(rs, p, f)) {
		packet_drop(&p);
		return -EINVAL;
	}
	p->mark = f->mark;
	p->transport = p->head;
	socket_stamp_packet(rs->inet.socket, m, p);
	inet_charge(rs->inet.socket, p, r);
	icmp_count(ip_is4(f->to), true, ip_is4(f->to) ? ICMP_ECHO : ICMP6_ECHO);
	return ip_output(p, r, f);
}

/*
 * The way of a message: its flow, and a reference to its route. 0 or -errno. The number comes
 * before the wait for room: the packet is made with it.
 */
static int ping_find_way(struct raw_sock *rs, const struct socket_msg *m,
	const struct sockaddr_any *name, struct flow *f, struct route **out)
{
	struct socket *s = rs->inet.socket;
	int err = inet_message_flow(&rs->inet, m, name, (u8)s->protocol, f);

	if (!err && ip_is4(f->to) != (s->family == AF_INET))
		err = -EINVAL;
	if (!err)
		err = ping_autobind(rs);
	if (!err)
		err = socket_wait_room(s, m->flags);
	return err ? err : inet_send_route(&rs->inet, f, out);
}

static ssize_t ping_sendmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	struct raw_sock *rs = raw_of(s);
	struct packet *p = NULL;
	struct route *r = NULL;
	size_t len = u->left;
	struct flow f;
	int err;

	if (len > 0xffff)
		return -EMSGSIZE;
	if (len < sizeof(struct icmp_header))
		return -EINVAL;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = make_packet(s, u, &p);
	if (!err)
		err = ping_find_way(rs, m, name, &f, &r);
	if (err)
		packet_drop(&p);
	else
		err = send_packet(rs, p, m, r, &f);
	obj_put(&r);
	netdev_run();
	return err ? err : (ssize_t)len;
}

/* ---- options, creation ---- */

static s64 ping_setsockopt(struct socket *s, s32 level, s32 name, struct uaddr value, u32 len)
{
	return inet_setsockopt(&raw_of(s)->inet, level, name, value, len);
}

static s64 ping_getsockopt(struct socket *s, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at, u32 room)
{
	return inet_getsockopt(&raw_of(s)->inet, level, name, value, len_at, room);
}

static const struct socket_ops ping_ops = {
	.release = raw_release,
	.bind = ping_bind,
	.connect = ping_connect,
	.getname = ping_getname,
	.sendmsg = ping_sendmsg,
	.recvmsg = raw_recvmsg,
	.poll = raw_poll,
	.ioctl = raw_ioctl,
	.shutdown = raw_shutdown,
	.setsockopt = ping_setsockopt,
	.getsockopt = ping_getsockopt,
	.control_in = inet_control_in,
	.control_out = raw_control_out,
};

/* Whether one of the user's groups is in the range. */
static bool is_allowed(const struct cred *c)
{
	u64 first = knob_get(KNOB_PING_GROUP_FIRST), last = knob_get(KNOB_PING_GROUP_LAST);
	u32 i;

	if (first <= c->egid && c->egid <= last)
		return true;
	for (i = 0; i < c->nr_groups && i < NGROUPS; i++) {
		if (first <= c->groups[i] && c->groups[i] <= last)
			return true;
	}
	return false;
}

int ping_create(u32 family, u32 protocol, struct socket **out)
{
	struct raw_sock *rs;

	if (protocol != (family == AF_INET ? IP_PROTO_ICMP : IP_PROTO_ICMPV6))
		return -EPROTONOSUPPORT;
	if (!is_allowed(thread_current()->cred))
		return -EACCES;
	rs = raw_new(&ping_ops, family, SOCK_DGRAM, protocol, out);
	if (!rs)
		return -ENOMEM;
	rs->ping = true;
	return 0;
}
