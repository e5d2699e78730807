// SPDX-License-Identifier: MPL-2.0
/* Fences on the host: the compiler's; none in a proof of what one CPU does. */
#ifndef FRAME_ARCH_ORDER_H
#define FRAME_ARCH_ORDER_H

#ifdef HOST_PROOF
#define HOST_FENCE(order) ((void)0)
#else
#define HOST_FENCE(order) __atomic_thread_fence(order)
#endif

static inline void _arch_fence_release(void)
{
	HOST_FENCE(__ATOMIC_RELEASE);
}
static inline void _arch_fence_beside_cas(void)
{
	HOST_FENCE(__ATOMIC_SEQ_CST);
}

#endif
