// SPDX-License-Identifier: MPL-2.0
/* x86_64, 4-level paging: the user half of the address space. */
#ifndef FRAME_ARCH_VM_H
#define FRAME_ARCH_VM_H

/* The lowest pages are never mapped: NULL plus an offset faults. */
#define VM_USER_MIN 0x1000ul
/*
 * The last page below the non-canonical hole is never mapped: sysret to the address after it would
 * fault in the kernel.
 */
#define VM_USER_MAX 0x7ffffffff000ul

#endif
