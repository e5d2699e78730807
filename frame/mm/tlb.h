// SPDX-License-Identifier: MPL-2.0
/* Address spaces inside frame/mm: the object, and the TLB flushes. */
#ifndef FRAME_MM_TLB_H
#define FRAME_MM_TLB_H

#include "../handle.h"
#include "page.h"

/*
 * A user address space. cpus: the CPUs whose TLBs may hold translations of its ASID. active: the
 * CPUs that run on its root now. A flush reaches the active CPUs at once; it marks the others in
 * stale, and they flush before they use the root again.
 */
struct vmspace {
	struct handle handle;
	paddr_t root;
	u64 asid;                 /* 0: it has no ASID of its own; flushed at each activation */
	u64 active;               /* atomic */
	u64 cpus;                 /* atomic */
	u64 stale;                /* atomic */
	u64 nr_mapped, nr_tables; /* atomic; memory holds fewer entries than 64 bits count */
};

/*
 * Drops the translations of [start, end) on all CPUs. The caller drops the counts of the pages that
 * were mapped there afterwards.
 */
void tlb_flush(struct vmspace *vm, u64 start, u64 end);
u64 asid_alloc(void);
void asid_free(u64 asid);
/* Makes all CPUs leave the root and drop its translations; frees the ASID. */
void tlb_retire(struct vmspace *vm);

#endif
