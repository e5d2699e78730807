// SPDX-License-Identifier: MPL-2.0
/* Model of SiFive's UART. */
#ifndef MODELS_SIFIVE_UART_H
#define MODELS_SIFIVE_UART_H

#include "sim.h"

#define SIFIVE_FIFO    8u
#define SIFIVE_LOG     65536u
#define SIFIVE_BYTE_NS 86806ul

struct sifive {
	bool dead_tx, gone, stuck_line;
	u32 txctrl, rxctrl, ie, div;
	u8 tx[SIFIVE_FIFO], rx[SIFIVE_FIFO];
	unsigned nr_tx, nr_rx;
	u64 shift_done;
	u8 shifting;
	u8 out[SIFIVE_LOG], in[SIFIVE_LOG];
	unsigned nr_out, in_head, in_tail, nr_lost;
	u64 in_next;
};
extern const struct model_ops sifive_ops;

/* The other side sends these, at full speed. */
void sifive_feed(struct sifive *u, const u8 *bytes, unsigned n);

#endif
