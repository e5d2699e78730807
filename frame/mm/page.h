// SPDX-License-Identifier: MPL-2.0
/* The page array. Private to frame/mm. */
#ifndef FRAME_MM_PAGE_H
#define FRAME_MM_PAGE_H

#include "../arch.h"
#include "../cpu_local.h"

enum page_state { PAGE_STATE_RESERVED, PAGE_STATE_FREE, PAGE_STATE_UNTYPED, PAGE_STATE_FRAME };

/*
 * The state of a page of RAM; it exists for ever. refs: the services' references in the low half,
 * the frame's in the high half. Only the allocator raises it from zero. All other code checks it
 * before it changes it, by compare and swap, and fails or panics if it finds zero. So a stale
 * handle cannot make a free page live, not even for a moment. Neither half overflows: an increment
 * that finds 2^31 in a half (PAGE_REFS_FULL) fails or panics.
 */
struct page {
	u64 refs;
	u32 tag;
	u32 pfn;
	struct page *next; /* free lists */
	u32 state;
	u32 lock; /* leaf page tables: guards the entries */
};
static_assert(sizeof(struct page) == 32, "keep the page array small");

struct page_range {
	u64 first_pfn, nr;
	struct page *pages;
};
extern struct page_range page_ranges[];
struct page *page_from_paddr_slow(paddr_t pa);
/* NULL: no RAM there. Most machines have one range of RAM. */
static inline struct page *page_from_paddr(paddr_t pa)
{
	u64 i = (pa >> PAGE_SHIFT) - page_ranges[0].first_pfn;

	return likely(i < page_ranges[0].nr) ? &page_ranges[0].pages[i] : page_from_paddr_slow(pa);
}

/* The allocator's own, shared with audit.c. */
struct cpu_pages {
	struct page *first;
	u32 nr;           /* at most CACHE_MAX + 1 */
	s64 user, kernel; /* allocated minus freed here */
};
struct page_zone {
	struct spinlock lock; /* guards list, nr_free */
	struct page *list;    /* free pages that are in no CPU's cache */
	u64 nr_free, nr_total;
};
extern struct cpu_pages cpu_cache[];
extern struct page_zone zone;
extern unsigned nr_page_ranges;

#define REF_SERVICE    1ul
#define REF_FRAME      (1ul << 32)
#define PAGE_REFS_FULL 0x8000000080000000ul
/*
 * A mapping finds the frame's half full at 2^30 already: operations that hold a page for a moment
 * still succeed, however often a program maps it.
 */
#define PAGE_MAPS_FULL (PAGE_REFS_FULL | 1ul << 62)
/* Panics; the caller has not changed the counts. */
void page_bad_count(void) __attribute__((cold, noreturn));

static inline paddr_t page_pa(const struct page *p)
{
	return (paddr_t)p->pfn << PAGE_SHIFT;
}
static inline void *page_va(const struct page *p)
{
	return arch_phys_to_virt(page_pa(p));
}
/* For ktest_audit. */
bool page_audit(void);
bool pool_audit(u64 *hash);
/* How many objects of the type of @o are live. */
u64 pool_live_like(const struct obj *o);

/*
 * Takes one more frame count, for a mapping, on a page that is known to be held. False: it is mapped
 * too often.
 */
static inline bool must_check page_hold_more(struct page *p)
{
	u64 old;

	return _add64_if_relaxed(&p->refs, REF_FRAME, ~0ul, PAGE_MAPS_FULL, &old);
}

#endif
