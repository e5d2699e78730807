// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: copies between the kernel and user memory.
 *
 * Access to user pages is enabled (AC, if the CPU has SMAP) only in this file. Code that accesses
 * user memory lies in ranges listed in .keel.fixups: after a fault inside a range, execution
 * continues at the range's landing. Both pointers advance with the bytes copied, so rdx always
 * holds the remaining length. After a fault inside an unrolled block, the block is repeated in
 * small steps: the fault address that pages the memory in must be the word that faulted, not the
 * start of the block, which may lie on the page before.
 *
 * Fixups serve both directions. A store to a kernel address may fault, where a pool's page has gone
 * back: the kernel's fault handler maps a page, and the store is done again.
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
	.quad	98b, 99b, \landing
	.popsection
	.endm

	/*
	 * Continues if address and length lie in the user half; otherwise user_copy_beyond copies
	 * the part that does.
	 */
	.macro check address
	movabsq	$USER_LIMIT, %rcx
	subq	\address, %rcx
	jbe	none
	cmpq	%rdx, %rcx
	jb	beyond
	.endm

	.macro word off
	movq	\off(%rsi), %rax
	movq	\off+8(%rsi), %rcx
	movq	\off+16(%rsi), %r8
	movq	\off+24(%rsi), %r9
	movq	%rax, \off(%rdi)
	movq	%rcx, \off+8(%rdi)
	movq	%r8, \off+16(%rdi)
	movq	%r9, \off+24(%rdi)
	.endm

	.text
none:	movq	%rdx, %rax
	ret
beyond:	jmp	user_copy_beyond		/* the fourth argument is the room */
	/* size_t _user_copy_in(dst rdi, user src rsi, n rdx): bytes not copied. */
	.global _user_copy_in
	.balign 16
_user_copy_in:
	check	%rsi
	jmp	arch_user_copy
	/* size_t _user_copy_out(user dst rdi, src rsi, n rdx): bytes not copied. */
	.global _user_copy_out
	.balign 16
_user_copy_out:
	check	%rdi
	/* size_t arch_user_copy(dst rdi, src rsi, n rdx): bytes not copied. */
	.global arch_user_copy
arch_user_copy:
	user_access_on
	subq	$128, %rdx
	jb	half
	user_begin
1:	word	0
	word	32
	word	64
	word	96
	addq	$128, %rsi
	addq	$128, %rdi
	subq	$128, %rdx
	jae	1b
	user_end again128
half:	addq	$128-32, %rdx
	js	words
	user_begin
2:	word	0
	addq	$32, %rsi
	addq	$32, %rdi
	subq	$32, %rdx
	jae	2b
	user_end again32
words:	addq	$32, %rdx
in_words:
	subq	$8, %rdx
	jb	4f
	user_begin
3:	movq	(%rsi), %rax
	movq	%rax, (%rdi)
	addq	$8, %rsi
	addq	$8, %rdi
	subq	$8, %rdx
	jae	3b
	user_end less
4:	addq	$8, %rdx
	jz	out
	user_begin
	testb	$4, %dl
	jz	5f
	movl	(%rsi), %eax
	movl	%eax, (%rdi)
	addq	$4, %rsi
	addq	$4, %rdi
	subq	$4, %rdx
	jz	out
5:	movb	(%rsi), %al
	movb	%al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rdx
	jnz	5b
	user_end bytes
out:	user_access_off
	movq	%rdx, %rax
	ret
again128:
	addq	$128, %rdx
	jmp	in_words
again32:
	addq	$32, %rdx
	jmp	in_words
	/* A word that is not wholly accessible: byte by byte, up to the missing page. */
less:	addq	$8, %rdx
bytes:	testq	%rdx, %rdx
	jz	out
	user_begin
6:	movb	(%rsi), %al
	movb	%al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rdx
	jnz	6b
	user_end out
	jmp	out

	/* size_t arch_user_zero(dst rdi, n rsi): bytes not cleared. */
	.global arch_user_zero
	.balign 16
arch_user_zero:
	movq	%rsi, %rdx
	xorl	%eax, %eax
	user_access_on
	subq	$64, %rdx
	jb	2f
	user_begin
1:	movq	%rax, (%rdi)
	movq	%rax, 8(%rdi)
	movq	%rax, 16(%rdi)
	movq	%rax, 24(%rdi)
	movq	%rax, 32(%rdi)
	movq	%rax, 40(%rdi)
	movq	%rax, 48(%rdi)
	movq	%rax, 56(%rdi)
	addq	$64, %rdi
	subq	$64, %rdx
	jae	1b
	user_end 2f
2:	addq	$64, %rdx
	subq	$8, %rdx
	jb	4f
	user_begin
3:	movq	%rax, (%rdi)
	addq	$8, %rdi
	subq	$8, %rdx
	jae	3b
	user_end 4f
4:	addq	$8, %rdx
	jz	out
	user_begin
5:	movb	%al, (%rdi)
	incq	%rdi
	decq	%rdx
	jnz	5b
	user_end out
	jmp	out

	/*
	 * size_t arch_user_str(dst rdi, src rsi, n rdx): bytes left when the NUL was copied or n
	 * ran out; a fault looks like the latter. Uses words while they hold no NUL: (w - 0x01...)
	 * & ~w & 0x80... finds one.
	 */
	.global arch_user_str
	.balign 16
arch_user_str:
	user_access_on
	movabsq	$0x0101010101010101, %r8
	movq	%r8, %r9
	shlq	$7, %r9
	subq	$8, %rdx
	jb	2f
	user_begin
1:	movq	(%rsi), %rax
	movq	%rax, %rcx
	subq	%r8, %rcx
	movq	%rax, %r10
	notq	%r10
	andq	%r10, %rcx
	testq	%r9, %rcx
	jnz	2f
	movq	%rax, (%rdi)
	addq	$8, %rsi
	addq	$8, %rdi
	subq	$8, %rdx
	jae	1b
	user_end 2f
2:	addq	$8, %rdx
	jz	out
	user_begin
3:	movb	(%rsi), %al
	movb	%al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rdx
	testb	%al, %al
	jz	out
	testq	%rdx, %rdx
	jnz	3b
	user_end out
	jmp	out

	/* int arch_user_load32(u64 user rdi, u32 *out rsi) */
	.global arch_user_load32
	.balign 16
arch_user_load32:
	movl	$1, %edx
	user_access_on
	user_begin
	movl	(%rdi), %eax
	user_end out
	movl	%eax, (%rsi)
	xorl	%edx, %edx
	jmp	out

	/* int arch_user_cas32(u64 user rdi, u32 from esi, u32 to edx, u32 *seen rcx) */
	.global arch_user_cas32
	.balign 16
arch_user_cas32:
	movl	%edx, %r8d
	movl	%esi, %eax
	movl	$1, %edx
	user_access_on
	user_begin
	lock cmpxchgl %r8d, (%rdi)
	user_end out
	movl	%eax, (%rcx)
	xorl	%edx, %edx
	jmp	out
