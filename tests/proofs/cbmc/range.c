// SPDX-License-Identifier: MPL-2.0
/*
 * Ranges of an address space (frame/mm/range.c): for any range a service names, what is left of it
 * is whole pages of the user half; and each round of a move stays in one leaf table on either side,
 * in both ranges, and in the arrays. A round may begin anywhere, so the first one stands for all of
 * them. tests/proofs/run renames leaf_move to real_leaf_move: main_move is about what it is called
 * with.
 */
#include "proof.h"

#include <frame/types.h>
struct vmspace;
static u64 leaf_move(struct vmspace *vm, u64 from, u64 to, u64 n);
/* Renamed as well: the walk of main_move is not about the creation of tables. */
static bool leaf_create_tables(struct vmspace *vm, u64 from, u64 to, u64 end)
{
	(void)vm, (void)from, (void)to, (void)end;
	return true;
}
#include "frame/mm/range.c"

struct page_range page_ranges[MAX_RAM_RANGES];
static struct vmspace vm;
static pte_t leaf[512];
static u64 from, to, len;

void main_clip(void)
{
	u64 start, end, in = nondet_u64();
	bool some;

	from = start = nondet_u64();
	to = end = nondet_u64();
	some = range_clip(&start, &end);
	ASSUME(in % PAGE_SIZE == 0 && in <= ~0ul - PAGE_SIZE);
	if (some) {
		CLAIM(start < end && start >= VM_USER_MIN && end <= VM_USER_MAX,
			"in the user half");
		CLAIM(start % PAGE_SIZE == 0 && end % PAGE_SIZE == 0, "whole pages");
		CLAIM(start >= from && end <= to, "no more than asked");
	}
	if (in >= from && in + PAGE_SIZE <= to && in >= VM_USER_MIN &&
		in + PAGE_SIZE <= VM_USER_MAX)
		CLAIM(some && in >= start && in < end, "and no page less");
}

/* A round: what real_leaf_move needs of it. Nothing follows. */
static u64 leaf_move(struct vmspace *v, u64 a, u64 b, u64 n)
{
	(void)v;
	CLAIM(n >= 1 && n <= GATHER, "some entries, no more than the arrays have room for");
	CLAIM(pt_index(a, 0) + n <= 512 && pt_index(b, 0) + n <= 512,
		"in one table on either side");
	CLAIM(a >= from && a - from < len && n * PAGE_SIZE <= len - (a - from), "in the range");
	CLAIM(b - to == a - from, "to the same place of the other range");
	CLAIM(a >= VM_USER_MIN && a + n * PAGE_SIZE <= VM_USER_MAX && b >= VM_USER_MIN &&
			b + n * PAGE_SIZE <= VM_USER_MAX,
		"in the user half");
	CLAIM(a + n * PAGE_SIZE <= b || b + n * PAGE_SIZE <= a, "not onto themselves");
	ASSUME(false);
	return 0;
}
pte_t *walk_leaf_next(struct vmspace *v, u64 va, u64 *next)
{
	(void)v, (void)next;
	CLAIM(va >= VM_USER_MIN && va < VM_USER_MAX, "an address of the user half");
	return leaf;
}
void vmspace_enter(struct vmspace *v)
{
	(void)v;
}
void vmspace_leave(struct vmspace *v)
{
	(void)v;
}

void main_move(void)
{
	from = nondet_u64();
	to = nondet_u64();
	len = nondet_u64();
	(void)vmspace_move(&vm, from, to, len);
}
