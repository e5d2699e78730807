// SPDX-License-Identifier: MPL-2.0
/*
 * See the RISC-V PLIC specification. Firmware's contexts (M) must not be touched, nor registers of
 * sources that the machine does not have.
 */
#include "plic.h"

#include "../../frame/cpu_local.h"

#define PENDING    0x1000u
#define ENABLE     0x2000u
#define CONTEXT    0x200000u
#define WINDOW     0x4000000ul
#define PHANDLE    100u
#define M_EXTERNAL 11u
#define S_EXTERNAL 9u

struct plic plic;

void plic_context(enum plic_mode mode, u32 hart)
{
	plic.ctx[plic.nr_contexts].mode = mode;
	plic.ctx[plic.nr_contexts++].hart = hart;
}

/* ---- lines ---- */

void sim_edge(u32 hwirq)
{
	(void)hwirq;
	model_fail("plic: levels only");
}

/* The gateway: a level is a request until that is claimed, and again after it is completed. */
static void gate(u32 src)
{
	if (plic.up[src] && !plic.claimed[src])
		plic.pending[src] = true;
}

void sim_line_changed(u32 hwirq, bool up)
{
	plic.up[hwirq] = up;
	gate(hwirq);
}

static bool is_enabled(u32 ctx, u32 src)
{
	return plic.ctx[ctx].enable[src / 32] >> src % 32 & 1;
}

/* The request that a context would be given; those not above @threshold do not count. */
static u32 best(u32 ctx, u32 threshold)
{
	u32 i, found = 0;

	for (i = 1; i <= plic.ndev; i++) {
		if (plic.pending[i] && is_enabled(ctx, i) && plic.priority[i] > threshold &&
			plic.priority[i] > (found ? plic.priority[found] : 0))
			found = i;
	}
	return found;
}

bool sim_irq_pending(void)
{
	u32 i;

	for (i = 0; i < plic.nr_contexts; i++) {
		if (plic.ctx[i].mode == PLIC_S && plic.ctx[i].hart == cpus[sim_cpu].hw_id)
			return best(i, plic.ctx[i].threshold);
	}
	return false;
}

void sim_irq_handle(void)
{
	irq_chip_handle();
}

u64 sim_delivered(u32 hwirq)
{
	return plic.delivered[hwirq];
}

/* ---- registers ---- */

static u32 ours(u32 ctx)
{
	model_require(ctx < plic.nr_contexts, "plic: there is no context %u", ctx);
	model_require(plic.ctx[ctx].mode == PLIC_S, "plic: context %u is firmware's, or nobody's",
		ctx);
	return ctx;
}

static u32 known(u64 src)
{
	model_require(src && src <= plic.ndev, "plic: there is no source %lu", src);
	return (u32)src;
}

static u32 claim(u32 ctx)
{
	u32 src = best(ctx, 0);

	model_require(plic.ctx[ctx].hart == cpus[sim_cpu].hw_id,
		"plic: hart %lu claims from context %u, which is hart %u's", cpus[sim_cpu].hw_id,
		ctx, plic.ctx[ctx].hart);
	if (!src)
		return 0;
	plic.pending[src] = false;
	plic.claimed[src] = ctx + 1;
	plic.delivered[src]++;
	return src;
}

static void complete(u32 ctx, u64 v)
{
	u32 src = known(v);

	model_require(plic.claimed[src], "plic: source %u is completed, and was not claimed", src);
	model_require(plic.claimed[src] == ctx + 1,
		"plic: source %u is completed from context %u, and was claimed from %u", src, ctx,
		plic.claimed[src] - 1);
	if (!is_enabled(ctx, src)) {
		plic.completes_ignored++;
		return;
	}
	plic.claimed[src] = 0;
	gate(src);
}

static void write_enable(u32 ctx, u32 word, u64 v)
{
	u32 i;

	model_require(word <= plic.ndev / 32, "plic: there are no sources in enable word %u", word);
	for (i = 0; i < 32; i++) {
		if (v >> i & 1)
			(void)known(word * 32 + i);
	}
	plic.ctx[ctx].enable[word] = (u32)v;
}

static u64 plic_read(void *m, u64 off, unsigned width)
{
	u32 ctx = (u32)(off - CONTEXT) / 0x1000, i;
	u64 v = 0;

	(void)m;
	model_require(width == 4, "plic: an access of %u bytes", width);
	if (off < PENDING)
		return plic.priority[known(off / 4)];
	if (off < ENABLE) {
		for (i = 0; i < 32; i++)
			v |= (u64)plic.pending[(off - PENDING) / 4 * 32 + i] << i;
		return v;
	}
	if (off < CONTEXT)
		return plic.ctx[ours((u32)(off - ENABLE) / 0x80)].enable[off % 0x80 / 4];
	model_require((off & 0xfff) <= 4, "plic: no register is at %#lx", off);
	return off & 4 ? claim(ours(ctx)) : plic.ctx[ours(ctx)].threshold;
}

static void plic_write(void *m, u64 off, unsigned width, u64 v)
{
	u32 ctx = (u32)(off - CONTEXT) / 0x1000;

	(void)m;
	model_require(width == 4, "plic: an access of %u bytes", width);
	model_require(off < PENDING || off >= ENABLE, "plic: pending bits are written");
	if (off < PENDING) {
		model_require(v <= 7, "plic: priority %lu", v);
		plic.priority[known(off / 4)] = (u32)v;
	} else if (off < CONTEXT) {
		write_enable(ours((u32)(off - ENABLE) / 0x80), (u32)(off % 0x80 / 4), v);
	} else {
		model_require((off & 0xfff) <= 4, "plic: no register is at %#lx", off);
		if (off & 4)
			complete(ours(ctx), v);
		else
			plic.ctx[ours(ctx)].threshold = (u32)v;
	}
}
static const struct model_ops plic_ops = { .name = "plic", .read = plic_read, .write = plic_write };

/* ---- the machine ---- */

static const char *const cpu_names[] = { "cpu@0", "cpu@1", "cpu@2", "cpu@3", "cpu@4", "cpu@5",
	"cpu@6", "cpu@7" };

/* The phandle of a hart's own controller tells nothing of its number. */
static u32 phandle_of(u32 hart)
{
	return 50 - 3 * hart;
}

static void cpu_nodes(void)
{
	struct dt_node *parent = sim_node(sim_root(), "cpus"), *n;
	u32 i, hart, done = 0;

	sim_prop(parent, "#address-cells", 1);
	sim_prop(parent, "#size-cells", 0);
	for (i = 0; i < plic.nr_contexts; i++) {
		hart = plic.ctx[i].hart;
		if (done >> hart & 1)
			continue;
		done |= 1u << hart;
		n = sim_node(parent, cpu_names[hart]);
		sim_prop_string(n, "device_type", "cpu");
		sim_prop(n, "reg", hart);
		n = sim_node(n, "interrupt-controller");
		sim_prop_cells(n, "interrupt-controller", 0, NULL);
		sim_prop(n, "#interrupt-cells", 1);
		sim_prop_string(n, "compatible", "riscv,cpu-intc");
		sim_prop(n, "phandle", phandle_of(hart));
	}
}

struct dt_node *plic_machine(u32 ndev)
{
	static u32 cells[2 * PLIC_CONTEXTS];
	struct dt_node *n;
	u32 i;

	plic.ndev = ndev;
	cpu_nodes();
	for (i = 0; i < plic.nr_contexts; i++) {
		cells[2 * i] = phandle_of(plic.ctx[i].hart);
		cells[2 * i + 1] = plic.ctx[i].mode == PLIC_S ? S_EXTERNAL
			: plic.ctx[i].mode == PLIC_M          ? M_EXTERNAL
							      : ~0u;
	}
	n = sim_device("interrupt-controller@c000000", "sifive,plic-1.0.0", PLIC_BASE, WINDOW, 0);
	sim_prop_cells(n, "interrupt-controller", 0, NULL);
	sim_prop(n, "#interrupt-cells", 1);
	sim_prop(n, "phandle", PHANDLE);
	sim_prop(n, "riscv,ndev", ndev);
	sim_prop_cells(n, "interrupts-extended", 2 * plic.nr_contexts, cells);
	sim_prop(sim_soc(), "interrupt-parent", PHANDLE);
	sim_model(PLIC_BASE, WINDOW, 0, &plic_ops, NULL);
	return n;
}
