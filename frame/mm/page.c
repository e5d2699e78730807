// SPDX-License-Identifier: MPL-2.0
/*
 * The page allocator: single pages, a cache per CPU in front of one free list.
 *
 * Single pages are all the kernel needs: stacks, slabs and buffers are mapped page by page.
 *
 * Locking: the cache of a CPU by interrupts off; zone_lock (innermost) guards the free list.
 * Trust:   a page is handed out only from the free state with both counts zero; a page that leaves
 *          user hands as FRAME is typed only after its counts reached zero, which a mapping or a
 *          running copy prevents.
 */
#include <frame/log.h>

#include "page.h"

#define CACHE_MAX   64
#define CACHE_BATCH 32

struct cpu_pages {
	struct page *first;
	u32 nr;           /* at most CACHE_MAX + 1 */
	s64 user, kernel; /* allocated minus freed here */
};
static struct cpu_pages cpu_cache[MAX_CPUS];
/*
 * Page numbers have 32 bits in struct page. No count of pages or of what is in a list can exceed
 * their number.
 */
static_assert(ARCH_LINEAR_SIZE >> PAGE_SHIFT <= 1ul << 32,
	"struct page has the number of any page");

/* The page array, one piece per range of RAM. */
struct page_range page_ranges[MAX_RAM_RANGES];
static unsigned nr_ranges;

static struct spinlock zone_lock; /* guards free_list, nr_free */
static struct page *free_list;
static u64 nr_free, nr_total;
static u64 reserve; /* pages that PAGE_USER leaves to the kernel */

struct page *page_from_paddr_slow(paddr_t pa)
{
	u64 pfn = pa >> PAGE_SHIFT;
	unsigned i;

	for (i = 0; i < nr_ranges; i++) {
		if (pfn - page_ranges[i].first_pfn < page_ranges[i].nr)
			return &page_ranges[i].pages[pfn - page_ranges[i].first_pfn];
	}
	return NULL;
}

paddr_t page_paddr(const struct page *p)
{
	return page_pa(p);
}

static void push_free(struct page *p)
{
	p->state = PAGE_STATE_FREE;
	p->next = free_list;
	free_list = p;
	nr_free++;
}

void page_add_range(paddr_t start, paddr_t end)
{
	u64 flags = spin_lock_irqsave(&zone_lock);

	for (start = round_up(start, PAGE_SIZE); start + PAGE_SIZE <= end; start += PAGE_SIZE) {
		struct page *p = page_from_paddr(start);
		if (p && p->state == PAGE_STATE_RESERVED) {
			push_free(p);
			nr_total++;
		}
	}
	spin_unlock_irqrestore(&zone_lock, flags);
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
	nr_ranges = n;
	n = bootmem_free(&r);
	for (i = 0; i < n; i++)
		page_add_range(r[i].start, r[i].end);
	reserve = min(nr_total / 32 + 64, 4096ul);
}

/* ---- allocation ---- */

/*
 * Moves up to CACHE_BATCH pages from the free list to the cache, of the reserve only the one that
 * is wanted: what is in the cache, user memory may take. Interrupts off.
 */
static bool refill(struct cpu_pages *c, bool keep_reserve)
{
	u64 n;
	u32 i;

	spin_lock(&zone_lock);
	n = nr_free > reserve ? min(nr_free - reserve, (u64)CACHE_BATCH) : keep_reserve ? 0 : 1;
	for (i = 0; i < n && free_list; i++) {
		struct page *p = free_list;
		free_list = p->next;
		nr_free--;
		p->next = c->first;
		c->first = p;
		c->nr++;
	}
	spin_unlock(&zone_lock);
	return i > 0;
}

/* @user: for the accounts; @keep_reserve: leave the last pages to the kernel. */
static struct page *take(bool user, bool keep_reserve)
{
	u64 flags = _arch_irq_save();
	struct cpu_pages *c = &cpu_cache[_arch_cpu_id()];
	struct page *p = NULL;

	if (likely(c->first) || refill(c, keep_reserve)) {
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

/* Half of a full cache goes back to the free list. Interrupts off. */
static void drain(struct cpu_pages *c)
{
	u32 i;

	spin_lock(&zone_lock);
	for (i = 0; i < CACHE_BATCH; i++) {
		struct page *p = c->first;
		c->first = p->next;
		c->nr--;
		p->next = free_list;
		free_list = p;
		nr_free++;
	}
	spin_unlock(&zone_lock);
}

static void give_back(struct page *p, bool user)
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
	if (unlikely(c->nr > CACHE_MAX))
		drain(c);
	_arch_irq_restore(flags);
}

static void zero_page(void *va)
{
	u64 *w = va;
	u64 *end = w + PAGE_SIZE / 8;

	for (; w < end; w += 16) {
		w[0] = 0, w[1] = 0, w[2] = 0, w[3] = 0, w[4] = 0, w[5] = 0, w[6] = 0, w[7] = 0;
		w[8] = 0, w[9] = 0, w[10] = 0, w[11] = 0, w[12] = 0, w[13] = 0, w[14] = 0,
		w[15] = 0;
		/* Keeps the loop from becoming a call of memset. */
		__asm__ volatile("" : : : "memory");
	}
}

struct page *page_alloc(u32 flags)
{
	struct page *p = take(true, flags & PAGE_USER);

	if (!p)
		return NULL;
	if (flags & PAGE_ZEROED)
		zero_page(page_va(p));
	p->tag = 0;
	p->state = PAGE_STATE_UNTYPED;
	/* The zeroes first, for whoever holds the page to map it. */
	store_release(p->refs, REF_SERVICE);
	return p;
}

paddr_t page_alloc_frame(void)
{
	struct page *p = take(false, false);

	if (!p)
		return 0;
	zero_page(page_va(p));
	p->lock = 0;
	p->state = PAGE_STATE_FRAME;
	return page_pa(p);
}

void page_free_frame(paddr_t pa)
{
	give_back(page_from_paddr(pa), false);
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
 * from whoever has dropped a count since.
 */
static inline bool count_up_if_live(struct page *p, u64 one)
{
	u64 old;

	return _add64_if_acquire(&p->refs, one, ~0ul, PAGE_REFS_FULL, &old);
}

/*
 * Both look before they change anything. A count that is added first and taken back when it turns
 * out to be wrong is there for a moment: another CPU with the same stale handle finds the page
 * alive in that moment and gets a reference to what is free, or a page table by now. The panic that
 * follows does not undo that, for other CPUs go on until their next interrupt.
 */

/*
 * Adds @one to counts that must be in @mask already; else the kernel stops, for whoever asked has
 * no right to the page.
 */
static always_inline void count_up(struct page *p, u64 one, u64 mask)
{
	u64 old;

	if (unlikely(!_add64_if_acquire(&p->refs, one, mask, PAGE_REFS_FULL, &old)))
		page_bad_count();
}

/* Takes @one off, which must be there. Frees the page with the last. */
static always_inline void count_down(struct page *p, u64 one, u64 mask)
{
	u64 old;

	if (unlikely(!_add64_if_acq_rel(&p->refs, -one, mask, 0, &old)))
		page_bad_count();
	if (unlikely(old == one))
		give_back(p, true);
}

struct page *page_get(struct page *p)
{
	count_up(p, REF_SERVICE, SERVICE_MASK);
	return p;
}

bool page_tryget(struct page *p)
{
	return count_up_if_live(p, REF_SERVICE);
}

void page_put(struct page **pp)
{
	struct page *p = *pp;

	*pp = NULL;
	if (p)
		count_down(p, REF_SERVICE, SERVICE_MASK);
}

bool page_hold(struct page *p)
{
	return count_up_if_live(p, REF_FRAME);
}

void page_release(struct page *p)
{
	count_down(p, REF_FRAME, FRAME_MASK);
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
	u64 cached = 0;
	unsigned i;

	for (i = 0; i < nr_cpus; i++) {
		user += load_once(cpu_cache[i].user);
		kernel += load_once(cpu_cache[i].kernel);
		cached += load_once(cpu_cache[i].nr);
	}
	*out = (struct page_stats){ .total = nr_total,
		.free = load_once(nr_free) + cached,
		.user = (u64)max(user, 0l),
		.kernel = (u64)max(kernel, 0l),
		.tables = vmspace_table_pages() };
}

/* ---- for self-tests ---- */

/*
 * The length of a list of free pages; ~0: something in it is no free page. Bounded, for another CPU
 * may change the list meanwhile.
 */
static u64 list_length(const struct page *p)
{
	u64 n = 0;

	for (; p; p = load_once(p->next), n++) {
		if (n > nr_total || page_from_paddr(page_pa(p)) != p ||
			load_once(p->state) != PAGE_STATE_FREE || load_once(p->refs))
			return ~0ul;
	}
	return n;
}

/* Pages in state free; ~0: one has counts that its state forbids. */
static u64 count_free(void)
{
	u64 n = 0, k;
	unsigned i;

	for (i = 0; i < nr_ranges; i++) {
		for (k = 0; k < page_ranges[i].nr; k++) {
			struct page *p = &page_ranges[i].pages[k];
			u32 state = load_once(p->state);
			if (state > PAGE_STATE_FRAME || p->pfn != page_ranges[i].first_pfn + k ||
				(state != PAGE_STATE_UNTYPED && load_once(p->refs)))
				return ~0ul;
			n += state == PAGE_STATE_FREE;
		}
	}
	return n;
}

/*
 * Whether the free pages are those of the lists, as many as are counted. Other CPUs take and give
 * pages meanwhile, so false may mean "ask again".
 */
bool page_audit(void)
{
	u64 flags = spin_lock_irqsave(&zone_lock);
	u64 listed = list_length(free_list), cached = 0;
	bool ok = listed == nr_free;
	unsigned i;

	for (i = 0; i < nr_cpus; i++) {
		u64 n = list_length(load_once(cpu_cache[i].first));
		ok = ok && n == load_once(cpu_cache[i].nr);
		cached += n;
	}
	ok = ok && count_free() == listed + cached;
	spin_unlock_irqrestore(&zone_lock, flags);
	return ok;
}

/* ---- contents ---- */

static always_inline void check_range(size_t off, size_t len)
{
	if (unlikely(off > PAGE_SIZE || len > PAGE_SIZE - off))
		_kernel_panic("access beyond a page");
}

/*
 * The bytes of a live page for the time of a copy. A page that is not live stops the kernel: a
 * service used a stale handle.
 */
static always_inline void *pin(struct page *p)
{
	count_up(p, REF_FRAME, SERVICE_MASK | FRAME_MASK);
	return page_va(p); /* TRUST: held, so it stays untyped memory until page_release */
}

void page_read(struct page *p, size_t off, struct span dst)
{
	check_range(off, dst._n);
	memcpy(dst._p, (u8 *)pin(p) + off, dst._n);
	page_release(p);
}

void page_write(struct page *p, size_t off, struct cspan src)
{
	check_range(off, src._n);
	memcpy((u8 *)pin(p) + off, src._p, src._n);
	page_release(p);
}

void page_zero(struct page *p, size_t off, size_t len)
{
	check_range(off, len);
	if (len == PAGE_SIZE)
		zero_page(pin(p));
	else
		memset((u8 *)pin(p) + off, 0, len);
	page_release(p);
}

void page_copy(struct page *dst, struct page *src)
{
	memcpy(pin(dst), pin(src), PAGE_SIZE);
	page_release(src);
	page_release(dst);
}

size_t page_to_user(struct page *p, size_t off, struct uaddr dst, size_t len)
{
	size_t left;

	check_range(off, len);
	left = _user_copy_out(dst.va, (u8 *)pin(p) + off, len);
	page_release(p);
	return len - left;
}

size_t page_from_user(struct page *p, size_t off, struct uaddr src, size_t len)
{
	size_t left;

	check_range(off, len);
	left = _user_copy_in((u8 *)pin(p) + off, src.va, len);
	page_release(p);
	return len - left;
}
