// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: stores and loads all floating-point registers and fcsr. The only code with FP
 * instructions.
 */
	.option arch, +d
	.text
	.global riscv_fp_store
riscv_fp_store:
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	fsd	f\n, 8*\n(a0)
	.endr
	frcsr	t0
	sw	t0, 0(a1)
	ret

	.global riscv_fp_load
riscv_fp_load:
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	fld	f\n, 8*\n(a0)
	.endr
	fscsr	a1
	ret
