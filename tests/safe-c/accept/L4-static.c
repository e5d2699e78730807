// accept: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 total;
static u32 add(u32 x);
static u32 add(u32 x)
{
	return total += x;
}
