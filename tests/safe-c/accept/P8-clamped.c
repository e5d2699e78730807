// accept: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(struct thing *t, u32 x)
{
	return clamp(x, 1u, max(t->count, 2u)) + round_up(x, 8u) + bit(3);
}
