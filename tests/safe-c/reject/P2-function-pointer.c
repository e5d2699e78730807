// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static int by_value(struct pair p)
{
	return (int)p.a;
}
static int call(void)
{
	int (*fn)(struct thing *) = by_value; // <- P2
	return fn(NULL);
}
