// SPDX-License-Identifier: MPL-2.0
/*
 * Groups: where the slots of a pool are, and which of them are free.
 *
 * The life of a group. group_new takes the next addresses of the pool's unit. While the group is
 * open, pool_carve cuts slot after slot from it, maps its pages as they are needed, and writes each
 * slot's _type. When no further slot fits, the group is full; from then on it moves between full,
 * partial and empty as its slots come back and leave in batches. obj_trim takes the pages of an
 * empty group (trim.c). A trimmed group keeps its addresses: it is opened again, by pool_remap,
 * before the pool takes new ones. Slots come first from partial groups, then from the open one,
 * then from empty ones, so that empty groups stay empty.
 *
 * Sizes. A group is the smallest number of pages, a power of two, in which at most an eighth of
 * what is mapped is lost behind the last slot. The search ends at OBJ_MAX at the latest: one slot
 * of more than half a group loses less than a page.
 *
 * How a trimmed group gets memory again (pool_remap). Other CPUs may have the page of zeroes in
 * their TLBs, and would read zeroes from a slot that is in use. So new pages replace it, all TLBs
 * are flushed, and only then, still under pool.lock, the group becomes ready to be carved. Several
 * groups share one flush. The flush needs no interrupt that may be off on another CPU (firmware on
 * riscv64, NMIs on x86_64), so it may wait under the lock. If memory is out, the groups that are
 * not complete are revived ones.
 *
 * Locking: pool.lock for all of it; units_lock, inside it, for the arena and the array of groups.
 * Trust: group addresses lie in units of the pool, and are cut from them once. _type is written
 *        when a slot is carved, which is before it can be live, and is the same each time. In each
 *        page of a pool, from before its first CPU reaches it, the count of a slot that is not
 *        live is dead (frame/obj.h).
 */
#include <frame/log.h>
#include <frame/obj.h>

#include "pool.h"

#define REMAP_PAGES 16 /* that share one flush, if groups are smaller */

static_assert(OBJ_MAX <= UNIT_SIZE && OBJ_MAX % 16 == 0, "a slot lies in one unit");
static_assert((OBJ_MAX & (OBJ_MAX - 1)) == 0 && UNIT_SIZE % OBJ_MAX == 0, "units hold groups");
static_assert(ARCH_POOL_SIZE % UNIT_SIZE == 0, "units fill the arena");
static_assert(ARCH_POOL_BASE % UNIT_SIZE == 0, "groups are aligned");

static struct spinlock units_lock; /* guards next_unit, and the mapping of the array of groups */
static u64 next_unit = POOL_UNITS;
static u64 nr_idle; /* pages of empty groups */

u64 obj_idle_pages(void)
{
	return load_once(nr_idle);
}

u64 pool_arena_end(void)
{
	return load_acquire(next_unit);
}

void pool_layout(struct obj_pool *p)
{
	u32 slot = (u32)p->slot_size, size = PAGE_SIZE, used = 0, bytes = 0;

	for (;; size *= 2) {
		used = size - size % slot; /* 0: no slot fits */
		bytes = round_up(used, (u32)PAGE_SIZE);
		if (used && bytes - used <= bytes / 8)
			break;
	}
	p->group_size = size;
	p->group_bytes = bytes;
}

/* ---- lists ---- */

void group_link(struct obj_pool *p, struct group *g, enum group_state s)
{
	struct group *next = p->list[s];

	g->state = (u8)s;
	g->prev = NULL;
	g->next = next;
	if (next)
		next->prev = g;
	p->list[s] = g;
	if (s == GROUP_EMPTY && !p->type->_stays)
		_add64_relaxed(&nr_idle, p->group_bytes >> PAGE_SHIFT);
}

void group_unlink(struct obj_pool *p, struct group *g)
{
	if (g->prev)
		g->prev->next = g->next;
	else
		p->list[g->state] = g->next;
	if (g->next)
		g->next->prev = g->prev;
	if (g->state == GROUP_EMPTY && !p->type->_stays)
		_add64_relaxed(&nr_idle, -(p->group_bytes >> PAGE_SHIFT));
}

/* Moves the group to the list for its number of free slots, which has changed. */
static void group_settle(struct obj_pool *p, struct group *g)
{
	u32 s = !g->nr_free ? GROUP_FULL : g->nr_free == g->nr_carved ? GROUP_EMPTY : GROUP_PARTIAL;

	if (s == g->state || g->state == GROUP_OPEN)
		return;
	group_unlink(p, g);
	group_link(p, g, s);
}

struct obj *pool_take_slot(struct obj_pool *p)
{
	struct group *g = p->list[GROUP_PARTIAL];
	struct obj *o;

	if (!g) {
		g = p->list[GROUP_OPEN];
		if (!g || !g->nr_free)
			g = p->list[GROUP_EMPTY];
		if (!g)
			return NULL;
	}
	o = g->free;
	g->free = o->_next;
	g->nr_free--;
	p->nr_free--;
	group_settle(p, g);
	return o;
}

void pool_put_slot(struct obj_pool *p, struct obj *o)
{
	struct group *g = group_at(round_down((u64)o, p->group_size));

	/* A broken list must not let a group seem empty whose slots are in use. */
	if (unlikely(g->state > GROUP_OPEN || g->nr_free == g->nr_carved))
		_kernel_panic("a slot of a pool is free twice");
	if (unlikely(o->_type != p->type->_index))
		_kernel_panic("a slot is in the list of another pool");
	o->_next = g->free;
	g->free = o;
	g->nr_free++;
	p->nr_free++;
	group_settle(p, g);
}

/* ---- memory ---- */

/* Takes a new unit for the pool. */
static bool pool_take_unit(struct obj_pool *p)
{
	u64 flags = spin_lock_irqsave(&units_lock);
	bool ok = next_unit < ARCH_POOL_BASE + ARCH_POOL_SIZE;

	if (ok) {
		p->unit_next = next_unit;
		p->unit_end = next_unit + UNIT_SIZE;
		store_release(next_unit, next_unit + UNIT_SIZE);
	}
	spin_unlock_irqrestore(&units_lock, flags);
	return ok;
}

void pool_bury(const struct obj_pool *p, u64 va, paddr_t pa)
{
	u32 slot = (u32)p->slot_size, behind = (u32)(va & (p->group_size - 1)) % slot;
	u32 at = behind ? slot - behind : 0; /* in the page */

	/*
	 * TRUST: sizes of slots are multiples of 16, so all of a slot's obj is where its start is.
	 */
	for (; at < PAGE_SIZE; at += slot)
		((struct obj *)((u8 *)arch_phys_to_virt(pa) + at))->_refs = _OBJ_DEAD;
}

/* Maps a new page of zeroes, or of free slots of @p. */
static bool pool_map_page(const struct obj_pool *p, u64 va)
{
	paddr_t pa = page_alloc_frame();

	if (pa && p)
		pool_bury(p, va, pa);
	if (pa && kernel_map(va, pa, false)) {
		page_free_frame(pa);
		pa = 0;
	}
	return pa;
}

/* Maps the pages up to @end, for the next slot. */
static bool pool_map_to(struct obj_pool *p, u64 end)
{
	for (; p->mapped < end; p->mapped += PAGE_SIZE) {
		if (!pool_map_page(p, p->mapped))
			return false;
	}
	return true;
}

/* Maps the array's page with the description of a new group. */
static bool group_map_description(const struct group *g)
{
	u64 va = round_down((u64)g, PAGE_SIZE);
	u64 flags = spin_lock_irqsave(&units_lock);
	bool ok = kernel_lookup(va) || pool_map_page(NULL, va);

	spin_unlock_irqrestore(&units_lock, flags);
	return ok;
}

/* A group at addresses that were never used, or NULL. */
static struct group *group_new(struct obj_pool *p)
{
	struct group *g;

	if (p->unit_next + p->group_size > p->unit_end && !pool_take_unit(p))
		return NULL;
	g = group_at(p->unit_next);
	if (!group_map_description(g))
		return NULL;
	p->unit_next += p->group_size;
	g->type = (u16)p->type->_index;
	return g;
}

/* Replaces the group's pages of zeroes by new pages. False: memory is out. */
static bool group_map_again(const struct obj_pool *p, struct group *g)
{
	u64 va = group_va(g), end = va + p->group_bytes;

	for (; va < end; va += PAGE_SIZE) {
		if (kernel_lookup(va) == pool_zero_page && !pool_map_page(p, va))
			return false;
	}
	return true;
}

/* Makes some trimmed groups ready; see the top. */
static void pool_remap(struct obj_pool *p)
{
	u64 lo = ~0ul, hi = 0, n;

	for (n = 0; n < REMAP_PAGES; n += p->group_bytes >> PAGE_SHIFT) {
		struct group *g = p->list[GROUP_REVIVED];
		bool ok;
		if (!g)
			g = p->list[GROUP_TRIMMED];
		if (!g)
			break;
		group_unlink(p, g);
		ok = group_map_again(p, g);
		group_link(p, g, ok ? GROUP_READY : GROUP_REVIVED);
		if (!ok)
			break;
		lo = min(lo, group_va(g));
		hi = max(hi, group_va(g) + p->group_bytes);
	}
	/* TRUST: before the lock is released, so before any of the slots is carved. */
	if (hi)
		arch_kernel_flush(lo, hi);
}

static struct group *pool_open_group(struct obj_pool *p)
{
	bool again = p->list[GROUP_READY] || p->list[GROUP_REVIVED] || p->list[GROUP_TRIMMED];
	struct group *g;

	if (again && !p->list[GROUP_READY])
		pool_remap(p);
	g = again ? p->list[GROUP_READY] : group_new(p);
	if (!g)
		return NULL;
	if (again)
		group_unlink(p, g);
	p->next = group_va(g);
	p->mapped = p->next + (again ? p->group_bytes : 0);
	p->group_end = p->next + p->group_size;
	g->free = NULL;
	g->nr_free = 0;
	g->nr_carved = 0;
	group_link(p, g, GROUP_OPEN);
	return g;
}

struct obj *pool_carve(struct obj_pool *p)
{
	struct group *g = p->list[GROUP_OPEN];
	struct obj *o;

	if (!g)
		g = pool_open_group(p);
	if (!g || !pool_map_to(p, p->next + p->slot_size))
		return NULL;
	/* TRUST: addresses of this pool's group, mapped, and no part of another slot. */
	o = (struct obj *)p->next;
	p->next += p->slot_size;
	o->_type = p->type->_index;
	p->nr_carved++;
	g->nr_carved++;
	if (p->next + p->slot_size > p->group_end) {
		group_unlink(p, g);
		group_link(p, g, g->nr_free ? GROUP_PARTIAL : GROUP_FULL);
	}
	return o;
}

/* ---- for self-tests and debug builds ---- */

u64 group_count_free(const struct obj_pool *p, const struct group *g)
{
	u64 start = group_va(g), n = 0;
	const struct obj *o;

	for (o = g->free; o; o = load_once(o->_next), n++) {
		if (n > g->nr_carved || (u64)o - start >= p->group_bytes ||
			((u64)o - start) % p->slot_size || !_obj_is_dead(o) ||
			o->_type != p->type->_index)
			return ~0ul;
	}
	return n;
}
