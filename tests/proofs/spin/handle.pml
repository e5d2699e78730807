// SPDX-License-Identifier: MPL-2.0
/*
 * The two counts of a frame object (frame/handle.h): what services drop too often ends only what
 * services see.
 *
 *   service    two of them, each STEPS times handle_get or handle_put of the object's pointer, as
 *              they like; with BALANCED they begin with a reference each, get only while they have
 *              one, and put all in the end
 *   stale      with STALE: a service with a pointer from the slot's last life gets and puts
 *   owner      the constructor: _obj_alloc has given it one use (refs == 1), handle_publish makes
 *              it the owner's reference; later handle_put
 *   frame      an operation: vmspace_enter or task_start's tryget, then the work, then the put
 *
 * Each access is an AMO or a compare-and-swap, so what is at stake is their order in time alone. A
 * kernel that stops (panic) does nothing any more: it may end anywhere.
 *
 * While the frame's operation runs, the object is not free. The object is freed once. With BALANCED
 * the kernel does not stop, and in the end the object is free.
 *
 * variant RIGHT: holds
 * variant BALANCED: holds
 * variant BALANCED+STALE: holds
 * variant ONE_COUNT: finds !(is_free)
 * variant PUT_BLIND: finds !(is_free)
 * variant PUT_BLIND+BALANCED: finds is_free
 * variant PUBLISH_BLIND+BALANCED+STALE: finds is_free
 */
#if defined(STALE) && !defined(DEEP)
#define STEPS 1
#else
#define STEPS 2
#endif
byte refs = 1, services;
bool is_free, stopped;

#define RUNS !stopped ->

/* What the kernel does at a misuse. */
inline stop()
{
#ifdef BALANCED
	assert(false);
#endif
	atomic { stopped = true; false }
}

inline put_use()
{
	atomic { RUNS old = refs; refs-- };
	if
	:: old == 0 -> stop()
	:: old == 1 -> atomic { assert(!is_free); is_free = true }
	:: else
	fi
}

inline tryget()
{
	atomic {
		RUNS
		if
		:: refs > 0 -> refs++; ok = true
		:: else -> ok = false
		fi
	}
}

inline handle_get()
{
	tryget();
	if
	:: !ok -> stop()
	:: else
	fi;
	atomic { RUNS old = services; services++ };
	if
	:: old != 0 -> put_use()
	:: else
	fi
}

inline handle_put()
{
#ifdef ONE_COUNT
	put_use()
#else
	atomic { RUNS old = services };
	do
	:: old == 0 -> stop()
	:: else ->
		atomic {
			RUNS
			if
#ifdef PUT_BLIND
			:: true -> services = old - 1; ok = true
#else
			:: services == old -> services = old - 1; ok = true
			:: else -> old = services; ok = false
#endif
			fi
		}
		if
		:: ok -> break
		:: else
		fi
	od;
	if
	:: old == 1 -> put_use()
	:: else
	fi
#endif
}

proctype service(byte mine)
{
	byte old, steps;
	bool ok;

	do
	:: steps < STEPS ->
		steps++;
		if
#ifdef BALANCED
		:: mine > 0 -> handle_get(); mine++
		:: mine > 0 -> handle_put(); mine--
		:: mine == 0
#else
		:: true -> handle_get()
		:: true -> handle_put()
#endif
		fi
	:: else -> break
	od;
#ifdef BALANCED
	do
	:: mine > 0 -> handle_put(); mine--
	:: else -> break
	od
#endif
}

proctype owner()
{
	byte old;
	bool ok;

	atomic { RUNS old = services; services++ };
#ifndef PUBLISH_BLIND
	if
	:: old != 0 -> put_use()
	:: else
	fi;
#endif
#ifdef BALANCED
	handle_get();
	run service(1);
	handle_get();
	run service(1);
#endif
	handle_put()
}

proctype stale()
{
	byte old;
	bool ok;

	tryget();
	if
	:: ok ->
		atomic { RUNS old = services; services++ };
		if
		:: old != 0 -> put_use()
		:: else
		fi;
		handle_put()
	:: else
	fi
}

proctype frame()
{
	byte old;
	bool ok;

	tryget();
	if
	:: ok ->
		atomic { RUNS assert(!is_free) };
		atomic { RUNS assert(!is_free) };
		put_use()
	:: else
	fi
}

init {
	atomic {
		run owner();
		run frame();
#ifndef BALANCED
		run service(0);
		run service(0);
#endif
#ifdef STALE
		run stale()
#endif
	}
#ifdef BALANCED
	atomic { timeout -> assert(is_free) }
#endif
}
