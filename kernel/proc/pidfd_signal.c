// SPDX-License-Identifier: MPL-2.0
/*
 * pidfd_send_signal: a signal to exactly the process or thread that a descriptor stands for. See
 * pidfd_send_signal(2).
 *
 * What kill(2) cannot do: a pid may belong to another process by the time of the call. A descriptor
 * holds the object itself, and pidfd_send checks under proc_lock that it is still in the pid table,
 * so the signal reaches the process that was meant, or none.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/pidfd.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "../signal/sig.h"

#define SIGNAL_THREAD        1u
#define SIGNAL_THREAD_GROUP  2u
#define SIGNAL_PROCESS_GROUP 4u

/* The recipients: by the flags, else by the kind of pidfd. */
static u32 scope_of(const struct pidfd *pf, u32 flags)
{
	return flags ? flags : pf->thread ? SIGNAL_THREAD : SIGNAL_THREAD_GROUP;
}

/*
 * The signal's siginfo: the caller's own (checked), or the one of kill and tgkill. A sender may
 * forge the contents only for itself; for others a code that says "from the kernel" or "from kill"
 * is refused (signal_info_from_user).
 */
static s64 make_info(struct thread *t, const struct pidfd *pf, u32 scope, s32 signo,
	struct uaddr uinfo, struct siginfo *info)
{
	struct siginfo64 si = { 0 };
	bool self = pf->thread ? pf->thread == t : pf->process == t->process;

	if (!uinfo.va) {
		*info = signal_user_info(t, signo, scope == SIGNAL_THREAD ? SI_TKILL : SI_USER);
		return 0;
	}
	if (user_get(&si, uinfo))
		return -EFAULT;
	if (si.signo != signo)
		return -EINVAL;
	return signal_info_from_user(&si, signo, self && scope != SIGNAL_PROCESS_GROUP, info);
}

/*
 * Sends under proc_lock, which also keeps the process from being reaped after the check. Signal 0
 * only checks.
 */
static s64 pidfd_send(struct thread *t, const struct pidfd *pf, u32 scope,
	const struct siginfo *info)
{
	s64 err;

	if (scope == SIGNAL_PROCESS_GROUP)
		return pidfd_is_gone(pf) ? -ESRCH : signal_kill_group(t, pf->process->pid, info);
	spin_lock(&proc_lock);
	if (pidfd_is_gone(pf))
		err = -ESRCH;
	else
		err = info->signo < 0 || info->signo > NSIG
			? -EINVAL
			: signal_may_send_locked(t, pf->thread ? pf->thread : pf->process->leader,
				  info->signo);
	if (!err && info->signo) {
		struct thread *to = pf->thread ? pf->thread : pf->process->leader;
		if (scope == SIGNAL_THREAD_GROUP)
			err = signal_send_process(pf->process, info);
		else if (!to->exited)
			err = signal_send_thread(to, info);
	}
	spin_unlock(&proc_lock);
	return err;
}

/* The pidfd of the file, or one made for a directory of /proc: a reference. -EBADF, -ENOMEM. */
static s64 find_pidfd(struct file *f, struct pidfd **out)
{
	struct process *p;

	if (!f)
		return -EBADF;
	if (pidfd_of(f)) {
		*out = obj_get(pidfd_of(f));
		return 0;
	}
	p = pidfd_dir_process(f);
	if (!p)
		return -EBADF;
	*out = obj_new(pidfd);
	if (!*out)
		return -ENOMEM;
	(*out)->process = obj_get(p);
	return 0;
}

s64 sys_pidfd_send_signal(struct thread *t, s32 fd, s32 signo, struct uaddr uinfo, u32 flags)
{
	struct siginfo info = { 0 };
	struct pidfd *pf = NULL;
	struct file *f;
	u32 scope;
	s64 err;

	if ((flags & ~(SIGNAL_THREAD | SIGNAL_THREAD_GROUP | SIGNAL_PROCESS_GROUP)) ||
		(flags & (flags - 1)))
		return -EINVAL;
	f = file_get(t, fd);
	err = find_pidfd(f, &pf);
	if (!err) {
		scope = scope_of(pf, flags);
		err = make_info(t, pf, scope, signo, uinfo, &info);
		if (!err)
			err = pidfd_send(t, pf, scope, &info);
	}
	obj_put(&pf);
	obj_put(&f);
	return err;
}
