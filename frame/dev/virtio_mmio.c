// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio over MMIO, version 2 (virtio 1.2, 4.2), and version 1, the legacy interface (4.2.4): a
 * queue is one range of memory, which here is a page, and its address is the number of that page.
 *
 * Trust: the registers are those of a node with this binding and the magic number, and are not RAM.
 *        Queue registers are written here only, with addresses of the frame's own pages.
 */
#include "dev.h"

enum {
	MAGIC = 0x000,
	VERSION = 0x004,
	CLASS = 0x008,
	DEVICE_FEATURES = 0x010,
	DEVICE_FEATURES_SELECT = 0x014,
	DRIVER_FEATURES = 0x020,
	DRIVER_FEATURES_SELECT = 0x024,
	LEGACY_PAGE_SIZE = 0x028,
	QUEUE_SELECT = 0x030,
	QUEUE_MOST = 0x034,
	QUEUE_SIZE = 0x038,
	LEGACY_ALIGN = 0x03c,
	LEGACY_PAGE = 0x040,
	QUEUE_READY = 0x044,
	QUEUE_NOTIFY = 0x050,
	INTERRUPT_STATUS = 0x060,
	INTERRUPT_ACK = 0x064,
	STATUS = 0x070,
	QUEUE_DESC = 0x080,
	QUEUE_DRIVER = 0x090,
	QUEUE_DEVICE = 0x0a0,
	CONFIG = 0x100,
	WINDOW = 0x1000 /* as much is mapped */
};
#define MAGIC_NUMBER 0x74726976u /* "virt" */

/* TRUST of these: @reg is below CONFIG, which is mapped. */
static u32 mmio_get(struct virtio *v, u32 reg)
{
	return arch_mmio_read32(v->regs + reg);
}
static void mmio_set(struct virtio *v, u32 reg, u32 x)
{
	arch_mmio_write32(v->regs + reg, x);
}
static void mmio_set_address(struct virtio *v, u32 reg, const void *at)
{
	paddr_t pa = arch_virt_to_phys(at);

	mmio_set(v, reg, (u32)pa);
	mmio_set(v, reg + 4, (u32)(pa >> 32));
}

static u32 mmio_status(struct virtio *v)
{
	return mmio_get(v, STATUS);
}

static void mmio_set_status(struct virtio *v, u32 status)
{
	mmio_set(v, STATUS, status);
}

static u64 mmio_features(struct virtio *v)
{
	u64 low;

	mmio_set(v, DEVICE_FEATURES_SELECT, 0);
	low = mmio_get(v, DEVICE_FEATURES);
	mmio_set(v, DEVICE_FEATURES_SELECT, 1);
	return v->legacy ? low : low | (u64)mmio_get(v, DEVICE_FEATURES) << 32;
}

static void mmio_set_features(struct virtio *v, u64 features)
{
	mmio_set(v, DRIVER_FEATURES_SELECT, 0);
	mmio_set(v, DRIVER_FEATURES, (u32)features);
	mmio_set(v, DRIVER_FEATURES_SELECT, 1);
	mmio_set(v, DRIVER_FEATURES, (u32)(features >> 32));
}

static u32 mmio_queue_size(struct virtio *v, u32 i)
{
	mmio_set(v, QUEUE_SELECT, i);
	return mmio_get(v, QUEUE_MOST);
}

/* TRUST: ring.c has laid out the queue within the page, by RING_ALIGN. */
static bool mmio_queue_set_legacy(struct virtio *v, const struct ring *r)
{
	u64 page = arch_virt_to_phys(r->desc) / PAGE_SIZE;

	if (page != (u32)page)
		return false;
	mmio_set(v, LEGACY_PAGE_SIZE, PAGE_SIZE);
	mmio_set(v, LEGACY_ALIGN, RING_ALIGN);
	mmio_set(v, LEGACY_PAGE, (u32)page);
	return mmio_get(v, LEGACY_PAGE) == page;
}

static bool mmio_queue_set(struct virtio *v, u32 i, struct ring *r)
{
	r->doorbell = v->regs + QUEUE_NOTIFY;
	r->doorbell_is_wide = true;
	mmio_set(v, QUEUE_SELECT, i);
	mmio_set(v, QUEUE_SIZE, r->size);
	if (v->legacy)
		return mmio_queue_set_legacy(v, r);
	mmio_set_address(v, QUEUE_DESC, r->desc);
	mmio_set_address(v, QUEUE_DRIVER, r->avail_ring);
	mmio_set_address(v, QUEUE_DEVICE, r->used);
	mmio_set(v, QUEUE_READY, 1);
	return mmio_get(v, QUEUE_READY) == 1;
}

static u32 mmio_causes(struct virtio *v)
{
	u32 causes = mmio_get(v, INTERRUPT_STATUS);

	mmio_set(v, INTERRUPT_ACK, causes);
	return causes & (VIRTIO_CAUSE_RING | VIRTIO_CAUSE_CONFIG);
}

static const struct virtio_transport mmio_transport = {
	.status = mmio_status,
	.set_status = mmio_set_status,
	.features = mmio_features,
	.set_features = mmio_set_features,
	.queue_size = mmio_queue_size,
	.queue_set = mmio_queue_set,
	.causes = mmio_causes,
};

const struct virtio_transport *virtio_mmio_find(struct virtio *v, struct dt_node *n,
	struct lit *why)
{
	paddr_t base;
	u64 size;
	u32 version;

	if (!dt_compatible(n, STR("virtio,mmio")))
		return NULL;
	*why = LIT("refused: it has not the registers of such a device");
	if (!dt_reg(n, 0, &base, &size) || (base & 3) || size < CONFIG || base + size < base ||
		overlaps_ram(base, size))
		return NULL;
	v->config_size = (u32)min(size, (u64)WINDOW) - CONFIG;
	v->regs = kmap_device(base, CONFIG + v->config_size);
	if (!v->regs || mmio_get(v, MAGIC) != MAGIC_NUMBER)
		return NULL;
	v->config = v->regs + CONFIG;
	v->class = mmio_get(v, CLASS);
	version = mmio_get(v, VERSION);
	v->legacy = version == 1;
	*why = version == 1 || version == 2 || !v->class ? LIT("")
							 : LIT("refused: of an unknown version");
	return &mmio_transport;
}
