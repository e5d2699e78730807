// SPDX-License-Identifier: MPL-2.0
/* Who may look into another thread, and what is shared with it: for procfs, pidfd_getfd, process_vm_readv. See ptrace(2), "Ptrace access mode checking". */
#include <frame/errno.h>

#include "proc.h"

struct cred *thread_cred_get(struct thread *t)
{
	struct cred *c;

	spin_lock(&proc_lock);
	c = t->cred ? obj_get(t->cred) : NULL;
	spin_unlock(&proc_lock);
	return c;
}

struct mm *thread_mm_get(struct thread *t)
{
	struct mm *mm;

	while ((mm = load_once(t->mm)) != NULL) {
		if (obj_tryget(mm)) {
			if (load_once(t->mm) == mm)
				return mm;
			obj_put(&mm);
		}
	}
	return NULL;
}

int thread_may_access(struct thread *t, bool real_ids)
{
	struct thread *me = thread_current();
	const struct cred *a = me->cred;
	u32 uid = real_ids ? a->uid : a->fsuid;
	u32 gid = real_ids ? a->gid : a->fsgid;
	struct cred *b;
	bool ok;

	if (t->process == me->process || cred_capable(a, CAP_SYS_PTRACE))
		return 0;
	b = thread_cred_get(t);
	ok = b && t->process->pdeath_dumpable == 1 && uid == b->euid && uid == b->suid && uid == b->uid && gid == b->egid && gid == b->sgid && gid == b->gid;
	obj_put(&b);
	return ok ? 0 : -EPERM;
}
