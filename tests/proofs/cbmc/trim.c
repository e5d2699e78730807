// SPDX-License-Identifier: MPL-2.0
/*
 * What obj_trim takes (frame/mm/trim.c), for a group of any size at any address: each page of the
 * group goes, no other one does, and none is freed before all TLBs were flushed for its address.
 *
 * `chosen` stands for any page of the group. tests/proofs/run takes the list of pages that go apart:
 * the real code links them, and page_from_paddr gives them out again.
 */
#include "proof.h"

#include "frame/mm/pool.h"

static struct group one;
static u64 one_va;
#define group_va(g)  (CLAIM((g) == &one, "the group in question"), one_va)
#define group_at(va) (&one)

#include "frame/mm/trim.c"

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = 1;
#define PAGES 3
static struct page page_array[PAGES + 1];
struct page_range page_ranges[MAX_RAM_RANGES];

static struct obj_type type;
static struct obj_pool pool = { .type = &type };
static u64 chosen, times_swapped, times_freed; /* index of a page in the group */
static bool is_flushed, was_zero;

struct cpu *arch_this_cpu(void)
{
	return &cpus[0];
}
void *arch_phys_to_virt(u64 pa)
{
	(void)pa;
	return NULL;
}
void _spin_wait(struct spinlock *l)
{
	(void)l;
	ASSUME(false);
}
void no_task_here(void)
{
	ASSUME(false);
	for (;;)
		;
}
void ipi_call(u64 mask, void (*fn)(void *), void *arg)
{
	(void)mask, (void)fn, (void)arg;
}
void pool_flush_cpu(void)
{
}
struct obj_pool *pool_by_index(u32 i)
{
	(void)i;
	return &pool;
}
u32 pool_nr_types(void)
{
	return OBJ_NO_POOL + 2;
}
u64 pool_arena_end(void)
{
	return ARCH_POOL_BASE + ARCH_POOL_SIZE;
}
u64 group_count_free(const struct obj_pool *p, const struct group *g)
{
	(void)p;
	return g->nr_free;
}
void group_link(struct obj_pool *p, struct group *g, enum group_state s)
{
	p->list[s] = g;
	g->state = (u8)s;
	g->next = NULL;
}
void group_unlink(struct obj_pool *p, struct group *g)
{
	CLAIM(p->list[g->state] == g, "the group in question");
	p->list[g->state] = NULL;
}
void pool_bury(const struct obj_pool *p, u64 va, paddr_t pa)
{
	(void)p, (void)va, (void)pa;
}
paddr_t page_alloc_frame(void)
{
	return 0;
}
struct page *page_from_paddr_slow(paddr_t pa)
{
	(void)pa;
	CLAIM(false, "a page that there is");
	return NULL;
}
/* The page at place n of the group is n + 1. */
paddr_t kernel_map_swap_ro(u64 va, paddr_t pa)
{
	u64 n = (va - one_va) / PAGE_SIZE;

	CLAIM(va >= one_va && va < one_va + pool.group_bytes && va % PAGE_SIZE == 0,
		"only pages of the group go");
	CLAIM(pa == pool_zero_page, "and the page of zeroes comes");
	if (n == chosen) {
		times_swapped++;
		is_flushed = false;
		if (was_zero)
			return pool_zero_page;
	}
	return (n + 1) * PAGE_SIZE;
}
void arch_kernel_flush(u64 start, u64 end)
{
	u64 va = one_va + chosen * PAGE_SIZE;

	if (va >= start && va < end)
		is_flushed = true;
}
void page_free_frame(paddr_t pa)
{
	CLAIM(pa != pool_zero_page, "the page of zeroes stays");
	if (pa == (chosen + 1) * PAGE_SIZE) {
		CLAIM(times_swapped, "no page is freed that is mapped");
		CLAIM(is_flushed, "no page is freed that a TLB may have");
		times_freed++;
	}
}
int kernel_map(u64 va, paddr_t pa, bool device)
{
	(void)va, (void)pa, (void)device;
	return 0;
}
paddr_t kernel_lookup(u64 va)
{
	(void)va;
	return 0;
}
bool kernel_map_refresh(u64 va)
{
	(void)va;
	return false;
}

void main_trim(void)
{
	u64 n;
	u32 i;

	must_not_panic = true;
	for (i = 0; i <= PAGES; i++)
		page_array[i].pfn = i;
	page_ranges[0] = (struct page_range){ 0, PAGES + 1, page_array };
	pool_zero_page = (PAGES + 2) * PAGE_SIZE;
	pool.group_bytes = nondet_u64();
	ASSUME(pool.group_bytes % PAGE_SIZE == 0 && pool.group_bytes &&
		pool.group_bytes <= PAGES * PAGE_SIZE);
	one_va = nondet_u64();
	ASSUME(one_va % PAGE_SIZE == 0 && one_va >= POOL_UNITS &&
		one_va <= ARCH_POOL_BASE + ARCH_POOL_SIZE - UNIT_SIZE);
	chosen = nondet_u64();
	ASSUME(chosen < pool.group_bytes / PAGE_SIZE);
	was_zero = nondet_bool();
	one.nr_free = one.nr_carved = nondet_u16();
	pool.nr_free = pool.nr_carved = one.nr_free;
	/* One place of the lists: so the model is small. */
	group_link(&pool, &one, GROUP_REVIVED);
	n = pool_trim(&pool, 1);
	CLAIM(times_swapped == 1, "each page goes once");
	CLAIM(times_freed == !was_zero, "and is freed, unless it was the page of zeroes");
	CLAIM(n <= pool.group_bytes / PAGE_SIZE, "no more pages than the group has");
	CLAIM(one.state == GROUP_TRIMMED && !one.free && !one.nr_carved && !one.nr_free &&
			!pool.nr_free && !pool.nr_carved,
		"its slots are gone");
}
