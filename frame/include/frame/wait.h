// SPDX-License-Identifier: MPL-2.0
/*
 * Sleeping and waking.
 *
 * Two ways. A `struct waitq` is a place where tasks wait for a condition; it holds no pointer
 * (sleepers are queued in a frame-owned hash table, the parking lot, by the waitq's address), so it
 * may be a field of an object that is freed or reused: at worst a sleeper is not woken.
 * task_park/task_unpark is the bare mechanism with one wake token per task, for services that keep
 * queues of their own (futex, poll).
 *
 *	wait_event(&pipe->readers, pipe_has_data(pipe), WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
 *
 * Deadlines are absolute times of time_mono_ns().
 *
 * Context: task (no spinlock held) for waiting and all that changes the calling task: prepare,
 *          commit, cancel, park, reset, sleep. They trap in interrupt handlers, and in a scheduling
 *          policy's operations and a console's write, which run under locks of the frame. Waking
 *          traps in these two if there is somebody to wake, and is allowed in interrupt handlers.
 * Trust: who sleeps is known to the parking lot alone; a wait queue that is overwritten loses
 * wake-ups, nothing else.
 */
#ifndef FRAME_WAIT_H
#define FRAME_WAIT_H

#include <frame/errno.h>
#include <frame/types.h>

struct task;

struct FRAME_PINNED waitq {
	/*
	 * waiters, so no more than tasks; lets a wake-up of nobody cost one load. A wrong one loses
	 * wake-ups, no more.
	 */
	u32 _nr;
};

enum wait_mode {
	WAIT_UNINTERRUPTIBLE, /* only the wake-up or the deadline */
	WAIT_KILLABLE,        /* also task_interrupt(TASK_INT_KILL) */
	WAIT_INTERRUPTIBLE,   /* also task_interrupt(TASK_INT_SIGNAL) */
};

#define NO_DEADLINE (~0ul)

/*
 * The three steps under wait_event. After prepare, a wake-up of @wq is not lost: commit returns at
 * once then. Between prepare and commit/cancel the task must not sleep otherwise (traps). commit
 * returns 0 (woken), -EINTR (interrupted as the mode allows) or -ETIMEDOUT; the task is off the
 * queue then.
 */
void waitq_prepare(struct waitq *wq, enum wait_mode mode);
int waitq_commit(u64 deadline_ns);
void waitq_cancel(void);

/*
 * Wakes at most @nr waiters, longest waiting first; returns how many. Full barrier: a condition set
 * before is seen by them.
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
 * Waits until @cond is true. *@errp becomes 0, -EINTR or -ETIMEDOUT. @cond is evaluated often, by
 * the task itself, and must not sleep (traps).
 */
#define wait_event(wq, cond, mode, deadline_ns, errp)        \
	do {                                                 \
		*(errp) = 0;                                 \
		if (cond)                                    \
			break;                               \
		for (;;) {                                   \
			waitq_prepare((wq), (mode));         \
			if (cond) {                          \
				waitq_cancel();              \
				*(errp) = 0;                 \
				break;                       \
			}                                    \
			if (*(errp)) {                       \
				waitq_cancel();              \
				break;                       \
			}                                    \
			*(errp) = waitq_commit(deadline_ns); \
		}                                            \
	} while (0)

/*
 * Sleeps until task_unpark (now or earlier: there is one token), the deadline, or an interruption.
 * Returns 0, -ETIMEDOUT, -EINTR.
 */
int task_park(enum wait_mode mode, u64 deadline_ns);
/*
 * Gives @t its token and wakes it if parked. Safe on any task pointer, also a stale one: then the
 * task that lives there now may get a token that nobody meant for it, so who parks looks at its
 * condition again. Releases: @t sees what was written before when its park ends by it. No full
 * barrier.
 */
void task_unpark(struct task *t);
/* Takes back a token nobody has used, so that the next park sleeps. */
void task_park_reset(void);
/* Sleeps until @deadline_ns; returns 0 or -EINTR. */
int task_sleep_until(u64 deadline_ns, enum wait_mode mode);

#endif
