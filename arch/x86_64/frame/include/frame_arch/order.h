// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: fences for atomic accesses. The CPU keeps loads in order, and stores after earlier loads
 * and stores, also for uncached memory. A read-modify-write instruction with lock (or xchg) is a
 * full barrier (Intel SDM volume 3, 8.2.2 and 8.2.3). So only the compiler must be kept from
 * reordering. Used by frame/order.h only.
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
