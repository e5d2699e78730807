// SPDX-License-Identifier: MPL-2.0
/*
 * Transfers by devices (frame/dma.h): lending of pages, and cache maintenance. reach/ has
 * the functions that program the engines.
 *
 * How a transfer runs. dma_start checks the ranges, takes a frame count of each page, and checks
 * that the engine can address the pages. Under dma.lock it finds that no transfer runs, records the
 * ends, writes back the cache lines of both ends if the device is not coherent, and starts the
 * engine. If any of this fails, it drops the counts. dma_finish, under dma.lock, asks the engine's
 * registers whether it is idle. If it is, it reads the result, flushes the cache lines of the
 * destination, clears the transfer, unlocks, and drops the counts. If the device never becomes
 * idle, the pages stay lent for ever: that costs memory, but no memory is reused under the device.
 *
 * Locking: dma.lock guards a device's registers and the ends of its transfer. Taken before the page
 *          zone lock.
 * Trust: an engine is started only when it is idle, with addresses of pages whose frame count this
 *        file holds, for bytes that lie in these pages. The counts drop only after its registers
 *        said that it is idle again. Bus addresses equal CPU addresses: an engine behind a bus that
 *        translates is refused.
 */
#include <frame/log.h>

#include "../cpu_local.h"
#include "dev.h"

/* ---- engines ---- */

/* Guards dma.asked, the writing of dma.engine, and the cache line size. */
static struct spinlock dma_check_lock;

/*
 * Size of a cache line; 0: lines cannot be written back. Determined only when a device is not
 * coherent.
 */
static u32 dma_cache_line(void)
{
	static bool known;
	static u32 line;

	if (!known)
		line = arch_cache_init();
	known = true;
	return line;
}

/* Prepares the engine and returns a text about it; sets e->engine if it is usable. */
static struct lit dma_prepare(struct dma *e, const struct dma_engine *engine, struct dt_node *n)
{
	if (dt_is_translated(n))
		return LIT("refused: dma-ranges or an IOMMU translate its addresses");
	e->line = dt_is_coherent(n) ? 1 : dma_cache_line();
	if (!e->line)
		return LIT(
			"refused: it is not coherent, and the machine has no known way to write caches back");
	e->regs = window_map(n, engine->size);
	if (!e->regs)
		return LIT("refused: it has not the registers of such a device");
	if (engine->is_busy(e->regs))
		return LIT("refused: it is busy with a transfer that firmware started");
	if (n->pci)
		pci_master(n->pci, true);
	e->engine = engine;
	return e->line == 1 ? LIT("coherent") : LIT("not coherent, caches are written back");
}

struct dma *device_dma(struct device *d)
{
	const struct dma_engine *engine;
	struct dma *e = &d->dma;
	struct lit what;
	u64 flags;

	must_be_task();
	engine = dma_engine_of(d->node);
	if (!engine)
		return NULL;
	flags = spin_lock_irqsave(&dma_check_lock);
	if (!e->asked) {
		what = dma_prepare(e, engine, d->node);
		device_report(e->engine ? LOG_INFO : LOG_WARNING, LIT("DMA by "), d->node, what,
			LIT(""));
	}
	e->asked = true;
	spin_unlock_irqrestore(&dma_check_lock, flags);
	return e->engine ? e : NULL;
}

u32 dma_line(const struct dma *e)
{
	return e->line;
}

/* ---- transfers ---- */

static bool dma_lies_in(u64 off, u64 len, u64 size)
{
	return off <= size && len <= size - off;
}

static void dma_check_range(const struct dma *e, const struct dma_end *end, u64 len)
{
	if (!dma_lies_in(end->off, len, end->page ? PAGE_SIZE : e->engine->own))
		_kernel_panic("DMA beyond a page or the device's memory");
}

/* Takes a frame count of the page, if the end is one. */
static void dma_end_hold(const struct dma_end *end)
{
	if (end->page && !page_hold(end->page))
		_kernel_panic("DMA to or from a page that has been released");
}

static void dma_end_release(const struct dma_end *end)
{
	if (end->page)
		page_release(end->page);
}

static bool dma_is_addressable(const struct dma *e, const struct dma_end *end, u64 len)
{
	return !end->page ||
		dma_lies_in(page_paddr(end->page) + end->off, len, e->engine->addr_limit);
}

/* The value for the engine's address register. */
static u64 dma_end_address(const struct dma_end *end)
{
	return end->page ? page_paddr(end->page) + end->off : end->off;
}

/* Called with dma.lock held. */
static int dma_start_locked(struct dma *e, const struct dma_end *to, const struct dma_end *from,
	u64 len)
{
	if (e->len)
		return -EBUSY;
	e->to = *to;
	e->from = *from;
	e->len = len;
	if (e->line > 1 && from->page)
		arch_cache_clean(dma_end_address(from), len);
	if (e->line > 1 && to->page)
		/*
		 * No dirty line of the destination may be written back later, over the device's
		 * data.
		 */
		arch_cache_clean(dma_end_address(to), len);
	/* TRUST: the caller holds both pages, and the bytes lie in them. */
	e->engine->start(e->regs, dma_end_address(to), dma_end_address(from), len,
		to->page != NULL);
	return 0;
}

int dma_start(struct dma *e, struct dma_end to, struct dma_end from, u64 len)
{
	u64 flags;
	int err = 0;

	if (!len || (!to.page && !from.page) || (to.page && from.page) == (e->engine->own != 0))
		return -EINVAL;
	dma_check_range(e, &to, len);
	dma_check_range(e, &from, len);
	dma_end_hold(&to);
	dma_end_hold(&from);
	if (!dma_is_addressable(e, &to, len) || !dma_is_addressable(e, &from, len))
		err = -EFAULT;
	if (!err) {
		flags = spin_lock_irqsave(&e->lock);
		err = dma_start_locked(e, &to, &from, len);
		spin_unlock_irqrestore(&e->lock, flags);
	}
	if (err) {
		dma_end_release(&to);
		dma_end_release(&from);
	}
	return err;
}

int dma_finish(struct dma *e)
{
	struct dma_end to, from;
	u64 flags = spin_lock_irqsave(&e->lock);
	int err;

	if (!e->len || e->engine->is_busy(e->regs)) {
		err = e->len ? -EBUSY : -EINVAL;
		spin_unlock_irqrestore(&e->lock, flags);
		return err;
	}
	err = e->engine->end(e->regs);
	to = e->to;
	from = e->from;
	if (e->line > 1 && to.page)
		/* Lines that a CPU has prefetched during the transfer hold old bytes. */
		arch_cache_flush(dma_end_address(&to), e->len);
	e->len = 0;
	spin_unlock_irqrestore(&e->lock, flags);
	dma_end_release(&to);
	dma_end_release(&from);
	return err;
}
