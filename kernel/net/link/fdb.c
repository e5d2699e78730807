// SPDX-License-Identifier: MPL-2.0
/*
 * The table of stations of a bridge: behind which port an address is. An entry is learned by the
 * source of a frame and forgotten ageing_ns after the last one, or set by a program, or one of the
 * addresses of this machine.
 *
 * Anybody on a link can make entries, so there is a bound for a bridge and one for all; when it is
 * reached, nothing is learned, and frames to strangers go to all ports. The hash has a secret key.
 * What is too old is not found any more; a job of the network drops it later.
 *
 * Locking: bridges_lock, then bridge.lock.
 */
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/ipaddr.h>
#include <kernel/random.h>
#include <uapi/errno.h>

#include "bridge.h"

#define AGE_EVERY_NS (5 * NSEC_PER_SEC)

OBJ_TYPE(fdb_entry, NULL_RELEASE);

static struct spinlock bridges_lock;
static LIST_HEAD(bridge) bridges; /* bridges_lock; borrowed: a bridge leaves before it goes */
static struct atomic nr_all;
static struct ip_hash_key key;
static u32 age_job;

/* ---- the table ---- */

/* Mixed with a secret, so that nobody chooses addresses that all stand in one bucket. */
static u32 bucket_nr(struct cspan address)
{
	u8 a[8] = { 0 };
	u64 n = 0;

	span_copy(span_of(a), cspan_first(address, ETHERNET_ADDR));
	(void)span_read(cspan_of(a), 0, &n);
	return ip_hash((struct ip_addr){ 0, n }, 0, &key) % FDB_BUCKETS;
}

/* Only what was learned ages. */
static bool is_old(const struct bridge *b, const struct fdb_entry *e)
{
	return e->kind == FDB_LEARNED && e->seen_ns + load_once(b->ageing_ns) <= time_mono_ns();
}

void fdb_fill(const struct bridge *b, const struct fdb_entry *e, struct fdb_info *const out)
{
	*out = (struct fdb_info){ .kind = e->kind,
		.seen_ns = e->seen_ns,
		.is_old = is_old(b, e),
		.ifindex = e->port ? e->port->dev->index : b->dev->index,
		.master = b->dev->index };
	span_copy(span_of(out->address), cspan_of(e->address));
}

/* The entry, old or not. */
static struct fdb_entry *find_any(struct bridge *b, struct cspan address)
{
	struct fdb_bucket *const at = array_at(b->by_address, bucket_nr(address));
	struct fdb_entry *e;

	list_for_each(e, &at->entries, link) {
		if (cspan_equal(cspan_first(cspan_of(e->address), ETHERNET_ADDR),
			    cspan_first(address, ETHERNET_ADDR)))
			return e;
	}
	return NULL;
}

struct fdb_entry *fdb_find(struct bridge *b, struct cspan address)
{
	struct fdb_entry *e = find_any(b, address);

	return e && !is_old(b, e) ? e : NULL;
}

/* bridge.lock held. Frames that have looked the entry up are through: they hold the lock, too. */
static void fdb_drop(struct bridge *b, struct fdb_entry *e)
{
	struct fdb_bucket *const at = array_at(b->by_address, bucket_nr(cspan_of(e->address)));

	if (e->kind == FDB_LEARNED)
		b->nr_learned--;
	fdb_note(b, e, true);
	list_remove(&at->entries, e, link);
	obj_put(&e);
	(void)atomic_sub(&nr_all, 1);
}

/* A new entry, which nobody has yet; NULL: no memory, or too many. */
static struct fdb_entry *add(struct bridge *b, struct bridge_port *port, struct cspan address,
	u32 kind)
{
	struct fdb_bucket *const at = array_at(b->by_address, bucket_nr(address));
	struct fdb_entry *e;

	if (kind == FDB_LEARNED && b->nr_learned >= FDB_LEARNED_MAX)
		return NULL;
	/* Addresses of devices always have room: there are few. */
	if (kind != FDB_LOCAL && atomic_load(&nr_all) >= FDB_ALL_MAX)
		return NULL;
	e = obj_new(fdb_entry);
	if (!e)
		return NULL;
	(void)atomic_add(&nr_all, 1);
	span_copy(span_of(e->address), cspan_first(address, ETHERNET_ADDR));
	e->port = port;
	e->kind = (u8)kind;
	e->seen_ns = time_mono_ns();
	b->nr_learned += kind == FDB_LEARNED;
	list_push_front(&at->entries, e, link);
	fdb_note(b, e, false);
	return e;
}

/*
 * For each frame that a port receives, bridge.lock held. An ageing time of 0 means that nothing is
 * learned. A station that has moved to another port is found there from its first frame on.
 */
void fdb_learn(struct bridge *b, struct bridge_port *port, struct cspan address)
{
	struct fdb_entry *e = find_any(b, address);

	if (!load_once(b->ageing_ns))
		return;
	if (!e) {
		if (add(b, port, address, FDB_LEARNED) && b->nr_learned == 1)
			net_job_kick(age_job);
		return;
	}
	/* What a program or a device has said is not unsaid by a frame. */
	if (e->kind != FDB_LEARNED)
		return;
	e->seen_ns = time_mono_ns();
	if (e->port != port) {
		e->port = port;
		fdb_note(b, e, false);
	}
}

/* Which entries go: those of a port, or all. */
struct fdb_choice {
	const struct bridge_port *port; /* NULL: of any port */
	bool learned, own, others, old_only;
};

static bool is_chosen(const struct bridge *b, const struct fdb_entry *e, const struct fdb_choice *c)
{
	if (c->port && e->port != c->port)
		return false;
	if (c->old_only && !is_old(b, e))
		return false;
	return e->kind == FDB_LEARNED ? c->learned : e->own ? c->own : c->others;
}

static void drop_chosen(struct bridge *b, const struct fdb_choice *c)
{
	struct fdb_entry *e, *next;
	u32 i;

	for (i = 0; i < FDB_BUCKETS; i++) {
		list_for_each_safe(e, next, &b->by_address[i].entries, link) {
			if (is_chosen(b, e, c))
				fdb_drop(b, e);
		}
	}
}

/*
 * The port goes (all), or its link has gone (learned ones only): frames to its stations are flooded
 * until they are heard elsewhere.
 */
void fdb_drop_port(struct bridge *b, const struct bridge_port *port, bool all)
{
	struct fdb_choice c = { .port = port, .learned = true, .own = all, .others = all };

	drop_chosen(b, &c);
}

/* An address of this machine; it replaces what was learned. */
static void add_own(struct bridge *b, struct bridge_port *port, const struct netdev *d)
{
	struct fdb_entry *e = find_any(b, cspan_of(d->address));

	if (e && e->kind == FDB_LOCAL)
		return;
	if (e)
		fdb_drop(b, e);
	e = add(b, port, cspan_of(d->address), FDB_LOCAL);
	if (e)
		e->own = true;
}

/* Whether an entry that add_own has made is still that of a port or of the bridge. */
static bool is_own_still(const struct bridge *b, const struct fdb_entry *e)
{
	const struct bridge_port *port;

	list_for_each(port, &b->ports, link) {
		if (cspan_equal(cspan_of(e->address), cspan_of(port->dev->address)))
			return e->port == port;
	}
	return !e->port && cspan_equal(cspan_of(e->address), cspan_of(b->dev->address));
}

/*
 * The address that a bridge has of one of its ports is the port's entry. What is right already
 * stays, so nothing is told of it.
 */
void fdb_set_own(struct bridge *b)
{
	struct bridge_port *port;
	struct fdb_entry *e, *next;
	u32 i;

	spin_lock(&b->lock);
	for (i = 0; i < FDB_BUCKETS; i++) {
		list_for_each_safe(e, next, &b->by_address[i].entries, link) {
			if (e->own && !is_own_still(b, e))
				fdb_drop(b, e);
		}
	}
	list_for_each(port, &b->ports, link)
		add_own(b, port, port->dev);
	if (ethernet_address_is_good(cspan_of(b->dev->address)))
		add_own(b, NULL, b->dev);
	spin_unlock(&b->lock);
}

/* ---- programs ---- */

/*
 * bridge.lock held. As `bridge fdb add`: a program may turn a learned entry into a static one and
 * back, so the count of learned ones follows.
 */
static int fdb_set_locked(struct bridge *b, struct bridge_port *port, struct cspan address,
	u32 kind, bool create, bool exclusive)
{
	struct fdb_entry *e = find_any(b, address);

	if (!e && !create)
		return -ENOENT;
	if (e && exclusive)
		return -EEXIST;
	if (e) {
		b->nr_learned += (kind == FDB_LEARNED) - (e->kind == FDB_LEARNED);
		e->port = port;
		e->kind = (u8)kind;
		e->own = false;
		e->seen_ns = time_mono_ns();
		fdb_note(b, e, false);
		return 0;
	}
	if (atomic_load(&nr_all) >= FDB_ALL_MAX)
		return -ENOSPC;
	return add(b, port, address, kind) ? 0 : -ENOMEM;
}

int fdb_set(struct bridge *b, struct bridge_port *port, struct cspan address, u32 kind, bool create,
	bool exclusive)
{
	int err;

	spin_lock(&b->lock);
	err = fdb_set_locked(b, port, address, kind, create, exclusive);
	spin_unlock(&b->lock);
	if (!err && kind == FDB_LEARNED)
		net_job_kick(age_job);
	return err;
}

/* Own addresses of a port can be removed, too; they come back with fdb_set_own. */
int fdb_remove(struct bridge *b, const struct bridge_port *port, struct cspan address)
{
	struct fdb_entry *e;
	int err = -ENOENT;

	spin_lock(&b->lock);
	e = find_any(b, address);
	if (e && e->port == port) {
		fdb_drop(b, e);
		err = 0;
	}
	spin_unlock(&b->lock);
	return err;
}

bool fdb_get(struct bridge *b, struct cspan address, struct fdb_info *out)
{
	struct fdb_entry *e;

	spin_lock(&b->lock);
	e = fdb_find(b, address);
	if (e)
		fdb_fill(b, e, out);
	spin_unlock(&b->lock);
	return e != NULL;
}

/* The position: the bucket, and which entry of it; entries that come or go may shift others. */
bool fdb_next(struct bridge *b, const struct bridge_port *port, u64 *pos, struct fdb_info *out)
{
	struct fdb_entry *e = NULL;
	u64 at = *pos >> 32, nr = *pos & 0xffffffff, i = 0;

	spin_lock(&b->lock);
	for (; at < FDB_BUCKETS; at++, nr = 0) {
		i = 0;
		list_for_each(e, &b->by_address[at].entries, link) {
			if (i++ >= nr && e->port == port && !is_old(b, e))
				break;
		}
		if (e)
			break;
	}
	if (e) {
		fdb_fill(b, e, out);
	}
	spin_unlock(&b->lock);
	*pos = at << 32 | i;
	return e != NULL;
}

/* ---- ageing ---- */

/*
 * With few entries in all (FDB_ALL_MAX), a walk over every table in one hold of its lock is short.
 * The job sleeps while no bridge has learned anything.
 */
static u64 age_run(u64 now)
{
	struct fdb_choice c = { .learned = true, .old_only = true };
	struct bridge *b;
	bool more = false;

	spin_lock(&bridges_lock);
	list_for_each(b, &bridges, link) {
		spin_lock(&b->lock);
		if (b->nr_learned)
			drop_chosen(b, &c);
		more |= b->nr_learned != 0;
		spin_unlock(&b->lock);
	}
	spin_unlock(&bridges_lock);
	return more ? now + AGE_EVERY_NS : NO_DEADLINE;
}
static const struct net_job age = { .run = age_run };

/* From here on the job sees the bridge. / fdb_close: no more, and all entries go. */
void fdb_open(struct bridge *b)
{
	spin_lock(&bridges_lock);
	list_push_back(&bridges, b, link);
	spin_unlock(&bridges_lock);
}

void fdb_close(struct bridge *b)
{
	struct fdb_choice c = { .learned = true, .own = true, .others = true };

	spin_lock(&bridges_lock);
	list_remove(&bridges, b, link);
	spin_unlock(&bridges_lock);
	spin_lock(&b->lock);
	drop_chosen(b, &c);
	spin_unlock(&b->lock);
}

void fdb_init(void)
{
	key = (struct ip_hash_key){ random_u64(), random_u64() };
	age_job = net_job_register(&age);
}
