// accept: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u64 x)
{
	return likely(x) ? bit_highest(x) + bit_lowest(x) : 0;
}
