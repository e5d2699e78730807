// SPDX-License-Identifier: MPL-2.0
/*
 * The count of a slot that is released, free, and live again (frame/include/frame/obj.h,
 * frame/mm/pool.c), while services with stale pointers get and put. The slot is never in the free
 * lists twice, whatever they do, so it has one owner at a time.
 *
 *   owner      twice: takes the slot from the free list, publishes a count of 1, puts it
 *   get        obj_get of a stale pointer: the count goes up first. If it was no live one, the
 *              change is undone, and the CPU stops (a trap). Otherwise the reference is put later
 *   tryget     obj_tryget of a stale pointer, and the put if it has succeeded
 *   put        a put without a reference
 *
 * All of them but the owner's publication are AMOs or compare-and-swaps of one word, so what is at
 * stake is their order in time alone. A CPU that stops does not stop the others at once, so the
 * model may end anywhere.
 *
 * variant RIGHT: holds
 * variant FREE_IS_ZERO: finds nr_listed==0
 * variant MARK_BY_STORE: finds nr_listed==0
 * variant DEAD_IS_NEAR: finds nr_listed==0
 */
#ifdef DEAD_IS_NEAR
#define DEAD 255                /* the get of one stale pointer makes it zero, the next one 1 */
#elif defined(FREE_IS_ZERO)
#define DEAD 0
#else
#define DEAD 192
#endif
#define IS_LIVE(n) ((n) >= 1 && (n) < 128)

byte refs = DEAD;
byte nr_listed = 1;             /* times that the slot is in the free lists */

inline last_put()
{
#ifdef MARK_BY_STORE
	old = refs;
	refs = DEAD;
#else
	atomic { old = refs; refs = DEAD };
#endif
	if
	:: old != 0 -> goto stop
	:: else
	fi;
	atomic { assert(nr_listed == 0); nr_listed++ }
}

inline put()
{
	atomic { old = refs; refs-- };
	if
	:: !IS_LIVE(old) -> refs++; goto stop
	:: old == 1 -> last_put()
	:: else
	fi
}

proctype owner()
{
	byte old, lives = 0;

	do
	:: lives < 2 ->
		lives++;
		atomic { nr_listed > 0 -> nr_listed-- };
		refs = 1;
		put()
	:: else -> break
	od;
stop:	skip
}

proctype gets()
{
	byte old;

	atomic { old = refs; refs++ };
	if
	:: !IS_LIVE(old) -> refs--; goto stop
	:: else
	fi;
	put();
stop:	skip
}

proctype trygets()
{
	byte old;

	atomic {
		old = refs;
		if
		:: IS_LIVE(old) -> refs++
		:: else -> goto stop
		fi
	};
	put();
stop:	skip
}

proctype puts()
{
	byte old;

	put();
stop:	skip
}

init {
	atomic {
		run owner();
		run gets();
		run gets();
		run trygets();
		run trygets();
		run puts()
	}
}
