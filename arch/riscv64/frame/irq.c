// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the platform interrupt controller (PLIC, sifive,plic-1.0.0). See the RISC-V PLIC specification.
 *
 * The context of a hart is the place of its supervisor-external entry in interrupts-extended: that order differs from machine to machine and is never computed.
 * A line is masked by priority 0, because completing a line that is disabled for the context would be ignored and block it. All lines are enabled for all
 * contexts; whichever hart claims first gets it.
 */
#include <frame/device.h>
#include <frame/log.h>

#include "backend.h"

#define PRIORITY(src)   (4ul * (src))
#define ENABLE(ctx, w)  (0x2000ul + 0x80ul * (ctx) + 4ul * (w))
#define THRESHOLD(ctx)  (0x200000ul + 0x1000ul * (ctx))
#define CLAIM(ctx)      (0x200004ul + 0x1000ul * (ctx))
#define NO_CONTEXT      ~0u
#define MAX_CONTEXTS    256
#define S_EXTERNAL      9u

static volatile u8 *plic; /* kmap window */
static u32 nr_sources;
static u32 context_of[MAX_CPUS];      /* by CPU number */
static u64 context_hart[MAX_CONTEXTS]; /* hart + 1 of a supervisor context, 0: none of ours */

static u32 plic_read(u64 off)
{
	u32 v = *(volatile u32 *)(plic + off); /* TRUST: offsets below are those of the controller's window, checked at init */

	__asm__ volatile("fence i, rw" : : : "memory");
	return v;
}

static void plic_write(u64 off, u32 v)
{
	__asm__ volatile("fence rw, o" : : : "memory");
	*(volatile u32 *)(plic + off) = v; /* TRUST: as above */
}

/* Hart id + 1 of the CPU whose interrupt-controller node has @phandle, or 0. */
static u64 hart_of_phandle(u32 phandle)
{
	struct dt_node *cpu, *intc;
	u64 hart;
	u32 p;

	for (cpu = dt_first_child(dt_find(STR("/cpus"))); cpu; cpu = dt_next_sibling(cpu)) {
		intc = dt_first_child(cpu);
		while (intc && !dt_has(intc, LIT("interrupt-controller")))
			intc = dt_next_sibling(intc);
		if (intc && dt_u32(intc, LIT("phandle"), 0, &p) && p == phandle && dt_cpu_hw_id(cpu, &hart))
			return hart + 1;
	}
	return 0;
}

static struct dt_node *find_plic(struct dt_node *n)
{
	for (; n; n = dt_next_sibling(n)) {
		struct dt_node *sub;
		if (dt_compatible(n, STR("sifive,plic-1.0.0")) || dt_compatible(n, STR("riscv,plic0")))
			return n;
		sub = find_plic(dt_first_child(n));
		if (sub)
			return sub;
	}
	return NULL;
}

void arch_irq_init(void)
{
	struct dt_node *n = find_plic(dt_root());
	paddr_t base;
	u64 size;
	u32 i, phandle, irq;

	for (i = 0; i < MAX_CPUS; i++)
		context_of[i] = NO_CONTEXT;
	if (!n || !dt_reg(n, 0, &base, &size) || !dt_u32(n, LIT("riscv,ndev"), 0, &nr_sources)) {
		log_warn("no PLIC in the devicetree: devices will not interrupt");
		return;
	}
	nr_sources = min(nr_sources, 1023u);
	plic = kmap_device(base, size);
	if (!plic)
		_kernel_panic("no memory to map the PLIC");
	for (i = 0; i < MAX_CONTEXTS && CLAIM(i) + 4 <= size; i++) {
		if (!dt_u32(n, LIT("interrupts-extended"), 2 * i, &phandle) || !dt_u32(n, LIT("interrupts-extended"), 2 * i + 1, &irq))
			break;
		if (irq == S_EXTERNAL)
			context_hart[i] = hart_of_phandle(phandle);
	}
	for (i = 1; i <= nr_sources; i++)
		plic_write(PRIORITY(i), 0);
}

void arch_irq_init_cpu(void)
{
	struct cpu *c = arch_this_cpu();
	u32 i, w;

	for (i = 0; i < MAX_CONTEXTS && context_hart[i] != c->hw_id + 1; i++)
		;
	if (i == MAX_CONTEXTS)
		return;
	context_of[c->id] = i;
	for (w = 0; w <= nr_sources / 32; w++)
		plic_write(ENABLE(i, w), ~0u);
	plic_write(THRESHOLD(i), 0);
}

int arch_irq_translate(struct dt_node *n, unsigned i, u32 *hwirq)
{
	u32 v;

	if (!dt_u32(n, LIT("interrupts"), i, &v))
		return -ENOENT;
	if (!plic || v == 0 || v > nr_sources)
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

	if (ctx == NO_CONTEXT)
		return;
	while ((src = plic_read(CLAIM(ctx))) != 0) {
		irq_line_deliver(src);
		plic_write(CLAIM(ctx), src);
	}
}
