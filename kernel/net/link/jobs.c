// SPDX-License-Identifier: MPL-2.0
/*
 * What protocols do at a later time (struct net_job): one task for all.
 *
 * The task runs each job, which returns when it is due next, and sleeps until the first of these
 * times. net_job_kick sets `kicked` and wakes the task; the task clears `kicked` before it runs the
 * jobs, with a full barrier behind it, so a job sees whatever was stored before a kick, in this
 * turn or, by the kick, in the next one.
 */
#include <frame/boot.h>
#include <frame/task.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/netdev.h>

#include "link.h"

#define NR_JOBS 8u

static const struct net_job *jobs[NR_JOBS];
static struct waitq jobs_wait;
static u32 kicked;

void net_job_register(const struct net_job *j)
{
	u32 i;

	for (i = 0; i < NR_JOBS; i++) {
		if (!jobs[i]) {
			jobs[i] = j;
			return;
		}
	}
	kernel_panic("too many jobs of the network");
}

void net_job_kick(void)
{
	store_once(kicked, 1);
	waitq_wake_one(&jobs_wait);
}

static void jobs_run(struct obj *owner)
{
	u64 next = NO_DEADLINE;
	int err;
	u32 i;

	(void)owner;
	for (;;) {
		wait_event(&jobs_wait, load_once(kicked), WAIT_UNINTERRUPTIBLE, next, &err);
		store_once(kicked, 0);
		memory_barrier();
		next = NO_DEADLINE;
		for (i = 0; i < NR_JOBS && jobs[i]; i++) {
			next = min(next, jobs[i]->run(time_mono_ns()));
			netdev_run();
			task_cond_resched();
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
