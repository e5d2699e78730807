// SPDX-License-Identifier: MPL-2.0
/*
 * The whitelist of device registers that services may access, and what the frame does to a device
 * before any service can access it.
 *
 * Trust: without an IOMMU a device that writes to memory at addresses of its own is as powerful as
 *        the CPU. So a register is on the list only if no value in it, in any order with the other
 *        registers on the list, makes a device write to memory, or changes the clocks, resets or
 *        pins that memory or the frame's own devices depend on. The comment of each row says why.
 *        At worst a service stops its own device or a CPU that waits for it, or restarts the
 *        machine.
 */
#include "dev.h"

#define BIT(n) (1u << (n))

/*
 * DesignWare mobile storage host (Synopsys databook; registers by offset). Its own DMA engine runs
 * if bus mode (0x80) has bit 7, and is used if control (0x00) has bit 25; with bit 5 of control an
 * external DMA engine gets the data. Every reset clears all three bits, and mshc_disarm clears
 * them. Bus mode and the descriptor addresses (0x80 to 0xa7) are not on the list, and those two
 * bits of control cannot be changed. So data passes through the FIFO alone (0x200; at 0x100 in old
 * versions, where newer ones have a threshold).
 */
enum { MSHC_CTRL = 0x00, MSHC_BMOD = 0x80 };
#define MSHC_CTRL_DMA (BIT(5) | BIT(25))
#define MSHC_BMOD_SWR BIT(0)
#define MSHC_BMOD_DE  BIT(7)
static const struct reg_whitelist mshc[REG_WHITELIST_MAX] = {
	{ 0x200, 0x204, REG_WHITELIST_ALL },
	{ 0x004, 0x080, REG_WHITELIST_ALL },
	{ 0x000, 0x004, ~MSHC_CTRL_DMA },
	{ 0x100, 0x104, REG_WHITELIST_ALL },
};

/*
 * JH7110, clocks and resets of the system domain (one word for each clock, one bit for each reset).
 * Writable: gates of the bus clocks of the two storage hosts (91, 92), gates and dividers (4 bits)
 * of their card clocks (93, 94), their two resets (64, 65), gates of the watchdog's clocks (122,
 * 123). These clocks drive no other unit. Readable, which changes nothing: the dividers above the
 * card clocks, the states of the resets from 64 on.
 */
enum {
	CRG_GATE_FIRST = 91,
	CRG_GATE_LAST = 92,
	CRG_RESET_FIRST = 64,
	CRG_RESET_LAST = 65,
	CRG_RESETS = 0x300,
	CRG_END = 0x318
};
static const struct reg_whitelist jh7110_crg[REG_WHITELIST_MAX] = {
	{ 0x16c, 0x174, BIT(31) },
	{ 0x174, 0x17c, BIT(31) | 15 },
	{ 0x1e8, 0x1f0, BIT(31) },
	{ 0x014, 0x020, 0 },
	{ CRG_RESETS, 0x304, BIT(CRG_RESET_FIRST - 64) | BIT(CRG_RESET_LAST - 64) },
	{ 0x310, CRG_END, 0 },
};
/*
 * JH7110, clocks and resets of the system-top group, which contains PCIe, USB, two DMA controllers
 * and the buses between them. Writable: the two gates (15, 16) and the one reset (3) of the
 * security unit. The random number generator shares them with a cipher unit, which does not master
 * the bus, and with the DMA controller that serves the cipher unit (arm,pl080): a service could
 * start a transfer that firmware has left there. So security_disarm resets them all; after that
 * every channel is off (Arm DDI 0196), and the registers of both units are not on the list.
 * Readable: the states of the resets.
 */
enum {
	STG_GATE_FIRST = 15,
	STG_GATE_LAST = 16,
	STG_RESETS = 0x74,
	STG_STATES = 0x78,
	STG_END = 0x7c
};
#define STG_RESET BIT(3)
#define STG_LOOKS 10000 /* a millisecond or more; the reset takes microseconds */
static const struct reg_whitelist jh7110_stgcrg[REG_WHITELIST_MAX] = {
	{ 4 * STG_GATE_FIRST, 4 * STG_GATE_LAST + 4, BIT(31) },
	{ STG_RESETS, STG_STATES, STG_RESET },
	{ STG_STATES, STG_END, 0 },
};
/* The setting of PLL2; the levels of the pins. Read-only. */
static const struct reg_whitelist jh7110_syscon[REG_WHITELIST_MAX] = { { 0x02c, 0x038, 0 } };
static const struct reg_whitelist jh7110_pins[REG_WHITELIST_MAX] = { { 0x118, 0x120, 0 } };

/*
 * For the self-tests, QEMU's educational device: identity and liveness, the interrupt enable in the
 * status register, raising and acknowledging interrupts. Bit 0 of the status, "computing", changes
 * by itself, and writes to it have no effect. Its DMA registers, from 0x80 on, belong to engine.c.
 */
static const struct reg_whitelist edu[REG_WHITELIST_MAX] = { { 0x00, 0x08, REG_WHITELIST_ALL },
	{ 0x20, 0x24, BIT(7) | BIT(0) }, { 0x60, 0x68, REG_WHITELIST_ALL } };

/*
 * For the self-tests, too, Intel's network controller 82574L (data sheet, 10.2.4): causes, masks
 * and messages of its interrupts. Its receiver and transmitter, which access memory as their
 * descriptor rings say, are enabled by registers above the part, and nic_disarm stops both. Below
 * the part are device control and the access to its flash memory, from which firmware may boot.
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
#define NIC_LOOKS   10000 /* a millisecond or more; the reset takes a microsecond */
static const struct reg_whitelist nic[REG_WHITELIST_MAX] = { { 0x0c0, 0x100, REG_WHITELIST_ALL } };

static bool mshc_disarm(struct dt_node *n);
static bool security_disarm(struct dt_node *n);
static bool nic_disarm(struct dt_node *n);
static bool engine_disarm(struct dt_node *n);

static const struct window {
	const char *name;
	/*
	 * Number of accessible first bytes, which contain no bus address; ~0: all bytes of all
	 * windows of the device, otherwise of the first window.
	 */
	u64 size;
	const struct reg_whitelist *parts; /* of the first window, in addition */
	/* NULL: the device cannot write to memory. A PCI function without it sends no messages. */
	bool (*disarm)(struct dt_node *n);
} windows[] = {
	{ "ns16550a", ~0ul, NULL, NULL },
	{ "ns16550", ~0ul, NULL, NULL },
	{ "snps,dw-apb-uart", ~0ul, NULL, NULL },
	{ "starfive,jh7110-uart", ~0ul, NULL, NULL },
	{ "sifive,uart0", ~0ul, NULL, NULL },
	{ "google,goldfish-rtc", ~0ul, NULL, NULL },
	{ "motorola,mc146818", ~0ul, NULL, NULL },
	{ "snps,dw-mshc", 0, mshc, mshc_disarm },
	{ "starfive,jh7110-mmc", 0, mshc, mshc_disarm },
	{ "starfive,jh7110-syscrg", 0, jh7110_crg, NULL },
	{ "starfive,jh7110-stgcrg", 0, jh7110_stgcrg, security_disarm },
	{ "starfive,jh7110-sys-syscon", 0, jh7110_syscon, NULL },
	{ "starfive,jh7110-sys-pinctrl", 0, jh7110_pins, NULL },
	/* Commands, states and random words; nothing is known of the registers above them. */
	{ "starfive,jh7110-trng", 0x68, NULL, NULL },
	/*
	 * A counter that restarts the machine (Arm SP805), which services may do. The registers of
	 * its test mode lie above its lock register.
	 */
	{ "starfive,jh7110-wdt", 0xc04, NULL, NULL },
	{ "pci1234,11e8", 0, edu, engine_disarm },
	{ "pci8086,10d3", 0, nic, nic_disarm },
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

bool window_whitelist(struct dt_node *n, unsigned i, u64 *size, const struct reg_whitelist **parts)
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

/*
 * The JH7110's clock controller and the index there, if the i-th pair of the property refers to it;
 * otherwise NULL.
 */
static struct dt_node *crg_of(struct dt_node *n, struct lit prop, u32 i, u32 *index)
{
	u32 phandle;
	struct dt_node *crg = dt_u32(n, prop, 2 * i, &phandle) && dt_u32(n, prop, 2 * i + 1, index)
		? dt_by_phandle(phandle)
		: NULL;

	return crg && dt_compatible(crg, STR("starfive,jh7110-syscrg")) ? crg : NULL;
}

/*
 * Makes writes to the unit's registers effective: opens the gate of its bus clock, which firmware
 * may have left closed. False: the unit is held in reset, and every register will have its reset
 * value.
 */
static bool mshc_ungate(struct dt_node *n)
{
	struct dt_node *crg;
	volatile u8 *regs;
	u32 i, index;

	for (i = 0; (crg = crg_of(n, LIT("clocks"), i, &index)); i++) {
		regs = index >= CRG_GATE_FIRST && index <= CRG_GATE_LAST ? window_map(crg, CRG_END)
									 : NULL;
		if (regs)
			/* TRUST: the word of a clock, in the mapped window. */
			arch_mmio_write32(regs + 4ul * index,
				arch_mmio_read32(regs + 4ul * index) | BIT(31));
	}
	crg = crg_of(n, LIT("resets"), 0, &index);
	regs = crg && index >= CRG_RESET_FIRST && index <= CRG_RESET_LAST ? window_map(crg, CRG_END)
									  : NULL;
	return !regs || !(arch_mmio_read32(regs + CRG_RESETS) & BIT(index - 64));
}

/*
 * U-Boot leaves the DMA engine on, with descriptors in memory that belongs to the kernel now: the
 * next transfer would use them.
 */
static bool mshc_disarm(struct dt_node *n)
{
	volatile u8 *regs = window_map(n, 0x204);

	if (!regs)
		return false;
	if (!mshc_ungate(n))
		return true;
	/* TRUST: offsets in the mapped window. */
	arch_mmio_write32(regs + MSHC_CTRL, arch_mmio_read32(regs + MSHC_CTRL) & ~MSHC_CTRL_DMA);
	arch_mmio_write32(regs + MSHC_BMOD, MSHC_BMOD_SWR);
	arch_mmio_write32(regs + MSHC_BMOD, 0);
	return !(arch_mmio_read32(regs + MSHC_BMOD) & MSHC_BMOD_DE) &&
		!(arch_mmio_read32(regs + MSHC_CTRL) & MSHC_CTRL_DMA);
}

/* ---- the JH7110's security unit ---- */

/*
 * The reset comes first: a pending transfer must not run when the clocks start. The reset takes
 * effect only with the clocks on. TRUST: the words of two clocks and of the resets, in the mapped
 * window.
 */
static bool security_disarm(struct dt_node *n)
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

/*
 * Services cannot access the engine's registers, so an idle engine stays idle until the frame
 * starts it.
 */
static bool engine_disarm(struct dt_node *n)
{
	const struct dma_engine *engine = dma_engine_of(n);
	volatile u8 *regs = engine ? window_map(n, engine->size) : NULL;

	return regs && !engine->is_busy(regs);
}
