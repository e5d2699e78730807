// SPDX-License-Identifier: MPL-2.0
/* Futexes, as the exit of a thread uses them. See futex(2), get_robust_list(2). */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

struct thread;

/*
 * The calling thread exits: marks and wakes its robust and PI futexes, clears clear_child_tid and
 * wakes a waiter on it, and frees its waiter. The address space is still in use. Context: task, may
 * sleep; no locks.
 */
void futex_thread_exit(struct thread *t);
/* The same before an exec; the thread may own PI futexes again afterwards. */
void futex_thread_exec(struct thread *t);

#endif
