// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: vectors of device interrupts. Each CPU has its own vectors VECTOR_LINES to VECTOR_TIMER -
 * 1; a message, or an entry of an I/O APIC, names a CPU and a vector there. The local APICs of all
 * CPUs together are one chip, whose line number is CPU * 256 + vector. Intel SDM volume 3, 11.11.
 *
 * Vectors are given once and never taken back: lines exist for ever.
 */
#include <frame/device.h>
#include <frame/log.h>

#include "../../../frame/dev/irqchip.h"
#include "backend.h"

#define PIC1_DATA   0x21
#define PIC2_DATA   0xa1
#define MSI_ADDRESS 0xfee00000ul

static u32 nr_given[MAX_CPUS]; /* vectors in use; lines_lock (irqchip.h) */

#define NUMBER(cpu, vector) ((cpu) * 256 + (vector))
static_assert(NUMBER(MAX_CPUS, 0) <= IRQ_TABLE_MAX, "each vector has a number");

/* A line is masked at what sends the message: this chip makes none of its own. */
static void vectors_mask(struct irq_chip *c, u32 nr, bool masked)
{
	(void)c, (void)nr, (void)masked;
}

/* CPU @cpu (modulo the number of CPUs), or the next one that has a vector left. */
static int vectors_message(struct irq_chip *c, struct irq_line *l, u32 cpu, struct msi_message *m)
{
	u32 i, vector;
	int err;

	for (i = 0; i < nr_cpus; i++) {
		u32 at = (cpu + i) % nr_cpus;
		if (nr_given[at] == VECTOR_TIMER - VECTOR_LINES)
			continue;
		vector = VECTOR_LINES + nr_given[at];
		err = irq_table_set(&c->lines, NUMBER(at, vector), l);
		if (err)
			return err;
		nr_given[at]++;
		/* TRUST: the address range of local APICs: a write there only interrupts a CPU. */
		*m = (struct msi_message){ MSI_ADDRESS | cpus[at].hw_id << 12, vector };
		return 0;
	}
	return -ENOSPC;
}

static const struct irq_chip_ops vectors_ops = {
	.name = "APIC",
	.mask = vectors_mask,
	.message = vectors_message,
};
static struct irq_chip vectors = { .ops = &vectors_ops };

static struct irq_chip *vectors_probe(struct dt_node *n)
{
	(void)n; /* apic.c uses its registers already */
	return vectors.node ? NULL : &vectors;
}

IRQ_CHIP(lapic, .compatible = { "intel,ce4100-lapic" }, .probe = vectors_probe);

void x86_device_interrupt(u64 vector)
{
	irq_line_deliver(irq_table_get(&vectors.lines, NUMBER(arch_this_cpu()->id, (u32)vector)));
}

/* Masks all lines of the old controllers. */
void arch_irq_init(void)
{
	arch_port_write8(PIC1_DATA, 0xff);
	arch_port_write8(PIC2_DATA, 0xff);
}

void arch_irq_init_cpu(void)
{
	apic_init_cpu();
}
