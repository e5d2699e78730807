// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: the switch between tasks: callee-saved registers only, the caller saves the rest. They
 * are kept on the task's own stack; struct arch_context is its top. Also the call of an interrupt
 * handler on another stack.
 */
	.text
	/* void arch_switch(struct arch_context *from, struct arch_context *to) */
	.global arch_switch
	.balign 16
arch_switch:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	(%rsi), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret

	/* First switch to a new task: rbx = entry, r12 = argument; rbp = 0. */
	.global x86_task_entry
	.balign 16
x86_task_entry:
	movq	%r12, %rdi
	pushq	$0				/* no caller */
	jmp	*%rbx

	/* void x86_interrupt_on(u64 vector rdi, u64 stack_top rsi) */
	.global x86_interrupt_on
	.balign 16
x86_interrupt_on:
	pushq	%rbp
	movq	%rsp, %rbp
	movq	%rsi, %rsp
	call	x86_interrupt
	movq	%rbp, %rsp
	popq	%rbp
	ret
