// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: caches that a device does not see. Lines go to memory by the cores' own instructions
 * (Zicbom, RISC-V cache management operations 1.0) or, where the cores have none, by the registers
 * of SiFive's L2 cache, which holds all that the cores' own caches hold and takes it from them.
 *
 * Lines are never thrown away without being written back (cbo.inval): that would bring back what
 * memory held before, which may have been somebody else's.
 */
#include <frame/device.h>

#include "backend.h"

/*
 * SiFive FU540-C000 and FU740-C000 manuals, L2 cache controller; the JH7110's is of the same kind.
 * A physical address written to Flush64 has its line written back and dropped; it must be of memory
 * behind the cache. The controller's interrupts tell of faults in its own memory and stay off.
 */
#define L2_FLUSH64 0x200ul
#define L2_LINE    64u

static u32 line;
static volatile u8 *flush64; /* NULL: by instructions */

/* What all harts say, 0: nothing, or not the same. */
static u32 zicbom_line(void)
{
	struct dt_node *n;
	u32 all = 0, one;

	if (!riscv_all_have(LIT("zicbom")))
		return 0;
	for (n = dt_first_child(dt_find(STR("/cpus"))); n; n = dt_next_sibling(n)) {
		if (!riscv_cpu_is_usable(n))
			continue;
		if (!dt_u32(n, LIT("riscv,cbom-block-size"), 0, &one) || (all && one != all))
			return 0;
		all = one;
	}
	return all & (all - 1) || all > PAGE_SIZE ? 0 : all;
}

static bool is_l2(struct dt_node *n)
{
	return dt_compatible(n, STR("sifive,ccache0")) ||
		dt_compatible(n, STR("starfive,jh7110-ccache")) ||
		dt_compatible(n, STR("sifive,fu540-c000-ccache")) ||
		dt_compatible(n, STR("sifive,fu740-c000-ccache"));
}

static struct dt_node *find_l2(struct dt_node *n)
{
	for (; n; n = dt_next_sibling(n)) {
		struct dt_node *sub;
		if (!dt_available(n))
			continue;
		if (is_l2(n))
			return n;
		sub = find_l2(dt_first_child(n));
		if (sub)
			return sub;
	}
	return NULL;
}

static volatile u8 *map_flush64(void)
{
	struct dt_node *n = find_l2(dt_root());
	paddr_t base;
	u64 size;
	u32 block;

	if (!n || !dt_u32(n, LIT("cache-block-size"), 0, &block) || block != L2_LINE ||
		!dt_reg(n, 0, &base, &size) || (base & 7) || size < L2_FLUSH64 + 8 ||
		overlaps_ram(base, size))
		return NULL;
	return kmap_device(base + L2_FLUSH64, 8);
}

u32 arch_cache_init(void)
{
	line = zicbom_line();
	if (!line && (flush64 = map_flush64()) != NULL)
		line = L2_LINE;
	return line;
}

/* ---- by line ---- */

/*
 * TRUST of the three: the line is of RAM, so in the linear map and behind the L2, and what the CPUs
 * read there stays what they wrote.
 */
static void clean_by_hart(paddr_t pa)
{
	riscv_cbo_clean(arch_phys_to_virt(pa));
}
static void flush_by_hart(paddr_t pa)
{
	riscv_cbo_flush(arch_phys_to_virt(pa));
}
static void flush_by_l2(paddr_t pa)
{
	arch_mmio_write64(flush64, pa);
}

static void for_lines(paddr_t pa, u64 size, void (*what)(paddr_t pa))
{
	paddr_t at;

	riscv_fence_all();
	for (at = round_down(pa, line); at < pa + size; at += line)
		what(at);
	riscv_fence_all();
}

void arch_cache_clean(paddr_t pa, u64 size)
{
	for_lines(pa, size, flush64 ? flush_by_l2 : clean_by_hart);
}

void arch_cache_flush(paddr_t pa, u64 size)
{
	for_lines(pa, size, flush64 ? flush_by_l2 : flush_by_hart);
}
