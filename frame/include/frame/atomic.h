// SPDX-License-Identifier: MPL-2.0
/*
 * Atomic integers. Loads acquire, stores release, what reads and writes in one is a full barrier, unless the name says otherwise. Context: any.
 * Trust: plain numbers; nothing in the frame depends on a service's.
 */
#ifndef FRAME_ATOMIC_H
#define FRAME_ATOMIC_H

#include <frame/types.h>

struct FRAME_PINNED atomic {
	u64 _v;
};

/* The value; sets it. */
static always_inline u64 atomic_load(const struct atomic *a)
{
	return __atomic_load_n(&a->_v, __ATOMIC_ACQUIRE);
}
static always_inline void atomic_store(struct atomic *a, u64 v)
{
	store_release(a->_v, v);
}
/* Adds (subtracts by adding -n) and returns the NEW value. */
static always_inline u64 atomic_add(struct atomic *a, u64 n)
{
	return __atomic_add_fetch(&a->_v, n, __ATOMIC_SEQ_CST);
}
static always_inline u64 atomic_sub(struct atomic *a, u64 n)
{
	return __atomic_sub_fetch(&a->_v, n, __ATOMIC_SEQ_CST);
}
/* For counters that order nothing. */
static always_inline void atomic_add_relaxed(struct atomic *a, u64 n)
{
	__atomic_fetch_add(&a->_v, n, __ATOMIC_RELAXED);
}
/* Sets @bits / keeps only @bits; both return the OLD value. */
static always_inline u64 atomic_or(struct atomic *a, u64 bits)
{
	return __atomic_fetch_or(&a->_v, bits, __ATOMIC_SEQ_CST);
}
static always_inline u64 atomic_and(struct atomic *a, u64 bits)
{
	return __atomic_fetch_and(&a->_v, bits, __ATOMIC_SEQ_CST);
}
/* Sets it and returns the old value. */
static always_inline u64 atomic_swap(struct atomic *a, u64 v)
{
	return __atomic_exchange_n(&a->_v, v, __ATOMIC_SEQ_CST);
}
/* Sets to @to if it is @from; returns whether it did. */
static always_inline bool atomic_cas(struct atomic *a, u64 from, u64 to)
{
	return __atomic_compare_exchange_n(&a->_v, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

#endif
