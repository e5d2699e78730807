// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/vm: VMAs and their tree. */
#ifndef KERNEL_VM_VM_H
#define KERNEL_VM_VM_H

#include <abi/mman.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/locks.h>
#include <kernel/mm.h>
#include <kernel/thread.h>

#define STACK_GUARD_PAGES 256ul
#define MAX_VMAS          65530 /* of an address space: vm.max_map_count */

static inline bool vma_before(const struct vma *a, const struct vma *b)
{
	return a->start < b->start;
}
TREE_DEFINE(vma_tree, vma, node, vma_before)

/* Rights of the leaf for PROT_*. */
u32 vm_prot_of(u32 prot);
/* A VMA with the given extent and the properties of @like (its own references); not in the tree. */
struct vma *vma_copy(const struct vma *like, u64 start, u64 end);
/* Into / out of the tree, the inode's list and the accounts. mm.lock held for writing. */
void vma_insert(struct mm *mm, struct vma *v);
void vma_remove(struct mm *mm, struct vma *v);
/* Changes the extent of a VMA in place; the order in the tree must not change. */
void vma_set_extent(struct mm *mm, struct vma *v, u64 start, u64 end);
/* Makes a border at @addr: the VMA around it is cut in two. 0, or -ENOMEM, also at MAX_VMAS. */
int vma_split_at(struct mm *mm, u64 addr);
/* Joins @v with its neighbours where they differ in nothing but place. */
void vma_merge(struct mm *mm, struct vma *v);
/* Room for @len bytes: at @hint if free, else below the mmap base; 0: none. */
u64 vma_find_gap(struct mm *mm, u64 hint, u64 len);
bool vma_range_free(struct mm *mm, u64 start, u64 len);
/* Removes all mappings of the range. */
int mm_unmap_locked(struct mm *mm, u64 start, u64 end);
/* Adds a VMA over a free range. */
int mm_add_vma(struct mm *mm, u64 start, u64 len, const struct vma *props);
/* Brings in the pages of a range (MAP_POPULATE, mlock). False: some cannot be. */
bool mm_populate(struct mm *mm, u64 start, u64 len);
/* Room for @len bytes where MAP_32BIT wants it, at @hint if free; 0: none. */
u64 vma_find_low_gap(struct mm *mm, u64 hint, u64 len);
/* Whether the calling thread may map at @addr: the lowest addresses are for privileged programs. */
bool mm_may_map_at(u64 addr);
/* Whether @pages more fit RLIMIT_AS, and RLIMIT_DATA; RLIMIT_DATA alone. */
bool mm_may_grow(struct mm *mm, u64 pages, bool data);
bool mm_may_hold_data(struct mm *mm, u64 pages);
/*
 * Whether memory could obviously never back so much with the rights @prot (the heuristic overcommit
 * of proc(5)).
 */
bool vma_overcommits(const struct vma *props, u32 prot, u64 pages);
/* Private and writable: counts against RLIMIT_DATA. */
bool vma_is_data(const struct vma *v);
/* Whether the caller may lock @pages more. */
bool mm_may_lock(struct thread *t, u64 pages);
/* The inode whose pages a mapping shows; NULL: anonymous. */
struct inode *vma_inode(const struct vma *v);
struct page *zero_page(void);
/*
 * Gives a new VMA what it maps: the file (its mmap operation decides), or fresh shared memory of
 * @len bytes.
 */
int vma_attach_backing(struct vma *v, struct file *file, u64 len);
int vdso_init(void);

#endif
