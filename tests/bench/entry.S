// SPDX-License-Identifier: MPL-2.0
/*
 * A kernel that does nothing: an image for the boot path of the architecture that prints the time counter at its first instruction (`FIRMWARE 0x<ticks>`) and
 * ends the machine. What the firmware takes before any kernel is subtracted from the time to init.
 */
#ifdef __riscv
	.section .text
	.option norvc
	.global _start
_start:
	rdtime	s1
	j	go
	.dword	0x200000	/* text offset */
	.dword	end - _start
	.dword	0
	.word	2
	.word	0
	.dword	0
	.dword	0x5643534952
	.word	0x05435352
	.word	0
go:
	la	s2, text
1:	lbu	a0, 0(s2)
	beqz	a0, 2f
	li	a7, 1		/* legacy console putchar */
	ecall
	addi	s2, s2, 1
	j	1b
2:	li	s3, 60
3:	srl	a0, s1, s3
	andi	a0, a0, 15
	li	t0, 10
	addi	t1, a0, 48
	bltu	a0, t0, 4f
	addi	t1, a0, 87
4:	mv	a0, t1
	li	a7, 1
	ecall
	addi	s3, s3, -4
	bgez	s3, 3b
	li	a0, 10
	li	a7, 1
	ecall
	li	a7, 8		/* legacy shutdown */
	ecall
5:	wfi
	j	5b
text:	.asciz	"FIRMWARE 0x"
	.balign 8
end:
#else
	/* PVH: 32-bit protected mode, flat segments. */
	.section .note.pvh, "a", @note
	.long	4, 4, 18
	.asciz	"Xen"
	.long	_start
	.text
	.code32
	.global _start
_start:
	rdtsc
	movl	%eax, %edi
	movl	%edx, %ebp
	movw	$0x3f8, %dx		/* COM1 */
	movl	$text, %esi
1:	lodsb
	testb	%al, %al
	jz	2f
	outb	%al, %dx
	jmp	1b
2:	movl	$16, %ecx
3:	movl	%ebp, %eax		/* the upper half first: its leftmost digit */
	shrl	$28, %eax
	cmpb	$10, %al
	jb	4f
	addb	$39, %al
4:	addb	$48, %al
	outb	%al, %dx
	shldl	$4, %edi, %ebp
	shll	$4, %edi
	loop	3b
	movb	$10, %al
	outb	%al, %dx
	outl	%eax, $0xf4		/* isa-debug-exit */
5:	hlt
	jmp	5b
text:	.asciz	"FIRMWARE 0x"
#endif
