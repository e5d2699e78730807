// SPDX-License-Identifier: MPL-2.0
/*
 * From a file to its mappings: truncation, holes, write-back and reclaim take pages out of the page
 * tables of all programs that map them, without mm.lock.
 *
 * How a walk works. The VMAs that map an inode are in the tree pages.mappings, by their first page,
 * and of several with the same first page in the order in which they came (kernel/interval.h). So
 * a walk visits only those that map a page that it is after. map_lock, a spin lock, guards the
 * tree. A user may make millions of VMAs that map one page, so a walk gives the lock back after a
 * bounded number of steps and lets others run. pages.walk is the VMA that comes next, and walk_at
 * the index in the file from which on; who takes that VMA out of the tree moves pages.walk on
 * (vma.c). walk_lock, a mutex, allows one walk of an inode at a time.
 *
 * Why a walk misses nothing. It visits the tree in order. A VMA gets page table entries that the
 * walk is after only from another VMA: by a fork, a split, a move, or by a join. The first three
 * put the receiver behind the giver: the copy of a fork has the same first page and comes later,
 * the upper half of a split has a later first page, and mremap makes a new VMA, whose first page is
 * that of the old one or a later one. So either the giver is visited first, and the entries are
 * gone, or the receiver is visited later. VMAs are not joined during a walk, nor do entries go back
 * from the new VMA to the old one when a move fails (mmap.c). Faults do not matter: who needs that
 * pages do not come back has changed nr_cuts before, or the size, and has waited for the faults
 * that had not seen that (vm_wait_faults).
 *
 * Why a walk ends. A program can make VMAs during the walk, each of which is visited; but visiting
 * one is much cheaper than making one.
 *
 * Locking: walk_lock, then map_lock; inside it the lock of a leaf table. A VMA in the tree keeps
 *          its address space's struct alive; vmspace may be NULL in one that is being torn down.
 */
#include <frame/cpu.h>
#include <frame/task.h>
#include <kernel/inode.h>
#include <kernel/pagecache.h>

#include "vm.h"

/*
 * What is done under one hold of map_lock, in pages looked at; a VMA costs as much as some pages.
 */
#define BUDGET     4096u
#define COST_OTHER 16u
#define COST_VMA   64u

/* What a walk is after: the pages [first, last], or only those of a run (@run), or of several. */
struct file_walk {
	struct inode *ino;
	u64 first, last;
	enum vm_unmap_what what;
	struct page_runs *runs; /* borrowed from the caller, or NULL */
};

static void put_run(struct page_run *run)
{
	u32 i;

	for (i = 0; i < run->nr; i++)
		page_put(array_at(run->page, i));
}

/* The address at which the VMA maps the page @index. */
static u64 rmap_address(const struct vma *v, u64 index)
{
	return v->start + ((index - vma_first(v)) << PAGE_SHIFT);
}

/*
 * Unmaps those pages of the run that @v maps at their places, and nothing else: a private copy is
 * another page and stays. The run holds references, so its pages cannot be reused for others.
 * Context: inode.pages.map_lock held.
 */
static void unmap_run(struct vma *v, const struct page_run *run)
{
	u64 lo = max(run->first, vma_first(v));
	u64 end = min(run->first + run->nr, vma_last(v) + 1), i;
	struct vm_cursor c = { 0 };
	struct vm_entry e;

	if (lo >= end ||
		vm_cursor_open(&c, v->mm->vmspace, rmap_address(v, lo), rmap_address(v, end)))
		return;
	for (i = lo; i < end; i++) {
		vm_cursor_seek(&c, rmap_address(v, i));
		if (vm_cursor_get(&c, &e) && e.page == *array_at(run->page, i - run->first))
			(void)vm_cursor_unmap(&c, PAGE_SIZE);
	}
	vm_cursor_close(&c);
}

/*
 * Unmaps some of the pages [lo, hi] that are in the cache now, but not private copies of them. Goes
 * by the cached pages, not by the range: a hole may be as large as the mapping. Returns the index
 * up to which that is done.
 */
static u64 unmap_originals(struct vma *v, struct inode *ino, u64 lo, u64 hi)
{
	struct page_run run = { .first = pagecache_next(&ino->pages, lo) };
	u32 i;

	if (run.first > hi)
		return hi + 1;
	run.nr = (u32)min(hi - run.first + 1, (u64)PAGE_RUN);
	for (i = 0; i < run.nr; i++)
		*array_at(run.page, i) = pagecache_find(&ino->pages, run.first + i);
	unmap_run(v, &run);
	put_run(&run);
	return run.first + run.nr;
}

/* Unmaps some of the pages [lo, hi] of the file from @v. Returns the index up to which. */
static u64 unmap_range(struct vma *v, const struct file_walk *const w, const struct page_run *run,
	u64 lo, u64 hi)
{
	u32 i;

	if (run)
		unmap_run(v, run);
	for (i = 0; w->runs && i < w->runs->nr; i++)
		unmap_run(v, array_at(w->runs->run, i));
	if (run || w->runs)
		return hi + 1;
	if (w->what != UNMAP_ALL && !(v->flags & VMA_SHARED))
		return unmap_originals(v, w->ino, lo, hi);
	return vma_first(v) +
		((vm_unmap_some(v->mm->vmspace, rmap_address(v, lo), rmap_address(v, hi + 1)) -
			 v->start) >>
			PAGE_SHIFT);
}

/* Visits the next VMA, or a part of it. Returns what that has cost. map_lock held. */
static u32 rmap_visit(struct pagecache *const pc, const struct file_walk *const w,
	const struct page_run *run)
{
	struct vma *v = pc->walk;
	u64 lo = max(max(w->first, pc->walk_at), vma_first(v)), hi = min(w->last, vma_last(v)), at;
	bool hit = lo <= hi && v->mm->vmspace &&
		!(w->what == UNMAP_UNLOCKED && (v->flags & VMA_LOCKED));

	at = hit ? unmap_range(v, w, run, lo, hi) : hi + 1;
	if (hit && at <= hi) {
		pc->walk_at = at;
	} else {
		pc->walk = file_vmas_meet_next(v, w->first, w->last);
		pc->walk_at = 0;
	}
	return hit ? COST_VMA + (u32)min(at - lo, (u64)BUDGET) : COST_OTHER;
}

/*
 * map_lock is not fair: another CPU that spins for it, in munmap, fork or exit, would hardly ever
 * get it if it were taken again at once.
 */
#define OTHERS_TURNS 32u
static void let_others_in(struct pagecache *const pc)
{
	u32 i;

	spin_unlock(&pc->map_lock);
	task_cond_resched();
	for (i = 0; i < OTHERS_TURNS; i++)
		cpu_relax();
	spin_lock(&pc->map_lock);
}

static void walk_mappings(const struct file_walk *const w, const struct page_run *run)
{
	struct pagecache *const pc = &w->ino->pages;
	u32 cost;

	mutex_lock(&pc->walk_lock);
	spin_lock(&pc->map_lock);
	pc->walk = file_vmas_meet(pc->mappings, w->first, w->last);
	pc->walk_first = w->first;
	pc->walk_last = w->last;
	pc->walk_at = 0;
	while (pc->walk) {
		for (cost = 0; pc->walk && cost < BUDGET;)
			cost += rmap_visit(pc, w, run);
		let_others_in(pc);
	}
	spin_unlock(&pc->map_lock);
	mutex_unlock(&pc->walk_lock);
}

void vm_unmap_file_range(struct inode *ino, u64 first, u64 last, enum vm_unmap_what what)
{
	struct file_walk w = { .ino = ino, .first = first, .last = last, .what = what };

	/* A mapping that is made now finds what the caller has changed before. */
	if (load_once(ino->pages.mappings))
		walk_mappings(&w, NULL);
}

/*
 * Both counters, one after the other: others may have changed nr_cuts before without waiting, so a
 * fault that goes by an older number may be in either. A fault that is not in a counter when it is
 * seen to be 0 sees the new number and maps nothing.
 */
void vm_wait_faults(struct inode *ino)
{
	u32 i;

	memory_barrier();
	for (i = 0; i < 2; i++) {
		while (atomic_load(array_at(ino->pages.mappers, i)))
			cpu_relax();
	}
}

bool vm_run_is_mapped(struct inode *ino, struct page_run *run)
{
	bool mapped = false;
	u32 i;

	vm_wait_faults(ino);
	for (i = 0; i < run->nr; i++) {
		struct page *p = *array_at(run->page, i);
		mapped |= p && page_map_count(p);
	}
	return mapped;
}

void vm_unmap_run(struct inode *ino, struct page_run *run)
{
	struct file_walk w = { .ino = ino, .first = run->first, .last = run->first + run->nr - 1 };

	if (vm_run_is_mapped(ino, run))
		walk_mappings(&w, run);
}

void vm_unmap_runs(struct inode *ino, struct page_runs *runs)
{
	const struct page_run *const last = array_at(runs->run, runs->nr - 1);
	struct file_walk w = { .ino = ino,
		.first = runs->run[0].first,
		.last = last->first + last->nr - 1,
		.runs = runs };

	walk_mappings(&w, NULL);
}
