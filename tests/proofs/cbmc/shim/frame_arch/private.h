// SPDX-License-Identifier: MPL-2.0
/*
 * The backend's inlines as proofs have them. The layout is riscv64's or, with PROOF_X86_64, that of
 * the other architecture.
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
#define ARCH_POOL_SIZE   0x0000001000000000ul

/* Each proof defines those that its code calls. */
struct cpu *arch_this_cpu(void);
void *arch_phys_to_virt(u64 pa);
u64 arch_virt_to_phys(const void *va);
void arch_io_before_write(void);
void arch_io_after_read(void);
#define PROOF_REGISTERS(T, bits)                                                                   \
	T arch_mmio_read##bits(const volatile u8 *reg);                                            \
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

#endif
