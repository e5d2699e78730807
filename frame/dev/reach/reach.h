// SPDX-License-Identifier: MPL-2.0
/*
 * What services may reach of a device's registers, as data. Each family of devices is a file of
 * this folder with a table of struct reach, which window.c lists; the numbers of registers that a
 * driver uses as well are in <frame/regs/...>, one header for both.
 *
 * Trust: without an IOMMU a device that writes to memory at addresses of its own is as powerful as
 *        the CPU. So a register is in a table only if no value in it, in any order with the other
 *        registers there, makes a device write to memory, or changes the clocks, resets or pins
 *        that memory or the frame's own devices depend on. The comment of each row says why. At
 *        worst a service stops its own device or a CPU that waits for it, or restarts the machine.
 */
#ifndef FRAME_DEV_REACH_H
#define FRAME_DEV_REACH_H

#include "../dev.h"

#define BIT(n) (1u << (n))

struct reach {
	const char *compatible; /* NULL ends a table */
	/*
	 * Number of accessible first bytes, which contain no bus address; REACH_ALL: all bytes of
	 * all windows of the device, otherwise of the first window.
	 */
	u64 size;
	const struct reg_whitelist *parts; /* of the first window, in addition */
	/* NULL: the device cannot write to memory. A PCI function without it sends no messages. */
	bool (*disarm)(struct dt_node *n);
	/* How it moves memory for dma.c. Its registers are in no window. NULL: it does not. */
	const struct dma_engine *engine;
	/* How it moves packets for nic.c, if it is an Ethernet controller. */
	const struct nic_chip *nic;
};
#define REACH_ALL (~0ul)

extern const struct reach reach_plain[], reach_dw_mshc[], reach_jh7110[], reach_qemu_edu[],
	reach_intel_82574l[], reach_cadence_gem[], reach_sifive_pdma[];

/*
 * Disarms a device whose engine's registers are in no window: an idle engine stays idle until the
 * frame starts it. False: it is not idle. window.c
 */
bool reach_engine_disarm(struct dt_node *n);
/* Stops an Ethernet controller as its row says. False: it does not confirm that. window.c */
bool reach_nic_disarm(struct dt_node *n);

#endif
