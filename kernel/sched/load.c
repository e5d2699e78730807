// SPDX-License-Identifier: MPL-2.0
/*
 * Load averages: exponentially damped means of the number of runnable threads over 1, 5 and 15
 * minutes.
 *
 * There is no periodic sampling, since an idle machine does no work. A reader brings the averages
 * forward by as many steps of 5 seconds as have passed, with the present count.
 */
#include <frame/sync.h>
#include <frame/time.h>
#include <kernel/sched.h>

#define STEP_NS   (5 * NSEC_PER_SEC)
#define MAX_STEPS 720 /* an hour; older samples do not matter */

static struct spinlock load_lock; /* guards the fields below */
static u64 last_step;
static u64 averages[3]; /* 16 fraction bits */
/* exp(-5/60), exp(-5/300), exp(-5/900) with 16 fraction bits */
static const u64 decay[3] = { 60296, 64453, 65173 };

void sched_loadavg(u64 *one, u64 *five, u64 *fifteen)
{
	u64 now = time_mono_ns() / STEP_NS;
	u64 active = (u64)sched_nr_running() << 16;
	u64 i, k;

	spin_lock(&load_lock);
	if (now - last_step > MAX_STEPS)
		last_step = now - MAX_STEPS;
	for (; last_step < now; last_step++) {
		for (i = 0; i < 3; i++) {
			k = decay[i];
			averages[i] = (averages[i] * k + active * (65536 - k)) >> 16;
		}
	}
	*one = averages[0];
	*five = averages[1];
	*fifteen = averages[2];
	spin_unlock(&load_lock);
}
