// SPDX-License-Identifier: MPL-2.0
/*
 * A new page table becomes visible (frame/mm/vmspace.c).
 *
 *   hart 0 and 1    two threads of one address space fault in one 2 MiB range: walk_leaf_create
 *                   zero          page_alloc_frame: page_clear over a page that last held a user
 *                   program's bytes publish       the compare-and-swap of the slot in the upper
 *                   table; the loser frees its own table
 *   hart 2          a page walker: it loads the upper entry, then, at the address it found, the
 *                   leaf entry
 *
 * The walker must never find a program's old bytes as a leaf entry.
 *
 * variant RIGHT: holds
 * variant NO_RELEASE: finds leaf!=1
 */
#define HARTS 3
#define WORDS 3
#define SLOT    0   /* upper entry: 0, or 1 + the number of the table */
#define LEAF(n) (1 + (n)) /* an entry of table n: 0 none, 1 old bytes of a program */
#define TOGETHER
#include "weak.h"

#define OLD 1

proctype faults(byte me)
{
	byte e;

	LD(me, SLOT, e);
	if
	:: e == 0 ->
		ST(me, LEAF(me), 0);
#ifndef NO_RELEASE
		RELEASE(me);
#endif
		atomic {
			AMO_BEGIN(me, SLOT);
			if
			:: mem[SLOT] == 0 -> mem[SLOT] = 1 + me
			:: else
			fi;
			e = mem[SLOT];
			AMO_END(me, SLOT)
		}
		ACQUIRE(me)
	:: else
	fi
}

proctype walker(byte me)
{
	byte e, leaf;

	LD_ADDR(me, SLOT, e, LEAF(0), LEAF(1));
	if
	:: e != 0 ->
		LD(me, LEAF(e - 1), leaf);
		assert(leaf != OLD)
	:: else
	fi
}

init {
	atomic {
		SET_ALL(LEAF(0), OLD);
		SET_ALL(LEAF(1), OLD);
		run hart(0);
		run hart(1);
		run hart(2);
		run faults(0);
		run faults(1);
		run walker(2)
	}
}
