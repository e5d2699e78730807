// SPDX-License-Identifier: MPL-2.0
/*
 * Neighbours (kernel/neigh.h): the table, its states and its limits.
 *
 * How a packet finds its neighbour without a lock. Entries are in chains, and are type-stable: a walk
 * always stands on an entry, though perhaps on one that was freed. Who removes an entry stores the
 * bucket's count of removals, then a full barrier, then the links. A walk loads the count, the links,
 * the key, the state and the address, each with acquire, and then the count again. If the count is the
 * same, nothing that the walk has seen was removed when it was seen: a field of a slot that is used anew
 * was stored behind the barriers of the removal and of the last put, so the second load of the count
 * would have come behind the first store. The link address is one word, which is stored whole, before
 * the state says that it is good.
 *
 * Everything else takes the lock of the table to find or make the entry, and the lock of the entry to
 * change it: a question when nothing is known, the queue of packets that wait for the answer, and the
 * first packet to a neighbour that was not heard of lately (STALE), which starts the check.
 *
 *	(none), FAILED --packet--> INCOMPLETE --answer--> REACHABLE --30 s--> STALE
 *	STALE --packet--> DELAY --5 s--> PROBE --answer--> REACHABLE; PROBE, INCOMPLETE --3 s--> FAILED
 *
 * The network's job does what is due. Times are rounded up to TICK_NS, so the job, which looks at
 * all entries, runs ten times a second at most.
 *
 * Limits: THRESHOLD3 entries of each protocol. A new entry takes the place of the one that was changed
 * least lately, unless that was less than KEEP_NS ago: then the packet is dropped. So a stranger who makes
 * this machine look for many neighbours cannot push out those that it talks to at once.
 *
 * Locking: table_lock, then neigh.lock; both are leaves but for the pools.
 */
#include <frame/errno.h>
#include <frame/sync.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/neigh.h>
#include <kernel/random.h>
#include <uapi/if.h>

#include "link.h"

#define NEIGH_BUCKETS 256u
#define WALK_MAX      64u
#define THRESHOLD1    128u  /* fewer are kept for ever */
#define THRESHOLD3    1024u /* there are no more */
#define TICK_NS       (NSEC_PER_SEC / 10)
#define KEEP_NS       (5 * NSEC_PER_SEC)
#define REACHABLE_NS  (30 * NSEC_PER_SEC)
#define RETRANS_NS    NSEC_PER_SEC
#define DELAY_NS      (5 * NSEC_PER_SEC)
#define STALE_NS      (60 * NSEC_PER_SEC)
#define LOCK_NS       NSEC_PER_SEC /* an address that was learned is not replaced before */
#define PROBES        3u
#define WAITING_BYTES 212992u

#define NEIGH_VALID \
	(NEIGH_REACHABLE | NEIGH_STALE | NEIGH_DELAY | NEIGH_PROBE | NEIGH_NOARP | NEIGH_PERMANENT)
/* Packets go at once, without a change of the state. */
#define NEIGH_SENDS (NEIGH_VALID & ~(u32)NEIGH_STALE)

struct neigh {
	struct obj obj;
	/* Set once. */
	struct ip_addr addr;
	u32 ifindex;
	struct netdev *dev; /* reference; NET_DEV_GONE drops the entries of a device */
	struct spinlock lock;
	u32 state;   /* lock, for writing; enum neigh_state */
	u64 link;    /* lock, for writing: the link address, first byte lowest */
	bool router; /* lock */
	bool gone;   /* lock: no longer in the table */
	u32 probes;  /* lock: questions that were sent */
	u64 due_ns;  /* lock, for writing; NO_DEADLINE: nothing is due */
	u64 since_ns; /* lock, for writing: when the state was changed, or the entry used when STALE */
	LIST_HEAD(packet) waiting; /* lock */
	u32 nr_waiting, bytes_waiting;
	LIST_LINK(neigh) hash; /* table_lock, for writing */
	LIST_LINK(neigh) all;  /* table_lock */
};

static void neigh_release(struct neigh *n)
{
	struct packet *p;

	while ((p = list_first(&n->waiting)) != NULL) {
		list_remove(&n->waiting, p, link);
		packet_drop(&p);
	}
	obj_put(&n->dev);
}
OBJ_TYPE(neigh, neigh_release);
OBJ_TYPE_DECL(neigh);

static struct neigh_bucket {
	LIST_HEAD(neigh) entries; /* table_lock, for writing; references */
	u32 removals;             /* table_lock, for writing */
} buckets[NEIGH_BUCKETS];

/* The entries of a protocol, [0]: IPv4: the one that was made first is first. */
static struct neigh_table {
	LIST_HEAD(neigh) all;
	u32 nr;
	const struct neigh_protocol *protocol;
} tables[2];
static struct spinlock table_lock;
static u64 hash_key;

#define table_of(a) (array_at(tables, ip_is4(a) ? 0 : 1))

void neigh_protocol_register(const struct neigh_protocol *proto)
{
	tables[proto->ip4 ? 0 : 1].protocol = proto;
}

static u64 link_word(const u8 (*address)[LINK_ADDR_MAX])
{
	u64 v = 0;

	return span_read(cspan_of(*address), 0, &v) ? v : 0;
}

static void word_link(u64 v, u8 (*const address)[LINK_ADDR_MAX])
{
	span_copy(span_of(*address), value_cspan(&v));
}

static u32 bucket_of(struct ip_addr a, u32 ifindex)
{
	u64 h = (a.hi ^ a.lo ^ (u64)ifindex << 32 ^ hash_key) * 0x9e3779b97f4a7c15ul;

	return (u32)(h >> 40) % NEIGH_BUCKETS;
}

/* ---- look-ups ---- */

/* The link address if packets go at once. Without a lock: see above. */
static bool fast_address(const struct netdev *d, struct ip_addr to, u64 *const link)
{
	struct neigh_bucket *const b = array_at(buckets, bucket_of(to, d->index));
	u32 removals = load_acquire(b->removals), i, state;
	struct neigh *n = load_acquire(b->entries.first);

	for (i = 0; n && i < WALK_MAX; i++) {
		if (load_acquire(n->addr.lo) == to.lo && load_acquire(n->addr.hi) == to.hi &&
			load_acquire(n->ifindex) == d->index) {
			state = load_acquire(n->state);
			*link = load_acquire(n->link);
			return (state & NEIGH_SENDS) && load_once(b->removals) == removals;
		}
		n = load_acquire(n->hash.next);
	}
	return false;
}

/* The entry; NULL: there is none. table_lock held. */
static struct neigh *find_locked(struct ip_addr to, u32 ifindex)
{
	struct neigh_bucket *const b = array_at(buckets, bucket_of(to, ifindex));
	struct neigh *n;

	list_for_each(n, &b->entries, hash) {
		if (ip_equal(n->addr, to) && n->ifindex == ifindex)
			return n;
	}
	return NULL;
}

/* Takes an entry out of the table, whose reference becomes the caller's. table_lock held. */
static void unlink_entry(struct neigh *n)
{
	struct neigh_bucket *const b = array_at(buckets, bucket_of(n->addr, n->ifindex));
	struct neigh_table *const t = table_of(n->addr);

	store_once(b->removals, b->removals + 1);
	memory_barrier();
	list_remove(&b->entries, n, hash);
	list_remove(&t->all, n, all);
	t->nr--;
	spin_lock(&n->lock);
	n->gone = true;
	spin_unlock(&n->lock);
}

#define EVICT_LOOKS 32u

/*
 * Makes room for one more: takes an entry out that nobody misses. False: there is none among the first
 * ones, which are last then. table_lock held; *@old: its reference.
 */
static bool evict(struct neigh_table *t, u64 now, struct neigh **old)
{
	struct neigh *n;
	u32 i;

	for (i = 0; i < EVICT_LOOKS && (n = list_first(&t->all)) != NULL; i++) {
		u32 state = load_once(n->state);
		if (state == NEIGH_FAILED ||
			(!(state & (NEIGH_PERMANENT | NEIGH_NOARP)) &&
				load_once(n->since_ns) + KEEP_NS <= now)) {
			unlink_entry(n);
			*old = n;
			return true;
		}
		list_remove(&t->all, n, all);
		list_push_back(&t->all, n, all);
	}
	return false;
}

/* A reference to the entry, which is made if need be; NULL: there are too many, or no memory. */
static struct neigh *find_or_make(struct netdev *d, struct ip_addr to)
{
	struct neigh_bucket *const b = array_at(buckets, bucket_of(to, d->index));
	struct neigh_table *const t = table_of(to);
	struct neigh *n, *made = NULL, *old = NULL;
	u64 now = time_mono_ns();

	spin_lock(&table_lock);
	n = find_locked(to, d->index);
	if (!n && !load_once(d->gone) && (t->nr < THRESHOLD3 || evict(t, now, &old)))
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
	spin_unlock(&table_lock);
	obj_put(&old);
	return n;
}

static struct neigh *find(const struct netdev *d, struct ip_addr to)
{
	struct neigh *n;

	spin_lock(&table_lock);
	n = find_locked(to, d->index);
	if (n)
		(void)obj_get(n);
	spin_unlock(&table_lock);
	return n;
}

/* ---- states ---- */

/* The entry's lock is held. @after: when something is due; 0: never. Then the caller kicks the job. */
static void set_state(struct neigh *n, u32 state, u64 after)
{
	u64 now = time_mono_ns();

	store_release(n->state, state);
	store_once(n->since_ns, now);
	store_once(n->due_ns, after ? round_up(now + after, TICK_NS) : NO_DEADLINE);
}

/* Reachable for a time that differs, so that machines do not ask all at once (RFC 4861, 6.3.2). */
static u64 reachable_time(void)
{
	return REACHABLE_NS / 2 + random_u64() % REACHABLE_NS;
}

/* Puts the packet behind those that wait; returns the ones that must go for it. The lock is held. */
static struct packet *wait_answer(struct neigh *n, struct packet *p)
{
	struct packet *old = NULL;

	list_push_back(&n->waiting, p, link);
	n->nr_waiting++;
	n->bytes_waiting += packet_memory(p);
	if (n->nr_waiting > NEIGH_WAITING || n->bytes_waiting > WAITING_BYTES) {
		old = list_first(&n->waiting);
		list_remove(&n->waiting, old, link);
		n->nr_waiting--;
		n->bytes_waiting -= packet_memory(old);
	}
	return old;
}

static struct packet *take_waiting(struct neigh *n)
{
	struct packet *p;

	spin_lock(&n->lock);
	p = list_first(&n->waiting);
	if (p) {
		list_remove(&n->waiting, p, link);
		n->nr_waiting--;
		n->bytes_waiting -= packet_memory(p);
	}
	spin_unlock(&n->lock);
	return p;
}

static int send_to(struct netdev *d, struct packet *p, u64 link)
{
	u8 address[LINK_ADDR_MAX];

	if (packet_headroom(p) < d->header_len) {
		packet_drop(&p);
		return -ENOBUFS;
	}
	word_link(link, &address);
	d->ops->push_header(d, p, &address);
	return netdev_send(d, p);
}

/* The address is known: what has waited goes. */
static void send_waiting(struct neigh *n, u64 link)
{
	struct packet *p;
	u32 i;
	int err;

	for (i = 0; i < 2 * NEIGH_WAITING && (p = take_waiting(n)) != NULL; i++) {
		err = send_to(n->dev, p, link);
		(void)err; /* counted by the device */
	}
}

static void ask(struct neigh *n, u64 link, bool unicast)
{
	const struct neigh_protocol *proto = table_of(n->addr)->protocol;
	u8 address[LINK_ADDR_MAX];

	if (!proto)
		return;
	word_link(link, &address);
	if (unicast)
		proto->solicit(n->dev, n->addr, &address);
	else
		proto->solicit(n->dev, n->addr, NULL);
}

/* ---- packets ---- */

static int send_slowly(struct netdev *d, struct ip_addr to, struct packet *p)
{
	struct neigh *n = find_or_make(d, to);
	struct packet *old = NULL;
	bool question = false, kick = false;
	u64 link;
	int err = 0;

	if (!n) {
		packet_drop(&p);
		return -ENOBUFS;
	}
	spin_lock(&n->lock);
	link = n->link;
	if (n->gone) {
		old = p;
		p = NULL;
		err = -ENOBUFS;
	} else if (n->state & NEIGH_VALID) {
		kick = n->state == NEIGH_STALE;
		if (kick)
			set_state(n, NEIGH_DELAY, DELAY_NS);
	} else {
		question = kick = n->state != NEIGH_INCOMPLETE;
		if (question) {
			n->probes = 1;
			set_state(n, NEIGH_INCOMPLETE, RETRANS_NS);
		}
		old = wait_answer(n, p);
		p = NULL;
	}
	spin_unlock(&n->lock);
	packet_drop(&old);
	if (p)
		err = send_to(d, p, link);
	if (question)
		ask(n, 0, false);
	if (kick)
		net_job_kick();
	obj_put(&n);
	return err;
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

int neigh_send(struct netdev *d, struct ip_addr to, struct packet *p)
{
	u8 address[LINK_ADDR_MAX] = { 0 };
	u64 link;

	if (!d->ops->push_header)
		return netdev_send(d, p);
	if (likely(fast_address(d, to, &link)))
		return send_to(d, p, link);
	if (neigh_group_address(to, &address))
		return send_to(d, p, link_word(&address));
	if (ip_is4(to) && ip4_bits(to) == 0xffffffff)
		return send_to(d, p, link_word(&d->broadcast));
	if (load_once(d->flags) & (IFF_NOARP | IFF_LOOPBACK))
		return send_to(d, p, link_word(&d->address));
	return send_slowly(d, to, p);
}

void neigh_confirm(struct netdev *d, struct ip_addr to)
{
	struct neigh *n = find(d, to);

	if (!n)
		return;
	spin_lock(&n->lock);
	if (n->state & (NEIGH_REACHABLE | NEIGH_STALE | NEIGH_DELAY | NEIGH_PROBE))
		set_state(n, NEIGH_REACHABLE, reachable_time());
	spin_unlock(&n->lock);
	obj_put(&n);
}

/*
 * What an answer or an advertisement changes (RFC 4861, 7.2.5 and appendix C). The lock is held. Returns
 * whether packets that wait can go.
 */
static bool learn(struct neigh *n, u64 link, u32 how)
{
	bool had = n->state & NEIGH_VALID, other = !had || n->link != link;

	if (n->gone || n->state & (NEIGH_PERMANENT | NEIGH_NOARP))
		return false;
	if (had && other && !(how & NEIGH_OVERRIDE)) {
		if (n->state == NEIGH_REACHABLE)
			set_state(n, NEIGH_STALE, STALE_NS);
		return false;
	}
	if (other)
		store_once(n->link, link);
	n->router = how & NEIGH_ROUTER;
	if (how & NEIGH_SOLICITED)
		set_state(n, NEIGH_REACHABLE, reachable_time());
	else if (other)
		set_state(n, NEIGH_STALE, STALE_NS);
	return !had;
}

void neigh_learned(struct netdev *d, struct ip_addr to, const u8 (*address)[LINK_ADDR_MAX], u32 how)
{
	struct neigh *n = how & NEIGH_CREATE ? find_or_make(d, to) : find(d, to);
	u64 link = link_word(address);
	bool send;

	if (!n)
		return;
	spin_lock(&n->lock);
	send = learn(n, link, how);
	spin_unlock(&n->lock);
	if (send)
		send_waiting(n, link);
	net_job_kick();
	obj_put(&n);
}

/* ---- what is due ---- */

#define DUE_MAX 32u
static struct neigh *due[DUE_MAX]; /* references; the job's alone */

/* Tells the senders of packets that wait that nobody answers. */
static void fail(struct neigh *n)
{
	const struct neigh_protocol *proto = table_of(n->addr)->protocol;
	struct packet *p;
	u32 i;

	for (i = 0; i < 2 * NEIGH_WAITING && (p = take_waiting(n)) != NULL; i++) {
		p->dev = n->dev;
		if (proto)
			proto->failed(p);
		packet_drop(&p);
	}
}

enum neigh_action { NEIGH_NOTHING, NEIGH_ASK_ALL, NEIGH_ASK_ONE, NEIGH_FAIL, NEIGH_DROP };

/* The next state of an entry at whose time something is due. The lock is held. */
static enum neigh_action advance(struct neigh *n)
{
	switch (n->state) {
	case NEIGH_REACHABLE:
		set_state(n, NEIGH_STALE, STALE_NS);
		return NEIGH_NOTHING;
	case NEIGH_DELAY:
		n->probes = 1;
		set_state(n, NEIGH_PROBE, RETRANS_NS);
		return NEIGH_ASK_ONE;
	case NEIGH_INCOMPLETE:
	case NEIGH_PROBE:
		if (n->probes >= PROBES) {
			set_state(n, NEIGH_FAILED, STALE_NS);
			return NEIGH_FAIL;
		}
		n->probes++;
		set_state(n, n->state, RETRANS_NS);
		return n->state == NEIGH_PROBE ? NEIGH_ASK_ONE : NEIGH_ASK_ALL;
	default:
		/* STALE and FAILED: few enough are kept. */
		store_once(n->due_ns, round_up(time_mono_ns() + STALE_NS, TICK_NS));
		return NEIGH_DROP;
	}
}

static void do_due(struct neigh *n, u64 now)
{
	enum neigh_action what = NEIGH_NOTHING;
	struct neigh *old = NULL;
	u64 link;

	spin_lock(&n->lock);
	if (!n->gone && n->due_ns <= now)
		what = advance(n);
	link = n->link;
	spin_unlock(&n->lock);
	if (what == NEIGH_ASK_ALL || what == NEIGH_ASK_ONE)
		ask(n, link, what == NEIGH_ASK_ONE);
	else if (what == NEIGH_FAIL)
		fail(n);
	if (what != NEIGH_DROP)
		return;
	spin_lock(&table_lock);
	if (table_of(n->addr)->nr > THRESHOLD1 && find_locked(n->addr, n->ifindex) == n &&
		load_once(n->state) & (NEIGH_STALE | NEIGH_FAILED)) {
		unlink_entry(n);
		old = n;
	}
	spin_unlock(&table_lock);
	obj_put(&old);
}

/* References to entries that are due; *@next: when the first other one is. Returns how many. */
static u32 take_due(u64 now, u64 *const next)
{
	struct neigh *n;
	u32 i, nr = 0;

	*next = NO_DEADLINE;
	spin_lock(&table_lock);
	for (i = 0; i < ARRAY_LEN(tables); i++) {
		list_for_each(n, &tables[i].all, all) {
			u64 at = load_once(n->due_ns);
			if (at <= now && nr < DUE_MAX)
				*array_at(due, nr++) = obj_get(n);
			else
				*next = min(*next, at);
		}
	}
	spin_unlock(&table_lock);
	return nr;
}

static u64 neigh_run(u64 now)
{
	u64 next;
	u32 nr, i;

	nr = take_due(now, &next);
	for (i = 0; i < nr; i++) {
		do_due(*array_at(due, i), now);
		obj_put(array_at(due, i));
	}
	return nr ? now : next;
}
static const struct net_job neigh_job = { .run = neigh_run };

/* ---- by hand ---- */

int neigh_set(struct netdev *d, struct ip_addr to, const u8 (*address)[LINK_ADDR_MAX], u32 state)
{
	struct neigh *n = find_or_make(d, to);
	u64 link = link_word(address);

	if (!n)
		return -ENOBUFS;
	spin_lock(&n->lock);
	store_once(n->link, link);
	set_state(n, state,
		state == NEIGH_REACHABLE       ? reachable_time()
			: state == NEIGH_STALE ? STALE_NS
					       : 0);
	spin_unlock(&n->lock);
	send_waiting(n, link);
	net_job_kick();
	obj_put(&n);
	return 0;
}

int neigh_forget(struct netdev *d, struct ip_addr to)
{
	struct neigh *n;

	spin_lock(&table_lock);
	n = find_locked(to, d->index);
	if (n)
		unlink_entry(n);
	spin_unlock(&table_lock);
	if (!n)
		return -ENXIO;
	obj_put(&n);
	return 0;
}

static void fill(struct neigh *n, struct neigh_info *out)
{
	*out = (struct neigh_info){ .addr = n->addr,
		.ifindex = n->ifindex,
		.state = load_once(n->state),
		.router = n->router };
	word_link(load_once(n->link), &out->address);
}

bool neigh_get(const struct netdev *d, struct ip_addr to, struct neigh_info *out)
{
	struct neigh *n = find(d, to);

	if (!n)
		return false;
	fill(n, out);
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
		spin_lock(&table_lock);
		n = list_first(&b->entries);
		for (skip = (u32)at; n && skip; skip--)
			n = list_next(n, hash);
		if (n)
			fill(n, out);
		spin_unlock(&table_lock);
		at = n ? at + 1 : ((at >> 32) + 1) << 32;
	}
	*next = at;
	return n != NULL;
}

/* ---- devices go ---- */

/* Drops the entries of a device; NULL: of all. @all: also those that were set by hand. */
static void flush(const struct netdev *d, bool all)
{
	struct neigh *n;
	bool more;
	u32 i;

	do {
		spin_lock(&table_lock);
		for (i = 0, n = NULL; i < ARRAY_LEN(tables) && !n; i++) {
			n = list_first(&tables[i].all);
			while (n &&
				((d && n->dev != d) ||
					(!all && load_once(n->state) == NEIGH_PERMANENT)))
				n = list_next(n, all);
		}
		if (n)
			unlink_entry(n);
		spin_unlock(&table_lock);
		more = n != NULL;
		obj_put(&n);
	} while (more);
}

static void neigh_event(struct netdev *d, enum net_event e)
{
	if (e == NET_DEV_GONE || e == NET_DEV_DOWN)
		flush(d, true);
	else if (e == NET_DEV_CHANGED && !load_once(d->carrier))
		flush(d, false);
}
static const struct net_watcher neigh_watcher = { .event = neigh_event };

void neigh_shutdown(void)
{
	flush(NULL, true);
}

void neigh_init(void)
{
	hash_key = random_u64();
	net_watcher_register(&neigh_watcher);
	net_job_register(&neigh_job);
}
