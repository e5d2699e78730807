// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: switches between address spaces (Sv39), and the flushes of TLBs and instruction caches.
 *
 * A fence with an address covers only the leaf entry of that address; a fence without one also
 * covers the tables above (privileged specification, 4.2.1: sfence.vma). Entries of upper tables
 * change as follows:
 *
 * - A table is freed only with its address space. tlb_retire flushes the space's ASID, without an
 *   address, on all harts that had it (end is ~0; the firmware's fence gets start and size 0). ASID
 *   0 is flushed when a hart enters a space that uses it and when the hart leaves the space. The
 *   kernel's tables are never freed.
 * - A table is added at any time. Harts without Svvptc may have cached that it was absent, and are
 *   not notified. A hart that faults on a user address maps the page once more; vmspace_map finds
 *   it mapped and flushes all of the ASID (arch_tlb_flush_absent_local). A hart that faults on a
 *   kernel address flushes everything (kernel_map_refresh). Before a task gets a stack, where no
 *   fault may occur, all harts flush everything (arch_kernel_flush_absent: size ~0).
 * - A root is loaded into satp. A new root has an ASID that was flushed when the last space with it
 *   was freed, or at boot (boot.c), or ASID 0.
 */
#include "backend.h"
#include "sbi.h"

#define GIB (1ul << 30)

/*
 * Read by harts that have no translation yet. Not in .bss, which the boot hart clears while another
 * hart may already read these.
 */
#define IN_DATA __attribute__((section(".data")))
u64 riscv_secondary_satp IN_DATA;
u64 riscv_secondary_hart IN_DATA = ~0ul; /* the hart that is being started, and its CPU block */
u64 riscv_secondary_block IN_DATA;
u32 riscv_boot_taken IN_DATA;

/*
 * Makes a root that shares the kernel half and maps the image's entry one to one: harts start with
 * translation off at a physical address. Returns its physical address, 0: no memory.
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
 * On other harts the fence covers leaf entries only, unless the range is everything. The local
 * fence always covers everything, because it is cheap. kernel_unmap changes leaf entries only.
 * After kmap_device another hart may have cached that a table is absent; it then faults once.
 */
void arch_kernel_flush(u64 start, u64 end)
{
	__asm__ volatile("sfence.vma" : : : "memory");
	if (riscv_errata & ERRATUM_CIP_1200)
		start = 0, end = ~0ul;
	if (nr_cpus > 1)
		riscv_fence_done(sbi_call(SBI_RFENCE, 1, 0, ~0ul, start, end - start, 0).error);
}

/* Flushes all entries of the ASID on this hart; everything where only that is safe. */
static void tlb_flush_asid(u64 asid)
{
	if (riscv_errata & ERRATUM_CIP_1200)
		__asm__ volatile("sfence.vma" : : : "memory");
	else
		__asm__ volatile("sfence.vma x0, %0" : : "r"(asid) : "memory");
}

void arch_user_root_activate(paddr_t root, u64 asid, bool flush)
{
	/* TRUST: vmspace_new made the root, and a reference keeps it. */
	csr_write(satp, 8ul << 60 | asid << 44 | root >> 12);
	if (flush || !riscv_asid_bits)
		tlb_flush_asid(asid);
}

void arch_kernel_root_activate(void)
{
	csr_write(satp, riscv_kernel_satp());
	if (!riscv_asid_bits)
		__asm__ volatile("sfence.vma" : : : "memory");
}

/* Without ASIDs, the switch has flushed everything. */
void arch_shared_asid_left(void)
{
	if (riscv_asid_bits)
		tlb_flush_asid(0);
}

#define FLUSH_ALL_PAGES 64 /* more pages than this: flush the whole address space */

void arch_tlb_flush_local(u64 asid, u64 start, u64 end)
{
	if (end - start > FLUSH_ALL_PAGES * PAGE_SIZE || (riscv_errata & ERRATUM_CIP_1200)) {
		tlb_flush_asid(asid);
		return;
	}
	/* Leaf entries only: see the top. */
	for (; start < end; start += PAGE_SIZE)
		__asm__ volatile("sfence.vma %0, %1" : : "r"(start), "r"(asid) : "memory");
}

void arch_icache_sync_local(void)
{
	__asm__ volatile("fence.i" : : : "memory");
}
