// SPDX-License-Identifier: MPL-2.0
/*
 * The object behind a mapping: a file, an inode without a name (shared anonymous memory), the pages
 * of a driver, the vDSO.
 */
#include <frame/boot.h>
#include <frame/log.h>
#include <kernel/file.h>
#include <kernel/random.h>
#include <kernel/tmpfs.h>
#include <uapi/fs.h>

#include "vm.h"

/*
 * Shared anonymous memory is an inode of tmpfs that has no name, so faults find its pages in a page
 * cache like those of any file.
 */
int vma_attach_backing(struct vma *v, struct file *file, u64 len)
{
	int err;

	if (file) {
		v->file = obj_get(file);
		if ((v->flags & VMA_SHARED) && !(file->mode & FMODE_WRITE))
			v->flags &= ~(u64)VMA_MAYWRITE;
		if (!file->ops->mmap)
			return -ENODEV;
		err = file->ops->mmap(file, v);
		if (!err && (S_IS(file->inode->mode, S_IFREG) || S_IS(file->inode->mode, S_IFBLK)))
			file_accessed(file);
		return err;
	}
	v->offset = 0;
	if (!(v->flags & VMA_SHARED))
		return 0;
	v->shared = shmem_inode_new(len);
	return v->shared && (v->flags & VMA_NORESERVE || shmem_promise(v->shared, len)) ? 0
											: -ENOMEM;
}

/* The pages come from the page cache of the file's inode, so nothing is prepared. */
int generic_file_mmap(struct file *f, struct vma *v)
{
	(void)f;
	(void)v;
	return 0;
}

/* ---- the vDSO: its data page, then its image ---- */

#define VDSO_MAX_PAGES 8

static struct page *vdso_data;
static struct page *vdso_page[VDSO_MAX_PAGES];
static u32 vdso_pages;

struct page *vdso_data_page(void)
{
	return vdso_data;
}

static int vdso_fault(struct vma *v, u64 index, struct page **out)
{
	(void)v;
	if (index > vdso_pages)
		return -EFAULT;
	*out = page_get(index == 0 ? vdso_data : vdso_page[index - 1]);
	return 0;
}
static const struct vma_ops vdso_ops = { .fault = vdso_fault, .name = LIT("[vdso]") };
static const struct vma_ops vvar_ops = { .fault = vdso_fault, .name = LIT("[vvar]") };

/*
 * The image is part of the kernel. It is copied to pages once, and all programs map these pages.
 * Without an image, programs use system calls instead.
 */
int vdso_init(void)
{
	u64 size = boot_vdso_size(), off;
	struct buf *b;

	vdso_data = page_alloc(PAGE_ZEROED);
	b = buf_alloc(PAGE_SIZE);
	if (!vdso_data || !b)
		return -ENOMEM;
	if (size > VDSO_MAX_PAGES * PAGE_SIZE) {
		log_err("the vDSO is too large: programs run without it");
		size = 0;
	}
	for (off = 0; off < size; off += PAGE_SIZE) {
		size_t n = boot_vdso_read(off, buf_span(b));
		vdso_page[vdso_pages] = page_alloc(PAGE_ZEROED);
		if (!vdso_page[vdso_pages])
			return -ENOMEM;
		page_write(vdso_page[vdso_pages], 0, cspan_first(buf_cspan(b), n));
		vdso_pages++;
	}
	buf_put(&b);
	return 0;
}

/*
 * The gap is found and used under two holds of the lock; mm_map_ops fails if it is taken in
 * between, which cannot happen to a new program's address space.
 */
int mm_map_vdso(struct mm *mm)
{
	u64 len = ((u64)vdso_pages + 1) * PAGE_SIZE;
	s64 at, image;

	if (!vdso_pages)
		return 0;
	rwlock_write_lock(&mm->lock);
	at = (s64)vma_find_gap(mm, 0, len);
	rwlock_write_unlock(&mm->lock);
	if (!at)
		return -ENOMEM;
	/* Indices continue over both VMAs: the data page is 0, the image begins at 1. */
	if (mm_map_ops(mm, (u64)at, PAGE_SIZE, PROT_READ, VMA_VDSO | VMA_NO_MERGE, &vvar_ops,
		    NULL) < 0)
		return -ENOMEM;
	image = mm_map_ops(mm, (u64)at + PAGE_SIZE, len - PAGE_SIZE, PROT_READ | PROT_EXEC,
		VMA_VDSO | VMA_NO_MERGE, &vdso_ops, NULL);
	if (image < 0)
		return (int)image;
	mm->vdso = (u64)image;
	return 0;
}
