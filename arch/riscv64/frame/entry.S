// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the first instructions. OpenSBI (or U-Boot) enters at the start of the image in S-mode
 * with translation off, a0 = hart id, a1 = physical address of the devicetree; see the Linux boot
 * protocol for RISC-V.
 *
 * Position independent until translation is on: only pc-relative addresses.
 */
#include "asm.h"

	.section .keel.head, "ax"
	.global _start
_start:
	/* Linux image header, 64 bytes. */
	.option push
	.option norvc
	j	boot
	.word	0
	.option pop
	.dword	0x200000			/* text_offset: 2 MiB above the start of RAM */
	.dword	_image_end - _image_start	/* memory the image needs */
	.dword	0				/* little endian */
	.word	2				/* header version 0.2 */
	.word	0
	.dword	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.word	0

	.balign 4
boot:
	csrw	sie, zero
	csrw	sip, zero
	/*
	 * One hart boots. OpenSBI before 1.3 may send a hart that HSM starts to this entry instead
	 * of its own start address (it sets the state before the address). Such a hart must not
	 * clear memory that is in use.
	 */
	lla	t0, riscv_boot_taken
	li	t1, 1
	amoswap.w.aq t1, t1, (t0)
	bnez	t1, late
	li	t0, SSTATUS_START
	csrc	sstatus, t0
	mv	s0, a0
	mv	s1, a1
	lla	t0, park			/* a trap from here on stops the hart visibly */
	csrw	stvec, t0
	/* Clear bss. */
	lla	t0, _data_end
	lla	t1, _image_end
1:	sd	zero, 0(t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b
	lla	sp, boot_stack_top
	lla	a0, _start			/* the load address */
	call	riscv_early_map			/* a0 = satp value */
	lla	a1, _start
	lla	a2, 2f
	sub	a2, a2, a1
	li	t0, -0x80000000			/* ARCH_IMAGE_BASE */
	add	a2, a2, t0			/* virtual address of 2f */
	lla	sp, boot_stack_top
	sub	sp, sp, a1
	add	sp, sp, t0
	sfence.vma
	csrw	satp, a0
	sfence.vma
	jr	a2
2:	mv	a0, s0
	mv	a1, s1
	mv	s0, zero			/* end of the frame pointer chain */
	mv	ra, zero
	call	riscv_start
	.balign 4
park:
	wfi
	j	park
	/* Waits until this very hart is being started, then jumps to its start address. */
late:
	lla	t0, riscv_secondary_hart
1:	ld	t1, 0(t0)
	bne	t1, a0, 1b
	fence	r, rw
	lla	t0, riscv_secondary_block
	ld	a1, 0(t0)
	j	riscv_secondary_entry

	/*
	 * Another hart, started by HSM: a0 = hart id, a1 = physical address of its CPU block.
	 * Translation is off. riscv_secondary_satp holds the satp of a table that maps this page
	 * one to one as well as the kernel.
	 */
	.global riscv_secondary_entry
	.balign 4
riscv_secondary_entry:
	fence	iorw, iorw			/* orders the stores of arch_smp_start first */
	csrw	sie, zero
	csrw	sip, zero
	li	t0, SSTATUS_START
	csrc	sstatus, t0
	lla	t0, park
	csrw	stvec, t0
	lla	t0, riscv_secondary_satp
	ld	t0, 0(t0)
	lla	t1, _start
	lla	t2, 3f
	sub	t2, t2, t1
	li	t3, -0x80000000
	add	t2, t2, t3
	sfence.vma
	csrw	satp, t0
	sfence.vma
	jr	t2
3:	mv	tp, a1				/* virtual address of the CPU block */
	ld	sp, CPU_KERNEL_SP(tp)
	mv	s0, zero
	mv	ra, zero
	mv	a0, tp
	call	riscv_secondary_start
	j	park

	.section .bss
	.balign 32768
	.space	16384				/* guard: unmapped in the final tables */
	.space	16384
	.global boot_stack_top
boot_stack_top:
