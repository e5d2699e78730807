// SPDX-License-Identifier: MPL-2.0
/*
 * System calls that only riscv64 has, or has with arguments in its own order: lines as in
 * <kernel/calls/fs.h>. Included several times, no guard.
 */
CALL5(clone, u64, flags, u64, stack, ptr, parent_tid, u64, tls, ptr, child_tid)
CALL5(riscv_hwprobe, ptr, pairs, u64, count, u64, cpusetsize, ptr, cpus, hex, flags)
CALL3(riscv_flush_icache, ptr, start, ptr, end, u64, flags)
