// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: copies between the kernel and user memory.
 *
 * Access to user pages is enabled (SUM) only in this file. Code that accesses user memory lies in
 * ranges listed in .keel.fixups: after a fault inside a range, execution continues at the range's
 * landing. Both pointers advance with the bytes copied, so a2 always holds the remaining length.
 *
 * Words are used wherever possible: a source that is not aligned like the destination is read in
 * aligned words, which are shifted together, because misaligned loads may trap to the firmware.
 * Such a word may hold bytes beside the range, on the same page: they are dropped. Fixups serve
 * both directions. A store to a kernel address may fault, where a pool's page has gone back: the
 * kernel's fault handler maps a page, and the store is done again.
 *
 * Context: any. The caller guarantees kernel pointer and length. The user address may be anything:
 *          the code below checks that it lies in the user half.
 */
#include "asm.h"

	/*
	 * Code between these macros may access user memory, and continues at @landing after a
	 * fault.
	 */
	.macro user_begin
98:
	.endm
	.macro user_end landing:req
99:
	.pushsection .keel.fixups, "a"
	.balign 8
	.dword	98b, 99b, \landing
	.popsection
	.endm

	/*
	 * Continues if address and length lie in the user half; otherwise user_copy_beyond copies
	 * the part that does.
	 */
	.macro check address
	li	t0, 1
	slli	t0, t0, USER_SHIFT
	bgeu	\address, t0, none
	sub	a3, t0, \address
	bltu	a3, a2, beyond
	.endm

	/*
	 * Combines two words of a misaligned source: the upper bits of \low, shifted down by t2,
	 * and the lower bits of \high.
	 */
	.macro join low, high
	srl	\low, \low, t2
	sll	a6, \high, t3
	or	\low, \low, a6
	.endm
	/*
	 * Four words at \off, from the word in \low and the four words after it; \d holds the last
	 * word afterwards.
	 */
	.macro four low, a, b, c, d, off
	ld	\a, \off+8(a1)
	ld	\b, \off+16(a1)
	ld	\c, \off+24(a1)
	ld	\d, \off+32(a1)
	join	\low, \a
	join	\a, \b
	join	\b, \c
	join	\c, \d
	sd	\low, \off(a0)
	sd	\a, \off+8(a0)
	sd	\b, \off+16(a0)
	sd	\c, \off+24(a0)
	.endm

	/* 64 bytes at \off, both sides aligned. */
	.macro move64 off
	ld	t1, \off(a1)
	ld	t2, \off+8(a1)
	ld	t3, \off+16(a1)
	ld	t4, \off+24(a1)
	ld	t5, \off+32(a1)
	ld	a3, \off+40(a1)
	ld	a4, \off+48(a1)
	ld	a5, \off+56(a1)
	sd	t1, \off(a0)
	sd	t2, \off+8(a0)
	sd	t3, \off+16(a0)
	sd	t4, \off+24(a0)
	sd	t5, \off+32(a0)
	sd	a3, \off+40(a0)
	sd	a4, \off+48(a0)
	sd	a5, \off+56(a0)
	.endm

	.text
none:	mv	a0, a2
	ret
beyond:	tail	user_copy_beyond
	/* size_t _user_copy_in(dst a0, user src a1, n a2): bytes not copied. */
	.global _user_copy_in
	.balign 4
_user_copy_in:
	check	a1
	j	arch_user_copy
	/* size_t _user_copy_out(user dst a0, src a1, n a2): bytes not copied. */
	.global _user_copy_out
	.balign 4
_user_copy_out:
	check	a0
	/*
	 * size_t arch_user_copy(dst a0, src a1, n a2): bytes not copied. After a fault inside an
	 * unrolled block, the block is repeated in small steps: the fault address that pages the
	 * memory in must be the word that faulted, not the start of the block, which may lie on the
	 * page before.
	 */
	.global arch_user_copy
arch_user_copy:
	li	t6, SSTATUS_SUM
	or	t0, a0, a1
	csrs	sstatus, t6
	andi	t0, t0, 7
	bnez	t0, unlike
blocks:
	li	t0, 256
	bltu	a2, t0, block
	user_begin
1:	move64	0
	move64	64
	move64	128
	move64	192
	addi	a2, a2, -256
	addi	a1, a1, 256
	addi	a0, a0, 256
	bgeu	a2, t0, 1b
	user_end words
block:	li	t0, 128
	bltu	a2, t0, half
	user_begin
	move64	0
	move64	64
	addi	a2, a2, -128
	addi	a1, a1, 128
	addi	a0, a0, 128
	user_end words
half:	li	t0, 32
	bltu	a2, t0, words
	user_begin
2:	ld	t1, 0(a1)
	ld	t2, 8(a1)
	ld	t3, 16(a1)
	ld	t4, 24(a1)
	sd	t1, 0(a0)
	sd	t2, 8(a0)
	sd	t3, 16(a0)
	sd	t4, 24(a0)
	addi	a2, a2, -32
	addi	a1, a1, 32
	addi	a0, a0, 32
	bgeu	a2, t0, 2b
	user_end words
words:	addi	a2, a2, -8
	bltz	a2, 4f
	user_begin
3:	ld	t1, 0(a1)
	sd	t1, 0(a0)
	addi	a2, a2, -8
	addi	a1, a1, 8
	addi	a0, a0, 8
	bgez	a2, 3b
	user_end less
4:	addi	a2, a2, 8
	/* Less than a word, both sides aligned. */
	beqz	a2, out
	andi	t0, a2, 4
	user_begin
	beqz	t0, 5f
	lw	t1, 0(a1)
	sw	t1, 0(a0)
	addi	a2, a2, -4
	addi	a1, a1, 4
	addi	a0, a0, 4
5:	beqz	a2, out
6:	lb	t1, 0(a1)
	sb	t1, 0(a0)
	addi	a2, a2, -1
	addi	a1, a1, 1
	addi	a0, a0, 1
	bnez	a2, 6b
	user_end out
out:
	csrc	sstatus, t6
	mv	a0, a2
	ret
less:	addi	a2, a2, 8
	j	out

	/* At least one side is not aligned to a word. */
unlike:
	li	t0, 16
	bltu	a2, t0, bytes
	/* Align the destination first. */
	andi	t0, a0, 7
	beqz	t0, 8f
	user_begin
7:	lb	t1, 0(a1)
	sb	t1, 0(a0)
	addi	a2, a2, -1
	addi	a1, a1, 1
	addi	a0, a0, 1
	andi	t0, a0, 7
	bnez	t0, 7b
	user_end out
8:	andi	t0, a1, 7
	beqz	t0, blocks
	/*
	 * t1: the word that contains the next source byte; its upper 64 - t2 bits come first, then
	 * the lower bits of the word after it.
	 */
	li	t5, 64
	slli	t2, t0, 3
	neg	t3, t2			/* shifts take the low six bits: 64 - t2 */
	sub	a1, a1, t0
	user_begin
	ld	t1, 0(a1)
	bltu	a2, t5, 10f
9:	four	t1, t4, a3, a4, a5, 0
	four	a5, t4, a3, a4, t1, 32
	addi	a2, a2, -64
	addi	a1, a1, 64
	addi	a0, a0, 64
	bgeu	a2, t5, 9b
10:	li	t5, 8
	bltu	a2, t5, back
11:	ld	t4, 8(a1)
	join	t1, t4
	sd	t1, 0(a0)
	mv	t1, t4
	addi	a2, a2, -8
	addi	a1, a1, 8
	addi	a0, a0, 8
	bgeu	a2, t5, 11b
	user_end back
back:	add	a1, a1, t0
bytes:	beqz	a2, out
	user_begin
12:	lb	t1, 0(a1)
	sb	t1, 0(a0)
	addi	a2, a2, -1
	addi	a1, a1, 1
	addi	a0, a0, 1
	bnez	a2, 12b
	user_end out
	j	out

	/* size_t arch_user_zero(dst a0, n a1): bytes not cleared. */
	.global arch_user_zero
	.balign 4
arch_user_zero:
	mv	a2, a1
	li	t6, SSTATUS_SUM
	csrs	sstatus, t6
1:	beqz	a2, out
	andi	t0, a0, 7
	beqz	t0, 2f
	user_begin
	sb	zero, 0(a0)
	user_end out
	addi	a0, a0, 1
	addi	a2, a2, -1
	j	1b
2:	li	t0, 64
	bltu	a2, t0, 4f
	user_begin
3:	sd	zero, 0(a0)
	sd	zero, 8(a0)
	sd	zero, 16(a0)
	sd	zero, 24(a0)
	sd	zero, 32(a0)
	sd	zero, 40(a0)
	sd	zero, 48(a0)
	sd	zero, 56(a0)
	addi	a2, a2, -64
	addi	a0, a0, 64
	bgeu	a2, t0, 3b
	user_end 4f
4:	li	t0, 8
	bltu	a2, t0, 6f
	user_begin
5:	sd	zero, 0(a0)
	addi	a2, a2, -8
	addi	a0, a0, 8
	bgeu	a2, t0, 5b
	user_end out
6:	beqz	a2, out
	user_begin
7:	sb	zero, 0(a0)
	addi	a2, a2, -1
	addi	a0, a0, 1
	bnez	a2, 7b
	user_end out
	j	out

	/*
	 * size_t arch_user_str(dst a0, src a1, n a2): bytes left when the NUL was copied or n ran
	 * out; a fault looks like the latter. Uses words while both sides are aligned and the words
	 * hold no NUL: (w - 0x01...) & ~w & 0x80... finds one.
	 */
	.global arch_user_str
	.balign 4
arch_user_str:
	li	t6, SSTATUS_SUM
	or	t0, a0, a1
	csrs	sstatus, t6
	andi	t0, t0, 7
	addi	a2, a2, -8
	bnez	t0, 2f
	bltz	a2, 2f
	li	t4, 0x01010101
	slli	t5, t4, 32
	or	t4, t4, t5
	slli	t5, t4, 7
	user_begin
1:	ld	t1, 0(a1)
	sub	t2, t1, t4
	not	t3, t1
	and	t2, t2, t3
	and	t2, t2, t5
	bnez	t2, 2f
	sd	t1, 0(a0)
	addi	a2, a2, -8
	addi	a1, a1, 8
	addi	a0, a0, 8
	bgez	a2, 1b
	user_end less
2:	addi	a2, a2, 8
	beqz	a2, out
	user_begin
3:	lbu	t1, 0(a1)
	sb	t1, 0(a0)
	addi	a2, a2, -1
	addi	a1, a1, 1
	addi	a0, a0, 1
	beqz	t1, out
	bnez	a2, 3b
	user_end out
	j	out

	/* int arch_user_load32(u64 user a0, u32 *out a1) */
	.global arch_user_load32
	.balign 4
arch_user_load32:
	li	a2, 1
	li	t6, SSTATUS_SUM
	csrs	sstatus, t6
	user_begin
	lw	t1, 0(a0)
	user_end out
	sw	t1, 0(a1)
	li	a2, 0
	j	out

	/* int arch_user_cas32(u64 user a0, u32 from a1, u32 to a2 , u32 *seen a3) */
	.global arch_user_cas32
	.balign 4
arch_user_cas32:
	mv	t2, a2
	sext.w	a1, a1
	li	a2, 1
	li	t6, SSTATUS_SUM
	csrs	sstatus, t6
	user_begin
1:	lr.w.aqrl t1, (a0)
	bne	t1, a1, 2f
	sc.w.aqrl t3, t2, (a0)
	bnez	t3, 1b
	user_end out
2:	sw	t1, 0(a3)
	li	a2, 0
	j	out
