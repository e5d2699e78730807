// SPDX-License-Identifier: MPL-2.0
/*
 * System calls: clocks and timers (kernel/time). One line each; see <kernel/syscall.h>. Included
 * several times, no guard.
 */
CALL2(clock_gettime, i32, clock, ptr, tp)
CALL2(clock_getres, i32, clock, ptr, tp)
CALL2(clock_settime, i32, clock, ptr, tp)
CALL4(clock_nanosleep, i32, clock, hex, flags, ptr, req, ptr, rem)
CALL2(nanosleep, ptr, req, ptr, rem)
CALL2(gettimeofday, ptr, tv, ptr, tz)
CALL2(settimeofday, ptr, tv, ptr, tz)
CALL1(adjtimex, ptr, buf)
CALL2(clock_adjtime, i32, clock, ptr, buf)
CALL2(getitimer, i32, which, ptr, value)
CALL3(setitimer, i32, which, ptr, value, ptr, old_value)
CALL3(timer_create, i32, clock, ptr, event, ptr, id_out)
CALL1(timer_delete, i32, id)
CALL2(timer_gettime, i32, id, ptr, value)
CALL4(timer_settime, i32, id, hex, flags, ptr, value, ptr, old_value)
CALL1(timer_getoverrun, i32, id)
CALL2(timerfd_create, i32, clock, hex, flags)
CALL4(timerfd_settime, fd, fd, hex, flags, ptr, value, ptr, old_value)
CALL2(timerfd_gettime, fd, fd, ptr, value)
