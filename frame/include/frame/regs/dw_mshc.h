// SPDX-License-Identifier: MPL-2.0
/*
 * The registers of the DesignWare mobile storage host that the frame's table of what drivers may
 * access knows (frame/dev/reach/dw_mshc.c); the driver has the others.
 */
#ifndef FRAME_REGS_DW_MSHC_H
#define FRAME_REGS_DW_MSHC_H

enum {
	MSHC_CTRL = 0x00,
	MSHC_PWREN = 0x04,
	MSHC_BMOD = 0x80, /* from here to 0xa7 the host's own DMA engine */
	MSHC_DATA_OLD = 0x100,
	MSHC_DATA = 0x200,
	MSHC_END = 0x204,
};

#endif
