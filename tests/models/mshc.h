// SPDX-License-Identifier: MPL-2.0
/*
 * Model of a DesignWare mobile storage host, by the databook's register descriptions, with a card
 * (sdcard.h) in its slot. It fails a test for what the hardware would punish with lost data, a hang
 * or a write to memory: registers that it has not, wrong widths, writes while a command is being
 * taken, FIFO over- and underruns, clocks that are changed without telling, too fast, or not at
 * all, data without its lengths, a transfer while the card is busy, and anything that has to do
 * with DMA.
 */
#ifndef MODELS_MSHC_H
#define MODELS_MSHC_H

#include "sdcard.h"
#include "sim.h"

#define MSHC_FIFO_MOST 64u

struct mshc {
	/* What it is. */
	unsigned index; /* of the JH7110's, for clock and reset; alone: neither */
	bool alone;
	u64 ciu; /* alone: its clock */
	unsigned depth;
	u32 verid; /* 0x240a and later: data at 0x200 */
	u32 hcon;
	struct card *card;

	/*
	 * How it is broken: nothing works; no reset ends; it takes no command, or none before the
	 * next reset; it never says that data is over; no interrupt for the FIFO ever; none at all.
	 */
	bool dead, no_reset, takes_nothing, hangs, never_over, no_service, no_irq;
	u64 pull_at_word; /* the card is taken out when so many words have gone (0: not) */

	/* Registers. */
	u32 ctrl, pwren, clkdiv, clkena, tmout, ctype, blksiz, bytcnt, intmask, cmdarg, cmd,
		resp[4], rintsts, fifoth, bmod;
	u64 reset_done;
	u32 live_div, live_ena; /* as the card's clock has them */
	bool clock_stale, lengths_fresh;

	/* The command under way: taken at, answered at (0: none). */
	u64 taken_at, answered_at;
	u32 running;
	/* The data under way. */
	enum card_flow flow;
	u32 fifo[MSHC_FIFO_MOST];
	unsigned count;
	u64 word_at; /* when the next word goes */
	u64 left;    /* bytes until BYTCNT */
	u8 block[512];
	unsigned block_at, block_len;
	bool block_good, silent; /* its checksum; it never comes */
	u64 host_left;           /* bytes that the driver has still to read or write */
	u64 nr_words;
	u64 begun_at, silent_until;
	u64 fastest; /* the card's clock, over all transfers */
	unsigned widest;
};
extern const struct model_ops mshc_ops;

/* As after its reset. */
void mshc_reset(struct mshc *m);

#endif
