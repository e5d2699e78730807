// SPDX-License-Identifier: MPL-2.0
/* Shared by the files of frame/lib. */
#ifndef FRAME_LIB_LIB_H
#define FRAME_LIB_LIB_H

#include <frame/fmt.h>

void fmt_va(struct fmt *f, const char *format, __builtin_va_list ap);
/* Writes to the firmware console without taking any lock, for panics. */
void panic_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/*
 * A panic whose message is followed by @what (NULL: by nothing). A composed message uses this
 * function, and is never logged before the panic: the log calls a service's console, and no service
 * may run once the frame has found an impossible state.
 */
void panic_about(const char *message, const char *what) __attribute__((noreturn, cold));
/*
 * If ktest_refuses is running on this CPU, a panic in its function returns there. Otherwise this
 * function returns.
 */
void ktest_catch(const char *message);
/* The name of the self-test that runs, NULL: none. */
const char *ktest_running(void);
/* The function that contains @pc, and the offset in it; NULL: unknown. */
const char *ksym_lookup(u64 pc, u64 *offset);
/* The source line of the check that trapped at @pc; NULL: unknown. */
const char *kline_lookup(u64 pc, u32 *line);

#endif
