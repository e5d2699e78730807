// SPDX-License-Identifier: MPL-2.0
/* riscv64: shared by the files of the backend. Private to arch/riscv64/frame. */
#ifndef RISCV_BACKEND_H
#define RISCV_BACKEND_H

#include "../../../frame/arch.h"
#include "../../../frame/cpu_local.h"

/* scause, privileged specification table 4.2. */
#define CAUSE_INTERRUPT (1ul << 63)
enum {
	IRQ_SOFT = 1,
	IRQ_TIMER = 5,
	IRQ_EXTERNAL = 9,
	EXC_FETCH_MISALIGNED = 0,
	EXC_FETCH_ACCESS = 1,
	EXC_ILLEGAL = 2,
	EXC_BREAKPOINT = 3,
	EXC_LOAD_MISALIGNED = 4,
	EXC_LOAD_ACCESS = 5,
	EXC_STORE_MISALIGNED = 6,
	EXC_STORE_ACCESS = 7,
	EXC_ECALL_U = 8,
	EXC_FETCH_PAGE = 12,
	EXC_LOAD_PAGE = 13,
	EXC_STORE_PAGE = 15,
};

/* TRUST of the CSR macros: each use names the register and says why it is sound. */
#define csr_read(csr)                                                       \
	({                                                                  \
		u64 _v;                                                     \
		__asm__ volatile("csrr %0, " #csr : "=r"(_v) : : "memory"); \
		_v;                                                         \
	})
#define csr_write(csr, v) __asm__ volatile("csrw " #csr ", %0" : : "r"((u64)(v)) : "memory")
#define csr_set(csr, v)   __asm__ volatile("csrs " #csr ", %0" : : "r"((u64)(v)) : "memory")
#define csr_clear(csr, v) __asm__ volatile("csrc " #csr ", %0" : : "r"((u64)(v)) : "memory")

extern u8 _image_start[], _text_end[], _rodata_end[], _data_end[], _image_end[];
extern u8 boot_stack_top[];

/* Per-hart supervisor state: vector, scratch, user access off, counters readable by user mode. */
void riscv_init_hart(void);
void riscv_trap_vector(void);
u64 riscv_early_map(u64 image_phys);
void riscv_start(u64 hart, u64 fdt) __attribute__((noreturn));
void riscv_secondary_start(struct cpu *c) __attribute__((noreturn));
void riscv_secondary_entry(void);
void riscv_kernel_trap(u64 cause, u64 addr, u64 *frame);
void riscv_task_entry(void);
/* Dispatches one pending interrupt cause. */
void riscv_irq(u64 cause);
void riscv_irq_on(u64 cause, u64 stack_top); /* switch.S: riscv_irq on another stack */
/* Checks the result of SBI RFENCE: an error is a panic. smp.c */
void riscv_fence_done(s64 sbi_error);
/*
 * satp of the final kernel table / of a table that also maps the image's first pages one to one,
 * for harts that HSM starts.
 */
u64 riscv_kernel_satp(void);
extern u64 riscv_secondary_satp, riscv_secondary_hart, riscv_secondary_block;
extern u32 riscv_boot_taken;
u64 riscv_prepare_secondary_map(void);
/* Whether the devicetree says that this hart is available and has an MMU and an FPU. */
bool riscv_cpu_is_usable(struct dt_node *n);
/* Whether all usable harts have the multi-letter extension. */
bool riscv_all_have(struct lit ext);

/*
 * Identification of the core by firmware (mvendorid, marchid, mimpid), and the core's errata that
 * the kernel works around.
 */
struct riscv_identity {
	u64 vendor, architecture, implementation;
};
#define ERRATUM_CIP_453  1u
#define ERRATUM_CIP_1200 2u
u32 riscv_errata_of(const struct riscv_identity *id);
extern u32 riscv_errata;
/* Reads both on the boot hart, before any code depends on them. */
void riscv_identify(void);

#endif
