// SPDX-License-Identifier: MPL-2.0
/*
 * Devices and drivers.
 *
 * A devicetree describes the machine. The frame offers each available node to the drivers' match
 * tables. A driver's probe gets a device, and from it handles: an iomem window for each reg entry,
 * an irq_line for each interrupt; never an address.
 *
 *	static const struct dt_match uart_match[] = {
 *		{ LIT("ns16550a") },
 *		{ LIT("snps,dw-apb-uart"), .quirk = QUIRK_DW },
 *	};
 *	static int uart_probe(struct device *dev, u32 quirk) ...
 *	DRIVER(ns16550, uart_match, uart_probe);
 *
 * Context: any, unless said otherwise.
 * Trust: the frame makes devices, windows and nodes before services run, and never frees them. An
 *        iomem window exists only for a device that the frame knows to be harmless without an
 *        IOMMU, and never covers a register that takes a bus address.
 * Source: frame/dev/device.c, frame/boot/dt.c (dt_*), frame/dev/iomem.c (iomem_*).
 */
#ifndef FRAME_DEVICE_H
#define FRAME_DEVICE_H

#include <frame/irq.h>
#include <frame/span.h>
#include <frame/types.h>

struct device;  /* a devicetree node offered to drivers; exists for ever */
struct dt_node; /* any node of the devicetree; exists for ever */
struct iomem;

struct TABLE dt_match {
	struct lit compatible;
	u32 quirk; /* passed to the probe */
};

struct TABLE driver {
	struct lit _name;
	const struct dt_match *_match;
	u32 _nr_match;
	/*
	 * Probes the device. Returns 0: the driver takes the device. -ENODEV: the device is not for
	 * this driver. -EPROBE_DEFER: the driver needs something that another device's driver does
	 * not offer yet, and has changed nothing; the frame calls the probe again after another
	 * device has found its driver. Other errors are logged. Context: task.
	 */
	int (*_probe)(struct device *dev, u32 quirk);
};

/* Defines a driver; the frame finds it through a linker set. */
#define DRIVER(name, match, probe)                                                           \
	static const struct driver _driver_##name = { LIT(#name), (match), ARRAY_LEN(match), \
		(probe) };                                                                   \
	static const struct driver *const _driver_ref_##name                                 \
		__attribute__((used, section(".keel.drivers"))) = &_driver_##name

/*
 * Defines a driver for self-tests: the frame offers it each device before all other drivers. Its
 * probe takes no device: it returns -ENODEV.
 */
#define ONLOOKER(name, match, probe)                                                         \
	static const struct driver _driver_##name = { LIT(#name), (match), ARRAY_LEN(match), \
		(probe) };                                                                   \
	static const struct driver *const _driver_ref_##name                                 \
		__attribute__((used, section(".keel.onlookers"))) = &_driver_##name

/*
 * Offers all nodes to all drivers. Repeats for the drivers that deferred their probe, as long as a
 * round makes progress. kernel_main calls it once. Context: task.
 */
void device_probe_all(void);

/*
 * Returns the window of the i-th reg entry; NULL: there is no such entry, or the frame refuses
 * access to it. The handle is the same each time.
 */
struct iomem *device_iomem(struct device *dev, unsigned i);
/*
 * Returns the line of the i-th interrupt, or NULL. The handle is the same each time. Each line of a
 * PCI function takes one of about 200 vectors of a CPU for ever, so a driver asks only for lines
 * that it uses; NULL also when no vector is left.
 */
struct irq_line *device_irq(struct device *dev, unsigned i);
/* Returns the devicetree node of the device. */
struct dt_node *device_node(struct device *dev);
/* Whether /chosen/stdout-path names this device. */
bool device_is_stdout(struct device *dev);

/*
 * The devicetree. A function that finds no node returns NULL, and a NULL node has no properties.
 * Strings and bytes are spans of the tree, which is never freed. Numbers are checked against the
 * property's length.
 */
/*
 * The root; the node at a path (components with or without unit address); the first child; the next
 * sibling.
 */
struct dt_node *dt_root(void);
struct dt_node *dt_find(struct cspan path);
/* Whether @name is among the node's compatible strings. */
bool dt_compatible(struct dt_node *n, struct cspan name);
/* The node with this phandle, or NULL. */
struct dt_node *dt_by_phandle(u32 phandle);
struct dt_node *dt_first_child(struct dt_node *n);
struct dt_node *dt_next_sibling(struct dt_node *n);
/* The node's name with its unit address; whether the node has the property. */
struct cspan dt_name(struct dt_node *n);
bool dt_has(struct dt_node *n, struct lit prop);
/* Reads the i-th 32-bit cell of the property; false: there is no such cell. */
bool dt_u32(struct dt_node *n, struct lit prop, unsigned i, u32 *out);
/* The i-th string of a string list (empty: there is no such string). */
struct cspan dt_string(struct dt_node *n, struct lit prop, unsigned i);
/* All bytes of a property (empty: there is no such property). */
struct cspan dt_bytes(struct dt_node *n, struct lit prop);
/* The i-th property: its name (empty: there are fewer properties), and all its bytes. */
struct cspan dt_prop_name(struct dt_node *n, u32 i);
struct cspan dt_prop_value(struct dt_node *n, u32 i);

/*
 * Register access, and the size of the window in bytes. @off plus the width must lie in the window
 * and outside its holes, and @off must be aligned to the width; otherwise the access traps. Where a
 * register is shared with another device, only some of its bits may be changed, and only by a
 * 32-bit write; any other write traps. Accesses are ordered against each other and, as device
 * drivers expect, against memory. Context: any.
 */
u64 iomem_size(const struct iomem *io);
u8 iomem_read8(struct iomem *io, u64 off);
u16 iomem_read16(struct iomem *io, u64 off);
u32 iomem_read32(struct iomem *io, u64 off);
u64 iomem_read64(struct iomem *io, u64 off);
void iomem_write8(struct iomem *io, u64 off, u8 v);
void iomem_write16(struct iomem *io, u64 off, u16 v);
void iomem_write32(struct iomem *io, u64 off, u32 v);
void iomem_write64(struct iomem *io, u64 off, u64 v);

#endif
