// SPDX-License-Identifier: MPL-2.0
/*
 * Ids of threads, process groups and sessions: one number space, as in pid_namespaces(7).
 *
 * A number has up to three users (a thread, a group, a session), which are counted. It is free when
 * it has none. Threads are found by index, groups by a small hash.
 *
 * How a number lives. clone allocates one with its first use, under proc_lock, and publishes the
 * thread in the same hold of the lock, so a number never leads to a thread that is half made. The
 * process of a leader may become a group and a session of the same number, each of which adds a
 * use. A thread leaves the table and drops its use when it ends, a leader when its process is
 * reaped. As long as a group of that number has members, the count is not 0 and the number is not
 * given out: kill(-pgid) cannot reach a stranger.
 *
 * Who finds what. The table holds a reference on each thread, so an entry is never stale. The hash
 * of groups and the list of processes hold none: their members take themselves off, under
 * proc_lock, before they are released. A look-up for others takes a reference under the lock
 * (thread_find, process_find, pgrp_find).
 *
 * Locking: proc_lock guards all of it; functions without _locked take it themselves. Counters for
 *          /proc are read without it.
 */
#include <frame/log.h>
#include <kernel/knobs.h>
#include <kernel/list.h>
#include <kernel/pid.h>
#include <kernel/pidfd.h>
#include <kernel/thread.h>

#define PGRP_HASH 256
#define ID_FIRST_REUSED \
	300 /* low numbers are not given out again after the first wrap, as on Linux */

struct spinlock proc_lock;

static struct thread *thread_table[PID_MAX]; /* references */
static u8 id_users[PID_MAX];
static s32 id_last;
static u64 nr_threads, nr_processes, nr_made;
struct pgrp_bucket {
	LIST_HEAD(pgrp) list;
};
static struct pgrp_bucket pgrp_hash[PGRP_HASH];
static LIST_HEAD(process) all_processes;
static struct process *init_process; /* borrowed: pid 1 exists until power-off */

/*
 * The search starts behind the last id, so a number is reused as late as possible. It takes as many
 * steps as there are numbers below pid_max, and one more for a last id that is above it.
 */
s32 id_alloc_locked(void)
{
	s32 id = id_last, end = (s32)knob_get(KNOB_PID_MAX);
	u32 tries;

	if (nr_threads >= knob_get(KNOB_THREADS_MAX))
		return -EAGAIN;
	for (tries = 0; tries <= (u32)end; tries++) {
		if (++id >= end)
			id = ID_FIRST_REUSED;
		if (id_users[id] == 0) {
			id_users[id] = 1;
			id_last = id;
			return id;
		}
	}
	return -EAGAIN;
}

s32 id_take_locked(s32 id)
{
	if (id <= 0 || id >= PID_MAX)
		return -EINVAL;
	if (nr_threads >= knob_get(KNOB_THREADS_MAX))
		return -EAGAIN;
	if (id_users[id])
		return -EEXIST;
	id_users[id] = 1;
	return id;
}

/* Users are counted in a byte: there are at most three. */
void id_use_locked(s32 id)
{
	(*array_at(id_users, id))++;
}

void id_drop_locked(s32 id)
{
	(*array_at(id_users, id))--;
}

/* The id's use was counted by id_alloc_locked or id_use_locked. */
void thread_publish_locked(struct thread *t)
{
	thread_table[t->tid] = obj_get(t);
	nr_threads++;
	nr_made++;
}

/*
 * The entry may be another thread already: exec gives the leader's number to the thread that calls
 * it. Then there is nothing to remove, and the number stays in use.
 */
struct thread *thread_unpublish_locked(struct thread *t)
{
	struct thread *entry = thread_table[t->tid];

	if (entry != t)
		return NULL;
	thread_table[t->tid] = NULL;
	nr_threads--;
	id_drop_locked(t->tid);
	return entry;
}

/* Any number from a user is allowed. */
struct thread *thread_lookup_locked(s32 tid)
{
	return tid > 0 && tid < PID_MAX ? thread_table[tid] : NULL;
}

struct thread *thread_find(s32 tid)
{
	struct thread *t;

	spin_lock(&proc_lock);
	t = thread_lookup_locked(tid);
	if (t)
		(void)obj_get(t);
	spin_unlock(&proc_lock);
	return t;
}

/* Only the leader's id is the id of a process. */
struct process *process_find(s32 pid)
{
	struct process *p = NULL;
	struct thread *t;

	spin_lock(&proc_lock);
	t = thread_lookup_locked(pid);
	if (t && t->process->leader == t)
		p = obj_get(t->process);
	spin_unlock(&proc_lock);
	return p;
}

/* A thread of another process with that number is not found: /proc/pid/task/tid, timers. */
struct thread *process_thread(struct process *p, s32 tid)
{
	struct thread *t;

	spin_lock(&proc_lock);
	t = thread_lookup_locked(tid);
	if (t && t->process == p)
		(void)obj_get(t);
	else
		t = NULL;
	spin_unlock(&proc_lock);
	return t;
}

/*
 * The walk over all ids is bounded by PID_MAX. Callers repeat it with the id after the last one, so
 * proc_lock is free in between.
 */
struct process *process_next(s32 from)
{
	struct process *p = NULL;
	s32 id;

	spin_lock(&proc_lock);
	for (id = max(from, 1); id < PID_MAX; id++) {
		struct thread *t = thread_table[id];
		if (t && t->process->leader == t) {
			p = obj_get(t->process);
			break;
		}
	}
	spin_unlock(&proc_lock);
	return p;
}

struct thread *thread_next(s32 from)
{
	struct thread *t = NULL;
	s32 id;

	spin_lock(&proc_lock);
	for (id = max(from, 1); id < PID_MAX && !t; id++)
		t = thread_table[id];
	if (t)
		(void)obj_get(t);
	spin_unlock(&proc_lock);
	return t;
}

/* ---- groups ---- */

struct pgrp *pgrp_lookup_locked(s32 pgid)
{
	struct pgrp_bucket *const bucket = array_at(pgrp_hash, (u32)pgid % PGRP_HASH);
	struct pgrp *g;

	list_for_each(g, &bucket->list, hash_link) {
		if (g->pgid == pgid)
			return g;
	}
	return NULL;
}

void pgrp_hash_insert_locked(struct pgrp *g)
{
	struct pgrp_bucket *const bucket = array_at(pgrp_hash, (u32)g->pgid % PGRP_HASH);

	list_push_back(&bucket->list, g, hash_link);
}

void pgrp_hash_remove_locked(struct pgrp *g)
{
	struct pgrp_bucket *const bucket = array_at(pgrp_hash, (u32)g->pgid % PGRP_HASH);

	list_remove(&bucket->list, g, hash_link);
}

struct pgrp *pgrp_find(s32 pgid)
{
	struct pgrp *g;

	spin_lock(&proc_lock);
	g = pgrp_lookup_locked(pgid);
	if (g)
		(void)obj_get(g);
	spin_unlock(&proc_lock);
	return g;
}

/* ---- all processes ---- */

/* The first process to be linked is pid 1. */
void process_link_locked(struct process *p)
{
	if (!init_process)
		init_process = p;
	list_push_back(&all_processes, p, all_link);
	nr_processes++;
}

void process_unlink_locked(struct process *p)
{
	list_remove(&all_processes, p, all_link);
	nr_processes--;
	if (init_process == p)
		init_process = NULL;
}

struct process *process_first_locked(void)
{
	return list_first(&all_processes);
}

struct process *process_init(void)
{
	return init_process;
}

/* The counters are single words that are written under proc_lock; readers may be a moment late. */
u64 process_count(void)
{
	return load_once(nr_processes);
}

u64 thread_count(void)
{
	return load_once(nr_threads);
}

u64 fork_count(void)
{
	return load_once(nr_made);
}

s32 pid_last(void)
{
	return load_once(id_last);
}

/* ---- directories as pidfds ---- */

/*
 * procfs registers itself, so that pidfd calls accept an open /proc/PID and nothing here uses fs.
 */

static const struct pidfd_dir_ops *pidfd_dirs;

void pidfd_dir_register(const struct pidfd_dir_ops *ops)
{
	pidfd_dirs = ops;
}

struct process *pidfd_dir_process(struct file *f)
{
	return pidfd_dirs ? pidfd_dirs->process(f) : NULL;
}
