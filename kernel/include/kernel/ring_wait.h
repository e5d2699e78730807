// SPDX-License-Identifier: MPL-2.0
/*
 * Waiting for a ring (frame/ring.h) of a driver that has one chain out at a time.
 */
#ifndef KERNEL_RING_WAIT_H
#define KERNEL_RING_WAIT_H

#include <frame/ring.h>
#include <frame/wait.h>

/*
 * Takes the next chain; until the device has returned one, waits for the ring's interrupt, whose
 * handler wakes @w. Returns what ring_take does, and *@len, or -ETIMEDOUT: none came before
 * @deadline. Context: task.
 */
static inline int must_check ring_wait(struct ring *r, struct waitq *w, u64 deadline, u32 *len)
{
	u64 cookie = 0;
	int err, timed_out = 0;

	while ((err = ring_take(r, &cookie, len)) == -EAGAIN && !timed_out)
		wait_event(w, !ring_arm(r), WAIT_UNINTERRUPTIBLE, deadline, &timed_out);
	return err == -EAGAIN ? -ETIMEDOUT : err;
}

#endif
