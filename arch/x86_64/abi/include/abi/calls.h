// SPDX-License-Identifier: MPL-2.0
/*
 * System calls that only x86_64 has, or has with arguments in its own order: lines as in
 * <kernel/calls/fs.h>. Included several times, no guard.
 */
CALL5(clone, u64, flags, u64, stack, ptr, parent_tid, ptr, child_tid, u64, tls)
CALL2(arch_prctl, hex, op, u64, arg)
CALL3(ioperm, u64, from, u64, count, i32, on)
CALL1(iopl, u32, level)
#include <kernel/calls/legacy.h>
