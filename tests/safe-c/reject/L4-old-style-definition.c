// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(x) // <- L4
u32 x;
{
	return x;
}
