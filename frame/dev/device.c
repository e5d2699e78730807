// SPDX-License-Identifier: MPL-2.0
/*
 * Devices: one per available node with a compatible, offered to the drivers in the linker set.
 *
 * Trust: a window is given only for devices on the list below: their registers hold no bus addresses, so a driver cannot make them write to memory. Everything
 *        else (interrupt controllers, memory controllers, DMA masters) is refused.
 */
#include <frame/log.h>

#include "dev.h"

/* Safe without an IOMMU: no register of these makes the device access memory. */
static const char *const harmless[] = { "ns16550a", "ns16550", "snps,dw-apb-uart", "starfive,jh7110-uart", "sifive,uart0", "google,goldfish-rtc",
	"motorola,mc146818" };

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

static bool is_harmless(struct dt_node *n)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(harmless); i++) {
		if (dt_compatible(n, lit_span((struct lit){ harmless[i] })))
			return true;
	}
	return false;
}

/* Whether the range touches RAM: such a "device" would be a way around the wall. */
static bool overlaps_ram(paddr_t base, u64 size)
{
	const struct mem_range *r;
	unsigned n = bootmem_ram(&r), i;

	for (i = 0; i < n; i++) {
		if (base < r[i].end && base + size > r[i].start)
			return true;
	}
	return false;
}

struct iomem *device_iomem(struct device *d, unsigned i)
{
	struct iomem *io;
	paddr_t base;
	u64 size;
	bool ports;

	if (i >= MAX_WINDOWS)
		return NULL;
	io = &d->window[i];
	if (load_acquire(io->size))
		return io;
	ports = ARCH_HAS_PORTS && dt_port(d->node, i, &base, &size);
	if (!ports && !dt_reg(d->node, i, &base, &size))
		return NULL;
	if (!size || size > 1ul << 20 || base + size < base)
		return NULL;
	if (!is_harmless(d->node) || (!ports && overlaps_ram(base, size))) {
		log_warn("register window refused for device:");
		log_text(LOG_WARNING, dt_name(d->node));
		return NULL;
	}
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
	if (!d->line[i] && arch_irq_translate(d->node, i, &hwirq) == 0)
		d->line[i] = irq_line_get(hwirq);
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
