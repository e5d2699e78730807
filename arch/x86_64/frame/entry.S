// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: the first instructions. A PVH loader (QEMU's -kernel) enters in 32-bit mode with paging
 * off, ebx = physical address of the start info; see Xen's PVH boot ABI (docs/misc/pvh.html). Other
 * CPUs enter at the trampoline in real mode, see smp.c.
 */
#include "asm.h"

#define PHYS(symbol) (symbol - IMAGE_BASE)

	.section .note.pvh, "a", @note
	.long	4, 4, 18			/* XEN_ELFNOTE_PHYS32_ENTRY: physical address */
	.asciz	"Xen"
	.long	PHYS(pvh_entry)

	.section .keel.head, "ax"
	.code32
	.global pvh_entry
pvh_entry:
	cld
	/* Clear bss: not all loaders do. */
	movl	$PHYS(_data_end), %edi
	movl	$PHYS(_image_end), %ecx
	subl	%edi, %ecx
	shrl	$2, %ecx
	xorl	%eax, %eax
	rep stosl
	/* The first gigabyte: one to one, in the linear map, and at the image's address. */
	movl	$PHYS(early_gigabyte), %edi
	movl	$0x83, %eax			/* present, writable, 2 MiB */
	movl	$512, %ecx
1:	movl	%eax, (%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	1b
	movl	$PHYS(early_gigabyte) + 3, PHYS(x86_early_linear)
	movl	$PHYS(early_gigabyte) + 3, PHYS(early_image) + 510 * 8
	movl	$PHYS(x86_early_linear) + 3, PHYS(early_root)
	movl	$PHYS(x86_early_linear) + 3, PHYS(early_root) + 256 * 8
	movl	$PHYS(early_image) + 3, PHYS(early_root) + 511 * 8
	movl	$PHYS(early_root), %eax
	movl	%eax, %cr3
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$MSR_EFER, %ecx
	movl	$EFER_SCE_LME_NXE, %eax
	xorl	%edx, %edx
	wrmsr
	movl	$CR0_KERNEL, %eax
	movl	%eax, %cr0
	lgdt	PHYS(boot_gdt_pointer)
	ljmp	$KERNEL_CS, $PHYS(long_mode)
	.code64
long_mode:
	movabsq	$2f, %rax
	jmp	*%rax
2:	movl	$KERNEL_DS, %eax
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movq	$boot_stack_top, %rsp
	pushq	$FLAGS_START
	popfq				/* a PVH loader need not clear AC, NT and IOPL */
	movl	%ebx, %edi
	xorl	%ebp, %ebp			/* end of the frame pointer chain */
	call	x86_start

	/*
	 * The trampoline: copied to TRAMPOLINE, entered there in real mode with cs = TRAMPOLINE >>
	 * 4. smp.c fills in the words at x86_trampoline_data.
	 */
	.section .rodata.trampoline, "a"
	.global x86_trampoline, x86_trampoline_data, x86_trampoline_end
#define HERE(symbol) (symbol - x86_trampoline + TRAMPOLINE)
	.balign 16
	.code16
x86_trampoline:
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	trampoline_gdt_pointer - x86_trampoline
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	x86_trampoline_data - x86_trampoline, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	$EFER_SCE_LME_NXE, %eax
	xorl	%edx, %edx
	wrmsr
	movl	$CR0_KERNEL, %eax
	movl	%eax, %cr0
	ljmpl	$KERNEL_CS, $HERE(trampoline_long)
	.code64
trampoline_long:
	movl	$KERNEL_DS, %eax
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movq	HERE(x86_trampoline_data) + 8, %rdi	/* the CPU's block */
	movq	CPU_KERNEL_SP(%rdi), %rsp
	pushq	$FLAGS_START
	popfq
	xorl	%ebp, %ebp
	movq	$x86_secondary_start, %rax
	call	*%rax
	.balign 8
trampoline_gdt_pointer:
	.word	trampoline_gdt_end - trampoline_gdt - 1
	.long	HERE(trampoline_gdt)
	.balign 8
trampoline_gdt:
	.quad	0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
trampoline_gdt_end:
x86_trampoline_data:
	.quad	0				/* page table */
	.quad	0				/* block */
x86_trampoline_end:

	.section .rodata
	.balign 8
boot_gdt_pointer:
	.word	boot_gdt_end - boot_gdt - 1
	.long	PHYS(boot_gdt)
	.balign 8
boot_gdt:
	.quad	0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
boot_gdt_end:

	/* The devicetree of a PC, which tree.c completes in place. */
	.data
	.global x86_builtin_tree
	.balign 8
x86_builtin_tree:
	.incbin PC_DTB

	.section .bss
	.balign 4096
early_root:
	.space	4096
	.global x86_early_linear
x86_early_linear:
	.space	4096
early_image:
	.space	4096
early_gigabyte:
	.space	4096
	.balign 32768
	.space	16384				/* guard: unmapped in the final tables */
	.space	16384
	.global boot_stack_top
boot_stack_top:
