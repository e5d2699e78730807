// SPDX-License-Identifier: MPL-2.0
/*
 * The backend as the devicetree code sees it, on the host: physical memory is what discover.c
 * lends, time runs by itself, device accesses need no order.
 */
#ifndef FRAME_ARCH_PRIVATE_H
#define FRAME_ARCH_PRIVATE_H

#include <frame/types.h>
#include <frame_arch/cpu.h>
#include <frame_arch/pte.h>

/* As on riscv64. */
#define ARCH_LINEAR_SIZE   0x0000002000000000ul
#define ARCH_PADDR_BITS    56
#define ARCH_FIRMWARE_ROOM (2ul << 20)
#define ARCH_HAS_PORTS     0

struct cpu;
struct task;
struct arch_cpu {
	u64 state[4];
};
struct arch_context {
	u64 state;
};

void *host_phys_to_virt(u64 pa);
struct cpu *host_cpu(void);
u64 host_cycles(void);

static inline struct cpu *arch_this_cpu(void)
{
	return host_cpu();
}
static inline struct task *arch_current(void)
{
	return NULL;
}
static inline void arch_irq_enable(void)
{
}
static inline void arch_irq_disable(void)
{
}
static inline bool arch_irq_enabled(void)
{
	return false;
}
static inline void arch_wait_for_interrupt(void)
{
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
/* Registers are memory that keeps what is written. */
#define HOST_MMIO(T, bits)                                              \
	static inline T arch_mmio_read##bits(const volatile u8 *reg)    \
	{                                                               \
		return *(const volatile T *)reg;                        \
	}                                                               \
	static inline void arch_mmio_write##bits(volatile u8 *reg, T v) \
	{                                                               \
		*(volatile T *)reg = v;                                 \
	}
HOST_MMIO(u8, 8)
HOST_MMIO(u16, 16)
HOST_MMIO(u32, 32)
HOST_MMIO(u64, 64)
#undef HOST_MMIO
static inline void riscv_fence_all(void)
{
}
static inline void riscv_cbo_clean(void *in_line)
{
	(void)in_line;
}
static inline void riscv_cbo_flush(void *in_line)
{
	(void)in_line;
}
static inline u64 arch_cycles(void)
{
	return host_cycles();
}
static inline void *arch_phys_to_virt(u64 pa)
{
	return host_phys_to_virt(pa);
}
static inline u64 arch_virt_to_phys(const void *va)
{
	(void)va;
	return 0;
}
static inline void arch_kernel_flush_local(void)
{
}
static inline void arch_kernel_flush_page_local(u64 va)
{
	(void)va;
}
static inline unsigned arch_asid_bits(void)
{
	return 0;
}

#endif
