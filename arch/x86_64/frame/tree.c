// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: the devicetree of this PC: the built-in one (dts/pc.dts) completed with memory, command
 * line and ramdisk from the PVH start info, and with CPUs, interrupt controllers and PCI
 * configuration space from ACPI. From frame_start on, a PC is a machine like any other. See Xen's
 * public/arch-x86/hvm/start_info.h.
 *
 * Trust: the loader's structures are read once, early, and only where the start-up map covers
 *        memory.
 */
#include <frame/fmt.h>
#include <frame/log.h>

#include "backend.h"

#include <libfdt.h>

#define PVH_MAGIC      0x336ec578u
#define TREE_SIZE      65536
#define LOW_MEMORY_END (1ul << 20)

struct pvh_start_info {
	u32 magic, version, flags, nr_modules;
	u64 modules, cmdline, rsdp;
	u64 memmap; /* from version 1 on */
	u32 nr_memmap, reserved;
};
struct pvh_module {
	u64 start, size, cmdline, reserved;
};
struct pvh_range {
	u64 start, size;
	u32 type, reserved;
};
#define PVH_RAM 1u

extern const u8 x86_builtin_tree[];
static u8 tree[TREE_SIZE] __attribute__((aligned(8)));

/*
 * Panics on an error of libfdt: the tree is full, or the built-in tree is not as this file expects.
 */
static int tree_must(int result)
{
	if (result < 0)
		_kernel_panic("the devicetree of this machine cannot be built");
	return result;
}

static void tree_set_u32(int node, const char *name, u32 v)
{
	tree_must(fdt_setprop_u32(tree, node, name, v));
}

static void tree_set_reg(int node, u64 start, u64 size)
{
	fdt32_t cells[4] = { cpu_to_fdt32((u32)(start >> 32)), cpu_to_fdt32((u32)start),
		cpu_to_fdt32((u32)(size >> 32)), cpu_to_fdt32((u32)size) };

	tree_must(fdt_setprop(tree, node, "reg", cells, sizeof(cells)));
}

/* A new node `@name`@@unit. */
static int tree_add_node(int parent, const char *name, u64 unit)
{
	char full[48] = { 0 };
	FMT(f, ((struct span){ (u8 *)full, sizeof(full) - 1 }));

	fmt_lit(&f, (struct lit){ name });
	fmt_printf(&f, "@%lx", unit);
	return tree_must(fdt_add_subnode(tree, parent, full));
}

static void tree_add_memory(const struct pvh_start_info *info)
{
	const struct pvh_range *r = arch_phys_to_virt(info->memmap);
	u32 i;

	for (i = 0; i < info->nr_memmap; i++) {
		u64 start = max(r[i].start, LOW_MEMORY_END), end = r[i].start + r[i].size;
		int node;
		if (r[i].type != PVH_RAM)
			continue;
		/* This memory is needed before the final tables exist. */
		if (end > x86_early_end()) {
			log_warn(
				"memory above %lu GiB is not used (the most is 512 GiB, or 16 GiB on a CPU without 1 GiB pages)",
				x86_early_end() >> 30);
			end = x86_early_end();
		}
		/* Memory below 1 MiB is left to firmware and to CPUs that start in real mode. */
		if (end <= start)
			continue;
		node = tree_add_node(0, "memory", start);
		tree_must(fdt_setprop_string(tree, node, "device_type", "memory"));
		tree_set_reg(node, start, end - start);
	}
}

static void tree_add_chosen(const struct pvh_start_info *info)
{
	int chosen = tree_must(fdt_path_offset(tree, "/chosen"));
	const struct pvh_module *m = arch_phys_to_virt(info->modules);
	u32 seed[8];
	unsigned i;

	if (info->cmdline)
		tree_must(fdt_setprop_string(tree, chosen, "bootargs",
			arch_phys_to_virt(info->cmdline)));
	if (info->nr_modules) {
		tree_must(fdt_setprop_u64(tree, chosen, "linux,initrd-start", m->start));
		tree_must(fdt_setprop_u64(tree, chosen, "linux,initrd-end", m->start + m->size));
	}
	for (i = 0; x86.rdrand && i < ARRAY_LEN(seed); i++) {
		u8 ok;
		__asm__ volatile("rdrand %0\n\tsetc %1" : "=r"(seed[i]), "=qm"(ok) : : "cc");
		if (!ok)
			return;
	}
	if (x86.rdrand)
		tree_must(fdt_setprop(tree, chosen, "rng-seed", seed, sizeof(seed)));
}

static void tree_add_cpus(void)
{
	int parent = tree_must(fdt_path_offset(tree, "/cpus"));
	u32 i;

	/* Backwards, because libfdt inserts new nodes first. */
	for (i = acpi.nr_cpus; i--;) {
		int node = tree_add_node(parent, "cpu", acpi.apic_id[i]);
		tree_must(fdt_setprop_string(tree, node, "device_type", "cpu"));
		tree_set_u32(node, "reg", acpi.apic_id[i]);
	}
}

/* Sets the registers of the node compatible with @name to @base, if ACPI has it. */
static int tree_place(const char *name, u64 base, u64 size)
{
	int node = tree_must(fdt_node_offset_by_compatible(tree, -1, name));

	if (base)
		tree_set_reg(node, base, size);
	return node;
}

static u32 tree_find_exit_port(void)
{
	int node = fdt_node_offset_by_compatible(tree, -1, "qemu,isa-debug-exit"), len;
	const fdt32_t *reg = node < 0 ? NULL : fdt_getprop(tree, node, "reg", &len);

	return reg && len >= 12 ? fdt32_to_cpu(reg[1]) : 0;
}

paddr_t x86_make_tree(const struct pvh_start_info *info)
{
	int node;

	if (info->magic != PVH_MAGIC)
		_kernel_panic("not started by a PVH loader");
	if (info->version < 1 || !info->nr_memmap)
		_kernel_panic("the loader gave no memory map (PVH start info before version 1)");
	acpi_read(info->rsdp);
	tree_must(fdt_open_into(x86_builtin_tree, tree, TREE_SIZE));
	tree_add_memory(info);
	tree_add_chosen(info);
	tree_add_cpus();
	(void)tree_place("intel,ce4100-ioapic", acpi.ioapic, PAGE_SIZE);
	(void)tree_place("intel,ce4100-lapic", acpi.lapic, PAGE_SIZE);
	node = tree_place("pci-host-ecam-generic", acpi.ecam, (u64)acpi.ecam_buses << 20);
	if (acpi.ecam)
		tree_must(fdt_setprop_string(tree, node, "status", "okay"));
	x86_exit_port = tree_find_exit_port();
	tree_must(fdt_pack(tree));
	return arch_virt_to_phys(tree);
}
