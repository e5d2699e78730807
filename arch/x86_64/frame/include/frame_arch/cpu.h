// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: the current CPU and its interrupt enable, inlined into the public headers.
 *
 * In the kernel the base of gs is the address of this CPU's block (struct cpu, frame/cpu_local.h).
 */
#ifndef FRAME_ARCH_CPU_H
#define FRAME_ARCH_CPU_H

#include <frame/types.h>

#define _CPU_ID_OFFSET        48 /* offsetof(struct cpu, id); checked in trap.c */
#define _CPU_IRQ_DEPTH_OFFSET 72 /* offsetof(struct cpu, irq_depth) */
#define _CPU_READY_OFFSET     96 /* offsetof(struct cpu, ready) */
#define _RFLAGS_IF            0x200ul

/* The number of the CPU that runs this code. Volatile: read again after a switch. */
static always_inline unsigned _arch_cpu_id(void)
{
	unsigned id;

	/* TRUST: reads a field of this CPU's block. */
	__asm__ volatile("movl %%gs:%c1, %0" : "=r"(id) : "i"(_CPU_ID_OFFSET));
	return id;
}

/*
 * The task that runs this code. It is the same on whatever CPU the task runs, so the compiler may
 * keep it.
 */
static always_inline void *_arch_current(void)
{
	void *t;

	/* TRUST: first field of the CPU block. */
	__asm__("movq %%gs:0, %0" : "=r"(t));
	return t;
}

/* The address space whose user code the running task may enter at once; never NULL. */
static always_inline void *_arch_ready(void)
{
	void *vm;

	/* TRUST: reads a field of this CPU's block. */
	__asm__ volatile("movq %%gs:%c1, %0" : "=r"(vm) : "i"(_CPU_READY_OFFSET) : "memory");
	return vm;
}

/* 0 while a task's own code runs. */
static always_inline u64 _arch_irq_depth(void)
{
	u64 depth;

	/* TRUST: reads a field of this CPU's block. */
	__asm__ volatile("movq %%gs:%c1, %0" : "=r"(depth) : "i"(_CPU_IRQ_DEPTH_OFFSET) : "memory");
	return depth;
}

/* Turns interrupts off; returns whether they were on, for the restore. */
static always_inline u64 _arch_irq_save(void)
{
	u64 old;

	/* TRUST: clears IF only; there is no red zone that the push could overwrite. */
	__asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(old) : : "memory");
	return old & _RFLAGS_IF;
}

static always_inline void _arch_irq_restore(u64 state)
{
	if (state & _RFLAGS_IF)
		__asm__ volatile("sti" : : : "memory"); /* TRUST: sets IF only */
}

/*
 * The result of CPUID on this CPU. All that the kernel and programs rely on is the same on all
 * CPUs.
 */
struct cpu_leaf {
	u32 eax, ebx, ecx, edx;
};
static inline struct cpu_leaf cpu_leaf(u32 leaf, u32 subleaf)
{
	struct cpu_leaf l;

	/* TRUST: changes nothing but its four registers. */
	__asm__ volatile("cpuid"
		: "=a"(l.eax), "=b"(l.ebx), "=c"(l.ecx), "=d"(l.edx)
		: "a"(leaf), "c"(subleaf));
	return l;
}

/* A hint in a busy-wait loop. */
static always_inline void _arch_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

#endif
