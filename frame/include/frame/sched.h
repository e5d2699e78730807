// SPDX-License-Identifier: MPL-2.0
/*
 * The scheduling policy, which a service provides. The frame switches tasks; the policy chooses
 * them.
 *
 * The frame calls the operations in the middle of a switch, a wake-up or a tick, with interrupts
 * off and, unless said otherwise, with the run-queue lock of @cpu held. An operation must not
 * sleep, yield, exit, run user code, change an address space, or wake, start or requeue a task: all
 * of that traps, also in a release function that the operation causes to run. (User code traps at
 * the next interrupt.) It must not take a lock that others hold while they wake tasks.
 *
 * A record that an operation logs wakes the log's readers only together with the next record. If an
 * operation turns interrupts on, the frame turns them off again when it returns; an interrupt in
 * between that wakes a task, or that is a tick, traps.
 *
 * Whatever the operations return, the frame runs a task on one CPU at a time and only if it is
 * runnable. A task that the policy loses does not run. A task that it returns although the task may
 * not run is skipped (logged once).
 *
 * The functions below that take a CPU number trap when no such CPU can exist.
 *
 * Source: frame/task/sched.c.
 */
#ifndef FRAME_SCHED_H
#define FRAME_SCHED_H

#include <frame/task.h>

struct TABLE sched_policy {
	/*
	 * Chooses the CPU for a task that becomes runnable; @prev is the CPU where it ran last or
	 * was created. Called without a run-queue lock, with a lock of @t held. A result out of
	 * range counts as @prev.
	 */
	unsigned (*select_cpu)(struct task *t, unsigned prev);
	/*
	 * @t became runnable on @cpu (@woken), or was preempted or has yielded and is queued again
	 * (!@woken).
	 */
	void (*enqueue)(unsigned cpu, struct task *t, bool woken);
	/* Takes the next task off the queue; NULL: the CPU becomes idle. */
	struct task *(*pick)(unsigned cpu);
	/* @cur has run for @ran_ns since the last call (at a tick, and when it leaves the CPU). */
	void (*account)(unsigned cpu, struct task *cur, u64 ran_ns);
	/* Whether @woken, just enqueued on @cpu, preempts the running @cur. */
	bool (*preempts)(unsigned cpu, struct task *woken, struct task *cur);
	/*
	 * Nanoseconds that @cur may run before its next tick while others are queued; 0: no tick is
	 * needed (it is alone on its queue).
	 */
	u64 (*slice)(unsigned cpu, struct task *cur);
	/*
	 * Takes @t off @cpu's queue if it is queued there (affinity or priority change); returns
	 * whether it was.
	 */
	bool (*dequeue)(unsigned cpu, struct task *t);
	/*
	 * @cpu has no task left: returns the CPU to take a task from, or @cpu for none. No lock
	 * held.
	 */
	unsigned (*busiest)(unsigned cpu);
	/* Takes off @from's queue a task that may run on @to; NULL: none. @from's lock is held. */
	struct task *(*pull)(unsigned from, unsigned to);
};

/*
 * A service defines this function, as it does kernel_main: the policy, with which the frame starts
 * the first task. Context: as for the operations, so it returns a constant table and does no more.
 * The policy must work with its data as they are at boot, and for tasks without an owner.
 */
const struct sched_policy *kernel_policy(void);
/*
 * Replaces the policy, for self-tests. Tasks that the former policy holds are lost, so all others
 * sleep. Context: task (traps in others).
 */
void sched_set_policy(const struct sched_policy *p);
/*
 * Queues @t again where the policy wants it now (after a change of nice, policy or affinity).
 * Context: as for waking (frame/wait.h).
 */
void sched_requeue(struct task *t);
/*
 * Nanoseconds that @cpu has been idle, including the present idle period; for /proc/stat and
 * balancing.
 */
u64 sched_idle_ns(unsigned cpu);
/* Number of context switches of all CPUs so far. */
u64 sched_nr_switches(void);
/* Nanoseconds that @cpu has spent in user mode. */
u64 sched_user_ns(unsigned cpu);
/* Whether @cpu runs nothing and has nothing queued. A hint. */
bool sched_cpu_is_idle(unsigned cpu);

#endif
