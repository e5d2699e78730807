// SPDX-License-Identifier: MPL-2.0
/*
 * Memory order: all atomic accesses of the kernel. Nothing else in the frame calls the compiler's
 * (tests/house/run). docs/memory-order.md has each use and its partner.
 *
 * Why not the compiler's own: on riscv64 GCC 12 takes the fences of a compare-exchange from the
 * order that is asked for its failure, so one that asks for less there gets no release and no
 * acquire. What is below is right with GCC 12 and with others; tests/safe-c/codegen reads it in
 * their output.
 *
 * Terms, for accesses of memory by CPUs:
 * - once, relaxed: one whole load or store, done once. No order but that of its own word.
 * - acquire: what stands behind it in the program happens after its load.
 * - release: what stands before it happens before its store. Writes to device registers count as
 *   what stands before: what a driver writes under a lock arrives before what the next holder
 *   writes. store_release() orders before *every* later store of this CPU, not only its own.
 * - full: what stands before it happens before what stands behind it, and itself between the two.
 *
 * Trust: an aligned word of 4 or 8 bytes is never torn. A service that asks for too little order
 * spoils its own data; no promise of the frame depends on what a service asks for.
 */
#ifndef FRAME_ORDER_H
#define FRAME_ORDER_H

#include <frame/types.h>

/* _arch_fence_release(), _arch_fence_beside_cas(), perhaps _arch_add64_if(). */
#include <frame_arch/order.h>

/*
 * Loads and stores that are done once and whole, and those that order what comes after / before.
 * The stores are volatile ones, because GCC 12 makes an AMO of every atomic store on riscv64. @v is
 * evaluated before the fence, which is ours: those of newer compilers leave out devices.
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

/* Orders all memory accesses of this CPU before it against all after it, as seen by other CPUs. Not
 * those of device registers, whose accessors order them (frame/device.h). */
static always_inline void memory_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/*
 * The frame's own, for words of 32 and 64 bits. The name says the order, and the disassembly of the
 * image is checked against the name.
 *
 * _add, _or, _and, _swap: give the OLD value. On riscv64 each is one access (an AMO), so one that
 * releases and acquires is a full barrier. _cas: *p becomes @to if it is *old; returns whether it
 * did. If it did not, *old becomes what is there, and the order is the same, but for a release,
 * which needs a store. On riscv64 this is a load and a store, between which later accesses may
 * come: acq_rel is less than full.
 *
 * The compiler is asked for one and the same order for success and failure, and never for a
 * release: that is a fence's, which counts devices in.
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
 * is what is there before. For counts that are to be looked at before they change: what is added
 * and taken back was there for others. As with _cas, acq_rel is less than full.
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
 * Sets / clears bits of an integer of 4 or 8 bytes that others change at the same time. Full
 * barrier. The value is the old one.
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
