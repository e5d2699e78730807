// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the kernel's own address space (Sv39) and the switches between address spaces.
 *
 * Trust: no page is mapped writable and executable; text and read-only data are read-only in the linear map as well; the top level of the kernel
 *        half is complete after arch_mmu_init, so all user roots share it for ever.
 */
#include "backend.h"
#include "sbi.h"

#define KERNEL_BITS (PTE_V | PTE_A | PTE_D | PTE_G)
#define GIB         (1ul << 30)
#define MIB2        (1ul << 21)

static pte_t *kernel_root;
static u64 kernel_satp;
/* Read by harts that have no translation yet; not in .bss, which the booting hart clears while another may already look. */
#define IN_DATA __attribute__((section(".data")))
u64 riscv_secondary_satp IN_DATA;
u64 riscv_secondary_hart IN_DATA = ~0ul; /* the hart that is being started, and its CPU block */
u64 riscv_secondary_block IN_DATA;
u32 riscv_boot_taken IN_DATA;

static pte_t *new_table(void)
{
	return arch_phys_to_virt(bootmem_alloc(PAGE_SIZE, PAGE_SIZE));
}

/* The table that @e points to, made if it is empty. Boot time only. */
static pte_t *down(pte_t *e)
{
	if (!pte_present(*e))
		*e = pte_table(arch_virt_to_phys(new_table()));
	return arch_phys_to_virt(pte_paddr(*e));
}

static unsigned idx(u64 va, unsigned level)
{
	return va >> ARCH_PT_SHIFT(level) & 511;
}

/* Maps [va, va+size) to pa with pages of any size that fits. Boot time only. */
static void boot_map(u64 va, u64 pa, u64 size, u64 bits)
{
	while (size) {
		pte_t *l1, *l0;
		if (((va | pa) & (GIB - 1)) == 0 && size >= GIB) {
			kernel_root[idx(va, 2)] = _pte(pa, bits); /* TRUST: RAM or image, as asked below */
			va += GIB, pa += GIB, size -= GIB;
			continue;
		}
		l1 = down(&kernel_root[idx(va, 2)]);
		if (((va | pa) & (MIB2 - 1)) == 0 && size >= MIB2) {
			l1[idx(va, 1)] = _pte(pa, bits); /* TRUST: as above */
			va += MIB2, pa += MIB2, size -= MIB2;
			continue;
		}
		l0 = down(&l1[idx(va, 1)]);
		l0[idx(va, 0)] = _pte(pa, bits); /* TRUST: as above */
		va += PAGE_SIZE, pa += PAGE_SIZE, size -= PAGE_SIZE;
	}
}

/* Linear map of [start, end), read-only where it is the image's text or read-only data. */
static void map_linear(paddr_t start, paddr_t end, paddr_t ro_start, paddr_t ro_end)
{
	paddr_t cut;

	while (start < end) {
		bool ro = start >= ro_start && start < ro_end;
		cut = ro ? min(end, ro_end) : start < ro_start ? min(end, ro_start) : end;
		boot_map(ARCH_LINEAR_BASE + start, start, cut - start, KERNEL_BITS | PTE_R | (ro ? 0 : PTE_W));
		start = cut;
	}
}

static void map_image(void)
{
	u64 phys = riscv_image_phys();
	u64 base = (u64)_image_start;
	u64 text = (u64)_text_end - base, ro = (u64)_rodata_end - base, end = (u64)_image_end - base;
	u64 guard = (u64)boot_stack_top - 32768 - base;

	boot_map(base, phys, text, KERNEL_BITS | PTE_R | PTE_X);
	boot_map(base + text, phys + text, ro - text, KERNEL_BITS | PTE_R);
	boot_map(base + ro, phys + ro, guard - ro, KERNEL_BITS | PTE_R | PTE_W);
	boot_map(base + guard + 16384, phys + guard + 16384, end - guard - 16384, KERNEL_BITS | PTE_R | PTE_W);
}

void arch_mmu_init(const struct mem_range *ram, unsigned n)
{
	u64 phys = riscv_image_phys();
	u64 va;
	unsigned i;

	kernel_root = new_table();
	for (i = 0; i < n; i++)
		map_linear(ram[i].start, ram[i].end, phys, phys + (u64)(_rodata_end - _image_start));
	map_image();
	/* One table for each gigabyte of the pool and kmap ranges: the top level never changes again. */
	for (va = ARCH_POOL_BASE; va < ARCH_POOL_BASE + ARCH_POOL_SIZE; va += GIB)
		(void)down(&kernel_root[idx(va, 2)]);
	for (va = ARCH_KMAP_BASE; va < ARCH_KMAP_BASE + ARCH_KMAP_SIZE; va += GIB)
		(void)down(&kernel_root[idx(va, 2)]);
	kernel_satp = 8ul << 60 | arch_virt_to_phys(kernel_root) >> 12;
	csr_write(satp, kernel_satp); /* TRUST: maps the running code and stack at the same addresses */
	__asm__ volatile("sfence.vma" : : : "memory");
}

/* A root that shares the kernel half and maps the image's entry one to one: harts start with translation off at a physical address. */
u64 riscv_prepare_secondary_map(void)
{
	paddr_t root_pa = page_alloc_frame();
	u64 phys = riscv_image_phys();
	pte_t *root;

	if (!root_pa)
		return 0;
	root = arch_phys_to_virt(root_pa);
	arch_user_root_init(root);
	root[idx(phys, 2)] = _pte(phys & ~(GIB - 1), KERNEL_BITS | PTE_R | PTE_X); /* TRUST: not writable; freed after bring-up */
	riscv_secondary_satp = 8ul << 60 | root_pa >> 12;
	return root_pa;
}

u64 riscv_kernel_satp(void)
{
	return kernel_satp;
}

void arch_user_root_init(pte_t *root)
{
	unsigned i;

	for (i = 256; i < 512; i++)
		root[i] = kernel_root[i];
}

int arch_kernel_map(u64 va, paddr_t pa, u32 kprot)
{
	pte_t *l1 = arch_phys_to_virt(pte_paddr(kernel_root[idx(va, 2)]));
	pte_t *e = &l1[idx(va, 1)];
	pte_t *l0;
	u64 bits = KERNEL_BITS | PTE_R | (kprot & KPROT_WRITE ? PTE_W : 0);

	if (!pte_present(*e)) {
		paddr_t table = page_alloc_frame();
		if (!table)
			return -ENOMEM;
		*e = pte_table(table);
	}
	l0 = arch_phys_to_virt(pte_paddr(*e));
	/* TRUST: only frame/mm calls this, with frame-owned pages or device ranges, never executable. Device ranges are uncached by their physical attributes. */
	l0[idx(va, 0)] = _pte(pa, bits);
	__asm__ volatile("sfence.vma %0" : : "r"(va) : "memory");
	return 0;
}

void arch_kernel_unmap(u64 va)
{
	pte_t *l1 = arch_phys_to_virt(pte_paddr(kernel_root[idx(va, 2)]));
	pte_t *l0;

	if (!pte_present(l1[idx(va, 1)]))
		return;
	l0 = arch_phys_to_virt(pte_paddr(l1[idx(va, 1)]));
	l0[idx(va, 0)] = 0;
}

paddr_t arch_kernel_lookup(u64 va)
{
	pte_t *l1 = arch_phys_to_virt(pte_paddr(kernel_root[idx(va, 2)]));
	pte_t *l0;

	if (!pte_present(l1[idx(va, 1)]))
		return 0;
	l0 = arch_phys_to_virt(pte_paddr(l1[idx(va, 1)]));
	return pte_present(l0[idx(va, 0)]) ? pte_paddr(l0[idx(va, 0)]) : 0;
}

void arch_kernel_flush(u64 start, u64 end)
{
	__asm__ volatile("sfence.vma" : : : "memory");
	if (nr_cpus > 1)
		(void)sbi_call(SBI_RFENCE, 1, 0, ~0ul, start, end - start, 0);
}

void arch_user_root_activate(paddr_t root, u64 asid, bool flush)
{
	csr_write(satp, 8ul << 60 | asid << 44 | root >> 12); /* TRUST: a root made by vmspace_new, kept by its reference */
	if (flush || !riscv_asid_bits)
		__asm__ volatile("sfence.vma x0, %0" : : "r"(asid) : "memory");
}

void arch_kernel_root_activate(void)
{
	csr_write(satp, kernel_satp);
	if (!riscv_asid_bits)
		__asm__ volatile("sfence.vma" : : : "memory");
}

#define FLUSH_ALL_PAGES 64 /* from this many pages on the whole address space goes at once */

void arch_tlb_flush_local(u64 asid, u64 start, u64 end)
{
	if (end - start > FLUSH_ALL_PAGES * PAGE_SIZE) {
		__asm__ volatile("sfence.vma x0, %0" : : "r"(asid) : "memory");
		return;
	}
	for (; start < end; start += PAGE_SIZE)
		__asm__ volatile("sfence.vma %0, %1" : : "r"(start), "r"(asid) : "memory");
}

void arch_icache_sync_local(void)
{
	__asm__ volatile("fence.i" : : : "memory");
}
