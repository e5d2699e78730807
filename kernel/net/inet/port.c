// SPDX-License-Identifier: MPL-2.0
/*
 * Ports (kernel/inet.h): who has which, and the choice of a free one.
 *
 * A table has a binding for each socket with a port, in buckets by port. A binding holds copies of
 * what decides about conflicts, so that nothing but the bucket is looked at. The caller serializes
 * the binding of one socket (inet_sock.binding).
 *
 * A free port is searched from a random one on (RFC 6056, 3.3.1), through the whole range. Ports
 * that connect chooses are shared by connections with different peers (tcp/connect.c).
 *
 * Ports are scarce, and shared by rules that programs depend on, which are Linux's: SO_REUSEADDR
 * lets two sockets have a port while none of them listens, SO_REUSEPORT lets sockets of one user
 * have it. A connection that the kernel chose the port for shares it with other connections of the
 * same kind, as the four numbers differ.
 *
 * TIME_WAIT takes over the use of a binding from its connection (inet_port_take), so the port is in
 * use until it is over, without a socket.
 *
 * Any user can take ports, so a list of a port is short (SHARE_MAX), and ports that services need
 * are kept from the search (port_is_reserved) and from users without CAP_NET_BIND_SERVICE (below
 * ip_unprivileged_port_start).
 *
 * Locking: a bucket's lock (LOCK_NET_TABLE), one at a time. A binding is freed with its last
 * reference: a user of the port holds one, and the bucket.
 */
#include <frame/task.h>
#include <kernel/cred.h>
#include <kernel/knobs.h>
#include <kernel/random.h>
#include <kernel/thread.h>

#include "sock.h"

OBJ_TYPE(port_binding, NULL_RELEASE);

/* What of a socket's options lets it share a port. */
static u32 share_options(const struct inet_sock *s)
{
	return load_once(s->socket->options) & (OPT_REUSEADDR | OPT_REUSEPORT);
}

/* As on Linux, a socket that has brought a program along can only be the first of its group. */
static u32 claim_options(const struct inet_sock *s)
{
	return share_options(s) & ~(inet_reuse_is_own(s) ? (u32)OPT_REUSEPORT : 0u);
}

/* net.ipv4.ip_local_port_range; its two numbers are not changed at once. */
void port_range(u32 *const first, u32 *const last)
{
	*first = (u32)knob_get(KNOB_PORT_FIRST);
	*last = max((u32)knob_get(KNOB_PORT_LAST), *first);
}

/* Whether packets of IPv4 / IPv6 reach a socket with this binding. */
static bool takes4(const struct port_binding *b)
{
	if (ip_is_zero(b->local))
		return b->family == AF_INET || !b->v6only;
	return ip_is4(b->local);
}
static bool takes6(const struct port_binding *b)
{
	return b->family == AF_INET6 && !b->v4only && !ip_is4(b->local);
}

/*
 * Two addresses that differ never meet; an address that stands for all meets each of the families
 * that it takes. Different devices keep any two sockets apart.
 */
static bool overlap(const struct port_binding *a, const struct port_binding *b)
{
	if (a->ifindex && b->ifindex && a->ifindex != b->ifindex)
		return false;
	if (ip_is_any(a->local) || ip_is_any(b->local))
		return (takes4(a) && takes4(b)) || (takes6(a) && takes6(b));
	return ip_equal(a->local, b->local);
}

/*
 * Whether @a may have the port although @b has it and their addresses overlap. Bucket's lock held.
 */
static bool may_share(const struct port_binding *a, const struct port_binding *b)
{
	u32 both = a->options & b->options;

	if ((both & OPT_REUSEADDR) && !b->nr_listening)
		return true;
	return (both & OPT_REUSEPORT) && a->uid == b->uid;
}

/*
 * Sockets that have one port, as SO_REUSEPORT, SO_REUSEADDR and different addresses let them. All
 * are looked at under the bucket's lock when another one comes, and listeners for each SYN.
 */
#define SHARE_MAX 4096u

/*
 * Whether another binding is in the way of @b, which need not be in the bucket. Its lock held. All
 * bindings of the port are looked at. SHARE_MAX keeps a port's list so short that this may happen
 * under a spinlock.
 */
static bool is_blocked(const struct port_bucket *at, const struct port_binding *b)
{
	const struct port_binding *other;
	u32 n = 0;

	list_for_each(other, &at->bindings, link) {
		if (other == b || other->port != b->port)
			continue;
		if (++n >= SHARE_MAX || (overlap(b, other) && !may_share(b, other)))
			return true;
	}
	return false;
}

/* Puts the binding into its bucket unless another is in its way. */
static bool try_port(struct port_table *t, struct port_binding *b, u32 port)
{
	struct port_bucket *const at = array_at(t->bucket, port % PORT_BUCKETS);
	bool good;

	b->port = (u16)port;
	spin_lock(&at->lock);
	good = !is_blocked(at, b);
	if (good) {
		(void)obj_get(b);
		b->nr_users = 1;
		list_push_front(&at->bindings, b, link);
	}
	spin_unlock(&at->lock);
	return good;
}

/* The port is the owner's of the socket, whoever binds it. */
static struct port_binding *binding_new(const struct inet_sock *s)
{
	struct port_binding *b = obj_new(port_binding);

	if (!b)
		return NULL;
	b->local = s->local;
	b->family = s->socket->family;
	b->ifindex = s->ifindex;
	b->v6only = s->v6only;
	b->v4only = s->v4only;
	b->uid = socket_owner(s->socket);
	b->options = share_options(s);
	return b;
}

/* Whether a connection of @s can use the binding of another connection. */
static bool same_use(const struct port_binding *b, const struct inet_sock *s)
{
	return ip_equal(b->local, s->local) && b->family == s->socket->family &&
		b->ifindex == s->ifindex && b->v6only == s->v6only && b->v4only == s->v4only &&
		b->uid == socket_owner(s->socket) && b->options == share_options(s);
}

/* -EADDRINUSE: a socket has the port by bind, and does not share it with connections; the caller tries the next one. */
int inet_bind_connect(struct port_table *t, struct inet_sock *s, u32 port)
{
	struct port_bucket *const at = array_at(t->bucket, port % PORT_BUCKETS);
	struct port_binding *b, *mine = NULL;
	int err = 0;

	spin_lock(&at->lock);
	list_for_each(b, &at->bindings, link) {
		if (b->port != port)
			continue;
		if (!b->connects) {
			err = -EADDRINUSE;
			break;
		}
		if (!mine && same_use(b, s))
			mine = b;
	}
	if (!err && mine) {
		mine->nr_users++;
		s->binding = obj_get(mine);
	} else if (!err) {
		mine = binding_new(s);
		if (mine) {
			mine->port = (u16)port;
			mine->connects = true;
			mine->nr_users = 1;
			list_push_front(&at->bindings, mine, link);
			s->binding = obj_get(mine);
		} else {
			err = -ENOMEM;
		}
	}
	spin_unlock(&at->lock);
	if (!err)
		s->local_port = (u16)port;
	return err;
}

/* A binding that several connections share keeps what they had in common. */
void inet_port_options(struct port_table *t, struct inet_sock *s)
{
	struct port_binding *b = s->binding;
	struct port_bucket *const at = array_at(t->bucket, s->local_port % PORT_BUCKETS);

	if (!b)
		return;
	spin_lock(&at->lock);
	if (!b->connects || b->nr_users == 1)
		b->options = share_options(s);
	spin_unlock(&at->lock);
}

/*
 * A port that two sockets were bound to with SO_REUSEADDR can have one listener: the second is
 * refused here, under the bucket's lock.
 */
int inet_listen_begin(struct port_table *t, struct inet_sock *s)
{
	struct port_binding *b = s->binding;
	struct port_bucket *const at = array_at(t->bucket, s->local_port % PORT_BUCKETS);
	int err = 0;

	if (!b)
		return -EADDRINUSE;
	spin_lock(&at->lock);
	b->options = claim_options(s);
	b->uid = socket_owner(s->socket);
	if (is_blocked(at, b))
		err = -EADDRINUSE;
	else
		b->nr_listening++;
	b->options = share_options(s);
	spin_unlock(&at->lock);
	return err;
}

/* The port stays the socket's until it is closed, and may be shared again. */
void inet_listen_end(struct port_table *t, struct inet_sock *s)
{
	struct port_binding *b = s->binding;
	struct port_bucket *const at = array_at(t->bucket, s->local_port % PORT_BUCKETS);

	if (!b)
		return;
	spin_lock(&at->lock);
	b->nr_listening--;
	spin_unlock(&at->lock);
}

/*
 * The bindings of a port are tried under its bucket's lock only; between two ports others may run.
 * A chosen port is nobody else's, whatever the options say, but once taken others may share it as
 * usual.
 */
static int port_take(struct port_table *t, struct inet_sock *s, u32 port)
{
	struct port_binding *b = binding_new(s);
	u32 first, last, range, start, i;
	bool done = false;

	port_range(&first, &last);
	range = last - first + 1;
	if (!b)
		return -ENOMEM;
	if (port) {
		b->options = claim_options(s);
		done = try_port(t, b, port);
	} else {
		start = (u32)(random_u64() % range);
		b->options = 0; /* a port that was not asked for is shared with nobody */
		for (i = 0; i < range && !done; i++) {
			done = !port_is_reserved(first + (start + i) % range) &&
				try_port(t, b, first + (start + i) % range);
			task_cond_resched();
		}
	}
	b->options = share_options(s);
	if (!done) {
		obj_put(&b);
		return port ? -EADDRINUSE : -EAGAIN;
	}
	s->local_port = b->port;
	s->binding = b;
	return 0;
}

/*
 * Whether a socket can have this address as its own: 0, -EADDRNOTAVAIL, -EINVAL, -ENODEV.
 * Link-local addresses mean nothing without a device: it comes with the address or was set before.
 */
static int check_address(struct inet_sock *s, struct ip_addr a, u32 scope)
{
	struct netdev *d;
	u32 kind;

	if (s->socket->family == AF_INET6 && ip_is4(a) && s->v6only)
		return -EINVAL;
	if (ip_is_any(a))
		return 0;
	if (!ip_is4(a) && ip_is_link_local(a)) {
		if (scope && s->ifindex && scope != s->ifindex)
			return -EINVAL;
		if (!scope && !s->ifindex)
			return -EINVAL;
		if (scope) {
			d = netdev_by_index(scope);
			if (!d)
				return -ENODEV;
			obj_put(&d);
			s->ifindex = scope;
		}
	}
	if ((s->flags & (INET_FREEBIND | INET_TRANSPARENT)) || ip_is_multicast(a) ||
		ip_is_broadcast(a) ||
		knob_get(ip_is4(a) ? KNOB_NONLOCAL_BIND4 : KNOB_NONLOCAL_BIND6))
		return 0;
	kind = route_local_kind(a);
	if (kind == ROUTE_LOCAL || (kind == ROUTE_BROADCAST && s->socket->type != SOCK_STREAM))
		return 0;
	return -EADDRNOTAVAIL;
}

/* What bind means to raw sockets, too, which have no port. */
int inet_check_bind(struct inet_sock *s, const struct sockaddr_any *a, u32 len, u16 *const port)
{
	struct ip_addr addr;
	u32 scope = 0;
	int err;

	if (s->socket->family == AF_INET6 && len < SOCKADDR_IN6_LEAST)
		return -EINVAL;
	if (s->socket->family == AF_INET6 && a->family != AF_INET6)
		return -EAFNOSUPPORT;
	err = inet_address_in(s->socket, a, len, &addr, port, &scope);
	if (err)
		return err;
	err = check_address(s, addr, scope);
	if (!err) {
		s->local = ip_is_any(addr) ? (struct ip_addr){ 0 } : addr;
		s->v4only = s->socket->family == AF_INET6 && ip_is4(addr);
	}
	return err;
}

/*
 * First the address, then the privilege, then the port: programs see the errors in Linux's order. A
 * bind that fails leaves the socket without a name.
 */
int inet_bind(struct port_table *t, struct inet_sock *s, const struct sockaddr_any *a, u32 len)
{
	u16 port = 0;
	int err;

	if (s->binding)
		return -EINVAL;
	err = inet_check_bind(s, a, len, &port);
	if (!err && port && port < knob_get(KNOB_UNPRIVILEGED_PORT) &&
		!cred_capable(thread_current()->cred, CAP_NET_BIND_SERVICE))
		err = -EACCES;
	if (!err && (port || !(s->flags & INET_BIND_NO_PORT)))
		err = port_take(t, s, port);
	if (err == -EAGAIN)
		err = -EADDRINUSE;
	if (err) {
		s->local = (struct ip_addr){ 0 };
		s->v4only = false;
	}
	return err;
}

/* A socket that sends or connects without a name. -EAGAIN: all ports are taken. */
int inet_autobind(struct port_table *t, struct inet_sock *s)
{
	return s->binding ? 0 : port_take(t, s, 0);
}

/* Ends one use of a port; the last one frees it. Consumes the reference. */
static void port_leave(struct port_table *t, struct port_binding *b)
{
	struct port_bucket *const at = array_at(t->bucket, b->port % PORT_BUCKETS);
	struct port_binding *listed = NULL;

	spin_lock(&at->lock);
	if (!--b->nr_users) {
		list_remove(&at->bindings, b, link);
		listed = b;
	}
	spin_unlock(&at->lock);
	obj_put(&listed);
	obj_put(&b);
}

/*
 * Ends the socket's use; the caller has taken it out of its transport's table before, so no packet
 * finds a socket without its port.
 */
void inet_unbind(struct port_table *t, struct inet_sock *s)
{
	struct port_binding *b = s->binding;

	if (!b)
		return;
	s->binding = NULL;
	s->local_port = 0;
	port_leave(t, b);
}

/*
 * A child has its listener's binding, with one more use: the port stays taken while the child
 * lives. The listener may have lost it meanwhile, then there is no child.
 */
int inet_sock_inherit(struct port_table *t, struct inet_sock *child, const struct inet_sock *parent)
{
	struct port_binding *b = parent->binding;
	struct port_bucket *const at = array_at(t->bucket, child->local_port % PORT_BUCKETS);
	bool good;

	child->v6only = parent->v6only;
	child->v4only = parent->v4only;
	child->tos = parent->tos;
	child->tclass = parent->tclass;
	child->mtu_discover = parent->mtu_discover;
	child->mtu_discover6 = parent->mtu_discover6;
	child->ttl = parent->ttl;
	child->hops = parent->hops;
	child->flags = parent->flags;
	if (!b || !obj_tryget(b))
		return -ENOMEM;
	spin_lock(&at->lock);
	good = b->nr_users && b->port == child->local_port;
	if (good)
		b->nr_users++;
	spin_unlock(&at->lock);
	if (!good) {
		obj_put(&b);
		return -ENOMEM;
	}
	child->binding = b;
	return 0;
}

/* The use moves as it is: local_port stays, for the key of TIME_WAIT. */
struct port_binding *inet_port_take(struct inet_sock *s)
{
	struct port_binding *b = s->binding;

	s->binding = NULL;
	return b;
}

void inet_port_drop(struct port_table *t, struct port_binding **ref)
{
	struct port_binding *b = *ref;

	*ref = NULL;
	if (b)
		port_leave(t, b);
}
