// SPDX-License-Identifier: MPL-2.0
/*
 * Memory order: all atomic accesses of the kernel. No other file of the frame uses the compiler's
 * atomics (tests/conventions/run). docs/memory-order.md lists each use and its partner.
 *
 * Why not the compiler's own: on riscv64 GCC 12 derives the fences of a compare-exchange from the
 * order requested for failure. A compare-exchange that requests a weaker order for failure gets no
 * release and no acquire. The code below is right with GCC 12 and with other compilers;
 * tests/safe-c/codegen verifies it in their output.
 *
 * Terms, for accesses of memory by CPUs:
 * - once, relaxed: one whole load or store, done once. It has no order but that of its own word.
 * - acquire: what follows it in the program is performed after its load.
 * - release: what precedes it in the program is performed before its store. This includes writes to
 *   device registers: what a driver writes under a lock arrives before what the next holder writes.
 *   store_release() orders before *every* later store of this CPU, not only its own.
 * - full: what precedes it is performed before what follows it, and the operation itself between
 *   the two.
 *
 * Trust: an aligned word of 4 or 8 bytes is never torn. A service that uses too weak an order
 *        spoils its own data; no guarantee of the frame depends on a service's choice.
 */
#ifndef FRAME_ORDER_H
#define FRAME_ORDER_H

#include <frame/types.h>

/* _arch_fence_release(), _arch_fence_beside_cas(), optionally _arch_add64_if(). */
#include <frame_arch/order.h>

/*
 * Loads and stores that are done once and whole, and those that order later / earlier accesses. The
 * stores are volatile, because GCC 12 makes an AMO of every atomic store on riscv64. @v is
 * evaluated before the fence, which is our own: the fences of newer compilers do not cover device
 * accesses.
 */
#define load_once(x)     (__atomic_load_n(&(x), __ATOMIC_RELAXED))
#define store_once(x, v) ((void)(*(volatile __typeof__(x) *)&(x) = (v)))
#define load_acquire(x)  (__atomic_load_n(&(x), __ATOMIC_ACQUIRE))
#define store_release(x, v)                                  \
	(__extension__({                                     \
		__typeof__(x) _released = (v);               \
		_arch_fence_release();                       \
		*(volatile __typeof__(x) *)&(x) = _released; \
		(void)0;                                     \
	}))

/*
 * Orders all memory accesses of this CPU before it against all after it, as seen by other CPUs. It
 * does not order accesses of device registers; their accessors do (frame/device.h).
 */
static always_inline void memory_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/*
 * Read-modify-write operations for the frame, on words of 32 and 64 bits. The name gives the order;
 * tests/safe-c/codegen checks the disassembly of the image against the name.
 *
 * _add, _or, _and, _swap return the OLD value. On riscv64 each is one access (an AMO), so one that
 * releases and acquires is a full barrier.
 *
 * _cas: *p becomes @to if it is *old; returns whether it was. On failure *old becomes the present
 * value. The order on failure is the same, except that there is no release, which needs a store. On
 * riscv64 a _cas is a load and a store, and later accesses may be performed between the two:
 * acq_rel is weaker than full.
 *
 * The compiler is asked for one and the same order for success and failure, and never for a
 * release: a fence gives the release, because it covers device accesses.
 */
#define _CAS(p, old, to, order) \
	(__atomic_compare_exchange_n((p), (old), (to), false, (order), (order)))

#define _ORDER_CAS(bits)                                                                     \
	static always_inline bool _cas##bits##_relaxed(u##bits *p, u##bits *old, u##bits to) \
	{                                                                                    \
		return _CAS(p, old, to, __ATOMIC_RELAXED);                                   \
	}                                                                                    \
	static always_inline bool _cas##bits##_acquire(u##bits *p, u##bits *old, u##bits to) \
	{                                                                                    \
		return _CAS(p, old, to, __ATOMIC_ACQUIRE);                                   \
	}                                                                                    \
	static always_inline bool _cas##bits##_acq_rel(u##bits *p, u##bits *old, u##bits to) \
	{                                                                                    \
		_arch_fence_release();                                                       \
		return _CAS(p, old, to, __ATOMIC_ACQUIRE);                                   \
	}                                                                                    \
	static always_inline bool _cas##bits##_full(u##bits *p, u##bits *old, u##bits to)    \
	{                                                                                    \
		bool done;                                                                   \
		_arch_fence_beside_cas();                                                    \
		done = _CAS(p, old, to, __ATOMIC_RELAXED);                                   \
		_arch_fence_beside_cas();                                                    \
		return done;                                                                 \
	}

#define _ORDER_AMO(name, builtin, bits)                                             \
	static always_inline u##bits _##name##bits##_relaxed(u##bits *p, u##bits v) \
	{                                                                           \
		return builtin(p, v, __ATOMIC_RELAXED);                             \
	}                                                                           \
	static always_inline u##bits _##name##bits##_acquire(u##bits *p, u##bits v) \
	{                                                                           \
		return builtin(p, v, __ATOMIC_ACQUIRE);                             \
	}                                                                           \
	static always_inline u##bits _##name##bits##_release(u##bits *p, u##bits v) \
	{                                                                           \
		_arch_fence_release();                                              \
		return builtin(p, v, __ATOMIC_RELAXED);                             \
	}                                                                           \
	static always_inline u##bits _##name##bits##_full(u##bits *p, u##bits v)    \
	{                                                                           \
		_arch_fence_release();                                              \
		return builtin(p, v, __ATOMIC_ACQUIRE);                             \
	}

#define _ORDER_WORD(bits)                         \
	_ORDER_CAS(bits)                          \
	_ORDER_AMO(add, __atomic_fetch_add, bits) \
	_ORDER_AMO(or, __atomic_fetch_or, bits)   \
	_ORDER_AMO(and, __atomic_fetch_and, bits) \
	_ORDER_AMO(swap, __atomic_exchange_n, bits)

_ORDER_WORD(32)
_ORDER_WORD(64)

/*
 * _add64_if: adds @v to *p if *p has a bit of @any and none of @none; returns whether it did. *old
 * becomes the value before. For counts that must be checked before they change: an addition that is
 * undone later would be visible to others meanwhile. As with _cas, acq_rel is weaker than full.
 */
#ifndef _ARCH_HAS_ADD64_IF
static always_inline bool _arch_add64_if(u64 *p, u64 v, u64 any, u64 none, u64 *old, bool acquire)
{
	*old = load_once(*p);
	do {
		if (!(*old & any) || (*old & none))
			return false;
	} while (!(acquire ? _cas64_acquire(p, old, *old + v) : _cas64_relaxed(p, old, *old + v)));
	return true;
}
#endif
static always_inline bool _add64_if_relaxed(u64 *p, u64 v, u64 any, u64 none, u64 *old)
{
	return _arch_add64_if(p, v, any, none, old, false);
}
static always_inline bool _add64_if_acquire(u64 *p, u64 v, u64 any, u64 none, u64 *old)
{
	return _arch_add64_if(p, v, any, none, old, true);
}
static always_inline bool _add64_if_acq_rel(u64 *p, u64 v, u64 any, u64 none, u64 *old)
{
	_arch_fence_release();
	return _arch_add64_if(p, v, any, none, old, true);
}

/*
 * Set / clear bits of an integer of 4 or 8 bytes that others change at the same time. Full barrier.
 * Both return the OLD value.
 */
#define set_bits(x, bits)   (_CHANGE_BITS(or, x, bits))
#define clear_bits(x, bits) (_CHANGE_BITS(and, x, ~(__typeof__(x))(bits)))
#define _CHANGE_BITS(op, x, operand)                                                          \
	(__extension__({                                                                      \
		__typeof__(x) _operand = (operand);                                           \
		static_assert(sizeof(x) == 4 || sizeof(x) == 8, "a word that atomics know");  \
		(__typeof__(x))(sizeof(x) == 8 ? _##op##64_full((u64 *)&(x), (u64)_operand)   \
					       : _##op##32_full((u32 *)&(x), (u32)_operand)); \
	}))

#endif
