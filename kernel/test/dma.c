// SPDX-License-Identifier: MPL-2.0
/*
 * Devices that move memory (frame/dma.h): QEMU's teaching device, which copies between memory and 4
 * KiB of its own after a tenth of a second, and the platform DMA engine of SiFive's machines, which
 * copies from memory to memory at once. Machines with neither have nothing to test.
 *
 * Where the device has memory of its own, a copy from page to page takes two steps. Pages are
 * filled with bytes that tell their place, to see that nothing else was written.
 */
#include <frame/device.h>
#include <frame/dma.h>
#include <uapi/errno.h>

#include "test.h"

#define OWN_SIZE  4095u /* of the teaching device, as far as the frame lets it be used */
#define EDU_CLEAR 0x64  /* takes causes of its interrupt back */

static struct device *edu, *pdma;

static int mover_probe(struct device *dev, u32 is_edu)
{
	if (is_edu)
		edu = dev;
	else
		pdma = dev;
	return -ENODEV;
}
static const struct dt_match mover_match[] = {
	{ LIT("pci1234,11e8"), .quirk = 1 },
	{ LIT("sifive,fu540-c000-pdma"), .quirk = 0 },
};
ONLOOKER(mover, mover_match, mover_probe);

static struct dma *engine(void)
{
	return edu ? device_dma(edu) : pdma ? device_dma(pdma) : NULL;
}

struct dma *test_dma(void)
{
	return engine();
}

/* Nobody listens to its interrupt here: it goes down again. */
static int finish(struct dma *e)
{
	struct iomem *io = edu ? device_iomem(edu, 0) : NULL;
	u64 deadline = time_mono_ns() + 10 * NSEC_PER_SEC;
	int err;

	while ((err = dma_finish(e)) == -EBUSY && time_mono_ns() < deadline)
		test_sleep_ms(5);
	if (io)
		iomem_write32(io, EDU_CLEAR, ~0u);
	return err;
}

/* From page to page, in two steps where the device has memory of its own between the two. */
static bool copy(struct dma *e, struct dma_end to, struct dma_end from, u64 len)
{
	struct dma_end own = { NULL, OWN_SIZE - len };

	if (!edu)
		return dma_start(e, to, from, len) == 0 && finish(e) == 0;
	return dma_start(e, own, from, len) == 0 && finish(e) == 0 &&
		dma_start(e, to, own, len) == 0 && finish(e) == 0;
}

static u8 byte_of(u64 seed, u64 i)
{
	return (u8)((seed + i) * 0x9e3779b97f4a7c15 >> 56);
}

static void fill(struct page *p, u64 seed)
{
	u8 b[64];
	u32 i;

	for (i = 0; i < PAGE_SIZE; i++) {
		b[i % 64] = byte_of(seed, i);
		if (i % 64 == 63)
			page_write(p, i - 63, cspan_of(b));
	}
}

/* Bytes @off to @off + @len are those of the other page from @from on, the others its own. */
static bool holds(struct page *p, u64 seed, u64 off, u64 len, u64 other, u64 from)
{
	u8 b[64];
	u32 i;

	for (i = 0; i < PAGE_SIZE; i++) {
		if (i % 64 == 0)
			page_read(p, i, span_of(b));
		if (b[i % 64] !=
			(i >= off && i < off + len ? byte_of(other, from + i - off)
						   : byte_of(seed, i)))
			return false;
	}
	return true;
}

/*
 * Sizes and offsets of all kinds, up to the ends of the pages: the bytes around the target stay,
 * and so does the source. Afterwards the frame has taken back both pages.
 */
KTEST(dma_moves_what_it_is_told_and_no_more)
{
	static const struct {
		u32 to, from, len;
	} cases[] = { { 0, 0, 4096 }, { 1, 0, 4095 }, { 64, 128, 192 }, { 1, 3, 61 },
		{ 4095, 0, 1 }, { 0, 4095, 1 }, { 2000, 8, 2096 } };
	struct dma *e = engine();
	struct page *to = page_alloc(0), *from = page_alloc(0);
	u32 i;

	for (i = 0; e && to && from && i < ARRAY_LEN(cases); i++) {
		if (edu && cases[i].len > OWN_SIZE)
			continue;
		fill(to, 1000 * i);
		fill(from, 77 + i);
		struct dma_end dst = { to, cases[i].to }, src = { from, cases[i].from };

		KTEST_EXPECT(copy(e, dst, src, cases[i].len));
		KTEST_EXPECT(holds(to, 1000 * i, cases[i].to, cases[i].len, 77 + i, cases[i].from));
		KTEST_EXPECT(holds(from, 77 + i, 0, 0, 0, 0));
	}
	KTEST_EXPECT(to && from && page_map_count(to) == 0 && page_map_count(from) == 0);
	page_put(&to);
	page_put(&from);
}

/* What the service puts stays, as long as the device may use it. */
KTEST(dma_keeps_what_is_lent)
{
	struct dma *e = engine();
	struct page *a = page_alloc(PAGE_ZEROED), *b = page_alloc(PAGE_ZEROED);
	struct page *lent = a;

	if (e && a && b) {
		struct dma_end to = { a, 0 }, from = { edu ? NULL : b, 0 };

		KTEST_EXPECT(dma_start(e, to, from, 256) == 0);
		page_put(&a);
		KTEST_EXPECT(page_refs(lent) == 0 && page_map_count(lent) == 1);
		to.page = b;
		from.off = 256;
		KTEST_EXPECT(dma_start(e, to, from, 256) == -EBUSY);
		KTEST_EXPECT(page_map_count(lent) == 1 && page_map_count(b) == (edu ? 0 : 1));
		KTEST_EXPECT(!edu || dma_finish(e) == -EBUSY);
		KTEST_EXPECT(finish(e) == 0 && page_map_count(lent) == 0 && page_map_count(b) == 0);
		KTEST_EXPECT(dma_finish(e) == -EINVAL);
	}
	page_put(&a);
	page_put(&b);
}

/*
 * From the device to itself, from memory to memory where it has memory of its own, and from or to
 * that memory where it has none: -EINVAL, as is a length of 0. No page stays lent.
 */
KTEST(dma_between_the_wrong_ends)
{
	struct dma *e = engine();
	struct page *p = page_alloc(PAGE_ZEROED);
	struct dma_end page = { p, 0 }, own = { NULL, 0 };

	if (e && p) {
		KTEST_EXPECT(device_dma(edu ? edu : pdma) == e && dma_line(e) >= 1);
		KTEST_EXPECT(dma_start(e, own, own, 1) == -EINVAL);
		KTEST_EXPECT(dma_start(e, page, edu ? own : page, 0) == -EINVAL);
		KTEST_EXPECT(dma_start(e, page, edu ? page : own, 1) == -EINVAL);
		KTEST_EXPECT(dma_start(e, edu ? page : own, page, 1) == -EINVAL);
		KTEST_EXPECT(page_map_count(p) == 0);
	}
	page_put(&p);
}

static struct dma *mover;
static struct dma_end bad_end, good_end;
static u64 bad_len;
static void start_to_bad(void)
{
	(void)!dma_start(mover, bad_end, good_end, bad_len);
}
static void start_from_bad(void)
{
	(void)!dma_start(mover, good_end, bad_end, bad_len);
}
/* As the target and as the source. */
static bool traps(u64 off, u64 len)
{
	bad_end.off = off;
	bad_len = len;
	return ktest_traps(start_to_bad) && ktest_traps(start_from_bad);
}
static bool all_trap(void)
{
	return traps(0, 4097) && traps(4096, 1) && traps(4095, 2) && traps(1, 4096) &&
		traps(~0ul, 1) && traps(~0ul, 2) && traps(1, ~0ul) && traps(0, ~0ul) &&
		traps(2, ~0ul - 1) && traps(1ul << 63, 1ul << 63) && traps(4097, ~0ul - 4096);
}
/* On either end, with sums that wrap, and with a page that was put. */
KTEST(dma_beyond_its_ends_traps)
{
	struct page *p = page_alloc(PAGE_ZEROED), *stale = p;

	mover = engine();
	if (mover && p) {
		bad_end.page = p;
		good_end.page = edu ? NULL : p;
		KTEST_EXPECT(all_trap());
		if (edu) {
			bad_end.page = NULL;
			good_end.page = p;
			KTEST_EXPECT(all_trap());
		}
	}
	page_put(&p);
	if (mover) {
		bad_end.page = stale;
		good_end.page = edu ? NULL : stale;
		KTEST_EXPECT(traps(0, 64));
	}
}

/* Many at once: one transfer at a time, and no count is lost. */
#define ROUNDS 20u
static struct atomic moved;
static struct page *team_page[4];
/*
 * Starts that find the engine busy are refused; on the device that takes its time nearly all are.
 */
static void compete(unsigned i)
{
	struct dma_end mine = { team_page[i], 64 * i },
		       other = { edu ? NULL : team_page[(i + 1) % 4], 0 };
	u32 n;

	for (n = 0; n < ROUNDS; n++) {
		if (dma_start(mover, mine, other, 64) == 0)
			atomic_add(&moved, 1);
		if (!edu || n == ROUNDS - 1)
			(void)!dma_finish(mover);
	}
}
/*
 * Each start either has the engine for itself or is refused. Afterwards no page is counted as lent.
 */
KTEST(dma_is_taken_by_one_at_a_time)
{
	u32 i;

	mover = engine();
	if (!mover)
		return;
	for (i = 0; i < 4; i++)
		team_page[i] = page_alloc(PAGE_ZEROED);
	atomic_store(&moved, 0);
	KTEST_EXPECT(test_team(compete, 4) && atomic_load(&moved) >= 1);
	(void)finish(mover);
	for (i = 0; i < 4; i++) {
		KTEST_EXPECT(page_map_count(team_page[i]) == 0);
		page_put(array_at(team_page, i));
	}
}

/* The device says when it is done, here to whoever looks at nothing else. */
static struct atomic ended;
static void ended_handle(struct obj *owner)
{
	struct iomem *io = edu ? device_iomem(edu, 0) : NULL;

	(void)owner;
	if (io)
		iomem_write32(io, EDU_CLEAR, ~0u);
	if (dma_finish(mover) == 0)
		atomic_add(&ended, 1);
}
static const struct irq_ops ended_ops = { .handle = ended_handle };
/* The handler finds the transfer done, and may take the pages back there. */
KTEST(dma_interrupts_at_the_end)
{
	struct page *p = page_alloc(PAGE_ZEROED);
	struct probe *owner = obj_new(probe);
	struct irq_line *line;

	mover = engine();
	line = mover ? device_irq(edu ? edu : pdma, 0) : NULL;
	KTEST_EXPECT(!mover || (line && irq_line_attach(line, &ended_ops, &owner->obj) == 0));
	if (mover && line) {
		struct dma_end to = { p, 0 }, from = { edu ? NULL : p, 512 };

		atomic_store(&ended, 0);
		KTEST_EXPECT(dma_start(mover, to, from, 512) == 0);
		KTEST_EXPECT(test_until(&ended, 1) && page_map_count(p) == 0);
		irq_line_detach(line);
	}
	obj_put(&owner);
	page_put(&p);
}
