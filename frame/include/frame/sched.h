// SPDX-License-Identifier: MPL-2.0
/*
 * The scheduling policy, injected by a service. The frame switches; the policy chooses.
 *
 * The operations are called in the middle of a switch, a wake-up or a tick, with interrupts off
 * and, unless said otherwise, the run-queue lock of @cpu held. They must not sleep, yield, exit,
 * run user code, change an address space, wake, start or requeue a task (all of that traps, also
 * when done by a release function that they cause to run; user code at the next interrupt), or take
 * locks that are held while waking. What they log wakes the log's readers only with the next
 * record. Interrupts that they turn on are turned off when they return; one that comes in between
 * and wakes a task, or is a tick, traps. Whatever they return, the frame runs a task on one CPU at
 * a time and only if it is runnable: a task the policy loses does not run, a task it returns that
 * may not run is skipped (logged once).
 * Before sched_set_policy the frame runs tasks in the order of their wake-up.
 */
#ifndef FRAME_SCHED_H
#define FRAME_SCHED_H

#include <frame/task.h>

struct TABLE sched_policy {
	/*
	 * CPU for a task that becomes runnable; @prev is where it ran last (or was created). Called
	 * without a run-queue lock, with a lock of @t's held. A result out of range means @prev.
	 */
	unsigned (*select_cpu)(struct task *t, unsigned prev);
	/* @t became runnable on @cpu (woken), or was preempted/yielded and goes back (!woken). */
	void (*enqueue)(unsigned cpu, struct task *t, bool woken);
	/* Takes the next task off the queue; NULL: idle. */
	struct task *(*pick)(unsigned cpu);
	/*
	 * @cur has run @ran_ns since it was last accounted (at a tick, and when it leaves the CPU).
	 */
	void (*account)(unsigned cpu, struct task *cur, u64 ran_ns);
	/* Whether @woken, just enqueued on @cpu, should take the place of the running @cur. */
	bool (*preempts)(unsigned cpu, struct task *woken, struct task *cur);
	/*
	 * Nanoseconds that @cur may run before its next tick while others are queued; 0: no tick
	 * needed (alone on its queue).
	 */
	u64 (*slice)(unsigned cpu, struct task *cur);
	/*
	 * Takes @t off @cpu's queue if it is queued (affinity or priority change); returns whether
	 * it was.
	 */
	bool (*dequeue)(unsigned cpu, struct task *t);
	/* @cpu has run dry: the CPU to take work from, or @cpu itself for none. No lock held. */
	unsigned (*busiest)(unsigned cpu);
	/* Takes off @from's queue a task that may run on @to; NULL: none. @from's lock is held. */
	struct task *(*pull)(unsigned from, unsigned to);
};

/*
 * Installs the policy. Once, before the first task_start by services. Context: task (traps in
 * others).
 */
void sched_set_policy(const struct sched_policy *p);
/*
 * Re-queues @t by the policy's present opinion (after a change of nice, policy or affinity).
 * Context: as for waking (frame/wait.h).
 */
void sched_requeue(struct task *t);
/* Time @cpu was idle, nanoseconds, and whether it is now; for /proc/stat and balancing. */
u64 sched_idle_ns(unsigned cpu);
/* Context switches of all CPUs so far. */
u64 sched_nr_switches(void);
/* Time @cpu spent in user mode. */
u64 sched_user_ns(unsigned cpu);
/*
 * Whether @cpu runs nothing and has nothing queued. A hint. All that take a CPU trap when there
 * cannot be such a one.
 */
bool sched_cpu_is_idle(unsigned cpu);

#endif
