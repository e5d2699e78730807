// SPDX-License-Identifier: MPL-2.0
/*
 * For self-tests: whether what devices have is lent to them, whether the frame's records of rings
 * agree with each other, and a hash of what is fixed about devices. Only a kernel that is built with
 * KTEST=1 has this file.
 *
 * Trust: it only reads, under the locks of what it reads.
 */
#include "../mm/page.h"
#include "dev.h"

static void hash_add(u64 *hash, u64 word)
{
	*hash = (*hash ^ word) * 0x100000001b3ul;
}

/* ---- rings ---- */

static bool slot_holds_its_pages(const struct ring_slot *s)
{
	u32 i;

	for (i = 0; i < s->nr && i < RING_SEGMENTS; i++) {
		if (load_once(s->page[i]->refs) < REF_FRAME)
			return false;
	}
	return s->nr && s->nr <= RING_SEGMENTS;
}

/* Whether the device finds the very pages of the slot there, and all of them. */
static bool slot_is_described(const struct ring *r, const struct ring_slot *s, u32 i)
{
	const struct split_desc *d = &r->desc[i * r->stride];
	u32 k;

	if (d->flags & DESC_INDIRECT) {
		if (d->addr != arch_virt_to_phys(s->table) || d->len != s->nr * sizeof(*d))
			return false;
		d = s->table;
	}
	for (k = 0; k < s->nr; k++) {
		if (round_down(d[k].addr, PAGE_SIZE) != page_pa(s->page[k]) ||
			d[k].addr + d[k].len > page_pa(s->page[k]) + PAGE_SIZE)
			return false;
	}
	return true;
}

/* Each slot is lent, and its pages are held, or it is on the list of free ones, and no address is left. */
static bool split_audit(const struct ring *r)
{
	u32 i, k, nr_free = 0, nr_lent = 0;

	for (i = 0; i < r->nr_slots; i++) {
		const struct ring_slot *s = ring_slot(r, i);

		if (s->state != SLOT_LENT) {
			if (r->desc[i * r->stride].addr)
				return false;
			continue;
		}
		nr_lent++;
		if (!slot_holds_its_pages(s) || !slot_is_described(r, s, i))
			return false;
	}
	if (r->state == RING_OFF)
		return !nr_lent;
	for (i = r->first_free, k = r->nr_free; k--; i = ring_slot(r, i)->next, nr_free++) {
		if (i >= r->nr_slots || ring_slot(r, i)->state != SLOT_FREE)
			return false;
	}
	return nr_free + nr_lent == r->nr_slots;
}

/* The chains from `taken` to `avail` are lent, and no others. */
static bool fifo_audit(const struct ring *r)
{
	u32 i, n = 0, nr_lent = 0, mask = r->size - 1u;

	for (i = 0; i < r->size; i++)
		nr_lent += ring_slot(r, i)->state == SLOT_LENT;
	if (r->state == RING_OFF)
		return !nr_lent;
	for (i = r->taken; i != r->avail && n < r->size; i = (u16)(i + n), nr_lent--) {
		const struct ring_slot *s = ring_slot(r, i & mask);

		n = s->nr_desc;
		if (s->state != SLOT_LENT || !n || !slot_holds_its_pages(s))
			return false;
	}
	return !nr_lent && r->nr_free == mask - (u16)(r->avail - r->taken);
}

/* A ring that was never set up has no memory yet. */
static bool ring_audit(struct ring *r)
{
	bool ok = true;
	u64 flags;

	if (!r)
		return true;
	flags = spin_lock_irqsave(&r->lock);
	if (r->nr_slots && r->desc)
		ok = r->format ? fifo_audit(r) : split_audit(r);
	spin_unlock_irqrestore(&r->lock, flags);
	return ok;
}

/* ---- devices ---- */

/* A transfer that runs holds its pages. */
static bool dma_audit(struct dma *e)
{
	u64 flags = spin_lock_irqsave(&e->lock);
	bool ok = !e->len ||
		((!e->to.page || load_once(e->to.page->refs) >= REF_FRAME) &&
			(!e->from.page || load_once(e->from.page->refs) >= REF_FRAME));

	spin_unlock_irqrestore(&e->lock, flags);
	return ok;
}

/* The command register without the bus master bit, which comes and goes; base registers; the pin. */
static void pci_hash(u64 *hash, const struct pci_function *f)
{
	u32 reg;

	hash_add(hash, pci_config32(f, 0) ^ (u64)(pci_config32(f, 4) & 3) << 32);
	for (reg = 0x10; reg < 0x40; reg += 4)
		hash_add(hash, pci_config32(f, reg));
}

static void device_hash(u64 *hash, const struct device *d)
{
	u32 i;

	hash_add(hash, (u64)d->node ^ d->armed);
	for (i = 0; i < MAX_WINDOWS; i++) {
		hash_add(hash, (u64)d->window[i].base + d->window[i].port);
		hash_add(hash, d->window[i].size + d->window[i].end);
		hash_add(hash, (u64)d->window[i].parts);
	}
	hash_add(hash, (u64)d->config.base ^ d->config.end << 48);
	hash_add(hash, (u64)d->dma.engine);
	hash_add(hash, (u64)d->dma.regs + d->dma.line);
	hash_add(hash, (u64)d->virtio.transport);
	hash_add(hash, (u64)d->virtio.regs + d->virtio.class);
	hash_add(hash, (u64)d->nic.chip);
	hash_add(hash, (u64)d->nic.regs);
	if (d->node->pci)
		pci_hash(hash, d->node->pci);
}

bool device_audit(u64 *hash)
{
	struct irq_info line;
	struct device *d;
	bool ok = true;
	u32 i;

	for (d = all_devices; d; d = d->next) {
		device_hash(hash, d);
		ok = ok && dma_audit(&d->dma);
		for (i = 0; i < VIRTIO_RINGS; i++)
			ok = ok && ring_audit(load_acquire(d->virtio.ring[i]));
		for (i = 0; i < NIC_RINGS; i++)
			ok = ok && ring_audit(load_acquire(d->nic.ring[i]));
	}
	for (i = 0; irq_line_describe(i, &line); i++)
		hash_add(hash, (u64)line.line ^ (u64)line.nr << 48);
	return ok;
}
