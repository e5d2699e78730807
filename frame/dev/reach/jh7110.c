// SPDX-License-Identifier: MPL-2.0
/*
 * StarFive JH7110: clocks, resets, pins, random numbers, watchdog. Numbers of clocks and resets are
 * those of the devicetree binding; see the technical reference manual.
 */
#include <frame/regs/jh7110.h>

#include "reach.h"

#define CLOCK(n)    (4 * (n))
#define GATE        BIT(31)
#define STG_RESET   BIT(JH7110_STG_RESET_SEC)
#define STG_LOOKS   10000 /* a millisecond or more; the reset takes microseconds */
#define RESET(n)    BIT((n) % 32)
#define RESET_WORD  (JH7110_RESETS + JH7110_RESET_SDIO0 / 32 * 4)
#define STATES_WORD (JH7110_STATES + JH7110_RESET_SDIO0 / 32 * 4)

/*
 * JH7110, clocks and resets of the system domain (one word for each clock, one bit for each reset).
 * Writable: gates of the bus clocks of the two storage hosts (91, 92), gates and dividers (4 bits)
 * of their card clocks (93, 94), their two resets (64, 65), gates of the watchdog's clocks (122,
 * 123). These clocks drive no other unit. Readable, which changes nothing: the dividers above the
 * card clocks, the states of the resets from 64 on.
 */
static const struct reg_whitelist crg[REG_WHITELIST_MAX] = {
	{ CLOCK(JH7110_SDIO0_AHB), CLOCK(JH7110_SDIO1_AHB + 1), GATE },
	{ CLOCK(JH7110_SDIO0_CARD), CLOCK(JH7110_SDIO1_CARD + 1), GATE | 15 },
	{ CLOCK(JH7110_WDT_APB), CLOCK(JH7110_WDT_CORE + 1), GATE },
	{ CLOCK(JH7110_BUS_ROOT), CLOCK(JH7110_AXI_CFG0 + 1), 0 },
	{ RESET_WORD, RESET_WORD + 4, RESET(JH7110_RESET_SDIO0) | RESET(JH7110_RESET_SDIO1) },
	{ STATES_WORD, JH7110_CRG_END, 0 },
};
static_assert(JH7110_RESET_SDIO0 / 32 == JH7110_RESET_SDIO1 / 32, "one word");

/*
 * JH7110, clocks and resets of the system-top group, which contains PCIe, USB, two DMA controllers
 * and the buses between them. Writable: the two gates (15, 16) and the one reset (3) of the
 * security unit. The random number generator shares them with a cipher unit, which does not master
 * the bus, and with the DMA controller that serves the cipher unit (arm,pl080): a service could
 * start a transfer that firmware has left there. So security_disarm resets them all; after that
 * every channel is off (Arm DDI 0196), and the registers of both units are not on the list.
 * Readable: the states of the resets.
 */
static const struct reg_whitelist stgcrg[REG_WHITELIST_MAX] = {
	{ CLOCK(JH7110_STG_SEC_AHB), CLOCK(JH7110_STG_SEC_MISC + 1), GATE },
	{ JH7110_STG_RESETS, JH7110_STG_RESETS + 4, STG_RESET },
	{ JH7110_STG_STATES, JH7110_STG_END, 0 },
};

/*
 * The reset comes first: a pending transfer must not run when the clocks start. The reset takes
 * effect only with the clocks on. TRUST: the words of two clocks and of the resets, in the mapped
 * window.
 */
static bool security_disarm(struct dt_node *n)
{
	volatile u8 *regs = window_map(n, JH7110_STG_END);
	u32 i;

	if (!regs)
		return false;
	arch_mmio_write32(regs + JH7110_STG_RESETS,
		arch_mmio_read32(regs + JH7110_STG_RESETS) | STG_RESET);
	for (i = JH7110_STG_SEC_AHB; i <= JH7110_STG_SEC_MISC; i++)
		arch_mmio_write32(regs + CLOCK(i), arch_mmio_read32(regs + CLOCK(i)) | GATE);
	for (i = 0; i < STG_LOOKS && arch_mmio_read32(regs + JH7110_STG_STATES) & STG_RESET; i++)
		;
	return i < STG_LOOKS;
}

/* The setting of PLL2; the levels of the pins. Read-only. */
static const struct reg_whitelist syscon[REG_WHITELIST_MAX] = {
	{ JH7110_PLL2_FEEDBACK, JH7110_PLL2_PREDIVIDER + 4, 0 },
};
static const struct reg_whitelist pins[REG_WHITELIST_MAX] = {
	{ JH7110_PIN_LEVELS, JH7110_PIN_LEVELS + 8, 0 },
};

const struct reach reach_jh7110[] = {
	{ "starfive,jh7110-syscrg", .parts = crg },
	{ "starfive,jh7110-stgcrg", .parts = stgcrg, .disarm = security_disarm },
	{ "starfive,jh7110-sys-syscon", .parts = syscon },
	{ "starfive,jh7110-sys-pinctrl", .parts = pins },
	/* Commands, states and random words; nothing is known of the registers above them. */
	{ "starfive,jh7110-trng", .size = JH7110_TRNG_END },
	/*
	 * A counter that restarts the machine (Arm SP805), which services may do. The registers of
	 * its test mode lie above its lock register.
	 */
	{ "starfive,jh7110-wdt", .size = JH7110_WDT_LOCK + 4 },
	{ NULL },
};
