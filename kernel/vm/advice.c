// SPDX-License-Identifier: MPL-2.0
/*
 * madvise, msync, mincore, mlock and its relatives, membarrier. See their manual pages.
 *
 * Each of them works on a range that may consist of several VMAs and gaps. Those that change VMAs
 * hold mm.lock for writing over the whole range. Those that may sleep for a device or a fault
 * (MADV_REMOVE, MADV_POPULATE, msync, mincore, the second half of mlock) take the lock for one VMA
 * or piece at a time, and look the next one up again: other threads may change the mappings in
 * between, and then the call works on what it finds.
 */
#include <frame/task.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/pagecache.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "vm.h"

/*
 * The check of a range that these calls share: the start is page aligned, the length is rounded up
 * to pages, the end does not overflow. Returns 0, 1 for an empty range, or -EINVAL.
 */
static s64 check_range(u64 start, u64 len, u64 *end)
{
	if (start & PAGE_MASK)
		return -EINVAL;
	*end = start + round_up(len, PAGE_SIZE);
	if (*end < start || round_up(len, PAGE_SIZE) < len)
		return -EINVAL;
	return *end == start;
}

enum madvice {
	MADV_NORMAL,
	MADV_RANDOM,
	MADV_SEQUENTIAL,
	MADV_WILLNEED,
	MADV_DONTNEED,
	MADV_FREE = 8,
	MADV_REMOVE,
	MADV_DONTFORK,
	MADV_DOFORK,
	MADV_MERGEABLE,
	MADV_UNMERGEABLE,
	MADV_HUGEPAGE,
	MADV_NOHUGEPAGE,
	MADV_DONTDUMP,
	MADV_DODUMP,
	MADV_WIPEONFORK,
	MADV_KEEPONFORK,
	MADV_COLD,
	MADV_PAGEOUT,
	MADV_POPULATE_READ,
	MADV_POPULATE_WRITE,
	MADV_DONTNEED_LOCKED,
};

/*
 * Applies the advice to the part [start, end) of one VMA. mm.lock held for writing. MADV_FREE frees
 * at once, as if memory had become short directly afterwards, which the call allows.
 */
static s64 advise(struct vma *v, u64 start, u64 end, u32 advice)
{
	struct mm *mm = v->mm;

	switch (advice) {
	case MADV_DONTNEED:
	case MADV_FREE:
		if (v->flags & VMA_LOCKED || (advice == MADV_FREE && (vma_inode(v) || v->ops)))
			return -EINVAL;
		fallthrough;
	case MADV_DONTNEED_LOCKED:
		mm_note_peak_rss(mm);
		vm_unmap(mm->vmspace, start, end);
		return 0;
	case MADV_COLD:
	case MADV_PAGEOUT:
		return v->flags & VMA_LOCKED ? -EINVAL : 0;
	case MADV_DONTFORK:
		v->flags |= VMA_DONTCOPY;
		return 0;
	case MADV_DOFORK:
		v->flags &= ~(u64)VMA_DONTCOPY;
		return 0;
	case MADV_DONTDUMP:
		v->flags |= VMA_DONTDUMP;
		return 0;
	case MADV_DODUMP:
		v->flags &= ~(u64)VMA_DONTDUMP;
		return 0;
	case MADV_WIPEONFORK:
		if (vma_inode(v) || (v->flags & VMA_SHARED))
			return -EINVAL;
		v->flags |= VMA_WIPEONFORK;
		return 0;
	case MADV_KEEPONFORK:
		v->flags &= ~(u64)VMA_WIPEONFORK;
		return 0;
	case MADV_MERGEABLE:
	case MADV_UNMERGEABLE:
		return -EINVAL; /* no merging of equal pages (KSM) */
	default:
		return 0; /* hints that have no effect here */
	}
}

static bool known_advice(u32 a)
{
	return a <= MADV_DONTNEED || (a >= MADV_FREE && a <= MADV_DONTNEED_LOCKED);
}

/*
 * Whether the advice changes the properties of a VMA, so that it must be split at both ends first.
 */
static bool changes_vma(u32 a)
{
	return (a >= MADV_DONTFORK && a <= MADV_DOFORK) ||
		(a >= MADV_DONTDUMP && a <= MADV_KEEPONFORK);
}

/*
 * Punches a hole in the file for the part of the range that the first VMA at or above *@at maps,
 * and advances *@at past it (MADV_REMOVE). The lock is dropped before the file is changed: punching
 * unmaps the pages, and takes inode.lock. References keep the inode and its file system. *@gap
 * becomes true if a part was not mapped.
 */
static s64 remove_next(struct mm *mm, u64 *at, u64 end, bool *gap)
{
	struct inode *ino = NULL;
	struct file *file = NULL;
	struct vma *v;
	u64 from, off;
	s64 err = -EINVAL;

	rwlock_read_lock(&mm->lock);
	v = mm_find_next(mm, *at);
	from = v ? max(v->start, *at) : end;
	*gap = *gap || from > *at;
	*at = v && v->start < end ? min(v->end, end) : end;
	if (from >= end) {
		rwlock_read_unlock(&mm->lock);
		return 0;
	}
	off = v->offset + (from - v->start);
	if (vma_inode(v) && !(v->flags & VMA_LOCKED)) {
		err = (v->flags & VMA_SHARED) && (v->flags & VMA_MAYWRITE) ? 0 : -EACCES;
		ino = err ? NULL : obj_get(vma_inode(v));
		file = !err && v->file ? obj_get(v->file) : NULL;
	}
	rwlock_read_unlock(&mm->lock);
	if (ino)
		err = inode_punch(ino, off, *at - from);
	obj_put(&ino);
	obj_put(&file);
	return err;
}

/* MADV_REMOVE works VMA by VMA and can be interrupted in between. */
static s64 advise_remove(struct mm *mm, u64 start, u64 end)
{
	bool gap = false;
	s64 err = 0;

	while (!err && start < end && !loop_should_end())
		err = remove_next(mm, &start, end, &gap);
	return err ? err : gap ? -ENOMEM : 0;
}

/*
 * Gaps in the range are reported as -ENOMEM, after the advice was applied to the rest, as
 * madvise(2) says.
 */
s64 sys_madvise(struct thread *t, struct uaddr addr, u64 len, u32 advice)
{
	struct mm *mm = t->mm;
	u64 start = addr.va, end, at;
	bool gap = false;
	struct vma *v, *next;
	s64 err;

	if (!known_advice(advice))
		return -EINVAL;
	err = check_range(start, len, &end);
	if (err)
		return err < 0 ? err : 0;
	if (advice == MADV_REMOVE)
		return advise_remove(mm, start, end);
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE) {
		for (at = start; at < end; at += PAGE_SIZE) {
			enum fault_result r = mm_fault(mm, at,
				advice == MADV_POPULATE_READ ? VM_READ : VM_WRITE);
			if (loop_should_end())
				return -EINTR;
			if (r != FAULT_DONE)
				return r == FAULT_BUS            ? -EFAULT
					: r == FAULT_SEGV_ACCERR ? -EINVAL
								 : -ENOMEM;
		}
		return 0;
	}
	rwlock_write_lock(&mm->lock);
	if (changes_vma(advice)) {
		vma_make_room(mm);
		err = vma_split_at(mm, start);
		if (!err && end < VM_USER_MAX)
			err = vma_split_at(mm, end);
		err = err ? -EAGAIN : 0; /* madvise(2): try again later */
	}
	at = start;
	for (v = mm_find_next(mm, start); !err && v && v->start < end; v = next) {
		next = vma_tree_next(v);
		gap = gap || v->start > at;
		err = advise(v, max(v->start, start), min(v->end, end), advice);
		at = v->end;
		task_cond_resched();
	}
	gap = gap || at < end;
	mm_write_unlock(mm);
	return err ? err : gap ? -ENOMEM : 0;
}

/* Whether all of [start, end) is mapped. mm.lock held. */
static bool all_mapped(struct mm *mm, u64 start, u64 end)
{
	struct vma *v = mm_find(mm, start);

	while (v && v->end < end) {
		struct vma *next = vma_tree_next(v);
		if (!next || next->start != v->end)
			return false;
		v = next;
	}
	return v != NULL;
}

#define MS_ASYNC      1u
#define MS_INVALIDATE 2u
#define MS_SYNC       4u

/* Whether a VMA of the range is locked (MS_INVALIDATE is refused then). mm.lock held. */
static bool any_locked(struct mm *mm, u64 start, u64 end)
{
	struct vma *v;

	for (v = mm_find_next(mm, start); v && v->start < end; v = vma_tree_next(v)) {
		if (v->flags & VMA_LOCKED)
			return true;
	}
	return false;
}

/*
 * msync: the dirty pages of shared mappings are the file's pages. The file is written as fsync
 * does, and waited for, without mm.lock; the reference keeps the file.
 */
static s64 write_mapped(struct mm *mm, u64 at, u64 end)
{
	struct file *f;
	struct vma *v;
	u64 to;
	s64 err = 0;

	while (!err && at < end && !loop_should_end()) {
		rwlock_read_lock(&mm->lock);
		v = mm_find_next(mm, at);
		f = v && (v->flags & VMA_SHARED) && v->file ? obj_get(v->file) : NULL;
		to = v ? v->end : end;
		rwlock_read_unlock(&mm->lock);
		if (f && f->ops->fsync)
			err = f->ops->fsync(f, true);
		obj_put(&f);
		at = to;
	}
	return err;
}

/*
 * MS_ASYNC has nothing to do: the cache knows its dirty pages and writes them in time.
 * MS_INVALIDATE has nothing to do either, since all mappings show the same pages; it only refuses
 * locked ones.
 */
s64 sys_msync(struct thread *t, struct uaddr addr, u64 len, u32 flags)
{
	u64 end;
	s64 err;

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
		((flags & MS_ASYNC) && (flags & MS_SYNC)) || (addr.va & PAGE_MASK))
		return -EINVAL;
	err = check_range(addr.va, len, &end);
	if (err)
		return err < 0 ? -ENOMEM : 0;
	rwlock_read_lock(&t->mm->lock);
	err = all_mapped(t->mm, addr.va, end) ? 0 : -ENOMEM;
	if ((flags & MS_INVALIDATE) && any_locked(t->mm, addr.va, end))
		err = -EBUSY;
	rwlock_read_unlock(&t->mm->lock);
	if (!err && (flags & MS_SYNC))
		err = write_mapped(t->mm, addr.va, end);
	return err;
}

/*
 * Whether the caller may know which pages of the file are in memory: it tells what others read. As
 * on Linux who owns the file or may write it; others are told that all is there.
 */
static bool may_know(const struct vma *v)
{
	struct inode *ino = v->file ? v->file->inode : vma_inode(v);

	return !ino || inode_owner_or_capable(ino) || !inode_permission(ino, MAY_WRITE);
}

/* mincore: whether an access would find the page without reading a device. */
static u8 resident(struct mm *mm, u64 va)
{
	struct vma *v = mm_find(mm, va);
	struct vm_entry e;
	struct page *p;
	u8 r;

	if (v && !may_know(v))
		return 1;
	if (vmspace_lookup(mm->vmspace, va, &e))
		return 1;
	if (!v || !vma_inode(v))
		return 0;
	p = pagecache_find(&vma_inode(v)->pages, (v->offset + (va - v->start)) >> PAGE_SHIFT);
	r = p != NULL;
	page_put(&p);
	return r;
}

/* The vector is written in pieces, without the lock, because the write may fault. */
s64 sys_mincore(struct thread *t, struct uaddr addr, u64 len, struct uaddr vec)
{
	u8 chunk[64];
	u64 end, va, i, n;
	s64 err;

	if (addr.va & PAGE_MASK)
		return -EINVAL;
	if (addr.va >= VM_USER_MAX || len > VM_USER_MAX - addr.va)
		return -ENOMEM;
	err = check_range(addr.va, len, &end);
	if (err)
		return err < 0 ? err : user_range_ok(vec, 0) ? 0 : -EFAULT;
	if (!user_range_ok(vec, (end - addr.va) >> PAGE_SHIFT))
		return -EFAULT;
	for (va = addr.va; va < end; va += n * PAGE_SIZE) {
		n = min((end - va) >> PAGE_SHIFT, sizeof(chunk));
		rwlock_read_lock(&t->mm->lock);
		err = all_mapped(t->mm, va, va + n * PAGE_SIZE) ? 0 : -ENOMEM;
		for (i = 0; !err && i < n; i++)
			chunk[i] = resident(t->mm, va + i * PAGE_SIZE);
		rwlock_read_unlock(&t->mm->lock);
		if (err)
			return err;
		if (copy_out(uaddr_add(vec, (va - addr.va) >> PAGE_SHIFT),
			    cspan_first(cspan_of(chunk), n)))
			return -EFAULT;
		if (loop_should_end())
			return -EINTR;
	}
	return 0;
}

/* ---- mlock: pages are never swapped, so locking means faulting in and counting ---- */

/* The limit counts the pages of locked mappings, present or not. */
bool mm_may_lock(struct thread *t, u64 pages)
{
	u64 limit = rlimit_get(t, RLIMIT_MEMLOCK);

	return cred_capable(t->cred, CAP_IPC_LOCK) || limit == RLIM_INFINITY ||
		t->mm->locked_pages + pages <= limit >> PAGE_SHIFT;
}

bool mm_may_lock_future(struct mm *mm, u64 vma_flags, u64 pages)
{
	struct thread *t = thread_current();

	return !(vma_flags & VMA_LOCKED) || !t || t->mm != mm || mm_may_lock(t, pages);
}

/* Whether the thread may lock anything: 0 or -EPERM. */
static s64 check_may_lock(struct thread *t)
{
	return rlimit_get(t, RLIMIT_MEMLOCK) || cred_capable(t->cred, CAP_IPC_LOCK) ? 0 : -EPERM;
}

/* The pages of a range that are locked already. mm.lock held. */
static u64 locked_within(struct mm *mm, u64 start, u64 end)
{
	struct vma *v;
	u64 n = 0;

	for (v = mm_find_next(mm, start); v && v->start < end; v = vma_tree_next(v)) {
		if (v->flags & VMA_LOCKED)
			n += (min(v->end, end) - max(v->start, start)) >> PAGE_SHIFT;
	}
	return n;
}

/*
 * map_lock: reclaim sees the flag before mlock brings the pages in, or it has unmapped them before.
 */
void vma_set_locked(struct vma *v, u32 lock)
{
	u64 pages = (v->end - v->start) >> PAGE_SHIFT;
	struct inode *ino = vma_inode(v);

	if (!vma_is_lockable(v))
		return;
	if ((v->flags ^ lock) & VMA_LOCKED)
		v->mm->locked_pages += lock ? pages : -pages;
	if (ino)
		spin_lock(&ino->pages.map_lock);
	v->flags = (v->flags & ~(u64)(VMA_LOCKED | VMA_ONFAULT)) | lock;
	if (ino)
		spin_unlock(&ino->pages.map_lock);
}

/*
 * Gives a range the lock flags @lock, up to the first address that is not mapped, as Linux does:
 * -ENOMEM then. What is locked already counts once. The check of the limit and the effect are in
 * one hold of mm.lock.
 */
static s64 mlock_range(struct thread *t, u64 start, u64 end, u32 lock)
{
	struct mm *mm = t->mm;
	u64 at = start, pages = (end - start) >> PAGE_SHIFT;
	struct vma *v;
	s64 err = 0;

	rwlock_write_lock(&mm->lock);
	vma_make_room(mm);
	if (lock && !mm_may_lock(t, pages) &&
		!mm_may_lock(t, pages - locked_within(mm, start, end)))
		err = -ENOMEM;
	if (!err)
		err = vma_split_at(mm, start);
	if (!err)
		err = vma_split_at(mm, end);
	for (v = err ? NULL : mm_find(mm, start); v && v->start == at && at < end;
		v = vma_tree_next(v)) {
		vma_set_locked(v, lock);
		at = v->end;
		task_cond_resched();
	}
	mm_write_unlock(mm);
	return err ? err : at < end ? -ENOMEM : 0;
}

/*
 * The range is marked first and then faulted in, without the lock. Pages are never swapped out, and
 * reclaim leaves pages of files alone where they are locked (rmap.c), so those that are mapped
 * stay.
 */
static s64 do_mlock(struct thread *t, u64 addr, u64 len, u32 lock)
{
	u64 start = round_down(addr, PAGE_SIZE);
	u64 end = round_up(addr + len, PAGE_SIZE);
	s64 err = check_may_lock(t);

	if (err)
		return err;
	if (end < start)
		return -EINVAL;
	if (start == end)
		return 0;
	err = mlock_range(t, start, end, lock);
	if (!err && vma_flags_populate(lock) && !mm_populate(t->mm, start, end - start))
		err = -ENOMEM; /* the range stays locked all the same */
	return err;
}

s64 sys_mlock(struct thread *t, struct uaddr addr, u64 len)
{
	return do_mlock(t, addr.va, len, VMA_LOCKED);
}

/* MLOCK_ONFAULT: pages are locked when they are first used, and not brought in now. */
s64 sys_mlock2(struct thread *t, struct uaddr addr, u64 len, u32 flags)
{
	if (flags & ~1u) /* MLOCK_ONFAULT */
		return -EINVAL;
	return do_mlock(t, addr.va, len, flags ? VMA_LOCKED | VMA_ONFAULT : VMA_LOCKED);
}

/* Needs no right, and no limit applies. */
s64 sys_munlock(struct thread *t, struct uaddr addr, u64 len)
{
	u64 start = round_down(addr.va, PAGE_SIZE);
	u64 end = round_up(addr.va + len, PAGE_SIZE);

	if (end < start)
		return -EINVAL;
	return start == end ? 0 : mlock_range(t, start, end, 0);
}

enum { MCL_CURRENT = 1, MCL_FUTURE = 2, MCL_ONFAULT = 4 };

/*
 * MCL_FUTURE is kept in the address space, for mappings that are made or grow later (mm_map, brk,
 * mremap, the stack). A call without it ends it. Pages that cannot be faulted in are no error.
 */
s64 sys_mlockall(struct thread *t, u32 flags)
{
	u32 lock = flags & MCL_ONFAULT ? VMA_LOCKED | VMA_ONFAULT : VMA_LOCKED;
	struct mm *mm = t->mm;
	struct vma *v;
	s64 err;

	if (!flags || (flags & ~7u) || flags == MCL_ONFAULT)
		return -EINVAL;
	err = check_may_lock(t);
	if (err)
		return err;
	rwlock_write_lock(&mm->lock);
	if ((flags & MCL_CURRENT) && !mm_may_lock(t, mm->total_pages - mm->locked_pages))
		err = -ENOMEM;
	if (!err)
		mm->lock_future = flags & MCL_FUTURE ? lock : 0;
	for (v = vma_tree_first(mm->vmas); v && !err && (flags & MCL_CURRENT);
		v = vma_tree_next(v)) {
		vma_set_locked(v, lock);
		task_cond_resched();
	}
	mm_write_unlock(mm);
	if (!err && (flags & MCL_CURRENT) && vma_flags_populate(lock))
		mm_populate_all(mm);
	return err;
}

s64 sys_munlockall(struct thread *t)
{
	struct vma *v;

	rwlock_write_lock(&t->mm->lock);
	t->mm->lock_future = 0;
	for (v = vma_tree_first(t->mm->vmas); v; v = vma_tree_next(v)) {
		vma_set_locked(v, 0);
		task_cond_resched();
	}
	mm_write_unlock(t->mm);
	return 0;
}

/* ---- membarrier ---- */

enum {
	MEMBARRIER_QUERY = 0,
	MEMBARRIER_GLOBAL = 1,
	MEMBARRIER_GLOBAL_EXPEDITED = 2,
	MEMBARRIER_REGISTER_GLOBAL_EXPEDITED = 4,
	MEMBARRIER_PRIVATE_EXPEDITED = 8,
	MEMBARRIER_REGISTER_PRIVATE_EXPEDITED = 16,
	MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE = 32,
	MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64,
	MEMBARRIER_GET_REGISTRATIONS = 512
};
#define MEMBARRIER_ALL (64u + 63u)

/* Who registers for SYNC_CORE is in the set of the plain command too, but may not use that. */
static s64 membarrier_registrations(u32 registered)
{
	return registered & MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE
		? registered | MEMBARRIER_REGISTER_PRIVATE_EXPEDITED
		: registered;
}

/*
 * All barriers interrupt all CPUs, so one that a thread of the caller comes to later has passed one
 * already. The private ones require a registration, as on Linux. The commands for restartable
 * sequences do not exist, as these do not.
 */
s64 sys_membarrier(struct thread *t, s32 cmd, u32 flags, s32 cpu)
{
	u32 registered = (u32)atomic_load(&t->mm->membarrier);

	(void)cpu;
	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_QUERY:
		return MEMBARRIER_ALL | MEMBARRIER_GET_REGISTRATIONS;
	case MEMBARRIER_REGISTER_GLOBAL_EXPEDITED:
	case MEMBARRIER_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		(void)atomic_or(&t->mm->membarrier, (u64)cmd);
		return 0;
	case MEMBARRIER_GET_REGISTRATIONS:
		return membarrier_registrations(registered);
	case MEMBARRIER_PRIVATE_EXPEDITED:
	case MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE:
		if (!(registered & (u32)cmd << 1))
			return -EPERM;
		break;
	case MEMBARRIER_GLOBAL:
	case MEMBARRIER_GLOBAL_EXPEDITED:
		break;
	default:
		return -EINVAL;
	}
	cpu_sync_icache_all(); /* includes a fence on every CPU */
	return 0;
}
