// SPDX-License-Identifier: MPL-2.0
/*
 * No wake-up is lost (frame/include/frame/wait.h: wait_event, waitq_wake; frame/task/park.c:
 * waitq_prepare, park_prepare, park_commit, park_wake).
 *
 *   hart 1    wait_event: waitq_prepare counts in the queue's field and queues the task in its
 *             bucket; a barrier; the condition; waitq_commit sleeps, waitq_cancel leaves
 *   hart 0    makes the condition true, then waitq_wake: a barrier, the field, the bucket's count,
 *             and only then the lock
 *
 * Words that are read without their lock are weak memory. What only holders of the bucket's lock
 * and of task.lock touch is not: leaf_lock.pml shows what a lock is worth. In the end hart 1 has
 * seen the condition. (A sleeper for good has no step left: SPIN calls that an invalid end state.)
 *
 * variant RIGHT: holds
 * variant PREPARE_NO_BARRIER: finds invalid end state
 * variant WAKE_NO_BARRIER: finds invalid end state
 * variant NO_WOKEN: finds invalid end state
 */
#define HARTS 2
#define WORDS 4
#define CONDITION 0
#define FIELD     1     /* waitq._nr */
#define COUNT     2     /* bucket.nr */
#define BUCKET    3     /* its lock */
#include "weak.h"

bool queued;            /* bucket's lock */
bool task_lock, woken, sleeping;

inline add(me, word, n)
{
	RELEASE(me);
	atomic {
		AMO_BEGIN(me, word);
		mem[word] = mem[word] + n;
		AMO_END(me, word);
#ifndef PREPARE_NO_BARRIER
		ACQUIRE(me)
#endif
	}
}

inline leave(me)
{
	LOCK(me, BUCKET);
	if
	:: queued ->
		queued = false;
		ST(me, COUNT, 0)
	:: else
	fi;
	UNLOCK(me, BUCKET);
	add(me, FIELD, -1)
}

proctype waits_for(byte me)
{
	byte v;

	do
	:: LD(me, CONDITION, v);
		if
		:: v -> break
		:: else
		fi;
		add(me, FIELD, 1);
		woken = false;
		LOCK(me, BUCKET);
		queued = true;
		ST(me, COUNT, 1);
		UNLOCK(me, BUCKET);
#ifndef PREPARE_NO_BARRIER
		FENCE(me);
#endif
		LD(me, CONDITION, v);
		if
		:: v -> leave(me); break
		:: else
		fi;
		atomic { !task_lock -> task_lock = true };
		if
#ifndef NO_WOKEN
		:: woken -> task_lock = false
		:: else ->
#else
		:: true ->
#endif
			sleeping = true;
			task_lock = false;
			!sleeping
		fi;
		leave(me)
	od
}

proctype wakes(byte me)
{
	byte v;

	ST(me, CONDITION, 1);
#ifndef WAKE_NO_BARRIER
	FENCE(me);
#endif
	LD(me, FIELD, v);
	if
	:: v -> LD(me, COUNT, v)
	:: else
	fi;
	if
	:: v ->
		LOCK(me, BUCKET);
		if
		:: queued ->
			queued = false;
			ST(me, COUNT, 0);
			atomic { !task_lock -> task_lock = true };
			woken = true;
			if
			:: sleeping -> sleeping = false
			:: else
			fi;
			task_lock = false
		:: else
		fi;
		UNLOCK(me, BUCKET)
	:: else
	fi
}

init {
	atomic {
		run hart(0);
		run hart(1);
		run waits_for(1);
		run wakes(0)
	}
}
