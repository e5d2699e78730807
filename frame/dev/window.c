// SPDX-License-Identifier: MPL-2.0
/*
 * Which registers of which devices services may reach, and what the frame does to a device before
 * anybody may.
 *
 * Trust: without an IOMMU whatever writes to memory at addresses of its own is as good as the CPU.
 *        So a register is in reach only if no value in it, in any order with any other in reach,
 *        makes something write to memory, or changes the clocks, resets or pins of what the memory
 *        or the frame's own devices depend on. Each row says why. At worst a service stops its own
 *        device or a CPU that waits for it, or starts the machine anew.
 */
#include "dev.h"

#define BIT(n) (1u << (n))

/*
 * DesignWare mobile storage host (Synopsys databook; registers by offset). Its own DMA engine runs
 * if bus mode (0x80) has bit 7, and is used if control (0x00) has bit 25; with bit 5 data goes to a
 * DMA engine outside. All three are clear after a reset by whatever way, disarm_mshc clears them,
 * bus mode and the descriptors' addresses (0x80 to 0xa7) are out of reach, and of control those two
 * bits are not to be changed: data goes through the FIFO (0x200, at 0x100 in old versions, where
 * newer ones have a threshold) alone.
 */
enum { MSHC_CTRL = 0x00, MSHC_BMOD = 0x80 };
#define MSHC_CTRL_DMA (BIT(5) | BIT(25))
#define MSHC_BMOD_SWR BIT(0)
#define MSHC_BMOD_DE  BIT(7)
static const struct reach mshc[REACH_MAX] = {
	{ 0x200, 0x204, REACH_ALL },
	{ 0x004, 0x080, REACH_ALL },
	{ 0x000, 0x004, ~MSHC_CTRL_DMA },
	{ 0x100, 0x104, REACH_ALL },
};

/*
 * JH7110, clocks and resets of the system domain (a word each clock; a bit each reset). To change:
 * gates of the bus clocks of the two storage hosts (91, 92), gates and dividers (4 bits) of their
 * card clocks (93, 94), their two resets (64, 65), gates of the watchdog's clocks (122, 123). None
 * of these clocks another unit. To read, which changes nothing: the dividers above the card clocks,
 * the states of the resets from 64 on.
 */
enum {
	CRG_GATE_FIRST = 91,
	CRG_GATE_LAST = 92,
	CRG_RESET_FIRST = 64,
	CRG_RESET_LAST = 65,
	CRG_RESETS = 0x300,
	CRG_END = 0x318
};
static const struct reach jh7110_crg[REACH_MAX] = {
	{ 0x16c, 0x174, BIT(31) },
	{ 0x174, 0x17c, BIT(31) | 15 },
	{ 0x1e8, 0x1f0, BIT(31) },
	{ 0x014, 0x020, 0 },
	{ CRG_RESETS, 0x304, BIT(CRG_RESET_FIRST - 64) | BIT(CRG_RESET_LAST - 64) },
	{ 0x310, CRG_END, 0 },
};
/*
 * JH7110, clocks and resets of the system-top group, which has PCIe, USB, two DMA controllers and
 * the buses between them. To change: the two gates (15, 16) and the one reset (3) of the security
 * unit. The random number generator shares them with a cipher unit, which does not master the bus,
 * and with the DMA controller that serves this (arm,pl080): whatever firmware has left there a
 * service could set going. So disarm_security resets them all; then every channel is off (Arm DDI
 * 0196), and the registers of both are out of reach. To read: the states of the resets.
 */
enum {
	STG_GATE_FIRST = 15,
	STG_GATE_LAST = 16,
	STG_RESETS = 0x74,
	STG_STATES = 0x78,
	STG_END = 0x7c
};
#define STG_RESET BIT(3)
#define STG_LOOKS 10000 /* a millisecond or more; it takes microseconds */
static const struct reach jh7110_stgcrg[REACH_MAX] = {
	{ 4 * STG_GATE_FIRST, 4 * STG_GATE_LAST + 4, BIT(31) },
	{ STG_RESETS, STG_STATES, STG_RESET },
	{ STG_STATES, STG_END, 0 },
};
/* What PLL2 is set to; levels of the pins. To read. */
static const struct reach jh7110_syscon[REACH_MAX] = { { 0x02c, 0x038, 0 } };
static const struct reach jh7110_pins[REACH_MAX] = { { 0x118, 0x120, 0 } };

/*
 * For the self-tests, QEMU's teaching device: identity and liveness, an interrupt's enable in the
 * status, raising and clearing. Bit 0 of the status, that it computes, changes by itself, and
 * writing it does nothing. Its DMA registers, from 0x80 on, are engine.c's.
 */
static const struct reach edu[REACH_MAX] = { { 0x00, 0x08, REACH_ALL },
	{ 0x20, 0x24, BIT(7) | BIT(0) }, { 0x60, 0x68, REACH_ALL } };

/*
 * For the self-tests, too, Intel's network controller 82574L (data sheet, 10.2.4): causes, masks
 * and messages of its interrupts. Its receiver and transmitter, which write to memory what their
 * descriptor rings say, are enabled by registers behind them, and disarm_82574 stops both. Before
 * them are device control and the ways to its flash memory, from which firmware may start.
 */
enum {
	NIC_CONTROL = 0x000,
	NIC_MASK_CLEAR = 0x0d8,
	NIC_RX = 0x100,
	NIC_TX = 0x400,
	NIC_END = 0x404
};
#define NIC_RESET   BIT(26)
#define NIC_ENABLED BIT(1)
#define NIC_LOOKS   10000 /* a millisecond or more; it takes a microsecond */
static const struct reach nic[REACH_MAX] = { { 0x0c0, 0x100, REACH_ALL } };

static bool disarm_mshc(struct dt_node *n);
static bool disarm_security(struct dt_node *n);
static bool disarm_82574(struct dt_node *n);
static bool disarm_engine(struct dt_node *n);

static const struct window {
	const char *name;
	/*
	 * The first bytes, with no bus address among them; ~0: of all windows of the device, else
	 * of the first.
	 */
	u64 size;
	const struct reach *parts; /* of the first window, besides */
	/* NULL: it cannot write to memory; so a function of PCI without one sends no messages. */
	bool (*disarm)(struct dt_node *n);
} windows[] = {
	{ "ns16550a", ~0ul, NULL, NULL },
	{ "ns16550", ~0ul, NULL, NULL },
	{ "snps,dw-apb-uart", ~0ul, NULL, NULL },
	{ "starfive,jh7110-uart", ~0ul, NULL, NULL },
	{ "sifive,uart0", ~0ul, NULL, NULL },
	{ "google,goldfish-rtc", ~0ul, NULL, NULL },
	{ "motorola,mc146818", ~0ul, NULL, NULL },
	{ "snps,dw-mshc", 0, mshc, disarm_mshc },
	{ "starfive,jh7110-mmc", 0, mshc, disarm_mshc },
	{ "starfive,jh7110-syscrg", 0, jh7110_crg, NULL },
	{ "starfive,jh7110-stgcrg", 0, jh7110_stgcrg, disarm_security },
	{ "starfive,jh7110-sys-syscon", 0, jh7110_syscon, NULL },
	{ "starfive,jh7110-sys-pinctrl", 0, jh7110_pins, NULL },
	/* Commands, states and random words; behind them registers of which nothing is known. */
	{ "starfive,jh7110-trng", 0x68, NULL, NULL },
	/*
	 * A counter that restarts the machine (Arm SP805), as services may. Behind its lock the
	 * registers of its test mode.
	 */
	{ "starfive,jh7110-wdt", 0xc04, NULL, NULL },
	{ "pci1234,11e8", 0, edu, disarm_engine },
	{ "pci8086,10d3", 0, nic, disarm_82574 },
};

static const struct window *window_of(struct dt_node *n)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(windows); i++) {
		if (dt_compatible(n, lit_span((struct lit){ windows[i].name })))
			return &windows[i];
	}
	return NULL;
}

bool window_reach(struct dt_node *n, unsigned i, u64 *size, const struct reach **parts)
{
	const struct window *w = window_of(n);

	if (!w || (i && w->size != ~0ul))
		return false;
	*size = w->size;
	*parts = w->parts;
	return true;
}

bool window_disarm(struct dt_node *n)
{
	const struct window *w = window_of(n);

	return !w || !w->disarm || w->disarm(n);
}

bool window_may_send(struct dt_node *n)
{
	const struct window *w = window_of(n);

	return w && w->disarm;
}

volatile u8 *window_map(struct dt_node *n, u64 size)
{
	paddr_t base;
	u64 have;

	if (!(n->pci ? pci_bar(n->pci, 0, &base, &have) : dt_reg(n, 0, &base, &have)) ||
		(base & 7) || have < size || base + have < base || overlaps_ram(base, have))
		return NULL;
	return kmap_device(base, size);
}

/* ---- DesignWare mobile storage host ---- */

/* The JH7110's clock controller if the i-th pair of the property is of it, and the number there. */
static struct dt_node *crg_of(struct dt_node *n, struct lit prop, u32 i, u32 *index)
{
	u32 phandle;
	struct dt_node *crg = dt_u32(n, prop, 2 * i, &phandle) && dt_u32(n, prop, 2 * i + 1, index)
		? dt_by_phandle(phandle)
		: NULL;

	return crg && dt_compatible(crg, STR("starfive,jh7110-syscrg")) ? crg : NULL;
}

/*
 * Makes sure that writes to the unit's registers arrive: opens the gate of its bus clock, which
 * firmware may have left closed. False: the unit is held in reset, and every register will have its
 * first value.
 */
static bool make_reachable(struct dt_node *n)
{
	struct dt_node *crg;
	volatile u8 *regs;
	u32 i, index;

	for (i = 0; (crg = crg_of(n, LIT("clocks"), i, &index)); i++) {
		regs = index >= CRG_GATE_FIRST && index <= CRG_GATE_LAST ? window_map(crg, CRG_END)
									 : NULL;
		if (regs)
			/* TRUST: a clock's word, in the window. */
			arch_mmio_write32(regs + 4ul * index,
				arch_mmio_read32(regs + 4ul * index) | BIT(31));
	}
	crg = crg_of(n, LIT("resets"), 0, &index);
	regs = crg && index >= CRG_RESET_FIRST && index <= CRG_RESET_LAST ? window_map(crg, CRG_END)
									  : NULL;
	return !regs || !(arch_mmio_read32(regs + CRG_RESETS) & BIT(index - 64));
}

/*
 * U-Boot leaves the DMA engine on, with descriptors in what is the kernel's memory now: the next
 * transfer would use them.
 */
static bool disarm_mshc(struct dt_node *n)
{
	volatile u8 *regs = window_map(n, 0x204);

	if (!regs)
		return false;
	if (!make_reachable(n))
		return true;
	/* TRUST: offsets in the window that was mapped. */
	arch_mmio_write32(regs + MSHC_CTRL, arch_mmio_read32(regs + MSHC_CTRL) & ~MSHC_CTRL_DMA);
	arch_mmio_write32(regs + MSHC_BMOD, MSHC_BMOD_SWR);
	arch_mmio_write32(regs + MSHC_BMOD, 0);
	return !(arch_mmio_read32(regs + MSHC_BMOD) & MSHC_BMOD_DE) &&
		!(arch_mmio_read32(regs + MSHC_CTRL) & MSHC_CTRL_DMA);
}

/* ---- the JH7110's security unit ---- */

/*
 * The reset first: what is armed must not run when its clocks come. Those it needs to take effect.
 * TRUST: words of two clocks and the resets, in the window that was mapped.
 */
static bool disarm_security(struct dt_node *n)
{
	volatile u8 *regs = window_map(n, STG_END);
	u32 i;

	if (!regs)
		return false;
	arch_mmio_write32(regs + STG_RESETS, arch_mmio_read32(regs + STG_RESETS) | STG_RESET);
	for (i = STG_GATE_FIRST; i <= STG_GATE_LAST; i++)
		arch_mmio_write32(regs + 4ul * i, arch_mmio_read32(regs + 4ul * i) | BIT(31));
	for (i = 0; i < STG_LOOKS && arch_mmio_read32(regs + STG_STATES) & STG_RESET; i++)
		;
	return i < STG_LOOKS;
}

/* ---- functions of PCI: none masters the bus before this (pci.c) ---- */

/*
 * Firmware that booted from the network has left rings in what is the kernel's memory now. TRUST:
 * offsets in the window that was mapped.
 */
static bool disarm_82574(struct dt_node *n)
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

/*
 * The engine's own registers are out of reach, so one that is idle stays so until the frame tells
 * it something.
 */
static bool disarm_engine(struct dt_node *n)
{
	const struct dma_engine *engine = dma_engine_of(n);
	volatile u8 *regs = engine ? window_map(n, engine->size) : NULL;

	return regs && !engine->is_busy(regs);
}
