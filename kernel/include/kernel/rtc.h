// SPDX-License-Identifier: MPL-2.0
/*
 * The real-time clock of the machine: a driver registers it, kernel/time/clock.c asks it. The first
 * one counts.
 */
#ifndef KERNEL_RTC_H
#define KERNEL_RTC_H

#include <frame/obj.h>

struct TABLE rtc_ops {
	/* Nanoseconds since 1970; 0: cannot tell. Context: task. */
	u64 (*read_ns)(struct obj *owner);
	/* NULL: cannot be set. */
	int (*write_ns)(struct obj *owner, u64 ns);
};
/* Keeps a reference on @owner. Context: task. */
void rtc_register(const struct rtc_ops *ops, struct obj *owner);
/* The registered clock's time, 0 when there is none. */
u64 rtc_read_ns(void);
int rtc_write_ns(u64 ns); /* -ENODEV */

#endif
