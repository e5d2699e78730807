// SPDX-License-Identifier: MPL-2.0
/*
 * DesignWare mobile storage host (Synopsys databook; registers by offset). Its own DMA engine runs
 * if bus mode (0x80) has bit 7, and is used if control (0x00) has bit 25; with bit 5 of control an
 * external DMA engine gets the data. Every reset clears all three bits, and mshc_disarm clears
 * them. Bus mode and the descriptor addresses (0x80 to 0xa7) are not on the list, and those two
 * bits of control cannot be changed. So data passes through the FIFO alone (0x200; at 0x100 in old
 * versions, where newer ones have a threshold).
 */
#include <frame/regs/dw_mshc.h>
#include <frame/regs/jh7110.h>

#include "reach.h"

#define CTRL_DMA (BIT(5) | BIT(25))
#define BMOD_SWR BIT(0)
#define BMOD_DE  BIT(7)

static const struct reg_whitelist mshc[REG_WHITELIST_MAX] = {
	{ MSHC_DATA, MSHC_END, REG_WHITELIST_ALL },
	{ MSHC_PWREN, MSHC_BMOD, REG_WHITELIST_ALL },
	{ MSHC_CTRL, MSHC_PWREN, ~CTRL_DMA },
	{ MSHC_DATA_OLD, MSHC_DATA_OLD + 4, REG_WHITELIST_ALL },
};

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
		regs = index >= JH7110_SDIO0_AHB && index <= JH7110_SDIO1_AHB
			? window_map(crg, JH7110_CRG_END)
			: NULL;
		if (regs)
			/* TRUST: the word of a clock, in the mapped window. */
			arch_mmio_write32(regs + 4ul * index,
				arch_mmio_read32(regs + 4ul * index) | BIT(31));
	}
	crg = crg_of(n, LIT("resets"), 0, &index);
	regs = crg && index >= JH7110_RESET_SDIO0 && index <= JH7110_RESET_SDIO1
		? window_map(crg, JH7110_CRG_END)
		: NULL;
	return !regs ||
		!(arch_mmio_read32(regs + JH7110_RESETS + index / 32 * 4) & BIT(index % 32));
}

/*
 * U-Boot leaves the DMA engine on, with descriptors in memory that belongs to the kernel now: the
 * next transfer would use them.
 */
static bool mshc_disarm(struct dt_node *n)
{
	volatile u8 *regs = window_map(n, MSHC_END);

	if (!regs)
		return false;
	if (!mshc_ungate(n))
		return true;
	/* TRUST: offsets in the mapped window. */
	arch_mmio_write32(regs + MSHC_CTRL, arch_mmio_read32(regs + MSHC_CTRL) & ~CTRL_DMA);
	arch_mmio_write32(regs + MSHC_BMOD, BMOD_SWR);
	arch_mmio_write32(regs + MSHC_BMOD, 0);
	return !(arch_mmio_read32(regs + MSHC_BMOD) & BMOD_DE) &&
		!(arch_mmio_read32(regs + MSHC_CTRL) & CTRL_DMA);
}

const struct reach reach_dw_mshc[] = {
	{ "snps,dw-mshc", .parts = mshc, .disarm = mshc_disarm },
	{ "starfive,jh7110-mmc", .parts = mshc, .disarm = mshc_disarm },
	{ NULL },
};
