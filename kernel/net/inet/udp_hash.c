// SPDX-License-Identifier: MPL-2.0
/*
 * Look-ups of UDP sockets (udp.h).
 *
 * A socket is in the bucket of its port and local address; one without an address in that of the
 * port and no address. A packet is for the best match in the bucket of its own destination, else
 * for the best in the other one.
 *
 * The hash has a secret key, for programs choose ports and addresses: without it one user could put
 * all his sockets into the bucket of somebody else's. A chain is then as long as the sockets of one
 * port and address, of which there are 4096 (struct port_table); Linux walks as many as there are.
 *
 * How a look-up goes without a lock. Sockets are type-stable, so a walk along a chain always stands
 * on a socket, though perhaps on one that was freed and is now in another chain. Each removal
 * changes the bucket's count before it changes the chain: a walk that sees the count unchanged at
 * its end has not been led astray. The look-up then takes a reference to the socket that was found,
 * since the lock of a free slot must not be taken: obj_new zeroes the slot, with its lock. Under
 * the lock it asks whether the socket is hashed, and matches, still. If not, all begins anew, at
 * last under the bucket's lock, which keeps the chain as it is, and its sockets alive.
 *
 * Order: who removes stores the count, then a full barrier, then the links. Who walks loads the
 * count with acquire, the links, and behind a full barrier the count again. Who adds has a full
 * barrier between the socket's fields and its link.
 */
#include <frame/boot.h>
#include <kernel/random.h>

#include "diag.h"
#include "udp.h"

#define UDP_BUCKETS UDP_DIAG_BUCKETS
#define WALK_MAX    65536u
#define WALK_TRIES  8u

struct udp_bucket {
	struct spinlock lock;
	u32 removals; /* lock, for writing */
	LIST_HEAD(udp_sock) socks;
	u32 nr, nr6; /* sockets; those of AF_INET6; lock, for writing */
};
static struct udp_bucket buckets[UDP_BUCKETS];
static struct ip_hash_key hash_key; /* set once */

static u32 udp_bucket_of(struct ip_addr a, u32 port)
{
	return ip_hash(a, port, &hash_key) % UDP_BUCKETS;
}

void udp_hash_init(void)
{
	hash_key = (struct ip_hash_key){ random_u64(), random_u64() };
}

/* The lock of the bucket is held. */
static void udp_hash_count(struct udp_bucket *b, const struct udp_sock *us, u32 one)
{
	store_once(b->nr, b->nr + one);
	if (us->inet.socket->family == AF_INET6)
		store_once(b->nr6, b->nr6 + one);
}

u32 udp_sockets(u32 family)
{
	u32 i, n = 0;

	for (i = 0; i < UDP_BUCKETS; i++) {
		const struct udp_bucket *const b = array_at(buckets, i);
		u32 six = load_once(b->nr6);
		n += family == AF_INET6 ? six : load_once(b->nr) - six;
	}
	return n;
}

/* A socket with an address and without a port (IP_BIND_ADDRESS_NO_PORT) is not entered. */
void udp_hash_add(struct udp_sock *us)
{
	struct inet_sock *const i = &us->inet;
	struct udp_bucket *const b = array_at(buckets, udp_bucket_of(i->local, i->local_port));

	if (!i->local_port)
		return;
	if (us->hashed)
		kernel_panic("a UDP socket is entered twice");
	spin_lock(&us->in.lock);
	us->hash_local = i->local;
	us->hash_port = i->local_port;
	us->hashed = true;
	spin_unlock(&us->in.lock);
	memory_barrier();
	spin_lock(&b->lock);
	list_push_front(&b->socks, us, hash);
	udp_hash_count(b, us, 1);
	spin_unlock(&b->lock);
}

void udp_hash_remove(struct udp_sock *us)
{
	struct udp_bucket *const b = array_at(buckets,
		udp_bucket_of(us->hash_local, us->hash_port));

	if (!us->hashed)
		return;
	spin_lock(&b->lock);
	store_once(b->removals, b->removals + 1);
	memory_barrier();
	list_remove(&b->socks, us, hash);
	udp_hash_count(b, us, 0u - 1);
	spin_unlock(&b->lock);
	spin_lock(&us->in.lock);
	us->hashed = false;
	spin_unlock(&us->in.lock);
}

/* Whether the socket takes packets of this family, by its own family and IPV6_V6ONLY. */
static bool takes_family(const struct inet_sock *i, const struct socket *s, bool is4)
{
	return is4 ? s->family == AF_INET || !i->v6only : s->family == AF_INET6 && !i->v4only;
}

/*
 * How well it matches; -1: not. A connected socket is better, one that is bound to a device too. A
 * slot that is used anew is zeroed, so a walk may see no socket for a moment: it loads the pointer
 * once.
 */
static s32 udp_hash_score(const struct udp_sock *us, const struct udp_key *k)
{
	const struct inet_sock *const i = &us->inet;
	const struct socket *s = load_once(i->socket);
	s32 n = 0;

	if (!s || us->hash_port != k->to_port || !takes_family(i, s, ip_is4(k->to)))
		return -1;
	if (!ip_is_zero(i->local)) {
		if (!ip_equal(i->local, k->to))
			return -1;
		n += 4;
	}
	if (!ip_is_zero(i->peer)) {
		if (!ip_equal(i->peer, k->from) || i->peer_port != k->from_port)
			return -1;
		n += 8;
	}
	if (i->ifindex) {
		if (i->ifindex != k->ifindex)
			return -1;
		n += 2;
	}
	return n + (s->family == AF_INET && ip_is4(k->to));
}

static bool udp_shares_port(const struct udp_sock *us)
{
	const struct socket *s = load_once(us->inet.socket);

	return s && (load_once(s->options) & OPT_REUSEPORT);
}

/*
 * The best of a chain, NULL: none. Of equally good ones that share the port by SO_REUSEPORT, each
 * flow has its own: the n-th takes over from those before with probability 1/n, by the flow's hash.
 */
static struct udp_sock *udp_hash_walk(const struct udp_bucket *b, const struct udp_key *k)
{
	struct udp_sock *us = load_once(b->socks.first), *best = NULL;
	u32 steps, hash = k->hash, same = 0;
	s32 have = -1, n;

	for (steps = 0; us && steps < WALK_MAX; steps++) {
		n = udp_hash_score(us, k);
		if (n > have) {
			best = us;
			have = n;
			same = 1;
		} else if (n >= 0 && n == have && udp_shares_port(us)) {
			same++;
			hash = hash * 1664525u + 1013904223u;
			if (!((u64)hash * same >> 32))
				best = us;
		}
		us = load_once(us->hash.next);
	}
	return best;
}

/* Locks the socket, which is alive, if it is still hashed and matches. */
static bool lock_match(struct udp_sock *us, const struct udp_key *k)
{
	spin_lock(&us->in.lock);
	if (us->hashed && udp_hash_score(us, k) >= 0)
		return true;
	spin_unlock(&us->in.lock);
	return false;
}

/* The same for a socket that may have gone: with a reference. */
static bool lock_found(struct udp_sock *us, const struct udp_key *k)
{
	if (unlikely(!obj_tryget(us)))
		return false;
	if (likely(lock_match(us, k)))
		return true;
	obj_put(&us);
	return false;
}

/* *@again: the chain has changed; the result says nothing. */
static struct udp_sock *find_in(struct udp_bucket *b, const struct udp_key *k, bool *const again)
{
	u32 removals = load_acquire(b->removals);
	struct udp_sock *us = udp_hash_walk(b, k);

	*again = false;
	if (us && lock_found(us, k))
		return us;
	memory_barrier();
	*again = us || load_once(b->removals) != removals;
	return NULL;
}

static struct udp_sock *find_serialized(struct udp_bucket *b, const struct udp_key *k)
{
	struct udp_sock *us;

	spin_lock(&b->lock);
	us = udp_hash_walk(b, k);
	if (us && !lock_found(us, k))
		us = NULL;
	spin_unlock(&b->lock);
	return us;
}

static struct udp_sock *find_bucket(const struct udp_key *k, struct ip_addr local)
{
	struct udp_bucket *const b = array_at(buckets, udp_bucket_of(local, k->to_port));
	struct udp_sock *us;
	bool again;
	u32 i;

	if (!load_once(b->socks.first))
		return NULL;
	for (i = 0; i < WALK_TRIES; i++) {
		us = find_in(b, k, &again);
		if (us || !again)
			return us;
	}
	return find_serialized(b, k);
}

/*
 * Connecting changes what a socket matches, and its bucket. Meanwhile changes is odd: a look-up
 * that found nobody looks again, so no packet is refused that a socket takes before and after.
 */
static struct spinlock change_lock;
static u32 changes; /* change_lock, for writing */

void udp_change_begin(void)
{
	spin_lock(&change_lock);
	store_once(changes, changes + 1);
	memory_barrier();
}

void udp_change_end(void)
{
	store_release(changes, changes + 1);
	spin_unlock(&change_lock);
}

/*
 * The socket that the program of the group chooses instead of the one that was found, locked like
 * that; NULL: both have gone. A connected socket has its packets.
 */
static struct udp_sock *reuse_choice(struct udp_sock *us, const struct udp_key *k)
{
	struct udp_sock *chosen;
	struct socket *s;

	if (us->inet.peer_port || !k->packet)
		return us;
	spin_unlock(&us->in.lock);
	s = inet_reuse_select(&us->inet, k->packet, UDP_HEADER);
	chosen = s ? obj_get(udp_of(s)) : NULL;
	obj_put(&s);
	if (chosen && lock_match(chosen, k)) {
		obj_put(&us);
		return chosen;
	}
	obj_put(&chosen);
	/* The one that was found has gone: another one takes the packet, and no program is asked. */
	if (!lock_match(us, k)) {
		obj_put(&us);
		us = find_bucket(k, k->to);
		if (!us)
			us = find_bucket(k, (struct ip_addr){ 0 });
	}
	return us;
}

static struct udp_sock *find_both(const struct udp_key *k)
{
	struct udp_sock *us = find_bucket(k, k->to);

	if (!us)
		us = find_bucket(k, (struct ip_addr){ 0 });
	return us && unlikely(us->inet.reuse) ? reuse_choice(us, k) : us;
}

/*
 * Returns with the socket's queue locked and a reference: what the caller queues is queued to a
 * socket that was hashed at that moment. A socket that is closed later drops its queue after it was
 * taken out.
 */
struct udp_sock *udp_find_locked(const struct udp_key *k)
{
	struct udp_sock *us;
	u32 seen, i;

	for (i = 0; i < WALK_TRIES; i++) {
		seen = load_acquire(changes);
		us = find_both(k);
		if (likely(us != NULL))
			return us;
		memory_barrier();
		if (likely(!(seen & 1) && load_once(changes) == seen))
			return NULL;
	}
	spin_lock(&change_lock);
	us = find_both(k);
	spin_unlock(&change_lock);
	return us;
}

static u32 visit_bucket(const struct udp_key *k, struct ip_addr local, const struct udp_visitor *v,
	struct packet *p, const struct ip_info *info)
{
	struct udp_bucket *const b = array_at(buckets, udp_bucket_of(local, k->to_port));
	struct udp_sock *us;
	u32 n = 0;

	spin_lock(&b->lock);
	list_for_each(us, &b->socks, hash) {
		if (ip_equal(us->hash_local, local) && lock_match(us, k)) {
			v->each(us, p, info);
			spin_unlock(&us->in.lock);
			n++;
		}
	}
	spin_unlock(&b->lock);
	return n;
}

u32 udp_for_all(const struct udp_key *k, const struct udp_visitor *v, struct packet *p,
	const struct ip_info *info)
{
	return visit_bucket(k, k->to, v, p, info) +
		visit_bucket(k, (struct ip_addr){ 0 }, v, p, info);
}

/* *@next: bucket << 32 | how many of it were shown. */
bool udp_show(struct fmt *out, u32 family, u64 *const next)
{
	struct udp_sock *us = NULL;
	u64 at = *next;
	u32 n;

	while (!us && at >> 32 < UDP_BUCKETS) {
		struct udp_bucket *const b = array_at(buckets, at >> 32);
		spin_lock(&b->lock);
		us = list_first(&b->socks);
		for (n = 0; us && (n < (u32)at || us->inet.socket->family != family); n++)
			us = us->hash.next;
		if (us)
			inet_show_socket(out, &us->inet, us->hash_port % UDP_BUCKETS, us->in.rmem,
				atomic_load(&us->in.drops));
		spin_unlock(&b->lock);
		at = us ? (at >> 32) << 32 | (n + 1) : ((at >> 32) + 1) << 32;
	}
	*next = at;
	return us != NULL;
}

/*
 * A socket in a bucket has not been released, so its struct socket is alive; the reference is taken
 * under the bucket's lock, which a release needs.
 */
void udp_diag_batch(struct inet_diag_walk *w, u32 family)
{
	struct udp_bucket *const b = array_at(buckets, w->bucket);
	struct udp_sock *us;
	u32 i = 0;

	w->last = !load_once(b->socks.first);
	if (w->last)
		return;
	spin_lock(&b->lock);
	for (us = list_first(&b->socks); us && w->nr < DIAG_BATCH; i++) {
		if (i >= w->place && (!family || us->inet.socket->family == family))
			inet_diag_take(w, i, &obj_get(us->inet.socket)->obj);
		us = list_next(us, hash);
	}
	spin_unlock(&b->lock);
	w->after = i;
	w->last = !us;
}

int udp_diag_find(const struct inet_diag_key *k, struct inet_diag_record *out)
{
	struct udp_key key = { .from = k->peer,
		.to = k->local,
		.from_port = k->peer_port,
		.to_port = k->local_port,
		.ifindex = k->ifindex };
	struct udp_sock *us = udp_find_locked(&key);
	struct socket *s;

	if (!us)
		return -ENOENT;
	s = obj_get(us->inet.socket);
	spin_unlock(&us->in.lock);
	obj_put(&us);
	udp_diag_fill(s, out);
	obj_put(&s);
	return 0;
}
