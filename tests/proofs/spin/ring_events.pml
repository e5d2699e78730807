// SPDX-License-Identifier: MPL-2.0
/*
 * No doorbell and no interrupt of a ring is lost (frame/dev/ring.c: split_publish, split_next,
 * split_wants_kick, ring_arm_after; event indices, virtio 1.2, 2.7.10).
 *
 *   hart 0    the driver: posts CHAINS chains, kicks after some of them and after the last one;
 *             then takes what has come, arms the ring for the next chain or for all that are out,
 *             and waits for an interrupt if arming has not found as many
 *   hart 1    the device: returns what is available; if there is nothing, it asks for a doorbell,
 *             looks again, and waits
 *
 * Doorbell and interrupt are no memory: they arrive at once. In the end the driver has all chains.
 * (A driver that waits for good has no step left: SPIN calls that an invalid end state. The device
 * may.) A chain's descriptors and a completion are one word each, which must be seen when its index
 * is.
 *
 * variant RIGHT: holds
 * variant KICK_NO_FENCE: finds invalid end state
 * variant ARM_NO_FENCE: finds invalid end state
 * variant ARM_NO_LOOK: finds invalid end state
 * variant DEVICE_NO_FENCE: finds invalid end state
 * variant POST_NO_RELEASE: finds assertion violated
 * variant TAKE_NO_ACQUIRE: finds assertion violated
 */
#define HARTS 2
#define WORDS 6
#define CHAIN       0
#define AVAIL       1     /* avail.idx */
#define AVAIL_EVENT 2
#define DONE        3
#define USED        4     /* used.idx */
#define USED_EVENT  5
#include "weak.h"

#ifdef DEEP
#define CHAINS 3
#else
#define CHAINS 2
#endif
#define NEVER 200         /* an event index that does not come */

bool doorbell, interrupt;

/* Whether an index that goes from `before` to `now` passes the event. */
#define PASSES(event, before, now) (event >= before && event < now)

proctype driver(byte me)
{
	byte posted, kicked, taken, v, n;

	do
	:: posted < CHAINS ->
		ST(me, CHAIN, posted + 1);
#ifndef POST_NO_RELEASE
		RELEASE(me);
#endif
		posted++;
		ST(me, AVAIL, posted);
		if
		:: posted < CHAINS
		:: true ->
#ifndef KICK_NO_FENCE
			FENCE(me);
#endif
			LD(me, AVAIL_EVENT, v);
			if
			:: PASSES(v, kicked, posted) -> doorbell = true
			:: else
			fi;
			kicked = posted
		fi
	:: else -> break
	od;
	do
	:: taken == CHAINS -> break
	:: else ->
		LD(me, USED, v);
		if
		:: v != taken ->
#ifndef TAKE_NO_ACQUIRE
			ACQUIRE(me);
#endif
			taken++;
			LD(me, DONE, v);
			assert(v >= taken)
		:: else ->
			if
			:: n = 1
			:: n = CHAINS - taken
			fi;
			ST(me, USED_EVENT, taken + n - 1);
#ifndef ARM_NO_FENCE
			FENCE(me);
#endif
#ifndef ARM_NO_LOOK
			LD(me, USED, v);
#endif
			if
			:: v >= taken + n
			:: else -> atomic { interrupt -> interrupt = false }
			fi
		fi
	od
}

proctype device(byte me)
{
	byte seen, v;

	do
	:: LD(me, AVAIL, v);
		if
		:: v != seen ->
			ACQUIRE(me);
			seen++;
			LD(me, CHAIN, v);
			assert(v >= seen);
			ST(me, DONE, seen);
			RELEASE(me);
			ST(me, USED, seen);
#ifndef DEVICE_NO_FENCE
			FENCE(me);
#endif
			LD(me, USED_EVENT, v);
			if
			:: PASSES(v, seen - 1, seen) -> interrupt = true
			:: else
			fi
		:: else ->
			ST(me, AVAIL_EVENT, seen);
#ifndef DEVICE_NO_FENCE
			FENCE(me);
#endif
			LD(me, AVAIL, v);
			if
			:: v != seen
			:: else ->
end:				atomic { doorbell -> doorbell = false }
			fi
		fi
	od
}

init {
	SET_ALL(USED_EVENT, NEVER);
	atomic {
		run hart(0);
		run hart(1);
		run driver(0);
		run device(1)
	}
}
