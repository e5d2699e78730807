// SPDX-License-Identifier: MPL-2.0
/*
 * The signal mask, waiting for signals, and sending them from user mode: rt_sigprocmask,
 * sigsuspend, kill and similar calls, restart_syscall. See kill(2), rt_sigqueueinfo(2).
 *
 * Permission and sending are one hold of proc_lock, under which credentials change and processes
 * are reaped: a signal is never sent by rights over a program that has become another one
 * meanwhile.
 *
 * Many targets. kill of a group or of everybody succeeds if one signal was sent; the error is the
 * first one otherwise, but a permission counts more than a lack of targets. kill(-1) lets the lock
 * go between two processes, since there may be many.
 */
#include <kernel/list.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "sig.h"

/*
 * The old mask is written last: a set that takes effect stays also if that write fails, as on
 * Linux.
 */
s64 sys_rt_sigprocmask(struct thread *t, s32 how, struct uaddr set, struct uaddr old, u64 size)
{
	u64 was = t->blocked;
	u64 mask = 0;

	if (size != sizeof(u64))
		return -EINVAL;
	if (set.va) {
		if (user_get(&mask, set))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			signal_set_mask(t, was | (mask & ~SIGS_FORCED));
			break;
		case SIG_UNBLOCK:
			signal_set_mask(t, was & ~mask);
			break;
		case SIG_SETMASK:
			signal_set_mask(t, mask);
			break;
		default:
			return -EINVAL;
		}
	}
	if (old.va && user_put(old, &was))
		return -EFAULT;
	return 0;
}

/* Without the lock: signals that arrive at the same time may be in the result or not. */
s64 sys_rt_sigpending(struct thread *t, struct uaddr set, u64 size)
{
	u64 pending = (load_once(t->pending.set) | load_once(t->process->pending.set)) & t->blocked;

	if (size > sizeof(u64))
		return -EINVAL;
	return copy_out(set, cspan_first(value_cspan(&pending), size));
}

/*
 * WORK_RESTORE_MASK is set only after the sleep: delivery puts saved_mask into the frame, and the
 * handler runs with the mask of the call.
 */
s64 sys_rt_sigsuspend(struct thread *t, struct uaddr set, u64 size)
{
	u64 mask = 0;

	if (size != sizeof(u64))
		return -EINVAL;
	if (user_get(&mask, set))
		return -EFAULT;
	t->saved_mask = t->blocked;
	signal_set_mask(t, mask);
	while (!signal_pending(t))
		(void)task_sleep_until(NO_DEADLINE, WAIT_INTERRUPTIBLE);
	(void)set_bits(t->work, WORK_RESTORE_MASK);
	return -ERESTARTNOHAND;
}

/* A signal that is ignored does not count as pending, so it does not end the sleep. */
s64 sys_pause(struct thread *t)
{
	while (!signal_pending(t))
		(void)task_sleep_until(NO_DEADLINE, WAIT_INTERRUPTIBLE);
	return -ERESTARTNOHAND;
}

/* A program may also call it by itself: EINTR if there is nothing to continue. */
s64 sys_restart_syscall(struct thread *t)
{
	const struct restart_ops *ops = t->restart.ops;

	t->restart.ops = NULL;
	return ops ? ops->resume(t) : -EINTR;
}

/* ---- kill ---- */

struct siginfo signal_user_info(struct thread *t, s32 signo, s32 code)
{
	return (struct siginfo){
		.signo = signo, .code = code, .pid = t->process->pid, .uid = t->cred->uid
	};
}

/*
 * Checks the permission against the credentials of @to (NULL: -ESRCH) and sends to its process.
 * Signal 0 only checks. proc_lock held.
 */
static s64 kill_one_locked(struct thread *t, struct thread *to, const struct siginfo *info)
{
	s64 err = info->signo < 0 || info->signo > NSIG
		? -EINVAL
		: signal_may_send_locked(t, to, info->signo);

	if (!err && info->signo)
		err = signal_send_process(to->process, info);
	return err;
}

/*
 * Sends to a group (@pgid), or with @pgid 0 to all processes but init and the caller. One success
 * is a success. proc_lock is dropped between processes.
 */
static s64 kill_many(struct thread *t, s32 pgid, const struct siginfo *info)
{
	s64 ret = -ESRCH;
	struct process *p = NULL;
	s64 err;
	s32 id = 1;

	while ((p = process_next(id)) != NULL) {
		id = p->pid + 1;
		spin_lock(&proc_lock);
		if (pgid ? p->pgrp && p->pgrp->pgid == pgid
			 : p != process_init() && p != t->process) {
			err = kill_one_locked(t, p->leader, info);
			if (!err || ret == -ESRCH)
				ret = err;
		}
		spin_unlock(&proc_lock);
		obj_put(&p);
	}
	return ret;
}

/*
 * The group is walked in one hold of proc_lock: a member that forks meanwhile takes the signal
 * first (link_child), so no child is missed.
 */
int signal_kill_group(struct thread *t, s32 pgid, const struct siginfo *info)
{
	struct pgrp *g = pgid ? pgrp_find(pgid) : process_pgrp_get(t->process);
	s64 ret = -ESRCH;
	struct process *p;
	s64 err;

	if (!g)
		return ret;
	spin_lock(&proc_lock);
	list_for_each(p, &g->members, pgrp_link) {
		err = kill_one_locked(t, p->leader, info);
		if (!err || ret == -ESRCH)
			ret = err;
	}
	spin_unlock(&proc_lock);
	obj_put(&g);
	return ret;
}

/*
 * A single target is checked and signalled in one hold of proc_lock: it cannot change its
 * credentials or be reaped in between.
 */
static s64 signal_kill_one(struct thread *t, s32 pid, const struct siginfo *info)
{
	struct thread *target = thread_find(pid);
	s64 err;

	if (!target)
		return -ESRCH;
	spin_lock(&proc_lock);
	err = kill_one_locked(t, target, info);
	spin_unlock(&proc_lock);
	obj_put(&target);
	return err;
}

/*
 * The four kinds of targets: a process, the caller's group (0), everybody (-1), a group (-pgid).
 * The smallest number has no positive counterpart, hence -ESRCH.
 */
s64 sys_kill(struct thread *t, s32 pid, s32 signo)
{
	struct siginfo info = signal_user_info(t, signo, SI_USER);

	if (pid == -1)
		return kill_many(t, 0, &info);
	if (pid == (s32)0x80000000)
		return -ESRCH;
	if (pid <= 0)
		return signal_kill_group(t, -pid, &info);
	return signal_kill_one(t, pid, &info);
}

/*
 * Sends to one thread. @tgid 0: of any process. A thread that has ended and is not reaped is there,
 * but gets nothing.
 */
static s64 kill_thread(struct thread *t, s32 tgid, s32 tid, const struct siginfo *info)
{
	struct thread *target;
	s64 err;

	target = thread_find(tid);
	if (!target)
		return -ESRCH;
	err = tgid && target->process->pid != tgid ? -ESRCH : 0;
	if (!err && (info->signo < 0 || info->signo > NSIG))
		err = -EINVAL;
	if (!err)
		err = signal_may_send(t, target, info->signo);
	if (!err && info->signo && !target->exited)
		err = signal_send_thread(target, info);
	obj_put(&target);
	return err;
}

s64 sys_tkill(struct thread *t, s32 tid, s32 signo)
{
	struct siginfo info = signal_user_info(t, signo, SI_TKILL);

	return tid <= 0 ? -EINVAL : kill_thread(t, 0, tid, &info);
}

s64 sys_tgkill(struct thread *t, s32 tgid, s32 tid, s32 signo)
{
	struct siginfo info = signal_user_info(t, signo, SI_TKILL);

	return tid <= 0 || tgid <= 0 ? -EINVAL : kill_thread(t, tgid, tid, &info);
}

int signal_info_from_user(const struct siginfo64 *si, s32 signo, bool self, struct siginfo *info)
{
	if ((si->code >= 0 || si->code == SI_TKILL) && !self)
		return -EPERM;
	*info = (struct siginfo){
		.signo = signo,
		.err = si->err,
		.code = si->code,
		.pid = (s32)(u32)si->f[0],
		.uid = (u32)(si->f[0] >> 32),
		.value = si->f[1],
	};
	return 0;
}

/* -EFAULT, or the result of signal_info_from_user. */
static s64 info_from_user(struct thread *t, s32 to, s32 signo, struct uaddr uinfo,
	struct siginfo *info)
{
	struct siginfo64 si = { 0 };

	return user_get(&si, uinfo) ? -EFAULT
				    : signal_info_from_user(&si, signo, to == t->tid, info);
}

/* Only the caller itself may receive a siginfo that looks like one of kill or of the kernel. */
s64 sys_rt_sigqueueinfo(struct thread *t, s32 pid, s32 signo, struct uaddr uinfo)
{
	struct siginfo info = { 0 };
	s64 err = info_from_user(t, pid, signo, uinfo, &info);

	if (err)
		return err;
	return signal_kill_one(t, pid, &info);
}

s64 sys_rt_tgsigqueueinfo(struct thread *t, s32 tgid, s32 tid, s32 signo, struct uaddr uinfo)
{
	struct siginfo info = { 0 };
	s64 err = info_from_user(t, tid, signo, uinfo, &info);

	if (err != -EFAULT && (tid <= 0 || tgid <= 0))
		return -EINVAL;
	return err ? err : kill_thread(t, tgid, tid, &info);
}
