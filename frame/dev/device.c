// SPDX-License-Identifier: MPL-2.0
/*
 * Devices: one per available node with a compatible, offered to the drivers in the linker set.
 *
 * Trust: a window is given only for devices on the list below: their registers hold no bus addresses, so a driver cannot make them write to memory. Everything
 *        else (interrupt controllers, memory controllers, DMA masters) is refused.
 */
#include <frame/log.h>

#include "dev.h"

/* Safe without an IOMMU: no register of these makes the device access memory, or none below @limit: the window ends there. */
static const struct {
	const char *name;
	u64 limit;
} harmless[] = {
	{ "ns16550a", ~0ul }, { "ns16550", ~0ul }, { "snps,dw-apb-uart", ~0ul }, { "starfive,jh7110-uart", ~0ul }, { "sifive,uart0", ~0ul },
	{ "google,goldfish-rtc", ~0ul }, { "motorola,mc146818", ~0ul },
	/* For the self-tests: QEMU's teaching device (its DMA registers begin at 0x80), and the 82574L (its first descriptor ring at 0x110). */
	{ "pci1234,11e8", 0x80 }, { "pci8086,10d3", 0x100 },
};

static struct device *devices, **devices_tail = &devices;

static void add_nodes(struct dt_node *n)
{
	for (; n; n = n->sibling) {
		if (!dt_available(n))
			continue;
		if (dt_has(n, LIT("compatible"))) {
			paddr_t pa = page_alloc_frame();
			struct device *d;
			if (!pa)
				return;
			/* A page each is plain, and machines have few devices. */
			d = arch_phys_to_virt(pa);
			d->node = n;
			*devices_tail = d;
			devices_tail = &d->next;
		}
		add_nodes(n->child);
	}
}

void device_init(void)
{
	pci_init(dt_root());
	restart_init();
	add_nodes(dt_root());
}

/* Offers the device to one driver; true when it took it. */
static bool offer(struct device *d, const struct driver *drv)
{
	u32 i;
	int err;

	for (i = 0; i < drv->_nr_match; i++) {
		if (!dt_compatible(d->node, lit_span(drv->_match[i].compatible)))
			continue;
		err = drv->_probe(d, drv->_match[i].quirk);
		if (!err)
			return true;
		if (err != -ENODEV) {
			log_warn("driver failed with error %d for device:", -err);
			log_text(LOG_WARNING, dt_name(d->node));
		}
		return false;
	}
	return false;
}

extern const struct driver *const _drivers_start[], *const _drivers_end[];

void device_probe_all(void)
{
	const struct driver *const *drv;
	struct device *d;

	for (d = devices; d; d = d->next) {
		for (drv = _drivers_start; drv < _drivers_end && !d->driver; drv++) {
			if (offer(d, *drv))
				d->driver = *drv;
		}
	}
}

/* How many bytes of the device's window are harmless. */
static u64 harmless_size(struct dt_node *n)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(harmless); i++) {
		if (dt_compatible(n, lit_span((struct lit){ harmless[i].name })))
			return harmless[i].limit;
	}
	return 0;
}

bool overlaps_ram(paddr_t base, u64 size)
{
	const struct mem_range *r;
	unsigned n = bootmem_ram(&r), i;

	for (i = 0; i < n; i++) {
		if (base < r[i].end && (base + size > r[i].start || base + size < base))
			return true;
	}
	return false;
}

struct iomem *device_iomem(struct device *d, unsigned i)
{
	struct iomem *io;
	paddr_t base;
	u64 size, limit;
	bool ports;

	if (i >= MAX_WINDOWS)
		return NULL;
	io = &d->window[i];
	if (load_acquire(io->size))
		return io;
	ports = ARCH_HAS_PORTS && dt_port(d->node, i, &base, &size);
	if (!ports && !(d->node->pci ? pci_bar(d->node->pci, i, &base, &size) : dt_reg(d->node, i, &base, &size)))
		return NULL;
	limit = harmless_size(d->node);
	if (!size || (size > 1ul << 20 && limit > 1ul << 20) || base + size < base)
		return NULL;
	/* Only the first window of one that has a limit. */
	if (!limit || (i && limit != ~0ul) || (!ports && overlaps_ram(base, size))) {
		log_warn("register window refused for device:");
		log_text(LOG_WARNING, dt_name(d->node));
		return NULL;
	}
	size = min(size, limit);
	if (ports)
		io->port = (u16)base;
	else if (!(io->base = kmap_device(base, size)))
		return NULL;
	store_release(io->size, size);
	return io;
}

struct irq_line *device_irq(struct device *d, unsigned i)
{
	u32 hwirq;

	if (i >= MAX_LINES)
		return NULL;
	if (!d->line[i] && (d->node->pci ? pci_vector(d->node->pci, i, &hwirq) : arch_irq_translate(d->node, i, &hwirq)) == 0)
		d->line[i] = irq_line_get(hwirq, d->node->pci, i);
	return d->line[i];
}

struct dt_node *device_node(struct device *d)
{
	return d->node;
}

bool device_is_stdout(struct device *d)
{
	return dt_stdout() == d->node;
}
