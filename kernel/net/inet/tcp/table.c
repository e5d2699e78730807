// SPDX-License-Identifier: MPL-2.0
/*
 * The tables of connections and of listeners.
 *
 * A lookup of a connection takes no lock. It walks the chain of a bucket and takes a reference by
 * obj_tryget to one whose key fits, then compares the key again: the object may have become another
 * connection between the two. Memory of a tcp_sock is one for ever (frame/obj.h), so a walk that
 * meets a removed connection goes on along its old link, or, if the object is in use again, along
 * another bucket's chain. Whoever removes counts first (changes); a walk that finds nothing looks
 * at the count again, and if it has moved, walks once more under the bucket's lock.
 *
 * Why the count is seen: a walk that strays has read the link that the object got in its new chain
 * (store_release, load_acquire here). That store comes after the object's new life began, so after
 * its last put (a full barrier), so after the removal, so after the count. Then the load of the
 * count, which is behind the load_acquire, sees it.
 *
 * A new connection is entered at the front, whole (store_release). The table holds a reference.
 *
 * Listeners stand in chains by address and port, with a key: those of a user's thousands of ports
 * must not lengthen the walk of a SYN to another port. A segment is for the listeners of its very
 * address if there are any, as on Linux, else for those of any address.
 */
#include <kernel/random.h>

#include "../diag.h"
#include "tcp.h"

struct port_table tcp_ports;

#define NR_BUCKETS TCP_BUCKETS
#define NR_LISTEN  TCP_LISTEN_BUCKETS
#define WALK_MAX   64u /* a longer walk without lock is given up */

static struct tcp_bucket {
	struct spinlock lock;
	u32 changes;            /* removals; stored under the lock */
	struct tcp_sock *first; /* stored under the lock */
	u32 nr, nr6;            /* connections; those of AF_INET6; stored under the lock */
} buckets[NR_BUCKETS];

static struct tcp_listeners {
	struct spinlock lock;
	struct tcp_sock *first; /* by listen_next */
	u32 nr, nr6;            /* listeners; those of AF_INET6; stored under the lock */
} listeners[NR_LISTEN];
static struct ip_hash_key listen_key;

void tcp_table_init(void)
{
	u32 i;

	listen_key = (struct ip_hash_key){ random_u64(), random_u64() };
	for (i = 0; i < NR_BUCKETS; i++)
		lock_level(&array_at(buckets, i)->lock, LOCK_NET_TABLE);
	for (i = 0; i < NR_LISTEN; i++)
		lock_level(&array_at(listeners, i)->lock, LOCK_NET_TABLE);
	for (i = 0; i < PORT_BUCKETS; i++)
		lock_level(&array_at(tcp_ports.bucket, i)->lock, LOCK_NET_TABLE);
}

struct tcp_key tcp_key_of(const struct tcp_sock *ts)
{
	return (struct tcp_key){ .local = ts->inet.local,
		.peer = ts->inet.peer,
		.local_port = ts->inet.local_port,
		.peer_port = ts->inet.peer_port,
		.ifindex = ts->inet.ifindex };
}

static noinline struct tcp_sock *table_find_locked(struct tcp_bucket *b, const struct tcp_key *k)
{
	struct tcp_sock *ts;

	spin_lock(&b->lock);
	ts = b->first;
	while (ts && !tcp_has_key(ts, k))
		ts = ts->hash_next;
	if (ts && !obj_tryget(ts))
		ts = NULL;
	spin_unlock(&b->lock);
	return ts;
}

/*
 * The key is compared before a reference is taken, which is cheap and may be wrong, and after it,
 * when the object can be no other connection any more. `hashed` tells that it had not been removed
 * by then. Whatever does not fit ends in one walk with the lock, so a flood of connections that
 * come and go costs look-ups a lock and never a wrong answer.
 */
struct tcp_sock *tcp_find(const struct tcp_key *k)
{
	struct tcp_bucket *const b = array_at(buckets, tcp_key_hash(k) % NR_BUCKETS);
	u32 changes = load_acquire(b->changes), n;
	struct tcp_sock *ts = load_acquire(b->first);

	for (n = 0; ts && n < WALK_MAX; n++) {
		if (tcp_has_key(ts, k) && obj_tryget(ts)) {
			if (likely(load_once(ts->hashed) && tcp_has_key(ts, k)))
				return ts;
			obj_put(&ts);
			return table_find_locked(b, k);
		}
		ts = load_acquire(ts->hash_next);
	}
	if (likely(!ts && load_once(b->changes) == changes))
		return NULL;
	return table_find_locked(b, k);
}

/* One more, or one less, in a bucket whose lock is held. */
static void table_count(u32 *const nr, u32 *const nr6, const struct tcp_sock *ts, u32 one)
{
	store_once(*nr, *nr + one);
	if (ts->family == AF_INET6)
		store_once(*nr6, *nr6 + one);
}

u32 tcp_sockets(u32 family)
{
	bool six = family == AF_INET6;
	u32 i, n = 0;

	for (i = 0; i < NR_LISTEN; i++) {
		const struct tcp_listeners *const l = array_at(listeners, i);
		n += six ? load_once(l->nr6) : load_once(l->nr) - load_once(l->nr6);
	}
	for (i = 0; i < NR_BUCKETS; i++) {
		const struct tcp_bucket *const b = array_at(buckets, i);
		n += six ? load_once(b->nr6) : load_once(b->nr) - load_once(b->nr6);
	}
	return n;
}

/*
 * The search for the same key and the entry are under one lock, so of two connects or children with
 * one key only one is entered. hash_next is set before the object can be seen.
 */
int tcp_table_add(struct tcp_sock *ts)
{
	struct tcp_key k = tcp_key_of(ts);
	u32 hash = tcp_key_hash(&k);
	struct tcp_bucket *const b = array_at(buckets, hash % NR_BUCKETS);
	struct tcp_sock *at;

	ts->hash = hash;
	spin_lock(&b->lock);
	at = b->first;
	while (at && !tcp_has_key(at, &k))
		at = at->hash_next;
	if (!at) {
		(void)obj_get(ts);
		store_once(ts->hashed, true);
		store_release(ts->hash_next, b->first);
		store_release(b->first, ts);
		table_count(&b->nr, &b->nr6, ts, 1);
	}
	spin_unlock(&b->lock);
	return at ? -EADDRNOTAVAIL : 0;
}

/* The link of the removed one stays: walks may stand on it. */
void tcp_table_remove(struct tcp_sock *ts)
{
	struct tcp_bucket *const b = array_at(buckets, ts->hash % NR_BUCKETS);
	struct tcp_sock *at, *ref = NULL;

	if (!load_once(ts->hashed))
		return;
	spin_lock(&b->lock);
	if (ts->hashed) {
		ts->hashed = false;
		table_count(&b->nr, &b->nr6, ts, 0u - 1);
		store_release(b->changes, b->changes + 1);
		if (b->first == ts) {
			store_release(b->first, ts->hash_next);
		} else {
			at = b->first;
			while (at && at->hash_next != ts)
				at = at->hash_next;
			if (at)
				store_release(at->hash_next, ts->hash_next);
		}
		ref = ts;
	}
	spin_unlock(&b->lock);
	obj_put(&ref);
}

struct tcp_sock *tcp_table_next(u32 bucket, u32 family, u32 *n)
{
	bool listens = bucket < NR_LISTEN;
	struct tcp_listeners *const l = array_at(listeners, listens ? bucket : 0);
	struct tcp_bucket *const b = array_at(buckets, listens ? 0 : bucket - NR_LISTEN);
	struct spinlock *const lock = listens ? &l->lock : &b->lock;
	struct tcp_sock *ts;
	u32 i = 0;

	if (listens ? !load_once(l->first) : !load_once(b->first))
		return NULL;
	spin_lock(lock);
	for (ts = listens ? l->first : b->first; ts; i++) {
		if (i >= *n && (!family || ts->family == family))
			break;
		ts = listens ? ts->listen_next : ts->hash_next;
	}
	*n = i;
	if (ts)
		(void)obj_get(ts); /* the table has one, too */
	spin_unlock(lock);
	return ts;
}

/* As tcp_table_next, for several sockets at once. */
void tcp_table_batch(struct inet_diag_walk *w, u32 family)
{
	bool listens = w->bucket < NR_LISTEN;
	struct tcp_listeners *const l = array_at(listeners, listens ? w->bucket : 0);
	struct tcp_bucket *const b = array_at(buckets, listens ? 0 : w->bucket - NR_LISTEN);
	struct spinlock *const lock = listens ? &l->lock : &b->lock;
	struct tcp_sock *ts;
	u32 i = 0;

	w->last = listens ? !load_once(l->first) : !load_once(b->first);
	if (w->last)
		return;
	spin_lock(lock);
	for (ts = listens ? l->first : b->first; ts && w->nr < DIAG_BATCH; i++) {
		if (i >= w->place && (!family || ts->family == family))
			inet_diag_take(w, i, &obj_get(ts)->obj);
		ts = listens ? ts->listen_next : ts->hash_next;
	}
	spin_unlock(lock);
	w->after = i;
	w->last = !ts;
}

/* ---- listeners ---- */

static u32 listen_place(struct ip_addr a, u32 port)
{
	return ip_hash(ip_is_any(a) ? (struct ip_addr){ 0 } : a, port, &listen_key) % NR_LISTEN;
}

/*
 * How well a listener fits a packet; 0: not at all. As Linux scores (compute_score). The address
 * and the device table_count alike, the family least: a listener of AF_INET is preferred to one of
 * AF_INET6 that takes IPv4 as well.
 */
static u32 listener_score(const struct tcp_sock *l, const struct tcp_key *k)
{
	const struct inet_sock *const s = &l->inet;
	bool four = ip_is4(k->local);
	u32 n = 1;

	if (s->local_port != k->local_port || load_once(l->state) != TCP_LISTEN)
		return 0;
	if (!ip_is_any(s->local)) {
		if (!ip_equal(s->local, k->local))
			return 0;
		n += 4;
	} else if (l->family == AF_INET ? !four : four ? s->v6only : s->v4only) {
		return 0;
	}
	if (s->ifindex) {
		if (s->ifindex != k->ifindex)
			return 0;
		n += 4;
	}
	return n + (four == (l->family == AF_INET));
}

static bool listener_shares_port(const struct tcp_sock *l)
{
	return l->inet.socket && (load_once(l->inet.socket->options) & OPT_REUSEPORT);
}

/*
 * Of listeners that fit equally well and share their port (SO_REUSEPORT), a hash chooses: the n-th
 * of them takes the packet with a chance of one in n. Users see what it chooses, so it is a strong
 * one.
 */
static struct tcp_sock *find_listener(const struct tcp_key *k, u32 place)
{
	struct tcp_listeners *const b = array_at(listeners, place);
	struct tcp_sock *l, *best = NULL;
	u32 best_score = 0, n, same = 0, hash = 0;

	if (!load_once(b->first))
		return NULL;
	spin_lock(&b->lock);
	for (l = b->first; l; l = l->listen_next) {
		n = listener_score(l, k);
		if (n > best_score) {
			best_score = n;
			best = l;
			same = 1;
		} else if (n && n == best_score && listener_shares_port(l)) {
			if (same++ == 1)
				hash = (u32)tcp_secret(k, SECRET_LISTENER);
			if ((u64)hash * same >> 32 == 0)
				best = l;
			hash = hash * 1664525 + 1013904223;
		}
	}
	if (best && !obj_tryget(best))
		best = NULL;
	spin_unlock(&b->lock);
	return best;
}

struct tcp_sock *tcp_find_listener(const struct tcp_key *k)
{
	struct tcp_sock *l = find_listener(k, listen_place(k->local, k->local_port));

	return l ? l : find_listener(k, listen_place((struct ip_addr){ 0 }, k->local_port));
}

/*
 * bind has checked for conflicts under its own rules, but two sockets that were bound with
 * SO_REUSEADDR may both come here. The chain's lock decides, and the second one gets EADDRINUSE.
 */
int tcp_listen_add(struct tcp_sock *ts)
{
	u32 place = listen_place(ts->inet.local, ts->inet.local_port);
	struct tcp_listeners *const b = array_at(listeners, place);
	struct tcp_sock *l;

	spin_lock(&b->lock);
	ts->hash = place;
	for (l = b->first; l; l = l->listen_next) {
		if (l == ts)
			break; /* never twice, or the chain would be a circle */
		if (l->inet.local_port == ts->inet.local_port && l->family == ts->family &&
			ip_equal(l->inet.local, ts->inet.local) &&
			l->inet.ifindex == ts->inet.ifindex &&
			!(listener_shares_port(l) && listener_shares_port(ts)))
			break;
	}
	if (!l) {
		ts->listen_next = b->first;
		store_once(b->first, obj_get(ts));
		table_count(&b->nr, &b->nr6, ts, 1);
	}
	spin_unlock(&b->lock);
	return l ? -EADDRINUSE : 0;
}

void tcp_listen_remove(struct tcp_sock *ts)
{
	struct tcp_listeners *const b = array_at(listeners, ts->hash % NR_LISTEN);
	struct tcp_sock *at, *ref = NULL;

	spin_lock(&b->lock);
	if (b->first == ts) {
		store_once(b->first, ts->listen_next);
		ref = ts;
	} else {
		for (at = b->first; at && at->listen_next != ts; at = at->listen_next)
			;
		if (at) {
			at->listen_next = ts->listen_next;
			ref = ts;
		}
	}
	ts->listen_next = NULL;
	if (ref)
		table_count(&b->nr, &b->nr6, ts, 0u - 1);
	spin_unlock(&b->lock);
	obj_put(&ref);
}
