// SPDX-License-Identifier: MPL-2.0
/* The backend as the frame's memory code sees it on the host: one CPU, physical memory is the host's, the pools' arena a mapping of the test. */
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
#define ARCH_HAS_PORTS   0
#define ARCH_LINEAR_BASE 0ul
#define ARCH_LINEAR_SIZE (1ul << 44)
#define ARCH_PADDR_BITS  44
#define ARCH_POOL_BASE   0x200000000000ul
#define ARCH_POOL_SIZE   (64ul << 20)

struct cpu *unit_this_cpu(void);

static inline struct cpu *arch_this_cpu(void)
{
	return unit_this_cpu();
}
static inline struct task *arch_current(void)
{
	return NULL;
}
static inline void *arch_phys_to_virt(u64 pa)
{
	return (void *)pa;
}
static inline u64 arch_virt_to_phys(const void *va)
{
	return (u64)va;
}

#endif
