// SPDX-License-Identifier: MPL-2.0
/*
 * Who is reached by a message: sockets of AF_NETLINK by port id, and the members of groups.
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
 * Locking: bind_lock, then table_lock, a spinlock.
 */
#include <frame/task.h>
#include <kernel/poll.h>
#include <kernel/random.h>
#include <kernel/thread.h>
#include <uapi/errno.h>

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

/* ---- the tables; table_lock held ---- */

static u32 netlink_bucket_of(u32 protocol, u32 port)
{
	return (u32)((table_key | 1) * (port + ((u64)protocol << 32)) >> 56) % NETLINK_BUCKETS;
}

static struct netlink_sock *netlink_find_locked(u32 protocol, u32 port)
{
	struct netlink_sock *ns;

	list_for_each(ns, &buckets[netlink_bucket_of(protocol, port)].socks, hash_link) {
		if (ns->port == port && ns->protocol == protocol)
			return ns;
	}
	return NULL;
}

/*
 * The look for another socket and the entry are one step under table_lock. socket_list_add comes
 * after: sock_diag shows sockets that have a port.
 */
int netlink_take_port(struct netlink_sock *ns, u32 port)
{
	struct netlink_bucket *const b = array_at(buckets, netlink_bucket_of(ns->protocol, port));
	int err = -EADDRINUSE;

	spin_lock(&table_lock);
	if (!netlink_find_locked(ns->protocol, port)) {
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

int netlink_autobind(struct netlink_sock *ns)
{
	u32 port = (u32)thread_current()->process->pid, i;
	int err = 0;

	if (ns->port)
		return 0;
	for (i = 0; i < TRIES; i++) {
		err = netlink_take_port(ns, port);
		if (!err)
			return 0;
		port = (u32)random_u64() | 0x80000000u;
	}
	return err;
}

int netlink_ensure_port(struct netlink_sock *ns)
{
	int err;

	if (likely(load_once(ns->port)))
		return 0;
	mutex_lock(&ns->bind_lock);
	err = netlink_autobind(ns);
	mutex_unlock(&ns->bind_lock);
	return err;
}

void netlink_table_init(void)
{
	table_key = random_u64();
}

/*
 * The counts of each group's members are read without the lock (nl_has_listeners): whoever joins at
 * the same moment may miss a message, as if it had come a moment later.
 */
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
	u64 at_id;                 /* its member_id then: with another it has left its place */
	u64 last_id;               /* up to which all have been looked at */
	u64 end_id;                /* of the last member when the walk began */
};

/*
 * The next portion of the members. Returns whether there are more. In the lock only references are
 * taken. If the member that was looked at last has left, the walk begins anew, and passes by those
 * that it has seen, as many at a time as it would look at: member_id grows along the list.
 * Who joins during the walk is too late, else members that leave and join could keep it going.
 */
static bool next_portion(u32 protocol, u64 groups, const struct netlink_sock *but,
	struct nl_portion *p)
{
	struct netlink_members *const list = array_at(members, protocol);
	struct netlink_sock *ns, *seen = NULL;
	bool more;
	u32 n;

	p->nr = 0;
	spin_lock(&table_lock);
	if (!p->end_id)
		p->end_id = list->last_id;
	ns = list_first(&list->socks);
	if (p->last && p->last->groups && p->last->member_id == p->at_id)
		ns = list_next(p->last, group_link);
	for (n = 0; ns && ns->member_id <= p->end_id && n < PORTION_WALK && p->nr < PORTION; n++) {
		if (ns->member_id > p->last_id && ns != but && (ns->groups & groups) &&
			obj_tryget(ns->socket)) {
			p->of[p->nr] = ns->socket;
			p->nr++;
		}
		seen = ns;
		ns = list_next(ns, group_link);
	}
	if (seen) {
		p->at_id = seen->member_id;
		p->last_id = max(p->last_id, p->at_id);
		(void)obj_get(seen);
	}
	more = ns && ns->member_id <= p->end_id;
	spin_unlock(&table_lock);
	obj_put(&p->last);
	p->last = seen;
	return more;
}

u32 netlink_multicast(u32 protocol, u64 groups, struct buf *data, u32 len,
	const struct nl_sender *like, const struct netlink_sock *but)
{
	struct nl_portion p = { 0 };
	u32 n = 0, steps = 0, i;
	bool more;

	do {
		more = next_portion(protocol, groups, but, &p);
		for (i = 0; i < p.nr; i++) {
			n += netlink_deliver(netlink_sock_of(*array_at(p.of, i)), data, len, like,
				&steps);
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

	(void)netlink_multicast(protocol, bit(group - 1), w->buf, w->len, &like, NULL);
}

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
			if (!(load_once(netlink_sock_of(s)->flags) & NL_NO_ENOBUFS)) {
				(void)atomic_swap(&s->error, ENOBUFS);
				socket_wake_readers(s, POLLIN | POLLRDNORM | POLLERR | ASYNC_ERR);
			}
			obj_put(array_at(p.of, i));
		}
		task_cond_resched();
	} while (more);
	obj_put(&p.last);
}

int netlink_send_to(struct netlink_sock *ns, u32 port, struct buf *data, u32 len,
	const struct nl_sender *like)
{
	struct netlink_sock *to;
	struct socket *s = NULL;
	int err = -ECONNREFUSED;

	spin_lock(&table_lock);
	to = netlink_find_locked(ns->protocol, port);
	if (to && obj_tryget(to->socket))
		s = to->socket;
	spin_unlock(&table_lock);
	if (s)
		err = netlink_deliver(netlink_sock_of(s), data, len, like, NULL) ? 0 : -ENOBUFS;
	obj_put(&s);
	return err;
}

void netlink_table_leave(struct netlink_sock *ns)
{
	struct netlink_bucket *const b = array_at(buckets,
		netlink_bucket_of(ns->protocol, ns->port));

	mutex_lock(&ns->bind_lock);
	nl_set_groups(ns, 0);
	spin_lock(&table_lock);
	if (ns->port)
		list_remove(&b->socks, ns, hash_link);
	spin_unlock(&table_lock);
	socket_list_remove(ns->socket);
	mutex_unlock(&ns->bind_lock);
}
