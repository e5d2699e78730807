// SPDX-License-Identifier: MPL-2.0
/*
 * An ASID that is given out again (frame/mm/tlb.c: tlb_retire, asid_free, asid_alloc,
 * vmspace_activate). Space 1 dies, space 2 gets its ASID; nothing in space 2 flushes.
 *
 *   hart 1    runs the task of space 1, then hands it to hart 0 through the run queue; it idles on
 *             the root of space 1, as the idle task does, or runs other kernel tasks, on the
 *             kernel's root, at once or later
 *   hart 0    runs the task on; it exits (user_set_vmspace(NULL)) and drops the last use:
 *             vmspace_destroy, that is tlb_retire (tlb_leave_root, ipi_call, the flush of the ASID,
 *             asid_free), then the tables are free
 *   both      at any moment after that: asid_alloc for space 2, vmspace_activate of it, its task
 *   walker    of each hart, at any moment while satp holds a user root: it fills the TLB
 *
 * An interrupt comes between two steps of a hart that has interrupts on. A remote flush is done by
 * firmware (riscv64) or in an NMI (x86_64) between any two steps, and hart 0 waits for it.
 *
 * Under the root of space 2 nothing of space 1 is found in the TLB, although both have the same
 * ASID, and no walker is in tables that are free. What the TLB holds under an ASID other than
 * satp's is not found (the kernel's root has ASID 0; tlb_flush.pml has spaces that share that).
 *
 * variant RIGHT: holds
 * variant NO_FLUSH: finds tlb[
 * variant FLUSH_ACTIVE_ONLY: finds tlb[
 * variant FLUSH_FIRST: finds tlb[
 * variant FREE_FIRST: finds tlb[
 * variant NO_CALL: finds tables_free
 * variant CALL_NOT_AWAITED: finds tables_free
 * variant ACTIVE_CLEARED_FIRST: finds tlb[
 */
#define HARTS 2
#define WORDS 6
#define ASID_LOCK 0
#define ASID_USED 1
#define CPUS      2     /* of space 1; a bit for each hart */
#define ACTIVE    3
#define RUN_QUEUE 4     /* 1: the task of space 1 is in hart 0's queue */
#define CALL      5     /* 1: hart 1 is asked to leave the root of space 1 */
#include "weak.h"

#define BIT(me) (1 << (me))

byte root[HARTS];       /* satp: 0, the kernel's root, or the space whose root it is */
byte tlb[HARTS];        /* the space whose page the TLB shows under the ASID; 0: none */
bool tables_free;       /* those of space 1 */

/* An access by user code, or of the kernel to user memory. */
inline touch(me)
{
	assert(root[me] == 0 || tlb[me] == 0 || tlb[me] == root[me])
}

inline fetch_or(me, word)
{
	RELEASE(me);
	atomic {
		mem[word] = mem[word] | BIT(me);
		AMO_END(me, word);
		ACQUIRE(me)
	}
}

inline fetch_clear(me, word)
{
	RELEASE(me);
	atomic {
		mem[word] = mem[word] & ~BIT(me);
		AMO_END(me, word);
		ACQUIRE(me)
	}
}

/*
 * vmspace_activate, with interrupts off; c->vmspace says what `root` says. The masks of space 2 are
 * left out: it has just been made, so `stale` has no bit.
 */
inline activate(me, space)
{
	if
	:: space == 1 ->
		fetch_or(me, CPUS);
		fetch_or(me, ACTIVE);
		root[me] = 1
	:: space != 1 && root[me] == 1 ->
#ifdef ACTIVE_CLEARED_FIRST
		fetch_clear(me, ACTIVE);
		root[me] = space
#else
		root[me] = space;
		fetch_clear(me, ACTIVE)
#endif
	:: else ->
		root[me] = space
	fi
}

/* ipi_handle, where a hart has interrupts on: tlb_leave_root. */
inline interrupt(me)
{
	LD(me, CALL, v);
	if
	:: me == 1 && v ->
		ACQUIRE(me);
		if
		:: root[me] == 1 -> activate(me, 0)
		:: else
		fi;
		RELEASE(me);
		ST(me, CALL, 0)
	:: else
	fi
}

inline interrupts(me)
{
	do
	:: interrupt(me)
	:: break
	od
}

/* sfence.vma of the ASID on the harts of a mask; a remote one orders its hart's loads too. */
inline flush(mask)
{
	if
	:: (mask) & BIT(0) -> d_step { tlb[0] = 0; ACQUIRE(0) }
	:: else
	fi;
	if
	:: (mask) & BIT(1) -> d_step { tlb[1] = 0; ACQUIRE(1) }
	:: else
	fi
}

inline asid_free(me)
{
	LOCK(me, ASID_LOCK);
	ST(me, ASID_USED, 0);
	UNLOCK(me, ASID_LOCK)
}

inline flush_asid(me)
{
#ifdef FLUSH_ACTIVE_ONLY
	flush(there | BIT(me))
#else
	LD(me, CPUS, v);
#ifndef NO_FLUSH
	flush(v)
#endif
#endif
}

/* On hart 0. */
inline tlb_retire(me)
{
#ifdef FREE_FIRST
	asid_free(me);
#endif
#ifdef FLUSH_FIRST
	flush_asid(me);
#endif
	LD(me, ACTIVE, there);
	ACQUIRE(me);
	there = there & ~BIT(me);
#ifndef NO_CALL
	if
	:: there ->
		RELEASE(me);
		ST(me, CALL, 1);
#ifndef CALL_NOT_AWAITED
		do
		:: LD(me, CALL, v);
			if
			:: v
			:: else -> break
			fi
		od;
		ACQUIRE(me)
#endif
	:: else
	fi;
#endif
#ifndef FLUSH_FIRST
	flush_asid(me);
#endif
#ifndef FREE_FIRST
	asid_free(me)
#endif
}

/* A space is made, and its first task runs here. @v: whether the ASID is used. */
inline next_space(me)
{
	do
	:: interrupt(me);
		LOCK(me, ASID_LOCK);
		LD(me, ASID_USED, v);
		if
		:: !v -> ST(me, ASID_USED, 1)
		:: else
		fi;
		UNLOCK(me, ASID_LOCK);
		if
		:: !v ->
			activate(me, 2);
			touch(me);
			interrupts(me);
			touch(me);
			activate(me, 0)
		:: else
		fi
	od
}

proctype first(byte me)
{
	byte v;

	activate(me, 1);
	touch(me);
	if
	:: true                 /* the idle task */
	:: activate(me, 0)
	fi;
	/* Only now: hart 0 waits for on_cpu. The task is in its queue under that queue's lock. */
	RELEASE(me);
	ST(me, RUN_QUEUE, 1);
	if
	:: true
	:: activate(me, 0)      /* another kernel task */
	fi;
	next_space(me)
}

proctype last(byte me)
{
	byte v, there;

	do
	:: LD(me, RUN_QUEUE, v);
		if
		:: v -> break
		:: else
		fi
	od;
	ACQUIRE(me);
	activate(me, 1);
	touch(me);
	activate(me, 0);
	tlb_retire(me);
	tables_free = true;
	next_space(me)
}

proctype walker(byte me)
{
end:	do
	:: atomic {
		root[me] != 0 ->
		assert(root[me] != 1 || !tables_free);
		tlb[me] = root[me]
	}
	od
}

init {
	atomic {
		SET_ALL(ASID_USED, 1);
		run hart(0);
		run hart(1);
		run last(0);
		run first(1);
		run walker(0);
		run walker(1)
	}
}
