// SPDX-License-Identifier: MPL-2.0
/*
 * What /proc/PID/timers tells of the timers of timer_create. See proc_pid_timers(5).
 *
 * A timer in the tree has its entry and its target: it leaves the tree under posix_timers.lock, and
 * is stopped after that.
 */
#include <kernel/thread.h>
#include <kernel/timers.h>

#include "posix_timer.h"

/* The number of the caller's own CPU-time clocks is that of the process or thread 0, as on Linux. */
static s32 clock_told(s32 clock)
{
	if (clock == CLOCK_PROCESS_CPUTIME_ID)
		return -6;
	return clock == CLOCK_THREAD_CPUTIME_ID ? -2 : clock;
}

bool posix_timer_describe(struct process *p, u64 below, struct posix_timer_info *out)
{
	struct posix_timers *ts;
	struct posix_timer *pt, *found = NULL;
	u64 irq;

	spin_lock(&proc_lock); /* posix_timers_exit clears the field under it, then drops it */
	ts = p->timers ? obj_get(p->timers) : NULL;
	spin_unlock(&proc_lock);
	if (!ts)
		return false;
	irq = spin_lock_irqsave(&ts->lock);
	for (pt = ts->timers; pt; pt = (u64)pt->id < below ? pt->node.right : pt->node.left) {
		if ((u64)pt->id < below)
			found = pt;
	}
	if (found)
		*out = (struct posix_timer_info){ .id = found->id,
			.clock = clock_told(found->clock),
			.signo = found->entry->info.signo,
			.value = found->entry->info.value,
			.notify = found->notify,
			.tid = found->target ? found->target->tid : 0 };
	spin_unlock_irqrestore(&ts->lock, irq);
	obj_put(&ts);
	return found != NULL;
}
