// SPDX-License-Identifier: MPL-2.0
/* The CPU as host tests see it: one, without interrupts. */
#ifndef FRAME_ARCH_CPU_H
#define FRAME_ARCH_CPU_H

#include <frame/types.h>

static inline unsigned _arch_cpu_id(void)
{
	return 0;
}
static inline void *_arch_current(void)
{
	return (void *)0;
}
static inline void *_arch_ready(void)
{
	return (void *)0;
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
