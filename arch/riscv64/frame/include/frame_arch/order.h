// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: fences beside atomic accesses (RVWMO, unprivileged specification). For frame/order.h alone.
 */
#ifndef FRAME_ARCH_ORDER_H
#define FRAME_ARCH_ORDER_H

/* Earlier accesses of memory and devices before later stores to either: an annotation (.rl) orders
 * accesses of memory alone. */
static inline __attribute__((__always_inline__)) void _arch_fence_release(void)
{
	__asm__ volatile("fence iorw, ow" : : : "memory"); /* TRUST: no effect but order */
}

/* Before and after a compare-and-swap, which is a load and a store: earlier accesses of memory before
 * later ones. */
static inline __attribute__((__always_inline__)) void _arch_fence_beside_cas(void)
{
	__asm__ volatile("fence rw, rw" : : : "memory"); /* TRUST: no effect but order */
}

#endif
