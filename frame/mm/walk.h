// SPDX-License-Identifier: MPL-2.0
/* The walk of user page tables, shared by vmspace.c, range.c and cursor.c. */
#ifndef FRAME_MM_WALK_H
#define FRAME_MM_WALK_H

#include "tlb.h"

#define LEAF_SPAN (1ul << ARCH_PT_SHIFT(1)) /* what one leaf table covers */

static inline unsigned pt_index(u64 va, unsigned level)
{
	return va >> ARCH_PT_SHIFT(level) & 511;
}

/*
 * The leaf table that covers @va: NULL if there is none / if memory for it is out. @next: the end
 * of what it covers, or of the hole, which may be that of a table above.
 */
pte_t *walk_leaf_next(struct vmspace *vm, u64 va, u64 *next);
static inline pte_t *walk_leaf(struct vmspace *vm, u64 va)
{
	u64 next;

	return walk_leaf_next(vm, va, &next);
}
pte_t *walk_leaf_create(struct vmspace *vm, u64 va);
/* The lock of a leaf table's entries. */
void leaf_lock(pte_t *leaf);
void leaf_unlock(pte_t *leaf);
void count_mapped(struct vmspace *vm, s64 n);
void vmspace_destroy(struct vmspace *vm);

#endif
