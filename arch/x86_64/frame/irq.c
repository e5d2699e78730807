// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: device interrupts through the I/O APIC (82093AA data sheet): a redirection entry for each
 * line, edge or level as the devicetree says. All are sent to the boot CPU.
 *
 * A line has the number of its pin; line n has vector VECTOR_LINES + n.
 */
#include <frame/device.h>
#include <frame/log.h>
#include <frame/sync.h>

#include "backend.h"

#define IOAPIC_INDEX     0x00
#define IOAPIC_DATA      0x10
#define IOAPIC_VERSION   1u
#define ENTRY_LOW(pin)   (0x10u + 2 * (pin))
#define ENTRY_HIGH(pin)  (0x11u + 2 * (pin))
#define ENTRY_ACTIVE_LOW (1u << 13)
#define ENTRY_LEVEL      (1u << 15)
#define ENTRY_MASKED     (1u << 16)

/* The second cell of an interrupt: Linux's binding of the CE4100's I/O APIC. */
enum sense { EDGE_RISING, LEVEL_LOW, LEVEL_HIGH, EDGE_FALLING };

static struct spinlock ioapic_lock; /* guards the index and data registers */
static volatile u8 *ioapic;         /* kmap mapping */
static u32 nr_pins;
static u8 sense_of[NR_LINES];

/* Called with the lock held, or at boot. */
static u32 ioapic_read(u32 reg)
{
	/* TRUST: the two registers lie in the mapping. */
	*(volatile u32 *)(ioapic + IOAPIC_INDEX) = reg;
	return *(volatile u32 *)(ioapic + IOAPIC_DATA);
}
static void ioapic_write(u32 reg, u32 v)
{
	*(volatile u32 *)(ioapic + IOAPIC_INDEX) = reg; /* TRUST: as above */
	*(volatile u32 *)(ioapic + IOAPIC_DATA) = v;
}

static void ioapic_set_entry(u32 pin, bool masked)
{
	u32 low = VECTOR_LINES + pin, sense = sense_of[pin];
	u64 flags;

	if (sense == LEVEL_LOW || sense == EDGE_FALLING)
		low |= ENTRY_ACTIVE_LOW;
	if (sense == LEVEL_LOW || sense == LEVEL_HIGH)
		low |= ENTRY_LEVEL;
	flags = spin_lock_irqsave(&ioapic_lock);
	ioapic_write(ENTRY_HIGH(pin), (u32)cpus[0].hw_id << 24);
	ioapic_write(ENTRY_LOW(pin), low | (masked ? ENTRY_MASKED : 0));
	spin_unlock_irqrestore(&ioapic_lock, flags);
}

#define PIC1_DATA 0x21
#define PIC2_DATA 0xa1

void arch_irq_init(void)
{
	struct dt_node *n;
	paddr_t base;
	u64 size;
	u32 i;

	/* Mask all lines of the old controllers. */
	arch_port_write8(PIC1_DATA, 0xff);
	arch_port_write8(PIC2_DATA, 0xff);
	for (n = dt_first_child(dt_find(STR("/soc")));
		n && !dt_compatible(n, STR("intel,ce4100-ioapic")); n = dt_next_sibling(n))
		;
	if (!n || !dt_reg(n, 0, &base, &size) || size < 0x20) {
		log_warn("no I/O APIC in the devicetree: devices will not interrupt");
		return;
	}
	ioapic = kmap_device(base, size);
	if (!ioapic)
		_kernel_panic("no memory to map the I/O APIC");
	nr_pins = min((ioapic_read(IOAPIC_VERSION) >> 16 & 0xff) + 1, (u32)NR_LINES);
	for (i = 0; i < nr_pins; i++)
		ioapic_set_entry(i, true);
}

void arch_irq_init_cpu(void)
{
	apic_init_cpu();
}

int arch_irq_translate(struct dt_node *n, unsigned i, u32 *hwirq)
{
	u32 pin, sense;

	if (!dt_u32(n, LIT("interrupts"), 2 * i, &pin) ||
		!dt_u32(n, LIT("interrupts"), 2 * i + 1, &sense))
		return -ENOENT;
	if (!ioapic || pin >= nr_pins || sense > EDGE_FALLING)
		return -EINVAL;
	sense_of[pin] = (u8)sense;
	*hwirq = pin;
	return 0;
}

#define MSI_ADDRESS 0xfee00000ul

/* Allocates lines from the upper end down, which no pin has. Intel SDM volume 3, 11.11. */
int arch_msi_alloc(struct msi_message *m)
{
	static u32 next = NR_LINES;
	u32 line = _add32_relaxed(&next, -1u) - 1;

	if ((s32)line < (s32)nr_pins) {
		_add32_relaxed(&next, 1);
		return -ENOSPC;
	}
	*m = (struct msi_message){ .address = MSI_ADDRESS | cpus[0].hw_id << 12,
		.data = VECTOR_LINES + line,
		.hwirq = line };
	return 0;
}

void arch_irq_unmask(u32 hwirq)
{
	if (ioapic && hwirq < nr_pins)
		ioapic_set_entry(hwirq, false);
}

void arch_irq_mask(u32 hwirq)
{
	if (ioapic && hwirq < nr_pins)
		ioapic_set_entry(hwirq, true);
}
