// SPDX-License-Identifier: MPL-2.0
/*
 * The flattened devicetree, read with libfdt before there is an allocator: memory, reservations,
 * /chosen. See the Devicetree specification, chapters 3 and 5.
 *
 * The tree comes from firmware, which the kernel trusts to describe the machine. A damaged tree
 * must give a clear message, not a crash, so libfdt's checks are used.
 */
#include <frame/log.h>

#include "boot_private.h"

#include <libfdt.h>

/*
 * Without a devicetree there is no command line. The default makes a panic end the emulator with a
 * failure.
 */
struct boot_facts boot_facts = { .cmdline = "panic=-1", .cmdline_len = 8 };

#define FDT_MAX (2u << 20)

/* Reads one or two cells of a property like reg. */
static u64 fdt_read_cells(const fdt32_t *p, int n)
{
	return n == 2 ? (u64)fdt32_to_cpu(p[0]) << 32 | fdt32_to_cpu(p[1]) : fdt32_to_cpu(p[0]);
}

/* The end of a range, clipped at the highest address. */
static u64 fdt_range_end(u64 start, u64 size)
{
	return size > ~0ul - start ? ~0ul : start + size;
}

/*
 * libfdt has such a function too, in a file that needs the functions that modify trees, which
 * nothing else here needs. Returns 0 for an invalid number of cells.
 */
static int fdt_cell_count(const void *fdt, int node, const char *name, int otherwise)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

	return !p ? otherwise : len == 4 ? (int)min(fdt32_to_cpu(*p), 3u) : 0;
}

/* Calls @fn for each (address, size) in the node's reg. */
static void fdt_each_reg(const void *fdt, int parent, int node, void (*fn)(u64 start, u64 end))
{
	int ac = fdt_cell_count(fdt, parent, "#address-cells", 2),
	    sc = fdt_cell_count(fdt, parent, "#size-cells", 1), len, i;
	const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &len);

	if (!reg || ac < 1 || ac > 2 || sc < 1 || sc > 2)
		return;
	for (i = 0; i + ac + sc <= len / 4; i += ac + sc) {
		u64 start = fdt_read_cells(reg + i, ac), size = fdt_read_cells(reg + i + ac, sc);
		if (size)
			fn(start, fdt_range_end(start, size));
	}
}

static bool fdt_available(const void *fdt, int node)
{
	int len;
	const char *s = fdt_getprop(fdt, node, "status", &len);

	return !s || (len >= 2 && s[0] == 'o' && s[1] == 'k');
}

/*
 * No machine has memory up to the highest address: such a size is wrong, and the real size is
 * unknown.
 */
static void fdt_add_memory(u64 start, u64 end)
{
	if (end != ~0ul)
		bootmem_add(start, end);
}

static void fdt_scan_memory(const void *fdt)
{
	int node;

	fdt_for_each_subnode(node, fdt, 0) {
		const char *type = fdt_getprop(fdt, node, "device_type", NULL);
		if (type && strcmp(type, "memory") == 0 && fdt_available(fdt, node))
			fdt_each_reg(fdt, 0, node, fdt_add_memory);
	}
}

/*
 * Loaders reserve the ramdisk as a whole. If another reservation shares its pages, they must not be
 * freed with it: the ramdisk then stays.
 */
static void fdt_reserve(u64 start, u64 end)
{
	paddr_t s = boot_facts.initrd_start, e = boot_facts.initrd_end;

	if (start < e && end > s &&
		(round_down(start, PAGE_SIZE) != round_down(s, PAGE_SIZE) ||
			round_down(end - 1, PAGE_SIZE) != round_down(e - 1, PAGE_SIZE)))
		boot_facts.initrd_stays = true;
	bootmem_reserve(start, end);
}

static void fdt_scan_reservations(const void *fdt)
{
	int i, node, parent = fdt_path_offset(fdt, "/reserved-memory");

	for (i = 0; i < fdt_num_mem_rsv(fdt); i++) {
		uint64_t at, size;
		if (fdt_get_mem_rsv(fdt, i, &at, &size) == 0 && size)
			fdt_reserve(at, fdt_range_end(at, size));
	}
	if (parent < 0)
		return;
	fdt_for_each_subnode(node, fdt, parent) {
		if (fdt_available(fdt, node))
			fdt_each_reg(fdt, parent, node, fdt_reserve);
	}
}

/* linux,initrd-*: some loaders write 4 bytes, others 8. */
static u64 fdt_chosen_address(const void *fdt, int chosen, const char *name)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, chosen, name, &len);

	return p && (len == 4 || len == 8) ? fdt_read_cells(p, len / 4) : 0;
}

static void fdt_scan_chosen(const void *fdt)
{
	int len, chosen = fdt_path_offset(fdt, "/chosen");
	const char *args;
	const void *seed;

	boot_facts.cmdline_len = 0;
	if (chosen < 0)
		return;
	args = fdt_getprop(fdt, chosen, "bootargs", &len);
	if (args && len > 0) {
		boot_facts.cmdline_len = (u32)strnlen(args,
			min((size_t)len, (size_t)CMDLINE_MAX - 1));
		memcpy(boot_facts.cmdline, args, boot_facts.cmdline_len);
		if ((size_t)len > CMDLINE_MAX)
			log_warn("the command line is longer than %u bytes: the rest is ignored",
				CMDLINE_MAX - 1);
	}
	boot_facts.initrd_start = fdt_chosen_address(fdt, chosen, "linux,initrd-start");
	boot_facts.initrd_end = fdt_chosen_address(fdt, chosen, "linux,initrd-end");
	seed = fdt_getprop(fdt, chosen, "rng-seed", &len);
	if (seed && len > 0) {
		boot_facts.seed_len = (u32)min((size_t)len, sizeof(boot_facts.seed));
		memcpy(boot_facts.seed, seed, boot_facts.seed_len);
	}
}

/* Whether [start, end) lies in one range of RAM. */
static bool fdt_in_ram(paddr_t start, paddr_t end)
{
	const struct mem_range *r;
	unsigned n = bootmem_ram(&r), i;

	for (i = 0; i < n; i++) {
		if (start >= r[i].start && end <= r[i].end)
			return true;
	}
	return false;
}

/*
 * The ramdisk's pages are freed later, so the ramdisk must lie in RAM and must not overlap the
 * memory of the kernel and of the firmware below it. Runs before the reservations are read.
 */
static void fdt_check_initrd(paddr_t image, paddr_t image_end)
{
	paddr_t s = boot_facts.initrd_start, e = boot_facts.initrd_end, tree = boot_facts.fdt_pa;

	if (s == e)
		return;
	if (!(s < e && fdt_in_ram(s, e) && s >= PAGE_SIZE)) {
		log_err("the initial ramdisk at 0x%lx-0x%lx is not in memory: it is ignored (give the machine more, or load it lower)",
			s, e);
	} else if ((s < image_end && e > image) || (s < tree + boot_facts.fdt_size && e > tree)) {
		log_err("the initial ramdisk at 0x%lx-0x%lx lies over the firmware, the kernel or its devicetree: it is ignored",
			s, e);
	} else {
		bootmem_reserve(s, e);
		return;
	}
	boot_facts.initrd_start = 0;
	boot_facts.initrd_end = 0;
}

void fdt_scan_early(paddr_t pa)
{
	const void *fdt = arch_phys_to_virt(pa);
	paddr_t start, end;
	const struct mem_range *ram;

	if (!pa || (pa & 7) || pa >= ARCH_LINEAR_SIZE || fdt_check_header(fdt) ||
		fdt_totalsize(fdt) > FDT_MAX || fdt_check_full(fdt, fdt_totalsize(fdt)))
		_kernel_panic(
			"the boot loader passed no valid devicetree: it must pass the address of the one that describes the machine");
	boot_facts.fdt = fdt;
	boot_facts.fdt_pa = pa;
	boot_facts.fdt_size = fdt_totalsize(fdt);
	fdt_scan_chosen(fdt);
	fdt_scan_memory(fdt);
	if (!bootmem_ram(&ram))
		_kernel_panic(
			"the devicetree describes no memory (a node with device_type = \"memory\")");
	arch_image_extent(&start, &end);
	if (!fdt_in_ram(start, end))
		bootmem_add(start, end);
	/* Not every loader reserves the firmware's memory right below the image. */
	start -= min(start, ARCH_FIRMWARE_ROOM);
	bootmem_reserve(start, end);
	bootmem_reserve(pa, pa + boot_facts.fdt_size);
	fdt_check_initrd(start, end);
	fdt_scan_reservations(fdt);
	/* Page zero of physical memory is never allocated: 0 means "none" in the frame. */
	bootmem_reserve(0, PAGE_SIZE);
}
