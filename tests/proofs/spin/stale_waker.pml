// SPDX-License-Identifier: MPL-2.0
/*
 * A task slot that is reused while somebody wakes the task that was in it (frame/task/park.c:
 * task_unpark; frame/task/task.c; frame/task/sched.c: runq_take, task_switch).
 *
 *   stale     two services with stale handles: task_unpark, which takes the lock of whatever is in
 *             the slot, and does not hold the slot
 *   owner     a service, LIVES times: task_new (task_alloc makes the slot live, then clears all but
 *             the lock; with ZERO_LOCK the lock too), task_start, task_unpark, task_put
 *   cpu       two CPUs: they pick from the policy's queue (`in_queue`, which may hold the task more
 *             than once; a policy may do what it likes), take, wait for on_cpu, and run the task:
 *             it parks once, then exits; finish_switch gives the stack back and drops the frame's
 *             use of the slot
 *
 * Everything here is under locks or an exchange that orders, so the memory is of one order
 * (on_cpu.pml has the weak part). The section under task.lock is several steps: a hypervisor may
 * take the CPU away between them.
 *
 * A task runs on one CPU at a time, and never when its stack has been given back.
 *
 * variant KEEP_LOCK: holds
 * variant ZERO_LOCK: finds stack
 */
#define LIVES 2
mtype = { NONE, NEW, RUNNABLE, SLEEPING, DEAD };
mtype state = NONE;
bool lock, token, queued, on_cpu, stack, parked;
byte refs, in_queue, running;

/* The whole put, with the release function. */
inline put()
{
	atomic {
		assert(refs > 0);
		refs--;
		if
		:: refs == 0 -> state = NONE; stack = false
		:: else
		fi
	}
}

inline take_lock()
{
	atomic { !lock -> lock = true }
}

inline wake_locked()
{
	state = RUNNABLE;
	atomic { in_queue++; queued = true }    /* under the run queue's lock */
}

inline task_unpark()
{
	take_lock();
	token = true;
	if
	:: state == SLEEPING -> wake_locked()
	:: else
	fi;
	lock = false
}

proctype stale()
{
	task_unpark()
}

proctype owner()
{
	byte life;

	do
	:: life == LIVES -> break
	:: life < LIVES ->
	life++;
	atomic { refs == 0 -> refs = 1 };
	on_cpu = false;
#ifdef ZERO_LOCK
	lock = false;
#endif
	queued = false;
	atomic { token = false; parked = false };
	stack = true;
	state = NEW;
	refs++;
	take_lock();
	state = SLEEPING;
	wake_locked();
	lock = false;
	task_unpark();
	put()
	od
}

proctype cpu()
{
end:	do
	:: atomic { in_queue > 0 -> in_queue-- };
		if
		:: atomic { queued && state == RUNNABLE -> queued = false }
		:: atomic { !(queued && state == RUNNABLE) -> queued = false; goto end }
		fi;
		!on_cpu;                /* task_switch waits */
		on_cpu = true;
		atomic {
			assert(stack && running == 0);
			running++
		}
		if
		:: !parked ->
			parked = true;
			take_lock();
			if
			:: token -> lock = false; goto exits
			:: else -> state = SLEEPING; lock = false
			fi;
			running--;
			on_cpu = false
		:: else ->
exits:			take_lock();
			state = DEAD;
			lock = false;
			/* finish_switch, on the next task's stack */
			atomic { running--; stack = false };
			on_cpu = false;
			put()
		fi
	od
}

init {
	atomic {
		run stale();
		run stale();
		run owner();
		run cpu();
		run cpu()
	}
}
