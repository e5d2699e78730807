// SPDX-License-Identifier: MPL-2.0
/*
 * For self-tests: whether the free pages and the free slots of pools are what their counts and lists
 * say. Only a kernel that is built with KTEST=1 has this file.
 *
 * Trust: it only reads, under the locks of what it reads.
 */
#include <frame/log.h>

#include "pool.h"

/* ---- pages ---- */

/*
 * The length of a list of free pages; ~0: an element is no free page. Bounded, because another CPU
 * may change the list meanwhile.
 */
static u64 page_list_length(const struct page *p)
{
	u64 n = 0;

	for (; p; p = load_once(p->next), n++) {
		if (n > zone.nr_total || page_from_paddr(page_pa(p)) != p ||
			load_once(p->state) != PAGE_STATE_FREE || load_once(p->refs))
			return ~0ul;
	}
	return n;
}

/* Number of pages in state free; ~0: a page has counts that its state forbids. */
static u64 page_count_free(void)
{
	u64 n = 0, k;
	unsigned i;

	for (i = 0; i < nr_page_ranges; i++) {
		for (k = 0; k < page_ranges[i].nr; k++) {
			struct page *p = &page_ranges[i].pages[k];
			u32 state = load_once(p->state);
			if (state > PAGE_STATE_FRAME || p->pfn != page_ranges[i].first_pfn + k ||
				(state != PAGE_STATE_UNTYPED && load_once(p->refs)))
				return ~0ul;
			n += state == PAGE_STATE_FREE;
		}
	}
	return n;
}

/*
 * Whether exactly the free pages are on the lists, and the counts are right. Other CPUs allocate
 * and free pages meanwhile, so false may mean "try again".
 */
bool page_audit(void)
{
	u64 flags = spin_lock_irqsave(&zone.lock);
	u64 listed = page_list_length(zone.list), cached = 0;
	bool ok = listed == zone.nr_free;
	unsigned i;

	for (i = 0; i < nr_cpus; i++) {
		u64 n = page_list_length(load_once(cpu_cache[i].first));
		ok = ok && n == load_once(cpu_cache[i].nr);
		cached += n;
	}
	ok = ok && page_count_free() == listed + cached;
	spin_unlock_irqrestore(&zone.lock, flags);
	return ok;
}

/* ---- pools ---- */

u64 pool_live_like(const struct obj *o)
{
	return (u64)pool_live(pool_types[o->_type]->_pool);
}

/* The length of a CPU's list of free slots of @p; ~0: an element is no free slot of this type. */
static u64 pool_list_length(const struct obj_pool *p, const struct obj *o)
{
	u64 n = 0;

	for (; o; o = load_once(o->_next), n++) {
		u64 at = (u64)o;
		if (n > p->nr_carved || at - POOL_UNITS >= pool_arena_end() - POOL_UNITS ||
			!_obj_is_dead(o) || o->_type != p->type->_index)
			return ~0ul;
	}
	return n;
}

/* Whether a group is on the list that its counts ask for, and its own list has that length. */
static bool group_audit(const struct obj_pool *p, const struct group *g, enum group_state s)
{
	u32 n = g->nr_free, all = g->nr_carved;

	if (g->state != s || n > all || group_count_free(p, g) != n)
		return false;
	return s == GROUP_FULL       ? !n
		: s == GROUP_PARTIAL ? n && n < all
		: s == GROUP_EMPTY   ? n && n == all
		: s == GROUP_OPEN    ? !g->next && !g->prev
				     : !all;
}

/* Whether the counts of all groups are right, and add up to the pool's. pool.lock held. */
static bool pool_audit_groups(const struct obj_pool *p)
{
	u64 nr_free = 0, nr_carved = 0;
	struct group *g;
	u32 s;

	for (s = 0; s < GROUP_LEAVING; s++) {
		for (g = p->list[s]; g; g = g->next) {
			if (!group_audit(p, g, s))
				return false;
			nr_free += g->nr_free;
			nr_carved += g->nr_carved;
		}
	}
	return nr_free == p->nr_free && nr_carved == p->nr_carved && nr_free <= nr_carved;
}

/*
 * Whether all free slots belong to their pools and are counted right; *@hash then covers the
 * definition of each type. As with page_audit, false may mean "try again".
 */
bool pool_audit(u64 *hash)
{
	u32 i;
	unsigned c;

	for (i = OBJ_NO_POOL + 1; i < pool_nr_types(); i++) {
		struct obj_pool *p = pool_by_index(i);
		u64 flags = spin_lock_irqsave(&p->lock);
		bool ok = p->type == pool_types[i] && p->type->_index == i && p->type->_pool == p &&
			pool_audit_groups(p);
		for (c = 0; c < nr_cpus; c++)
			ok = ok &&
				pool_list_length(p, load_once(cpus[c].slots[i].first)) ==
					load_once(cpus[c].slots[i].nr);
		spin_unlock_irqrestore(&p->lock, flags);
		if (!ok)
			return false;
		*hash = (*hash ^ (u64)pool_types[i] ^ pool_types[i]->_size ^
				(u64)pool_types[i]->_release) *
			0x100000001b3ul;
	}
	return true;
}
