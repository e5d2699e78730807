// SPDX-License-Identifier: MPL-2.0
/*
 * Routes (kernel/route.h): tables, lookups, changes.
 *
 * How a lookup goes without a lock. A change makes route_generation odd, changes tries and lists,
 * and makes the count even again, under route_lock. A lookup reads the count, walks, takes a
 * reference to the route that it found, and reads the count again. If it is the same, nothing was
 * changed in between: the route was in its table, so the reference is one to that very route. If it
 * is not, the reference (to whatever route is in this slot now) is dropped and the lookup is done
 * again; after LOOKUP_TRIES times under the lock.
 *
 * Order: the reader's first load acquires, so the walk comes after it; a full barrier stands
 * between the walk and the second load. The writer's first store is followed by a full barrier, so
 * that a reader that sees any part of the change sees the count odd or changed.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/sync.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/netdev.h>
#include <uapi/if.h>

#include "nd.h"
#include "rule.h"

#define LOOKUP_TRIES 16u
#define TABLES_MAX   1024u /* changes and dumps walk their list */

/*
 * Whoever has a route has its device, too: a sender may be held up between the lookup and the
 * driver, or keep the route for hours (MSG_MORE), while the device is unregistered. Such a device
 * takes no packet any more (netdev.gone), and its memory is no other device's until the last route
 * has gone.
 */
static void route_release(struct route *r)
{
	obj_put(&r->device);
}
OBJ_TYPE(route, route_release);

void route_set_device(struct route *r, struct netdev *d)
{
	struct netdev *old = r->device;

	r->device = d ? obj_get(d) : NULL;
	r->ifindex = d ? d->index : 0;
	obj_put(&old);
}

OBJ_TYPE(route_table, NULL_RELEASE);

u64 route_generation;
static struct spinlock route_lock;    /* held during a change; a leaf but for the pools */
static LIST_HEAD(route_table) tables; /* by net_config */
static u32 nr_tables;
static struct route_table *local_table, *main_table, *default_table;
static u32 nr_routes;

/*
 * Between begin and end look-ups spin or fall back to route_lock, so the code between them is
 * short: it changes links and looks nothing up. The caller holds net_config.
 */
void route_change_begin(void)
{
	spin_lock(&route_lock);
	store_once(route_generation, route_generation + 1);
	memory_barrier();
}

void route_change_end(void)
{
	store_release(route_generation, route_generation + 1);
	spin_unlock(&route_lock);
}

void route_changed(void)
{
	route_change_begin();
	route_change_end();
}

u64 route_table_order(u32 id)
{
	return (u64)(id & 255) << 32 | id;
}

static struct route_table *route_table_new(u32 id)
{
	struct route_table *t = nr_tables < TABLES_MAX ? obj_new(route_table) : NULL, *at;

	if (!t)
		return NULL;
	t->id = id;
	nr_tables++;
	list_for_each(at, &tables, link) {
		if (route_table_order(at->id) > route_table_order(id))
			break;
	}
	if (at)
		list_insert_before(&tables, at, t, link);
	else
		list_push_back(&tables, t, link);
	rules_table_changed(id, t);
	return t;
}

struct route_table *route_table_first(void)
{
	return tables.first;
}

struct route_table *route_table_main(void)
{
	return main_table;
}

struct route_table *route_table_find(u32 id)
{
	struct route_table *t;

	list_for_each(t, &tables, link) {
		if (t->id == id)
			return t;
	}
	return NULL;
}

/*
 * Lookups walk the three first tables, without a lock: these stay. Others go when they are empty:
 * first no rule leads to the table any more, in a change, so that a lookup that still stands on it
 * is done again before the table's object can be another's.
 */
static void table_drop_empty(struct route_table *t)
{
	if (t->root || t == local_table || t == main_table || t == default_table)
		return;
	route_change_begin();
	rules_table_changed(t->id, NULL);
	route_change_end();
	list_remove(&tables, t, link);
	nr_tables--;
	obj_put(&t);
}

bool route_init(void)
{
	local_table = route_table_new(ROUTE_TABLE_LOCAL);
	main_table = route_table_new(ROUTE_TABLE_MAIN);
	default_table = route_table_new(ROUTE_TABLE_DEFAULT);
	return local_table && main_table && default_table && rule_init();
}

/* ---- lookups ---- */

/*
 * The first route of a prefix that this flow can take. Routes of one prefix stand by metric.
 * TRIE_SAME_PREFIX bounds the walk also where the list is torn by a change; its result then does
 * not count.
 */
static struct route *node_choose(const struct trie_node *n, const struct flow *f)
{
	struct route *r = load_once(n->routes.first);
	u32 i;

	for (i = 0; r && i < TRIE_SAME_PREFIX; i++) {
		if ((!r->tos || r->tos == (f->tos & 0x1c)) &&
			(!f->ifindex || r->ifindex == f->ifindex || r->kind >= ROUTE_BLACKHOLE))
			return r;
		r = load_once(r->link.next);
	}
	return NULL;
}

/*
 * The best route of a table, without a reference; NULL: none. An IPv4 address takes none of IPv6.
 */
struct route *route_table_walk(const struct route_table *t, const struct flow *f)
{
	struct ip_addr a = f->to;
	struct trie_node *n = load_once(t->root);
	struct route *best = NULL, *r;
	u32 least = ip_is4(a) ? IP4_BITS : 0, bits;

	while (n) {
		bits = n->bits;
		if (bits > 128 || !ip_match(n->prefix, a, bits))
			break;
		r = load_once(n->routes.first) && bits >= least ? node_choose(n, f) : NULL;
		if (r)
			best = r;
		if (bits == 128)
			break;
		n = load_once(*array_at(n->child, addr_bit(a, bits)));
		if (n && n->bits <= bits)
			break; /* a slot that is used anew */
	}
	return best;
}

/* The same, unless the route says that other tables are to be asked. */
static struct route *route_ask_table(const struct route_table *t, const struct flow *f)
{
	struct route *r = route_table_walk(t, f);

	return r && r->kind == ROUTE_THROW ? NULL : r;
}

static struct route *walk_all(const struct flow *f)
{
	struct route *r;

	if (unlikely(load_once(rules_custom) & rules_bit(ip_is4(f->to))))
		return rule_walk(f);
	r = route_ask_table(local_table, f);
	if (!r)
		r = route_ask_table(main_table, f);
	if (!r)
		r = route_ask_table(default_table, f);
	return r;
}

/*
 * A reference to the best route of all tables, or of the local one; NULL: none. LOOKUP_TRIES times
 * without the lock: an administrator who changes routes without end makes look-ups slower, not
 * endless.
 */
static struct route *lookup_in(const struct flow *f, bool local)
{
	struct route *r;
	u64 seen;
	u32 i;

	for (i = 0; i < LOOKUP_TRIES; i++) {
		seen = load_acquire(route_generation);
		if (seen & 1)
			continue;
		r = local ? route_ask_table(local_table, f) : walk_all(f);
		if (r && !obj_tryget(r))
			continue;
		memory_barrier();
		if (likely(load_once(route_generation) == seen))
			return r;
		obj_put(&r);
	}
	spin_lock(&route_lock);
	r = local ? route_ask_table(local_table, f) : walk_all(f);
	if (r)
		(void)obj_get(r);
	spin_unlock(&route_lock);
	return r;
}

static struct route *lookup(const struct flow *f)
{
	return lookup_in(f, false);
}

/*
 * What the last look-ups in the local table have found, on each CPU: an entry is good while
 * route_generation is what it was before the look-up. Only its own CPU uses an entry, in tasks, and
 * nothing sleeps from the look at the CPU's number to the last access.
 */
#define LOCAL_KINDS 4u
static struct local_kinds {
	struct local_kind {
		struct ip_addr a;
		u64 seen; /* odd: no entry */
		u32 kind;
	} of[LOCAL_KINDS];
} local_kinds[MAX_CPUS];

static u32 find_local_kind(struct local_kind *e, struct ip_addr a, u64 now)
{
	struct flow f = { .to = a };
	struct route *r = lookup_in(&f, true);
	u32 kind = r ? r->kind : 0;

	obj_put(&r);
	e->seen = now;
	e->a = a;
	e->kind = kind;
	return kind;
}

u32 route_local_device(struct ip_addr a)
{
	struct flow f = { .to = a };
	struct route *r = lookup_in(&f, true);
	bool own = r && r->kind == ROUTE_LOCAL && r->bits == 128;
	u32 index = own ? r->ifindex : 0;

	obj_put(&r);
	return index;
}

/*
 * Each packet in asks this, mostly about the same few addresses. An entry is only believed for the
 * generation it was made in, so nothing has to invalidate it.
 */
u32 route_local_kind(struct ip_addr a)
{
	struct local_kinds *const own = array_at(local_kinds, cpu_id());
	u64 now = load_acquire(route_generation);
	struct local_kind *const e = array_at(own->of, (a.lo ^ a.lo >> 8) % LOCAL_KINDS);

	if (likely(e->seen == now && ip_equal(e->a, a) && now))
		return e->kind;
	return find_local_kind(e, a, now);
}

bool route_is_on_link(const struct netdev *d, struct ip_addr a)
{
	struct flow f = { .to = a, .ifindex = d->index };
	struct route *r;
	bool on_link;

	if (!ip_is4(a) && ip_is_link_local(a))
		return true;
	r = lookup(&f);
	on_link = r && r->kind == ROUTE_UNICAST && r->device == d && ip_is_zero(r->gateway);
	obj_put(&r);
	return on_link;
}

/* The result for a route that leads nowhere; 0: it leads somewhere. */
static int kind_error(const struct route *r)
{
	switch (r->kind) {
	case ROUTE_BLACKHOLE:
		return -EINVAL;
	case ROUTE_UNREACHABLE:
		return -EHOSTUNREACH;
	case ROUTE_PROHIBIT:
		return -EACCES;
	default:
		return 0;
	}
}

/*
 * Groups and the broadcast address need no route if the device is known, by its index or by the
 * source address: they are on its link.
 */
static struct route *lookup_out(const struct flow *f)
{
	bool all = ip_is_multicast(f->to) || ip_is_broadcast(f->to);
	struct route *r = NULL;
	u32 ifindex = f->ifindex;

	if (unlikely(all && !ifindex && !ip_is_zero(f->from)))
		ifindex = addr_find_device(f->from);
	if (unlikely(all && ifindex))
		r = addr_link_route(ifindex, f->to);
	if (!r)
		r = lookup(f);
	/*
	 * Without a route, a destination of IPv4 is taken to be on the link of the device that is
	 * given.
	 */
	if (!r && f->ifindex && ip_is4(f->to))
		r = addr_on_link(f->ifindex);
	return r;
}

/* Only addresses of this machine send; 0.0.0.0 is that of a machine that has none yet. */
static bool source_is_foreign(const struct flow *f)
{
	return !f->transparent && !ip_is_any(f->from) && route_local_kind(f->from) != ROUTE_LOCAL;
}

/*
 * The source is checked first: a socket that is bound to an address which has gone gets
 * ENETUNREACH, as on Linux. With IPv4 a packet may leave without a source (0.0.0.0), as DHCP needs
 * it.
 */
int route_output(struct flow *f, struct route **out)
{
	struct route *r;
	int err;

	if (unlikely(source_is_foreign(f)))
		return -ENETUNREACH;
	r = lookup_out(f);
	if (!r)
		return -ENETUNREACH;
	err = kind_error(r);
	if (!err && ip_is_zero(f->from)) {
		f->from = ip_is_zero(r->source) ? addr_select(r, f->to) : r->source;
		if (ip_is_zero(f->from))
			err = ip_is4(f->to) ? 0 : -EADDRNOTAVAIL;
		if (ip_is_zero(f->from) && ip_is4(f->to))
			f->from = ip4_addr(0);
	}
	if (err)
		obj_put(&r);
	else
		*out = r;
	return err;
}

/*
 * A packet of others is never for this machine here, so routes of other kinds than unicast are no
 * way.
 */
int route_forward(const struct flow *f, struct route **out)
{
	struct route *r = lookup(f);
	int err = r ? kind_error(r) : -ENETUNREACH;

	if (!err && (r->kind != ROUTE_UNICAST || !r->device))
		err = -EINVAL;
	if (err)
		obj_put(&r);
	else
		*out = r;
	return err;
}

u32 route_input_by_rules(const struct flow *f)
{
	struct route *r = lookup(f);
	u32 kind = r && (r->kind == ROUTE_LOCAL || r->kind == ROUTE_BROADCAST) ? r->kind : 0;

	obj_put(&r);
	return kind;
}

u32 route_input_kind(const struct netdev *d, struct ip_addr to)
{
	if (unlikely(ip_is_multicast(to)))
		return addr_joined(d, to) ? ROUTE_MULTICAST : 0;
	if (unlikely(ip_is_broadcast(to)))
		return ROUTE_BROADCAST;
	return route_local_kind(to);
}

/* ---- changes ---- */

static bool same_route(const struct route *a, const struct route *b)
{
	return a->metric == b->metric && a->tos == b->tos && (!b->kind || a->kind == b->kind) &&
		(!b->ifindex || a->ifindex == b->ifindex) &&
		(ip_is_zero(b->gateway) || ip_equal(a->gateway, b->gateway));
}

static const struct inet_watcher *watcher;

void inet_watcher_register(const struct inet_watcher *w)
{
	watcher = w;
}

void inet_tell_address(struct netdev *d, const struct inet_addr *a, bool gone)
{
	autoconf_kick(); /* its times may have changed */
	if (watcher)
		watcher->address(d, a, gone);
}

/* Whether @a is like @like: see route_remove. */
static bool route_is_like(const struct route *a, const struct route *like)
{
	return (!like->metric || a->metric == like->metric) &&
		(!like->protocol || a->protocol == like->protocol) && a->tos == like->tos &&
		(!like->kind || a->kind == like->kind) &&
		(like->scope == SCOPE_NOWHERE || !like->scope || a->scope == like->scope) &&
		(!like->ifindex || a->ifindex == like->ifindex) &&
		(ip_is_zero(like->source) || ip_equal(a->source, like->source)) &&
		(ip_is_zero(like->gateway) || ip_equal(a->gateway, like->gateway));
}

#define FLAG_REPLACE 0x100u
#define FLAG_EXCL    0x200u
#define FLAG_APPEND  0x800u

/* Puts @r behind the routes of a smaller metric; the list takes the reference. */
static void node_insert(struct trie_node *n, struct route *r)
{
	struct route *at;

	list_for_each(at, &n->routes, link) {
		if (at->metric > r->metric)
			break;
	}
	if (at)
		list_insert_before(&n->routes, at, r, link);
	else
		list_push_back(&n->routes, r, link);
}

static bool has_same(const struct trie_node *n, const struct route *r)
{
	const struct route *at;

	list_for_each(at, &n->routes, link) {
		if (same_route(at, r))
			return true;
	}
	return false;
}

/* A route of the same metric and tos, which NLM_F_EXCL and NLM_F_REPLACE are about. */
static struct route *find_equal(const struct trie_node *n, const struct route *r)
{
	struct route *at;

	list_for_each(at, &n->routes, link) {
		if (at->metric == r->metric && at->tos == r->tos)
			return at;
	}
	return NULL;
}

/*
 * All is prepared before the change begins, but for nodes of the trie. Without NLM_F_REPLACE,
 * NLM_F_APPEND or NLM_F_EXCL a second route of the same metric is an error only if it is the same
 * route. Who watches (netlink) is told when the change is complete.
 */
int route_add(struct route *r, u32 nlm_flags)
{
	struct route_table *t = route_table_find(r->table);
	struct route *old = NULL;
	struct trie_node *n;
	int err = 0;

	if (r->protocol != ROUTE_BY_KERNEL && nr_routes >= ROUTE_MAX)
		return -ENOSPC;
	if (!t)
		t = route_table_new(r->table);
	if (!t)
		return nr_tables < TABLES_MAX ? -ENOMEM : -ENOSPC;
	r->to = ip_prefix(r->to, r->bits);
	route_change_begin();
	n = trie_node_get(&t->root, r->to, r->bits, true);
	if (!n)
		err = -ENOMEM;
	if (!err && !(nlm_flags & FLAG_APPEND))
		old = find_equal(n, r);
	if (old && !(nlm_flags & FLAG_REPLACE)) {
		err = nlm_flags & FLAG_EXCL || has_same(n, r) ? -EEXIST : 0;
		old = NULL;
	}
	if (!err) {
		node_insert(n, obj_get(r));
		nr_routes++;
	}
	if (old) {
		list_remove(&n->routes, old, link);
		nr_routes--;
	}
	route_change_end();
	table_drop_empty(t); /* after a failure */
	if (watcher && !err)
		watcher->route(r, false);
	obj_put(&old);
	return err;
}

/*
 * With several that fit, the first goes. The route itself may be in use by sockets and packets;
 * they see by the generation that it is no longer in its table.
 */
int route_remove(const struct route *like)
{
	struct route_table *t = route_table_find(like->table);
	struct route *r = NULL;
	struct trie_node *n;

	if (!t)
		return -ESRCH;
	route_change_begin();
	n = trie_node_get(&t->root, ip_prefix(like->to, like->bits), like->bits, false);
	/* Of equal routes (NLM_F_APPEND) the very one, if it is one of them. */
	r = n ? n->routes.first : NULL;
	while (r && r != like)
		r = r->link.next;
	if (!r)
		r = n ? n->routes.first : NULL;
	while (r && r != like && !route_is_like(r, like))
		r = r->link.next;
	if (r) {
		list_remove(&n->routes, r, link);
		nr_routes--;
		trie_node_prune(&t->root, r->to, r->bits);
	}
	route_change_end();
	if (!r)
		return -ESRCH;
	table_drop_empty(t);
	if (watcher)
		watcher->route(r, true);
	obj_put(&r);
	return 0;
}

/* Walks over all tables: devices go seldom. */
void route_flush_dev(struct netdev *d, bool local)
{
	struct route *r = route_next(NULL), *next;
	int err = 0;

	while (r) {
		next = route_next(r);
		if (r->device == d && (local || r->kind != ROUTE_LOCAL))
			err = route_remove(r);
		obj_put(&r);
		r = next;
		task_cond_resched();
	}
	(void)err; /* it is there */
}

void route_shutdown(void)
{
	struct route *r;
	int err = 0;

	while (!err && (r = route_next(NULL)) != NULL) {
		err = route_remove(r);
		obj_put(&r);
	}
	rule_shutdown();
}
