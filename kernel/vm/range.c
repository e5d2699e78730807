// SPDX-License-Identifier: MPL-2.0
/*
 * Operations on large ranges of an address space, in pieces.
 *
 * The kernel is not preempted, and a program chooses how many page table entries a range has: with
 * the page of zeroes, memory for the tables is all that they cost. So each operation handles at
 * most RANGE_SOME bytes of the range at a time, which is about 4096 entries, and the caller gives
 * way in between. A range without tables is skipped in steps of RANGE_HOLE: the size of a mapping
 * costs nothing by itself.
 *
 * An address space with few tables is handled as a whole: that is the usual case, and costs one
 * comparison.
 *
 * Locking: mm.lock, held by the caller of all but vm_unmap_some, is a lock that sleeps, so it may
 * be held while others run.
 */
#include <frame/task.h>

#include "vm.h"

#define RANGE_SOME (8 * RANGE_TABLE)
#define RANGE_HOLE (64 * RANGE_TABLE)

/* Tables may be empty (MADV_DONTNEED leaves them), so RANGE_HOLE bytes are 32768 entries at most. */
u64 vm_skip_hole(struct vmspace *vm, u64 start, u64 end, bool *some)
{
	struct vm_cursor c = { 0 };
	struct vm_entry e;
	u64 at = min(end, start + RANGE_HOLE);

	*some = false;
	if (vm_cursor_open(&c, vm, start, at))
		return end; /* not in the user half: there is nothing */
	*some = vm_cursor_next(&c, &e);
	vm_cursor_close(&c);
	return *some ? e.va : at;
}

/*
 * The next piece [*@at, returned end) of a range to be handled. It is empty where there are no
 * mappings.
 */
static u64 range_next_piece(struct vmspace *vm, u64 *at, u64 end)
{
	bool some;

	if (end - *at <= RANGE_SOME || vmspace_nr_tables(vm) <= FEW_TABLES)
		return end;
	*at = vm_skip_hole(vm, *at, end, &some);
	return some ? min(end, *at + RANGE_SOME) : *at;
}

u64 vm_unmap_some(struct vmspace *vm, u64 start, u64 end)
{
	u64 stop = range_next_piece(vm, &start, end);

	if (start < stop)
		vmspace_unmap(vm, start, stop);
	return stop;
}

void vm_unmap(struct vmspace *vm, u64 start, u64 end)
{
	while ((start = vm_unmap_some(vm, start, end)) < end)
		task_cond_resched();
}

void vm_protect(struct vmspace *vm, u64 start, u64 end, u32 prot, bool may_write)
{
	u64 stop;

	if (likely(end - start <= RANGE_SOME)) {
		vmspace_protect(vm, start, end, prot, may_write);
		task_cond_resched(); /* there may be many VMAs */
		return;
	}
	for (; start < end; start = stop) {
		stop = range_next_piece(vm, &start, end);
		if (start < stop)
			vmspace_protect(vm, start, stop, prot, may_write);
		task_cond_resched();
	}
}

int vm_share_cow(struct vmspace *to, struct vmspace *from, u64 start, u64 end)
{
	int err = 0;
	u64 stop;

	for (; start < end && !err; start = stop) {
		stop = range_next_piece(from, &start, end);
		if (start < stop)
			err = vmspace_share(to, from, start, stop, true);
		if (!err && stop < end && loop_should_end())
			err = -EINTR; /* who is being killed takes no more memory */
	}
	return err;
}

bool vm_count_mapped(struct vmspace *vm, u64 start, u64 end, u64 *mapped, u64 *shared)
{
	struct vm_entry e;
	u64 stop;

	for (; start < end; start = stop) {
		struct vm_cursor c = { 0 };
		stop = range_next_piece(vm, &start, end);
		if (loop_should_end())
			return false;
		if (start >= stop || vm_cursor_open(&c, vm, start, stop))
			continue;
		while (vm_cursor_next(&c, &e)) {
			(*mapped)++;
			*shared += page_map_count(e.page) > 1;
			vm_cursor_seek(&c, e.va + PAGE_SIZE);
		}
		vm_cursor_close(&c);
	}
	return true;
}
