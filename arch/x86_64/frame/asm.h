// SPDX-License-Identifier: MPL-2.0
/* x86_64: offsets and numbers for assembly; static_asserts check them (smp.c, trap.c). */
#ifndef X86_ASM_H
#define X86_ASM_H

/* struct cpu */
#define CPU_CURRENT   0
#define CPU_KERNEL_SP 8
#define CPU_SELF      16
#define CPU_USER_SP   24
#define CPU_USER_CTX  32
#define CPU_ERROR     40

/* struct user_ctx */
#define U_R8     0
#define U_R9     8
#define U_R10    16
#define U_R11    24
#define U_R12    32
#define U_R13    40
#define U_R14    48
#define U_R15    56
#define U_RDI    64
#define U_RSI    72
#define U_RBP    80
#define U_RBX    88
#define U_RDX    96
#define U_RAX    104
#define U_RCX    112
#define U_RSP    120
#define U_RIP    128
#define U_RFLAGS 136

/*
 * Selectors as on Linux: programs see those of user mode in signal frames. sysret derives SS and CS
 * from consecutive selectors.
 */
#define KERNEL_CS 0x10
#define KERNEL_DS 0x18
#define USER_DS   0x2b
#define USER_CS   0x33
#define TSS_SEL   0x40

/*
 * Flags that user mode may set: CF PF AF ZF SF TF DF OF NT RF AC ID. Always set: IF and the
 * reserved bit.
 */
#define USER_FLAGS       0x254dd5
#define USER_FLAGS_FIXED 0x202
/*
 * The kernel's flags at the start: the reserved bit. Interrupts are off, and AC is clear: no access
 * to user memory.
 */
#define FLAGS_START 0x2
/*
 * With these set, user mode is entered by iret: sysret would lose them or trap at the wrong place.
 */
#define FLAGS_NO_SYSRET  0x10100

#define MSR_EFER           0xc0000080
#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define CR4_PAE 0x20
#define EFER_SCE_LME_NXE 0x901
/* PE MP NE WP AM PG */
#define CR0_KERNEL 0x80050023

/* Causes that are not vectors. */
#define CAUSE_SYSCALL 256 /* _X86_CAUSE_SYSCALL */
#define CAUSE_BAD_PC  257

/* [0, USER_LIMIT) is the user half. */
#define USER_LIMIT 0x7ffffffff000

#define IMAGE_BASE 0xffffffff80000000 /* maps physical address 0 */
/* Where other CPUs start, in real mode: a page below 1 MiB. */
#define TRAMPOLINE 0x8000

/* clac and stac are undefined without SMAP: boot.c patches them in if the CPU has it. */
#ifdef __ASSEMBLER__
	.macro smap_patch opcode
97:	nopl	(%rax)
	.pushsection .keel.smap, "a"
	.quad	97b, \opcode
	.popsection
	.endm
	.macro user_access_off
	smap_patch 0xca
	.endm
	.macro user_access_on
	smap_patch 0xcb
	.endm
#endif

#endif
