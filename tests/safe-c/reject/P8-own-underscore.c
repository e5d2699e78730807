// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 _mine(u32 x) // <- P8
{
	return x;
}
