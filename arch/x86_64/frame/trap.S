// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: the trap entries and the way into user mode.
 *
 * gs is the user's in user mode and the CPU block in the kernel; swapgs exchanges them at the
 * border. _x86_user_enter is a function whose return is the next trap from user mode: it loads the
 * user registers, and the entries save them and return. The caller treats all registers but rsp and
 * rbp as clobbered (_arch_user_enter).
 *
 * NMI, debug, double fault and machine check may occur at any instruction, also between the border
 * and swapgs. So their entries run on stacks of their own (IST) and read the base of gs to find out
 * whether it is the user's: user mode cannot set it to an upper address. Each entry clears DF and
 * AC first: the CPU itself leaves them unchanged, except for syscall. Interrupts are off from the
 * border until the registers are saved. No debug register is ever set for user mode, so a debug
 * exception in the kernel means nothing.
 *
 * Stack overflow. The push that hits the guard below a stack faults, the CPU cannot push the frame
 * of that fault either, and so it raises a double fault, which runs on this CPU's emergency stack
 * (IST) and panics.
 */
#include "asm.h"

	.macro save_user_registers_but_rdi_rax_rcx_r11
	movq	%r8, U_R8(%rdi)
	movq	%r9, U_R9(%rdi)
	movq	%r10, U_R10(%rdi)
	movq	%r12, U_R12(%rdi)
	movq	%r13, U_R13(%rdi)
	movq	%r14, U_R14(%rdi)
	movq	%r15, U_R15(%rdi)
	movq	%rsi, U_RSI(%rdi)
	movq	%rbp, U_RBP(%rdi)
	movq	%rbx, U_RBX(%rdi)
	movq	%rdx, U_RDX(%rdi)
	.endm
	.macro load_user_registers_but_rdi_rcx_r11
	movq	U_R8(%rdi), %r8
	movq	U_R9(%rdi), %r9
	movq	U_R10(%rdi), %r10
	movq	U_R12(%rdi), %r12
	movq	U_R13(%rdi), %r13
	movq	U_R14(%rdi), %r14
	movq	U_R15(%rdi), %r15
	movq	U_RSI(%rdi), %rsi
	movq	U_RBP(%rdi), %rbp
	movq	U_RBX(%rdi), %rbx
	movq	U_RDX(%rdi), %rdx
	movq	U_RAX(%rdi), %rax
	.endm

	.text
	/* rdi: struct user_ctx *; returns the cause in rax. Interrupts off. */
	.global _x86_user_enter
	.balign 16
_x86_user_enter:
	pushq	%rbp
	movq	%rsp, %gs:CPU_KERNEL_SP
	movq	%rdi, %gs:CPU_USER_CTX
	movq	U_RIP(%rdi), %rcx
	movl	U_RFLAGS(%rdi), %r11d
	/*
	 * TRUST: no privilege, interrupts on. A pc outside the user half never reaches sysret or
	 * iret, which would fault in the kernel.
	 */
	andl	$USER_FLAGS, %r11d
	orl	$USER_FLAGS_FIXED, %r11d
	movabsq	$USER_LIMIT, %rax
	cmpq	%rax, %rcx
	jae	bad_pc
	/* sysret leaves pc and flags in rcx and r11, as after a system call. */
	cmpq	U_RCX(%rdi), %rcx
	jne	by_iret
	cmpq	U_R11(%rdi), %r11
	jne	by_iret
	testl	$FLAGS_NO_SYSRET, %r11d
	jnz	by_iret
	load_user_registers_but_rdi_rcx_r11
	movq	U_RSP(%rdi), %rsp
	movq	U_RDI(%rdi), %rdi
	swapgs
	sysretq
by_iret:
	pushq	$USER_DS
	pushq	U_RSP(%rdi)
	pushq	%r11
	pushq	$USER_CS
	pushq	%rcx
	load_user_registers_but_rdi_rcx_r11
	movq	U_RCX(%rdi), %rcx
	movq	U_R11(%rdi), %r11
	movq	U_RDI(%rdi), %rdi
	swapgs
	iretq
bad_pc:
	movl	$CAUSE_BAD_PC, %eax
	popq	%rbp
	ret

	/* syscall: rcx = pc, r11 = flags; no stack yet. */
	.global x86_syscall_entry
	.balign 16
x86_syscall_entry:
	swapgs
	movq	%rsp, %gs:CPU_USER_SP
	movq	%gs:CPU_USER_CTX, %rsp
	movq	%rdi, U_RDI(%rsp)
	movq	%rsp, %rdi
	save_user_registers_but_rdi_rax_rcx_r11
	movq	%rax, U_RAX(%rdi)
	movq	%rcx, U_RCX(%rdi)
	movq	%rcx, U_RIP(%rdi)
	movq	%r11, U_R11(%rdi)
	movq	%r11, U_RFLAGS(%rdi)
	movq	%gs:CPU_USER_SP, %rax
	movq	%rax, U_RSP(%rdi)
	movq	%gs:CPU_KERNEL_SP, %rsp
	popq	%rbp
	movl	$CAUSE_SYSCALL, %eax
	ret

	/*
	 * One stub for each vector, 16 bytes each: pushes an error code where the CPU pushes none,
	 * and the vector.
	 */
	.global x86_trap_stubs
	.balign 16
x86_trap_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	(vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30)
	.else
	pushq	$0
	.endif
	pushq	$vector
	jmp	trap
	.set	vector, vector + 1
	.endr

	/* Stack: vector, error code, rip, cs, rflags, rsp, ss. */
	.balign 16
trap:
	cld
	user_access_off
	testb	$3, 24(%rsp)
	jz	from_kernel
	swapgs
from_user:
	pushq	%rdi
	movq	%gs:CPU_USER_CTX, %rdi
	save_user_registers_but_rdi_rax_rcx_r11
	movq	%rax, U_RAX(%rdi)
	movq	%rcx, U_RCX(%rdi)
	movq	%r11, U_R11(%rdi)
	popq	U_RDI(%rdi)
	popq	%rax				/* vector */
	popq	%gs:CPU_ERROR
	popq	U_RIP(%rdi)
	popq	%rcx
	popq	U_RFLAGS(%rdi)
	popq	U_RSP(%rdi)
	movq	%gs:CPU_KERNEL_SP, %rsp
	popq	%rbp
	ret

	.macro save_for_c
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	.endm
	.macro restore_from_c
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	.endm

	/* An interrupt, a fault of a user copy, or a fatal trap. */
from_kernel:
	save_for_c
	movq	72(%rsp), %rdi
	movq	80(%rsp), %rsi
	leaq	88(%rsp), %rdx			/* struct x86_ktrap: rip, cs, rflags, rsp, ss */
	movq	%rbp, %rcx
	call	x86_kernel_trap
	restore_from_c
	addq	$16, %rsp
	iretq

	/* Makes gs the CPU block; rbx: whether gs was the user's. */
	.macro own_gs
	pushq	%rbx
	xorl	%ebx, %ebx
	movl	$MSR_GS_BASE, %ecx
	rdmsr
	testl	%edx, %edx
	js	96f
	swapgs
	movl	$1, %ebx
96:
	.endm
	.macro former_gs
	testl	%ebx, %ebx
	jz	96f
	swapgs
96:	popq	%rbx
	.endm

	/*
	 * A remote TLB flush (smp.c). It takes no fault, so no other NMI arrives before its iret.
	 */
	.global x86_nmi_stub
	.balign 16
x86_nmi_stub:
	cld
	user_access_off
	save_for_c
	own_gs
	call	x86_nmi
	former_gs
	restore_from_c
	iretq

	.global x86_debug_stub
	.balign 16
x86_debug_stub:
	pushq	$0
	pushq	$1
	cld
	user_access_off
	testb	$3, 24(%rsp)
	jz	1f
	swapgs
	jmp	from_user
1:	save_for_c
	own_gs
	leaq	96(%rsp), %rdi
	call	x86_kernel_debug
	former_gs
	restore_from_c
	addq	$16, %rsp
	iretq

	/* Fatal traps. A double fault is a stack that has overflowed into its guard. */
	.global x86_double_fault_stub, x86_machine_check_stub
	.balign 16
x86_double_fault_stub:
	movl	$8, %edi
	movq	8(%rsp), %rsi
	jmp	fatal
	.balign 16
x86_machine_check_stub:
	movl	$18, %edi
	movq	(%rsp), %rsi
fatal:
	cld
	user_access_off
	movl	$MSR_GS_BASE, %ecx
	rdmsr
	testl	%edx, %edx
	js	1f
	swapgs
1:	movq	%rbp, %rdx
	andq	$-16, %rsp
	call	x86_fatal
