// SPDX-License-Identifier: MPL-2.0
/*
 * Interrupt controllers inside the frame: chips, and the numbers of their lines. Private to
 * frame/dev, frame/irqchip and the backends.
 *
 * A chip is one controller of the machine; its lines are numbered by the chip itself, so a number
 * means nothing without its chip. A kind of chip is a file of frame/irqchip with an IRQ_CHIP row;
 * arch.mk names the kinds that an architecture has. A PCI function is the chip of its own messages
 * (pci.c).
 *
 * How a line comes to be: irq_line_of finds the chip and the cells of the i-th interrupt of a node
 * (dt_interrupt), ops.translate makes a number of the cells, and irq_line_get makes the line of
 * that number, once, and calls ops.start.
 *
 * Locking: lines_lock (irq.c) guards the making of lines, also in ops.start. A line's own lock is
 *          held when ops.mask is called. Locks of a chip come last.
 */
#ifndef FRAME_DEV_IRQCHIP_H
#define FRAME_DEV_IRQCHIP_H

#include <frame/irq.h>

#include "../arch.h"

/* Lines by number: no line (NULL), or one for ever. Read without a lock. */
#define IRQ_TABLE_ROW  (PAGE_SIZE / sizeof(struct irq_line *))
#define IRQ_TABLE_ROWS 32u
#define IRQ_TABLE_MAX  (IRQ_TABLE_ROWS * IRQ_TABLE_ROW)
struct irq_table {
	struct irq_line **row[IRQ_TABLE_ROWS]; /* a page each, made when it is first needed */
};
/* The stores of irq_table_set are releases: a line that is found is complete. */
static inline struct irq_line *irq_table_get(const struct irq_table *t, u32 nr)
{
	struct irq_line **row = nr < IRQ_TABLE_MAX ? load_acquire(t->row[nr / IRQ_TABLE_ROW])
						   : NULL;

	return row ? load_acquire(row[nr % IRQ_TABLE_ROW]) : NULL;
}
/* Returns 0, -EINVAL if @nr is too high, or -ENOMEM. Called with lines_lock held. irq.c */
int must_check irq_table_set(struct irq_table *t, u32 nr, struct irq_line *l);

struct irq_chip {
	const struct irq_chip_ops *ops;
	struct dt_node *node; /* NULL: no node of the tree refers to it */
	struct irq_chip *next;
	struct irq_table lines;
};

/*
 * A message-signalled interrupt: a device raises its interrupt by a write of @data to @address.
 */
struct msi_message {
	u64 address;
	u32 data;
};

/* What a kind of chip does. Only mask is in each. */
struct irq_chip_ops {
	const char *name; /* for /proc/interrupts */
	/* Masks or unmasks a line. Context: any, interrupts off, the line's lock held. */
	void (*mask)(struct irq_chip *c, u32 nr, bool masked);
	/* Makes a number of the cells of an interrupt. Returns 0, or -EINVAL: no such line. */
	int (*translate)(struct irq_chip *c, const u32 *cell, u32 nr_cells, u32 *nr);
	/*
	 * Prepares a line, which stays masked. Returns 0, or an error: there is no such line then.
	 * lines_lock is held.
	 */
	int (*start)(struct irq_chip *c, u32 nr, struct irq_line *l);
	/* Whether a line that shares another one is up. Context: interrupt. */
	bool (*is_up)(struct irq_chip *c, u32 nr);
	/*
	 * The message that raises @l, at CPU @cpu or, if that has no room, at another one. Returns
	 * 0 or -ENOSPC. lines_lock is held.
	 */
	int (*message)(struct irq_chip *c, struct irq_line *l, u32 cpu, struct msi_message *m);
	/* Lets the chip interrupt this CPU. Interrupts off. */
	void (*init_cpu)(struct irq_chip *c);
	/*
	 * Delivers what is pending for this CPU, or some of it: the CPU then comes again. Context:
	 * interrupt.
	 */
	void (*handle)(struct irq_chip *c);
};

/* A kind of chip, found through a linker set. */
struct irq_chip_driver {
	const char *compatible[3]; /* the last one is NULL */
	/*
	 * Makes the chip of the node, with all lines masked; NULL: it cannot be used, which has
	 * been logged. Boot CPU, before there are others.
	 */
	struct irq_chip *(*probe)(struct dt_node *n);
	/*
	 * Whether this controller, used or not, is wired to the CPU. NULL: it is wired to all.
	 */
	bool (*reaches)(struct dt_node *n, u64 hw_id);
};
#define IRQ_CHIP(name, ...)                                                           \
	static const struct irq_chip_driver irq_chip_driver_##name = { __VA_ARGS__ }; \
	static const struct irq_chip_driver *const irq_chip_ref_##name                \
		__attribute__((used, section(".keel.irqchips"))) = &irq_chip_driver_##name

/* ---- lines: irq.c ---- */

/* The line of a number of the chip; made at the first call. NULL: no memory, or no such line. */
struct irq_line *irq_line_get(struct irq_chip *c, u32 nr);
/*
 * Makes @sharer one of the lines that are delivered when @l is, if they are up; unmasks @l. For
 * wires that several devices share; the sharer's chip has is_up. Returns 0, or -EBUSY: a driver has
 * @l to itself.
 */
int must_check irq_line_share(struct irq_line *l, struct irq_line *sharer);
/* A chip calls this for each interrupt; @l may be NULL. Context: interrupt. */
void irq_line_deliver(struct irq_line *l);

/* ---- chips: irqchip.c ---- */

/* An interrupt as the devicetree describes it: a controller and the cells of a specifier. */
#define DT_MAX_INTERRUPT_CELLS 4u
struct dt_interrupt {
	struct dt_node *controller;
	u32 nr, cell[DT_MAX_INTERRUPT_CELLS];
};
/* The line of an interrupt, and of the i-th interrupt of a node; NULL: there is none. */
struct irq_line *irq_line_find(const struct dt_interrupt *in);
struct irq_line *irq_line_of(struct dt_node *n, unsigned i);
/* The chip of an interrupt and its number there. Returns 0 or -EINVAL. */
int must_check irq_chip_translate(const struct dt_interrupt *in, struct irq_chip **c, u32 *nr);
/* Whether some chip takes messages; ops.message of that chip, or -ENOSYS. */
bool irq_has_messages(void);
int must_check irq_message(struct irq_line *l, u32 cpu, struct msi_message *m);

/* ---- the devicetree: frame/boot/dt.c ---- */

/*
 * The i-th interrupt of a node, through all interrupt-maps. False: there is none, or the tree is
 * damaged there.
 */
bool dt_interrupt(struct dt_node *n, unsigned i, struct dt_interrupt *out);
/* The same for pin @pin of the function at @address of a PCI host bridge. */
bool dt_pci_interrupt(struct dt_node *host, u32 address, u32 pin, struct dt_interrupt *out);

#endif
