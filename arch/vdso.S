/* SPDX-License-Identifier: MPL-2.0 */
/* The linked vDSO as bytes of the kernel image, whole pages. VDSO_SO: its path, from the command line. */
	.section .keel.vdso, "a"
	.balign 4096
	.incbin VDSO_SO
	.balign 4096
