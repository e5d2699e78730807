// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: fences for atomic accesses (RVWMO, unprivileged specification). Used by frame/order.h
 * only.
 */
#ifndef FRAME_ARCH_ORDER_H
#define FRAME_ARCH_ORDER_H

/*
 * Orders earlier accesses of memory and devices before later stores to either. An annotation (.rl)
 * would order accesses of memory only.
 */
static inline __attribute__((__always_inline__)) void _arch_fence_release(void)
{
	__asm__ volatile("fence iorw, ow" : : : "memory"); /* TRUST: no effect but ordering */
}

/*
 * Before and after a compare-and-swap, which is a load and a store: orders earlier accesses of
 * memory before later ones.
 */
static inline __attribute__((__always_inline__)) void _arch_fence_beside_cas(void)
{
	__asm__ volatile("fence rw, rw" : : : "memory"); /* TRUST: no effect but ordering */
}

/*
 * frame/order.h: _add64_if. In assembly, because the compiler's code for a compare-and-swap loop
 * has twice the instructions. Here the tests stand between the load and the store, which depend on
 * each other. With @acquire the load is .aq. All calls are inlined, so constant arguments cost
 * nothing.
 */
#define _ARCH_ADD64_IF(load, tests)                                          \
	__asm__ goto("1:\t" load "\t%0, %2\n" tests                          \
		     "\tadd\t%1, %0, %5\n\tsc.d\t%1, %1, %2\n\tbnez\t%1, 1b" \
		: "=&r"(*old), "=&r"(next), "+A"(*p)                         \
		: "r"(any), "rJ"(none), "r"(v)                               \
		: "memory"                                                   \
		: refused)
#define _ARCH_IF_ANY      "\tand\t%1, %0, %3\n\tbeqz\t%1, %l[refused]\n"
#define _ARCH_IF_NONE     "\tand\t%1, %0, %4\n\tbnez\t%1, %l[refused]\n"
#define _ARCH_IF_NOT_ZERO "\tbeqz\t%0, %l[refused]\n"
static inline __attribute__((__always_inline__)) _Bool _arch_add64_if(unsigned long *p,
	unsigned long v, unsigned long any, unsigned long none, unsigned long *old, _Bool acquire)
{
	unsigned long next;

	/* TRUST: only the word at @p is written. */
	if (!acquire)
		_ARCH_ADD64_IF("lr.d", _ARCH_IF_ANY _ARCH_IF_NONE);
	else if (!none)
		_ARCH_ADD64_IF("lr.d.aq", _ARCH_IF_ANY);
	else if (any == ~0ul)
		_ARCH_ADD64_IF("lr.d.aq", _ARCH_IF_NOT_ZERO _ARCH_IF_NONE);
	else
		_ARCH_ADD64_IF("lr.d.aq", _ARCH_IF_ANY _ARCH_IF_NONE);
	return 1;
refused:
	return 0;
}
#define _ARCH_HAS_ADD64_IF

#endif
