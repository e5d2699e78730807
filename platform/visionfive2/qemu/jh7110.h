/* SPDX-License-Identifier: MPL-2.0 */
/* The small devices of the JH7110 that the machine in visionfive2.c is put together from. */
#ifndef JH7110_H
#define JH7110_H

/* Clock and reset generators; property "kind": "sys", "stg" or "aon". Lines out: "clock" and "reset" by their numbers in the devicetree bindings, reset = 1 while
   asserted. The "sys" one has clocks "sdio0-ahb", "sdio1-ahb", "sdio0-sdcard", "sdio1-sdcard". */
#define TYPE_JH7110_CRG "jh7110-crg"
#define JH7110_CRG_LINES 192

/* The pins of the SYS domain. Line in: "card", 1 = a card is in the slot. Line out: "sd-wired", 1 = all pins of the slot are connected to MMC1. */
#define TYPE_JH7110_GPIO "jh7110-gpio"

/* A bank of registers that keep what is written, with the little that firmware waits for; properties "kind" (see jh7110-bank.c), "size" and "strap". */
#define TYPE_JH7110_BANK "jh7110-bank"

/* Lines in of both: "clock" (2), "reset" (2 and 1); they answer only when all clocks run and no reset is asserted. */
#define TYPE_JH7110_WDT "jh7110-wdt"
#define TYPE_JH7110_TRNG "jh7110-trng"

#define TYPE_DW_APB_UART "dw-apb-uart"
#define TYPE_DW_I2C "dw-i2c"
#define TYPE_AXP15060 "axp15060"

#endif
