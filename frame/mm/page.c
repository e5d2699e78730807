// SPDX-License-Identifier: MPL-2.0
/*
 * The page allocator, and the two counts of a page.
 *
 * The kernel needs only single pages: stacks, slabs and buffers are mapped page by page. A cache of
 * free pages on each CPU stands in front of one free list. A page moves between them in batches.
 *
 * How the counts work. page.refs holds the services' references in the low half and the frame's
 * counts in the high half (page.h). page_alloc takes a page in state FREE with both counts zero,
 * sets the state UNTYPED, and stores the first service reference as a release. Every later
 * increment is a compare and swap that requires a count to be there already, so a stale handle
 * never makes a free page live. A decrement requires its own half to be non-zero. The decrement
 * that makes both halves zero frees the page; no increment can succeed after it. Whatever services
 * put, a mapped or lent page keeps its frame count and is not freed. A wrong get or put panics
 * before anything has changed.
 *
 * Locking: a CPU's cache is used with interrupts off; zone.lock, which is taken last, guards the
 *          free list.
 * Trust: a page is allocated only from the free state with both counts zero. A page that was user
 *        memory becomes FRAME only after its counts reached zero, which a mapping or a running copy
 *        prevents.
 */
#include <frame/log.h>

#include "page.h"

#define CACHE_MAX   64
#define CACHE_BATCH 32

struct cpu_pages cpu_cache[MAX_CPUS];
/*
 * struct page has 32 bits for a page number. No count of pages, and no length of a list, can exceed
 * the number of pages.
 */
static_assert(ARCH_LINEAR_SIZE >> PAGE_SHIFT <= 1ul << 32,
	"struct page has the number of any page");

/* The page array, one part for each range of RAM. */
struct page_range page_ranges[MAX_RAM_RANGES];
unsigned nr_page_ranges;

struct page_zone zone;
static u64 reserve; /* pages that PAGE_USER leaves to the kernel */

struct page *page_from_paddr_slow(paddr_t pa)
{
	u64 pfn = pa >> PAGE_SHIFT;
	unsigned i;

	for (i = 0; i < nr_page_ranges; i++) {
		if (pfn - page_ranges[i].first_pfn < page_ranges[i].nr)
			return &page_ranges[i].pages[pfn - page_ranges[i].first_pfn];
	}
	return NULL;
}

paddr_t page_paddr(const struct page *p)
{
	return page_pa(p);
}

static void zone_push(struct page *p)
{
	p->state = PAGE_STATE_FREE;
	p->next = zone.list;
	zone.list = p;
	zone.nr_free++;
}

void page_add_range(paddr_t start, paddr_t end)
{
	u64 flags = spin_lock_irqsave(&zone.lock);

	for (start = round_up(start, PAGE_SIZE); start + PAGE_SIZE <= end; start += PAGE_SIZE) {
		struct page *p = page_from_paddr(start);
		if (p && p->state == PAGE_STATE_RESERVED) {
			zone_push(p);
			zone.nr_total++;
		}
	}
	spin_unlock_irqrestore(&zone.lock, flags);
}

void page_init(void)
{
	const struct mem_range *r;
	unsigned n = bootmem_ram(&r), i;
	u64 k;

	for (i = 0; i < n; i++) {
		u64 pages = (r[i].end - r[i].start) >> PAGE_SHIFT;
		paddr_t at = bootmem_alloc(pages * sizeof(struct page), PAGE_SIZE);
		page_ranges[i] = (struct page_range){ r[i].start >> PAGE_SHIFT, pages,
			arch_phys_to_virt(at) };
		for (k = 0; k < pages; k++)
			page_ranges[i].pages[k].pfn = (u32)(page_ranges[i].first_pfn + k);
	}
	nr_page_ranges = n;
	n = bootmem_free(&r);
	for (i = 0; i < n; i++)
		page_add_range(r[i].start, r[i].end);
	reserve = min(zone.nr_total / 32 + 64, 4096ul);
}

u64 page_reserve(void)
{
	return load_once(reserve);
}

void page_set_reserve(u64 pages)
{
	store_once(reserve, pages);
}

/* ---- allocation ---- */

/*
 * Moves up to CACHE_BATCH pages from the free list to the cache. Of the reserve, only the one page
 * that is needed now moves, because user memory may take any page in the cache. Interrupts off.
 */
static noinline bool cpu_pages_refill(struct cpu_pages *c, bool keep_reserve)
{
	u64 n;
	u32 i;

	spin_lock(&zone.lock);
	n = load_once(reserve);
	n = zone.nr_free > n ? min(zone.nr_free - n, (u64)CACHE_BATCH) : keep_reserve ? 0 : 1;
	for (i = 0; i < n && zone.list; i++) {
		struct page *p = zone.list;
		zone.list = p->next;
		zone.nr_free--;
		p->next = c->first;
		c->first = p;
		c->nr++;
	}
	spin_unlock(&zone.lock);
	return i > 0;
}

/* @user: for the statistics; @keep_reserve: leave the last pages to the kernel. */
static struct page *cpu_pages_take(bool user, bool keep_reserve)
{
	u64 flags = _arch_irq_save();
	struct cpu_pages *c = &cpu_cache[_arch_cpu_id()];
	struct page *p = NULL;

	if (likely(c->first) || cpu_pages_refill(c, keep_reserve)) {
		p = c->first;
		c->first = p->next;
		c->nr--;
		if (user)
			c->user++;
		else
			c->kernel++;
	}
	_arch_irq_restore(flags);
	return p;
}

/* Returns @nr pages of the cache, which has as many, to the free list. Interrupts off. */
static noinline void cpu_pages_drain(struct cpu_pages *c, u32 nr)
{
	u32 i;

	spin_lock(&zone.lock);
	for (i = 0; i < nr; i++) {
		struct page *p = c->first;
		c->first = p->next;
		c->nr--;
		p->next = zone.list;
		zone.list = p;
		zone.nr_free++;
	}
	spin_unlock(&zone.lock);
}

static void cpu_pages_put(struct page *p, bool user)
{
	u64 flags = _arch_irq_save();
	struct cpu_pages *c = &cpu_cache[_arch_cpu_id()];

	p->state = PAGE_STATE_FREE;
	p->next = c->first;
	c->first = p;
	c->nr++;
	if (user)
		c->user--;
	else
		c->kernel--;
	/*
	 * User memory may take any page in the cache. So a page that the kernel has had, perhaps
	 * of the reserve, goes back to the reserve while that is not whole.
	 */
	if (unlikely(c->nr > CACHE_MAX))
		cpu_pages_drain(c, CACHE_BATCH);
	else if (!user && unlikely(load_once(zone.nr_free) < load_once(reserve)))
		cpu_pages_drain(c, 1);
	_arch_irq_restore(flags);
}

static void page_clear(void *va)
{
	u64 *w = va;
	u64 *end = w + PAGE_SIZE / 8;

	for (; w < end; w += 16) {
		w[0] = 0, w[1] = 0, w[2] = 0, w[3] = 0, w[4] = 0, w[5] = 0, w[6] = 0, w[7] = 0;
		w[8] = 0, w[9] = 0, w[10] = 0, w[11] = 0, w[12] = 0, w[13] = 0, w[14] = 0,
		w[15] = 0;
		/* Prevents the compiler from turning the loop into a call of memset. */
		__asm__ volatile("" : : : "memory");
	}
}

struct page *page_alloc(u32 flags)
{
	struct page *p = cpu_pages_take(true, flags & PAGE_USER);

	if (!p)
		return NULL;
	if (flags & PAGE_ZEROED)
		page_clear(page_va(p));
	p->tag = 0;
	p->state = PAGE_STATE_UNTYPED;
	/* The zeroes come first, for the CPU that holds the page in order to map it. */
	store_release(p->refs, REF_SERVICE);
	return p;
}

static paddr_t alloc_frame(bool keep_reserve)
{
	struct page *p = cpu_pages_take(false, keep_reserve);

	if (!p)
		return 0;
	page_clear(page_va(p));
	p->lock = 0;
	p->state = PAGE_STATE_FRAME;
	return page_pa(p);
}

paddr_t page_alloc_frame(void)
{
	return alloc_frame(false);
}

paddr_t page_alloc_table(void)
{
	return alloc_frame(true);
}

void page_free_frame(paddr_t pa)
{
	cpu_pages_put(page_from_paddr(pa), false);
}

/* ---- the two counts ---- */

void page_bad_count(void)
{
	_kernel_panic(
		"page reference count: put or get of a page without references, or too many of them");
}

#define SERVICE_MASK 0x00000000fffffffful
#define FRAME_MASK   0xffffffff00000000ul

/*
 * Adds @one unless the page is free: for handles that may be stale. Acquires from page_alloc and
 * from all earlier decrements.
 */
static inline bool page_count_up_if_live(struct page *p, u64 one)
{
	u64 old;

	return _add64_if_acquire(&p->refs, one, ~0ul, PAGE_REFS_FULL, &old);
}

/*
 * Both functions below check before they change anything. A count that was added first and taken
 * back when it turned out to be wrong would exist for a moment. In that moment another CPU with the
 * same stale handle would find the page live and get a reference to a free page, or to a page that
 * is a page table by now. The panic that follows does not undo that, because other CPUs run on
 * until their next interrupt.
 */

/*
 * Adds @one to counts that already have a bit in @mask. Otherwise panics: the caller has no right
 * to the page.
 */
static always_inline void page_count_up(struct page *p, u64 one, u64 mask)
{
	u64 old;

	if (unlikely(!_add64_if_acquire(&p->refs, one, mask, PAGE_REFS_FULL, &old)))
		page_bad_count();
}

/* Subtracts @one, which must be there. The last count frees the page. */
static always_inline void page_count_down(struct page *p, u64 one, u64 mask)
{
	u64 old;

	if (unlikely(!_add64_if_acq_rel(&p->refs, -one, mask, 0, &old)))
		page_bad_count();
	if (unlikely(old == one))
		cpu_pages_put(p, true);
}

struct page *page_get(struct page *p)
{
	page_count_up(p, REF_SERVICE, SERVICE_MASK);
	return p;
}

bool page_tryget(struct page *p)
{
	return page_count_up_if_live(p, REF_SERVICE);
}

void page_put(struct page **pp)
{
	struct page *p = *pp;

	*pp = NULL;
	if (p)
		page_count_down(p, REF_SERVICE, SERVICE_MASK);
}

bool page_hold(struct page *p)
{
	return page_count_up_if_live(p, REF_FRAME);
}

int page_hold_for_entry(struct page *p)
{
	u64 old;

	if (likely(_add64_if_acquire(&p->refs, REF_FRAME, ~0ul, PAGE_MAPS_FULL, &old)))
		return 0;
	if (!old)
		_kernel_panic("mapping of a page that is not live");
	return -EOVERFLOW;
}

void page_release(struct page *p)
{
	page_count_down(p, REF_FRAME, FRAME_MASK);
}

void page_release_many(struct page **pages, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		page_release(pages[i]);
}

u32 page_refs(const struct page *p)
{
	return (u32)load_acquire(p->refs);
}

u32 page_map_count(const struct page *p)
{
	return (u32)(load_acquire(p->refs) >> 32);
}

u32 page_tag(const struct page *p)
{
	return load_acquire(p->tag);
}

u32 page_tag_or(struct page *p, u32 bits)
{
	return _or32_full(&p->tag, bits);
}

u32 page_tag_and(struct page *p, u32 bits)
{
	return _and32_full(&p->tag, bits);
}

void page_get_stats(struct page_stats *out)
{
	s64 user = 0, kernel = 0;
	u64 cached = 0, nr = load_once(zone.nr_free), kept = page_reserve();
	unsigned i;

	for (i = 0; i < nr_cpus; i++) {
		user += load_once(cpu_cache[i].user);
		kernel += load_once(cpu_cache[i].kernel);
		cached += load_once(cpu_cache[i].nr);
	}
	*out = (struct page_stats){ .total = zone.nr_total,
		.free = nr + cached,
		.user = (u64)max(user, 0l),
		.kernel = (u64)max(kernel, 0l),
		.tables = vmspace_table_pages(),
		.to_user = (nr > kept ? nr - kept : 0) + load_once(cpu_cache[_arch_cpu_id()].nr) };
}

/* ---- contents ---- */

static always_inline void page_check_range(size_t off, size_t len)
{
	if (unlikely(off > PAGE_SIZE || len > PAGE_SIZE - off))
		_kernel_panic("access beyond a page");
}

/*
 * Returns the bytes of a live page for a copy. Panics on a page that is not live: a service used a
 * stale handle.
 */
static always_inline void *page_pin(struct page *p)
{
	page_count_up(p, REF_FRAME, SERVICE_MASK | FRAME_MASK);
	return page_va(p); /* TRUST: held, so it stays untyped memory until page_release */
}

void page_read(struct page *p, size_t off, struct span dst)
{
	page_check_range(off, dst._n);
	memcpy(dst._p, (u8 *)page_pin(p) + off, dst._n);
	page_release(p);
}

void page_write(struct page *p, size_t off, struct cspan src)
{
	page_check_range(off, src._n);
	memcpy((u8 *)page_pin(p) + off, src._p, src._n);
	page_release(p);
}

void page_zero(struct page *p, size_t off, size_t len)
{
	page_check_range(off, len);
	if (len == PAGE_SIZE)
		page_clear(page_pin(p));
	else
		memset((u8 *)page_pin(p) + off, 0, len);
	page_release(p);
}

void page_copy(struct page *dst, struct page *src)
{
	memcpy(page_pin(dst), page_pin(src), PAGE_SIZE);
	page_release(src);
	page_release(dst);
}

static always_inline u64 add_around(u64 a, u64 b)
{
	a += b;
	return a + (a < b);
}

/*
 * A service could add what it has read into memory of its own. That is twice the work for each byte
 * of a checksum in software.
 */
u64 page_sum(struct page *p, size_t off, size_t len)
{
	const u64 *w, *end;
	u64 sum = 0;

	page_check_range(off, len);
	if (unlikely((off | len) & 7))
		_kernel_panic("a sum of half a word of a page");
	w = (const u64 *)((const u8 *)page_pin(p) + off);
	for (end = w + len / 8; end - w >= 4; w += 4) {
		sum = add_around(add_around(sum, w[0]), w[1]);
		sum = add_around(add_around(sum, w[2]), w[3]);
	}
	for (; w < end; w++)
		sum = add_around(sum, *w);
	page_release(p);
	return sum;
}

size_t page_to_user(struct page *p, size_t off, struct uaddr dst, size_t len)
{
	size_t left;

	page_check_range(off, len);
	left = _user_copy_out(dst.va, (u8 *)page_pin(p) + off, len);
	page_release(p);
	return len - left;
}

size_t page_from_user(struct page *p, size_t off, struct uaddr src, size_t len)
{
	size_t left;

	page_check_range(off, len);
	left = _user_copy_in((u8 *)page_pin(p) + off, src.va, len);
	page_release(p);
	return len - left;
}
