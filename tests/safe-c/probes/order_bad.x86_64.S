/* SPDX-License-Identifier: MPL-2.0 */
/* Accesses that are ordered less, or cost more, than the end of their name says. Each must be found (tests/safe-c/codegen). */
	.macro	function name
	.globl	\name
	.type	\name, @function
\name:
	.endm
	.text
function no_lock_relaxed
	addl	%esi, (%rdi)
	ret
function no_lock_full
	cmpxchgq	%rdx, (%rdi)
	ret
function store_full
	movq	%rsi, (%rdi)
	ret
function registers_acquire
	movl	$1, %eax
	xchgl	%eax, %esi
	ret
function none_barrier
	ret
function lfence_barrier
	lfence
	ret
function sfence_barrier
	sfence
	ret
function swap_store_release
	xchgq	%rsi, (%rdi)
	ret
function none_device_write
	ret
function fence_device_read
	mfence
	movl	(%rdi), %eax
	ret
function twice_load_acquire
	movq	(%rdi), %rax
	movq	(%rdi), %rax
	ret
