// SPDX-License-Identifier: MPL-2.0
/*
 * The addresses of pool slots (frame/mm/group.c): for any size of slots, a slot lies in one group of
 * its own pool, starts where the one before it ended, and lies on no byte that any other pool or any
 * other slot has; a group lies in one unit. A group that was trimmed gets a page for each of its
 * own, no other address gets one, and all TLBs are flushed before it is ready.
 *
 * By induction over what pool_carve and the functions below it do: the state before is any that
 * keeps the invariant (`good`), one step is done by the real code, the invariant holds after it.
 * `elsewhere` stands for each byte that was given away before: any address of the units in use that
 * is not in the open group or, if a group is opened, in that group, or in the rest of the pool's
 * unit. tests/proofs/run renames pool_map_to and pool_remap to real_..., so that pool_carve meets
 * what main_map and main_remap prove of them, not their loops; pool_bury is tests/unit/pool.c's.
 * The description of a group is one variable, wherever the group is.
 */
#include "proof.h"

#include "frame/mm/pool.h"

static struct group one; /* the group that is open, or that is opened */
static u64 one_va;

static struct group *proof_group_at(u64 va)
{
	one_va = va;
	return &one;
}
static u64 proof_group_va(const struct group *g)
{
	CLAIM(g == &one, "the group in question");
	return one_va;
}
#define group_at(va) proof_group_at(va)
#define group_va(g)  proof_group_va(g)

static bool pool_map_to(struct obj_pool *p, u64 end);
static void pool_remap(struct obj_pool *p);
#include "frame/mm/group.c"

paddr_t pool_zero_page = 3 * PAGE_SIZE;

static struct obj_type type = { ._index = 7 };
static struct obj_pool pool = { .type = &type };
static u64 elsewhere;

/* ---- what the rest of the frame would give ---- */

static u64 watched_va; /* a page of a group that was trimmed: */
static u64 buried;     /* the address whose slots pool_bury has just made dead */
static bool watched_is_zero, watched_is_cached;

paddr_t page_alloc_frame(void)
{
	return nondet_bool() ? PAGE_SIZE : 0;
}
void page_free_frame(paddr_t pa)
{
	(void)pa;
}
void *arch_phys_to_virt(u64 pa)
{
	(void)pa;
	return NULL;
}
void pool_bury(const struct obj_pool *p, u64 va, paddr_t pa)
{
	CLAIM(p == &pool && pa == PAGE_SIZE, "the page of a pool");
	buried = va;
}
void _spin_wait(struct spinlock *l)
{
	(void)l;
	ASSUME(false);
}
paddr_t kernel_lookup(u64 va)
{
	if (va == watched_va && va)
		return watched_is_zero ? pool_zero_page : PAGE_SIZE;
	return nondet_bool() ? pool_zero_page : PAGE_SIZE;
}
int kernel_map(u64 va, paddr_t pa, bool device)
{
	(void)pa, (void)device;
	CLAIM(va % PAGE_SIZE == 0, "whole pages are mapped");
	if (va >= ARCH_POOL_BASE && va < POOL_UNITS)
		return nondet_bool() ? -12 : 0; /* the array of groups */
	CLAIM(va >= POOL_UNITS && va - ARCH_POOL_BASE <= ARCH_POOL_SIZE - PAGE_SIZE,
		"only pages of the arena are mapped");
	CLAIM(buried == va, "no slot of a page that is mapped has a count of zero");
	CLAIM(elsewhere / PAGE_SIZE != va / PAGE_SIZE, "no page is mapped where another pool is");
	if (nondet_bool())
		return -12;
	if (va == watched_va) {
		CLAIM(watched_is_zero, "no page is replaced but the page of zeroes");
		watched_is_zero = false;
		watched_is_cached = true;
	}
	return 0;
}
void arch_kernel_flush(u64 start, u64 end)
{
	if (watched_va >= start && watched_va < end)
		watched_is_cached = false;
}

/* ---- the sizes of groups ---- */

static bool good_sizes(const struct obj_pool *p)
{
	return p->slot_size >= sizeof(struct obj) && p->slot_size % 16 == 0 &&
		p->slot_size <= p->group_size && p->group_size >= PAGE_SIZE &&
		p->group_size <= OBJ_MAX && (p->group_size & (p->group_size - 1)) == 0 &&
		p->group_bytes <= p->group_size && p->group_bytes % PAGE_SIZE == 0 &&
		p->group_bytes >= p->slot_size;
}

static void any_slot_size(void)
{
	pool.slot_size = nondet_u64();
	ASSUME(pool.slot_size >= sizeof(struct obj) && pool.slot_size <= OBJ_MAX &&
		pool.slot_size % 16 == 0);
}

void main_layout(void)
{
	must_not_panic = true;
	any_slot_size();
	pool_layout(&pool);
	CLAIM(good_sizes(&pool), "a group has whole pages, a power of two, and holds a slot");
	CLAIM(pool.group_size == PAGE_SIZE || pool.slot_size > PAGE_SIZE / 8,
		"small slots have small groups, so 16 bits count the slots of a group");
}

/* ---- where slots are ---- */

static u64 used;       /* start of the pool's unit */
static bool was_ready; /* as pool_remap said */

/* A group of the pool: in a unit, and not what is left of one. */
static bool good_group(void)
{
	return one_va % pool.group_size == 0 && one_va >= POOL_UNITS && one_va < next_unit &&
		(one_va + pool.group_size <= pool.unit_next || one_va >= pool.unit_end);
}

static bool good(void)
{
	const struct obj_pool *p = &pool;
	u64 end = ARCH_POOL_BASE + ARCH_POOL_SIZE;

	if (next_unit < POOL_UNITS || next_unit > end || next_unit % UNIT_SIZE)
		return false;
	if (!p->unit_end)
		return !p->unit_next && !p->list[GROUP_OPEN];
	if (p->unit_end % UNIT_SIZE || p->unit_end <= POOL_UNITS || p->unit_end > next_unit ||
		used != p->unit_end - UNIT_SIZE || p->unit_next < used ||
		p->unit_next > p->unit_end || p->unit_next % p->group_size)
		return false;
	if (!p->list[GROUP_OPEN])
		return true;
	return good_group() && p->group_end == one_va + p->group_size && p->next >= one_va &&
		p->next % 16 == 0 && p->next + p->slot_size <= p->group_end &&
		p->mapped % PAGE_SIZE == 0 && p->mapped >= one_va && p->mapped <= p->group_end &&
		p->next <= p->mapped;
}

/* An address that was given away before is not in the group, nor in the rest of the unit. */
static bool elsewhere_is_other(void)
{
	return elsewhere >= POOL_UNITS && elsewhere < next_unit &&
		(elsewhere < one_va || elsewhere - one_va >= pool.group_size) &&
		(elsewhere < pool.unit_next || elsewhere >= pool.unit_end);
}

static void any_state(void)
{
	any_slot_size();
	pool.group_size = nondet_u64();
	pool.group_bytes = nondet_u64();
	ASSUME(good_sizes(&pool));
	pool.next = nondet_u64();
	pool.group_end = nondet_u64();
	pool.mapped = nondet_u64();
	pool.unit_next = nondet_u64();
	pool.unit_end = nondet_u64();
	next_unit = nondet_u64();
	used = nondet_u64();
	one_va = nondet_u64();
	one.nr_carved = nondet_u16();
	one.nr_free = nondet_u16();
	elsewhere = nondet_u64();
}

/* @before: the next slot of a group that was open, or 0. */
static void check_carve(u64 before)
{
	bool again = pool.list[GROUP_TRIMMED];
	u64 was_va = one_va, size = pool.slot_size, at;
	struct obj *o = pool_carve(&pool);

	used = pool.unit_end - UNIT_SIZE;
	CLAIM(good(), "the invariant holds afterwards");
	CLAIM(!again || !pool.list[GROUP_OPEN] || was_ready,
		"a group that is opened again is ready");
	if (!o)
		return;
	at = (u64)o;
	CLAIM(before ? at == before : at == one_va,
		"a slot starts where the last one ended, or with its group");
	CLAIM(!again || one_va == was_va, "and is one that was trimmed");
	CLAIM(pool.next == at + size, "the next slot starts where this one ends");
	CLAIM(at >= one_va && at + size <= one_va + pool.group_size && at + size > at,
		"a slot lies in one group");
	CLAIM(at + size <= pool.mapped, "all of a slot is mapped");
	CLAIM(at >= POOL_UNITS && at + size - ARCH_POOL_BASE <= ARCH_POOL_SIZE,
		"a slot lies in the arena");
	CLAIM(at / UNIT_SIZE == (at + size - 1) / UNIT_SIZE, "and in one unit");
	CLAIM(elsewhere < at || elsewhere - at >= size,
		"a slot lies on no byte that was given away");
	CLAIM(pool.list[GROUP_OPEN] || pool.next + size > one_va + pool.group_size,
		"a group is closed when no slot fits");
}

/* A group is open. */
void main_open(void)
{
	must_not_panic = true;
	any_state();
	pool.list[GROUP_OPEN] = &one;
	one.state = GROUP_OPEN;
	ASSUME(good() && pool.unit_end && elsewhere_is_other());
	check_carve(pool.next);
}

/* None is open: a new group. */
void main_new(void)
{
	must_not_panic = true;
	any_state();
	one_va = 0;
	ASSUME(good() && elsewhere_is_other());
	check_carve(0);
}

/* None is open, and one that was trimmed is opened. */
void main_again(void)
{
	must_not_panic = true;
	any_state();
	ASSUME(good() && pool.unit_end && elsewhere_is_other());
	ASSUME(good_group());
	pool.list[GROUP_TRIMMED] = &one;
	one.state = GROUP_TRIMMED;
	check_carve(0);
}

/* ---- what is mapped ---- */

/* Pages that one slot needs, at most, in main_map; those of the group in main_remap. */
#ifdef DEEP
#define PAGES       16
#define GROUP_PAGES 8
#else
#define PAGES       8
#define GROUP_PAGES 4
#endif

/* What pool_map_to promises. */
static bool pool_map_to(struct obj_pool *p, u64 end)
{
	u64 was = p->mapped;

	CLAIM(end <= p->group_end, "only the group is mapped");
	p->mapped = nondet_u64();
	ASSUME(p->mapped >= was && p->mapped % PAGE_SIZE == 0 &&
		p->mapped < max(was, end) + PAGE_SIZE);
	return p->mapped >= end;
}

void main_map(void)
{
	u64 end = nondet_u64(), was;

	must_not_panic = true;
	any_state();
	pool.list[GROUP_OPEN] = &one;
	was = pool.mapped;
	ASSUME(good() && pool.unit_end);
	ASSUME(end >= one_va && end <= pool.group_end &&
		(end <= was || end - was <= PAGES * PAGE_SIZE));
	ASSUME(elsewhere < was || elsewhere >= pool.group_end);
	if (real_pool_map_to(&pool, end))
		CLAIM(pool.mapped >= end, "all is mapped");
	CLAIM(pool.mapped >= was && pool.mapped % PAGE_SIZE == 0 &&
			pool.mapped < max(was, end) + PAGE_SIZE,
		"and not a page more");
}

/* What pool_remap promises of a group: it is ready, or it is not. */
static void pool_remap(struct obj_pool *p)
{
	CLAIM(p->list[GROUP_TRIMMED] == &one, "the group in question");
	was_ready = nondet_bool();
	group_unlink(p, &one);
	group_link(p, &one, was_ready ? GROUP_READY : GROUP_REVIVED);
}

void main_remap(void)
{
	must_not_panic = true;
	any_state();
	ASSUME(pool.group_bytes <= GROUP_PAGES * PAGE_SIZE);
	ASSUME(one_va % pool.group_size == 0 && one_va >= POOL_UNITS &&
		one_va <= ARCH_POOL_BASE + ARCH_POOL_SIZE - UNIT_SIZE);
	ASSUME(elsewhere < one_va || elsewhere >= one_va + pool.group_size);
	watched_va = nondet_u64();
	ASSUME(watched_va % PAGE_SIZE == 0 && watched_va >= one_va &&
		watched_va < one_va + pool.group_bytes);
	watched_is_zero = nondet_bool();
	/* A page that pool_write_fault has put there may be in a TLB as the page of zeroes. */
	watched_is_cached = true;
	group_link(&pool, &one, nondet_bool() ? GROUP_TRIMMED : GROUP_REVIVED);
	real_pool_remap(&pool);
	if (one.state == GROUP_READY) {
		CLAIM(!watched_is_zero, "a group that is ready has all its pages");
		CLAIM(!watched_is_cached, "and no TLB has the page of zeroes instead");
	} else {
		CLAIM(one.state == GROUP_REVIVED, "a group that has some of them is revived");
	}
}
