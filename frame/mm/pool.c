// SPDX-License-Identifier: MPL-2.0
/*
 * Type-stable object pools (frame/obj.h).
 *
 * The pool arena is cut into units of 2 MiB. A unit belongs to one type for ever; its addresses are slots of that type, mapped page by page as they are first
 * needed. So whatever address was ever a T is a T or unmapped. Freed slots wait in a list per CPU, then in the pool's list.
 *
 * Locking: the list of a CPU by interrupts off; pool.lock guards the pool's list and its growth, units_lock the arena. Outside the page zone lock.
 * Trust:   _type is written when a slot is carved and never again; a slot enters the free lists only with a count of zero, from _obj_last_put;
 *          the link _next is private to the frame, so services cannot make the allocator hand out a false address.
 */
#include <frame/log.h>
#include <frame/obj.h>

#include "page.h"

#define UNIT_SIZE (2ul << 20)
#define NR_UNITS  (ARCH_POOL_SIZE / UNIT_SIZE)
#define MAX_TYPES 256
#define CPU_MAX   64
#define CPU_BATCH 32

struct obj_pool {
	struct obj_type *type;
	struct spinlock lock;
	struct obj *free;          /* lock */
	u64 next, unit_end, mapped;/* lock: where the unit in use stands: next slot, end, mapped up to */
	u32 slot_size;
	struct {
		struct obj *first;
		u32 nr;
		s64 live;
	} cpu[MAX_CPUS];
};
static_assert(sizeof(struct obj_pool) <= PAGE_SIZE, "a pool is one page");

static struct spinlock units_lock; /* guards next_unit, types, nr_types */
static u64 next_unit = ARCH_POOL_BASE;
static struct obj_type *types[MAX_TYPES]; /* by _index; 0 is no type */
static u32 nr_types = 1;

static struct obj_pool *pool_create(struct obj_type *t)
{
	u64 flags = spin_lock_irqsave(&units_lock);
	struct obj_pool *p = t->_pool;
	paddr_t pa;

	if (!p && nr_types < MAX_TYPES && (pa = page_alloc_frame()) != 0) {
		p = arch_phys_to_virt(pa);
		p->type = t;
		p->slot_size = (u32)round_up(t->_size, 16);
		types[nr_types] = t;
		t->_index = nr_types++;
		store_release(t->_pool, p);
	}
	spin_unlock_irqrestore(&units_lock, flags);
	return p;
}

/* A new unit for the pool; its lock is held. */
static bool take_unit(struct obj_pool *p)
{
	u64 flags = spin_lock_irqsave(&units_lock);
	u64 need = round_up(p->slot_size, UNIT_SIZE);
	bool ok = next_unit + need <= ARCH_POOL_BASE + ARCH_POOL_SIZE;

	if (ok) {
		p->next = next_unit;
		p->mapped = next_unit;
		p->unit_end = next_unit + need;
		next_unit += need;
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
		if (arch_kernel_map(p->mapped, pa, KPROT_READ | KPROT_WRITE)) {
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
	o = (struct obj *)p->next; /* TRUST: addresses of this pool's unit, mapped, never used before */
	p->next += p->slot_size;
	o->_type = p->type->_index;
	return o;
}

static struct obj *alloc_slow(struct obj_pool *p)
{
	struct obj *o, *first = NULL;
	u32 n;

	spin_lock(&p->lock);
	for (n = 0; n < CPU_BATCH && p->free; n++) {
		o = p->free;
		p->free = o->_next;
		o->_next = first;
		first = o;
	}
	if (!first)
		first = carve(p);
	spin_unlock(&p->lock);
	return first;
}

static always_inline void zero_body(struct obj *o, u32 size)
{
	u64 *w = (u64 *)o + sizeof(*o) / 8;
	u64 *end = (u64 *)((u8 *)o + size);

	/* Word by word, so that a stale reader never sees half a pointer. */
	for (; w < end; w++)
		*(volatile u64 *)w = 0;
}

static always_inline struct obj *alloc_slot(struct obj_type *type)
{
	struct obj_pool *p = load_acquire(type->_pool);
	struct obj *o;
	u64 flags;
	unsigned cpu;

	if (unlikely(!p)) {
		p = pool_create(type);
		if (!p)
			return NULL;
	}
	flags = _arch_irq_save();
	cpu = _arch_cpu_id();
	o = p->cpu[cpu].first;
	if (likely(o)) {
		p->cpu[cpu].nr--;
	} else {
		o = alloc_slow(p);
		if (!o) {
			_arch_irq_restore(flags);
			return NULL;
		}
		struct obj *rest;
		for (rest = o->_next; rest; rest = rest->_next)
			p->cpu[cpu].nr++;
	}
	p->cpu[cpu].first = o->_next;
	p->cpu[cpu].live++;
	_arch_irq_restore(flags);
	return o;
}

struct obj *_obj_alloc(struct obj_type *type)
{
	struct obj *o = alloc_slot(type);

	if (unlikely(!o))
		return NULL;
	zero_body(o, (u32)round_up(type->_size, 8));
	o->_next = NULL;
	__atomic_store_n(&o->_refs, 1, __ATOMIC_RELEASE);
	return o;
}

struct obj *obj_alloc_dirty(struct obj_type *type)
{
	struct obj *o = alloc_slot(type);

	if (unlikely(!o))
		return NULL;
	o->_next = NULL;
	__atomic_store_n(&o->_refs, 1, __ATOMIC_RELEASE);
	return o;
}

/* Part of a CPU's long list goes to the pool. Interrupts off. */
static void flush_cpu(struct obj_pool *p, unsigned cpu)
{
	u32 n;

	spin_lock(&p->lock);
	for (n = 0; n < CPU_BATCH; n++) {
		struct obj *o = p->cpu[cpu].first;
		p->cpu[cpu].first = o->_next;
		o->_next = p->free;
		p->free = o;
	}
	p->cpu[cpu].nr -= CPU_BATCH;
	spin_unlock(&p->lock);
}

void _obj_last_put(struct obj *o)
{
	struct obj_type *type = types[o->_type];
	struct obj_pool *p = type->_pool;
	u64 flags;
	unsigned cpu;

	type->_release(o);
	flags = _arch_irq_save();
	cpu = _arch_cpu_id();
	o->_next = p->cpu[cpu].first;
	p->cpu[cpu].first = o;
	p->cpu[cpu].live--;
	if (unlikely(++p->cpu[cpu].nr > CPU_MAX))
		flush_cpu(p, cpu);
	_arch_irq_restore(flags);
}

void _obj_bad_count(struct obj *o, u32 change)
{
	__atomic_fetch_sub(&o->_refs, change, __ATOMIC_RELAXED);
	log_err("reference count of an object of type:");
	log_text(LOG_ERR, lit_span(types[o->_type]->_name));
	_kernel_panic("get or put of an object without references, or too many of them");
}

static s64 live_of(const struct obj_pool *p)
{
	s64 live = 0;
	unsigned i;

	for (i = 0; i < nr_cpus; i++)
		live += load_once(p->cpu[i].live);
	return live;
}

u64 obj_live_count(void)
{
	s64 live = 0;
	u32 i;

	for (i = 1; i < nr_types; i++)
		live += live_of(types[i]->_pool);
	return (u64)live;
}

void obj_log_live(void)
{
	u32 i;

	for (i = 1; i < nr_types; i++) {
		struct obj_pool *p = types[i]->_pool;
		s64 live = live_of(p);
		if (!live)
			continue;
		log_info("pool: %ld slots of %u bytes of the type", live, p->slot_size);
		log_text(LOG_INFO, lit_span(types[i]->_name));
	}
}
