// SPDX-License-Identifier: MPL-2.0
/*
 * What the boot loader passed, and the way out. Context: any, unless said otherwise.
 * Trust: everything is copied out, or is a span of memory that stays reserved.
 */
#ifndef FRAME_BOOT_H
#define FRAME_BOOT_H

#include <frame/span.h>
#include <frame/types.h>

/* The services' entry: called by the frame in the first task, on the boot CPU, with all CPUs up. Defined in kernel/init/main.c. May return: the task ends then. */
void kernel_main(void);

/* The command line; never freed. */
struct cspan boot_cmdline(void);
/* The value of word `name=value` on the command line (empty for a bare word); *@found tells whether it is there. The last one wins. */
struct cspan boot_option(struct lit name, bool *found);

/* The words of the command line that are neither the kernel's nor `name=value`: arguments for init; those behind `--` all. Separated by spaces. */
struct cspan boot_init_args(void);

/* The initial ramdisk: its size (0: none), and copies of its bytes (returns how many; short at the end). */
u64 boot_initrd_size(void);
size_t boot_initrd_read(u64 off, struct span dst);
/* Gives its memory back; reads return 0 afterwards. Context: task. */
void boot_initrd_free(void);

/* Seed material of the boot loader and the CPU for a service's random generator; returns bytes of real seed (may be 0). Once. */
size_t boot_entropy(struct span out);

/* The vDSO object that the build embedded (one ELF image, whole pages): its size, and copies of its bytes (returns how many; short at the end). */
u64 boot_vdso_size(void);
size_t boot_vdso_read(u64 off, struct span dst);

/* Time from kernel entry to now, nanoseconds (guest instructions under -icount). */
u64 boot_time_since_entry_ns(void);

/*
 * Ends. power_off logs the leak count first: `leaks: N` = slots, user pages, address spaces, tasks and timers beyond those marked.
 * leak_baseline_mark is called once by kernel_main when it has set up what lives for ever.
 */
void leak_baseline_mark(void);
/* Counts now against the mark, logs what is more; returns the sum. Context: task; meaningful when services have released everything. */
u64 leak_count(void);
/* Turns the machine off / starts it again; both log the leak count. Context: task. */
void power_off(void) __attribute__((noreturn));
void power_reset(void) __attribute__((noreturn));
/* Logs the message and a backtrace, and stops the machine (panic= on the command line: -1 ends the emulator with a failure). */
void _kernel_panic(const char *message) __attribute__((noreturn, cold));
#define kernel_panic(literal) (_kernel_panic("" literal))

#endif
