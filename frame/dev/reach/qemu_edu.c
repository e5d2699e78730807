// SPDX-License-Identifier: MPL-2.0
/*
 * For the self-tests, QEMU's educational device: identity and liveness, the interrupt enable in the
 * status register, raising and acknowledging interrupts. Bit 0 of the status, "computing", changes
 * by itself, and writes to it have no effect. Its DMA registers, from 0x80 on, belong to its engine.
 */
#include "reach.h"

static const struct reg_whitelist edu[REG_WHITELIST_MAX] = { { 0x00, 0x08, REG_WHITELIST_ALL },
	{ 0x20, 0x24, BIT(7) | BIT(0) }, { 0x60, 0x68, REG_WHITELIST_ALL } };

/*
 * QEMU's educational device (QEMU's docs/specs/edu): copies between memory and 4096 bytes of its
 * own, which it addresses by their offset in its window. QEMU 7.2 aborts at a transfer of the last
 * of these bytes. An address has 28 bits by default; the device ignores higher bits, so memory
 * beyond cannot be addressed.
 */
enum {
	EDU_FROM = 0x80,
	EDU_TO = 0x88,
	EDU_COUNT = 0x90,
	EDU_COMMAND = 0x98,
	EDU_END = 0xa0,
	EDU_OWN = 0x40000,
	EDU_OWN_SIZE = 4095
};
#define EDU_RUN       1u
#define EDU_TO_MEMORY 2u
#define EDU_INTERRUPT 4u

static void edu_start(volatile u8 *regs, u64 to, u64 from, u64 len, bool to_memory)
{
	arch_mmio_write64(regs + EDU_FROM, to_memory ? EDU_OWN + from : from);
	arch_mmio_write64(regs + EDU_TO, to_memory ? to : EDU_OWN + to);
	arch_mmio_write64(regs + EDU_COUNT, len);
	arch_mmio_write64(regs + EDU_COMMAND,
		EDU_RUN | EDU_INTERRUPT | (to_memory ? EDU_TO_MEMORY : 0));
}

static bool edu_is_busy(volatile u8 *regs)
{
	return arch_mmio_read64(regs + EDU_COMMAND) & EDU_RUN;
}

static int edu_end(volatile u8 *regs)
{
	(void)regs;
	return 0;
}

static const struct dma_engine edu_engine = { EDU_END, 1ul << 28, EDU_OWN_SIZE, edu_start,
	edu_is_busy, edu_end };

const struct reach reach_qemu_edu[] = {
	{ "pci1234,11e8", .parts = edu, .disarm = reach_engine_disarm, .engine = &edu_engine },
	{ NULL },
};
