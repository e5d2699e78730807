// SPDX-License-Identifier: MPL-2.0
/*
 * A kernel that does nothing: a RISC-V Linux image that prints the time counter at its first instruction (`FIRMWARE 0x<ticks>`) and powers off. What the
 * firmware takes before any kernel is subtracted from the time to init.
 */
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
