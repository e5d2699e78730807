// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(struct thing t) // <- P5
{
	return t.count;
}
