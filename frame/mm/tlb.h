// SPDX-License-Identifier: MPL-2.0
/* Address spaces inside frame/mm: the object, and what must be flushed where. */
#ifndef FRAME_MM_TLB_H
#define FRAME_MM_TLB_H

#include "../handle.h"
#include "page.h"

/*
 * A user address space. cpus: CPUs whose TLBs may hold translations of its ASID. active: CPUs that
 * run on its root now. A flush goes at once to the active ones; the others get a mark in stale and
 * flush before they use the root again.
 */
struct vmspace {
	struct handle handle;
	paddr_t root;
	u64 asid;                 /* 0: none of its own, flushed at each activation */
	u64 active;               /* atomic */
	u64 cpus;                 /* atomic */
	u64 stale;                /* atomic */
	u64 nr_mapped, nr_tables; /* atomic; 64 bits are more than memory holds entries */
};

/* Forgets [start, end) everywhere before the caller drops the counts of what was mapped there. */
void tlb_flush(struct vmspace *vm, u64 start, u64 end);
u64 asid_alloc(void);
void asid_free(u64 asid);
/* Makes all CPUs leave the root, and no TLB remember it. */
void tlb_retire(struct vmspace *vm);

#endif
