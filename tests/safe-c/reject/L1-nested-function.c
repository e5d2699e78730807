// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 x)
{
	u32 add(u32 y) { return x + y; } // <- L1
	return x;
}
