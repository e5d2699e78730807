// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u64 leak(struct thing *t)
{
	return (u64)t; // <- P2
}
