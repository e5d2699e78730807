// SPDX-License-Identifier: MPL-2.0
/*
 * Registers of the DesignWare mobile storage host, for its driver and for the frame's table of what
 * drivers may access (frame/dev/reach/dw_mshc.c).
 */
#ifndef FRAME_REGS_DW_MSHC_H
#define FRAME_REGS_DW_MSHC_H

enum {
	MSHC_CTRL = 0x00,
	MSHC_PWREN = 0x04,
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
	MSHC_BMOD = 0x80, /* from here to 0xa7 the host's own DMA engine */
	MSHC_DATA_OLD = 0x100,
	MSHC_DATA = 0x200,
	MSHC_END = 0x204,
};

#endif
