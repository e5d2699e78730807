// SPDX-License-Identifier: MPL-2.0
/*
 * Sleeping and waking.
 *
 * There are two ways. A `struct waitq` is a place where tasks wait for a condition. It holds no
 * pointer: sleepers are queued in a hash table of the frame, the parking lot, by the waitq's
 * address. So it may be a field of an object that is freed or reused: the worst outcome is a
 * sleeper that is not woken. task_park/task_unpark is the bare mechanism with one wake token for
 * each task, for services that keep queues of their own (futex, poll).
 *
 *	wait_event(&pipe->readers, pipe_has_data(pipe), WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
 *
 * Deadlines are absolute times of time_mono_ns().
 *
 * Context: task, no spinlock held, for waiting and for every call that changes the calling task:
 *          prepare, commit, cancel, park, reset, sleep. They trap in interrupt handlers, and in a
 *          scheduling policy's operations and a console's write, which run under locks of the
 *          frame. Waking is allowed in interrupt handlers; in the latter two it traps if there is a
 *          task to wake.
 * Results: the int that a wait returns is its outcome, not an error, so it is not must_check: a
 *          WAIT_UNINTERRUPTIBLE wait without a deadline has only one.
 * Trust: only the parking lot knows who sleeps; a wait queue that is overwritten loses wake-ups and
 *        does no other harm.
 * Source: frame/task/park.c.
 */
#ifndef FRAME_WAIT_H
#define FRAME_WAIT_H

#include <frame/errno.h>
#include <frame/types.h>

struct task;

struct FRAME_PINNED waitq {
	/*
	 * Number of waiters, so at most the number of tasks. It makes a wake-up without waiters
	 * cost one load. A wrong value loses wake-ups, no more.
	 */
	u32 _nr;
};

enum wait_mode {
	WAIT_UNINTERRUPTIBLE, /* ends at a wake-up or the deadline only */
	WAIT_KILLABLE,        /* also at task_interrupt(TASK_INT_KILL) */
	WAIT_INTERRUPTIBLE,   /* also at task_interrupt(TASK_INT_SIGNAL) */
};

#define NO_DEADLINE (~0ul)

/*
 * The three steps of wait_event. A wake-up of @wq after prepare is not lost: commit then returns at
 * once. Between prepare and commit or cancel the task must not sleep in another way (traps). commit
 * returns 0 (woken), -EINTR (interrupted as the mode allows) or -ETIMEDOUT; the task is then off
 * the queue.
 */
void waitq_prepare(struct waitq *wq, enum wait_mode mode);
int waitq_commit(u64 deadline_ns);
void waitq_cancel(void);

/*
 * Wakes at most @nr waiters, the longest waiting first; returns how many. Full barrier: the waiters
 * see a condition that was set before.
 */
unsigned _waitq_wake(struct waitq *wq, unsigned nr);
static always_inline unsigned waitq_wake(struct waitq *wq, unsigned nr)
{
	memory_barrier();
	return load_once(wq->_nr) ? _waitq_wake(wq, nr) : 0;
}
static always_inline void waitq_wake_one(struct waitq *wq)
{
	(void)waitq_wake(wq, 1);
}
static always_inline void waitq_wake_all(struct waitq *wq)
{
	(void)waitq_wake(wq, ~0u);
}

/*
 * Waits until @cond is true. *@errp becomes 0, -EINTR or -ETIMEDOUT. The task itself evaluates
 * @cond, repeatedly; @cond must not sleep (traps). A task that was woken is off the queue, and looks
 * at the condition before it queues itself again: mostly the condition is true by then.
 */
#define wait_event(wq, cond, mode, deadline_ns, errp)        \
	do {                                                 \
		*(errp) = 0;                                 \
		for (;;) {                                   \
			if (cond) {                          \
				*(errp) = 0;                 \
				break;                       \
			}                                    \
			if (*(errp))                         \
				break;                       \
			waitq_prepare((wq), (mode));         \
			if (cond) {                          \
				waitq_cancel();              \
				break;                       \
			}                                    \
			*(errp) = waitq_commit(deadline_ns); \
		}                                            \
	} while (0)

/*
 * Sleeps until the task has its token (given by task_unpark, now or earlier; there is only one),
 * until the deadline, or until an interruption. Returns 0, -ETIMEDOUT, -EINTR.
 */
int task_park(enum wait_mode mode, u64 deadline_ns);
/*
 * Gives @t its token and wakes it if it is parked. Any task pointer is safe, also a stale one: then
 * the task that uses the slot now may get a token that was not meant for it. So a task that parks
 * checks its condition again afterwards. Memory order: a release; @t sees what was written before
 * when this call ends its park. No full barrier.
 */
void task_unpark(struct task *t);
/* Discards an unused token of the calling task, so that the next park sleeps. */
void task_park_reset(void);
/* Sleeps until @deadline_ns. Returns 0, or -EINTR; always 0 with WAIT_UNINTERRUPTIBLE. */
int task_sleep_until(u64 deadline_ns, enum wait_mode mode);

#endif
