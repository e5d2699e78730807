// SPDX-License-Identifier: MPL-2.0
/*
 * frame/irqchip/plic.c and frame/dev/irq.c against a PLIC as three machines have it; and a UART
 * behind it.
 */
#include <kernel/chrdev.h>
#include <kernel/serial.h>

#include "../../frame/arch.h"
#include "../../frame/cpu_local.h"
#include "plic.h"
#include "terminal.h"
#include "uart16550.h"

enum machine { VIRT, SIFIVE_U, JH7110, ODD, NR_MACHINES };
static const u32 ndevs[NR_MACHINES] = { 96, 53, 136, 31 };
static unsigned nr_harts;

/* Firmware has left everything on. */
static void leave_all_on(void)
{
	u32 i, k;

	for (i = 0; i < plic.nr_contexts; i++) {
		for (k = 0; k <= plic.ndev; k++)
			plic.ctx[i].enable[k / 32] |= k ? 1u << k % 32 : 0;
		plic.ctx[i].threshold = 7;
	}
	for (k = 1; k <= plic.ndev; k++)
		plic.priority[k] = 7;
}

static void cpu(u64 hart)
{
	cpus[nr_harts].id = nr_harts;
	cpus[nr_harts].hw_id = hart;
	nr_harts++;
}

/* The boot hart is not the first. */
static void make(enum machine m)
{
	u32 i;

	if (m == ODD) { /* places for modes that harts do not have, and harts in no order */
		plic_context(PLIC_UNUSED, 3);
		plic_context(PLIC_S, 3);
		plic_context(PLIC_M, 1);
		plic_context(PLIC_UNUSED, 1);
		plic_context(PLIC_S, 2);
		plic_context(PLIC_S, 1);
		cpu(2);
		cpu(1);
		cpu(3);
	} else {
		for (i = m == VIRT ? 0 : 1; i < (m == VIRT ? 4 : 5); i++)
			cpu((m == VIRT ? 3 : 5) - i);
		for (i = 0; i < (m == VIRT ? 4 : 5); i++) {
			plic_context(PLIC_M, i);
			if (m == VIRT || i)
				plic_context(PLIC_S, i);
		}
	}
	(void)plic_machine(ndevs[m]);
	leave_all_on();
}

static void start_harts(unsigned n)
{
	irq_chip_init();
	for (sim_cpu = 0; sim_cpu < n; sim_cpu++)
		irq_chip_init_cpu();
	sim_cpu = 0;
}

/* ---- a device with nothing but a line ---- */

static struct bell {
	struct obj obj;
	u32 hwirq;
	bool up, stuck, quiet; /* quiet: the handler holds its line back */
	unsigned rung, rung_on[8];
	struct irq_line *line;
} *bells[4];
OBJ_TYPE(bell, NULL_RELEASE);
static unsigned nr_bells;
static bool attach = true;

static u64 no_read(void *m, u64 off, unsigned width)
{
	(void)m, (void)off, (void)width;
	return 0;
}
static void no_write(void *m, u64 off, unsigned width, u64 v)
{
	(void)m, (void)off, (void)width, (void)v;
}
static bool bell_irq(void *m)
{
	struct bell *b = bells[(u64)m - 1];

	return b && b->up;
}
static const struct model_ops bell_model = {
	.name = "bell", .read = no_read, .write = no_write, .irq = bell_irq
};

static void bell_handle(struct obj *owner)
{
	struct bell *b = obj_cast(bell, owner);

	CHECK(!sim_irqs_on);
	b->rung++;
	b->rung_on[sim_cpu]++;
	if (b->quiet)
		irq_line_disable(b->line);
	else
		b->up = b->stuck;
	sim_line_changed(b->hwirq, b->up);
}
static const struct irq_ops bell_ops = { .handle = bell_handle };

static int bell_probe(struct device *dev, u32 quirk)
{
	struct bell *b = obj_new(bell);

	(void)quirk;
	(void)dt_u32(device_node(dev), LIT("interrupts"), 0, &b->hwirq);
	b->line = device_irq(dev, 0);
	bells[nr_bells++] = b;
	return b->line && attach ? irq_line_attach(b->line, &bell_ops, &b->obj) : 0;
}
static const struct dt_match bell_match[] = { { LIT("bell"), .quirk = 0 } };
DRIVER(bell, bell_match, bell_probe);

static void hang_bell(u32 hwirq)
{
	static const char *const names[] = { "bell@1000", "bell@2000", "bell@3000", "bell@4000" };
	static u64 n;

	(void)sim_device(names[n], "bell", 0x1000 * (n + 1), 0x100, hwirq);
	n++;
	sim_model(0x1000 * n, 0x100, hwirq, &bell_model, (void *)n);
}

/* Everything that the model is told: once for each machine. */
#define EACH_MACHINE(name)                \
	static void name(enum machine m); \
	MODEL_TEST(name##_virt)           \
	{                                 \
		name(VIRT);               \
	}                                 \
	MODEL_TEST(name##_sifive_u)       \
	{                                 \
		name(SIFIVE_U);           \
	}                                 \
	MODEL_TEST(name##_jh7110)         \
	{                                 \
		name(JH7110);             \
	}                                 \
	MODEL_TEST(name##_odd)            \
	{                                 \
		name(ODD);                \
	}                                 \
	static void name(enum machine m)

/* ---- tests ---- */

EACH_MACHINE(what_firmware_left_is_cleared)
{
	u32 i, k;

	make(m);
	start_harts(nr_harts);
	for (i = 0; i < plic.nr_contexts; i++) {
		bool us = plic.ctx[i].mode == PLIC_S;
		CHECK(plic.ctx[i].threshold == (us ? 0 : 7));
		for (k = 1; k <= plic.ndev; k++)
			CHECK(plic.ctx[i].enable[k / 32] >> k % 32 & 1);
	}
	for (k = 1; k <= plic.ndev; k++)
		CHECK(!plic.priority[k]);
}

/* One that stays off is not sent interrupts. */
EACH_MACHINE(hart_that_stays_off_gets_none)
{
	u32 i, k;

	make(m);
	start_harts(nr_harts - 1);
	for (i = 0; i < plic.nr_contexts; i++) {
		if (plic.ctx[i].mode != PLIC_S || plic.ctx[i].hart != cpus[nr_harts - 1].hw_id)
			continue;
		for (k = 0; k <= plic.ndev / 32; k++)
			CHECK(!plic.ctx[i].enable[k]);
	}
}

EACH_MACHINE(each_hart_claims_from_its_own_context)
{
	make(m);
	start_harts(nr_harts);
	hang_bell(plic.ndev); /* the last source */
	sim_boot();
	for (sim_cpu = 0; sim_cpu < nr_harts; sim_cpu++) {
		bells[0]->up = true;
		sim_step(sim_now() + NSEC_PER_MSEC);
		CHECK(bells[0]->rung == sim_cpu + 1 && bells[0]->rung_on[sim_cpu] == 1 &&
			!plic.claimed[plic.ndev]);
	}
	CHECK(!plic.completes_ignored && irq_line_count(bells[0]->line, 0) == 1);
}

EACH_MACHINE(several_at_once)
{
	make(m);
	start_harts(nr_harts);
	hang_bell(1);
	hang_bell(31);
	hang_bell(plic.ndev - 1);
	sim_boot();
	bells[0]->up = bells[1]->up = bells[2]->up = true;
	sim_step(sim_now() + NSEC_PER_MSEC);
	CHECK(bells[0]->rung == 1 && bells[1]->rung == 1 && bells[2]->rung == 1);
}

/*
 * The handler holds its line back while the device still rings: one interrupt, until it is let
 * through again.
 */
EACH_MACHINE(line_held_back_by_its_handler)
{
	make(m);
	start_harts(nr_harts);
	hang_bell(32);
	if (plic.ndev < 32)
		return;
	sim_boot();
	bells[0]->quiet = bells[0]->up = true;
	sim_run(10 * NSEC_PER_MSEC);
	CHECK(bells[0]->rung == 1 && !plic.priority[32]);
	/* Completed all the same: else the source would be blocked for ever. */
	CHECK(!plic.claimed[32] && !plic.completes_ignored);
	bells[0]->quiet = false;
	irq_line_enable(bells[0]->line);
	sim_run(10 * NSEC_PER_MSEC);
	CHECK(bells[0]->rung == 2 && !bells[0]->up);
	irq_line_disable(bells[0]->line);
	bells[0]->up = true;
	sim_run(10 * NSEC_PER_MSEC);
	CHECK(bells[0]->rung == 2);
	irq_line_enable(bells[0]->line);
	sim_run(10 * NSEC_PER_MSEC);
	CHECK(bells[0]->rung == 3);
}

EACH_MACHINE(line_without_a_handler_is_silent)
{
	make(m);
	start_harts(nr_harts);
	attach = false;
	hang_bell(7);
	sim_boot();
	bells[0]->up = true;
	sim_run(10 * NSEC_PER_MSEC);
	CHECK(!plic.delivered[7]);
	/* It is let go while it rings. */
	CHECK(irq_line_attach(bells[0]->line, &bell_ops, &bells[0]->obj) == 0);
	sim_run(10 * NSEC_PER_MSEC);
	CHECK(bells[0]->rung == 1);
	irq_line_detach(bells[0]->line);
	bells[0]->up = true;
	sim_run(10 * NSEC_PER_MSEC);
	CHECK(bells[0]->rung == 1 && plic.delivered[7] == 1);
}

/* A device that its handler does not silence: the hart comes out, and does other things as well. */
EACH_MACHINE(line_that_stays_up_is_left_after_a_while)
{
	u64 flags;

	make(m);
	start_harts(nr_harts);
	hang_bell(7);
	sim_boot();
	flags = irq_save();
	bells[0]->stuck = true;
	sim_line_changed(7, true);
	irq_chip_handle();
	CHECK(bells[0]->rung == plic.ndev && !plic.claimed[7]);
	bells[0]->stuck = false;
	irq_chip_handle();
	CHECK(bells[0]->rung == plic.ndev + 1 && !bells[0]->up);
	irq_restore(flags);
}

EACH_MACHINE(numbers_out_of_range_are_no_lines)
{
	make(m);
	start_harts(nr_harts);
	(void)sim_device("bell@1000", "bell", 0x1000, 0x100, plic.ndev + 1);
	(void)sim_device("bell@2000", "bell", 0x2000, 0x100, 1023);
	(void)sim_device("bell@3000", "bell", 0x3000, 0x100, ~0u);
	sim_boot();
	CHECK(nr_bells == 3 && !bells[0]->line && !bells[1]->line && !bells[2]->line);
}

MODEL_TEST(plic_without_contexts)
{
	plic_machine(10);
	start_harts(1);
	CHECK(sim_logged("no contexts") && !sim_accesses());
}

/* ---- all together: the VisionFive 2's console ---- */

static struct uart uart;
static u8 pattern[6000];

static void uart_machine(void)
{
	struct dt_node *n;
	unsigned i;

	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = (u8)unit_random(256);
	make(JH7110);
	start_harts(nr_harts);
	uart = (struct uart){ .dw = true, .shift = 2, .width = 4, .lcr = 3, .dll = 13, .fcr = 1 };
	n = sim_device("serial@10000000", "snps,dw-apb-uart", 0x10000000, 0x10000, 32);
	sim_prop(n, "reg-shift", 2);
	sim_prop(n, "reg-io-width", 4);
	sim_model(0x10000000, 0x10000, 32, &uart_ops, &uart);
	sim_boot();
}

static bool same(const u8 *a, const u8 *b, unsigned n)
{
	unsigned i;

	for (i = 0; i < n && a[i] == b[i]; i++)
		;
	return i == n;
}

MODEL_TEST(uart_behind_it)
{
	uart_machine();
	uart_feed(&uart, pattern, 3000, UART_BYTE_NS);
	terminal_write(serial_tty(MKDEV(4, 64)), pattern, 6000);
	CHECK(sim_until(terminal_nr_in == 3000 && uart.nr_out == 6000, 10 * NSEC_PER_SEC));
	CHECK(!uart.nr_lost && same(terminal_in, pattern, 3000) && same(uart.out, pattern, 6000) &&
		!plic.completes_ignored);
}

MODEL_TEST(uart_behind_it_whose_line_stays_up)
{
	uart_machine();
	uart.stuck_line = true;
	sim_run(2 * NSEC_PER_SEC);
	CHECK(sim_irqs(32) > 1000 && sim_irqs(32) < 30000 && sim_logged("interrupts for nothing"));
	uart.stuck_line = false;
	sim_run(NSEC_PER_SEC);
	uart_feed(&uart, pattern, 100, UART_BYTE_NS);
	CHECK(sim_until(terminal_nr_in == 100, NSEC_PER_SEC) && same(terminal_in, pattern, 100) &&
		!plic.completes_ignored);
}
