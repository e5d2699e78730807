// SPDX-License-Identifier: MPL-2.0
/*
 * Devices: one for each available node that has a compatible property, offered to the drivers in
 * the linker set.
 *
 * Trust: a window is given only for devices in the tables of reach/, and covers only registers
 *        through which a driver cannot make any device write to memory. All other devices
 *        (interrupt controllers, memory controllers, DMA masters) are refused.
 */
#include <frame/errno.h>
#include <frame/fmt.h>
#include <frame/log.h>

#include "dev.h"
#include "irqchip.h"

#define MAX_WINDOW_SIZE (1ul << 20)
#define MAX_MESSAGES    (1 + VIRTIO_RINGS) /* that one function may use */

struct device *all_devices;
static struct device **devices_tail = &all_devices;

static void device_add_nodes(struct dt_node *n)
{
	for (; n; n = n->sibling) {
		if (!dt_available(n))
			continue;
		if (dt_has(n, LIT("compatible"))) {
			paddr_t pa = page_alloc_frame();
			struct device *d;
			if (!pa)
				return;
			/* One page for each device: simple, and machines have few devices. */
			d = arch_phys_to_virt(pa);
			d->node = n;
			d->armed = !window_disarm(n);
			if (!virtio_init(d))
				d->armed = true;
			nic_init(d);
			*devices_tail = d;
			devices_tail = &d->next;
		}
		device_add_nodes(n->child);
	}
}

void device_init(void)
{
	pci_init(dt_root());
	restart_init();
	device_add_nodes(dt_root());
}

/* Offers the device to one driver; returns whether the driver took it. */
static bool device_offer(struct device *d, const struct driver *drv)
{
	u32 i;
	int err;

	for (i = 0; i < drv->_nr_match; i++) {
		if (!dt_compatible(d->node, lit_span(drv->_match[i].compatible)))
			continue;
		err = drv->_probe(d, drv->_match[i].quirk);
		if (!err)
			return true;
		if (err == -EPROBE_DEFER) {
			d->waits = true;
		} else if (err != -ENODEV) {
			log_warn("driver failed with error %d for device:", -err);
			log_text(LOG_WARNING, dt_name(d->node));
		}
		return false;
	}
	return false;
}

extern const struct driver *const _drivers_start[], *const _drivers_end[];

static void device_offer_to_all(struct device *d)
{
	const struct driver *const *drv;

	d->waits = false;
	for (drv = _drivers_start; drv < _drivers_end && !d->driver; drv++) {
		if (device_offer(d, *drv)) {
			d->driver = *drv;
			d->waits = false;
		}
	}
}

/*
 * Offers the devices with a deferred probe once more; returns whether one of them has a driver now.
 */
static bool device_offer_deferred(void)
{
	struct device *d;
	bool further = false;

	for (d = all_devices; d; d = d->next) {
		if (d->waits) {
			device_offer_to_all(d);
			further |= d->driver != NULL;
		}
	}
	return further;
}

/*
 * Each round but the last gives a device its driver, so there are at most as many rounds as
 * devices.
 */
void device_probe_all(void)
{
	struct device *d;

	for (d = all_devices; d; d = d->next)
		device_offer_to_all(d);
	while (device_offer_deferred())
		;
	for (d = all_devices; d; d = d->next) {
		if (d->waits) {
			log_warn(
				"a device waits for another one (a clock, a reset) that has no driver:");
			log_text(LOG_WARNING, dt_name(d->node));
		}
	}
}

void device_report(u32 level, struct lit prefix, struct dt_node *n, struct lit what,
	struct lit detail)
{
	u8 line[192];
	FMT(f, span_of(line));

	fmt_lit(&f, prefix);
	fmt_span(&f, dt_name(n));
	fmt_lit(&f, LIT(": "));
	fmt_lit(&f, what);
	fmt_lit(&f, detail);
	log_text(level, fmt_text(&f));
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

static bool device_find_window(struct device *d, unsigned i, bool *ports, paddr_t *base, u64 *size)
{
	*ports = ARCH_HAS_PORTS && dt_port(d->node, i, base, size);
	return *ports ||
		(d->node->pci ? pci_bar(d->node->pci, i, base, size)
			      : dt_reg(d->node, i, base, size));
}

/*
 * The end of the accessible part of a window of @window bytes; 0: a part lies beyond the window's
 * end.
 */
static u64 window_end(u64 window, u64 size, const struct reg_whitelist *parts)
{
	u64 end = min(size, window);
	unsigned k;

	for (k = 0; parts && k < REG_WHITELIST_MAX && parts[k].to; k++) {
		if (parts[k].to > window)
			return 0;
		end = max(end, (u64)parts[k].to);
	}
	return end;
}

static struct spinlock windows_lock; /* guards the making of windows */

struct iomem *device_iomem(struct device *d, unsigned i)
{
	const struct reg_whitelist *parts = NULL;
	struct iomem *io;
	paddr_t base;
	u64 size, first, end, flags;
	volatile u8 *regs;
	bool ports;

	if (i >= MAX_WINDOWS)
		return NULL;
	io = &d->window[i];
	if (load_acquire(io->end))
		return io;
	if (!device_find_window(d, i, &ports, &base, &size) || !size || base + size < base)
		return NULL;
	end = !d->armed && window_whitelist(d->node, i, &first, &parts) && !(ports && parts)
		? window_end(size, first, parts)
		: 0;
	if (!end || (!ports && overlaps_ram(base, size))) {
		log_warn("register window refused for device:");
		log_text(LOG_WARNING, dt_name(d->node));
		return NULL;
	}
	if (end > MAX_WINDOW_SIZE)
		return NULL;
	regs = ports ? NULL : kmap_device(base, end);
	if (!ports && !regs)
		return NULL;
	/*
	 * One CPU makes the window, whole, and it never changes: a base of NULL means ports. The
	 * mapping of another one that comes too late stays unused.
	 */
	flags = spin_lock_irqsave(&windows_lock);
	if (!io->end) {
		io->port = ports ? (u16)base : 0;
		io->base = regs;
		io->size = min(size, first);
		io->parts = parts;
		store_release(io->end, end);
	}
	spin_unlock_irqrestore(&windows_lock, flags);
	return io;
}

/*
 * Whether the PCI function may send messages. A message is a write to memory, so a function that
 * sends one masters the bus. It may do so only if its other writes are known and have been stopped:
 * reach/ lists these functions, and a usable virtio device has been reset.
 */
static bool device_may_send(const struct device *d)
{
	return !d->armed && (window_may_send(d->node) || d->virtio.transport);
}

struct irq_line *device_irq(struct device *d, unsigned i)
{
	if (!d->node->pci)
		return irq_line_of(d->node, i);
	/* A function may claim 2048 messages; the CPUs' vectors are for all. */
	return i < MAX_MESSAGES && device_may_send(d) ? pci_irq(d->node->pci, i) : NULL;
}

struct dt_node *device_node(struct device *d)
{
	return d->node;
}

bool device_is_stdout(struct device *d)
{
	return dt_stdout() == d->node;
}
