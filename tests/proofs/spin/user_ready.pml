// SPDX-License-Identifier: MPL-2.0
/*
 * User code runs only when there is nothing else to do (frame/task/user.c: _user_prepare;
 * frame/include/frame/user.h: user_run; frame/task/sched.c: kick; frame/task/park.c:
 * task_interrupt; frame/cpu_local.h: cpu_not_ready).
 *
 *   hart 1    user_run in a loop: the look at cpu.ready; if it is NOT_READY, _user_prepare, with
 *             schedule, which takes work from the queue; user mode, which ends by a system call
 *             (CALLS times at most) or an interrupt
 *   hart 0    enqueue: work under the run queue's lock; then kick: need_resched, cpu_not_ready, an
 *             interrupt to hart 1
 *   hart 2    task_interrupt of the task that runs on hart 1: its flag, cpu_not_ready, an interrupt
 *             to hart 1
 *
 * Hart 1 takes interrupts in user mode only. In the end it is in user mode for good: then the work
 * has been taken and the task has seen its flag. That the task stays on hart 1 is a simplification:
 * the search for its CPU under task.lock is not here.
 *
 * variant WAKE: holds
 * variant INTERRUPT: holds
 * variant WAKE+INTERRUPT deep: holds
 * variant WAKE+PREPARE_NO_BARRIER: finds mem[
 * variant INTERRUPT+PREPARE_NO_BARRIER: finds mem[
 * variant WAKE+KICK_NO_BARRIER: finds mem[
 * variant WAKE+READY_FIRST: finds mem[
 * variant WAKE+NO_INTERRUPT: finds mem[
 * variant INTERRUPT+NO_INTERRUPT: finds mem[
 */
#define HARTS 3
#define WORDS 5
#define QUEUE_LOCK 0
#define WORK       1
#define NEED       2    /* cpu.need_resched */
#define READY      3    /* cpu.ready: 1, its address space; 0, NOT_READY */
#define FLAG       4    /* task.interrupts */
#include "weak.h"

#if defined(WAKE) && defined(INTERRUPT)
#define CALLS 1
#else
#define CALLS 3
#endif

bool irq;               /* an interrupt of hart 1 is pending */

inline cpu_not_ready(me)
{
#ifndef KICK_NO_BARRIER
	FENCE(me);
#endif
	ST(me, READY, 0)
}

/* ipi_send: an AMO that orders all, then firmware or a register. */
inline ipi_send(me)
{
	RELEASE(me);
#ifndef NO_INTERRUPT
	irq = true
#endif
}

proctype wakes(byte me)
{
	LOCK(me, QUEUE_LOCK);
	ST(me, WORK, 1);
	UNLOCK(me, QUEUE_LOCK);
#ifdef READY_FIRST
	cpu_not_ready(me);
	ST(me, NEED, 1);
#else
	ST(me, NEED, 1);
	cpu_not_ready(me);
#endif
	ipi_send(me)
}

proctype interrupts(byte me)
{
	RELEASE(me);
	atomic {
		mem[FLAG] = 1;
		AMO_END(me, FLAG);
#ifndef KICK_NO_BARRIER
		ACQUIRE(me)
#endif
	}
	cpu_not_ready(me);
	ipi_send(me)
}

inline schedule(me)
{
	ST(me, READY, 0);
	LOCK(me, QUEUE_LOCK);
	ST(me, NEED, 0);
	LD(me, WORK, v);
	if
	:: v -> ST(me, WORK, 0)
	:: else
	fi;
	UNLOCK(me, QUEUE_LOCK)
}

proctype user_run(byte me)
{
	byte v, calls;

look:	LD(me, READY, v);
	if
	:: v -> goto user
	:: else
	fi;
prepare:
	LD(me, NEED, v);
	if
	:: v -> schedule(me); goto prepare
	:: else
	fi;
	ST(me, READY, 1);
#ifndef PREPARE_NO_BARRIER
	FENCE(me);
#endif
	LD(me, FLAG, v);
	if
	:: v ->
		/* Back to the service, which looks at the flag: task_interrupt_clear. */
		ST(me, READY, 0);
		RELEASE(me);
		atomic {
			mem[FLAG] = 0;
			AMO_END(me, FLAG);
			ACQUIRE(me)
		}
		goto look
	:: else
	fi;
	LD(me, NEED, v);
	if
	:: v -> goto prepare
	:: else
	fi;
user:
end:	if
	:: calls < CALLS -> calls++
	:: atomic {
		irq -> irq = false;     /* ipi_handle: an exchange of ipi_pending that orders all */
		RELEASE(me);
		ACQUIRE(me)
	}
	fi;
	goto look
}

init {
	atomic {
		run hart(1);
#ifdef WAKE
		run hart(0);
		run wakes(0);
#endif
#ifdef INTERRUPT
		run hart(2);
		run interrupts(2);
#endif
		run user_run(1)
	}
	atomic { timeout -> assert(mem[WORK] == 0 && mem[FLAG] == 0) }
}
