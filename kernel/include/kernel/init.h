// SPDX-License-Identifier: MPL-2.0
/* What kernel_main starts in order and no other header declares, and the ways to end. */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

int tty_init(void);    /* kernel/tty */
void ramdisk_init(void);     /* kernel/driver: RAM disks that the command line asks for */
void ramdisk_shutdown(void); /* their contents go; nobody uses them */
int memdev_init(void); /* kernel/driver: /dev/null, zero, full, random, urandom, kmsg */

enum shutdown_kind { SHUTDOWN_POWER_OFF, SHUTDOWN_RESET, SHUTDOWN_HALT };
/* Starts the orderly end in a task of its own: kills all processes, unmounts, counts leaks, then the machine's end. Returns at once; the caller is killed too. */
void shutdown_start(enum shutdown_kind kind);

#endif
