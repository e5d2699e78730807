// SPDX-License-Identifier: MPL-2.0
/*
 * Address spaces (frame/vmspace.h): only user addresses, only live pages, and the tables as long as
 * anybody uses them.
 *
 * The page's count of mappings is compared with what the calls should have done. Translations are
 * looked up in the tables; no CPU uses the space.
 */
#include <frame/vmspace.h>
#include <uapi/errno.h>

#include "test.h"

#define VA   0x40000000ul
#define LEAF (2ul << 20)

static struct vmspace *vm;
static struct page *page;

static void begin(void)
{
	vm = vmspace_new();
	page = page_alloc(PAGE_ZEROED);
	KTEST_EXPECT(vm && page);
}
static void end(void)
{
	page_put(&page);
	vmspace_put(&vm);
}
static s32 map_at(u64 va, u32 prot)
{
	return vmspace_map(vm, va, page, prot);
}
/* 0x80 is no right, so it says that nothing is mapped. */
static u32 prot_at(u64 va)
{
	struct vm_entry e = { 0 };

	return vmspace_lookup(vm, va, &e) ? e.prot : 0x80;
}

/*
 * The first and the last page of user memory can be mapped; what lies beyond, or is not at a page's
 * start, cannot. Rights of none, and unknown ones, are refused.
 */
KTEST(vmspace_refuses_what_is_not_user_memory)
{
	static const u64 bad[] = { 0, VM_USER_MIN - 4096, VM_USER_MAX, VM_USER_MAX + 4096,
		1ul << 63, ~0ul << 12, ~0ul << 30, 0xffffffc000000000ul, 0xffffffff80000000ul,
		VA + 1, VA + 2048, VM_USER_MIN | 8 };
	struct vm_entry e = { 0 };
	u32 i;

	begin();
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		KTEST_EXPECT(map_at(bad[i], VM_READ) == -EINVAL);
		KTEST_EXPECT(vmspace_replace(vm, bad[i], page, page, VM_READ) == -EINVAL);
		if (!(bad[i] & PAGE_MASK))
			KTEST_EXPECT(!vmspace_lookup(vm, bad[i], &e));
	}
	KTEST_EXPECT(map_at(VM_USER_MIN, VM_READ) == 0);
	KTEST_EXPECT(map_at(VM_USER_MAX - PAGE_SIZE, VM_READ) == 0);
	KTEST_EXPECT(map_at(VA, 0) == -EINVAL && map_at(VA, 8) == -EINVAL);
	KTEST_EXPECT(vmspace_nr_mapped(vm) == 2 && page_map_count(page) == 2);
	end();
}

/*
 * Unlike a single address, a range is cut to what there is, and an empty or inverted one is
 * nothing.
 */
KTEST(vmspace_ranges_outside_do_nothing)
{
	begin();
	KTEST_EXPECT(map_at(VM_USER_MAX - PAGE_SIZE, VM_READ) == 0);
	vmspace_unmap(vm, VM_USER_MAX, ~0ul);
	vmspace_unmap(vm, ~0ul, 0);
	vmspace_unmap(vm, VM_USER_MAX - PAGE_SIZE, VM_USER_MIN);
	vmspace_protect(vm, VM_USER_MAX, ~0ul, VM_WRITE, true);
	vmspace_protect(vm, ~0ul - 1, ~0ul, VM_WRITE, true);
	KTEST_EXPECT(vmspace_nr_mapped(vm) == 1 && prot_at(VM_USER_MAX - PAGE_SIZE) == VM_READ);
	/* One that covers everything is clipped to the user half. */
	vmspace_protect(vm, 0, ~0ul, VM_READ | VM_WRITE, true);
	KTEST_EXPECT(prot_at(VM_USER_MAX - PAGE_SIZE) == (VM_READ | VM_WRITE));
	vmspace_unmap(vm, 0, ~0ul);
	KTEST_EXPECT(vmspace_nr_mapped(vm) == 0 && page_map_count(page) == 0);
	end();
}

/* A second mapping at the place is refused, and the page is counted once. */
KTEST(vmspace_maps_once)
{
	begin();
	KTEST_EXPECT(map_at(VA, VM_READ) == 0 && map_at(VA, VM_READ) == -EEXIST);
	KTEST_EXPECT(page_map_count(page) == 1);
	KTEST_EXPECT(prot_at(VA) == VM_READ && prot_at(VA + 4095) == VM_READ);
	KTEST_EXPECT(prot_at(VA + 4096) == 0x80);
	end();
}

/* So a fault that was late does not replace what another one has put there. */
KTEST(vmspace_replace_wants_the_old_page)
{
	struct page *other = page_alloc(0);

	begin();
	KTEST_EXPECT(vmspace_replace(vm, VA, page, other, VM_READ) == -ENOENT);
	KTEST_EXPECT(map_at(VA, VM_READ) == 0);
	KTEST_EXPECT(vmspace_replace(vm, VA, other, page, VM_READ) == -ENOENT);
	KTEST_EXPECT(vmspace_replace(vm, VA, page, other, VM_READ | VM_WRITE) == 0);
	KTEST_EXPECT(page_map_count(page) == 0 && page_map_count(other) == 1);
	KTEST_EXPECT(vmspace_replace(vm, VA, other, other, VM_READ) == 0);
	KTEST_EXPECT(page_map_count(other) == 1);
	KTEST_EXPECT(prot_at(VA) == VM_READ);
	end();
	KTEST_EXPECT(page_map_count(other) == 0);
	page_put(&other);
}

/*
 * Without the last argument a page that is not writable does not become so: it may be shared with a
 * child. Pages without rights stay mapped.
 */
KTEST(vmspace_protect_keeps_copy_on_write)
{
	begin();
	KTEST_EXPECT(map_at(VA, VM_READ) == 0 && map_at(VA + PAGE_SIZE, VM_READ | VM_WRITE) == 0);
	vmspace_protect(vm, VA, VA + 2 * PAGE_SIZE, VM_READ | VM_WRITE, false);
	KTEST_EXPECT(prot_at(VA) == VM_READ && prot_at(VA + PAGE_SIZE) == (VM_READ | VM_WRITE));
	vmspace_protect(vm, VA, VA + 2 * PAGE_SIZE, 0, true);
	KTEST_EXPECT(prot_at(VA) == 0 && prot_at(VA + PAGE_SIZE) == 0);
	KTEST_EXPECT(vmspace_nr_mapped(vm) == 2);
	vmspace_protect(vm, VA, VA + 2 * PAGE_SIZE, VM_READ | VM_EXEC, true);
	KTEST_EXPECT(prot_at(VA) == (VM_READ | VM_EXEC));
	end();
}

/* A page that is mapped very often: one more mapping is refused, and copies still work. */
KTEST(vmspace_mappings_of_a_page_have_a_limit)
{
	struct vm_cursor c = { 0 };
	struct vmspace *child = vmspace_new();
	struct page *other = page_alloc(PAGE_ZEROED);
	u8 byte[1] = { 0 };

	begin();
	KTEST_EXPECT(map_at(VA, VM_READ) == 0);
	KTEST_EXPECT(vmspace_map(vm, VA + 4 * PAGE_SIZE, other, VM_READ) == 0);
	ktest_set_map_count(page, (1u << 30) - 1);
	KTEST_EXPECT(map_at(VA + PAGE_SIZE, VM_READ) == 0);
	KTEST_EXPECT(map_at(VA + 2 * PAGE_SIZE, VM_READ) == -EOVERFLOW);
	KTEST_EXPECT(vmspace_replace(vm, VA + 4 * PAGE_SIZE, other, page, VM_READ) == -EOVERFLOW);
	KTEST_EXPECT(vmspace_share(child, vm, VA, VA + LEAF, true) == -EOVERFLOW);
	KTEST_EXPECT(vm_cursor_open(&c, vm, VA + 8 * PAGE_SIZE, VA + 9 * PAGE_SIZE) == 0);
	KTEST_EXPECT(vm_cursor_map(&c, page, VM_READ) == -EOVERFLOW);
	vm_cursor_close(&c);
	page_write(page, 5, cspan_of(byte));
	page_read(page, 5, span_of(byte));
	KTEST_EXPECT(page_map_count(page) == 1u << 30 && page_map_count(other) == 1);
	KTEST_EXPECT(vmspace_nr_mapped(vm) == 3 && vmspace_nr_mapped(child) == 0);
	ktest_set_map_count(page, 2);
	vmspace_put(&child);
	page_put(&other);
	end();
}

/*
 * As fork does it: parent and child lose the right to write. A place that is taken already is left
 * alone.
 */
KTEST(vmspace_share_counts_each_mapping)
{
	struct vmspace *child = vmspace_new();
	struct vm_entry e = { 0 };
	u64 va;

	begin();
	for (va = VA; va < VA + 8 * PAGE_SIZE; va += PAGE_SIZE)
		KTEST_EXPECT(map_at(va + LEAF - 4 * PAGE_SIZE, VM_READ | VM_WRITE) == 0);
	KTEST_EXPECT(vmspace_share(child, vm, VA, VA + 2 * LEAF, true) == 0);
	KTEST_EXPECT(page_map_count(page) == 16 && vmspace_nr_mapped(child) == 8);
	KTEST_EXPECT(vmspace_lookup(child, VA + LEAF, &e) && e.page == page && e.prot == VM_READ);
	KTEST_EXPECT(prot_at(VA + LEAF) == VM_READ);
	/* Again: nothing is mapped twice. With itself, with nothing: nothing. */
	KTEST_EXPECT(vmspace_share(child, vm, VA, VA + 2 * LEAF, false) == 0);
	KTEST_EXPECT(page_map_count(page) == 16);
	KTEST_EXPECT(vmspace_share(vm, vm, VA, VA + 2 * LEAF, true) == 0);
	KTEST_EXPECT(page_map_count(page) == 16);
	KTEST_EXPECT(vmspace_share(child, vm, ~0ul, VA, true) == 0);
	vmspace_put(&child);
	KTEST_EXPECT(page_map_count(page) == 8);
	end();
}

/*
 * Across tables, with holes between the pages: each arrives at its place, and none is left behind.
 */
KTEST(vmspace_move_takes_the_count_along)
{
	u64 va;

	begin();
	for (va = VA; va < VA + 600 * PAGE_SIZE; va += 3 * PAGE_SIZE)
		KTEST_EXPECT(map_at(va, VM_READ) == 0);
	KTEST_EXPECT(page_map_count(page) == 200);
	KTEST_EXPECT(vmspace_move(vm, VA, VA + 64 * LEAF - 5 * PAGE_SIZE, 600 * PAGE_SIZE) == 0);
	KTEST_EXPECT(page_map_count(page) == 200 && vmspace_nr_mapped(vm) == 200);
	KTEST_EXPECT(prot_at(VA) == 0x80 && prot_at(VA + 64 * LEAF - 5 * PAGE_SIZE) == VM_READ);
	KTEST_EXPECT(prot_at(VA + 64 * LEAF + 592 * PAGE_SIZE) == VM_READ);
	end();
}

/* What was there before stays; the moved page is unmapped, and its count is right. */
KTEST(vmspace_move_onto_something_loses_nothing_but_the_moved)
{
	struct page *other = page_alloc(0);

	begin();
	KTEST_EXPECT(map_at(VA, VM_READ) == 0 && vmspace_map(vm, VA + LEAF, other, VM_READ) == 0);
	KTEST_EXPECT(vmspace_move(vm, VA, VA + LEAF, PAGE_SIZE) == 0);
	KTEST_EXPECT(page_map_count(page) == 0 && page_map_count(other) == 1);
	KTEST_EXPECT(vmspace_nr_mapped(vm) == 1);
	end();
	page_put(&other);
}

/* Overlapping ones, those that leave user memory, wrap, or are not of whole pages. */
KTEST(vmspace_move_refuses_bad_ranges)
{
	begin();
	KTEST_EXPECT(vmspace_move(vm, VA, VA + PAGE_SIZE, 2 * PAGE_SIZE) == -EINVAL);
	KTEST_EXPECT(vmspace_move(vm, VA, VA, PAGE_SIZE) == -EINVAL);
	KTEST_EXPECT(vmspace_move(vm, VA, VM_USER_MAX - PAGE_SIZE, 2 * PAGE_SIZE) == -EINVAL);
	KTEST_EXPECT(vmspace_move(vm, VA, ~0ul << 12, 2 * PAGE_SIZE) == -EINVAL);
	KTEST_EXPECT(vmspace_move(vm, 0, VA, PAGE_SIZE) == -EINVAL);
	KTEST_EXPECT(vmspace_move(vm, VA, VA + LEAF, ~0ul << 12) == -EINVAL);
	KTEST_EXPECT(vmspace_move(vm, VA + 1, VA + LEAF, PAGE_SIZE) == -EINVAL);
	end();
}

/* ---- stale spaces ---- */

static struct vmspace *stale, *share_target;
static void map_stale(void)
{
	(void)!vmspace_map(stale, VA, page, VM_READ);
}
static void unmap_stale(void)
{
	vmspace_unmap(stale, VA, VA + PAGE_SIZE);
}
static void look_stale(void)
{
	struct vm_entry e = { 0 };

	(void)vmspace_lookup(stale, VA, &e);
}
static void open_stale(void)
{
	struct vm_cursor c = { 0 };

	(void)!vm_cursor_open(&c, stale, VA, VA + PAGE_SIZE);
}
static void share_stale(void)
{
	(void)!vmspace_share(share_target, stale, VA, VA + PAGE_SIZE, true);
}
static void move_stale(void)
{
	(void)!vmspace_move(stale, VA, VA + LEAF, PAGE_SIZE);
}
static void get_stale(void)
{
	(void)vmspace_get(stale);
}
static void put_stale(void)
{
	struct vmspace *copy = stale;

	vmspace_put(&copy);
}
/* Each operation, through a handle that was kept over the last put. */
KTEST(vmspace_released_traps)
{
	begin();
	share_target = vmspace_new();
	stale = vm;
	vmspace_put(&vm);
	KTEST_EXPECT(ktest_traps(map_stale) && ktest_traps(unmap_stale) && ktest_traps(look_stale));
	KTEST_EXPECT(ktest_traps(open_stale) && ktest_traps(move_stale));
	KTEST_EXPECT(ktest_traps(share_stale));
	KTEST_EXPECT(ktest_traps(get_stale) && ktest_traps(put_stale));
	end();
	vmspace_put(&share_target);
}

/* As for objects. */
KTEST(vmspace_put_of_null_does_nothing)
{
	struct vmspace *none = NULL;

	vmspace_put(&none);
	KTEST_EXPECT(!none);
}

/* ---- a race of everything on one space ---- */

static struct atomic odd_answers;
/*
 * Random changes in the same four megabytes and those behind them. A page that a look-up finds may
 * be gone before it is held: page_tryget decides.
 */
static void churn(unsigned n)
{
	struct page *p = page_alloc(PAGE_ZEROED);
	u64 r = n + 100;
	u32 i;

	for (i = 0; i < 3000; i++) {
		u64 x = test_random(&r);
		u64 va = VA + (x & 1023) * PAGE_SIZE;
		struct vm_entry e = { 0 };
		int err = 0;

		switch (x >> 32 & 7) {
		case 0:
			vmspace_unmap(vm, va, va + (x >> 16 & 63) * PAGE_SIZE);
			break;
		case 1:
			vmspace_protect(vm, va, va + 16 * PAGE_SIZE, (u32)(x >> 40 & 7),
				(x >> 50 & 1) != 0);
			break;
		case 2:
			err = vmspace_move(vm, va, va + 1024 * PAGE_SIZE,
				(x >> 20 & 31) * PAGE_SIZE);
			break;
		case 3:
			if (vmspace_lookup(vm, va, &e) && page_tryget(e.page)) {
				struct page *held = e.page;
				page_zero(held, 0, 64);
				page_put(&held);
			}
			break;
		default:
			err = vmspace_map(vm, va, p, VM_READ | (u32)(x >> 40 & 2));
			break;
		}
		if (err && err != -EEXIST && err != -EINVAL)
			atomic_add(&odd_answers, 1);
		task_cond_resched();
	}
	page_put(&p);
}
/*
 * Mapping, unmapping, protecting, moving and looking, without any lock of the service: only errors
 * that the calls may give, and at the end no page and no table is missing.
 */
KTEST(vmspace_changed_from_all_sides)
{
	struct page_stats before, after;

	page_get_stats(&before);
	vm = vmspace_new();
	KTEST_EXPECT(test_team(churn, 4));
	KTEST_EXPECT(atomic_load(&odd_answers) == 0);
	vmspace_unmap(vm, 0, ~0ul);
	KTEST_EXPECT(vmspace_nr_mapped(vm) == 0);
	vmspace_put(&vm);
	page_get_stats(&after);
	KTEST_EXPECT(after.user == before.user && after.tables == before.tables);
}

/* Handles are got, put and used up while others make spaces: the slots are reused all the time. */
static struct vmspace *weak_vm;
/* Each space dies with its page, at once. */
static void replace_spaces(unsigned n)
{
	u32 i;

	for (i = 0; i < 400; i++) {
		struct vmspace *v = vmspace_new();
		struct page *p = page_alloc(0);
		store_release(weak_vm, v);
		KTEST_EXPECT(vmspace_map(v, VA + n * PAGE_SIZE, p, VM_READ) == 0);
		page_put(&p);
		vmspace_put(&v);
		task_cond_resched();
	}
}
/* Each space is made and put by one of four tasks; all tables come back. */
KTEST(vmspace_slots_are_reused)
{
	struct page_stats before, after;

	page_get_stats(&before);
	KTEST_EXPECT(test_team(replace_spaces, 4));
	page_get_stats(&after);
	KTEST_EXPECT(after.user == before.user && after.tables == before.tables);
}
