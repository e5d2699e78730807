// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(void)
{
	return (&(struct thing){ .count = 3 })->count; // <- P5
}
