// SPDX-License-Identifier: MPL-2.0
/*
 * A task that another CPU wakes while it is still on its way out of the first (frame/task/sched.c:
 * runq_take, task_switch; frame/task/task.c: finish_switch).
 *
 *   hart 0 and 1    in turn: the hart that runs the task sets SLEEPING under task.lock, saves the
 *                   context (arch_switch), and in finish_switch clears on_cpu. The other, as soon
 *                   as it sees SLEEPING under the lock, wakes the task (RUNNABLE, queued), takes it
 *                   by the exchange of `queued`, waits for on_cpu, sets it, and loads the context
 *
 * The context that is loaded is the one that was saved last; the task is on one hart at a time.
 *
 * variant RIGHT: holds
 * variant CLEAR_NO_RELEASE: finds saved
 * variant WAIT_NO_ACQUIRE: finds saved
 * variant NO_WAIT: finds saved
 */
#define HARTS 2
#define WORDS 5
#define TASK_LOCK 0
#define STATE     1     /* 1: SLEEPING */
#define QUEUED    2
#define ON_CPU    3
#define CONTEXT   4     /* how often it has been saved */
#include "weak.h"

#ifdef DEEP
#define TURNS 5
#else
#define TURNS 3
#endif
byte saved;             /* what CONTEXT ought to be */

inline sleeps(me)
{
	LOCK(me, TASK_LOCK);
	ST(me, STATE, 1);
	UNLOCK(me, TASK_LOCK);
	saved++;
	ST(me, CONTEXT, saved);
#ifndef CLEAR_NO_RELEASE
	RELEASE(me);
#endif
	ST(me, ON_CPU, 0)
}

inline wakes(me)
{
	do
	:: LOCK(me, TASK_LOCK);
		LD(me, STATE, v);
		if
		:: v -> break
		:: else -> UNLOCK(me, TASK_LOCK)
		fi
	od;
	ST(me, STATE, 0);
	RELEASE(me);
	ST(me, QUEUED, 1);
	UNLOCK(me, TASK_LOCK);
	/* The pick. */
	RELEASE(me);
	atomic {
		AMO_BEGIN(me, QUEUED);
		v = mem[QUEUED];
		mem[QUEUED] = 0;
		AMO_END(me, QUEUED);
		ACQUIRE(me)
	}
	assert(v == 1);
#ifndef NO_WAIT
	do
	:: LD(me, ON_CPU, v);
		if
		:: v == 0 -> break
		:: else
		fi
	od;
#endif
#ifndef WAIT_NO_ACQUIRE
	ACQUIRE(me);
#endif
	ST(me, ON_CPU, 1);
	LD(me, CONTEXT, v);
	assert(v == saved)
}

proctype cpu(byte me; bool runs)
{
	byte v, turn;

	do
	:: turn < TURNS ->
		if
		:: runs -> sleeps(me)
		:: else -> wakes(me)
		fi;
		runs = !runs;
		turn++
	:: else -> break
	od
}

init {
	atomic {
		SET_ALL(ON_CPU, 1);
		run hart(0);
		run hart(1);
		run cpu(0, true);
		run cpu(1, false)
	}
}
