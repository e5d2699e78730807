// SPDX-License-Identifier: MPL-2.0
/*
 * SiFive FU540-C000 manual, platform DMA engine: copies from memory to memory. The frame uses the
 * first of its four channels, and refuses the engine while a transfer of firmware runs on any of
 * them. Transactions have 1 to 64 bytes, by the alignment of both addresses and the length.
 */
#include "reach.h"

enum {
	PDMA_CONTROL = 0x00,
	PDMA_CONFIG = 0x04,
	PDMA_BYTES = 0x08,
	PDMA_TO = 0x10,
	PDMA_FROM = 0x18,
	PDMA_CHANNEL = 0x1000,
	PDMA_END = 4 * PDMA_CHANNEL
};
#define PDMA_CLAIM      (1u << 0)
#define PDMA_RUN        (1u << 1)
#define PDMA_INTERRUPTS (3u << 14)
#define PDMA_ERROR      (1u << 31)
#define PDMA_SIZES(log) ((u32)(log) << 24 | (u32)(log) << 28)

static void pdma_start(volatile u8 *regs, u64 to, u64 from, u64 len, bool to_memory)
{
	(void)to_memory;
	arch_mmio_write32(regs + PDMA_CONTROL, PDMA_CLAIM);
	arch_mmio_write32(regs + PDMA_CONFIG, PDMA_SIZES(__builtin_ctzl(to | from | len | 64)));
	arch_mmio_write64(regs + PDMA_BYTES, len);
	arch_mmio_write64(regs + PDMA_TO, to);
	arch_mmio_write64(regs + PDMA_FROM, from);
	arch_mmio_write32(regs + PDMA_CONTROL, PDMA_CLAIM | PDMA_RUN | PDMA_INTERRUPTS);
}

static bool pdma_is_busy(volatile u8 *regs)
{
	u32 at, control = 0;

	for (at = 0; at < PDMA_END; at += PDMA_CHANNEL)
		control |= arch_mmio_read32(regs + at + PDMA_CONTROL);
	return control & PDMA_RUN;
}

/* Also clears the engine's interrupts. */
static int pdma_end(volatile u8 *regs)
{
	u32 control = arch_mmio_read32(regs + PDMA_CONTROL);

	arch_mmio_write32(regs + PDMA_CONTROL, PDMA_CLAIM);
	return control & PDMA_ERROR ? -EIO : 0;
}

static const struct dma_engine pdma_engine = { PDMA_END, ~0ul, 0, pdma_start, pdma_is_busy,
	pdma_end };

/* No register of it is in a window. */
const struct reach reach_sifive_pdma[] = {
	{ "sifive,fu540-c000-pdma", .engine = &pdma_engine },
	{ NULL },
};
