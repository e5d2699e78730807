/* SPDX-License-Identifier: MPL-2.0 */
/* Synopsys DesignWare mobile storage host controller, as in the JH7110: see dw-mshc.c. */
#ifndef DW_MSHC_H
#define DW_MSHC_H

#include "hw/clock.h"
#include "hw/sd/sd.h"
#include "hw/sysbus.h"
#include "qom/object.h"

#define TYPE_DW_MSHC "dw-mshc"
OBJECT_DECLARE_SIMPLE_TYPE(DwMshc, DW_MSHC)

#define DW_MSHC_REGS 0x200
#define DW_MSHC_DEPTH 32

/* What the command path does now. */
enum { CMD_IDLE, CMD_LOADED, CMD_SENT };

struct DwMshc {
	SysBusDevice parent_obj;
	MemoryRegion mmio;
	SDBus bus;
	qemu_irq irq;
	Clock *biu, *ciu;
	QEMUTimer *cmd_timer, *data_timer;
	/* Lines from the rest of the chip: in reset; all pins of the card are connected. */
	bool in_reset, wired;

	uint32_t reg[DW_MSHC_REGS / 4];
	uint32_t fifo[DW_MSHC_DEPTH];
	unsigned head, count;
	/* The card's clock as the last update command left it. */
	bool clock_on;
	unsigned divider;
	int cmd_state;
	/* The data path: bytes still to move on the card's side and on the host's. */
	bool active, writing, endless, auto_stop, dma;
	uint32_t card_left, host_left, card_done, host_done;
	int64_t busy_until;
	/* What a card of this bus should have been told: for checks only. */
	bool initialised, identified, app_command;
	unsigned card_width, card_hz_most;
	bool said_no_clock;
};

#endif
