// SPDX-License-Identifier: MPL-2.0
/*
 * Access of one thread to another, for procfs, pidfd_getfd and process_vm_readv: the check, and the
 * objects that it protects. See ptrace(2), "Ptrace access mode checking".
 */
#include <kernel/cred.h>
#include <kernel/thread.h>
#include <uapi/errno.h>

struct cred *thread_cred_get(struct thread *t)
{
	struct cred *c;

	spin_lock(&proc_lock);
	c = t->cred ? obj_get(t->cred) : NULL;
	spin_unlock(&proc_lock);
	return c;
}

/*
 * The rules. The target's ids must all be the caller's, its process must be dumpable, and its
 * permitted capabilities no more than the caller's. CAP_SYS_PTRACE replaces each of these. Threads
 * of one process may access each other. proc_lock held: exec changes all of it, and the address
 * space, in one hold.
 */
bool thread_may_access_locked(const struct thread *t, bool real_ids)
{
	const struct thread *const me = thread_current();
	const struct cred *const a = me->cred;
	const struct cred *const b = t->cred;
	u32 uid = real_ids ? a->uid : a->fsuid;
	u32 gid = real_ids ? a->gid : a->fsgid;

	if (t->process == me->process || cred_capable(a, CAP_SYS_PTRACE))
		return true;
	return b && t->process->dumpable == 1 && uid == b->euid && uid == b->suid &&
		uid == b->uid && gid == b->egid && gid == b->sgid && gid == b->gid &&
		!(b->cap_permitted & ~(real_ids ? a->cap_permitted : a->cap_effective));
}

int thread_may_access(struct thread *t, bool real_ids)
{
	bool ok;

	spin_lock(&proc_lock);
	ok = thread_may_access_locked(t, real_ids);
	spin_unlock(&proc_lock);
	return ok ? 0 : -EPERM;
}

int thread_may_access_again(struct thread *t, bool real_ids, u32 exec_id)
{
	bool ok;

	spin_lock(&proc_lock);
	ok = t->process->exec_id == exec_id && thread_may_access_locked(t, real_ids);
	spin_unlock(&proc_lock);
	return ok ? 0 : -EPERM;
}
