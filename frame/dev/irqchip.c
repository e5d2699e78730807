// SPDX-License-Identifier: MPL-2.0
/*
 * Interrupt controllers (irqchip.h): which the machine has, and whose line an interrupt of the
 * devicetree is.
 *
 * Chips are found once, before other CPUs start, and are never removed, so the list is read without
 * a lock.
 */
#include <frame/device.h>
#include <frame/log.h>

#include "irqchip.h"

extern const struct irq_chip_driver *const _irqchips_start[], *const _irqchips_end[];

static struct irq_chip *chips;
static bool is_known; /* there is a controller of a known kind */

static const struct irq_chip_driver *chip_driver_of(struct dt_node *n)
{
	const struct irq_chip_driver *const *d;
	unsigned i;

	for (d = _irqchips_start; d < _irqchips_end; d++) {
		for (i = 0; (*d)->compatible[i]; i++) {
			if (dt_compatible(n, lit_span((struct lit){ (*d)->compatible[i] })))
				return *d;
		}
	}
	return NULL;
}

static void chips_probe(struct dt_node *n)
{
	const struct irq_chip_driver *d;
	struct irq_chip *c;

	for (; n; n = dt_next_sibling(n)) {
		if (!dt_available(n))
			continue;
		d = chip_driver_of(n);
		c = d ? d->probe(n) : NULL;
		is_known = is_known || (d && dt_has(n, LIT("interrupt-controller")));
		if (c) {
			c->node = n;
			c->next = chips;
			chips = c;
		}
		chips_probe(dt_first_child(n));
	}
}

void irq_chip_init(void)
{
	chips_probe(dt_root());
	if (!is_known)
		log_warn(
			"no interrupt controller of a known kind in the devicetree: devices will not interrupt");
}

void irq_chip_init_cpu(void)
{
	struct irq_chip *c;

	for (c = chips; c; c = c->next) {
		if (c->ops->init_cpu)
			c->ops->init_cpu(c);
	}
}

void irq_chip_handle(void)
{
	struct irq_chip *c;

	for (c = chips; c; c = c->next) {
		if (c->ops->handle)
			c->ops->handle(c);
	}
}

static bool chips_reach(struct dt_node *n, u64 hw_id)
{
	const struct irq_chip_driver *d;

	for (; n; n = dt_next_sibling(n)) {
		d = dt_available(n) ? chip_driver_of(n) : NULL;
		if ((d && (!d->reaches || d->reaches(n, hw_id))) ||
			chips_reach(dt_first_child(n), hw_id))
			return true;
	}
	return false;
}

bool irq_chip_reaches(u64 hw_id)
{
	return !chips || chips_reach(dt_root(), hw_id);
}

/* ---- whose line an interrupt is ---- */

int irq_chip_translate(const struct dt_interrupt *in, struct irq_chip **chip, u32 *nr)
{
	struct irq_chip *c;

	for (c = chips; c; c = c->next) {
		if (c->node != in->controller || !c->ops->translate)
			continue;
		*chip = c;
		return c->ops->translate(c, in->cell, in->nr, nr);
	}
	return -EINVAL;
}

struct irq_line *irq_line_find(const struct dt_interrupt *in)
{
	struct irq_chip *c;
	u32 nr;

	return irq_chip_translate(in, &c, &nr) ? NULL : irq_line_get(c, nr);
}

struct irq_line *irq_line_of(struct dt_node *n, unsigned i)
{
	struct dt_interrupt in;

	return dt_interrupt(n, i, &in) ? irq_line_find(&in) : NULL;
}

/* ---- messages ---- */

static struct irq_chip *chip_of_messages(void)
{
	struct irq_chip *c;

	for (c = chips; c && !c->ops->message; c = c->next)
		;
	return c;
}

bool irq_has_messages(void)
{
	return chip_of_messages() != NULL;
}

int irq_message(struct irq_line *l, u32 cpu, struct msi_message *m)
{
	struct irq_chip *c = chip_of_messages();

	return c ? c->ops->message(c, l, cpu, m) : -ENOSYS;
}
