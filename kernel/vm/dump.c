// SPDX-License-Identifier: MPL-2.0
/*
 * Memory as a core dump reads it: whatever rights a mapping has, and without changing it. A page
 * that nobody has touched is not brought in: a core file has a hole for it. Pages of files come from
 * the page cache, without a fault.
 *
 * The threads of the process have stopped, but others may share the address space (vfork) or write
 * to it (process_vm_writev), and files are truncated: so mm.lock is taken for each page, and each is
 * looked up anew.
 */
#include <kernel/coredump.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/pagecache.h>

#include "vm.h"

u64 mm_dump_skip(struct mm *mm, u64 va, u64 end)
{
	struct vma *v;
	bool some;

	rwlock_read_lock(&mm->lock);
	v = mm->vmspace ? mm_find(mm, va) : NULL;
	if (!v)
		va = end;
	else if (!vma_inode(v) && !v->ops)
		va = vm_skip_hole(mm->vmspace, va, min(end, v->end), &some);
	rwlock_read_unlock(&mm->lock);
	return va;
}

/* What a page of a mapping is read from when the page table has none: references. */
struct dump_source {
	struct inode *ino;
	struct file *file;
	u64 index;
	bool driver; /* the mapping's own fault operation */
};

/*
 * The page that is mapped at @va, as a reference, or NULL, with *@from filled if there may be one
 * elsewhere. The entry is looked up again with the reference, as in present_page (uaccess.c).
 */
static struct page *dump_mapped_page(struct mm *mm, u64 va, struct dump_source *from)
{
	struct page *p = NULL;
	struct vm_entry e, again;
	struct vma *v;
	bool found;

	rwlock_read_lock(&mm->lock);
	v = mm->vmspace ? mm_find(mm, va) : NULL;
	found = v && vmspace_lookup(mm->vmspace, va, &e);
	while (found && !p && e.page != zero_page()) {
		if (page_tryget(e.page))
			p = e.page;
		found = vmspace_lookup(mm->vmspace, va, &again);
		if (p && (!found || again.page != p))
			page_put(&p); /* it has been changed meanwhile: another page, or none */
		e = again;
	}
	if (!found && v && v->ops) {
		from->driver = true;
	} else if (!found && v && vma_inode(v)) {
		from->ino = obj_get(vma_inode(v));
		from->file = v->file ? obj_get(v->file) : NULL;
		from->index = (v->offset + (va - v->start)) >> PAGE_SHIFT;
	}
	rwlock_read_unlock(&mm->lock);
	return p;
}

void mm_dump_page(struct mm *mm, u64 va, struct page **out)
{
	struct dump_source from = { 0 };

	*out = dump_mapped_page(mm, va, &from);
	if (from.driver && mm_fault(mm, va, VM_READ) == FAULT_DONE)
		*out = dump_mapped_page(mm, va, &from);
	if (!*out && from.ino && from.index < div_round_up(load_once(from.ino->size), PAGE_SIZE))
		ignore_error(pagecache_get(from.ino, from.index, false, out)); /* a hole */
	obj_put(&from.ino);
	obj_put(&from.file);
}
