// SPDX-License-Identifier: MPL-2.0
/*
 * Memory of harts that reorder, for SPIN: what RVWMO (and with it x86's TSO) allows, as far as the
 * frame's protocols need it.
 *
 * A model sets HARTS and WORDS, includes this file and runs hart(h) for each hart. A store waits in
 * the hart's buffer until hart(h) lets all others see it: stores of different words in any order,
 * stores of one word in program order or only the last of them. A load gives what the hart's own
 * buffer has, else what memory holds now, else what it held at some moment since the hart's last
 * acquire, when hart(h) loaded it in advance. So memory is multi-copy atomic and each word
 * coherent, as both architectures promise. With TOGETHER a hart loads all words in advance at one
 * moment; models with address dependencies need that.
 *
 *	ST(h, a, v)      store_once, or a plain store
 *	LD(h, a, v)      load_once, or a plain load, into the variable v
 *	LD_ADDR(h, a, v, d1, d2)
 *	                 the same, where the address of a later load, of word d1 or d2, comes from
 *	                 v (also in a page walk): that load is not done before this one
 *	RELEASE(h)       fence rw,w: waits until the buffer is empty
 *	ACQUIRE(h)       fence r,rw: from here on no load gives what was done before
 *	FENCE(h)         memory_barrier()
 *	AMO_BEGIN(h, a), AMO_END(h, a)
 *	                 inside `atomic`, before and after mem[a] is read and written by an AMO or
 *	                 a successful lr/sc pair. The pair itself is relaxed: with .rl write RELEASE
 *	                 before the `atomic`, with .aq ACQUIRE after AMO_END
 *
 * What is not here: a load that is done after a later store of the same hart.
 */
#define IX(h, a) ((h) * WORDS + (a))

byte mem[WORDS];
byte early[HARTS * WORDS]; /* what a load done early gave */
byte buffer[HARTS * WORDS];
bool waits[HARTS * WORDS]; /* the store in `buffer` is not visible yet */

#define COMMIT(h, a)               \
	mem[a] = buffer[IX(h, a)]; \
	early[IX(h, a)] = mem[a];  \
	buffer[IX(h, a)] = 0;      \
	waits[IX(h, a)] = false

#if WORDS == 1
#define ALL(f, h) f(h, 0)
#elif WORDS == 2
#define ALL(f, h) f(h, 0) && f(h, 1)
#elif WORDS == 3
#define ALL(f, h) f(h, 0) && f(h, 1) && f(h, 2)
#elif WORDS == 4
#define ALL(f, h) f(h, 0) && f(h, 1) && f(h, 2) && f(h, 3)
#elif WORDS == 5
#define ALL(f, h) f(h, 0) && f(h, 1) && f(h, 2) && f(h, 3) && f(h, 4)
#elif WORDS == 6
#define ALL(f, h) f(h, 0) && f(h, 1) && f(h, 2) && f(h, 3) && f(h, 4) && f(h, 5)
#endif
#define VISIBLE(h, a) (!waits[IX(h, a)])

#define EARLY_IS_NOW(h, a) early[IX(h, a)] = mem[a];
inline ACQUIRE(h)
{
	d_step
	{
		EARLY_IS_NOW(h, 0)
#if WORDS > 1
		EARLY_IS_NOW(h, 1)
#endif
#if WORDS > 2
		EARLY_IS_NOW(h, 2)
#endif
#if WORDS > 3
		EARLY_IS_NOW(h, 3)
#endif
#if WORDS > 4
		EARLY_IS_NOW(h, 4)
#endif
#if WORDS > 5
		EARLY_IS_NOW(h, 5)
#endif
	}
}

/* What a hart does beside its program. */
#ifdef TOGETHER
#define IN_ADVANCE(a)
#else
#define IN_ADVANCE(a)                                                 \
	::d_step                                                      \
	{                                                             \
		early[IX(me, a)] != mem[a]->early[IX(me, a)] = mem[a] \
	}
#endif
#define DRAIN(a) ::d_step{ waits[IX(me, a)]->COMMIT(me, a) } IN_ADVANCE(a)
proctype hart(byte me)
{
end:
	do
		DRAIN(0)
#if WORDS > 1
	DRAIN(1)
#endif
#if WORDS > 2
	DRAIN(2)
#endif
#if WORDS > 3
	DRAIN(3)
#endif
#if WORDS > 4
	DRAIN(4)
#endif
#if WORDS > 5
	DRAIN(5)
#endif
#ifdef TOGETHER
	::true->ACQUIRE(me)
#endif
		od
}

inline SET_ALL(a, val)
{
	mem[a] = val;
	early[IX(0, a)] = val;
#if HARTS > 1
	early[IX(1, a)] = val;
#endif
#if HARTS > 2
	early[IX(2, a)] = val;
#endif
}

inline ST(h, a, val)
{
	atomic
	{
		if
			::waits[IX(h, a)]->COMMIT(h, a)::true fi;
		buffer[IX(h, a)] = val;
		waits[IX(h, a)] = true
	}
}

inline LD(h, a, to)
{
	atomic
	{
		if
			::waits[IX(h, a)]->to = buffer[IX(h, a)] ::else->if ::to = mem[a];
		early[IX(h, a)] = mem[a] ::early[IX(h, a)] != mem[a]->to = early[IX(h, a)] fi fi
	}
}

inline LD_ADDR(h, a, to, d1, d2)
{
	atomic
	{
		if
			::waits[IX(h, a)]->to = buffer[IX(h, a)] ::else->if ::to = mem[a];
		early[IX(h, a)] = mem[a];
		early[IX(h, d1)] = mem[d1];
		early[IX(h, d2)] = mem[d2] ::early[IX(h, a)] != mem[a]->to = early[IX(h, a)] fi fi
	}
}

#define RELEASE(h) (ALL(VISIBLE, h))
inline FENCE(h)
{
	atomic
	{
		RELEASE(h);
		ACQUIRE(h)
	}
}

inline AMO_BEGIN(h, a)
{
	if
		::waits[IX(h, a)]->COMMIT(h, a)::else fi
}
#define AMO_END(h, a) early[IX(h, a)] = mem[a]

/* A spinlock in word a: amoswap.aq, and fence rw,w with a plain store. */
inline LOCK(h, a)
{
	atomic
	{
		!waits[IX(h, a)] && mem[a] == 0->mem[a] = 1;
		AMO_END(h, a);
		ACQUIRE(h)
	}
}
inline UNLOCK(h, a)
{
	RELEASE(h);
	ST(h, a, 0)
}
