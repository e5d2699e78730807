// SPDX-License-Identifier: MPL-2.0
/*
 * Time and timers. One clock: nanoseconds since boot, the same on all CPUs, never set. Wall-clock
 * time is a service's business.
 *
 * A timer is a frame object armed for one deadline; its operation runs once on expiry, in interrupt
 * context, on the CPU that armed it. It holds a reference on its owner while it exists; the frame
 * keeps a timer that is armed or whose operation runs.
 * Trust: the queue is private to the frame; a timer that services released stays one until its
 * operation is done (frame/task/timer.c).
 */
#ifndef FRAME_TIME_H
#define FRAME_TIME_H

#include <frame/obj.h>
#include <frame/types.h>

/* Nanoseconds since boot. Context: any. */
u64 time_mono_ns(void);
/*
 * Ticks of the CPU's time counter (as user mode reads it), ticks a second, and the conversion: ns
 * is the upper half of ((ticks - base) << up) * mult. For the vDSO. Context: any.
 */
u64 time_cycles(void);
u64 time_cycles_hz(void);
void time_cycles_scale(u32 *up, u64 *mult, u64 *base_cycles);

struct timer;

struct TABLE timer_ops {
	/*
	 * Interrupt context, interrupts off. Must not sleep, yield, exit, run user code, change the
	 * task's address space or end one, or wait for another operation (all of that traps). May
	 * wake, arm timers, log, make and release objects. Returns the next absolute deadline, or 0
	 * to stop.
	 */
	u64 (*fire)(struct obj *owner);
};

/* One reference for the caller; NULL when memory is out. Context: task. */
struct timer *timer_new(const struct timer_ops *ops, struct obj *owner);
/*
 * Arms (or re-arms) for an absolute time; one that has passed fires at once. All of these trap on a
 * timer that was released. Context: any.
 */
void timer_set(struct timer *t, u64 deadline_ns);
/*
 * Disarms; returns whether it was armed. The operation may still be running on another CPU.
 * Context: any.
 */
bool timer_cancel(struct timer *t);
/*
 * As timer_cancel, and waits until the operation is not running. Context: task (traps in others).
 */
bool timer_cancel_sync(struct timer *t);
/*
 * Disarms and drops the caller's reference; clears the variable; NULL may be put. The last put
 * releases the owner. Context: any.
 */
void timer_put(struct timer **tp);

#endif
