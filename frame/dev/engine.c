// SPDX-License-Identifier: MPL-2.0
/*
 * The engines that the frame knows, and how they are told. Services reach none of these registers
 * (window.c).
 *
 * Trust: start makes the engine touch the bytes that it was told and no others, and end comes when
 * it has stopped.
 */
#include "dev.h"

/*
 * QEMU's teaching device (its docs/specs/edu): between memory and 4096 bytes of its own, which it
 * knows by their place in its window. QEMU 7.2 ends itself over a transfer of the last of them. An
 * address has 28 bits, unless whoever started QEMU said otherwise; it drops the others, so what
 * lies beyond is out of reach.
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

/*
 * SiFive FU540-C000 manual, platform DMA engine: from memory to memory, here by the first of its
 * four channels; while firmware's transfer runs on any of them the engine is not ours. Transactions
 * are of 1 to 64 bytes, by the alignment of all.
 */
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

/* Its interrupts go down as well. */
static int pdma_end(volatile u8 *regs)
{
	u32 control = arch_mmio_read32(regs + PDMA_CONTROL);

	arch_mmio_write32(regs + PDMA_CONTROL, PDMA_CLAIM);
	return control & PDMA_ERROR ? -EIO : 0;
}

static const struct {
	const char *name;
	struct dma_engine engine;
} engines[] = {
	{ "pci1234,11e8", { EDU_END, 1ul << 28, EDU_OWN_SIZE, edu_start, edu_is_busy, edu_end } },
	{ "sifive,fu540-c000-pdma", { PDMA_END, ~0ul, 0, pdma_start, pdma_is_busy, pdma_end } },
};

const struct dma_engine *dma_engine_of(struct dt_node *n)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(engines); i++) {
		if (dt_compatible(n, lit_span((struct lit){ engines[i].name })))
			return &engines[i].engine;
	}
	return NULL;
}
