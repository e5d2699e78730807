// SPDX-License-Identifier: MPL-2.0
/* Wall-clock time over the frame's monotonic clock (kernel/time/clock.c). Context: any. */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H
#include <frame/time.h>
#include <kernel/vfs.h>

enum clock_id {
	CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW,
	CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM, CLOCK_TAI = 11,
};
/* Nanoseconds since 1970. */
u64 clock_realtime_ns(void);
void clock_set_realtime_ns(u64 ns);
struct timespec64 timespec_of_ns(u64 ns);
/* -EINVAL for a bad timespec, saturates at NO_DEADLINE - 1. */
int timespec_to_ns(const struct timespec64 *ts, u64 *ns);
/* Deadline (monotonic) from a relative timespec in user memory; NULL pointer: NO_DEADLINE. -EFAULT, -EINVAL. */
int deadline_from_user(struct uaddr timespec, u64 *deadline_ns);
void clock_init(void); /* reads the RTC */
#endif
