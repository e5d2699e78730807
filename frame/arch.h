// SPDX-License-Identifier: MPL-2.0
/*
 * The arch interface: everything the frame needs of a CPU. Private to the frame; complete and
 * closed.
 *
 * A backend (arch/A/frame/) defines exactly these functions, in files of the same names for the
 * same jobs: entry.S, boot.c, trap.c, mmu.c, timer.c, irq.c, switch.S, usercopy.S, fpu.c, smp.c,
 * cache.c, power.c. A missing body fails the link; a global function outside this contract fails
 * the build (-Wmissing-prototypes). This header is the porting guide.
 *
 * In the other direction a backend calls only functions that frame headers declare: the up-calls at
 * the end of this file.
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
 * The i-th reg entry of a node: its CPU physical address (all ranges applied) and its size. False:
 * there is none. Not for services. frame/boot/dt.c
 */
bool dt_reg(struct dt_node *n, unsigned i, paddr_t *base, u64 *size);
/* The same for I/O ports: the first port and the number of ports. */
bool dt_port(struct dt_node *n, unsigned i, u64 *port, u64 *size);
bool dt_available(struct dt_node *n);
/*
 * Whether the range overlaps RAM: a window on such a range would give a driver access to RAM.
 * frame/dev/device.c
 */
bool overlaps_ram(paddr_t base, u64 size);
/*
 * The hardware's own number of the CPU that node @n below /cpus describes; false: @n is no CPU.
 * frame/boot/dt.c
 */
bool dt_cpu_hw_id(struct dt_node *n, u64 *id);

/*
 * <frame_arch/cpu.h>, which is public, defines _arch_cpu_id, _arch_current, _arch_ready,
 * _arch_irq_save, _arch_irq_restore, _arch_relax.
 */
/*
 * arch/A/frame/include/frame_arch/private.h defines:
 * - the inlines of this contract that must be fast;
 * - kernel virtual ranges: ARCH_LINEAR_BASE, ARCH_LINEAR_SIZE, ARCH_POOL_BASE, ARCH_POOL_SIZE,
 *   ARCH_KMAP_BASE, ARCH_KMAP_SIZE;
 * - ARCH_PADDR_BITS: bits of a physical address in a page table entry;
 * - ARCH_FIRMWARE_ROOM: bytes right below the image that belong to firmware, whether firmware says
 *   so or not;
 * - struct arch_context: callee-saved registers of a switched-out task;
 * - struct arch_cpu: the backend's part of struct cpu;
 * - typedef u64 pte_t.
 */
#include <frame_arch/private.h>

/* ---- this CPU ---- */
static inline struct cpu *arch_this_cpu(void);
static inline struct task *arch_current(void); /* from the per-CPU block; one load */
static inline void arch_irq_enable(void);
static inline void arch_irq_disable(void);
static inline bool arch_irq_enabled(void);
/*
 * Waits until an interrupt is pending. Interrupts are off on entry and on return; the pending
 * interrupt is taken when they are enabled again.
 */
static inline void arch_wait_for_interrupt(void);
static inline u64 arch_cycles(void);
/*
 * Order of device register accesses:
 * - a write is performed after all earlier accesses of memory and devices, and before the stores
 *   that follow a later release (frame/order.h) such as an unlock: the next holder of the lock
 *   finds it done;
 * - a read is performed after earlier loads of memory (such as the load that took a lock), and
 *   before all later accesses.
 */
static inline void arch_io_before_write(void);
static inline void arch_io_before_read(void);
static inline void arch_io_after_read(void);
/*
 * One access to a device register, in the order above. @reg is aligned and lies in a mapping of
 * kmap_device.
 */
static inline u8 arch_mmio_read8(const volatile u8 *reg);
static inline u16 arch_mmio_read16(const volatile u8 *reg);
static inline u32 arch_mmio_read32(const volatile u8 *reg);
static inline u64 arch_mmio_read64(const volatile u8 *reg);
static inline void arch_mmio_write8(volatile u8 *reg, u8 v);
static inline void arch_mmio_write16(volatile u8 *reg, u16 v);
static inline void arch_mmio_write32(volatile u8 *reg, u32 v);
static inline void arch_mmio_write64(volatile u8 *reg, u64 v);

/*
 * I/O ports: private.h defines ARCH_HAS_PORTS 1 and these functions, or ARCH_HAS_PORTS 0 and none
 * of them.
 *	u8 arch_port_read8(u16 port), u16 arch_port_read16, u32 arch_port_read32
 *	void arch_port_write8(u16 port, u8 v), ...16, ...32
 */

/* ---- boot (boot.c) ---- */
/*
 * The first C code on the boot CPU belongs to the backend. It turns translation on and calls
 * frame_start.
 */
/* Writes to the firmware console. Any context, from the first instruction on. */
void arch_early_write(const u8 *text, size_t n);
/*
 * Before the allocator exists: checks the CPU and prepares the boot CPU (trap vector, FPU off, user
 * access off).
 */
void arch_init_boot_cpu(void);
/*
 * Physical extent [start, end) of the kernel image, whose start is aligned to 2 MiB. The symbols of
 * kernel.lds delimit its parts.
 */
void arch_image_extent(paddr_t *start, paddr_t *end);

/* Top of the boot CPU's stack: 16 KiB in the image, above a guard of the same size. */
void *boot_stack(void);
/* Value of the time counter at kernel entry. */
u64 boot_entry_cycles(void);

/* ---- kernel address space (mmu.c) ---- */
/*
 * frame/mm/kernelmap.c builds the tables. private.h defines the format of their entries, pte_kernel
 * and pte_kernel_table, and the highest level at which an entry may map a page.
 */
/*
 * The entry has A and D set and is global. @device: uncached, on CPUs where the page table decides
 * that.
 */
static inline pte_t pte_kernel(paddr_t pa, u32 vm_prot, bool device, unsigned level);
static inline pte_t pte_kernel_table(paddr_t table);
static inline unsigned arch_largest_page_level(void);
/*
 * Drops this CPU's kernel translations: all of them, or those of a page that was not mapped before.
 */
static inline void arch_kernel_flush_local(void);
static inline void arch_kernel_flush_page_local(u64 va);
/* Flushes kernel translations of [start, end) on all CPUs. */
void arch_kernel_flush(u64 start, u64 end);
/*
 * Makes all CPUs drop what they have cached about unmapped kernel addresses. Empty on CPUs that
 * never cache that.
 */
static inline void arch_kernel_flush_absent(void);
static inline void *arch_phys_to_virt(paddr_t pa); /* linear map */
static inline paddr_t arch_virt_to_phys(const void *va);

/* ---- user page tables: the format only; the walk is frame/mm/vmspace.c ---- */
/*
 * ARCH_PT_LEVELS; ARCH_PT_SHIFT(l): address bits below level l (0 = leaf, 4 KiB). 512 entries in a
 * table.
 */
static inline bool pte_present(pte_t e);
static inline pte_t pte_table(paddr_t table);
static inline pte_t pte_user_leaf(paddr_t pa, u32 vm_prot); /* A set, D set when writable */
static inline paddr_t pte_paddr(pte_t e);
static inline u32 pte_user_prot(pte_t e);
/* Number of usable ASID/PCID bits (0: none). */
static inline unsigned arch_asid_bits(void);
/* Switches this CPU to a user root; @flush: also drops all entries of the ASID. Interrupts off. */
void arch_user_root_activate(paddr_t root, u64 asid, bool flush);
/* Switches this CPU to the kernel-only root (kernel_root), with ASID 0. */
void arch_kernel_root_activate(void);
/*
 * Called after this CPU has switched away from a user root with ASID 0: drops all entries of ASID
 * 0, unless that switch, or the next switch to ASID 0, does so by itself. Interrupts off.
 */
void arch_shared_asid_left(void);
/*
 * Drop translations of [start, end) with @asid on this CPU / on the CPUs of the mask; end == ~0:
 * all. The remote form returns when all these CPUs are done.
 */
void arch_tlb_flush_local(u64 asid, u64 start, u64 end);
void arch_tlb_flush_remote(u64 cpu_mask, u64 asid, u64 start, u64 end);
/*
 * Drops what this CPU may have cached with @asid about entries that were not present, in tables of
 * all levels. Empty on CPUs that never cache that. arch_tlb_flush_local of a few pages may drop
 * such knowledge about their leaf entries only.
 */
static inline void arch_tlb_flush_absent_local(u64 asid);
/* Makes instruction fetch see earlier stores: on this CPU / on all CPUs of the mask. */
void arch_icache_sync_local(void);
void arch_icache_sync_remote(u64 cpu_mask);

/*
 * ---- user copies (usercopy.S) ---- The caller ensures that the user range lies in the user half:
 * frame/mm/usercopy.c, and _user_copy_in and _user_copy_out of <frame/user.h>, which the backend
 * defines as well. A fault on the user address ends the copy. These functions return the number of
 * bytes NOT done. .keel.fixups lists the instructions that may fault (user_fixup).
 */
size_t arch_user_copy(void *dst, const void *src, size_t n); /* @dst or @src is a user address */
size_t arch_user_zero(u64 user_dst, size_t n);
/* Copies up to and including the first NUL. */
size_t arch_user_str(void *dst, u64 user_src, size_t n);
/* The words are aligned. Return 0, or non-zero on a fault. */
int must_check arch_user_load32(u64 user_addr, u32 *out);
int must_check arch_user_cas32(u64 user_addr, u32 from, u32 to, u32 *seen);

/* ---- tasks (switch.S, fpu.c) ---- */
/*
 * Prepares a context: the first switch to it calls entry(arg) on the stack that ends at @stack_top,
 * with interrupts off.
 */
void arch_context_init(struct arch_context *c, void *stack_top, void (*entry)(void *), void *arg);
/*
 * Saves the callee-saved state in @from and loads that of @to. Returns when another CPU or task
 * switches back to @from. Interrupts off.
 */
void arch_switch(struct arch_context *from, struct arch_context *to);
/*
 * <frame_arch/user.h> defines _arch_user_enter, which runs a user context until any trap, and
 * _arch_user_syscall, which says whether that trap was a system call. arch_user_trap decodes all
 * other traps. USER_INTERRUPT: an interrupt of the CPU, not yet handled.
 */
enum user_event_kind arch_user_trap(u64 cause, struct user_event *ev);
/* After USER_INTERRUPT: handles the pending interrupts, with interrupts still off. */
void arch_irq_dispatch(void);
/*
 * FP/vector state of @u. save: if this CPU's registers hold it and it has changed. load: before
 * user mode. Interrupts off.
 */
void arch_fpu_save(struct user_ctx *u);
void arch_fpu_load(struct user_ctx *u);
/* Makes the saved copy the valid state; the copy in registers becomes invalid. */
void arch_fpu_reset(struct user_ctx *u);
void arch_fpu_get(const struct user_ctx *u, struct user_fpregs *out);
void arch_fpu_set(struct user_ctx *u, const struct user_fpregs *in);
/* All general registers. The setter ignores bits that user mode may not change. */
void arch_regs_get(const struct user_ctx *u, struct user_regs *out);
void arch_regs_set(struct user_ctx *u, const struct user_regs *in);
/*
 * The same to and from user memory; return the bytes NOT copied. After a short copy in, the
 * registers are a mixture of old and new values.
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
 * What the backend itself has to do before the interrupt controllers of the devicetree are found
 * (frame/irqchip), and on each CPU before they may interrupt it.
 */
void arch_irq_init(void);
void arch_irq_init_cpu(void);
/*
 * After a trap that a self-test survives: no interrupted handler on this CPU continues. Ends the
 * interrupts in service; an interrupt whose handler had not begun is raised again. Interrupts off.
 */
void arch_irq_abandon(void);

/* ---- caches that are not coherent with devices (cache.c) ---- */
/*
 * Finds the means to write back lines of all CPUs' caches to memory, once. Returns the line size in
 * bytes (at most a page); 0: there is no means, and the other two functions are not called.
 */
u32 arch_cache_init(void);
/*
 * clean writes all cache lines that the range of RAM touches back to memory. flush also invalidates
 * them, so that the next access reads memory. Both are ordered after all earlier accesses of memory
 * and devices, and before all later ones.
 */
void arch_cache_clean(paddr_t pa, u64 size);
void arch_cache_flush(paddr_t pa, u64 size);

/* ---- other CPUs (smp.c) ---- */
/*
 * Finds the usable CPUs in the devicetree and fills @hw_ids with their hardware numbers; the boot
 * CPU is number 0. Returns the number of CPUs.
 */
unsigned arch_smp_discover(u64 *hw_ids, unsigned max);
/*
 * Prepares the backend's part of a CPU's block: before that CPU starts, or for the boot CPU as soon
 * as there is memory. @emergency_stack is the top of that stack. False: no memory.
 */
bool arch_cpu_prepare(struct cpu *c, void *emergency_stack);
/* Size of a kernel stack, and its alignment (frame/mm/kmap.c). */
#define STACK_BYTES 16384ul
/*
 * Whether an interrupt taken at @sp is handled on the CPU's emergency stack, whose top is
 * @emergency: when less than half of the interrupted stack is left. A handler holds locks of the
 * frame, so it must not overflow the stack of the code that it interrupted. An interrupt taken on
 * the emergency stack stays on it.
 */
static inline bool stack_is_low(u64 sp, u64 emergency)
{
	return (sp & (STACK_BYTES - 1)) < STACK_BYTES / 2 &&
		sp - (emergency - STACK_BYTES) >= STACK_BYTES;
}
/*
 * Starts CPU @n on its idle stack, where it runs cpu_start_secondary(). False: the CPU did not come
 * up within seconds. @c must then stay as it is, because the CPU may still come up later.
 */
bool arch_smp_start(struct cpu *c);
/* Interrupts the CPUs of the mask; each of them calls ipi_handle(). */
void arch_ipi_send(u64 cpu_mask);

/* ---- shutdown (power.c) ---- */
void arch_power_off(void); /* returns if the machine cannot */
void arch_reset(void);
void arch_exit_emulator(u32 status); /* by the machine's test device, if there is one */
void arch_halt(void) __attribute__((noreturn));
/*
 * Return addresses of the call chain from frame pointer @fp (0: the caller's own), at most @max.
 * Stops at a frame outside [lo, hi).
 */
unsigned arch_backtrace(u64 fp, u64 lo, u64 hi, u64 *out, unsigned max);

/* ==== up-calls: what a backend calls in the frame ==== */
/* Translation is on; runs on the boot stack. frame/boot/start.c */
void frame_start(u64 boot_hw_id, paddr_t fdt) __attribute__((noreturn));
/* Runs on the CPU's idle stack. frame/task/smp.c */
void cpu_start_secondary(struct cpu *c) __attribute__((noreturn));
/*
 * Copies @n bytes of which only @room lie in the user half; returns the bytes not copied.
 * frame/mm/usercopy.c
 */
size_t user_copy_beyond(void *dst, const void *src, size_t n, u64 room);
/*
 * Where execution continues after a fault of the instruction at @pc; 0: this instruction may not
 * fault. frame/mm/usercopy.c
 */
u64 user_fixup(u64 pc);
/*
 * Handles a fault on a kernel address, for CPUs that may cache that nothing is mapped; see mem.h.
 * frame/mm/kernelmap.c
 */
bool kernel_map_refresh(u64 va);
/* Handles a write fault on a kernel address, on all CPUs; see mem.h. frame/mm/trim.c */
bool pool_write_fault(u64 va);
void timer_interrupt(void); /* frame/task/timer.c */
void ipi_handle(void);      /* frame/task/smp.c */
/*
 * Interrupt controllers (frame/dev/irqchip.c). irq_chip_init finds them; irq_chip_init_cpu lets
 * them interrupt this CPU; irq_chip_handle delivers what is pending for this CPU at those that have
 * a wire of their own to it. irq_chip_reaches: whether devices can interrupt the CPU, if they can
 * interrupt any.
 */
void irq_chip_init(void);
void irq_chip_init_cpu(void);
void irq_chip_handle(void);
bool irq_chip_reaches(u64 hw_id);
/*
 * The GPIO pin that restarts the machine, if there is one. restart_before_firmware: whether to use
 * it before firmware's reset. restart_pull: drives the pin; returns if that had no effect.
 * frame/dev/restart.c
 */
bool restart_before_firmware(void);
void restart_pull(void);
/*
 * A trap of kernel code that cannot be handled: page fault, bounds trap. Takes the cause as text,
 * pc, and fault address. frame/lib/panic.c
 */
void trap_in_kernel(const char *cause, u64 pc, u64 addr, u64 fp) __attribute__((noreturn));

#endif
