// SPDX-License-Identifier: MPL-2.0
/*
 * What protocols do at a later time (struct net_job): one task for all.
 *
 * The task runs each job that is due or was kicked; the job returns when it is due next, and the
 * task sleeps until the first of these times. net_job_kick sets the job's `kicked` and wakes the
 * task; the task clears `kicked` before it runs the job, with a full barrier behind it, so a job
 * sees whatever was stored before a kick, in this turn or, by the kick, in the next one. A kick
 * costs the other jobs nothing: strangers cause kicks, and each job walks what is its own.
 */
#include <frame/boot.h>
#include <frame/task.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/netdev.h>

#include "link.h"

#define NR_JOBS 16u

static struct job_place {
	const struct net_job *job; /* NULL: the place is free */
	u64 next_ns;               /* when it is due, as it has said; the task's alone */
	u32 kicked;
} jobs[NR_JOBS];
static struct waitq jobs_wait;

u32 net_job_register(const struct net_job *j)
{
	u32 i = 0;

	while (i < NR_JOBS && jobs[i].job)
		i++;
	/* Too many of them end in a trap here, at start-up. */
	array_at(jobs, i)->next_ns = NO_DEADLINE;
	store_release(array_at(jobs, i)->job, j);
	return i;
}

void net_job_kick(u32 job)
{
	store_once(array_at(jobs, job)->kicked, 1);
	waitq_wake_one(&jobs_wait);
}

static bool any_kicked(void)
{
	u32 i;

	for (i = 0; i < NR_JOBS; i++) {
		if (load_once(jobs[i].kicked))
			return true;
	}
	return false;
}

/* Runs a job if it is due or kicked. */
static void run_one(struct job_place *const at)
{
	const struct net_job *j = load_acquire(at->job);
	u64 now = time_mono_ns();

	if (!j || (!load_once(at->kicked) && at->next_ns > now))
		return;
	store_once(at->kicked, 0);
	memory_barrier();
	at->next_ns = j->run(now);
	netdev_run();
	task_cond_resched();
}

static void jobs_run(struct obj *owner)
{
	u64 next = NO_DEADLINE;
	int err;
	u32 i;

	(void)owner;
	for (;;) {
		wait_event(&jobs_wait, any_kicked(), WAIT_UNINTERRUPTIBLE, next, &err);
		next = NO_DEADLINE;
		for (i = 0; i < NR_JOBS; i++) {
			run_one(array_at(jobs, i));
			if (load_acquire(jobs[i].job))
				next = min(next, jobs[i].next_ns);
		}
	}
}
static const struct task_ops jobs_ops = { .run = jobs_run };

void jobs_init(void)
{
	struct task *t = task_new(&jobs_ops, NULL, LIT("net-jobs"));

	if (!t)
		kernel_panic("no memory for the network");
	task_start(t);
	task_put(&t);
}
