// SPDX-License-Identifier: MPL-2.0
/*
 * frame/dev/dma.c and arch/riscv64/frame/cache.c: devices that copy memory, with and without caches
 * that they do not see. By what means lines are written back is chosen by each test's devicetree:
 * Zicbom's instructions, the L2, nothing.
 */
#include <frame/dma.h>

#include "../../arch/riscv64/frame/backend.h"
#include "mover.h"

static struct mover pdma, edu = { .is_edu = true };
static struct device *dev[2];
static bool zicbom;

static int keep_probe(struct device *d, u32 which)
{
	dev[which] = d;
	return 0;
}
static const struct dt_match keep_match[] = {
	{ LIT("sifive,fu540-c000-pdma"), .quirk = 0 },
	{ LIT("pci1234,11e8"), .quirk = 1 },
};
DRIVER(keep, keep_match, keep_probe);

/* hart.c has these from the devicetree. */
bool riscv_all_have(struct lit ext)
{
	return zicbom && cspan_equal(lit_span(ext), STR("zicbom"));
}
bool riscv_cpu_is_usable(struct dt_node *n)
{
	return dt_available(n);
}

/* ---- machines ---- */

static struct dt_node *mover_node, *l2_node;

static void movers(void)
{
	mover_node = sim_device("dma@3000000", "sifive,fu540-c000-pdma", PDMA_BASE, 0x100000, 0);
	sim_model(PDMA_BASE, 0x100000, 0, &mover_ops, &pdma);
	(void)sim_device("edu@40000000", "pci1234,11e8", EDU_BASE, 0x100000, 0);
	sim_model(EDU_BASE, 0x100000, 0, &mover_ops, &edu);
}

static void l2(u32 block)
{
	l2_node = sim_device("cache-controller@2010000", "starfive,jh7110-ccache", L2_BASE, 0x4000,
		0);
	sim_prop(l2_node, "cache-block-size", block);
	sim_model(L2_BASE, 0x4000, 0, &memory_l2_ops, NULL);
}

/* A hart for each size; 0: the tree does not say. */
static void harts(const u32 *blocks, u32 n)
{
	struct dt_node *cpus_node = sim_node(sim_root(), "cpus");
	u32 i;

	zicbom = true;
	for (i = 0; i < n; i++) {
		struct dt_node *c = sim_node(cpus_node, "cpu");
		if (blocks[i])
			sim_prop(c, "riscv,cbom-block-size", blocks[i]);
	}
}

static void noncoherent(struct dt_node *n)
{
	sim_prop_cells(n, "dma-noncoherent", 0, NULL);
}

enum means { COHERENT, BY_L2, BY_HARTS, NR_MEANS };
static const char *const names[] = { "coherent", "L2", "Zicbom" };

static struct dma *machine(enum means means, u32 line)
{
	movers();
	memory_line = line;
	memory_coherent = means == COHERENT;
	if (means == BY_L2)
		l2(line);
	if (means == BY_HARTS)
		harts((u32[]){ line, line }, 2);
	if (means != COHERENT)
		noncoherent(sim_soc());
	sim_boot();
	CHECK(device_dma(dev[0]) && dma_line(device_dma(dev[0])) == (means == COHERENT ? 1 : line));
	return device_dma(dev[0]);
}

/* ---- bytes ---- */

static void fill(struct page *p, u8 *copy)
{
	u32 i;

	for (i = 0; i < PAGE_SIZE; i++)
		copy[i] = (u8)unit_random(256);
	page_write(p, 0, (struct cspan){ copy, PAGE_SIZE });
}

static bool holds(struct page *p, const u8 *want)
{
	u8 got[PAGE_SIZE];

	page_read(p, 0, (struct span){ got, PAGE_SIZE });
	return memcmp(got, want, PAGE_SIZE) == 0;
}

static int finish(struct dma *e)
{
	int err;

	while ((err = dma_finish(e)) == -EBUSY)
		sim_run(MOVER_NS / 8);
	return err;
}

static u8 in_to[PAGE_SIZE], in_from[PAGE_SIZE];

static void copy_and_compare(struct dma *e, struct page *to, struct page *from, u32 to_off,
	u32 from_off, u32 len)
{
	fill(to, in_to);
	fill(from, in_from);
	memcpy(in_to + to_off, in_from + from_off, len);
	CHECK(dma_start(e, (struct dma_end){ to, to_off }, (struct dma_end){ from, from_off },
		      len) == 0 &&
		finish(e) == 0);
	model_require(holds(to, in_to) && holds(from, in_from),
		"to %u, from %u, %u bytes: not what was copied", to_off, from_off, len);
}

static void copy_all_ways(enum means means, u32 line, u32 rounds)
{
	struct dma *e = machine(means, line);
	struct page *to = memory_page(0x80001000), *from = memory_page(0x8fff0000);
	u32 i;

	memory_whims = true;
	copy_and_compare(e, to, from, 0, 0, PAGE_SIZE);
	copy_and_compare(e, to, from, PAGE_SIZE - 1, 0, 1);
	for (i = 0; i < rounds; i++) {
		u32 len = 1 + unit_random(unit_random(2) ? 2 * line : PAGE_SIZE);
		copy_and_compare(e, to, from, unit_random(PAGE_SIZE - min(len, PAGE_SIZE - 1u)),
			unit_random(PAGE_SIZE - min(len, PAGE_SIZE - 1u)),
			min(len, PAGE_SIZE - 1u));
	}
	CHECK(page_map_count(to) == 0 && page_map_count(from) == 0 && pdma.copies == rounds + 2);
	model_require((memory_flushes != 0) == (means != COHERENT) &&
			(memory_cleans != 0) == (means == BY_HARTS),
		"%s: %lu flushes, %lu cleans", names[means], memory_flushes, memory_cleans);
}

MODEL_TEST(coherent_copies_cost_nothing)
{
	copy_all_ways(COHERENT, 64, 200);
}
MODEL_TEST(copies_with_the_l2)
{
	copy_all_ways(BY_L2, 64, 300);
}
MODEL_TEST(copies_with_zicbom)
{
	copy_all_ways(BY_HARTS, 64, 300);
}
MODEL_TEST(copies_with_short_lines)
{
	copy_all_ways(BY_HARTS, 16, 100);
}
MODEL_TEST(copies_with_long_lines)
{
	copy_all_ways(BY_HARTS, 4096, 100);
}

/* What the model is for: without the frame's part, both sides see what was before. */
static void stale_without(enum means means)
{
	struct page *p = memory_page(0x80001000);
	u8 in_cache[PAGE_SIZE], b[64];

	(void)machine(means, 64);
	fill(p, in_cache);
	memory_device_read(0x80001000 + 64, b, 64);
	CHECK(memcmp(b, in_cache + 64, 64) != 0);
	arch_cache_clean(0x80001000 + 100, 1);
	memory_device_read(0x80001000 + 64, b, 64);
	CHECK(memcmp(b, in_cache + 64, 64) == 0);
	memory_device_read(0x80001000 + 128, b, 1);
	CHECK(b[0] != in_cache[128]);
	arch_cache_flush(0x80001000 + 64, 64);
	memory_device_write(0x80001000 + 64, in_cache, 64);
	page_read(p, 64, span_of(b));
	CHECK(memcmp(b, in_cache, 64) == 0);
	memory_device_write(0x80001000 + 64, in_cache + 64, 64);
	page_read(p, 64, span_of(b));
	CHECK(memcmp(b, in_cache, 64) == 0);
	arch_cache_flush(0x80001000 + 127, 1);
	page_read(p, 64, span_of(b));
	CHECK(memcmp(b, in_cache + 64, 64) == 0);
}
MODEL_TEST(stale_without_the_l2)
{
	stale_without(BY_L2);
}
MODEL_TEST(stale_without_zicbom)
{
	stale_without(BY_HARTS);
}

/* Only the lines that the range touches, each once. */
MODEL_TEST(lines_are_those_of_the_range)
{
	static const struct {
		u32 off, len, lines;
	} rows[] = { { 0, 1, 1 }, { 63, 1, 1 }, { 63, 2, 2 }, { 0, 64, 1 }, { 0, 65, 2 },
		{ 1, 64, 2 }, { 64, 128, 2 }, { 4032, 64, 1 }, { 4095, 1, 1 }, { 0, 4096, 64 },
		{ 1, 4095, 64 } };
	struct page *p = memory_page(0x80001000);
	u32 i;

	(void)machine(BY_L2, 64);
	(void)p;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		memory_flushes = 0;
		arch_cache_flush(0x80001000 + rows[i].off, rows[i].len);
		CHECK(memory_flushes == rows[i].lines);
	}
}

/* Read ahead while the device copies: old until dma_finish, right after it. */
static void read_ahead(enum means means)
{
	struct dma *e = machine(means, 64);
	struct page *to = memory_page(0x80001000), *from = memory_page(0x80002000);

	fill(to, in_to);
	fill(from, in_from);
	CHECK(dma_start(e, (struct dma_end){ to, 0 }, (struct dma_end){ from, 0 }, PAGE_SIZE) == 0);
	memory_read_ahead(to);
	sim_run(2 * MOVER_NS);
	CHECK(pdma.copies == 1 && holds(to, in_to) && !holds(to, in_from));
	CHECK(dma_finish(e) == 0 && holds(to, in_from) && holds(from, in_from));
	memory_evict(to);
	CHECK(holds(to, in_from));
}
MODEL_TEST(read_ahead_with_the_l2)
{
	read_ahead(BY_L2);
}
MODEL_TEST(read_ahead_with_zicbom)
{
	read_ahead(BY_HARTS);
}

/* What a CPU wrote before does not come later, over what the device wrote. */
MODEL_TEST(written_back_before_not_after)
{
	struct dma *e = machine(BY_HARTS, 64);
	struct page *to = memory_page(0x80001000), *from = memory_page(0x80002000);

	fill(to, in_to);
	fill(from, in_from);
	CHECK(dma_start(e, (struct dma_end){ to, 0 }, (struct dma_end){ from, 0 }, PAGE_SIZE) == 0);
	sim_run(2 * MOVER_NS);
	memory_evict(to);
	CHECK(dma_finish(e) == 0 && holds(to, in_from));
}

/* ---- what is lent ---- */

/* The model fails when the device touches a page that is free. */
MODEL_TEST(what_is_lent_stays)
{
	struct dma *e = machine(BY_L2, 64);
	struct page *a = memory_page(0x80001000), *b = memory_page(0x80002000),
		    *c = memory_page(0x80003000), *to = a, *from = b;

	CHECK(dma_start(e, (struct dma_end){ a, 0 }, (struct dma_end){ b, 0 }, 4096) == 0);
	page_put(&a);
	page_put(&b);
	CHECK(dma_start(e, (struct dma_end){ c, 0 }, (struct dma_end){ c, 0 }, 1) == -EBUSY &&
		dma_finish(e) == -EBUSY);
	CHECK(page_map_count(to) == 1 && page_map_count(from) == 1 && page_map_count(c) == 0);
	sim_run(2 * MOVER_NS);
	/* It has ended, but nobody has asked. */
	CHECK(dma_start(e, (struct dma_end){ c, 0 }, (struct dma_end){ c, 0 }, 1) == -EBUSY &&
		page_map_count(to) == 1);
	CHECK(dma_finish(e) == 0 && page_map_count(to) == 0 && page_map_count(from) == 0 &&
		dma_finish(e) == -EINVAL);
	CHECK(pdma.copies == 1 && pdma.control == 1);
}

MODEL_TEST(a_copy_that_fails)
{
	struct dma *e = machine(COHERENT, 64);
	struct page *p = memory_page(0x80001000);

	pdma.fails = true;
	CHECK(dma_start(e, (struct dma_end){ p, 0 }, (struct dma_end){ p, 64 }, 64) == 0 &&
		finish(e) == -EIO && page_map_count(p) == 0);
	CHECK(dma_start(e, (struct dma_end){ p, 0 }, (struct dma_end){ p, 64 }, 64) == 0 &&
		finish(e) == 0 && page_map_count(p) == 0);
}

static struct dma *engine;
static struct dma_end ends[2];
static u64 length;
static void start(void)
{
	(void)!dma_start(engine, ends[0], ends[1], length);
}
static bool panics(u64 to, u64 from, u64 len)
{
	ends[0].off = to;
	ends[1].off = from;
	length = len;
	return sim_panics(start);
}
MODEL_TEST(ranges_that_wrap_or_lie_outside)
{
	struct page *p = memory_page(0x80001000), *low = memory_page(0x0ffff000), *stale = p;

	engine = machine(BY_L2, 64);
	ends[0].page = ends[1].page = p;
	CHECK(panics(0, 0, 4097) && panics(4096, 0, 1) && panics(0, 4096, 1) &&
		panics(4095, 0, 2) && panics(0, 4095, 2) && panics(~0ul, 0, 1) &&
		panics(0, ~0ul, 2));
	CHECK(panics(1, 0, ~0ul) && panics(0, 1, ~0ul) && panics(~0ul, ~0ul, ~0ul) &&
		panics(1ul << 63, 0, 1ul << 63) && !panics(0, 0, 4096));
	engine = device_dma(dev[1]);
	ends[0].page = NULL;
	ends[1].page = low;
	CHECK(panics(0, 0, 4096) && panics(4095, 0, 1) && panics(1, 0, 4095) &&
		panics(~0ul, 0, 1) && !panics(0, 0, 4095) && !panics(4094, 4095, 1));
	engine = device_dma(dev[0]);
	page_put(&p);
	ends[0].page = ends[1].page = stale;
	CHECK(panics(0, 0, 64));
	CHECK(!pdma.copies && !edu.copies && page_map_count(low) == 0);
}

/* The teaching device has 28 bits of an address, and drops the others. */
MODEL_TEST(addresses_beyond_the_device)
{
	struct page *in = memory_page(0x0ffff000), *out = memory_page(0x10000000),
		    *far = memory_page(0x80001000);
	struct dma_end own = { NULL, 1 }, last = { in, 4032 }, first = { out, 0 },
		       wraps = { far, 0 };
	struct dma *e;
	u8 b[64];

	(void)machine(BY_L2, 64);
	e = device_dma(dev[1]);
	CHECK(e && dma_line(e) == 64);
	CHECK(dma_start(e, own, first, 1) == -EFAULT && dma_start(e, first, own, 1) == -EFAULT &&
		dma_start(e, wraps, own, 64) == -EFAULT);
	CHECK(dma_start(e, own, own, 1) == -EINVAL && dma_start(e, last, last, 1) == -EINVAL &&
		dma_start(e, own, last, 0) == -EINVAL);
	CHECK(page_map_count(in) == 0 && page_map_count(out) == 0 && page_map_count(far) == 0 &&
		!edu.copies && !edu.from && !edu.to);
	fill(in, in_from);
	CHECK(dma_start(e, own, last, 64) == 0 && finish(e) == 0 &&
		memcmp(edu.own + 1, in_from + 4032, 64) == 0);
	fill(in, in_to);
	CHECK(dma_start(e, last, own, 64) == 0 && finish(e) == 0);
	page_read(in, 4032, span_of(b));
	CHECK(memcmp(b, in_from + 4032, 64) == 0 && page_map_count(in) == 0);
	/* The other engine has no memory of its own. */
	CHECK(dma_start(device_dma(dev[0]), own, last, 1) == -EINVAL &&
		dma_start(device_dma(dev[0]), last, own, 1) == -EINVAL && !pdma.copies);
}

/* ---- what is refused, and why ---- */

static bool is_refused(const char *why)
{
	sim_boot();
	return !device_dma(dev[0]) && !device_dma(dev[0]) && sim_logged(why) && !pdma.copies;
}

MODEL_TEST(no_means)
{
	movers();
	noncoherent(mover_node);
	CHECK(is_refused(
		"DMA by dma@3000000: refused: it is not coherent, and the machine has no known way to write caches back"));
	CHECK(device_dma(dev[1]) && dma_line(device_dma(dev[1])) == 1);
}
MODEL_TEST(an_l2_of_other_lines)
{
	movers();
	l2(128);
	noncoherent(mover_node);
	CHECK(is_refused("no known way"));
}
MODEL_TEST(an_l2_that_is_off)
{
	movers();
	l2(64);
	sim_prop_string(l2_node, "status", "disabled");
	noncoherent(mover_node);
	CHECK(is_refused("no known way"));
}
static void strange_l2(u64 base, u64 size)
{
	struct dt_node *n = sim_device("cache-controller", "sifive,ccache0", base, size, 0);

	movers();
	sim_prop(n, "cache-block-size", 64);
	noncoherent(mover_node);
	CHECK(is_refused("no known way"));
}
MODEL_TEST(an_l2_in_memory)
{
	strange_l2(0x80001000, 0x4000);
}
MODEL_TEST(an_l2_too_small)
{
	strange_l2(L2_BASE, 0x207);
}
MODEL_TEST(an_l2_askew)
{
	strange_l2(L2_BASE + 4, 0x4000);
}

static void strange_harts(const u32 *blocks, u32 n)
{
	movers();
	harts(blocks, n);
	noncoherent(mover_node);
	CHECK(is_refused("no known way"));
}
MODEL_TEST(harts_that_disagree)
{
	strange_harts((u32[]){ 64, 128 }, 2);
}
MODEL_TEST(a_hart_that_does_not_say)
{
	strange_harts((u32[]){ 64, 0 }, 2);
}
MODEL_TEST(lines_that_are_no_power_of_two)
{
	strange_harts((u32[]){ 48 }, 1);
}
MODEL_TEST(lines_longer_than_a_page)
{
	strange_harts((u32[]){ 8192 }, 1);
}
MODEL_TEST(no_harts_at_all)
{
	strange_harts(NULL, 0);
}
/* Then the L2 is used. */
MODEL_TEST(harts_that_disagree_with_an_l2)
{
	harts((u32[]){ 64, 128 }, 2);
	movers();
	l2(64);
	noncoherent(mover_node);
	sim_boot();
	CHECK(device_dma(dev[0]) && dma_line(device_dma(dev[0])) == 64 &&
		dma_line(device_dma(dev[1])) == 1);
}

MODEL_TEST(a_bus_with_other_addresses)
{
	movers();
	sim_prop(sim_soc(), "dma-ranges", 0, 0, 0, 0x80000000, 0, 0x80000000);
	CHECK(is_refused("dma-ranges or an IOMMU"));
}
MODEL_TEST(an_engine_behind_an_iommu)
{
	movers();
	sim_prop(sim_soc(), "iommus", 1, 0);
	CHECK(is_refused("dma-ranges or an IOMMU"));
}
MODEL_TEST(a_bus_that_says_the_same)
{
	movers();
	sim_prop_cells(sim_soc(), "dma-ranges", 0, NULL);
	sim_boot();
	CHECK(device_dma(dev[0]) && device_dma(dev[0]) == device_dma(dev[0]));
}
MODEL_TEST(busy_with_what_firmware_told)
{
	movers();
	pdma.control = 3;
	CHECK(is_refused("it is busy"));
}
static void other_channel(unsigned i)
{
	movers();
	pdma.other[i] = 3;
	CHECK(is_refused("it is busy"));
}
MODEL_TEST(busy_on_the_second_channel)
{
	other_channel(0);
}
MODEL_TEST(busy_on_the_third_channel)
{
	other_channel(1);
}
MODEL_TEST(busy_on_the_last_channel)
{
	other_channel(2);
}
MODEL_TEST(registers_in_memory)
{
	(void)sim_device("dma@80001000", "sifive,fu540-c000-pdma", 0x80001000, 0x1000, 0);
	CHECK(is_refused("it has not the registers"));
}
MODEL_TEST(too_few_registers)
{
	(void)sim_device("dma@3000000", "sifive,fu540-c000-pdma", PDMA_BASE, 0x3fff, 0);
	CHECK(is_refused("it has not the registers"));
}

/* The nearest that says something counts. */
MODEL_TEST(whose_coherence_it_is)
{
	struct dt_node *bus = sim_node(sim_soc(), "bus"), *n = sim_node(bus, "device");

	CHECK(dt_is_coherent(n));
	noncoherent(sim_soc());
	CHECK(!dt_is_coherent(n) && !dt_is_coherent(sim_soc()) && dt_is_coherent(sim_root()));
	sim_prop_cells(bus, "dma-coherent", 0, NULL);
	CHECK(dt_is_coherent(n) && dt_is_coherent(bus) && !dt_is_coherent(sim_soc()));
	noncoherent(n);
	CHECK(!dt_is_coherent(n) && dt_is_coherent(bus));
}
