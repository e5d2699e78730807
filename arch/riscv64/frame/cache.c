// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: caches that are not coherent with a device. The cores' own instructions write lines back
 * to memory (Zicbom, RISC-V cache management operations 1.0). On cores without them, the registers
 * of SiFive's L2 cache do it; that cache includes the cores' own caches and takes dirty lines from
 * them.
 *
 * A line is never discarded without being written back (cbo.inval): that would expose the former
 * contents of memory, which may belong to another user.
 */
#include <frame/device.h>

#include "backend.h"

/*
 * SiFive FU540-C000 and FU740-C000 manuals, L2 cache controller; the JH7110's is of the same kind.
 * Writing a physical address to Flush64 writes its line back and invalidates it; the address must
 * lie in memory behind the cache. The controller's interrupts report faults of its own memory and
 * stay off.
 */
#define L2_FLUSH64 0x200ul
#define L2_LINE    64u

static u32 line;
static volatile u8 *flush64; /* NULL: by instructions */

/* The line size that all harts have; 0: no size, or different ones. */
static u32 cache_zicbom_line(void)
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

static bool cache_is_l2(struct dt_node *n)
{
	return dt_compatible(n, STR("sifive,ccache0")) ||
		dt_compatible(n, STR("starfive,jh7110-ccache")) ||
		dt_compatible(n, STR("sifive,fu540-c000-ccache")) ||
		dt_compatible(n, STR("sifive,fu740-c000-ccache"));
}

static struct dt_node *cache_find_l2(struct dt_node *n)
{
	for (; n; n = dt_next_sibling(n)) {
		struct dt_node *sub;
		if (!dt_available(n))
			continue;
		if (cache_is_l2(n))
			return n;
		sub = cache_find_l2(dt_first_child(n));
		if (sub)
			return sub;
	}
	return NULL;
}

static volatile u8 *cache_map_flush64(void)
{
	struct dt_node *n = cache_find_l2(dt_root());
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
	line = cache_zicbom_line();
	if (!line && (flush64 = cache_map_flush64()) != NULL)
		line = L2_LINE;
	return line;
}

/* ---- by line ---- */

/*
 * TRUST of the three functions: the line lies in RAM, so in the linear map and behind the L2, and
 * writing it back does not change what CPUs read.
 */
static void cache_clean_by_hart(paddr_t pa)
{
	riscv_cbo_clean(arch_phys_to_virt(pa));
}
static void cache_flush_by_hart(paddr_t pa)
{
	riscv_cbo_flush(arch_phys_to_virt(pa));
}
static void cache_flush_by_l2(paddr_t pa)
{
	arch_mmio_write64(flush64, pa);
}

static void cache_for_lines(paddr_t pa, u64 size, void (*what)(paddr_t pa))
{
	paddr_t at;

	riscv_fence_all();
	for (at = round_down(pa, line); at < pa + size; at += line)
		what(at);
	riscv_fence_all();
}

void arch_cache_clean(paddr_t pa, u64 size)
{
	cache_for_lines(pa, size, flush64 ? cache_flush_by_l2 : cache_clean_by_hart);
}

void arch_cache_flush(paddr_t pa, u64 size)
{
	cache_for_lines(pa, size, flush64 ? cache_flush_by_l2 : cache_flush_by_hart);
}
