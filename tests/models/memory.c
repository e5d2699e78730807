// SPDX-License-Identifier: MPL-2.0
#include "memory.h"

#define MAX_PAGES 8

struct page {
	u64 pa;
	u32 services, frames;
	u8 memory[PAGE_SIZE], cache[PAGE_SIZE];
	bool valid[PAGE_SIZE], dirty[PAGE_SIZE]; /* by the first byte of a line */
};
static struct page pages[MAX_PAGES];
static u32 nr_pages;
u32 memory_line = 64;
bool memory_coherent, memory_whims;
u64 memory_cleans, memory_flushes;

struct page *memory_page(u64 pa)
{
	struct page *p = &pages[nr_pages++];
	u32 i;

	CHECK(nr_pages <= MAX_PAGES && pa % PAGE_SIZE == 0);
	unit_seed ^= pa; /* other numbers than the test's */
	*p = (struct page){ .pa = pa, .services = 1 };
	for (i = 0; i < PAGE_SIZE; i++)
		p->memory[i] = (u8)unit_random(256);
	return p;
}

static struct page *page_of(u64 pa)
{
	u32 i;

	for (i = 0; i < nr_pages; i++) {
		if (pages[i].pa == round_down(pa, PAGE_SIZE))
			return &pages[i];
	}
	model_fail("%#lx is no page's", pa);
}

static struct page *live_page_of(u64 pa)
{
	struct page *p = page_of(pa);

	model_require(p->services || p->frames, "the device touches %#lx, of a page that is free",
		pa);
	return p;
}

/* ---- lines: @at is where one begins ---- */

static void fetch(struct page *p, u32 at)
{
	if (!p->valid[at])
		memcpy(p->cache + at, p->memory + at, memory_line);
	p->valid[at] = true;
}

static void write_back(struct page *p, u32 at)
{
	if (p->valid[at] && p->dirty[at])
		memcpy(p->memory + at, p->cache + at, memory_line);
	p->dirty[at] = false;
}

static void forget(struct page *p, u32 at)
{
	write_back(p, at);
	p->valid[at] = false;
}

void memory_read_ahead(struct page *p)
{
	u32 at;

	for (at = 0; at < PAGE_SIZE; at += memory_line)
		fetch(p, at);
}

void memory_evict(struct page *p)
{
	u32 at;

	for (at = 0; at < PAGE_SIZE; at += memory_line)
		forget(p, at);
}

void memory_whim(void)
{
	u32 i, at;

	for (i = 0; memory_whims && i < 20; i++) {
		struct page *p = &pages[unit_random(nr_pages)];
		at = unit_random(PAGE_SIZE / memory_line) * memory_line;
		unit_random(2) ? fetch(p, at) : forget(p, at);
	}
}

/* ---- the CPUs ---- */

void page_read(struct page *p, size_t off, struct span dst)
{
	size_t i;

	CHECK(off + dst._n <= PAGE_SIZE);
	for (i = 0; i < dst._n; i++) {
		fetch(p, (u32)round_down(off + i, memory_line));
		dst._p[i] = p->cache[off + i];
	}
}

void page_write(struct page *p, size_t off, struct cspan src)
{
	size_t i;

	CHECK(off + src._n <= PAGE_SIZE);
	for (i = 0; i < src._n; i++) {
		u32 at = (u32)round_down(off + i, memory_line);
		fetch(p, at);
		p->cache[off + i] = src._p[i];
		p->dirty[at] = true;
	}
}

/* By instructions, of any address in a line. */
void sim_cbo(u64 address, bool drop)
{
	u32 at = (u32)round_down(address % PAGE_SIZE, memory_line);

	drop ? forget(page_of(address), at) : write_back(page_of(address), at);
	drop ? memory_flushes++ : memory_cleans++;
}

/* ---- devices ---- */

void memory_device_read(u64 pa, u8 *to, u64 n)
{
	for (; n; n--, pa++) {
		struct page *p = live_page_of(pa);
		u32 at = (u32)round_down(pa % PAGE_SIZE, memory_line);
		*to++ = memory_coherent && p->valid[at] ? p->cache[pa % PAGE_SIZE]
							: p->memory[pa % PAGE_SIZE];
	}
}

void memory_device_write(u64 pa, const u8 *from, u64 n)
{
	for (; n; n--, pa++) {
		struct page *p = live_page_of(pa);
		p->memory[pa % PAGE_SIZE] = *from;
		if (memory_coherent)
			p->cache[pa % PAGE_SIZE] = *from;
		from++;
	}
}

/* ---- counts ---- */

bool page_hold(struct page *p)
{
	if (p->services || p->frames)
		p->frames++;
	return p->frames;
}

int page_hold_for_entry(struct page *p)
{
	CHECK(page_hold(p));
	return 0;
}

void page_release(struct page *p)
{
	CHECK(p->frames--);
}

paddr_t page_paddr(const struct page *p)
{
	return p->pa;
}

void page_put(struct page **pp)
{
	CHECK((*pp)->services--);
	*pp = NULL;
}

u32 page_map_count(const struct page *p)
{
	return p->frames;
}

/* ---- SiFive's L2 (FU540-C000 manual) ---- */

static u64 l2_read(void *m, u64 off, unsigned width)
{
	(void)m, (void)width;
	model_fail("the L2 is read at %#lx", off);
}

static void l2_write(void *m, u64 off, unsigned width, u64 v)
{
	(void)m;
	model_require(off == 0x200 && width == 8, "the L2 is written at %#lx, %u bytes", off,
		width);
	forget(page_of(v), (u32)round_down(v % PAGE_SIZE, memory_line));
	memory_flushes++;
}

const struct model_ops memory_l2_ops = { .name = "L2", .read = l2_read, .write = l2_write };
