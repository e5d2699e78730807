// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: the kernel's own address space (4-level paging) and the switches between address spaces.
 *
 * Trust: no page is mapped writable and executable; text and read-only data are read-only in the linear map as well; the top levels of the kernel half are complete
 *        after arch_mmu_init, so all user roots share them for ever.
 */
#include "backend.h"

#define KERNEL_BITS (PTE_P | PTE_A | PTE_D | PTE_G)
#define GIB         (1ul << 30)
#define MIB2        (1ul << 21)
#define EARLY_GIB   16u /* what the start-up map shows without gigabyte pages */
#define CR3_KEEP    (1ul << 63) /* with PCIDs: keep the translations of the new one */

static pte_t *kernel_root;
extern pte_t x86_early_linear[512];
static pte_t early_tables[EARLY_GIB][512] __attribute__((aligned(4096)));
static pte_t secondary_root[512] __attribute__((aligned(4096))); /* in the image, so below 4 GiB */
static pte_t secondary_upper[512] __attribute__((aligned(4096)));
static pte_t secondary_middle[512] __attribute__((aligned(4096)));

u64 x86_early_end(void)
{
	return x86.gbpages ? ARCH_LINEAR_SIZE : EARLY_GIB * GIB;
}

void x86_extend_early_map(void)
{
	u64 i, k;

	/* TRUST: start-up mappings, writable; no service runs before arch_mmu_init replaces them. The first gigabyte, where we run, stays as it is. */
	for (i = 1; i < x86_early_end() / GIB; i++) {
		if (x86.gbpages) {
			x86_early_linear[i] = i * GIB | PTE_P | PTE_W | PTE_PS | PTE_NX;
			continue;
		}
		for (k = 0; k < 512; k++)
			early_tables[i][k] = (i * GIB + k * MIB2) | PTE_P | PTE_W | PTE_PS | PTE_NX;
		x86_early_linear[i] = pte_table(arch_virt_to_phys(early_tables[i]));
	}
}

static pte_t *new_table(void)
{
	return arch_phys_to_virt(bootmem_alloc(PAGE_SIZE, PAGE_SIZE));
}

/* The table that @e points to, made if it is empty. Boot time only. */
static pte_t *down(pte_t *e)
{
	if (!pte_present(*e))
		*e = arch_virt_to_phys(new_table()) | PTE_P | PTE_W | PTE_A; /* TRUST: no user bit above the kernel half */
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
		pte_t *l2 = down(&kernel_root[idx(va, 3)]), *l1, *l0;
		if (x86.gbpages && ((va | pa) & (GIB - 1)) == 0 && size >= GIB) {
			l2[idx(va, 2)] = pa | bits | PTE_PS; /* TRUST: RAM or image, as asked below */
			va += GIB, pa += GIB, size -= GIB;
			continue;
		}
		l1 = down(&l2[idx(va, 2)]);
		if (((va | pa) & (MIB2 - 1)) == 0 && size >= MIB2) {
			l1[idx(va, 1)] = pa | bits | PTE_PS; /* TRUST: as above */
			va += MIB2, pa += MIB2, size -= MIB2;
			continue;
		}
		l0 = down(&l1[idx(va, 1)]);
		l0[idx(va, 0)] = pa | bits; /* TRUST: as above */
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
		boot_map(ARCH_LINEAR_BASE + start, start, cut - start, KERNEL_BITS | PTE_NX | (ro ? 0 : PTE_W));
		start = cut;
	}
}

static void map_image(void)
{
	u64 base = (u64)_image_start, text = (u64)_text_end, ro = (u64)_rodata_end, end = (u64)_image_end;
	u64 guard = (u64)boot_stack_top - 32768;

	boot_map(base, base - IMAGE_BASE, text - base, KERNEL_BITS);
	boot_map(text, text - IMAGE_BASE, ro - text, KERNEL_BITS | PTE_NX);
	boot_map(ro, ro - IMAGE_BASE, guard - ro, KERNEL_BITS | PTE_NX | PTE_W);
	guard += 16384;
	boot_map(guard, guard - IMAGE_BASE, end - guard, KERNEL_BITS | PTE_NX | PTE_W);
}

/* The middle tables of [start, start + size), one for each gigabyte. */
static void prepare_range(u64 start, u64 size)
{
	u64 va;

	for (va = start; va < start + size; va += GIB)
		(void)down(&down(&kernel_root[idx(va, 3)])[idx(va, 2)]);
}

void arch_mmu_init(const struct mem_range *ram, unsigned n)
{
	unsigned i;

	kernel_root = new_table();
	for (i = 0; i < n; i++)
		map_linear(ram[i].start, ram[i].end, arch_virt_to_phys(_image_start), arch_virt_to_phys(_rodata_end));
	map_image();
	prepare_range(ARCH_POOL_BASE, ARCH_POOL_SIZE);
	prepare_range(ARCH_KMAP_BASE, ARCH_KMAP_SIZE);
	write_cr(3, arch_virt_to_phys(kernel_root)); /* TRUST: maps the running code and stack at the same addresses */
}

u64 x86_kernel_root(void)
{
	return arch_virt_to_phys(kernel_root);
}

u64 x86_prepare_secondary_map(void)
{
	arch_user_root_init(secondary_root);
	secondary_middle[0] = 0 | PTE_P | PTE_PS; /* TRUST: low memory, executable but not writable */
	secondary_upper[0] = arch_virt_to_phys(secondary_middle) | PTE_P;
	secondary_root[0] = arch_virt_to_phys(secondary_upper) | PTE_P;
	return arch_virt_to_phys(secondary_root);
}

void arch_user_root_init(pte_t *root)
{
	unsigned i;

	for (i = 256; i < 512; i++)
		root[i] = kernel_root[i];
}

/* The middle-level entry for @va in the pool or kmap range, whose upper tables are there. */
static pte_t *middle_entry(u64 va)
{
	pte_t *l2 = arch_phys_to_virt(pte_paddr(kernel_root[idx(va, 3)]));
	pte_t *l1 = arch_phys_to_virt(pte_paddr(l2[idx(va, 2)]));

	return &l1[idx(va, 1)];
}

int arch_kernel_map(u64 va, paddr_t pa, u32 kprot)
{
	pte_t *e = middle_entry(va);
	pte_t *l0;
	u64 bits = KERNEL_BITS | PTE_NX | (kprot & KPROT_WRITE ? PTE_W : 0) | (kprot & KPROT_DEVICE ? PTE_PCD : 0);

	if (!pte_present(*e)) {
		paddr_t table = page_alloc_frame();
		if (!table)
			return -ENOMEM;
		*e = table | PTE_P | PTE_W | PTE_A;
	}
	l0 = arch_phys_to_virt(pte_paddr(*e));
	/* TRUST: only frame/mm calls this, with frame-owned pages or device ranges, never executable. */
	l0[idx(va, 0)] = pa | bits;
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
	return 0;
}

void arch_kernel_unmap(u64 va)
{
	pte_t *e = middle_entry(va);

	if (pte_present(*e))
		((pte_t *)arch_phys_to_virt(pte_paddr(*e)))[idx(va, 0)] = 0;
}

paddr_t arch_kernel_lookup(u64 va)
{
	pte_t *e = middle_entry(va);

	return pte_present(*e) ? pte_paddr(((pte_t *)arch_phys_to_virt(pte_paddr(*e)))[idx(va, 0)]) : 0;
}

void arch_user_root_activate(paddr_t root, u64 asid, bool flush)
{
	write_cr(3, root | asid | (x86.pcid && !flush ? CR3_KEEP : 0)); /* TRUST: a root made by vmspace_new, kept by its reference */
}

void arch_kernel_root_activate(void)
{
	write_cr(3, arch_virt_to_phys(kernel_root));
}

#define FLUSH_ALL_PAGES 64 /* from this many pages on the whole address space goes at once */

enum { INVPCID_ADDRESS = 0, INVPCID_SPACE = 1 };

static void invpcid(u64 kind, u64 asid, u64 va)
{
	struct {
		u64 pcid, va;
	} d = { asid, va };

	__asm__ volatile("invpcid %0, %1" : : "m"(d), "r"(kind) : "memory"); /* TRUST: forgets only */
}

void arch_tlb_flush_local(u64 asid, u64 start, u64 end)
{
	bool all = end - start > FLUSH_ALL_PAGES * PAGE_SIZE;

	if (x86.pcid && all) {
		invpcid(INVPCID_SPACE, asid, 0);
		return;
	}
	if (all) {
		write_cr(3, read_cr(3)); /* TRUST: no change but to the TLB */
		return;
	}
	if (!x86.pcid || (read_cr(3) & 0xfff) == asid) {
		for (; start < end; start += PAGE_SIZE)
			__asm__ volatile("invlpg (%0)" : : "r"(start) : "memory");
		return;
	}
	for (; start < end; start += PAGE_SIZE)
		invpcid(INVPCID_ADDRESS, asid, start);
}

/* Fetches are coherent with stores here; the serialising is for what was decoded already. */
void arch_icache_sync_local(void)
{
	(void)cpu_leaf(0, 0);
}
