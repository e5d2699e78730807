// SPDX-License-Identifier: MPL-2.0
/* Model of a 16550, and of the DesignWare APB UART with what is its own. */
#ifndef MODELS_UART16550_H
#define MODELS_UART16550_H

#include "sim.h"

#define UART_FIFO 16u
#define UART_LOG  65536u
/* One byte of 10 bits at 115200 baud. */
#define UART_BYTE_NS 86806ul

struct uart_byte {
	u8 c, damage; /* LSR bits 2 to 4 */
};

struct uart {
	/* What it is. */
	bool dw; /* DesignWare: busy detection, registers of its own */
	unsigned shift, width;
	/* Input waits when there is no room, until RBR is read: not when the FIFO is emptied. */
	bool qemu;
	bool gate_out2; /* a PC's: interrupts only with OUT2 */
	/*
	 * How it is broken: it never sends; it is not there; its line is always up; there is always
	 * another byte; rx timeout stays although nothing is there.
	 */
	bool dead_tx, gone, stuck_line, endless, stuck_timeout;

	u8 ier, fcr, lcr, mcr, msr, scr, dll, dlm;
	struct uart_byte rx[UART_FIFO];
	unsigned nr_rx;
	bool overrun, thre, busy_latch;
	bool stalled; /* qemu: input waits */
	bool emptied; /* the FIFOs have just been turned on: one read of nothing does no harm */
	u64 timeout_at;
	u8 tx[UART_FIFO];
	unsigned nr_tx;
	u64 shift_done; /* 0: the line is silent */
	u8 shifting;

	/* The other side: what came, what is to be sent. */
	u8 out[UART_LOG];
	unsigned nr_out, nr_cut; /* cut: written and then cleared from the FIFO */
	u8 broken_lines;         /* breaks that began */
	struct uart_byte in[UART_LOG];
	unsigned in_head, in_tail, nr_lost;
	u64 in_next, in_gap;
	u64 usr_reads, dummy_reads, lcr_ignored;
};
extern const struct model_ops uart_ops;

/* The other side sends these from now on, a byte each @gap ns. */
void uart_feed(struct uart *u, const u8 *bytes, unsigned n, u64 gap);
void uart_feed_damaged(struct uart *u, u8 c, u8 damage, u64 gap);

#endif
