// SPDX-License-Identifier: MPL-2.0
/*
 * The arch interface: everything the frame asks of a CPU. Private to the frame; complete and
 * closed.
 *
 * A backend (arch/A/frame/) defines exactly these functions, in files of the same names for the
 * same jobs: entry.S, boot.c, trap.c, mmu.c, timer.c, irq.c, switch.S, usercopy.S, fpu.c, smp.c,
 * cache.c, power.c. A missing body fails the link; a global function outside this contract fails
 * the build (-Wmissing-prototypes). This header is the porting guide.
 *
 * In the other direction a backend calls only what frame headers declare: the up-calls at the end
 * of this file.
 */
#ifndef FRAME_ARCH_H
#define FRAME_ARCH_H

#include <frame/errno.h>
#include <frame/span.h>
#include <frame/types.h>
#include <frame/user.h>

#include "mem.h"

struct dt_node;
struct cpu;  /* frame/cpu_local.h */
struct task; /* frame/task/task.h */
/*
 * The i-th reg of a node as CPU physical address (all ranges applied) and size; frame/boot/dt.c.
 * Not for services.
 */
bool dt_reg(struct dt_node *n, unsigned i, paddr_t *base, u64 *size);
/* The same for I/O ports: the first port and how many. */
bool dt_port(struct dt_node *n, unsigned i, u64 *port, u64 *size);
/*
 * The i-th interrupt of a node: the node of its controller, and its first cell there. False: there
 * is none. frame/boot/dt.c.
 */
bool dt_interrupt(struct dt_node *n, unsigned i, struct dt_node **controller, u32 *cell);
bool dt_available(struct dt_node *n);
/*
 * Whether the range touches RAM: such a "device" would be a way around the wall.
 * frame/dev/device.c.
 */
bool overlaps_ram(paddr_t base, u64 size);
/*
 * The hardware's own number of the CPU that node @n below /cpus describes; false: @n is no CPU.
 * frame/boot/dt.c.
 */
bool dt_cpu_hw_id(struct dt_node *n, u64 *id);

/*
 * <frame_arch/cpu.h> (public part) gives: _arch_cpu_id, _arch_current, _arch_ready, _arch_irq_save,
 * _arch_irq_restore, _arch_relax.
 */
/*
 * arch/A/frame/include/frame_arch/private.h gives the inlines of this contract that must be fast,
 * the layout constants (ARCH_LINEAR_BASE, ARCH_LINEAR_SIZE, ARCH_POOL_BASE, ARCH_POOL_SIZE,
 * ARCH_KMAP_BASE, ARCH_KMAP_SIZE: kernel virtual ranges; ARCH_PADDR_BITS: of a page table entry;
 * ARCH_FIRMWARE_ROOM: bytes right below the image that are firmware's, said or not), struct
 * arch_context (callee-saved registers of a switched-out task), struct arch_cpu (the backend's part
 * of struct cpu) and typedef u64 pte_t.
 */
#include <frame_arch/private.h>

/* ---- this CPU ---- */
static inline struct cpu *arch_this_cpu(void);
static inline struct task *arch_current(void); /* from the per-CPU block; one load */
static inline void arch_irq_enable(void);
static inline void arch_irq_disable(void);
static inline bool arch_irq_enabled(void);
/*
 * Interrupts off on entry and return; waits until one is pending (it is taken when they are enabled
 * again).
 */
static inline void arch_wait_for_interrupt(void);
static inline u64 arch_cycles(void);
/*
 * Order of device register accesses: a write comes after all earlier accesses of memory and
 * devices, a read after earlier loads of memory (of a lock), all later accesses after a read. A
 * write comes before the stores behind a later release (frame/order.h), as an unlock: the next
 * holder finds it done.
 */
static inline void arch_io_before_write(void);
static inline void arch_io_before_read(void);
static inline void arch_io_after_read(void);
/* One access to a device register, ordered so. @reg: in a window of kmap_device, aligned. */
static inline u8 arch_mmio_read8(const volatile u8 *reg);
static inline u16 arch_mmio_read16(const volatile u8 *reg);
static inline u32 arch_mmio_read32(const volatile u8 *reg);
static inline u64 arch_mmio_read64(const volatile u8 *reg);
static inline void arch_mmio_write8(volatile u8 *reg, u8 v);
static inline void arch_mmio_write16(volatile u8 *reg, u16 v);
static inline void arch_mmio_write32(volatile u8 *reg, u32 v);
static inline void arch_mmio_write64(volatile u8 *reg, u64 v);

/*
 * I/O ports: private.h has these and ARCH_HAS_PORTS 1, or ARCH_HAS_PORTS 0 and no bodies.
 *	u8 arch_port_read8(u16 port), u16 arch_port_read16, u32 arch_port_read32; void arch_port_write8(u16 port, u8 v), ...16, ...32
 */

/* ---- boot (boot.c) ---- */
/*
 * The first C code on the boot CPU is the backend's; after turning translation on it calls
 * frame_start.
 */
/* Writes to the firmware console; any context, from the first instruction on. */
void arch_early_write(const u8 *text, size_t n);
/*
 * Before the allocator: checks the CPU, prepares per-boot-CPU state (trap vector, FPU off, user
 * access off).
 */
void arch_init_boot_cpu(void);
/*
 * Physical extent of the kernel image [start, end), 2 MiB aligned start; its parts are the symbols
 * of kernel.lds.
 */
void arch_image_extent(paddr_t *start, paddr_t *end);

/*
 * Top of the stack that the boot CPU runs on: 16 KiB in the image, behind a guard of the same size.
 */
void *boot_stack(void);
/* Value of the time counter at kernel entry. */
u64 boot_entry_cycles(void);

/* ---- kernel address space (mmu.c) ---- */
/*
 * The tables are frame/mm/kernelmap.c's; the format of their entries is private.h's: pte_kernel,
 * pte_kernel_table, and the largest page a table entry may show.
 */
/* A and D set, global; device: uncached where that is the table's business. */
static inline pte_t pte_kernel(paddr_t pa, u32 vm_prot, bool device, unsigned level);
static inline pte_t pte_kernel_table(paddr_t table);
static inline unsigned arch_largest_page_level(void);
/* Drops this CPU's kernel translations: all, or of a page that was not mapped before. */
static inline void arch_kernel_flush_local(void);
static inline void arch_kernel_flush_page_local(u64 va);
/* Flushes kernel translations of [start, end) on all CPUs. */
void arch_kernel_flush(u64 start, u64 end);
/*
 * Makes all CPUs forget what they have cached of kernel addresses where nothing was mapped; empty
 * where CPUs never cache that.
 */
static inline void arch_kernel_flush_absent(void);
static inline void *arch_phys_to_virt(paddr_t pa); /* linear map */
static inline paddr_t arch_virt_to_phys(const void *va);

/* ---- user page tables: the format only; the walk is frame/mm/vmspace.c ---- */
/* ARCH_PT_LEVELS; shift of level l (0 = leaf 4 KiB): ARCH_PT_SHIFT(l); entries per table: 512 */
static inline bool pte_present(pte_t e);
static inline pte_t pte_table(paddr_t table);
static inline pte_t pte_user_leaf(paddr_t pa, u32 vm_prot); /* A set, D set when writable */
static inline paddr_t pte_paddr(pte_t e);
static inline u32 pte_user_prot(pte_t e);
/* Number of usable ASID/PCID bits (0: none). */
static inline unsigned arch_asid_bits(void);
/* Switches this CPU to a user root; @flush: drop all entries of the ASID. Interrupts off. */
void arch_user_root_activate(paddr_t root, u64 asid, bool flush);
/* Switches this CPU to the kernel-only root (kernel_root), with ASID 0. */
void arch_kernel_root_activate(void);
/*
 * This CPU has switched away from a user root with ASID 0: drops all entries of it, if neither that
 * switch nor the next one to ASID 0 does so by itself. Interrupts off.
 */
void arch_shared_asid_left(void);
/*
 * Drops translations of [start, end) with @asid on this CPU / on the CPUs of the mask. end == ~0:
 * everything. Remote returns when all are done.
 */
void arch_tlb_flush_local(u64 asid, u64 start, u64 end);
void arch_tlb_flush_remote(u64 cpu_mask, u64 asid, u64 start, u64 end);
/*
 * Drops what this CPU may remember with @asid of entries that were not there, of tables of all
 * levels; nothing where CPUs never cache that. arch_tlb_flush_local of a few pages may drop such a
 * memory of their leaf entries only.
 */
static inline void arch_tlb_flush_absent_local(u64 asid);
/* Instruction fetch sees earlier stores: this CPU / all other CPUs. */
void arch_icache_sync_local(void);
void arch_icache_sync_remote(u64 cpu_mask);

/*
 * ---- user copies (usercopy.S) ----
 * The user range lies in the user half: frame/mm/usercopy.c sees to it, and so do _user_copy_in and
 * _user_copy_out of <frame/user.h>, which are here as well. A fault on the user address ends the
 * copy. They return the bytes NOT done. Instructions that may fault are listed in .keel.fixups
 * (user_fixup).
 */
size_t arch_user_copy(void *dst, const void *src, size_t n); /* either side may be the user's */
size_t arch_user_zero(u64 user_dst, size_t n);
/* Copies to the first NUL (included). */
size_t arch_user_str(void *dst, u64 user_src, size_t n);
/* Of aligned words: 0, or non-zero on a fault. */
int arch_user_load32(u64 user_addr, u32 *out);
int arch_user_cas32(u64 user_addr, u32 from, u32 to, u32 *seen);

/* ---- tasks (switch.S, fpu.c) ---- */
/*
 * Prepares a context so that the first switch to it calls entry(arg) on the stack ending at
 * @stack_top, interrupts off.
 */
void arch_context_init(struct arch_context *c, void *stack_top, void (*entry)(void *), void *arg);
/* Saves callee-saved state in @from, loads @to. Returns when switched back to. Interrupts off. */
void arch_switch(struct arch_context *from, struct arch_context *to);
/*
 * <frame_arch/user.h> has _arch_user_enter, which runs a user context until any trap, and
 * _arch_user_syscall, which tells whether that was a call. This one tells of the others:
 * USER_INTERRUPT is an interrupt of the CPU, still to be handled.
 */
enum user_event_kind arch_user_trap(u64 cause, struct user_event *ev);
/* After USER_INTERRUPT: handles what is pending, interrupts still off. */
void arch_irq_dispatch(void);
/*
 * FP/vector state of @u: save if it is in this CPU's registers and changed; load before user mode.
 * Interrupts off.
 */
void arch_fpu_save(struct user_ctx *u);
void arch_fpu_load(struct user_ctx *u);
/* The saved copy becomes the state; what registers hold of it is void. */
void arch_fpu_reset(struct user_ctx *u);
void arch_fpu_get(const struct user_ctx *u, struct user_fpregs *out);
void arch_fpu_set(struct user_ctx *u, const struct user_fpregs *in);
/* All general registers; set ignores what user mode may not change. */
void arch_regs_get(const struct user_ctx *u, struct user_regs *out);
void arch_regs_set(struct user_ctx *u, const struct user_regs *in);
/*
 * The same to and from user memory; return the bytes NOT copied. After a short copy in, registers
 * are a mixture.
 */
size_t arch_regs_to_user(const struct user_ctx *u, u64 dst);
size_t arch_regs_from_user(struct user_ctx *u, u64 src);
size_t arch_fpu_to_user(const struct user_ctx *u, u64 dst);
size_t arch_fpu_from_user(struct user_ctx *u, u64 src);

/* ---- time (timer.c) ---- */
void arch_timer_init(void);     /* once; frequency from the devicetree */
void arch_timer_init_cpu(void); /* on each CPU */
u64 arch_timer_hz(void);
void arch_timer_set(u64 cycles); /* one-shot on this CPU, absolute; ~0: never */

/* ---- interrupts of devices (irq.c) ---- */
/*
 * Finds and initialises the controllers in the devicetree; on each CPU: enables external interrupts
 * there.
 */
void arch_irq_init(void);
void arch_irq_init_cpu(void);
/* Translates the i-th interrupt of a node to a hardware line number, or -errno. */
int arch_irq_translate(struct dt_node *n, unsigned i, u32 *hwirq);
/*
 * A write of @data to @address is the interrupt @hwirq. -ENOSYS: the machine has no such
 * interrupts; -ENOSPC.
 */
struct msi_message {
	u64 address;
	u32 data, hwirq;
};
int arch_msi_alloc(struct msi_message *m);
void arch_irq_unmask(u32 hwirq);
void arch_irq_mask(u32 hwirq);
/*
 * A self-test survives a trap: no handler on this CPU goes on. Ends the interrupts that are in
 * service; one whose handler had not begun comes again. Interrupts off.
 */
void arch_irq_abandon(void);

/* ---- caches that a device does not see (cache.c) ---- */
/*
 * Finds the means to bring lines of all CPUs' caches into memory: bytes of a line (at most a page),
 * 0: there is none, and the other two are not called. Once.
 */
u32 arch_cache_init(void);
/*
 * All lines that the range of RAM touches: to memory; and so that the next access looks there.
 * After all earlier accesses of memory and devices, before all later ones.
 */
void arch_cache_clean(paddr_t pa, u64 size);
void arch_cache_flush(paddr_t pa, u64 size);

/* ---- other CPUs (smp.c) ---- */
/*
 * Finds usable CPUs in the devicetree: fills cpus[] (hardware ids), the boot CPU is number 0.
 * Returns how many.
 */
unsigned arch_smp_discover(u64 *hw_ids, unsigned max);
/*
 * Prepares the backend's part of a CPU's block before that CPU starts, or of the boot CPU as soon
 * as there is memory. @emergency_stack: its top. False: no memory.
 */
bool arch_cpu_prepare(struct cpu *c, void *emergency_stack);
/* Of a kernel stack, aligned to as much (frame/mm/kmap.c). */
#define STACK_BYTES 16384ul
/*
 * Whether an interrupt that came at @sp is to be handled on the CPU's emergency stack, whose top is
 * @emergency: less than half of the stack is left there. A handler, which holds locks of the
 * frame's, must not run into the end of what it interrupted. On the emergency stack itself it stays
 * there.
 */
static inline bool stack_is_low(u64 sp, u64 emergency)
{
	return (sp & (STACK_BYTES - 1)) < STACK_BYTES / 2 &&
		sp - (emergency - STACK_BYTES) >= STACK_BYTES;
}
/*
 * Starts CPU @n on its idle stack; it runs cpu_start_secondary(). False when it does not come up
 * within seconds: then @c must stay as it is, for it may come later.
 */
bool arch_smp_start(struct cpu *c);
/* Interrupts the CPUs of the mask: each calls ipi_handle(). */
void arch_ipi_send(u64 cpu_mask);

/* ---- the end (power.c) ---- */
void arch_power_off(void); /* return if they cannot */
void arch_reset(void);
void arch_exit_emulator(u32 status); /* the machine's test device, if there is one */
void arch_halt(void) __attribute__((noreturn));
/*
 * Return addresses of the call chain from frame pointer @fp (0: the caller's own), at most @max;
 * stops at a bad frame.
 */
unsigned arch_backtrace(u64 fp, u64 lo, u64 hi, u64 *out, unsigned max);

/* ==== up-calls: what a backend calls in the frame ==== */
/* frame/boot/start.c; translation on, boot stack. */
void frame_start(u64 boot_hw_id, paddr_t fdt) __attribute__((noreturn));
/* frame/task/smp.c; on the CPU's idle stack. */
void cpu_start_secondary(struct cpu *c) __attribute__((noreturn));
/*
 * A copy of @n bytes of which only @room lie in the user half; the bytes not copied.
 * frame/mm/usercopy.c
 */
size_t user_copy_beyond(void *dst, const void *src, size_t n, u64 room);
/*
 * Where to go on after a fault of the instruction at @pc, 0: it may not fault. frame/mm/usercopy.c
 */
u64 user_fixup(u64 pc);
/*
 * frame/mm/kernelmap.c, see mem.h: for a fault on a kernel address, where CPUs may cache that
 * nothing is mapped.
 */
bool kernel_map_is_news(u64 va);
void timer_interrupt(void);       /* frame/task/timer.c */
void ipi_handle(void);            /* frame/task/smp.c */
void irq_line_deliver(u32 hwirq); /* frame/dev/irq.c */
/*
 * The pin that restarts the machine, if there is one: whether it is to be tried before firmware;
 * pulls it, returns when that was in vain. frame/dev/restart.c
 */
bool restart_before_firmware(void);
void restart_pull(void);
/*
 * A trap of kernel code that nothing can mend: page fault, bounds trap. pc, address, cause as text.
 * frame/lib/panic.c
 */
void trap_in_kernel(const char *cause, u64 pc, u64 addr, u64 fp) __attribute__((noreturn));

#endif
