// SPDX-License-Identifier: MPL-2.0
/*
 * A pool slot that is freed and lives again (frame/mm/pool.c, frame/include/frame/obj.h), seen
 * through a stale pointer.
 *
 *   hart 0    the holder of the first life: writes the body, _obj_put; the last put is followed by
 *             _obj_last_put, which puts the slot on the pool's list under pool.lock
 *   hart 1    _obj_alloc: slot_take from the list, slot_zero, slot_publish (store_release of the
 *             count), then writes the second life's body
 *   hart 2    a holder of a pointer without a reference: _obj_tryget; after it, it reads the body
 *             and puts
 *
 * Whoever gets a reference by tryget sees the body of the life that the reference is of: never what
 * the body was in a life before. A slot is never handed out twice at a time. A count of zero never
 * leaves zero but by slot_publish.
 *
 * variant RIGHT: holds
 * variant TRYGET_NO_ACQUIRE: finds body!=1
 * variant LIFE_NO_RELEASE: finds body!=1
 * variant PUT_NO_RELEASE: finds body==
 * variant PUT_NO_ACQUIRE: finds body==
 * variant TRYGET_FROM_ZERO: finds body!=1
 */
#define HARTS 3
#define WORDS 4
#define LOCK_WORD 0
#define REFS      1
#define BODY      2     /* 0: zeroed, 1: of the first life, 2: of the second */
#define FREE      3     /* the pool's list: 1, the slot is on it */
#include "weak.h"

bool first_over;        /* the first life's count has reached zero */
bool first_is_free;
byte users;             /* lives of the slot at the moment */

inline last_put(me)
{
	LD(me, BODY, body);     /* the release function */
	assert(body == 1 + first_is_free);
	LOCK(me, LOCK_WORD);
	first_is_free = true;
	users--;
	ST(me, FREE, 1);
	UNLOCK(me, LOCK_WORD)
}

inline put(me)
{
#ifndef PUT_NO_RELEASE
	RELEASE(me);
#endif
	atomic {
		AMO_BEGIN(me, REFS);
		old = mem[REFS];
		mem[REFS] = old - 1;
		first_over = first_over || old == 1;
		AMO_END(me, REFS)
	}
#ifndef PUT_NO_ACQUIRE
	ACQUIRE(me);
#endif
	assert(old > 0);
	if
	:: old == 1 -> last_put(me)
	:: else
	fi
}

proctype first_holder(byte me)
{
	byte old, body;

	ST(me, BODY, 1);
	put(me)
}

proctype allocates(byte me)
{
	byte found, old, body;

	do
	:: LOCK(me, LOCK_WORD);
		LD(me, FREE, found);
		if
		:: found -> ST(me, FREE, 0)
		:: else
		fi;
		UNLOCK(me, LOCK_WORD);
		if
		:: found -> break
		:: else
		fi
	od;
	assert(users == 0);
	users++;
	ST(me, BODY, 0);
#ifndef LIFE_NO_RELEASE
	RELEASE(me);
#endif
	ST(me, REFS, 1);
	ST(me, BODY, 2);
	LD(me, BODY, body);
	assert(body == 2);
	put(me)
}

proctype stale(byte me)
{
	byte old, body;
	bool old_life;

	atomic {
		AMO_BEGIN(me, REFS);
		old = mem[REFS];
#ifdef TRYGET_FROM_ZERO
		mem[REFS] = old + 1;
#else
		if
		:: old > 0 -> mem[REFS] = old + 1
		:: else
		fi;
#endif
		old_life = !first_over;
		AMO_END(me, REFS)
	}
#ifdef TRYGET_FROM_ZERO
	old = 1;
#endif
	if
	:: old > 0 ->
#ifndef TRYGET_NO_ACQUIRE
		ACQUIRE(me);
#endif
		LD(me, BODY, body);
		if
		:: old_life
		:: else -> assert(body != 1)
		fi;
		put(me)
	:: else
	fi
}

init {
	atomic {
		SET_ALL(REFS, 1);
		users = 1;
		run hart(0);
		run hart(1);
		run hart(2);
		run first_holder(0);
		run allocates(1);
		run stale(2)
	}
	atomic { timeout -> assert(users == 0 && mem[REFS] == 0 && mem[FREE] == 1) }
}
