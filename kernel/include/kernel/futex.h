// SPDX-License-Identifier: MPL-2.0
/* Futexes: what the exit and exec of a thread call. See futex(2), get_robust_list(2). */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

struct thread;

/* Once, when there are random numbers, before the first program. */
void futex_init(void);
/*
 * A thread exits: walks its robust list; clears clear_child_tid and wakes one waiter, if others use
 * the address space; releases its futex state. Context: task, the calling thread, before mm_leave.
 */
void futex_thread_exit(struct thread *t);
/* The same for a thread that continues with another program (exec). */
void futex_thread_exec(struct thread *t);

#endif
