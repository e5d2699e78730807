// SPDX-License-Identifier: MPL-2.0
/*
 * Walks over many page table entries, and over many mappings of a file, let others run, and find
 * all although others change the mappings meanwhile (kernel/vm/range.c, rmap.c). What may take long
 * when a mapping goes is not done under mm.lock.
 *
 * test_meanwhile runs a call and puts another task on the CPU at the first moment at which the call
 * lets others run. If that never happens, the other task runs only afterwards, and the test fails;
 * what it sees tells how far the call had come.
 */
#include <kernel/knobs.h>
#include <kernel/mapping.h>
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

/* A mapping that is never touched by faults: the tests fill it themselves, with one page. */
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
/* The other task sees it half done: some mappings gone, some not. */
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
/* The child has some of the pages when the other task looks, and all in the end. */
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
/* The tables of a space that nobody has any more are taken down in steps, too. */
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
/* The first page has the new rights when the other task looks, the last one still the old ones. */
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
/* And counts each page once, whatever the size of the holes between them. */
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
/* One mapping of a file with very many pages. */
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
/* Many mappings of a file with few pages each. */
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
/* Nearly all mappings are removed while the walk lets others run: it goes on with what is left. */
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
/*
 * As ptrace and process_vm_writev store: the page must be dirty afterwards, and the next sync
 * writes it.
 */
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
	mm_write_unlock(mm);
}
/* Then, what splitting and joining do at the limit of mappings. */
KTEST(walk_over_mappings_that_merge)
{
	u64 most;
	int err;

	KTEST_EXPECT(slow_begin() && map_often());
	rwlock_write_lock(&mm->lock);
	KTEST_EXPECT(!vma_split_at(mm, place[0] + PAGE_SIZE)); /* the upper half is last now */
	mm_write_unlock(mm);
	KTEST_EXPECT(test_meanwhile(take_pages, merge_first));
	KTEST_EXPECT(seen > 0 && seen < 2 * MAPPINGS && !vmspace_nr_mapped(mm->vmspace));
	/* The two halves are still two, until that would be one too many. */
	KTEST_EXPECT(mm->nr_vmas == MAPPINGS + 1);
	most = knob_get(KNOB_MAX_MAP_COUNT);
	KTEST_EXPECT(!knob_set(KNOB_MAX_MAP_COUNT, MAPPINGS + 2));
	rwlock_write_lock(&mm->lock);
	err = vma_split_at(mm, place[7] + PAGE_SIZE);
	/* A split joins nothing: the first of two is still there when the second fails. */
	KTEST_EXPECT(vma_split_at(mm, place[9] + PAGE_SIZE) == -ENOMEM);
	KTEST_EXPECT(!err && mm_find(mm, place[7])->end == place[7] + PAGE_SIZE);
	KTEST_EXPECT(mm_find(mm, place[0])->end == place[0] + PAGE_SIZE);
	vma_make_room(mm);
	KTEST_EXPECT(mm_find(mm, place[0])->end == place[0] + 2 * PAGE_SIZE);
	KTEST_EXPECT(mm_find(mm, place[7])->end == place[7] + 2 * PAGE_SIZE);
	err = vma_split_at(mm, place[7] + PAGE_SIZE);
	mm_write_unlock(mm);
	KTEST_EXPECT(!knob_set(KNOB_MAX_MAP_COUNT, most));
	KTEST_EXPECT(!err && mm->nr_vmas == MAPPINGS + 1);
	unmap_often();
	slow_end();
}

/* ---- only those that map the pages ---- */

/* Where no mapping is visited, nobody gets the lock in between. */
static void take_other_pages(void)
{
	vm_unmap_file_range(file->inode, 2, 100, UNMAP_ALL);
}
/* That the guest does not run shows that no mapping was visited. */
KTEST(walk_visits_no_mapping_of_other_pages)
{
	KTEST_EXPECT(slow_begin() && map_often());
	KTEST_EXPECT(!test_meanwhile(take_other_pages, look_at_mapped));
	KTEST_EXPECT(vmspace_nr_mapped(mm->vmspace) == 2 * MAPPINGS);
	unmap_often();
	slow_end();
}

/* A mapping grows, loses its start or its end, and its halves join again: the walk finds it. */
KTEST(walk_finds_mappings_that_have_changed)
{
	struct vma *v;

	KTEST_EXPECT(slow_begin());
	mm = mm_new(false);
	file = slow_open(0, O_RDWR);
	KTEST_EXPECT(mm && file && !slow_resize(file, 8 * PAGE_SIZE));
	mm_join(mm);
	place[0] = (u64)mm_map(mm, 0, 8 * PAGE_SIZE, PROT_READ, MAP_SHARED, file, 0);
	KTEST_EXPECT(!mm_unmap(mm, place[0], 2 * PAGE_SIZE));
	KTEST_EXPECT(!mm_unmap(mm, place[0] + 5 * PAGE_SIZE, 3 * PAGE_SIZE));
	rwlock_write_lock(&mm->lock);
	v = mm_find(mm, place[0] + 2 * PAGE_SIZE);
	KTEST_EXPECT(v && !vma_split_at(mm, place[0] + 3 * PAGE_SIZE));
	vma_merge(mm, v);
	v = mm_find(mm, place[0] + 2 * PAGE_SIZE);
	KTEST_EXPECT(v->end == place[0] + 5 * PAGE_SIZE);
	vma_set_extent(mm, v, v->start, place[0] + 7 * PAGE_SIZE);
	mm_write_unlock(mm);
	KTEST_EXPECT(mm_fault(mm, place[0] + 2 * PAGE_SIZE, VM_READ) == FAULT_DONE);
	KTEST_EXPECT(mm_fault(mm, place[0] + 6 * PAGE_SIZE, VM_READ) == FAULT_DONE);
	vm_unmap_file_range(file->inode, 3, 5, UNMAP_ALL);
	vm_unmap_file_range(file->inode, 7, 7, UNMAP_ALL);
	KTEST_EXPECT(vmspace_nr_mapped(mm->vmspace) == 2);
	vm_unmap_file_range(file->inode, 6, 7, UNMAP_ALL);
	KTEST_EXPECT(vmspace_nr_mapped(mm->vmspace) == 1);
	vm_unmap_file_range(file->inode, 0, 2, UNMAP_ALL);
	KTEST_EXPECT(vmspace_nr_mapped(mm->vmspace) == 0);
	unmap_often();
	slow_end();
}

/* ---- cuts ---- */

#define CUT 96u

/* Cuts the pages, as truncation and punching do. */
static void cut_pages(void)
{
	struct inode *ino = file->inode;

	rwlock_write_lock(&ino->lock);
	rwlock_write_lock(&ino->mapping->invalidate_lock);
	(void)pagecache_cut_range(ino, 0, CUT - 1, true);
	rwlock_write_unlock(&ino->mapping->invalidate_lock);
	rwlock_write_unlock(&ino->lock);
}

/* After the first pass the program uses all pages again. */
static void use_again(void)
{
	u64 i;

	for (i = 0; i < CUT; i++)
		KTEST_EXPECT(mm_fault(mm, place[0] + i * PAGE_SIZE, VM_READ) == FAULT_DONE);
	look_at_mapped();
}

/*
 * What came back during the first pass is taken by a second, which does not walk once for each run
 * of pages.
 */
KTEST(walk_of_a_cut_takes_late_pages_at_once)
{
	KTEST_EXPECT(slow_begin());
	mm = mm_new(false);
	file = slow_open(0, O_RDWR);
	KTEST_EXPECT(mm && file && slow_fill(file, 0, CUT, 1));
	mm_join(mm);
	place[0] = (u64)mm_map(mm, 0, CUT * PAGE_SIZE, PROT_READ, MAP_SHARED, file, 0);
	use_again();
	KTEST_EXPECT(test_meanwhile(cut_pages, use_again) && seen == CUT);
	KTEST_EXPECT(!vmspace_nr_mapped(mm->vmspace) && !file->inode->pages.nr_pages);
	KTEST_EXPECT(!atomic_load(&slow_mapping(file)->nr_dirty));
	/* The last walk was for all runs, and not for the last one. */
	KTEST_EXPECT(file->inode->pages.walk_first == 0);
	KTEST_EXPECT(file->inode->pages.walk_last == CUT - 1);
	unmap_often();
	slow_end();
}

/* ---- pages of a file that goes ---- */

#define CACHED 6400u
static struct inode *in_memory;

static void free_cache(void)
{
	pagecache_free(&in_memory->pages);
}
static void look_at_refs(void)
{
	seen = page_refs(page);
}
/* The pages of a file in memory, spread over many leaves of the tree. */
KTEST(walk_of_a_freed_cache_lets_others_run)
{
	u64 i;

	KTEST_EXPECT(begin(MAP_SHARED));
	in_memory = obj_get(mm_find(mm, at)->shared);
	for (i = 0; i < CACHED; i++)
		KTEST_EXPECT(!pagecache_insert(&in_memory->pages, i * 3, page));
	KTEST_EXPECT(page_refs(page) == CACHED + 1);
	KTEST_EXPECT(test_meanwhile(free_cache, look_at_refs));
	KTEST_EXPECT(seen > 1 && seen <= CACHED && page_refs(page) == 1);
	KTEST_EXPECT(pagecache_next(&in_memory->pages, 0) == ~0ul);
	obj_put(&in_memory);
	end();
}

/* ---- the last close of a mapped file ---- */

/* What a slow disk would hold up: whether the address space can be used meanwhile. */
static u32 nr_closed, nr_locked_out;
static void close_slowly(struct file *f)
{
	(void)f;
	nr_closed++;
	if (rwlock_try_write_lock(&mm->lock))
		rwlock_write_unlock(&mm->lock);
	else
		nr_locked_out++;
}
static const struct file_ops slow_close = { .mmap = generic_file_mmap, .release = close_slowly };

/* Maps a file at @where or anywhere; the mapping has the only reference on it. */
static u64 map_closed(u64 where)
{
	struct file *f = slow_open(0, O_RDWR);
	s64 got = -ENOMEM;

	if (f) {
		f->ops = &slow_close;
		got = mm_map(mm, where, 2 * PAGE_SIZE, PROT_READ,
			where ? MAP_SHARED | MAP_FIXED : MAP_SHARED, f, 0);
	}
	obj_put(&f);
	return got > 0 ? (u64)got : 0;
}

/*
 * By munmap, by a mapping over it, and by the end of the address space: the file's release finds
 * the lock free each time, and runs when the last part of the mapping has gone.
 */
KTEST(unmap_closes_after_the_lock)
{
	u64 a;

	KTEST_EXPECT(slow_begin());
	nr_closed = nr_locked_out = 0;
	mm = mm_new(false);
	KTEST_EXPECT(mm != NULL);
	mm_join(mm);
	a = map_closed(0);
	KTEST_EXPECT(a && !nr_closed && !mm_unmap(mm, a + PAGE_SIZE, PAGE_SIZE) && !nr_closed);
	KTEST_EXPECT(!mm_unmap(mm, a, PAGE_SIZE) && nr_closed == 1);
	a = map_closed(0);
	KTEST_EXPECT(a && map_closed(a) == a && nr_closed == 2);
	mm_leave(mm);
	KTEST_EXPECT(nr_closed == 3 && !nr_locked_out);
	obj_put(&mm);
	slow_end();
}

/* ---- pools that a process leaves ---- */

#define IDLE_PROBES 100000u
static struct probe *probes;

/* Makes many pages of a pool, which are all free afterwards. */
static bool make_idle(void)
{
	u32 i;

	for (i = 0; i < IDLE_PROBES; i++) {
		struct probe *p = obj_new(probe);
		if (!p)
			return false;
		p->link = probes;
		probes = p;
	}
	while (probes) {
		struct probe *next = probes->link;
		probes->link = NULL;
		obj_put(&probes);
		probes = next;
	}
	return true;
}

static void leave(void)
{
	mm_leave(mm);
}
static void look_at_idle(void)
{
	seen = obj_idle_pages();
}
/* A process that ends trims the pools that it may have filled, in steps. */
KTEST(walk_of_trimmed_pools_lets_others_run)
{
	mm = mm_new(false);
	KTEST_EXPECT(mm != NULL);
	mm_join(mm);
	KTEST_EXPECT(make_idle() && obj_idle_pages() > 2000);
	KTEST_EXPECT(test_meanwhile(leave, look_at_idle));
	KTEST_EXPECT(seen > 1300 && obj_idle_pages() < seen);
	obj_put(&mm);
}
