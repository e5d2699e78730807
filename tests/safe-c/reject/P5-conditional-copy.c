// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(bool c, struct thing *a, struct thing *b)
{
	return (c ? *a : *b).count; // <- P5
}
