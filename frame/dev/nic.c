// SPDX-License-Identifier: MPL-2.0
/*
 * Ethernet controllers (frame/nic.h): the life of one, by the row of its family (nic.h). ring.c
 * writes the descriptors.
 *
 * Before a controller is started, both of its rings are set up, so it never looks for descriptors
 * anywhere else. Stopping: the rings first take no doorbell and no chain any more, under their
 * locks; then the controller is stopped, which it has to confirm; then, on PCI, the function leaves
 * the bus; only then are pages released, and rings may be set up anew. A mode that is set meanwhile
 * waits for nic.lock, and cannot let a controller receive that has been stopped.
 *
 * Locking: nic.lock, then ring.lock.
 */
#include <frame/log.h>
#include <frame/time.h>

#include "../cpu_local.h"
#include "dev.h"

#define PREFIX LIT("ethernet: ")
#define LOOKS  10000u /* a millisecond or more */

/* TRUST of all writes: rows name registers within chip.size, which is mapped. */
static void nic_write(volatile u8 *regs, u32 reg, u32 value)
{
	arch_mmio_write32(regs + reg, value);
}

static bool nic_steps(volatile u8 *regs, const struct nic_step *s)
{
	const struct nic_step *end = s + NIC_STEPS;
	u64 end_ns;
	u32 i;

	for (; s < end && (s->to || s->value || s->busy); s++) {
		nic_write(regs, s->to, s->value);
		end_ns = time_mono_ns() + s->pause * NSEC_PER_USEC;
		while (s->pause && time_mono_ns() < end_ns)
			_arch_relax();
		for (i = 0; s->busy && arch_mmio_read32(regs + s->at) & s->busy; i++) {
			if (i == LOOKS)
				return false;
		}
	}
	return true;
}

bool nic_stop(volatile u8 *regs, const struct nic_chip *chip)
{
	return nic_steps(regs, chip->stop);
}

void nic_init(struct device *d)
{
	const struct nic_chip *chip = d->armed ? NULL : window_nic(d->node);
	struct lit why = LIT("");

	if (!chip)
		return;
	if (!dt_is_coherent(d->node))
		why = LIT("refused: it is not coherent");
	else if (dt_is_translated(d->node))
		why = LIT("refused: dma-ranges or an IOMMU translate its addresses");
	d->nic.regs = *why._s ? NULL : window_map(d->node, chip->size);
	if (d->nic.regs && chip->more_queues &&
		(arch_mmio_read32(d->nic.regs + chip->queues) & chip->more_queues))
		why = LIT("refused: it has more queues than the frame sets up");
	if (*why._s)
		device_report(LOG_WARNING, PREFIX, d->node, why, LIT(""));
	if (*why._s || !d->nic.regs)
		return;
	if (d->node->pci)
		pci_master(d->node->pci, false);
	d->nic.dev = d;
	d->nic.chip = chip;
}

struct nic *device_nic(struct device *d)
{
	return d->nic.chip ? &d->nic : NULL;
}

static void nic_lock(struct nic *n)
{
	must_be_task();
	mutex_lock(&n->lock);
}

static int nic_ring_locked(struct nic *n, u32 i, u32 segments)
{
	const struct nic_queue *q = &n->chip->queue[i];
	struct ring *r = n->ring[i];

	if (n->state != NIC_RESET)
		return -EBUSY;
	if (!r) {
		r = ring_make(i);
		if (!r)
			return -ENOMEM;
		r->format = &q->format;
		r->doorbell = n->regs + q->doorbell;
		r->doorbell_value = q->doorbell_value;
		n->ring[i] = r;
	}
	return ring_open(r, RING_MAX, segments, 0);
}

int nic_ring(struct nic *n, enum nic_ring i, u32 segments, struct ring **ring)
{
	int err;

	if ((u32)i >= NIC_RINGS || !segments || segments > RING_SEGMENTS)
		return -EINVAL;
	nic_lock(n);
	err = nic_ring_locked(n, i, segments);
	if (!err)
		*ring = n->ring[i];
	mutex_unlock(&n->lock);
	return err;
}

static void nic_write_mode(struct nic *n)
{
	const struct nic_chip *c = n->chip;

	nic_write(n->regs, c->mode, c->mode_set | (n->bits & c->mode_may));
}

void nic_set_mode(struct nic *n, u32 bits)
{
	nic_lock(n);
	n->bits = bits;
	if (n->state == NIC_RUNNING)
		nic_write_mode(n);
	mutex_unlock(&n->lock);
}

/* TRUST: the ring's descriptors are the frame's, and it is empty or holds lent pages. */
static void nic_place(struct nic *n, const struct nic_queue *q, const struct ring *r)
{
	paddr_t pa = arch_virt_to_phys(r->desc);

	nic_write(n->regs, q->base, (u32)pa);
	nic_write(n->regs, q->base_high, (u32)(pa >> 32));
	if (!q->length)
		return;
	nic_write(n->regs, q->length, r->size * (u32)sizeof(*r->desc));
	nic_write(n->regs, q->head, 0);
	nic_write(n->regs, q->doorbell, 0);
}

static int nic_start_locked(struct nic *n)
{
	const struct nic_chip *c = n->chip;
	u32 i;

	for (i = 0; i < NIC_RINGS; i++) {
		if (n->state != NIC_RESET || !n->ring[i] || n->ring[i]->state == RING_OFF)
			return -EBUSY;
	}
	for (i = 0; i < NIC_RINGS; i++)
		nic_place(n, &c->queue[i], n->ring[i]);
	if (n->dev->node->pci)
		pci_master(n->dev->node->pci, true);
	n->state = NIC_RUNNING;
	(void)nic_steps(n->regs, c->start);
	nic_write_mode(n);
	if (c->enable.value)
		nic_write(n->regs, c->enable.to, c->enable.value);
	for (i = 0; i < NIC_RINGS; i++)
		ring_start(n->ring[i]);
	return 0;
}

int nic_start(struct nic *n)
{
	int err;

	nic_lock(n);
	err = nic_start_locked(n);
	mutex_unlock(&n->lock);
	return err;
}

static int nic_reset_locked(struct nic *n)
{
	bool is_first = n->state == NIC_RUNNING;
	u32 i;

	for (i = 0; i < NIC_RINGS; i++) {
		if (n->ring[i])
			ring_stop(n->ring[i]);
	}
	if (n->state != NIC_RESET) {
		n->state = NIC_RESETTING;
		if (!nic_stop(n->regs, n->chip)) {
			if (is_first)
				device_report(LOG_WARNING, PREFIX, n->dev->node,
					LIT("does not stop; its pages stay lent"), LIT(""));
			return -EBUSY;
		}
		if (n->dev->node->pci)
			pci_master(n->dev->node->pci, false);
	}
	/* TRUST: the controller uses no memory. */
	for (i = 0; i < NIC_RINGS; i++) {
		if (n->ring[i])
			ring_close(n->ring[i]);
	}
	n->state = NIC_RESET;
	return 0;
}

int nic_reset(struct nic *n)
{
	int err;

	nic_lock(n);
	err = nic_reset_locked(n);
	mutex_unlock(&n->lock);
	return err;
}
