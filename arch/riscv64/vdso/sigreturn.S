/* SPDX-License-Identifier: MPL-2.0 */
/* Where signal handlers return to. Unwinders know these two instructions; the kernel knows the place (ABI_VDSO_SIGRETURN). */
	.section .text.sigreturn, "ax"
	.option norvc
	.globl __vdso_rt_sigreturn
	.type __vdso_rt_sigreturn, @function
__vdso_rt_sigreturn:
	li	a7, 139
	ecall
	.size __vdso_rt_sigreturn, . - __vdso_rt_sigreturn
	.section .note.GNU-stack, "", @progbits
