// SPDX-License-Identifier: MPL-2.0
/*
 * For the self-tests, too, Intel's network controller 82574L (data sheet, 10.2.4): causes, masks
 * and messages of its interrupts. Its receiver and transmitter, which access memory as their
 * descriptor rings say, are enabled by registers above the part, and nic_disarm stops both. Below
 * the part are device control and the access to its flash memory, from which firmware may boot.
 */
#include "reach.h"

enum {
	NIC_CONTROL = 0x000,
	NIC_MASK_CLEAR = 0x0d8,
	NIC_RX = 0x100,
	NIC_TX = 0x400,
	NIC_END = 0x404
};
#define NIC_RESET   BIT(26)
#define NIC_ENABLED BIT(1)
#define NIC_LOOKS   10000 /* a millisecond or more; the reset takes a microsecond */
static const struct reg_whitelist nic[REG_WHITELIST_MAX] = { { 0x0c0, 0x100, REG_WHITELIST_ALL } };

/*
 * Firmware that booted from the network has left descriptor rings in memory that belongs to the
 * kernel now. TRUST: offsets in the mapped window.
 */
static bool nic_disarm(struct dt_node *n)
{
	volatile u8 *regs = window_map(n, NIC_END);
	u32 i;

	if (!regs)
		return false;
	arch_mmio_write32(regs + NIC_MASK_CLEAR, ~0u);
	arch_mmio_write32(regs + NIC_RX, 0);
	arch_mmio_write32(regs + NIC_TX, 0);
	arch_mmio_write32(regs + NIC_CONTROL, arch_mmio_read32(regs + NIC_CONTROL) | NIC_RESET);
	for (i = 0; i < NIC_LOOKS && arch_mmio_read32(regs + NIC_CONTROL) & NIC_RESET; i++)
		;
	return i < NIC_LOOKS &&
		!((arch_mmio_read32(regs + NIC_RX) | arch_mmio_read32(regs + NIC_TX)) &
			NIC_ENABLED);
}

const struct reach reach_intel_82574l[] = {
	{ "pci8086,10d3", .parts = nic, .disarm = nic_disarm },
	{ NULL },
};
