// SPDX-License-Identifier: MPL-2.0
/*
 * VMAs and their tree, for the files of kernel/vm only (kernel/mm.h is the public header).
 *
 * A function that changes the tree, an extent or an account requires mm.lock held for writing; a
 * search requires it held for reading at least. None of them sleeps, except mm_populate and
 * vma_attach_backing, which are called without the lock.
 */
#ifndef KERNEL_VM_VM_H
#define KERNEL_VM_VM_H

#include <abi/mman.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/locks.h>
#include <kernel/mm.h>
#include <kernel/thread.h>

#define STACK_GUARD_PAGES 256ul

/*
 * Bytes that one page table of the lowest level covers. An address space with FEW_TABLES tables has
 * so few entries that a walk over all of them need not give way.
 */
#define RANGE_TABLE (512 * PAGE_SIZE)
#define FEW_TABLES  16u

/*
 * Orders the tree by start address. VMAs do not overlap, so this is also the order of their ends.
 */
static inline bool vma_before(const struct vma *a, const struct vma *b)
{
	return a->start < b->start;
}
TREE_DEFINE(vma_tree, vma, node, vma_before)

/* The pages of the file that a VMA maps, and the tree of all VMAs of a file. */
static inline u64 vma_first(const struct vma *v)
{
	return v->offset >> PAGE_SHIFT;
}
static inline u64 vma_last(const struct vma *v)
{
	return vma_first(v) + ((v->end - v->start) >> PAGE_SHIFT) - 1;
}
INTERVAL_DEFINE(file_vmas, vma, file_node, vma_first, vma_last)

/* ---- range.c: walks over page tables in pieces, see there ---- */

/*
 * vm_unmap_some: unmaps the first pages of [start, end), a bounded number, and returns the address
 * up to which no page is mapped any more. Context: any in which vmspace_unmap may be called.
 */
u64 vm_unmap_some(struct vmspace *vm, u64 start, u64 end);
/*
 * The first address of [start, end) from which on there may be mappings, after a look at a bounded
 * number of entries. *@some: whether it is that of a mapping; else the caller looks on from there.
 */
u64 vm_skip_hole(struct vmspace *vm, u64 start, u64 end, bool *some);
/*
 * As vmspace_unmap, vmspace_protect, and vmspace_share with cow, for ranges of any size inside the
 * user range: others run in between. Context: task, no spinlock held; mm.lock held.
 */
void vm_unmap(struct vmspace *vm, u64 start, u64 end);
void vm_protect(struct vmspace *vm, u64 start, u64 end, u32 prot, bool may_write);
int must_check vm_share_cow(struct vmspace *to, struct vmspace *from, u64 start, u64 end);

/* The rights of a page table entry (VM_READ, VM_WRITE, VM_EXEC) for PROT_*. Write implies read. */
u32 vm_prot_of(u32 prot);
/*
 * A new VMA with the given extent and the properties of @like, with references of its own on the
 * file, inode and private object. It is not in the tree. Returns NULL if memory is out.
 */
struct vma *vma_copy(const struct vma *like, u64 start, u64 end);
/*
 * Add the VMA to the tree, the inode's tree of mappings and the accounts of @mm, or remove it from
 * them. vma_insert takes over the caller's reference; vma_remove drops it. Context: mm.lock held
 * for writing, until mm_write_unlock.
 */
void vma_insert(struct mm *mm, struct vma *v);
void vma_remove(struct mm *mm, struct vma *v);
/*
 * mm_commit: before VMAs grow by @pages of VMA_ACCOUNT, whether the machine promises so much; if so
 * they are charged until mm_settle, which each hold of mm.lock ends with that may have changed
 * mm.promised. mm.lock held for writing. What a program leaves free depends on its own size: of
 * @mm, or with mm_commit_by of @asker.
 */
bool mm_commit_by(struct mm *mm, const struct mm *asker, u64 pages);
static inline bool mm_commit(struct mm *mm, u64 pages)
{
	return mm_commit_by(mm, mm, pages);
}
void mm_settle_charge(struct mm *mm);
static inline void mm_settle(struct mm *mm)
{
	if (mm->promised != mm->charged)
		mm_settle_charge(mm);
}
/* Whether MAP_NORESERVE has an effect: not while nothing may be promised beyond the limit. */
bool vm_honours_noreserve(void);
/* The first values of the parts of the limit that are kept free. Once at start-up. */
void commit_init(void);
/*
 * vma_take_removed, with mm.lock held for writing, takes the VMAs that have been removed (a chain;
 * NULL: none); vma_put_removed drops the references on them, after the unlock.
 */
struct vma *vma_take_removed(struct mm *mm);
void vma_put_removed(struct vma *first);
/*
 * Ends a hold of mm.lock for writing in which VMAs may have been removed, and drops the references
 * on them: with a file's last one its contents may be written to a slow disk. Context: task.
 */
static inline void mm_write_unlock(struct mm *mm)
{
	struct vma *removed = NULL;

	mm_settle(mm);
	if (unlikely(!list_empty(&mm->removed)))
		removed = vma_take_removed(mm);
	rwlock_write_unlock(&mm->lock);
	if (unlikely(removed))
		vma_put_removed(removed);
}
/*
 * Changes the extent of a VMA in place, with its file offset and the accounts. The order of the
 * tree must not change, nor the start of a VMA of a file. Context: mm.lock held for writing; takes
 * the inode's map_lock.
 */
void vma_set_extent(struct mm *mm, struct vma *v, u64 start, u64 end);
/* Whether the address space has vm.max_map_count VMAs. Context: mm.lock held for writing. */
bool vma_is_full(const struct mm *mm);
/*
 * Before a change, which adds VMA_ROOM VMAs at most: if there are too many for that, joins those
 * whose join was refused. It stands before the change, and nowhere within: what a change has split
 * must stay apart until it is done, or it would be done to more than was asked for. The caller uses
 * no VMA that it has found before. Context: mm.lock held for writing.
 */
#define VMA_ROOM 4u
void vma_make_room(struct mm *mm);
/*
 * Splits the VMA that contains @addr, so that a VMA begins there; no effect if one begins there
 * already or none contains @addr. Context: mm.lock held for writing. Returns 0, or -ENOMEM, also if
 * the address space has vm.max_map_count VMAs.
 */
int must_check vma_split_at(struct mm *mm, u64 addr);
/*
 * Splits at both ends of a range that is to be removed. Context: mm.lock held for writing. Returns
 * 0, or -ENOMEM with nothing changed: no memory, or the address space has vm.max_map_count VMAs and
 * the removal would leave more.
 */
int must_check vma_split_out(struct mm *mm, u64 start, u64 end);
/*
 * Merges @v with its neighbours if they differ in nothing but their place. @v may be freed: the
 * caller does not use it afterwards. Context: mm.lock held for writing.
 */
void vma_merge(struct mm *mm, struct vma *v);
/*
 * Finds a gap of @len bytes: at @hint if that range is free, else the highest gap below the mmap
 * base, else the highest anywhere. Returns its address, or 0. Context: mm.lock held for writing.
 */
u64 vma_find_gap(struct mm *mm, u64 hint, u64 len);
/* Whether [start, start + len) is inside the user range and no VMA overlaps it. mm.lock held. */
bool vma_range_free(struct mm *mm, u64 start, u64 len);
/*
 * Removes all mappings of the range [start, end). A range without mappings is no error. Context:
 * mm.lock held for writing. Returns 0, or -ENOMEM with nothing changed that a program could see.
 */
int must_check mm_unmap_locked(struct mm *mm, u64 start, u64 end);
/*
 * Adds a VMA with the properties of @props over [start, start + len), in place of what is mapped
 * there. Context: mm.lock held for writing. Returns 0, or -ENOMEM with nothing changed that a
 * program could see: memory, vm.max_map_count, RLIMIT_AS, RLIMIT_DATA or overcommit.
 */
int must_check mm_add_vma(struct mm *mm, u64 start, u64 len, const struct vma *props);
/*
 * Faults in the pages of a range (MAP_POPULATE, mlock). Context: task, mm.lock not held; may sleep.
 * Returns false if a page is not mapped, cannot be accessed or cannot be read in, or if a signal
 * ended the work.
 */
bool mm_populate(struct mm *mm, u64 start, u64 len);
/* The same for all mappings; goes on after a page that cannot be had (mlockall). */
void mm_populate_all(struct mm *mm);
/*
 * Finds a gap of @len bytes in the low range of MAP_32BIT, at @hint if that is free. Returns 0 if
 * there is none.
 */
u64 vma_find_low_gap(struct mm *mm, u64 hint, u64 len);
/* Whether the calling thread may map at @addr: the lowest addresses require CAP_SYS_RAWIO. */
bool mm_may_map_at(u64 addr);
/*
 * mm_may_grow: whether @pages more pages fit RLIMIT_AS and, if @data is set, RLIMIT_DATA.
 * mm_may_hold_data: RLIMIT_DATA alone. The limits are the calling thread's; another address space
 * than its own is not limited (exec fills one).
 */
bool mm_may_grow(struct mm *mm, u64 pages, bool data);
bool mm_may_hold_data(struct mm *mm, u64 pages);
/* Whether the VMA with the rights @prot is one for VMA_ACCOUNT: private, writable, reserved. */
static inline bool vma_wants_account(const struct vma *v, u32 prot)
{
	return (prot & PROT_WRITE) && !(v->flags & (VMA_SHARED | VMA_NORESERVE));
}
/* Whether the VMA is private and writable: such pages count against RLIMIT_DATA. */
bool vma_is_data(const struct vma *v);
/*
 * mm_may_lock: whether the thread may lock @pages more pages (RLIMIT_MEMLOCK, CAP_IPC_LOCK).
 * mm_may_lock_future: whether @mm may grow by @pages pages, of a mapping with the flags
 * @vma_flags; yes if they will not be locked, or if @mm is not the calling thread's. mm.lock held.
 */
bool mm_may_lock(struct thread *t, u64 pages);
bool mm_may_lock_future(struct mm *mm, u64 vma_flags, u64 pages);
/*
 * Gives a whole VMA the lock flags @lock (VMA_LOCKED, VMA_ONFAULT; 0: none), and corrects the
 * account. mm.lock held for writing.
 */
void vma_set_locked(struct vma *v, u32 lock);
/* Whether mlock has an effect on the VMA: not on one of a device or the vDSO. */
static inline bool vma_is_lockable(const struct vma *v)
{
	return !v->ops && !(v->flags & VMA_VDSO);
}
/* Whether the pages of a mapping with these flags are faulted in when it is made. */
static inline bool vma_flags_populate(u64 vma_flags)
{
	return (vma_flags & (VMA_LOCKED | VMA_ONFAULT)) == VMA_LOCKED;
}
/* The operation store of uaccess_ops: see there. */
bool vm_store(struct mm *mm, u64 va, struct page *p, struct cspan src);
/* The page of zeroes that read faults map, borrowed. It is only ever mapped read-only. */
struct page *zero_page(void);
/*
 * Sets what a new VMA, not in the tree yet, maps: @file, whose mmap operation decides, or fresh
 * shared anonymous memory of @len bytes, or nothing for private anonymous memory. Context: task,
 * mm.lock not held. Returns 0, -ENODEV, -ENOMEM, or the error of the mmap operation.
 */
int must_check vma_attach_backing(struct vma *v, struct file *file, u64 len);
/* Allocates the vDSO's pages and copies its image. Called once at boot. Returns 0 or -ENOMEM. */
int must_check vdso_init(void);

#endif
