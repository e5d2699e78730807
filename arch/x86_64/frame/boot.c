// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: from entry.S to frame_start: CPU features, control registers, the console of the first
 * messages.
 */
#include <frame/boot.h>
#include <frame/log.h>

#include "backend.h"

struct x86_features x86;
unsigned x86_asid_bits, x86_largest_page_level;
static u64 entry_cycles;

#define COM1          0x3f8u
#define COM_LINE      (COM1 + 5)
#define LINE_TX_EMPTY 0x20u

/*
 * The first serial port, as firmware left it. On a machine without one the status reads as all
 * ones, so the loop ends.
 */
void arch_early_write(const u8 *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		while (!(arch_port_read8(COM_LINE) & LINE_TX_EMPTY))
			_arch_relax();
		arch_port_write8(COM1, text[i]);
	}
}

void arch_image_extent(paddr_t *start, paddr_t *end)
{
	*start = arch_virt_to_phys(_image_start);
	*end = arch_virt_to_phys(_image_end);
}

void *boot_stack(void)
{
	return boot_stack_top;
}

u64 boot_entry_cycles(void)
{
	return entry_cycles;
}

static void x86_find_features(void)
{
	u32 max = cpu_leaf(0, 0).eax, max_ext = cpu_leaf(0x80000000, 0).eax;
	struct cpu_leaf one = cpu_leaf(1, 0), seven = { 0 }, ext = { 0 };

	if (max >= 7)
		seven = cpu_leaf(7, 0);
	if (max_ext >= 0x80000001)
		ext = cpu_leaf(0x80000001, 0);
	if (!(ext.edx >> 20 & 1) || !(ext.edx >> 11 & 1) || !(one.edx >> 24 & 1))
		_kernel_panic("the CPU lacks no-execute pages, syscall or fxsave");
	x86.mce = one.edx >> 7 & 1;
	x86.gbpages = ext.edx >> 26 & 1;
	x86_largest_page_level = x86.gbpages ? 2 : 1;
	x86.pcid = one.ecx >> 17 & 1;
	x86.tsc_deadline = one.ecx >> 24 & 1;
	x86.xsave = one.ecx >> 26 & 1;
	x86.rdrand = one.ecx >> 30 & 1;
	x86.smep = seven.ebx >> 7 & 1;
	x86.invpcid = seven.ebx >> 10 & 1;
	x86.smap = seven.ebx >> 20 & 1;
	x86.umip = seven.ecx >> 2 & 1;
	/* A flush of another space's entries needs invpcid. */
	x86.pcid = x86.pcid && x86.invpcid;
	x86_asid_bits = x86.pcid ? 12 : 0;
	/*
	 * x87 and SSE always, AVX if the CPU has it: the components for which user contexts have
	 * room.
	 */
	if (x86.xsave)
		x86.xfeatures = cpu_leaf(0xd, 0).eax & 7;
}

u64 user_xfeatures(void)
{
	return x86.xfeatures;
}

/* The address of a 3-byte nop, and the last byte of the instruction that replaces it. */
struct smap_site {
	u64 place, opcode;
};
extern const struct smap_site _smap_start[], _smap_end[];

static void x86_patch_smap(void)
{
	const struct smap_site *s;

	for (s = _smap_start; x86.smap && s < _smap_end; s++) {
		/*
		 * TRUST: recorded by the macro that emitted the nop; text is writable until
		 * kernel_map_init.
		 */
		u8 *p = (u8 *)s->place;
		p[0] = 0x0f;
		p[1] = 0x01;
		p[2] = (u8)s->opcode;
	}
}

#define CR4_MCE        (1ul << 6)
#define CR4_OSFXSR     (1ul << 9)
#define CR4_OSXMMEXCPT (1ul << 10)
#define CR4_UMIP       (1ul << 11)
#define CR4_PCIDE      (1ul << 17)
#define CR4_OSXSAVE    (1ul << 18)
#define CR4_SMEP       (1ul << 20)
#define CR4_SMAP       (1ul << 21)

#define MSR_PAT 0x277u
/* Entry 2, which PCD alone selects and pte_kernel uses for devices, is uncached. */
#define PAT_RESET       0x0007040600070406ul
#define DR7_RESET       0x400ul
#define MSR_STAR        0xc0000081u
#define MSR_LSTAR       0xc0000082u
#define MSR_CSTAR       0xc0000083u
#define MSR_SFMASK      0xc0000084u
#define MSR_SYSENTER_CS 0x174u
/* All flags but the reserved one: interrupts off, no single step, no alignment check. */
#define SYSCALL_CLEARS 0x257fd5ul

static void x86_init_control(void)
{
	u64 cr4 = CR4_PAE | _CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	if (x86.mce)
		cr4 |= CR4_MCE;
	if (x86.umip)
		cr4 |= CR4_UMIP;
	if (x86.xsave)
		cr4 |= CR4_OSXSAVE;
	if (x86.smep)
		cr4 |= CR4_SMEP;
	if (x86.smap)
		cr4 |= CR4_SMAP;
	/* TRUST: protections on; user mode cannot set its own gs base, which trap.S relies on. */
	write_cr(4, cr4);
	if (x86.pcid)
		write_cr(4, cr4 | CR4_PCIDE); /* TRUST: the low bits of cr3 are zero now */
	if (x86.xsave)
		/* TRUST: the components that user contexts save. */
		__asm__ volatile("xsetbv" : : "a"((u32)x86.xfeatures), "d"(0), "c"(0));
	__asm__ volatile("fninit");
	/* Firmware may have left another meaning of the cache bits, or breakpoints. */
	if (cpu_leaf(1, 0).edx >> 16 & 1)
		/*
		 * TRUST: all mappings so far select entry 0, which is write-back before and after.
		 */
		wrmsr(MSR_PAT, PAT_RESET);
	/* TRUST: no breakpoint is set, now or later: trap.S relies on it. */
	__asm__ volatile("mov %0, %%dr7" : : "r"(DR7_RESET));
}

static void x86_init_system_calls(void)
{
	/* TRUST: the only entry by syscall; sysenter and the 32-bit entry fault. */
	wrmsr(MSR_STAR, (u64)(USER_DS - 8) << 48 | (u64)KERNEL_CS << 32);
	wrmsr(MSR_LSTAR, (u64)x86_syscall_entry);
	wrmsr(MSR_CSTAR, 0);
	wrmsr(MSR_SFMASK, SYSCALL_CLEARS);
	if (cpu_leaf(1, 0).edx >> 11 & 1)
		wrmsr(MSR_SYSENTER_CS, 0);
}

void x86_init_cpu(struct cpu *c)
{
	c->arch.self = (u64)c;
	wrmsr(MSR_GS_BASE, (u64)c); /* TRUST: from here on gs is the CPU block of this CPU */
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	x86_load_idt();
	x86_init_control();
	x86_init_system_calls();
}

void arch_init_boot_cpu(void)
{
	if (!x86.smap)
		log_warn(
			"this CPU has no SMAP: a null pointer followed in a service can reach what a program put there (docs/safe-c.md)");
}

/* libfdt is compiled for user programs: it reads a stack canary through fs. */
static u64 boot_fs[8];

void x86_start(u64 start_info)
{
	struct cpu *c = &cpus[0];
	paddr_t tree;

	entry_cycles = arch_cycles();
	/* The CPU block comes first: all later failures print through it. */
	c->arch.self = (u64)c;
	wrmsr(MSR_GS_BASE, (u64)c); /* TRUST: the boot CPU's block */
	wrmsr(MSR_FS_BASE, (u64)boot_fs);
	x86_load_idt();
	x86_find_features();
	x86_patch_smap();
	x86_init_cpu(c);
	x86_extend_early_map();
	tree = x86_make_tree(arch_phys_to_virt(start_info));
	c->hw_id = cpu_leaf(1, 0).ebx >> 24;
	frame_start(c->hw_id, tree);
}
