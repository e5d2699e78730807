// SPDX-License-Identifier: MPL-2.0
/*
 * The addresses of pool slots (frame/mm/pool.c): for any object type of any size, a slot is all of
 * its own type's unit, starts where the one before it ended, and lies on no byte that any other
 * pool or any other slot has.
 *
 * By induction over what pool_create, pool_take_unit, pool_map_to and pool_carve do: the state before is any that
 * keeps the invariant (`good`), one step is done by the real code, the invariant holds after it.
 * `elsewhere` stands for each byte that was given away before: any address below next_unit that is
 * not in the rest of this pool's unit. tests/proofs/run renames pool_map_to to real_pool_map_to, so that
 * pool_carve meets what main_map proves of it, not its loop.
 */
#include "proof.h"

#include <frame/types.h>
struct obj_pool;
static bool pool_map_to(struct obj_pool *p, u64 end);
#include "frame/mm/pool.c"

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = 1;

static struct obj_pool pool; /* in the page that pool_create takes */
static u64 elsewhere;

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
	return &pool;
}
struct cpu *arch_this_cpu(void)
{
	return &cpus[0];
}
void _spin_wait(struct spinlock *l)
{
	(void)l;
	ASSUME(false);
}
int kernel_map(u64 va, paddr_t pa, bool device)
{
	(void)pa, (void)device;
	CLAIM(va % PAGE_SIZE == 0, "whole pages are mapped");
	CLAIM(va >= ARCH_POOL_BASE && va - ARCH_POOL_BASE <= ARCH_POOL_SIZE - PAGE_SIZE,
		"only pages of the arena are mapped");
	CLAIM(elsewhere / PAGE_SIZE != va / PAGE_SIZE, "no page is mapped where another pool is");
	if (nondet_bool())
		return -12;
	return 0;
}

static u64 used; /* start of this pool's unit */

static bool good(void)
{
	const struct obj_pool *p = &pool;
	u64 end = ARCH_POOL_BASE + ARCH_POOL_SIZE;

	if (next_unit < ARCH_POOL_BASE || next_unit > end || next_unit % UNIT_SIZE)
		return false;
	if (!p->unit_end)
		return !p->next && !p->mapped;
	return p->unit_end % UNIT_SIZE == 0 && p->unit_end > ARCH_POOL_BASE &&
		p->unit_end <= next_unit && used == p->unit_end - UNIT_SIZE && p->next >= used &&
		p->next <= p->unit_end && p->next % 16 == 0 && p->mapped % PAGE_SIZE == 0 &&
		p->mapped >= used && p->mapped <= p->unit_end && p->next <= p->mapped;
}

static struct obj_type type;
static bool made;

/* Whatever _size is: there is no pool but for objects that have a struct obj and lie in a unit. */
void main_types(void)
{
	u32 size = nondet_u32();

	type._size = size;
	made = pool_create(&type) == &pool;
	CLAIM(!made || (size >= sizeof(struct obj) && size <= OBJ_MAX),
		"an object of a possible size");
	CLAIM(!made || (pool.slot_size >= size && pool.slot_size - size < 16),
		"a slot is as large as its object needs");
}

/* An object type as OBJ_TYPE makes it. */
static void make_pool(void)
{
	u64 size = nondet_u64();

	ASSUME(size >= sizeof(struct obj) && size <= OBJ_MAX);
	type._size = (u32)size;
	made = pool_create(&type) == &pool;
	CLAIM(!made || pool.slot_size >= size, "a slot holds an object");
	CLAIM(!made || pool.slot_size % 16 == 0, "slots are aligned");
	CLAIM(!made || (pool.slot_size > 0 && pool.slot_size <= UNIT_SIZE), "a unit holds a slot");
}

void main_addresses(void)
{
	u64 size, before, at;
	struct obj *o;

	must_not_panic = true;
	make_pool();
	if (!made)
		return;
	size = pool.slot_size;
	pool.next = nondet_u64();
	pool.unit_end = nondet_u64();
	pool.mapped = nondet_u64();
	next_unit = nondet_u64();
	used = nondet_u64();
	ASSUME(good());
	before = pool.next;
	elsewhere = nondet_u64();
	ASSUME(elsewhere >= ARCH_POOL_BASE && elsewhere < next_unit &&
		(!pool.unit_end || elsewhere < used || elsewhere >= pool.unit_end));
	o = pool_carve(&pool);
	if (!o) {
		used = pool.unit_end - UNIT_SIZE;
		CLAIM(good(), "the invariant holds after a failure");
		return;
	}
	at = (u64)o;
	CLAIM(at == before || at == pool.unit_end - UNIT_SIZE,
		"a slot starts where the last one ended, or with its unit");
	used = pool.unit_end - UNIT_SIZE;
	CLAIM(good(), "the invariant holds after a slot");
	CLAIM(pool.next == at + size, "the next slot starts where this one ends");
	CLAIM(at >= used && at + size <= pool.unit_end && at + size > at,
		"a slot lies in one unit");
	CLAIM(at + size <= pool.mapped, "all of a slot is mapped");
	CLAIM(at >= ARCH_POOL_BASE && at + size - ARCH_POOL_BASE <= ARCH_POOL_SIZE,
		"a slot lies in the arena");
	CLAIM(elsewhere < at || elsewhere - at >= size,
		"a slot lies on no byte that was given away");
	elsewhere = nondet_u64();
	ASSUME(before && elsewhere >= used && elsewhere < before && at == before);
	CLAIM(elsewhere < at, "nor on a slot of its own unit");
}

/* Pages that one slot needs, at most, in main_map. */
#ifdef DEEP
#define PAGES 16
#else
#define PAGES 8
#endif

/* What pool_map_to promises. */
static bool pool_map_to(struct obj_pool *p, u64 end)
{
	u64 was = p->mapped;

	CLAIM(end <= p->unit_end, "only the pool's unit is mapped");
	p->mapped = nondet_u64();
	ASSUME(p->mapped >= was && p->mapped % PAGE_SIZE == 0 &&
		p->mapped < max(was, end) + PAGE_SIZE);
	return p->mapped >= end;
}

void main_map(void)
{
	u64 end = nondet_u64(), was;

	must_not_panic = true;
	pool.mapped = was = nondet_u64();
	pool.unit_end = nondet_u64();
	ASSUME(pool.unit_end % UNIT_SIZE == 0 && pool.unit_end > ARCH_POOL_BASE &&
		pool.unit_end <= ARCH_POOL_BASE + ARCH_POOL_SIZE);
	used = pool.unit_end - UNIT_SIZE;
	ASSUME(pool.mapped % PAGE_SIZE == 0 && pool.mapped >= used && pool.mapped <= pool.unit_end);
	ASSUME(end >= used && end <= pool.unit_end &&
		(end <= pool.mapped || end - pool.mapped <= PAGES * PAGE_SIZE));
	elsewhere = nondet_u64();
	ASSUME(elsewhere < was || elsewhere >= pool.unit_end);
	if (real_pool_map_to(&pool, end))
		CLAIM(pool.mapped >= end, "all is mapped");
	CLAIM(pool.mapped >= was && pool.mapped % PAGE_SIZE == 0 &&
			pool.mapped < max(was, end) + PAGE_SIZE,
		"and not a page more");
}

/* slot_zero writes the slot behind struct obj, and not a byte more. */
void main_zero(void)
{
	u64 bytes[34], size = nondet_u32(), i = nondet_u64();

	ASSUME(size >= sizeof(struct obj) && size <= sizeof(bytes) - 16);
	type._size = (u32)size;
	size = round_up(size, 16);
	ASSUME(i < ARRAY_LEN(bytes));
	bytes[i] = 5;
	slot_zero((struct obj *)bytes, pool_slot_size(&type));
	CLAIM(bytes[i] == (i >= sizeof(struct obj) / 8 && i < size / 8 ? 0 : 5),
		"the body of a slot is zero, what is beside it stays");
}
