// SPDX-License-Identifier: MPL-2.0
/* In place of kernel/tty and of the log's console: what serial ports hand over is kept. */
#ifndef MODELS_TERMINAL_H
#define MODELS_TERMINAL_H

#include <kernel/tty.h>

#include "sim.h"

#define TERMINAL_LOG 65536u

extern u8 terminal_in[TERMINAL_LOG];
extern unsigned terminal_nr_in;
extern unsigned terminal_damaged[TTY_OVERRUN + 1];
extern u8 terminal_damaged_byte;
/* How long the line discipline takes for a byte: it sleeps. */
extern u64 terminal_byte_ns;
/* Nobody has terminals open that start from now on, until terminal_open. */
extern bool terminal_closed;
void terminal_open(struct tty *t);

/*
 * As the tty layer does: writes all, waiting for room; the kernel's message through the registered
 * console.
 */
void terminal_write(struct tty *t, const u8 *bytes, unsigned n);
void terminal_log(const char *text);
bool terminal_has_console(void);

#endif
