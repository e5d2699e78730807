// accept: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u64 scale(u64 x, u32 mult, u32 shift)
{
	return (x * mult) >> shift;
}
