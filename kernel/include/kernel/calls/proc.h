// SPDX-License-Identifier: MPL-2.0
/* System calls: processes, threads, identity, scheduling (kernel/proc, kernel/sched). One line each; see <kernel/syscall.h>. Included several times, no guard. */
CALL0(sched_yield)
