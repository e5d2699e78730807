// SPDX-License-Identifier: MPL-2.0
/*
 * Neighbours (kernel/neigh.h): the table, its limits, and the way of a packet whose neighbour is
 * known.
 *
 * How a packet finds its neighbour without a lock. Entries are in chains, and are type-stable: a
 * walk always stands on an entry, though perhaps on one that was freed. Who removes an entry stores
 * the bucket's count of removals, then a full barrier, then the links. A walk loads the count, the
 * links, the key, the state and the address, each with acquire, and then the count again. If the
 * count is the same, nothing that the walk has seen was removed when it was seen: a field of a slot
 * that is used anew was stored behind the barriers of the removal and of the last put, so the
 * second load of the count would have come behind the first store. The link address is one word,
 * which is stored whole, before the state says that it is good.
 *
 * Everything else takes the lock of the table to find or make the entry, and the lock of the entry
 * to change it, which neigh_state.c does.
 *
 * Limits: THRESHOLD3 entries of each protocol. A stranger on the link, and a user by packets to
 * addresses that nobody has, can make entries as fast as they like. So a new entry takes the place
 * of one that nobody misses (evict_rank): one that has failed, else one that does not answer yet,
 * else one that nobody has sent to, else one that is older than KEEP_NS; a gateway comes last. A
 * packet marks its entry as used, which gives it another round, as a clock does for pages: evict
 * clears the mark and puts the entry last. So a flood pushes out its own entries, whatever its
 * rate, and a neighbour that was pushed out finds room at once.
 *
 * Locking: neigh_table_lock, then neigh.lock; both are leaves but for the pools.
 */
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/random.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "neigh_table.h"

#define NEIGH_BUCKETS 256u
#define WALK_MAX      64u
#define THRESHOLD3    1024u /* there are no more */
#define KEEP_NS       (5 * NSEC_PER_SEC)

/* Packets go at once, without a change of the state. */
#define NEIGH_SENDS (NEIGH_VALID & ~(u32)NEIGH_STALE)

static void neigh_release(struct neigh *n)
{
	struct packet *p;

	while ((p = neigh_first_waiting(n)) != NULL)
		packet_drop(&p);
	obj_put(&n->dev);
}
OBJ_TYPE(neigh, neigh_release);

static struct neigh_bucket {
	LIST_HEAD(neigh) entries; /* neigh_table_lock, for writing; references */
	u32 removals;             /* neigh_table_lock, for writing */
} buckets[NEIGH_BUCKETS];

struct neigh_table neigh_tables[2];
struct spinlock neigh_table_lock;
static struct ip_hash_key hash_key;

void neigh_protocol_register(const struct neigh_protocol *proto)
{
	u32 i = proto->ip4 ? 0 : 1;

	neigh_tables[i].protocol = proto;
}

/* ---- look-ups ---- */

static u32 neigh_bucket_of(struct ip_addr a, u32 ifindex)
{
	return ip_hash(a, ifindex, &hash_key) % NEIGH_BUCKETS;
}

/* The link address if packets go at once. Without a lock: see above. */
static bool fast_address(const struct netdev *d, struct ip_addr to, u64 *const link)
{
	struct neigh_bucket *const b = array_at(buckets, neigh_bucket_of(to, d->index));
	u32 removals = load_acquire(b->removals), i, state;
	struct neigh *n = load_acquire(b->entries.first);

	for (i = 0; n && i < WALK_MAX; i++) {
		if (load_acquire(n->addr.lo) == to.lo && load_acquire(n->addr.hi) == to.hi &&
			load_acquire(n->ifindex) == d->index) {
			state = load_acquire(n->state);
			*link = load_acquire(n->link);
			/* Of a slot that is used anew it keeps another entry a round longer. */
			if (unlikely(!load_once(n->used)))
				store_once(n->used, true);
			return (state & NEIGH_SENDS) && load_once(b->removals) == removals;
		}
		n = load_acquire(n->hash.next);
	}
	return false;
}

struct neigh *neigh_find_locked(struct ip_addr to, u32 ifindex)
{
	struct neigh_bucket *const b = array_at(buckets, neigh_bucket_of(to, ifindex));
	struct neigh *n;

	list_for_each(n, &b->entries, hash) {
		if (ip_equal(n->addr, to) && n->ifindex == ifindex)
			return n;
	}
	return NULL;
}

/*
 * neigh_table_lock held. `gone` is set under the entry's own lock: whoever holds a reference and
 * waits for that lock sees it, and queues nothing for an entry that nobody would ever empty.
 */
void neigh_unlink(struct neigh *n)
{
	struct neigh_bucket *const b = array_at(buckets, neigh_bucket_of(n->addr, n->ifindex));
	struct neigh_table *const t = neigh_table_of(n->addr);

	store_once(b->removals, b->removals + 1);
	memory_barrier();
	list_remove(&b->entries, n, hash);
	list_remove(&t->all, n, all);
	t->nr--;
	spin_lock(&n->lock);
	n->gone = true;
	neigh_note(n);
	spin_unlock(&n->lock);
}

#define EVICT_LOOKS 32u
#define EVICT_FIRST 5u

/* How little an entry is missed; 0: it stays. */
static u32 evict_rank(const struct neigh *n, u64 now)
{
	u32 state = load_once(n->state);
	bool old = load_once(n->since_ns) + KEEP_NS <= now;

	if (state & (NEIGH_PERMANENT | NEIGH_NOARP))
		return 0;
	if (state == NEIGH_FAILED)
		return EVICT_FIRST;
	if (load_once(n->used))
		return 0;
	if (load_once(n->gateway))
		return old ? 1 : 0;
	if (state == NEIGH_INCOMPLETE)
		return 4;
	if (state == NEIGH_STALE)
		return 3;
	return old ? 2 : 0;
}

/*
 * Makes room for one more: takes out the entry of the first EVICT_LOOKS that is missed least. Those
 * that stay are last then, without their mark. False: there is none. neigh_table_lock held; *@old:
 * its reference.
 */
static bool neigh_evict(struct neigh_table *t, u64 now, struct neigh **old)
{
	struct neigh *n = list_first(&t->all), *next, *best = NULL;
	u32 i, rank, most = 0;

	for (i = 0; i < EVICT_LOOKS && n && most < EVICT_FIRST; i++, n = next) {
		next = list_next(n, all);
		rank = evict_rank(n, now);
		if (rank > most) {
			most = rank;
			best = n;
		} else if (!rank) {
			store_once(n->used, false);
			list_remove(&t->all, n, all);
			list_push_back(&t->all, n, all);
		}
	}
	if (best)
		neigh_unlink(best);
	*old = best;
	return best != NULL;
}

struct neigh *neigh_find_or_make(struct netdev *d, struct ip_addr to)
{
	struct neigh_bucket *const b = array_at(buckets, neigh_bucket_of(to, d->index));
	struct neigh_table *const t = neigh_table_of(to);
	struct neigh *n, *made = NULL, *old = NULL;
	u64 now = time_mono_ns();

	spin_lock(&neigh_table_lock);
	n = neigh_find_locked(to, d->index);
	if (!n && !load_once(d->gone) && (t->nr < THRESHOLD3 || neigh_evict(t, now, &old)))
		made = obj_new(neigh);
	if (made) {
		n = made;
		n->addr = to;
		n->ifindex = d->index;
		n->dev = obj_get(d);
		n->due_ns = NO_DEADLINE;
		n->since_ns = now;
		memory_barrier(); /* whole before a walk can meet it */
		list_push_front(&b->entries, n, hash);
		list_push_back(&t->all, n, all);
		t->nr++;
	}
	if (n)
		(void)obj_get(n);
	spin_unlock(&neigh_table_lock);
	obj_put(&old);
	return n;
}

struct neigh *neigh_find(const struct netdev *d, struct ip_addr to)
{
	struct neigh *n;

	spin_lock(&neigh_table_lock);
	n = neigh_find_locked(to, d->index);
	if (n)
		(void)obj_get(n);
	spin_unlock(&neigh_table_lock);
	return n;
}

/* ---- packets ---- */

int neigh_send_to(struct netdev *d, struct packet *p, u64 link)
{
	u8 address[LINK_ADDR_MAX];

	if (packet_headroom(p) < d->header_len) {
		packet_drop(&p);
		return -ENOBUFS;
	}
	neigh_word_link(link, &address);
	d->ops->push_header(d, p, &address);
	return netdev_send(d, p);
}

bool neigh_group_address(struct ip_addr to, u8 (*const out)[LINK_ADDR_MAX])
{
	u32 a = (u32)to.lo;

	if (!ip_is_multicast(to))
		return false;
	if (ip_is4(to)) {
		(*out)[0] = 1;
		(*out)[2] = 0x5e;
		(*out)[3] = (u8)(a >> 16 & 0x7f);
	} else {
		(*out)[0] = 0x33;
		(*out)[1] = 0x33;
		(*out)[2] = (u8)(a >> 24);
		(*out)[3] = (u8)(a >> 16);
	}
	(*out)[4] = (u8)(a >> 8);
	(*out)[5] = (u8)a;
	return true;
}

/*
 * The order: a neighbour that is known costs no lock; groups and broadcast have addresses by rule;
 * a device without ARP gets its own address; all else takes locks and maybe waits for an answer.
 */
int neigh_send(struct netdev *d, struct ip_addr to, bool gateway, struct packet *p)
{
	u8 address[LINK_ADDR_MAX] = { 0 };
	u64 link;

	if (!d->ops->push_header)
		return netdev_send(d, p);
	if (likely(fast_address(d, to, &link)))
		return neigh_send_to(d, p, link);
	if (neigh_group_address(to, &address))
		return neigh_send_to(d, p, neigh_link_word(&address));
	if (ip_is4(to) && ip4_bits(to) == 0xffffffff)
		return neigh_send_to(d, p, neigh_link_word(&d->broadcast));
	if (load_once(d->flags) & (IFF_NOARP | IFF_LOOPBACK))
		return neigh_send_to(d, p, neigh_link_word(&d->address));
	return neigh_send_slowly(d, to, gateway, p);
}

/* ---- by hand ---- */

/*
 * By hand, or because a program deletes the entry. Packets that wait in it go with the last
 * reference.
 */
int neigh_forget(struct netdev *d, struct ip_addr to)
{
	struct neigh *n;

	spin_lock(&neigh_table_lock);
	n = neigh_find_locked(to, d->index);
	if (n) {
		/* It is told as failed, as on Linux. */
		store_once(n->state, NEIGH_FAILED);
		neigh_unlink(n);
	}
	spin_unlock(&neigh_table_lock);
	if (!n)
		return -ENXIO;
	obj_put(&n);
	return 0;
}

void neigh_fill(struct neigh *n, struct neigh_info *out)
{
	*out = (struct neigh_info){ .addr = n->addr,
		.ifindex = n->ifindex,
		.state = load_once(n->state),
		.router = n->router,
		.address_len = n->dev->address_len };
	neigh_word_link(load_once(n->link), &out->address);
}

bool neigh_get(const struct netdev *d, struct ip_addr to, struct neigh_info *out)
{
	struct neigh *n = neigh_find(d, to);

	if (!n)
		return false;
	neigh_fill(n, out);
	obj_put(&n);
	return true;
}

/* *@next: bucket << 32 | how many of it were shown. */
bool neigh_next(u64 *const next, struct neigh_info *out)
{
	struct neigh *n = NULL;
	u64 at = *next;
	u32 skip;

	while (!n && at >> 32 < NEIGH_BUCKETS) {
		struct neigh_bucket *const b = array_at(buckets, at >> 32);
		spin_lock(&neigh_table_lock);
		n = list_first(&b->entries);
		for (skip = (u32)at; n && skip; skip--)
			n = list_next(n, hash);
		if (n)
			neigh_fill(n, out);
		spin_unlock(&neigh_table_lock);
		at = n ? at + 1 : ((at >> 32) + 1) << 32;
	}
	*next = at;
	return n != NULL;
}

/* ---- devices go ---- */

/* Drops the entries of a device; NULL: of all. @all: also those that were set by hand. */
static void neigh_flush(const struct netdev *d, bool all)
{
	struct neigh *n;
	bool more;
	u32 i;

	do {
		spin_lock(&neigh_table_lock);
		for (i = 0, n = NULL; i < ARRAY_LEN(neigh_tables) && !n; i++) {
			n = list_first(&neigh_tables[i].all);
			while (n &&
				((d && n->dev != d) ||
					(!all && load_once(n->state) == NEIGH_PERMANENT)))
				n = list_next(n, all);
		}
		if (n)
			neigh_unlink(n);
		spin_unlock(&neigh_table_lock);
		more = n != NULL;
		obj_put(&n);
	} while (more);
}

static void neigh_event(struct netdev *d, enum net_event e)
{
	if (e == NET_DEV_GONE || e == NET_DEV_DOWN)
		neigh_flush(d, true);
	else if (e == NET_DEV_CHANGED && !load_once(d->carrier))
		neigh_flush(d, false);
}
static const struct net_watcher neigh_watcher = { .event = neigh_event };

void neigh_shutdown(void)
{
	neigh_flush(NULL, true);
	neigh_news_drop();
}

void neigh_init(void)
{
	hash_key = (struct ip_hash_key){ random_u64(), random_u64() };
	net_watcher_register(&neigh_watcher);
	neigh_state_init();
}
