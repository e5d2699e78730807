// SPDX-License-Identifier: MPL-2.0
/*
 * Type-stable object pools (frame/obj.h), and the reuse of slots.
 *
 * The pool arena is cut into units of 2 MiB. A unit belongs to one type for ever. Its addresses are
 * slots of that type, mapped page by page when they are first needed. So an address that was ever a
 * T is a T or unmapped.
 *
 * The life of a slot. pool_carve cuts it from the unit and writes its _type, once. Allocation takes
 * it off this CPU's list, with interrupts off, zeroes its body in whole words, and stores a count
 * of 1 as a release. The last put runs the release function while the count is zero, so no get
 * succeeds meanwhile, and puts the slot on this CPU's list. Freed slots wait in a list for each CPU
 * and type; batches of them move to the pool's list and back under pool.lock. If there is no memory
 * for a new slot, the allocation returns NULL.
 *
 * All sizes are computed in 64 bits. An object has at most OBJ_MAX bytes; OBJ_TYPE checks this at
 * compile time, and pool_create checks it again because _size is narrower. So a unit holds a slot
 * of any type, and no size wraps.
 *
 * Locking: a CPU's own lists (one page of list heads, by type) are used with interrupts off.
 *          pool.lock guards the pool's list and its growth, units_lock the arena. Both are taken
 *          before the page zone lock.
 * Trust: _type is written when a slot is carved and never again. A slot enters the free lists only
 *        with a count of zero, from _obj_last_put. The link _next is private to the frame, so
 *        services cannot make the allocator return a false address.
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

/* Free slots of one type on one CPU. The list of type 0, which does not exist, is always empty. */
struct slot_list {
	struct obj *first;
	u64 nr; /* at most CPU_MAX */
};
static_assert(MAX_TYPES * sizeof(struct slot_list) == PAGE_SIZE, "a page for each CPU");

struct obj_pool {
	struct obj_type *type;
	struct spinlock lock;
	struct obj *free;       /* lock */
	u64 nr_free, nr_carved; /* lock; at most the number of slots in the arena */
	/* lock: in the present unit: next slot, end, end of the mapped part. */
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

static u64 pool_slot_size(const struct obj_type *t)
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
	if (!p && nr_types == MAX_TYPES)
		_kernel_panic("more types of objects than MAX_TYPES");
	if (!p && (pa = page_alloc_frame()) != 0) {
		p = arch_phys_to_virt(pa);
		p->type = t;
		p->slot_size = pool_slot_size(t);
		types[nr_types] = t;
		t->_index = nr_types;
		store_release(t->_pool, p);
		/* last, because readers of the types take no lock */
		store_release(nr_types, nr_types + 1);
	}
	spin_unlock_irqrestore(&units_lock, flags);
	return p;
}

/* Takes a new unit for the pool, whose lock is held. */
static bool pool_take_unit(struct obj_pool *p)
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

/* Maps the pages up to @end, for the next slot. */
static bool pool_map_to(struct obj_pool *p, u64 end)
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
static struct obj *pool_carve(struct obj_pool *p)
{
	struct obj *o;

	if (p->next + p->slot_size > p->unit_end && !pool_take_unit(p))
		return NULL;
	if (!pool_map_to(p, p->next + p->slot_size))
		return NULL;
	/* TRUST: addresses of this pool's unit, mapped, and never used before. */
	o = (struct obj *)p->next;
	p->next += p->slot_size;
	o->_type = p->type->_index;
	p->nr_carved++;
	return o;
}

/* Fills this CPU's empty list: from the pool's list, or with one new slot. Interrupts off. */
static bool pool_refill(struct obj_type *type)
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
	if (!n && (o = pool_carve(p)) != NULL) {
		o->_next = NULL;
		l->first = o;
		l->nr++;
	}
	spin_unlock(&p->lock);
	return l->first != NULL;
}

static noinline bool pool_refill_cpu(struct obj_type *type)
{
	u64 flags = _arch_irq_save();
	bool ok = pool_refill(type);

	_arch_irq_restore(flags);
	return ok;
}

/* Takes a slot off this CPU's list; NULL when it is empty. */
static always_inline struct obj *slot_take(struct obj_type *type)
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
 * Makes the slot live.
 *
 * Its contents are stored before its count, for readers that still hold a stale pointer. They are
 * also stored before every later store of this CPU (store_release), for readers that get the
 * pointer, even by a plain store of a service that requests no order: the reader's load of a field
 * depends on the address. So no reader ever sees what the page held before it belonged to the pool.
 */
static always_inline struct obj *slot_publish(struct obj *o)
{
	o->_next = NULL;
	store_release(o->_refs, 1);
	return o;
}

/*
 * Zeroes in whole words, so that a stale reader never sees half a pointer. @size: of a slot, a
 * multiple of 16.
 */
static always_inline void slot_zero(struct obj *o, u64 size)
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
	struct obj *o = slot_take(type);

	if (unlikely(!o))
		return pool_refill_cpu(type) ? _obj_alloc(type) : NULL;
	slot_zero(o, pool_slot_size(type));
	return slot_publish(o);
}

struct obj *obj_alloc_dirty(struct obj_type *type)
{
	struct obj *o = slot_take(type);

	if (unlikely(!o))
		return pool_refill_cpu(type) ? obj_alloc_dirty(type) : NULL;
	return slot_publish(o);
}

/* Moves part of a CPU's long list to the pool. Interrupts off. */
static noinline void slot_list_flush(struct obj_pool *p, struct slot_list *l)
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
		slot_list_flush(type->_pool, l);
	_arch_irq_restore(flags);
}

void _obj_bad_count(struct obj *o, u32 change)
{
	_add32_relaxed(&o->_refs, -change);
	panic_about("get or put of an object without references, or too many of them",
		types[o->_type]->_name._s);
}

static s64 pool_live(const struct obj_pool *p)
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
		live += pool_live(types[i]->_pool);
	return (u64)live;
}

/* ---- for self-tests ---- */

u64 pool_live_like(const struct obj *o)
{
	return (u64)pool_live(types[o->_type]->_pool);
}

/* The length of a list of free slots of @p; ~0: an element is no free slot of this type. */
static u64 pool_list_length(const struct obj_pool *p, const struct obj *o)
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
 * Whether all free slots belong to their pools and are counted right; *@hash then covers the
 * definition of each type. As with page_audit, false may mean "try again".
 */
bool pool_audit(u64 *hash)
{
	u32 i;
	unsigned c;

	for (i = 1; i < load_acquire(nr_types); i++) {
		struct obj_pool *p = types[i]->_pool;
		u64 flags = spin_lock_irqsave(&p->lock);
		bool ok = p->type == types[i] && p->type->_index == i &&
			pool_list_length(p, p->free) == p->nr_free && p->nr_free <= p->nr_carved;
		for (c = 0; c < nr_cpus; c++)
			ok = ok &&
				pool_list_length(p, load_once(cpus[c].slots[i].first)) ==
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
		s64 live = pool_live(p);
		if (!live)
			continue;
		log_info("pool: %ld slots of %lu bytes of the type", live, p->slot_size);
		log_text(LOG_INFO, lit_span(types[i]->_name));
	}
}
