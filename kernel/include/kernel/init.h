// SPDX-License-Identifier: MPL-2.0
/* What kernel_main starts in order and no other header declares, and the ways to end. */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

#include <frame/span.h>

/*
 * kernel/init/cmdline.c: tells of words that look like the kernel's and are not; and the words that
 * are neither the kernel's nor `name=value`, which are arguments for init, those behind `--` all:
 * separated by spaces into @out, how many bytes.
 */
void cmdline_check(void);
size_t cmdline_init_args(struct span out);

/*
 * kernel/init/leaks.c: what services own from here on is to be given back; and how much of it is
 * still theirs, when all should be: `leaks: N` = slots, user pages and tasks beyond those marked.
 * Context: task.
 */
void leak_baseline_mark(void);
void leak_report(void);

int tty_init(void);          /* kernel/tty */
void ramdisk_init(void);     /* kernel/driver: RAM disks that the command line asks for */
void ramdisk_shutdown(void); /* their contents go; nobody uses them */
int memdev_init(void);       /* kernel/driver: /dev/null, zero, full, random, urandom, kmsg */

/* kernel/init/shutdown.c: what the end of pid 1 means. */
struct init_ops;
extern const struct init_ops init_ops;

enum shutdown_kind { SHUTDOWN_POWER_OFF, SHUTDOWN_RESET, SHUTDOWN_HALT };
/*
 * Starts the orderly end in a task of its own: kills all processes, unmounts, counts leaks, then
 * the machine's end. Returns at once; the caller is killed too.
 */
void shutdown_start(enum shutdown_kind kind);

#endif
