// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio over PCI (virtio 1.2, 4.1), by the modern interface, which transitional devices have, too:
 * capabilities of the function say where in its memory which structure is. Each ring has a message
 * (MSI-X) of its own as long as there are lines.
 *
 * Trust: a structure lies in a base register that no other device decodes (pci_bar). No structure
 *        overlaps another one, nor the table of messages: services write the configuration space,
 *        and choose when the doorbells are written. Where they are is read once, at boot; the
 *        device may answer otherwise later. The function masters the bus from the negotiation until
 *        it has confirmed a reset.
 */
#include "dev.h"

enum {
	DEVICE_FEATURES_SELECT = 0x00,
	DEVICE_FEATURES = 0x04,
	DRIVER_FEATURES_SELECT = 0x08,
	DRIVER_FEATURES = 0x0c,
	CONFIG_MESSAGE = 0x10,
	STATUS = 0x14,
	QUEUE_SELECT = 0x16,
	QUEUE_SIZE = 0x18,
	QUEUE_MESSAGE = 0x1a,
	QUEUE_ENABLE = 0x1c,
	QUEUE_NOTIFY_OFF = 0x1e,
	QUEUE_DESC = 0x20,
	QUEUE_DRIVER = 0x28,
	QUEUE_DEVICE = 0x30,
	COMMON_SIZE = 0x38
};
#define NO_MESSAGE 0xffffu

#define VENDOR            0x1af4u
#define DEVICE_MODERN     0x1040u /* plus the class */
#define DEVICE_FIRST      0x1000u
#define DEVICE_LAST       0x107fu
#define PCI_SUBSYSTEM     0x2cu
#define CAP_VENDOR        0x09u
#define MSIX_ENABLED      (1u << 31)
#define MOST_CAPABILITIES 48u
#define MOST_BYTES        (1ul << 16) /* of a structure */

/* Structures, by their numbers in capabilities. */
enum {
	COMMON = 1,
	NOTIFY,
	ISR,
	DEVICE,
	MESSAGES,
	NR_PARTS
}; /* MESSAGES: of messages, has no number */
struct part {
	u32 cap; /* offset of the capability; 0: there is none */
	u32 bar;
	u64 off, size;
};

/* TRUST of these: @reg is below COMMON_SIZE, which is mapped. */
static void pci_set16(struct virtio *v, u32 reg, u32 x)
{
	arch_mmio_write16(v->regs + reg, (u16)x);
}
static void pci_set32(struct virtio *v, u32 reg, u32 x)
{
	arch_mmio_write32(v->regs + reg, x);
}
static u32 pci_get16(struct virtio *v, u32 reg)
{
	return arch_mmio_read16(v->regs + reg);
}
static void pci_set_address(struct virtio *v, u32 reg, const void *at)
{
	paddr_t pa = arch_virt_to_phys(at);

	pci_set32(v, reg, (u32)pa);
	pci_set32(v, reg + 4, (u32)(pa >> 32));
}

static u32 pci_status(struct virtio *v)
{
	return arch_mmio_read8(v->regs + STATUS);
}

static void pci_set_status(struct virtio *v, u32 status)
{
	arch_mmio_write8(v->regs + STATUS, (u8)status);
}

static u64 pci_features(struct virtio *v)
{
	u64 low;

	pci_set32(v, DEVICE_FEATURES_SELECT, 0);
	low = arch_mmio_read32(v->regs + DEVICE_FEATURES);
	pci_set32(v, DEVICE_FEATURES_SELECT, 1);
	return low | (u64)arch_mmio_read32(v->regs + DEVICE_FEATURES) << 32;
}

static void pci_set_features(struct virtio *v, u64 features)
{
	struct pci_function *f = v->dev->node->pci;
	u32 at = pci_msix(f);

	pci_set32(v, DRIVER_FEATURES_SELECT, 0);
	pci_set32(v, DRIVER_FEATURES, (u32)features);
	pci_set32(v, DRIVER_FEATURES_SELECT, 1);
	pci_set32(v, DRIVER_FEATURES, (u32)(features >> 32));
	pci_master(f, true);
	/* The first line enables messages, if it is one. */
	v->messages = at && device_irq(v->dev, VIRTIO_CONFIG_LINE) &&
		pci_config32(f, at) & MSIX_ENABLED;
	pci_set16(v, CONFIG_MESSAGE, v->messages ? VIRTIO_CONFIG_LINE : NO_MESSAGE);
}

static void pci_leave_bus(struct virtio *v)
{
	pci_master(v->dev->node->pci, false);
}

static u32 pci_queue_size(struct virtio *v, u32 i)
{
	pci_set16(v, QUEUE_SELECT, i);
	return pci_get16(v, QUEUE_SIZE);
}

static bool pci_queue_set(struct virtio *v, u32 i, struct ring *r)
{
	u32 message = v->messages ? r->line : NO_MESSAGE;
	u64 at;

	pci_set16(v, QUEUE_SELECT, i);
	at = (u64)pci_get16(v, QUEUE_NOTIFY_OFF) * v->doorbell_step;
	if (at + 2 > v->doorbells_size || (at & 1))
		return false;
	r->doorbell = v->doorbells + at;
	r->doorbell_is_wide = false;
	pci_set16(v, QUEUE_SIZE, r->size);
	pci_set_address(v, QUEUE_DESC, r->desc);
	pci_set_address(v, QUEUE_DRIVER, r->avail_ring);
	pci_set_address(v, QUEUE_DEVICE, r->used);
	pci_set16(v, QUEUE_MESSAGE, message);
	if (pci_get16(v, QUEUE_MESSAGE) != message)
		return false;
	pci_set16(v, QUEUE_ENABLE, 1);
	return pci_get16(v, QUEUE_ENABLE) == 1;
}

/* A read clears the causes and lowers the line. Messages need neither. */
static u32 pci_causes(struct virtio *v)
{
	return v->messages ? VIRTIO_CAUSE_RING | VIRTIO_CAUSE_CONFIG : arch_mmio_read8(v->isr) & 3u;
}

static const struct virtio_transport pci_transport = {
	.status = pci_status,
	.set_status = pci_set_status,
	.features = pci_features,
	.set_features = pci_set_features,
	.leave_bus = pci_leave_bus,
	.queue_size = pci_queue_size,
	.queue_set = pci_queue_set,
	.causes = pci_causes,
};

/* ---- finding ---- */

/* The first capability of a kind counts (virtio 1.2, 4.1.4.1). */
static void pci_find_parts(struct pci_function *f, struct part *part)
{
	u32 at = pci_capability(f, 0, CAP_VENDOR), n, kind;

	for (n = 0; at && n < MOST_CAPABILITIES; n++, at = pci_capability(f, at, CAP_VENDOR)) {
		kind = pci_config32(f, at) >> 24;
		if (kind < MESSAGES && !part[kind].cap)
			part[kind] = (struct part){ at, pci_config32(f, at + 4) & 0xff,
				pci_config32(f, at + 8),
				min(pci_config32(f, at + 12) + 0ul, MOST_BYTES) };
	}
}

static bool parts_overlap(const struct part *a, const struct part *b)
{
	return a->bar == b->bar && a->off < b->off + b->size && b->off < a->off + a->size;
}

static bool pci_parts_are_apart(struct pci_function *f, struct part *part)
{
	u32 where, a, b;

	part[MESSAGES].size = pci_message_table(f, &where);
	part[MESSAGES].bar = where & 7;
	part[MESSAGES].off = where & ~7u;
	for (a = COMMON; a < NR_PARTS; a++) {
		for (b = COMMON; b < a; b++) {
			if (parts_overlap(&part[a], &part[b]))
				return false;
		}
	}
	return true;
}

static volatile u8 *pci_map_part(struct pci_function *f, const struct part *p, u64 least)
{
	paddr_t base;
	u64 size;

	if (p->size < least || (p->off & 3) || !pci_bar(f, p->bar, &base, &size) || p->off > size ||
		p->size > size - p->off)
		return NULL;
	return kmap_device(base + p->off, p->size);
}

const struct virtio_transport *virtio_pci_find(struct virtio *v, struct dt_node *n, struct lit *why)
{
	struct pci_function *f = n->pci;
	struct part part[NR_PARTS] = { 0 };
	u32 id = pci_config32(f, 0), device = id >> 16;

	if ((id & 0xffff) != VENDOR || device < DEVICE_FIRST || device > DEVICE_LAST)
		return NULL;
	pci_find_parts(f, part);
	v->class = device >= DEVICE_MODERN ? device - DEVICE_MODERN
					   : pci_config32(f, PCI_SUBSYSTEM) >> 16;
	*why = LIT("refused: it has not the structures of a modern device");
	if (!pci_parts_are_apart(f, part))
		return NULL;
	v->regs = pci_map_part(f, &part[COMMON], COMMON_SIZE);
	v->isr = pci_map_part(f, &part[ISR], 1);
	v->doorbells = pci_map_part(f, &part[NOTIFY], 2);
	if (!v->regs || !v->isr || !v->doorbells)
		return NULL;
	v->doorbells_size = (u32)part[NOTIFY].size;
	v->doorbell_step = pci_config32(f, part[NOTIFY].cap + 16);
	/* Some classes have no configuration space. */
	v->config = pci_map_part(f, &part[DEVICE], 1);
	v->config_size = v->config ? (u32)part[DEVICE].size : 0;
	*why = LIT("");
	return &pci_transport;
}
