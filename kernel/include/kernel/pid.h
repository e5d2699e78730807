// SPDX-License-Identifier: MPL-2.0
/*
 * Ids of threads, process groups and sessions, and the tables behind them (kernel/thread/pid.c).
 * Callers of all these hold proc_lock. Look-ups for other modules are in <kernel/thread.h>.
 */
#ifndef KERNEL_PID_H
#define KERNEL_PID_H

#include <kernel/thread.h>

#define PID_MAX 32768

/* Allocates a free id with one use; -EAGAIN: none is free, or there are kernel.threads-max threads. */
s32 must_check id_alloc_locked(void);
/* The same for @id itself, 1 or higher: @id, -EEXIST, -EINVAL (no such number), -EAGAIN. */
s32 must_check id_take_locked(s32 id);
/* Adds or drops a use of @id (as a thread, a group or a session); the last drop frees the id. */
void id_use_locked(s32 id);
void id_drop_locked(s32 id);
void thread_publish_locked(struct thread *t); /* adds @t to the table, which takes a reference */
/* Removes @t from the table; returns the table's reference. */
struct thread *thread_unpublish_locked(struct thread *t);
struct thread *thread_lookup_locked(s32 tid); /* borrowed */
struct pgrp *pgrp_lookup_locked(s32 pgid);    /* borrowed */
/* The table of groups; it holds no references. */
void pgrp_hash_insert_locked(struct pgrp *g);
void pgrp_hash_remove_locked(struct pgrp *g);
/* The list of all processes; it holds no references. */
void process_link_locked(struct process *p);
void process_unlink_locked(struct process *p);
struct process *process_first_locked(void);

#endif
