// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 x)
{
	if (x > 3)
		__builtin_unreachable(); // <- L2
	return x;
}
