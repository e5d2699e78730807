// SPDX-License-Identifier: MPL-2.0
/*
 * Ids of threads, process groups and sessions, and the tables of them (kernel/thread/pid.c).
 * Callers of all these functions hold proc_lock. The functions for all other code are in
 * <kernel/thread.h>.
 */
#ifndef KERNEL_PID_H
#define KERNEL_PID_H

#include <kernel/thread.h>

#define PID_MAX 32768

/* A free id, with one user; -EAGAIN if there is none. */
s32 id_alloc_locked(void);
/* One more or one less user of an id; it is free at zero. */
void id_use_locked(s32 id);
void id_drop_locked(s32 id);
/* Enters @t under its tid; takes a reference. The caller has counted the use of the id. */
void thread_publish_locked(struct thread *t);
/*
 * Takes @t out of the table and drops its use of the id. Returns the table's reference to the
 * caller, or NULL if @t was not entered.
 */
struct thread *thread_unpublish_locked(struct thread *t);
struct thread *thread_lookup_locked(s32 tid); /* borrowed, or NULL */
struct pgrp *pgrp_lookup_locked(s32 pgid);    /* borrowed, or NULL */
/* The hash of groups. It holds no references: a group leaves it with its last member. */
void pgrp_hash_insert_locked(struct pgrp *g);
void pgrp_hash_remove_locked(struct pgrp *g);
/*
 * The list of all processes, which holds no references: from the birth until the process is reaped.
 * The first process linked is init.
 */
void process_link_locked(struct process *p);
void process_unlink_locked(struct process *p);
/* The head of the list, linked by process.all_link; borrowed, or NULL. */
struct process *process_first_locked(void);

#endif
