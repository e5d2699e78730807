// SPDX-License-Identifier: MPL-2.0
/* Fences as host tests have them: the compiler's. */
#ifndef FRAME_ARCH_ORDER_H
#define FRAME_ARCH_ORDER_H

static inline void _arch_fence_release(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}
static inline void _arch_fence_beside_cas(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
