// SPDX-License-Identifier: MPL-2.0
/* Futexes, as the end of a thread sees them. See futex(2), get_robust_list(2). */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

struct thread;

/* Robust list, clear_child_tid, and waiters of an exiting (or exec-ing) thread. */
void futex_thread_exit(struct thread *t);
/* The same for one that goes on as another program. */
void futex_thread_exec(struct thread *t);

#endif
