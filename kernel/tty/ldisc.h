// SPDX-License-Identifier: MPL-2.0
/* Between tty.c and the line discipline. */
#ifndef KERNEL_TTY_LDISC_H
#define KERNEL_TTY_LDISC_H

#include <kernel/tty.h>

/* What a few input or output bytes lead to: text for the device, a signal, lines to read. */
struct echo {
	u32 len;
	s32 signo;
	bool lines;     /* something can be read that could not before */
	bool restarted; /* output goes on after ^S */
	u8 text[512];
};
#define ECHO_ROOM 64 /* what one input byte may need at most, erasing whole lines apart */

void tty_in_byte(struct tty *t, struct echo *e, u8 c);
void tty_out_byte(struct tty *t, struct echo *e, u8 c);
bool tty_ends_line(const struct tty *t, u32 i);
bool tty_is_eof(const struct tty *t, u32 i);

#endif
