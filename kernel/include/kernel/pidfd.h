// SPDX-License-Identifier: MPL-2.0
/* Descriptors of processes and threads (kernel/proc/pidfd.c). See pidfd_open(2). */
#ifndef KERNEL_PIDFD_H
#define KERNEL_PIDFD_H

#include <kernel/thread.h>

/* A process, or one thread of it. Never changed after it is made. */
struct pidfd {
	struct obj obj;
	struct process *process; /* reference */
	struct thread *thread;   /* reference; NULL: the whole process */
};
OBJ_TYPE_DECL(pidfd);

/* The pidfd of an open file, borrowed; NULL if the file is something else. */
struct pidfd *pidfd_of(struct file *f);
/*
 * Makes an open file (*@out, a reference) for @p, or for its thread @t. @flags: O_NONBLOCK. 0,
 * -ENOMEM, -ENFILE.
 */
int pidfd_file_new(struct process *p, struct thread *t, u32 flags, struct file **out);
/*
 * Whether the process has been reaped (thread: has ended). No signal can be sent to it then, and
 * its number may belong to another one. Exact with proc_lock held, else a snapshot.
 */
bool pidfd_is_gone(const struct pidfd *pf);

#endif
