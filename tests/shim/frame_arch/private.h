// SPDX-License-Identifier: MPL-2.0
/*
 * The backend's inlines as the frame's own sources need them on the host (see cpu.h). Memory of the
 * frame is memory of the host; in a proof it is nothing but numbers.
 */
#ifndef FRAME_ARCH_PRIVATE_H
#define FRAME_ARCH_PRIVATE_H

#include <frame/types.h>
#include <frame_arch/cpu.h>

typedef u64 pte_t;
struct cpu;
struct task;
struct arch_cpu {
	u64 unused[4];
};
struct arch_context {
	u64 unused;
};

/* ---- where things are ---- */

#if defined(HOST_SIM)
#define ARCH_HAS_PORTS   0
#define ARCH_LINEAR_BASE 0ul
#define ARCH_LINEAR_SIZE (1ul << 47)
#define ARCH_PADDR_BITS  56
/* The kernel's half, for test_kernelmap.c. */
#define ARCH_POOL_BASE 0xffffffe000000000ul
#define ARCH_POOL_SIZE 0x0000001000000000ul
#define ARCH_KMAP_BASE 0xfffffff000000000ul
#define ARCH_KMAP_SIZE 0x0000000800000000ul
#elif defined(HOST_PROOF)
/* The layout of riscv64 or, with PROOF_X86_64, of the other architecture. */
#ifdef PROOF_X86_64
#define ARCH_LINEAR_BASE 0xffff800000000000ul
#define ARCH_LINEAR_SIZE 0x0000008000000000ul
#define ARCH_POOL_BASE   0xffffc00000000000ul
#define ARCH_PADDR_BITS  52
#define ARCH_HAS_PORTS   1
#else
#define ARCH_LINEAR_BASE 0xffffffc000000000ul
#define ARCH_LINEAR_SIZE 0x0000002000000000ul
#define ARCH_POOL_BASE   0xffffffe000000000ul
#define ARCH_PADDR_BITS  56
#define ARCH_HAS_PORTS   0
#endif
#define ARCH_POOL_SIZE 0x0000001000000000ul
#else
/* The arena of the pools is a mapping of the test. */
#define ARCH_HAS_PORTS   0
#define ARCH_LINEAR_BASE 0ul
#define ARCH_LINEAR_SIZE (1ul << 44)
#define ARCH_PADDR_BITS  44
#define ARCH_POOL_BASE   0x200000000000ul
#define ARCH_POOL_SIZE   (64ul << 20)
#endif

/* ---- proofs ---- */

#ifdef HOST_PROOF
/* Each proof defines those that its code calls. */
struct cpu *arch_this_cpu(void);
void *arch_phys_to_virt(u64 pa);
u64 arch_virt_to_phys(const void *va);
void arch_io_before_write(void);
void arch_io_after_read(void);
#define PROOF_REGISTERS(T, bits)                        \
	T arch_mmio_read##bits(const volatile u8 *reg); \
	void arch_mmio_write##bits(volatile u8 *reg, T v);
PROOF_REGISTERS(u8, 8)
PROOF_REGISTERS(u16, 16)
PROOF_REGISTERS(u32, 32)
PROOF_REGISTERS(u64, 64)
#undef PROOF_REGISTERS
#if ARCH_HAS_PORTS
u8 arch_port_read8(u16 port);
u16 arch_port_read16(u16 port);
u32 arch_port_read32(u16 port);
void arch_port_write8(u16 port, u8 v);
void arch_port_write16(u16 port, u16 v);
void arch_port_write32(u16 port, u32 v);
#endif

#include <frame_arch/pte.h>

#else

static inline void *arch_phys_to_virt(u64 pa)
{
	return (void *)pa;
}
static inline u64 arch_virt_to_phys(const void *va)
{
	return (u64)va;
}
#endif

/* ---- unit tests ---- */

#if !defined(HOST_SIM) && !defined(HOST_PROOF)
struct cpu *unit_this_cpu(void);

static inline struct cpu *arch_this_cpu(void)
{
	return unit_this_cpu();
}
static inline struct task *arch_current(void)
{
	return NULL;
}
#endif

/* ---- models: registers are those of sim.h ---- */

#ifdef HOST_SIM
struct cpu *sim_this_cpu(void);
u64 sim_read(u64 address, unsigned width);
void sim_write(u64 address, unsigned width, u64 v);
u64 sim_cycles(void);

static inline struct cpu *arch_this_cpu(void)
{
	return sim_this_cpu();
}
static inline struct task *arch_current(void)
{
	return (struct task *)sim_task_running;
}
static inline void arch_irq_enable(void)
{
	sim_irqs_enable();
}
static inline void arch_irq_disable(void)
{
	sim_irqs_on = false;
}
static inline bool arch_irq_enabled(void)
{
	return sim_irqs_on;
}
static inline void arch_wait_for_interrupt(void)
{
	sim_spins();
}
static inline u64 arch_cycles(void)
{
	return sim_cycles();
}
static inline void arch_io_before_write(void)
{
}
static inline void arch_io_before_read(void)
{
}
static inline void arch_io_after_read(void)
{
}
#define SIM_MMIO(T, bits)                                               \
	static inline T arch_mmio_read##bits(const volatile u8 *reg)    \
	{                                                               \
		return (T)sim_read((u64)reg, sizeof(T));                \
	}                                                               \
	static inline void arch_mmio_write##bits(volatile u8 *reg, T v) \
	{                                                               \
		sim_write((u64)reg, sizeof(T), v);                      \
	}
SIM_MMIO(u8, 8)
SIM_MMIO(u16, 16)
SIM_MMIO(u32, 32)
SIM_MMIO(u64, 64)
#undef SIM_MMIO
/* Cache lines are those of a model (memory.h), which knows them by their physical addresses. */
void sim_cbo(u64 address, bool drop);
static inline void riscv_fence_all(void)
{
}
static inline void riscv_cbo_clean(void *in_line)
{
	sim_cbo((u64)in_line, false);
}
static inline void riscv_cbo_flush(void *in_line)
{
	sim_cbo((u64)in_line, true);
}
void sim_kernel_flush(bool all_cpus);
static inline void arch_kernel_flush_local(void)
{
	sim_kernel_flush(false);
}
static inline void arch_kernel_flush_absent(void)
{
	sim_kernel_flush(true);
}
static inline void arch_kernel_flush_page_local(u64 va)
{
	(void)va;
}
void sim_tlb_flush_absent(u64 asid); /* test_walk.c */
static inline void arch_tlb_flush_absent_local(u64 asid)
{
	sim_tlb_flush_absent(asid);
}
extern unsigned sim_asid_bits; /* test_tlb.c */
static inline unsigned arch_asid_bits(void)
{
	return sim_asid_bits;
}
#endif

#endif
