// SPDX-License-Identifier: MPL-2.0
/*
 * Walks over many page table entries, and over many mappings of a file, let others run, and find
 * all although others change the mappings meanwhile (kernel/vm/range.c, rmap.c).
 */
#include <kernel/mm.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>
#include <uapi/mman.h>

#include "../vm/vm.h"
#include "slowfs.h"

#define TABLES 32u
#define PAGES  (TABLES * 512u)
#define LEN    (PAGES * PAGE_SIZE)

static struct mm *mm, *other;
static struct vmspace *alone;
static struct page *page;
static u64 at, seen;

/* The page is mapped PAGES times in the space. */
static bool fill(struct vmspace *vm)
{
	u64 i;

	for (i = 0; i < PAGES; i++) {
		if (vmspace_map(vm, at + i * PAGE_SIZE, page, VM_READ))
			return false;
	}
	return true;
}

static bool begin(u32 flags)
{
	s64 got;

	mm = mm_new(false);
	page = page_alloc(PAGE_ZEROED);
	if (!mm || !page)
		return false;
	mm_join(mm);
	got = mm_map(mm, 0, LEN, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS | MAP_NORESERVE,
		NULL, 0);
	at = (u64)got;
	seen = 0;
	return got > 0;
}

static void end(void)
{
	mm_leave(mm);
	obj_put(&mm);
	page_put(&page);
}

static void look_at_count(void)
{
	seen = page_map_count(page);
}

/* ---- page tables ---- */

static void unmap(void)
{
	(void)!mm_unmap(mm, at, LEN);
}
KTEST(walk_of_munmap_lets_others_run)
{
	KTEST_EXPECT(begin(MAP_PRIVATE) && fill(mm->vmspace));
	KTEST_EXPECT(test_meanwhile(unmap, look_at_count));
	KTEST_EXPECT(seen > 0 && seen < PAGES && page_map_count(page) == 0);
	end();
}

static void fork(void)
{
	(void)!mm_fork(mm, &other);
}
KTEST(walk_of_fork_lets_others_run)
{
	KTEST_EXPECT(begin(MAP_PRIVATE) && fill(mm->vmspace));
	KTEST_EXPECT(test_meanwhile(fork, look_at_count));
	KTEST_EXPECT(other && seen > PAGES && seen < 2 * PAGES);
	KTEST_EXPECT(page_map_count(page) == 2 * PAGES);
	mm_join(other);
	mm_leave(other);
	obj_put(&other);
	end();
}

static void drop(void)
{
	vmspace_put(&alone);
}
KTEST(walk_of_exit_lets_others_run)
{
	KTEST_EXPECT(begin(MAP_PRIVATE));
	alone = vmspace_new();
	KTEST_EXPECT(alone && fill(alone));
	KTEST_EXPECT(test_meanwhile(drop, look_at_count));
	KTEST_EXPECT(seen > 0 && seen < PAGES && page_map_count(page) == 0);
	end();
}

static void protect(void)
{
	vm_protect(mm->vmspace, at, at + LEN, VM_READ | VM_EXEC, false);
}
static u32 prot_at(u64 va)
{
	struct vm_entry e = { 0 };

	return vmspace_lookup(mm->vmspace, va, &e) ? e.prot : 0;
}
static void look_at_rights(void)
{
	seen = prot_at(at) << 8 | prot_at(at + LEN - PAGE_SIZE);
}
KTEST(walk_of_mprotect_lets_others_run)
{
	KTEST_EXPECT(begin(MAP_PRIVATE) && fill(mm->vmspace));
	KTEST_EXPECT(test_meanwhile(protect, look_at_rights));
	KTEST_EXPECT(seen == ((VM_READ | VM_EXEC) << 8 | VM_READ));
	KTEST_EXPECT(prot_at(at + LEN - PAGE_SIZE) == (VM_READ | VM_EXEC));
	end();
}

static u64 mapped, shared;
static void count(void)
{
	mapped = shared = 0;
	KTEST_EXPECT(vm_count_mapped(mm->vmspace, at, at + LEN, &mapped, &shared));
}
KTEST(walk_of_smaps_lets_others_run)
{
	KTEST_EXPECT(begin(MAP_PRIVATE) && fill(mm->vmspace));
	KTEST_EXPECT(test_meanwhile(count, look_at_count));
	KTEST_EXPECT(mapped == PAGES && shared == PAGES);
	/* Holes of all sizes are skipped, and nothing else. */
	vm_unmap(mm->vmspace, at + PAGE_SIZE, at + LEN - 3 * PAGE_SIZE);
	count();
	KTEST_EXPECT(mapped == 4);
	vm_unmap(mm->vmspace, VM_USER_MIN, VM_USER_MAX);
	KTEST_EXPECT(page_map_count(page) == 0);
	end();
}

/* ---- the mappings of a file ---- */

static void cut_all(void)
{
	vm_unmap_file_range(mm_find(mm, at)->shared, 0, ~0ul >> PAGE_SHIFT, UNMAP_ALL);
}
KTEST(walk_in_one_mapping_lets_others_run)
{
	KTEST_EXPECT(begin(MAP_SHARED) && fill(mm->vmspace));
	KTEST_EXPECT(test_meanwhile(cut_all, look_at_count));
	KTEST_EXPECT(seen > 0 && seen < PAGES && page_map_count(page) == 0);
	end();
}

#define MAPPINGS 300u
static struct file *file;
static u64 place[MAPPINGS];

/* Each mapping shows the first two pages of the file. */
static bool map_often(void)
{
	u32 i;

	mm = mm_new(false);
	file = slow_open(0, O_RDWR);
	if (!mm || !file || slow_resize(file, 2 * PAGE_SIZE))
		return false;
	mm_join(mm);
	for (i = 0; i < MAPPINGS; i++) {
		s64 got = mm_map(mm, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
		place[i] = (u64)got;
		if (got < 0 || mm_fault(mm, place[i], VM_READ) != FAULT_DONE ||
			mm_fault(mm, place[i] + PAGE_SIZE, VM_READ) != FAULT_DONE)
			return false;
	}
	return vmspace_nr_mapped(mm->vmspace) == 2 * MAPPINGS;
}

static void unmap_often(void)
{
	mm_leave(mm);
	obj_put(&mm);
	obj_put(&file);
}

static void take_pages(void)
{
	vm_unmap_file_range(file->inode, 0, 1, UNMAP_ORIGINALS);
}
static void look_at_mapped(void)
{
	seen = vmspace_nr_mapped(mm->vmspace);
}
KTEST(walk_over_mappings_lets_others_run)
{
	KTEST_EXPECT(slow_begin() && map_often());
	KTEST_EXPECT(test_meanwhile(take_pages, look_at_mapped));
	KTEST_EXPECT(seen > 0 && seen < 2 * MAPPINGS && !vmspace_nr_mapped(mm->vmspace));
	unmap_often();
	slow_end();
}

/* Also the mapping that the walk is about to visit goes. */
static void unmap_most(void)
{
	u32 i;

	look_at_mapped();
	for (i = 1; i < MAPPINGS - 1; i++)
		KTEST_EXPECT(!mm_unmap(mm, place[i], 2 * PAGE_SIZE));
}
KTEST(walk_over_mappings_that_go)
{
	KTEST_EXPECT(slow_begin() && map_often());
	KTEST_EXPECT(test_meanwhile(take_pages, unmap_most));
	KTEST_EXPECT(seen > 0 && seen < 2 * MAPPINGS && !vmspace_nr_mapped(mm->vmspace));
	unmap_often();
	slow_end();
}

/*
 * What another process writes into a page that write-back has cleaned, and not unmapped yet, makes
 * the page dirty again: it may come too late for the device.
 */
static s64 wrote;
static void sync_file(void)
{
	KTEST_EXPECT(!file->ops->fsync(file, false));
}
static void write_last(void)
{
	look_at_mapped();
	wrote = mm_write(mm, UADDR(place[MAPPINGS - 1]), STR("late"));
}
KTEST(walk_of_write_back_and_a_store_of_the_kernel)
{
	u32 i;

	KTEST_EXPECT(slow_begin() && map_often());
	for (i = 0; i < MAPPINGS; i++)
		KTEST_EXPECT(mm_fault(mm, place[i], VM_WRITE) == FAULT_DONE);
	KTEST_EXPECT(test_meanwhile(sync_file, write_last) && wrote == 4);
	KTEST_EXPECT(seen > MAPPINGS && seen < 2 * MAPPINGS);
	KTEST_EXPECT(atomic_load(&slow_mapping(file)->nr_dirty) == 1);
	KTEST_EXPECT(!file->ops->fsync(file, false));
	KTEST_EXPECT(!atomic_load(&slow_mapping(file)->nr_dirty) && !slow->wrong);
	unmap_often();
	slow_end();
}

/* One that has been visited takes over the range of one that has not: neither is missed. */
static void merge_first(void)
{
	look_at_mapped();
	rwlock_write_lock(&mm->lock);
	vma_merge(mm, mm_find(mm, place[0]));
	rwlock_write_unlock(&mm->lock);
}
KTEST(walk_over_mappings_that_merge)
{
	KTEST_EXPECT(slow_begin() && map_often());
	rwlock_write_lock(&mm->lock);
	KTEST_EXPECT(!vma_split_at(mm, place[0] + PAGE_SIZE)); /* the upper half is last now */
	rwlock_write_unlock(&mm->lock);
	KTEST_EXPECT(test_meanwhile(take_pages, merge_first));
	KTEST_EXPECT(seen > 0 && seen < 2 * MAPPINGS && !vmspace_nr_mapped(mm->vmspace));
	unmap_often();
	slow_end();
}
