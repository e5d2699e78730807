// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: layout of the kernel's address space and the inlines of the arch interface. Private to
 * the frame.
 */
#ifndef FRAME_ARCH_PRIVATE_H
#define FRAME_ARCH_PRIVATE_H

#include <frame/types.h>
#include <frame_arch/cpu.h>
#include <frame_arch/pte.h>

/*
 * Sv39 kernel half: linear map, pools, kmap, image. The linear map has physical address pa at
 * LINEAR_BASE + pa.
 */
#define ARCH_LINEAR_BASE   0xffffffc000000000ul
#define ARCH_LINEAR_SIZE   0x0000002000000000ul /* 128 GiB of physical addresses */
#define ARCH_POOL_BASE     0xffffffe000000000ul
#define ARCH_POOL_SIZE     0x0000001000000000ul
#define ARCH_KMAP_BASE     0xfffffff000000000ul
#define ARCH_KMAP_SIZE     0x0000000800000000ul
#define ARCH_IMAGE_BASE    0xffffffff80000000ul
#define ARCH_PADDR_BITS    56
#define ARCH_FIRMWARE_ROOM (2ul << 20) /* OpenSBI, at the start of memory */

struct cpu;
struct task;

/* The backend's part of struct cpu; asm.h has its offsets. */
struct arch_cpu {
	u64 scratch[2];      /* for the trap vector */
	u64 user_ctx;        /* the context that runs in user mode */
	u64 emergency_stack; /* when a kernel stack is full */
};
#define ARCH_HAS_PORTS 0

/* Callee-saved state of a task that is switched out; switch.S relies on the layout. */
struct arch_context {
	u64 ra, sp, s[12];
};

static inline struct cpu *arch_this_cpu(void)
{
	struct cpu *c;

	/*
	 * TRUST: tp is the CPU block in the kernel (trap.S, smp.c); volatile, so that it is read
	 * again after a switch.
	 */
	__asm__ volatile("mv %0, tp" : "=r"(c));
	return c;
}
static inline struct task *arch_current(void)
{
	struct task *t;

	/* TRUST: first field of the CPU block. */
	__asm__ volatile("ld %0, 0(tp)" : "=r"(t));
	return t;
}
static inline void arch_irq_enable(void)
{
	__asm__ volatile("csrsi sstatus, 2" : : : "memory"); /* TRUST: SIE only */
}
static inline void arch_irq_disable(void)
{
	__asm__ volatile("csrci sstatus, 2" : : : "memory"); /* TRUST: SIE only */
}
static inline bool arch_irq_enabled(void)
{
	u64 s;

	__asm__ volatile("csrr %0, sstatus" : "=r"(s)); /* TRUST: read only */
	return s & _SSTATUS_SIE;
}
/*
 * wfi ends when an interrupt that sie enables is pending, also with SIE clear (privileged
 * specification, 3.3.3).
 */
static inline void arch_wait_for_interrupt(void)
{
	__asm__ volatile("wfi" : : : "memory"); /* TRUST: no effect but waiting */
}
/* Order of device accesses against memory and each other. */
static inline void arch_io_before_write(void)
{
	__asm__ volatile("fence iorw, o" : : : "memory");
}
static inline void arch_io_before_read(void)
{
	__asm__ volatile("fence r, i" : : : "memory");
}
static inline void arch_io_after_read(void)
{
	__asm__ volatile("fence i, iorw" : : : "memory");
}
static inline void riscv_fence_all(void)
{
	__asm__ volatile("fence iorw, iorw" : : : "memory");
}
/*
 * cbo.clean and cbo.flush, by encoding, because the assembler may not know them. TRUST: they write
 * to memory what the address already holds; cache.c calls them only if the harts have them.
 */
static inline void riscv_cbo_clean(void *in_line)
{
	__asm__ volatile(".insn i 0x0f, 2, x0, %0, 1" : : "r"(in_line) : "memory");
}
static inline void riscv_cbo_flush(void *in_line)
{
	__asm__ volatile(".insn i 0x0f, 2, x0, %0, 2" : : "r"(in_line) : "memory");
}
/* TRUST of these functions: @reg lies in a window that the caller has mapped and checked. */
#define ARCH_MMIO(T, bits)                                              \
	static inline T arch_mmio_read##bits(const volatile u8 *reg)    \
	{                                                               \
		T v;                                                    \
		arch_io_before_read();                                  \
		v = *(const volatile T *)reg;                           \
		arch_io_after_read();                                   \
		return v;                                               \
	}                                                               \
	static inline void arch_mmio_write##bits(volatile u8 *reg, T v) \
	{                                                               \
		arch_io_before_write();                                 \
		*(volatile T *)reg = v;                                 \
	}
ARCH_MMIO(u8, 8)
ARCH_MMIO(u16, 16)
ARCH_MMIO(u32, 32)
ARCH_MMIO(u64, 64)
#undef ARCH_MMIO
static inline u64 arch_cycles(void)
{
	u64 t;

	__asm__ volatile("rdtime %0" : "=r"(t)); /* TRUST: read only */
	return t;
}

/* TRUST: all RAM up to ARCH_LINEAR_SIZE is in the linear map; page_init gives out no page above. */
static inline void *arch_phys_to_virt(u64 pa)
{
	return (void *)(ARCH_LINEAR_BASE + pa);
}
u64 riscv_image_phys(void);
static inline u64 arch_virt_to_phys(const void *va)
{
	u64 v = (u64)va;

	return v >= ARCH_IMAGE_BASE ? v - ARCH_IMAGE_BASE + riscv_image_phys()
				    : v - ARCH_LINEAR_BASE;
}

static inline void arch_kernel_flush_local(void)
{
	__asm__ volatile("sfence.vma" : : : "memory");
}
/*
 * Harts may cache invalid entries of any level (privileged specification, 4.2.1 and 4.3.2), and a
 * fence with an address covers the leaf entry of that address only. So these two functions flush
 * everything.
 */
void arch_tlb_flush_local(u64 asid, u64 start, u64 end);
static inline void arch_tlb_flush_absent_local(u64 asid)
{
	arch_tlb_flush_local(asid, 0, ~0ul);
}
void arch_kernel_flush(u64 start, u64 end);
static inline void arch_kernel_flush_absent(void)
{
	arch_kernel_flush(0, ~0ul);
}
extern u32 riscv_errata; /* hart.c */
/*
 * Covers the leaf entry. If kernel_map added a table, this hart may have cached that it was absent.
 * Then it faults, as any hart may, and kernel_map_refresh flushes everything.
 */
static inline void arch_kernel_flush_page_local(u64 va)
{
	if (unlikely(riscv_errata))
		arch_kernel_flush_local();
	else
		__asm__ volatile("sfence.vma %0" : : "r"(va) : "memory");
}

extern unsigned riscv_asid_bits;
static inline unsigned arch_asid_bits(void)
{
	return riscv_asid_bits;
}

#endif
