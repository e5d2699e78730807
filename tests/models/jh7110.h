// SPDX-License-Identifier: MPL-2.0
/*
 * Model of the JH7110's clocks, resets and pin levels, as far as storage hosts, the watchdog and
 * the security unit need them; any other register in use is a failure.
 */
#ifndef MODELS_JH7110_H
#define MODELS_JH7110_H

#include "sim.h"

struct jh7110 {
	u32 clock[124];     /* what firmware left */
	u32 asserted, held; /* resets 64 and on: what is asked for, what is so */
	u64 reset_at;       /* when what is asked for will be so */
	bool stuck;         /* a reset that never ends */
	u32 pll2[3];
	u32 levels[2];
	u64 nr_resets[2]; /* of the storage hosts, begun */
	u32 wdt_held;     /* resets 109 and 110, bits 13 and 14 */
	/* The system-top group: clocks 15 and 16, reset 3 among its 23. */
	struct {
		u32 clock[2];
		u32 asserted, held;
		u64 reset_at;
		bool deaf;      /* what is asked for is never so */
		bool dma_armed; /* runs as soon as the unit does; until the unit is reset */
	} sec;
};
extern struct jh7110 jh7110;

/*
 * 1188 MHz, the card clocks at 198 MHz, their gates open, no resets of theirs, the rest cold, all
 * pins high: as after U-Boot.
 */
void jh7110_firmware(void);
/*
 * The controllers' models and nodes, suppliers before or after those they need. Phandles: clocks 3,
 * pins 4.
 */
void jh7110_plug(bool suppliers_first);
/* The same of the system-top group: clocks 5. */
void jh7110_plug_stg(void);
/* Whether the registers of the watchdog, of the security unit answer. */
bool jh7110_wdt_runs(void);
bool jh7110_sec_runs(void);
/*
 * Whether the i-th storage host's registers answer and it is not in reset; its card clock in Hz, 0:
 * off.
 */
bool jh7110_mmc_runs(unsigned i);
u64 jh7110_ciu(unsigned i);

#endif
