// SPDX-License-Identifier: MPL-2.0
/* Serial terminals: between UART drivers and kernel/tty. */
#ifndef KERNEL_CONSOLE_INPUT_H
#define KERNEL_CONSOLE_INPUT_H

#include <kernel/tty.h>

/* The terminal of the n-th serial port, borrowed, or NULL. */
struct tty *serial_tty(u32 n);

#endif
