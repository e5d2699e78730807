// SPDX-License-Identifier: MPL-2.0
/*
 * Access to the address spaces of other threads (procfs, process_vm_readv). A thread's mm pointer
 * changes at exec and exit, under proc_lock. A caller that reads the pages also becomes a user of
 * the address space (mm_use), so that the last thread cannot tear it down meanwhile.
 */
#include <kernel/mm.h>
#include <kernel/thread.h>
#include <uapi/errno.h>

struct mm *thread_mm_get_locked(struct thread *t)
{
	return t->mm ? obj_get(t->mm) : NULL;
}

/* For what everybody may see, such as the size of a process; contents need thread_mm_access. */
struct mm *thread_mm_use(struct thread *t)
{
	struct mm *mm;

	spin_lock(&proc_lock);
	mm = mm_use(t->mm);
	spin_unlock(&proc_lock);
	return mm;
}

/*
 * The permission is checked and the address space taken under one hold of proc_lock: an exec of a
 * set-uid program in between would otherwise hand out the new program's memory.
 */
int thread_mm_access(struct thread *t, bool real_ids, struct mm **out)
{
	bool ok;

	*out = NULL;
	spin_lock(&proc_lock);
	ok = thread_may_access_locked(t, real_ids);
	if (ok)
		*out = mm_use(t->mm);
	spin_unlock(&proc_lock);
	if (!ok)
		return -EPERM;
	return *out ? 0 : -ESRCH;
}
