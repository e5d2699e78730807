// SPDX-License-Identifier: MPL-2.0
/*
 * remap_file_pages(2): part of a shared mapping shows another part of its file. There are no
 * nonlinear mappings: the range becomes a mapping of its own, as on Linux since 4.0.
 */
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>

#include "vm.h"

/* Whether [start, end) is shared memory of one kind and one file, in one VMA or several. */
static bool is_one_file(struct vma *v, u64 start, u64 end)
{
	struct vma *next;
	u64 at = v->end;

	for (next = v; at < end; at = next->end) {
		next = vma_tree_next(next);
		if (!next || next->start != at || next->flags != v->flags ||
			next->prot != v->prot || next->file != v->file || next->shared != v->shared)
			return false;
	}
	return v->start <= start && (v->flags & VMA_SHARED) && !v->ops;
}

/* mm.lock held for writing. */
static int remap_range(struct mm *mm, u64 start, u64 len, u64 offset)
{
	struct vma *v = mm_find(mm, start), *props;
	struct inode *counted;
	int err = 0;

	if (!v || !is_one_file(v, start, start + len))
		return -EINVAL;
	props = vma_copy(v, v->start, v->start);
	if (!props)
		return -ENOMEM;
	props->offset = offset;
	props->start = props->end = 0;
	/* As mmap: it is counted before the file's seals are read, and while it is not in the tree. */
	counted = props->flags & VMA_MAYWRITE ? vma_inode(props) : NULL;
	if (counted)
		atomic_add(&counted->shared_writable, 1);
	if (props->file && !props->shared)
		err = props->file->ops->mmap(props->file, props);
	if (!err)
		err = mm_add_vma(mm, start, len, props);
	if (counted)
		atomic_sub(&counted->shared_writable, 1);
	obj_put(&props);
	return err;
}

/* The rights stay, so @prot must be 0. Of the flags only MAP_NONBLOCK has a meaning. */
s64 sys_remap_file_pages(struct thread *t, struct uaddr addr, u64 size, u64 prot, u64 pgoff,
	u64 flags)
{
	struct mm *mm = t->mm;
	u64 start = round_down(addr.va, PAGE_SIZE), len = round_down(size, PAGE_SIZE);
	u64 pages = len >> PAGE_SHIFT;
	int err;

	if (prot || start + len <= start || pgoff + pages < pgoff)
		return -EINVAL;
	if (pgoff + pages > 1ul << (63 - PAGE_SHIFT))
		return -EOVERFLOW;
	rwlock_write_lock(&mm->lock);
	vma_make_room(mm);
	err = remap_range(mm, start, len, pgoff << PAGE_SHIFT);
	mm_write_unlock(mm);
	if (!err && !(flags & MAP_NONBLOCK))
		(void)mm_populate(mm, start, len);
	return err;
}
