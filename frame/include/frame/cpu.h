// SPDX-License-Identifier: MPL-2.0
/*
 * CPUs as services see them: small dense numbers 0..cpu_count()-1.
 *
 * The kernel is not preempted: a task leaves its CPU only where it sleeps, yields or returns to
 * user mode. Interrupts do come. So per-CPU data of a service is an array of MAX_CPUS values
 * indexed by cpu_id(), used without a sleep in between. Context: any, unless said otherwise.
 * Trust: only reads what the frame set at the start.
 */
#ifndef FRAME_CPU_H
#define FRAME_CPU_H

#include <frame/types.h>

struct dt_node; /* <frame/device.h> */

#include <frame_arch/cpu.h> /* static always_inline unsigned _arch_cpu_id(void) */

/* This CPU's number. */
static always_inline unsigned cpu_id(void)
{
	return _arch_cpu_id();
}
/* Number of CPUs that are running; does not change after kernel_main starts. */
unsigned cpu_count(void);
/* A hint to the CPU inside a busy-wait loop. */
void cpu_relax(void);
/* Makes all CPUs fetch code as it was just written to user pages. Context: task. */
void cpu_sync_icache_all(void);
/* The hardware's own number of CPU @i, for messages only; traps when i >= cpu_count(). */
u64 cpu_hw_id(unsigned i);
/*
 * The devicetree node of CPU @i, NULL: there is none; traps when i >= cpu_count(). What its
 * properties mean is the architecture's.
 */
struct dt_node *cpu_node(unsigned i);

#endif
