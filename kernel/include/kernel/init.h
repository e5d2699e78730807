// SPDX-License-Identifier: MPL-2.0
/*
 * Start-up functions that kernel_main calls and no other header declares, and the ways to shut
 * down.
 */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

#include <frame/span.h>

/*
 * kernel/init/cmdline.c. cmdline_check logs options that look like the kernel's and are unknown.
 * cmdline_init_args writes the arguments for init into @out, separated by spaces: the options that
 * are neither the kernel's nor `name=value`, and all after `--`. Returns the number of bytes.
 */
void cmdline_check(void);
size_t cmdline_init_args(struct span out);

/*
 * kernel/init/leaks.c. leak_baseline_mark notes how many slots, user pages and tasks services own
 * now. leak_report, called when all other owners should have released theirs, prints `leaks: N`:
 * the number beyond that baseline. Context: task.
 */
void leak_baseline_mark(void);
void leak_report(void);

int must_check tty_init(void); /* kernel/tty */
/* kernel/drivers: makes the RAM disks that the command line requests */
void ramdisk_init(void);
void ramdisk_shutdown(void);      /* frees their contents; no file has them open */
int must_check memdev_init(void); /* kernel/drivers: /dev/null, zero, full, random, urandom, kmsg */

/* kernel/init/shutdown.c: the reaction to the exit of pid 1. */
struct init_ops;
extern const struct init_ops init_ops;

#endif
