// SPDX-License-Identifier: MPL-2.0
/*
 * The lock of a leaf page table (frame/mm/vmspace.c: leaf_lock, leaf_unlock) and what it guards:
 * each hold of a page is dropped once.
 *
 *   hart 0    vmspace_replace: under the lock it finds page A in the entry, writes page B; after
 *             the flush page_release(A)
 *   hart 1    vmspace_unmap: under the lock it gathers what the entry names, writes 0; after the
 *             flush page_release of that page
 *   hart 2    vmspace_map: under the lock, only if there is nothing, it takes a hold of page C and
 *             writes it
 *
 * `holds` counts the frame's holds of each page. It changes with AMOs, so it is no part of the weak
 * memory.
 *
 * variant RIGHT: holds
 * variant NO_ACQUIRE: finds holds
 * variant NO_RELEASE: finds holds
 */
#define HARTS 3
#define WORDS 2
#define LOCK_WORD 0
#define ENTRY     1
#include "weak.h"

#define A 1
#define B 2
#define C 3
byte holds[4];

inline leaf_lock(me)
{
	atomic {
		!waits[IX(me, LOCK_WORD)] && mem[LOCK_WORD] == 0 -> mem[LOCK_WORD] = 1;
		AMO_END(me, LOCK_WORD);
#ifndef NO_ACQUIRE
		ACQUIRE(me)
#endif
	}
}

inline leaf_unlock(me)
{
#ifndef NO_RELEASE
	RELEASE(me);
#endif
	ST(me, LOCK_WORD, 0)
}

inline page_release(page)
{
	atomic {
		assert(holds[page] > 0);
		holds[page]--
	}
}

proctype replaces(byte me)
{
	byte e;

	leaf_lock(me);
	LD(me, ENTRY, e);
	if
	:: e == A ->
		holds[B]++;
		ST(me, ENTRY, B);
		leaf_unlock(me);
		FENCE(me);      /* tlb_flush */
		page_release(A)
	:: else ->
		leaf_unlock(me)
	fi
}

proctype unmaps(byte me)
{
	byte e;

	leaf_lock(me);
	LD(me, ENTRY, e);
	if
	:: e != 0 ->
		ST(me, ENTRY, 0);
		leaf_unlock(me);
		FENCE(me);
		page_release(e)
	:: else ->
		leaf_unlock(me)
	fi
}

proctype maps(byte me)
{
	byte e;

	leaf_lock(me);
	LD(me, ENTRY, e);
	if
	:: e == 0 ->
		holds[C]++;
		ST(me, ENTRY, C)
	:: else
	fi;
	leaf_unlock(me)
}

init {
	atomic {
		SET_ALL(ENTRY, A);
		holds[A] = 1;
		run hart(0);
		run hart(1);
		run hart(2);
		run replaces(0);
		run unmaps(1);
		run maps(2)
	}
	/* In the end a page is held if and only if the entry names it. */
	atomic {
		timeout ->
		assert(holds[A] == (mem[ENTRY] == A) && holds[B] == (mem[ENTRY] == B) &&
			holds[C] == (mem[ENTRY] == C))
	}
}
