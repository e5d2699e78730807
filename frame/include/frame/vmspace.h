// SPDX-License-Identifier: MPL-2.0
/*
 * Address spaces: one user page-table tree each, changed through cursors.
 *
 * A cursor covers [start, end) and owns the lock of the leaf table (2 MiB) at its position, so
 * cursors on disjoint ranges run in parallel. Every mapping holds a frame count of its page. A
 * mapping that is removed or narrowed is flushed from the TLBs of all CPUs before the count is
 * dropped; flushes are batched until vm_cursor_close.
 *
 * Page tables are user memory (PAGE_USER): what returns -ENOMEM has found no page for one, and the
 * kernel's reserve is still there.
 *
 * Addresses are user addresses, page aligned; anything outside [VM_USER_MIN, VM_USER_MAX) gives
 * -EINVAL. The frame alone knows which CPU holds which ASID, and manages A/D bits.
 *
 * Context: task; must not sleep while a cursor is open (spinlock).
 * Trust: no leaf maps a page without a frame count; a cleared leaf is flushed before the put;
 *        tables are freed with the space.
 * Source: frame/mm/vmspace.c, frame/mm/cursor.c (vm_cursor_*), frame/mm/range.c (unmap, protect,
 *         share, move).
 */
#ifndef FRAME_VMSPACE_H
#define FRAME_VMSPACE_H

#include <frame/page.h>
#include <frame/types.h>

#include <frame_arch/vm.h> /* VM_USER_MIN, VM_USER_MAX */

struct vmspace;

enum vm_prot {
	VM_READ = 1,
	VM_WRITE = 2, /* implies READ on both architectures */
	VM_EXEC = 4,
};

/* Returns an empty address space with one reference, or NULL when memory is out. */
struct vmspace *vmspace_new(void);
/* Takes a reference and returns @vm. Traps on a space without references. */
struct vmspace *vmspace_get(struct vmspace *vm);
/*
 * Drops the reference in the variable and clears the variable. The last put unmaps everything,
 * which may take long, and lets others run meanwhile. Context: task (the last put traps in others),
 * no spinlock held.
 */
void vmspace_put(struct vmspace **vp);

struct vm_entry {
	u64 va;
	struct page *page; /* borrowed: take a reference (page_tryget) to keep it */
	u32 prot;
};

struct FRAME_LOCAL vm_cursor {
	struct vmspace *_vm;
	u64 _pos, _start, _end;
	void *_table; /* the locked leaf table that covers _pos, or NULL */
	u64 _flush_lo, _flush_hi;
	u32 _nr_gather;
	u32 _open;
	struct page *_gather[32]; /* frame counts to drop after the flush */
};

/* Opens a cursor at @start. Returns 0, or -EINVAL for a bad range. Close it on every path. */
int must_check vm_cursor_open(struct vm_cursor *c, struct vmspace *vm, u64 start, u64 end);
/* Flushes the pending range, drops the gathered counts, unlocks. */
void vm_cursor_close(struct vm_cursor *c);
/* Moves to @va (traps outside the range). */
void vm_cursor_seek(struct vm_cursor *c, u64 va);
/* The address at which the cursor stands. */
u64 vm_cursor_pos(const struct vm_cursor *c);
/* Describes the mapping at the position; false: there is none. Does not move. */
bool vm_cursor_get(struct vm_cursor *c, struct vm_entry *out);
/*
 * Moves to the next mapped page at or after the position and describes it. Returns false and moves
 * to the end when there is none.
 */
bool vm_cursor_next(struct vm_cursor *c, struct vm_entry *out);
/*
 * Maps @page at the position and moves on by one page. Returns 0, -EEXIST when a page is mapped
 * there, -ENOMEM, -EOVERFLOW as vmspace_map does, or -ERANGE at the end of the range.
 */
int must_check vm_cursor_map(struct vm_cursor *c, struct page *page, u32 prot);
/* Removes the mappings of the next @len bytes and moves past them. Returns the number removed. */
u64 vm_cursor_unmap(struct vm_cursor *c, u64 len);

/* The common cases in one call each; all flush before they return. */

/*
 * Maps @page at @va: the fast path of a page fault. Returns 0, -EEXIST when a page is mapped there,
 * -ENOMEM, -EINVAL, or -EOVERFLOW when the page has 2^30 mappings.
 */
int must_check vmspace_map(struct vmspace *vm, u64 va, struct page *page, u32 prot);
/*
 * If @old is mapped at @va, replaces it by @page (@old == @page: only the rights change). Returns
 * 0, -ENOENT when @old is not mapped there, -EINVAL, or -EOVERFLOW as vmspace_map does.
 */
int must_check vmspace_replace(struct vmspace *vm, u64 va, struct page *old, struct page *page,
	u32 prot);
/* Removes the mappings of the range. A range that leaves the user range is cut to it. */
void vmspace_unmap(struct vmspace *vm, u64 start, u64 end);
/*
 * Sets the rights of the mappings in the range; 0: the pages stay mapped but are not accessible.
 * Pages mapped without VM_WRITE get it only with @may_write, so that copy on write survives
 * mprotect.
 */
void vmspace_protect(struct vmspace *vm, u64 start, u64 end, u32 prot, bool may_write);
/*
 * Drops this CPU's translation of @va, after a fault on a page that is mapped with the rights that
 * the access needs. The page tables do not change.
 */
void vmspace_forget(struct vmspace *vm, u64 va);
/* Describes the mapping at @va; false: there is none. */
bool vmspace_lookup(struct vmspace *vm, u64 va, struct vm_entry *out);
/*
 * Fork: maps in @dst the pages that @src maps in [start, end), shared. With @cow writable pages
 * become read-only in both. Returns 0, or with @dst having some of them -ENOMEM, or -EOVERFLOW as
 * vmspace_map does.
 */
int must_check vmspace_share(struct vmspace *dst, struct vmspace *src, u64 start, u64 end,
	bool cow);
/*
 * Moves the mappings of [from, from+len) to [to, to+len). Both ranges are page aligned and
 * disjoint, and the target is empty (a page whose place is taken is unmapped). Returns 0, or
 * -ENOMEM: nothing has moved, except for mappings that others make in the range meanwhile.
 */
int must_check vmspace_move(struct vmspace *vm, u64 from, u64 to, u64 len);
/* Number of mapped pages / of page-table pages. */
u64 vmspace_nr_mapped(const struct vmspace *vm);
u64 vmspace_nr_tables(const struct vmspace *vm);

#endif
