// SPDX-License-Identifier: MPL-2.0
/*
 * What the simulations of tests/unit make of the frame and of other services: one CPU, no
 * preemption, a clock that stands until the simulation moves it (sim_now), timers that it fires,
 * and copies to and from a program's memory. Each simulation has a _user_copy_in and a
 * _user_copy_out of its own, and says what a wait does (waitq_commit) and a mutex that is held
 * (_mutex_lock_slow).
 */
#ifndef UNIT_SIM_FRAME_H
#define UNIT_SIM_FRAME_H

#include <frame/task.h>
#include <frame/time.h>

#include "heap.h"
#include "host.h"

struct timer {
	const struct timer_ops *ops;
	struct obj *owner;
	u64 at; /* 0: disarmed */
	struct timer *next;
};

extern u64 sim_now;
/* Another task: called once, in the next copy to a user's page. */
extern void (*sim_in_copy)(void);

/* The armed timer that is due first; NULL: there is none. */
struct timer *sim_first_timer(void);

#endif
