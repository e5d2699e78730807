// SPDX-License-Identifier: MPL-2.0
/* riscv64, Sv39: the user half of the address space. */
#ifndef FRAME_ARCH_VM_H
#define FRAME_ARCH_VM_H

/*
 * User addresses are [VM_USER_MIN, VM_USER_MAX). The lowest pages are never mapped: NULL plus an
 * offset faults.
 */
#define VM_USER_MIN 0x1000ul
#define VM_USER_MAX 0x4000000000ul

#endif
