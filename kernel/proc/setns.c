// SPDX-License-Identifier: MPL-2.0
/*
 * setns(2). There is one namespace of each kind, so a call that is allowed joins the one in which
 * the thread is already. That changes nothing, but for the namespace of mounts: root and working
 * directory become the root of the mount tree.
 */
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/nsfs.h>
#include <kernel/pidfd.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <uapi/errno.h>
#include <uapi/sched.h>

#include "proc.h"

#define SETNS_KNOWN (CLONE_NAMESPACES | CLONE_NEWTIME)

/* The kinds that a pidfd stands for: those that the caller selects. */
static int setns_check_pidfd(const struct pidfd *pf, u64 types)
{
	struct thread *target;
	int err;

	if (!types || types & ~SETNS_KNOWN)
		return -EINVAL;
	target = pidfd_subject(pf);
	if (!target)
		return -ESRCH;
	err = thread_may_access(target, true);
	if (!err && load_once(target->exited))
		err = -ESRCH;
	obj_put(&target);
	return err;
}

/* The order of the checks is Linux's. */
static int setns_check(struct thread *t, u64 types)
{
	bool admin = cred_capable(t->cred, CAP_SYS_ADMIN);
	bool shared;

	if (types & CLONE_NEWUSER)
		return -EINVAL; /* the thread is in it */
	if (!admin || (types & CLONE_NEWNS && !cred_capable(t->cred, CAP_SYS_CHROOT)))
		return types == CLONE_NEWTIME && t->process->nr_threads > 1 ? -EUSERS : -EPERM;
	if (types & CLONE_NEWNS) {
		spin_lock(&t->fs->lock);
		shared = t->fs->users != 1;
		spin_unlock(&t->fs->lock);
		if (shared)
			return -EINVAL;
	}
	return types & CLONE_NEWTIME && t->process->nr_threads > 1 ? -EUSERS : 0;
}

/* A new context, of which this thread is the only user, as it was of the old one. */
static int setns_mounts(struct thread *t)
{
	struct fs_context *fs = fs_context_new_root(), *old = t->fs;

	if (!fs)
		return -ENOMEM;
	fs->umask = old->umask;
	store_release(t->fs, fs); /* one store: readers never find NULL */
	fs_context_put(&old);
	return 0;
}

s64 sys_setns(struct thread *t, s32 fd, u32 type)
{
	struct file *f = file_get(t, fd);
	u64 types = f ? nsfs_type_of(f) : 0;
	int err = 0;

	if (!f)
		return -EBADF;
	if (types) {
		err = type && type != types ? -EINVAL : 0;
	} else {
		struct pidfd *pf = pidfd_of(f);
		types = type;
		err = pf ? setns_check_pidfd(pf, types) : -EINVAL;
	}
	obj_put(&f);
	if (!err)
		err = setns_check(t, types);
	if (!err && types & CLONE_NEWNS)
		err = setns_mounts(t);
	return err;
}
