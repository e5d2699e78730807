// SPDX-License-Identifier: MPL-2.0
/*
 * What the boot loader passed to the kernel, and shutdown.
 *
 * Context: any, unless said otherwise.
 * Trust: every result is copied out, or is a span of memory that stays reserved for ever.
 * Source: frame/boot/cmdline.c (command line), frame/boot/initrd.c (ramdisk, seed, vDSO),
 *         frame/boot/start.c (time), frame/lib/power.c, frame/lib/panic.c.
 */
#ifndef FRAME_BOOT_H
#define FRAME_BOOT_H

#include <frame/span.h>
#include <frame/types.h>

/*
 * The services' entry point. The frame calls it in the first task, on the boot CPU, when all CPUs
 * are online. When it returns, that task ends. Defined in kernel/init/main.c.
 */
void kernel_main(void);

/* Returns the command line, without a terminating NUL; it is never freed. */
struct cspan boot_cmdline(void);
/*
 * Returns the value of the word `name=value` on the command line, the empty span for a bare word.
 * The last occurrence wins. *@found becomes whether the word is there.
 */
struct cspan boot_option(struct lit name, bool *found);

/*
 * The initial ramdisk: its size in bytes (0: there is none), and a copy of its bytes from offset
 * @off. The copy returns the number of bytes copied, which is short at the end.
 */
u64 boot_initrd_size(void);
size_t boot_initrd_read(u64 off, struct span dst);
/* Frees the memory of the initial ramdisk; later reads return 0. Context: task. */
void boot_initrd_free(void);

/*
 * Copies seed material from the boot loader and the CPU, for a service's random generator. Returns
 * the number of seed bytes, which may be 0. Each byte is given out once.
 */
size_t boot_entropy(struct span out);

/*
 * The vDSO that the build embedded (one ELF image, whole pages): its size in bytes, and a copy of
 * its bytes from offset @off. The copy returns the number of bytes copied, which is short at the
 * end.
 */
u64 boot_vdso_size(void);
size_t boot_vdso_read(u64 off, struct span dst);

/*
 * Returns the time from kernel entry to now, in nanoseconds (guest instructions under QEMU's
 * -icount).
 */
u64 boot_time_since_entry_ns(void);

/* Turns the machine off / restarts it. Context: task. */
void power_off(void) __attribute__((noreturn));
void power_reset(void) __attribute__((noreturn));
/*
 * Logs @message and a backtrace, and stops the machine. On the command line `panic=-1` makes the
 * emulator exit with a failure, and `panic=N` resets the machine after N seconds. kernel_panic takes
 * a string literal. Context: any.
 */
void _kernel_panic(const char *message) __attribute__((noreturn, cold));
#define kernel_panic(literal) (_kernel_panic("" literal))
/* That number, 0: the machine stops; and another one instead of the command line's. Context: any. */
s32 panic_timeout(void);
void panic_set_timeout(s32 seconds);

#endif
