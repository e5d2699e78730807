// SPDX-License-Identifier: MPL-2.0
/*
 * Which CPU must be told that a translation has gone (frame/mm/tlb.c): the masks cpus, active and
 * stale of an address space, here the bit of one CPU in each.
 *
 *   hart 0    vmspace_unmap, twice, each time of another page at the same address: store of the
 *             entry under the leaf's lock, then tlb_flush, then the page is free
 *   hart 1    task_switch: vmspace_activate of the space; user code that touches the page;
 *             vmspace_activate(NULL), with arch_shared_asid_left; a kernel task; and again
 *   walker    hart 1's page walker, at any moment while satp holds the space's root, also between
 *             the write of satp and the flush: it fills the TLB
 *
 * A remote flush is done by firmware (riscv64) or in an NMI (x86_64) between two instructions of
 * hart 1, and hart 0 waits for it.
 *
 * No access goes through a TLB entry to a page that is free. With SHARED the space has ASID 0,
 * which is also the kernel root's: what the TLB holds can then be used by a kernel task, too, as
 * user copies of a service could do.
 *
 * variant RIGHT: holds
 * variant NO_BARRIER: finds free[tlb]
 * variant LOOK_FIRST: finds free[tlb]
 * variant MARK_LATE: finds free[tlb]
 * variant SHARED: holds
 * variant SHARED+NO_FLUSH_OF_KERNEL_ROOT: finds free[tlb]
 * variant SHARED+FLUSH_LATE: finds free[tlb]
 */
#define HARTS 2
#define WORDS 4
#define ENTRY  0        /* 0, or the number of the page it shows */
#define CPUS   1
#define ACTIVE 2
#define STALE  3
#include "weak.h"

byte tlb;               /* hart 1's TLB: the page that it remembers for the address, 0: none */
bool root;              /* hart 1's satp is the space's root */
bool free[3];

inline fetch_or(me, word)
{
	RELEASE(me);
	atomic {
		mem[word] = 1;
		AMO_END(me, word);
		ACQUIRE(me)
	}
}

inline fetch_clear(me, word, old)
{
	RELEASE(me);
	atomic {
		old = mem[word];
		mem[word] = 0;
		AMO_END(me, word);
		ACQUIRE(me)
	}
}

/* sfence.vma on hart 1: what the walker loads from now on it loads after what hart 1 has seen. */
inline sfence()
{
	d_step {
		tlb = 0;
		ACQUIRE(1)
	}
}

inline touch()
{
	assert(tlb == 0 || !free[tlb])
}

inline tlb_flush(me)
{
#ifndef NO_BARRIER
	FENCE(me);
#endif
	LD(me, CPUS, v);
	if
	:: v ->
#ifdef MARK_LATE
		FENCE(me);
		LD(me, ACTIVE, v);
		fetch_or(me, STALE);
#else
		fetch_or(me, STALE);
		LD(me, ACTIVE, v);
#endif
		if
		:: v -> sfence()
		:: else
		fi
	:: else
	fi
}

proctype unmaps(byte me)
{
	byte v;

	ST(me, ENTRY, 0);
	tlb_flush(me);
	free[1] = true;
	ST(me, ENTRY, 2);
	ST(me, ENTRY, 0);
	tlb_flush(me);
	free[2] = true
}

inline activate(me)
{
	fetch_or(me, CPUS);
#ifdef LOOK_FIRST
	fetch_clear(me, STALE, flush);
	fetch_or(me, ACTIVE);
#else
	fetch_or(me, ACTIVE);
	fetch_clear(me, STALE, flush);
#endif
	root = true;
#ifdef SHARED
	flush = 1;
#endif
	if
	:: flush -> sfence()
	:: else
	fi
}

inline activate_kernel_root(me)
{
	root = false;
#if defined(SHARED) && !defined(NO_FLUSH_OF_KERNEL_ROOT) && !defined(FLUSH_LATE)
	sfence();
#endif
	fetch_clear(me, ACTIVE, flush);
#ifdef FLUSH_LATE
	/* A kernel task that is interrupted here. */
	touch();
	sfence();
#endif
}

proctype switches(byte me)
{
	byte flush;

end:	do
	:: activate(me);
		do
		:: touch()
		:: break
		od;
		activate_kernel_root(me);
#ifdef SHARED
		touch()
#endif
	od
}

proctype walker(byte me)
{
	byte e;

end:	do
	:: atomic {
		root -> LD(me, ENTRY, e);
		tlb = e
	}
	od
}

init {
	atomic {
		SET_ALL(ENTRY, 1);
		run hart(0);
		run hart(1);
		run unmaps(0);
		run switches(1);
		run walker(1)
	}
}
