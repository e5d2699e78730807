// SPDX-License-Identifier: MPL-2.0
/*
 * Cursors over an address space (frame/vmspace.h).
 *
 * A cursor holds a use of the space from open to close, and the lock of the leaf table at its
 * position. A cursor that was never opened, or is closed, traps.
 */
#include <frame/log.h>

#include "walk.h"

static void cursor_check_open(const struct vm_cursor *c)
{
	if (unlikely(!c->_open))
		_kernel_panic("use of a page-table cursor that is not open");
}

static void cursor_unlock(struct vm_cursor *c)
{
	if (c->_table)
		leaf_unlock(c->_table);
	c->_table = NULL;
}

/*
 * Flushes the TLBs for the noted range and drops the gathered page counts. Dropping counts needs no
 * leaf lock.
 */
static void cursor_flush(struct vm_cursor *c)
{
	if (c->_flush_hi > c->_flush_lo)
		tlb_flush(c->_vm, c->_flush_lo, c->_flush_hi);
	page_release_many(c->_gather, c->_nr_gather);
	c->_nr_gather = 0;
	c->_flush_lo = ~0ul;
	c->_flush_hi = 0;
}

static void cursor_note_flush(struct vm_cursor *c, u64 va)
{
	c->_flush_lo = min(c->_flush_lo, va);
	c->_flush_hi = max(c->_flush_hi, va + PAGE_SIZE);
}

static void cursor_gather(struct vm_cursor *c, struct page *p, u64 va)
{
	cursor_note_flush(c, va);
	c->_gather[c->_nr_gather++] = p;
	if (c->_nr_gather == ARRAY_LEN(c->_gather))
		cursor_flush(c);
}

/* Locks @leaf, if there is one, and returns the entry at the position in it. */
static pte_t *cursor_lock_leaf(struct vm_cursor *c, pte_t *leaf)
{
	if (!leaf)
		return NULL;
	leaf_lock(leaf);
	c->_table = leaf;
	return leaf + pt_index(c->_pos, 0);
}

/*
 * The entry at the position, its table locked. NULL: there is no table, or no memory for one with
 * @create.
 */
static pte_t *cursor_entry(struct vm_cursor *c, bool create)
{
	if (c->_table)
		return (pte_t *)c->_table + pt_index(c->_pos, 0);
	return cursor_lock_leaf(c,
		create ? walk_leaf_create(c->_vm, c->_pos) : walk_leaf(c->_vm, c->_pos));
}

static void cursor_move(struct vm_cursor *c, u64 va)
{
	if (va / LEAF_SPAN != c->_pos / LEAF_SPAN)
		cursor_unlock(c);
	c->_pos = va;
}

/*
 * As cursor_entry(c, false). If there is no table, moves the position past the hole, or to @stop.
 */
static pte_t *cursor_entry_or_skip(struct vm_cursor *c, u64 stop)
{
	pte_t *e;
	u64 next;

	if (c->_table)
		return (pte_t *)c->_table + pt_index(c->_pos, 0);
	e = cursor_lock_leaf(c, walk_leaf_next(c->_vm, c->_pos, &next));
	if (!e)
		cursor_move(c, min(next, stop));
	return e;
}

int vm_cursor_open(struct vm_cursor *c, struct vmspace *vm, u64 start, u64 end)
{
	if (c->_open)
		_kernel_panic("a page-table cursor is opened twice");
	if (((start | end) & PAGE_MASK) || start < VM_USER_MIN || end > VM_USER_MAX || start >= end)
		return -EINVAL;
	vmspace_enter(vm);
	c->_vm = vm;
	c->_pos = start;
	c->_start = start;
	c->_end = end;
	c->_table = NULL;
	c->_nr_gather = 0;
	c->_flush_lo = ~0ul;
	c->_flush_hi = 0;
	c->_open = 1;
	return 0;
}

void vm_cursor_close(struct vm_cursor *c)
{
	cursor_check_open(c);
	cursor_unlock(c);
	cursor_flush(c);
	c->_open = 0;
	vmspace_leave(c->_vm);
}

void vm_cursor_seek(struct vm_cursor *c, u64 va)
{
	cursor_check_open(c);
	if ((va & PAGE_MASK) || va < c->_start || va > c->_end)
		_kernel_panic("a page-table cursor leaves its range");
	cursor_move(c, va);
}

u64 vm_cursor_pos(const struct vm_cursor *c)
{
	return c->_pos;
}

bool vm_cursor_get(struct vm_cursor *c, struct vm_entry *out)
{
	pte_t *e;

	cursor_check_open(c);
	if (c->_pos >= c->_end)
		return false;
	e = cursor_entry(c, false);
	if (!e || !pte_present(*e))
		return false;
	*out = (struct vm_entry){
		.va = c->_pos, .page = page_from_paddr(pte_paddr(*e)), .prot = pte_user_prot(*e)
	};
	return true;
}

bool vm_cursor_next(struct vm_cursor *c, struct vm_entry *out)
{
	cursor_check_open(c);
	while (c->_pos < c->_end) {
		if (!cursor_entry_or_skip(c, c->_end))
			continue;
		if (vm_cursor_get(c, out))
			return true;
		cursor_move(c, c->_pos + PAGE_SIZE);
	}
	return false;
}

int vm_cursor_map(struct vm_cursor *c, struct page *page, u32 prot)
{
	pte_t *e;
	int err;

	cursor_check_open(c);
	if (c->_pos >= c->_end)
		return -ERANGE;
	if (!(prot & 7))
		return -EINVAL;
	e = cursor_entry(c, true);
	if (!e)
		return -ENOMEM;
	if (pte_present(*e))
		return -EEXIST;
	err = page_hold_for_entry(page);
	if (unlikely(err))
		return err;
	/* TRUST: the hold above belongs to this entry. */
	store_once(*e, pte_user_leaf(page_pa(page), prot));
	vmspace_count_mapped(c->_vm, 1);
	cursor_note_flush(c, c->_pos);
	cursor_move(c, c->_pos + PAGE_SIZE);
	return 0;
}

u64 vm_cursor_unmap(struct vm_cursor *c, u64 len)
{
	u64 stop, n = 0;

	cursor_check_open(c);
	stop = c->_pos + min(round_down(len, PAGE_SIZE), c->_end - c->_pos);
	while (c->_pos < stop) {
		pte_t *e = cursor_entry_or_skip(c, stop);
		if (!e)
			continue;
		if (pte_present(*e)) {
			struct page *p = page_from_paddr(pte_paddr(*e));
			store_once(*e, 0);
			cursor_gather(c, p, c->_pos);
			n++;
		}
		cursor_move(c, c->_pos + PAGE_SIZE);
	}
	vmspace_count_mapped(c->_vm, -(s64)n);
	return n;
}
