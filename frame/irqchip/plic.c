// SPDX-License-Identifier: MPL-2.0
/*
 * The platform interrupt controller of RISC-V machines (PLIC, sifive,plic-1.0.0). See the RISC-V
 * PLIC specification. Machines with several sockets have one in each, wired to the harts there.
 *
 * The context of a hart is the index of its supervisor-external entry in interrupts-extended: that
 * order differs between machines and is never computed. A line is masked by priority 0, because the
 * completion of a line that is disabled for the context would be ignored and block the line. All
 * lines are enabled for all contexts of harts that run; the hart that claims an interrupt first
 * handles it. Contexts of other modes (the firmware's) are never touched.
 */
#include <frame/device.h>
#include <frame/log.h>

#include "../cpu_local.h"
#include "../dev/dev.h"
#include "../dev/irqchip.h"

#define PRIORITY(src)  (4ul * (src))
#define ENABLE(ctx, w) (0x2000ul + 0x80ul * (ctx) + 4ul * (w))
#define THRESHOLD(ctx) (0x200000ul + 0x1000ul * (ctx))
#define CLAIM(ctx)     (0x200004ul + 0x1000ul * (ctx))
#define MAX_SOURCES    1023u
#define MAX_CONTEXTS   15872u /* as many as have registers */
#define S_EXTERNAL     9u

struct plic {
	struct irq_chip chip; /* first */
	volatile u8 *regs;    /* kmap mapping, up to the last known context */
	u32 nr_sources;
	u32 nr_contexts;       /* contexts in the devicetree that the window covers */
	u32 context[MAX_CPUS]; /* by CPU: 1 + its context; 0: none, or not running yet */
};
static_assert(sizeof(struct plic) <= PAGE_SIZE, "dt_piece");

static u32 plic_read(const struct plic *p, u64 off)
{
	/* TRUST: the offsets below lie in the controller's window, which plic_probe has checked. */
	return arch_mmio_read32(p->regs + off);
}

static void plic_write(struct plic *p, u64 off, u32 v)
{
	arch_mmio_write32(p->regs + off, v); /* TRUST: as above */
}

/* ---- contexts ---- */

/* The hart whose interrupt controller node has @phandle; false: there is none. */
static bool hart_of_phandle(u32 phandle, u64 *hart)
{
	struct dt_node *cpu, *intc;
	u32 p;

	for (cpu = dt_first_child(dt_find(STR("/cpus"))); cpu; cpu = dt_next_sibling(cpu)) {
		intc = dt_first_child(cpu);
		while (intc && !dt_has(intc, LIT("interrupt-controller")))
			intc = dt_next_sibling(intc);
		if (intc && dt_u32(intc, LIT("phandle"), 0, &p) && p == phandle)
			return dt_cpu_hw_id(cpu, hart);
	}
	return false;
}

/* Whether context @i exists; *@is_ours: it is some hart's in supervisor mode. */
static bool plic_context(struct dt_node *n, u32 i, bool *is_ours, u64 *hart)
{
	u32 phandle, irq;

	if (i >= MAX_CONTEXTS || !dt_u32(n, LIT("interrupts-extended"), 2 * i, &phandle) ||
		!dt_u32(n, LIT("interrupts-extended"), 2 * i + 1, &irq))
		return false;
	*is_ours = irq == S_EXTERNAL && hart_of_phandle(phandle, hart);
	return true;
}

/* 1 + the context of the hart, 0: it has none. */
static u32 plic_find_context(struct dt_node *n, u64 want)
{
	bool is_ours;
	u64 hart;
	u32 i;

	for (i = 0; plic_context(n, i, &is_ours, &hart); i++) {
		if (is_ours && hart == want)
			return i + 1;
	}
	return 0;
}

static bool plic_reaches(struct dt_node *n, u64 hw_id)
{
	return plic_find_context(n, hw_id) != 0;
}

/* ---- the controller ---- */

/* The bits of all existing sources in enable word @w. */
static u32 plic_sources_in(const struct plic *p, u32 w)
{
	u32 bits = w < p->nr_sources / 32 ? ~0u : (2u << p->nr_sources % 32) - 1;

	return w ? bits : bits & ~1u;
}

static void plic_enable_all(struct plic *p, u32 ctx, bool on)
{
	u32 w;

	for (w = 0; w <= p->nr_sources / 32; w++)
		plic_write(p, ENABLE(ctx, w), on ? plic_sources_in(p, w) : 0);
}

static void plic_init_cpu(struct irq_chip *c)
{
	struct plic *p = (struct plic *)c;
	struct cpu *cpu = arch_this_cpu();
	u32 ctx = plic_find_context(c->node, cpu->hw_id);

	if (!ctx || ctx > p->nr_contexts)
		return;
	plic_enable_all(p, ctx - 1, true);
	plic_write(p, THRESHOLD(ctx - 1), 0);
	p->context[cpu->id] = ctx;
}

static int plic_translate(struct irq_chip *c, const u32 *cell, u32 nr_cells, u32 *nr)
{
	if (!nr_cells || !cell[0] || cell[0] > ((struct plic *)c)->nr_sources)
		return -EINVAL;
	*nr = cell[0];
	return 0;
}

/* TRUST: @nr is a source that plic_translate gave. */
static void plic_mask(struct irq_chip *c, u32 nr, bool masked)
{
	plic_write((struct plic *)c, PRIORITY(nr), !masked);
}

static void plic_handle(struct irq_chip *c)
{
	struct plic *p = (struct plic *)c;
	u32 ctx = p->context[arch_this_cpu()->id], src, n;

	if (!ctx)
		return;
	/* Bounded: a device may raise its line again as fast as its handler silences it. */
	for (n = 0; n < p->nr_sources && (src = plic_read(p, CLAIM(ctx - 1))) != 0; n++) {
		irq_line_deliver(irq_table_get(&c->lines, src));
		plic_write(p, CLAIM(ctx - 1), src);
	}
}

static const struct irq_chip_ops plic_ops = {
	.name = "PLIC",
	.mask = plic_mask,
	.translate = plic_translate,
	.init_cpu = plic_init_cpu,
	.handle = plic_handle,
};

/* Firmware may have left any line enabled, also for harts that never come up. */
static void plic_silence(struct plic *p, struct dt_node *n)
{
	bool is_ours;
	u64 hart;
	u32 i;

	for (i = 1; i <= p->nr_sources; i++)
		plic_write(p, PRIORITY(i), 0);
	for (i = 0; i < p->nr_contexts && plic_context(n, i, &is_ours, &hart); i++) {
		if (is_ours)
			plic_enable_all(p, i, false);
	}
}

static struct irq_chip *plic_probe(struct dt_node *n)
{
	struct plic *p;
	paddr_t base;
	bool is_ours;
	u64 size, hart;
	u32 i, sources;

	if (!dt_reg(n, 0, &base, &size) || base + size < base || overlaps_ram(base, size) ||
		!dt_u32(n, LIT("riscv,ndev"), 0, &sources)) {
		log_warn(
			"a PLIC in the devicetree has no reg or riscv,ndev: its devices will not interrupt");
		return NULL;
	}
	for (i = 0; CLAIM(i) + 4 <= size && plic_context(n, i, &is_ours, &hart); i++)
		;
	if (!i) {
		log_warn(
			"a PLIC in the devicetree has no contexts (interrupts-extended): its devices will not interrupt");
		return NULL;
	}
	p = dt_piece(sizeof(*p));
	p->chip.ops = &plic_ops;
	p->nr_sources = min(sources, MAX_SOURCES);
	p->nr_contexts = i;
	p->regs = kmap_device(base, CLAIM(i - 1) + 4);
	if (!p->regs)
		_kernel_panic("no memory to map the PLIC");
	plic_silence(p, n);
	return &p->chip;
}

IRQ_CHIP(plic, .compatible = { "sifive,plic-1.0.0", "riscv,plic0" }, .probe = plic_probe,
	.reaches = plic_reaches);
