// SPDX-License-Identifier: MPL-2.0
/*
 * Transfers by devices (frame/dma.h): pages that are lent, and caches that are kept in agreement.
 * How an engine is told is engine.c's.
 *
 * Locking: dma.lock guards a device's registers and what is lent to it. Outside the page zone lock.
 * Trust:   an engine is started only when it is idle, with addresses of pages whose frame count
 *          this file holds, for bytes that lie in them; the counts drop only after its registers
 *          said that it is idle again. Its addresses are those of the CPU: an engine behind a bus
 *          that translates is refused.
 */
#include <frame/fmt.h>
#include <frame/log.h>

#include "dev.h"

/* ---- engines ---- */

/* Guards dma.asked, dma.engine as it is set, and what is known of the caches. */
static struct spinlock asking;

/*
 * Bytes of a line; 0: lines cannot be written back. Looked for only when a device is not coherent.
 */
static u32 cache_line(void)
{
	static bool known;
	static u32 line;

	if (!known)
		line = arch_cache_init();
	known = true;
	return line;
}

/* What is wrong; if nothing, the engine can be used. */
static struct lit prepare(struct dma *e, const struct dma_engine *engine, struct dt_node *n)
{
	if (dt_is_translated(n))
		return LIT("refused: a bus above it has dma-ranges");
	e->line = dt_is_coherent(n) ? 1 : cache_line();
	if (!e->line)
		return LIT(
			"refused: it is not coherent, and the machine has no known way to write caches back");
	e->regs = window_map(n, engine->size);
	if (!e->regs)
		return LIT("refused: it has not the registers of such a device");
	if (engine->is_busy(e->regs))
		return LIT("refused: it is busy with what firmware has told it");
	if (n->pci)
		pci_master(n->pci);
	e->engine = engine;
	return e->line == 1 ? LIT("coherent") : LIT("not coherent, caches are written back");
}

static void report(u32 level, struct dt_node *n, struct lit what)
{
	u8 line[192];
	FMT(f, span_of(line));

	fmt_lit(&f, LIT("DMA by "));
	fmt_span(&f, dt_name(n));
	fmt_lit(&f, LIT(": "));
	fmt_lit(&f, what);
	log_text(level, fmt_text(&f));
}

struct dma *device_dma(struct device *d)
{
	const struct dma_engine *engine = dma_engine_of(d->node);
	struct dma *e = &d->dma;
	struct lit what;
	u64 flags;

	if (!engine)
		return NULL;
	flags = spin_lock_irqsave(&asking);
	if (!e->asked) {
		what = prepare(e, engine, d->node);
		report(e->engine ? LOG_INFO : LOG_WARNING, d->node, what);
	}
	e->asked = true;
	spin_unlock_irqrestore(&asking, flags);
	return e->engine ? e : NULL;
}

u32 dma_line(const struct dma *e)
{
	return e->line;
}

/* ---- transfers ---- */

static bool lies_in(u64 off, u64 len, u64 size)
{
	return off <= size && len <= size - off;
}

static void check_range(const struct dma *e, const struct dma_end *end, u64 len)
{
	if (!lies_in(end->off, len, end->page ? PAGE_SIZE : e->engine->own))
		_kernel_panic("DMA beyond a page or the device's memory");
}

/* Takes a count of the page, if the end is one. */
static void hold(const struct dma_end *end)
{
	if (end->page && !page_hold(end->page))
		_kernel_panic("DMA to or from a page that has been released");
}

static void release(const struct dma_end *end)
{
	if (end->page)
		page_release(end->page);
}

static bool is_reached(const struct dma *e, const struct dma_end *end, u64 len)
{
	return !end->page || lies_in(page_paddr(end->page) + end->off, len, e->engine->reach);
}

/* What the engine's registers get for the end. */
static u64 address(const struct dma_end *end)
{
	return end->page ? page_paddr(end->page) + end->off : end->off;
}

/* dma.lock held. */
static int start_locked(struct dma *e, const struct dma_end *to, const struct dma_end *from,
	u64 len)
{
	if (e->len)
		return -EBUSY;
	e->to = *to;
	e->from = *from;
	e->len = len;
	if (e->line > 1 && from->page)
		arch_cache_clean(address(from), len);
	if (e->line > 1 && to->page)
		/* No line of it shall be written back later, over what the device wrote. */
		arch_cache_clean(address(to), len);
	/* TRUST: both pages are held, the bytes lie in them. */
	e->engine->start(e->regs, address(to), address(from), len, to->page != NULL);
	return 0;
}

int dma_start(struct dma *e, struct dma_end to, struct dma_end from, u64 len)
{
	u64 flags;
	int err = 0;

	if (!len || (!to.page && !from.page) || (to.page && from.page) == (e->engine->own != 0))
		return -EINVAL;
	check_range(e, &to, len);
	check_range(e, &from, len);
	hold(&to);
	hold(&from);
	if (!is_reached(e, &to, len) || !is_reached(e, &from, len))
		err = -EFAULT;
	if (!err) {
		flags = spin_lock_irqsave(&e->lock);
		err = start_locked(e, &to, &from, len);
		spin_unlock_irqrestore(&e->lock, flags);
	}
	if (err) {
		release(&to);
		release(&from);
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
		/* What a CPU has read ahead meanwhile is old. */
		arch_cache_flush(address(&to), e->len);
	e->len = 0;
	spin_unlock_irqrestore(&e->lock, flags);
	release(&to);
	release(&from);
	return err;
}
