// SPDX-License-Identifier: MPL-2.0
/*
 * A page of free slots that goes back and comes again (frame/mm/trim.c, group.c), while another
 * hart writes and reads through pointers to a slot in it.
 *
 *   hart 0    pool_trim: the entry becomes that of the page of zeroes, all TLBs are flushed, the
 *             page is freed, and its next owner writes to it. Then pool_remap under pool.lock: a
 *             new page, unless one is there again; a flush; the slot is published, and a service
 *             passes the pointer on by a plain store
 *   hart 1    a write through a stale pointer, at any moment (a service that is wrong, or the
 *             compare-and-swap of obj_tryget). If it finds the page of zeroes, it faults:
 *             pool_write_fault, then the same write again. Then a read through the new pointer
 *   walker    hart 1's page walker, at any moment: it fills the TLB
 *
 * No write reaches the old page after it is another's. Who has the new pointer sees the slot's new
 * life, not the page of zeroes. The page of zeroes is never written.
 *
 * A remote flush is done by firmware (riscv64) or in an NMI (x86_64) between two instructions of
 * hart 1. Its acknowledgement is a release: what hart 1 has stored before is visible then.
 *
 * variant RIGHT: holds
 * variant FREE_BEFORE_FLUSH: finds mem[3]==2
 * variant NO_FLUSH_AT_TRIM: finds mem[3]==2
 * variant STORES_IN_FLIGHT: finds mem[3]==2
 * variant NO_FLUSH_AT_REMAP: finds entry==home
 * variant REVIVE_WITHOUT_LOCK: finds entry==home
 * variant LIFE_NO_RELEASE: finds field!=0
 */
#define HARTS 2
#define WORDS 6
#define ENTRY     0     /* the page that is mapped: its word */
#define LOCK_WORD 1     /* pool.lock */
#define POINTER   2     /* 1: passed on */
#define OLD       3     /* a field of the slot, in the page that goes back */
#define NEW       4     /* in the page of pool_remap */
#define BACK      5     /* in the page of pool_write_fault */
#define ZEROES    6     /* the page of zeroes has no word: it is never written */
#include "weak.h"

byte tlb;               /* hart 1's: as ENTRY, 0: none */
byte home;              /* the page that the slot's new life is in */

inline flush(me)
{
	FENCE(me);
	atomic {
#ifndef STORES_IN_FLIGHT
		RELEASE(1);
#endif
		tlb = 0;
		ACQUIRE(1)
	}
}

proctype trims(byte me)
{
	byte page;

	ST(me, ENTRY, ZEROES);
#ifdef FREE_BEFORE_FLUSH
	RELEASE(me);
	ST(me, OLD, 2);
#endif
#ifndef NO_FLUSH_AT_TRIM
	flush(me);
#endif
#ifndef FREE_BEFORE_FLUSH
	ST(me, OLD, 2);         /* its next owner's */
#endif
	LOCK(me, LOCK_WORD);
	LD(me, ENTRY, page);
	if
	:: page == ZEROES ->
		page = NEW;
		RELEASE(me);
		ST(me, ENTRY, NEW)
	:: else
	fi;
#ifndef NO_FLUSH_AT_REMAP
	flush(me);
#endif
	home = page;
	UNLOCK(me, LOCK_WORD);
	ST(me, page, 5);
#ifndef LIFE_NO_RELEASE
	RELEASE(me);            /* slot_publish */
#endif
	ST(me, POINTER, 1)
}

/* On hart 1: the fault, and pool_write_fault. */
inline revive(me)
{
#ifndef REVIVE_WITHOUT_LOCK
	LOCK(me, LOCK_WORD);
#endif
	LD(me, ENTRY, entry);
	if
	:: entry == ZEROES ->
		RELEASE(me);
		ST(me, ENTRY, BACK)
	:: else
	fi;
#ifndef REVIVE_WITHOUT_LOCK
	UNLOCK(me, LOCK_WORD);
#endif
	FENCE(me);
	tlb = 0
}

proctype uses(byte me)
{
	byte entry, field, got;

	/* The write that is late. */
	do
	:: atomic {
		tlb != 0 && tlb != ZEROES -> ST(me, tlb, 1); break
	}
	:: atomic { tlb == ZEROES -> tlb = 0 };
		revive(me)
	od;
	/* The new pointer. */
	do
	:: LD_ADDR(me, POINTER, got, NEW, BACK);
		if
		:: got -> break
		:: else
		fi
	od;
	atomic { tlb != 0 -> entry = tlb };
	assert(entry == home);
	LD(me, entry, field);
	assert(field != 0)
}

/* The load of a field comes after the entry that shows where it is. */
proctype walker(byte me)
{
	byte e;

end:	do
	:: atomic {
		tlb == 0 -> LD_ADDR(me, ENTRY, e, NEW, BACK);
		tlb = e
	}
	od
}

init {
	atomic {
		SET_ALL(ENTRY, OLD);
		SET_ALL(OLD, 1);
		run hart(0);
		run hart(1);
		run trims(0);
		run uses(1);
		run walker(1)
	}
	atomic { timeout -> assert(mem[OLD] == 2) }
}
