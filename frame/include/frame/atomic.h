// SPDX-License-Identifier: MPL-2.0
/*
 * Atomic integers of 64 bits.
 *
 * atomic_load acquires and atomic_store releases. A load that follows an atomic_store may still be
 * performed before it, unless memory_barrier() stands between the two. A read-modify-write
 * operation is a full barrier, also an atomic_cas that fails, unless its name says otherwise.
 * frame/order.h defines these terms.
 *
 * Context: any.
 * Trust: the values are plain numbers; nothing in the frame depends on a service's atomic.
 */
#ifndef FRAME_ATOMIC_H
#define FRAME_ATOMIC_H

#include <frame/types.h>

struct FRAME_PINNED atomic {
	u64 _v;
};

/* Returns the value / sets the value. */
static always_inline u64 atomic_load(const struct atomic *a)
{
	return load_acquire(a->_v);
}
static always_inline void atomic_store(struct atomic *a, u64 v)
{
	store_release(a->_v, v);
}
/* Adds @n / subtracts @n; both return the NEW value, which wraps at 2^64. */
static always_inline u64 atomic_add(struct atomic *a, u64 n)
{
	return _add64_full(&a->_v, n) + n;
}
static always_inline u64 atomic_sub(struct atomic *a, u64 n)
{
	return _add64_full(&a->_v, -n) - n;
}
/* Adds @n without any order: for statistics that order nothing. */
static always_inline void atomic_add_relaxed(struct atomic *a, u64 n)
{
	(void)_add64_relaxed(&a->_v, n);
}
/* Sets @bits / keeps only @bits; both return the OLD value. */
static always_inline u64 atomic_or(struct atomic *a, u64 bits)
{
	return _or64_full(&a->_v, bits);
}
static always_inline u64 atomic_and(struct atomic *a, u64 bits)
{
	return _and64_full(&a->_v, bits);
}
/* Sets the value to @v and returns the OLD value. */
static always_inline u64 atomic_swap(struct atomic *a, u64 v)
{
	return _swap64_full(&a->_v, v);
}
/* Sets the value to @to if it is @from; returns whether it was. */
static always_inline bool atomic_cas(struct atomic *a, u64 from, u64 to)
{
	return _cas64_full(&a->_v, &from, to);
}

#endif
