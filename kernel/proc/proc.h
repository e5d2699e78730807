// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/proc: what its files share. */
#ifndef KERNEL_PROC_PROC_H
#define KERNEL_PROC_PROC_H

#include <kernel/files.h>
#include <kernel/mm.h>
#include <kernel/thread.h>
#include <kernel/timers.h>

#define PID_MAX 32768

/* ---- pid.c; all under proc_lock ---- */
/* A free id, marked used once; -EAGAIN when there is none. */
s32 id_alloc_locked(void);
void id_use_locked(s32 id);
void id_drop_locked(s32 id);
void thread_publish_locked(struct thread *t); /* takes a reference for the table */
/* Hands the table's reference to the caller. */
struct thread *thread_unpublish_locked(struct thread *t);
struct thread *thread_lookup_locked(s32 tid); /* borrowed */
struct pgrp *pgrp_lookup_locked(s32 pgid);    /* borrowed */
void pgrp_hash_insert_locked(struct pgrp *g);
void pgrp_hash_remove_locked(struct pgrp *g);
void process_link_locked(struct process *p);
void process_unlink_locked(struct process *p);
struct process *process_first_locked(void);

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
/* Wakes a vfork parent. */
void vfork_release(struct process *p);

/* ---- start.c: loads pid 1's program, in its own thread */
int process_init_exec(struct thread *t);

/* ---- futex.c ---- */
/* Robust list, clear_child_tid, and waiters of an exiting (or exec-ing) thread. */
void futex_thread_exit(struct thread *t);

#endif
