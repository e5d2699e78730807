// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: fences beside atomic accesses (RVWMO, unprivileged specification). For frame/order.h
 * alone.
 */
#ifndef FRAME_ARCH_ORDER_H
#define FRAME_ARCH_ORDER_H

/* Earlier accesses of memory and devices before later stores to either: an annotation (.rl) orders
 * accesses of memory alone. */
static inline __attribute__((__always_inline__)) void _arch_fence_release(void)
{
	__asm__ volatile("fence iorw, ow" : : : "memory"); /* TRUST: no effect but order */
}

/*
 * Before and after a compare-and-swap, which is a load and a store: earlier accesses of memory
 * before later ones.
 */
static inline __attribute__((__always_inline__)) void _arch_fence_beside_cas(void)
{
	__asm__ volatile("fence rw, rw" : : : "memory"); /* TRUST: no effect but order */
}

/*
 * frame/order.h: _add64_if. By hand, because what the compiler makes of a compare-and-swap loop has
 * twice the instructions: here the word is looked at between the load and the store that depend on
 * each other. An @acquire loads with .aq. What is not constant costs nothing: all calls are
 * inlined.
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

	/* TRUST: the word at @p alone is written. */
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
