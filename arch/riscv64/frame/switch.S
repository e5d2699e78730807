// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the switch between tasks: callee-saved registers only, the caller saves the rest. struct
 * arch_context: ra, sp, s0-s11. Also the call of an interrupt handler on another stack.
 */
	.text
	/* void arch_switch(struct arch_context *from, struct arch_context *to) */
	.global arch_switch
	.balign 4
arch_switch:
	sd	ra, 0(a0)
	sd	sp, 8(a0)
	sd	s0, 16(a0)
	sd	s1, 24(a0)
	sd	s2, 32(a0)
	sd	s3, 40(a0)
	sd	s4, 48(a0)
	sd	s5, 56(a0)
	sd	s6, 64(a0)
	sd	s7, 72(a0)
	sd	s8, 80(a0)
	sd	s9, 88(a0)
	sd	s10, 96(a0)
	sd	s11, 104(a0)
	ld	ra, 0(a1)
	ld	sp, 8(a1)
	ld	s0, 16(a1)
	ld	s1, 24(a1)
	ld	s2, 32(a1)
	ld	s3, 40(a1)
	ld	s4, 48(a1)
	ld	s5, 56(a1)
	ld	s6, 64(a1)
	ld	s7, 72(a1)
	ld	s8, 80(a1)
	ld	s9, 88(a1)
	ld	s10, 96(a1)
	ld	s11, 104(a1)
	ret

	/* First switch to a new task: s1 = entry, s2 = argument. */
	.global riscv_task_entry
	.balign 4
riscv_task_entry:
	mv	a0, s2
	mv	s0, zero
	mv	ra, zero
	jr	s1

	/* void riscv_irq_on(u64 cause a0, u64 stack_top a1) */
	.global riscv_irq_on
	.balign 4
riscv_irq_on:
	addi	sp, sp, -16
	sd	ra, 8(sp)
	sd	s0, 0(sp)
	addi	s0, sp, 16
	mv	sp, a1
	call	riscv_irq
	addi	sp, s0, -16
	ld	ra, 8(sp)
	ld	s0, 0(sp)
	addi	sp, sp, 16
	ret
