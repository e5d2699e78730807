// SPDX-License-Identifier: MPL-2.0
/*
 * Cursors (frame/vmspace.h): misuse traps, and one table is in one use at a time.
 *
 * A cursor that traps keeps its table's lock for ever. So a test that makes one trap forgets its
 * address space afterwards and makes another.
 */
#include <frame/cpu.h>
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
}
static void end(void)
{
	page_put(&page);
	vmspace_put(&vm);
}

/*
 * Outside user memory, empty, backwards, not of whole pages, or such that the end wraps. All of
 * user memory is a good range.
 */
KTEST(cursor_refuses_bad_ranges)
{
	struct vm_cursor c = { 0 };

	begin();
	KTEST_EXPECT(vm_cursor_open(&c, vm, 0, PAGE_SIZE) == -EINVAL);
	KTEST_EXPECT(vm_cursor_open(&c, vm, VA, VM_USER_MAX + PAGE_SIZE) == -EINVAL);
	KTEST_EXPECT(vm_cursor_open(&c, vm, VA, VA) == -EINVAL);
	KTEST_EXPECT(vm_cursor_open(&c, vm, VA + PAGE_SIZE, VA) == -EINVAL);
	KTEST_EXPECT(vm_cursor_open(&c, vm, VA + 8, VA + PAGE_SIZE) == -EINVAL);
	KTEST_EXPECT(vm_cursor_open(&c, vm, VA, VA + 8) == -EINVAL);
	KTEST_EXPECT(vm_cursor_open(&c, vm, ~0ul << 12, ~0ul) == -EINVAL);
	KTEST_EXPECT(vm_cursor_open(&c, vm, VM_USER_MIN, VM_USER_MAX) == 0);
	vm_cursor_close(&c);
	end();
}

/* ---- a cursor that is not open ---- */

static u32 operation;
static void use_closed(void)
{
	struct vm_cursor c = { 0 };
	struct vm_entry e = { 0 };

	switch (operation) {
	case 0:
		vm_cursor_seek(&c, VA);
		break;
	case 1:
		(void)vm_cursor_get(&c, &e);
		break;
	case 2:
		(void)vm_cursor_next(&c, &e);
		break;
	case 3:
		(void)!vm_cursor_map(&c, page, VM_READ);
		break;
	case 4:
		(void)vm_cursor_unmap(&c, PAGE_SIZE);
		break;
	default:
		vm_cursor_close(&c);
		break;
	}
}
/* All operations, with a cursor that is all zeroes. */
KTEST(cursor_not_open_traps)
{
	begin();
	for (operation = 0; operation < 6; operation++)
		KTEST_EXPECT(ktest_traps(use_closed));
	end();
}

static void open_twice(void)
{
	struct vm_cursor c = { 0 };

	(void)!vm_cursor_open(&c, vm, VA, VA + PAGE_SIZE);
	(void)!vm_cursor_open(&c, vm, VA, VA + PAGE_SIZE);
}
static void close_twice(void)
{
	struct vm_cursor c = { 0 };

	(void)!vm_cursor_open(&c, vm, VA, VA + PAGE_SIZE);
	vm_cursor_close(&c);
	vm_cursor_close(&c);
}
/* An open cursor holds a reference and perhaps a table's lock, which a second open would forget. */
KTEST(cursor_opened_or_closed_twice_traps)
{
	begin();
	KTEST_EXPECT(ktest_traps(close_twice));
	KTEST_EXPECT(ktest_traps(open_twice)); /* keeps the space for ever */
	end();
}

/* ---- its range ---- */

static u64 target;
static void seek_there(void)
{
	struct vm_cursor c = { 0 };

	if (vm_cursor_open(&c, vm, VA, VA + 4 * PAGE_SIZE))
		return;
	vm_cursor_seek(&c, target);
	vm_cursor_close(&c);
}
static bool seek_traps(u64 va)
{
	target = va;
	return ktest_traps(seek_there);
}
/* The end itself is allowed: there a walk stops. */
KTEST(cursor_seek_outside_traps)
{
	begin();
	KTEST_EXPECT(!seek_traps(VA) && !seek_traps(VA + 3 * PAGE_SIZE));
	KTEST_EXPECT(!seek_traps(VA + 4 * PAGE_SIZE));
	KTEST_EXPECT(seek_traps(VA - PAGE_SIZE) && seek_traps(VA + 5 * PAGE_SIZE) && seek_traps(0));
	KTEST_EXPECT(seek_traps(~0ul << 12));
	KTEST_EXPECT(seek_traps(VA + 1));
	end();
}

/* What is mapped behind the range is neither found nor unmapped, however much is asked for. */
KTEST(cursor_stops_at_its_end)
{
	struct vm_cursor c = { 0 };
	struct vm_entry e = { 0 };

	begin();
	KTEST_EXPECT(vmspace_map(vm, VA + PAGE_SIZE, page, VM_READ) == 0);
	KTEST_EXPECT(vm_cursor_open(&c, vm, VA, VA + PAGE_SIZE) == 0);
	KTEST_EXPECT(!vm_cursor_next(&c, &e) && vm_cursor_pos(&c) == VA + PAGE_SIZE);
	KTEST_EXPECT(!vm_cursor_get(&c, &e));
	KTEST_EXPECT(vm_cursor_map(&c, page, VM_READ) == -ERANGE);
	KTEST_EXPECT(vm_cursor_unmap(&c, ~0ul) == 0);
	vm_cursor_seek(&c, VA);
	KTEST_EXPECT(vm_cursor_unmap(&c, ~0ul) == 0);
	KTEST_EXPECT(vm_cursor_pos(&c) == VA + PAGE_SIZE);
	vm_cursor_close(&c);
	KTEST_EXPECT(vmspace_lookup(vm, VA + PAGE_SIZE, &e) && e.prot == VM_READ);
	end();
}

/*
 * Across the border of two tables, each page found once and in order, and the counts of mappings
 * right.
 */
KTEST(cursor_maps_walks_and_unmaps)
{
	struct vm_cursor c = { 0 };
	struct vm_entry e = { 0 };
	u64 start = VA + LEAF - 50 * PAGE_SIZE, n = 0;
	u32 i;

	begin();
	KTEST_EXPECT(vm_cursor_open(&c, vm, start, VA + 4 * LEAF) == 0);
	for (i = 0; i < 100; i++)
		KTEST_EXPECT(vm_cursor_map(&c, page, VM_READ) == 0);
	vm_cursor_seek(&c, start);
	KTEST_EXPECT(vm_cursor_map(&c, page, VM_READ) == -EEXIST);
	KTEST_EXPECT(vm_cursor_map(&c, page, 0) == -EINVAL);
	while (vm_cursor_next(&c, &e)) {
		KTEST_EXPECT(e.va == start + n * PAGE_SIZE && e.page == page && e.prot == VM_READ);
		n++;
		vm_cursor_seek(&c, e.va + PAGE_SIZE);
	}
	KTEST_EXPECT(n == 100 && page_map_count(page) == 100 && vm_cursor_pos(&c) == VA + 4 * LEAF);
	vm_cursor_seek(&c, start);
	KTEST_EXPECT(vm_cursor_unmap(&c, 4 * LEAF) == 100);
	vm_cursor_close(&c);
	KTEST_EXPECT(page_map_count(page) == 0 && vmspace_nr_mapped(vm) == 0);
	end();
}

/* ---- its page and its space ---- */

static void map_released(void)
{
	struct vm_cursor c = { 0 };

	(void)!vm_cursor_open(&c, vm, VA, VA + PAGE_SIZE);
	(void)!vm_cursor_map(&c, page, VM_READ);
}
/*
 * The cursor is open and has a table's lock, so the space cannot be used any more; the test lets go
 * of it.
 */
KTEST(cursor_map_of_released_page_traps)
{
	struct page *p;

	begin();
	p = page;
	page_put(&p);
	KTEST_EXPECT(ktest_traps(map_released));
	page = NULL;
	vm = NULL;
}

/* A space that is put while a cursor is open ends at the close. */
KTEST(cursor_keeps_its_space)
{
	struct vm_cursor c = { 0 };
	struct vm_entry e = { 0 };

	begin();
	KTEST_EXPECT(vm_cursor_open(&c, vm, VA, VA + LEAF) == 0);
	KTEST_EXPECT(vm_cursor_map(&c, page, VM_READ) == 0);
	vmspace_put(&vm);
	/* No service holds it any more, but it is all there. */
	vm_cursor_seek(&c, VA);
	KTEST_EXPECT(vm_cursor_get(&c, &e) && e.page == page);
	KTEST_EXPECT(page_map_count(page) == 1);
	vm_cursor_close(&c);
	KTEST_EXPECT(page_map_count(page) == 0);
	page_put(&page);
}

/* ---- two uses of one table on one CPU: would wait for itself ---- */

/* The second cursor takes the table's lock when it looks. */
static void two_cursors(void)
{
	struct vm_cursor a = { 0 }, b = { 0 };
	struct vm_entry e = { 0 };

	(void)!vm_cursor_open(&a, vm, VA, VA + LEAF);
	(void)!vm_cursor_map(&a, page, VM_READ);
	(void)!vm_cursor_open(&b, vm, VA, VA + LEAF);
	(void)vm_cursor_get(&b, &e);
}
static void map_under_cursor(void)
{
	struct vm_cursor a = { 0 };

	(void)!vm_cursor_open(&a, vm, VA, VA + LEAF);
	(void)!vm_cursor_map(&a, page, VM_READ);
	(void)!vmspace_map(vm, VA + 8 * PAGE_SIZE, page, VM_READ);
}
static void unmap_under_cursor(void)
{
	struct vm_cursor a = { 0 };

	(void)!vm_cursor_open(&a, vm, VA, VA + LEAF);
	(void)!vm_cursor_map(&a, page, VM_READ);
	vmspace_unmap(vm, VA, VA + LEAF);
}
/*
 * By another cursor and by the plain calls. Without the trap the CPU would wait for itself for
 * ever.
 */
KTEST(cursor_second_use_of_a_table_traps)
{
	begin();
	KTEST_EXPECT(ktest_traps(two_cursors));
	vm = vmspace_new();
	KTEST_EXPECT(ktest_traps(map_under_cursor));
	vm = vmspace_new();
	KTEST_EXPECT(ktest_traps(unmap_under_cursor));
	vm = NULL; /* locked for ever */
	page_put(&page);
}

/* Two tables have two locks. */
KTEST(cursor_second_one_on_another_table_works)
{
	struct vm_cursor a = { 0 }, b = { 0 };

	begin();
	KTEST_EXPECT(vm_cursor_open(&a, vm, VA, VA + LEAF) == 0);
	KTEST_EXPECT(vm_cursor_map(&a, page, VM_READ) == 0);
	KTEST_EXPECT(vm_cursor_open(&b, vm, VA + LEAF, VA + 2 * LEAF) == 0);
	KTEST_EXPECT(vm_cursor_map(&b, page, VM_READ) == 0);
	vm_cursor_close(&a);
	vm_cursor_close(&b);
	KTEST_EXPECT(page_map_count(page) == 2);
	end();
}

/*
 * A task that sleeps with an open cursor, and another that wants the table: it waits on another
 * CPU, and traps on this one.
 */
static struct atomic cursor_opened, cursor_stop;
/*
 * Holds the table's lock until it is told to stop, without a sleep: the other CPU spins meanwhile.
 */
static void hold_cursor(unsigned n)
{
	struct vm_cursor a = { 0 };

	(void)n;
	if (vm_cursor_open(&a, vm, VA, VA + LEAF) || vm_cursor_map(&a, page, VM_READ))
		return;
	atomic_store(&cursor_opened, 1);
	while (!atomic_load(&cursor_stop))
		;
	vm_cursor_close(&a);
}
static void unmap_all(unsigned n)
{
	(void)n;
	vmspace_unmap(vm, VA, VA + LEAF);
}

/* The unmapping of another CPU ends after the close, not before. */
KTEST(cursor_makes_others_wait)
{
	begin();
	if (cpu_count() > 2) {
		atomic_store(&cursor_opened, 0);
		atomic_store(&cursor_stop, 0);
		KTEST_EXPECT(test_start(hold_cursor, 0));
		KTEST_EXPECT(test_until(&cursor_opened, 1));
		KTEST_EXPECT(test_start(unmap_all, 0));
		test_sleep_ms(3);
		KTEST_EXPECT(page_map_count(page) == 1);
		atomic_store(&cursor_stop, 1);
		KTEST_EXPECT(test_wait() && page_map_count(page) == 0);
	}
	end();
}
