// SPDX-License-Identifier: MPL-2.0
/*
 * The I/O APIC of PCs (82093AA data sheet): a redirection entry for each line, edge or level as the
 * devicetree says. An entry holds the parts of a message to a CPU: its lines are raised as messages
 * are.
 */
#include <frame/device.h>
#include <frame/log.h>
#include <frame/sync.h>

#include "../dev/dev.h"
#include "../dev/irqchip.h"

#define IOAPIC_INDEX     0x00
#define IOAPIC_DATA      0x10
#define IOAPIC_VERSION   1u
#define ENTRY_LOW(pin)   (0x10u + 2 * (pin))
#define ENTRY_HIGH(pin)  (0x11u + 2 * (pin))
#define ENTRY_ACTIVE_LOW (1u << 13)
#define ENTRY_LEVEL      (1u << 15)
#define ENTRY_MASKED     (1u << 16)
#define MAX_PINS         240u

/* The second cell of an interrupt: Linux's binding of the CE4100's I/O APIC. */
enum sense { EDGE_RISING, LEVEL_LOW, LEVEL_HIGH, EDGE_FALLING };

struct ioapic {
	struct irq_chip chip; /* first */
	struct spinlock lock; /* guards the index and data registers */
	volatile u8 *regs;    /* kmap mapping */
	u32 nr_pins;
	u8 sense[MAX_PINS];  /* as the first device says that uses the pin */
	u32 entry[MAX_PINS]; /* low half of each pin's entry, without the mask */
};
static_assert(sizeof(struct ioapic) <= PAGE_SIZE, "dt_piece");

/* Called with the lock held, or at boot. */
static u32 ioapic_read(struct ioapic *a, u32 reg)
{
	/* TRUST: the two registers lie in the mapping. */
	*(volatile u32 *)(a->regs + IOAPIC_INDEX) = reg;
	return *(volatile u32 *)(a->regs + IOAPIC_DATA);
}
static void ioapic_write(struct ioapic *a, u32 reg, u32 v)
{
	*(volatile u32 *)(a->regs + IOAPIC_INDEX) = reg; /* TRUST: as above */
	*(volatile u32 *)(a->regs + IOAPIC_DATA) = v;
}

/* TRUST of this and the next: @pin is one that ioapic_translate gave. */
static void ioapic_mask(struct irq_chip *c, u32 pin, bool masked)
{
	struct ioapic *a = (struct ioapic *)c;
	u64 flags = spin_lock_irqsave(&a->lock);

	ioapic_write(a, ENTRY_LOW(pin), a->entry[pin] | (masked ? ENTRY_MASKED : 0));
	spin_unlock_irqrestore(&a->lock, flags);
}

/* A message's address has the CPU in bits 12 to 19, its data the vector (Intel SDM 3, 11.11). */
static int ioapic_start(struct irq_chip *c, u32 pin, struct irq_line *l)
{
	struct ioapic *a = (struct ioapic *)c;
	u32 sense = a->sense[pin];
	struct msi_message m;
	int err = irq_message(l, 0, &m);
	u64 flags;

	if (err)
		return err;
	flags = spin_lock_irqsave(&a->lock);
	a->entry[pin] = (m.data & 0xff) |
		(sense == LEVEL_LOW || sense == EDGE_FALLING ? ENTRY_ACTIVE_LOW : 0) |
		(sense == LEVEL_LOW || sense == LEVEL_HIGH ? ENTRY_LEVEL : 0);
	ioapic_write(a, ENTRY_HIGH(pin), (u32)(m.address >> 12 & 0xff) << 24);
	ioapic_write(a, ENTRY_LOW(pin), a->entry[pin] | ENTRY_MASKED);
	spin_unlock_irqrestore(&a->lock, flags);
	return 0;
}

static int ioapic_translate(struct irq_chip *c, const u32 *cell, u32 nr_cells, u32 *pin)
{
	struct ioapic *a = (struct ioapic *)c;

	if (nr_cells < 2 || cell[0] >= a->nr_pins || cell[1] > EDGE_FALLING)
		return -EINVAL;
	*pin = cell[0];
	if (!irq_table_get(&c->lines, *pin))
		a->sense[*pin] = (u8)cell[1];
	return 0;
}

static const struct irq_chip_ops ioapic_ops = {
	.name = "IO-APIC",
	.mask = ioapic_mask,
	.translate = ioapic_translate,
	.start = ioapic_start,
};

static struct irq_chip *ioapic_probe(struct dt_node *n)
{
	struct ioapic *a;
	paddr_t base;
	u64 size;
	u32 i;

	if (!dt_reg(n, 0, &base, &size) || size < IOAPIC_DATA + 4 || overlaps_ram(base, size)) {
		log_warn(
			"an I/O APIC in the devicetree has no registers: its devices will not interrupt");
		return NULL;
	}
	a = dt_piece(sizeof(*a));
	a->chip.ops = &ioapic_ops;
	a->regs = kmap_device(base, size);
	if (!a->regs)
		_kernel_panic("no memory to map the I/O APIC");
	a->nr_pins = min((ioapic_read(a, IOAPIC_VERSION) >> 16 & 0xff) + 1, MAX_PINS);
	for (i = 0; i < a->nr_pins; i++)
		ioapic_write(a, ENTRY_LOW(i), ENTRY_MASKED);
	return &a->chip;
}

IRQ_CHIP(ioapic, .compatible = { "intel,ce4100-ioapic" }, .probe = ioapic_probe);
