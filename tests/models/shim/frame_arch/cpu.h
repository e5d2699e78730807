// SPDX-License-Identifier: MPL-2.0
/* The CPU as the models' tests have it: one runs at a time, chosen by the test, with an interrupt switch. */
#ifndef FRAME_ARCH_CPU_H
#define FRAME_ARCH_CPU_H

#include <frame/types.h>

extern unsigned sim_cpu;
extern bool sim_irqs_on;
extern void *sim_task_running;
/* Interrupts on; what is pending is delivered. */
void sim_irqs_enable(void);
void sim_spins(void);

static inline unsigned _arch_cpu_id(void)
{
	return sim_cpu;
}
static inline void *_arch_current(void)
{
	return sim_task_running;
}
static inline void *_arch_ready(void)
{
	return NULL;
}
static inline u64 _arch_irq_save(void)
{
	u64 old = sim_irqs_on;

	sim_irqs_on = false;
	return old;
}
static inline void _arch_irq_restore(u64 state)
{
	if (state)
		sim_irqs_enable();
}
/* Somebody waits for something: time passes. */
static inline void _arch_relax(void)
{
	sim_spins();
}

#endif
