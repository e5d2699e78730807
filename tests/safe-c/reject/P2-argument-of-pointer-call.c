// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static int use(int (*fn)(struct thing *), struct other *o)
{
	return fn(o); // <- P2
}
