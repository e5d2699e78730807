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
#define LOW_MEMORY_END (1ul << 20)
/* One more than the kernel takes, and a zero: what is longer is reported as such. */
#define CMDLINE_ROOM 2048u

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

/* In writable memory: completed in place. The room for each thing is in dts/pc.dts. */
extern u8 x86_builtin_tree[];
static u8 *const tree = x86_builtin_tree;

/*
 * Panics on an error of libfdt: the tree has no room, or the built-in tree is not as this file
 * expects.
 */
static int tree_must(int result)
{
	if (result < 0)
		_kernel_panic("the devicetree of this machine cannot be built");
	return result;
}

/*
 * Cuts a property to @len bytes, and returns them to be written; what the property had more becomes
 * words that mean nothing.
 */
static void *tree_prop(int node, const char *name, u32 len)
{
	int room = 0;
	/* TRUST: libfdt has found it in the tree, with so many bytes. */
	struct fdt_property *p = (struct fdt_property *)fdt_get_property(tree, node, name, &room);
	u32 i;

	if (!p || len > (u32)room)
		tree_must(-1);
	for (i = round_up(len, 4u); i < (u32)room; i += 4)
		*(fdt32_t *)(p->data + i) = cpu_to_fdt32(FDT_NOP);
	p->len = cpu_to_fdt32(len);
	return p->data;
}

static fdt32_t *tree_put_u64(fdt32_t *p, u64 v)
{
	*p++ = cpu_to_fdt32((u32)(v >> 32));
	*p++ = cpu_to_fdt32((u32)v);
	return p;
}

/* The memory of a range of the loader that is used; false: none. */
static bool memory_of(const struct pvh_range *r, u64 *start, u64 *end)
{
	/* Memory below 1 MiB is left to firmware and to CPUs that start in real mode. */
	*start = max(r->start, LOW_MEMORY_END);
	/* Memory is needed before the final tables exist. */
	*end = min(r->start + r->size, x86_early_end());
	return r->type == PVH_RAM && *end > *start;
}

static void tree_add_memory(const struct pvh_start_info *info)
{
	const struct pvh_range *r = arch_phys_to_virt(info->memmap);
	u64 start, end;
	fdt32_t *reg;
	u32 i, n = 0;

	for (i = 0; i < info->nr_memmap; i++) {
		n += memory_of(&r[i], &start, &end);
		if (r[i].type == PVH_RAM && r[i].start + r[i].size > x86_early_end())
			log_warn(
				"memory above %lu GiB is not used (the most is 512 GiB, or 16 GiB on a CPU without 1 GiB pages)",
				x86_early_end() >> 30);
	}
	reg = tree_prop(tree_must(fdt_path_offset(tree, "/memory")), "reg", 16 * n);
	for (i = 0; i < info->nr_memmap; i++) {
		if (memory_of(&r[i], &start, &end))
			reg = tree_put_u64(tree_put_u64(reg, start), end - start);
	}
}

static void tree_add_chosen(const struct pvh_start_info *info)
{
	int chosen = tree_must(fdt_path_offset(tree, "/chosen"));
	const struct pvh_module *m = arch_phys_to_virt(info->modules);
	const char *args = info->cmdline ? arch_phys_to_virt(info->cmdline) : "";
	u32 len = (u32)strnlen(args, CMDLINE_ROOM) + 1, seed[8];
	u8 ok = x86.rdrand;
	unsigned i;

	memcpy(tree_prop(chosen, "bootargs", len), args, len);
	(void)tree_put_u64(tree_prop(chosen, "linux,initrd-start", 8),
		info->nr_modules ? m->start : 0);
	(void)tree_put_u64(tree_prop(chosen, "linux,initrd-end", 8),
		info->nr_modules ? m->start + m->size : 0);
	for (i = 0; ok && i < ARRAY_LEN(seed); i++)
		__asm__ volatile("rdrand %0\n\tsetc %1" : "=r"(seed[i]), "=qm"(ok) : : "cc");
	len = ok ? sizeof(seed) : 0;
	memcpy(tree_prop(chosen, "rng-seed", len), seed, len);
}

/* The first nodes become the CPUs, with their numbers in their names; the others go. */
static void tree_add_cpus(void)
{
	int parent = tree_must(fdt_path_offset(tree, "/cpus")), node = -1;
	u32 i;

	for (i = 0; i < acpi.nr_cpus; i++) {
		u8 *digits;
		node = tree_must(i ? fdt_next_subnode(tree, node)
				   : fdt_first_subnode(tree, parent));
		/* TRUST: the node's name is "cpu@" and two digits; fmt writes no more. */
		digits = (u8 *)fdt_get_name(tree, node, NULL) + 4;
		FMT(f, ((struct span){ digits, 2 }));
		memset(digits, 0, 2);
		fmt_printf(&f, "%x", acpi.apic_id[i]);
		*(fdt32_t *)tree_prop(node, "reg", 4) = cpu_to_fdt32(acpi.apic_id[i]);
	}
	for (;;) {
		int rest = i ? fdt_next_subnode(tree, node) : fdt_first_subnode(tree, parent);
		if (rest < 0)
			break;
		tree_must(fdt_nop_node(tree, rest));
	}
}

/* Sets the registers of the node compatible with @name to @base, if ACPI has it. */
static int tree_place(const char *name, u64 base, u64 size)
{
	int node = tree_must(fdt_node_offset_by_compatible(tree, -1, name));

	if (base)
		(void)tree_put_u64(tree_put_u64(tree_prop(node, "reg", 16), base), size);
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
	tree_add_memory(info);
	tree_add_chosen(info);
	tree_add_cpus();
	(void)tree_place("intel,ce4100-ioapic", acpi.ioapic, PAGE_SIZE);
	(void)tree_place("intel,ce4100-lapic", acpi.lapic, PAGE_SIZE);
	node = tree_place("pci-host-ecam-generic", acpi.ecam, (u64)acpi.ecam_buses << 20);
	if (acpi.ecam)
		memcpy(tree_prop(node, "status", sizeof("okay")), "okay", sizeof("okay"));
	x86_exit_port = tree_find_exit_port();
	return arch_virt_to_phys(tree);
}
