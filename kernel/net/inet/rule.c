// SPDX-License-Identifier: MPL-2.0
/*
 * Routing rules (rule.h).
 *
 * At the start IPv4 has three rules and IPv6 two, which ask the tables local, main and default. As
 * long as that is all, route.c asks these tables itself, and no rule is looked at. Any other rule
 * sets a bit of rules_custom, and look-ups of that protocol come here.
 *
 * A rule may name a table that has no routes: then there is no table, and the rule finds nothing.
 * When the first route of a table is added, or its last one removed, route.c calls
 * rules_table_changed in the same change, so that a look-up sees both or neither. In the same way a
 * rule may name a device that does not exist; it matches nothing until there is one of that name.
 *
 * What a rule refuses is told by three routes of no table, which have only a kind.
 *
 * What packets pay. Without rules of an administrator: a load. With them: a walk along the list for
 * each look-up that no cache answers, RULES_MAX rules at most, of which each may ask a table.
 *
 * Locking: net_config for changes and for walks that show them; look-ups take none (rule_walk).
 */
#include <frame/task.h>
#include <kernel/text.h>
#include <uapi/errno.h>

#include "addr.h"
#include "rule.h"

OBJ_TYPE(route_rule, NULL_RELEASE);

static struct rule_list {
	LIST_HEAD(route_rule) rules; /* by priority; references */
	u32 nr;
} lists[2]; /* IPv4, IPv6 */

u32 rules_custom, rules_before_local;
static struct route *refusal[2]; /* references: blackhole, prohibit */

static u32 list_index(bool is4)
{
	return is4 ? 0 : 1;
}

/* ---- look-ups ---- */

/* RULE_NO_DEVICE is no index of any device, so such a rule matches nothing. */
static bool device_matches(u32 wanted, u32 index)
{
	return !wanted || wanted == index;
}

/*
 * The source is compared only if the rule has one: look-ups that have yet to choose a source have
 * none, and a rule without `from` must match them. A packet of this machine counts as one from lo
 * (iif lo), as on Linux.
 */
static bool matches(const struct route_rule *r, const struct flow *f)
{
	bool good = device_matches(load_once(r->iif), f->iif ? f->iif : LOOPBACK_INDEX) &&
		device_matches(load_once(r->oif), f->ifindex) &&
		!((r->mark ^ f->mark) & r->mark_mask) && ip_match(r->to, f->to, r->to_bits) &&
		(!r->tos || r->tos == (f->tos & 0xfc));

	if (good && r->from_bits > (r->is4 ? IP4_BITS : 0))
		good = ip_match(r->from, f->from, r->from_bits);
	return good != r->invert;
}

/*
 * The route of a rule's table that counts; NULL: the next rule is asked. suppress_prefixlength lets
 * a rule ignore routes that are too general, mostly the default route; refusals count whatever
 * their length.
 */
static struct route *rule_ask_table(const struct route_rule *r, const struct flow *f)
{
	struct route_table *t = load_once(r->to_table);
	struct route *way = t ? route_table_walk(t, f) : NULL;
	s32 bits;

	if (!way || way->kind == ROUTE_THROW)
		return NULL;
	bits = (s32)way->bits - (r->is4 ? (s32)IP4_BITS : 0);
	return way->kind < ROUTE_BLACKHOLE && bits <= r->suppress_bits ? NULL : way;
}

/*
 * Runs inside lookup_in of route.c, without a lock: a rule that is removed meanwhile keeps its link
 * (type-stable), and the generation tells that the result does not count.
 */
struct route *rule_walk(const struct flow *f)
{
	const struct rule_list *const l = array_at(lists, list_index(ip_is4(f->to)));
	struct route_rule *r = load_once(l->rules.first);
	struct route *way;
	u32 i;

	for (i = 0; r && i < RULES_MAX; i++, r = load_once(r->link.next)) {
		if (r->action == RULE_NOP || !matches(r, f))
			continue;
		if (r->action == RULE_UNREACHABLE)
			return NULL;
		if (r->action != RULE_TABLE)
			return refusal[r->action == RULE_PROHIBIT];
		way = rule_ask_table(r, f);
		if (way)
			return way;
	}
	return NULL;
}

/* ---- changes ---- */

/* The rules of the start. */
static const struct {
	u32 table, priority;
	bool ip6;
} first_rules[] = {
	{ ROUTE_TABLE_LOCAL, 0, true },
	{ ROUTE_TABLE_MAIN, 32766, true },
	{ ROUTE_TABLE_DEFAULT, 32767, false },
};

/*
 * Whether a rule asks a table for all packets, and nothing else. The rules of the start are plain.
 * A rule with a device or a mark is none, even if it asks the same table.
 */
static bool is_plain(const struct route_rule *r, u32 table)
{
	return r->action == RULE_TABLE && r->table == table && !r->invert && !r->tos &&
		!r->mark_mask && !r->iif && !r->oif && r->suppress_bits < 0 &&
		r->from_bits == (r->is4 ? IP4_BITS : 0) && r->to_bits == r->from_bits;
}

/*
 * Whether the list has just what stood there at the start. Priorities do not matter: the order
 * alone decides.
 */
static bool is_first_list(const struct rule_list *l, bool is4)
{
	const struct route_rule *r = l->rules.first;
	u32 i;

	for (i = 0; i < ARRAY_LEN(first_rules); i++) {
		if (!is4 && !array_at(first_rules, i)->ip6)
			continue;
		if (!r || !is_plain(r, array_at(first_rules, i)->table))
			return false;
		r = r->link.next;
	}
	return !r;
}

static void set_bit_if(u32 *const bits, u32 mask, bool on)
{
	store_once(*bits, on ? *bits | mask : *bits & ~mask);
}

/* Tells look-ups what kind of list this is by now. Within a change. */
static void judge(bool is4)
{
	const struct rule_list *const l = array_at(lists, list_index(is4));
	const struct route_rule *r = l->rules.first;

	set_bit_if(&rules_custom, rules_bit(is4), !is_first_list(l, is4));
	set_bit_if(&rules_before_local, rules_bit(is4), !r || !is_plain(r, ROUTE_TABLE_LOCAL));
}

/* Within a change of route.c, so a look-up that ran meanwhile is done again. */
void rules_table_changed(u32 id, struct route_table *t)
{
	struct route_rule *r;
	u32 i;

	for (i = 0; i < 2; i++) {
		const struct rule_list *const l = array_at(lists, i);
		list_for_each(r, &l->rules, link) {
			if (r->table == id)
				store_release(r->to_table, t);
		}
	}
}

static bool same_name(const u8 (*a)[IFNAMSIZ], const u8 (*b)[IFNAMSIZ])
{
	return cspan_equal(cspan_of(*a), cspan_of(*b));
}

/* What both a request to add and one to delete compare. */
static bool same_devices(const struct route_rule *a, const struct route_rule *b, bool all)
{
	return ((!all && !b->iif_name[0]) || same_name(&a->iif_name, &b->iif_name)) &&
		((!all && !b->oif_name[0]) || same_name(&a->oif_name, &b->oif_name));
}

/* Equal in what selects and in what it does; `invert` is not compared. */
static bool rule_is_same(const struct route_rule *a, const struct route_rule *b, bool has_priority)
{
	return a->action == b->action && a->table == b->table &&
		(!has_priority || a->priority == b->priority) && same_devices(a, b, true) &&
		a->mark == b->mark && a->mark_mask == b->mark_mask && a->protocol == b->protocol &&
		a->suppress_bits == b->suppress_bits && a->tos == b->tos &&
		a->from_bits == b->from_bits && a->to_bits == b->to_bits &&
		ip_equal(a->from, b->from) && ip_equal(a->to, b->to);
}

/* A rule that is added without a priority comes before all but the first, as on Linux. */
static u32 default_priority(const struct rule_list *l)
{
	const struct route_rule *r = l->rules.first;

	r = r ? r->link.next : NULL;
	return r && r->priority ? r->priority - 1 : 0;
}

/* IPv4 takes table 0 for the first that has no routes; such a table must be known. */
static int choose_table(struct route_rule *r)
{
	u32 id = 1;

	if (r->action != RULE_TABLE || r->table)
		return 0;
	if (!r->is4)
		return -EINVAL;
	while (id < ROUTE_TABLE_LOCAL && route_table_find(id))
		id++;
	r->table = id;
	return id < ROUTE_TABLE_LOCAL ? 0 : -ENOBUFS;
}

static u32 rule_index(const u8 (*name)[IFNAMSIZ])
{
	struct netdev *d;
	u32 index;

	if (!(*name)[0])
		return 0;
	d = netdev_by_name(text_in(*name));
	index = d && !d->gone ? d->index : RULE_NO_DEVICE;
	obj_put(&d);
	return index;
}

/* Behind those of the same priority: the older one is asked first. */
static void rule_insert(struct rule_list *l, struct route_rule *r)
{
	struct route_rule *at, *kept = obj_get(r);

	list_for_each(at, &l->rules, link) {
		if (at->priority > r->priority)
			break;
	}
	if (at)
		list_insert_before(&l->rules, at, kept, link);
	else
		list_push_back(&l->rules, kept, link);
	l->nr++;
}

/*
 * Checks first, then one change that cannot fail. Two packets that are looked up at the same time
 * see the old or the new list, never a part.
 */
int rule_add(struct route_rule *r, bool has_priority, bool exclusive)
{
	struct rule_list *const l = array_at(lists, list_index(r->is4));
	const struct route_rule *at;
	int err;

	if (l->nr >= RULES_MAX)
		return -ENOSPC;
	if (!has_priority)
		r->priority = default_priority(l);
	list_for_each(at, &l->rules, link) {
		if (exclusive && rule_is_same(at, r, has_priority))
			return -EEXIST;
	}
	err = choose_table(r);
	if (err)
		return err;
	r->iif = rule_index(&r->iif_name);
	r->oif = rule_index(&r->oif_name);
	r->to_table = route_table_find(r->table);
	route_change_begin();
	rule_insert(l, r);
	judge(r->is4);
	route_change_end();
	return 0;
}

/*
 * Whether @a is what a request to delete @like means. What the request does not say counts as
 * equal.
 */
static bool rule_is_like(const struct route_rule *a, const struct route_rule *like,
	const struct rule_selection *by)
{
	return (!like->action || a->action == like->action) &&
		(!like->table || a->table == like->table) &&
		(!by->has_priority || a->priority == like->priority) &&
		same_devices(a, like, false) && (!like->mark || a->mark == like->mark) &&
		(!like->mark_mask || a->mark_mask == like->mark_mask) &&
		(like->suppress_bits < 0 || a->suppress_bits == like->suppress_bits) &&
		(!by->has_from ||
			(a->from_bits == like->from_bits && ip_equal(a->from, like->from))) &&
		(!by->has_to || (a->to_bits == like->to_bits && ip_equal(a->to, like->to))) &&
		(!by->has_tos || a->tos == like->tos);
}

int rule_remove(const struct route_rule *like, const struct rule_selection *by,
	struct route_rule **out)
{
	struct rule_list *const l = array_at(lists, list_index(like->is4));
	struct route_rule *r;

	list_for_each(r, &l->rules, link) {
		if (rule_is_like(r, like, by))
			break;
	}
	if (!r)
		return -ENOENT;
	route_change_begin();
	list_remove(&l->rules, r, link);
	l->nr--;
	judge(r->is4);
	route_change_end();
	*out = r;
	return 0;
}

/* For dumps, which hold net_config. A walk from the start each time: RULES_MAX bounds it. */
struct route_rule *rule_nth(bool is4, u32 n)
{
	const struct rule_list *const l = array_at(lists, list_index(is4));
	struct route_rule *r = l->rules.first;

	while (r && n--)
		r = r->link.next;
	return r ? obj_get(r) : NULL;
}

/* ---- devices ---- */

/* The device that a rule names, after @d has come, gone or got another name. */
static void rule_follow(u32 *const index, const u8 (*name)[IFNAMSIZ], const struct netdev *d,
	bool is_there)
{
	if (is_there && (*name)[0] && cspan_equal(cspan_of(*name), cspan_of(d->name)))
		store_once(*index, d->index);
	else if (load_once(*index) == d->index)
		store_once(*index, 0);
}

/* Names lead to other devices, or to none. net_config held. */
static void rule_event(struct netdev *d, enum net_event e)
{
	bool is_there = e != NET_DEV_GONE;
	struct route_rule *r;
	u32 i;

	if (e != NET_DEV_NEW && e != NET_DEV_GONE && e != NET_DEV_RENAMED)
		return;
	for (i = 0; i < 2; i++) {
		const struct rule_list *const l = array_at(lists, i);
		list_for_each(r, &l->rules, link) {
			rule_follow(&r->iif, &r->iif_name, d, is_there);
			rule_follow(&r->oif, &r->oif_name, d, is_there);
			task_cond_resched();
		}
	}
	route_changed();
}

static const struct net_watcher rule_watcher = { .event = rule_event };

/* ---- start and end ---- */

static bool add_first(bool is4, u32 table, u32 priority)
{
	struct route_rule *r = obj_new(route_rule);
	bool good;

	if (!r)
		return false;
	r->is4 = is4;
	r->action = RULE_TABLE;
	r->protocol = ROUTE_BY_KERNEL;
	r->priority = priority;
	r->table = table;
	r->suppress_bits = -1;
	if (is4)
		r->from = r->to = ip4_addr(0);
	r->from_bits = r->to_bits = is4 ? IP4_BITS : 0;
	good = !rule_add(r, true, false);
	obj_put(&r);
	return good;
}

bool rule_init(void)
{
	bool good = true;
	u32 i;

	for (i = 0; i < 2; i++) {
		*array_at(refusal, i) = obj_new(route);
		good = good && *array_at(refusal, i);
	}
	for (i = 0; i < ARRAY_LEN(first_rules) && good; i++) {
		good = add_first(true, array_at(first_rules, i)->table,
			array_at(first_rules, i)->priority);
		if (good && array_at(first_rules, i)->ip6)
			good = add_first(false, array_at(first_rules, i)->table,
				array_at(first_rules, i)->priority);
	}
	if (!good)
		return false;
	refusal[0]->kind = ROUTE_BLACKHOLE;
	refusal[1]->kind = ROUTE_PROHIBIT;
	net_watcher_register(&rule_watcher);
	return true;
}

/* At power-off, when no packet is on its way. */
void rule_shutdown(void)
{
	struct route_rule *r;
	u32 i;

	route_change_begin();
	for (i = 0; i < 2; i++) {
		struct rule_list *const l = array_at(lists, i);
		while ((r = list_first(&l->rules)) != NULL) {
			list_remove(&l->rules, r, link);
			obj_put(&r);
		}
		l->nr = 0;
		obj_put(array_at(refusal, i));
	}
	route_change_end();
}
