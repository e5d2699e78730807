// SPDX-License-Identifier: MPL-2.0
/* x86_64: shared by the files of the backend. Private to arch/x86_64/frame. */
#ifndef X86_BACKEND_H
#define X86_BACKEND_H

#include "../../../frame/arch.h"
#include "../../../frame/cpu_local.h"
#include "asm.h"

/* Exceptions: Intel SDM volume 3, table 6-1. */
enum {
	EXC_DIVIDE = 0,
	EXC_DEBUG = 1,
	EXC_NMI = 2,
	EXC_BREAKPOINT = 3,
	EXC_OVERFLOW = 4,
	EXC_BOUND = 5,
	EXC_ILLEGAL = 6,
	EXC_NO_FPU = 7,
	EXC_DOUBLE = 8,
	EXC_STACK = 12,
	EXC_PROTECTION = 13,
	EXC_PAGE = 14,
	EXC_FP = 16,
	EXC_ALIGNMENT = 17,
	EXC_MACHINE = 18,
	EXC_SIMD = 19,
};
/* Interrupts: of devices from VECTOR_LINES on (irq.c). The local ones have higher priority. */
enum { VECTOR_LINES = 0x20, VECTOR_TIMER = 0xf0, VECTOR_IPI = 0xf1, VECTOR_SPURIOUS = 0xff };

/* More pages than this: a flush of all translations is cheaper. */
#define FLUSH_ALL_PAGES 64

#define PF_PRESENT 1u
#define PF_WRITE   2u
#define PF_FETCH   16u

/*
 * TRUST of the accesses to special registers: each use names the register and says why it is sound.
 */
#define read_cr(n)                                                              \
	({                                                                      \
		u64 _v;                                                         \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(_v) : : "memory"); \
		_v;                                                             \
	})
#define write_cr(n, v) __asm__ volatile("mov %0, %%cr" #n : : "r"((u64)(v)) : "memory")

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return (u64)hi << 32 | lo;
}
static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

/* Features of the boot CPU; the others are assumed to be alike. boot.c */
struct x86_features {
	bool gbpages, pcid, invpcid, smep, smap, umip, xsave, tsc_deadline, rdrand, mce;
	u64 xfeatures; /* XCR0, 0 without XSAVE */
};
extern struct x86_features x86;

/* Facts from ACPI (acpi.c); zero: not present. */
struct acpi_facts {
	u64 lapic, ioapic, ecam;
	u32 ecam_buses;
	u32 pm_timer;                   /* port */
	u32 pm1a_control, pm1b_control; /* ports */
	u32 sleep_type_a, sleep_type_b;
	u8 reset_value;
	u32 reset_port;
	u32 nr_cpus;
	u32 apic_id[MAX_CPUS];
};
extern struct acpi_facts acpi;
/*
 * Reads the tables at @rsdp (0: none). Runs early, while the start-up tables map all memory that
 * firmware may have used.
 */
void acpi_read(paddr_t rsdp);

/*
 * Builds the devicetree of this PC from the built-in one, the loader's data and ACPI; returns its
 * physical address. tree.c
 */
struct pvh_start_info;
paddr_t x86_make_tree(const struct pvh_start_info *info);
/* The port of QEMU's exit device; 0: none. power.c */
extern u32 x86_exit_port;

extern u8 _image_start[], _text_end[], _rodata_end[], _data_end[], _image_end[];
extern u8 boot_stack_top[];

void x86_start(u64 start_info) __attribute__((noreturn));
void x86_secondary_start(struct cpu *c) __attribute__((noreturn));
/*
 * Sets up control registers, system call registers and descriptor tables of this CPU, whose block
 * is @c.
 */
void x86_init_cpu(struct cpu *c);
void x86_load_idt(void);
/* Maps all memory that the start-up tables can cover, up to x86_early_end(). mmu.c */
void x86_extend_early_map(void);
u64 x86_early_end(void);
/*
 * Fills a page table for the start of other CPUs: the kernel, and the first 2 MiB one to one.
 * Returns its physical address, which is below 4 GiB. mmu.c
 */
u64 x86_prepare_secondary_map(void);

/* trap.S; entered by the CPU, not C functions. */
void x86_syscall_entry(void);
extern u8 x86_trap_stubs[];
void x86_nmi_stub(void);
void x86_debug_stub(void);
void x86_double_fault_stub(void);
void x86_machine_check_stub(void);
void x86_task_entry(void);
/* Called by these entries. */
struct x86_ktrap;
void x86_kernel_trap(u64 vector, u64 error, struct x86_ktrap *frame, u64 fp);
void x86_nmi(void);
void x86_kernel_debug(u64 *rip_cs_flags);
void x86_fatal(u64 vector, u64 rip, u64 fp) __attribute__((noreturn));
void x86_device_interrupt(u64 vector); /* irq.c */
void x86_interrupt(u64 vector);
void x86_interrupt_on(u64 vector, u64 stack_top); /* switch.S: x86_interrupt on another stack */
u64 x86_emergency_stack(void);                    /* top of this CPU's. smp.c */

void x86_fp_store(void *area, u64 mask, bool xsave);
int x86_fp_load(const void *area, u64 mask, bool xsave);

/* apic.c: the local interrupt controller. */
void apic_map(void);
void apic_init_cpu(void);
void apic_end_of_interrupt(void);
#define APIC_ALL 0xffu /* the id that addresses every CPU */
enum { APIC_FIXED = 0, APIC_NMI = 4, APIC_INIT = 5, APIC_STARTUP = 6 };
void apic_send(u32 id, u32 mode, u32 vector);
void apic_timer_start(u32 count);
u32 apic_timer_left(void);
void apic_timer_deadline_mode(void);

#endif
