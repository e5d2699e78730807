// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#pragma GCC optimize("O3") // <- L2
static u32 use(u32 x)
{
	return x;
}
