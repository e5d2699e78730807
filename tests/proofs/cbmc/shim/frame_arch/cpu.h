// SPDX-License-Identifier: MPL-2.0
/* The CPU as proofs have it: one, whose number is any; interrupts are nobody's concern. */
#ifndef FRAME_ARCH_CPU_H
#define FRAME_ARCH_CPU_H

#include <frame/types.h>

extern unsigned proof_cpu;

static inline unsigned _arch_cpu_id(void)
{
	return proof_cpu;
}
static inline void *_arch_current(void)
{
	return NULL;
}
static inline void *_arch_ready(void)
{
	return NULL;
}
static inline u64 _arch_irq_save(void)
{
	return 0;
}
static inline void _arch_irq_restore(u64 state)
{
	(void)state;
}
static inline void _arch_relax(void)
{
}

#endif
