// SPDX-License-Identifier: MPL-2.0
/*
 * Address spaces: one user page-table tree each, changed through cursors.
 *
 * A cursor covers [start, end) and owns the lock of the part of the tree it stands on (a leaf
 * table: 2 MiB), so cursors on disjoint ranges run in parallel. Every mapping holds a frame count
 * of its page. A mapping that is removed or narrowed is flushed from the TLBs of all CPUs before
 * the count is dropped; flushes are batched until vm_cursor_close.
 *
 * Addresses are user addresses, page aligned; anything outside [VM_USER_MIN, VM_USER_MAX) gives
 * -EINVAL. Context: task, may not sleep while a cursor is open (spinlock). Which CPUs hold which
 * ASID, and A/D bits, are the frame's business.
 * Trust: no leaf maps a page without a frame count; a cleared leaf is flushed before the put;
 * tables are freed with the space.
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

/* An empty address space with one reference, or NULL. */
struct vmspace *vmspace_new(void);
/* One more reference, returns vm. Traps on a space without references. */
struct vmspace *vmspace_get(struct vmspace *vm);
/*
 * The last put unmaps everything. Clears the variable. May take long; context: task (the last one
 * traps in others).
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
	void *_table; /* locked leaf table that covers _pos, or NULL */
	u64 _flush_lo, _flush_hi;
	u32 _nr_gather;
	u32 _open;
	struct page *_gather[32]; /* counts to drop after the flush */
};

/* Opens at @start. -EINVAL for a bad range. Must be closed on every path. */
int must_check vm_cursor_open(struct vm_cursor *c, struct vmspace *vm, u64 start, u64 end);
/* Flushes what is due, drops the counts, unlocks. */
void vm_cursor_close(struct vm_cursor *c);
/* Moves to @va inside the range (traps outside). */
void vm_cursor_seek(struct vm_cursor *c, u64 va);
/* Where it stands. */
u64 vm_cursor_pos(const struct vm_cursor *c);
/* The mapping at the position; false when there is none. Does not move. */
bool vm_cursor_get(struct vm_cursor *c, struct vm_entry *out);
/*
 * Moves to the next mapped page at or after the position and describes it; false (position = end)
 * when there is none.
 */
bool vm_cursor_next(struct vm_cursor *c, struct vm_entry *out);
/*
 * Maps @page at the position and moves on by one page. -EEXIST when something is mapped there,
 * -ENOMEM, -ERANGE at the end.
 */
int must_check vm_cursor_map(struct vm_cursor *c, struct page *page, u32 prot);
/* Removes the mappings of the next @len bytes; moves past them. Returns how many there were. */
u64 vm_cursor_unmap(struct vm_cursor *c, u64 len);

/* The common cases in one call each; all flush before they return. */

/*
 * Maps @page at @va unless something is mapped there (-EEXIST). -ENOMEM, -EINVAL. The fast path of
 * a page fault.
 */
int must_check vmspace_map(struct vmspace *vm, u64 va, struct page *page, u32 prot);
/*
 * If @old is mapped at @va, replaces it (old == page: only the rights change). -ENOENT when it is
 * not.
 */
int must_check vmspace_replace(struct vmspace *vm, u64 va, struct page *old, struct page *page,
	u32 prot);
/* Removes what is mapped in the range. A range that is not the user's is cut to it. */
void vmspace_unmap(struct vmspace *vm, u64 start, u64 end);
/*
 * Sets the rights of what is mapped in the range; 0: kept but not accessible. Pages mapped without
 * VM_WRITE get it only when @may_write, so that copy on write survives mprotect.
 */
void vmspace_protect(struct vmspace *vm, u64 start, u64 end, u32 prot, bool may_write);
/*
 * Makes this CPU forget what it remembers of @va: after a fault on a page that is mapped with the
 * rights that were wanted. Nothing is mapped.
 */
void vmspace_forget(struct vmspace *vm, u64 va);
/* What is mapped at @va; false: nothing. */
bool vmspace_lookup(struct vmspace *vm, u64 va, struct vm_entry *out);
/*
 * Fork: maps in @dst what @src maps in [start, end), shared; with @cow writable pages become
 * read-only in both. -ENOMEM: dst is partial.
 */
int must_check vmspace_share(struct vmspace *dst, struct vmspace *src, u64 start, u64 end,
	bool cow);
/*
 * Moves the mappings of [from, from+len) to [to, ...); both ranges page aligned, disjoint, target
 * empty (a page whose place is taken is unmapped). -ENOMEM: nothing is moved, but for what others
 * map in the range meanwhile.
 */
int must_check vmspace_move(struct vmspace *vm, u64 from, u64 to, u64 len);
/* Number of pages mapped / of page-table pages. */
u64 vmspace_nr_mapped(const struct vmspace *vm);
u64 vmspace_nr_tables(const struct vmspace *vm);

#endif
