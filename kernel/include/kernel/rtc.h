// SPDX-License-Identifier: MPL-2.0
/*
 * The real-time clock of the machine. A driver registers it; kernel/time/clock.c reads and sets it.
 * Only the first one registered is used.
 */
#ifndef KERNEL_RTC_H
#define KERNEL_RTC_H

#include <frame/obj.h>

struct TABLE rtc_ops {
	/* Nanoseconds since 1970; 0: the clock has no valid time. Context: task. */
	u64 (*read_ns)(struct obj *owner);
	/* Sets the clock. NULL: it cannot be set. Context: task. */
	int (*write_ns)(struct obj *owner, u64 ns);
};
/* Keeps a reference on @owner. Context: task. */
void rtc_register(const struct rtc_ops *ops, struct obj *owner);
/* The time of the registered clock, nanoseconds since 1970; 0: there is none. Context: task. */
u64 rtc_read_ns(void);
int must_check
rtc_write_ns(u64 ns); /* Sets it: 0, -ENODEV (none, or it cannot be set), or its error */

#endif
