// SPDX-License-Identifier: MPL-2.0
/* System calls: clocks and timers (kernel/time). One line each; see <kernel/syscall.h>. Included several times, no guard. */
CALL2(clock_gettime, i32, clock, ptr, tp)
CALL2(clock_getres, i32, clock, ptr, tp)
CALL2(clock_settime, i32, clock, ptr, tp)
CALL4(clock_nanosleep, i32, clock, hex, flags, ptr, req, ptr, rem)
CALL2(nanosleep, ptr, req, ptr, rem)
CALL2(gettimeofday, ptr, tv, ptr, tz)
CALL2(settimeofday, ptr, tv, ptr, tz)
CALL1(adjtimex, ptr, buf)
CALL2(clock_adjtime, i32, clock, ptr, buf)
