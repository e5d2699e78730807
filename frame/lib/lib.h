// SPDX-License-Identifier: MPL-2.0
/* What the files of frame/lib share. */
#ifndef FRAME_LIB_LIB_H
#define FRAME_LIB_LIB_H

#include <frame/fmt.h>

void fmt_va(struct fmt *f, const char *format, __builtin_va_list ap);
/* Writes to the firmware console, past all locks: the panic's way. */
void panic_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/*
 * A panic whose message is followed by @what (NULL: by nothing). A message that is put together
 * goes this way, never to the log before the panic: the log calls a service's console, and no
 * service runs any more once the frame has found a state that cannot be.
 */
void panic_about(const char *message, const char *what) __attribute__((noreturn, cold));
/* A panic in a function that ktest_refuses tries on this CPU goes back there; else returns. */
void ktest_catch(const char *message);
/* The self-test that runs, NULL: none. */
const char *ktest_running(void);
/* Function that contains @pc and the offset in it; NULL: unknown. */
const char *ksym_lookup(u64 pc, u64 *offset);
/* Source line of the check that trapped at @pc; NULL: unknown. */
const char *kline_lookup(u64 pc, u32 *line);

#endif
