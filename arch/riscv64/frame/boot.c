// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: from entry.S to frame_start: the early page table, this hart's state, the firmware
 * console.
 *
 * riscv_early_map runs with translation off at the load address: it must not use absolute
 * addresses.
 */
#include "asm.h"
#include "backend.h"
#include "sbi.h"

static u64 image_phys;
static bool have_dbcn;
unsigned riscv_asid_bits;

/*
 * Early tables: the gigabyte of the image one to one, the linear map in gigabyte pages, the image
 * in 2 MiB pages. kernel_map_init replaces them.
 */
static pte_t early_root[512] __attribute__((aligned(4096)));
static pte_t early_image[512] __attribute__((aligned(4096)));

#define EARLY_BITS (PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D | PTE_G)
#define GIB        (1ul << 30)
#define MIB2       (1ul << 21)

u64 riscv_early_map(u64 phys)
{
	u64 size = (u64)(_image_end - _image_start);
	u64 i;

	image_phys = phys;
	/*
	 * TRUST: early mappings are writable and executable; no service runs before kernel_map_init
	 * replaces them.
	 */
	early_root[phys >> 30 & 511] = _pte(phys & ~(GIB - 1), EARLY_BITS);
	for (i = 0; i < ARCH_LINEAR_SIZE / GIB; i++)
		early_root[256 + i] = _pte(i * GIB, EARLY_BITS & ~PTE_X);
	for (i = 0; i * MIB2 < size; i++)
		early_image[i] = _pte(phys + i * MIB2, EARLY_BITS);
	early_root[510] = pte_table((u64)early_image);
	return 8ul << 60 | (u64)early_root >> 12;
}

u64 riscv_image_phys(void)
{
	return image_phys;
}

void arch_image_extent(paddr_t *start, paddr_t *end)
{
	*start = image_phys;
	*end = image_phys + (u64)(_image_end - _image_start);
}

void arch_early_write(const u8 *text, size_t n)
{
	size_t i;

	if (have_dbcn) {
		u64 pa = arch_virt_to_phys(text);
		while (n) {
			/*
			 * A buffer in the kmap range (a stack) is not physically contiguous, so the
			 * text goes through a copy in the image.
			 */
			static u8 bounce[256];
			size_t k = min(n, sizeof(bounce));
			struct sbi_ret r;
			__builtin_memcpy(bounce, text, k);
			pa = arch_virt_to_phys(bounce);
			r = sbi_call(SBI_DBCN, 0, k, pa, 0, 0, 0);
			if (r.error || r.value == 0)
				return;
			text += r.value;
			n -= r.value;
		}
		return;
	}
	for (i = 0; i < n; i++)
		(void)sbi_call(SBI_LEGACY_PUTCHAR, 0, text[i], 0, 0, 0, 0);
}

/* The number of ASID bits that can be set (0 on the JH7110). */
static unsigned riscv_probe_asid_bits(void)
{
	/*
	 * TRUST: only the ASID field changes, and changes back; global kernel mappings stay valid.
	 */
	u64 old = csr_read(satp);
	u64 probe;

	csr_write(satp, old | 0xfffful << 44);
	probe = csr_read(satp) >> 44 & 0xffff;
	csr_write(satp, old);
	__asm__ volatile("sfence.vma" : : : "memory");
	return (unsigned)__builtin_popcountl(probe);
}

/*
 * Clears senvcfg. It may allow user mode cbo.inval, which discards dirty cache lines and so exposes
 * former contents of memory, also of other users. A reset leaves the register undefined. Harts
 * older than privileged specification 1.12 lack it: there the write traps, and the vector for this
 * moment is the next instruction.
 */
static void riscv_clear_senvcfg(void)
{
	u64 behind;

	/*
	 * TRUST: interrupts are off, and riscv_init_hart sets the vector next. The trap changes
	 * sepc, scause, stval, SPP and SPIE, which are not read before the next trap.
	 */
	__asm__ volatile("lla %0, 1f\n\tcsrw stvec, %0\n\tcsrw 0x10a, zero\n\t.balign 4\n1:"
		: "=&r"(behind)
		:
		: "memory");
}

void riscv_init_hart(void)
{
	riscv_clear_senvcfg();
	csr_write(stvec, riscv_trap_vector); /* TRUST: the only vector */
	csr_write(sscratch, 0);              /* in the kernel */
	/* User access, FPU and vectors off, user mode little-endian. */
	csr_clear(sstatus, SSTATUS_START);
	csr_write(scounteren, 7); /* user mode may read cycle, time, instret */
	csr_write(sie, 1ul << IRQ_SOFT | 1ul << IRQ_TIMER | 1ul << IRQ_EXTERNAL);
}

void arch_init_boot_cpu(void)
{
	riscv_init_hart();
	have_dbcn = sbi_probe(SBI_DBCN);
	riscv_asid_bits = riscv_probe_asid_bits();
	riscv_identify();
}

static u64 entry_cycles;

u64 boot_entry_cycles(void)
{
	return entry_cycles;
}

void *boot_stack(void)
{
	return boot_stack_top;
}

void riscv_start(u64 hart, u64 fdt)
{
	/* TRUST: from here on tp is the CPU block of the boot CPU. */
	__asm__ volatile("mv tp, %0" : : "r"(&cpus[0]) : "memory");
	cpus[0].hw_id = hart;
	entry_cycles = arch_cycles();
	frame_start(hart, fdt);
}
