// SPDX-License-Identifier: MPL-2.0
/* Descriptors of processes and threads (kernel/proc/pidfd.c). See pidfd_open(2). */
#ifndef KERNEL_PIDFD_H
#define KERNEL_PIDFD_H

#include <kernel/thread.h>

/* A process, or one thread of it. */
struct pidfd {
	struct obj obj;
	struct process *process; /* reference */
	struct thread *thread;   /* reference, or NULL: the process */
};
OBJ_TYPE_DECL(pidfd);

/* What the open file stands for, borrowed, or NULL. */
struct pidfd *pidfd_of(struct file *f);
/* An open file for @p, or for its thread @t. -ENOMEM, -ENFILE. */
int pidfd_file_new(struct process *p, struct thread *t, u32 flags, struct file **out);
/* Whether it has been reaped: no signal reaches it, its number may be another's. */
bool pidfd_is_gone(const struct pidfd *pf);

#endif
