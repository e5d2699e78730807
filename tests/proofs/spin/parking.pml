// SPDX-License-Identifier: MPL-2.0
/*
 * Who may touch a sleeper (frame/task/park.c: park_prepare, park_commit, park_leave, park_cancel,
 * park_wake, task_sleep_timeout).
 *
 *   hart 1    the sleeper: park_prepare, park_commit with a deadline (CANCEL: its condition is
 *             true, so park_cancel), and then at once another wait, at a key of another bucket,
 *             where nobody wakes it: it writes the links and park_woken anew
 *   hart 0    park_wake: under the bucket's lock it finds the task, reads its links, takes it off,
 *             and under task.lock wakes it; its last store clears park_key
 *   timer     task_sleep_timeout, which only takes task.lock; fires at any time in the sleep
 *   handler   only with HANDLER_MAY, for the frame stops at it: an interrupt on the sleeper's CPU,
 *             at any time when interrupts are on, whose handler calls park_cancel
 *
 * park_leave reads park_key without a lock, so that word, the links and park_woken are weak memory.
 * `turn` is the sleeper's wait. A waker has only the task that it found, as long as that is in the
 * same wait; the second wait is not woken by the first one's waker; a task that is not inside a
 * wait is in no bucket.
 *
 * variant RIGHT: holds
 * variant CANCEL: holds
 * variant KEY_FIRST: finds woken
 * variant KEY_NO_RELEASE: finds woken
 * variant HANDLER_MAY+CANCEL: finds prepared
 */
#define HARTS 2
#define WORDS 5
#define BUCKET    0     /* the lock of the first wait's bucket */
#define TASK_LOCK 1
#define KEY       2     /* park_key: the wait, 0: in no bucket */
#define LINK      3     /* park_next and park_prev: written by the wait of this number */
#define WOKEN     4     /* park_woken */
#include "weak.h"

bool queued;            /* in the first bucket's list; its lock */
bool prepared, sleeping, in_irq, irqs_off;
byte turn;

inline leave(me)
{
	LD(me, KEY, v);
	if
	:: v ->
		ACQUIRE(me);
		irqs_off = true;
		LOCK(me, BUCKET);
		LD(me, KEY, v);
		if
		:: v -> queued = false; ST(me, KEY, 0)
		:: else
		fi;
		UNLOCK(me, BUCKET);
		irqs_off = was_off
	:: else -> ACQUIRE(me)
	fi;
	prepared = false
}

proctype sleeper(byte me) provided (!in_irq)
{
	byte v, woken;
	bool was_off = false;

	atomic { turn = 1; prepared = true };
	ST(me, WOKEN, 0);
	irqs_off = true;
	LOCK(me, BUCKET);
	ST(me, KEY, 1);
	ST(me, LINK, 1);
	queued = true;
	UNLOCK(me, BUCKET);
	irqs_off = false;
#ifdef CANCEL
	if
	:: prepared -> leave(me)
	:: else
	fi;
#else
	irqs_off = true;
	LOCK(me, TASK_LOCK);
	LD(me, WOKEN, woken);
	if
	:: woken -> UNLOCK(me, TASK_LOCK)
	:: else ->
		sleeping = true;
		UNLOCK(me, TASK_LOCK);
		!sleeping;
		ACQUIRE(me)
	fi;
	was_off = true;
	leave(me);
	irqs_off = false;
#endif
	/* The second wait. */
	atomic {
		turn = 2;
		assert(!prepared && !queued)
	}
	ST(me, WOKEN, 0);
	ST(me, LINK, 2);
	LOCK(me, TASK_LOCK);
	LD(me, WOKEN, woken);
	assert(!woken);
	UNLOCK(me, TASK_LOCK)
}

proctype wakes(byte me)
{
	byte v;

	LOCK(me, BUCKET);
	if
	:: queued ->
		LD(me, LINK, v);
		assert(v == 1);
		queued = false;
#ifdef KEY_FIRST
		ST(me, KEY, 0);
#endif
		LOCK(me, TASK_LOCK);
		assert(turn == 1);
		RELEASE(me);
		ST(me, WOKEN, 1);
		if
		:: sleeping -> sleeping = false
		:: else
		fi;
#ifndef KEY_NO_RELEASE
		RELEASE(me);
#endif
#ifndef KEY_FIRST
		assert(turn == 1);
		ST(me, KEY, 0);
#endif
		UNLOCK(me, TASK_LOCK)
	:: else
	fi;
	UNLOCK(me, BUCKET)
}

proctype timer()
{
	/* Armed after SLEEPING was set; cancelled, and waited for, before the sleep returns. */
end:	atomic { sleeping && mem[TASK_LOCK] == 0 -> sleeping = false }
}

proctype handler(byte me)
{
	byte v;
	bool was_off = true;

end:	atomic { !irqs_off -> in_irq = true };
	if
	:: prepared -> leave(me)
	:: else
	fi;
	irqs_off = false;
	in_irq = false
}

init {
	atomic {
		run hart(0);
		run hart(1);
		run sleeper(1);
#ifdef HANDLER_MAY
		run handler(1);
#else
		run wakes(0);
#endif
#ifndef CANCEL
		run timer()
#endif
	}
}
