// SPDX-License-Identifier: MPL-2.0
/*
 * The page of a file at an index: found, read from the file's device, or made for a hole.
 *
 * A page of a file without a device is made here on its first use, with space that the inode
 * reserves for it first; tmpfs counts its limit so. Nothing is locked between the search and the
 * insertion, so two tasks may make the page of one hole. pagecache_insert decides: one of them gets
 * -EEXIST, drops its page and the reservation, and finds the other's page in the next round.
 */
#include <kernel/inode.h>
#include <kernel/mapping.h>
#include <kernel/mm.h>
#include <kernel/pagecache.h>
#include <uapi/errno.h>

/*
 * Finds the page at @index, or has the inode read it, or allocates it for a hole. @alloc: allocates
 * the page; NULL: holes stay. @wait: whether to wait for a disk. If another task inserts a page
 * first (-EEXIST), the reservation and the new page are dropped, and the search starts again.
 */
static int tree_get_page(struct inode *ino, u64 index, struct page *(*alloc)(u32 flags), bool wait,
	struct page **out)
{
	struct pagecache *const pc = &ino->pages;
	struct page *p;
	int err;

	for (;;) {
		*out = pagecache_find(pc, index);
		if (*out && likely(!(page_tag(*out) & PAGE_NOT_PLAIN)))
			return 0;
		page_put(out);
		if (ino->mapping)
			return mapping_fault_page(ino->mapping, index, wait, out);
		if (!alloc)
			return 0;
		if (ino->mops && ino->mops->reserve) {
			err = ino->mops->reserve(ino, 1);
			if (err)
				return err;
		}
		p = alloc(PAGE_USER | PAGE_ZEROED);
		err = p ? pagecache_insert(pc, index, p) : -ENOMEM;
		if (!err) {
			*out = p;
			return 0;
		}
		page_put(&p);
		if (ino->mops && ino->mops->unreserve)
			ino->mops->unreserve(ino, 1);
		if (err != -EEXIST)
			return err;
	}
}

int pagecache_get(struct inode *ino, u64 index, bool create, struct page **out)
{
	return tree_get_page(ino, index, create ? page_alloc_wait : NULL, true, out);
}

int pagecache_get_nowait(struct inode *ino, u64 index, bool create, struct page **out)
{
	return tree_get_page(ino, index, create ? page_alloc : NULL, false, out);
}
