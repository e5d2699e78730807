// accept: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static inline u32 add(u32 x, u32 y)
{
	return x + y;
}
static u32 use(u32 x)
{
	return add(x, 1);
}
