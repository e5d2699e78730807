// SPDX-License-Identifier: MPL-2.0
/*
 * A plain interrupt controller for tests of drivers: levels (or edges) and a mask for each line,
 * all to the CPU that runs.
 */
#include "../../frame/dev/irqchip.h"
#include "sim.h"

#define LINES 256

static struct {
	bool up, latched, edge, open;
	u64 delivered;
} line[LINES];

void sim_edge(u32 hwirq)
{
	line[hwirq].edge = true;
}

void sim_line_changed(u32 hwirq, bool up)
{
	if (up && !line[hwirq].up)
		line[hwirq].latched = line[hwirq].open;
	line[hwirq].up = up;
}

static bool is_pending(u32 i)
{
	return line[i].open && (line[i].edge ? line[i].latched : line[i].up);
}

static u32 first_pending(void)
{
	u32 i;

	for (i = 1; i < LINES && !is_pending(i); i++)
		;
	return i < LINES ? i : 0;
}

bool sim_irq_pending(void)
{
	return first_pending();
}

static struct irq_chip chip;

void sim_irq_handle(void)
{
	u32 i = first_pending();

	line[i].latched = false;
	line[i].delivered++;
	irq_line_deliver(irq_table_get(&chip.lines, i));
}

u64 sim_delivered(u32 hwirq)
{
	return line[hwirq].delivered;
}

static void mask(struct irq_chip *c, u32 nr, bool masked)
{
	(void)c;
	line[nr].open = !masked;
}
static const struct irq_chip_ops ops = { .name = "controller", .mask = mask };
static struct irq_chip chip = { .ops = &ops };

/* In the place of the frame's own (irqchip.c): all nodes have this controller. */
struct irq_line *irq_line_find(const struct dt_interrupt *in)
{
	return in->cell[0] && in->cell[0] < LINES ? irq_line_get(&chip, in->cell[0]) : NULL;
}

struct irq_line *irq_line_of(struct dt_node *n, unsigned i)
{
	u32 nr;

	return dt_u32(n, LIT("interrupts"), i, &nr) && nr && nr < LINES ? irq_line_get(&chip, nr)
									: NULL;
}
