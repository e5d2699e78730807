// SPDX-License-Identifier: MPL-2.0
/*
 * Who may touch a sleeper (frame/task/park.c: park_prepare, park_commit, park_leave, park_cancel, park_wake, sleep_timeout).
 *
 *   sleeper    park_prepare and park_commit with a deadline, then the task exits and its slot becomes another task (`life`); with CANCEL it finds its condition true and
 *              calls park_cancel in place of park_commit
 *   waker      park_wake: unlinks the task under the bucket's lock, then takes task.lock and wakes it
 *   timer      sleep_timeout, which only takes task.lock; fires at any time in the sleep
 *   handler    only with HANDLER_MAY, for the frame stops at it (irq_depth): an interrupt on the sleeper's CPU, at any time when interrupts are on, whose handler calls
 *              park_cancel
 *
 * All is under locks. A waker touches the task that it unlinked and no other; a task that is not inside a wait is in no bucket.
 *
 * variant RIGHT: holds
 * variant CANCEL: holds
 * variant LEAVE_WITHOUT_LOCK: finds unlinked==life
 * variant HANDLER_MAY+CANCEL: finds !(prepared)
 */
bool bucket, task_lock, key, prepared, woken, sleeping;
bool in_irq, irqs_off;
byte life;

inline lock(l)
{
	atomic { !l -> l = true }
}

inline park_leave()
{
#ifdef LEAVE_WITHOUT_LOCK
	if
	:: !key -> skip
	:: else ->
#else
	if
	:: true ->
#endif
		irqs_off = true;
		lock(bucket);
		key = false;
		bucket = false;
		irqs_off = was_off
	fi;
	prepared = false
}

proctype sleeper() provided (!in_irq)
{
	bool was_off = false;

	assert(!prepared && !key);
	prepared = true;
	woken = false;
	irqs_off = true;
	lock(bucket);
	key = true;
	bucket = false;
	irqs_off = false;
#ifdef CANCEL
	if
	:: prepared -> park_leave()
	:: else
	fi;
#else
	irqs_off = true;
	lock(task_lock);
	if
	:: woken -> task_lock = false
	:: else ->
		sleeping = true;
		task_lock = false;
		!sleeping
	fi;
	was_off = true;
	park_leave();
	irqs_off = false;
#endif
	/* The next use of the links, or the end of the task. */
	atomic {
		assert(!prepared && !key);
		life++
	}
}

proctype waker()
{
	byte unlinked;

	lock(bucket);
	if
	:: key ->
		atomic { key = false; unlinked = life };
		lock(task_lock);
		assert(unlinked == life);
		woken = true;
		if
		:: sleeping -> sleeping = false
		:: else
		fi;
		task_lock = false
	:: else
	fi;
	bucket = false
}

proctype timer()
{
	/* Armed after SLEEPING was set; cancelled, and waited for, before the sleep returns. */
end:	sleeping;
	lock(task_lock);
	if
	:: sleeping -> sleeping = false
	:: else
	fi;
	task_lock = false
}

proctype handler()
{
	bool was_off = true;

end:	atomic { !irqs_off -> in_irq = true };
	if
	:: prepared -> park_leave()
	:: else
	fi;
	irqs_off = false;
	in_irq = false
}

init {
	atomic {
		run sleeper();
#ifdef HANDLER_MAY
		run handler();
#else
		run waker();
#endif
#ifndef CANCEL
		run timer()
#endif
	}
}
