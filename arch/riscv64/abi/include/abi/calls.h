// SPDX-License-Identifier: MPL-2.0
/* System calls that only riscv64 has: lines as in <kernel/calls/fs.h>. Included several times, no guard. */
CALL3(riscv_flush_icache, ptr, start, ptr, end, u64, flags)
