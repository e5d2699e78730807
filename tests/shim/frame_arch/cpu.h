// SPDX-License-Identifier: MPL-2.0
/*
 * The CPU as the frame's and services' sources see it on the host.
 *
 *	HOST_SIM	tests/models: one runs at a time, chosen by the test, with an interrupt switch
 *	HOST_PROOF	tests/proofs: one, whose number is any; interrupts are nobody's concern
 *	HOST_CURRENT	tests/unit/stack: CPU 0, without interrupts, with a thread that calls
 *	none		tests/unit: CPU 0, without interrupts and tasks
 */
#ifndef FRAME_ARCH_CPU_H
#define FRAME_ARCH_CPU_H

#include <frame/types.h>

#ifdef HOST_SIM
extern unsigned sim_cpu;
extern bool sim_irqs_on;
extern void *sim_task_running;
/* Interrupts on; what is pending is delivered. */
void sim_irqs_enable(void);
/* Somebody waits for something: time passes. */
void sim_spins(void);
#define HOST_CPU  sim_cpu
#define HOST_TASK sim_task_running
#else
#ifdef HOST_PROOF
extern unsigned proof_cpu;
#define HOST_CPU proof_cpu
#else
#define HOST_CPU 0u
#endif
#ifdef HOST_CURRENT
extern void *host_task;
#define HOST_TASK host_task
#else
#define HOST_TASK NULL
#endif
#endif

static inline unsigned _arch_cpu_id(void)
{
	return HOST_CPU;
}
static inline u64 _arch_irq_depth(void)
{
	return 0;
}
static inline void *_arch_current(void)
{
	return HOST_TASK;
}
static inline void *_arch_ready(void)
{
	return NULL;
}

#ifdef HOST_SIM
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
static inline void _arch_relax(void)
{
	sim_spins();
}
#else
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

#endif
