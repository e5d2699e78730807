// SPDX-License-Identifier: MPL-2.0
/*
 * Cursors over an address space (frame/vmspace.h).
 *
 * A cursor holds a reference on the space from open to close and the lock of the leaf table it
 * stands on. A cursor that was never opened, or is closed, traps.
 */
#include <frame/log.h>

#include "walk.h"

static void check_open(const struct vm_cursor *c)
{
	if (unlikely(!c->_open))
		_kernel_panic("use of a page-table cursor that is not open");
}

static void let_go(struct vm_cursor *c)
{
	if (c->_table)
		leaf_unlock(c->_table);
	c->_table = NULL;
}

/* Flushes and drops what has been gathered. Unlocks: releasing pages needs no leaf lock. */
static void flush_gather(struct vm_cursor *c)
{
	if (c->_flush_hi > c->_flush_lo)
		tlb_flush(c->_vm, c->_flush_lo, c->_flush_hi);
	page_release_many(c->_gather, c->_nr_gather);
	c->_nr_gather = 0;
	c->_flush_lo = ~0ul;
	c->_flush_hi = 0;
}

static void note_flush(struct vm_cursor *c, u64 va)
{
	c->_flush_lo = min(c->_flush_lo, va);
	c->_flush_hi = max(c->_flush_hi, va + PAGE_SIZE);
}

static void gather(struct vm_cursor *c, struct page *p, u64 va)
{
	note_flush(c, va);
	c->_gather[c->_nr_gather++] = p;
	if (c->_nr_gather == ARRAY_LEN(c->_gather))
		flush_gather(c);
}

/* The position stands on @leaf, if there is one: its entry there, locked. */
static pte_t *stand_on(struct vm_cursor *c, pte_t *leaf)
{
	if (!leaf)
		return NULL;
	leaf_lock(leaf);
	c->_table = leaf;
	return leaf + pt_index(c->_pos, 0);
}

/*
 * The entry at the position, its table locked; NULL when there is no table (or memory for one with
 * @create is out).
 */
static pte_t *entry(struct vm_cursor *c, bool create)
{
	if (c->_table)
		return (pte_t *)c->_table + pt_index(c->_pos, 0);
	return stand_on(c, create ? walk_leaf_create(c->_vm, c->_pos) : walk_leaf(c->_vm, c->_pos));
}

static void move_to(struct vm_cursor *c, u64 va)
{
	if (va / LEAF_SPAN != c->_pos / LEAF_SPAN)
		let_go(c);
	c->_pos = va;
}

/* As entry(c, false); without a table there the position moves behind the hole, or to @stop. */
static pte_t *entry_or_skip(struct vm_cursor *c, u64 stop)
{
	pte_t *e;
	u64 next;

	if (c->_table)
		return (pte_t *)c->_table + pt_index(c->_pos, 0);
	e = stand_on(c, walk_leaf_next(c->_vm, c->_pos, &next));
	if (!e)
		move_to(c, min(next, stop));
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
	check_open(c);
	let_go(c);
	flush_gather(c);
	c->_open = 0;
	vmspace_leave(c->_vm);
}

void vm_cursor_seek(struct vm_cursor *c, u64 va)
{
	check_open(c);
	if ((va & PAGE_MASK) || va < c->_start || va > c->_end)
		_kernel_panic("a page-table cursor leaves its range");
	move_to(c, va);
}

u64 vm_cursor_pos(const struct vm_cursor *c)
{
	return c->_pos;
}

bool vm_cursor_get(struct vm_cursor *c, struct vm_entry *out)
{
	pte_t *e;

	check_open(c);
	if (c->_pos >= c->_end)
		return false;
	e = entry(c, false);
	if (!e || !pte_present(*e))
		return false;
	*out = (struct vm_entry){
		.va = c->_pos, .page = page_from_paddr(pte_paddr(*e)), .prot = pte_user_prot(*e)
	};
	return true;
}

bool vm_cursor_next(struct vm_cursor *c, struct vm_entry *out)
{
	check_open(c);
	while (c->_pos < c->_end) {
		if (!entry_or_skip(c, c->_end))
			continue;
		if (vm_cursor_get(c, out))
			return true;
		move_to(c, c->_pos + PAGE_SIZE);
	}
	return false;
}

int vm_cursor_map(struct vm_cursor *c, struct page *page, u32 prot)
{
	pte_t *e;

	check_open(c);
	if (c->_pos >= c->_end)
		return -ERANGE;
	if (!(prot & 7))
		return -EINVAL;
	e = entry(c, true);
	if (!e)
		return -ENOMEM;
	if (pte_present(*e))
		return -EEXIST;
	if (!page_hold(page))
		_kernel_panic("mapping of a page that is not live");
	/* TRUST: the hold above belongs to this entry. */
	store_once(*e, pte_user_leaf(page_pa(page), prot));
	count_mapped(c->_vm, 1);
	note_flush(c, c->_pos);
	move_to(c, c->_pos + PAGE_SIZE);
	return 0;
}

u64 vm_cursor_unmap(struct vm_cursor *c, u64 len)
{
	u64 stop, n = 0;

	check_open(c);
	stop = c->_pos + min(round_down(len, PAGE_SIZE), c->_end - c->_pos);
	while (c->_pos < stop) {
		pte_t *e = entry_or_skip(c, stop);
		if (!e)
			continue;
		if (pte_present(*e)) {
			struct page *p = page_from_paddr(pte_paddr(*e));
			store_once(*e, 0);
			gather(c, p, c->_pos);
			n++;
		}
		move_to(c, c->_pos + PAGE_SIZE);
	}
	count_mapped(c->_vm, -(s64)n);
	return n;
}
