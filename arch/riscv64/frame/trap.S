// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the trap vector and the way into user mode.
 *
 * sscratch holds the CPU block while user code runs, and 0 in the kernel. _riscv_user_enter is a
 * function whose return is the next trap from user mode: it loads the user registers, and the
 * vector saves them and returns. The caller treats all registers but sp, tp and s0 as clobbered
 * (_arch_user_enter). So a system call saves each register once and runs no C code before its
 * handler.
 *
 * Stack overflow. On a trap from the kernel the vector tests bit 14 of the address where its frame
 * would end. If the bit is clear, the frame would lie in the guard, so the vector switches to this
 * CPU's emergency stack and goes on to riscv_kernel_trap, which panics.
 *
 * A trap leaves three pieces of state of the interrupted code behind that its handler must not
 * inherit: SUM, which is set in a user copy; MXR; and the reservation of an lr. A trap from the
 * kernel clears SUM and MXR, and its return restores them. User mode runs with both clear, so a
 * trap from there finds them clear.
 *
 * A reservation survives traps, and stores of its own hart do not end it. Say that code is
 * interrupted between lr and sc, and that the handler, or another task after a switch, changes the
 * word by an AMO or a plain store: the sc would still succeed. So both ways out execute an sc to a
 * word that already holds the value, which ends any reservation (unprivileged specification,
 * Zalrsc). Interrupts are off from there to the sret.
 */
#include "asm.h"

	.text
	/* a0: struct user_ctx *, a1: sstatus; returns scause in a0. Interrupts off. */
	.global _riscv_user_enter
	.balign 4
_riscv_user_enter:
	addi	sp, sp, -16
	sd	ra, 0(sp)
	sd	s0, 8(sp)
	sd	sp, CPU_KERNEL_SP(tp)
	sd	a0, CPU_USER_CTX(tp)
	sc.d	zero, ra, (sp)		/* the word holds ra: only ends a reservation */
	csrw	sstatus, a1		/* TRUST: _arch_user_enter: SPP, SUM, MXR clear, SPIE set */
	csrw	sscratch, tp
	ld	t0, 0(a0)
	csrw	sepc, t0
	ld	x1, 8(a0)
	ld	x2, 16(a0)
	ld	x3, 24(a0)
	ld	x4, 32(a0)
	ld	x5, 40(a0)
	ld	x6, 48(a0)
	ld	x7, 56(a0)
	ld	x8, 64(a0)
	ld	x9, 72(a0)
	ld	x11, 88(a0)
	ld	x12, 96(a0)
	ld	x13, 104(a0)
	ld	x14, 112(a0)
	ld	x15, 120(a0)
	ld	x16, 128(a0)
	ld	x17, 136(a0)
	ld	x18, 144(a0)
	ld	x19, 152(a0)
	ld	x20, 160(a0)
	ld	x21, 168(a0)
	ld	x22, 176(a0)
	ld	x23, 184(a0)
	ld	x24, 192(a0)
	ld	x25, 200(a0)
	ld	x26, 208(a0)
	ld	x27, 216(a0)
	ld	x28, 224(a0)
	ld	x29, 232(a0)
	ld	x30, 240(a0)
	ld	x31, 248(a0)
	ld	x10, 80(a0)
	sret

	.global riscv_trap_vector
	.balign 4
riscv_trap_vector:
	csrrw	tp, sscratch, tp
	beqz	tp, from_kernel

	/* From user mode: tp = CPU block, sscratch = the user's tp. */
	sd	x10, CPU_SCRATCH0(tp)
	ld	x10, CPU_USER_CTX(tp)
	sd	x1, 8(x10)
	sd	x2, 16(x10)
	sd	x3, 24(x10)
	sd	x5, 40(x10)
	sd	x6, 48(x10)
	sd	x7, 56(x10)
	sd	x8, 64(x10)
	sd	x9, 72(x10)
	sd	x11, 88(x10)
	sd	x12, 96(x10)
	sd	x13, 104(x10)
	sd	x14, 112(x10)
	sd	x15, 120(x10)
	sd	x16, 128(x10)
	sd	x17, 136(x10)
	sd	x18, 144(x10)
	sd	x19, 152(x10)
	sd	x20, 160(x10)
	sd	x21, 168(x10)
	sd	x22, 176(x10)
	sd	x23, 184(x10)
	sd	x24, 192(x10)
	sd	x25, 200(x10)
	sd	x26, 208(x10)
	sd	x27, 216(x10)
	sd	x28, 224(x10)
	sd	x29, 232(x10)
	sd	x30, 240(x10)
	sd	x31, 248(x10)
	ld	t0, CPU_SCRATCH0(tp)
	csrrw	t1, sscratch, zero
	csrr	t2, sepc
	sd	t0, 80(x10)
	sd	t1, 32(x10)
	sd	t2, 0(x10)
	ld	sp, CPU_KERNEL_SP(tp)
	csrr	a0, scause
	ld	ra, 0(sp)
	ld	s0, 8(sp)
	addi	sp, sp, 16
	ret

	/* From the kernel: an interrupt, a fault of a user copy, or a fatal trap. */
from_kernel:
	csrrw	tp, sscratch, zero
	sd	t0, CPU_SCRATCH0(tp)
	addi	t0, sp, -KTRAP_SIZE
	srli	t0, t0, STACK_SHIFT
	andi	t0, t0, 1
	beqz	t0, overflow
	ld	t0, CPU_SCRATCH0(tp)
	addi	sp, sp, -KTRAP_SIZE
save:	sd	ra, 0(sp)
	sd	t0, 8(sp)
	sd	t1, 16(sp)
	sd	t2, 24(sp)
	sd	a0, 32(sp)
	sd	a1, 40(sp)
	sd	a2, 48(sp)
	sd	a3, 56(sp)
	sd	a4, 64(sp)
	sd	a5, 72(sp)
	sd	a6, 80(sp)
	sd	a7, 88(sp)
	sd	t3, 96(sp)
	sd	t4, 104(sp)
	sd	t5, 112(sp)
	sd	t6, 120(sp)
	csrr	t0, sepc
	li	t2, SSTATUS_ACCESS
	csrrc	t1, sstatus, t2		/* the handler does not inherit SUM and MXR */
	sd	t0, KTRAP_SEPC(sp)
	sd	t1, KTRAP_STATUS(sp)
	sd	s0, KTRAP_S0(sp)
	csrr	a0, scause
	csrr	a1, stval
	mv	a2, sp
	call	riscv_kernel_trap
	ld	t0, KTRAP_SEPC(sp)
	ld	t1, KTRAP_STATUS(sp)
	csrw	sepc, t0
	csrw	sstatus, t1
	ld	ra, 0(sp)
	sc.d	zero, ra, (sp)		/* as above: code interrupted between lr and sc retries */
	ld	t0, 8(sp)
	ld	t1, 16(sp)
	ld	t2, 24(sp)
	ld	a0, 32(sp)
	ld	a1, 40(sp)
	ld	a2, 48(sp)
	ld	a3, 56(sp)
	ld	a4, 64(sp)
	ld	a5, 72(sp)
	ld	a6, 80(sp)
	ld	a7, 88(sp)
	ld	t3, 96(sp)
	ld	t4, 104(sp)
	ld	t5, 112(sp)
	ld	t6, 120(sp)
	addi	sp, sp, KTRAP_SIZE
	sret

	/* The stack is full: continue on this CPU's emergency stack, to the panic. */
overflow:
	ld	t0, CPU_SCRATCH0(tp)
	ld	sp, CPU_OVERFLOW(tp)
	addi	sp, sp, -KTRAP_SIZE
	j	save
