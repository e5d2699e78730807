// SPDX-License-Identifier: MPL-2.0
/*
 * Operations on ranges of an address space: unmap, protect, share (fork), move.
 *
 * They handle one leaf table after the other and skip holes. Removed pages are gathered under the
 * leaf lock; then the TLBs are flushed; then the pages' counts are dropped.
 */
#include "walk.h"

#define GATHER 64

/* Clips a service's range to whole pages of the user half; false: it is empty then. */
static bool range_clip(u64 *start, u64 *end)
{
	/* min comes first: rounding must not wrap at the end of the address space. */
	*start = max(round_up(min(*start, VM_USER_MAX), PAGE_SIZE), VM_USER_MIN);
	*end = min(round_down(*end, PAGE_SIZE), VM_USER_MAX);
	return *start < *end;
}

/* The end of the part of [va, end) that the leaf table of @va covers. */
static u64 range_end(u64 va, u64 end)
{
	u64 next = round_down(va, LEAF_SPAN) + LEAF_SPAN;

	return min(next, end);
}

void vmspace_unmap(struct vmspace *vm, u64 start, u64 end)
{
	struct page *gather[GATHER];
	u64 va, lo = 0;
	u32 n = 0;

	if (!range_clip(&start, &end))
		return;
	vmspace_enter(vm);
	for (va = start; va < end;) {
		u64 stop;
		pte_t *leaf = walk_leaf_next(vm, va, &stop);
		stop = min(stop, end);
		if (!leaf) {
			va = stop;
			continue;
		}
		leaf_lock(leaf);
		for (; va < stop && n < GATHER; va += PAGE_SIZE) {
			pte_t *e = &leaf[pt_index(va, 0)];
			if (!pte_present(*e))
				continue;
			if (!n)
				lo = va;
			gather[n++] = page_from_paddr(pte_paddr(*e));
			store_once(*e, 0);
		}
		leaf_unlock(leaf);
		if (n == GATHER || (n && va >= end)) {
			tlb_flush(vm, lo, va);
			page_release_many(gather, n);
			vmspace_count_mapped(vm, -(s64)n);
			n = 0;
		}
	}
	if (n) {
		tlb_flush(vm, lo, va);
		page_release_many(gather, n);
		vmspace_count_mapped(vm, -(s64)n);
	}
	vmspace_leave(vm);
}

void vmspace_protect(struct vmspace *vm, u64 start, u64 end, u32 prot, bool may_write)
{
	bool changed = false;
	u64 va;

	if (!range_clip(&start, &end))
		return;
	vmspace_enter(vm);
	for (va = start; va < end;) {
		u64 stop;
		pte_t *leaf = walk_leaf_next(vm, va, &stop);
		stop = min(stop, end);
		if (!leaf) {
			va = stop;
			continue;
		}
		leaf_lock(leaf);
		for (; va < stop; va += PAGE_SIZE) {
			pte_t *e = &leaf[pt_index(va, 0)];
			u32 p = prot;
			if (!pte_present(*e))
				continue;
			if (!may_write && !(pte_user_prot(*e) & VM_WRITE))
				p &= ~(u32)VM_WRITE;
			if (p == pte_user_prot(*e))
				continue;
			/* TRUST: same page, its count stays. */
			store_once(*e, pte_user_leaf(pte_paddr(*e), p));
			changed = true;
		}
		leaf_unlock(leaf);
	}
	if (changed)
		tlb_flush(vm, start, end);
	vmspace_leave(vm);
}

/*
 * Copies the entries of one leaf table's part of the range, up to a page that is mapped too often.
 * Returns how many; sets *@narrowed if a writable entry became read-only, *@err for such a page.
 */
static u64 leaf_share(pte_t *to, pte_t *from, u64 va, u64 stop, bool cow, bool *narrowed, int *err)
{
	u64 n = 0;

	for (; va < stop; va += PAGE_SIZE) {
		unsigned i = pt_index(va, 0);
		pte_t e = from[i];
		if (!pte_present(e) || pte_present(to[i]))
			continue;
		/* TRUST: the entry in `from` holds it, and its lock is held here. */
		if (!page_hold_more(page_from_paddr(pte_paddr(e)))) {
			*err = -EOVERFLOW;
			break;
		}
		if (cow && (pte_user_prot(e) & VM_WRITE)) {
			e = pte_user_leaf(pte_paddr(e), pte_user_prot(e) & ~(u32)VM_WRITE);
			store_once(from[i], e);
			*narrowed = true;
		}
		/* TRUST: held above; the page's zeroes came before the entry in `from` */
		store_once(to[i], e);
		n++;
	}
	return n;
}

/* Takes two leaf locks in the order of their addresses, so that two shares never deadlock. */
static void leaf_lock_both(pte_t *a, pte_t *b)
{
	leaf_lock(a < b ? a : b);
	leaf_lock(a < b ? b : a);
}

int vmspace_share(struct vmspace *dst, struct vmspace *src, u64 start, u64 end, bool cow)
{
	bool narrowed = false;
	u64 va, next, n;
	int err = 0;

	if (!range_clip(&start, &end) || dst == src)
		return 0;
	vmspace_enter(dst);
	vmspace_enter(src);
	for (va = start; va < end && !err; va = next) {
		pte_t *from = walk_leaf_next(src, va, &next);
		pte_t *to;
		next = min(next, end);
		if (!from)
			continue;
		to = walk_leaf_create(dst, va);
		if (!to) {
			err = -ENOMEM;
			break;
		}
		leaf_lock_both(to, from);
		n = leaf_share(to, from, va, next, cow, &narrowed, &err);
		leaf_unlock(from);
		leaf_unlock(to);
		vmspace_count_mapped(dst, (s64)n);
	}
	if (narrowed)
		tlb_flush(src, start, end);
	vmspace_leave(src);
	vmspace_leave(dst);
	return err;
}

/*
 * Moves up to GATHER entries of one leaf table to places in one leaf table. Returns the number of
 * places handled; 0: no memory.
 *
 * The old translations are flushed before the entries appear at their new place. Once they are
 * there, another CPU may unmap such a page and free it at once.
 */
static u64 leaf_move(struct vmspace *vm, u64 from, u64 to, u64 n)
{
	pte_t *a = walk_leaf(vm, from), *b;
	pte_t e[GATHER];
	struct page *lost[GATHER];
	u32 nr_lost = 0;
	u64 i, any = 0;

	if (!a)
		return n;
	for (i = 0; i < n && !any; i++)
		any |= load_once(a[pt_index(from, 0) + i]);
	if (!any)
		return n;
	b = walk_leaf_create(vm, to);
	if (!b)
		return 0;
	leaf_lock(a);
	for (i = 0; i < n; i++) {
		e[i] = a[pt_index(from, 0) + i];
		store_once(a[pt_index(from, 0) + i], 0);
	}
	leaf_unlock(a);
	tlb_flush(vm, from, from + n * PAGE_SIZE);
	leaf_lock(b);
	for (i = 0; i < n; i++) {
		pte_t *place = &b[pt_index(to, 0) + i];
		if (!pte_present(e[i]))
			continue;
		if (pte_present(*place))
			lost[nr_lost++] = page_from_paddr(pte_paddr(e[i]));
		else
			store_once(*place, e[i]); /* TRUST: the count moves with the entry */
	}
	leaf_unlock(b);
	page_release_many(lost, nr_lost);
	vmspace_count_mapped(vm, -(s64)nr_lost);
	return n;
}

/*
 * Creates the tables for the target of a move, so that the move does not fail half-way. Tables that
 * stay empty are freed with the space.
 */
static bool leaf_create_tables(struct vmspace *vm, u64 from, u64 to, u64 end)
{
	u64 next, last;

	for (; from < end; to += next - from, from = next) {
		pte_t *leaf = walk_leaf_next(vm, from, &next);
		next = min(next, end);
		last = to + (next - from) - PAGE_SIZE;
		if (leaf && (!walk_leaf_create(vm, to) || !walk_leaf_create(vm, last)))
			return false;
	}
	return true;
}

int vmspace_move(struct vmspace *vm, u64 from, u64 to, u64 len)
{
	u64 end = from + len, to_end = to + len, n, next;
	int err = 0;

	if (((from | to | len) & PAGE_MASK) || end < from || to_end < to || from < VM_USER_MIN ||
		end > VM_USER_MAX || to < VM_USER_MIN || to_end > VM_USER_MAX ||
		(from < to_end && to < end))
		return -EINVAL;
	vmspace_enter(vm);
	if (!leaf_create_tables(vm, from, to, end))
		err = -ENOMEM;
	while (!err && from < end) {
		if (!walk_leaf_next(vm, from, &next)) {
			n = (min(next, end) - from) >> PAGE_SHIFT;
		} else {
			n = min(range_end(from, end) - from, range_end(to, to_end) - to) >>
				PAGE_SHIFT;
			n = leaf_move(vm, from, to, min(n, (u64)GATHER));
		}
		if (!n) { /* mapped since leaf_create_tables */
			err = -ENOMEM;
			break;
		}
		from += n << PAGE_SHIFT;
		to += n << PAGE_SHIFT;
	}
	vmspace_leave(vm);
	return err;
}
