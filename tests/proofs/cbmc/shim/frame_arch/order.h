// SPDX-License-Identifier: MPL-2.0
/* Fences, for a proof of what one CPU does. */
#ifndef FRAME_ARCH_ORDER_H
#define FRAME_ARCH_ORDER_H

static inline void _arch_fence_release(void)
{
}
static inline void _arch_fence_beside_cas(void)
{
}

#endif
