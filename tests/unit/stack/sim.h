// SPDX-License-Identifier: MPL-2.0
/*
 * The whole network of kernel/net on the host: what it needs of the frame and of other services is
 * made here, for one CPU and no preemption.
 *
 * Time stands until sim_advance moves it. Tasks of the kernel are loops around a wait, so sim_tasks
 * runs each from its top until it would wait, and leaves it there by longjmp. Descriptors are
 * places of an array, and user memory is a range of the host's at a low address, since addresses
 * of programs have an upper end.
 */
#ifndef UNIT_STACK_SIM_H
#define UNIT_STACK_SIM_H

#include <kernel/netdev.h>
#include <kernel/thread.h>

#include "../sim_frame.h"

#define SIM_USER_BYTES (1u << 20)

/* Who calls the system calls; has all capabilities until a test takes them. */
extern struct thread *sim_thread;
/* The programs' memory. */
extern u8 *sim_user;

void sim_init(void);
/* Runs all tasks of the kernel until they wait. */
void sim_tasks(void);
/* Moves time, fires the timers that are due in their order, and runs the tasks after each. */
void sim_advance(u64 ns);
/* Closes a descriptor / all of them. */
void sim_close(s32 fd);
void sim_close_all(void);
#endif
