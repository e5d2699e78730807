// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: fences beside atomic accesses. The CPU keeps loads in order, and stores behind earlier
 * loads and stores, also of uncached memory; an instruction that reads and writes with lock (or
 * xchg) is a full barrier (Intel SDM volume 3, 8.2.2 and 8.2.3). The compiler is left to hold. For
 * frame/order.h alone.
 */
#ifndef FRAME_ARCH_ORDER_H
#define FRAME_ARCH_ORDER_H

static inline __attribute__((__always_inline__)) void _arch_fence_release(void)
{
	__asm__ volatile("" : : : "memory"); /* TRUST: no instruction */
}
static inline __attribute__((__always_inline__)) void _arch_fence_beside_cas(void)
{
	__asm__ volatile("" : : : "memory"); /* TRUST: no instruction */
}

#endif
