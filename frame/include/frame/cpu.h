// SPDX-License-Identifier: MPL-2.0
/*
 * CPUs as services see them: small dense numbers 0..cpu_count()-1.
 *
 * The kernel is not preempted: a task leaves its CPU only where it sleeps, yields or returns to
 * user mode. Interrupts do occur. So per-CPU data of a service is an array of MAX_CPUS values
 * indexed by cpu_id(), used without a sleep in between.
 *
 * Context: any, unless said otherwise.
 * Trust: these functions only read what the frame set at boot.
 * Source: frame/task/smp.c, frame/boot/dt.c (cpu_node).
 */
#ifndef FRAME_CPU_H
#define FRAME_CPU_H

#include <frame/types.h>

struct dt_node; /* <frame/device.h> */

#include <frame_arch/cpu.h> /* static always_inline unsigned _arch_cpu_id(void) */

/* The number of the CPU that runs this code. */
static always_inline unsigned cpu_id(void)
{
	return _arch_cpu_id();
}
/* Number of online CPUs; constant from the start of kernel_main on. */
unsigned cpu_count(void);
/* A hint to the CPU inside a busy-wait loop. */
void cpu_relax(void);
/*
 * Makes instruction fetch on all CPUs see the code that was just written to user pages; returns
 * when it does. Context: task.
 */
void cpu_sync_icache_all(void);
/* The hardware's own number of CPU @i, for messages only. Traps when @i >= cpu_count(). */
u64 cpu_hw_id(unsigned i);
/*
 * The devicetree node of CPU @i, NULL if there is none. Traps when @i >= cpu_count(). The meaning
 * of its properties depends on the architecture.
 */
struct dt_node *cpu_node(unsigned i);

#endif
