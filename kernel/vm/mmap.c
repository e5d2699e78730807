// SPDX-License-Identifier: MPL-2.0
/*
 * mmap, munmap, mprotect, mremap and brk. See their manual pages. All of them hold mm.lock for
 * writing while they change the address space.
 *
 * How mremap works. The call first tries to change the mapping in place: a shorter mapping loses
 * its tail, a longer one takes the free range behind it. If that is not possible, or the caller
 * gave a fixed address or MREMAP_DONTUNMAP, and MREMAP_MAYMOVE allows it, the mapping moves, in
 * this order:
 *
 * 1. Everything that can be refused is checked: flags, rights, the number of VMAs that splitting
 *    may add. Only then the target range is emptied (MREMAP_FIXED) or a gap is found.
 * 2. A VMA for the target is added, with the properties and the file offset of the old one
 *    (mm_add_vma). Now truncation of the file finds both ranges in the inode's tree. The new VMA
 *    joins none of its neighbours yet, which may come before the old one in that tree.
 * 3. The page table entries move (move_pages). The entries of a private mapping hold its only
 *    pages, so this moves all of them or none.
 * 4. The old range is unmapped, with its VMA. The move has left it without entries. With
 *    MREMAP_DONTUNMAP, or an old length of 0 (which duplicates a shared mapping), it stays, and its
 *    next accesses fault.
 * 5. The new VMA joins its neighbours.
 *
 * If the move of the entries fails for lack of memory, they are put back and the new VMA is
 * removed: the program sees -ENOMEM and the old mapping. A target that MREMAP_FIXED has emptied
 * stays empty, as on Linux. Faults take mm.lock for reading, so they run before the whole or after
 * it.
 */
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>
#include <uapi/personality.h>

#include "vm.h"

#define MAP_KNOWN                                                                                \
	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE | \
		MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |           \
		MAP_HUGETLB | MAP_FIXED_NOREPLACE | MAP_UNINITIALIZED | ABI_MAP_KNOWN)

/*
 * What MAP_SHARED_VALIDATE accepts: the flags of before MAP_FIXED_NOREPLACE, and the bits of the
 * two sizes of huge pages, which mean nothing without MAP_HUGETLB.
 */
#define MAP_HUGE_SIZES (21u << 26 | 30u << 26)
#define MAP_VALIDATED  ((MAP_KNOWN & ~(u32)MAP_FIXED_NOREPLACE) | MAP_HUGE_SIZES)

/*
 * READ_IMPLIES_EXEC of personality(2), for programs of before there was a right to execute. What is
 * on a mount with noexec stays without that right.
 */
static bool implies_exec(const struct thread *t, u32 prot)
{
	return (prot & PROT_READ) && (t->personality & READ_IMPLIES_EXEC);
}

static bool is_noexec(const struct file *f)
{
	return f && path_is_noexec(&f->path);
}

/* Whether the rights of the open file allow such a mapping. Returns 0 or -errno. */
static s64 check_file(struct file *f, u32 prot, u32 flags)
{
	bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;

	if (!(f->mode & FMODE_READ) || (shared && (prot & PROT_WRITE) && !(f->mode & FMODE_WRITE)))
		return -EACCES;
	if (shared && (prot & PROT_WRITE) && (f->flags & O_APPEND) && (f->inode->flags & S_APPEND))
		return -EACCES;
	if ((prot & PROT_EXEC) && is_noexec(f))
		return -EPERM;
	if (!f->ops->mmap)
		return -ENODEV;
	return 0;
}

/*
 * The order of the errors is Linux's. The file is looked up first, then length and type are
 * checked, then the rights of the file, and mm_map does the rest.
 */
s64 sys_mmap(struct thread *t, struct uaddr addr, u64 len, u32 prot, u32 flags, s32 fd, u64 offset)
{
	u32 type = flags & MAP_TYPE;
	struct file *f = NULL;
	s64 ret;

	if (offset & PAGE_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		f = file_get(t, fd);
		if (!f)
			return -EBADF;
	}
	if (implies_exec(t, prot) && !is_noexec(f))
		prot |= PROT_EXEC;
	ret = -EINVAL;
	if (!len)
		goto out;
	if (len > VM_USER_MAX) {
		ret = -ENOMEM;
		goto out;
	}
	if (type == MAP_SHARED_VALIDATE && !(flags & MAP_ANONYMOUS) && (flags & ~MAP_VALIDATED)) {
		ret = -EOPNOTSUPP;
		goto out;
	}
	if (type != MAP_PRIVATE && type != MAP_SHARED && !(type == MAP_SHARED_VALIDATE && f))
		goto out;
	if (flags & MAP_HUGETLB) {
		ret = -ENOMEM; /* no huge pages */
		goto out;
	}
	if (f) {
		ret = (S_IS(f->inode->mode, S_IFREG) || S_IS(f->inode->mode, S_IFBLK)) &&
				offset > (u64)0x7fffffffffffffff - round_up(len, PAGE_SIZE)
			? -EOVERFLOW
			: check_file(f, prot, flags);
		if (ret)
			goto out;
	}
	if ((flags & MAP_GROWSDOWN) && (f || type != MAP_PRIVATE)) {
		ret = -EINVAL;
		goto out;
	}
	if ((flags & MAP_LOCKED) && !rlimit_get(t, RLIMIT_MEMLOCK) &&
		!cred_capable(t->cred, CAP_IPC_LOCK)) {
		ret = -EPERM;
		goto out;
	}
	ret = mm_map(t->mm, addr.va, len, prot, flags, f, offset);
out:
	obj_put(&f);
	return ret;
}

/* Ranges without a mapping are no error. */
s64 sys_munmap(struct thread *t, struct uaddr addr, u64 len)
{
	return mm_unmap(t->mm, addr.va, len);
}

/* ---- mprotect ---- */

/* In the rights that mprotect passes on: those that READ_IMPLIES_EXEC adds, see vma_rights. */
#define PROT_IMPLIED 0x80000000u

static u32 vma_rights(const struct vma *v, u32 prot)
{
	u32 rights = prot & ~PROT_IMPLIED;

	return (prot & PROT_IMPLIED) && !is_noexec(v->file) ? rights | PROT_EXEC : rights;
}

/*
 * Checks how much of [start, *end) may get the rights @prot: VMAs of the vDSO and files that were
 * not opened for writing refuse, and the limits on data and overcommit apply. Sets *@end to the
 * first address that may not, and returns the reason, or 0 if the whole range may. mm.lock held.
 */
static s64 protect_limit(struct mm *mm, u64 start, u64 *end, u32 prot)
{
	struct vma *v = mm_find(mm, start);
	u64 at = start, more = 0; /* pages that become data, for RLIMIT_DATA */
	u64 promise = 0;          /* pages that get VMA_ACCOUNT */

	for (; v && v->start <= at && at < *end; v = vma_tree_next(v)) {
		if ((v->flags & VMA_VDSO) ||
			((prot & PROT_WRITE) && (v->flags & VMA_SHARED) &&
				!(v->flags & VMA_MAYWRITE))) {
			*end = at;
			return -EACCES;
		}
		if (!(v->flags & VMA_ACCOUNT) && vma_wants_account(v, prot)) {
			promise += (min(v->end, *end) - max(v->start, start)) >> PAGE_SHIFT;
			if (!mm_commit(mm, promise)) {
				*end = at;
				return -ENOMEM;
			}
		}
		if ((prot & PROT_WRITE) && !(v->flags & (VMA_SHARED | VMA_STACK)) &&
			!vma_is_data(v)) {
			more += (min(v->end, *end) - max(v->start, start)) >> PAGE_SHIFT;
			if (!mm_may_hold_data(mm, more)) {
				*end = at;
				return -ENOMEM;
			}
		}
		if (mm_refuses_exec(mm, v->prot, vma_rights(v, prot))) {
			*end = at;
			return -EACCES;
		}
		if ((prot & PROT_EXEC) && is_noexec(v->file)) {
			*end = at;
			return -EACCES;
		}
		at = v->end;
	}
	if (at >= *end)
		return 0;
	*end = at;
	return -ENOMEM;
}

/* Whether it is anonymous memory that was never written, and needs no page if none can be. */
static bool vma_is_untouched(const struct vma *v)
{
	return !v->has_anon && !vma_inode(v) && !v->ops;
}

static void vma_toggle_account(struct mm *mm, struct vma *v)
{
	u64 pages = (v->end - v->start) >> PAGE_SHIFT;

	v->flags ^= VMA_ACCOUNT;
	mm->promised += v->flags & VMA_ACCOUNT ? pages : -pages;
}

/*
 * Sets the rights of a whole VMA. Private pages that are mapped read-only stay so, because another
 * address space may share them: the next write faults and copies. So do pages of a file with a
 * device behind it: the next write faults, and the page is marked dirty (fault.c, now_dirty).
 */
static void protect_vma(struct mm *mm, struct vma *v, u32 prot)
{
	const struct inode *ino = vma_inode(v);
	bool tracked = ino && inode_tracks_dirty(ino);
	u64 pages = (v->end - v->start) >> PAGE_SHIFT;
	bool was = vma_is_data(v);

	v->prot = prot;
	if (!(v->flags & VMA_ACCOUNT) ? vma_wants_account(v, prot)
				      : !(prot & PROT_WRITE) && vma_is_untouched(v))
		vma_toggle_account(mm, v);
	if (was != vma_is_data(v))
		mm->data_pages += was ? -pages : pages;
	vm_protect(mm->vmspace, v->start, v->end, vm_prot_of(prot),
		(v->flags & VMA_SHARED) && !tracked);
}

/*
 * Sets the rights of a range that is mapped throughout: splits at both ends, sets the rights, and
 * merges where neighbours agree again.
 */
static s64 protect_range(struct mm *mm, u64 start, u64 end, u32 prot)
{
	struct vma *v;
	s64 err = vma_split_at(mm, start);

	if (!err)
		err = vma_split_at(mm, end);
	if (err)
		return err;
	for (v = mm_find(mm, start); v && v->start < end; v = vma_tree_next(v))
		protect_vma(mm, v, vma_rights(v, prot));
	v = mm_find(mm, start);
	if (v)
		vma_merge(mm, v);
	v = mm_find(mm, end - 1);
	if (v)
		vma_merge(mm, v);
	return 0;
}

/*
 * PROT_GROWSDOWN: extends the range down to the start of a mapping that grows down. PROT_GROWSUP is
 * refused: no mapping grows up here. mm.lock held.
 */
static s64 protect_growing(struct mm *mm, u64 *start, u64 end, u32 grows)
{
	struct vma *v = mm_find_next(mm, *start);

	if (!v || (grows == PROT_GROWSDOWN ? v->start >= end : v->start > *start))
		return -ENOMEM;
	if (grows != PROT_GROWSDOWN || !(v->flags & VMA_GROWSDOWN))
		return -EINVAL;
	*start = v->start;
	return 0;
}

s64 sys_mprotect(struct thread *t, struct uaddr addr, u64 len, u32 prot)
{
	struct mm *mm = t->mm;
	u32 grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
	u64 start = addr.va, end;
	s64 err;

	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || (start & PAGE_MASK))
		return -EINVAL;
	if (!len)
		return 0;
	end = start + round_up(len, PAGE_SIZE);
	if (end <= start || end > VM_USER_MAX)
		return -ENOMEM;
	if (prot &
		~(u32)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN |
			PROT_GROWSUP))
		return -EINVAL;
	rwlock_write_lock(&mm->lock);
	vma_make_room(mm);
	err = grows ? protect_growing(mm, &start, end, grows) : 0;
	if (err) {
		mm_write_unlock(mm);
		return err;
	}
	/*
	 * The part before the first address that must be refused is changed all the same, as on
	 * Linux.
	 */
	prot &= PROT_READ | PROT_WRITE | PROT_EXEC;
	if (implies_exec(t, prot))
		prot |= PROT_IMPLIED;
	err = protect_limit(mm, start, &end, prot);
	if (end > start) {
		s64 failed = protect_range(mm, start, end, prot);
		err = failed ? failed : err;
	}
	mm_write_unlock(mm);
	return err;
}

/* ---- brk ---- */

/*
 * Makes [from, to) heap: by extending its last VMA if that has not been changed since, else by a
 * new VMA. One free page stays above it. mm.lock held for writing. Returns 0 or -ENOMEM. It keeps
 * the heap and the next mapping apart.
 */
static int grow_heap(struct mm *mm, u64 from, u64 to)
{
	u64 pages = (to - from) >> PAGE_SHIFT;
	struct vma *props, *heap;
	int err;

	if (!vma_range_free(mm, from, to - from + PAGE_SIZE) ||
		!mm_may_lock_future(mm, mm->lock_future, pages))
		return -ENOMEM;
	heap = from > mm->brk_start ? mm_find(mm, from - 1) : NULL;
	if (heap && heap->end == from && (heap->flags & VMA_HEAP) &&
		(heap->flags & (VMA_LOCKED | VMA_ONFAULT)) == mm->lock_future &&
		heap->prot == (PROT_READ | PROT_WRITE) && (heap->flags & VMA_ACCOUNT) &&
		mm_may_grow(mm, pages, true) && mm_commit(mm, pages)) {
		vma_set_extent(mm, heap, heap->start, to);
		return 0;
	}
	props = obj_new(vma);
	if (!props)
		return -ENOMEM;
	props->mm = mm;
	props->prot = PROT_READ | PROT_WRITE;
	props->flags = VMA_HEAP | VMA_MAYWRITE | mm->lock_future;
	err = mm_add_vma(mm, from, to - from, props);
	obj_put(&props);
	return err;
}

/* brk reports a failure by returning the old break, not an errno. */
s64 sys_brk(struct thread *t, struct uaddr addr)
{
	struct mm *mm = t->mm;
	u64 limit = rlimit_get(t, RLIMIT_DATA);
	u64 from, to = round_up(addr.va, PAGE_SIZE);
	bool ok, populate;
	s64 ret;

	rwlock_write_lock(&mm->lock);
	vma_make_room(mm);
	from = round_up(mm->brk, PAGE_SIZE);
	ok = addr.va >= mm->brk_start && addr.va < VM_USER_MAX &&
		(limit == RLIM_INFINITY || addr.va - mm->brk_start <= limit);
	if (ok && to < from)
		ok = !mm_unmap_locked(mm, to, from);
	else if (ok && to > from)
		ok = !grow_heap(mm, from, to);
	if (ok)
		mm->brk = addr.va;
	ret = (s64)mm->brk;
	populate = ok && to > from && vma_flags_populate(mm->lock_future);
	mm_write_unlock(mm);
	if (populate)
		(void)mm_populate(mm, from, to - from);
	return ret;
}

/* ---- mremap ---- */

#define MREMAP_MAYMOVE   1u
#define MREMAP_FIXED     2u
#define MREMAP_DONTUNMAP 4u

/*
 * A move found no memory for page tables, and has changed nothing but that the target is free:
 * sys_mremap waits for it.
 */
#define NO_TABLES (-ENOBUFS)

/*
 * The next piece [*@at, returned end) of a range whose entries move: all of it in an address space
 * with few tables, unless others may wait for map_lock; else at most as much as a table has, after
 * a hole, which may be as large as the mapping. It is empty where there are no entries.
 */
static u64 piece_to_move(struct mm *mm, struct inode *ino, u64 *at, u64 end)
{
	bool some;

	if (!ino && vmspace_nr_tables(mm->vmspace) <= FEW_TABLES)
		return end;
	*at = vm_skip_hole(mm->vmspace, *at, end, &some);
	return some ? min(end, *at + RANGE_TABLE) : *at;
}

/*
 * Moves the page table entries of [from, from + len) to @to, some at a time, so that others run in
 * between. Those of a file move under map_lock. Returns how much is done: less than @len if memory
 * is out. A piece moves as a whole or not at all: mm.lock, which is held for writing, keeps faults
 * out, so nothing is mapped while vmspace_move moves it.
 */
static u64 move_some(struct mm *mm, struct inode *ino, u64 from, u64 to, u64 len)
{
	u64 at, stop;
	s64 err = 0;

	for (at = from; at < from + len; at = stop) {
		stop = piece_to_move(mm, ino, &at, from + len);
		if (ino)
			spin_lock(&ino->pages.map_lock);
		if (at < stop)
			err = vmspace_move(mm->vmspace, at, at - from + to, stop - at);
		if (ino)
			spin_unlock(&ino->pages.map_lock);
		if (err)
			break;
		task_cond_resched();
	}
	return at - from;
}

/*
 * Moves the page table entries of [old, old + len) to @to: all or none. Truncation walks over the
 * mappings of a file, in the order of the inode's tree, and gives map_lock back in between
 * (rmap.c). The entries of a file therefore move under map_lock, and to a VMA that is behind the
 * one that had them: a walk finds each entry in one of the two VMAs, or has removed it. On the way
 * back the old VMA gets them, which is before the new one: so walk_lock keeps walks out, until the
 * entries are back. Context: mm.lock held for writing.
 */
static s64 move_pages(struct mm *mm, struct inode *ino, u64 old, u64 to, u64 len)
{
	u64 done = move_some(mm, ino, old, to, len);

	if (done == len)
		return 0;
	/* The way back cannot fail: the tables of the old range still exist. */
	if (ino)
		mutex_lock(&ino->pages.walk_lock);
	(void)move_some(mm, ino, to, old, done);
	if (ino)
		mutex_unlock(&ino->pages.walk_lock);
	return NO_TABLES;
}

/*
 * Moves the mapping [old, old + old_len) to the free range at @to, with the new length; @keep_old
 * leaves the old VMA in place. @lock: flags that the new one gets besides those of the old one.
 * mm.lock held for writing. Returns @to or -errno.
 */
static s64 move_to(struct mm *mm, struct vma *v, u64 old, u64 old_len, u64 to, u64 new_len,
	bool keep_old, u32 lock)
{
	struct vma *props = vma_copy(v, v->start, v->start), *moved;
	struct inode *ino;
	u64 len = min(old_len, new_len), keep_apart = v->flags & VMA_NO_MERGE;
	/* The old range has paid for its part of the new one already. */
	u64 paid = !keep_old && (v->flags & VMA_ACCOUNT) ? old_len >> PAGE_SHIFT : 0;
	u64 max_pages = max(mm->max_pages, mm->total_pages); /* both ranges at once are no peak */
	s64 err;

	if (!props)
		return -ENOMEM;
	props->offset = v->offset + (old - v->start);
	props->flags |= lock | VMA_NO_MERGE;
	props->start = props->end = 0;
	/*
	 * @props is empty and has the offset of @old, because mm_add_vma copies it to the new
	 * extent with that offset.
	 */
	mm->charged += paid;
	err = mm_add_vma(mm, to, new_len, props);
	mm->charged -= paid;
	ino = !err && vma_inode(props) ? obj_get(vma_inode(props)) : NULL;
	obj_put(&props);
	if (err)
		return err;
	err = move_pages(mm, ino, old, to, len);
	obj_put(&ino);
	if (err) {
		/* A VMA of its own: nothing is split, so there is nothing to allocate. */
		ignore_error(mm_unmap_locked(mm, to, to + new_len));
		mm->max_pages = max_pages;
		return err;
	}
	/* Without memory for a split the old range stays mapped, and empty, as on Linux. */
	if (!keep_old)
		ignore_error(mm_unmap_locked(mm, old, old + old_len));
	mm->max_pages = max_pages;
	moved = mm_find(mm, to);
	moved->flags = (moved->flags & ~(u64)VMA_NO_MERGE) | keep_apart;
	if (!moved->ops)
		vma_merge(mm, moved);
	return (s64)to;
}

/*
 * As move_to. With MREMAP_DONTUNMAP (@old_len is not 0) a lock goes with the pages, as on Linux:
 * the account stays as it is. The old VMA loses it first, so that the new one does not join it.
 */
static s64 move_mapping(struct mm *mm, struct vma *v, u64 old, u64 old_len, u64 to, u64 new_len,
	bool keep_old)
{
	u32 lock = keep_old && old_len ? v->flags & (VMA_LOCKED | VMA_ONFAULT) : 0;
	s64 ret;

	if (lock)
		vma_set_locked(v, 0);
	ret = move_to(mm, v, old, old_len, to, new_len, keep_old, lock);
	/* Found anew, so that nothing depends on what the attempt has joined. */
	v = lock && ret < 0 ? mm_find(mm, old) : NULL;
	if (v)
		vma_set_locked(v, lock);
	return ret;
}

/*
 * Shrinks the mapping, or grows it into the free range behind it. mm.lock held for writing. Returns
 * the address, 0 if there is no room behind it, or -errno. Only a range that reaches to the end of
 * its VMA can grow: behind any other one the rest of the VMA stands.
 */
static s64 resize_in_place(struct mm *mm, struct vma *v, u64 old, u64 old_len, u64 new_len)
{
	s64 err;

	if (new_len <= old_len) {
		err = new_len < old_len ? mm_unmap_locked(mm, old + new_len, old + old_len) : 0;
		return err ? err : (s64)old;
	}
	if (v->end != old + old_len || !vma_range_free(mm, v->end, new_len - old_len))
		return 0;
	if (!mm_may_grow(mm, (new_len - old_len) >> PAGE_SHIFT, vma_is_data(v)) ||
		((v->flags & VMA_ACCOUNT) && !mm_commit(mm, (new_len - old_len) >> PAGE_SHIFT)))
		return -ENOMEM;
	vma_set_extent(mm, v, v->start, old + new_len);
	return (s64)old;
}

/* The mapping goes to @to with MREMAP_FIXED, else to any gap. As move_mapping. */
static s64 move_away(struct mm *mm, struct vma *v, u64 old, u64 old_len, u64 to, u64 new_len,
	u32 flags)
{
	s64 err;

	/*
	 * Splitting and adding need up to three more VMAs. This is checked before anything is
	 * unmapped.
	 */
	if (!(flags & MREMAP_MAYMOVE) || mm->nr_vmas + 3 >= knob_get(KNOB_MAX_MAP_COUNT))
		return -ENOMEM;
	if (flags & MREMAP_FIXED) {
		err = mm_unmap_locked(mm, to, to + new_len);
		if (err)
			return err;
		v = mm_find(mm, old);
		if (!v)
			return -EFAULT;
	} else {
		to = vma_find_gap(mm, 0, new_len);
		if (!to)
			return -ENOMEM;
	}
	return move_mapping(mm, v, old, old_len, to, new_len,
		!old_len || (flags & MREMAP_DONTUNMAP));
}

/* mremap(2) behind the checks of its arguments. mm.lock held for writing. */
static s64 remap_locked(struct mm *mm, u64 old, u64 old_len, u64 to, u64 new_len, u32 flags,
	bool *populate)
{
	struct vma *v = mm_find(mm, old);
	s64 ret;

	if (!v || old + old_len < old)
		return -EFAULT;
	if (flags & MREMAP_FIXED) {
		if ((to & PAGE_MASK) || to > VM_USER_MAX - new_len ||
			(old < to + new_len && to < old + old_len))
			return -EINVAL;
		if (!mm_may_map_at(to))
			return -EPERM;
	}
	/* An old length of 0 makes a second mapping of the same shared memory. */
	if (!old_len && !(v->flags & VMA_SHARED))
		return -EINVAL;
	/* Only the end is unmapped, so there may be holes, and parts of several mappings. */
	if (old_len >= new_len && !(flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) &&
		!(v->flags & VMA_VDSO) && old + old_len <= VM_USER_MAX)
		return resize_in_place(mm, v, old, old_len, new_len);
	if (old_len && v->end < old + old_len)
		return -EFAULT;
	if (v->flags & VMA_VDSO && new_len != old_len)
		return -EINVAL;
	if (new_len > old_len) {
		if (!mm_may_lock_future(mm, v->flags, (new_len - old_len) >> PAGE_SHIFT))
			return -EAGAIN;
		*populate = vma_flags_populate(v->flags);
		if (v->offset + (old - v->start) + new_len < v->offset)
			return -EINVAL;
	}
	if (!(flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && old_len) {
		ret = resize_in_place(mm, v, old, old_len, new_len);
		if (ret)
			return ret;
	}
	return move_away(mm, v, old, old_len, to, new_len, flags);
}

/*
 * How many page tables a move may require: as many as the range has, which begins and ends inside
 * of one perhaps, with those above them.
 */
static u64 tables_to_move(const struct mm *mm, u64 len)
{
	return min(vmspace_nr_tables(mm->vmspace), 2 * (len / RANGE_TABLE)) + 8;
}

s64 sys_mremap(struct thread *t, struct uaddr old_addr, u64 old_len, u64 new_len, u32 flags,
	struct uaddr new_addr)
{
	struct mm *mm = t->mm;
	bool populate = false;
	u64 old = old_addr.va;
	s64 ret = 0;

	if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) || (old & PAGE_MASK) ||
		((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE)))
		return -EINVAL;
	old_len = round_up(old_len, PAGE_SIZE);
	new_len = round_up(new_len, PAGE_SIZE);
	if (!new_len || new_len > VM_USER_MAX || ((flags & MREMAP_DONTUNMAP) && old_len != new_len))
		return -EINVAL;
	do { /* everything is looked up again: others may have changed it during the wait */
		rwlock_write_lock(&mm->lock);
		vma_make_room(mm);
		/* The first attempt has made the target free; what is there now is another's. */
		if (ret == NO_TABLES && (flags & MREMAP_FIXED) &&
			!vma_range_free(mm, new_addr.va, new_len))
			ret = -ENOMEM;
		else
			ret = remap_locked(mm, old, old_len, new_addr.va, new_len, flags,
				&populate);
		mm_write_unlock(mm);
	} while (ret == NO_TABLES && oom_wait_for(tables_to_move(mm, old_len)));
	if (ret > 0 && populate)
		(void)mm_populate(mm, (u64)ret + old_len, new_len - old_len);
	return ret == NO_TABLES ? -ENOMEM : ret;
}
