// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: layout of the kernel's address space and the inlines of the arch interface. Private to
 * the frame.
 */
#ifndef FRAME_ARCH_PRIVATE_H
#define FRAME_ARCH_PRIVATE_H

#include <frame/types.h>
#include <frame_arch/cpu.h>
#include <frame_arch/pte.h>

/*
 * The kernel half: linear map, pools, kmap, image. The linear map has physical address pa at
 * LINEAR_BASE + pa.
 */
#define ARCH_LINEAR_BASE 0xffff800000000000ul
/* 512 GiB of physical addresses: one top-level entry. */
#define ARCH_LINEAR_SIZE 0x0000008000000000ul
#define ARCH_POOL_BASE   0xffffc00000000000ul
#define ARCH_POOL_SIZE   0x0000001000000000ul
#define ARCH_KMAP_BASE   0xffffe00000000000ul
#define ARCH_KMAP_SIZE   0x0000000800000000ul
/* Maps physical address 0; the image is linked at its load address above it. */
#define ARCH_IMAGE_BASE    0xffffffff80000000ul
#define ARCH_PADDR_BITS    52
#define ARCH_FIRMWARE_ROOM 0ul

struct cpu;
struct task;

/* The backend's part of struct cpu; asm.h has its offsets. */
struct arch_cpu {
	u64 self;     /* address of the block */
	u64 user_sp;  /* temporary, in a system call */
	u64 user_ctx; /* the context that runs in user mode */
	u64 error;    /* error code of the last trap from user mode */
};

/* Callee-saved state of a task that is switched out, on its stack; switch.S relies on the order. */
struct arch_context {
	u64 sp;
};

static inline struct cpu *arch_this_cpu(void)
{
	struct cpu *c;

	/*
	 * TRUST: gs is the CPU block in the kernel (trap.S, smp.c); volatile, so that it is read
	 * again after a switch.
	 */
	__asm__ volatile("movq %%gs:16, %0" : "=r"(c));
	return c;
}
static inline struct task *arch_current(void)
{
	struct task *t;

	/* TRUST: first field of the CPU block. */
	__asm__ volatile("movq %%gs:0, %0" : "=r"(t));
	return t;
}
static inline void arch_irq_enable(void)
{
	__asm__ volatile("sti" : : : "memory"); /* TRUST: IF only */
}
static inline void arch_irq_disable(void)
{
	__asm__ volatile("cli" : : : "memory"); /* TRUST: IF only */
}
static inline bool arch_irq_enabled(void)
{
	u64 f;

	__asm__ volatile("pushfq\n\tpopq %0" : "=r"(f)); /* TRUST: read only */
	return f & _RFLAGS_IF;
}
/*
 * sti takes effect after the next instruction: only an NMI can occur between it and hlt, and
 * x86_kernel_trap handles that case.
 */
static inline void arch_wait_for_interrupt(void)
{
	/* TRUST: only waits, and takes the interrupt. */
	__asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}
/* Device memory is mapped uncached, and the CPU keeps such accesses in order. */
static inline void arch_io_before_write(void)
{
	__asm__ volatile("" : : : "memory");
}
static inline void arch_io_before_read(void)
{
	__asm__ volatile("" : : : "memory");
}
static inline void arch_io_after_read(void)
{
	__asm__ volatile("" : : : "memory");
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
	u32 lo, hi;

	/* TRUST: read only. */
	__asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (u64)hi << 32 | lo;
}

/* I/O ports. TRUST of the uses: frame/dev checks that a window belongs to a harmless device. */
#define ARCH_HAS_PORTS 1
static inline u8 arch_port_read8(u16 port)
{
	u8 v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}
static inline u16 arch_port_read16(u16 port)
{
	u16 v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}
static inline u32 arch_port_read32(u16 port)
{
	u32 v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}
static inline void arch_port_write8(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}
static inline void arch_port_write16(u16 port, u16 v)
{
	__asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port) : "memory");
}
static inline void arch_port_write32(u16 port, u32 v)
{
	__asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

/* TRUST: all RAM up to ARCH_LINEAR_SIZE is in the linear map; page_init gives out no page above. */
static inline void *arch_phys_to_virt(u64 pa)
{
	return (void *)(ARCH_LINEAR_BASE + pa);
}
static inline u64 arch_virt_to_phys(const void *va)
{
	u64 v = (u64)va;

	return v >= ARCH_IMAGE_BASE ? v - ARCH_IMAGE_BASE : v - ARCH_LINEAR_BASE;
}

/* A change of PGE drops global translations too (Intel SDM volume 3, 4.10.4.1). */
#define _CR4_PGE (1ul << 7)
static inline void arch_kernel_flush_local(void)
{
	u64 cr4;

	/* TRUST: toggles the bit twice. */
	__asm__ volatile(
		"mov %%cr4, %0\n\txorq %1, %0\n\tmov %0, %%cr4\n\txorq %1, %0\n\tmov %0, %%cr4"
		: "=&r"(cr4)
		: "i"(_CR4_PGE)
		: "memory", "cc");
}
static inline void arch_kernel_flush_page_local(u64 va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory"); /* TRUST: only drops translations */
}

/* A fault is never cached (Intel SDM volume 3, 4.10.2.3; AMD volume 2, 5.5.2). */
static inline void arch_tlb_flush_absent_local(u64 asid)
{
	(void)asid;
}
static inline void arch_kernel_flush_absent(void)
{
}

extern unsigned x86_asid_bits;
static inline unsigned arch_asid_bits(void)
{
	return x86_asid_bits;
}

#endif
