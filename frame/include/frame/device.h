// SPDX-License-Identifier: MPL-2.0
/*
 * Devices and drivers.
 *
 * The machine is described by a devicetree. The frame offers each available node to the drivers'
 * match tables; a driver's probe gets a device, and from it handles: an iomem window per reg, an
 * irq_line per interrupt; never an address.
 *
 *	static const struct dt_match uart_match[] = { { LIT("ns16550a") }, { LIT("snps,dw-apb-uart"), .quirk = QUIRK_DW } };
 *	static int uart_probe(struct device *dev, u32 quirk) ...
 *	DRIVER(ns16550, uart_match, uart_probe);
 *
 * Context: any, unless said otherwise.
 * Trust: devices, windows and nodes are made by the frame before services run, and never freed. An
 *        iomem window exists only for devices that the frame knows to be harmless without an IOMMU,
 *        and not of their registers that take bus addresses.
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
	u32 quirk; /* handed to probe */
};

struct TABLE driver {
	struct lit _name;
	const struct dt_match *_match;
	u32 _nr_match;
	/*
	 * 0: the device is this driver's. -ENODEV: not mine. -EPROBE_DEFER: it needs what another
	 * device's driver has not offered yet, and has changed nothing; it is asked again when
	 * another device has found its driver. Other errors are logged. Context: task.
	 */
	int (*_probe)(struct device *dev, u32 quirk);
};

/* Defines a driver; the frame finds it through a linker set. */
#define DRIVER(name, match, probe)                                                           \
	static const struct driver _driver_##name = { LIT(#name), (match), ARRAY_LEN(match), \
		(probe) };                                                                   \
	static const struct driver *const _driver_ref_##name                                 \
		__attribute__((used, section(".keel.drivers"))) = &_driver_##name

/* One that looks at devices before all drivers and takes none: -ENODEV. For self-tests. */
#define ONLOOKER(name, match, probe)                                                         \
	static const struct driver _driver_##name = { LIT(#name), (match), ARRAY_LEN(match), \
		(probe) };                                                                   \
	static const struct driver *const _driver_ref_##name                                 \
		__attribute__((used, section(".keel.onlookers"))) = &_driver_##name

/*
 * Offers all nodes to all drivers, and again those that wait for others, as long as that leads
 * further. Called once by kernel_main. Context: task.
 */
void device_probe_all(void);

/* The window of the i-th reg, or NULL (no such reg, or refused). The same handle each time. */
struct iomem *device_iomem(struct device *dev, unsigned i);
/* The i-th interrupt, or NULL. */
struct irq_line *device_irq(struct device *dev, unsigned i);
/* The node it was made of. */
struct dt_node *device_node(struct device *dev);
/* Whether /chosen/stdout-path names this device. */
bool device_is_stdout(struct device *dev);

/*
 * The devicetree. Nodes are NULL when there is none, and NULL may be asked for properties: it has
 * none. Strings and bytes are spans of the tree, which is never freed; numbers are checked against
 * the property's length.
 */
/*
 * The root; the node at a path (components with or without unit address); those below and beside.
 */
struct dt_node *dt_root(void);
struct dt_node *dt_find(struct cspan path);
/* Whether @name is among the node's compatible strings. */
bool dt_compatible(struct dt_node *n, struct cspan name);
/* The node that others refer to by this number, or NULL. */
struct dt_node *dt_by_phandle(u32 phandle);
struct dt_node *dt_first_child(struct dt_node *n);
struct dt_node *dt_next_sibling(struct dt_node *n);
/* Its name with the unit address; whether it has the property. */
struct cspan dt_name(struct dt_node *n);
bool dt_has(struct dt_node *n, struct lit prop);
/* The i-th 32-bit cell, or false. */
bool dt_u32(struct dt_node *n, struct lit prop, unsigned i, u32 *out);
/* The i-th string of a string list (empty when there is none). */
struct cspan dt_string(struct dt_node *n, struct lit prop, unsigned i);
/* The whole of a property (empty when there is none). */
struct cspan dt_bytes(struct dt_node *n, struct lit prop);
/* The i-th property: its name (empty: there are fewer) and the whole of it. */
struct cspan dt_prop_name(struct dt_node *n, u32 i);
struct cspan dt_prop_value(struct dt_node *n, u32 i);

/*
 * Register access, and where the window ends. @off + width must lie in the window, and not in a
 * hole of it, and be aligned to the width (traps). Of registers that are not the device's alone,
 * only some bits may be written otherwise than they are, with 32 bits (traps). Ordered against each
 * other and, as device drivers expect, against memory. Context: any.
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
