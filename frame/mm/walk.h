// SPDX-License-Identifier: MPL-2.0
/* The walk of user page tables, shared by vmspace.c, range.c and cursor.c. */
#ifndef FRAME_MM_WALK_H
#define FRAME_MM_WALK_H

#include "tlb.h"

#define LEAF_SPAN (1ul << ARCH_PT_SHIFT(1)) /* bytes that one leaf table covers */

static inline unsigned pt_index(u64 va, unsigned level)
{
	return va >> ARCH_PT_SHIFT(level) & 511;
}

/*
 * The leaf table that covers @va: NULL if there is none / if there is no memory for it. *@next
 * becomes the end of the range that the table covers, or of the hole, which may be a hole of a
 * higher level.
 */
pte_t *walk_leaf_next(struct vmspace *vm, u64 va, u64 *next);
static inline pte_t *walk_leaf(struct vmspace *vm, u64 va)
{
	u64 next;

	return walk_leaf_next(vm, va, &next);
}
pte_t *walk_leaf_create(struct vmspace *vm, u64 va);
/* Locks / unlocks the entries of a leaf table. */
void leaf_lock(pte_t *leaf);
void leaf_unlock(pte_t *leaf);
void vmspace_count_mapped(struct vmspace *vm, s64 n);
void vmspace_destroy(struct vmspace *vm);

#endif
