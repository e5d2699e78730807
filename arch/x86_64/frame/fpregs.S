// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: stores and loads all floating-point and vector registers. The only code that accesses
 * them.
 */
	.text
	/*
	 * void x86_fp_store(void *area rdi, u64 mask rsi, bool xsave edx). Uses XSAVE and not an
	 * optimised variant: it writes the whole image.
	 */
	.global x86_fp_store
	.balign 16
x86_fp_store:
	testl	%edx, %edx
	jz	1f
	movl	%esi, %eax
	movq	%rsi, %rdx
	shrq	$32, %rdx
	xsave64	(%rdi)
	ret
1:	fxsave64 (%rdi)
	ret

	/*
	 * int x86_fp_load(const void *area rdi, u64 mask rsi, bool xsave edx): 0, or 1 when the CPU
	 * rejects the image (its reserved bits).
	 */
	.global x86_fp_load
	.balign 16
x86_fp_load:
	testl	%edx, %edx
	jz	1f
	movl	%esi, %eax
	movq	%rsi, %rdx
	shrq	$32, %rdx
0:	xrstor64 (%rdi)
	xorl	%eax, %eax
	ret
1:	fxrstor64 (%rdi)
	xorl	%eax, %eax
	ret
refused:
	movl	$1, %eax
	ret
	.pushsection .keel.fixups, "a"
	.balign 8
	.quad	0b, refused, refused
	.popsection
