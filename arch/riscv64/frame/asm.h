// SPDX-License-Identifier: MPL-2.0
/* riscv64: offsets that assembly uses; C checks them with static_asserts (smp.c, trap.c). */
#ifndef RISCV_ASM_H
#define RISCV_ASM_H

#define CPU_CURRENT   0
#define CPU_KERNEL_SP 8
#define CPU_SCRATCH0  16
#define CPU_USER_CTX  32
#define CPU_OVERFLOW  40

#define SSTATUS_SPIE 0x20
#define SSTATUS_SUM  0x40000
#define SSTATUS_FS   0x6000
/*
 * The bits that change how the kernel accesses memory, and that a trap does not clear. The kernel
 * never sets MXR.
 */
#define SSTATUS_ACCESS 0xc0000 /* SUM MXR */
/*
 * Bits that are clear when a hart starts: SIE SPIE UBE SPP VS FS SUM MXR SPELP SDT. UXL stays,
 * because 0 is no valid value of it.
 */
#define SSTATUS_START  0x18c6762

/* Trap frame of the kernel: the caller-saved registers, sepc, sstatus. */
#define KTRAP_SIZE 160
#define KTRAP_SEPC 128
#define KTRAP_STATUS 136
#define KTRAP_S0 144

/* User addresses are below 1 << USER_SHIFT. */
#define USER_SHIFT 38

/*
 * Kernel stacks: 16 KiB, aligned to 32 KiB above a 16 KiB guard, so bit 14 of a valid stack address
 * is set.
 */
#define STACK_SHIFT 14
#define STACK_SIZE  (1 << STACK_SHIFT)

#endif
