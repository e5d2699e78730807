// SPDX-License-Identifier: MPL-2.0
/*
 * A plain interrupt controller for tests of drivers: levels (or edges) and a mask for each line,
 * all to the CPU that runs.
 */
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

void sim_irq_handle(void)
{
	u32 i = first_pending();

	line[i].latched = false;
	line[i].delivered++;
	irq_line_deliver(i);
}

u64 sim_delivered(u32 hwirq)
{
	return line[hwirq].delivered;
}

void arch_irq_mask(u32 hwirq)
{
	line[hwirq].open = false;
}

void arch_irq_unmask(u32 hwirq)
{
	line[hwirq].open = true;
}

int arch_irq_translate(struct dt_node *n, unsigned i, u32 *hwirq)
{
	return dt_u32(n, LIT("interrupts"), i, hwirq) && *hwirq && *hwirq < LINES ? 0 : -ENOENT;
}
