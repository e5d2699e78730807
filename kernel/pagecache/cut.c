// SPDX-License-Identifier: MPL-2.0
/*
 * Truncation and holes: a range of pages leaves the cache and all mappings of programs.
 *
 * How it works, for an inode with a disk behind it. The caller holds inode.lock for writing, so no
 * write(2) is in progress, and invalidate_lock for writing, so no page enters the cache to be read
 * (read.c) and no page is about to become dirty through a mapping (mapping_mkwrite). The pages are
 * taken out of the cache run by run; a dirty one is not written any more. A fault that has found a
 * page before is dealt with by nr_cuts (vm_unmap_run). A page that is being written is waited for
 * after it has left the cache, so that no write of it can follow. When the range has been cut, no
 * I/O to its blocks is in progress except reads, whose pages nobody finds. Then the file system frees
 * the blocks, and the caller gives the locks back.
 *
 * Without a mapping there is only the cache, and inode.lock is enough.
 */
#include <frame/task.h>
#include <kernel/mm.h>
#include <kernel/super.h>

#include "cache.h"

/* Waits for the pages of the run that are being written. */
static void wait_writes(struct mapping *m, struct page_run *run)
{
	int err;
	u32 i;

	for (i = 0; i < run->nr; i++) {
		struct page *p = *array_at(run->page, i);
		if (p)
			wait_event(PAGE_WAITQ(m, run->first + i), !(page_tag(p) & PAGE_WRITING),
				WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
	}
}

u64 pagecache_cut_range(struct inode *ino, u64 first, u64 last, bool even_cows)
{
	struct page_run run;
	u64 n = 0;
	u32 i;

	vm_unmap_file_range(ino, first, last, even_cows); /* most mappings, in one pass */
	while (first <= last && pagecache_cut(&ino->pages, first, last, &run)) {
		vm_unmap_run(ino, &run);
		if (run.nr_dirty)
			writeback_count(ino->mapping, -(s64)run.nr_dirty, 0);
		if (ino->mapping)
			wait_writes(ino->mapping, &run);
		for (i = 0; i < run.nr; i++) {
			n += *array_at(run.page, i) != NULL;
			page_put(array_at(run.page, i));
		}
		first = run.first + run.nr;
		task_cond_resched();
	}
	return n;
}

int mapping_mkwrite(struct mapping *m, u64 index)
{
	struct page *p = NULL, *there;
	int err = mapping_get_page(m, index, true, &p);

	if (err)
		return err;
	rwlock_read_lock(&m->invalidate_lock);
	there = pagecache_find(PAGES_OF(m), index);
	if (there == p && !(page_tag(p) & PAGE_DIRTY)) {
		err = super_is_aborted(m->host->sb) ? -EIO
						    : m->ops->page_mkwrite(m->host, index, p);
		if (!err) {
			inode_touch(m->host, ATTR_MTIME | ATTR_CTIME);
			mapping_dirty(m, index, p);
		}
	}
	rwlock_read_unlock(&m->invalidate_lock);
	page_put(&there);
	page_put(&p);
	mapping_throttle(m);
	return err;
}
