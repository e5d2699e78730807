// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 half(u32 x)
{
	return (u32)(x * 0.5); // <- L1
}
