// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: the start-up tables, switches between address spaces (4-level paging), and TLB flushes.
 */
#include "backend.h"

#define GIB       (1ul << 30)
#define MIB2      (1ul << 21)
#define EARLY_GIB 16u         /* coverage of the start-up map without gigabyte pages */
#define CR3_KEEP  (1ul << 63) /* with PCIDs: keep the translations of the new root */

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

	/*
	 * TRUST: start-up mappings, writable; no service runs before kernel_map_init replaces them.
	 * The first gigabyte, where this code runs, stays as it is.
	 */
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

u64 x86_prepare_secondary_map(void)
{
	kernel_half_copy(secondary_root);
	/* TRUST: low memory, executable but not writable. */
	secondary_middle[0] = 0 | PTE_P | PTE_PS;
	secondary_upper[0] = arch_virt_to_phys(secondary_middle) | PTE_P;
	secondary_root[0] = arch_virt_to_phys(secondary_upper) | PTE_P;
	return arch_virt_to_phys(secondary_root);
}

void arch_user_root_activate(paddr_t root, u64 asid, bool flush)
{
	/* TRUST: vmspace_new made the root, and a reference keeps it. */
	write_cr(3, root | asid | (x86.pcid && !flush ? CR3_KEEP : 0));
}

void arch_kernel_root_activate(void)
{
	write_cr(3, kernel_root()); /* TRUST: the root of kernel_map_init */
}

/*
 * Nothing to do: cr3 is never loaded with PCID 0 and CR3_KEEP, so the instruction that makes
 * entries of PCID 0 usable again drops the old ones.
 */
void arch_shared_asid_left(void)
{
}

enum { INVPCID_ADDRESS = 0, INVPCID_SPACE = 1 };

static void invpcid(u64 kind, u64 asid, u64 va)
{
	struct {
		u64 pcid, va;
	} d = { asid, va };

	/* TRUST: only drops translations. */
	__asm__ volatile("invpcid %0, %1" : : "m"(d), "r"(kind) : "memory");
}

void arch_tlb_flush_local(u64 asid, u64 start, u64 end)
{
	bool all = end - start > FLUSH_ALL_PAGES * PAGE_SIZE;

	if (x86.pcid && all) {
		invpcid(INVPCID_SPACE, asid, 0);
		return;
	}
	if (all) {
		write_cr(3, read_cr(3)); /* TRUST: only flushes the TLB */
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

/*
 * Instruction fetch is coherent with stores on this architecture; the serialising instruction
 * discards what was decoded already.
 */
void arch_icache_sync_local(void)
{
	(void)cpu_leaf(0, 0);
}
