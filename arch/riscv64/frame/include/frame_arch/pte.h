// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the format of Sv39 page table entries (privileged specification, 4.3 and 4.4). Private
 * to the frame.
 */
#ifndef FRAME_ARCH_PTE_H
#define FRAME_ARCH_PTE_H

#include <frame/types.h>
#include <frame/vmspace.h>

typedef u64 pte_t;

#define PTE_V         0x01ul
#define PTE_R         0x02ul
#define PTE_W         0x04ul
#define PTE_X         0x08ul
#define PTE_U         0x10ul
#define PTE_G         0x20ul
#define PTE_A         0x40ul
#define PTE_D         0x80ul
#define PTE_HELD      0x100ul /* software: keeps an invalid entry from being zero */
#define PTE_PPN_SHIFT 10
#define PTE_PPN_MASK  (((1ul << 44) - 1) << PTE_PPN_SHIFT)

#define ARCH_PT_LEVELS   3
#define ARCH_PT_SHIFT(l) (12 + 9 * (l))

static always_inline pte_t _pte(u64 pa, u64 bits)
{
	return (pa >> 12 << PTE_PPN_SHIFT) | bits;
}
/*
 * Whether the entry holds a page or table. A page without rights (PROT_NONE) is held, but the entry
 * is not valid for the hardware.
 */
static inline bool pte_present(pte_t e)
{
	return e != 0;
}
static inline pte_t pte_table(u64 table)
{
	return _pte(table, PTE_V);
}
/*
 * A is always set, and D on every writable leaf, because cores without hardware updates (U74) fault
 * on a clear bit. Write implies read.
 */
static inline pte_t pte_user_leaf(u64 pa, u32 prot)
{
	u64 bits = PTE_V | PTE_U | PTE_A;

	if (!(prot & (VM_READ | VM_WRITE | VM_EXEC)))
		return _pte(pa, PTE_HELD);
	if (prot & (VM_READ | VM_WRITE))
		bits |= PTE_R;
	if (prot & VM_WRITE)
		bits |= PTE_W | PTE_D;
	if (prot & VM_EXEC)
		bits |= PTE_X;
	return _pte(pa, bits);
}
/*
 * A kernel page. Physical memory attributes identify devices on this architecture, so @device is
 * unused.
 */
static inline pte_t pte_kernel(u64 pa, u32 prot, bool device, unsigned level)
{
	(void)device;
	(void)level;
	return _pte(pa,
		PTE_V | PTE_A | PTE_D | PTE_G | PTE_R | (prot & VM_WRITE ? PTE_W : 0) |
			(prot & VM_EXEC ? PTE_X : 0));
}
static inline pte_t pte_kernel_table(u64 table)
{
	return pte_table(table);
}
/* Gigabyte pages. */
static inline unsigned arch_largest_page_level(void)
{
	return 2;
}
static inline u64 pte_paddr(pte_t e)
{
	return (e & PTE_PPN_MASK) >> PTE_PPN_SHIFT << 12;
}
static inline u32 pte_user_prot(pte_t e)
{
	return (e & PTE_R ? VM_READ : 0) | (e & PTE_W ? VM_WRITE : 0) | (e & PTE_X ? VM_EXEC : 0);
}
#endif
