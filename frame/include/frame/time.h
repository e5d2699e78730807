// SPDX-License-Identifier: MPL-2.0
/*
 * Time and timers. There is one clock: nanoseconds since boot, the same on all CPUs, never set.
 * Wall-clock time is a service's business.
 *
 * A timer is a frame object armed for one deadline. Its operation runs once at expiry, in interrupt
 * context, on the CPU that armed it. The timer holds a reference on its owner while it exists; the
 * frame keeps a timer while it is armed and while its operation runs.
 *
 * Trust: the queue is private to the frame. A timer that services have released stays a timer until
 *        its operation is done (frame/task/timer.c).
 * Source: frame/task/timer.c.
 */
#ifndef FRAME_TIME_H
#define FRAME_TIME_H

#include <frame/obj.h>
#include <frame/types.h>

/* Nanoseconds since boot. Context: any. */
u64 time_mono_ns(void);
/*
 * The CPU's time counter (as user mode reads it), its frequency in Hz, and the conversion:
 * nanoseconds are the upper half of the 128-bit product ((ticks - base) << up) * mult. For the
 * vDSO. Context: any.
 */
u64 time_cycles(void);
u64 time_cycles_hz(void);
void time_cycles_scale(u32 *up, u64 *mult, u64 *base_cycles);

struct timer;

struct TABLE timer_ops {
	/*
	 * Runs at expiry. Context: interrupt, interrupts off. It may wake tasks, arm timers, log,
	 * make and release objects. It must not sleep, yield, exit, run user code, change the
	 * task's address space, end an address space, or wait for another operation: all of these
	 * trap. Returns the next absolute deadline in nanoseconds, or 0 to stop.
	 */
	u64 (*fire)(struct obj *owner);
};

/*
 * Returns a disarmed timer with one reference for the caller; NULL when memory is out. Context:
 * task.
 */
struct timer *timer_new(const struct timer_ops *ops, struct obj *owner);
/*
 * Arms (or re-arms) the timer for an absolute time; a time in the past fires at once. This and the
 * calls below trap on a timer that was released. Context: any.
 */
void timer_set(struct timer *t, u64 deadline_ns);
/*
 * Disarms the timer; returns whether it was armed. Its operation may still be running on another
 * CPU. Context: any.
 */
bool timer_cancel(struct timer *t);
/* As timer_cancel, and waits until the operation has finished. Context: task (traps in others). */
bool timer_cancel_sync(struct timer *t);
/*
 * Disarms the timer, drops the caller's reference and clears the variable; NULL may be put. The
 * last put drops the reference on the owner. Context: any.
 */
void timer_put(struct timer **tp);

#endif
