// SPDX-License-Identifier: MPL-2.0
/*
 * Pools give pages back: obj_trim, and writes to slots whose pages are gone.
 *
 * What stale pointers need. A service may keep a pointer to a released object for ever, and read
 * and write through it: obj_tryget does both, and so does a service that is wrong. The address must
 * stay memory of the object's type, and no other memory may be reached through it. So a page that
 * goes back is replaced by one shared page of zeroes, read-only. A reader sees a slot with a count
 * of zero (obj_tryget fails), the type 0 (obj_cast fails), and fields that are zero, as all fields
 * of a new object are. A write faults, and pool_write_fault gives the address a page of its own
 * before the write is tried again. In that page the counts of all slots are dead (pool_bury), so no
 * obj_get ever changes a count from zero. So a late write is what it was before: a change of a free
 * slot, which no one minds. This is not only for services that are wrong. Between the load of a
 * count that was not yet dead and the compare-and-swap of obj_tryget, the object can be released
 * and its page go back; then the swap faults (on x86_64 even if it does not swap), finds a dead
 * count, and fails.
 *
 * How a page goes back (pool_trim). Under pool.lock, empty groups leave their list: all their slots
 * are free and in no CPU's list, so no slot comes to life from now on, and all counts stay dead.
 * Each page's entry is replaced by the page of zeroes. A CPU that still has the old entry in its
 * TLB reads the old page, whose counts are dead, or writes to it, which no one sees. All
 * TLBs are flushed. Only then the pages are freed, so nothing is ever written to a page that is
 * another's. Last the groups become trimmed ones, and may be used again (group.c, pool_remap).
 *
 * How a page comes back (pool_write_fault), on the CPU that faulted, with interrupts off and
 * pool.lock held: if the page of zeroes is mapped at the address, a zeroed page replaces it. Other
 * CPUs may still read zeroes there until they write; this shows a free slot in its old state, or
 * makes them fault, find the page, and drop the entry (kernel_map_refresh). The group becomes a
 * revived one: obj_trim takes the page again, or the pool uses it. The handler takes pool.lock, so
 * code that holds one must not write to a trimmed group. It does not: it writes to slots that are
 * free in a list, and to those that it carves, whose group was flushed. If the group is leaving
 * just now, its state is its trimmer's; the mark `revived` tells that one. The trimmer replaces
 * each entry once, by a swap, so it gets either the page that the handler puts there and frees it
 * after its flush, or the handler comes after it.
 *
 * Memory for a fault. pool_write_fault cannot wait. If no page is free, it takes one of
 * SPARES_FOR_CPU spare ones for each CPU. They are set aside at boot, before memory can be out, and
 * obj_trim fills them up from the first pages that it frees. It takes no page while there are not
 * enough for one fault on each CPU. A correct service writes to a trimmed page only in such a
 * window as that of obj_tryget above, of which a CPU is in one, or one more in each nested
 * interrupt; and the reserve of the kernel must be gone as well. If the spares are, too, the write
 * traps.
 *
 * What stays. A type whose slots are changed by code without a reference keeps its pages
 * (obj_type._stays): a waker may hold the lock in the slot of a task that is gone (park.c), and
 * must not find that another CPU has it, too.
 *
 * Locking: pool.lock; spare_lock inside it. None of them is held while pages are flushed or CPUs
 *          are called, here.
 * Trust: a page is freed only when its address shows something else on all CPUs. The page of zeroes
 *        is never writable, never freed, and mapped only for addresses of groups without a live
 *        slot.
 */
#include <frame/log.h>
#include <frame/obj.h>

#include "pool.h"

#define TRIM_PAGES     256 /* in one section under pool.lock, and for one flush */
#define SPARES_FOR_CPU 2

paddr_t pool_zero_page;

static struct spinlock spare_lock;
static paddr_t spares[SPARES_FOR_CPU * MAX_CPUS]; /* zeroed when they are used */
static u32 nr_spares, max_spares;                 /* max_spares: written at boot */

bool trim_init(void)
{
	pool_zero_page = page_alloc_frame();
	return pool_zero_page != 0;
}

/* Keeps @pa as a spare page; false: there are enough. */
static bool spare_put(paddr_t pa)
{
	u64 flags = spin_lock_irqsave(&spare_lock);
	bool kept = nr_spares < max_spares;

	if (kept)
		spares[nr_spares++] = pa;
	spin_unlock_irqrestore(&spare_lock, flags);
	return kept;
}

/* A zeroed page, or 0. */
static paddr_t spare_take(void)
{
	paddr_t pa = page_alloc_frame();
	u64 flags;

	if (pa)
		return pa;
	flags = spin_lock_irqsave(&spare_lock);
	if (nr_spares)
		pa = spares[--nr_spares];
	spin_unlock_irqrestore(&spare_lock, flags);
	if (pa)
		memset(arch_phys_to_virt(pa), 0, PAGE_SIZE);
	return pa;
}

/* Fills up the spare pages. False: there are fewer than CPUs, and no memory for more. */
static bool spares_fill(void)
{
	while (load_once(nr_spares) < max_spares) {
		paddr_t pa = page_alloc_frame();
		if (!pa)
			break;
		if (!spare_put(pa))
			page_free_frame(pa);
	}
	return load_once(nr_spares) >= max_spares / SPARES_FOR_CPU;
}

bool trim_add_cpu(void)
{
	max_spares = min(max_spares + SPARES_FOR_CPU, (u32)ARRAY_LEN(spares));
	return spares_fill();
}

/* ---- pages go ---- */

/* What one flush is for: the pages, linked by page.next, and their addresses. */
struct trim {
	struct page *pages;
	u64 lo, hi;
};

/* Takes groups whose pages may go, up to about @max pages. Returns them linked by next. */
static struct group *trim_take_groups(struct obj_pool *p, u64 max)
{
	struct group *g, *taken = NULL;
	u64 n;

	for (n = 0; n < max; n += p->group_bytes >> PAGE_SHIFT) {
		g = p->list[GROUP_EMPTY];
		if (!g)
			g = p->list[GROUP_READY];
		if (!g)
			g = p->list[GROUP_REVIVED];
		if (!g)
			break;
#ifdef KEEL_DEBUG
		if (group_count_free(p, g) != g->nr_free || g->nr_free != g->nr_carved)
			frame_bug("the slots of an empty group are not all free");
#endif
		group_unlink(p, g);
		g->state = GROUP_LEAVING;
		g->revived = false;
		p->nr_free -= g->nr_free;
		p->nr_carved -= g->nr_carved;
		g->free = NULL;
		g->nr_free = 0;
		g->nr_carved = 0;
		g->next = taken;
		taken = g;
	}
	return taken;
}

/* Replaces the pages at [va, end) by the page of zeroes. */
static void trim_replace(struct trim *t, u64 va, u64 end)
{
	t->lo = min(t->lo, va);
	t->hi = max(t->hi, end);
	for (; va < end; va += PAGE_SIZE) {
		paddr_t pa = kernel_map_swap_ro(va, pool_zero_page);
		struct page *page;
		if (pa == pool_zero_page)
			continue;           /* of a revived group */
		page = page_from_paddr(pa); /* TRUST: a page of pool_map_page */
		page->next = t->pages;
		t->pages = page;
	}
}

static u64 trim_free_pages(struct trim *t)
{
	struct page *page, *next;
	u64 n = 0;

	for (page = t->pages; page; page = next) {
		next = page->next;
		if (spare_put(page_pa(page)))
			continue;
		page_free_frame(page_pa(page));
		n++;
	}
	return n;
}

/* One batch. */
static u64 pool_trim(struct obj_pool *p, u64 max)
{
	struct trim t = { .lo = ~0ul };
	struct group *taken, *g, *next;
	u64 flags = spin_lock_irqsave(&p->lock);

	taken = trim_take_groups(p, min(max, (u64)TRIM_PAGES));
	spin_unlock_irqrestore(&p->lock, flags);
	if (!taken)
		return 0;
	for (g = taken; g; g = g->next)
		trim_replace(&t, group_va(g), group_va(g) + p->group_bytes);
	/* TRUST: no CPU reaches the pages after this. */
	arch_kernel_flush(t.lo, t.hi);
	flags = spin_lock_irqsave(&p->lock);
	for (g = taken; g; g = next) {
		next = g->next;
		group_link(p, g, g->revived ? GROUP_REVIVED : GROUP_TRIMMED);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return trim_free_pages(&t);
}

static u64 trim_pools(u64 nr_pages)
{
	static u32 hand; /* the pool that is next; a race of two does no harm */
	u32 nr = pool_nr_types(), i;
	u64 freed = 0, n;

	for (i = OBJ_NO_POOL + 1; i < nr && freed < nr_pages; i++) {
		u32 k = OBJ_NO_POOL + 1 + load_once(hand) % (nr - OBJ_NO_POOL - 1);
		struct obj_pool *p = pool_by_index(k);
		do {
			n = p->type->_stays ? 0 : pool_trim(p, nr_pages - freed);
			freed += n;
		} while (n && freed < nr_pages);
		if (freed < nr_pages)
			store_once(hand, k - OBJ_NO_POOL);
	}
	return freed;
}

static void trim_flush_here(void *unused)
{
	u64 flags = _arch_irq_save();

	(void)unused;
	pool_flush_cpu();
	_arch_irq_restore(flags);
}

/* Has all CPUs put the slots of their lists back, which may keep a page each. */
static void trim_flush_cpus(void)
{
	u64 others = 0;
	unsigned i;

	trim_flush_here(NULL);
	for (i = 0; i < nr_cpus; i++) {
		if (i != _arch_cpu_id() && load_acquire(cpus[i].online))
			others |= 1ul << i;
	}
	if (others)
		ipi_call(others, trim_flush_here, NULL);
}

u64 obj_trim(u64 nr_pages)
{
	u64 freed;

	must_be_task();
	if (!spares_fill())
		return 0;
	freed = trim_pools(nr_pages);
	if (!freed) {
		trim_flush_cpus();
		freed = trim_pools(nr_pages);
	}
	return freed;
}

/* ---- pages come back ---- */

/* The pool whose page is at @va, or NULL: no page of a pool is mapped there. */
static struct obj_pool *pool_of_page(u64 va)
{
	u32 type;

	if (va < POOL_UNITS || va >= pool_arena_end() || !kernel_lookup(va))
		return NULL;
	/*
	 * The unit's first group got its type before the page was mapped, which kernel_lookup saw.
	 */
	type = group_at(round_down(va, UNIT_SIZE))->type;
	return type > OBJ_NO_POOL ? pool_by_index(type) : NULL;
}

/* Gives @va a page, if it has the page of zeroes. pool.lock held. */
static bool pool_revive(struct obj_pool *p, u64 va)
{
	struct group *g = group_at(round_down(va, p->group_size));
	paddr_t pa = kernel_lookup(va) == pool_zero_page ? spare_take() : 0;

	if (!pa)
		return false;
	pool_bury(p, va, pa);
	/* Cannot fail: the tables are there. */
	if (kernel_map(va, pa, false))
		return false;
	g->revived = true;
	if (g->state == GROUP_TRIMMED) {
		group_unlink(p, g);
		group_link(p, g, GROUP_REVIVED);
	}
	return true;
}

bool pool_write_fault(u64 addr)
{
	u64 va = round_down(addr, PAGE_SIZE), flags;
	struct obj_pool *p = pool_of_page(va);
	bool back;

	if (!p)
		return kernel_map_refresh(addr);
	/* A new page that this CPU has cached as absent, perhaps under pool.lock. */
	if (kernel_lookup(va) != pool_zero_page && kernel_map_refresh(addr))
		return true;
	/*
	 * The page is trimmed; or another CPU has just mapped a page instead, and kernel_map there
	 * has not counted it yet, which it does before it releases the lock.
	 */
	flags = spin_lock_irqsave(&p->lock);
	back = pool_revive(p, va);
	spin_unlock_irqrestore(&p->lock, flags);
	return back || kernel_map_refresh(addr);
}
