// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the current CPU and its interrupt enable, inlined into the public headers. Context: any.
 * In the kernel the register tp holds the address of this CPU's block (struct cpu,
 * frame/cpu_local.h).
 */
#ifndef FRAME_ARCH_CPU_H
#define FRAME_ARCH_CPU_H

#include <frame/types.h>

#define _CPU_ID_OFFSET        48 /* offsetof(struct cpu, id); checked in smp.c */
#define _CPU_IRQ_DEPTH_OFFSET 72 /* offsetof(struct cpu, irq_depth) */
#define _CPU_READY_OFFSET     96 /* offsetof(struct cpu, ready) */
#define _SSTATUS_SIE          2ul

/* The dense number of the CPU that runs this code. */
static always_inline unsigned _arch_cpu_id(void)
{
	unsigned id;

	/* TRUST: reads a field of this CPU's block. */
	__asm__ volatile("lw %0, %1(tp)" : "=r"(id) : "i"(_CPU_ID_OFFSET));
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
	__asm__("ld %0, 0(tp)" : "=r"(t));
	return t;
}

/* The address space whose user code the running task may enter at once; never NULL. */
static always_inline void *_arch_ready(void)
{
	void *vm;

	/* TRUST: reads a field of this CPU's block. */
	__asm__ volatile("ld %0, %1(tp)" : "=r"(vm) : "i"(_CPU_READY_OFFSET) : "memory");
	return vm;
}

/* 0 while a task's own code runs. */
static always_inline u64 _arch_irq_depth(void)
{
	u64 depth;

	/* TRUST: reads a field of this CPU's block. */
	__asm__ volatile("ld %0, %1(tp)" : "=r"(depth) : "i"(_CPU_IRQ_DEPTH_OFFSET) : "memory");
	return depth;
}

/* Turns interrupts off; returns whether they were on, for the restore. */
static always_inline u64 _arch_irq_save(void)
{
	u64 old;

	/* TRUST: clears SIE only. */
	__asm__ volatile("csrrci %0, sstatus, 2" : "=r"(old) : : "memory");
	return old & _SSTATUS_SIE;
}

/* Turns interrupts on if @state says that they were on. */
static always_inline void _arch_irq_restore(u64 state)
{
	/* TRUST: the mask keeps a service's value from changing other bits. */
	__asm__ volatile("csrs sstatus, %0" : : "r"(state & _SSTATUS_SIE) : "memory");
}

/* A hint in a loop that waits for another CPU. */
static always_inline void _arch_relax(void)
{
	/* pause (Zihintpause); a fence without effect on harts without it. */
	__asm__ volatile(".insn i 0x0F, 0, x0, x0, 0x010" : : : "memory");
}

#endif
