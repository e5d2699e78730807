// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/proc: what its files share. */
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
 * Makes @p a member of @g, from its birth on or instead of its present group: process.pgrp is never
 * NULL in between.
 */
void process_join_group_locked(struct process *p, struct pgrp *g);
/* The end: @p is reaped and has no group any more. */
void process_leave_group_locked(struct process *p);
struct pgrp *pgrp_new_locked(struct pgrp *empty, s32 pgid, struct session *s);
/*
 * After @p leaves or exits: groups that became orphaned and hold stopped members get SIGHUP and
 * SIGCONT.
 */
void pgrp_check_orphaned_locked(struct process *p, struct process *parent);

/* ---- process.c ---- */
struct thread *thread_new(const struct thread *parent, struct process *p);
struct process *process_new(const struct process *parent);
int thread_create_task(struct thread *t);

/* ---- exit.c ---- */
void thread_finish(struct thread *t);
/*
 * Takes a zombie out of the tree; the caller drops the leader reference returned after unlocking.
 */
struct thread *process_reap_locked(struct process *p);

/* ---- exec.c, args.c, elf.c ---- */
int exec_kernel(struct thread *t, struct cspan path, struct cspan args);
/* Wakes a vfork parent: the thread it made has left the address space. */
void vfork_release(struct thread *t);

/* ---- clone.c ---- */
/* How many threads there can be at a time. */
u64 thread_max(void);

/* ---- start.c: loads pid 1's program, in its own thread */
int process_init_exec(struct thread *t);
/* Pid 1 has ended with this wait status: tells who started it. */
void process_init_died(u32 status);

#endif
