// SPDX-License-Identifier: MPL-2.0
/*
 * Network byte order: the same function converts to it and from it. Context: any.
 *
 * Written out: where the CPU has no instruction for it, the compiler's own word for it is a call.
 */
#ifndef KERNEL_BYTEORDER_H
#define KERNEL_BYTEORDER_H

#include <frame/types.h>

static always_inline u16 be16(u16 x)
{
	return (u16)(x << 8 | x >> 8);
}
static always_inline u32 be32(u32 x)
{
	x = (x & 0xff00ffu) << 8 | (x >> 8 & 0xff00ffu);
	return x << 16 | x >> 16;
}
static always_inline u64 be64(u64 x)
{
	return (u64)be32((u32)x) << 32 | be32((u32)(x >> 32));
}

#endif
