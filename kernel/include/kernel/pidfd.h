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

/* The pidfd behind an open file, borrowed; NULL: @f is no pidfd. */
struct pidfd *pidfd_of(struct file *f);
/*
 * Makes an open file for the process @p or, if not NULL, its thread @t. @flags: O_*. *@out: a
 * reference. Returns 0, -ENOMEM, -ENFILE.
 */
int must_check pidfd_file_new(struct process *p, struct thread *t, u32 flags, struct file **out);
/*
 * Whether the process or thread has been reaped: no signal reaches it, and its id may be in use
 * again.
 */
bool pidfd_is_gone(const struct pidfd *pf);
/*
 * The thread that stands for the process in access checks: the one of the pidfd, or the leader. A
 * reference, or NULL if it is gone. Takes proc_lock.
 */
struct thread *pidfd_subject(const struct pidfd *pf);
/*
 * Directories that stand for a process, too (/proc/PID), for pidfd_send_signal. process: the one of
 * an open file, borrowed, or NULL. Context: task. Registered at start-up.
 */
struct TABLE pidfd_dir_ops {
	struct process *(*process)(struct file *f);
};
void pidfd_dir_register(const struct pidfd_dir_ops *ops);
/* The process that the open directory @f stands for, borrowed from @f; NULL: none. */
struct process *pidfd_dir_process(struct file *f);

#endif
