// SPDX-License-Identifier: MPL-2.0
/*
 * Type-stable object pools (frame/obj.h), and the reuse of slots.
 *
 * The pool arena is cut into units of 2 MiB. A unit belongs to one type for ever. Its addresses are
 * slots of that type, mapped page by page when they are first needed. So an address that was ever a
 * T is a T, or zeroes that cannot become anything but a T (trim.c), or unmapped.
 *
 * The life of a slot. pool_carve cuts it from a group of slots (group.c) and writes its _type.
 * Allocation takes it off this CPU's list, with interrupts off, zeroes its body in whole words, and
 * stores a count of 1 as a release. The last put makes the count that of a dead object, so no get
 * succeeds from then on, runs the release function, and puts the slot on this CPU's list. Freed
 * slots wait in a list for each CPU and type; batches of them move to the lists of their groups and
 * back under pool.lock. When memory is short, obj_trim gives back the pages of groups whose slots
 * are all free, and the slots are gone until the group's addresses are carved again. If there is no
 * memory for a new slot, the allocation returns NULL.
 *
 * All sizes are computed in 64 bits. An object has at most OBJ_MAX bytes; OBJ_TYPE checks this at
 * compile time, and pool_create checks it again because _size is narrower. So a unit holds a slot
 * of any type, and no size wraps.
 *
 * Locking: a CPU's own lists (one page of list heads, by type) are used with interrupts off.
 *          pool.lock guards the pool's groups and its growth; types_lock the table of types. Both
 *          are taken before the page zone lock.
 * Trust: a live slot's _type is that of its pool: written when the slot is carved, each time the
 *        same, and zero in a slot that is not carved. A slot is in one free list, once: it enters
 *        from _obj_last_put, which only the one CPU passes that changes its count from zero to
 *        dead, or from pool_carve. Only slot_publish makes a dead count live again. The link _next
 *        is private to the frame, so services cannot make the allocator return a false address.
 */
#include <frame/log.h>
#include <frame/obj.h>
#include <frame/objstat.h>

#include "../lib/lib.h"
#include "pool.h"

#define MAX_TYPES 256
#define CPU_MAX   64
#define CPU_BATCH 32

static_assert(MAX_TYPES * sizeof(struct slot_list) == PAGE_SIZE, "a page for each CPU");
static_assert(MAX_TYPES <= 1u << 16, "struct group has the index of any type");

static struct spinlock types_lock; /* guards the creation of pools */
/* By _index; 0 is the type of a slot that is not carved, OBJ_NO_POOL of a type without a pool. */
struct obj_type *pool_types[MAX_TYPES];
static struct obj_pool pools[MAX_TYPES];
static u32 nr_types = OBJ_NO_POOL + 1;

u32 pool_nr_types(void)
{
	return load_acquire(nr_types);
}

struct obj_pool *pool_by_index(u32 i)
{
	return &pools[i];
}

bool pool_init_cpu(struct cpu *c)
{
	paddr_t pa;

	if (c->slots)
		return true;
	pa = page_alloc_frame();
	c->slots = pa ? arch_phys_to_virt(pa) : NULL;
	return pa && trim_add_cpu();
}

void pool_init(void)
{
	if (!trim_init() || !pool_init_cpu(&cpus[0]))
		_kernel_panic("no memory for the first objects");
}

static u64 pool_slot_size(const struct obj_type *t)
{
	return round_up((u64)t->_size, 16);
}

static struct obj_pool *pool_create(struct obj_type *t)
{
	u64 flags = spin_lock_irqsave(&types_lock);
	struct obj_pool *p = t->_pool;

	if (t->_size < sizeof(struct obj) || t->_size > OBJ_MAX)
		_kernel_panic("an object type of no possible size");
	if (!p && nr_types == MAX_TYPES)
		_kernel_panic("more types of objects than MAX_TYPES");
	if (!p) {
		p = &pools[nr_types];
		p->type = t;
		p->slot_size = pool_slot_size(t);
		pool_layout(p);
		pool_types[nr_types] = t;
		t->_index = nr_types;
		store_release(t->_pool, p);
		/* last, because readers of the types take no lock */
		store_release(nr_types, nr_types + 1);
	}
	spin_unlock_irqrestore(&types_lock, flags);
	return p;
}

static always_inline void slot_list_push(struct slot_list *l, struct obj *o)
{
	o->_next = l->first;
	l->first = o;
	l->nr++;
}

/* Fills this CPU's empty list: from the pool's groups, or with one new slot. Interrupts off. */
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
	for (n = 0; n < CPU_BATCH && (o = pool_take_slot(p)) != NULL; n++)
		slot_list_push(l, o);
	if (!n && (o = pool_carve(p)) != NULL)
		slot_list_push(l, o);
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
	volatile u64 *end = (u64 *)((u8 *)o + size), *whole = w + ((end - w) & ~15l);

	for (; w != whole; w += 16) {
		w[0] = 0, w[1] = 0, w[2] = 0, w[3] = 0, w[4] = 0, w[5] = 0, w[6] = 0, w[7] = 0;
		w[8] = 0, w[9] = 0, w[10] = 0, w[11] = 0;
		w[12] = 0, w[13] = 0, w[14] = 0, w[15] = 0;
	}
	for (; w != end; w += 2)
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

/* Moves @n slots of a CPU's list to their groups. Interrupts off. */
static noinline void slot_list_flush(struct obj_pool *p, struct slot_list *l, u64 n)
{
	spin_lock(&p->lock);
	for (; n; n--) {
		struct obj *o = l->first;
		l->first = o->_next;
		l->nr--;
		pool_put_slot(p, o);
	}
	spin_unlock(&p->lock);
}

void pool_flush_cpu(void)
{
	struct slot_list *lists = arch_this_cpu()->slots;
	u32 i, n = pool_nr_types();

	for (i = OBJ_NO_POOL + 1; i < n; i++) {
		if (lists[i].nr)
			slot_list_flush(&pools[i], &lists[i], lists[i].nr);
	}
}

void _obj_last_put(struct obj *o)
{
	struct obj_type *type = pool_types[load_once(o->_type)];
	struct slot_list *l;
	u64 flags;

	/*
	 * TRUST: between the put that made the count zero and this swap, a stale get on another CPU
	 * may make it 1 until it traps, so that a third CPU can take and put a reference, and comes
	 * here as well. One of them finds zero and frees the slot, once; the other one traps. The
	 * swap is paid once in a life, on a word that the put has just written; get, tryget and put
	 * cost what they would if a free slot's count were zero.
	 */
	if (unlikely(!type || _swap32_relaxed(&o->_refs, _OBJ_DEAD)))
		_kernel_panic(
			"last put of an object that somebody else gets or puts without a reference");
	if (type->_release)
		type->_release(o);
	flags = _arch_irq_save();
	l = &arch_this_cpu()->slots[type->_index];
	slot_list_push(l, o);
	if (unlikely(l->nr > CPU_MAX))
		slot_list_flush(type->_pool, l, CPU_BATCH);
	_arch_irq_restore(flags);
}

void _obj_bad_count(struct obj *o, u32 change)
{
	const struct obj_type *type = pool_types[o->_type]; /* NULL: the slot has been trimmed */

	_add32_relaxed(&o->_refs, -change);
	panic_about("get or put of an object without references, or too many of them",
		type ? type->_name._s : NULL);
}

bool _obj_no_ref(struct obj *o, u32 refs)
{
	if (unlikely(refs == 0x7fffffff))
		_obj_bad_count(o, 0);
	return false;
}

s64 pool_live(const struct obj_pool *p)
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

	for (i = OBJ_NO_POOL + 1; i < pool_nr_types(); i++)
		live += pool_live(&pools[i]);
	return (u64)live;
}

bool objstat_nth(u32 i, struct objstat *out)
{
	const struct obj_pool *p = &pools[OBJ_NO_POOL + 1];

	if (i >= pool_nr_types() - (OBJ_NO_POOL + 1))
		return false;
	p += i;
	*out = (struct objstat){ .name = p->type->_name,
		.live = (u64)max(pool_live(p), 0l),
		.slots = load_once(p->nr_carved),
		.slot_size = p->slot_size,
		.slots_per_group = p->group_bytes / p->slot_size,
		.pages_per_group = p->group_size / PAGE_SIZE };
	return true;
}

void obj_log_live(void)
{
	u32 i;

	for (i = OBJ_NO_POOL + 1; i < pool_nr_types(); i++) {
		struct obj_pool *p = &pools[i];
		s64 live = pool_live(p);
		if (!live)
			continue;
		log_info("pool: %ld slots of %lu bytes of the type", live, p->slot_size);
		log_text(LOG_INFO, lit_span(pool_types[i]->_name));
	}
}
