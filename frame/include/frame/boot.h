// SPDX-License-Identifier: MPL-2.0
/*
 * What the boot loader passed, and the way out. Context: any, unless said otherwise.
 * Trust: everything is copied out, or is a span of memory that stays reserved.
 */
#ifndef FRAME_BOOT_H
#define FRAME_BOOT_H

#include <frame/span.h>
#include <frame/types.h>

/*
 * The services' entry: called by the frame in the first task, on the boot CPU, with all CPUs up.
 * Defined in kernel/init/main.c. May return: the task ends then.
 */
void kernel_main(void);

/* The command line; never freed. */
struct cspan boot_cmdline(void);
/*
 * The value of word `name=value` on the command line (empty for a bare word); *@found tells whether
 * it is there. The last one wins.
 */
struct cspan boot_option(struct lit name, bool *found);

/*
 * The initial ramdisk: its size (0: none), and copies of its bytes (returns how many; short at the
 * end).
 */
u64 boot_initrd_size(void);
size_t boot_initrd_read(u64 off, struct span dst);
/* Gives its memory back; reads return 0 afterwards. Context: task. */
void boot_initrd_free(void);

/*
 * Seed material of the boot loader and the CPU for a service's random generator; returns bytes of
 * real seed (may be 0). Once.
 */
size_t boot_entropy(struct span out);

/*
 * The vDSO object that the build embedded (one ELF image, whole pages): its size, and copies of its
 * bytes (returns how many; short at the end).
 */
u64 boot_vdso_size(void);
size_t boot_vdso_read(u64 off, struct span dst);

/* Time from kernel entry to now, nanoseconds (guest instructions under -icount). */
u64 boot_time_since_entry_ns(void);

/* Turns the machine off / starts it again. Context: task. */
void power_off(void) __attribute__((noreturn));
void power_reset(void) __attribute__((noreturn));
/*
 * Logs the message and a backtrace, and stops the machine (panic= on the command line: -1 ends the
 * emulator with a failure).
 */
void _kernel_panic(const char *message) __attribute__((noreturn, cold));
#define kernel_panic(literal) (_kernel_panic("" literal))

#endif
