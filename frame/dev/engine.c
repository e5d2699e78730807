// SPDX-License-Identifier: MPL-2.0
/*
 * The DMA engines that the frame knows, and how they are programmed. Services cannot access any of
 * these registers (window.c).
 *
 * Trust: start makes the engine access the given bytes and no others; end is called when the engine
 *        has stopped.
 */
#include "dev.h"

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

/*
 * SiFive FU540-C000 manual, platform DMA engine: copies from memory to memory. The frame uses the
 * first of its four channels, and refuses the engine while a transfer of firmware runs on any of
 * them. Transactions have 1 to 64 bytes, by the alignment of both addresses and the length.
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

/* Also clears the engine's interrupts. */
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
