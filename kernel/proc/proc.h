// SPDX-License-Identifier: MPL-2.0
/*
 * Inside kernel/proc: the functions that its files share. Unless said otherwise, they run in task
 * context.
 */
#ifndef KERNEL_PROC_PROC_H
#define KERNEL_PROC_PROC_H

#include <kernel/files.h>
#include <kernel/futex.h>
#include <kernel/mm.h>
#include <kernel/pid.h>
#include <kernel/thread.h>
#include <kernel/timers.h>

/* ---- group.c; proc_lock held ---- */
/*
 * Makes @p a member of @g, which takes a reference: at the birth of @p, or instead of its present
 * group. process.pgrp is never NULL in between. If the old group becomes empty, it is removed.
 */
void process_join_group_locked(struct process *p, struct pgrp *g);
/* @p is reaped: it leaves its group and has none. */
void process_leave_group_locked(struct process *p);
/*
 * Makes the fresh object @empty the group @pgid of session @s and enters it in the hash. Returns
 * @empty, whose reference stays with the caller. Needs a first member in the same hold of
 * proc_lock, since groups without members are removed only when a member leaves.
 */
struct pgrp *pgrp_new_locked(struct pgrp *empty, s32 pgid, struct session *s);
/*
 * To be called after @p has left its group, changed its parent, or ended, with its former parent.
 * If the group is orphaned now and has stopped members, all its members get SIGHUP and SIGCONT
 * (setpgid(2)).
 */
void pgrp_check_orphaned_locked(struct process *p, struct process *parent);

/* ---- process.c ---- */
/*
 * A thread of @p, not started, without a task: a reference, or NULL (no memory). It inherits the
 * state that clone always copies from @parent (NULL: pid 1).
 */
struct thread *thread_new(const struct thread *parent, struct process *p);
/*
 * A process without threads or pid: a reference, or NULL (no memory). Limits, program and settings
 * are those of @parent (NULL: defaults).
 */
struct process *process_new(const struct process *parent);
/*
 * Makes the frame task of @t, not started. 0 or -ENOMEM. The task holds @t from here on, and @t the
 * task: one that is never started is to be undone with task_put.
 */
int must_check thread_create_task(struct thread *t);

/* ---- exit.c ---- */
/*
 * Ends the calling thread @t: it releases the objects that the thread shares and takes it out of
 * the tree. @t cannot use memory, files or signals afterwards. Takes proc_lock.
 */
void thread_finish(struct thread *t);
/*
 * Takes a zombie out of the tree, the pid table and its group. Returns the leader's reference: the
 * caller drops it after unlocking proc_lock. proc_lock held.
 */
struct thread *process_reap_locked(struct process *p);

/* ---- exec.c, args.c, elf.c ---- */
/*
 * Loads the program @path with the options @args (blank-separated) into pid 1's thread, the caller.
 * 0 or -Exxx.
 */
int must_check exec_kernel(struct thread *t, struct cspan path, struct cspan args);
/*
 * The same with the arguments @args, each with a NUL behind it but the last, and no environment; the
 * first is the path.
 */
int must_check exec_kernel_args(struct thread *t, struct cspan args);
/*
 * Wakes the vfork parent of @t, which has left the shared address space. Harmless if there is none.
 */
void vfork_release(struct thread *t);

/* ---- clone.c ---- */
/* How many threads can exist at a time, by the size of memory. */
u64 thread_max(void);

/* ---- helper.c ---- */
/* Loads the program of a thread that process_start_helper has made, in that thread. 0 or -Exxx. */
int must_check process_helper_exec(struct thread *t);

/* ---- start.c ---- */
/* Loads pid 1's program, in its own thread. 0 or -Exxx. */
int must_check process_init_exec(struct thread *t);
/* The limits of a fresh system. */
void process_default_limits(struct rlimits *l);
/*
 * Gives a thread that nobody has forked objects of its own: credentials of root, descriptors, the
 * root of the mount tree, handlers, memory. 0, -ENOMEM: some of them are missing.
 */
int must_check process_equip(struct thread *t);
/*
 * Links its process, which nobody has forked, into the tree: without a parent, with this thread as
 * its leader. 0, -ENOMEM, -EAGAIN (no free id).
 */
int must_check process_link_unforked(struct thread *t);
/* Pid 1 has ended with this wait status: calls init_ops.died. */
void process_init_died(u32 status);

/* The flags that select namespaces; in those of clone CLONE_NEWTIME is part of the signal. */
#define CLONE_NAMESPACES                                                               \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		CLONE_NEWPID | CLONE_NEWNET)

#endif
