// SPDX-License-Identifier: MPL-2.0
/*
 * The DesignWare mobile storage host's registers, by the databook's names, and their bits, named by
 * what they mean. For dw_mshc.c.
 */
#ifndef DRIVERS_DW_MSHC_H
#define DRIVERS_DW_MSHC_H

#include <frame/regs/dw_mshc.h>

/* Registers besides those of <frame/regs/dw_mshc.h>. */
enum {
	MSHC_CLKDIV = 0x08,
	MSHC_CLKSRC = 0x0c,
	MSHC_CLKENA = 0x10,
	MSHC_TMOUT = 0x14,
	MSHC_CTYPE = 0x18,
	MSHC_BLKSIZ = 0x1c,
	MSHC_BYTCNT = 0x20,
	MSHC_INTMASK = 0x24,
	MSHC_CMDARG = 0x28,
	MSHC_CMD = 0x2c,
	MSHC_RESP0 = 0x30,
	MSHC_RESP3 = 0x3c,
	MSHC_MINTSTS = 0x40,
	MSHC_RINTSTS = 0x44,
	MSHC_STATUS = 0x48,
	MSHC_FIFOTH = 0x4c,
	MSHC_VERID = 0x6c,
	MSHC_HCON = 0x70,
};

#define STOP_TRANSMISSION 12u
#define CTRL_RESETS       7u /* controller, FIFO, DMA interface */
#define CTRL_FIFO_RESET   2u
#define CTRL_INT          (1u << 4)
#define CMD_RESPONSE      (1u << 6)
#define CMD_LONG          (1u << 7)
#define CMD_CRC           (1u << 8)
#define CMD_DATA          (1u << 9)
#define CMD_WRITE         (1u << 10)
#define CMD_WAIT_DATA     (1u << 13)
#define CMD_STOP          (1u << 14)
#define CMD_INIT          (1u << 15)
#define CMD_UPDATE_CLOCK  (1u << 21)
#define CMD_HOLD          (1u << 29)
#define CMD_START         (1u << 31)
#define CTYPE_4           1u
#define CTYPE_8           (1u << 16)
#define STATUS_BUSY       (1u << 9)
#define STATUS_COUNT(s)   ((s) >> 17 & 0x1fff)
#define INT_RESPONSE      (1u << 1) /* error in the response */
#define INT_COMMAND_DONE  (1u << 2)
#define INT_DATA_OVER     (1u << 3)
#define INT_TX            (1u << 4)
#define INT_RX            (1u << 5)
#define INT_RESPONSE_CRC  (1u << 6)
#define INT_DATA_CRC      (1u << 7)
#define INT_NO_RESPONSE   (1u << 8)
#define INT_NO_DATA       (1u << 9)
#define INT_STARVED       (1u << 10)
#define INT_FIFO          (1u << 11) /* overrun or underrun */
#define INT_LOCKED        (1u << 12) /* a register was written while a command was being accepted */
#define INT_START_BIT     (1u << 13)
#define INT_END_BIT       (1u << 15)
#define INT_COMMAND_BAD   (INT_RESPONSE | INT_RESPONSE_CRC | INT_NO_RESPONSE | INT_LOCKED)
#define INT_DATA_BAD \
	(INT_DATA_CRC | INT_NO_DATA | INT_STARVED | INT_FIFO | INT_START_BIT | INT_END_BIT)
#define INT_ALWAYS       (INT_COMMAND_DONE | INT_DATA_OVER | INT_COMMAND_BAD | INT_DATA_BAD)
#define HCON_WIDTH(h)    ((h) >> 7 & 7)
#define HCON_32_BITS     1u
#define VERID_DATA_0X200 0x240a /* this and later versions */
#define DIV_MOST         255u
#define CIU_MOST         50000000ul
/* The fastest rate known: the card's clock is then too slow rather than too fast. */
#define CIU_UNKNOWN 205000000ul

#endif
