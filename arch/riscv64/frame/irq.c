// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the platform interrupt controller (PLIC, sifive,plic-1.0.0). See the RISC-V PLIC
 * specification.
 *
 * The context of a hart is the index of its supervisor-external entry in interrupts-extended: that
 * order differs between machines and is never computed. A line is masked by priority 0, because the
 * completion of a line that is disabled for the context would be ignored and block the line. All
 * lines are enabled for all contexts; the hart that claims an interrupt first handles it.
 */
#include <frame/device.h>
#include <frame/log.h>

#include "backend.h"

#define PRIORITY(src)  (4ul * (src))
#define ENABLE(ctx, w) (0x2000ul + 0x80ul * (ctx) + 4ul * (w))
#define THRESHOLD(ctx) (0x200000ul + 0x1000ul * (ctx))
#define CLAIM(ctx)     (0x200004ul + 0x1000ul * (ctx))
#define MAX_CONTEXTS   256
#define S_EXTERNAL     9u

static struct dt_node *plic_node;
static volatile u8 *plic; /* kmap mapping, up to the last known context */
static u32 nr_sources;
static u32 context_of[MAX_CPUS];       /* by CPU number */
static u64 context_hart[MAX_CONTEXTS]; /* hart + 1 of a supervisor context, 0: another mode's */
static u32 nr_contexts;                /* contexts in the devicetree that the window covers */

static u32 plic_read(u64 off)
{
	/*
	 * TRUST: the offsets below lie in the controller's window, which arch_irq_init has checked.
	 */
	return arch_mmio_read32(plic + off);
}

static void plic_write(u64 off, u32 v)
{
	arch_mmio_write32(plic + off, v); /* TRUST: as above */
}

/* Hart id + 1 of the CPU whose interrupt controller node has @phandle, or 0. */
static u64 hart_of_phandle(u32 phandle)
{
	struct dt_node *cpu, *intc;
	u64 hart;
	u32 p;

	for (cpu = dt_first_child(dt_find(STR("/cpus"))); cpu; cpu = dt_next_sibling(cpu)) {
		intc = dt_first_child(cpu);
		while (intc && !dt_has(intc, LIT("interrupt-controller")))
			intc = dt_next_sibling(intc);
		if (intc && dt_u32(intc, LIT("phandle"), 0, &p) && p == phandle &&
			dt_cpu_hw_id(cpu, &hart))
			return hart + 1;
	}
	return 0;
}

static bool plic_is(struct dt_node *n)
{
	return dt_available(n) &&
		(dt_compatible(n, STR("sifive,plic-1.0.0")) ||
			dt_compatible(n, STR("riscv,plic0")));
}

static struct dt_node *plic_find(struct dt_node *n)
{
	for (; n; n = dt_next_sibling(n)) {
		struct dt_node *sub;
		if (!dt_available(n))
			continue;
		if (plic_is(n))
			return n;
		sub = plic_find(dt_first_child(n));
		if (sub)
			return sub;
	}
	return NULL;
}

/* Finds the hart of each context; contexts of other modes (the firmware's) are never touched. */
static void plic_read_contexts(struct dt_node *n, u64 window)
{
	u32 phandle, irq, i;

	for (i = 0; i < MAX_CONTEXTS && CLAIM(i) + 4 <= window; i++) {
		if (!dt_u32(n, LIT("interrupts-extended"), 2 * i, &phandle) ||
			!dt_u32(n, LIT("interrupts-extended"), 2 * i + 1, &irq))
			break;
		if (irq == S_EXTERNAL)
			context_hart[i] = hart_of_phandle(phandle);
	}
	nr_contexts = i;
}

/* The bits of all existing sources in enable word @w. */
static u32 plic_sources_in(u32 w)
{
	u32 bits = w < nr_sources / 32 ? ~0u : (2u << nr_sources % 32) - 1;

	return w ? bits : bits & ~1u;
}

static void plic_enable_all(u32 ctx, bool on)
{
	u32 w;

	for (w = 0; w <= nr_sources / 32; w++)
		plic_write(ENABLE(ctx, w), on ? plic_sources_in(w) : 0);
}

/*
 * Interrupts of the timer and of other harts stay pending until they are handled. A line whose
 * handler trapped stays claimed: only a self-test could miss it, and none does.
 */
void arch_irq_abandon(void)
{
}

void arch_irq_init(void)
{
	struct dt_node *n = plic_find(dt_root());
	paddr_t base;
	u64 size;
	u32 i;

	for (i = 0; i < MAX_CPUS; i++)
		context_of[i] = RISCV_NO_CONTEXT;
	if (!n || !dt_reg(n, 0, &base, &size) || overlaps_ram(base, size) ||
		!dt_u32(n, LIT("riscv,ndev"), 0, &nr_sources)) {
		log_warn(
			"no PLIC in the devicetree (sifive,plic-1.0.0 with reg and riscv,ndev): devices will not interrupt");
		return;
	}
	nr_sources = min(nr_sources, 1023u);
	plic_read_contexts(n, size);
	if (!nr_contexts) {
		log_warn(
			"the PLIC in the devicetree has no contexts (interrupts-extended): devices will not interrupt");
		return;
	}
	plic = kmap_device(base, CLAIM(nr_contexts - 1) + 4);
	if (!plic)
		_kernel_panic("no memory to map the PLIC");
	plic_node = n;
	for (i = 1; i <= nr_sources; i++)
		plic_write(PRIORITY(i), 0);
	/* Firmware may have left any line enabled, also for harts that never come up. */
	for (i = 0; i < nr_contexts; i++) {
		if (context_hart[i])
			plic_enable_all(i, false);
	}
}

u32 riscv_context_of(u64 hart)
{
	u32 i;

	for (i = 0; i < nr_contexts && context_hart[i] != hart + 1; i++)
		;
	return plic && i < nr_contexts ? i : RISCV_NO_CONTEXT;
}

/*
 * Whether some controller below @n has a supervisor context for the hart: machines with several
 * sockets have one controller in each, of which only the first is driven.
 */
static bool plic_any_reaches(struct dt_node *n, u64 hart)
{
	u32 phandle, irq, i;

	for (; n; n = dt_next_sibling(n)) {
		bool plics = plic_is(n);
		for (i = 0; plics && i < MAX_CONTEXTS &&
			dt_u32(n, LIT("interrupts-extended"), 2 * i, &phandle) &&
			dt_u32(n, LIT("interrupts-extended"), 2 * i + 1, &irq);
			i++) {
			if (irq == S_EXTERNAL && hart_of_phandle(phandle) == hart + 1)
				return true;
		}
		if (plic_any_reaches(dt_first_child(n), hart))
			return true;
	}
	return false;
}

bool riscv_irq_reaches(u64 hart)
{
	return !plic || riscv_context_of(hart) != RISCV_NO_CONTEXT ||
		plic_any_reaches(dt_root(), hart);
}

void arch_irq_init_cpu(void)
{
	struct cpu *c = arch_this_cpu();
	u32 i = riscv_context_of(c->hw_id);

	context_of[c->id] = i;
	if (i == RISCV_NO_CONTEXT)
		return;
	plic_enable_all(i, true);
	plic_write(THRESHOLD(i), 0);
}

int arch_irq_translate(struct dt_node *n, unsigned i, u32 *hwirq)
{
	struct dt_node *controller;
	u32 v;

	if (!dt_interrupt(n, i, &controller, &v))
		return -ENOENT;
	/* The number of a line of another controller (pins, a bridge) means nothing here. */
	if (!plic || controller != plic_node || v == 0 || v > nr_sources)
		return -EINVAL;
	*hwirq = v;
	return 0;
}

int arch_msi_alloc(struct msi_message *m)
{
	(void)m;
	return -ENOSYS;
}

void arch_irq_unmask(u32 hwirq)
{
	if (plic && hwirq <= nr_sources)
		plic_write(PRIORITY(hwirq), 1);
}

void arch_irq_mask(u32 hwirq)
{
	if (plic && hwirq <= nr_sources)
		plic_write(PRIORITY(hwirq), 0);
}

void riscv_plic_interrupt(void)
{
	u32 ctx = context_of[arch_this_cpu()->id];
	u32 src;

	if (ctx == RISCV_NO_CONTEXT)
		return;
	while ((src = plic_read(CLAIM(ctx))) != 0) {
		irq_line_deliver(src);
		plic_write(CLAIM(ctx), src);
	}
}
