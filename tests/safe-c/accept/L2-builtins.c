// accept: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 x, u64 y)
{
	u64 sum;
	if (__builtin_add_overflow(y, x, &sum))
		return 0;
	return __builtin_bswap32(x) + (u32)__builtin_popcountl(sum);
}
