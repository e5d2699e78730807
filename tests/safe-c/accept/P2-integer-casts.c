// accept: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u8 low(u64 x)
{
	s32 s = (s32)x;
	return (u8)((u32)s >> 3);
}
