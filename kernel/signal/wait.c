// SPDX-License-Identifier: MPL-2.0
/*
 * rt_sigtimedwait: takes blocked signals without a handler. See sigwaitinfo(2).
 *
 * How it works. The thread looks for a signal of the set and, in the same hold of sighand.lock,
 * notes the set in waiting_for. A sender treats these signals as not blocked (can_take) and
 * interrupts the thread, which looks again. Any other signal that is not blocked ends the wait with
 * EINTR. If another thread has taken the signal that ended the sleep, the wait continues.
 */
#include <kernel/clock.h>
#include <kernel/stat.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "sig.h"

/*
 * Takes a signal of @set if there is one. Otherwise sets waiting_for to @mark: signals that wake
 * the thread from now on; 0: none.
 */
static s32 take_or_mark(struct thread *t, u64 set, u64 mark, struct siginfo *info)
{
	struct obj *timer = NULL;
	u64 irq = spin_lock_irqsave(&t->sighand->lock);
	s32 signo = signal_take_locked(t, set, info, &timer);

	t->waiting_for = signo ? 0 : mark;
	signal_recalc_locked(t);
	spin_unlock_irqrestore(&t->sighand->lock, irq);
	if (signo)
		signal_taken(t, signo, info, &timer);
	return signo;
}

/*
 * @deadline 0: do not sleep. Returns the signal, -EAGAIN (timeout) or -EINTR. waiting_for is 0 on
 * return.
 */
static s64 signal_wait_for(struct thread *t, u64 set, u64 deadline, struct siginfo *info)
{
	s32 signo = take_or_mark(t, set, deadline ? set : 0, info);
	int err;

	if (signo || !deadline)
		return signo ? signo : -EAGAIN;
	for (;;) {
		err = signal_pending(t) ? -EINTR : task_sleep_until(deadline, WAIT_INTERRUPTIBLE);
		signo = take_or_mark(t, set, err == -EINTR ? set : 0, info);
		if (signo)
			return signo;
		if (err != -EINTR)
			break;
		if (signal_pending(t)) {
			(void)take_or_mark(t, 0, 0, info);
			return -EINTR;
		}
	}
	return -EAGAIN;
}

s64 sys_rt_sigtimedwait(struct thread *t, struct uaddr uset, struct uaddr uinfo,
	struct uaddr timeout, u64 size)
{
	struct siginfo info = { 0 };
	struct siginfo64 out = { 0 };
	struct timespec64 ts = { 0 };
	u64 deadline = NO_DEADLINE;
	u64 set = 0;
	u64 ns = 0;
	s64 ret;

	if (size != sizeof(u64))
		return -EINVAL;
	if (user_get(&set, uset))
		return -EFAULT;
	if (timeout.va) {
		if (user_get(&ts, timeout))
			return -EFAULT;
		if (timespec_to_ns(&ts, &ns))
			return -EINVAL;
		deadline = ns ? min(time_mono_ns() + ns, NO_DEADLINE - 1) : 0;
	}
	ret = signal_wait_for(t, set & ~SIGS_FORCED, deadline, &info);
	if (ret > 0 && uinfo.va) {
		siginfo_to_user(&info, &out);
		if (user_put(uinfo, &out))
			return -EFAULT;
	}
	return ret;
}
