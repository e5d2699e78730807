// reject: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u64 distance(struct thing *a, struct thing *b)
{
	return (u64)(a - b); // <- P1
}
