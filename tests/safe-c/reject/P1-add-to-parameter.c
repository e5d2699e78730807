// reject: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 second(const u32 *p)
{
	return *(p + 1); // <- P1
}
