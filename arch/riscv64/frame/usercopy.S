// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: copies between the kernel and user memory.
 *
 * Access to user pages is enabled (SUM) only in here. Each instruction that touches user memory has an entry in .keel.fixups: a fault there goes on at
 * the second address of the entry, which ends the copy short. Both pointers advance with what has been copied, so that the rest is always a2.
 *
 * Context: any; kernel pointer and length are the caller's promise, the user address may be anything (checked against VM_USER_MAX in C).
 */
#include "asm.h"

	.macro user_to landing:req, insn:vararg
99:	\insn
	.pushsection .keel.fixups, "a"
	.balign 8
	.dword	99b, \landing
	.popsection
	.endm
	.macro user insn:vararg
	user_to fault, \insn
	.endm

	.text
	/*
	 * size_t riscv_copy(dst a0, src a1, n a2): bytes not copied. Both sides get a fixup: the same body serves both directions; kernel addresses
	 * do not fault. Words when both are aligned alike. A fault inside an unrolled block is repeated word by word: whoever brings the page in must learn
	 * the word that faulted, not the start of the block, which may lie on the page before.
	 */
	.global riscv_user_copy
	.balign 4
riscv_user_copy:
	li	t6, SSTATUS_SUM
	csrs	sstatus, t6
	li	t0, 16
	bltu	a2, t0, 5f
	xor	t0, a0, a1
	andi	t0, t0, 7
	bnez	t0, 5f
	/* Align. */
1:	andi	t0, a0, 7
	beqz	t0, 2f
	user lb	t1, 0(a1)
	user sb	t1, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	j	1b
2:	li	t0, 64
	bltu	a2, t0, 4f
3:	user_to words, ld	t1, 0(a1)
	user_to words, ld	t2, 8(a1)
	user_to words, ld	t3, 16(a1)
	user_to words, ld	t4, 24(a1)
	user_to words, ld	t5, 32(a1)
	user_to words, ld	a3, 40(a1)
	user_to words, ld	a4, 48(a1)
	user_to words, ld	a5, 56(a1)
	user_to words, sd	t1, 0(a0)
	user_to words, sd	t2, 8(a0)
	user_to words, sd	t3, 16(a0)
	user_to words, sd	t4, 24(a0)
	user_to words, sd	t5, 32(a0)
	user_to words, sd	a3, 40(a0)
	user_to words, sd	a4, 48(a0)
	user_to words, sd	a5, 56(a0)
	addi	a0, a0, 64
	addi	a1, a1, 64
	addi	a2, a2, -64
	bgeu	a2, t0, 3b
words:
4:	li	t0, 8
	bltu	a2, t0, 5f
	user ld	t1, 0(a1)
	user sd	t1, 0(a0)
	addi	a0, a0, 8
	addi	a1, a1, 8
	addi	a2, a2, -8
	j	4b
5:	beqz	a2, fault
6:	user lb	t1, 0(a1)
	user sb	t1, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	bnez	a2, 6b
fault:
	li	t6, SSTATUS_SUM
	csrc	sstatus, t6
	mv	a0, a2
	ret

	/* size_t riscv_user_zero(dst a0, n a2 in a1): bytes not cleared. */
	.global riscv_user_zero
	.balign 4
riscv_user_zero:
	mv	a2, a1
	li	t6, SSTATUS_SUM
	csrs	sstatus, t6
1:	beqz	a2, fault
	andi	t0, a0, 7
	beqz	t0, 2f
	user sb	zero, 0(a0)
	addi	a0, a0, 1
	addi	a2, a2, -1
	j	1b
2:	li	t0, 8
	bltu	a2, t0, 3f
	user sd	zero, 0(a0)
	addi	a0, a0, 8
	addi	a2, a2, -8
	j	2b
3:	beqz	a2, fault
	user sb	zero, 0(a0)
	addi	a0, a0, 1
	addi	a2, a2, -1
	j	3b

	/* size_t riscv_user_str(dst a0, src a1, n a2): bytes left when the NUL was copied or n ran out; a fault looks like running out. */
	.global riscv_user_str
	.balign 4
riscv_user_str:
	li	t6, SSTATUS_SUM
	csrs	sstatus, t6
1:	beqz	a2, fault
	user lbu t1, 0(a1)
	sb	t1, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	bnez	t1, 1b
	j	fault

	/* int arch_user_load32(u64 user a0, u32 *out a1) */
	.global arch_user_load32
	.balign 4
arch_user_load32:
	li	a2, 1
	li	t6, SSTATUS_SUM
	csrs	sstatus, t6
	user lw	t1, 0(a0)
	sw	t1, 0(a1)
	li	a2, 0
	j	fault

	/* int arch_user_cas32(u64 user a0, u32 from a1, u32 to a2 , u32 *seen a3) */
	.global arch_user_cas32
	.balign 4
arch_user_cas32:
	mv	t2, a2
	sext.w	a1, a1
	li	a2, 1
	li	t6, SSTATUS_SUM
	csrs	sstatus, t6
1:	user lr.w.aqrl t1, (a0)
	bne	t1, a1, 2f
	user sc.w.aqrl t3, t2, (a0)
	bnez	t3, 1b
2:	sw	t1, 0(a3)
	li	a2, 0
	j	fault
