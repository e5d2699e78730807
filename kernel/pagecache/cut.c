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
 * The pages at the edges of the range stay, and a part of them is zeroed; with blocks smaller than
 * a page, blocks in that part are freed. So such a page is read before the locks are taken, and
 * then held (mapping_hold_edge): it is unmapped, and a store asks for page_mkwrite, which waits for
 * invalidate_lock; a write of it in progress is waited for, and none begins until the blocks are
 * freed, because it is tagged PAGE_WRITING.
 *
 * Without a mapping there is only the cache, and inode.lock is enough.
 */
#include <frame/task.h>
#include <kernel/mm.h>
#include <kernel/super.h>
#include <kernel/thread.h>

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

OBJ_TYPE(page_runs, NULL_RELEASE);

/* A run has been cut and is not mapped any more. Returns how many pages it had. */
static u64 release_run(struct inode *ino, struct page_run *run)
{
	u64 n = 0;
	u32 i;

	if (run->nr_dirty) {
		writeback_count(ino->mapping, -(s64)run->nr_dirty, 0);
		thread_count_io(IO_CANCELLED, run->nr_dirty * PAGE_SIZE);
	}
	if (ino->mapping)
		wait_writes(ino->mapping, run);
	for (i = 0; i < run->nr; i++) {
		n += *array_at(run->page, i) != NULL;
		page_put(array_at(run->page, i));
	}
	task_cond_resched();
	return n;
}

static u64 release_runs(struct inode *ino, struct page_runs *runs)
{
	u64 n = 0;
	u32 i;

	if (runs && runs->nr) {
		vm_unmap_runs(ino, runs);
		for (i = 0; i < runs->nr; i++)
			n += release_run(ino, array_at(runs->run, i));
		runs->nr = 0;
	}
	return n;
}

/*
 * The first pass unmaps nearly all. Threads that use the pages may fault them in again before these
 * leave the cache, and a walk over all mappings of a page may be long. So runs that are still
 * mapped gather, and one walk unmaps many; without memory, each run has a walk of its own.
 */
u64 pagecache_cut_range(struct inode *ino, u64 first, u64 last, bool even_cows)
{
	struct page_runs *late = NULL;
	struct page_run run;
	u64 n = 0;

	vm_unmap_file_range(ino, first, last, even_cows ? UNMAP_ALL : UNMAP_ORIGINALS);
	while (first <= last && pagecache_cut(&ino->pages, first, last, &run)) {
		first = run.first + run.nr;
		if (likely(!vm_run_is_mapped(ino, &run))) {
			n += release_run(ino, &run);
			continue;
		}
		if (!late)
			late = obj_new(page_runs);
		if (!late) {
			vm_unmap_run(ino, &run);
			n += release_run(ino, &run);
			continue;
		}
		*array_at(late->run, late->nr) = run;
		late->nr++;
		if (late->nr == PAGE_RUNS)
			n += release_runs(ino, late);
	}
	n += release_runs(ino, late);
	obj_put(&late);
	return n;
}

/* ---- pages at the edges ---- */

int mapping_get_edge(struct mapping *m, u64 from, u64 to, struct page **out)
{
	*out = NULL;
	if (from >= to || from >> PAGE_SHIFT >= mapping_nr_pages(m))
		return 0;
	return mapping_get_page(m, from >> PAGE_SHIFT, true, out);
}

/* Unmaps one page of the cache, after a change of nr_cuts. */
static void unmap_page(struct mapping *m, u64 index, struct page *p)
{
	struct page_run run = { .first = index, .nr = 1 };

	run.page[0] = p;
	vm_unmap_run(m->host, &run);
}

/*
 * The caller's reference keeps the page in the cache, since only a cut would remove it, and the
 * locks keep cuts out. A page of a hole is zero and stays clean, so that zeroing needs no space.
 */
void mapping_hold_edge(struct mapping *m, u64 from, u64 to, struct page *p)
{
	u64 index = from >> PAGE_SHIFT;
	size_t off = from & PAGE_MASK;
	u32 block = m->block_size;
	int err;

	if (!p)
		return;
	while (!pagecache_unreserve(PAGES_OF(m), p, true))
		wait_event(PAGE_WAITQ(m, index), !(page_tag(p) & PAGE_WRITING),
			WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
	unmap_page(m, index, p);
	if (page_has_data(p, off, off + (size_t)(to - from))) {
		page_zero(p, off, (size_t)(to - from));
		if (from % block || to % block)
			mapping_dirty(m, index, p);
	}
}

void mapping_release_edge(struct mapping *m, u64 from, struct page **p)
{
	if (*p) {
		(void)page_tag_and(*p, ~(u32)PAGE_WRITING);
		page_wake(m, from >> PAGE_SHIFT);
	}
	page_put(p);
}

/* ---- stores through mappings ---- */

/*
 * The blocks of a page that lie behind the end of the file have not been reserved for it. Its
 * partner is cut_reserve(): each side makes its change, then looks for the other's, with a full barrier
 * between.
 */
void mapping_grown(struct mapping *m, u64 old_size)
{
	struct page *p;

	if (!m->ops->page_mkwrite || !(old_size & PAGE_MASK))
		return;
	memory_barrier();
	p = pagecache_find(PAGES_OF(m), old_size >> PAGE_SHIFT);
	if (p && (page_tag(p) & PAGE_RESERVED)) {
		(void)pagecache_unreserve(PAGES_OF(m), p, false);
		unmap_page(m, old_size >> PAGE_SHIFT, p);
	}
	page_put(&p);
}

/* The end of the file, if it lies in the page. */
static u64 end_in(const struct mapping *m, u64 index)
{
	return min(load_once(m->host->size), (index + 1) << PAGE_SHIFT);
}

/*
 * Has the client reserve space for the whole page, as far as it lies in the file. If the file grows
 * in the page meanwhile, again: see mapping_grown. It does not shrink: invalidate_lock is held.
 */
static int cut_reserve(struct mapping *m, u64 index, struct page *p)
{
	u64 end;
	int err;

	do {
		end = end_in(m, index);
		err = m->ops->page_mkwrite(m->host, index, p);
		if (!err)
			(void)page_tag_or(p, PAGE_RESERVED); /* a full barrier */
	} while (!err && end_in(m, index) != end);
	return err;
}

int mapping_mkwrite(struct mapping *m, u64 index)
{
	struct page *p = NULL, *there;
	int err;

	/*
	 * Before the page is dirty: else its own writer would clean it before the program stores.
	 */
	mapping_throttle(m);
	err = mapping_get_page(m, index, true, &p);
	if (err)
		return err;
	rwlock_read_lock(&m->invalidate_lock);
	there = pagecache_find(PAGES_OF(m), index);
	if (there == p && !mapping_may_store(m, page_tag(p))) {
		err = super_is_aborted(m->host->sb) ? -EIO
			: m->ops->page_mkwrite      ? cut_reserve(m, index, p)
						    : 0;
		if (!err) {
			inode_touch(m->host, ATTR_MTIME | ATTR_CTIME);
			mapping_dirty(m, index, p);
		}
	}
	rwlock_read_unlock(&m->invalidate_lock);
	page_put(&there);
	page_put(&p);
	return err == -EAGAIN ? -ENOMEM : err;
}
