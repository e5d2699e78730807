// SPDX-License-Identifier: MPL-2.0
/*
 * Type-stable object pools (frame/obj.h).
 *
 * The pool arena is cut into units of 2 MiB. A unit belongs to one type for ever; its addresses are
 * slots of that type, mapped page by page as they are first needed. So whatever address was ever a
 * T is a T or unmapped. Freed slots wait in a list per CPU and type, then in the pool's list.
 *
 * Sizes are 64 bits wide wherever they are computed. An object has OBJ_MAX bytes at most, which
 * OBJ_TYPE asks when it is compiled and pool_create once more, for _size is narrower: so a unit
 * holds a slot of any type, and no size wraps.
 *
 * Locking: a CPU's own lists (one page of list heads, by type) by interrupts off; pool.lock guards
 *          the pool's list and its growth, units_lock the arena. Outside the page zone lock.
 * Trust:   _type is written when a slot is carved and never again; a slot enters the free lists
 *          only with a count of zero, from _obj_last_put; the link _next is private to the frame,
 *          so services cannot make the allocator hand out a false address.
 */
#include <frame/log.h>
#include <frame/obj.h>

#include "../lib/lib.h"
#include "page.h"

#define UNIT_SIZE (2ul << 20)
#define NR_UNITS  (ARCH_POOL_SIZE / UNIT_SIZE)
#define MAX_TYPES 256
#define CPU_MAX   64
#define CPU_BATCH 32
static_assert(OBJ_MAX <= UNIT_SIZE && OBJ_MAX % 16 == 0, "a slot lies in one unit");
static_assert(ARCH_POOL_SIZE % UNIT_SIZE == 0, "units fill the arena");

/* Free slots of one type on one CPU. Those of type 0, which does not exist, are always none. */
struct slot_list {
	struct obj *first;
	u64 nr; /* at most CPU_MAX */
};
static_assert(MAX_TYPES * sizeof(struct slot_list) == PAGE_SIZE, "a page for each CPU");

struct obj_pool {
	struct obj_type *type;
	struct spinlock lock;
	struct obj *free;       /* lock */
	u64 nr_free, nr_carved; /* lock; no more than the arena has slots */
	/* lock: where the unit in use stands: next slot, end, mapped up to. */
	u64 next, unit_end, mapped;
	u64 slot_size; /* at most OBJ_MAX */
};

static struct spinlock units_lock; /* guards next_unit, types, nr_types */
static u64 next_unit = ARCH_POOL_BASE;
static struct obj_type *types[MAX_TYPES]; /* by _index; 0 is no type */
static u32 nr_types = 1;

bool pool_init_cpu(struct cpu *c)
{
	paddr_t pa;

	if (c->slots)
		return true;
	pa = page_alloc_frame();
	c->slots = pa ? arch_phys_to_virt(pa) : NULL;
	return pa != 0;
}

void pool_init(void)
{
	if (!pool_init_cpu(&cpus[0]))
		_kernel_panic("no memory for the first objects");
}

static u64 slot_size(const struct obj_type *t)
{
	return round_up((u64)t->_size, 16);
}

static struct obj_pool *pool_create(struct obj_type *t)
{
	u64 flags = spin_lock_irqsave(&units_lock);
	struct obj_pool *p = t->_pool;
	paddr_t pa;

	if (t->_size < sizeof(struct obj) || t->_size > OBJ_MAX)
		_kernel_panic("an object type of no possible size");
	if (!p && nr_types < MAX_TYPES && (pa = page_alloc_frame()) != 0) {
		p = arch_phys_to_virt(pa);
		p->type = t;
		p->slot_size = slot_size(t);
		types[nr_types] = t;
		t->_index = nr_types;
		store_release(t->_pool, p);
		/* last: who goes through the types takes no lock. */
		store_release(nr_types, nr_types + 1);
	}
	spin_unlock_irqrestore(&units_lock, flags);
	return p;
}

/* A new unit for the pool; its lock is held. */
static bool take_unit(struct obj_pool *p)
{
	u64 flags = spin_lock_irqsave(&units_lock);
	bool ok = next_unit < ARCH_POOL_BASE + ARCH_POOL_SIZE;

	if (ok) {
		p->next = next_unit;
		p->mapped = next_unit;
		p->unit_end = next_unit + UNIT_SIZE;
		next_unit += UNIT_SIZE;
	}
	spin_unlock_irqrestore(&units_lock, flags);
	return ok;
}

/* Maps what the next slot needs. */
static bool map_to(struct obj_pool *p, u64 end)
{
	while (p->mapped < end) {
		paddr_t pa = page_alloc_frame();
		if (!pa)
			return false;
		if (kernel_map(p->mapped, pa, false)) {
			page_free_frame(pa);
			return false;
		}
		p->mapped += PAGE_SIZE;
	}
	return true;
}

/* Carves one slot; lock held. */
static struct obj *carve(struct obj_pool *p)
{
	struct obj *o;

	if (p->next + p->slot_size > p->unit_end && !take_unit(p))
		return NULL;
	if (!map_to(p, p->next + p->slot_size))
		return NULL;
	/* TRUST: addresses of this pool's unit, mapped, never used before. */
	o = (struct obj *)p->next;
	p->next += p->slot_size;
	o->_type = p->type->_index;
	p->nr_carved++;
	return o;
}

/* Brings slots to this CPU's empty list: from the pool's list, or one new. Interrupts off. */
static bool refill(struct obj_type *type)
{
	struct obj_pool *p = load_acquire(type->_pool);
	struct slot_list *l;
	struct obj *o;
	u32 n;

	if (!p)
		p = pool_create(type);
	if (!p)
		return false;
	l = &arch_this_cpu()->slots[type->_index];
	spin_lock(&p->lock);
	for (n = 0; n < CPU_BATCH && p->free; n++) {
		o = p->free;
		p->free = o->_next;
		p->nr_free--;
		o->_next = l->first;
		l->first = o;
		l->nr++;
	}
	if (!n && (o = carve(p)) != NULL) {
		o->_next = NULL;
		l->first = o;
		l->nr++;
	}
	spin_unlock(&p->lock);
	return l->first != NULL;
}

static noinline bool refill_cpu(struct obj_type *type)
{
	u64 flags = _arch_irq_save();
	bool ok = refill(type);

	_arch_irq_restore(flags);
	return ok;
}

/* Off this CPU's list; NULL when it is empty. */
static always_inline struct obj *take_slot(struct obj_type *type)
{
	u64 flags = _arch_irq_save();
	struct slot_list *l = &arch_this_cpu()->slots[type->_index];
	struct obj *o = l->first;

	if (likely(o)) {
		l->first = o->_next;
		l->nr--;
	}
	_arch_irq_restore(flags);
	return o;
}

/*
 * The slot is live. Its contents come before its count, for whoever still holds a stale pointer,
 * and before every later store of this CPU (store_release), for whoever gets the pointer, be it by
 * a plain store of a service that asks for no order: the reader's load of a field depends on the
 * address. So nobody ever sees in it what the page held before it was the pool's.
 */
static always_inline struct obj *bring_to_life(struct obj *o)
{
	o->_next = NULL;
	store_release(o->_refs, 1);
	return o;
}

/*
 * In whole words, so that a stale reader never sees half a pointer. @size: of a slot, a multiple of
 * 16.
 */
static always_inline void zero_body(struct obj *o, u64 size)
{
	volatile u64 *w = (u64 *)o + sizeof(*o) / 8;
	volatile u64 *end = (u64 *)((u8 *)o + size);

	for (; end - w >= 8; w += 8)
		w[0] = 0, w[1] = 0, w[2] = 0, w[3] = 0, w[4] = 0, w[5] = 0, w[6] = 0, w[7] = 0;
	for (; w < end; w += 2)
		w[0] = 0, w[1] = 0;
}

struct obj *_obj_alloc(struct obj_type *type)
{
	struct obj *o = take_slot(type);

	if (unlikely(!o))
		return refill_cpu(type) ? _obj_alloc(type) : NULL;
	zero_body(o, slot_size(type));
	return bring_to_life(o);
}

struct obj *obj_alloc_dirty(struct obj_type *type)
{
	struct obj *o = take_slot(type);

	if (unlikely(!o))
		return refill_cpu(type) ? obj_alloc_dirty(type) : NULL;
	return bring_to_life(o);
}

/* Part of a CPU's long list goes to the pool. Interrupts off. */
static noinline void flush_cpu(struct obj_pool *p, struct slot_list *l)
{
	u32 n;

	spin_lock(&p->lock);
	for (n = 0; n < CPU_BATCH; n++) {
		struct obj *o = l->first;
		l->first = o->_next;
		o->_next = p->free;
		p->free = o;
	}
	l->nr -= CPU_BATCH;
	p->nr_free += CPU_BATCH;
	spin_unlock(&p->lock);
}

void _obj_last_put(struct obj *o)
{
	struct obj_type *type = types[o->_type];
	struct slot_list *l;
	u64 flags;

	if (type->_release)
		type->_release(o);
	flags = _arch_irq_save();
	l = &arch_this_cpu()->slots[o->_type];
	o->_next = l->first;
	l->first = o;
	if (unlikely(++l->nr > CPU_MAX))
		flush_cpu(type->_pool, l);
	_arch_irq_restore(flags);
}

void _obj_bad_count(struct obj *o, u32 change)
{
	_add32_relaxed(&o->_refs, -change);
	panic_about("get or put of an object without references, or too many of them",
		types[o->_type]->_name._s);
}

static s64 live_of(const struct obj_pool *p)
{
	u64 live = load_once(p->nr_carved) - load_once(p->nr_free);
	unsigned i;

	for (i = 0; i < nr_cpus; i++)
		live -= load_once(cpus[i].slots[p->type->_index].nr);
	return (s64)live;
}

u64 obj_live_count(void)
{
	s64 live = 0;
	u32 i;

	for (i = 1; i < load_acquire(nr_types); i++)
		live += live_of(types[i]->_pool);
	return (u64)live;
}

/* ---- for self-tests ---- */

/* The length of a list of free slots of @p; ~0: something in it is no free slot of this type. */
static u64 list_length(const struct obj_pool *p, const struct obj *o)
{
	u64 n = 0;

	for (; o; o = load_once(o->_next), n++) {
		u64 at = (u64)o;
		if (n > p->nr_carved || at - ARCH_POOL_BASE >= ARCH_POOL_SIZE ||
			load_once(o->_refs) || o->_type != p->type->_index)
			return ~0ul;
	}
	return n;
}

/*
 * Whether all free slots are of their pools and counted right; @hash takes in what a type is. As
 * with page_audit, false may mean "ask again".
 */
bool pool_audit(u64 *hash)
{
	u32 i;
	unsigned c;

	for (i = 1; i < load_acquire(nr_types); i++) {
		struct obj_pool *p = types[i]->_pool;
		u64 flags = spin_lock_irqsave(&p->lock);
		bool ok = p->type == types[i] && p->type->_index == i &&
			list_length(p, p->free) == p->nr_free && p->nr_free <= p->nr_carved;
		for (c = 0; c < nr_cpus; c++)
			ok = ok &&
				list_length(p, load_once(cpus[c].slots[i].first)) ==
					load_once(cpus[c].slots[i].nr);
		spin_unlock_irqrestore(&p->lock, flags);
		if (!ok)
			return false;
		*hash = (*hash ^ (u64)types[i] ^ types[i]->_size ^ (u64)types[i]->_release) *
			0x100000001b3ul;
	}
	return true;
}

void obj_log_live(void)
{
	u32 i;

	for (i = 1; i < load_acquire(nr_types); i++) {
		struct obj_pool *p = types[i]->_pool;
		s64 live = live_of(p);
		if (!live)
			continue;
		log_info("pool: %ld slots of %lu bytes of the type", live, p->slot_size);
		log_text(LOG_INFO, lit_span(types[i]->_name));
	}
}
