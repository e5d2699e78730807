// reject: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 next_to(u32 x)
{
	return (&x)[1]; // <- P1
}
