// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static int by_value(u64 x)
{
	return (int)x;
}
static int call(u64 where)
{
	return ((int (*)(struct thing *))by_value)(NULL) + (int)where; // <- P2
}
