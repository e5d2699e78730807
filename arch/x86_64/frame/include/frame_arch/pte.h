// SPDX-License-Identifier: MPL-2.0
/* x86_64: the format of page table entries (Intel SDM volume 3, 4.5). Private to the frame. */
#ifndef FRAME_ARCH_PTE_H
#define FRAME_ARCH_PTE_H

#include <frame/types.h>
#include <frame/vmspace.h>

typedef u64 pte_t;

#define PTE_P    0x001ul
#define PTE_W    0x002ul
#define PTE_U    0x004ul
#define PTE_PCD  0x010ul
#define PTE_A    0x020ul
#define PTE_D    0x040ul
#define PTE_PS   0x080ul /* a page of 2 MiB or 1 GiB, above the leaf level */
#define PTE_G    0x100ul
#define PTE_HELD 0x200ul /* software: keeps an entry without rights from being zero */
#define PTE_NX   (1ul << 63)
#define PTE_ADDR 0x000ffffffffff000ul

#define ARCH_PT_LEVELS   4
#define ARCH_PT_SHIFT(l) (12 + 9 * (l))

/*
 * Whether the entry holds a page or table. A page without rights (PROT_NONE) is held, but not
 * present for the hardware.
 */
static inline bool pte_present(pte_t e)
{
	return e != 0;
}
static inline pte_t pte_table(u64 table)
{
	return table | PTE_P | PTE_W | PTE_U | PTE_A;
}
/*
 * A and D are set in advance, so the hardware never writes to the tables. Every right implies read.
 */
static inline pte_t pte_user_leaf(u64 pa, u32 prot)
{
	u64 bits = PTE_P | PTE_U | PTE_A;

	if (!(prot & (VM_READ | VM_WRITE | VM_EXEC)))
		return pa | PTE_HELD;
	if (prot & VM_WRITE)
		bits |= PTE_W | PTE_D;
	if (!(prot & VM_EXEC))
		bits |= PTE_NX;
	return pa | bits;
}
/* A kernel page. */
static inline pte_t pte_kernel(u64 pa, u32 prot, bool device, unsigned level)
{
	return pa | PTE_P | PTE_A | PTE_D | PTE_G | (prot & VM_WRITE ? PTE_W : 0) |
		(prot & VM_EXEC ? 0 : PTE_NX) | (device ? PTE_PCD : 0) | (level ? PTE_PS : 0);
}
/* Without the user bit: user mode cannot access anything below. */
static inline pte_t pte_kernel_table(u64 table)
{
	return table | PTE_P | PTE_W | PTE_A;
}
extern unsigned x86_largest_page_level;
static inline unsigned arch_largest_page_level(void)
{
	return x86_largest_page_level;
}
static inline u64 pte_paddr(pte_t e)
{
	return e & PTE_ADDR;
}
static inline u32 pte_user_prot(pte_t e)
{
	return !(e & PTE_P) ? 0 : VM_READ | (e & PTE_W ? VM_WRITE : 0) | (e & PTE_NX ? 0 : VM_EXEC);
}

#endif
