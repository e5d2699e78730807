// SPDX-License-Identifier: MPL-2.0
/* System calls: clocks and timers (kernel/time). One line each; see <kernel/syscall.h>. Included several times, no guard. */
