// SPDX-License-Identifier: MPL-2.0
/* Futexes: what the exit and exec of a thread call. See futex(2), get_robust_list(2). */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

struct thread;

/*
 * A thread exits: walks its robust list, clears and wakes clear_child_tid, and releases its futex
 * state. Context: task, the calling thread; user memory is still mapped.
 */
void futex_thread_exit(struct thread *t);
/* The same for a thread that continues with another program (exec). */
void futex_thread_exec(struct thread *t);

#endif
