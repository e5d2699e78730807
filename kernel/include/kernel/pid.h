// SPDX-License-Identifier: MPL-2.0
/*
 * Ids of threads, process groups and sessions, and the tables behind them (kernel/thread/pid.c).
 * proc_lock is held by callers of all these. What others ask is in <kernel/thread.h>.
 */
#ifndef KERNEL_PID_H
#define KERNEL_PID_H

#include <kernel/thread.h>

#define PID_MAX 32768

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

#endif
