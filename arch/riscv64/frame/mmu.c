// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: switches between address spaces (Sv39), and what TLBs and instruction caches must
 * forget.
 *
 * A fence with an address is for the leaf entry of that address; only one without is for the tables
 * above, too (privileged specification, 4.2.1: sfence.vma). Entries of these change like this:
 *
 * - A table goes only with its address space, whose ASID is flushed without an address on all harts
 *   that had it (tlb_retire: end is ~0; the firmware's fence has start and size 0). Under ASID 0 it
 *   is when a hart comes and when it leaves. The kernel's tables never go.
 * - A table comes at any time, and harts may remember that it was not there, unless they have
 *   Svvptc. Nobody tells them. A hart that faults on a user's address maps the page once more,
 *   and vmspace_map, which finds it mapped, drops all of the ASID (arch_tlb_flush_absent_local); one
 *   that faults on an address of the kernel drops all (kernel_map_refresh). Before a task gets a
 *   stack, where no fault may come, all harts drop all (arch_kernel_flush_absent: size ~0).
 * - A root comes with satp. A new root has an ASID that was flushed when the last space with it
 *   went, or before the first (boot.c), or ASID 0.
 */
#include "backend.h"
#include "sbi.h"

#define GIB (1ul << 30)

/*
 * Read by harts that have no translation yet; not in .bss, which the booting hart clears while
 * another may already look.
 */
#define IN_DATA __attribute__((section(".data")))
u64 riscv_secondary_satp IN_DATA;
u64 riscv_secondary_hart IN_DATA = ~0ul; /* the hart that is being started, and its CPU block */
u64 riscv_secondary_block IN_DATA;
u32 riscv_boot_taken IN_DATA;

/*
 * A root that shares the kernel half and maps the image's entry one to one: harts start with
 * translation off at a physical address.
 */
u64 riscv_prepare_secondary_map(void)
{
	paddr_t root_pa = page_alloc_frame();
	u64 phys = riscv_image_phys();
	pte_t *root;

	if (!root_pa)
		return 0;
	root = arch_phys_to_virt(root_pa);
	kernel_half_copy(root);
	/* TRUST: not writable; freed after bring-up. */
	root[phys >> 30 & 511] = pte_kernel(phys & ~(GIB - 1), VM_READ | VM_EXEC, false, 2);
	riscv_secondary_satp = 8ul << 60 | root_pa >> 12;
	return root_pa;
}

u64 riscv_kernel_satp(void)
{
	return 8ul << 60 | kernel_root() >> 12;
}

/*
 * Other harts: of leaf entries, unless it is everything. Here always everything, for one hart's
 * fence is cheap. Whoever unmaps changes leaf entries only; of what kmap_device maps, another hart
 * may still know that a table is missing, and faults once.
 */
void arch_kernel_flush(u64 start, u64 end)
{
	__asm__ volatile("sfence.vma" : : : "memory");
	if (riscv_errata & ERRATUM_CIP_1200)
		start = 0, end = ~0ul;
	if (nr_cpus > 1)
		riscv_fence_done(sbi_call(SBI_RFENCE, 1, 0, ~0ul, start, end - start, 0).error);
}

/* All entries of the ASID on this hart; more where only that is safe. */
static void flush_asid(u64 asid)
{
	if (riscv_errata & ERRATUM_CIP_1200)
		__asm__ volatile("sfence.vma" : : : "memory");
	else
		__asm__ volatile("sfence.vma x0, %0" : : "r"(asid) : "memory");
}

void arch_user_root_activate(paddr_t root, u64 asid, bool flush)
{
	/* TRUST: a root made by vmspace_new, kept by its reference. */
	csr_write(satp, 8ul << 60 | asid << 44 | root >> 12);
	if (flush || !riscv_asid_bits)
		flush_asid(asid);
}

void arch_kernel_root_activate(void)
{
	csr_write(satp, riscv_kernel_satp());
	if (!riscv_asid_bits)
		__asm__ volatile("sfence.vma" : : : "memory");
}

/* Without ASIDs, the switch has dropped all. */
void arch_shared_asid_left(void)
{
	if (riscv_asid_bits)
		flush_asid(0);
}

#define FLUSH_ALL_PAGES 64 /* from this many pages on the whole address space goes at once */

void arch_tlb_flush_local(u64 asid, u64 start, u64 end)
{
	if (end - start > FLUSH_ALL_PAGES * PAGE_SIZE || (riscv_errata & ERRATUM_CIP_1200)) {
		flush_asid(asid);
		return;
	}
	/* Leaf entries: see the top. */
	for (; start < end; start += PAGE_SIZE)
		__asm__ volatile("sfence.vma %0, %1" : : "r"(start), "r"(asid) : "memory");
}

void arch_icache_sync_local(void)
{
	__asm__ volatile("fence.i" : : : "memory");
}
