// SPDX-License-Identifier: MPL-2.0
/*
 * The registers of the StarFive JH7110 that the frame's table of what drivers may access knows
 * (frame/dev/reach/jh7110.c); the drivers have the others.
 */
#ifndef FRAME_REGS_JH7110_H
#define FRAME_REGS_JH7110_H

/* System domain: clock n is the n-th word. */
enum {
	JH7110_BUS_ROOT = 5,
	JH7110_AXI_CFG0 = 7,
	JH7110_SDIO0_AHB = 91,
	JH7110_SDIO1_AHB = 92,
	JH7110_SDIO0_CARD = 93,
	JH7110_SDIO1_CARD = 94,
	JH7110_WDT_APB = 122,
	JH7110_WDT_CORE = 123,
};
/* Its resets: a bit each in two rows of words. */
enum {
	JH7110_RESET_SDIO0 = 64,
	JH7110_RESET_SDIO1 = 65,
	JH7110_RESETS = 0x2f8,
	JH7110_STATES = 0x308, /* 1: released */
	JH7110_CRG_END = 0x318,
};
/* System-top group. */
enum {
	JH7110_STG_SEC_AHB = 15,
	JH7110_STG_SEC_MISC = 16,
	JH7110_STG_RESET_SEC = 3,
	JH7110_STG_RESETS = 0x74,
	JH7110_STG_STATES = 0x78,
	JH7110_STG_END = 0x7c,
};
/* PLLs (system controller), pins. */
enum {
	JH7110_PLL2_FEEDBACK = 0x2c,
	JH7110_PLL2_PREDIVIDER = 0x34,
	JH7110_PIN_LEVELS = 0x118,
};
/* Random numbers, the watchdog: their ends. */
enum { JH7110_TRNG_END = 0x68, JH7110_WDT_LOCK = 0xc00 };

#endif
