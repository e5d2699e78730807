// SPDX-License-Identifier: MPL-2.0
/*
 * Interrupt lines (frame/irq.h): one for each hardware number that a device uses.
 *
 * Delivery takes line.lock, reads the handler and its owner, counts itself in `running`, unlocks,
 * and calls the handler. Detach masks the line, clears the handler under the lock, waits until no
 * CPU is in the handler, and then drops the reference on the owner. An interrupt without a handler
 * masks its line.
 *
 * Locking: line.lock guards attachment. Delivery holds it, with interrupts off, only while it reads
 *          the handler.
 * Trust: a handler runs while the line holds a reference on its owner; detach waits for it.
 */
#include <frame/log.h>
#include <frame/sync.h>

#include "../boot/boot_private.h"
#include "../cpu_local.h"
#include "dev.h"

#define MAX_IRQ_LINES 64

struct irq_line {
	u32 hwirq;
	struct pci_function *pci; /* whose message it is; NULL: a controller line */
	unsigned message;
	struct spinlock lock;
	const struct irq_ops *ops;
	struct obj *owner; /* reference */
	/* CPUs in the handler: at most MAX_CPUS, because it runs with interrupts off. */
	u32 running;
	u64 count[MAX_CPUS];
};
static struct irq_line *lines[MAX_IRQ_LINES];
static unsigned nr_lines;
static struct spinlock lines_lock; /* guards adding to lines */

static void irq_line_set_mask(struct irq_line *l, bool masked)
{
	if (l->pci)
		pci_vector_mask(l->pci, l->message, masked);
	else if (masked)
		arch_irq_mask(l->hwirq);
	else
		arch_irq_unmask(l->hwirq);
}

struct irq_line *irq_line_get(u32 hwirq, struct pci_function *pci, unsigned i)
{
	struct irq_line *l = NULL;
	u64 flags = spin_lock_irqsave(&lines_lock);
	paddr_t pa;
	unsigned k;

	for (k = 0; k < nr_lines && !l; k++) {
		if (lines[k]->hwirq == hwirq)
			l = lines[k];
	}
	if (!l && nr_lines < MAX_IRQ_LINES && (pa = page_alloc_frame()) != 0) {
		l = arch_phys_to_virt(pa);
		l->hwirq = hwirq;
		l->pci = pci;
		l->message = i;
		lines[nr_lines] = l;
		store_release(nr_lines, nr_lines + 1);
	}
	spin_unlock_irqrestore(&lines_lock, flags);
	return l;
}

void irq_line_deliver(u32 hwirq)
{
	struct irq_line *l = NULL;
	const struct irq_ops *ops;
	struct obj *owner;
	unsigned i, n = load_acquire(nr_lines);

	for (i = 0; i < n && !l; i++) {
		if (lines[i]->hwirq == hwirq)
			l = lines[i];
	}
	if (!l)
		return;
	spin_lock(&l->lock);
	ops = l->ops;
	owner = l->owner;
	if (ops)
		_add32_full(&l->running, 1);
	spin_unlock(&l->lock);
	l->count[_arch_cpu_id()]++;
	if (!ops) {
		irq_line_set_mask(l, true);
		return;
	}
	ops->handle(owner);
	_add32_full(&l->running, -1u);
}

int irq_line_attach(struct irq_line *l, const struct irq_ops *ops, struct obj *owner)
{
	u64 flags = spin_lock_irqsave(&l->lock);
	int err = 0;

	if (l->ops) {
		err = -EBUSY;
	} else {
		l->owner = obj_get_any(owner);
		l->ops = ops;
	}
	spin_unlock_irqrestore(&l->lock, flags);
	if (!err)
		irq_line_set_mask(l, false);
	return err;
}

void irq_line_detach(struct irq_line *l)
{
	struct obj *owner;
	u64 flags;

	must_be_task(); /* a handler would wait for itself */
	irq_line_set_mask(l, true);
	flags = spin_lock_irqsave(&l->lock);
	owner = l->owner;
	l->ops = NULL;
	l->owner = NULL;
	spin_unlock_irqrestore(&l->lock, flags);
	while (load_acquire(l->running))
		_arch_relax();
	obj_put_any(&owner);
}

void irq_line_enable(struct irq_line *l)
{
	if (load_once(l->ops))
		irq_line_set_mask(l, false);
}

void irq_line_disable(struct irq_line *l)
{
	irq_line_set_mask(l, true);
}

u64 irq_line_count(const struct irq_line *l, unsigned cpu)
{
	return load_once(l->count[_index_check(cpu, MAX_CPUS)]);
}

bool irq_line_describe(unsigned i, u32 *hwirq, struct irq_line **line)
{
	if (i >= load_acquire(nr_lines))
		return false;
	*hwirq = lines[i]->hwirq;
	*line = lines[i];
	return true;
}
